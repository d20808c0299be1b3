//! Fragments of a query: sequences of bytes of which every match contains at least one. Data without a fragment
//! needs neither decoding nor the regular expression; a fragment outside of a match only costs time.

use super::pairs::Pairs;
use super::received::{Received, received};
use crate::codec::Encoding;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::ops::Range;
use std::sync::Arc;

/// Bound on the sequences searched for at once. Few enough for a vectorised search.
const MAX_SEQUENCES: usize = 16;
/// Characters of a window with several possible sequences. The vectorised search compares their first bytes only.
const WINDOW: usize = 4;
/// Bound on the length of a sequence, in bytes.
const MAX_BYTES: usize = 64;
/// Bound on the expected share of offsets with a fragment. More frequent ones save nothing.
const RARE: f64 = 1.0 / 1000.0;

/// The alternative sets of fragments of a query. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Fragments(Arc<Vec<Choice>>);

/// One set of fragments. Each set alone is enough: every match contains one of its fragments.
#[derive(Debug)]
enum Choice {
    /// One of these sequences of bytes.
    OneOf(Vec<Vec<u8>>),
    /// The fragments of a match of any branch: one set of each branch together.
    Branches(Vec<Vec<Choice>>),
}

impl Fragments {
    /// `None` if matches need not contain anything in common.
    pub fn of(hir: &Hir, encoding: Encoding) -> Option<Self> {
        let choices = choices(hir, encoding);
        (!choices.is_empty()).then(|| Self(Arc::new(choices)))
    }

    /// The rarest set, judged by the frequency of bytes in `sample`. `None` if all are frequent.
    pub fn rarest(&self, sample: &[u8]) -> Option<FragmentFinder> {
        // Additive smoothing: bytes that are not in the sample may still come.
        let mut counts = [1_u32; 256];
        for byte in sample {
            counts[usize::from(*byte)] += 1;
        }
        let total = f64::from(counts.iter().sum::<u32>());
        let shares = counts.map(|count| f64::from(count) / total);
        let (share, sequences) = rarest(&self.0, &shares)?;
        if share > RARE || sequences.len() > MAX_SEQUENCES {
            return None;
        }
        FragmentFinder::new(sequences)
    }
}

/// The rarest set: the expected share of offsets with a fragment, and its sequences.
fn rarest(choices: &[Choice], shares: &[f64; 256]) -> Option<(f64, Vec<Vec<u8>>)> {
    let expected = |choice: &Choice| match choice {
        Choice::OneOf(sequences) => {
            let share_of =
                |bytes: &Vec<u8>| bytes.iter().map(|byte| shares[usize::from(*byte)]).product::<f64>();
            Some((sequences.iter().map(share_of).sum(), sequences.clone()))
        }
        Choice::Branches(branches) => {
            branches.iter().try_fold((0.0, Vec::new()), |(share, mut all), branch| {
                let (more, sequences) = rarest(branch, shares)?;
                all.extend(sequences);
                Some((share + more, all))
            })
        }
    };
    choices.iter().filter_map(expected).min_by(|a, b| a.0.total_cmp(&b.0))
}

/// The sequences of bytes that decode to one of the characters possible at one place.
type Character = Vec<Vec<u8>>;

/// Walks a regular expression, and collects runs of characters that are adjacent in every match.
struct Walk {
    encoding: Encoding,
    run: Vec<Character>,
    choices: Vec<Choice>,
}

fn choices(hir: &Hir, encoding: Encoding) -> Vec<Choice> {
    let mut walk = Walk { encoding, run: Vec::new(), choices: Vec::new() };
    walk.visit(hir);
    walk.end_run();
    walk.choices
}

