//! A payload that is sent once, and may leave in pieces.

use super::delivering::Delivering;
use super::phase::Phase;
use super::{Next, Outgoing, Port, Reach};
use crate::engine::message::{Counts, Message};
use crate::model::{ConnectionId, Failure, FailureKind, Operation, Progress, SendResult, Target};
use crate::payload::Delivery;
use std::time::Instant;

/// A payload for those who are connected when it begins: [`Delivery::glue`] times one behind the other, and then cut.
#[derive(Debug)]
pub struct Pieces {
    target: Target,
    message: Message,
    delivery: Delivery,
    /// How many payloads were cut before: random places differ with it.
    number: u64,
    phase: Phase,
    delivering: Option<Delivering>,
}

impl Pieces {
    /// A message for `target`, delivered in this way.
    #[must_use]
    pub fn new(target: Target, message: Message, delivery: Delivery) -> Self {
        Self { target, message, delivery, number: 0, phase: Phase::Waiting, delivering: None }
    }

    /// How many payloads were sent in the same way before, so that random places are others.
    #[must_use]
    pub fn numbered(mut self, number: u64) -> Self {
        self.number = number;
        self
    }

    fn end_if_done(&mut self) {
        if matches!(self.phase, Phase::Running)
            && let Some(end) = self.delivering.as_ref().and_then(Delivering::end)
        {
            self.phase = Phase::Ended(end);
        }
    }
}

impl Outgoing for Pieces {
    fn target(&self) -> &Target {
        &self.target
    }

    fn next(&self) -> Next {
        self.phase.next(self.delivering.as_ref().and_then(Delivering::call_at))
    }

    fn due(&mut self, now: Instant, port: &mut dyn Port) {
        if let (Phase::Running, Some(delivering)) = (&self.phase, &mut self.delivering) {
            delivering.pump(now, port);
            self.end_if_done();
        }
    }

    fn recipients_changed(&mut self, now: Instant, port: &mut dyn Port) {
        if !matches!(self.phase, Phase::Waiting) {
            return;
        }
        if self.delivering.is_none() {
            match port.reach(&self.target) {
                Reach::NotYet => return,
                Reach::Gone => {
                    let failure = Failure::new(Operation::Send, "", FailureKind::NoRecipient);
                    self.phase = Phase::Ended(Err(failure));
                    return;
                }
                Reach::Ready => {}
            }
            let (delivery, counts) = ((&self.delivery, self.number), &mut Counts::default());
            match Delivering::new(&self.target, &self.message, delivery, counts, port) {
                Ok(delivering) => self.delivering = Some(delivering),
                Err(failure) => {
                    self.phase = Phase::Ended(Err(failure));
                    return;
                }
            }
        }
        // The first piece leaves as a payload that is sent would. A recipient that has gone meanwhile is told by the
        // result of the next piece.
        self.phase = Phase::Running;
        self.due(now, port);
    }

    fn sent(&mut self, result: &SendResult, missed: &[ConnectionId], now: Instant) {
        if let Some(delivering) = &mut self.delivering {
            delivering.sent(result, missed, now);
            self.end_if_done();
        }
    }

    fn pause(&mut self, _now: Instant) {
        self.phase = Phase::Paused;
    }

    fn resume(&mut self, _now: Instant) {
        self.phase = Phase::Waiting;
    }

    fn has_pending(&self) -> bool {
        self.delivering.as_ref().is_some_and(Delivering::has_pending)
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn stream(&self) -> Option<(Target, u64)> {
        self.delivering.as_ref()?.stream()
    }

    fn progress(&self) -> Progress {
        let (done, total, rate) = self.delivering.as_ref().map(Delivering::numbers).unwrap_or_default();
        let left = self.delivering.as_ref().map_or(0, Delivering::left);
        Progress::Bytes { done, total: Some(total), rate, left }
    }
}
