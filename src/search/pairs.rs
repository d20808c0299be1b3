//! Which pairs of adjacent bytes a sequence contains. Where the last byte of a record and the first byte of the next
//! are no such pair, no match lies across that border: one look-up instead of a search of the joined bytes.

/// A set of byte values, one bit each.
type ByteSet = [u64; 4];

/// A set of pairs of bytes.
#[derive(Clone, Debug)]
pub(super) struct Pairs(Box<[ByteSet; 256]>);

impl Pairs {
    /// No pair.
    pub fn new() -> Self {
        Self(Box::new([[0; 4]; 256]))
    }

    /// Adds every pair of a byte that `is_first` accepts and one that `is_second` accepts.
    pub fn add(&mut self, is_first: impl Fn(u8) -> bool, is_second: impl Fn(u8) -> bool) {
        let mut seconds = ByteSet::default();
        for byte in (0..=u8::MAX).filter(|byte| is_second(*byte)) {
            seconds[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        for first in (0..=u8::MAX).filter(|byte| is_first(*byte)) {
            for (all, more) in self.0[usize::from(first)].iter_mut().zip(seconds) {
                *all |= more;
            }
        }
    }

    /// Adds the pairs of adjacent bytes in `sequence`.
    pub fn add_sequence(&mut self, sequence: &[u8]) {
        for pair in sequence.windows(2) {
            self.0[usize::from(pair[0])][usize::from(pair[1] >> 6)] |= 1 << (pair[1] & 63);
        }
    }

    /// Whether the last byte of `before` and the first byte of `after` are one of the pairs.
    pub fn join(&self, before: &[u8], after: &[u8]) -> bool {
        let (Some(first), Some(second)) = (before.last(), after.first()) else { return false };
        self.0[usize::from(*first)][usize::from(second >> 6)] >> (second & 63) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_bytes_that_are_adjacent_in_a_sequence_are_a_pair() {
        let mut pairs = Pairs::new();
        assert!(!pairs.join(b"a", b"b"));
        pairs.add_sequence(b"ab\xFF\x00");
        assert!(pairs.join(b"xa", b"bx"));
        assert!(pairs.join(b"\xFF", b"\x00"));
        for (before, after) in [("b", "a"), ("a", "a"), ("x", "b"), ("", "b"), ("a", "")] {
            assert!(!pairs.join(before.as_bytes(), after.as_bytes()), "{before:?} {after:?}");
        }
    }

    proptest! {
        #[test]
        fn added_sets_are_all_their_pairs(
            firsts in prop::collection::btree_set(any::<u8>(), 0..4),
            seconds in prop::collection::btree_set(any::<u8>(), 0..4),
        ) {
            let mut pairs = Pairs::new();
            pairs.add(|byte| firsts.contains(&byte), |byte| seconds.contains(&byte));
            for first in 0..=u8::MAX {
                for second in 0..=u8::MAX {
                    let expected = firsts.contains(&first) && seconds.contains(&second);
                    prop_assert_eq!(pairs.join(&[first], &[second]), expected);
                }
            }
        }
    }
}
