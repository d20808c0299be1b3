//! A payload that leaves in pieces, each its own write, with a pause between them.

use super::phase::Phase;
use super::rate::Rate;
use super::{Next, Outgoing, Port, Reach};
use crate::engine::message::{Counts, Message};
use crate::model::{Failure, FailureKind, Operation, Progress, SendId, SendResult, Target};
use crate::payload::{self, Delivery};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// While more than this waits to be sent, no more pieces are queued.
const QUEUED_BYTES: usize = 1 << 20;

/// How many pieces are queued before sockets and commands have their turn.
const TURN_PIECES: usize = 256;

/// A payload on its way in pieces: [`Delivery::glue`] times one behind the other, and then cut. It goes to those who are
/// connected when it begins.
#[derive(Debug)]
pub struct Pieces {
    target: Target,
    message: Message,
    delivery: Delivery,
    /// How many payloads were cut before: random places differ with it.
    number: u64,
    phase: Phase,
    parts: Vec<Part>,
    /// The pieces without a result, with the part that each is of.
    running: HashMap<SendId, (usize, usize)>,
    running_bytes: usize,
    call_at: Option<Instant>,
    not_before: Option<Instant>,
    queued: u64,
    done: u64,
    rate: Rate,
}

/// The bytes for one recipient, or for all where they are the same.
#[derive(Debug)]
struct Part {
    target: Target,
    bytes: Arc<[u8]>,
    pieces: payload::Pieces,
    failure: Option<Failure>,
}

impl Pieces {
    /// A message for `target`, delivered in this way.
    #[must_use]
    pub fn new(target: Target, message: Message, delivery: Delivery) -> Self {
        Self {
            target,
            message,
            delivery,
            number: 0,
            phase: Phase::Waiting,
            parts: Vec::new(),
            running: HashMap::new(),
            running_bytes: 0,
            call_at: None,
            not_before: None,
            queued: 0,
            done: 0,
            rate: Rate::default(),
        }
    }

    /// How many payloads were sent in the same way before, so that random places are others.
    #[must_use]
    pub fn numbered(mut self, number: u64) -> Self {
        self.number = number;
        self
    }

    /// Evaluates the payload, once.
    ///
    /// # Errors
    /// It has no bytes for one of the recipients.
    fn build(&mut self, port: &mut dyn Port) -> Result<(), Failure> {
        let recipients = port.recipients(&self.target);
        let mut counts = Counts::default();
        let mut glued: Vec<(Target, Vec<u8>)> = Vec::new();
        for _ in 0..self.delivery.glue.max(1) {
            let built = port.build(&recipients, &self.message, &mut counts)?;
            for (place, (target, bytes)) in built.into_iter().enumerate() {
                match glued.get_mut(place) {
                    Some((_, all)) => all.extend_from_slice(&bytes),
                    None => glued.push((target, bytes.to_vec())),
                }
            }
        }
        let parts = glued.into_iter().map(|(target, bytes)| {
            let pieces = self.delivery.cuts.pieces(bytes.len(), self.number);
            Part { target, bytes: bytes.into(), pieces, failure: None }
        });
        self.parts = parts.collect();
        Ok(())
    }

    fn total(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes.len() as u64).sum()
    }

    /// Queues the next piece of each part. `false`: there is none.
    fn send_next(&mut self, port: &mut dyn Port) -> bool {
        let mut has_sent = false;
        for (place, part) in self.parts.iter_mut().enumerate() {
            if part.failure.is_some() {
                continue;
            }
            let Some(piece) = part.pieces.next() else { continue };
            // A payload that is one piece is not copied.
            let bytes =
                if piece.len() == part.bytes.len() { part.bytes.clone() } else { part.bytes[piece].into() };
            let length = bytes.len();
            let id = port.send_bytes(&part.target, bytes);
            self.running.insert(id, (place, length));
            self.running_bytes += length;
            self.queued += length as u64;
            has_sent = true;
        }
        has_sent
    }

    fn pump(&mut self, now: Instant, port: &mut dyn Port) {
        let has_pause = !self.delivery.pause().is_zero();
        for _ in 0..TURN_PIECES {
            if self.running_bytes >= QUEUED_BYTES || has_pause && !self.running.is_empty() {
                return;
            }
            if let Some(not_before) = self.not_before.filter(|moment| *moment > now) {
                self.call_at = Some(not_before);
                return;
            }
            if !self.send_next(port) {
                return self.end_if_done();
            }
        }
        self.call_at = Some(now);
    }

    /// Whether every piece was queued.
    fn is_queued(&self) -> bool {
        self.parts.iter().all(|part| part.failure.is_some() || part.pieces.clone().next().is_none())
    }

    fn end_if_done(&mut self) {
        if !self.running.is_empty() || !self.is_queued() || !matches!(self.phase, Phase::Running) {
            return;
        }
        let failure = self.parts.iter().find_map(|part| part.failure.clone());
        self.phase = Phase::Ended(failure.map_or(Ok(()), Err));
    }
}

impl Outgoing for Pieces {
    fn target(&self) -> &Target {
        &self.target
    }

    fn next(&self) -> Next {
        self.phase.next(self.call_at)
    }

    fn due(&mut self, now: Instant, port: &mut dyn Port) {
        self.call_at = None;
        if matches!(self.phase, Phase::Running) {
            self.pump(now, port);
        }
    }

    fn recipients_changed(&mut self, now: Instant, port: &mut dyn Port) {
        if !matches!(self.phase, Phase::Waiting) {
            return;
        }
        if !self.parts.is_empty() {
            // It was paused; a recipient that is gone is told by the result of the next piece.
            self.phase = Phase::Running;
            self.call_at = Some(now);
            return;
        }
        match port.reach(&self.target) {
            Reach::NotYet => {}
            Reach::Gone => {
                let failure = Failure::new(Operation::Send, "", FailureKind::NoRecipient);
                self.phase = Phase::Ended(Err(failure));
            }
            Reach::Ready => match self.build(port) {
                Ok(()) => {
                    self.phase = Phase::Running;
                    // The first piece leaves as a payload that is sent would.
                    self.pump(now, port);
                }
                Err(failure) => self.phase = Phase::Ended(Err(failure)),
            },
        }
    }

    fn sent(&mut self, result: &SendResult, now: Instant) {
        let Some((place, bytes)) = self.running.remove(&result.id) else { return };
        self.running_bytes -= bytes;
        match (&result.failure, self.parts.get_mut(place)) {
            (Some(failure), Some(part)) if result.sent == 0 => {
                part.failure.get_or_insert_with(|| failure.clone());
            }
            _ => {
                self.done += bytes as u64;
                self.rate.add(now, bytes as u64);
            }
        }
        if self.running.is_empty() {
            self.not_before = Some(now + self.delivery.pause());
        }
        if matches!(self.phase, Phase::Running) {
            self.call_at = Some(now);
            self.end_if_done();
        }
    }

    fn pause(&mut self, _now: Instant) {
        self.phase = Phase::Paused;
        self.call_at = None;
    }

    fn resume(&mut self, _now: Instant) {
        self.phase = Phase::Waiting;
    }

    fn stream_bytes(&self) -> Option<u64> {
        (!self.is_queued()).then_some(self.queued)
    }

    fn progress(&self) -> Progress {
        Progress::Bytes { done: self.done, total: Some(self.total()), rate: self.rate.per_second() }
    }
}
