//! What is searched for, as a person gives it, and what is wrong with it, at which place.
//!
//! Does not search; a [`Matcher`] is what the search needs of it.

use super::pattern::Pattern;
use crate::codec::{Encoding, HexErrorKind, MappedText, parse_hex_pattern};
use crate::lang::{Words, fill};
use regex::{Regex, RegexBuilder};
use regex_syntax::ast;
use std::ops::Range;
use std::sync::Arc;

/// The longest text or sequence of bytes that can be searched for, in bytes as sent: each stream
/// keeps as many to find one across records.
pub const MAX_PATTERN_BYTES: usize = 4096;
/// How large a regular expression may become in memory.
const REGEX_BYTES: usize = 4 << 20;

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// These characters.
    Text {
        /// The characters, received as they are, control characters included.
        text: String,
        /// Otherwise letters that differ in case alone are the same (Unicode's simple folding).
        case_sensitive: bool,
        /// In which they were received.
        encoding: Encoding,
    },
    /// These bytes: [`parse_hex_pattern`] says what may be typed.
    Hex {
        /// Such as `01 03 ?? 0A`.
        pattern: String,
    },
    /// A regular expression over the decoded text. `^` and `$` stand for the borders of lines,
    /// which end with `\n`, `\r\n` or `\r`; matches without any character do not count.
    Regex {
        /// In the syntax of the crate `regex`.
        pattern: String,
        /// Otherwise as if it began with `(?i)`.
        case_sensitive: bool,
        /// In which the text was received. Malformed sequences are U+FFFD.
        encoding: Encoding,
    },
}

/// A query ready for searching. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Matcher(pub(super) Method);

#[derive(Clone, Debug)]
pub(super) enum Method {
    /// Bytes; with an encoding, only where one of its characters begins.
    Bytes { pattern: Arc<Pattern>, aligned: Option<Encoding> },
    /// Decoded text.
    Decoded { regex: Regex, encoding: Encoding },
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// There is nothing to search for.
    Empty,
    /// The pattern has wildcards alone and would be everywhere.
    OnlyWildcards,
    /// It has more than [`MAX_PATTERN_BYTES`].
    TooLong,
    /// The encoding lacks the character, so that it cannot have been received.
    NotInEncoding(char, Encoding),
    /// It is not hex.
    Hex(HexErrorKind),
    /// It is not a regular expression.
    Regex(RegexProblem),
}

/// Why something is no regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegexProblem {
    /// A parenthesis without the other one.
    Parenthesis,
    /// A bracket without the other one.
    Bracket,
    /// `*`, `+`, `?` or `{…}` after nothing, or with counts that are none.
    Repetition,
    /// A backslash before what it does not go with.
    Escape,
    /// A range whose end is before its start, or whose ends are no characters.
    Range,
    /// References back and looking around, which would make searching slow.
    NotSupported,
    /// It would need too much memory.
    TooLarge,
    /// Anything else.
    Other,
}

/// What is wrong with a query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong.
    pub kind: QueryErrorKind,
    /// What to mark, in bytes of the text or the pattern.
    pub range: Range<usize>,
    /// Where that begins, from 1, in characters.
    pub column: usize,
    /// What is there.
    pub found: String,
}

impl Query {
    /// Whether there is nothing to search for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text { text, .. } => text.is_empty(),
            Self::Hex { pattern } => pattern.trim().is_empty(),
            Self::Regex { pattern, .. } => pattern.is_empty(),
        }
    }

    /// Makes it ready for searching.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn compile(&self) -> Result<Matcher, QueryError> {
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
            Self::Text { text, case_sensitive, encoding } => {
                let mut bytes = Vec::new();
                encoding.encode(text, &mut bytes).map_err(|lacking| {
                    let at = lacking.offset_bytes;
                    let kind = QueryErrorKind::NotInEncoding(lacking.character, *encoding);
                    error(kind, at..at + lacking.character.len_utf8())
                })?;
                if bytes.len() > MAX_PATTERN_BYTES {
                    return Err(too_long());
                }
                if *case_sensitive && !has_other_bytes(*encoding, text) {
                    let pattern = Pattern::plain(&bytes).ok_or_else(|| error(QueryErrorKind::Empty, 0..0))?;
                    // In the others a character begins wherever its first byte is.
                    let is_aligned =
                        !matches!(encoding, Encoding::Utf8 | Encoding::Windows1252 | Encoding::Ascii);
                    Method::Bytes { pattern: Arc::new(pattern), aligned: is_aligned.then_some(*encoding) }
                } else {
                    let escaped = regex::escape(text);
                    let regex = build(&escaped, *case_sensitive).map_err(|_| too_long())?;
                    Method::Decoded { regex, encoding: *encoding }
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
            Self::Regex { pattern, case_sensitive, encoding } => {
                let regex = build(pattern, *case_sensitive).map_err(|_| {
                    let (problem, range) = regex_problem(pattern, *case_sensitive);
                    error(QueryErrorKind::Regex(problem), range)
                })?;
                Method::Decoded { regex, encoding: *encoding }
            }
        };
        Ok(Matcher(method))
    }
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

