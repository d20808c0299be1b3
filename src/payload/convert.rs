//! The same bytes in another format: text, hex, and text with escapes.

use super::escapes::write_escaped;
use super::template::{Token, read};
use super::{Context, Error, ErrorKind, Format, Options, Payload};
use crate::codec::{Encoding, RecordText, SpanKind, line_and_column, write_hex};
use std::fmt::Write as _;
use std::ops::Range;

/// Input in the format `to` that means the same bytes as `input` in the format `from`. Line endings are left as they
/// are typed. Empty input gives empty input.
///
/// # Errors
/// The input gives no bytes; or its bytes are not text in `encoding`, or text that the field cannot show.
pub fn convert(input: &str, from: Format, to: Format, encoding: Encoding) -> Result<String, Error> {
    let options = Options { format: from, ..Options::default() };
    let payload = Payload::parse(input, &options)?;
    let bytes = payload.build(&Context::of(encoding))?.bytes;
    match (from, to) {
        _ if from == to => Ok(input.to_owned()),
        // Line breaks that were typed get the ending that is chosen; escaped ones would not.
        (Format::Text, Format::Escaped) => Ok(input.replace('\\', "\\\\")),
        (_, Format::Hex) => {
            let mut hex = String::new();
            write_hex(&bytes, &mut hex, " ");
            Ok(hex)
        }
        (_, Format::Escaped) => Ok(escaped(&bytes, encoding)),
        (_, Format::Text) => text(&bytes, encoding).map_err(|offset| {
            let byte = bytes.get(offset).copied().unwrap_or_default();
            let range = match from {
                Format::Hex => digits_of(input, offset).unwrap_or(0..0),
                _ => payload.source_of(offset, encoding),
            };
            let (line, column) = line_and_column(input, range.start);
            Error { kind: ErrorKind::NotText { encoding, offset, byte }, range, line, column }
        }),
    }
}

/// The same for a template: what stands between its variables, which stay as they are.
///
/// # Errors
/// As [`convert`], and where a variable does not end or is not known.
pub fn convert_template(input: &str, from: Format, to: Format, encoding: Encoding) -> Result<String, Error> {
    if from == to {
        return convert(input, from, to, encoding);
    }
    let mut out = String::new();
    let mut push = |converted: &str| {
        if to == Format::Hex && !out.is_empty() && !converted.is_empty() {
            out.push(' ');
        }
        out.push_str(converted);
    };
    let literal = |part: Range<usize>| {
        let start = part.start;
        let text = convert(&input[part], from, to, encoding).map_err(|error| {
            Error::at(error.kind, start + error.range.start..start + error.range.end, input)
        })?;
        // Bytes that spell one.
        Ok::<_, Error>(if to == Format::Hex { text } else { text.replace("${", "${$}{") })
    };
    let mut start = 0;
    while let Some(place) = input[start..].find("${") {
        let at = start + place;
        push(&literal(start..at)?);
        // Whether its type fits the format is seen when it is read in this.
        let (token, source) = read(input, at, false, None)?;
        start = source.end;
        match token {
            Token::Dollar if to == Format::Hex => push(&convert("$", Format::Text, to, encoding)?),
            _ => push(&input[source]),
        }
    }
    push(&literal(start..input.len())?);
    Ok(out)
}

/// The text of bytes, or the offset of the first byte that has none.
fn text(bytes: &[u8], encoding: Encoding) -> Result<String, usize> {
    let decoded = RecordText::decode(encoding, &[], bytes);
    if let Some(offset) = first_not_text(&decoded) {
        return Err(offset);
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
        return Err(offset.min(bytes.len().saturating_sub(1)));
    }
    Ok(text)
}

