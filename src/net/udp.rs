//! One UDP socket and the peers that it has exchanged datagrams with.
//!
//! A datagram that reached nobody (ICMP port unreachable; WSAECONNRESET on Windows) is reported and never
//! ends receiving. Datagrams that the kernel dropped are counted where the system counts them.

use super::ids::Ids;
use super::outbox::{ENTRY_BYTES, OUTBOX_BYTES};
use super::socket::canonical;
use super::tcp::CALL_BYTES;
use super::{ConnectionEnds, EventSink, SendEnd};
use crate::model::{
    CloseReason, ConnectionId, Direction, Failure, FailureKind, KernelDrops, Operation, SendId, Transport,
    longest_datagram,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The size of the receive buffer: longer than any datagram, so that none is cut.
pub(super) const DATAGRAM_BYTES: usize = 65_535;

/// The most peers that are remembered, so that forged senders cannot fill the memory.
pub(super) const MAX_PEERS: usize = 20_000;

/// How long after the last datagram the drops are asked for, and how long receiving pauses when it fails.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// Each sent datagram that reached nobody may leave one error. So many in a row come from the socket itself.
const ERRORS_IN_A_ROW: u32 = 1000;
/// How many pending errors of earlier datagrams are skipped before a datagram counts as refused itself.
const SEND_RETRIES: u32 = 16;

/// What the system reports about a received datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub bytes: usize,
    pub peer: SocketAddr,
    /// The local address that it was sent to, where the system reports it.
    pub local: Option<IpAddr>,
    /// It was longer than the buffer.
    pub is_cut: bool,
    /// All drops so far, where the system reports them.
    pub drops: Option<u32>,
}

/// A non-blocking UDP socket, or what stands for one in a test.
pub(super) trait DatagramSocket {
    /// Receives one datagram into `buffer`.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; an ICMP error for an earlier datagram; any other failure of the socket. The
    /// socket can be used further.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received>;
    /// Sends one datagram, and returns how many of its bytes the kernel took.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; an ICMP error for an earlier datagram; the datagram is too long or has no
    /// route. Nothing was sent, and the socket can be used further.
    fn send(&mut self, bytes: &[u8], to: SocketAddr) -> io::Result<usize>;
    /// The drops so far, if the system can be asked for them.
    fn drops(&self) -> KernelDrops;
}

/// To whom a datagram goes.
#[derive(Clone, Debug)]
pub(super) enum Recipients {
    One(SocketAddr),
    /// In order; shared by the datagrams that go to all peers.
    Many(Arc<[SocketAddr]>),
}

impl Recipients {
    pub fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(all) => all.len(),
        }
    }

    fn get(&self, at: usize) -> Option<SocketAddr> {
        match self {
            Self::One(peer) => (at == 0).then_some(*peer),
            Self::Many(all) => all.get(at).copied(),
        }
    }

    /// The bytes of memory that its addresses take.
    fn memory(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Many(all) => size_of_val(&all[..]),
        }
    }
}

/// A datagram that waits for the kernel, or for the budget of the next turn.
#[derive(Debug)]
struct Queued {
    send: Option<SendId>,
    bytes: Arc<[u8]>,
    recipients: Recipients,
    /// How many of the recipients are done.
    done: usize,
}

impl Queued {
    /// The bytes of memory that it takes.
    fn memory(&self) -> usize {
        self.bytes.len() + self.recipients.memory() + ENTRY_BYTES
    }

    /// The bytes that are still to be sent, over all recipients.
    fn bytes_left(&self) -> usize {
        self.bytes.len().saturating_mul(self.recipients.len() - self.done)
    }
}

#[derive(Debug)]
pub(super) struct Udp<S> {
    pub socket: S,
    pub local: SocketAddr,
    pub is_ready: bool,
    peers: HashMap<SocketAddr, ConnectionEnds>,
    /// Oldest first, as they are listed and forgotten.
    order: BTreeMap<ConnectionId, SocketAddr>,
    /// The addresses of all peers in that order, until it changes.
    all_peers: Option<Arc<[SocketAddr]>>,
    last_peer: Option<SocketAddr>,
    queue: VecDeque<Queued>,
    queued_bytes: usize,
    queued_memory: usize,
    /// The last budget ended before the queue was empty or the kernel refused more.
    wants_write: bool,
    drops: KernelDrops,
    check_at: Option<Instant>,
    /// Receiving pauses until `check_at`.
    is_failing: bool,
}

