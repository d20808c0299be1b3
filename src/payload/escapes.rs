//! Text with escapes: `\r`, `\n`, `\t`, `\0`, `\\`, `\xNN` for a byte, and `\u{4F60}` for a character.

use super::error::{Error, ErrorKind, EscapeError};
use super::pieces::{Piece, Text, push_text};
use crate::codec::LineEnding;
use std::ops::Range;

/// The pieces of a part of the input. The characters of escapes are encoded like typed ones; the bytes of `\xNN` are
/// sent as they are.
pub(super) fn push_escaped(
    input: &str,
    part: Range<usize>,
    ending: LineEnding,
    pieces: &mut Vec<Piece>,
) -> Result<(), Error> {
    let mut start = part.start;
    while let Some(place) = input[start..part.end].find('\\') {
        let at = start + place;
        push_text(input, start..at, ending, pieces);
        let wrong = |error, length| Error::at(ErrorKind::Escape(error), at..at + length, input);
        let rest = &input[at + 1..part.end];
        let Some(kind) = rest.chars().next() else {
            return Err(match input[at + 1..].chars().next() {
                None => wrong(EscapeError::Alone, 1),
                // A variable follows.
                Some(character) => wrong(EscapeError::Unknown(character), 2),
            });
        };
        let (character, length) = match kind {
            'r' => ('\r', 2),
            'n' => ('\n', 2),
            't' => ('\t', 2),
            '0' => ('\0', 2),
            '\\' => ('\\', 2),
            'x' => {
                let digits = rest.get(1..3).filter(|digits| is_hex(digits));
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                let byte = byte.ok_or_else(|| wrong(EscapeError::Byte, 2))?;
                match pieces.last_mut() {
                    Some(Piece::Bytes { bytes, source }) if source.end == at => {
                        bytes.push(byte);
                        source.end = at + 4;
                    }
                    _ => pieces.push(Piece::Bytes { bytes: vec![byte], source: at..at + 4 }),
                }
                start = at + 4;
                continue;
            }
            'u' => {
                let (character, length) =
                    code_point(&rest[1..]).ok_or_else(|| wrong(EscapeError::Character, 2))?;
                (character, 2 + length)
            }
            other => return Err(wrong(EscapeError::Unknown(other), 1 + other.len_utf8())),
        };
        pieces.push(Piece::Text(Text { characters: character.into(), source: at..at + length }));
        start = at + length;
    }
    push_text(input, start..part.end, ending, pieces);
    Ok(())
}

/// The character of 1 to 6 hex digits in braces at the beginning of a text, and the length of all this.
fn code_point(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix('{')?;
    let digits = &digits[..digits.find('}')?];
    let number = u32::from_str_radix(Some(digits).filter(|digits| is_hex(digits) && digits.len() <= 6)?, 16);
    Some((char::from_u32(number.ok()?)?, digits.len() + 2))
}

/// Whether a text is hex digits; reading a number would also take a sign.
fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Appends a character of text so that it reads as itself; line breaks are escaped.
pub(super) fn write_escaped(character: char, out: &mut String) {
    match character {
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\0' => out.push_str("\\0"),
        '\\' => out.push_str("\\\\"),
        _ => out.push(character),
    }
}
