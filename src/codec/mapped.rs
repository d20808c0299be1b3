//! Received bytes decoded to text, with a mapping from each character back to its bytes, for searching. Control
//! characters stay as they are, and a malformed sequence is one U+FFFD.

use super::decode::{Pending, Sink, decode_into};
use super::encoding::Encoding;
use super::pieces::{is_big5_pair, unit_bytes};

/// A decoded part of a stream. Its buffers are reused by the next [`MappedText::decode`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MappedText {
    text: String,
    runs: Vec<Run>,
    /// How many bytes the text stands for.
    bytes: usize,
}

/// Units of equal size up to the next run. For UTF-8 a unit is one byte of a character, since
/// bytes and text are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    text_start: usize,
    byte_start: usize,
    text_per_unit: u8,
    bytes_per_unit: u8,
}

impl MappedText {
    /// Replaces the text by that of `bytes`, which begin with a character. Returns how many bytes
    /// at the end are an incomplete character and are not in the text: at most three.
    pub fn decode(&mut self, encoding: Encoding, bytes: &[u8]) -> usize {
        self.text.clear();
        self.runs.clear();
        self.bytes = 0;
        let mut pending = Pending::default();
        decode_into(encoding, &mut pending, bytes, &mut Mapper { encoding, input: bytes, out: self });
        pending.as_slice().len()
    }

    /// Ends the stream: the incomplete character, of `pending` bytes, becomes one U+FFFD.
    pub fn finish(&mut self, pending: usize) {
        if pending > 0 {
            self.push("\u{FFFD}", 3, pending);
        }
    }

    /// The characters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the character that holds the byte `offset` of the text begins in the bytes.
    pub fn byte_start(&self, offset: usize) -> usize {
        self.byte_at(offset, false)
    }

    /// Where the characters before the byte `offset` of the text end in the bytes.
    pub fn byte_end(&self, offset: usize) -> usize {
        self.byte_at(offset, true)
    }

    fn byte_at(&self, offset: usize, is_end: bool) -> usize {
        let after = self.runs.partition_point(|run| run.text_start <= offset);
        let Some(run) = after.checked_sub(1).and_then(|index| self.runs.get(index)) else { return 0 };
        let inside = offset - run.text_start;
        let per_unit = usize::from(run.text_per_unit);
        // A unit of two characters has one offset in the bytes.
        let units = if is_end { inside.div_ceil(per_unit) } else { inside / per_unit };
        (run.byte_start + units * usize::from(run.bytes_per_unit)).min(self.bytes)
    }

    /// Where in the text the character begins whose bytes begin at `byte`. `None`: no character begins there.
    pub fn text_at(&self, byte: usize) -> Option<usize> {
        if byte >= self.bytes {
            return (byte == self.bytes).then_some(self.text.len());
        }
        let after = self.runs.partition_point(|run| run.byte_start <= byte);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let inside = byte - run.byte_start;
        let per_unit = usize::from(run.bytes_per_unit);
        let offset = run.text_start + inside / per_unit * usize::from(run.text_per_unit);
        (inside.is_multiple_of(per_unit) && self.text.is_char_boundary(offset)).then_some(offset)
    }

    /// Appends units of equal size.
    fn push(&mut self, text: &str, text_per_unit: usize, bytes_per_unit: usize) {
        let (units, text_per_unit, bytes_per_unit) =
            (text.len() / text_per_unit, text_per_unit as u8, bytes_per_unit as u8);
        let continues = self
            .runs
            .last()
            .is_some_and(|run| run.text_per_unit == text_per_unit && run.bytes_per_unit == bytes_per_unit);
        if !continues {
            let (text_start, byte_start) = (self.text.len(), self.bytes);
            self.runs.push(Run { text_start, byte_start, text_per_unit, bytes_per_unit });
        }
        self.text.push_str(text);
        self.bytes += units * usize::from(bytes_per_unit);
    }
}

struct Mapper<'a> {
    encoding: Encoding,
    input: &'a [u8],
    out: &'a mut MappedText,
}

impl Mapper<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.input.get(self.out.bytes + ahead).copied().unwrap_or_default()
    }
}

impl Sink for Mapper<'_> {
    fn text(&mut self, text: &str) {
        if self.encoding == Encoding::Utf8 {
            self.out.push(text, 1, 1);
            return;
        }
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if character.is_ascii() {
                let length = encoding_rs::Encoding::ascii_valid_up_to(rest.as_bytes());
                let (ascii, after) = rest.split_at(length);
                self.out.push(ascii, 1, if self.encoding.extends_ascii() { 1 } else { 2 });
                rest = after;
                continue;
            }
            let bytes = unit_bytes(self.encoding, character, self.byte(0), self.byte(1));
            let is_pair = self.encoding == Encoding::Big5 && is_big5_pair(self.byte(0), self.byte(1));
            let characters = if is_pair { 2 } else { 1 };
            let length = rest.char_indices().nth(characters).map_or(rest.len(), |(index, _)| index);
            let (unit, after) = rest.split_at(length);
            self.out.push(unit, length, bytes);
            rest = after;
        }
    }

    fn malformed(&mut self, length: usize) {
        self.out.push("\u{FFFD}", 3, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::StreamDecoder;
    use crate::codec::samples::streams;
    use proptest::prelude::*;

    #[test]
    fn two_characters_of_one_byte_pair_have_the_same_bytes() {
        let mut mapped = MappedText::default();
        assert_eq!(mapped.decode(Encoding::Big5, b"a\x88\x62b"), 0);
        assert_eq!(mapped.text(), "aÊ\u{304}b");
        assert_eq!((mapped.byte_start(3), mapped.byte_end(3)), (1, 3));
        assert_eq!((mapped.byte_start(5), mapped.text_at(3), mapped.text_at(2)), (3, Some(5), None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        /// The text is that of the decoder, and each character's bytes, decoded alone, are it.
        #[test]
        fn every_character_leads_to_its_bytes((encoding, bytes) in streams()) {
            let mut decoder = StreamDecoder::new(encoding);
            let mut expected = String::new();
            decoder.decode(&bytes, &mut expected);
            let mut mapped = MappedText::default();
            let pending = mapped.decode(encoding, &bytes);
            prop_assert_eq!(mapped.text(), &expected);
            prop_assert_eq!(decoder.pending(), &bytes[bytes.len() - pending..]);
            prop_assert_eq!(mapped.byte_end(expected.len()), bytes.len() - pending);
            let mut at = 0;
            for (offset, character) in expected.char_indices() {
                let (start, end) = (mapped.byte_start(offset), mapped.byte_end(offset + character.len_utf8()));
                if start < at {
                    // The second character of a pair.
                    prop_assert_eq!(end, at);
                    continue;
                }
                prop_assert_eq!(start, at);
                prop_assert_eq!(mapped.text_at(start), Some(offset));
                if character != '\u{FFFD}' {
                    let mut alone = MappedText::default();
                    alone.decode(encoding, &bytes[start..end]);
                    prop_assert!(alone.text().starts_with(character));
                }
                at = end;
            }
            prop_assert_eq!(at, bytes.len() - pending);
        }
    }
}
