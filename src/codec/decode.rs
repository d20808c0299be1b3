//! Bytes to text in pieces as they arrive, for one direction of one connection. Does not know
//! where one record ends and the next begins, nor which bytes a character came from (`pieces`).
//!
//! The only state between two calls is the bytes of the incomplete character, at most three: each call starts a
//! fresh `encoding_rs` decoder with them. So the state is small enough for thousands of connections, can be shown,
//! and compares by value.

use encoding_rs::DecoderResult;

use super::encoding::Encoding;

/// Output buffer of one call of the table decoder, in bytes. Bounded, because `encoding_rs` touches every page of
/// its output buffer at each malformed sequence.
const TURN_BYTES: usize = 4096;

/// The longest malformed or incomplete sequence that can be held back.
pub(super) const MAX_PENDING: usize = 3;

/// Decodes one direction of one connection, however its bytes are cut.
///
/// The characters do not depend on the cuts. Malformed sequences become U+FFFD, one each, with the
/// lengths of the WHATWG Encoding Standard. A byte order mark is neither looked for nor removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamDecoder {
    encoding: Encoding,
    pending: Pending,
}

impl StreamDecoder {
    /// A decoder before the first byte of a stream.
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, pending: Pending::default() }
    }

    /// Appends to `out` the characters that `bytes` complete, and keeps the rest.
    pub fn decode(&mut self, bytes: &[u8], out: &mut String) {
        decode_into(self.encoding, &mut self.pending, bytes, &mut Replaced { out });
    }

    /// Ends the stream: an incomplete character becomes one U+FFFD.
    pub fn finish(self, out: &mut String) {
        if !self.pending.as_slice().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }

    /// The bytes held back because they begin a character that is not complete: at most three.
    pub fn pending(&self) -> &[u8] {
        self.pending.as_slice()
    }
}

/// Bytes that begin a character which more bytes may complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pending {
    bytes: [u8; MAX_PENDING],
    length: usize,
}

impl Pending {
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The last `length` bytes of `self` followed by `bytes`, or nothing if that is more than can
    /// be the beginning of a character.
    fn last_of(&self, bytes: &[u8], length: usize) -> Pending {
        let mut last = Pending::default();
        if length > MAX_PENDING {
            return last;
        }
        let from_bytes = length.min(bytes.len());
        let held = self.as_slice();
        let from_held = held.len().saturating_sub(length - from_bytes);
        let tail = held.iter().skip(from_held).chain(bytes.iter().skip(bytes.len() - from_bytes));
        for (slot, byte) in last.bytes.iter_mut().zip(tail) {
            *slot = *byte;
            last.length += 1;
        }
        last
    }
}

/// The results of decoding, in the order of the bytes.
pub(super) trait Sink {
    /// These characters are well-formed.
    fn text(&mut self, text: &str);
    /// The next `length` bytes are one malformed sequence.
    fn malformed(&mut self, length: usize);
}

struct Replaced<'a> {
    out: &'a mut String,
}

impl Sink for Replaced<'_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn malformed(&mut self, _length: usize) {
        self.out.push(char::REPLACEMENT_CHARACTER);
    }
}

/// Decodes `pending` followed by `bytes` and leaves in `pending` what is incomplete at the end.
pub(super) fn decode_into(encoding: Encoding, pending: &mut Pending, bytes: &[u8], sink: &mut impl Sink) {
    if bytes.is_empty() {
        return;
    }
    match encoding.whatwg() {
        None => decode_ascii(bytes, sink),
        Some(_) if encoding == Encoding::Utf8 => {
            let rest = complete_utf8(pending, bytes, sink);
            decode_utf8(pending, rest, sink);
        }
        Some(table) => {
            if encoding.extends_ascii() && pending.length == 0 && bytes.is_ascii() {
                decode_ascii(bytes, sink);
            } else {
                decode_by_table(encoding, table, pending, bytes, sink);
            }
        }
    }
}

fn decode_ascii(bytes: &[u8], sink: &mut impl Sink) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = encoding_rs::Encoding::ascii_valid_up_to(rest);
        let (ascii, others) = rest.split_at(length);
        if let Ok(text) = std::str::from_utf8(ascii)
            && !text.is_empty()
        {
            sink.text(text);
        }
        match others.split_first() {
            Some((_, after)) => {
                sink.malformed(1);
                rest = after;
            }
            None => break,
        }
    }
}

