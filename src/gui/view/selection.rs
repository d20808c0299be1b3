//! What is selected, as bytes of records, so that it means the same in text and in hex.

use super::layout::HEX_ROW_BYTES;
use crate::capture::{Cursor, Position, Snapshot};
use crate::codec::{Encoding, StreamDecoder, write_hex};
use crate::model::{ConnectionId, Direction, Failure, RecordKind, Transport};
use std::collections::HashMap;
use std::fmt::Write;

/// More than this is not copied: it would stop the window, and other programs.
pub const COPY_BYTES: usize = 16 << 20;

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

/// The selected data for the clipboard, and whether it had to be cut.
///
/// # Errors
/// The recording could not be read.
pub fn copy(
    snapshot: &Snapshot,
    selection: &Selection,
    format: CopyFormat,
    encoding: Encoding,
) -> Result<(String, bool), Failure> {
    let (first, last) = selection.ordered();
    let mut cursor = Cursor::new(snapshot.clone());
    let mut decoders: HashMap<(ConnectionId, Direction), StreamDecoder> = HashMap::new();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = first.record;
    while let Some(position) = cursor.next(at)? {
        if position > last.record {
            break;
        }
        let Some(entry) = cursor.read(position)? else { break };
        at = entry.end;
        let record = &entry.record;
        if record.kind != RecordKind::Data {
            continue;
        }
        let Some(range) = selection.within(position, record.payload.len()) else { continue };
        if copied + range.len() > COPY_BYTES {
            return Ok((out, true));
        }
        copied += range.len();
        let bytes = &record.payload[range];
        match format {
            CopyFormat::Text if record.transport == Transport::Udp => {
                let mut decoder = StreamDecoder::new(encoding);
                decoder.decode(bytes, &mut out);
                decoder.finish(&mut out);
                break_line(&mut out);
            }
            CopyFormat::Text => {
                let key = (record.connection, record.direction);
                let decoder = decoders.entry(key).or_insert_with(|| StreamDecoder::new(encoding));
                decoder.decode(bytes, &mut out);
            }
            CopyFormat::Hex => {
                for row in bytes.chunks(HEX_ROW_BYTES) {
                    break_line(&mut out);
                    write_hex(row, &mut out, " ");
                }
                let _ = writeln!(out);
            }
        }
    }
    if format == CopyFormat::Hex {
        out.truncate(out.trim_end().len());
    }
    Ok((out, false))
}

fn break_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}
