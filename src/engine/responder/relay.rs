//! Passes on what is received as it is: back to where it came from (echo), or to the others (forwarding).

use super::guard::{LoopGuard, Released, Verdict};
use super::{Answer, Answers, QUEUE_LIMIT_BYTES, Responder, Way};
use crate::model::{ConnectionId, Transport};
use crate::net::{ConnectionEnds, ReadPause};
use std::sync::Arc;
use std::time::Instant;

/// Sends on what is received; what only comes back from another echo, slowly.
#[derive(Debug)]
pub(super) struct Relay {
    way: Way,
    guard: LoopGuard,
}

impl Relay {
    pub fn new(way: Way) -> Self {
        Self { way, guard: LoopGuard::default() }
    }

    fn answer(&self, from: ConnectionId, payload: Arc<[u8]>) -> Answer {
        Answer { from, way: self.way, payload }
    }

    /// Answers with what the guard has released.
    fn release(&self, released: Released, answers: &mut Answers) {
        answers.payloads.extend(released.payloads.into_iter().map(|(id, payload)| self.answer(id, payload)));
        answers.loops.extend(released.loops.into_iter().map(|ends| (ends, self.way)));
    }
}

impl Responder for Relay {
    fn read_pause(&self) -> ReadPause {
        match self.way {
            // TCP's flow control stops a peer that does not read its echo.
            Way::Back => ReadPause::OwnQueued(QUEUE_LIMIT_BYTES),
            // The slowest one that still takes something sets the pace. The driver leaves behind who takes nothing.
            Way::Others => ReadPause::AnyQueued(QUEUE_LIMIT_BYTES),
        }
    }

    fn received(&mut self, from: &ConnectionEnds, payload: &[u8], answers: &mut Answers) {
        if from.transport == Transport::Udp {
            match self.guard.received(from, payload, Instant::now()) {
                Verdict::Answer => {}
                Verdict::Hold => return,
                Verdict::Release(held) => {
                    answers.payloads.extend(held.into_iter().map(|payload| self.answer(from.id, payload)));
                }
            }
        }
        answers.payloads.push(self.answer(from.id, payload.into()));
    }

    fn sent(&mut self, to: &ConnectionEnds, payload: &[u8]) {
        if to.transport == Transport::Udp {
            self.guard.sent(to.id, payload, Instant::now());
        }
    }

    fn forgotten(&mut self, id: ConnectionId, answers: &mut Answers) {
        answers.unsent_bytes += self.guard.forget(id);
    }

    fn deadline(&self) -> Option<Instant> {
        self.guard.deadline()
    }

    fn due(&mut self, now: Instant, answers: &mut Answers) {
        let mut released = Released::default();
        self.guard.due(now, &mut released);
        self.release(released, answers);
    }

    fn end(&mut self, answers: &mut Answers) {
        let mut released = Released::default();
        self.guard.release_all(&mut released);
        self.release(released, answers);
    }
}
