//! What is searched for, as a person gives it, and errors in it with their place. Does not search: it is compiled
//! into a [`Matcher`] for that.

use super::fragments::Fragments;
use super::pattern::Pattern;
use super::received::has_other_bytes;
use crate::codec::{Encoding, HexErrorKind, parse_hex_pattern};
use crate::lang::{Words, fill};
use crate::streams::Encodings;
use regex::{Regex, RegexBuilder};
use regex_syntax::ast;
use regex_syntax::hir::{Hir, HirKind};
use std::ops::Range;
use std::sync::Arc;

/// The longest text or sequence of bytes that can be searched for, in encoded bytes. Each stream keeps as many, to
/// find a match across records.
pub const MAX_PATTERN_BYTES: usize = 4096;
/// Bound on the memory of a compiled regular expression, in bytes.
const REGEX_BYTES: usize = 4 << 20;

/// What is searched for. Each half of a connection is searched as one stream, across records; each datagram by
/// itself. Matches do not overlap.
///
/// Hex and case-sensitive text are found whole over any number of records. Text in either case and regular
/// expressions are found whole up to 8 KiB of text (UTF-8), or less while more than 2,000 streams have text
/// waiting; a longer match is found whole, in parts, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Characters.
    Text {
        /// The characters, control characters included.
        text: String,
        /// If not, letters that differ only in case are equal (Unicode's simple case folding).
        case_sensitive: bool,
        /// The encoding in which they were received.
        encoding: Encoding,
    },
    /// Bytes, in the syntax of [`parse_hex_pattern`].
    Hex {
        /// For example `01 03 ?? 0A`.
        pattern: String,
    },
    /// A regular expression over the decoded text. `^` and `$` match at the borders of lines, which end with
    /// `\n`, `\r\n` or `\r`. Empty matches do not count.
    Regex {
        /// In the syntax of the crate `regex`.
        pattern: String,
        /// If not, as if the pattern began with `(?i)`.
        case_sensitive: bool,
        /// The encoding of the text. Malformed sequences are U+FFFD.
        encoding: Encoding,
    },
}

/// A compiled query. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// Which of the methods is that of a connection.
    pub(super) encodings: Encodings,
    /// For each encoding that can have a match.
    pub(super) methods: Vec<(Encoding, Method)>,
}

#[derive(Clone, Debug)]
pub(super) enum Method {
    /// Bytes; with an encoding, only where one of its characters begins.
    Bytes { pattern: Arc<Pattern>, aligned: Option<Encoding> },
    /// Decoded text. Every match contains one of the fragments, if there are any.
    Decoded { regex: Regex, encoding: Encoding, fragments: Option<Fragments> },
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// It is empty.
    Empty,
    /// The pattern has only wildcards and would match everywhere.
    OnlyWildcards,
    /// It has more than [`MAX_PATTERN_BYTES`].
    TooLong,
    /// The encoding lacks the character, so it cannot have been received.
    NotInEncoding(char, Encoding),
    /// It is not hex.
    Hex(HexErrorKind),
    /// It is not a regular expression.
    Regex(RegexProblem),
}

/// What is wrong with a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegexProblem {
    /// An unmatched parenthesis.
    Parenthesis,
    /// An unmatched bracket.
    Bracket,
    /// `*`, `+`, `?` or `{…}` with nothing to repeat, or with invalid counts.
    Repetition,
    /// An unknown escape.
    Escape,
    /// A range whose end is before its start, or whose ends are not characters.
    Range,
    /// Backreferences or look-around, which the engine does not have: they make searching slow.
    NotSupported,
    /// It exceeds the bound on memory.
    TooLarge,
    /// Anything else.
    Other,
}

/// An error in a query, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong.
    pub kind: QueryErrorKind,
    /// The bytes of the text or the pattern that are wrong.
    pub range: Range<usize>,
    /// Number of the first wrong character, from 1.
    pub column: usize,
    /// The wrong characters.
    pub found: String,
}