impl<S: DatagramSocket> Udp<S> {
    pub fn new(socket: S, local: SocketAddr, sink: &mut dyn EventSink) -> Self {
        let drops = socket.drops();
        sink.kernel_drops(drops);
        Self {
            socket,
            local,
            is_ready: false,
            peers: HashMap::new(),
            order: BTreeMap::new(),
            all_peers: None,
            last_peer: None,
            queue: VecDeque::new(),
            queued_bytes: 0,
            queued_memory: 0,
            wants_write: false,
            drops,
            check_at: None,
            is_failing: false,
        }
    }

    /// The bytes that are still to be sent, over all recipients.
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Whether [`flush`](Self::flush) ended because of its budget.
    pub fn wants_write(&self) -> bool {
        self.wants_write
    }

    pub fn last_peer(&self) -> Option<SocketAddr> {
        self.last_peer
    }

    pub fn has_peers(&self) -> bool {
        !self.order.is_empty()
    }

    /// The peers, oldest first.
    pub fn all_peers(&mut self) -> Arc<[SocketAddr]> {
        self.all_peers.get_or_insert_with(|| self.order.values().copied().collect()).clone()
    }

    /// The peer with this id, unless it has been forgotten.
    pub fn peer(&self, id: ConnectionId) -> Option<SocketAddr> {
        self.order.get(&id).copied()
    }