impl Walk {
    fn visit(&mut self, hir: &Hir) {
        match hir.kind() {
            // Zero width: what precedes and what follows is adjacent.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => text.chars().for_each(|character| self.character([character])),
                Err(_) => self.end_run(),
            },
            HirKind::Class(Class::Unicode(class)) => {
                let count = class.iter().map(|range| range.len()).sum::<usize>();
                if count <= WINDOW {
                    self.character(class.iter().flat_map(|range| range.start()..=range.end()));
                } else {
                    self.end_run();
                }
            }
            HirKind::Class(Class::Bytes(_)) => self.end_run(),
            HirKind::Capture(capture) => self.visit(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.visit(part)),
            HirKind::Repetition(repetition) => {
                // The first repetition is adjacent to what precedes; only the last to what follows.
                if repetition.min > 0 {
                    self.visit(&repetition.sub);
                }
                self.end_run();
            }
            HirKind::Alternation(branches) => {
                self.end_run();
                let branches: Vec<_> = branches.iter().map(|branch| choices(branch, self.encoding)).collect();
                if branches.iter().all(|branch| !branch.is_empty()) {
                    self.choices.push(Choice::Branches(branches));
                }
            }
        }
    }

    /// Appends a place where any of these characters is possible.
    fn character(&mut self, any_of: impl IntoIterator<Item = char>) {
        let mut sequences = Character::new();
        for character in any_of {
            match received(self.encoding, character) {
                Received::Never => {}
                Received::As(bytes) => sequences.push(bytes),
                Received::Variously => return self.end_run(),
            }
        }
        if sequences.is_empty() { self.end_run() } else { self.run.push(sequences) }
    }

    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        // Stretches with one sequence only are the fastest to search for.
        for stretch in
            run.chunk_by(|a, b| a.len() == 1 && b.len() == 1).filter(|stretch| stretch[0].len() == 1)
        {
            let mut bytes = stretch.iter().flat_map(|character| &character[0]).copied().collect::<Vec<u8>>();
            bytes.truncate(MAX_BYTES);
            self.choices.push(Choice::OneOf(vec![bytes]));
        }
        for start in 0..run.len() {
            let mut sequences = vec![Vec::new()];
            for character in run[start..].iter().take(WINDOW) {
                if sequences.len() * character.len() > MAX_SEQUENCES {
                    break;
                }
                let longer = |sequence: &Vec<u8>| {
                    let sequence = sequence.clone();
                    character.iter().map(move |bytes| [sequence.as_slice(), bytes].concat())
                };
                sequences = sequences.iter().flat_map(longer).collect();
            }
            if sequences.len() > 1 {
                self.choices.push(Choice::OneOf(sequences));
            }
        }
    }
}

/// Searches chunks of a recording, block headers included, for fragments, and tells which records have one.
#[derive(Clone, Debug)]
pub(super) struct FragmentFinder {
    finder: Regex,
    /// The length of the longest sequence, in bytes.
    longest: usize,
    /// The bytes that are adjacent in a sequence.
    pairs: Pairs,
    next: Next,
    joined: Vec<u8>,
}

/// The first fragment in the chunk at or after the offset asked for last.
#[derive(Clone, Debug)]
enum Next {
    Unknown,
    At(Range<usize>),
    Nowhere,
}

impl FragmentFinder {
    fn new(mut sequences: Vec<Vec<u8>>) -> Option<Self> {
        // The first alternative that matches at an offset is found: the shorter ones must come first, because a
        // longer one may not end within the payload.
        sequences.sort_by_key(Vec::len);
        let longest = sequences.last()?.len();
        let mut pairs = Pairs::new();
        sequences.iter().for_each(|sequence| pairs.add_sequence(sequence));
        let escaped =
            |sequence: &Vec<u8>| sequence.iter().map(|byte| format!(r"\x{byte:02X}")).collect::<String>();
        let pattern = sequences.iter().map(escaped).collect::<Vec<_>>().join("|");
        let finder = RegexBuilder::new(&pattern).unicode(false).build().ok()?;
        Some(Self { finder, longest, pairs, next: Next::Unknown, joined: Vec::new() })
    }

    /// How many bytes before a record can belong to a fragment that ends in it.
    pub fn carried_bytes(&self) -> usize {
        self.longest - 1
    }

    pub fn begin_chunk(&mut self) {
        self.next = Next::Unknown;
    }

    /// Whether a range of the chunk contains a fragment. Ranges are asked for in ascending order.
    pub fn is_in(&mut self, chunk: &[u8], range: Range<usize>) -> bool {
        let mut from = range.start;
        loop {
            match &self.next {
                Next::Nowhere => return false,
                Next::At(found) if found.start >= from => {
                    if found.start >= range.end {
                        return false;
                    }
                    if found.end <= range.end {
                        return true;
                    }
                    // It ends in the header of the next block.
                    from = found.start + 1;
                }
                Next::At(_) | Next::Unknown => {}
            }
            self.next =
                self.finder.find_at(chunk, from).map_or(Next::Nowhere, |found| Next::At(found.range()));
        }
    }