impl Query {
    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text { text, .. } => text.is_empty(),
            Self::Hex { pattern } => pattern.trim().is_empty(),
            Self::Regex { pattern, .. } => pattern.is_empty(),
        }
    }

    /// Compiles it for connections that are all in the query's encoding.
    ///
    /// # Errors
    /// The first thing that is wrong with it, see [`QueryErrorKind`].
    pub fn compile(&self) -> Result<Matcher, QueryError> {
        let encoding = match self {
            Self::Text { encoding, .. } | Self::Regex { encoding, .. } => *encoding,
            Self::Hex { .. } => Encoding::default(),
        };
        self.compile_for(&encoding.into())
    }

    /// Compiles it for connections in these encodings, in place of its own. A connection whose encoding lacks a
    /// character has no match.
    ///
    /// # Errors
    /// Those of [`Self::compile`], if no encoding can have a match.
    pub fn compile_for(&self, encodings: &Encodings) -> Result<Matcher, QueryError> {
        if matches!(self, Self::Hex { .. }) {
            let rest = encodings.of_rest();
            return Ok(Matcher { encodings: rest.into(), methods: vec![(rest, self.method(rest)?)] });
        }
        let mut methods = Vec::new();
        let mut first_error = None;
        for encoding in encodings.distinct() {
            match self.method(encoding) {
                Ok(method) => methods.push((encoding, method)),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        match first_error {
            Some(error) if methods.is_empty() => Err(error),
            _ => Ok(Matcher { encodings: encodings.clone(), methods }),
        }
    }

    fn method(&self, encoding: Encoding) -> Result<Method, QueryError> {
        let input = match self {
            Self::Text { text: input, .. }
            | Self::Hex { pattern: input }
            | Self::Regex { pattern: input, .. } => input,
        };
        let error = |kind, range: Range<usize>| {
            let found = input.get(range.clone()).unwrap_or_default();
            let column = input.get(..range.start).map_or(0, |before| before.chars().count()) + 1;
            QueryError { kind, range, column, found: found.into() }
        };
        if self.is_empty() {
            return Err(error(QueryErrorKind::Empty, 0..input.len()));
        }
        let too_long = || error(QueryErrorKind::TooLong, 0..input.len());
        let method = match self {
            Self::Text { text, case_sensitive, .. } => {
                let mut bytes = Vec::new();
                encoding.encode(text, &mut bytes).map_err(|lacking| {
                    let at = lacking.offset_bytes;
                    let kind = QueryErrorKind::NotInEncoding(lacking.character, encoding);
                    error(kind, at..at + lacking.character.len_utf8())
                })?;
                if bytes.len() > MAX_PATTERN_BYTES {
                    return Err(too_long());
                }
                let escaped = regex::escape(text);
                let is_one_case = *case_sensitive || has_one_case(&escaped);
                if is_one_case && !has_other_bytes(encoding, text) {
                    let pattern = Pattern::plain(&bytes).ok_or_else(|| error(QueryErrorKind::Empty, 0..0))?;
                    // In these a character begins wherever its first byte is found.
                    let is_aligned =
                        !matches!(encoding, Encoding::Utf8 | Encoding::Windows1252 | Encoding::Ascii);
                    Method::Bytes { pattern: Arc::new(pattern), aligned: is_aligned.then_some(encoding) }
                } else {
                    decoded(&escaped, *case_sensitive, encoding).map_err(|_| too_long())?
                }
            }
            Self::Hex { pattern } => {
                let bytes = parse_hex_pattern(pattern)
                    .map_err(|wrong| error(QueryErrorKind::Hex(wrong.kind), wrong.range))?;
                if bytes.is_empty() {
                    return Err(error(QueryErrorKind::Empty, 0..input.len()));
                }
                if bytes.len() > MAX_PATTERN_BYTES {
                    return Err(too_long());
                }
                let pattern = Pattern::new(bytes)
                    .ok_or_else(|| error(QueryErrorKind::OnlyWildcards, 0..input.len()))?;
                Method::Bytes { pattern: Arc::new(pattern), aligned: None }
            }
            Self::Regex { pattern, case_sensitive, .. } => decoded(pattern, *case_sensitive, encoding)
                .map_err(|_| {
                    let (problem, range) = regex_problem(pattern, *case_sensitive);
                    error(QueryErrorKind::Regex(problem), range)
                })?,
        };
        Ok(method)
    }
}

fn decoded(pattern: &str, case_sensitive: bool, encoding: Encoding) -> Result<Method, regex::Error> {
    let regex = build(pattern, case_sensitive)?;
    let fragments = parse(pattern, case_sensitive).ok().and_then(|hir| Fragments::of(&hir, encoding));
    Ok(Method::Decoded { regex, encoding, fragments })
}

/// Whether no letter of an escaped text has another case.
fn has_one_case(escaped: &str) -> bool {
    parse(escaped, false).is_ok_and(|hir| matches!(hir.kind(), HirKind::Literal(_)))
}

fn parse(pattern: &str, case_sensitive: bool) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new()
        .case_insensitive(!case_sensitive)
        .multi_line(true)
        .crlf(true)
        .build()
        .parse(pattern)
        .map_err(Box::new)
}

