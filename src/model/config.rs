//! The configuration of a session: TCP client, TCP server or UDP socket.

use super::Endpoint;
use std::net::SocketAddr;
use std::time::Duration;

/// The configuration of one session, parsed and valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionConfig {
    /// Connects to a server.
    TcpClient(TcpClientConfig),
    /// Waits for connections.
    TcpServer(TcpServerConfig),
    /// Sends and receives datagrams.
    Udp(UdpConfig),
}

impl SessionConfig {
    /// What is sent in answer to received data.
    #[must_use]
    pub fn responder(&self) -> ResponderConfig {
        match self {
            Self::TcpClient(config) => config.responder,
            Self::TcpServer(config) => config.responder,
            Self::Udp(config) => config.responder,
        }
    }

    /// Whether connections send without Nagle's algorithm (TCP_NODELAY). A UDP socket has none.
    #[must_use]
    pub fn no_delay(&self) -> bool {
        match self {
            Self::TcpClient(config) => config.no_delay,
            Self::TcpServer(config) => config.no_delay,
            Self::Udp(_) => true,
        }
    }
}

/// What a session sends by itself in answer to what it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ResponderConfig {
    /// Nothing.
    #[default]
    None,
    /// The received bytes, to where they came from.
    Echo,
    /// The received bytes, to every other connection or peer.
    Forward,
}

/// How a TCP client connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpClientConfig {
    /// The server.
    pub remote: Endpoint,
    /// Local address and port; `None`: the system chooses both, port 0: the system chooses the port.
    pub local: Option<SocketAddr>,
    /// Time limit of connecting, for each address of the host.
    pub connect_timeout: Duration,
    /// Whether and when to reconnect.
    pub reconnect: ReconnectPolicy,
    /// Keep the connection when the peer has finished sending.
    pub keep_half_open: bool,
    /// Send at once, without Nagle's algorithm (TCP_NODELAY).
    pub no_delay: bool,
    /// What is sent in answer to received data.
    pub responder: ResponderConfig,
}

impl TcpClientConfig {
    /// The defaults of the form: ten seconds to connect, no reconnect, no delay.
    #[must_use]
    pub fn new(remote: Endpoint) -> Self {
        Self {
            remote,
            local: None,
            connect_timeout: Duration::from_secs(10),
            reconnect: ReconnectPolicy::Never,
            keep_half_open: false,
            no_delay: true,
            responder: ResponderConfig::None,
        }
    }
}

/// Whether a lost or refused connection is tried again automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReconnectPolicy {
    /// Never.
    #[default]
    Never,
    /// After a delay that doubles from `first` up to `longest`.
    Growing {
        /// The first delay.
        first: Duration,
        /// The longest delay.
        longest: Duration,
    },
}

impl ReconnectPolicy {
    /// Half a second, doubling up to thirty.
    pub const DEFAULT_GROWING: Self =
        Self::Growing { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

    /// The delay before attempt number `attempt`, from 0; `None`: no further attempt.
    #[must_use]
    pub fn delay(self, attempt: u32) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::Growing { first, longest } => {
                Some(first.saturating_mul(1u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(longest))
            }
        }
    }
}

/// How a TCP server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpServerConfig {
    /// Address and port to bind; port 0 lets the system choose.
    pub local: SocketAddr,
    /// Connections that may wait to be accepted (`listen(2)`'s backlog).
    pub backlog: u32,
    /// Keep a connection when its peer has finished sending.
    pub keep_half_open: bool,
    /// Send at once, without Nagle's algorithm (TCP_NODELAY).
    pub no_delay: bool,
    /// What is sent in answer to received data.
    pub responder: ResponderConfig,
}

impl TcpServerConfig {
    /// The defaults: a backlog of 128, no delay; connections are closed when their peer has finished sending.
    #[must_use]
    pub fn new(local: SocketAddr) -> Self {
        Self { local, backlog: 128, keep_half_open: false, no_delay: true, responder: ResponderConfig::None }
    }
}

/// How a UDP socket is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UdpConfig {
    /// Address and port to bind; port 0 lets the system choose.
    pub local: SocketAddr,
    /// The default recipient; listed as the first peer.
    pub remote: Option<Endpoint>,
    /// Allow sending to broadcast addresses.
    pub broadcast: bool,
    /// What is sent in answer to received datagrams.
    pub responder: ResponderConfig,
}

impl UdpConfig {
    /// The defaults: no recipient, no broadcast.
    #[must_use]
    pub fn new(local: SocketAddr) -> Self {
        Self { local, remote: None, broadcast: false, responder: ResponderConfig::None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_as_documented() {
        let client = TcpClientConfig::new("device:502".parse().unwrap());
        assert_eq!((client.connect_timeout, client.local), (Duration::from_secs(10), None));
        assert_eq!((client.reconnect, client.keep_half_open), (ReconnectPolicy::Never, false));
        let server = TcpServerConfig::new(([0, 0, 0, 0], 7788).into());
        assert_eq!(
            (server.backlog, server.keep_half_open, server.responder),
            (128, false, ResponderConfig::None)
        );
        assert!(!UdpConfig::new(server.local).broadcast);
        assert!(client.no_delay && server.no_delay);
    }

    #[test]
    fn the_delay_doubles_up_to_its_limit() {
        let policy = ReconnectPolicy::DEFAULT_GROWING;
        let millis: Vec<_> = (0..8).map(|n| policy.delay(n).unwrap().as_millis()).collect();
        assert_eq!(millis, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        assert_eq!(policy.delay(200), Some(Duration::from_secs(30)));
        assert_eq!(ReconnectPolicy::Never.delay(0), None);
    }
}
