//! The peers of a UDP socket: their ids and addresses, a bounded number of them.

use crate::model::{ConnectionId, Direction, Failure, Operation, Transport};
use crate::net::ids::Ids;
use crate::net::{ConnectionEnds, EventSink};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

/// The most peers that are remembered, so that forged senders cannot fill the memory.
pub(super) const MAX_PEERS: usize = 20_000;

/// Whoever datagrams were exchanged with, oldest first.
#[derive(Debug, Default)]
pub(super) struct Peers {
    ends: HashMap<SocketAddr, ConnectionEnds>,
    /// Ids grow: this is the order in which peers were first seen.
    order: BTreeMap<ConnectionId, SocketAddr>,
    /// All addresses in that order; `None` after a change.
    addresses: Option<Arc<[SocketAddr]>>,
}

impl Peers {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub fn contains(&self, address: SocketAddr) -> bool {
        self.ends.contains_key(&address)
    }

    /// The id of the peer with this address.
    pub fn id(&self, address: SocketAddr) -> Option<ConnectionId> {
        self.ends.get(&address).map(|ends| ends.id)
    }

    /// The address of the peer with this id, unless it has been forgotten.
    pub fn address(&self, id: ConnectionId) -> Option<SocketAddr> {
        self.order.get(&id).copied()
    }

    /// All addresses, oldest first.
    pub fn addresses(&mut self) -> Arc<[SocketAddr]> {
        self.addresses.get_or_insert_with(|| self.order.values().copied().collect()).clone()
    }

    /// The ends of the exchange with a peer; a new peer is listed, in place of the oldest one where there are
    /// [`MAX_PEERS`]. `local` is the address that the peer's datagram was sent to, which takes the place of an
    /// earlier one unless it is unspecified.
    ///
    /// # Errors
    /// There is no id for a new peer ([`OutOfIds`](crate::model::FailureKind::OutOfIds)). Nothing has changed.
    pub fn meet(
        &mut self,
        peer: SocketAddr,
        local: SocketAddr,
        direction: Direction,
        ids: &mut Ids,
        sink: &mut dyn EventSink,
    ) -> Result<ConnectionEnds, Failure> {
        if let Some(ends) = self.ends.get_mut(&peer) {
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
        if self.ends.len() >= MAX_PEERS
            && let Some((oldest, address)) = self.order.pop_first()
        {
            self.ends.remove(&address);
            sink.forgotten(oldest);
        }
        self.addresses = None;
        let ends = ConnectionEnds { id, transport: Transport::Udp, local, peer };
        self.ends.insert(peer, ends);
        self.order.insert(id, peer);
        sink.opened(&ends, direction);
        Ok(ends)
    }

    /// Removes a peer without a word to the sink.
    pub fn remove(&mut self, ends: &ConnectionEnds) {
        self.ends.remove(&ends.peer);
        self.order.remove(&ends.id);
        self.addresses = None;
    }

    /// The ids of all peers, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = ConnectionId> {
        self.order.keys().copied()
    }
}