/// What is wrong with a pattern that could not be built, and where.
fn regex_problem(pattern: &str, case_sensitive: bool) -> (RegexProblem, Range<usize>) {
    let parsed = regex_syntax::ParserBuilder::new()
        .case_insensitive(!case_sensitive)
        .multi_line(true)
        .crlf(true)
        .build()
        .parse(pattern);
    let (problem, span) = match &parsed {
        Ok(_) => return (RegexProblem::TooLarge, 0..pattern.len()),
        Err(regex_syntax::Error::Parse(error)) => (problem_of(error.kind()), error.span()),
        Err(regex_syntax::Error::Translate(error)) => (RegexProblem::Other, error.span()),
        Err(_) => return (RegexProblem::Other, 0..pattern.len()),
    };
    let start = span.start.offset;
    // Some errors stand between two characters; there is more to see if the second is marked.
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

/// Whether a character of `text` is read from other bytes as well than those it is sent as, such as
/// the euro sign of GBK. Then decoding alone finds all of them.
fn has_other_bytes(encoding: Encoding, text: &str) -> bool {
    let has_twins = matches!(
        encoding,
        Encoding::Gbk | Encoding::Gb18030 | Encoding::Big5 | Encoding::ShiftJis | Encoding::EucKr
    );
    if !has_twins || text.is_ascii() {
        return false;
    }
    // Every sequence there may be, apart by line breaks, at which each of the decoders begins anew.
    let mut bytes = Vec::new();
    for lead in 0x80..=0xFF_u8 {
        bytes.extend([lead, b'\n']);
        for trail in 0x30..=0xFF_u8 {
            bytes.extend([lead, trail, b'\n']);
        }
    }
    if matches!(encoding, Encoding::Gbk | Encoding::Gb18030) {
        // The four bytes of what is below U+10000.
        for (lead, digit) in (0x81..=0x84_u8).flat_map(|lead| (b'0'..=b'9').map(move |digit| (lead, digit))) {
            for (third, fourth) in
                (0x81..=0xFE_u8).flat_map(|third| (b'0'..=b'9').map(move |fourth| (third, fourth)))
            {
                bytes.extend([lead, digit, third, fourth, b'\n']);
            }
        }
    }
    let mut mapped = MappedText::default();
    mapped.decode(encoding, &bytes);
    let mut sent = Vec::new();
    mapped.text().char_indices().any(|(offset, character)| {
        if character.is_ascii() || character == char::REPLACEMENT_CHARACTER || !text.contains(character) {
            return false;
        }
        sent.clear();
        let received = &bytes[mapped.byte_start(offset)..mapped.byte_end(offset + character.len_utf8())];
        encoding.encode(character.encode_utf8(&mut [0; 4]), &mut sent).is_ok() && sent != received
    })
}

impl QueryError {
    /// A sentence for people.
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
    fn an_error_says_what_is_wrong_at_which_character() {
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

    #[test]
    fn characters_that_come_as_several_bytes_are_found_by_decoding() {
        for (encoding, character, expected) in [
            (Encoding::Gbk, "€", true),
            (Encoding::Gbk, "中", false),
            (Encoding::Gbk, "︐", true),
            (Encoding::Gbk, "\u{3000}", true),
            (Encoding::Gb18030, "é", false),
            (Encoding::ShiftJis, "∪", true),
            (Encoding::ShiftJis, "日", false),
            (Encoding::Big5, "十", true),
            (Encoding::EucKr, "한", false),
            (Encoding::Utf8, "€", false),
        ] {
            assert_eq!(has_other_bytes(encoding, character), expected, "{character} in {encoding}");
        }
    }
}