/// The text of bytes, with escapes for those that have none.
fn escaped(bytes: &[u8], encoding: Encoding) -> String {
    let decoded = RecordText::decode(encoding, &[], bytes);
    let mut text = String::new();
    let as_bytes = |bytes: &[u8], text: &mut String| {
        for byte in bytes {
            let _ = write!(text, "\\x{byte:02X}");
        }
    };
    for span in decoded.spans() {
        match span.kind {
            SpanKind::Plain => {
                decoded.text()[span.text].chars().for_each(|character| write_escaped(character, &mut text));
            }
            SpanKind::Control(character @ ('\r' | '\n' | '\t' | '\0')) => {
                for _ in span.bytes.step_by(span.bytes_per_unit) {
                    write_escaped(character, &mut text);
                }
            }
            SpanKind::Control(character) if span.bytes_per_unit > 1 || !character.is_ascii() => {
                for _ in span.bytes.step_by(span.bytes_per_unit) {
                    let _ = write!(text, "\\u{{{:X}}}", u32::from(character));
                }
            }
            _ => as_bytes(&bytes[span.bytes], &mut text),
        }
    }
    let options = Options { format: Format::Escaped, ..Options::default() };
    if super::encode(&text, &options, encoding).is_ok_and(|again| again == bytes) {
        return text;
    }
    // Several byte sequences stand for one of its characters.
    let mut text = String::new();
    as_bytes(bytes, &mut text);
    text
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
    use crate::codec::parse_hex;
    use crate::payload::encode;
    use proptest::prelude::*;

    #[test]
    fn text_and_hex_are_converted_both_ways() {
        for (encoding, text, hex) in [
            (Encoding::Utf8, "hello AB\r\n", "68 65 6C 6C 6F 20 41 42 0D 0A"),
            (Encoding::Gbk, "温度", "CE C2 B6 C8"),
            (Encoding::Utf16Le, "a", "61 00"),
            (Encoding::Utf8, "", ""),
        ] {
            assert_eq!(convert(text, Format::Text, Format::Hex, encoding).as_deref(), Ok(hex));
            assert_eq!(convert(hex, Format::Hex, Format::Text, encoding).as_deref(), Ok(text));
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
            let error = convert(hex, Format::Hex, Format::Text, encoding).unwrap_err();
            let byte = parse_hex(hex).unwrap()[offset];
            assert_eq!(error.kind, ErrorKind::NotText { encoding, offset, byte }, "{hex}");
            assert_eq!(error.range, range, "{hex}");
        }
        let error = convert("4", Format::Hex, Format::Text, Encoding::Utf8).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Hex(_)));
        let error = convert("a😀", Format::Text, Format::Hex, Encoding::Gbk).unwrap_err();
        assert_eq!(error.range, 1..5);
    }

    #[test]
    fn escapes_stand_for_what_is_no_text() {
        for (encoding, escaped, hex) in [
            (Encoding::Utf8, r"\x02AT\r\n\x03", "02 41 54 0D 0A 03"),
            (Encoding::Utf8, r"a\\\0\xFF", "61 5C 00 FF"),
            (Encoding::Gbk, r"温度\x81", "CE C2 B6 C8 81"),
            (Encoding::Utf16Le, r"\r\u{2}", "0D 00 02 00"),
            (Encoding::Utf8, "", ""),
        ] {
            assert_eq!(convert(hex, Format::Hex, Format::Escaped, encoding).as_deref(), Ok(escaped));
            assert_eq!(convert(escaped, Format::Escaped, Format::Hex, encoding).as_deref(), Ok(hex));
        }
        let utf8 = Encoding::Utf8;
        assert_eq!(convert("C:\\x\n", Format::Text, Format::Escaped, utf8).as_deref(), Ok("C:\\\\x\n"));
        assert_eq!(convert("C:\\\\x\\n", Format::Escaped, Format::Text, utf8).as_deref(), Ok("C:\\x\n"));
        assert_eq!(convert("\\q", Format::Escaped, Format::Escaped, utf8).unwrap_err().range, 0..2);
        // A byte that is no text is shown where its escape stands.
        let error = convert(r"ab\x41\xFFc", Format::Escaped, Format::Text, utf8).unwrap_err();
        assert_eq!(
            (error.kind, error.range),
            (ErrorKind::NotText { encoding: utf8, offset: 3, byte: 0xFF }, 2..10)
        );
    }

    #[test]
    fn the_variables_of_a_template_stay() {
        let utf8 = Encoding::Utf8;
        for (text, hex) in [
            ("AT${counter:u8}B${$}{", "41 54 ${counter:u8} 42 24 7B"),
            ("${len:u8}${group}${/group}", "${len:u8} ${group} ${/group}"),
            ("plain", "70 6C 61 69 6E"),
        ] {
            assert_eq!(convert_template(text, Format::Text, Format::Hex, utf8).as_deref(), Ok(hex));
            assert_eq!(convert_template(hex, Format::Hex, Format::Text, utf8).as_deref(), Ok(text));
        }
        let error = convert_template("41 ${counter} 0A FF", Format::Hex, Format::Text, utf8).unwrap_err();
        assert_eq!(error.range, 17..19);
        assert_eq!(
            convert_template("a\\${len}", Format::Text, Format::Escaped, utf8).unwrap(),
            "a\\\\${len}"
        );
        // Bytes that spell a variable stay bytes.
        for to in [Format::Text, Format::Escaped] {
            let spelled = convert_template("24 7B 6C 65 6E 7D", Format::Hex, to, utf8);
            assert_eq!(spelled.as_deref(), Ok("${$}{len}"));
        }
        assert!(convert_template("${x}", Format::Text, Format::Hex, utf8).is_err());
    }

    proptest! {
        #[test]
        fn a_converted_payload_means_the_same_bytes(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x20..0x7Fu8], 0..40),
            encoding in prop::sample::select(&Encoding::ALL[..]),
        ) {
            let mut hex = String::new();
            write_hex(&bytes, &mut hex, " ");
            for format in [Format::Text, Format::Escaped] {
                let Ok(text) = convert(&hex, Format::Hex, format, encoding) else {
                    prop_assert_eq!(format, Format::Text, "there is an escape for everything");
                    continue;
                };
                let options = Options { format, ..Options::default() };
                prop_assert_eq!(encode(&text, &options, encoding).unwrap(), &*bytes);
                prop_assert_eq!(convert(&text, format, Format::Hex, encoding).unwrap(), &*hex);
                let other = if format == Format::Text { Format::Escaped } else { Format::Text };
                if let Ok(other_text) = convert(&text, format, other, encoding) {
                    let options = Options { format: other, ..Options::default() };
                    prop_assert_eq!(encode(&other_text, &options, encoding).unwrap(), &*bytes);
                }
            }
        }
    }
}
