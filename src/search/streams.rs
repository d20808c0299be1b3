//! What both ways of searching share: streams apart by connection and direction, and from which
//! records their bytes came.

use super::matches::Part;
use crate::capture::Position;
use crate::codec::{Encoding, resync_point};
use crate::model::{ConnectionId, Direction};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

/// A part of a match, and whether its record passes the rest of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub part: Part,
    pub passes: bool,
}

/// Where matches go. Each is given as its parts in the order of the stream; the last is in the
/// record that completes it.
pub(super) trait Output {
    /// A match.
    fn found(&mut self, hits: &[Hit]);
    /// A match that touched the end of what there was has become another one, or none. The record
    /// `still_touched` has matches that stay.
    fn withdrawn(&mut self, hits: &[Hit], still_touched: Option<Position>);
}

/// What there is for each stream. The one that was asked for last is at hand, since records of a
/// stream mostly follow each other.
#[derive(Debug, Default)]
pub(super) struct Streams<S> {
    current: Option<(Key, S)>,
    others: HashMap<Key, S>,
}

type Key = (ConnectionId, Direction);

impl<S: Default> Streams<S> {
    pub fn get(&mut self, key: Key) -> &mut S {
        let current = match self.current.take() {
            Some(current) if current.0 == key => current,
            other => {
                self.others.extend(other);
                (key, self.others.remove(&key).unwrap_or_default())
            }
        };
        &mut self.current.insert(current).1
    }

    pub fn remove(&mut self, key: Key) -> Option<S> {
        match self.current.take_if(|current| current.0 == key) {
            Some((_, stream)) => Some(stream),
            None => self.others.remove(&key),
        }
    }

    pub fn all(&mut self) -> impl Iterator<Item = &mut S> {
        self.current.as_mut().map(|(_, stream)| stream).into_iter().chain(self.others.values_mut())
    }
}

/// Some bytes of a stream, and the record that has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Where they begin in the stream.
    pub at: u64,
    pub length: u32,
    pub record: Position,
    pub passes: bool,
}

impl Piece {
    /// The part that a range of the stream has in this record.
    pub fn hit(&self, range: &Range<u64>) -> Option<Hit> {
        let start = range.start.max(self.at);
        let end = range.end.min(self.at + u64::from(self.length));
        let part = Part {
            record: self.record,
            start: start.checked_sub(self.at)? as u32,
            length: end.checked_sub(start).filter(|length| *length > 0)? as u32,
        };
        Some(Hit { part, passes: self.passes })
    }
}

/// Pieces of a stream, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(VecDeque<Piece>);

impl Pieces {
    pub fn push(&mut self, piece: Piece) {
        if piece.length > 0 {
            self.0.push_back(piece);
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets those that end at or before a place in the stream.
    pub fn forget_before(&mut self, at: u64) {
        while self.0.front().is_some_and(|piece| piece.at + u64::from(piece.length) <= at) {
            self.0.pop_front();
        }
    }

    /// Replaces `out` by the parts of a range. What is no longer there, or never was, has none.
    pub fn hits(&self, range: &Range<u64>, out: &mut Vec<Hit>) {
        out.clear();
        let first = self.0.partition_point(|piece| piece.at + u64::from(piece.length) <= range.start);
        let pieces = self.0.range(first..).take_while(|piece| piece.at < range.end);
        out.extend(pieces.filter_map(|piece| piece.hit(range)));
    }
}

/// The incomplete character at the end of `bytes`, before which `before` was incomplete.
pub(super) fn incomplete_after(encoding: Encoding, before: &[u8], bytes: &[u8]) -> Vec<u8> {
    const FEW: usize = 64;
    for start in [bytes.len().saturating_sub(FEW), 0] {
        // Not the beginning of a stream; only odd and even count.
        let offset = (1 << 32) + (before.len() + start) as u64;
        if let Some(sync) = resync_point(encoding, &bytes[start..], offset) {
            return bytes[start + sync..].to_vec();
        }
    }
    let joined = [before, bytes].concat();
    let sync = resync_point(encoding, &joined, 0).unwrap_or(joined.len());
    joined[sync..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::StreamDecoder;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_incomplete_is_what_the_decoder_holds_back(
            encoding in prop::sample::select(Encoding::ALL.to_vec()),
            bytes in prop::collection::vec(prop::sample::select(vec![0x30u8, 0x41, 0x81, 0xA1, 0xD8, 0xE4, 0xDC, 0x20]), 0..160),
            cut in any::<prop::sample::Index>(),
        ) {
            let (before, after) = bytes.split_at(cut.index(bytes.len() + 1));
            let mut decoder = StreamDecoder::new(encoding);
            let mut text = String::new();
            decoder.decode(before, &mut text);
            let held = decoder.pending().to_vec();
            decoder.decode(after, &mut text);
            prop_assert_eq!(incomplete_after(encoding, &held, after), decoder.pending());
        }
    }
}
