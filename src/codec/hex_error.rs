//! Why an input is not hex, and where.

use std::fmt;
use std::ops::Range;

use super::encoding::describe;
use super::place::line_and_column;

/// Why an input is not hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HexErrorKind {
    /// A character that has no place in hex input.
    NotHex(char),
    /// A hex digit without its partner: a byte takes two.
    LoneDigit(char),
    /// `0x` or `\x` without two digits after it.
    EmptyPrefix,
    /// A line among those of a dump that is not an offset and its bytes.
    NotDumpRow,
    /// The character column of a dump does not show the bytes beside it.
    ColumnDiffers,
    /// The dump shows words, and nothing tells in which order their bytes are.
    UnknownWordOrder,
    /// An offset of a dump does not follow from the bytes before it.
    OffsetJump {
        /// The offset that would follow.
        expected: u64,
        /// The offset that is there.
        found: u64,
    },
    /// Lines that a dump leaves out with `*` cannot be known or are more than 16 MiB.
    LeftOutRows,
}

/// Where and why an input is not hex. Nothing of it is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct HexError {
    /// What is wrong.
    pub kind: HexErrorKind,
    /// What to mark, in bytes of the input.
    pub range: Range<usize>,
    /// The line where the range begins, from 1.
    pub line: usize,
    /// The column where the range begins, from 1, in characters.
    pub column: usize,
}

impl HexError {
    pub(super) fn new(kind: HexErrorKind, range: Range<usize>, input: &str) -> Self {
        let (line, column) = line_and_column(input, range.start);
        Self { kind, range, line, column }
    }
}

impl fmt::Display for HexError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format_args!("line {}, column {}", self.line, self.column);
        match self.kind {
            HexErrorKind::NotHex(character) => {
                let named = describe(character);
                write!(formatter, "{named} is not a hex digit ({place}). ")?;
                match half_width(character) {
                    Some(digit) => write!(formatter, "Type the half-width {digit} instead"),
                    None => write!(formatter, "Use 0–9 and A–F, two digits for each byte"),
                }
            }
            HexErrorKind::LoneDigit(digit) => write!(
                formatter,
                "The digit {digit} has no second one ({place}). A byte takes two: write 0{digit}, or add what is missing"
            ),
            HexErrorKind::EmptyPrefix => write!(
                formatter,
                "The prefix is not followed by two hex digits ({place}). Write 0x01, not 0x1"
            ),
            HexErrorKind::NotDumpRow => write!(
                formatter,
                "The other lines are those of a hex dump, this one is not (line {}). Remove it, or remove the offsets and the character column",
                self.line
            ),
            HexErrorKind::ColumnDiffers => write!(
                formatter,
                "The character column does not match the bytes ({place}). Paste the line whole, with its bytes in order (not xxd -e)"
            ),
            HexErrorKind::UnknownWordOrder => write!(
                formatter,
                "The dump shows words whose byte order is not known ({place}). Dump single bytes, as hexdump -C and xxd -g1 do, or remove the offsets"
            ),
            HexErrorKind::OffsetJump { expected, found } => write!(
                formatter,
                "The offset {found:X} follows where {expected:X} is due ({place}). Paste one dump with all its lines, or remove the offsets"
            ),
            HexErrorKind::LeftOutRows => write!(
                formatter,
                "The lines that * stands for cannot be filled in ({place}). Dump all lines, as hexdump -v does"
            ),
        }
    }
}

/// The hex digit that a full-width character looks like.
fn half_width(character: char) -> Option<char> {
    let number = u32::from(character).checked_sub(0xFEE0)?;
    char::from_u32(number).filter(char::is_ascii_hexdigit)
}
