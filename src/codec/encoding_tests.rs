//! Tests of `encoding`: every character in every encoding, and the errors.

use super::*;
use crate::codec::samples::{decoded, encoded, texts};

#[test]
fn every_character_arrives_as_itself_or_is_an_error() {
    let mut bytes = Vec::new();
    let mut back = String::new();
    for encoding in Encoding::ALL {
        let mut carried = 0;
        for character in '\0'..=char::MAX {
            let mut typed = [0; 4];
            let typed = character.encode_utf8(&mut typed);
            bytes.clear();
            if let Err(error) = encoding.encode(typed, &mut bytes) {
                assert_eq!((error.character, error.offset_bytes), (character, 0));
                assert!(bytes.is_empty(), "{encoding} {character:?}");
                continue;
            }
            carried += 1;
            back.clear();
            let mut decoder = crate::codec::StreamDecoder::new(encoding);
            decoder.decode(&bytes, &mut back);
            assert!(
                back == *typed && decoder.pending().is_empty(),
                "{encoding} {character:?} {bytes:02X?} {back:?}"
            );
            let longest = match encoding {
                Encoding::Utf8 | Encoding::Gb18030 | Encoding::Utf16Le | Encoding::Utf16Be => 4,
                Encoding::Windows1252 | Encoding::Ascii => 1,
                _ => 2,
            };
            assert!((1..=longest).contains(&bytes.len()), "{encoding} {character:?} {bytes:02X?}");
        }
        let expected = match encoding {
            Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => 0x11_0000 - 0x800,
            Encoding::Gb18030 => 0x11_0000 - 0x800 - 1 - 18,
            Encoding::Gbk => 24_085 - 18,
            Encoding::Big5 => 14_781,
            Encoding::ShiftJis => 7_521 - 3,
            Encoding::EucKr => 17_176,
            Encoding::Windows1252 => 256,
            Encoding::Ascii => 128,
        };
        assert_eq!(carried, expected, "{encoding}");
    }
}

#[test]
fn known_bytes() {
    for (encoding, text, bytes) in [
        (Encoding::Utf8, "中", &[0xE4, 0xB8, 0xAD][..]),
        (Encoding::Gbk, "中€a", &[0xD6, 0xD0, 0x80, b'a']),
        (Encoding::Gb18030, "中€é😀", &[0xD6, 0xD0, 0xA2, 0xE3, 0xA8, 0xA6, 0x94, 0x39, 0xFC, 0x36]),
        (Encoding::Big5, "中", &[0xA4, 0xA4]),
        (Encoding::ShiftJis, "中ｱ\\", &[0x92, 0x86, 0xB1, 0x5C]),
        (Encoding::EucKr, "한", &[0xC7, 0xD1]),
        (Encoding::Utf16Le, "中😀", &[0x2D, 0x4E, 0x3D, 0xD8, 0x00, 0xDE]),
        (Encoding::Utf16Be, "中😀", &[0x4E, 0x2D, 0xD8, 0x3D, 0xDE, 0x00]),
        (Encoding::Windows1252, "é€", &[0xE9, 0x80]),
        (Encoding::Ascii, "~", &[0x7E]),
    ] {
        assert_eq!(encoded(encoding, text), bytes, "{encoding} {text}");
    }
}

#[test]
fn texts_arrive_as_typed() {
    for encoding in Encoding::ALL {
        for text in texts(encoding) {
            assert_eq!(decoded(encoding, [&encoded(encoding, text)[..]]), *text, "{encoding}");
        }
        let long = "x中é€".repeat(5_000);
        let mut bytes = vec![7];
        match encoding.encode(&long, &mut bytes) {
            Ok(()) => assert_eq!(decoded(encoding, [&bytes[1..]]), long, "{encoding}"),
            Err(_) => assert_eq!(bytes, [7], "{encoding}"),
        }
    }
}

#[test]
fn an_error_names_the_first_character_and_its_place() {
    for (encoding, text, character, offset_bytes, line, column) in [
        (Encoding::Gbk, "世界😀é한", '😀', 6, 1, 3),
        (Encoding::Gbk, "a\r\n世\u{E5E5}", '\u{E5E5}', 6, 2, 2),
        (Encoding::Gbk, "a\u{E78D}한", '\u{E78D}', 1, 1, 2),
        (Encoding::Gbk, "a한\u{E78D}", '한', 1, 1, 2),
        (Encoding::Gb18030, "中\u{E5E5}", '\u{E5E5}', 3, 1, 2),
        (Encoding::ShiftJis, "日本\n1 ¥ 2 ‾", '¥', 9, 2, 3),
        (Encoding::ShiftJis, "−", '−', 0, 1, 1),
        (Encoding::Big5, "é", 'é', 0, 1, 1),
        (Encoding::EucKr, "é", 'é', 0, 1, 1),
        (Encoding::Windows1252, "é中", '中', 2, 1, 2),
        (Encoding::Ascii, "ab\ncdé", 'é', 5, 2, 3),
        (Encoding::Ascii, "\u{80}", '\u{80}', 0, 1, 1),
    ] {
        let mut out = vec![1, 2, 3];
        let error = encoding.encode(text, &mut out).unwrap_err();
        assert_eq!(error, EncodeError { encoding, character, offset_bytes, line, column });
        assert_eq!(out, [1, 2, 3], "{encoding} {text:?}");
    }
}

#[test]
fn names_and_aliases_are_read() {
    for encoding in Encoding::ALL {
        assert_eq!(encoding.name().parse(), Ok(encoding));
        assert_eq!(encoding.to_string().to_lowercase().parse(), Ok(encoding));
        let saved = serde_json::to_string(&encoding).unwrap();
        assert_eq!(saved, format!("\"{}\"", encoding.name()));
        assert_eq!(serde_json::from_str::<Encoding>(&saved).unwrap(), encoding);
    }
    for (name, encoding) in [
        ("utf8", Encoding::Utf8),
        ("cp936", Encoding::Gbk),
        ("GB2312", Encoding::Gbk),
        ("gb-18030", Encoding::Gb18030),
        ("sjis", Encoding::ShiftJis),
        ("Shift-JIS", Encoding::ShiftJis),
        ("latin1", Encoding::Windows1252),
        ("ISO-8859-1", Encoding::Windows1252),
        ("utf_16le", Encoding::Utf16Le),
        ("US-ASCII", Encoding::Ascii),
        ("ANSI_X3.4-1968", Encoding::Ascii),
        ("KS_C_5601-1987", Encoding::EucKr),
    ] {
        assert_eq!(name.parse(), Ok(encoding), "{name}");
    }
    for name in ["", "utf-7", "utf-16", "utf8x"] {
        assert!(name.parse::<Encoding>().is_err(), "{name}");
    }
    assert_eq!(
        "ebcdic".parse::<Encoding>().unwrap_err().to_string(),
        "“ebcdic” is not a known encoding. Use one of UTF-8, GBK, GB18030, Big5, Shift_JIS, \
         EUC-KR, UTF-16LE, UTF-16BE, Windows-1252, ASCII"
    );
    assert!(serde_json::from_str::<Encoding>("\"ebcdic\"").is_err());
    assert_eq!(Encoding::default(), Encoding::Utf8);
}

#[test]
fn unfaithful_characters_are_sorted() {
    assert!(UNFAITHFUL_SHIFT_JIS.is_sorted() && UNFAITHFUL_GB.is_sorted());
}
