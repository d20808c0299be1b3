//! The sockets of one session and the poll that waits for them.
//!
//! mio is edge-triggered: what is readable goes onto a ready list and stays there until the kernel
//! says that it has no more. A turn works the list off within a budget, one share per connection, so
//! that one loud peer starves nobody and commands are seen soon.

mod sending;

use crate::model::{
    CloseReason, ConnectionId, Direction, Failure, Operation, TcpClientConfig, TcpServerConfig, Transport,
    UdpConfig,
};
use crate::net::connecting::Connecting;
use crate::net::socket::{self, canonical};
use crate::net::stream::{Ending, Progress, Stream};
use crate::net::udp::{DATAGRAM_BYTES, Udp};
#[cfg(target_os = "linux")]
use crate::net::udp_linux::SystemSocket;
#[cfg(not(target_os = "linux"))]
use crate::net::udp_portable::SystemSocket;
use crate::net::{Activity, Link, Sink};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAKER: Token = Token(0);
/// The listener, the UDP socket or the connection being established: a session has one of them.
const MAIN: Token = Token(1);
/// Connections follow, each at its id.
const FIRST_CONNECTION: usize = 2;

/// What one connection may read before the next one has its turn.
const SHARE_BYTES: usize = 1 << 20;
/// What all may read in one turn, and what all may write; a few milliseconds' worth.
const TURN_BYTES: usize = 8 << 20;
/// How many connections are accepted in one turn.
const TURN_ACCEPTS: usize = 256;
/// After the system has run out of file handles, accepting is tried again this often.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// And for as long nothing more is said about it.
const ACCEPT_SILENCE: Duration = Duration::from_secs(10);
/// How long closing waits for the peer to have read everything and closed as well.
const CLOSE_GRACE: Duration = Duration::from_millis(40);

/// Owns all sockets of a session.
#[derive(Debug)]
pub struct Driver {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    buffer: Box<[u8]>,
    listener: Option<Listener>,
    connecting: Option<Connecting>,
    udp: Option<Udp<SystemSocket>>,
    /// In the order of their ids, which is the order in which they are listed.
    streams: BTreeMap<ConnectionId, Stream>,
    /// Those with something to read, or with something that the last budget did not allow to write.
    ready: VecDeque<ConnectionId>,
    /// What may still be written before the next turn.
    write_budget: usize,
    /// Taken in during this turn. They are read from in the next one, so that what waited for a peer
    /// is queued before the peer can have said that it is done.
    fresh: Vec<ConnectionId>,
    /// Connections whose [`Ending::Local`] has begun.
    closing: usize,
    next_id: u32,
    echo: bool,
    keep_half_open: bool,
}

#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    local: SocketAddr,
    has_more: bool,
    /// Set while file handles are short.
    paused_until: Option<Instant>,
    /// A failure was told, and the next one before this moment is not.
    silent_until: Option<Instant>,
}

