//! The bytes of a stream that were handed on last, to compare repetitions with them.

use std::collections::BTreeMap;

/// What is kept of one direction: the largest window that systems use by default (6 MiB) fits.
const MAX_BYTES: usize = 8 << 20;
/// What a piece costs besides its bytes, so that many tiny ones are bounded as well.
const PIECE_BYTES: usize = 64;
/// Up to this length bytes that follow each other are one piece.
const JOINED_BYTES: usize = 64 << 10;

/// Bytes by their positions in the stream.
#[derive(Debug, Default)]
pub(super) struct History {
    pieces: BTreeMap<i64, Vec<u8>>,
    /// What all pieces take in memory.
    bytes: usize,
}

/// A repetition beside what was handed on before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Bytes whose first content is still known.
    pub known: usize,
    /// Those of them that differ from it.
    pub differing: usize,
}

impl History {
    /// Keeps bytes that were not handed on before, and forgets those farthest back in the stream.
    pub fn keep(&mut self, start: i64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        // Segments follow each other as a rule: one piece for many of them.
        if let Some(mut last) = self.pieces.last_entry()
            && *last.key() + last.get().len() as i64 == start
            && last.get().len() + bytes.len() <= JOINED_BYTES
        {
            let piece = last.get_mut();
            self.bytes -= piece.capacity();
            piece.extend_from_slice(bytes);
            self.bytes += piece.capacity();
        } else {
            let piece = bytes.to_vec();
            self.bytes += piece.capacity() + PIECE_BYTES;
            if let Some(replaced) = self.pieces.insert(start, piece) {
                self.bytes -= replaced.capacity() + PIECE_BYTES;
            }
        }
        while self.bytes > MAX_BYTES
            && let Some((_, forgotten)) = self.pieces.pop_first()
        {
            self.bytes -= forgotten.capacity() + PIECE_BYTES;
        }
    }

    /// Compares bytes from `start` on with those that were handed on there.
    pub fn compare(&self, start: i64, bytes: &[u8]) -> Comparison {
        let end = start + bytes.len() as i64;
        let first = self.pieces.range(..=start).next_back().map_or(start, |(at, _)| *at);
        let mut all = Comparison::default();
        for (&at, piece) in self.pieces.range(first..end) {
            let (from, to) = (at.max(start), (at + piece.len() as i64).min(end));
            if from < to {
                let known = &piece[(from - at) as usize..(to - at) as usize];
                all.known += known.len();
                all.differing += differing(known, &bytes[(from - start) as usize..]);
            }
        }
        all
    }

    /// What it takes in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// How many bytes differ, as far as both go.
pub(super) fn differing(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_handed_on(lengths in prop::collection::vec(0_usize..40_000, 1..40)) {
            let mut history = History::default();
            let stream: Vec<u8> = (0..lengths.iter().sum()).map(|at: usize| (at / 7) as u8).collect();
            let mut at = 0;
            for length in lengths {
                history.keep(at as i64, &stream[at..at + length]);
                at += length;
            }
            let comparison = |bytes: &[u8]| history.compare(0, bytes);
            prop_assert_eq!(comparison(&stream), Comparison { known: stream.len(), differing: 0 });
            let other: Vec<u8> = stream.iter().map(|byte| !byte).collect();
            prop_assert_eq!(comparison(&other), Comparison { known: stream.len(), differing: stream.len() });
            let memory: usize = history.pieces.values().map(|piece| piece.capacity() + PIECE_BYTES).sum();
            prop_assert_eq!(history.bytes(), memory);
        }
    }
}
