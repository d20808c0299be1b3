//! All regular expressions of a rule set at once: one pass over what was received says which of them match, so that a
//! hundred of them cost little more than one.

use crate::codec::{Encoding, MappedText};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::captures::Captures;
use regex_automata::{Input, MatchKind, PatternID, PatternSet, meta};
use regex_syntax::hir::Hir;
use std::ops::Range;

/// With fewer expressions than this each is tried by itself.
const FEWEST: usize = 2;

/// Bound on the memory of all expressions together, in bytes; beyond it each is tried by itself.
const SET_BYTES: usize = 16 << 20;

/// The memory in which the automaton of all expressions is built while it runs, in bytes.
const CACHE_BYTES: usize = 8 << 20;

/// The regular expressions of a rule set.
#[derive(Debug, Default)]
pub(super) struct Selection(Option<meta::Regex>);

impl Selection {
    /// Compiles them together.
    pub fn new(expressions: &[Hir]) -> Self {
        if expressions.len() < FEWEST {
            return Self(None);
        }
        let config = meta::Config::new()
            .match_kind(MatchKind::All)
            .which_captures(WhichCaptures::None)
            .utf8_empty(false)
            .nfa_size_limit(Some(SET_BYTES))
            .hybrid_cache_capacity(CACHE_BYTES);
        Self(meta::Regex::builder().configure(config).build_many_from_hir(expressions).ok())
    }
}

/// What is found out about one message, kept while the rules are tried, and memory for the next one.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    views: Vec<View>,
    /// How many of the views are of this message.
    used: usize,
    /// The parts of the last match: all of it, then its captures.
    pub parts: Vec<Range<usize>>,
}

/// A message in an encoding.
#[derive(Debug)]
struct View {
    encoding: Encoding,
    /// Its text; not used for UTF-8.
    text: MappedText,
    /// Which expressions match.
    matching: PatternSet,
    is_searched: bool,
}

impl Scratch {
    /// The next message begins.
    pub fn begin(&mut self) {
        self.used = 0;
    }

    /// A match without captures.
    pub fn set_part(&mut self, part: Range<usize>) {
        self.parts.clear();
        self.parts.push(part);
    }

    /// Whether a character begins at `place`.
    pub fn is_border(&mut self, bytes: &[u8], encoding: Encoding, place: usize) -> bool {
        self.view(bytes, encoding).text.text_at(place).is_some()
    }

    /// Whether an expression matches.
    pub fn matches(
        &mut self,
        bytes: &[u8],
        encoding: Encoding,
        selection: &Selection,
        (number, regex): (usize, &meta::Regex),
        wants_parts: bool,
    ) -> bool {
        let view = self.view(bytes, encoding);
        let text = if encoding == Encoding::Utf8 { bytes } else { view.text.text().as_bytes() };
        if let Some(set) = &selection.0 {
            if !std::mem::replace(&mut view.is_searched, true) {
                if view.matching.capacity() != set.pattern_len() {
                    view.matching = PatternSet::new(set.pattern_len());
                }
                view.matching.clear();
                set.which_overlapping_matches(&Input::new(text), &mut view.matching);
            }
            if !PatternID::new(number).is_ok_and(|number| view.matching.contains(number)) {
                return false;
            }
            if !wants_parts {
                return true;
            }
        }
        if !wants_parts {
            return regex.is_match(text);
        }
        let mut captures: Captures = regex.create_captures();
        regex.captures(text, &mut captures);
        if !captures.is_match() {
            return false;
        }
        let of_bytes = |span: Range<usize>| match encoding {
            Encoding::Utf8 => span,
            _ => view.text.byte_start(span.start)..view.text.byte_end(span.end),
        };
        let parts = captures.iter().map(|span| span.map_or(0..0, |span| of_bytes(span.range())));
        self.parts = parts.collect();
        true
    }

    fn view(&mut self, bytes: &[u8], encoding: Encoding) -> &mut View {
        let known = self.views[..self.used].iter().position(|view| view.encoding == encoding);
        let index = known.unwrap_or_else(|| {
            if self.used == self.views.len() {
                let text = MappedText::default();
                self.views.push(View { encoding, text, matching: PatternSet::new(0), is_searched: false });
            }
            let view = &mut self.views[self.used];
            (view.encoding, view.is_searched) = (encoding, false);
            if encoding != Encoding::Utf8 {
                let pending = view.text.decode(encoding, bytes);
                view.text.finish(pending);
            }
            self.used += 1;
            self.used - 1
        });
        &mut self.views[index]
    }
}
