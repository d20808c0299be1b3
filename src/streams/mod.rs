//! Streams: the bytes of each half of a connection over all its records. Which record continues which, where bytes
//! are missing, and which bytes pending before a record begin its first character.
//!
//! Shared by the view, copying, exports and searches, so that a record reads the same in all of them. Start with
//! [`Streams`] for records in order, and with [`pending_before`] for a single record.

mod encodings;
mod pending;
mod texts;

pub use encodings::Encodings;
pub use pending::{gone_before, pending_before};
pub use texts::StreamTexts;

use crate::capture::Entry;
use crate::model::{ConnectionId, HalfId};
use std::collections::HashMap;

/// How the bytes of a record join those given before it in the same stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Nothing was given before it.
    First,
    /// Its first byte follows the last one.
    Continues,
    /// Bytes between are missing: lost, expired, damaged, or in records that were not given.
    Gap,
}

/// A state of type `S` for each stream, and the offset at which its next record continues it. Records are given in
/// the order of the recording, from anywhere. Memory: one state for each stream that has not ended.
///
/// Not for datagrams, which stand alone.
#[derive(Debug)]
pub struct Streams<S> {
    /// Indices into `slots`.
    index: HashMap<HalfId, usize>,
    slots: Vec<Option<Stream<S>>>,
    /// Slots of streams that have ended.
    free: Vec<usize>,
    /// Streams used lately, which the next record mostly belongs to: a look-up without hashing.
    recent: [Option<(HalfId, usize)>; RECENT],
}

/// Number of streams that are found without hashing.
const RECENT: usize = 8;

/// Where a stream is in [`Streams::recent`].
fn recent(half: HalfId) -> usize {
    (half.connection.0 as usize * 2 + half.direction as usize) % RECENT
}

/// How bytes at `offset` join what was given before them.
fn join(next_offset: Option<u32>, offset: u32) -> Join {
    match next_offset {
        None => Join::First,
        Some(expected) if expected == offset => Join::Continues,
        Some(_) => Join::Gap,
    }
}

#[derive(Debug)]
struct Stream<S> {
    state: S,
    /// The offset in the stream, modulo 2^32, that continues it; `None`: nothing was given yet.
    next_offset: Option<u32>,
}

impl<S> Default for Streams<S> {
    fn default() -> Self {
        Self { index: HashMap::new(), slots: Vec::new(), free: Vec::new(), recent: [None; RECENT] }
    }
}

impl<S: Default> Streams<S> {
    /// Takes in a record with data, and returns the state of its stream. With [`Join::Gap`] that is still the state
    /// before the gap, for the caller to replace.
    pub fn advance(&mut self, entry: &Entry<'_>) -> (&mut S, Join) {
        self.advance_by(entry.record.half(), entry.stream_offset, entry.record.payload.len() as u64)
    }

    /// The same for several records that continue each other: `length` bytes, the first at `offset` modulo 2^32.
    pub fn advance_by(&mut self, half: HalfId, offset: u32, length: u64) -> (&mut S, Join) {
        let stream = self.stream(half);
        let join = join(stream.next_offset.replace(offset.wrapping_add(length as u32)), offset);
        (&mut stream.state, join)
    }

    /// Takes in `length` bytes that continue the stream, for records without an offset as they happen.
    pub fn append(&mut self, half: HalfId, length: usize) -> &mut S {
        let stream = self.stream(half);
        stream.next_offset = Some(stream.next_offset.unwrap_or(0).wrapping_add(length as u32));
        &mut stream.state
    }

    fn stream(&mut self, half: HalfId) -> &mut Stream<S> {
        let recent = recent(half);
        let slot = match self.recent[recent] {
            Some((known, slot)) if known == half => slot,
            _ => *self.index.entry(half).or_insert_with(|| {
                self.free.pop().unwrap_or_else(|| {
                    self.slots.push(None);
                    self.slots.len() - 1
                })
            }),
        };
        self.recent[recent] = Some((half, slot));
        self.slots[slot].get_or_insert_with(|| Stream { state: S::default(), next_offset: None })
    }
}

impl<S> Streams<S> {
    /// The state of a stream, if bytes of it were given.
    #[must_use]
    pub fn get(&self, half: HalfId) -> Option<&S> {
        let slot = *self.index.get(&half)?;
        self.slots[slot].as_ref().map(|stream| &stream.state)
    }

    /// The state of a stream, if bytes of it were given, and how bytes at `offset` modulo 2^32 would join it.
    #[must_use]
    pub fn at(&self, half: HalfId, offset: u32) -> Option<(&S, Join)> {
        let stream = self.slots[*self.index.get(&half)?].as_ref()?;
        Some((&stream.state, join(stream.next_offset, offset)))
    }

    /// Ends a stream, and returns its state. Later bytes of the half begin a new one.
    pub fn end(&mut self, half: HalfId) -> Option<S> {
        let slot = self.index.remove(&half)?;
        self.recent[recent(half)] = None;
        self.free.push(slot);
        self.slots[slot].take().map(|stream| stream.state)
    }

    /// Ends both streams of a connection.
    pub fn end_connection(&mut self, connection: ConnectionId) {
        for half in HalfId::both(connection) {
            self.end(half);
        }
    }

    /// The states of all streams, in no particular order.
    pub fn states_mut(&mut self) -> impl Iterator<Item = &mut S> {
        self.slots.iter_mut().flatten().map(|stream| &mut stream.state)
    }

    /// All streams with their states, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (HalfId, &S)> {
        self.index.iter().filter_map(|(half, slot)| Some((*half, &self.slots[*slot].as_ref()?.state)))
    }

    /// The same for each of them.
    pub fn into_streams(mut self) -> impl Iterator<Item = (HalfId, S)> {
        let index = std::mem::take(&mut self.index);
        index.into_iter().filter_map(move |(half, slot)| Some((half, self.slots[slot].take()?.state)))
    }

    /// The states of all streams, in no particular order.
    pub fn into_states(self) -> impl Iterator<Item = S> {
        self.slots.into_iter().flatten().map(|stream| stream.state)
    }
}

#[cfg(test)]
mod tests;