fn build(pattern: &str, case_sensitive: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(!case_sensitive)
        .multi_line(true)
        .crlf(true)
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(REGEX_BYTES)
        .build()
}

/// What is wrong with a pattern that could not be compiled, and where.
fn regex_problem(pattern: &str, case_sensitive: bool) -> (RegexProblem, Range<usize>) {
    let parsed = parse(pattern, case_sensitive);
    let (problem, span) = match parsed.as_ref().map_err(AsRef::as_ref) {
        Ok(_) => return (RegexProblem::TooLarge, 0..pattern.len()),
        Err(regex_syntax::Error::Parse(error)) => (problem_of(error.kind()), error.span()),
        Err(regex_syntax::Error::Translate(error)) => (RegexProblem::Other, error.span()),
        Err(_) => return (RegexProblem::Other, 0..pattern.len()),
    };
    let start = span.start.offset;
    // Some errors are between two characters; then the second is underlined.
    let next = pattern.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    (problem, start..span.end.offset.max(start + next))
}

fn problem_of(kind: &ast::ErrorKind) -> RegexProblem {
    use ast::ErrorKind as Kind;
    match kind {
        Kind::GroupUnclosed | Kind::GroupUnopened => RegexProblem::Parenthesis,
        Kind::ClassUnclosed => RegexProblem::Bracket,
        Kind::RepetitionMissing
        | Kind::RepetitionCountUnclosed
        | Kind::RepetitionCountInvalid
        | Kind::RepetitionCountDecimalEmpty
        | Kind::DecimalEmpty
        | Kind::DecimalInvalid => RegexProblem::Repetition,
        Kind::EscapeUnrecognized
        | Kind::EscapeUnexpectedEof
        | Kind::EscapeHexEmpty
        | Kind::EscapeHexInvalid
        | Kind::EscapeHexInvalidDigit
        | Kind::ClassEscapeInvalid
        | Kind::UnicodeClassInvalid => RegexProblem::Escape,
        Kind::ClassRangeInvalid | Kind::ClassRangeLiteral => RegexProblem::Range,
        Kind::UnsupportedBackreference | Kind::UnsupportedLookAround => RegexProblem::NotSupported,
        _ => RegexProblem::Other,
    }
}

