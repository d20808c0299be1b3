//! Whom a target means at the moment, one by one.

use super::Driver;
use crate::model::{ConnectionId, Target};
use crate::net::tcp::TcpConnection;
use std::net::SocketAddr;

/// One recipient of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Its connection; `None` for a UDP address that nothing was exchanged with.
    pub id: Option<ConnectionId>,
    /// Its address; `None` for a connection that is gone.
    pub peer: Option<SocketAddr>,
    /// About how much memory its queued payloads take. UDP peers share a queue.
    pub queued_bytes: usize,
}

impl Driver {
    /// Whom a payload for `target` goes to, those that are gone included if the target names them. Empty for a host name.
    #[must_use]
    pub fn addressees(&self, target: &Target) -> Vec<Addressee> {
        if let Some(udp) = &self.udp {
            let queued_bytes = udp.queued_bytes();
            let with = |(id, peer)| Addressee { id, peer, queued_bytes };
            return udp.recipients(target).into_iter().map(with).collect();
        }
        let of = |id: ConnectionId| {
            let connection = self.connections.get(&id);
            Addressee {
                id: Some(id),
                peer: connection.map(|connection| connection.ends.peer),
                queued_bytes: connection.map_or(0, |connection| connection.outbox.memory()),
            }
        };
        self.recipients(target).into_iter().map(of).collect()
    }

    /// Whether a payload for `target` would go to anybody. For a host name, that is not known here: `false`.
    #[must_use]
    pub fn reaches(&self, target: &Target) -> bool {
        if let Some(udp) = &self.udp {
            return match target {
                Target::All => udp.has_peers(),
                Target::Address(_) => true,
                Target::Connections(ids) => ids.iter().any(|id| udp.peer(*id).is_some()),
                Target::LastPeer => udp.last_peer().is_some(),
                Target::Host(_) => false,
            };
        }
        match target {
            Target::All | Target::LastPeer => self.connections.values().any(TcpConnection::can_send),
            Target::Connections(ids) => {
                ids.iter().any(|id| self.connections.get(id).is_some_and(TcpConnection::can_send))
            }
            Target::Address(address) => {
                let is_meant = |connection: &&TcpConnection| connection.ends.peer == *address;
                self.connections.values().filter(is_meant).any(TcpConnection::can_send)
            }
            Target::Host(_) => false,
        }
    }
}
