//! What a user typed to be sent, turned into bytes: text in an encoding with a line ending, text with escapes, or hex,
//! with a checksum.
//!
//! Used by the window's composer and by the command line, so that the same input gives the same bytes and the same
//! errors in both. No I/O, no clock, no words: `lang::explain_payload` puts an [`Error`] into sentences. Start with
//! [`Payload::parse`] and [`Payload::build`].

mod answer;
pub mod checksum;
mod context;
mod convert;
mod delivery;
mod error;
mod escapes;
mod evaluated;
mod line_encoder;
mod parsed;
mod pieces;
mod template;
#[cfg(test)]
mod tests;

pub use answer::{AnswerError, QuestionKind};
pub use context::{Answers, Built, Captures, Context, PartKind};
pub use convert::{convert, convert_template};
pub use delivery::{Cuts, CutsError, DEFAULT_GAP, Delivery, MOST_GLUED, Pieces};
pub use error::{Error, ErrorKind, EscapeError, TemplateError};
pub use line_encoder::LineEncoder;
pub use parsed::Payload;
pub use template::Question;

use crate::codec::{Encoding, LineEnding};
use serde::{Deserialize, Serialize};

/// How typed input is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Characters, encoded for the recipient.
    #[default]
    Text,
    /// Hex digits or a hex dump, as [`parse_hex`](crate::codec::parse_hex) reads them.
    Hex,
    /// Characters, where a backslash begins an escape: `\r`, `\n`, `\t`, `\0`, `\\`, `\xNN` for a byte and
    /// `\u{4F60}` for a character.
    Escaped,
}

impl Format {
    /// All formats, in the order in which the window offers them.
    pub const ALL: [Self; 3] = [Self::Text, Self::Hex, Self::Escaped];
}

/// How input becomes bytes. The encoding is not among it: it belongs to the recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How the input is read.
    pub format: Format,
    /// What ends each line of text, see [`LineEnding::apply`]; not used for hex.
    pub line_ending: LineEnding,
    /// Whether `${…}` stands for a value, see `docs/templates.md`.
    pub is_template: bool,
    /// The checksum that is added, before the line ending. A payload without bytes gets none.
    pub checksum: Option<checksum::Spec>,
}

/// The bytes that `input` means for a recipient of this encoding.
///
/// Empty input gives no bytes as hex, and as text the line ending alone.
///
/// # Errors
/// The first [`Error`] in the order of the input, those that are wrong for every recipient before others. There are
/// never bytes for a part of it.
pub fn encode(input: &str, options: &Options, encoding: Encoding) -> Result<Vec<u8>, Error> {
    Ok(Payload::parse(input, options)?.build(&Context::of(encoding))?.bytes)
}

/// The bytes of characters that every encoding has.
fn encoded(ascii: &str, encoding: Encoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    let result = encoding.encode(ascii, &mut bytes);
    debug_assert!(result.is_ok(), "{ascii:?} in {encoding}");
    bytes
}
