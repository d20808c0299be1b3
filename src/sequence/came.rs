//! What was received while an answer was waited for, as far as it is kept to be told.

use crate::codec::{Encoding, RecordText, write_hex};

/// How many bytes are kept.
const KEPT_BYTES: usize = 64;

/// What was received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Came {
    /// How many bytes.
    pub bytes: u64,
    /// The first of them.
    pub start: Vec<u8>,
    /// The encoding of who sent the first.
    pub encoding: Encoding,
}

impl Came {
    /// Adds bytes.
    pub(super) fn push(&mut self, bytes: &[u8], encoding: Encoding) {
        if self.bytes == 0 {
            self.encoding = encoding;
        }
        self.bytes += bytes.len() as u64;
        let kept = bytes.len().min(KEPT_BYTES - self.start.len());
        self.start.extend_from_slice(&bytes[..kept]);
    }

    /// The beginning of it: text in quotes, with its line breaks as escapes, or bytes in hex.
    #[must_use]
    pub fn shown(&self) -> String {
        let is_cut = self.bytes > self.start.len() as u64;
        let decoded = RecordText::decode(self.encoding, &[], &self.start);
        let mut out = String::new();
        if !self.start.is_empty() && decoded.is_text(self.encoding, is_cut) {
            let mut text = String::new();
            crate::codec::StreamDecoder::new(self.encoding).decode(&self.start, &mut text);
            out.push('"');
            for character in text.chars() {
                match character {
                    '"' => out.push('"'),
                    _ if character.is_control() => out.extend(character.escape_default()),
                    _ => out.push(character),
                }
            }
            out.push('"');
        } else {
            write_hex(&self.start, &mut out, " ");
        }
        if is_cut {
            out.push('…');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_text_and_everything_else_as_hex() {
        let came = |bytes: &[u8], encoding| {
            let mut came = Came::default();
            bytes.chunks(7).for_each(|piece| came.push(piece, encoding));
            came
        };
        for (bytes, encoding, shown) in [
            (&b"ERROR 5\r\n"[..], Encoding::Utf8, "\"ERROR 5\\r\\n\""),
            (b"\xC4\xE3\xBA\xC3", Encoding::Gbk, "\"你好\""),
            (b"\xC4\xE3\xBA\xC3", Encoding::Utf8, "C4 E3 BA C3"),
            (b"\x01\x83\x02", Encoding::Utf8, "01 83 02"),
            (b"", Encoding::Utf8, ""),
        ] {
            assert_eq!(came(bytes, encoding).shown(), shown);
        }
        let long = came(&b"abcdefghij".repeat(100), Encoding::Utf8);
        assert_eq!((long.bytes, long.start.len()), (1000, KEPT_BYTES));
        assert!(long.shown().ends_with("abcd\"…"), "{}", long.shown());
        // A character that was cut off is no reason for hex.
        let cut = came(&"好".repeat(40).into_bytes(), Encoding::Utf8);
        assert!(cut.shown().starts_with("\"好好") && cut.shown().ends_with("好\"…"), "{}", cut.shown());
    }
}
