//! Test inputs that several tests of the codec share: texts that each encoding has, and bytes
//! that are likely to reach every state of its decoder.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::{Encoding, StreamDecoder};

/// Texts that `encoding` can carry, with all lengths of characters that it has.
pub(super) fn texts(encoding: Encoding) -> &'static [&'static str] {
    match encoding {
        Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => {
            &["hello 世界 é €\r\n😀𝄞\u{202E}\u{FEFF}\u{FFFD}x", "\u{FEFF}中", "\u{10FFFF}\u{D7FF}\u{E000}"]
        }
        Encoding::Gbk => &["hello 世界，€\r\n丂仛x镕", "汉字 123 漢字\t亀", "﹛﹜〇ㄅ"],
        Encoding::Gb18030 => &["hello 世界，€\r\n丂x镕 😀𠀀 é\u{FFFD}ñ", "0é1𝄞2", "龴︐ḿ"],
        Encoding::Big5 => &["hello 世界，\r\n一丁x中文 123", "許功蓋"],
        Encoding::ShiftJis => &["hello 世界、\r\nﾃｽﾄ ソ能表 123", "ｱ日ｲ本\u{80}"],
        Encoding::EucKr => &["hello 한글，\r\n똠방각하 漢字 123", "갂갃"],
        Encoding::Windows1252 => &["hello é€ÿ\r\n“x”", "\u{81}\u{A0}"],
        Encoding::Ascii => &["hello\r\n\u{7F}\0", "~"],
    }
}

/// An encoding, and a stream that is partly valid in it: characters of its texts, some of them cut
/// short, between bytes of which most are at the borders of the ranges that decoders tell apart.
pub(super) fn streams() -> impl Strategy<Value = (Encoding, Vec<u8>)> {
    const BORDERS: &[u8] = &[
        0x00, 0x0A, 0x20, 0x2F, 0x30, 0x31, 0x39, 0x3A, 0x40, 0x41, 0x61, 0x62, 0x7E, 0x7F, 0x80, 0x81, 0x84,
        0x88, 0x8F, 0x90, 0x9F, 0xA0, 0xA1, 0xA3, 0xB0, 0xBF, 0xC0, 0xC2, 0xD7, 0xD8, 0xDB, 0xDC, 0xDF, 0xE0,
        0xE3, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFC, 0xFD, 0xFE, 0xFF,
    ];
    Union::new(Encoding::ALL.map(|encoding| {
        let characters: Vec<Vec<u8>> = texts(encoding)
            .iter()
            .flat_map(|text| text.chars())
            .map(|character| encoded(encoding, &character.to_string()))
            .collect();
        let character = proptest::sample::select(characters);
        let cut = (character.clone(), 1_usize..4).prop_map(|(mut bytes, length)| {
            bytes.truncate(length);
            bytes
        });
        let part = prop_oneof![
            2 => character,
            1 => cut,
            4 => proptest::sample::select(BORDERS).prop_map(|byte| vec![byte]),
            1 => any::<u8>().prop_map(|byte| vec![byte]),
        ];
        let stream = proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat());
        (Just(encoding), stream)
    }))
}

/// The bytes of `text`, which `encoding` must have.
pub(super) fn encoded(encoding: Encoding, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoding.encode(text, &mut bytes).unwrap();
    bytes
}

/// What a decoder makes of `pieces` one after the other, and of the end of the stream.
pub(super) fn decoded<'a>(encoding: Encoding, pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut decoder = StreamDecoder::new(encoding);
    let mut text = String::new();
    for piece in pieces {
        decoder.decode(piece, &mut text);
    }
    decoder.finish(&mut text);
    text
}
