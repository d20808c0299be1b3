//! What can be wrong with the file of a sequence.

use super::matcher::PatternError;
use crate::payload::{self, checksum};

/// Bound on the steps of a file.
pub const MAX_STEPS: usize = 10_000;
/// Bound on loops in each other.
pub const MAX_DEPTH: usize = 8;

/// Why a text is no sequence, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// What is wrong.
    pub kind: FileErrorKind,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// What is wrong with the text of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileErrorKind {
    /// It is no TOML; why, in the parser's words.
    NotToml(String),
    /// It is of a newer version.
    Newer {
        /// Its version.
        version: u64,
    },
    /// A key that is not known.
    UnknownKey {
        /// The key.
        found: String,
        /// Those that there are.
        known: &'static [&'static str],
    },
    /// The value of a key is something else than it should be.
    NotA {
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: Expected,
    },
    /// The value of a key is none of those that there are.
    NotOneOf {
        /// The key.
        key: &'static str,
        /// The value.
        found: String,
        /// Those that there are, between commas.
        choices: String,
    },
    /// A key has no meaning without another one.
    Needs {
        /// The key.
        key: &'static str,
        /// The other one.
        other: &'static str,
    },
    /// Two keys contradict each other.
    Conflict {
        /// The key.
        key: &'static str,
        /// The other one.
        other: &'static str,
    },
    /// There are no steps.
    NoSteps,
    /// A step neither sends nor waits.
    NothingToDo,
    /// An answer that is waited for has not exactly one of `text`, `hex` and `regex`.
    NotOnePattern,
    /// There are more steps than [`MAX_STEPS`], or more loops in each other than [`MAX_DEPTH`].
    TooMany,
    /// The payload asks for a value when it is sent, and nobody can be asked.
    Asks,
    /// The payload is wrong; lines and columns in it are its own.
    Payload(payload::Error),
    /// The checksum is wrong.
    Checksum {
        /// Its text.
        text: String,
        /// What is wrong with it.
        error: checksum::SpecError,
    },
    /// The answer cannot be waited for.
    Pattern {
        /// As it is in the file.
        text: String,
        /// What is wrong with it.
        error: PatternError,
    },
}

/// What a value should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Text in quotes.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number from 0.
    Number,
    /// A whole number from 1, or `"forever"`.
    Times,
    /// A duration with a unit.
    Duration,
    /// One table.
    Table,
    /// A list of tables.
    Tables,
}
