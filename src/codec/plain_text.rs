//! Whether the bytes of a record are text, for a view that shows all others as hex. Decides record by record, from
//! its bytes and those pending before it alone.

use super::encoding::Encoding;
use super::pieces::{RecordText, SpanKind};

/// The state of an escape sequence (ECMA-48).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// Outside of one.
    None,
    /// Behind ESC, whose sequence begins with the next character.
    Begun,
    /// In a control string, which BEL or ESC \ ends, as the title that a shell sets.
    String,
}

impl RecordText {
    /// Whether the record is text in the encoding that it was decoded with: no malformed sequence, and no control
    /// character but tab, line feed, carriage return and those of escape sequences. An empty record is text.
    ///
    /// An incomplete character at the end is text if `may_be_cut`: if the next bytes of the stream may complete it.
    /// Invisible characters that shape text, such as a joiner or a byte order mark, are text. Characters for private
    /// use are text in UTF-8 alone: other encodings have them where nothing is assigned.
    #[must_use]
    pub fn is_text(&self, encoding: Encoding, may_be_cut: bool) -> bool {
        let mut escape = Escape::None;
        for span in self.spans() {
            match span.kind {
                SpanKind::Invalid => return false,
                SpanKind::Pending if !may_be_cut => return false,
                SpanKind::Pending => {}
                SpanKind::Control(control) => {
                    let count = span.bytes.len() / span.bytes_per_unit;
                    escape = match (control, escape) {
                        (_, Escape::Begun) => return false,
                        ('\t' | '\n' | '\r', _) => escape,
                        ('\u{1B}', _) if count == 1 => Escape::Begun,
                        ('\u{7}', Escape::String) if count == 1 => Escape::None,
                        _ if control.is_control() || is_noncharacter(control) => return false,
                        _ => escape,
                    };
                }
                SpanKind::Plain => {
                    let text = self.text().get(span.text).unwrap_or_default();
                    if escape == Escape::Begun {
                        escape = match text.chars().next() {
                            Some(']' | 'P' | 'X' | '^' | '_') => Escape::String,
                            Some(' '..='~') => Escape::None,
                            _ => return false,
                        };
                    }
                    if encoding != Encoding::Utf8 && text.chars().any(is_private) {
                        return false;
                    }
                }
            }
        }
        true
    }
}

fn is_noncharacter(character: char) -> bool {
    let number = u32::from(character);
    number & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&number)
}

/// Whether a character has no meaning but a private one, and no glyph in the fonts.
#[must_use]
pub fn is_private(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_text(encoding: Encoding, before: &[u8], payload: &[u8]) -> bool {
        RecordText::decode(encoding, before, payload).is_text(encoding, true)
    }

    #[test]
    fn text_and_binary_are_told_apart_in_every_encoding() {
        let utf8: &[(&[u8], bool)] = &[
            (b"", true),
            (b"hello, world\r\n", true),
            (b"a\tb\n\r\n", true),
            ("温度 23.5 °C\r\n".as_bytes(), true),
            ("\u{FEFF}with a mark".as_bytes(), true),
            ("a family: 👨\u{200D}👩\u{FE0F}".as_bytes(), true),
            ("\u{FFFD} was sent".as_bytes(), true),
            ("prompt \u{E0B0}".as_bytes(), true),
            // Escape sequences, whole and cut; the title of a terminal.
            (b"\x1B[31mred\x1B[0m\r\n", true),
            (b"\x1B[31", true),
            (b"red\x1B", true),
            (b"\x1B]0;title\x07$ ", true),
            (b"\x1B]0;title\x1B\\$ ", true),
            (b"\x1B\x00", false),
            (b"\x1B\x1B[A", false),
            (b"\x1B\r\n", false),
            (b"\x07", false),
            (b"\x1B[m\x07", false),
            // A frame, its printable part alone, and other control characters.
            (&[0, 1, 0, 0, 0, 6, 1, 3, 0, 10, 0, 1], false),
            (b"\x02STATUS\x03", false),
            (b"end\0", false),
            (b"\x7F", false),
            (b"\xC2\x85", false),
            (b"\xEF\xBF\xBE", false),
            // Malformed, and GBK.
            (b"ok \xFF", false),
            (b"\xA5\x5A1\r", false),
            (b"\xCE\xC2\xB6\xC8", false),
        ];
        for (bytes, expected) in utf8 {
            assert_eq!(is_text(Encoding::Utf8, b"", bytes), *expected, "{bytes:02X?}");
        }
        for (encoding, bytes, expected) in [
            (Encoding::Gbk, &b"\xCE\xC2\xB6\xC8 23.5\r\n"[..], true),
            (Encoding::Gbk, b"\xCE\xC2\xB6", true),
            (Encoding::Gbk, b"\xF8\xA1", false),
            (Encoding::Gbk, b"\x01\x03\xCE\xC2", false),
            (Encoding::Utf16Le, b"A\0\x29\x6E\r\0\n\0", true),
            (Encoding::Utf16Le, b"\x01\0", false),
            (Encoding::Utf16Le, b"\x00\xD8A\0", false),
            (Encoding::Windows1252, b"caf\xE9", true),
            (Encoding::Windows1252, b"\x81", false),
            (Encoding::Ascii, b"plain", true),
            (Encoding::Ascii, b"caf\xE9", false),
        ] {
            assert_eq!(is_text(encoding, b"", bytes), expected, "{bytes:02X?} in {encoding}");
        }
    }

    /// `温度状态正常` in three records, cut after 5 and 11 bytes.
    #[test]
    fn characters_cut_between_records_are_text() {
        let bytes = "温度状态正常".as_bytes();
        assert!(is_text(Encoding::Utf8, &[], &bytes[..5]));
        assert!(is_text(Encoding::Utf8, &bytes[3..5], &bytes[5..11]));
        assert!(is_text(Encoding::Utf8, &bytes[9..11], &bytes[11..]));
        // A single byte of a character; what was pending and is no character does not count here.
        assert!(is_text(Encoding::Utf8, &[], &bytes[..1]));
        assert!(is_text(Encoding::Utf8, &bytes[..1], &bytes[1..2]));
        assert!(is_text(Encoding::Utf8, &bytes[..2], b"OK\r\n"));
        assert!(is_text(Encoding::Gbk, b"\xB6", b"\xC8\r\n"));
        // Without the bytes before it, and where nothing can follow, it is none.
        assert!(!is_text(Encoding::Utf8, &[], &bytes[5..11]));
        assert!(!RecordText::decode(Encoding::Utf8, &[], &bytes[..5]).is_text(Encoding::Utf8, false));
    }
}
