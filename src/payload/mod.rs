//! What a user typed to be sent, turned into bytes: text in an encoding with a line ending, or hex.
//!
//! Used by the window's composer and by the command line's standard input, so that the same input gives the
//! same bytes and the same errors in both. No I/O, no clock, no words: `lang::explain_payload` puts an
//! [`Error`] into sentences. Start with [`encode`].

pub mod checksum;
mod convert;
mod line_encoder;

pub use convert::convert;
pub use line_encoder::LineEncoder;

use crate::codec::{EncodeError, Encoding, HexError, HexErrorKind, LineEnding, parse_hex};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How typed input is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Characters, encoded in [`Options::encoding`].
    #[default]
    Text,
    /// Hex digits or a hex dump, as [`parse_hex`] reads them.
    Hex,
}

/// How input becomes bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How the input is read.
    pub format: Format,
    /// The encoding of text; not used for hex.
    pub encoding: Encoding,
    /// What ends each line of text, see [`LineEnding::apply`]; not used for hex.
    pub line_ending: LineEnding,
}

/// Why input gives no bytes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// What to underline, in bytes of the input; on character boundaries.
    pub range: Range<usize>,
    /// The line in which the range begins, from 1.
    pub line: usize,
    /// The column at which the range begins, from 1, in characters.
    pub column: usize,
}

/// What is wrong with input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// The bytes that `input` means.
///
/// Empty input gives no bytes as hex, and as text the line ending alone.
///
/// # Errors
/// The first [`Error`] in the order of the input. There are never bytes for a part of it.
pub fn encode(input: &str, options: Options) -> Result<Vec<u8>, Error> {
    let Options { format: Format::Text, encoding, line_ending } = options else {
        return Ok(parse_hex(input)?);
    };
    let mut bytes = Vec::with_capacity(input.len() + 2);
    // Encoded as typed first, so that an error's range is one of the input.
    encoding.encode(input, &mut bytes)?;
    if line_ending != LineEnding::None {
        bytes.clear();
        // Cannot fail: every encoding has the characters of a line ending.
        encoding.encode(&line_ending.apply(input), &mut bytes)?;
    }
    Ok(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(encoding: Encoding, line_ending: LineEnding) -> Options {
        Options { format: Format::Text, encoding, line_ending }
    }

    const HEX: Options =
        Options { format: Format::Hex, encoding: Encoding::Utf16Le, line_ending: LineEnding::CrLf };

    #[test]
    fn text_is_encoded_with_its_line_endings() {
        for (encoding, ending, input, expected) in [
            (Encoding::Utf8, LineEnding::None, "a\r\nb\n", &b"a\r\nb\n"[..]),
            (Encoding::Utf8, LineEnding::None, "", b""),
            (Encoding::Utf8, LineEnding::CrLf, "", b"\r\n"),
            (Encoding::Utf8, LineEnding::CrLf, "a\nb", b"a\r\nb\r\n"),
            (Encoding::Gbk, LineEnding::Lf, "你好", b"\xC4\xE3\xBA\xC3\n"),
            (Encoding::Utf16Be, LineEnding::CrLf, "你", b"\x4F\x60\x00\r\x00\n"),
        ] {
            assert_eq!(encode(input, text(encoding, ending)).as_deref(), Ok(expected), "{input:?}");
        }
    }

    #[test]
    fn hex_is_sent_as_it_is_whatever_the_text_options_say() {
        assert_eq!(encode("0x01, 03 00\n0A", HEX), Ok(vec![1, 3, 0, 10]));
        assert_eq!(encode("", HEX), Ok(vec![]));
    }

    #[test]
    fn an_error_has_the_range_of_what_is_wrong_in_the_input() {
        // The line ending does not shift the range.
        let input = "好\n你好 한!";
        let error = encode(input, text(Encoding::Gbk, LineEnding::CrLf)).unwrap_err();
        let kind = ErrorKind::NotInEncoding { encoding: Encoding::Gbk, character: '한' };
        assert_eq!(error, Error { kind, range: 11..14, line: 2, column: 4 });
        let error = encode("01\n0G", HEX).unwrap_err();
        let kind = ErrorKind::Hex(HexErrorKind::NotHex('G'));
        assert_eq!(error, Error { kind, range: 4..5, line: 2, column: 2 });
    }

    proptest! {
        #[test]
        fn any_input_gives_bytes_or_a_range_of_it(
            input in "[0-9a-fA-FxG中한😀 \r\n]{0,20}",
            encoding in proptest::sample::select(&Encoding::ALL[..]),
            line_ending in proptest::sample::select(&LineEnding::ALL[..]),
            is_hex in any::<bool>(),
        ) {
            let format = if is_hex { Format::Hex } else { Format::Text };
            if let Err(error) = encode(&input, Options { format, encoding, line_ending }) {
                prop_assert!(input.get(error.range.clone()).is_some_and(|marked| !marked.is_empty()));
                let before = &input[..error.range.start];
                let before = encode(before, text(encoding, line_ending));
                prop_assert!(before.is_ok() || is_hex);
            }
        }
    }
}
