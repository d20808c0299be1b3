//! Echo: every byte goes back to where it came from.

use super::guard::{LoopGuard, Verdict};
use super::{Answers, Responder};
use crate::model::{ConnectionId, Transport};
use crate::net::{ConnectionEnds, ReadPause};
use std::time::Instant;

/// While more bytes than this wait to be sent to a peer, nothing is read from it: TCP's flow control stops a peer that
/// does not read its echo.
const QUEUE_LIMIT_BYTES: usize = 1 << 20;

/// Sends back what is received; datagrams that another echo returns only slowly.
#[derive(Debug, Default)]
pub(super) struct Echo {
    guard: LoopGuard,
}

impl Responder for Echo {
    fn read_pause(&self) -> ReadPause {
        ReadPause::OwnQueued(QUEUE_LIMIT_BYTES)
    }

    fn received(&mut self, from: &ConnectionEnds, payload: &[u8], answers: &mut Answers) {
        if from.transport == Transport::Udp {
            match self.guard.received(from, payload, Instant::now()) {
                Verdict::Answer => {}
                Verdict::Hold => return,
                Verdict::Release(held) => {
                    answers.payloads.extend(held.into_iter().map(|payload| (from.id, payload)));
                }
            }
        }
        answers.payloads.push((from.id, payload.into()));
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
        self.guard.due(now, answers);
    }

    fn end(&mut self, answers: &mut Answers) {
        self.guard.release_all(answers);
    }
}
