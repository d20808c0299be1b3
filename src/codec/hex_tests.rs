//! Tests of `hex`: what is accepted, and what is wrong at which place.

use proptest::prelude::*;

use super::*;
use crate::codec::write_hex;

#[test]
fn plain_hex_is_read() {
    for (input, expected) in [
        ("", &[][..]),
        (" \r\n\t\u{3000}", &[]),
        ("0103000a", &[1, 3, 0, 10]),
        ("01 03 00 0A", &[1, 3, 0, 10]),
        ("01,03, 00;0a", &[1, 3, 0, 10]),
        ("01，03；00、0a", &[1, 3, 0, 10]),
        ("01\n03\r\n00\t0a\u{3000}ff", &[1, 3, 0, 10, 255]),
        ("00:1a:2B:ff", &[0, 0x1A, 0x2B, 255]),
        ("00-1a-2B-ff", &[0, 0x1A, 0x2B, 255]),
        ("0x01 0X03,0x000a", &[1, 3, 0, 10]),
        ("0x010x02", &[1, 2]),
        (r"\x01\x03\X0a", &[1, 3, 10]),
        (r#""\x01\x03""#, &[1, 3]),
        ("{0x01, 0x02,\n 0x03}", &[1, 2, 3]),
        ("[01, 02]", &[1, 2]),
        ("01h 0Ah,0FH", &[1, 10, 15]),
        ("0102h", &[1, 2]),
        // Four digits and two blanks are no dump without more evidence.
        ("0000  01 02", &[0, 0, 1, 2]),
        ("00000000  01 02", &[0, 0, 0, 0, 1, 2]),
        ("0000  01 02\n0001  03 04", &[0, 0, 1, 2, 0, 1, 3, 4]),
        ("00000000\n00000000", &[0; 8]),
        ("DEADBEEF", &[0xDE, 0xAD, 0xBE, 0xEF]),
    ] {
        assert_eq!(parse_hex(input).as_deref(), Ok(expected), "{input:?}");
    }
}

#[test]
fn a_pattern_has_wildcards_for_digits() {
    let pattern = |input: &str| {
        let bytes = parse_hex_pattern(input)?;
        Ok::<_, HexError>(bytes.iter().map(|byte| (byte.value, byte.mask)).collect::<Vec<_>>())
    };
    for (input, expected) in [
        ("01 03 ?? 0A", vec![(1, 0xFF), (3, 0xFF), (0, 0), (10, 0xFF)]),
        ("0x?A,A?h", vec![(0x0A, 0x0F), (0xA0, 0xF0)]),
        ("0103??0a", vec![(1, 0xFF), (3, 0xFF), (0, 0), (10, 0xFF)]),
        ("??-??:01", vec![(0, 0), (0, 0), (1, 0xFF)]),
        ("", vec![]),
    ] {
        assert_eq!(pattern(input), Ok(expected), "{input:?}");
    }
    for (input, kind, range) in [
        ("01 ?", HexErrorKind::LoneDigit('?'), 3..4),
        ("01 ?g", HexErrorKind::NotHex('g'), 4..5),
        ("0x? 1", HexErrorKind::EmptyPrefix, 0..2),
    ] {
        let error: HexError = pattern(input).unwrap_err();
        assert_eq!((error.kind, error.range), (kind, range), "{input:?}");
    }
    assert_eq!(parse_hex("0?").unwrap_err().kind, HexErrorKind::LoneDigit('0'));
}

#[test]
fn an_error_marks_what_is_wrong() {
    use HexErrorKind::{EmptyPrefix, LoneDigit, NotHex};
    for (input, kind, marked, line, column) in [
        ("1", LoneDigit('1'), "1", 1, 1),
        ("01 2", LoneDigit('2'), "2", 1, 4),
        ("012", LoneDigit('2'), "2", 1, 3),
        ("01 2 03", LoneDigit('2'), "2", 1, 4),
        ("01\n0\n3", LoneDigit('0'), "0", 2, 1),
        ("1h", LoneDigit('1'), "1", 1, 1),
        ("0x1", EmptyPrefix, "0x", 1, 1),
        ("01 0x", EmptyPrefix, "0x", 1, 4),
        (r"\x1", EmptyPrefix, r"\x", 1, 1),
        ("0x0x01", EmptyPrefix, "0x", 1, 1),
        ("0x 01", EmptyPrefix, "0x", 1, 1),
        ("01 0g", NotHex('g'), "g", 1, 5),
        ("01\r\n中 02", NotHex('中'), "中", 2, 1),
        ("０1", NotHex('０'), "０", 1, 1),
        ("01 -0x01", NotHex('-'), "-", 1, 4),
        ("01-0x02", NotHex('-'), "-", 1, 3),
        ("-01", NotHex('-'), "-", 1, 1),
        ("01--02", NotHex('-'), "-", 1, 3),
        ("01: 02", NotHex(':'), ":", 1, 3),
        ("01 h", NotHex('h'), "h", 1, 4),
        ("01hh", NotHex('h'), "h", 1, 3),
        ("01h02", NotHex('h'), "h", 1, 3),
        ("x01", NotHex('x'), "x", 1, 1),
        ("01 // two", NotHex('/'), "/", 1, 4),
        ("(01)", NotHex('('), "(", 1, 1),
        ("*", NotHex('*'), "*", 1, 1),
        ("\u{FEFF}01", NotHex('\u{FEFF}'), "\u{FEFF}", 1, 1),
    ] {
        let error = parse_hex(input).unwrap_err();
        assert_eq!(error.kind, kind, "{input:?}");
        assert_eq!(&input[error.range.clone()], marked, "{input:?}");
        assert_eq!((error.line, error.column), (line, column), "{input:?}");
    }
}

#[test]
fn hex_is_written_in_pairs() {
    for (bytes, separator, expected) in [
        (&b""[..], " ", ""),
        (b"\x00\xFF\x1a", " ", "00 FF 1A"),
        (b"\x00\xFF\x1a", "", "00FF1A"),
        (b"\x01\x02", ", 0x", "01, 0x02"),
    ] {
        let mut out = String::new();
        write_hex(bytes, &mut out, separator);
        assert_eq!(out, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_written_is_read_back(
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
        separator in proptest::sample::select(&["", " ", ",", "\n", "-", ":", " 0x", "\u{3000}"][..]),
    ) {
        let mut written = String::new();
        write_hex(&bytes, &mut written, separator);
        prop_assert_eq!(&parse_hex(&written.to_lowercase()), &Ok(bytes.clone()), "{}", written);
        prop_assert_eq!(parse_hex(&written), Ok(bytes));
    }

    #[test]
    fn a_missing_digit_is_never_sent(
        bytes in proptest::collection::vec(any::<u8>(), 1..20),
        missing in 0_usize..60,
        separator in proptest::sample::select(&["", " ", ",", "\n", "-"][..]),
    ) {
        let mut written = String::new();
        write_hex(&bytes, &mut written, separator);
        let digits: Vec<usize> = written.char_indices().filter(|(_, c)| c.is_ascii_hexdigit()).map(|(at, _)| at).collect();
        written.remove(digits[missing % digits.len()]);
        prop_assert!(parse_hex(&written).is_err(), "{}", written);
    }

    #[test]
    fn any_input_gives_bytes_or_a_place_in_it(input in "[0-9a-fA-Fxh\\\\ :,;\\-\n|*>.<{}中０]{0,60}") {
        if let Err(error) = parse_hex(&input) {
            prop_assert!(!error.range.is_empty());
            prop_assert!(input.get(error.range.clone()).is_some());
        }
    }
}
