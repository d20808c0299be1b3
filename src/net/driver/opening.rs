//! Opening sockets: listening, accepting, connecting, binding.

use super::{Driver, FIRST_CONNECTION, MAIN, Timer};
use crate::model::{Direction, Failure, Operation, TcpClientConfig, TcpServerConfig, Transport, UdpConfig};
use crate::net::connecting::Connecting;
use crate::net::socket::{self, canonical};
use crate::net::tcp::TcpConnection;
use crate::net::udp::{SystemSocket, Udp};
use crate::net::{ConnectionEnds, EventSink};
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Token};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How many connections are accepted in one turn.
const TURN_ACCEPTS: usize = 256;
/// How long accepting pauses after a failure, for instance without free file handles.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// How long further failures of accepting are not reported after one was.
const ACCEPT_SILENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    local: SocketAddr,
    has_more: bool,
    /// Accepting has failed and waits for [`Timer::AcceptAgain`].
    pub is_paused: bool,
    /// Failures before this moment are not reported.
    silent_until: Option<Instant>,
}

impl Listener {
    pub fn can_accept(&self) -> bool {
        self.has_more && !self.is_paused
    }

    /// Reports a failure, unless one was reported a moment ago: the same would come with every connection.
    fn report(&mut self, failure: &Failure, sink: &mut dyn EventSink) {
        let now = Instant::now();
        if self.silent_until.is_none_or(|until| until <= now) {
            self.silent_until = Some(now + ACCEPT_SILENCE);
            sink.failed(failure);
        }
    }
}

impl Driver {
    /// Starts listening and returns the address in use.
    ///
    /// # Errors
    /// The address cannot be bound or listened on; nothing is bound then, and connections stay.
    pub fn listen(&mut self, config: &TcpServerConfig) -> Result<SocketAddr, Failure> {
        let failed = |error: &io::Error| Failure::from_io(Operation::Listen, config.local, error);
        let is_again = self.listened == Some(config.local);
        let listen = if is_again { socket::listen_again } else { socket::listen };
        let mut socket = listen(config.local, config.backlog).map_err(|error| failed(&error))?;
        let local = socket.local_addr().map_err(|error| failed(&error))?;
        self.poll
            .registry()
            .register(&mut socket, MAIN, Interest::READABLE)
            .map_err(|error| failed(&error))?;
        self.keep_half_open = config.keep_half_open;
        self.listened = Some(local);
        self.listener =
            Some(Listener { socket, local, has_more: false, is_paused: false, silent_until: None });
        Ok(local)
    }

    /// Stops listening; connections stay. The port is free at once.
    pub fn stop_listening(&mut self) {
        self.listener = None;
        self.timers.cancel(Timer::AcceptAgain);
    }

    /// Starts connecting to the first of `addresses` that answers; `label` is the endpoint as the user gave it.
    ///
    /// # Errors
    /// Every address failed at once; nothing is being connected. Later failures are those of
    /// [`turn`](Self::turn).
    pub fn connect(
        &mut self,
        addresses: &[SocketAddr],
        label: &str,
        config: &TcpClientConfig,
    ) -> Result<(), Failure> {
        self.keep_half_open = config.keep_half_open;
        self.connecting = Connecting::new(addresses, label, config.local, config.connect_timeout);
        self.try_next_address()
    }

    /// The address being connected to.
    #[must_use]
    pub fn remote(&self) -> Option<SocketAddr> {
        self.connecting.as_ref().map(Connecting::remote)
    }

