//! What rules do later: answers with a delay, and the ends of connections behind them.

use super::End;
use crate::payload::Captures;
use crate::sequence::From;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

/// Bound on what is held over all connections.
const MOST: usize = 100_000;
/// Bound on the captures that are held, in bytes.
const MOST_BYTES: usize = 64 << 20;

/// Something that is done later.
#[derive(Debug)]
pub(super) struct Held<C> {
    pub to: From,
    pub rule: usize,
    pub what: What,
    pub cause: C,
}

#[derive(Debug)]
pub(super) enum What {
    /// An answer is sent, by its number, with the parts of what it answers.
    Answer(usize, Parts),
    /// The connection ends.
    End(End),
}

/// Parts of what is answered, kept beyond it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    bytes: Vec<u8>,
    parts: Vec<Range<usize>>,
}

impl Parts {
    pub fn of(captures: Captures<'_>) -> Self {
        let mut kept = Self::default();
        for number in 0..captures.parts.len() {
            let start = kept.bytes.len();
            kept.bytes.extend_from_slice(captures.get(number));
            kept.parts.push(start..kept.bytes.len());
        }
        kept
    }

    pub fn captures(&self) -> Captures<'_> {
        Captures { bytes: &self.bytes, parts: &self.parts }
    }
}

/// What is held, by its moment.
#[derive(Debug)]
pub(super) struct Queue<C> {
    held: BTreeMap<(Instant, u64), Held<C>>,
    bytes: usize,
    /// Keeps the order of what has the same moment.
    next: u64,
}

impl<C> Default for Queue<C> {
    fn default() -> Self {
        Self { held: BTreeMap::new(), bytes: 0, next: 0 }
    }
}

impl<C> Queue<C> {
    /// Holds something until `at`. `false`: there is too much already.
    pub fn push(&mut self, at: Instant, held: Held<C>) -> bool {
        let bytes = held.bytes();
        if self.held.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            return false;
        }
        self.bytes += bytes;
        self.held.insert((at, self.next), held);
        self.next += 1;
        true
    }

    /// When [`pop_due`](Self::pop_due) has something.
    pub fn next(&self) -> Option<Instant> {
        self.held.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the first whose moment has come.
    pub fn pop_due(&mut self, now: Instant) -> Option<Held<C>> {
        let first = self.held.first_entry().filter(|first| first.key().0 <= now)?;
        let held = first.remove();
        self.bytes -= held.bytes();
        Some(held)
    }
}

impl<C> Held<C> {
    fn bytes(&self) -> usize {
        match &self.what {
            What::Answer(_, parts) => parts.bytes.len(),
            What::End(_) => 0,
        }
    }
}
