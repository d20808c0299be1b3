//! Guesses what bytes are that are not valid text in the chosen encoding: text in another encoding, TLS, or
//! compressed data. Gives no hint without strong evidence, because a wrong hint is worse than none.

use super::encoding::Encoding;
use super::pieces::{RecordText, SpanKind};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// Bytes examined, at most; more would not change the result.
const SAMPLE_BYTES: usize = 4096;

/// Fewest non-ASCII bytes for a statistical guess.
const SHORT_BYTES: usize = 32;

/// What a part of a stream seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hint {
    /// Text in this encoding.
    Encoding(Encoding),
    /// A record of TLS (RFC 8446, section 5.1): encrypted, or about to be.
    Tls,
    /// Data in this compressed format.
    Compressed(Compression),
}

/// A compressed format, recognised by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// RFC 8878.
    Zstandard,
    /// A ZIP archive.
    Zip,
}

impl Compression {
    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstandard => "zstd",
            Self::Zip => "ZIP",
        }
    }
}

/// What a record that begins with `bytes` is, if it is recognised as not being text.
#[must_use]
pub fn signature(bytes: &[u8]) -> Option<Hint> {
    if is_tls(bytes) { Some(Hint::Tls) } else { compression(bytes).map(Hint::Compressed) }
}

/// The encoding that `bytes` seem to be in. `lead` is the beginning of their first character. `None`: they are
/// valid text in the `chosen` encoding, or no other encoding is clearly better.
#[must_use]
pub fn other_encoding(chosen: Encoding, lead: &[u8], bytes: &[u8]) -> Option<Encoding> {
    let bytes = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let fit = Fit::of(chosen, lead, bytes);
    let utf8 = Fit::of(Encoding::Utf8, &[], skip_trail(bytes));
    let is_wide = matches!(chosen, Encoding::Utf16Le | Encoding::Utf16Be);
    // Several multi-byte characters that are valid UTF-8 are hardly ever so by chance, although other encodings
    // decode them as well.
    let is_utf8 = chosen != Encoding::Utf8 && utf8.invalid == 0 && utf8.control == 0;
    if is_utf8 && utf8.multibyte >= if fit.invalid > 0 { 1 } else { 3 } {
        return Some(Encoding::Utf8);
    }
    if !is_wide && let Some(wide) = utf16(bytes) {
        return Some(wide);
    }
    if fit.invalid == 0 && !(is_wide && fit.multibyte == 0) {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, false);
    // A few characters do not distinguish Chinese from Korean; Chinese is more frequent among our users.
    let is_short = bytes.iter().filter(|byte| !byte.is_ascii()).count() < SHORT_BYTES;
    let regions: &[Option<&[u8]>] = if is_short { &[Some(b"cn"), None] } else { &[None] };
    regions.iter().find_map(|&region| {
        let name = detector.guess(region, Utf8Detection::Deny).name();
        let guess = Encoding::ALL.into_iter().find(|encoding| encoding.name().eq_ignore_ascii_case(name))?;
        if guess == chosen || (guess, chosen) == (Encoding::Gbk, Encoding::Gb18030) {
            return None;
        }
        let guessed = Fit::of(guess, &[], bytes);
        let is_clear = match guess {
            // Nearly every byte is a character in Windows-1252: accept it only for letters within words.
            Encoding::Windows1252 => guessed.multibyte * 3 < guessed.characters,
            _ => guessed.multibyte >= 2,
        };
        (guessed.invalid == 0 && guessed.control == 0 && is_clear).then_some(guess)
    })
}

/// How well bytes fit an encoding, in characters.
struct Fit {
    characters: usize,
    /// Non-ASCII characters.
    multibyte: usize,
    invalid: usize,
    /// Control characters that do not occur in text.
    control: usize,
}

impl Fit {
    fn of(encoding: Encoding, lead: &[u8], bytes: &[u8]) -> Self {
        let text = RecordText::decode(encoding, lead, bytes);
        let mut fit = Self { characters: 0, multibyte: 0, invalid: 0, control: 0 };
        for span in text.spans() {
            match span.kind {
                SpanKind::Plain => {
                    let plain = &text.text()[span.text];
                    fit.characters += span.chars.len();
                    fit.multibyte += plain.chars().filter(|character| !character.is_ascii()).count();
                }
                SpanKind::Invalid => fit.invalid += span.chars.len(),
                SpanKind::Control('\t' | '\n' | '\r' | '\u{1B}' | '\u{FEFF}') | SpanKind::Pending => {}
                SpanKind::Control(_) => fit.control += span.chars.len(),
            }
        }
        fit
    }
}

