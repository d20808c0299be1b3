//! Tests of `decode`: the same characters at every split, and those of the WHATWG standard.

use proptest::prelude::*;

use super::*;
use crate::codec::samples::{decoded, encoded, streams, texts};

/// The whole input decoded at once by `encoding_rs`, which has no split to go wrong at.
fn reference(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding.whatwg() {
        Some(table) => table.decode_without_bom_handling(bytes).0.into_owned(),
        None => {
            bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{FFFD}' }).collect()
        }
    }
}

#[test]
fn every_text_is_the_same_at_every_split() {
    for encoding in Encoding::ALL {
        for text in texts(encoding) {
            let bytes = encoded(encoding, text);
            for at in 0..=bytes.len() {
                let (left, right) = bytes.split_at(at);
                assert_eq!(decoded(encoding, [left, right]), *text, "{encoding} at {at}");
            }
            assert_eq!(decoded(encoding, bytes.chunks(1)), *text, "{encoding} by bytes");
        }
    }
}

#[test]
fn every_short_sequence_is_as_the_standard_says() {
    for encoding in Encoding::ALL {
        for first in 0..=0xFF {
            assert_eq!(
                decoded(encoding, [&[first][..]]),
                reference(encoding, &[first]),
                "{encoding} {first:02X}"
            );
            for second in 0..=0xFF {
                let bytes = [first, second];
                let expected = reference(encoding, &bytes);
                assert_eq!(decoded(encoding, [&bytes[..]]), expected, "{encoding} {bytes:02X?}");
                assert_eq!(decoded(encoding, bytes.chunks(1)), expected, "{encoding} {bytes:02X?}");
            }
        }
    }
}

#[test]
fn malformed_sequences_become_one_mark_each() {
    for (encoding, bytes, expected) in [
        (Encoding::Utf8, &b"a\xE4\xB8b"[..], "a\u{FFFD}b"),
        (Encoding::Utf8, b"\xF0\x9F\x98", "\u{FFFD}"),
        (Encoding::Utf8, b"\xED\xA0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        (Encoding::Utf8, b"\xC0\xAF\xFF", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        (Encoding::Utf8, b"\xEF\xBB\xBFa", "\u{FEFF}a"),
        (Encoding::Gbk, b"\xD6 ", "\u{FFFD} "),
        (Encoding::Gbk, b"\x81\x30\x81\x20", "\u{FFFD}0\u{FFFD} "),
        (Encoding::Gbk, b"\x81\x30\x81", "\u{FFFD}"),
        (Encoding::Gb18030, b"\x81\x30\x81A", "\u{FFFD}0丄"),
        (Encoding::Gb18030, b"\xFE\x39\xFE\x39", "\u{FFFD}"),
        (Encoding::ShiftJis, b"\x81\xFF", "\u{FFFD}"),
        (Encoding::Big5, b"\x88\x62", "\u{CA}\u{304}"),
        (Encoding::Utf16Le, b"\x3D\xD8a\0", "\u{FFFD}a"),
        (Encoding::Utf16Le, b"\x3D\xD8\x00", "\u{FFFD}"),
        (Encoding::Utf16Be, b"\xD8\x3D\xD8\x3D\xDE\x00\xDE\x00", "\u{FFFD}😀\u{FFFD}"),
        (Encoding::Utf16Be, b"\xFE\xFF", "\u{FEFF}"),
        (Encoding::Windows1252, b"\x80\x81", "€\u{81}"),
        (Encoding::Ascii, b"a\x80\xFFb", "a\u{FFFD}\u{FFFD}b"),
    ] {
        assert_eq!(decoded(encoding, [bytes]), expected, "{encoding} {bytes:02X?}");
        assert_eq!(decoded(encoding, bytes.chunks(1)), expected, "{encoding} {bytes:02X?}");
    }
}

#[test]
fn an_incomplete_character_is_held_back_and_shown() {
    for (encoding, bytes, complete, pending) in [
        (Encoding::Utf8, &b"a\xF0\x9F\x98"[..], "a", &b"\xF0\x9F\x98"[..]),
        (Encoding::Utf8, b"a\xF0\x80", "a\u{FFFD}\u{FFFD}", b""),
        (Encoding::Gbk, b"\xD6\xD0\xD6", "中", b"\xD6"),
        (Encoding::Gb18030, b"\x94\x39\xFC", "", b"\x94\x39\xFC"),
        (Encoding::ShiftJis, b"\xB1\xFC", "ｱ", b"\xFC"),
        (Encoding::ShiftJis, b"\xB1\xFD", "ｱ\u{FFFD}", b""),
        (Encoding::Utf16Le, b"a\0\x3D\xD8\x00", "a", b"\x3D\xD8\x00"),
        (Encoding::Utf16Be, b"\0a\xD8", "a", b"\xD8"),
        (Encoding::Ascii, b"\xD6", "\u{FFFD}", b""),
    ] {
        let mut decoder = StreamDecoder::new(encoding);
        let mut text = String::from("before ");
        decoder.decode(bytes, &mut text);
        assert_eq!(
            (text.as_str(), decoder.pending()),
            (format!("before {complete}").as_str(), pending),
            "{encoding}"
        );
    }
}

#[test]
fn long_inputs_pass_the_turns_of_the_table_decoder() {
    for encoding in Encoding::ALL {
        let unit = match encoding {
            Encoding::Ascii => "ab\n",
            Encoding::Windows1252 => "aé€",
            _ => "a世界x",
        };
        let text = unit.repeat(7_001);
        let mut bytes = encoded(encoding, &text);
        assert_eq!(decoded(encoding, [&bytes[..]]), text, "{encoding}");
        assert_eq!(decoded(encoding, bytes.chunks(1_021)), text, "{encoding}");
        bytes.insert(9_999, 0xFF);
        assert_eq!(decoded(encoding, bytes.chunks(4_099)), reference(encoding, &bytes), "{encoding}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn any_bytes_are_the_same_at_every_split((encoding, bytes) in streams()) {
        let expected = reference(encoding, &bytes);
        prop_assert_eq!(&decoded(encoding, [&bytes[..]]), &expected);
        for at in 0..=bytes.len() {
            let (left, right) = bytes.split_at(at);
            prop_assert_eq!(&decoded(encoding, [left, right]), &expected, "split at {}", at);
        }
    }

    #[test]
    fn any_bytes_are_the_same_in_many_pieces(
        (encoding, bytes) in streams(),
        lengths in proptest::collection::vec(0_usize..4, 0..40),
    ) {
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for length in lengths {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(decoded(encoding, pieces), reference(encoding, &bytes));
        prop_assert_eq!(decoded(encoding, bytes.chunks(1)), reference(encoding, &bytes));
    }

    #[test]
    fn what_is_held_back_is_the_end_of_what_came((encoding, bytes) in streams(), at in 0_usize..40) {
        let (left, right) = bytes.split_at(at.min(bytes.len()));
        let (mut whole, mut cut) = (StreamDecoder::new(encoding), StreamDecoder::new(encoding));
        let mut text = String::new();
        whole.decode(&bytes, &mut text);
        cut.decode(left, &mut text);
        cut.decode(right, &mut text);
        prop_assert_eq!(&whole, &cut);
        prop_assert!(whole.pending().len() <= MAX_PENDING && bytes.ends_with(whole.pending()));
    }
}
