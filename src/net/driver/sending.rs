//! What a driver does on command: send, finish, disconnect, close.

use super::{CLOSE_GRACE, Driver};
use crate::model::{ConnectionId, Failure, FailureKind, Operation, Target};
use crate::net::EventSink;
use crate::net::outbox::OUTBOX_BYTES;
use crate::net::socket::canonical;
use crate::net::tcp::{Ending, TcpConnection};
use crate::net::udp::Udp;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

impl Driver {
    /// Queues `bytes` for `target` and sends what the kernel takes at once. The error is the first
    /// of several recipients'; the others are served all the same.
    pub fn send(
        &mut self,
        target: &Target,
        bytes: &Arc<[u8]>,
        sink: &mut dyn EventSink,
    ) -> Result<(), Failure> {
        let nobody = || Failure::new(Operation::Send, "", FailureKind::NoRecipient);
        if self.udp.is_some() {
            return self.send_datagram(target, bytes, sink);
        }
        let recipients: Vec<ConnectionId> = match target {
            // One that is being disconnected is no longer meant.
            Target::All | Target::LastPeer => {
                let stays = |connection: &&TcpConnection| !matches!(connection.ending, Ending::Local(_));
                self.connections.values().filter(stays).map(|connection| connection.ends.id).collect()
            }
            Target::Connections(ids) => ids.clone(),
            Target::Host(_) => Vec::new(),
            Target::Address(address) => self
                .connections
                .values()
                .filter(|connection| connection.ends.peer == *address)
                .map(|connection| connection.ends.id)
                .collect(),
        };
        if recipients.is_empty() {
            return Err(nobody());
        }
        let mut result = Ok(());
        for id in recipients {
            let outcome = match self.connections.get_mut(&id) {
                Some(connection)
                    if connection.ending == Ending::None || connection.ending == Ending::AfterPeer =>
                {
                    if connection.outbox.push(bytes.clone()) {
                        self.write(id, sink);
                        Ok(())
                    } else {
                        let kind = FailureKind::QueueFull { limit_bytes: OUTBOX_BYTES };
                        Err(Failure::new(Operation::Send, connection.ends.peer, kind))
                    }
                }
                _ => Err(nobody()),
            };
            result = result.and(outcome);
        }
        result
    }

    fn send_datagram(
        &mut self,
        target: &Target,
        bytes: &Arc<[u8]>,
        sink: &mut dyn EventSink,
    ) -> Result<(), Failure> {
        let Some(udp) = &mut self.udp else { return Ok(()) };
        // `None` is a peer that has been forgotten.
        let recipients: Vec<Option<SocketAddr>> = match target {
            Target::All => udp.peers().map(Some).collect(),
            Target::Connections(ids) => ids.iter().map(|id| udp.peer(*id)).collect(),
            Target::Address(address) => vec![Some(canonical(*address))],
            Target::LastPeer => vec![udp.last_peer()],
            // Names are looked up before; there is no name here.
            Target::Host(_) => Vec::new(),
        };
        let local = udp.local;
        let nobody = || Failure::new(Operation::Send, local, FailureKind::NoRecipient);
        if recipients.is_empty() {
            return Err(nobody());
        }
        let mut result = Ok(());
        for peer in recipients {
            let outcome = match peer {
                Some(peer) => udp.send(peer, bytes.clone(), &mut self.ids, sink),
                None => Err(nobody()),
            };
            result = result.and(outcome);
        }
        result
    }

    /// Allows sending to broadcast addresses, or forbids it; nothing to do without a UDP socket.
    pub fn set_broadcast(&mut self, is_allowed: bool) -> Result<(), Failure> {
        let Some(udp) = &self.udp else { return Ok(()) };
        let result = udp.socket.socket.set_broadcast(is_allowed);
        result.map_err(|error| Failure::from_io(Operation::Bind, udp.local, &error))
    }

    /// Whether there is anybody to send to.
    #[must_use]
    pub fn has_recipient(&self) -> bool {
        self.connections.len() > self.closing || self.udp.as_ref().is_some_and(Udp::has_peers)
    }

    /// How many bytes wait to be sent, over all connections, and on the fullest one.
    #[must_use]
    pub fn queued_bytes(&self) -> (usize, usize) {
        let udp = self.udp.as_ref().map_or(0, Udp::queued_bytes);
        let fold = |(sum, most): (usize, usize), bytes: usize| (sum + bytes, most.max(bytes));
        let of_connections = self.waiting.iter().filter_map(|id| self.connections.get(id));
        of_connections.map(|connection| connection.outbox.bytes()).chain([udp]).fold((0, 0), fold)
    }

    /// Tells every peer that nothing more comes, once all that is queued is sent. Connections that
    /// come later are not kept half-open: there is nothing left to be sent to them.
    pub fn finish_sending(&mut self, sink: &mut dyn EventSink) {
        self.keep_half_open = false;
        for id in self.ids() {
            if let Some(connection) = self.connections.get_mut(&id) {
                if connection.ending == Ending::None {
                    connection.ending = Ending::FinishSending;
                }
                self.write(id, sink);
            }
        }
    }

    /// Closes one connection: what is queued goes out if the peer takes it within a moment.
    pub fn disconnect(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !matches!(connection.ending, Ending::Local(_)) {
            connection.ending = Ending::Local(Instant::now() + CLOSE_GRACE);
            self.closing += 1;
        }
        self.write(id, sink);
    }

    /// Closes everything. Connections end within a moment, in later turns.
    pub fn close_all(&mut self, sink: &mut dyn EventSink) {
        self.listener = None;
        self.connecting = None;
        if let Some(udp) = self.udp.take() {
            udp.close(&mut self.ids, sink);
        }
        for id in self.ids() {
            self.disconnect(id, sink);
        }
    }

    fn ids(&self) -> Vec<ConnectionId> {
        self.connections.keys().copied().collect()
    }
}
