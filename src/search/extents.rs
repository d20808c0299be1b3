//! What both search methods share: which records the bytes of a stream came from, and where matches go.

use super::matches::Part;
use crate::capture::{Cursor, Entry, Position};
use crate::codec::{Encoding, resync_point};
use crate::streams::pending_before;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

/// A part of a match, and whether its record meets the other conditions of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub part: Part,
    pub passes: bool,
}

/// Takes matches. Each is given as its parts in the order of the stream; the last part is in the record that
/// completes the match.
pub(super) trait Output {
    /// A match was found.
    fn found(&mut self, hits: &[Hit]);
    /// A match given before has become another one, or none, because of the bytes that follow it. Other matches
    /// remain in the record `still_touched`.
    fn withdrawn(&mut self, hits: &[Hit], still_touched: Option<Position>);
}

/// The bytes of a stream that one record has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Offset in the stream.
    pub at: u64,
    pub length: u32,
    pub record: Position,
    pub passes: bool,
}

impl Extent {
    /// Offset in the stream of the byte behind them.
    pub fn end(&self) -> u64 {
        self.at + u64::from(self.length)
    }

    /// The part of a range of the stream that lies in this record.
    pub fn hit(&self, range: &Range<u64>) -> Option<Hit> {
        let start = range.start.max(self.at);
        let end = range.end.min(self.end());
        let part = Part {
            record: self.record,
            start: start.checked_sub(self.at)? as u32,
            length: end.checked_sub(start).filter(|length| *length > 0)? as u32,
        };
        Some(Hit { part, passes: self.passes })
    }
}

/// Successive extents of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Extents(VecDeque<Extent>);

impl Extents {
    pub fn push(&mut self, extent: Extent) {
        if extent.length > 0 {
            self.0.push_back(extent);
        }
    }

    /// Appends extents whose offsets count from `base`.
    pub fn append(&mut self, base: u64, other: Self) {
        self.0.extend(other.0.into_iter().map(|extent| Extent { at: base + extent.at, ..extent }));
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn first(&self) -> Option<&Extent> {
        self.0.front()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Extent> {
        self.0.iter()
    }

    /// Forgets those that end at or before an offset in the stream.
    pub fn forget_before(&mut self, at: u64) {
        while self.0.front().is_some_and(|extent| extent.end() <= at) {
            self.0.pop_front();
        }
    }

    /// Forgets all but the last `count`.
    pub fn keep_last(&mut self, count: usize) {
        if self.0.len() > count {
            self.0.drain(..self.0.len() - count);
        }
    }

    /// Replaces `out` by the parts of a range of the stream. Bytes outside of the extents have none.
    pub fn hits(&self, range: &Range<u64>, out: &mut Vec<Hit>) {
        out.clear();
        let first = self.0.partition_point(|extent| extent.end() <= range.start);
        let extents = self.0.range(first..).take_while(|extent| extent.at < range.end);
        out.extend(extents.filter_map(|extent| extent.hit(range)));
    }
}

/// Appends `bytes` to the last bytes of a stream, of which `most` are kept.
pub(super) fn keep_end(kept: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let of_bytes = bytes.len().min(most);
    let of_kept = kept.len().min(most - of_bytes);
    if of_kept == 0 {
        kept.clear();
    } else {
        kept.drain(..kept.len() - of_kept);
    }
    kept.extend_from_slice(&bytes[bytes.len() - of_bytes..]);
}

/// The bytes before a record that begin its first character. What cannot be read costs that character alone.
pub(super) fn pending_of(cursor: &mut Cursor, entry: &Entry<'_>, encoding: Encoding) -> Vec<u8> {
    pending_before(cursor, entry, encoding, &mut HashMap::new()).unwrap_or_default()
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
