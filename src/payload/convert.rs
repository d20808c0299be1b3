//! The same bytes in the other format: text as hex, and hex as text.

use super::{Error, ErrorKind, Format, Options, encode};
use crate::codec::{Encoding, LineEnding, RecordText, SpanKind, parse_hex, write_hex};
use std::ops::Range;

/// Input in the format `to` that means the same bytes as `input` in the other format. Line endings are left as
/// they are typed. Empty input gives empty input.
///
/// # Errors
/// The input gives no bytes; or its bytes are not text in `encoding`, or text that the field cannot show.
pub fn convert(input: &str, to: Format, encoding: Encoding) -> Result<String, Error> {
    let text = Options { format: Format::Text, encoding, line_ending: LineEnding::None };
    if to == Format::Hex {
        let mut hex = String::new();
        write_hex(&encode(input, text)?, &mut hex, " ");
        return Ok(hex);
    }
    let bytes = parse_hex(input)?;
    let decoded = RecordText::decode(encoding, &[], &bytes);
    if let Some(offset) = first_not_text(&decoded) {
        return Err(not_text(input, encoding, &bytes, offset));
    }
    let mut text = String::new();
    for span in decoded.spans() {
        match span.kind {
            SpanKind::Control(character) => {
                text.extend(span.bytes.step_by(span.bytes_per_unit).map(|_| character));
            }
            _ => text.push_str(&decoded.text()[span.text]),
        }
    }
    // Several byte sequences may stand for one character: the text must mean these bytes and no others.
    let mut again = Vec::new();
    let is_same = encoding.encode(&text, &mut again).is_ok() && again == bytes;
    if !is_same {
        let offset = bytes.iter().zip(&again).take_while(|(byte, other)| byte == other).count();
        return Err(not_text(input, encoding, &bytes, offset.min(bytes.len().saturating_sub(1))));
    }
    Ok(text)
}

/// The offset of the first byte that is part of no character, or of one that a text field cannot show.
fn first_not_text(text: &RecordText) -> Option<usize> {
    let is_shown = |character| matches!(character, '\t' | '\r' | '\n');
    let wrong = text.spans().find(|span| match span.kind {
        SpanKind::Plain => false,
        SpanKind::Control(character) => !is_shown(character),
        SpanKind::Invalid | SpanKind::Pending => true,
    });
    wrong.map(|span| span.bytes.start)
}

fn not_text(input: &str, encoding: Encoding, bytes: &[u8], offset: usize) -> Error {
    let byte = bytes.get(offset).copied().unwrap_or_default();
    let range = digits_of(input, offset).unwrap_or(0..0);
    let before = &input[..range.start];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.chars().rev().take_while(|character| *character != '\n').count();
    Error { kind: ErrorKind::NotText { encoding, offset, byte }, range, line, column }
}

/// The place of the digits of a byte, in bytes of an input of pairs of digits; `None` for dumps and prefixes.
fn digits_of(input: &str, offset: usize) -> Option<Range<usize>> {
    if !input.chars().all(|character| character.is_ascii_hexdigit() || character.is_whitespace()) {
        return None;
    }
    let mut digits = input.char_indices().filter(|(_, character)| character.is_ascii_hexdigit());
    let (start, _) = digits.nth(offset * 2)?;
    let (last, _) = digits.next()?;
    Some(start..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_and_hex_are_converted_both_ways() {
        for (encoding, text, hex) in [
            (Encoding::Utf8, "hello AB\r\n", "68 65 6C 6C 6F 20 41 42 0D 0A"),
            (Encoding::Gbk, "温度", "CE C2 B6 C8"),
            (Encoding::Utf16Le, "a", "61 00"),
            (Encoding::Utf8, "", ""),
        ] {
            assert_eq!(convert(text, Format::Hex, encoding).as_deref(), Ok(hex));
            assert_eq!(convert(hex, Format::Text, encoding).as_deref(), Ok(text));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_place() {
        for (encoding, hex, offset, range) in [
            (Encoding::Utf8, "41 ff 42", 1, 3..5),
            (Encoding::Utf8, "41\n4200", 2, 5..7),
            (Encoding::Utf8, "41 e6 b8", 1, 3..5),
            (Encoding::Gbk, "41 81", 1, 3..5),
        ] {
            let error = convert(hex, Format::Text, encoding).unwrap_err();
            let byte = parse_hex(hex).unwrap()[offset];
            assert_eq!(error.kind, ErrorKind::NotText { encoding, offset, byte }, "{hex}");
            assert_eq!(error.range, range, "{hex}");
        }
        let error = convert("4", Format::Text, Encoding::Utf8).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Hex(_)));
        let error = convert("a😀", Format::Hex, Encoding::Gbk).unwrap_err();
        assert_eq!(error.range, 1..5);
    }

    proptest! {
        #[test]
        fn a_converted_payload_means_the_same_bytes(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            encoding in prop::sample::select(&Encoding::ALL[..]),
        ) {
            let mut hex = String::new();
            write_hex(&bytes, &mut hex, " ");
            if let Ok(text) = convert(&hex, Format::Text, encoding) {
                let options = Options { format: Format::Text, encoding, line_ending: LineEnding::None };
                prop_assert_eq!(encode(&text, options).unwrap(), bytes);
                prop_assert_eq!(convert(&text, Format::Hex, encoding).unwrap(), hex);
            }
        }
    }
}
