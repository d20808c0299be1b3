//! One UDP socket and the peers it has met.
//!
//! A datagram that reached nobody (ICMP port unreachable; error 10054 on Windows) is told and never
//! ends receiving. What the kernel dropped is counted where the system tells.

use super::ids::Ids;
use super::outbox::{ENTRY_BYTES, OUTBOX_BYTES};
use super::socket::canonical;
use super::tcp::CALL_BYTES;
use super::{ConnectionEnds, EventSink};
use crate::model::{
    CloseReason, ConnectionId, Direction, Failure, FailureKind, KernelDrops, Operation, Transport,
    longest_datagram,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Room for a datagram that is longer than any can be, so that none is cut.
pub(super) const DATAGRAM_BYTES: usize = 65_535;

/// More peers than these are not remembered, so that forged senders cannot fill the memory.
pub(super) const MAX_PEERS: usize = 20_000;

/// How long after datagrams came the drops are asked for, and how long receiving rests when it fails.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// Each datagram that reached nobody may leave one error. More than these in a row come from the
/// socket itself.
const ERRORS_IN_A_ROW: u32 = 1000;
/// How many such errors may stand before a datagram is sent; then it is given up itself.
const SEND_RETRIES: u32 = 16;

/// What the system tells of a received datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub bytes: usize,
    pub peer: SocketAddr,
    /// This machine's address that it came to, where the system tells.
    pub local: Option<IpAddr>,
    /// It was longer than the buffer.
    pub is_cut: bool,
    /// All drops so far, where the system tells.
    pub drops: Option<u32>,
}

/// A non-blocking UDP socket, so that tests can inject what a system answers.
pub(super) trait DatagramSocket {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received>;
    fn send(&mut self, bytes: &[u8], to: SocketAddr) -> io::Result<usize>;
    /// Whether [`Received::drops`] means something, and the drops now if they can be asked for.
    fn drops(&self) -> KernelDrops;
}

#[derive(Debug)]
pub(super) struct Udp<S> {
    pub socket: S,
    pub local: SocketAddr,
    pub is_ready: bool,
    echo: bool,
    peers: HashMap<SocketAddr, ConnectionEnds>,
    /// Oldest first, as they are listed and forgotten.
    order: BTreeMap<ConnectionId, SocketAddr>,
    last_peer: Option<SocketAddr>,
    queue: VecDeque<(SocketAddr, Arc<[u8]>)>,
    queued_bytes: usize,
    drops: KernelDrops,
    check_at: Option<Instant>,
    /// Receiving rests until [`check_at`](Self::check_at).
    is_failing: bool,
}

impl<S: DatagramSocket> Udp<S> {
    pub fn new(socket: S, local: SocketAddr, echo: bool, sink: &mut dyn EventSink) -> Self {
        let drops = socket.drops();
        sink.kernel_drops(drops);
        Self {
            socket,
            local,
            is_ready: false,
            echo,
            peers: HashMap::new(),
            order: BTreeMap::new(),
            last_peer: None,
            queue: VecDeque::new(),
            queued_bytes: 0,
            drops,
            check_at: None,
            is_failing: false,
        }
    }

    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    pub fn last_peer(&self) -> Option<SocketAddr> {
        self.last_peer
    }

    pub fn has_peers(&self) -> bool {
        !self.order.is_empty()
    }

    /// The peers, oldest first.
    pub fn peers(&self) -> impl Iterator<Item = SocketAddr> {
        self.order.values().copied()
    }

    /// The peer with this id, unless it has been forgotten.
    pub fn peer(&self, id: ConnectionId) -> Option<SocketAddr> {
        self.order.get(&id).copied()
    }

