//! Typed payloads: their bytes, and the places of errors.

mod documented;
mod templates;

use super::*;
use crate::codec::HexErrorKind;
use proptest::prelude::*;

fn options(format: Format, line_ending: LineEnding) -> Options {
    Options { format, line_ending, ..Options::default() }
}

fn text(line_ending: LineEnding) -> Options {
    options(Format::Text, line_ending)
}

fn hex(input: &str) -> Result<Vec<u8>, Error> {
    encode(input, &options(Format::Hex, LineEnding::CrLf), Encoding::Utf16Le)
}

fn escaped(input: &str, encoding: Encoding) -> Result<Vec<u8>, Error> {
    encode(input, &options(Format::Escaped, LineEnding::None), encoding)
}

fn spec(text: &str) -> Option<checksum::Spec> {
    Some(text.parse().unwrap())
}

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
        assert_eq!(encode(input, &text(ending), encoding).as_deref(), Ok(expected), "{input:?}");
    }
}

#[test]
fn hex_is_sent_as_it_is_whatever_the_text_options_say() {
    assert_eq!(hex("0x01, 03 00\n0A"), Ok(vec![1, 3, 0, 10]));
    assert_eq!(hex(""), Ok(vec![]));
}

#[test]
fn an_error_has_the_range_of_what_is_wrong_in_the_input() {
    // The line ending does not shift the range.
    let input = "好\n你好 한!";
    let error = encode(input, &text(LineEnding::CrLf), Encoding::Gbk).unwrap_err();
    let kind = ErrorKind::NotInEncoding { encoding: Encoding::Gbk, character: '한' };
    assert_eq!(error, Error { kind, range: 11..14, line: 2, column: 4 });
    let error = hex("01\n0G").unwrap_err();
    let kind = ErrorKind::Hex(HexErrorKind::NotHex('G'));
    assert_eq!(error, Error { kind, range: 4..5, line: 2, column: 2 });
}

#[test]
fn escapes_stand_for_characters_and_bytes() {
    for (encoding, input, expected) in [
        (Encoding::Utf8, r"a\r\n\t\0\\", &b"a\r\n\t\0\\"[..]),
        (Encoding::Utf8, r"\x02你\xFF\x00", b"\x02\xE4\xBD\xA0\xFF\x00"),
        (Encoding::Utf8, r"\u{4f60}\u{1F600}", "你😀".as_bytes()),
        (Encoding::Gbk, r"\u{4F60}\xC4", b"\xC4\xE3\xC4"),
        (Encoding::Utf16Be, r"\0\x01\u{41}", b"\0\0\x01\0A"),
        (Encoding::Utf8, "${x}", b"${x}"),
    ] {
        assert_eq!(escaped(input, encoding).as_deref(), Ok(expected), "{input}");
    }
    // A typed line break gets the ending that was chosen, an escaped one is exactly itself.
    let crlf = options(Format::Escaped, LineEnding::CrLf);
    assert_eq!(encode("a\\n\nb", &crlf, Encoding::Utf8).as_deref(), Ok(&b"a\n\r\nb\r\n"[..]));
}

#[test]
fn what_is_no_escape_is_an_error_at_its_place() {
    for (input, kind, range) in [
        ("ab\\", EscapeError::Alone, 2..3),
        ("你\\q", EscapeError::Unknown('q'), 3..5),
        ("\\你", EscapeError::Unknown('你'), 0..4),
        ("\\1", EscapeError::Unknown('1'), 0..2),
        ("\\N", EscapeError::Unknown('N'), 0..2),
        ("\\x", EscapeError::Byte, 0..2),
        ("\\x4", EscapeError::Byte, 0..2),
        ("\\x+4", EscapeError::Byte, 0..2),
        ("\\x4你", EscapeError::Byte, 0..2),
        ("\\u", EscapeError::Character, 0..2),
        ("\\u4f60", EscapeError::Character, 0..2),
        ("\\u{}", EscapeError::Character, 0..2),
        ("\\u{110000}", EscapeError::Character, 0..2),
        ("\\u{D800}", EscapeError::Character, 0..2),
        ("\\u{+41}", EscapeError::Character, 0..2),
        ("\\u{0000041}", EscapeError::Character, 0..2),
        ("\\u{41", EscapeError::Character, 0..2),
    ] {
        let error = escaped(input, Encoding::Utf8).unwrap_err();
        assert_eq!((error.kind, error.range), (ErrorKind::Escape(kind), range), "{input}");
    }
    // What the encoding lacks is shown where its escape stands.
    let error = escaped("a\n\\u{1F600}", Encoding::Gbk).unwrap_err();
    assert_eq!((error.range, error.line, error.column), (2..11, 2, 1));
}

