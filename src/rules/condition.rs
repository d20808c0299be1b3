//! What is asked of what was received: it equals, begins with or contains something, or matches a regular expression.
//!
//! Text is that of the connection's encoding. In UTF-8, regular expressions see the bytes as they came; in other
//! encodings they see the decoded text, and captures are mapped back to the bytes.

use super::selection::{Scratch, Selection};
use crate::codec::{Encoding, HexPatternByte};
use crate::pattern::{BytePattern, MAX_PATTERN_BYTES, PatternError, PatternErrorKind, parse_regex};
use crate::payload::{Context, Payload};
use memchr::memmem::Finder;
use regex_automata::meta;
use regex_syntax::hir::Hir;
use std::fmt;
use std::ops::Range;

/// Bound on the memory of a compiled expression, in bytes.
const REGEX_BYTES: usize = 1 << 20;

/// Where something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is all of what was received.
    All,
    /// At its beginning.
    Start,
    /// Anywhere.
    Anywhere,
}

/// What is asked of what was received.
pub struct Condition(Kind);

enum Kind {
    /// Characters, in the encoding of who sends them.
    Text { place: Place, needles: Needles },
    /// Bytes with wildcards.
    Bytes { place: Place, pattern: Vec<HexPatternByte>, automaton: BytePattern, wild: Vec<Range<usize>> },
    /// A regular expression; its number among those of the rule set.
    Regex { number: usize, regex: meta::Regex },
}

/// The bytes of a text in each encoding, as searchers; `None` for those that lack one of its characters.
struct Needles(Vec<(Encoding, Option<Finder<'static>>)>);

impl Condition {
    /// Characters in the encoding of who sends them.
    pub(super) fn text(payload: &Payload, place: Place) -> Result<Self, PatternErrorKind> {
        let in_encoding = |encoding: Encoding| {
            let built = payload.build(&Context::of(encoding)).ok();
            (encoding, built.map(|built| Finder::new(&built.bytes).into_owned()))
        };
        let needles: Vec<_> = Encoding::ALL.into_iter().map(in_encoding).collect();
        let longest = needles.iter().flat_map(|(_, finder)| finder).map(|finder| finder.needle().len()).max();
        match longest {
            None | Some(0) => Err(PatternErrorKind::Empty),
            Some(bytes) if bytes > MAX_PATTERN_BYTES => Err(PatternErrorKind::TooLong),
            Some(_) => Ok(Self(Kind::Text { place, needles: Needles(needles) })),
        }
    }

    /// Bytes with wildcards. Each run of bytes that are not given as a whole is a capture.
    pub(super) fn bytes(pattern: Vec<HexPatternByte>, place: Place) -> Result<Self, PatternErrorKind> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(PatternErrorKind::TooLong);
        }
        let automaton = BytePattern::new(&pattern).ok_or(PatternErrorKind::Empty)?;
        let mut wild: Vec<Range<usize>> = Vec::new();
        for (at, byte) in pattern.iter().enumerate() {
            match wild.last_mut() {
                _ if byte.mask == 0xFF => {}
                Some(run) if run.end == at => run.end = at + 1,
                _ => wild.push(at..at + 1),
            }
        }
        Ok(Self(Kind::Bytes { place, pattern, automaton, wild }))
    }

    /// A regular expression, and what all those of a rule set are compiled from together.
    pub(super) fn regex(expression: &str, number: usize) -> Result<(Self, Hir), PatternError> {
        let error = |kind| PatternError { kind, range: 0..expression.len() };
        if expression.is_empty() {
            return Err(error(PatternErrorKind::Empty));
        }
        if expression.len() > MAX_PATTERN_BYTES {
            return Err(error(PatternErrorKind::TooLong));
        }
        let hir = parse_regex(expression, false).map_err(error)?;
        let config = meta::Config::new().nfa_size_limit(Some(REGEX_BYTES)).utf8_empty(false);
        let regex = meta::Regex::builder().configure(config).build_from_hir(&hir);
        let regex = regex.map_err(|_| error(PatternErrorKind::TooLarge))?;
        Ok((Self(Kind::Regex { number, regex }), hir))
    }

    /// How many captures there are.
    #[must_use]
    pub fn captures(&self) -> usize {
        match &self.0 {
            Kind::Text { .. } => 0,
            Kind::Bytes { wild, .. } => wild.len(),
            Kind::Regex { regex, .. } => regex.group_info().group_len(Default::default()).saturating_sub(1),
        }
    }

    /// Whether it is true of `bytes`. The parts of the match are in `scratch` then, if they are wanted.
    pub(super) fn is_true(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        selection: &Selection,
        wants_parts: bool,
        scratch: &mut Scratch,
    ) -> bool {
        match &self.0 {
            Kind::Text { place, needles } => {
                let Some(finder) = needles.of(encoding) else { return false };
                let needle = finder.needle();
                let start = match place {
                    Place::All => (needle == bytes).then_some(0),
                    Place::Start => bytes.starts_with(needle).then_some(0),
                    Place::Anywhere => find(finder, bytes, encoding, scratch),
                };
                let Some(start) = start else { return false };
                scratch.set_part(start..start + needle.len());
            }
            Kind::Bytes { place, pattern, automaton, wild } => {
                let is_at =
                    |start: &[u8]| start.iter().zip(pattern).all(|(byte, wanted)| wanted.accepts(*byte));
                let length = pattern.len();
                let start = match place {
                    Place::All => (bytes.len() == length && is_at(bytes)).then_some(0),
                    Place::Start => (bytes.len() >= length && is_at(&bytes[..length])).then_some(0),
                    Place::Anywhere => automaton.feed(&mut automaton.begin(), bytes).map(|end| end - length),
                };
                let Some(start) = start else { return false };
                scratch.set_part(start..start + length);
                if wants_parts {
                    scratch.parts.extend(wild.iter().map(|run| start + run.start..start + run.end));
                }
            }
            Kind::Regex { number, regex } => {
                return scratch.matches(bytes, encoding, selection, (*number, regex), wants_parts);
            }
        }
        true
    }
}

/// The first place of a text in bytes at which a character begins.
fn find(finder: &Finder<'_>, bytes: &[u8], encoding: Encoding, scratch: &mut Scratch) -> Option<usize> {
    if encoding == Encoding::Utf8 {
        return finder.find(bytes);
    }
    // The trail byte of a character may be the letter that is looked for.
    let mut from = 0;
    while let Some(found) = finder.find(&bytes[from..]) {
        let start = from + found;
        if scratch.is_border(bytes, encoding, start) {
            return Some(start);
        }
        from = start + 1;
    }
    None
}

impl Needles {
    fn of(&self, encoding: Encoding) -> Option<&Finder<'static>> {
        let found = self.0.iter().find(|(of, _)| *of == encoding)?;
        found.1.as_ref()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Text { place, .. } => write!(f, "Condition(text, {place:?})"),
            Kind::Bytes { place, .. } => write!(f, "Condition(bytes, {place:?})"),
            Kind::Regex { .. } => f.write_str("Condition(regex)"),
        }
    }
}
