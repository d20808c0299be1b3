//! Why input gives no bytes, and where.

use super::answer::AnswerError;
use super::checksum::{RangeError, SpecError};
use crate::codec::{EncodeError, Encoding, HexError, HexErrorKind, line_and_column};
use std::ops::Range;

/// Why input gives no bytes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// What to underline, in bytes of the input; on character boundaries. Empty if nothing that was typed is wrong.
    pub range: Range<usize>,
    /// The line in which the range begins, from 1.
    pub line: usize,
    /// The column at which the range begins, from 1, in characters.
    pub column: usize,
}

/// What is wrong with input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The encoding lacks this character, or would send the bytes of another one for it.
    NotInEncoding {
        /// The encoding chosen.
        encoding: Encoding,
        /// The first character that it lacks.
        character: char,
    },
    /// The input is not hex.
    Hex(HexErrorKind),
    /// A byte of hex is part of no text that can be typed in the encoding.
    NotText {
        /// The encoding chosen.
        encoding: Encoding,
        /// The first such byte: its offset, from 0.
        offset: usize,
        /// Its value.
        byte: u8,
    },
    /// A backslash that begins no escape.
    Escape(EscapeError),
    /// Data is too short for the range or the place of its checksum.
    Checksum(RangeError),
    /// A `${…}` of a template is wrong, or has no value for this send.
    Template(Box<TemplateError>),
}

/// What is wrong with a `${…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// There is no `}`.
    NotClosed,
    /// There is no variable of that name.
    UnknownName(String),
    /// In hex, and it does not say how many bytes it gives.
    NeedsType,
    /// A type of more than one byte that does not say in which order they are.
    ByteOrder(String),
    /// This is not possible there.
    Argument(String),
    /// Not a format of `strftime`.
    TimeFormat(String),
    /// Not `MIN..MAX`, or more than the type can hold.
    Range(String),
    /// It does not say how many random bytes or digits.
    NoCount,
    /// A question without a name.
    AskName,
    /// It does not say which checksum.
    NoChecksum,
    /// The text of a checksum is wrong.
    Checksum {
        /// The text.
        text: String,
        /// What is wrong with it.
        error: SpecError,
    },
    /// A checksum in a template has the place at which it stands, and `at=` is another one.
    ChecksumPlace,
    /// A group has the name of one before it.
    GroupTwice(String),
    /// A group ends and none is open.
    NoGroupOpen,
    /// A group does not end.
    GroupNotClosed,
    /// No group has that name.
    NoGroup(String),
    /// More groups, lengths or checksums than there can be.
    TooMany,
    /// A length or a checksum that is about itself.
    Cycle,
    /// A value does not fit its type.
    TooLarge {
        /// The value.
        value: i128,
        /// The least one that fits.
        least: i128,
        /// The greatest one that fits.
        most: i128,
    },
    /// The address of the target is not known.
    NoPeer,
    /// What is answered has no capture of that number.
    NoCapture {
        /// The number.
        number: String,
        /// How many there are.
        captures: usize,
    },
    /// The question of that name was not answered.
    NoAnswer(String),
    /// An answer is none.
    Answer {
        /// The name of the question.
        name: String,
        /// Why.
        error: AnswerError,
    },
}

/// Why a backslash begins no escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscapeError {
    /// Nothing follows it.
    Alone,
    /// This character follows it.
    Unknown(char),
    /// `\x` without two hex digits.
    Byte,
    /// `\u` without the hex digits of a character in braces.
    Character,
}

impl Error {
    pub(super) fn at(kind: ErrorKind, range: Range<usize>, input: &str) -> Self {
        let (line, column) = line_and_column(input, range.start);
        Self { kind, range, line, column }
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        let EncodeError { encoding, character, offset_bytes, line, column } = error;
        let kind = ErrorKind::NotInEncoding { encoding, character };
        Self { kind, range: offset_bytes..offset_bytes + character.len_utf8(), line, column }
    }
}

impl From<HexError> for Error {
    fn from(HexError { kind, range, line, column }: HexError) -> Self {
        Self { kind: ErrorKind::Hex(kind), range, line, column }
    }
}
