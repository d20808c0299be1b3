//! The sockets of one session and the poll that waits for them.
//!
//! mio is edge-triggered: what is readable goes onto a ready list and stays there until the kernel
//! says that it has no more. A turn works the list off within a budget, one share per connection, so
//! that one loud peer starves nobody and commands are seen soon.

mod connections;
mod opening;
mod sending;

use self::opening::{ACCEPT_PAUSE, Listener};
use crate::model::{CloseReason, ConnectionId, Failure, Operation};
use crate::net::connecting::Connecting;
use crate::net::ids::Ids;
use crate::net::tcp::{Ending, TcpConnection};
use crate::net::udp::{DATAGRAM_BYTES, Udp};
#[cfg(target_os = "linux")]
use crate::net::udp_linux::SystemSocket;
#[cfg(not(target_os = "linux"))]
use crate::net::udp_portable::SystemSocket;
use crate::net::{Activity, EventSink};
use mio::{Events, Poll, Token, Waker};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
    /// Where it listens, or did last.
    listened: Option<SocketAddr>,
    connecting: Option<Connecting>,
    udp: Option<Udp<SystemSocket>>,
    /// In the order of their ids, which is the order in which they are listed.
    connections: BTreeMap<ConnectionId, TcpConnection>,
    /// Those with something to read, or with something that the last budget did not allow to write.
    ready: VecDeque<ConnectionId>,
    /// What may still be written before the next turn.
    write_budget: usize,
    /// Taken in during this turn. They are read from in the next one, so that what waited for a peer
    /// is queued before the peer can have said that it is done.
    fresh: Vec<ConnectionId>,
    /// Connections whose [`Ending::Local`] has begun.
    closing: usize,
    /// Those with something that waits to be sent, so that counting it takes no look at all the others.
    waiting: BTreeSet<ConnectionId>,
    pub(in crate::net) ids: Ids,
    echo: bool,
    keep_half_open: bool,
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
            listened: None,
            connecting: None,
            udp: None,
            connections: BTreeMap::new(),
            ready: VecDeque::new(),
            write_budget: TURN_BYTES,
            fresh: Vec::new(),
            closing: 0,
            waiting: BTreeSet::new(),
            ids: Ids::default(),
            echo: false,
            keep_half_open: false,
        })
    }

    /// Ends a [`turn`](Self::turn) that waits, from any thread.
    #[must_use]
    pub fn waker(&self) -> Arc<Waker> {
        self.waker.clone()
    }

    /// What the sockets are doing.
    #[must_use]
    pub fn activity(&self) -> Activity {
        if self.listener.is_some() || self.udp.is_some() {
            Activity::Listening
        } else if self.connecting.is_some() {
            Activity::Connecting
        } else if self.connections.is_empty() {
            Activity::Idle
        } else if self.closing == self.connections.len() {
            Activity::Closing
        } else {
            Activity::Open
        }
    }

    /// Waits until something happens, `timeout` has passed or the waker is used, and handles what
    /// can be handled within a budget. The failure is that of an attempt to connect.
    pub fn turn(&mut self, timeout: Option<Duration>, sink: &mut dyn EventSink) -> Result<(), Failure> {
        let has_work = !self.ready.is_empty()
            || self.udp.as_ref().is_some_and(|udp| udp.is_ready)
            || self.listener.as_ref().is_some_and(Listener::can_accept);
        let timeout = if has_work { Some(Duration::ZERO) } else { shorter(timeout, self.next_deadline()) };
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(error) => {
                // A poll that fails would fail again at once; this keeps the thread from spinning.
                std::thread::park_timeout(ACCEPT_PAUSE);
                sink.failed(&Failure::from_io(Operation::Receive, "", &error));
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
        if let Some(connection) = self.connections.get_mut(&id)
            && !std::mem::replace(&mut connection.is_ready, true)
        {
            self.ready.push_back(id);
        }
    }

    /// Does what is due: gives up an address that does not answer, closes what was given time.
    fn expire(&mut self, sink: &mut dyn EventSink) -> Result<(), Failure> {
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
            let is_due = |connection: &TcpConnection| matches!(connection.ending, Ending::Local(until) if until <= now);
            let due: Vec<_> = self
                .connections
                .iter()
                .filter(|(_, connection)| is_due(connection))
                .map(|(id, _)| *id)
                .collect();
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
            let until = |connection: &TcpConnection| match connection.ending {
                Ending::Local(until) => Some(until),
                _ => None,
            };
            self.connections.values().filter_map(until).min()
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
