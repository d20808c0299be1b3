//! Why input gives no bytes, and where.

use super::checksum::RangeError;
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
    /// The payload is too short for the range or the place of the checksum that is added to it.
    Checksum(RangeError),
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