    /// Receives until there is nothing, or `budget` is used up: by bytes and by calls. `true`: there
    /// may be more. An error ends nothing; only the first of several is told each time.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        budget: &mut usize,
        ids: &mut Ids,
        sink: &mut dyn EventSink,
    ) -> bool {
        let mut has_told = false;
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
                            if !std::mem::replace(&mut has_told, true) {
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
                    if self.echo {
                        let sent = self.send(peer, Arc::from(payload), ids, sink);
                        if let Err(failure) = sent {
                            sink.failed(&failure);
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.check_at.get_or_insert_with(|| Instant::now() + CHECK_INTERVAL);
                    return false;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    if !std::mem::replace(&mut has_told, true) {
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

    /// Queues a datagram and sends what the kernel takes.
    pub fn send(
        &mut self,
        to: SocketAddr,
        bytes: Arc<[u8]>,
        ids: &mut Ids,
        sink: &mut dyn EventSink,
    ) -> Result<(), Failure> {
        let limit = longest_datagram(to);
        if bytes.len() > limit {
            let kind = FailureKind::MessageTooLong { bytes: bytes.len(), limit };
            return Err(Failure::new(Operation::Send, to, kind));
        }
        if self.queued_bytes + bytes.len() + self.queue.len() * ENTRY_BYTES > OUTBOX_BYTES {
            return Err(Failure::new(
                Operation::Send,
                to,
                FailureKind::QueueFull { limit_bytes: OUTBOX_BYTES },
            ));
        }
        self.queued_bytes += bytes.len();
        self.queue.push_back((to, bytes));
        self.flush(ids, sink);
        Ok(())
    }

    /// Sends what is queued until the kernel takes no more.
    pub fn flush(&mut self, ids: &mut Ids, sink: &mut dyn EventSink) {
        let mut retries = 0;
        while let Some((to, bytes)) = self.queue.front().cloned() {
            // What is sent is recorded under the peer's id, so that one without an id is sent nothing.
            let has_id = self.peers.contains_key(&to) || !ids.is_used_up();
            let sent = if has_id { self.socket.send(&bytes, self.on_wire(to)) } else { Ok(0) };
            match sent {
                Ok(_) => match self.meet(to, canonical(self.local), ids, Direction::Outbound, sink) {
                    Ok(ends) => sink.data(&ends, Direction::Outbound, &bytes, false),
                    Err(failure) => sink.failed(&failure),
                },
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // The answer to an earlier datagram; this one has not been sent yet.
                Err(error) if is_answer(&error) && retries < SEND_RETRIES => {
                    if retries == 0 {
                        sink.failed(&failure(Operation::Receive, self.local, &error));
                    }
                    retries += 1;
                    continue;
                }
                Err(error) => sink.failed(&failure(Operation::Send, to, &error)),
            }
            retries = 0;
            self.queue.pop_front();
            self.queued_bytes -= bytes.len();
        }
    }

    /// Lists a peer that is known before it has written.
    pub fn add(&mut self, peer: SocketAddr, ids: &mut Ids, sink: &mut dyn EventSink) {
        let met = self.meet(canonical(peer), canonical(self.local), ids, Direction::Outbound, sink);
        if let Err(failure) = met {
            sink.failed(&failure);
        }
    }

    /// The peer's ends; a new one is listed. What it wrote to tells which local address is meant,
    /// where the socket is bound to any.
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
        let ends = ConnectionEnds { id, transport: Transport::Udp, local, peer };
        self.peers.insert(peer, ends);
        self.order.insert(id, peer);
        sink.opened(&ends, direction);
        Ok(ends)
    }

    /// Ends the exchange with every peer. What is still queued for one is told as not sent.
    pub fn close(mut self, ids: &mut Ids, sink: &mut dyn EventSink) {
        // Those after the last datagram that was received are not known yet.
        self.count_drops(self.socket.drops(), sink);
        let mut unsent = BTreeMap::<_, usize>::new();
        for (to, bytes) in std::mem::take(&mut self.queue) {
            *unsent.entry(to).or_default() += bytes.len();
        }
        for (to, bytes) in unsent {
            match self.meet(to, canonical(self.local), ids, Direction::Outbound, sink) {
                Ok(ends) => {
                    self.order.remove(&ends.id);
                    sink.closed(&ends, &CloseReason::Local, bytes);
                }
                Err(failure) => sink.failed(&failure),
            }
        }
        for id in self.order.keys() {
            sink.forgotten(*id);
        }
    }

    /// When [`check`](Self::check) is due: some time after the newest datagrams.
    pub fn deadline(&self) -> Option<Instant> {
        self.check_at
    }

    /// Asks how many datagrams were dropped after the last one that was received, and tries again to
    /// receive where that failed.
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
            // Those after the last datagram are not known, and the others still are.
            (known @ KernelDrops::Counted(1..), KernelDrops::Unknown) => known,
            (_, now) => now,
        };
        if newer != self.drops {
            self.drops = newer;
            sink.kernel_drops(newer);
        }
    }

    /// An IPv4 address as a socket bound to an IPv6 address needs it.
    fn on_wire(&self, to: SocketAddr) -> SocketAddr {
        match (self.local, to) {
            (SocketAddr::V6(_), SocketAddr::V4(v4)) => {
                SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())
            }
            _ => to,
        }
    }
}

/// Whether the error tells of an earlier datagram that reached nobody (ICMP port unreachable).
fn is_answer(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

fn failure(operation: Operation, endpoint: SocketAddr, error: &io::Error) -> Failure {
    let mut failure = Failure::from_io(operation, endpoint, error);
    if is_answer(error) {
        failure.kind = FailureKind::PortUnreachable;
    }
    // What was chosen is where to; that no own address leads there is the same to who has chosen it.
    if operation == Operation::Send && failure.kind == FailureKind::AddressNotAvailable {
        failure.kind = FailureKind::Unreachable;
    }
    // EACCES; a firewall's refusal is EPERM, which the standard library does not tell apart.
    if operation == Operation::Send
        && failure.kind == FailureKind::PermissionDenied
        && failure.os_code != Some(1)
    {
        failure.kind = FailureKind::BroadcastNotAllowed;
    }
    failure
}
