//! The sends that have not ended, and the results of those that have.

use crate::model::{
    CloseReason, ConnectionId, Failure, FailureKind, Operation, OutgoingId, SendId, SendResult, SendTotals,
};
use crate::net::SendEnd;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The source of a send, which determines where its result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// [`SessionHandle::send`](super::SessionHandle::send): the result is kept until it is taken.
    Handle,
    /// The pipe: only the sums of the results are kept.
    Pipe,
    /// Something that is sent over time, which is told the result.
    Outgoing(OutgoingId),
    /// One recipient of this send, which has other bytes than the others.
    Part(SendId),
}

/// Tracks each send until it has ended for all of its recipients.
#[derive(Debug, Default)]
pub(super) struct Sends {
    pending: HashMap<SendId, Pending>,
    /// The results for the handle that are not published yet.
    pub results: Vec<SendResult>,
    /// The results for what is sent over time, which was not told them yet.
    pub outgoing: Vec<(OutgoingId, Delivered)>,
    /// The sum of the results of the pipe.
    pub piped: SendTotals,
    /// How many sends of the pipe have not ended.
    pub piped_pending: usize,
}

/// The result of a send of something that is sent over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivered {
    pub result: SendResult,
    /// The connections that did not get all of it, as far as they are known.
    pub missed: Vec<ConnectionId>,
}

/// A send that has begun.
#[derive(Debug)]
struct Pending {
    origin: Origin,
    bytes: usize,
    /// The number of recipients, once they are known.
    recipients: Option<usize>,
    /// For how many of them it has ended.
    ended: usize,
    sent: usize,
    /// Bytes that connections did not send before they ended.
    cut_bytes: u64,
    is_refused: bool,
    refused_bytes: u64,
    failure: Option<Failure>,
    /// The connections that do not get all of it.
    missed: Vec<ConnectionId>,
}

/// A send that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub result: SendResult,
    /// It was refused for a recipient, and the failure is not recorded yet.
    pub is_refused: bool,
    /// Refused bytes, which no other count includes.
    pub refused_bytes: u64,
}

impl Sends {
    /// Begins a send of so many bytes to each of its recipients.
    pub fn begin(&mut self, id: SendId, origin: Origin, bytes: usize) {
        let pending = Pending {
            origin,
            bytes,
            recipients: None,
            ended: 0,
            sent: 0,
            cut_bytes: 0,
            is_refused: false,
            refused_bytes: 0,
            failure: None,
            missed: Vec::new(),
        };
        self.piped_pending += usize::from(origin == Origin::Pipe);
        self.pending.insert(id, pending);
    }

    /// The number of recipients is known, and [`ended`](Self::ended) was or will be called for each.
    pub fn addressed(&mut self, id: SendId, recipients: usize) -> Option<Ended> {
        self.pending.get_mut(&id)?.recipients = Some(recipients);
        if recipients == 0 {
            return self.refuse(id, Failure::new(Operation::Send, "", FailureKind::NoRecipient));
        }
        self.take_ended(id)
    }

    /// The send is over for that many recipients, for each of them in the same way.
    pub fn ended(&mut self, id: SendId, end: SendEnd<'_>, recipients: usize) -> Option<Ended> {
        let pending = self.pending.get_mut(&id)?;
        pending.ended += recipients;
        match end {
            SendEnd::Sent => pending.sent += recipients,
            SendEnd::Refused { id, failure } => {
                pending.is_refused = true;
                pending.missed.extend(id);
                pending.refused_bytes += (pending.bytes * recipients) as u64;
                pending.failure.get_or_insert_with(|| failure.clone());
            }
            SendEnd::Closed { ends, reason, unsent_bytes } => {
                pending.cut_bytes += unsent_bytes as u64;
                pending.missed.push(ends.id);
                pending.failure.get_or_insert_with(|| {
                    let (kind, os_code) = match reason {
                        CloseReason::Failed(cause) => (cause.kind.clone(), cause.os_code),
                        _ => (FailureKind::EndedBeforeSent, None),
                    };
                    Failure { os_code, ..Failure::new(Operation::Send, ends.peer, kind) }
                });
            }
        }
        self.take_ended(id)
    }

    /// The send is over before it reached any recipient.
    pub fn refuse(&mut self, id: SendId, failure: Failure) -> Option<Ended> {
        let pending = self.pending.get_mut(&id)?;
        (pending.recipients, pending.ended, pending.is_refused) = (Some(0), 0, true);
        pending.refused_bytes = pending.bytes as u64;
        pending.failure = Some(failure);
        self.take_ended(id)
    }

    /// The connections that a send was refused for so far.
    pub fn missed(&self, id: SendId) -> &[ConnectionId] {
        match self.pending.get(&id) {
            Some(pending) => &pending.missed,
            None => {
                let ended = self.outgoing.iter().rfind(|(_, delivered)| delivered.result.id == id);
                ended.map_or(&[], |(_, delivered)| &delivered.missed)
            }
        }
    }

