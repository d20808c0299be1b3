//! One record as a view draws it: display characters, what kind each is, and which bytes of the
//! record each stands for. Does not lay out, colour or break lines.
//!
//! A character that two records share belongs to the record that completes it; until then its
//! bytes are shown as pending. Start with [`RecordText::decode`].

use std::ops::Range;

use super::control::{control_name, is_control};
use super::decode::{Pending, Sink, decode_into, is_lead};
use super::encoding::Encoding;

/// Represents an incomplete character in [`RecordText::text`].
const PENDING_MARK: &str = "…";

/// Represents one malformed sequence in [`RecordText::text`].
const INVALID_MARK: &str = "\u{FFFD}";

/// A stretch of a record for drawing, as [`RecordText::pieces`] gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Characters to be shown as they are.
    Text(&'a str),
    /// One or more malformed sequences.
    Invalid(&'a [u8]),
    /// A control character, to be shown as its control picture.
    Control(char),
    /// The beginning of a character that the next bytes of the stream may complete.
    Pending(&'a [u8]),
}

/// What the characters of a span are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Characters shown as they are.
    Plain,
    /// This character, shown by its name, once or several times in a row.
    Control(char),
    /// Malformed sequences, each shown as U+FFFD.
    Invalid,
    /// An incomplete character, shown as `…`.
    Pending,
}

/// A run of units of equal size: each unit is `bytes_per_unit` bytes of the record shown as
/// `chars_per_unit` characters. Indices and ranges are into the payload and into the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What the characters are.
    pub kind: SpanKind,
    /// The bytes of the payload that the span covers.
    pub bytes: Range<usize>,
    /// The characters of the text that the span covers, counted in characters.
    pub chars: Range<usize>,
    /// The same in bytes of the text, for slicing it.
    pub text: Range<usize>,
    /// How many bytes of the payload one unit has, at least 1.
    pub bytes_per_unit: usize,
    /// How many characters one unit is shown as: 1 but for names such as `RLO`, and for the four
    /// byte pairs of Big5 that stand for two characters.
    pub chars_per_unit: usize,
}

/// The display text of one record, with a way from each character to its bytes and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordText {
    text: String,
    runs: Vec<Run>,
    byte_count: usize,
    char_count: usize,
}

/// A [`Span`] without its ends, which are where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    kind: SpanKind,
    byte_start: usize,
    char_start: usize,
    text_start: usize,
    bytes_per_unit: u8,
    chars_per_unit: u8,
}

impl RecordText {
    /// Decodes the record `payload`. `before` is what comes before it in the same direction of the
    /// same connection, from a point that [`resync_point`](super::resync_point) gave.
    ///
    /// Of a character begun in `before` and completed here, the bytes in `payload` count. What `before`
    /// holds back and `payload` shows to be malformed is not repeated here: those bytes are
    /// shown as pending in the record they are in.
    pub fn decode(encoding: Encoding, before: &[u8], payload: &[u8]) -> RecordText {
        let mut pending = Pending::default();
        decode_into(encoding, &mut pending, before, &mut Discarded);
        let held = pending;
        let mut builder = Builder::new(encoding, held.as_slice(), payload);
        decode_into(encoding, &mut pending, payload, &mut builder);
        builder.pending(pending.as_slice().len());
        builder.done
    }

    /// The display characters: control characters as their names, U+FFFD for each malformed
    /// sequence, and `…` for an incomplete character at the end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many characters [`RecordText::text`] has.
    pub fn char_count(&self) -> usize {
        self.char_count
    }