    /// Whether a fragment begins in `before` and ends in `after`; `before` has the last [`Self::carried_bytes`].
    pub fn is_across(&mut self, before: &[u8], after: &[u8]) -> bool {
        if !self.pairs.join(before, after) {
            return false;
        }
        self.joined.clear();
        self.joined.extend_from_slice(before);
        self.joined.extend_from_slice(&after[..after.len().min(self.longest - 1)]);
        let mut from = 0;
        while let Some(found) = self.finder.find_at(&self.joined, from) {
            if found.start() >= before.len() {
                return false;
            }
            if found.end() > before.len() {
                return true;
            }
            from = found.start() + 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hir(pattern: &str, case_sensitive: bool) -> Hir {
        regex_syntax::ParserBuilder::new().case_insensitive(!case_sensitive).build().parse(pattern).unwrap()
    }

    fn chosen(pattern: &str, case_sensitive: bool, encoding: Encoding, sample: &str) -> Option<String> {
        let fragments = Fragments::of(&hir(pattern, case_sensitive), encoding)?;
        fragments.rarest(sample.as_bytes()).map(|finder| finder.finder.as_str().into())
    }

    #[test]
    fn the_rarest_fragment_of_the_sample_is_chosen() {
        let sample = "temperature=12.500;humidity=40%\r\n".repeat(1000);
        let found = |pattern, case_sensitive| chosen(pattern, case_sensitive, Encoding::Utf8, &sample);
        assert_eq!(found(r"temp[a-z]+=\d{3,};alarm", true).unwrap(), r"\x3B\x61\x6C\x61\x72\x6D");
        assert_eq!(found(r"=99\.125;alarm", false).unwrap(), r"\x3D\x39\x39\x2E\x31\x32\x35\x3B");
        // "zx" alone is rare enough; 's' has three forms of different lengths.
        assert_eq!(found("zxs", false).unwrap().split('|').count(), 12);
        assert_eq!(found("(?:qq|zz)+x", true).unwrap(), r"\x71\x71|\x7A\x7A");
        for nothing in [r"\d+", "t", "(?:qq|\\d)", "(?:qq)*", "[^a]"] {
            assert_eq!(found(nothing, true), None, "{nothing}");
        }
    }

    proptest! {
        /// The table of adjacent bytes only saves the search.
        #[test]
        fn a_fragment_across_a_border_is_one_that_the_joined_bytes_have(
            sequences in prop::collection::vec("[ab]{1,4}", 1..4),
            before in "[abc]{0,3}",
            after in "[abc]{0,6}",
        ) {
            let sequences: &Vec<Vec<u8>> = &sequences.into_iter().map(String::into_bytes).collect();
            let mut finder = FragmentFinder::new(sequences.clone()).unwrap();
            let before = &before.as_bytes()[before.len().saturating_sub(finder.carried_bytes())..];
            let joined = &[before, after.as_bytes()].concat();
            let at_each = |is_one: &dyn Fn(usize) -> bool| {
                let ends = |at: usize| sequences.iter().filter(move |one| joined[at..].starts_with(one));
                (0..before.len()).any(|at| ends(at).any(|sequence| is_one(at + sequence.len())))
            };
            // One that ends in `before` was found there.
            if !at_each(&|end| end <= before.len()) {
                let expected = at_each(&|end| end > before.len());
                prop_assert_eq!(finder.is_across(before, after.as_bytes()), expected);
            }
        }
    }

    #[test]
    fn a_fragment_is_found_within_payloads_and_across_them() {
        let mut finder = FragmentFinder::new(vec![b"abcd".to_vec(), b"bc".to_vec()]).unwrap();
        let chunk = b"..abcd..bc|bc..b";
        finder.begin_chunk();
        assert!(!finder.is_in(chunk, 0..4));
        assert!(finder.is_in(chunk, 4..10));
        finder.begin_chunk();
        assert!(!finder.is_in(chunk, 4..9), "it ends outside");
        assert!(finder.is_in(chunk, 9..13));
        assert!(!finder.is_in(chunk, 13..16));
        assert!(finder.is_across(b"..b", b"c.."));
        assert!(!finder.is_across(b"bc.", b"abc"));
        assert!(finder.is_across(b"bca", b"bcd"));
        assert!(!finder.is_across(b"", b"bc"));
        assert!(!finder.is_across(b"a", b""));
        // Adjacent in a fragment, though no fragment is there.
        assert!(!finder.is_across(b"..a", b"b.."));
    }
}