/// The bytes without the end of a character that began before them.
fn skip_trail(bytes: &[u8]) -> &[u8] {
    let trail = bytes.iter().take(3).take_while(|&&byte| byte & 0xC0 == 0x80).count();
    &bytes[trail..]
}

/// Recognises UTF-16 by every other byte being zero, as in Western text.
fn utf16(bytes: &[u8]) -> Option<Encoding> {
    let pairs = bytes.len() / 2;
    if pairs < 4 {
        return None;
    }
    let zeros = |at: usize| bytes.iter().skip(at).step_by(2).filter(|&&byte| byte == 0).count();
    let encoding = match (zeros(0), zeros(1)) {
        (0, odd) if odd * 2 > pairs => Encoding::Utf16Le,
        (even, 0) if even * 2 > pairs => Encoding::Utf16Be,
        _ => return None,
    };
    let fit = Fit::of(encoding, &[], bytes);
    (fit.invalid == 0 && fit.control == 0).then_some(encoding)
}

fn is_tls(bytes: &[u8]) -> bool {
    /// A Modbus request to unit 22 begins like a TLS record, but none is as long as this.
    const CLEAR_BYTES: usize = 64;
    let [kind, 3, minor @ 1..=4, high, low, ref body @ ..] = *bytes else { return false };
    let length = usize::from(u16::from_be_bytes([high, low]));
    // A record has at most 2^14 bytes plus the overhead of encryption (RFC 8446, section 5.2).
    if !(0x14..=0x17).contains(&kind) || !(1..=16384 + 2048).contains(&length) || minor > 4 {
        return false;
    }
    let is_kind_true = match (kind, body.first()) {
        // Change cipher spec: one byte, 1.
        (0x14, first) => length == 1 && first == Some(&1),
        // The handshake begins with ClientHello or ServerHello; later messages are encrypted.
        (0x16, first) => matches!(first, Some(1 | 2)) || minor == 3,
        _ => true,
    };
    let is_whole = match body.get(length..) {
        Some([]) => true,
        Some([next, rest @ ..]) => {
            (0x14..=0x17).contains(next) && rest.first().is_none_or(|&major| major == 3)
        }
        None => bytes.len() >= CLEAR_BYTES,
    };
    is_kind_true && is_whole
}

