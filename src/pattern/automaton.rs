//! Finds a regular expression in a stream of text with a deterministic automaton: one step per byte, and one number as
//! the state, however long a match is and however the stream is cut.
//!
//! A match counts from the first place at which no continuation of the stream can undo it: `OK$` is not found in `OK`,
//! after which more may come, but once a line break follows. So the result does not depend on where reads end.

use super::PatternErrorKind;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{Compiler, Config as NfaConfig, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

/// Bound on the memory of a compiled expression, in bytes; compiling takes twice as much for a moment.
const AUTOMATON_BYTES: usize = 2 << 20;
const NFA_BYTES: usize = 1 << 20;
/// Bound on the nesting of an expression.
const NESTING: u32 = 64;

/// Reads a regular expression, in which `^` and `$` match at the borders of lines, which end with `\n`, `\r\n` or `\r`,
/// and `\b` and `\B` know the letters of ASCII only. `is_utf8`: it can match nothing but text.
///
/// # Errors
/// It is none.
pub fn parse_regex(expression: &str, is_utf8: bool) -> Result<Hir, PatternErrorKind> {
    let mut parser =
        ParserBuilder::new().multi_line(true).crlf(true).utf8(is_utf8).nest_limit(NESTING).build();
    let parsed = parser.parse(expression).map_err(|error| PatternErrorKind::Regex(reason(&error)))?;
    Ok(with_ascii_borders(parsed))
}

/// A compiled regular expression.
pub(super) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
    /// By the number of a state: whether a match has been seen, whatever follows.
    is_certain: Vec<bool>,
}

impl Automaton {
    /// `^` and `$` match at the borders of lines, which end with `\n`, `\r\n` or `\r`; `\b` and `\B` know the letters
    /// of ASCII only.
    ///
    /// # Errors
    /// It is no regular expression; it matches empty text; or its automaton is too large.
    pub fn new(expression: &str) -> Result<Self, PatternErrorKind> {
        let parsed = parse_regex(expression, true)?;
        if parsed.properties().minimum_len().is_none_or(|length| length == 0) {
            return Err(PatternErrorKind::MatchesNothing);
        }
        let nfa = Compiler::new()
            .configure(NfaConfig::new().nfa_size_limit(Some(NFA_BYTES)).which_captures(WhichCaptures::None))
            .build_from_hir(&parsed)
            .map_err(|_| PatternErrorKind::TooLarge)?;
        let config = dense::Config::new()
            .start_kind(StartKind::Unanchored)
            // Whether there is a match is asked for, not which one is preferred.
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(AUTOMATON_BYTES))
            .determinize_size_limit(Some(2 * AUTOMATON_BYTES));
        let dfa = dense::Builder::new()
            .configure(config)
            .build_from_nfa(&nfa)
            .map_err(|_| PatternErrorKind::TooLarge)?;
        let start = dfa
            .start_state(&start::Config::new().anchored(Anchored::No))
            .map_err(|_| PatternErrorKind::TooLarge)?;
        let is_certain = certain_states(&dfa, start);
        Ok(Self { dfa, start, is_certain })
    }

    /// The state before the first byte.
    pub fn begin(&self) -> StateID {
        self.start
    }

    /// Continues with `bytes`. `Some`: a match is certain after so many of them.
    pub fn feed(&self, state: &mut StateID, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            *state = self.dfa.next_state(*state, *byte);
            if self.is_certain[number(&self.dfa, *state)] {
                return Some(index + 1);
            }
        }
        None
    }

    /// Whether there is a match if the stream ends here.
    pub fn ends(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }
}

fn number(dfa: &dense::DFA<Vec<u32>>, state: StateID) -> usize {
    state.as_usize() >> dfa.stride2()
}

