//! The selected bytes for the inspector. Reads a bounded part of the recording.

use crate::capture::Position;
use crate::codec::{Encoding, StreamDecoder};
use crate::gui::view::flow::Cell;
use crate::gui::view::inspected_checks::{BEHIND_BYTES, Checks};
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::selection::Selection;
use crate::gui::view::shown::ShownRecords;
use crate::gui::view::source::Shown;
use crate::model::{Failure, RecordKind};
use crate::streams::Encodings;

/// The most bytes that are inspected at once.
pub const INSPECTED_BYTES: usize = 64 * 1024;

/// The most of the recording that is read for them, in bytes, on the window's thread.
const INSPECTED_SPAN_BYTES: u64 = 1 << 20;

/// The selected bytes.
#[derive(Debug, Default)]
pub struct Inspected {
    /// The bytes; of a longer selection the first [`INSPECTED_BYTES`] at most.
    pub bytes: Vec<u8>,
    /// The pending bytes before them, which begin their first character.
    pub pending: Vec<u8>,
    /// The offset of the first byte in its record.
    pub offset: usize,
    /// The selection has more bytes.
    pub is_cut: bool,
    /// The encoding of their connection.
    pub encoding: Encoding,
    /// Their checksums; none of a longer selection.
    pub checks: Checks,
    /// The selection, encodings and end of the recording for which the bytes were read.
    key: Option<(Selection, Encodings, Position)>,
}

impl Inspected {
    /// Reads the selected bytes, if the selection, the encoding or the recording has changed.
    pub fn update(
        &mut self,
        records: &mut ShownRecords,
        selection: Option<Selection>,
        encodings: &Encodings,
    ) {
        // A selection up to the end grows with the recording, but only until it is cut.
        let end = records.snapshot().end();
        let is_known = match (&self.key, selection) {
            (None, None) => true,
            (Some((known, in_encodings, until)), Some(selection)) => {
                *known == selection
                    && in_encodings == encodings
                    && (*until == end || self.is_cut || selection.ordered().1.record < *until)
            }
            _ => false,
        };
        if !is_known {
            *self = selection.map_or_else(Self::default, |selection| {
                let read = selected_bytes(records, &selection, encodings, INSPECTED_BYTES);
                Self { key: Some((selection, encodings.clone(), end)), ..read.unwrap_or_default() }
            });
        }
    }

    /// The cells for the character column of the bytes in a range.
    pub fn cells(&self, range: std::ops::Range<usize>, cells_of: &mut dyn FnMut(char) -> u8) -> Vec<Cell> {
        let mut pending = self.pending.clone();
        if range.start > 0 {
            let mut decoder = StreamDecoder::new(self.encoding);
            decoder.decode(&self.pending, &mut String::new());
            decoder.decode(&self.bytes[..range.start], &mut String::new());
            pending = decoder.pending().to_vec();
        }
        RecordLayout::cells_for_dump(self.encoding, &pending, &self.bytes[range], cells_of)
    }
}

/// The first selected bytes, at most `limit`, and the pending bytes before them.
///
/// # Errors
/// The recording could not be read.
fn selected_bytes(
    records: &mut ShownRecords,
    selection: &Selection,
    encodings: &Encodings,
    limit: usize,
) -> Result<Inspected, Failure> {
    let (first, last) = selection.ordered();
    let mut source = records.source.reopened();
    let mut out = Inspected::default();
    // What follows the selection in its last record.
    let mut behind = Vec::new();
    let mut looked_at = 0;
    let mut at = first.record;
    while let Some(position) = source.next(at)? {
        let Some(Shown { entry, .. }) = source.read(position)? else { break };
        if position > last.record {
            break;
        }
        at = entry.end;
        looked_at += at.0 - position.0;
        if looked_at > INSPECTED_SPAN_BYTES {
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
            out.encoding = encodings.of(record.connection);
            let mut decoder = StreamDecoder::new(out.encoding);
            decoder.decode(&records.pending_before(position, encodings), &mut String::new());
            decoder.decode(&record.payload[..range.start], &mut String::new());
            out.pending = decoder.pending().to_vec();
        }
        let room = limit - out.bytes.len();
        out.is_cut = range.len() > room;
        out.bytes.extend_from_slice(&record.payload[range.start..range.end.min(range.start + room)]);
        if out.is_cut {
            break;
        }
        behind = record.payload[range.end..].iter().copied().take(BEHIND_BYTES).collect();
    }
    if !out.is_cut {
        out.checks = Checks::of(&out.bytes, &behind);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The column of characters, each with its first byte.
    fn column(bytes: &[u8], pending: &[u8], encoding: Encoding) -> Vec<(char, u32)> {
        let length = bytes.len();
        let (bytes, pending) = (bytes.to_vec(), pending.to_vec());
        let inspected = Inspected { bytes, pending, encoding, ..Inspected::default() };
        let width = &mut |character: char| if character.is_ascii() { 1 } else { 2 };
        let cells = inspected.cells(0..length, width);
        cells.iter().map(|cell| (cell.character, cell.byte)).collect()
    }

    #[test]
    fn characters_are_aligned_with_their_bytes() {
        for (encoding, bytes, expected) in [
            (Encoding::Gbk, &b"A\xCE\xC2B"[..], [('A', 0), ('温', 1), ('B', 3)]),
            (Encoding::Utf8, "A温B".as_bytes(), [('A', 0), ('温', 1), ('B', 4)]),
            (Encoding::Utf16Le, &b"A\0\x29\x6EB\0"[..], [('A', 0), ('温', 2), ('B', 4)]),
        ] {
            assert_eq!(column(bytes, &[], encoding), expected, "{encoding:?}");
        }
        // A selection may begin within a character.
        assert_eq!(column(b"\xC2B", b"\xCE", Encoding::Gbk), [('温', 0), ('B', 1)]);
    }
}
