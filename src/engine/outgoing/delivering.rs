//! A payload on its way to those that it began with: whole or in pieces, each its own write, with gaps between them.

use super::Port;
use super::flight::{Flight, Wait};
use super::rate::Rate;
use crate::engine::message::{Counts, Message};
use crate::lang::fill;
use crate::model::{ConnectionId, Failure, FailureKind, Operation, SendResult, Target};
use crate::net::OUTBOX_BYTES;
use crate::payload::{self, Delivery};
use std::fmt::Display;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many pieces are queued before sockets and commands have their turn.
const TURN_PIECES: usize = 256;

/// A payload on its way.
#[derive(Debug)]
pub(super) struct Delivering {
    /// The bytes of each group of recipients.
    cuttings: Vec<Cutting>,
    flight: Flight,
    pause: Duration,
    /// When [`pump`](Self::pump) is to be called.
    call_at: Option<Instant>,
    /// No piece leaves before this.
    not_before: Option<Instant>,
    queued: u64,
    done: u64,
    rate: Rate,
}

/// Bytes that are being cut.
#[derive(Debug)]
struct Cutting {
    bytes: Arc<[u8]>,
    pieces: payload::Pieces,
    /// An empty payload, which has no pieces and is still to be sent as one.
    is_empty_due: bool,
}

impl Delivering {
    /// Evaluates a message for its recipients: [`Delivery::glue`] times one behind the other, and then cut. `number`
    /// counts the payloads before it, with which random places differ.
    ///
    /// # Errors
    /// It has no bytes for one of the recipients.
    pub fn new(
        target: &Target,
        message: &Message,
        (delivery, number): (&Delivery, u64),
        counts: &mut Counts,
        port: &mut dyn Port,
    ) -> Result<Self, Failure> {
        let recipients = port.recipients(target);
        let mut glued: Vec<(Target, Vec<u8>)> = Vec::new();
        let mut whole: Vec<(Target, Arc<[u8]>)> = Vec::new();
        for round in 0..delivery.glue.max(1) {
            let built = port.build(&recipients, message, counts)?;
            if delivery.glue <= 1 {
                whole = built;
                break;
            }
            for (place, (target, bytes)) in built.into_iter().enumerate() {
                match glued.get_mut(place) {
                    Some((_, all)) if round > 0 => all.extend_from_slice(&bytes),
                    _ => glued.push((target, bytes.to_vec())),
                }
            }
            // As much as is queued on a connection; otherwise a number that was mistyped takes all memory.
            if glued.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > OUTBOX_BYTES {
                let values: [(&str, &dyn Display); 1] = [("mebibytes", &(OUTBOX_BYTES >> 20))];
                let detail = fill(&port.words().glued_too_long, &values);
                return Err(Failure::new(Operation::Send, "", FailureKind::NotBuilt { detail }));
            }
        }
        whole.extend(glued.into_iter().map(|(target, bytes)| (target, bytes.into())));
        let (targets, bytes): (Vec<_>, Vec<Arc<[u8]>>) = whole.into_iter().unzip();
        let cutting = |bytes: Arc<[u8]>| {
            let pieces = delivery.cuts.pieces(bytes.len(), number);
            Cutting { is_empty_due: bytes.is_empty(), bytes, pieces }
        };
        Ok(Self {
            cuttings: bytes.into_iter().map(cutting).collect(),
            flight: Flight::new(targets),
            pause: delivery.pause(),
            call_at: None,
            not_before: None,
            queued: 0,
            done: 0,
            rate: Rate::default(),
        })
    }

    /// When [`pump`](Self::pump) has something to do without a result.
    pub fn call_at(&self) -> Option<Instant> {
        self.call_at
    }

    /// Queues the pieces that may leave now.
    pub fn pump(&mut self, now: Instant, port: &mut dyn Port) {
        self.call_at = None;
        for _ in 0..TURN_PIECES {
            if self.pump_one(now, port).is_break() {
                return;
            }
        }
        self.call_at = Some(now);
    }

    /// Queues the next piece of each group.
    fn pump_one(&mut self, now: Instant, port: &mut dyn Port) -> ControlFlow<()> {
        let is_all_queued = self.is_queued();
        let waits = self.flight.is_full() || is_all_queued || !self.pause.is_zero();
        if waits && !self.flight.is_empty() {
            match self.flight.wait(now, port) {
                Wait::Over(bytes) => {
                    self.done += bytes;
                    self.not_before = Some(now + self.pause);
                }
                Wait::Until(moment) => {
                    self.call_at = Some(moment);
                    return ControlFlow::Break(());
                }
            }
        }
        if is_all_queued {
            return ControlFlow::Break(());
        }
        if let Some(not_before) = self.not_before.filter(|moment| *moment > now) {
            self.call_at = Some(not_before);
            return ControlFlow::Break(());
        }
        for (group, cutting) in self.cuttings.iter_mut().enumerate() {
            if self.flight.is_over(group) {
                continue;
            }
            let Some(bytes) = cutting.next() else { continue };
            let length = bytes.len() as u64;
            self.queued += length;
            self.flight.send(group, bytes, length, port);
        }
        ControlFlow::Continue(())
    }

    /// Whether every piece was queued.
    fn is_queued(&self) -> bool {
        let is_over = |(group, cutting): (usize, &Cutting)| self.flight.is_over(group) || cutting.is_over();
        self.cuttings.iter().enumerate().all(is_over)
    }

    /// A send has ended. `false`: it is none of these.
    pub fn sent(&mut self, result: &SendResult, missed: &[ConnectionId], now: Instant) -> bool {
        let Some(bytes) = self.flight.sent(result, missed) else { return false };
        self.done += bytes;
        self.rate.add(now, bytes);
        if self.flight.is_empty() {
            self.not_before = Some(now + self.pause);
        }
        self.call_at = Some(now);
        true
    }

    /// Whether results are still to come.
    pub fn has_pending(&self) -> bool {
        !self.flight.is_empty()
    }

    /// How it ended, if it has: why nobody has all of it.
    pub fn end(&self) -> Option<Result<(), Failure>> {
        if !self.flight.is_empty() || !self.is_queued() {
            return None;
        }
        Some(self.flight.failure().map_or(Ok(()), Err))
    }

    /// How many recipients were left on the way.
    pub fn left(&self) -> u64 {
        self.flight.left()
    }

    /// Those that were left because they took nothing.
    pub fn stuck(&self) -> &[ConnectionId] {
        self.flight.stuck()
    }

    /// Its recipients and the bytes that were queued, while it is in the middle.
    pub fn stream(&self) -> Option<(Target, u64)> {
        (!self.is_queued()).then(|| (self.flight.recipients(), self.queued))
    }

    /// The bytes that were sent, all of them, and how many are sent in a second.
    pub fn numbers(&self) -> (u64, u64, u64) {
        let total = self.cuttings.iter().map(|cutting| cutting.bytes.len() as u64).sum();
        (self.done, total, self.rate.per_second())
    }
}

impl Cutting {
    fn next(&mut self) -> Option<Arc<[u8]>> {
        if std::mem::take(&mut self.is_empty_due) {
            return Some(self.bytes.clone());
        }
        let piece = self.pieces.next()?;
        // A payload that is one piece is not copied.
        Some(if piece.len() == self.bytes.len() { self.bytes.clone() } else { self.bytes[piece].into() })
    }

    fn is_over(&self) -> bool {
        !self.is_empty_due && self.pieces.clone().next().is_none()
    }
}
