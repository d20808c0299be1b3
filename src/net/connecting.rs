//! A TCP client on its way: each address in turn, each with its own time.

use super::socket;
use crate::model::{Failure, FailureKind, Operation};
use mio::net::TcpStream;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Connecting {
    /// What the user asked for, for words.
    label: String,
    local: Option<SocketAddr>,
    timeout: Duration,
    rest: VecDeque<SocketAddr>,
    remote: SocketAddr,
    /// `None` between two tries.
    pub socket: Option<TcpStream>,
    pub deadline: Instant,
    /// The failure to report if every address fails: the first that says the most.
    failure: Option<Failure>,
}

impl Connecting {
    /// Prepares to try `addresses`, which must not be empty.
    pub fn new(
        addresses: &[SocketAddr],
        label: &str,
        local: Option<SocketAddr>,
        timeout: Duration,
    ) -> Option<Self> {
        Some(Self {
            label: label.into(),
            local,
            timeout,
            remote: *addresses.first()?,
            rest: addresses.iter().copied().collect(),
            socket: None,
            deadline: Instant::now(),
            failure: None,
        })
    }

    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Starts with the next address that can be started with.
    pub fn try_next(&mut self) -> Result<(), Failure> {
        self.socket = None;
        while let Some(remote) = self.rest.pop_front() {
            self.remote = remote;
            match socket::connect(remote, self.local) {
                Ok(socket) => {
                    self.socket = Some(socket);
                    self.deadline = Instant::now() + self.timeout;
                    return Ok(());
                }
                Err(error) => self.note(&error),
            }
        }
        Err(self
            .failure
            .take()
            .unwrap_or_else(|| Failure::new(Operation::Connect, &self.label, FailureKind::Unreachable)))
    }

    /// Looks whether the current try is decided. `Ok(true)`: connected. `Ok(false)`: not yet.
    pub fn check(&mut self) -> io::Result<bool> {
        let Some(socket) = &self.socket else { return Ok(false) };
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.peer_addr() {
            Ok(_) => Ok(true),
            // EINPROGRESS, ENOTCONN: a wake-up before its time.
            Err(error) if error.kind() == ErrorKind::NotConnected || error.raw_os_error() == Some(115) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Notes that the current try failed.
    pub fn note(&mut self, error: &io::Error) {
        let is_local = matches!(
            error.kind(),
            ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable | ErrorKind::InvalidInput
        );
        let failure = match self.local {
            Some(local) if is_local => Failure::from_io(Operation::Bind, local, error),
            _ => {
                let remote = self.remote.to_string();
                let endpoint =
                    if remote == self.label { remote } else { format!("{} ({remote})", self.label) };
                let mut failure = Failure::from_io(Operation::Connect, endpoint, error);
                // Where nobody has chosen the local address, it is the system that has none which leads there.
                if failure.kind == FailureKind::AddressNotAvailable && self.remote.is_ipv6() {
                    failure.kind = FailureKind::Unreachable;
                }
                failure
            }
        };
        // "Refused" proves that the host is there; no other failure says as much.
        if self.failure.as_ref().is_none_or(|known| known.kind != FailureKind::Refused) {
            self.failure = Some(failure);
        }
    }
}
