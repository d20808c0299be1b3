//! What is selected, as bytes of records, so that it means the same in text and in hex.

use super::inspect::Inspected;
use super::layout::HEX_ROW_BYTES;
use super::source::Source;
use crate::capture::{Cursor, Position};
use crate::codec::{Encoding, StreamDecoder, write_hex};
use crate::model::{Failure, RecordKind, Transport};
use crate::streams::StreamTexts;

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
    let mut texts = StreamTexts::new(encoding);
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
                let half = record.half();
                let is_alone = record.transport == Transport::Udp;
                if latest.replace(half).is_some_and(|latest| latest != half || is_alone) {
                    break_line(&mut out);
                }
                // Where it is the first of its stream, or records between are not shown, what they complete is
                // not copied.
                let pending = || Ok::<_, Failure>(source.pending_before(position, encoding));
                texts.decode(&entry, range, pending, &mut out)?;
            }
        }
    }
    texts.finish_all(&mut out);
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
            decoder.decode(&source.pending_before(position, encoding), &mut String::new());
            decoder.decode(&record.payload[..range.start], &mut String::new());
            out.pending = decoder.pending().to_vec();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits};
    use crate::model::{ConnectionId, Record};
    use crate::search::{Filter, Job, Scan};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    fn record(connection: u32, payload: &[u8]) -> Record<'_> {
        Record { connection: ConnectionId(connection), ..Record::received(payload) }
    }

    fn recorded(records: &[Record<'_>]) -> (tempfile::TempDir, CaptureReader) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        for record in records {
            writer.append(record);
        }
        writer.publish();
        (folder, writer.reader())
    }

    fn all_text(reader: &CaptureReader, filter: Option<Filter>, encoding: Encoding) -> String {
        let mut source = Source::default();
        source.update(&reader.snapshot());
        source.filter = filter.map(|filter| {
            let job = Job::Filter(filter.compile().unwrap());
            let scan = Scan::start(job, reader.clone(), Position(0), Arc::new(|| {}));
            let until = Instant::now() + Duration::from_secs(20);
            while !scan.progress().is_caught_up {
                assert!(Instant::now() < until);
                std::thread::yield_now();
            }
            Arc::new(scan)
        });
        let all = Selection::all(reader.snapshot().start(), reader.snapshot().end());
        let (text, cut) = copy(&mut source, &all, CopyFormat::Text, encoding).unwrap();
        assert_eq!(cut, None);
        text
    }

    /// Copied is what is shown: what hidden records begin or complete is no part of it.
    #[test]
    fn no_character_is_put_together_over_hidden_records() {
        let short = || Some(Filter { max_bytes: Some(4), ..Filter::default() });
        for (encoding, payloads, all, shown) in [
            (Encoding::Gbk, [&b"a\xC4"[..], b"\xE3hidden", b"x1"], "a你hiddenx1", "ax1"),
            (Encoding::Utf8, [&b"a\xE4\xB8"[..], b"\xADhidden", b"x1"], "a中hiddenx1", "ax1"),
            // The other way round: what is completed is shown where it is completed.
            (Encoding::Gbk, [&b"a"[..], b"hidden\xC4", b"\xE3x1"], "ahidden你x1", "a你x1"),
            (
                Encoding::Utf8,
                [&b"a\xE4"[..], b"hidden", b"\xADx1"],
                "a\u{FFFD}hidden\u{FFFD}x1",
                "a\u{FFFD}x1",
            ),
        ] {
            let (_folder, reader) = recorded(&payloads.map(|payload| record(1, payload)));
            assert_eq!(all_text(&reader, None, encoding), all, "{encoding}");
            assert_eq!(all_text(&reader, short(), encoding), shown, "{encoding}");
        }
    }

    /// Of which each has its own text; none costs more because there are others.
    #[test]
    fn very_many_connections_are_copied() {
        const CONNECTIONS: usize = 20_000;
        let (first, second) = "世界".as_bytes().split_at(4);
        let of_all = |payload| (1..=CONNECTIONS as u32).map(move |connection| record(connection, payload));
        let records: Vec<_> = of_all(first).chain(of_all(second)).collect();
        let (_folder, reader) = recorded(&records);
        let expected = [vec!["世"; CONNECTIONS], vec!["界"; CONNECTIONS]].concat().join("\n");
        assert!(all_text(&reader, None, Encoding::Utf8) == expected);
    }
}