/// The states after which there is a match, whatever follows and also if nothing does.
fn certain_states(dfa: &dense::DFA<Vec<u32>>, start: StateID) -> Vec<bool> {
    // One byte of each class of bytes that the automaton does not tell apart.
    let bytes: Vec<u8> =
        dfa.byte_classes().representatives(0..=u8::MAX).filter_map(|unit| unit.as_u8()).collect();
    let mut is_certain = Vec::new();
    let mut is_seen = Vec::new();
    let mut pending = vec![start];
    while let Some(state) = pending.pop() {
        let number = number(dfa, state);
        if is_seen.len() <= number {
            is_seen.resize(number + 1, false);
            is_certain.resize(number + 1, false);
        }
        if std::mem::replace(&mut is_seen[number], true) {
            continue;
        }
        let follows = |byte: &u8| dfa.next_state(state, *byte);
        // The automaton reports a match one byte late.
        let has_matched = |next: StateID| dfa.is_match_state(next);
        is_certain[number] = has_matched(state)
            || has_matched(dfa.next_eoi_state(state)) && bytes.iter().map(follows).all(has_matched);
        pending.extend(bytes.iter().map(follows));
    }
    is_certain
}

/// The same expression with borders of words by the letters of ASCII: the automaton has no others.
fn with_ascii_borders(expression: Hir) -> Hir {
    match expression.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            other => other,
        }),
        HirKind::Repetition(mut repetition) => {
            repetition.sub = Box::new(with_ascii_borders(*repetition.sub));
            Hir::repetition(repetition)
        }
        HirKind::Capture(mut capture) => {
            capture.sub = Box::new(with_ascii_borders(*capture.sub));
            Hir::capture(capture)
        }
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(with_ascii_borders).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(with_ascii_borders).collect()),
    }
}

/// The parser's words, without the picture of the expression around them.
fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_certain(expression: &str, text: &str) -> Option<usize> {
        let automaton = Automaton::new(expression).unwrap();
        automaton.feed(&mut automaton.begin(), text.as_bytes())
    }

    #[test]
    fn a_match_counts_once_nothing_can_undo_it() {
        for (expression, text, expected) in [
            ("OK", "..OK..", Some(4)),
            ("OK$", "..OK", None),
            ("OK$", "..OK\r", Some(5)),
            ("OK$", "..OKAY OK\n", Some(10)),
            ("^OK", "OK", Some(2)),
            ("^OK", "no\nOK", Some(5)),
            ("^OK", "noOK", None),
            (r"\bOK\b", "BOOK OK!", Some(8)),
            (r"\bOK\b", "OK", None),
            (r"t=\d+\.\d", "t=23.5", Some(6)),
            ("(?i)ok|error", "an ERROR", Some(8)),
            ("温度.{2}度", "温度23度", Some("温度23度".len())),
            ("(?s)a.*b", "a\n\nb", Some(4)),
        ] {
            assert_eq!(first_certain(expression, text), expected, "{expression} in {text:?}");
        }
    }

    #[test]
    fn at_the_end_of_the_stream_what_could_have_been_undone_is_a_match() {
        let automaton = Automaton::new(r"^OK\b|ended$").unwrap();
        for (text, expected) in [("OK", true), ("OKAY", false), ("it ended", true), ("", false)] {
            let mut state = automaton.begin();
            assert_eq!(automaton.feed(&mut state, text.as_bytes()), None);
            assert_eq!(automaton.ends(state), expected, "{text}");
        }
    }

    #[test]
    fn what_would_always_match_or_need_too_much_memory_is_refused() {
        for expression in ["", "a*", "^", r"\b", "a|"] {
            assert!(
                matches!(Automaton::new(expression), Err(PatternErrorKind::MatchesNothing)),
                "{expression}"
            );
        }
        for expression in ["[01]*1[01]{30}", "(((a{1000}){1000}){1000})", r"\w{3000}"] {
            assert!(matches!(Automaton::new(expression), Err(PatternErrorKind::TooLarge)), "{expression}");
        }
        let Err(PatternErrorKind::Regex(reason)) = Automaton::new("(a") else { panic!() };
        assert_eq!(reason, "unclosed group");
    }
}
