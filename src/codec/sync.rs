//! Resynchronisation: where decoding may begin in the middle of a stream, so that a view can jump to any record
//! without decoding from the start. Knows the byte structure of the encodings, not their characters.
//!
//! Each decoder is a small automaton whose states are the beginnings of a character. Some bytes
//! lead to one known state whatever the state before was; from the last such byte the state at the
//! end is computed forwards. The tests prove the bytes used here against the decoder itself.

use super::decode::{is_high_surrogate, is_lead};
use super::encoding::Encoding;

/// The index `i` with the fewest bytes after it, such that a fresh decoder fed with `tail[i..]` is
/// in the same state as one fed with the whole stream up to the end of `tail`.
///
/// `tail` is the last bytes before some point of a stream and `tail_offset` the offset in the
/// stream of its first byte (UTF-16 needs to know odd from even). What precedes `tail` does not
/// matter. `tail.len() - i` is at most three: `tail[i..]` is just the incomplete character.
///
/// `None` if `tail` holds no such point: give a longer one. A tail that begins at the start of the
/// stream always has one. UTF-8 needs at most 3 bytes, UTF-16 at most 3; the CJK encodings need a
/// byte that is no lead byte (GBK and GB18030: neither a lead byte nor a digit, or two digits),
/// such as a space, a line break or a letter.
pub fn resync_point(encoding: Encoding, tail: &[u8], tail_offset: u64) -> Option<usize> {
    let pending = match encoding {
        Encoding::Ascii | Encoding::Windows1252 => Some(0),
        Encoding::Utf8 => pending_utf8(tail, tail_offset),
        Encoding::Utf16Le | Encoding::Utf16Be => pending_utf16(encoding, tail, tail_offset),
        Encoding::Gbk | Encoding::Gb18030 => pending_gb(tail, tail_offset),
        Encoding::Big5 | Encoding::ShiftJis | Encoding::EucKr => {
            pending_two_byte(encoding, tail, tail_offset)
        }
    };
    pending.map(|pending| tail.len() - pending)
}

/// Any byte but a continuation byte begins a character, and three continuation bytes in a row end any character.
fn pending_utf8(tail: &[u8], tail_offset: u64) -> Option<usize> {
    let begins = tail.iter().rev().take(3).position(|byte| !matches!(byte, 0x80..=0xBF));
    match begins {
        Some(after) => {
            let sequence = tail.get(tail.len() - after - 1..).unwrap_or_default();
            let incomplete = std::str::from_utf8(sequence).is_err_and(|error| error.error_len().is_none());
            Some(if incomplete { sequence.len() } else { 0 })
        }
        None if tail.len() >= 3 || tail_offset == 0 => Some(0),
        None => None,
    }
}

/// After a code unit the state depends on that unit alone: after a high surrogate a low one is pending.
fn pending_utf16(encoding: Encoding, tail: &[u8], tail_offset: u64) -> Option<usize> {
    let odd = usize::from(tail_offset % 2 == 1);
    let units = tail.get(odd..).unwrap_or_default();
    let halves = units.len() % 2;
    let high_byte = match (encoding, units.len() - halves) {
        (_, 0) => return (tail_offset == 0).then_some(halves),
        (Encoding::Utf16Le, end) => units.get(end - 1),
        (_, end) => units.get(end - 2),
    };
    let surrogate = high_byte.is_some_and(|byte| is_high_surrogate(*byte));
    Some(if surrogate { halves + 2 } else { halves })
}

/// After any byte but a lead byte no character is pending, whether it was a single-byte character, a trail byte or
/// malformed. From there on lead bytes go in pairs, valid or not.
fn pending_two_byte(encoding: Encoding, tail: &[u8], tail_offset: u64) -> Option<usize> {
    let known = tail.iter().rposition(|byte| !is_lead(encoding, *byte)).map(|index| index + 1);
    let start = known.or((tail_offset == 0).then_some(0))?;
    Some((tail.len() - start) % 2)
}

/// As with two bytes, but a digit may be the second byte of four (GB18030). A digit after a digit ends any
/// character.
fn pending_gb(tail: &[u8], tail_offset: u64) -> Option<usize> {
    let ends_all = |index: &usize| match tail.get(index.wrapping_sub(1)..=*index) {
        Some([first, second]) => GbByte::of(*first) == GbByte::Digit && GbByte::of(*second) == GbByte::Digit,
        _ => false,
    };
    let known = (0..tail.len())
        .rev()
        .find(|index| {
            tail.get(*index).is_some_and(|byte| GbByte::of(*byte) == GbByte::Other) || ends_all(index)
        })
        .map(|index| index + 1);
    let start = known.or((tail_offset == 0).then_some(0))?;
    let pending = tail.iter().skip(start).fold(0, |pending, byte| match (pending, GbByte::of(*byte)) {
        (0, GbByte::Lead) => 1,
        (1, GbByte::Digit) => 2,
        (2, GbByte::Lead) => 3,
        _ => 0,
    });
    Some(pending)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum GbByte {
    Digit,
    Lead,
    Other,
}

impl GbByte {
    fn of(byte: u8) -> Self {
        match byte {
            b'0'..=b'9' => GbByte::Digit,
            0x81..=0xFE => GbByte::Lead,
            _ => GbByte::Other,
        }
    }
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