    /// The spans in order. Together they cover every byte of the payload and every character of
    /// the text exactly once.
    pub fn spans(&self) -> impl ExactSizeIterator<Item = Span> + '_ {
        self.runs.iter().enumerate().map(|(index, run)| self.span(index, run))
    }

    /// The record for drawing, piece by piece; `payload` is what was decoded.
    pub fn pieces<'a>(&'a self, payload: &'a [u8]) -> impl Iterator<Item = Piece<'a>> + 'a {
        self.spans().flat_map(move |span| {
            let bytes = payload.get(span.bytes.clone()).unwrap_or_default();
            let (piece, times) = match span.kind {
                SpanKind::Plain => (Piece::Text(self.text.get(span.text).unwrap_or_default()), 1),
                SpanKind::Control(character) => {
                    (Piece::Control(character), span.bytes.len() / span.bytes_per_unit)
                }
                SpanKind::Invalid => (Piece::Invalid(bytes), 1),
                SpanKind::Pending => (Piece::Pending(bytes), 1),
            };
            std::iter::repeat_n(piece, times)
        })
    }

    fn span(&self, index: usize, run: &Run) -> Span {
        let (byte_end, char_end, text_end) = match self.runs.get(index + 1) {
            Some(next) => (next.byte_start, next.char_start, next.text_start),
            None => (self.byte_count, self.char_count, self.text.len()),
        };
        Span {
            kind: run.kind,
            bytes: run.byte_start..byte_end,
            chars: run.char_start..char_end,
            text: run.text_start..text_end,
            bytes_per_unit: usize::from(run.bytes_per_unit),
            chars_per_unit: usize::from(run.chars_per_unit),
        }
    }
}

struct Discarded;

impl Sink for Discarded {
    fn text(&mut self, _text: &str) {}
    fn malformed(&mut self, _length: usize) {}
}

/// Walks over the bytes in step with what the decoder made of them.
struct Builder<'a> {
    encoding: Encoding,
    /// The bytes of `before` that were held back; they come before the payload.
    held: &'a [u8],
    payload: &'a [u8],
    /// How many bytes of `held` and the payload together are accounted for.
    position: usize,
    done: RecordText,
}

impl<'a> Builder<'a> {
    fn new(encoding: Encoding, held: &'a [u8], payload: &'a [u8]) -> Self {
        let text = String::with_capacity(payload.len() + payload.len() / 2);
        let done = RecordText { text, runs: Vec::new(), byte_count: 0, char_count: 0 };
        Self { encoding, held, payload, position: 0, done }
    }

    /// How many bytes the next character, `character`, has in the stream.
    fn unit_bytes(&self, character: char) -> usize {
        unit_bytes(self.encoding, character, self.byte(0), self.byte(1))
    }

    /// The byte `ahead` of the position.
    fn byte(&self, ahead: usize) -> u8 {
        let index = self.position + ahead;
        let byte = match index.checked_sub(self.held.len()) {
            Some(in_payload) => self.payload.get(in_payload),
            None => self.held.get(index),
        };
        byte.copied().unwrap_or_default()
    }

    /// Accounts for `units` units of `unit_bytes` bytes each, shown as `shown`.
    fn push(&mut self, kind: SpanKind, unit_bytes: usize, units: usize, shown: &str, chars: usize) {
        let before = self.position;
        self.position += unit_bytes * units;
        // Only a single unit can begin in `held`; what lies wholly in there belongs to an earlier record.
        let in_payload = unit_bytes - self.held.len().saturating_sub(before).min(unit_bytes);
        if in_payload == 0 {
            return;
        }
        let (bytes_per_unit, chars_per_unit) = (in_payload as u8, (chars / units) as u8);
        let continues = self.done.runs.last().is_some_and(|run| {
            run.kind == kind && run.bytes_per_unit == bytes_per_unit && run.chars_per_unit == chars_per_unit
        });
        if !continues {
            self.done.runs.push(Run {
                kind,
                byte_start: self.done.byte_count,
                char_start: self.done.char_count,
                text_start: self.done.text.len(),
                bytes_per_unit,
                chars_per_unit,
            });
        }
        self.done.text.push_str(shown);
        self.done.byte_count += in_payload * units;
        self.done.char_count += chars;
    }

    fn pending(&mut self, length: usize) {
        // Bytes of the payload only: what was held already is shown in an earlier record.
        let in_payload = length.min(self.payload.len());
        if in_payload > 0 {
            self.position += length - in_payload;
            self.push(SpanKind::Pending, in_payload, 1, PENDING_MARK, 1);
        }
    }