fn compression(bytes: &[u8]) -> Option<Compression> {
    match bytes {
        [0x1F, 0x8B, 8, ..] => Some(Compression::Gzip),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Compression::Zstandard),
        [b'P', b'K', 3, 4, ..] => Some(Compression::Zip),
        // Two bytes are weak evidence: the next one must begin a valid block, and the data must not be text.
        [0x78, level @ (0x01 | 0x5E | 0x9C | 0xDA), block, rest @ ..]
            if u16::from_be_bytes([0x78, *level]).is_multiple_of(31)
                && block & 6 != 6
                && rest.iter().take(32).any(|byte| !(0x20..0x7F).contains(byte)) =>
        {
            Some(Compression::Zlib)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(encoding: Encoding, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encoding.encode(text, &mut out).unwrap();
        out
    }

    #[test]
    fn text_in_another_encoding_is_recognised() {
        let chinese = "温度传感器已连接，当前温度 23.5 度。\r\n";
        let cases = [
            (Encoding::Utf8, Encoding::Gbk, "你好"),
            (Encoding::Utf8, Encoding::Gbk, chinese),
            (Encoding::Utf8, Encoding::Gbk, "温度 25\r\n"),
            (Encoding::Ascii, Encoding::Gbk, chinese),
            (Encoding::Ascii, Encoding::Utf8, "25 ℃"),
            (Encoding::Gbk, Encoding::Utf8, chinese),
            (Encoding::Gbk, Encoding::Utf8, "你好吗"),
            (Encoding::Windows1252, Encoding::Utf8, chinese),
            (Encoding::Utf8, Encoding::ShiftJis, "温度センサーが接続されました。ありがとう"),
            (Encoding::Utf8, Encoding::EucKr, "온도 센서가 연결되었습니다. 안녕하세요"),
            (Encoding::Utf8, Encoding::Windows1252, "La température est élevée à l'intérieur"),
            (Encoding::Utf8, Encoding::Utf16Le, "temperature 23.5"),
            (Encoding::Gbk, Encoding::Utf16Be, "temperature 23.5"),
        ];
        for (chosen, actual, text) in cases {
            let bytes = bytes(actual, text);
            assert_eq!(other_encoding(chosen, &[], &bytes), Some(actual), "{text} as {chosen}");
            assert_eq!(other_encoding(actual, &[], &bytes), None, "{text} is {actual}");
        }
    }

    #[test]
    fn what_is_cut_at_both_ends_is_recognised_all_the_same() {
        let all = bytes(Encoding::Utf8, "温度传感器已连接");
        for start in 0..3 {
            let part = &all[start..all.len() - 1];
            assert_eq!(other_encoding(Encoding::Gbk, &[], part), Some(Encoding::Utf8), "from {start}");
            assert_eq!(other_encoding(Encoding::Utf8, &all[..start], part), None, "from {start}");
        }
        let all = bytes(Encoding::Gbk, "温度传感器已连接，当前温度");
        assert_eq!(other_encoding(Encoding::Gbk, &all[..1], &all[1..]), None);
    }

    #[test]
    fn binary_data_gets_no_advice() {
        let modbus = [0x01, 0x03, 0x02, 0x00, 0xFA, 0x38, 0x07, 0x01, 0x83, 0x02, 0xC0, 0xF1];
        let all: Vec<u8> = (0..=255).collect();
        for encoding in Encoding::ALL {
            for sample in [&modbus[..], &all, &[], &[0xFF], &[0; 64], b"plain ASCII\r\n"] {
                if matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) && sample.is_ascii() {
                    continue;
                }
                assert_eq!(other_encoding(encoding, &[], sample), None, "{sample:02X?} as {encoding}");
            }
        }
    }

    #[test]
    fn tls_and_compressed_data_are_said_to_be() {
        let mut client_hello = vec![0x16, 3, 1, 0x02, 0x00, 1, 0, 1, 0xFC, 3, 3];
        client_hello.resize(200, 0x5A);
        let mut application = vec![0x17, 3, 3, 0x00, 0x05, 0x9A, 0x77, 1, 2, 3];
        assert_eq!(signature(&client_hello), Some(Hint::Tls), "its first part");
        assert_eq!(signature(&application), Some(Hint::Tls), "a whole record");
        application.extend([0x17, 3, 3]);
        assert_eq!(signature(&application), Some(Hint::Tls), "and the next one");
        application[10] = b'A';
        assert_eq!(signature(&application), None, "something else follows");
        assert_eq!(signature(&[0x14, 3, 3, 0, 1, 1]), Some(Hint::Tls));
        let modbus: [&[u8]; 3] = [
            &[0x16, 0x03, 0x01, 0x10, 0x00, 0x02, 0xC7, 0x1C],
            &[0x16, 0x03, 0x04, 0x00, 0x0A, 0x01, 0x02, 0x4F, 0x31],
            &[0x17, 0x03, 0x02, 0x00, 0x01, 0xB1, 0x8E],
        ];
        for frame in modbus {
            assert_eq!(signature(frame), None, "{frame:02X?} is Modbus RTU");
        }
        let cases: [(&[u8], Compression); 4] = [
            (&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0], Compression::Gzip),
            (&[0x78, 0x9C, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], Compression::Zlib),
            (&[0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58], Compression::Zstandard),
            (b"PK\x03\x04\x14\0", Compression::Zip),
        ];
        for (sample, compression) in cases {
            assert_eq!(signature(sample), Some(Hint::Compressed(compression)));
        }
        for text in [&b"x^2 + y^2 = 25"[..], b"hello", b"", b"P", "你好".as_bytes()] {
            assert_eq!(signature(text), None);
        }
    }
}
