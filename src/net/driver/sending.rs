//! The commands of a driver: sending, finishing to send, disconnecting, closing.

use super::{CLOSE_GRACE, Driver, Timer};
use crate::model::{Answered, CloseReason, ConnectionId, Failure, FailureKind, Operation, SendId, Target};
use crate::net::outbox::OUTBOX_BYTES;
use crate::net::tcp::{Ending, TcpConnection};
use crate::net::udp::Udp;
use crate::net::{EventSink, SendEnd};
use socket2::SockRef;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Driver {
    /// Queues `bytes` for `target` and sends what the kernel and the budget of the turn allow. Returns the
    /// number of recipients; [`EventSink::send_ended`] is called for each of them, now or later.
    /// A host name reaches nobody: the caller looks it up and sends to its address.
    pub fn send(
        &mut self,
        send: SendId,
        target: &Target,
        bytes: &Arc<[u8]>,
        sink: &mut dyn EventSink,
    ) -> usize {
        if let Some(udp) = &mut self.udp {
            let recipients = udp.send(send, target, bytes, sink);
            udp.flush(&mut self.write_budget, &mut self.ids, sink);
            return recipients;
        }
        let recipients = self.recipients(target);
        for id in &recipients {
            match self.queue(*id, Some(send), bytes, sink) {
                Ok(true) => {}
                Ok(false) => sink.send_ended(send, SendEnd::Sent, 1),
                Err(failure) => {
                    sink.send_ended(send, SendEnd::Refused { id: Some(*id), failure: &failure }, 1)
                }
            }
        }
        recipients.len()
    }

    /// The TCP connections that `target` means, those that are being closed left out unless they are named.
    pub(super) fn recipients(&self, target: &Target) -> Vec<ConnectionId> {
        let of_peer = |peer: Option<SocketAddr>| {
            let is_meant = |connection: &&TcpConnection| {
                connection.ending != Ending::Local && peer.is_none_or(|peer| connection.ends.peer == peer)
            };
            self.connections.values().filter(is_meant).map(|connection| connection.ends.id).collect()
        };
        match target {
            Target::All | Target::LastPeer => of_peer(None),
            Target::Connections(ids) => ids.clone(),
            Target::Address(address) => of_peer(Some(*address)),
            Target::Host(_) => Vec::new(),
        }
    }

    /// Answers on one connection, or to one UDP peer. Nothing is sent where it is gone or closing. `false`: nothing is
    /// sent since sending on the connection was finished, while its peer still sends.
    ///
    /// # Errors
    /// Too much is queued there already; the answer is not queued.
    pub fn answer(
        &mut self,
        id: ConnectionId,
        bytes: Arc<[u8]>,
        sink: &mut dyn EventSink,
    ) -> Result<bool, Failure> {
        self.answer_by_rule(id, bytes, None, sink)
    }

    /// [`answer`](Self::answer) with the rule that it is an answer of.
    ///
    /// # Errors
    /// Too much is queued there already; the answer is not queued.
    pub fn answer_by_rule(
        &mut self,
        id: ConnectionId,
        bytes: Arc<[u8]>,
        answered: Option<Answered>,
        sink: &mut dyn EventSink,
    ) -> Result<bool, Failure> {
        if let Some(udp) = &mut self.udp {
            let Some(peer) = udp.peer(id) else { return Ok(true) };
            udp.queue_answer(answered, bytes, peer)?;
            udp.flush(&mut self.write_budget, &mut self.ids, sink);
            return Ok(true);
        }
        let Some(connection) = self.connections.get(&id) else { return Ok(true) };
        if connection.can_send() {
            self.push(id, (None, answered), &bytes, sink)?;
            return Ok(true);
        }
        Ok(connection.ending != Ending::FinishSending)
    }

    /// Queues `bytes` on a TCP connection and sends what can be sent. `false`: there is nothing to send.
    pub(super) fn queue(
        &mut self,
        id: ConnectionId,
        send: Option<SendId>,
        bytes: &Arc<[u8]>,
        sink: &mut dyn EventSink,
    ) -> Result<bool, Failure> {
        self.push(id, (send, None), bytes, sink)
    }

    fn push(
        &mut self,
        id: ConnectionId,
        (send, answered): (Option<SendId>, Option<Answered>),
        bytes: &Arc<[u8]>,
        sink: &mut dyn EventSink,
    ) -> Result<bool, Failure> {
        let connection = self.connections.get_mut(&id).filter(|connection| connection.can_send());
        let Some(connection) = connection else {
            return Err(Failure::new(Operation::Send, id, FailureKind::NoRecipient));
        };
        if bytes.is_empty() {
            return Ok(false);
        }
        if !connection.outbox.push(send, answered, bytes.clone()) {
            let kind = FailureKind::QueueFull { limit_bytes: OUTBOX_BYTES };
            return Err(Failure::new(Operation::Send, connection.ends.peer, kind));
        }
        self.write(id, sink);
        Ok(true)
    }

    /// Allows sending to broadcast addresses, or forbids it; nothing to do without a UDP socket.
    ///
    /// # Errors
    /// The system refuses the option, which stays as it was.
    pub fn set_broadcast(&mut self, is_allowed: bool) -> Result<(), Failure> {
        let Some(udp) = &self.udp else { return Ok(()) };
        let result = udp.socket.socket.set_broadcast(is_allowed);
        result.map_err(|error| Failure::from_io(Operation::Bind, udp.local, &error))
    }

    /// Sends at once, or with Nagle's algorithm, on connections that are open and on later ones.
    ///
    /// # Errors
    /// The system refuses the option for a connection that is open: the first failure. The others have it.
    pub fn set_no_delay(&mut self, is_on: bool) -> Result<(), Failure> {
        self.no_delay = is_on;
        let mut outcome = Ok(());
        for connection in self.connections.values() {
            if let Err(error) = connection.socket.set_nodelay(is_on) {
                let failure = || Failure::from_io(Operation::Send, connection.ends.peer, &error);
                outcome = outcome.and_then(|()| Err(failure()));
            }
        }
        outcome
    }

    /// The option of each connection, as the system has it.
    #[cfg(test)]
    pub fn no_delays(&self) -> Vec<bool> {
        self.connections.values().map(|connection| connection.socket.nodelay().unwrap()).collect()
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
        (self.waiting.total().saturating_add(udp), self.waiting.most().max(udp))
    }

    /// Shuts down sending on every connection once what it has queued is sent. Connections that come
    /// later are not kept half-open: there is nothing left to be sent on them.
    pub fn finish_sending(&mut self, sink: &mut dyn EventSink) {
        self.keep_half_open = false;
        for id in self.connection_ids() {
            if let Some(connection) = self.connections.get_mut(&id) {
                if connection.ending == Ending::None {
                    connection.ending = Ending::FinishSending;
                }
                self.write(id, sink);
            }
        }
    }

    /// Closes one connection: what is queued is sent if the peer takes it within 40 ms.
    pub fn disconnect(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.ending != Ending::Local {
            connection.ending = Ending::Local;
            self.closing += 1;
            self.timers.set(Timer::CloseGrace(id), Instant::now() + CLOSE_GRACE);
        }
        self.write(id, sink);
    }

    /// Resets one connection at once: what is queued, and what the peer has not read yet, is lost.
    pub fn reset(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get(&id) else { return };
        // Where it fails, the connection ends in an orderly way.
        let _ = SockRef::from(&connection.socket).set_linger(Some(Duration::ZERO));
        self.remove(id, &CloseReason::Local, sink);
    }

    /// Closes everything. The UDP socket is closed at once, connections end in later turns.
    pub fn close_all(&mut self, sink: &mut dyn EventSink) {
        self.stop_listening();
        self.connecting = None;
        self.timers.cancel(Timer::ConnectTimeout);
        if let Some(udp) = self.udp.take() {
            udp.close(&mut self.ids, sink);
        }
        self.timers.cancel(Timer::UdpCheck);
        for id in self.connection_ids() {
            self.disconnect(id, sink);
        }
    }

    fn connection_ids(&self) -> Vec<ConnectionId> {
        self.connections.keys().copied().collect()
    }
}
