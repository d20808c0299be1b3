//! Hex as people type and paste it, to bytes. The rows of a dump, which have offsets and a character column,
//! are in `hex_dump`.

use super::hex_dump::parse_dump;
use super::hex_error::{HexError, HexErrorKind};

/// Reads hex input: the bytes, or the first thing that is wrong.
///
/// A byte is two hex digits. Bytes follow each other directly or are separated by any blank
/// (also tabs, line breaks and the full-width space), commas, semicolons, `，`, `；` and `、`, or, as
/// in hardware addresses, by one `-` or `:` directly between two digits. A byte or a sequence of
/// bytes may have `0x`, `0X`, `\x` or `\X` before it, or `h` or `H` after it (`0Ah`). Braces,
/// square brackets and double quotes are ignored, so that `{0x01, 0x02}` and `"\x01\x02"` can be
/// pasted. A single digit is always an error, also `0x1`.
///
/// The lines of a dump as `xxd`, `hexdump -C`, `od -A x -t x1z`, `tshark -x` and
/// [`write_dump`](super::write_dump) write them are recognised and read without their offsets
/// and characters; `*` for repeated lines is filled in. Lines are taken for a dump only if
/// all of them are dump rows and each offset follows from the bytes before it, and either there
/// are at least two, or the offset ends with a colon, or a column of characters shows the same
/// bytes. A dump that is recognised but damaged is an error and never read as plain hex.
///
/// Input without any digit gives no bytes.
///
/// # Errors
/// The first [`HexError`] in the order of the input.
pub fn parse_hex(input: &str) -> Result<Vec<u8>, HexError> {
    if let Some(dump) = parse_dump(input) {
        return dump;
    }
    parse_plain_hex(input)
}

/// Reads what [`parse_hex`] reads but for dumps.
///
/// # Errors
/// The first [`HexError`] in the order of the input.
pub fn parse_plain_hex(input: &str) -> Result<Vec<u8>, HexError> {
    let mut bytes = Vec::with_capacity(input.len() / 2);
    parse_plain(input, false, |byte| bytes.push(byte.value))?;
    Ok(bytes)
}

/// One byte of a pattern: those bytes whose bits under `mask` are those of `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexPatternByte {
    /// The bits that are asked for; 0 outside the mask.
    pub value: u8,
    /// The bits that count: 0xFF for a whole byte, 0xF0 for `A?`, 0x0F for `?A`, 0 for `??`.
    pub mask: u8,
}

impl HexPatternByte {
    /// Whether `byte` is one of those bytes.
    #[must_use]
    pub fn accepts(self, byte: u8) -> bool {
        byte & self.mask == self.value
    }
}

/// Reads a pattern to search for: what [`parse_hex`] reads, with `?` for any digit.
///
/// # Errors
/// The first [`HexError`] in the order of the input.
pub fn parse_hex_pattern(input: &str) -> Result<Vec<HexPatternByte>, HexError> {
    if let Some(dump) = parse_dump(input) {
        return Ok(dump?.into_iter().map(|value| HexPatternByte { value, mask: 0xFF }).collect());
    }
    let mut bytes = Vec::new();
    parse_plain(input, true, |byte| bytes.push(byte))?;
    Ok(bytes)
}

fn parse_plain(
    input: &str,
    has_wildcards: bool,
    mut push: impl FnMut(HexPatternByte),
) -> Result<(), HexError> {
    let error = |kind, range| HexError::new(kind, range, input);
    let pair = |text| pair(text, has_wildcards);
    let mut rest = input;
    // Whether the last thing read is a byte, so that `-`, `:` or `h` may follow.
    let mut after_byte = false;
    while let Some(character) = rest.chars().next() {
        let at = input.len() - rest.len();
        let prefixed = rest.strip_prefix(['0', '\\']).and_then(|rest| rest.strip_prefix(['x', 'X']));
        if let Some(digits) = prefixed {
            if pair(digits).is_none() {
                return Err(error(HexErrorKind::EmptyPrefix, at..at + 2));
            }
            (rest, after_byte) = (digits, false);
        } else if let Some((byte, after)) = pair(rest) {
            push(byte);
            (rest, after_byte) = (after, true);
        } else if is_separator(character) {
            (rest, after_byte) = (rest.get(character.len_utf8()..).unwrap_or_default(), false);
        } else if after_byte
            && matches!(character, '-' | ':')
            && pair(rest.get(1..).unwrap_or_default()).is_some()
        {
            rest = rest.get(1..).unwrap_or_default();
        } else if after_byte
            && matches!(character, 'h' | 'H')
            && ends_number(rest.get(1..).unwrap_or_default())
        {
            (rest, after_byte) = (rest.get(1..).unwrap_or_default(), false);
        } else {
            // A digit before a wrong letter is wrong because of the letter.
            let next =
                rest.chars().nth(1).filter(|next| next.is_alphanumeric() && !matches!(next, 'h' | 'H'));
            let is_digit = character.is_ascii_hexdigit() || has_wildcards && character == '?';
            let (kind, range) = match (is_digit, next) {
                (true, Some(letter)) => (HexErrorKind::NotHex(letter), at + 1..at + 1 + letter.len_utf8()),
                (true, None) => (HexErrorKind::LoneDigit(character), at..at + 1),
                (false, _) => (HexErrorKind::NotHex(character), at..at + character.len_utf8()),
            };
            return Err(error(kind, range));
        }
    }
    Ok(())
}

/// The byte that `text` begins with, and what follows.
fn pair(text: &str, has_wildcards: bool) -> Option<(HexPatternByte, &str)> {
    let digit = |character: char| match character {
        '?' if has_wildcards => Some((0, 0)),
        _ => character.to_digit(16).map(|digit| (digit as u8, 0xF)),
    };
    let mut characters = text.chars();
    let (high, high_mask) = digit(characters.next()?)?;
    let (low, low_mask) = digit(characters.next()?)?;
    let byte = HexPatternByte { value: high << 4 | low, mask: high_mask << 4 | low_mask };
    Some((byte, characters.as_str()))
}

fn ends_number(rest: &str) -> bool {
    rest.chars().next().is_none_or(is_separator)
}

fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, ',' | ';' | '，' | '；' | '、' | '{' | '}' | '[' | ']' | '"')
}

#[cfg(test)]
#[path = "hex_tests.rs"]
mod tests;
