//! What is selected, as bytes of records, so that it means the same in text and in hex.

use super::inspect::Inspected;
use super::layout::HEX_ROW_BYTES;
use super::source::Source;
use crate::capture::{Cursor, Position};
use crate::codec::{Encoding, StreamDecoder, write_hex};
use crate::model::{ConnectionId, Direction, Failure, RecordKind, Transport};

/// More than this is not copied: it would stop the window, and other programs.
pub const COPY_BYTES: usize = 16 << 20;

/// Nor is more of the recording looked through, which may be mostly notes and head lines.
const COPY_SPAN_BYTES: u64 = 64 << 20;

/// A border between two bytes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The record.
    pub record: Position,
    /// The byte of its payload before which it is.
    pub byte: u32,
}

/// From where a selection was begun to where the pointer is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where it was begun.
    pub from: Place,
    /// Where it ends.
    pub to: Place,
}

/// What is put on the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    /// Decoded characters, as they were received.
    Text,
    /// Two digits a byte, sixteen bytes a line, a new line for each record.
    Hex,
}

impl Selection {
    /// Everything between two positions.
    #[must_use]
    pub fn all(start: Position, end: Position) -> Self {
        Self { from: Place { record: start, byte: 0 }, to: Place { record: end, byte: 0 } }
    }

    /// A whole record.
    #[must_use]
    pub fn record(record: Position) -> Self {
        Self { from: Place { record, byte: 0 }, to: Place { record, byte: u32::MAX } }
    }

    /// Both ends in the order of the recording.
    #[must_use]
    pub fn ordered(&self) -> (Place, Place) {
        (self.from.min(self.to), self.from.max(self.to))
    }

    /// Whether nothing is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// The bytes of one record that are selected, of the `length` it has.
    #[must_use]
    pub fn within(&self, record: Position, length: usize) -> Option<std::ops::Range<usize>> {
        let (first, last) = self.ordered();
        if record < first.record || record > last.record || self.is_empty() {
            return None;
        }
        let start = if record == first.record { first.byte as usize } else { 0 };
        let end = if record == last.record { last.byte as usize } else { length };
        let (start, end) = (start.min(length), end.min(length));
        // An empty record between the ends is selected, but has nothing to mark.
        (start < end).then_some(start..end)
    }
}

/// The selected data for the clipboard, and how many bytes of it that is, if it had to be cut.
///
/// # Errors
/// The recording could not be read.
pub fn copy(
    source: &mut Source,
    selection: &Selection,
    format: CopyFormat,
    encoding: Encoding,
) -> Result<(String, Option<usize>), Failure> {
    let (first, last) = selection.ordered();
    let mut cursor = Cursor::new(source.snapshot().clone());
    // In the order of appearance, for what is left unfinished at the end.
    let mut decoders: Vec<((ConnectionId, Direction), StreamDecoder)> = Vec::new();
    let mut latest = None;
    let mut out = String::new();
    let mut copied = 0;
    let mut looked_at = 0;
    let mut at = first.record;
    while let Some(position) = next_shown(source, &mut cursor, at)? {
        if position > last.record {
            break;
        }
        let Some(entry) = cursor.read(position)? else { break };
        at = entry.end;
        looked_at += at.0 - position.0;
        if looked_at > COPY_SPAN_BYTES {
            return Ok((out, Some(copied)));
        }
        let record = &entry.record;
        if record.kind != RecordKind::Data {
            continue;
        }
        let Some(range) = selection.within(position, record.payload.len()) else { continue };
        if copied + range.len() > COPY_BYTES {
            return Ok((out, Some(copied)));
        }
        copied += range.len();
        match format {
            CopyFormat::Hex => {
                for row in record.payload[range].chunks(HEX_ROW_BYTES) {
                    break_line(&mut out);
                    write_hex(row, &mut out, " ");
                }
            }
            CopyFormat::Text => {
                let key = (record.connection, record.direction);
                if latest
                    .replace(key)
                    .is_some_and(|latest| latest != key || record.transport == Transport::Udp)
                {
                    break_line(&mut out);
                }
                let is_alone = record.transport == Transport::Udp;
                let known = decoders.iter().position(|(known, _)| *known == key).filter(|_| !is_alone);
                let index = known.unwrap_or_else(|| {
                    // The first record may begin in the middle of a character, and so may the selection.
                    let mut decoder = StreamDecoder::new(encoding);
                    decoder.decode(&source.lead(position, encoding), &mut String::new());
                    decoder.decode(&record.payload[..range.start], &mut String::new());
                    decoders.push((key, decoder));
                    decoders.len() - 1
                });
                decoders[index].1.decode(&record.payload[range], &mut out);
                if is_alone {
                    decoders.remove(index).1.finish(&mut out);
                }
            }
        }
    }
    for (_, decoder) in decoders {
        decoder.finish(&mut out);
    }
    Ok((out, None))
}

/// The first selected bytes, at most `limit`, and what the first character begins with.
///
/// # Errors
/// The recording could not be read.
pub fn selected_bytes(
    source: &mut Source,
    selection: &Selection,
    encoding: Encoding,
    limit: usize,
) -> Result<Inspected, Failure> {
    let (first, last) = selection.ordered();
    let mut cursor = Cursor::new(source.snapshot().clone());
    let mut out = Inspected::default();
    let mut looked_at = 0;
    let mut at = first.record;
    while let Some(position) = next_shown(source, &mut cursor, at)? {
        let Some(entry) = cursor.read(position)? else { break };
        if position > last.record {
            break;
        }
        at = entry.end;
        looked_at += at.0 - position.0;
        if looked_at > COPY_SPAN_BYTES {
            out.is_cut = true;
            break;
        }
        let record = &entry.record;
        let Some(range) = selection.within(position, record.payload.len()) else { continue };
        if record.kind != RecordKind::Data {
            continue;
        }
        if out.bytes.is_empty() {
            out.offset = range.start;
            let mut decoder = StreamDecoder::new(encoding);
            decoder.decode(&source.lead(position, encoding), &mut String::new());
            decoder.decode(&record.payload[..range.start], &mut String::new());
            out.lead = decoder.pending().to_vec();
        }
        let room = limit - out.bytes.len();
        out.is_cut = range.len() > room;
        out.bytes.extend_from_slice(&record.payload[range.start..range.end.min(range.start + room)]);
        if out.is_cut {
            break;
        }
    }
    Ok(out)
}

/// The next record that is shown, read with a cursor of one's own.
fn next_shown(
    source: &mut Source,
    cursor: &mut Cursor,
    border: Position,
) -> Result<Option<Position>, Failure> {
    if source.filter.is_some() { Ok(source.next(border)) } else { cursor.next(border) }
}

fn break_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}
