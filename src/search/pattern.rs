//! A sequence of bytes with wildcards, and finding it at memory speed. Knows nothing of records or text.

use super::pairs::Pairs;
use crate::codec::HexPatternByte;
use memchr::memmem::Finder;

/// A pattern of bytes, each with a mask.
#[derive(Debug)]
pub(super) struct Pattern {
    bytes: Vec<HexPatternByte>,
    /// The longest run of bytes without wildcards and its offset; it is looked for first.
    anchor: Option<(usize, Finder<'static>)>,
    /// The anchor is the whole pattern.
    is_plain: bool,
    /// The bytes that may be adjacent in a match.
    pairs: Pairs,
}

impl Pattern {
    /// `None` if no bit of it is given: it would match everywhere.
    pub fn new(bytes: Vec<HexPatternByte>) -> Option<Self> {
        if bytes.iter().all(|byte| byte.mask == 0) {
            return None;
        }
        let mut anchor = 0..0;
        let mut at = 0;
        for run in bytes.chunk_by(|a, b| (a.mask == 0xFF) == (b.mask == 0xFF)) {
            if run[0].mask == 0xFF && run.len() > anchor.len() {
                anchor = at..at + run.len();
            }
            at += run.len();
        }
        let is_plain = anchor.len() == bytes.len();
        let whole: Vec<u8> = bytes[anchor.clone()].iter().map(|byte| byte.value).collect();
        let finder = (!whole.is_empty()).then(|| (anchor.start, Finder::new(&whole).into_owned()));
        let mut pairs = Pairs::new();
        for pair in bytes.windows(2) {
            match pair {
                [first, second] if first.mask & second.mask == 0xFF => {
                    pairs.add_sequence(&[first.value, second.value]);
                }
                _ => pairs.add(|byte| pair[0].accepts(byte), |byte| pair[1].accepts(byte)),
            }
        }
        Some(Self { bytes, anchor: finder, is_plain, pairs })
    }

    /// A pattern without wildcards; `None` if `bytes` are empty.
    pub fn plain(bytes: &[u8]) -> Option<Self> {
        Self::new(bytes.iter().map(|value| HexPatternByte { value: *value, mask: 0xFF }).collect())
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The first match in `bytes` that begins at or after `from`.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let Some((offset, finder)) = &self.anchor else {
            let last = bytes.len().checked_sub(self.len())?;
            return (from..=last).find(|at| self.is_at(bytes, *at));
        };
        let mut from = from;
        loop {
            let at = from + finder.find(bytes.get(from + offset..)?)?;
            if at + self.len() > bytes.len() {
                return None;
            }
            if self.is_plain || self.is_at(bytes, at) {
                return Some(at);
            }
            from = at + 1;
        }
    }

    /// Whether a match may begin in `before` and end in `after`, by the bytes at the border alone.
    pub fn may_cross(&self, before: &[u8], after: &[u8]) -> bool {
        self.pairs.join(before, after)
    }

    fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        self.bytes.iter().zip(&bytes[at..]).all(|(wanted, byte)| wanted.accepts(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::parse_hex_pattern;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_that_matches_everywhere_is_refused() {
        assert!(Pattern::new(parse_hex_pattern("?? ??").unwrap()).is_none());
        assert!(Pattern::new(Vec::new()).is_none());
    }

    proptest! {
        #[test]
        fn a_match_across_a_border_is_one_that_may_cross_it(
            pattern in "([01?]{2} ){2,5}",
            bytes in prop::collection::vec(prop::sample::select(vec![0x00u8, 0x01, 0x10, 0x11]), 2..12),
            border in any::<prop::sample::Index>(),
        ) {
            let Some(pattern) = Pattern::new(parse_hex_pattern(&pattern).unwrap()) else { return Ok(()) };
            let border = border.index(bytes.len());
            let (before, after) = bytes.split_at(border);
            let starts = (0..border).filter(|start| pattern.find(&bytes, *start) == Some(*start));
            if starts.into_iter().any(|start| start + pattern.len() > border) {
                prop_assert!(pattern.may_cross(before, after));
            }
        }

        #[test]
        fn the_first_match_is_found(
            pattern in "([01?]{2} ){1,5}",
            bytes in prop::collection::vec(prop::sample::select(vec![0x00u8, 0x01, 0x10, 0x11]), 0..60),
            from in 0usize..20,
        ) {
            let digits: Vec<char> = pattern.chars().filter(|c| !c.is_whitespace()).collect();
            let matches = |window: &[u8]| {
                let found: Vec<char> = window.iter().flat_map(|b| format!("{b:02X}").chars().collect::<Vec<_>>()).collect();
                found.iter().zip(&digits).all(|(found, wanted)| *wanted == '?' || found == wanted)
            };
            let expected = bytes.windows(digits.len() / 2).enumerate().skip(from).find(|(_, w)| matches(w)).map(|(at, _)| at);
            match Pattern::new(parse_hex_pattern(&pattern).unwrap()) {
                Some(compiled) => prop_assert_eq!(compiled.find(&bytes, from), expected),
                None => prop_assert!(digits.iter().all(|digit| *digit == '?')),
            }
        }
    }
}