impl Driver {
    /// A driver without sockets.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            waker,
            buffer: vec![0; DATAGRAM_BYTES].into(),
            listener: None,
            connecting: None,
            udp: None,
            streams: BTreeMap::new(),
            ready: VecDeque::new(),
            write_budget: TURN_BYTES,
            fresh: Vec::new(),
            closing: 0,
            next_id: 0,
            echo: false,
            keep_half_open: false,
        })
    }

    /// Ends a [`turn`](Self::turn) that waits, from any thread.
    #[must_use]
    pub fn waker(&self) -> Arc<Waker> {
        self.waker.clone()
    }

    /// Starts listening and returns the address in use.
    pub fn listen(&mut self, config: &TcpServerConfig) -> Result<SocketAddr, Failure> {
        let failed = |error: &io::Error| Failure::from_io(Operation::Listen, config.local, error);
        let mut socket = socket::listen(config.local, config.backlog).map_err(|error| failed(&error))?;
        let local = socket.local_addr().map_err(|error| failed(&error))?;
        self.poll
            .registry()
            .register(&mut socket, MAIN, Interest::READABLE)
            .map_err(|error| failed(&error))?;
        self.echo = config.echo;
        self.keep_half_open = config.keep_half_open;
        self.listener =
            Some(Listener { socket, local, has_more: false, paused_until: None, silent_until: None });
        Ok(local)
    }

    /// Stops listening; connections stay. The port is free at once.
    pub fn stop_listening(&mut self) {
        self.listener = None;
    }

    /// Starts connecting to the first of `addresses` that answers; `label` is what the user asked for.
    pub fn connect(
        &mut self,
        addresses: &[SocketAddr],
        label: &str,
        config: &TcpClientConfig,
    ) -> Result<(), Failure> {
        self.echo = config.echo;
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
    pub fn bind_udp(&mut self, config: &UdpConfig, sink: &mut dyn Sink) -> Result<SocketAddr, Failure> {
        let failed = |error: &io::Error| Failure::from_io(Operation::Bind, config.local, error);
        let socket = socket::bind_udp(config.local, config.broadcast).map_err(|error| failed(&error))?;
        let local = socket.local_addr().map_err(|error| failed(&error))?;
        let mut socket = SystemSocket::new(socket).map_err(|error| failed(&error))?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket.socket, MAIN, interest).map_err(|error| failed(&error))?;
        self.udp = Some(Udp::new(socket, local, config.echo, sink));
        Ok(local)
    }

    /// Lists a UDP peer that is known before it has written.
    pub fn add_peer(&mut self, peer: SocketAddr, sink: &mut dyn Sink) {
        if let Some(udp) = &mut self.udp {
            udp.add(peer, &mut self.next_id, sink);
        }
    }

    /// What the sockets are doing.
    #[must_use]
    pub fn activity(&self) -> Activity {
        if self.listener.is_some() || self.udp.is_some() {
            Activity::Listening
        } else if self.connecting.is_some() {
            Activity::Connecting
        } else if self.streams.is_empty() {
            Activity::Idle
        } else if self.closing == self.streams.len() {
            Activity::Closing
        } else {
            Activity::Open
        }
    }

    /// Waits until something happens, `timeout` has passed or the waker is used, and handles what
    /// can be handled within a budget. The failure is that of an attempt to connect.
    pub fn turn(&mut self, timeout: Option<Duration>, sink: &mut dyn Sink) -> Result<(), Failure> {
        let has_work = !self.ready.is_empty()
            || self.udp.as_ref().is_some_and(|udp| udp.is_ready)
            || self
                .listener
                .as_ref()
                .is_some_and(|listener| listener.has_more && listener.paused_until.is_none());
        let timeout = if has_work { Some(Duration::ZERO) } else { shorter(timeout, self.next_deadline()) };
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(error) => {
                // A poll that fails would fail again at once; this keeps the thread from spinning.
                std::thread::park_timeout(ACCEPT_PAUSE);
                sink.failed(None, &Failure::from_io(Operation::Receive, "", &error));
                return Ok(());
            }
        }
        self.write_budget = TURN_BYTES;
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let mut outcome = Ok(());
        for event in &events {
            match event.token() {
                WAKER => {}
                MAIN => outcome = outcome.and(self.main_event(sink)),
                Token(token) => {
                    let id = ConnectionId((token - FIRST_CONNECTION) as u32);
                    if event.is_writable() {
                        self.write(id, sink);
                    }
                    if event.is_readable() || event.is_read_closed() || event.is_error() {
                        self.make_ready(id);
                    }
                }
            }
        }
        self.events = events;
        outcome = outcome.and(self.expire(sink));
        self.accept(sink);
        self.work(sink);
        self.ready.extend(self.fresh.drain(..));
        outcome
    }

    fn make_ready(&mut self, id: ConnectionId) {
        if let Some(stream) = self.streams.get_mut(&id)
            && !std::mem::replace(&mut stream.is_ready, true)
        {
            self.ready.push_back(id);
        }
    }

    fn main_event(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        if let Some(listener) = &mut self.listener {
            listener.has_more = true;
        } else if let Some(udp) = &mut self.udp {
            udp.is_ready = true;
            udp.flush(&mut self.next_id, sink);
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

    fn try_next_address(&mut self) -> Result<(), Failure> {
        while let Some(connecting) = &mut self.connecting {
            let started = connecting.try_next();
            if let Err(failure) = started {
                self.connecting = None;
                return Err(failure);
            }
            let Some(socket) = &mut connecting.socket else { continue };
            match self.poll.registry().register(socket, MAIN, Interest::READABLE | Interest::WRITABLE) {
                Ok(()) => return Ok(()),
                Err(error) => connecting.note(&error),
            }
        }
        Ok(())
    }

    fn connected(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        let Some(connecting) = self.connecting.take() else { return Ok(()) };
        let remote = connecting.remote();
        let Some(socket) = connecting.socket else { return Ok(()) };
        self.adopt(socket, remote, Direction::Outbound, sink)
            .map_err(|error| Failure::from_io(Operation::Connect, remote, &error))
    }

    /// Takes an established connection in.
    fn adopt(
        &mut self,
        mut socket: mio::net::TcpStream,
        peer: SocketAddr,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let local = canonical(socket.local_addr()?);
        // A record should leave when it is sent, not when the next one is.
        let _ = socket.set_nodelay(true);
        self.next_id += 1;
        let id = ConnectionId(self.next_id);
        let token = Token(id.0 as usize + FIRST_CONNECTION);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if direction == Direction::Outbound {
            self.poll.registry().reregister(&mut socket, token, interest)?;
        } else {
            self.poll.registry().register(&mut socket, token, interest)?;
        }
        let link = Link { id, transport: Transport::Tcp, local, peer: canonical(peer) };
        sink.opened(&link, direction);
        let mut stream = Stream::new(socket, link);
        stream.is_ready = true;
        self.streams.insert(id, stream);
        self.fresh.push(id);
        Ok(())
    }

    fn accept(&mut self, sink: &mut dyn Sink) {
        for _ in 0..TURN_ACCEPTS {
            let Some(listener) = &mut self.listener else { return };
            if !listener.has_more || listener.paused_until.is_some() {
                return;
            }
            let local = listener.local;
            match listener.socket.accept() {
                Ok((socket, peer)) => {
                    if let Err(error) = self.adopt(socket, peer, Direction::Inbound, sink) {
                        sink.failed(None, &Failure::from_io(Operation::Accept, peer, &error));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => listener.has_more = false,
                // The peer gave up while it waited.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => {
                    let now = Instant::now();
                    listener.paused_until = Some(now + ACCEPT_PAUSE);
                    if listener.silent_until.is_none_or(|until| until <= now) {
                        listener.silent_until = Some(now + ACCEPT_SILENCE);
                        sink.failed(None, &Failure::from_io(Operation::Accept, local, &error));
                    }
                }
            }
        }
    }

    /// Reads from those that are ready, and goes on writing where that was cut short.
    fn work(&mut self, sink: &mut dyn Sink) {
        // While something closes, its deadline is looked at more often.
        let mut budget = if self.closing > 0 { SHARE_BYTES } else { TURN_BYTES };
        if let Some(udp) = &mut self.udp
            && udp.is_ready
        {
            udp.is_ready = udp.read(&mut self.buffer, &mut budget, &mut self.next_id, sink);
        }
        // Each connection once: those that come back wait for the next turn.
        for _ in 0..self.ready.len() {
            if budget == 0 {
                return;
            }
            let Some(id) = self.ready.pop_front() else { return };
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            stream.is_ready = false;
            if stream.wants_write {
                self.write(id, sink);
            }
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let mut share = SHARE_BYTES.min(budget);
            let before = share;
            let progress = stream.read(&mut self.buffer, &mut share, self.echo, sink);
            budget -= before - share;
            match progress {
                // Writing goes on when the peer reads again, and then takes up reading.
                Progress::Blocked | Progress::Paused => {}
                Progress::More => self.make_ready(id),
                Progress::Finished => self.peer_finished(id, sink),
                Progress::Broken(failure) => self.broken(id, failure, sink),
            }
        }
    }

    fn peer_finished(&mut self, id: ConnectionId, sink: &mut dyn Sink) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if !std::mem::replace(&mut stream.peer_finished, true) {
            sink.half_closed(&stream.link);
        }
        if stream.ending == Ending::None && !self.keep_half_open {
            stream.ending = Ending::AfterPeer;
        }
        self.write(id, sink);
        if let Some(failure) = self.streams.get(&id).and_then(Stream::late_reset) {
            self.broken(id, failure, sink);
        }
    }

    fn write(&mut self, id: ConnectionId, sink: &mut dyn Sink) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let queued = stream.outbox.bytes();
        let mut share = SHARE_BYTES.min(self.write_budget);
        let before = share;
        let progress = stream.write(&mut share, sink);
        self.write_budget -= before - share;
        stream.wants_write = matches!(progress, Progress::More);
        match progress {
            Progress::Broken(failure) => self.broken(id, failure, sink),
            Progress::More => self.make_ready(id),
            _ if stream.is_done() => {
                let reason = if matches!(stream.ending, Ending::Local(_)) {
                    CloseReason::Local
                } else {
                    CloseReason::Peer
                };
                self.remove(id, &reason, sink);
            }
            // Reading may have been paused for what is sent now.
            _ if self.echo && stream.outbox.bytes() < queued => self.make_ready(id),
            _ => {}
        }
    }

    fn broken(&mut self, id: ConnectionId, failure: Failure, sink: &mut dyn Sink) {
        let Some(stream) = self.streams.get(&id) else { return };
        // Once both sides had said that they are done, or this one closes, a reset is only a rude goodbye.
        let reason = match stream.ending {
            Ending::Local(_) => CloseReason::Local,
            _ => CloseReason::Failed(failure),
        };
        self.remove(id, &reason, sink);
    }

    fn remove(&mut self, id: ConnectionId, reason: &CloseReason, sink: &mut dyn Sink) {
        let Some(mut stream) = self.streams.remove(&id) else { return };
        if matches!(stream.ending, Ending::Local(_)) {
            self.closing -= 1;
        }
        // Dropping the socket would do as well, but for the registration on Windows.
        let _ = self.poll.registry().deregister(&mut stream.socket);
        sink.closed(&stream.link, reason, stream.outbox.bytes());
    }

    /// Does what is due: gives up an address that does not answer, closes what was given time.
    fn expire(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        let now = Instant::now();
        if let Some(listener) = &mut self.listener
            && listener.paused_until.is_some_and(|until| until <= now)
        {
            listener.paused_until = None;
        }
        if let Some(udp) = &mut self.udp
            && udp.deadline().is_some_and(|due| due <= now)
        {
            udp.check(sink);
        }
        if self.closing > 0 {
            let is_due = |stream: &Stream| matches!(stream.ending, Ending::Local(until) if until <= now);
            let due: Vec<_> =
                self.streams.iter().filter(|(_, stream)| is_due(stream)).map(|(id, _)| *id).collect();
            for id in due {
                self.remove(id, &CloseReason::Local, sink);
            }
        }
        if let Some(connecting) = &mut self.connecting
            && connecting.deadline <= now
        {
            connecting.note(&ErrorKind::TimedOut.into());
            self.try_next_address()?;
        }
        Ok(())
    }

    fn next_deadline(&self) -> Option<Duration> {
        let accept = self.listener.as_ref().and_then(|listener| listener.paused_until);
        let connect = self.connecting.as_ref().map(|connecting| connecting.deadline);
        let drops = self.udp.as_ref().and_then(Udp::deadline);
        let close = if self.closing == 0 {
            None
        } else {
            let until = |stream: &Stream| match stream.ending {
                Ending::Local(until) => Some(until),
                _ => None,
            };
            self.streams.values().filter_map(until).min()
        };
        let next = [accept, connect, drops, close].into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }
}

fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