/// Feeds bytes to the character begun in `pending` until it is complete or turns out to be
/// malformed; returns the bytes that are left.
fn complete_utf8<'a>(pending: &mut Pending, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
    let mut rest = bytes;
    while pending.length > 0
        && let Some((&next, after)) = rest.split_first()
    {
        let held = pending.length;
        let mut sequence = [0; MAX_PENDING + 1];
        for (slot, byte) in sequence.iter_mut().zip(pending.as_slice().iter().chain([&next])) {
            *slot = *byte;
        }
        let sequence = sequence.get(..=held).unwrap_or_default();
        match std::str::from_utf8(sequence) {
            Ok(character) => {
                sink.text(character);
                *pending = Pending::default();
                rest = after;
            }
            Err(error) if error.error_len().is_none() => {
                *pending = pending.last_of(&[next], held + 1);
                rest = after;
            }
            // The byte does not continue the character: what was held is malformed, and the byte begins the
            // next character.
            Err(_) => {
                sink.malformed(held);
                *pending = Pending::default();
            }
        }
    }
    rest
}

/// `std` reports malformed UTF-8 by maximal subparts, which is what the WHATWG asks for.
fn decode_utf8(pending: &mut Pending, bytes: &[u8], sink: &mut impl Sink) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let error = match std::str::from_utf8(rest) {
            Ok(text) => {
                sink.text(text);
                return;
            }
            Err(error) => error,
        };
        let (valid, invalid) = rest.split_at(error.valid_up_to());
        if let Ok(text) = std::str::from_utf8(valid)
            && !text.is_empty()
        {
            sink.text(text);
        }
        let Some(length) = error.error_len() else {
            *pending = Pending::default().last_of(invalid, invalid.len());
            return;
        };
        sink.malformed(length);
        rest = invalid.get(length..).unwrap_or_default();
    }
}

fn decode_by_table(
    encoding: Encoding,
    table: &'static encoding_rs::Encoding,
    pending: &mut Pending,
    bytes: &[u8],
    sink: &mut impl Sink,
) {
    let held = *pending;
    *pending = Pending::default();
    let mut decoder = table.new_decoder_without_bom_handling();
    let worst = bytes.len().saturating_mul(3).saturating_add(16);
    let mut turn = String::with_capacity(worst.min(TURN_BYTES));
    // The held bytes begin one character, so that they produce no output.
    let _ = decoder.decode_to_string_without_replacement(held.as_slice(), &mut turn, false);
    let mut rest = bytes;
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut turn, true);
        rest = rest.get(read..).unwrap_or_default();
        if !turn.is_empty() {
            sink.text(&turn);
            turn.clear();
        }
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let length = usize::from(length);
                // The decoder was told that this is the end of input, so that it reports an incomplete character
                // there as malformed. More input may follow: hold it back.
                if rest.is_empty() && after == 0 {
                    let last = held.last_of(bytes, length);
                    if begins_character(encoding, last.as_slice()) {
                        *pending = last;
                        return;
                    }
                }
                sink.malformed(length);
            }
        }
    }
}

/// Whether `bytes` are the beginning of a character of a table encoding, and not all of one.
fn begins_character(encoding: Encoding, bytes: &[u8]) -> bool {
    match (encoding, bytes) {
        (_, []) => false,
        (Encoding::Utf16Le | Encoding::Utf16Be, [_]) => true,
        (Encoding::Utf16Le, [_, high, ..]) | (Encoding::Utf16Be, [high, _, ..]) => is_high_surrogate(*high),
        (_, [lead]) => is_lead(encoding, *lead),
        (Encoding::Gbk | Encoding::Gb18030, [0x81..=0xFE, 0x30..=0x39]) => true,
        (Encoding::Gbk | Encoding::Gb18030, [0x81..=0xFE, 0x30..=0x39, 0x81..=0xFE]) => true,
        _ => false,
    }
}

/// Whether a UTF-16 code unit with this high byte is the first half of a surrogate pair.
pub(super) fn is_high_surrogate(high_byte: u8) -> bool {
    matches!(high_byte, 0xD8..=0xDB)
}

/// Whether `byte` begins a character of several bytes in a CJK encoding.
pub(super) fn is_lead(encoding: Encoding, byte: u8) -> bool {
    match encoding {
        Encoding::ShiftJis => matches!(byte, 0x81..=0x9F | 0xE0..=0xFC),
        Encoding::Gbk | Encoding::Gb18030 | Encoding::Big5 | Encoding::EucKr => {
            matches!(byte, 0x81..=0xFE)
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
