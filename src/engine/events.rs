//! The sink of the driver's events: records them, assigns them to sends, and passes them to the responder.

use super::outgoing::OutgoingSet;
use super::recorder::Recorder;
use super::responder::{Answers, Responder, Rules};
use super::sends::{Ended, Origin, Sends};
use crate::model::{
    Answered, CloseReason, ConnectionId, Direction, Failure, FailureKind, KernelDrops, Operation, SendId,
};
use crate::net::{ConnectionEnds, EventSink, SendEnd};

/// The sink of a session's driver.
pub(super) struct Events {
    pub recorder: Recorder,
    pub sends: Sends,
    pub responder: Option<Box<dyn Responder>>,
    /// The responder's answers that the worker has not sent yet.
    pub answers: Answers,
    /// The rules, and what they say is to be done.
    pub rules: Option<Rules>,
    pub outgoing: OutgoingSet,
    /// How often connections or peers have come or gone.
    pub changes: u64,
}

impl Events {
    pub fn new(recorder: Recorder) -> Self {
        Self {
            recorder,
            sends: Sends::default(),
            responder: None,
            answers: Answers::default(),
            rules: None,
            outgoing: OutgoingSet::default(),
            changes: 0,
        }
    }

    /// Sets the number of recipients of a send.
    pub fn addressed(&mut self, id: SendId, recipients: usize) {
        let ended = self.sends.addressed(id, recipients);
        self.finish_send(ended);
    }

    /// Ends a send that has no recipient, or was refused as a whole.
    pub fn refuse(&mut self, id: SendId, failure: Failure) {
        let ended = self.sends.refuse(id, failure);
        self.finish_send(ended);
    }

    /// Drops a payload because the session ends. One note at the end has the sum of all of them.
    pub fn drop_payload(&mut self, id: SendId, origin: Origin, bytes: usize) {
        self.sends.begin(id, origin, bytes);
        self.drop_pending(id, bytes);
    }

    /// [`drop_payload`](Self::drop_payload) for a payload whose send has begun.
    pub fn drop_pending(&mut self, id: SendId, bytes: usize) {
        let failure = Failure::new(Operation::Send, "", FailureKind::EndedBeforeSent);
        self.sends.refuse(id, failure);
        self.recorder.drop_payload(bytes);
    }

    fn forget(&mut self, id: ConnectionId) {
        self.changes += 1;
        if let Some(rules) = &mut self.rules {
            rules.forgotten(id);
        }
        if let Some(responder) = &mut self.responder {
            responder.forgotten(id, &mut self.answers);
        }
    }

    /// Records how a send ended, unless the recording has it already.
    fn finish_send(&mut self, ended: Option<Ended>) {
        let Some(Ended { result, is_refused, refused_bytes }) = ended else { return };
        self.recorder.status.unsent_bytes += refused_bytes;
        self.recorder.touch();
        // Bytes that were not sent because a connection closed are recorded with its end.
        if let Some(failure) = result.failure.filter(|_| is_refused) {
            self.recorder.record_failure(&failure);
            if result.recipients > 1 {
                self.recorder.note_sent_in_part(result.sent, result.recipients);
            }
        }
    }
}

impl EventSink for Events {
    fn opened(&mut self, ends: &ConnectionEnds, direction: Direction) {
        self.recorder.opened(ends, direction);
        self.changes += 1;
        if let Some(rules) = &mut self.rules {
            rules.opened(ends, self.recorder.newest());
        }
    }

    fn data(&mut self, ends: &ConnectionEnds, direction: Direction, payload: &[u8], is_cut: bool) {
        self.recorder.data(ends, direction, payload, is_cut);
        if direction == Direction::Inbound {
            self.outgoing.received(ends, payload);
            if let Some(rules) = &mut self.rules {
                rules.received(ends, payload, self.recorder.newest());
            }
        }
        if let Some(responder) = &mut self.responder {
            match direction {
                Direction::Inbound => responder.received(ends, payload, &mut self.answers),
                Direction::Outbound => responder.sent(ends, payload),
            }
        }
    }

    fn sent(&mut self, ends: &ConnectionEnds, payload: &[u8], answered: Option<&Answered>) {
        let Some(answered) = answered else { return self.data(ends, Direction::Outbound, payload, false) };
        self.recorder.sent_by_rule(ends, payload, answered);
        if let Some(responder) = &mut self.responder {
            responder.sent(ends, payload);
        }
    }

    fn half_closed(&mut self, ends: &ConnectionEnds) {
        self.recorder.half_closed(ends);
    }

    fn closed(&mut self, ends: &ConnectionEnds, reason: &CloseReason, unsent_bytes: usize) {
        self.recorder.closed(ends, reason, unsent_bytes);
        if let Some(rules) = &mut self.rules {
            rules.closed(ends, self.recorder.newest());
        }
        let is_alone = self.recorder.status.connections.is_empty();
        self.outgoing.closed(ends.id, is_alone);
        self.forget(ends.id);
    }

    fn send_ended(&mut self, id: SendId, end: SendEnd<'_>, recipients: usize) {
        let ended = self.sends.ended(id, end, recipients);
        self.finish_send(ended);
    }

    fn forgotten(&mut self, id: ConnectionId) {
        self.recorder.forgotten(id);
        self.forget(id);
    }

    fn left_behind(&mut self, ends: &ConnectionEnds) {
        self.recorder.note_left_behind(ends);
    }

    fn caught_up(&mut self, ends: &ConnectionEnds, missed_bytes: u64) {
        self.recorder.note_caught_up(ends, missed_bytes);
    }

    fn failed(&mut self, failure: &Failure) {
        self.recorder.fail(failure);
    }

    fn kernel_drops(&mut self, drops: KernelDrops) {
        self.recorder.kernel_drops(drops);
    }
}
