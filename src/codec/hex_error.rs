//! Why an input is not hex, and where.

use std::ops::Range;

use super::line_column::line_and_column;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