    fn take_ended(&mut self, id: SendId) -> Option<Ended> {
        let Entry::Occupied(entry) = self.pending.entry(id) else { return None };
        let recipients = entry.get().recipients.filter(|recipients| entry.get().ended >= *recipients)?;
        let pending = entry.remove();
        let (is_refused, refused_bytes) = (pending.is_refused, pending.refused_bytes);
        let result = SendResult {
            id,
            recipients,
            sent: pending.sent,
            unsent_bytes: pending.cut_bytes + pending.refused_bytes,
            failure: pending.failure.clone(),
        };
        match pending.origin {
            Origin::Handle => self.results.push(result.clone()),
            Origin::Pipe => {
                self.piped.add(&result);
                self.piped_pending -= 1;
            }
            Origin::Outgoing(id) => {
                self.outgoing.push((id, Delivered { result: result.clone(), missed: pending.missed }));
            }
            Origin::Part(whole) => return self.part_ended(whole, &pending),
        }
        Some(Ended { result, is_refused, refused_bytes })
    }

    /// The send is over for one of its recipients.
    fn part_ended(&mut self, whole: SendId, part: &Pending) -> Option<Ended> {
        let pending = self.pending.get_mut(&whole)?;
        pending.ended += 1;
        pending.sent += part.sent;
        pending.cut_bytes += part.cut_bytes;
        pending.is_refused |= part.is_refused;
        pending.refused_bytes += part.refused_bytes;
        pending.missed.extend(&part.missed);
        if pending.failure.is_none() {
            pending.failure.clone_from(&part.failure);
        }
        self.take_ended(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionId, Transport};
    use crate::net::ConnectionEnds;

    fn ends() -> ConnectionEnds {
        let any = ([127, 0, 0, 1], 9).into();
        ConnectionEnds { id: ConnectionId(1), transport: Transport::Tcp, local: any, peer: any }
    }

    #[test]
    fn a_send_ends_with_the_last_of_its_recipients_and_keeps_the_first_failure() {
        let mut sends = Sends::default();
        let id = SendId(7);
        sends.begin(id, Origin::Handle, 10);
        // Some recipients may end before their number is known.
        assert!(sends.ended(id, SendEnd::Sent, 1).is_none());
        assert!(sends.addressed(id, 4).is_none());
        let full = Failure::new(Operation::Send, "b", FailureKind::QueueFull { limit_bytes: 1 });
        assert!(sends.ended(id, SendEnd::Refused { id: Some(ConnectionId(5)), failure: &full }, 1).is_none());
        let reason = CloseReason::Local;
        let closed = SendEnd::Closed { ends: &ends(), reason: &reason, unsent_bytes: 3 };
        assert!(sends.ended(id, closed, 1).is_none());
        let ended = sends.ended(id, SendEnd::Sent, 1).unwrap();
        let expected = SendResult { id, recipients: 4, sent: 2, unsent_bytes: 13, failure: Some(full) };
        assert_eq!((&ended.result, ended.refused_bytes), (&expected, 10));
        assert_eq!((sends.results.as_slice(), sends.pending.len()), (&[expected][..], 0));
    }

    #[test]
    fn those_that_miss_a_send_are_known_at_once_and_with_its_result() {
        let mut sends = Sends::default();
        let full = Failure::new(Operation::Send, "b", FailureKind::QueueFull { limit_bytes: 1 });
        sends.begin(SendId(1), Origin::Outgoing(OutgoingId(3)), 10);
        sends.ended(SendId(1), SendEnd::Refused { id: Some(ConnectionId(5)), failure: &full }, 1);
        assert_eq!(sends.missed(SendId(1)), [ConnectionId(5)]);
        sends.addressed(SendId(1), 2);
        let closed = SendEnd::Closed { ends: &ends(), reason: &CloseReason::Local, unsent_bytes: 3 };
        sends.ended(SendId(1), closed, 1);
        let [(OutgoingId(3), delivered)] = &sends.outgoing[..] else { panic!("{:?}", sends.outgoing) };
        assert_eq!(delivered.missed, [ConnectionId(5), ConnectionId(1)]);
        assert_eq!(sends.missed(SendId(1)), delivered.missed);
    }

    #[test]
    fn a_send_that_a_broken_connection_cuts_has_the_reason_of_the_connection() {
        let mut sends = Sends::default();
        sends.begin(SendId(1), Origin::Pipe, 10);
        sends.addressed(SendId(1), 1);
        let reason = CloseReason::Failed(Failure::new(Operation::Receive, "x", FailureKind::Reset));
        let closed = SendEnd::Closed { ends: &ends(), reason: &reason, unsent_bytes: 10 };
        let failure = sends.ended(SendId(1), closed, 1).unwrap().result.failure.unwrap();
        assert_eq!((failure.operation, failure.kind), (Operation::Send, FailureKind::Reset));
        assert_eq!((sends.piped.failed, sends.piped.unsent_bytes, sends.results.len()), (1, 10, 0));
    }

    #[test]
    fn a_send_to_nobody_is_refused_with_its_bytes() {
        let mut sends = Sends::default();
        sends.begin(SendId(1), Origin::Handle, 5);
        let ended = sends.addressed(SendId(1), 0).unwrap();
        assert_eq!(ended.result.failure.unwrap().kind, FailureKind::NoRecipient);
        assert_eq!((ended.result.recipients, ended.result.sent, ended.result.unsent_bytes), (0, 0, 5));
    }
}
