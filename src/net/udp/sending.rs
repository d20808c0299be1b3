//! What a UDP socket sends: from its queue, within the budget of a turn.

use super::Udp;
use super::failure::{failure, is_answer};
use super::queue::{Outgoing, Recipients};
use super::socket::DatagramSocket;
use crate::model::{Answered, Failure, FailureKind, Operation, SendId, Target, longest_datagram};
use crate::net::ids::Ids;
use crate::net::outbox::OUTBOX_BYTES;
use crate::net::socket::canonical;
use crate::net::tcp::CALL_BYTES;
use crate::net::{EventSink, SendEnd};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

/// How many pending errors of earlier datagrams are skipped before a datagram counts as refused itself.
const SEND_RETRIES: u32 = 16;

/// Why a datagram was not handed to the kernel.
enum NotSent {
    Error(io::Error),
    Refused(FailureKind),
}

impl<S: DatagramSocket> Udp<S> {
    /// The bytes that are still to be sent, over all recipients.
    pub fn queued_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// Whether [`flush`](Self::flush) ended because of its budget.
    pub fn wants_write(&self) -> bool {
        self.wants_write
    }

    /// Queues a datagram for `target`, to be sent by [`flush`](Self::flush). Returns the number of its recipients.
    /// The send ends at once for those that are forgotten, and for all where the queue is full.
    pub fn send(
        &mut self,
        send: SendId,
        target: &Target,
        bytes: &Arc<[u8]>,
        sink: &mut dyn EventSink,
    ) -> usize {
        let mut gone = 0;
        let recipients = match target {
            Target::All => Recipients::Many(self.peers.addresses()),
            Target::Connections(ids) => {
                let known: Vec<_> = ids.iter().filter_map(|id| self.peers.address(*id)).collect();
                for id in ids.iter().filter(|id| self.peers.address(**id).is_none()) {
                    gone += 1;
                    let failure = Failure::new(Operation::Send, id, FailureKind::NoRecipient);
                    sink.send_ended(send, SendEnd::Refused { id: Some(*id), failure: &failure }, 1);
                }
                Recipients::Many(known.into())
            }
            Target::Address(address) => Recipients::One(canonical(*address)),
            Target::LastPeer => match self.last_peer {
                Some(peer) => Recipients::One(peer),
                None => return 0,
            },
            Target::Host(_) => return 0,
        };
        if recipients.len() == 0 {
            return gone;
        }
        let count = recipients.len();
        if let Err(failure) = self.queue(Some(send), bytes.clone(), recipients) {
            sink.send_ended(send, SendEnd::Refused { id: None, failure: &failure }, count);
        }
        count + gone
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
        self.push((send, None), bytes, recipients)
    }

    /// [`queue`](Self::queue) for an answer to one peer, with the rule that it is an answer of.
    ///
    /// # Errors
    /// The queue is full; nothing is queued.
    pub fn queue_answer(
        &mut self,
        answered: Option<Answered>,
        bytes: Arc<[u8]>,
        to: SocketAddr,
    ) -> Result<(), Failure> {
        self.push((None, answered), bytes, Recipients::One(to))
    }

    fn push(
        &mut self,
        (send, answered): (Option<SendId>, Option<Answered>),
        bytes: Arc<[u8]>,
        recipients: Recipients,
    ) -> Result<(), Failure> {
        let first = recipients.first().unwrap_or(self.local);
        if self.queue.push(send, answered, bytes, recipients) {
            return Ok(());
        }
        let kind = FailureKind::QueueFull { limit_bytes: OUTBOX_BYTES };
        Err(Failure::new(Operation::Send, first, kind))
    }

    /// Sends what is queued, in order, until the kernel takes no more or `budget` (bytes and calls) is used
    /// up. The rest goes on from there, in the middle of a datagram's recipients if need be.
    pub fn flush(&mut self, budget: &mut usize, ids: &mut Ids, sink: &mut dyn EventSink) {
        let mut retries = 0;
        self.wants_write = false;
        while let Some(Outgoing { send, answered, to, bytes }) = self.queue.front() {
            if *budget == 0 {
                self.wants_write = true;
                return;
            }
            *budget = budget.saturating_sub(CALL_BYTES + bytes.len());
            let outcome = match self.send_to(to, &bytes, ids) {
                Ok(()) => match self.meet_outbound(to, ids, sink) {
                    Ok(ends) => {
                        sink.sent(&ends, &bytes, answered.as_ref());
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
                (Some(send), Ok(())) => sink.send_ended(send, SendEnd::Sent, 1),
                (Some(send), Err(failure)) => {
                    let id = self.peers.id(to);
                    sink.send_ended(send, SendEnd::Refused { id, failure }, 1);
                }
                (None, Ok(())) => {}
                (None, Err(failure)) => sink.failed(failure),
            }
            self.queue.advance();
        }
    }

    fn send_to(&mut self, to: SocketAddr, bytes: &[u8], ids: &Ids) -> Result<(), NotSent> {
        let limit = longest_datagram(to);
        if bytes.len() > limit {
            return Err(NotSent::Refused(FailureKind::MessageTooLong { bytes: bytes.len(), limit }));
        }
        // Sent data is recorded under the peer's id: without one nothing is sent.
        if !self.peers.contains(to) && ids.is_used_up() {
            return Err(NotSent::Refused(FailureKind::OutOfIds));
        }
        self.socket.send(bytes, self.on_wire(to)).map(drop).map_err(NotSent::Error)
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
