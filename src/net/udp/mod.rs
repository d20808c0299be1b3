//! One UDP socket and the peers that it has exchanged datagrams with.
//!
//! A datagram that reached nobody (ICMP port unreachable; WSAECONNRESET on Windows) is reported and never
//! ends receiving. Datagrams that the kernel dropped are counted where the system counts them.

mod failure;
// Not on Windows: recvmsg with control messages is of Linux.
#[cfg(target_os = "linux")]
mod linux;
mod peers;
#[cfg(not(target_os = "linux"))]
mod portable;
mod queue;
mod sending;
mod socket;
#[cfg(test)]
mod tests;

#[cfg(target_os = "linux")]
pub(super) use linux::SystemSocket;
#[cfg(not(target_os = "linux"))]
pub(super) use portable::SystemSocket;
pub(super) use queue::Recipients;

use self::failure::failure;
use self::peers::Peers;
use self::queue::Queue;
use self::socket::DatagramSocket;
use super::ids::Ids;
use super::socket::canonical;
use super::tcp::CALL_BYTES;
use super::{ConnectionEnds, EventSink, SendEnd};
use crate::model::{
    CloseReason, ConnectionId, Direction, Failure, FailureKind, KernelDrops, Operation, Target,
};
use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The size of the receive buffer: longer than any datagram, so that none is cut.
pub(super) const DATAGRAM_BYTES: usize = 65_535;

/// How long after the last datagram the drops are asked for, and how long receiving pauses when it fails.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// A peer that datagrams do not reach is told of again after this: a fast repeat would say it with each.
const TELL_INTERVAL: Duration = Duration::from_millis(200);

/// At most so many of them are remembered.
const MAX_TOLD: usize = 1024;

/// So many errors in a row come from the socket itself: each datagram that reached nobody leaves at most one.
const ERRORS_IN_A_ROW: u32 = 1000;

#[derive(Debug)]
pub(super) struct Udp<S> {
    pub socket: S,
    pub local: SocketAddr,
    /// There may be something to receive.
    pub is_ready: bool,
    peers: Peers,
    /// The sender of the last received datagram.
    last_peer: Option<SocketAddr>,
    queue: Queue,
    /// The last budget ended before the queue was empty or the kernel refused more.
    wants_write: bool,
    drops: KernelDrops,
    check_at: Option<Instant>,
    /// Receiving pauses until `check_at`.
    is_failing: bool,
    /// Peers that datagrams did not reach, and when that was told.
    told: HashMap<SocketAddr, Instant>,
}

impl<S: DatagramSocket> Udp<S> {
    pub fn new(socket: S, local: SocketAddr, sink: &mut dyn EventSink) -> Self {
        let drops = socket.drops();
        sink.kernel_drops(drops);
        Self {
            socket,
            local,
            is_ready: false,
            peers: Peers::default(),
            last_peer: None,
            queue: Queue::default(),
            wants_write: false,
            drops,
            check_at: None,
            is_failing: false,
            told: HashMap::new(),
        }
    }

    pub fn has_peers(&self) -> bool {
        !self.peers.is_empty()
    }

    /// The peer with this id, unless it has been forgotten.
    pub fn peer(&self, id: ConnectionId) -> Option<SocketAddr> {
        self.peers.address(id)
    }

    /// The sender of the newest datagram.
    pub fn last_peer(&self) -> Option<SocketAddr> {
        self.last_peer
    }

    /// Whom a datagram for `target` goes to: the id, which an address may lack, and the address, which a peer that
    /// was forgotten lacks.
    pub fn recipients(&self, target: &Target) -> Vec<(Option<ConnectionId>, Option<SocketAddr>)> {
        let at = |address: SocketAddr| (self.peers.id(canonical(address)), Some(address));
        match target {
            Target::All => self.peers.ids().map(|id| (Some(id), self.peers.address(id))).collect(),
            Target::Connections(ids) => ids.iter().map(|id| (Some(*id), self.peers.address(*id))).collect(),
            Target::Address(address) => vec![at(*address)],
            Target::LastPeer => self.last_peer.map(at).into_iter().collect(),
            Target::Host(_) => Vec::new(),
        }
    }

