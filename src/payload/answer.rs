//! What the answer to a question of a payload may be, and why one is none.

/// What an answer may be. Both ends of a range are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// A whole number, decimal or, with `0x` before it, in hex.
    Number {
        /// The least one.
        least: i128,
        /// The greatest one.
        most: i128,
    },
    /// Text.
    Text {
        /// The least number of characters.
        least: usize,
        /// The greatest number of characters.
        most: usize,
    },
    /// Bytes in hex.
    Hex {
        /// The least number of bytes.
        least: usize,
        /// The greatest number of bytes.
        most: usize,
    },
}

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// It is no whole number.
    NotNumber,
    /// It is not hex.
    NotHex,
    /// It is a number outside of the range, or has more or fewer characters or bytes.
    Outside(QuestionKind),
}