    /// Receives until there is nothing, or `budget` (bytes and calls) is used up. `true`: there may be more.
    /// An error ends nothing; of several in one call, only the first is reported.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        budget: &mut usize,
        ids: &mut Ids,
        sink: &mut dyn EventSink,
    ) -> bool {
        let mut has_reported = false;
        let mut errors = 0;
        while *budget > 0 {
            *budget = budget.saturating_sub(CALL_BYTES);
            match self.socket.receive(buffer) {
                Ok(received) => {
                    errors = 0;
                    *budget = budget.saturating_sub(received.bytes);
                    let peer = canonical(received.peer);
                    let local = SocketAddr::new(received.local.unwrap_or(self.local.ip()), self.local.port());
                    let met = self.meet(peer, canonical(local), ids, Direction::Inbound, sink);
                    let ends = match met {
                        Ok(ends) => ends,
                        Err(failure) => {
                            if !std::mem::replace(&mut has_reported, true) {
                                sink.failed(&failure);
                            }
                            continue;
                        }
                    };
                    self.last_peer = Some(peer);
                    let payload = &buffer[..received.bytes];
                    sink.data(&ends, Direction::Inbound, payload, received.is_cut);
                    if let Some(drops) = received.drops {
                        self.count_drops(KernelDrops::Counted(drops.into()), sink);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.check_at.get_or_insert_with(|| Instant::now() + CHECK_INTERVAL);
                    return false;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    if !std::mem::replace(&mut has_reported, true) {
                        sink.failed(&failure(Operation::Receive, self.local, &error));
                    }
                    errors += 1;
                    if errors == ERRORS_IN_A_ROW {
                        self.is_failing = true;
                        self.check_at = Some(Instant::now() + CHECK_INTERVAL);
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Queues a datagram, to be sent by [`flush`](Self::flush).
    ///
    /// # Errors
    /// The queue is full; nothing is queued.
    pub fn queue(
        &mut self,
        send: Option<SendId>,
        bytes: Arc<[u8]>,
        recipients: Recipients,
    ) -> Result<(), Failure> {
        let queued = Queued { send, bytes, recipients, done: 0 };
        if self.queued_memory + queued.memory() > OUTBOX_BYTES {
            let kind = FailureKind::QueueFull { limit_bytes: OUTBOX_BYTES };
            let peer = queued.recipients.get(0).unwrap_or(self.local);
            return Err(Failure::new(Operation::Send, peer, kind));
        }
        self.queued_memory += queued.memory();
        self.queued_bytes = self.queued_bytes.saturating_add(queued.bytes_left());
        self.queue.push_back(queued);
        Ok(())
    }

    /// Sends what is queued, in order, until the kernel takes no more or `budget` (bytes and calls) is used
    /// up. The rest goes on from there, in the middle of a datagram's recipients if need be.
    pub fn flush(&mut self, budget: &mut usize, ids: &mut Ids, sink: &mut dyn EventSink) {
        let mut retries = 0;
        self.wants_write = false;
        while let Some(queued) = self.queue.front() {
            let Some(to) = queued.recipients.get(queued.done) else {
                self.queued_memory -= queued.memory();
                self.queue.pop_front();
                continue;
            };
            if *budget == 0 {
                self.wants_write = true;
                return;
            }
            let (send, bytes) = (queued.send, queued.bytes.clone());
            *budget = budget.saturating_sub(CALL_BYTES + bytes.len());
            let outcome = match self.send_to(to, &bytes, ids) {
                Ok(()) => match self.meet(to, canonical(self.local), ids, Direction::Outbound, sink) {
                    Ok(ends) => {
                        sink.data(&ends, Direction::Outbound, &bytes, false);
                        Ok(())
                    }
                    Err(failure) => Err(failure),
                },
                Err(NotSent::Error(error)) if error.kind() == ErrorKind::WouldBlock => return,
                Err(NotSent::Error(error)) if error.kind() == ErrorKind::Interrupted => continue,
                // The answer to an earlier datagram; this one has not been sent yet.
                Err(NotSent::Error(error)) if is_answer(&error) && retries < SEND_RETRIES => {
                    if retries == 0 {
                        sink.failed(&failure(Operation::Receive, self.local, &error));
                    }
                    retries += 1;
                    continue;
                }
                Err(NotSent::Error(error)) => Err(failure(Operation::Send, to, &error)),
                Err(NotSent::Refused(kind)) => Err(Failure::new(Operation::Send, to, kind)),
            };
            retries = 0;
            match (send, &outcome) {
                (Some(send), Ok(())) => sink.send_ended(send, SendEnd::Sent),
                (Some(send), Err(failure)) => sink.send_ended(send, SendEnd::Refused(failure)),
                (None, Ok(())) => {}
                (None, Err(failure)) => sink.failed(failure),
            }
            if let Some(queued) = self.queue.front_mut() {
                queued.done += 1;
                self.queued_bytes -= bytes.len();
            }
        }
    }

    fn send_to(&mut self, to: SocketAddr, bytes: &[u8], ids: &Ids) -> Result<(), NotSent> {
        let limit = longest_datagram(to);
        if bytes.len() > limit {
            return Err(NotSent::Refused(FailureKind::MessageTooLong { bytes: bytes.len(), limit }));
        }
        // Sent data is recorded under the peer's id: without one nothing is sent.
        if !self.peers.contains_key(&to) && ids.is_used_up() {
            return Err(NotSent::Refused(FailureKind::OutOfIds));
        }
        self.socket.send(bytes, self.on_wire(to)).map(drop).map_err(NotSent::Error)
    }

    /// Lists a peer that has not sent anything yet.
    pub fn add(&mut self, peer: SocketAddr, ids: &mut Ids, sink: &mut dyn EventSink) {
        let met = self.meet(canonical(peer), canonical(self.local), ids, Direction::Outbound, sink);
        if let Err(failure) = met {
            sink.failed(&failure);
        }
    }

    /// The ends of the exchange with a peer; a new peer is listed. Where the socket is bound to the
    /// unspecified address, the local address is the one that the peer's last datagram was sent to.
    fn meet(
        &mut self,
        peer: SocketAddr,
        local: SocketAddr,
        ids: &mut Ids,
        direction: Direction,
        sink: &mut dyn EventSink,
    ) -> Result<ConnectionEnds, Failure> {
        if let Some(ends) = self.peers.get_mut(&peer) {
            if !local.ip().is_unspecified() {
                ends.local = local;
            }
            return Ok(*ends);
        }
        let operation = match direction {
            Direction::Inbound => Operation::Receive,
            Direction::Outbound => Operation::Send,
        };
        let id = ids.next().map_err(|kind| Failure::new(operation, peer, kind))?;
        if self.peers.len() >= MAX_PEERS
            && let Some((oldest, address)) = self.order.pop_first()
        {
            self.peers.remove(&address);
            sink.forgotten(oldest);
        }
        self.all_peers = None;
        let ends = ConnectionEnds { id, transport: Transport::Udp, local, peer };
        self.peers.insert(peer, ends);
        self.order.insert(id, peer);
        sink.opened(&ends, direction);
        Ok(ends)
    }

    /// Ends the exchange with every peer, and reports what is still queued as not sent.
    pub fn close(mut self, ids: &mut Ids, sink: &mut dyn EventSink) {
        // Drops after the last datagram are not counted yet.
        self.count_drops(self.socket.drops(), sink);
        let queue = std::mem::take(&mut self.queue);
        let mut unsent = BTreeMap::<_, usize>::new();
        for queued in &queue {
            for peer in (queued.done..).map_while(|at| queued.recipients.get(at)) {
                *unsent.entry(peer).or_default() += queued.bytes.len();
            }
        }
        let mut all_ends = BTreeMap::new();
        for (peer, bytes) in unsent {
            match self.meet(peer, canonical(self.local), ids, Direction::Outbound, sink) {
                Ok(ends) => {
                    all_ends.insert(peer, ends);
                    self.order.remove(&ends.id);
                    sink.closed(&ends, &CloseReason::Local, bytes);
                }
                Err(failure) => sink.failed(&failure),
            }
        }
        for queued in &queue {
            let Some(send) = queued.send else { continue };
            for peer in (queued.done..).map_while(|at| queued.recipients.get(at)) {
                let end = match all_ends.get(&peer) {
                    Some(ends) => {
                        let unsent_bytes = queued.bytes.len();
                        SendEnd::Closed { ends, reason: &CloseReason::Local, unsent_bytes }
                    }
                    None => SendEnd::Refused(&Failure::new(Operation::Send, peer, FailureKind::OutOfIds)),
                };
                sink.send_ended(send, end);
            }
        }
        for id in self.order.keys() {
            sink.forgotten(*id);
        }
    }

    /// When [`check`](Self::check) is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.check_at
    }

    /// Asks for the drops after the last received datagram, and tries again to receive where that failed.
    pub fn check(&mut self, sink: &mut dyn EventSink) {
        self.check_at = None;
        self.is_ready |= std::mem::take(&mut self.is_failing);
        let drops = self.socket.drops();
        self.count_drops(drops, sink);
    }

    fn count_drops(&mut self, drops: KernelDrops, sink: &mut dyn EventSink) {
        let newer = match (self.drops, drops) {
            (KernelDrops::Counted(before), KernelDrops::Counted(now)) => {
                KernelDrops::Counted(before.max(now))
            }
            // The drops after the last datagram are unknown; those before it stay counted.
            (known @ KernelDrops::Counted(1..), KernelDrops::Unknown) => known,
            (_, now) => now,
        };
        if newer != self.drops {
            self.drops = newer;
            sink.kernel_drops(newer);
        }
    }

    /// The address in the form that the socket needs: IPv4-mapped where it is bound to an IPv6 address.
    fn on_wire(&self, to: SocketAddr) -> SocketAddr {
        match (self.local, to) {
            (SocketAddr::V6(_), SocketAddr::V4(v4)) => {
                SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())
            }
            _ => to,
        }
    }
}

/// Why a datagram was not handed to the kernel.
enum NotSent {
    Error(io::Error),
    Refused(FailureKind),
}

/// Whether the error is the answer to an earlier datagram that reached nobody (ICMP port unreachable).
fn is_answer(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

fn failure(operation: Operation, endpoint: SocketAddr, error: &io::Error) -> Failure {
    let mut failure = Failure::from_io(operation, endpoint, error);
    if is_answer(error) {
        failure.kind = FailureKind::PortUnreachable;
    }
    // The user picked only the destination: report it as unreachable.
    if operation == Operation::Send && failure.kind == FailureKind::AddressNotAvailable {
        failure.kind = FailureKind::Unreachable;
    }
    if operation == Operation::Send
        && failure.kind == FailureKind::PermissionDenied
        && !is_refused_by_firewall(error)
    {
        failure.kind = FailureKind::BroadcastNotAllowed;
    }
    failure
}

/// On Linux a firewall's refusal is EPERM, and sending to a broadcast address without the option is EACCES;
/// the standard library has one kind for both.
#[cfg(target_os = "linux")]
fn is_refused_by_firewall(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::EPERM)
}

#[cfg(not(target_os = "linux"))]
fn is_refused_by_firewall(_: &io::Error) -> bool {
    false
}