    /// How many peers are listed.
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// Every peer but the one with this id. `None`: there is no other.
    pub fn others(&mut self, id: ConnectionId) -> Option<Recipients> {
        let but = self.peers.address(id);
        let others: Arc<[SocketAddr]> =
            self.peers.addresses().iter().copied().filter(|peer| Some(*peer) != but).collect();
        (!others.is_empty()).then_some(Recipients::Many(others))
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
                    let met = self.peers.meet(peer, canonical(local), Direction::Inbound, ids, sink);
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
                    if !self.told.is_empty() {
                        self.told.remove(&peer);
                    }
                    let payload = &buffer[..received.bytes];
                    sink.data(&ends, Direction::Inbound, payload, received.is_cut);
                    if let Some(drops) = received.drops {
                        self.count_drops(KernelDrops::Counted(drops.into()), sink);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.check_at.get_or_insert_with(|| Instant::now() + CHECK_INTERVAL);
                    self.tell_undelivered(sink);
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

    /// Reports whom datagrams did not reach, each peer once in a while.
    fn tell_undelivered(&mut self, sink: &mut dyn EventSink) {
        while let Some((to, error)) = self.socket.undelivered() {
            let (to, now) = (canonical(to), Instant::now());
            if self.told.get(&to).is_some_and(|told| now.duration_since(*told) < TELL_INTERVAL) {
                continue;
            }
            if self.told.len() == MAX_TOLD {
                self.told.clear();
            }
            self.told.insert(to, now);
            sink.failed(&failure(Operation::Send, to, &error));
        }
    }

    /// Lists a peer that has not sent anything yet.
    pub fn add(&mut self, peer: SocketAddr, ids: &mut Ids, sink: &mut dyn EventSink) {
        if let Err(failure) = self.meet_outbound(canonical(peer), ids, sink) {
            sink.failed(&failure);
        }
    }

    /// The ends of the exchange with a peer that datagrams are sent to.
    fn meet_outbound(
        &mut self,
        peer: SocketAddr,
        ids: &mut Ids,
        sink: &mut dyn EventSink,
    ) -> Result<ConnectionEnds, Failure> {
        self.peers.meet(peer, canonical(self.local), Direction::Outbound, ids, sink)
    }

    /// Ends the exchange with every peer, and reports what is still queued as not sent.
    pub fn close(mut self, ids: &mut Ids, sink: &mut dyn EventSink) {
        // Drops after the last datagram are not counted yet.
        self.count_drops(self.socket.drops(), sink);
        let mut closed = HashMap::new();
        let mut refused = HashSet::new();
        for (peer, bytes) in self.queue.unsent_bytes() {
            match self.meet_outbound(peer, ids, sink) {
                Ok(ends) => {
                    self.peers.remove(&ends);
                    closed.insert(peer, ends);
                    sink.closed(&ends, &CloseReason::Local, bytes);
                }
                Err(failure) => {
                    refused.insert(peer);
                    sink.failed(&failure);
                }
            }
        }
        // Once for each datagram: there may be very many recipients of very many datagrams.
        for (send, bytes, recipients) in self.queue.unsent() {
            let Some(send) = send else { continue };
            let without_id = match refused.is_empty() {
                true => 0,
                false => recipients.iter().filter(|peer| refused.contains(*peer)).count(),
            };
            if let Some(ends) = recipients.iter().find_map(|peer| closed.get(peer)) {
                let count = recipients.len() - without_id;
                let unsent_bytes = bytes.saturating_mul(count);
                sink.send_ended(
                    send,
                    SendEnd::Closed { ends, reason: &CloseReason::Local, unsent_bytes },
                    count,
                );
            }
            if let Some(peer) = recipients.iter().find(|peer| refused.contains(*peer)) {
                let failure = Failure::new(Operation::Send, peer, FailureKind::OutOfIds);
                sink.send_ended(send, SendEnd::Refused { id: None, failure: &failure }, without_id);
            }
        }
        for id in self.peers.ids() {
            sink.forgotten(id);
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
}
