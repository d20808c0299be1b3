//! Forwarding between clients: what one peer sends goes to all others.

use super::guard::{LoopGuard, Verdict};
use super::{Answers, Responder};
use crate::model::{ConnectionId, Transport};
use crate::net::{ConnectionEnds, ReadPause};
use std::time::Instant;

/// While more bytes than this wait to be sent to any peer, nothing is read from anybody: the slowest one that still
/// takes something sets the pace. The driver leaves behind who takes nothing.
const QUEUE_LIMIT_BYTES: usize = 1 << 20;

/// Forwards what is received; datagrams that come back from where they were forwarded to only slowly.
#[derive(Debug, Default)]
pub(super) struct Forward {
    guard: LoopGuard,
}

impl Forward {
    /// Forwards what the guard has released.
    fn release(released: Answers, answers: &mut Answers) {
        answers.forwards.extend(released.payloads);
        answers.forward_loops.extend(released.loops);
    }
}

impl Responder for Forward {
    fn read_pause(&self) -> ReadPause {
        ReadPause::AnyQueued(QUEUE_LIMIT_BYTES)
    }

    fn received(&mut self, from: &ConnectionEnds, payload: &[u8], answers: &mut Answers) {
        if from.transport == Transport::Udp {
            match self.guard.received(from, payload, Instant::now()) {
                Verdict::Answer => {}
                Verdict::Hold => return,
                Verdict::Release(held) => {
                    answers.forwards.extend(held.into_iter().map(|payload| (from.id, payload)));
                }
            }
        }
        answers.forwards.push((from.id, payload.into()));
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
        let mut released = Answers::default();
        self.guard.due(now, &mut released);
        Self::release(released, answers);
    }

    fn end(&mut self, answers: &mut Answers) {
        let mut released = Answers::default();
        self.guard.release_all(&mut released);
        Self::release(released, answers);
    }
}
