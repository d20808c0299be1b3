//! Finds a sequence of bytes with wildcards in a stream, one byte at a time ("shift-and"): the state has a bit for each
//! prefix of the sequence that the stream ends with, so that the cuts of the stream do not matter.

use crate::codec::HexPatternByte;

/// The bits of one word of the state.
const BITS: usize = u64::BITS as usize;

/// A sequence of bytes, each with a mask.
#[derive(Debug)]
pub struct BytePattern {
    length: usize,
    /// Words of the state.
    words: usize,
    /// For each byte value: the places of the sequence that accept it.
    accepting: Vec<u64>,
}

/// Which prefixes of the sequence the stream ends with.
#[derive(Clone, Debug)]
pub struct Prefixes(Vec<u64>);

impl BytePattern {
    /// `None`: there are no bytes.
    #[must_use]
    pub fn new(pattern: &[HexPatternByte]) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        let words = pattern.len().div_ceil(BITS);
        let mut accepting = vec![0; words * 256];
        for (row, value) in accepting.chunks_exact_mut(words).zip(0..=u8::MAX) {
            for (place, wanted) in pattern.iter().enumerate() {
                if wanted.accepts(value) {
                    row[place / BITS] |= 1 << (place % BITS);
                }
            }
        }
        Some(Self { length: pattern.len(), words, accepting })
    }

    /// A sequence without wildcards; `None` if it is empty.
    #[must_use]
    pub fn plain(bytes: &[u8]) -> Option<Self> {
        let pattern: Vec<_> =
            bytes.iter().map(|value| HexPatternByte { value: *value, mask: 0xFF }).collect();
        Self::new(&pattern)
    }

    /// The state before the first byte.
    #[must_use]
    pub fn begin(&self) -> Prefixes {
        Prefixes(vec![0; self.words])
    }

    /// Continues with `bytes`. `Some`: the first match ends after so many of them.
    pub fn feed(&self, Prefixes(state): &mut Prefixes, bytes: &[u8]) -> Option<usize> {
        let last = (self.length - 1) % BITS;
        for (index, byte) in bytes.iter().enumerate() {
            let accepting = &self.accepting[usize::from(*byte) * self.words..][..self.words];
            // Each prefix grows by one byte, and the empty prefix is always there.
            let mut carry = 1;
            for (word, accepting) in state.iter_mut().zip(accepting) {
                let grown = *word << 1 | carry;
                carry = *word >> (BITS - 1);
                *word = grown & accepting;
            }
            if state[self.words - 1] >> last & 1 == 1 {
                return Some(index + 1);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::parse_hex_pattern;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_match_is_found_however_the_bytes_are_cut(
            pattern in "([01?]{2} ){1,5}",
            repeated in 1usize..40,
            bytes in prop::collection::vec(prop::sample::select(vec![0x00u8, 0x01, 0x10, 0x11]), 0..300),
            cuts in prop::collection::vec(1usize..9, 1..20),
        ) {
            let bytes_wanted = parse_hex_pattern(&pattern.repeat(repeated)).unwrap();
            let expected = bytes
                .windows(bytes_wanted.len())
                .position(|window| window.iter().zip(&bytes_wanted).all(|(byte, wanted)| wanted.accepts(*byte)))
                .map(|start| start + bytes_wanted.len());
            let pattern = BytePattern::new(&bytes_wanted).unwrap();
            let mut state = pattern.begin();
            let mut fed = 0;
            let mut found = None;
            for length in cuts.iter().cycle() {
                let piece = &bytes[fed..bytes.len().min(fed + length)];
                found = pattern.feed(&mut state, piece).map(|end| fed + end);
                fed += piece.len();
                if found.is_some() || piece.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