    /// Accounts for the first character of `text`, or two that share their bytes; returns the rest.
    fn push_character<'t>(&mut self, text: &'t str) -> &'t str {
        let mut characters = text.chars();
        let Some(character) = characters.next() else {
            return "";
        };
        let unit_bytes = self.unit_bytes(character);
        if is_control(character) {
            let name = control_name(character).to_string();
            let chars = name.chars().count();
            // Handles runs of the same character at once: padding of thousands of bytes is common. A character that
            // begins in `held` has fewer bytes here than those after it.
            let rest = text.trim_start_matches(character);
            if self.position < self.held.len() || rest.len() == characters.as_str().len() {
                self.push(SpanKind::Control(character), unit_bytes, 1, &name, chars);
                return characters.as_str();
            }
            let units = (text.len() - rest.len()) / character.len_utf8();
            self.push(SpanKind::Control(character), unit_bytes, units, &name.repeat(units), chars * units);
            return rest;
        }
        let mut chars = 1;
        if self.encoding == Encoding::Big5 && is_big5_pair(self.byte(0), self.byte(1)) {
            characters.next();
            chars = 2;
        }
        let rest = characters.as_str();
        let shown = text.get(..text.len() - rest.len()).unwrap_or_default();
        self.push(SpanKind::Plain, unit_bytes, 1, shown, chars);
        rest
    }

    /// Accounts for the printable ASCII at the beginning of `text`; returns the rest.
    fn push_ascii<'t>(&mut self, text: &'t str) -> &'t str {
        let length = text.bytes().position(|byte| !matches!(byte, b' '..=b'~')).unwrap_or(text.len());
        let (ascii, rest) = text.split_at(length);
        if !ascii.is_empty() {
            let unit_bytes = if self.encoding.extends_ascii() { 1 } else { 2 };
            self.push(SpanKind::Plain, unit_bytes, length, ascii, length);
        }
        rest
    }

    /// Accounts for the plain characters at the beginning of `text` that have the same number of
    /// bytes as the first; returns the rest.
    fn push_others<'t>(&mut self, text: &'t str) -> &'t str {
        let start = self.position;
        let mut unit_bytes = 0;
        let mut units = 0;
        let mut length = 0;
        for character in text.chars() {
            if character.is_ascii() || is_control(character) {
                break;
            }
            let bytes = self.unit_bytes(character);
            if units == 0 {
                unit_bytes = bytes;
            } else if bytes != unit_bytes {
                break;
            }
            if self.encoding == Encoding::Big5 && is_big5_pair(self.byte(0), self.byte(1)) {
                break;
            }
            self.position += bytes;
            units += 1;
            length += character.len_utf8();
        }
        self.position = start;
        let (shown, rest) = text.split_at(length);
        if units == 0 {
            return self.push_character(text);
        }
        self.push(SpanKind::Plain, unit_bytes, units, shown, units);
        rest
    }
}

impl Sink for Builder<'_> {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() && self.position < self.held.len() {
            rest = self.push_character(rest);
        }
        while !rest.is_empty() {
            rest = self.push_ascii(rest);
            if !rest.is_empty() {
                rest = self.push_others(rest);
            }
        }
    }

    fn malformed(&mut self, length: usize) {
        self.push(SpanKind::Invalid, length, 1, INVALID_MARK, 1);
    }
}

/// The number of bytes of a well-formed `character` that begins with the bytes `first` and `second`.
pub(super) fn unit_bytes(encoding: Encoding, character: char, first: u8, second: u8) -> usize {
    match encoding {
        Encoding::Utf8 => character.len_utf8(),
        Encoding::Utf16Le | Encoding::Utf16Be => character.len_utf16() * 2,
        Encoding::Windows1252 | Encoding::Ascii => 1,
        Encoding::Gbk | Encoding::Gb18030 => match (first, second) {
            (0x00..=0x80, _) => 1,
            (_, b'0'..=b'9') => 4,
            _ => 2,
        },
        Encoding::Big5 | Encoding::ShiftJis | Encoding::EucKr => 1 + usize::from(is_lead(encoding, first)),
    }
}

/// The four byte pairs of Big5 that stand for a letter and a combining mark (Ê̄ Ê̌ ê̄ ê̌).
pub(super) fn is_big5_pair(lead: u8, trail: u8) -> bool {
    lead == 0x88 && matches!(trail, 0x62 | 0x64 | 0xA3 | 0xA5)
}

#[cfg(test)]
#[path = "pieces_tests.rs"]
mod tests;
