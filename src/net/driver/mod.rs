//! The sockets of one session and the poll that waits for them.
//!
//! mio is edge-triggered: a readable connection stays on a ready list until the kernel has no more. A turn
//! works the list off within a budget for reading and one for writing, one share per connection, so that a
//! fast peer does not starve the others and commands are seen soon.

mod addressees;
mod connections;
mod forwarding;
mod opening;
mod pausing;
mod sending;
mod waiting;

pub use self::addressees::Addressee;
pub use self::forwarding::Forwarded;
pub use self::pausing::ReadPause;

use self::opening::{ACCEPT_PAUSE, Listener};
use self::pausing::Pausing;
use self::waiting::Waiting;
use crate::model::{CloseReason, ConnectionId, Failure, Operation};
use crate::net::alarm::Alarm;
use crate::net::connecting::Connecting;
use crate::net::ids::Ids;
use crate::net::tcp::TcpConnection;
use crate::net::udp::{DATAGRAM_BYTES, SystemSocket, Udp};
use crate::net::{Activity, EventSink, Timers};
use mio::{Events, Poll, Token, Waker};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAKER: Token = Token(0);
/// The listener, the UDP socket or the socket being connected: a session has one of them.
const MAIN: Token = Token(1);
/// The timer of precise deadlines.
const ALARM: Token = Token(2);
/// The token of a connection is its id plus this.
const FIRST_CONNECTION: usize = 3;

/// The most bytes that one connection may read, and write, before the next one has its turn.
const SHARE_BYTES: usize = 1 << 20;
/// The most bytes that all connections together may read, and write, in one turn: a few milliseconds.
const TURN_BYTES: usize = 8 << 20;
/// How long closing waits for the peer to read everything and to close as well.
const CLOSE_GRACE: Duration = Duration::from_millis(40);

/// What a deadline of a driver is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// Accepting goes on after a failure.
    AcceptAgain,
    /// The address that is being tried has not answered.
    ConnectTimeout,
    /// The UDP socket asks for its drops, and tries again to receive.
    UdpCheck,
    /// A connection that is being closed ends.
    CloseGrace(ConnectionId),
    /// A connection has taken almost nothing of what is forwarded to it.
    LeaveBehind(ConnectionId),
}

/// Owns all sockets of a session.
#[derive(Debug)]
pub struct Driver {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    buffer: Box<[u8]>,
    listener: Option<Listener>,
    /// The address of the listener, or of the last one.
    listened: Option<SocketAddr>,
    connecting: Option<Connecting>,
    udp: Option<Udp<SystemSocket>>,
    /// In the order in which they are listed.
    connections: BTreeMap<ConnectionId, TcpConnection>,
    /// Connections with something to read, or to write after the last budget.
    ready: VecDeque<ConnectionId>,
    /// What may still be written before the next turn.
    write_budget: usize,
    /// Connections of this turn. They are read from in the next one, so that payloads that waited for a
    /// peer are queued before the end of its stream is seen.
    fresh: Vec<ConnectionId>,
    /// Connections whose peers have finished in this turn. They end in the next one, so that answers to
    /// their last bytes are queued before.
    finished: Vec<ConnectionId>,
    /// Connections whose `Ending::Local` has begun.
    closing: usize,
    /// Connections with queued bytes.
    waiting: Waiting,
    timers: Timers<Timer>,
    alarm: Alarm,
    pub(in crate::net) ids: Ids,
    pausing: Pausing,
    keep_half_open: bool,
    /// Connections send without Nagle's algorithm.
    no_delay: bool,
}

impl Driver {
    /// A driver without sockets.
    ///
    /// # Errors
    /// The system has no handles for a poll or its waker.
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
            finished: Vec::new(),
            closing: 0,
            waiting: Waiting::default(),
            timers: Timers::default(),
            alarm: Alarm::new(ALARM),
            ids: Ids::default(),
            pausing: Pausing::default(),
            keep_half_open: false,
            no_delay: true,
        })
    }

    /// Ends a [`turn`](Self::turn) that waits, from any thread.
    #[must_use]
    pub fn waker(&self) -> Arc<Waker> {
        self.waker.clone()
    }

    /// Sets a deadline at which a [`turn`](Self::turn) ends precisely, and not up to some milliseconds later; `None`
    /// removes it.
    pub fn set_alarm(&mut self, deadline: Option<Instant>) {
        self.alarm.set(deadline);
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

    /// Waits until something happens, `deadline` or the alarm has passed, or the waker is used, and handles what
    /// can be handled within the budgets.
    ///
    /// # Errors
    /// Connecting has failed with every address; nothing is being connected any more.
    pub fn turn(&mut self, deadline: Option<Instant>, sink: &mut dyn EventSink) -> Result<(), Failure> {
        let deadline = [deadline, self.timers.next()].into_iter().flatten().min();
        let timeout = if self.has_work() {
            Some(Duration::ZERO)
        } else {
            let now = Instant::now();
            let left = deadline.map(|deadline| deadline.saturating_duration_since(now));
            let of_alarm = match left {
                // Nothing is armed for a poll that does not wait.
                Some(Duration::ZERO) => None,
                _ => self.alarm.arm(self.poll.registry(), &self.waker, now),
            };
            [left, of_alarm].into_iter().flatten().min()
        };
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(error) => {
                // The next poll would fail at once as well: this keeps the thread from spinning.
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
                WAKER | ALARM => self.alarm.woken(),
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
        self.take_finished(sink);
        outcome = outcome.and(self.expire(sink));
        self.accept(sink);
        self.work(sink);
        self.ready.extend(self.fresh.drain(..));
        self.timers.set_or_cancel(Timer::UdpCheck, self.udp.as_ref().and_then(Udp::deadline));
        outcome
    }

    /// Whether something can be done without waiting for an event.
    fn has_work(&self) -> bool {
        !self.ready.is_empty()
            || !self.finished.is_empty()
            || self.is_udp_readable()
            || self.udp.as_ref().is_some_and(Udp::wants_write)
            || self.listener.as_ref().is_some_and(Listener::can_accept)
    }

    fn is_udp_readable(&self) -> bool {
        let limit = self.pausing.rule.limit().unwrap_or(usize::MAX);
        self.udp.as_ref().is_some_and(|udp| udp.is_ready && udp.queued_bytes() <= limit)
    }

    fn make_ready(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id)
            && !std::mem::replace(&mut connection.is_ready, true)
        {
            self.ready.push_back(id);
        }
    }

    /// Does what is due.
    fn expire(&mut self, sink: &mut dyn EventSink) -> Result<(), Failure> {
        let now = Instant::now();
        let mut outcome = Ok(());
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::AcceptAgain => {
                    if let Some(listener) = &mut self.listener {
                        listener.is_paused = false;
                    }
                }
                Timer::ConnectTimeout => {
                    if let Some(connecting) = &mut self.connecting {
                        connecting.note(&ErrorKind::TimedOut.into());
                        outcome = self.try_next_address();
                    }
                }
                Timer::UdpCheck => {
                    if let Some(udp) = &mut self.udp {
                        udp.check(sink);
                    }
                }
                Timer::CloseGrace(id) => self.remove(id, &CloseReason::Local, sink),
                Timer::LeaveBehind(id) => self.leave_behind(id, sink),
            }
        }
        outcome
    }
}