#[test]
fn a_checksum_is_added_before_the_line_ending() {
    let modbus = Options { checksum: spec("MODBUS"), ..options(Format::Hex, LineEnding::CrLf) };
    let built =
        Payload::parse("01 03 00 0A 00 01", &modbus).unwrap().build(&Context::of(Encoding::Utf8)).unwrap();
    assert_eq!(built.bytes, [1, 3, 0, 10, 0, 1, 0xA4, 8]);
    assert_eq!(built.parts, [(0..6, PartKind::Typed), (6..8, PartKind::Checksum)]);
    assert_eq!(encode("", &modbus, Encoding::Utf8).unwrap(), b"", "a payload without bytes stays one");

    let with =
        |checksum, format, line_ending| Options { checksum: spec(checksum), ..options(format, line_ending) };
    for (input, options, encoding, expected) in [
        ("12", with("sum8", Format::Text, LineEnding::CrLf), Encoding::Utf8, &b"12\x63\r\n"[..]),
        ("12", with("sum8,hex", Format::Text, LineEnding::CrLf), Encoding::Utf8, b"1263\r\n"),
        ("1", with("sum8,hex", Format::Text, LineEnding::Lf), Encoding::Utf16Le, b"1\x003\x001\x00\n\x00"),
        ("1", with("sum8", Format::Text, LineEnding::None), Encoding::Utf16Le, b"1\x00\x31"),
        ("31", with("sum8,hex", Format::Hex, LineEnding::None), Encoding::Utf16Le, b"131"),
        (
            "\\x02ab\\x03",
            with("sum8,from=1,to=-1,at=-1", Format::Escaped, LineEnding::None),
            Encoding::Utf8,
            b"\x02ab\xC3\x03",
        ),
        ("ab", with("sum8,at=0", Format::Text, LineEnding::None), Encoding::Utf8, b"\xC3ab"),
    ] {
        assert_eq!(encode(input, &options, encoding).as_deref(), Ok(expected), "{input} {options:?}");
    }
    for wrong in ["sum8,from=3", "sum8,at=3", "sum8,at=-3"] {
        let options = Options { checksum: spec(wrong), ..Options::default() };
        let error = encode("ab", &options, Encoding::Utf8).unwrap_err();
        assert!(
            matches!(error, Error { kind: ErrorKind::Checksum(_), range, .. } if range.is_empty()),
            "{wrong}"
        );
    }
}

#[test]
fn raw_bytes_are_sent_as_they_are() {
    let raw = Payload::raw(*b"\x00\xFF");
    assert!(raw.is_fixed());
    let built = raw.build(&Context::of(Encoding::Utf16Le)).unwrap();
    assert_eq!((built.bytes, built.parts), (vec![0, 0xFF], vec![(0..2, PartKind::Typed)]));
}

proptest! {
    #[test]
    fn any_input_gives_bytes_or_a_range_of_it(
        input in "[0-9a-fA-FxG中한😀 \r\n\\\\u{}]{0,20}",
        encoding in proptest::sample::select(&Encoding::ALL[..]),
        line_ending in proptest::sample::select(&LineEnding::ALL[..]),
        format in proptest::sample::select(&Format::ALL[..]),
    ) {
        if let Err(error) = encode(&input, &options(format, line_ending), encoding) {
            prop_assert!(input.get(error.range.clone()).is_some_and(|marked| !marked.is_empty()));
            let before = &input[..error.range.start];
            let before = encode(before, &options(format, line_ending), encoding);
            prop_assert!(before.is_ok() || format != Format::Text);
        }
    }
}