impl QueryError {
    /// The error as a sentence.
    #[must_use]
    pub fn explain(&self, words: &Words) -> String {
        let limit = MAX_PATTERN_BYTES;
        let (template, encoding) = match &self.kind {
            QueryErrorKind::Empty => (&words.query_empty, ""),
            QueryErrorKind::OnlyWildcards => (&words.query_only_wildcards, ""),
            QueryErrorKind::TooLong => (&words.query_too_long, ""),
            QueryErrorKind::NotInEncoding(_, encoding) => (&words.query_not_in_encoding, encoding.name()),
            QueryErrorKind::Hex(HexErrorKind::NotHex(_)) => (&words.query_not_hex, ""),
            QueryErrorKind::Hex(HexErrorKind::LoneDigit(_) | HexErrorKind::EmptyPrefix) => {
                (&words.query_half_byte, "")
            }
            QueryErrorKind::Hex(_) => (&words.query_bad_dump, ""),
            QueryErrorKind::Regex(problem) => {
                let template = match problem {
                    RegexProblem::Parenthesis => &words.query_regex_parenthesis,
                    RegexProblem::Bracket => &words.query_regex_bracket,
                    RegexProblem::Repetition => &words.query_regex_repetition,
                    RegexProblem::Escape => &words.query_regex_escape,
                    RegexProblem::Range => &words.query_regex_range,
                    RegexProblem::NotSupported => &words.query_regex_not_supported,
                    RegexProblem::TooLarge => &words.query_regex_too_large,
                    RegexProblem::Other => &words.query_regex_other,
                };
                (template, "")
            }
        };
        fill(
            template,
            &[("column", &self.column), ("found", &self.found), ("encoding", &encoding), ("limit", &limit)],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;

    fn text(text: &str, encoding: Encoding) -> Query {
        Query::Text { text: text.into(), case_sensitive: true, encoding }
    }

    fn hex(pattern: &str) -> Query {
        Query::Hex { pattern: pattern.into() }
    }

    fn regex(pattern: &str) -> Query {
        Query::Regex { pattern: pattern.into(), case_sensitive: true, encoding: Encoding::Utf8 }
    }

    #[test]
    fn an_error_names_the_problem_and_the_character() {
        use QueryErrorKind as Kind;
        let long = "a".repeat(MAX_PATTERN_BYTES + 1);
        for (query, kind, range, column) in [
            (text("", Encoding::Utf8), Kind::Empty, 0..0, 1),
            (hex(" "), Kind::Empty, 0..1, 1),
            (hex(","), Kind::Empty, 0..1, 1),
            (regex(""), Kind::Empty, 0..0, 1),
            (text("中a😀", Encoding::Gbk), Kind::NotInEncoding('😀', Encoding::Gbk), 4..8, 3),
            (text(&long, Encoding::Utf8), Kind::TooLong, 0..long.len(), 1),
            (hex("01 2"), Kind::Hex(HexErrorKind::LoneDigit('2')), 3..4, 4),
            (hex("中01"), Kind::Hex(HexErrorKind::NotHex('中')), 0..3, 1),
            (hex("?? ??"), Kind::OnlyWildcards, 0..5, 1),
            (regex("中(a"), Kind::Regex(RegexProblem::Parenthesis), 3..4, 2),
            (regex("a)"), Kind::Regex(RegexProblem::Parenthesis), 1..2, 2),
            (regex("a[b"), Kind::Regex(RegexProblem::Bracket), 1..2, 2),
            (regex("+a"), Kind::Regex(RegexProblem::Repetition), 0..1, 1),
            (regex(r"a\y"), Kind::Regex(RegexProblem::Escape), 1..3, 2),
            (regex("[z-a]"), Kind::Regex(RegexProblem::Range), 1..4, 2),
            (regex("(?=a)"), Kind::Regex(RegexProblem::NotSupported), 0..3, 1),
            (regex("(?:a{1000}){1000}"), Kind::Regex(RegexProblem::TooLarge), 0..17, 1),
            (regex("a(?z)"), Kind::Regex(RegexProblem::Other), 3..4, 4),
        ] {
            let error = query.compile().unwrap_err();
            assert_eq!((&error.kind, error.range.clone(), error.column), (&kind, range, column), "{query:?}");
            for language in Language::ALL {
                let sentence = error.explain(language.words());
                assert!(!sentence.contains(['{', '}']), "{sentence}");
            }
        }
        let error = text("中a😀", Encoding::Gbk).compile().unwrap_err();
        assert!(error.explain(Language::English.words()).contains("'😀' (character 3)"));
        assert!(error.explain(Language::Chinese.words()).contains("第 3 个字符"));
    }
}
