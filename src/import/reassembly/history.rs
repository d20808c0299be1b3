//! The bytes of a stream that were handed on last, to compare repetitions with them.

use std::collections::BTreeMap;

/// What is kept of one direction: the largest window that systems use by default (6 MiB) fits.
const MAX_BYTES: usize = 8 << 20;
/// What a piece costs besides its bytes, so that many tiny ones are bounded as well.
const PIECE_BYTES: usize = 64;

/// Bytes by their positions in the stream.
#[derive(Debug, Default)]
pub(super) struct History {
    pieces: BTreeMap<i64, Vec<u8>>,
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
    pub fn keep(&mut self, start: i64, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        self.bytes += bytes.len() + PIECE_BYTES;
        if let Some(replaced) = self.pieces.insert(start, bytes) {
            self.bytes -= replaced.len() + PIECE_BYTES;
        }
        while self.bytes > MAX_BYTES
            && let Some((_, forgotten)) = self.pieces.pop_first()
        {
            self.bytes -= forgotten.len() + PIECE_BYTES;
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