    /// Binds a UDP socket and returns the address in use.
    ///
    /// # Errors
    /// The address cannot be bound; no socket is open then.
    pub fn bind_udp(&mut self, config: &UdpConfig, sink: &mut dyn EventSink) -> Result<SocketAddr, Failure> {
        let failed = |error: &io::Error| Failure::from_io(Operation::Bind, config.local, error);
        let socket = socket::bind_udp(config.local, config.broadcast).map_err(|error| failed(&error))?;
        let local = socket.local_addr().map_err(|error| failed(&error))?;
        let mut socket = SystemSocket::new(socket).map_err(|error| failed(&error))?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket.socket, MAIN, interest).map_err(|error| failed(&error))?;
        self.udp = Some(Udp::new(socket, local, sink));
        Ok(local)
    }

    /// Lists a UDP peer that has not sent anything yet.
    pub fn add_peer(&mut self, peer: SocketAddr, sink: &mut dyn EventSink) {
        if let Some(udp) = &mut self.udp {
            udp.add(peer, &mut self.ids, sink);
        }
    }

    /// Handles an event of the listener, the UDP socket or the socket being connected.
    pub(super) fn main_event(&mut self, sink: &mut dyn EventSink) -> Result<(), Failure> {
        if let Some(listener) = &mut self.listener {
            listener.has_more = true;
        } else if let Some(udp) = &mut self.udp {
            udp.is_ready = true;
            udp.flush(&mut self.write_budget, &mut self.ids, sink);
        } else if let Some(connecting) = &mut self.connecting {
            match connecting.check() {
                Ok(true) => self.connected(sink)?,
                Ok(false) => {}
                Err(error) => {
                    connecting.note(&error);
                    self.try_next_address()?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn try_next_address(&mut self) -> Result<(), Failure> {
        while let Some(connecting) = &mut self.connecting {
            let started = connecting.try_next();
            if let Err(failure) = started {
                self.connecting = None;
                self.timers.cancel(Timer::ConnectTimeout);
                return Err(failure);
            }
            let Some(socket) = &mut connecting.socket else { continue };
            match self.poll.registry().register(socket, MAIN, Interest::READABLE | Interest::WRITABLE) {
                Ok(()) => {
                    self.timers.set(Timer::ConnectTimeout, Instant::now() + connecting.timeout);
                    return Ok(());
                }
                Err(error) => connecting.note(&error),
            }
        }
        Ok(())
    }

    fn connected(&mut self, sink: &mut dyn EventSink) -> Result<(), Failure> {
        let Some(connecting) = self.connecting.take() else { return Ok(()) };
        self.timers.cancel(Timer::ConnectTimeout);
        let remote = connecting.remote();
        let Some(socket) = connecting.socket else { return Ok(()) };
        self.adopt(socket, remote, Direction::Outbound, sink)
    }

    /// Adds an established connection.
    fn adopt(
        &mut self,
        mut socket: TcpStream,
        peer: SocketAddr,
        direction: Direction,
        sink: &mut dyn EventSink,
    ) -> Result<(), Failure> {
        let operation = match direction {
            Direction::Inbound => Operation::Accept,
            Direction::Outbound => Operation::Connect,
        };
        let failed = |error: io::Error| Failure::from_io(operation, peer, &error);
        let id = self.ids.next().map_err(|kind| Failure::new(operation, peer, kind))?;
        let local = canonical(socket.local_addr().map_err(failed)?);
        // Without Nagle's algorithm, which is the default, a payload leaves when it is sent.
        let _ = socket.set_nodelay(self.no_delay);
        let token = Token(id.0 as usize + FIRST_CONNECTION);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if direction == Direction::Outbound {
            self.poll.registry().reregister(&mut socket, token, interest).map_err(failed)?;
        } else {
            self.poll.registry().register(&mut socket, token, interest).map_err(failed)?;
        }
        let ends = ConnectionEnds { id, transport: Transport::Tcp, local, peer: canonical(peer) };
        sink.opened(&ends, direction);
        let mut connection = TcpConnection::new(socket, ends);
        connection.is_ready = true;
        self.connections.insert(id, connection);
        self.fresh.push(id);
        Ok(())
    }

    /// Accepts waiting connections, as many as one turn allows.
    pub(super) fn accept(&mut self, sink: &mut dyn EventSink) {
        for _ in 0..TURN_ACCEPTS {
            let Some(listener) = &mut self.listener else { return };
            if !listener.can_accept() {
                return;
            }
            match listener.socket.accept() {
                Ok((socket, peer)) => {
                    let adopted = self.adopt(socket, peer, Direction::Inbound, sink);
                    if let (Err(failure), Some(listener)) = (adopted, &mut self.listener) {
                        listener.report(&failure, sink);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => listener.has_more = false,
                // The peer gave up before it was accepted.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => {
                    listener.is_paused = true;
                    self.timers.set(Timer::AcceptAgain, Instant::now() + ACCEPT_PAUSE);
                    listener.report(&Failure::from_io(Operation::Accept, listener.local, &error), sink);
                }
            }
        }
    }
}
