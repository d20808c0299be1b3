//! The bytes before any one record that begin its first character, read back in its stream as far as needed.

use crate::capture::{Cursor, Entry, Position};
use crate::codec::{Encoding, StreamDecoder, resync_point};
use crate::model::{Failure, FailureKind, RecordKind, Transport};
use std::collections::HashMap;

/// Bound on reading back, in bytes of the stream. Only a run of double-byte characters longer than this, without
/// a space, a line break or a letter, needs more.
const MAX_BYTES_BACK: usize = 1 << 20;
/// The same in records, which may have one byte each.
const MAX_RECORDS_BACK: usize = 20_000;

/// The bytes before a record, at most three, that its first character begins with. A datagram is decoded alone
/// and has none.
///
/// Reads back in the stream with `cursor` to a point from which decoding is certain, then forward again. In a
/// run too long for that, characters are taken to begin at a place that is the same from everywhere in the run.
/// `known` is a cache of the bytes pending *after* records, all with the same encoding: what is found is added.
///
/// A damaged record counts as missing, which costs one character at most.
///
/// # Errors
/// The recording could not be read for another reason than damage. `known` is left as it was.
pub fn pending_before(
    cursor: &mut Cursor,
    entry: &Entry<'_>,
    encoding: Encoding,
    known: &mut HashMap<Position, Vec<u8>>,
) -> Result<Vec<u8>, Failure> {
    if entry.record.kind != RecordKind::Data || entry.record.transport == Transport::Udp {
        return Ok(Vec::new());
    }
    let mut offset_after = entry.stream_offset;
    let Some(mut at) = entry.previous else { return Ok(gone_before(encoding, offset_after).to_vec()) };
    let mut decoder = StreamDecoder::new(encoding);
    // The records read on the way back, newest first.
    let mut passed: Vec<(Position, Vec<u8>)> = Vec::new();
    let mut bytes = 0;
    loop {
        if let Some(pending) = known.get(&at) {
            decoder.decode(pending, &mut String::new());
            break;
        }
        // The beginning of the stream may have expired: decode what is left.
        let entry = match cursor.read(at) {
            Ok(Some(entry)) => entry,
            Err(failure) if !matches!(failure.kind, FailureKind::Damaged { .. }) => return Err(failure),
            _ => {
                decoder.decode(gone_before(encoding, offset_after), &mut String::new());
                break;
            }
        };
        match entry.record.kind {
            RecordKind::Data => {
                let payload = entry.record.payload;
                // The offset is known modulo 2^32; only the stream's first record may be at 0 itself.
                let wrapped = if entry.previous.is_some() { 1 << 32 } else { 0 };
                let offset = wrapped + u64::from(entry.stream_offset);
                let is_far = bytes >= MAX_BYTES_BACK || passed.len() >= MAX_RECORDS_BACK;
                let guess = || Some(guessed_start(offset)).filter(|&at| is_far && at < payload.len());
                if let Some(start) = certain_start(encoding, payload, offset).or_else(guess) {
                    decoder.decode(payload.get(start..).unwrap_or_default(), &mut String::new());
                    known.insert(at, decoder.pending().to_vec());
                    break;
                }
                bytes += payload.len();
                offset_after = entry.stream_offset;
                passed.push((at, payload.to_vec()));
            }
            RecordKind::Opened | RecordKind::Closed => break,
            RecordKind::Error | RecordKind::Note => {}
        }
        // Empty data records, which only a crafted file has, offer no place to guess at: bound them too.
        let Some(previous) = entry.previous.filter(|_| passed.len() < 2 * MAX_RECORDS_BACK) else {
            decoder.decode(gone_before(encoding, offset_after), &mut String::new());
            break;
        };
        at = previous;
    }
    for (position, payload) in passed.into_iter().rev() {
        decoder.decode(&payload, &mut String::new());
        known.insert(position, decoder.pending().to_vec());
    }
    Ok(decoder.pending().to_vec())
}

/// What stands for missing bytes before the place `offset` of a stream: one byte of a UTF-16 code unit where the
/// offset is odd, so that one character is lost and not all that follow.
#[must_use]
pub fn gone_before(encoding: Encoding, offset: u32) -> &'static [u8] {
    let is_half = matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) && offset % 2 == 1;
    if is_half { &[0] } else { &[] }
}

/// Where in a record's bytes decoding may begin. That is mostly within the last few, which are looked at first.
fn certain_start(encoding: Encoding, payload: &[u8], offset: u64) -> Option<usize> {
    const FEW: usize = 16;
    let few = payload.len().saturating_sub(FEW);
    let in_tail = resync_point(encoding, &payload[few..], offset + few as u64).map(|start| few + start);
    in_tail.or_else(|| if few > 0 { resync_point(encoding, payload, offset) } else { None })
}

/// Where a character is taken to begin in a run too long to be followed back: at a multiple of the longest
/// character's length, so that the guess is the same from wherever in the run it is made.
fn guessed_start(offset: u64) -> usize {
    (offset.next_multiple_of(4) - offset) as usize
}
