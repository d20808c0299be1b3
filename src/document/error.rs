//! What can be wrong with a file of steps or rules.

use crate::pattern::PatternError;
use crate::payload::{self, checksum};

/// Why a text is no such file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// What is wrong.
    pub kind: FileErrorKind,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// What is wrong with the text of a file.
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
    /// Only one of two keys can be given.
    Excludes {
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
    /// There are more steps, or more loops in each other, than a sequence can have.
    TooMany,
    /// There are no rules.
    NoRules,
    /// A rule has nothing to do.
    RuleDoesNothing,
    /// What a rule waits for has not exactly one of its keys.
    NotOneCondition,
    /// There are more rules than a file can have.
    TooManyRules,
    /// A rule sends when a connection has closed, and nobody is there.
    SendsToNobody,
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
    /// A whole number from 1.
    Count,
    /// `true`, or text in quotes.
    SwitchOrText,
    /// A duration with a unit.
    Duration,
    /// One table.
    Table,
    /// A list of tables.
    Tables,
}
