//! Patterns of answers, found in a stream of reads: text, bytes with wildcards, and regular expressions.
//!
//! The result does not depend on how the stream is cut into reads, and the memory not on its length: a state has a bit
//! for each byte of a text or of bytes, and is one number for a regular expression. Start with [`Matcher`].

mod automaton;
mod byte_pattern;
#[cfg(test)]
mod tests;

pub use self::automaton::parse_regex;
pub use self::byte_pattern::BytePattern;

use self::automaton::Automaton;
use self::byte_pattern::Prefixes;
use crate::codec::{HexErrorKind, StreamDecoder, parse_hex_pattern};
use regex_automata::util::primitives::StateID;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The longest text or sequence of bytes that can be waited for, in bytes (of UTF-8).
pub const MAX_PATTERN_BYTES: usize = 1024;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Characters, in the encoding of who sends them.
    Text(String),
    /// Bytes, in the syntax of [`parse_hex_pattern`].
    Hex(String),
    /// A regular expression over the decoded text, in the syntax of the crate `regex`. `^` and `$` match at the borders
    /// of lines and at the begin and end of what is received; malformed sequences are U+FFFD.
    Regex(String),
}

/// What is wrong with a pattern, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong.
    pub kind: PatternErrorKind,
    /// Where, in bytes of the pattern.
    pub range: Range<usize>,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternErrorKind {
    /// There is nothing to wait for.
    Empty,
    /// It is longer than [`MAX_PATTERN_BYTES`].
    TooLong,
    /// It is not hex.
    Hex(HexErrorKind),
    /// It is not a regular expression; the reason in the parser's words.
    Regex(String),
    /// A regular expression that matches empty text, and so would match at once.
    MatchesNothing,
    /// A regular expression that needs too much memory.
    TooLarge,
}

/// A compiled pattern. Cheap to clone.
#[derive(Clone)]
pub struct Matcher(Arc<Method>);

enum Method {
    /// Bytes as they are received.
    Bytes(BytePattern),
    /// Decoded text, as UTF-8.
    Text(BytePattern),
    Regex(Box<Automaton>),
}

/// How much of a pattern one stream has seen.
#[derive(Clone, Debug)]
pub struct Progress(State);

#[derive(Clone, Debug)]
enum State {
    Prefixes(Prefixes),
    Automaton(StateID),
}

impl Matcher {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// See [`PatternErrorKind`].
    pub fn new(pattern: &Pattern) -> Result<Self, PatternError> {
        let (Pattern::Text(text) | Pattern::Hex(text) | Pattern::Regex(text)) = pattern;
        let error = |kind| PatternError { kind, range: 0..text.len() };
        let bounded = |length: usize, pattern: Option<BytePattern>| match pattern {
            _ if length > MAX_PATTERN_BYTES => Err(error(PatternErrorKind::TooLong)),
            None => Err(error(PatternErrorKind::Empty)),
            Some(pattern) => Ok(pattern),
        };
        let method = match pattern {
            Pattern::Text(text) if text.len() > MAX_PATTERN_BYTES => {
                return Err(error(PatternErrorKind::TooLong));
            }
            Pattern::Text(text) => Method::Text(bounded(text.len(), BytePattern::plain(text.as_bytes()))?),
            Pattern::Hex(hex) => {
                let bytes = parse_hex_pattern(hex).map_err(|error| PatternError {
                    kind: PatternErrorKind::Hex(error.kind),
                    range: error.range,
                })?;
                let shortened = &bytes[..bytes.len().min(MAX_PATTERN_BYTES)];
                Method::Bytes(bounded(bytes.len(), BytePattern::new(shortened))?)
            }
            Pattern::Regex(expression) if expression.is_empty() => {
                return Err(error(PatternErrorKind::Empty));
            }
            Pattern::Regex(expression) if expression.len() > MAX_PATTERN_BYTES => {
                return Err(error(PatternErrorKind::TooLong));
            }
            Pattern::Regex(expression) => Method::Regex(Box::new(Automaton::new(expression).map_err(error)?)),
        };
        Ok(Self(Arc::new(method)))
    }

    /// The state before the first byte of a stream.
    #[must_use]
    pub fn begin(&self) -> Progress {
        Progress(match &*self.0 {
            Method::Bytes(pattern) | Method::Text(pattern) => State::Prefixes(pattern.begin()),
            Method::Regex(automaton) => State::Automaton(automaton.begin()),
        })
    }

    /// Continues a stream with `bytes`. `Some`: there is a match, whatever follows, after so many of them; the decoder
    /// has then read only those.
    pub fn feed(&self, progress: &mut Progress, decoder: &mut StreamDecoder, bytes: &[u8]) -> Option<usize> {
        let mut text = String::new();
        if let (Method::Bytes(pattern), State::Prefixes(state)) = (&*self.0, &mut progress.0) {
            let end = pattern.feed(state, bytes);
            decoder.decode(&bytes[..end.unwrap_or(bytes.len())], &mut text);
            return end;
        }
        let before = (progress.clone(), decoder.clone());
        decoder.decode(bytes, &mut text);
        self.feed_text(progress, &text)?;
        // Which byte completed the match: once more, byte by byte.
        (*progress, *decoder) = before;
        for (index, byte) in bytes.iter().enumerate() {
            text.clear();
            decoder.decode(&[*byte], &mut text);
            if self.feed_text(progress, &text).is_some() {
                return Some(index + 1);
            }
        }
        Some(bytes.len())
    }

    /// Whether there is a match if the stream, or the datagram, ends here.
    #[must_use]
    pub fn ends(&self, mut progress: Progress, decoder: StreamDecoder) -> bool {
        let mut text = String::new();
        decoder.finish(&mut text);
        if matches!(&*self.0, Method::Bytes(_)) {
            return false;
        }
        if self.feed_text(&mut progress, &text).is_some() {
            return true;
        }
        match (&*self.0, progress.0) {
            (Method::Regex(automaton), State::Automaton(state)) => automaton.ends(state),
            _ => false,
        }
    }

    fn feed_text(&self, progress: &mut Progress, text: &str) -> Option<usize> {
        match (&*self.0, &mut progress.0) {
            (Method::Bytes(pattern) | Method::Text(pattern), State::Prefixes(state)) => {
                pattern.feed(state, text.as_bytes())
            }
            (Method::Regex(automaton), State::Automaton(state)) => automaton.feed(state, text.as_bytes()),
            // A state of another pattern.
            _ => None,
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0 {
            Method::Bytes(_) => "Matcher(bytes)",
            Method::Text(_) => "Matcher(text)",
            Method::Regex(_) => "Matcher(regex)",
        })
    }
}
