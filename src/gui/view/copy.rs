//! Copying: the selected data as text for the clipboard. May run on any thread.

use crate::capture::{Cursor, Snapshot};
use crate::codec::{DUMP_ROW_BYTES, RecordText, write_hex};
use crate::gui::action::CopyFormat;
use crate::gui::view::selection::Selection;
use crate::gui::view::shown::{ShownRecords, next_shown};
use crate::model::{Failure, RecordKind, Transport};
use crate::search::Scan;
use crate::streams::{Encodings, StreamTexts};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The most payload that is copied, in bytes: the clipboard holds it in memory, and so do other programs.
pub const COPY_BYTES: usize = 16 << 20;

/// The most of the recording that is read for a copy, in bytes: it may be mostly notes and headers.
const COPY_SPAN_BYTES: u64 = 64 << 20;

/// A selection that spans at most this many bytes of the recording is copied at once, on the window's thread.
const SMALL_SPAN_BYTES: u64 = 256 << 10;

/// What is to be copied.
#[derive(Clone)]
pub struct CopyRequest {
    /// The recording.
    pub snapshot: Snapshot,
    /// Only the records that this filter shows.
    pub filter: Option<Arc<Scan>>,
    /// The selected bytes.
    pub selection: Selection,
    /// The form.
    pub format: CopyFormat,
    /// The encodings for text.
    pub encodings: Encodings,
}

/// Data for the clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The text.
    pub text: String,
    /// The number of payload bytes copied, if the selection has more.
    pub cut_after: Option<usize>,
}

impl CopyRequest {
    /// Whether so little is read that it does not delay a frame.
    #[must_use]
    pub fn is_small(&self) -> bool {
        let (first, last) = self.selection.ordered();
        last.record.0.saturating_sub(first.record.0) <= SMALL_SPAN_BYTES
    }

    /// Reads and decodes the selection. `progress` gets the bytes of the recording done and in total, and ends
    /// the copy with `Break`: then the result is `None`.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn run(
        self,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Option<Copied>, Failure> {
        let Self { snapshot, filter, selection, format, encodings } = self;
        let mut records = ShownRecords::default();
        records.update(&snapshot);
        records.filter = filter;
        let (first, last) = selection.ordered();
        let mut cursor = Cursor::new(snapshot);
        let span = last.record.0.min(cursor.snapshot().end().0).saturating_sub(first.record.0);
        let mut texts = StreamTexts::new(encodings.clone());
        let mut latest = None;
        let mut is_after_hex = false;
        let mut out = String::new();
        let mut copied = 0;
        let mut looked_at = 0;
        let mut at = first.record;
        while let Some(position) = next_shown(&mut records, &mut cursor, at)? {
            if position > last.record {
                break;
            }
            let Some(entry) = cursor.read(position)? else { break };
            at = entry.end;
            looked_at += at.0 - position.0;
            if looked_at > COPY_SPAN_BYTES {
                return Ok(Some(Copied { text: out, cut_after: Some(copied) }));
            }
            if progress(looked_at, span).is_break() {
                return Ok(None);
            }
            let record = &entry.record;
            if record.kind != RecordKind::Data {
                continue;
            }
            let Some(range) = selection.within(position, record.payload.len()) else { continue };
            if copied + range.len() > COPY_BYTES {
                return Ok(Some(Copied { text: out, cut_after: Some(copied) }));
            }
            copied += range.len();
            let is_hex = match format {
                CopyFormat::Auto => {
                    let encoding = encodings.of(record.connection);
                    let before = records.pending_before(position, &encodings);
                    let may_be_cut = record.transport == Transport::Tcp || record.is_cut;
                    !RecordText::decode(encoding, &before, record.payload).is_text(encoding, may_be_cut)
                }
                CopyFormat::Text => false,
                CopyFormat::Hex => true,
            };
            match is_hex {
                true => {
                    is_after_hex = true;
                    for row in record.payload[range].chunks(DUMP_ROW_BYTES) {
                        break_line(&mut out);
                        write_hex(row, &mut out, " ");
                    }
                }
                false => {
                    let half = record.half();
                    let is_datagram = record.transport == Transport::Udp;
                    let is_other = latest.replace(half).is_some_and(|latest| latest != half || is_datagram);
                    if std::mem::take(&mut is_after_hex) || is_other {
                        break_line(&mut out);
                    }
                    // At the first record of a half, and after hidden records: what those complete is not copied.
                    let pending = || Ok::<_, Failure>(records.pending_before(position, &encodings));
                    texts.decode(&entry, range, pending, &mut out)?;
                }
            }
        }
        texts.finish_all(&mut out);
        Ok(Some(Copied { text: out, cut_after: None }))
    }
}

fn break_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits, Position};
    use crate::codec::Encoding;
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
        let filter = filter.map(|filter| {
            let job = Job::Filter(filter.compile().unwrap());
            let scan = Scan::start(job, reader.clone(), Position(0), Arc::new(|| {}));
            let until = Instant::now() + Duration::from_secs(20);
            while !scan.progress().is_caught_up {
                assert!(Instant::now() < until);
                std::thread::yield_now();
            }
            Arc::new(scan)
        });
        let snapshot = reader.snapshot();
        let selection = Selection::all(snapshot.start(), snapshot.end());
        let encodings = encoding.into();
        let request = CopyRequest { snapshot, filter, selection, format: CopyFormat::Text, encodings };
        let copied = request.run(&mut |_, _| ControlFlow::Continue(())).unwrap().unwrap();
        assert_eq!(copied.cut_after, None);
        copied.text
    }

    /// Only what is shown is copied, not characters that hidden records begin or complete.
    #[test]
    fn characters_are_not_joined_across_hidden_records() {
        let short = || Some(Filter { max_bytes: Some(4), ..Filter::default() });
        for (encoding, payloads, all, shown) in [
            (Encoding::Gbk, [&b"a\xC4"[..], b"\xE3hidden", b"x1"], "a你hiddenx1", "ax1"),
            (Encoding::Utf8, [&b"a\xE4\xB8"[..], b"\xADhidden", b"x1"], "a中hiddenx1", "ax1"),
            // A character is shown in the record that completes it, even if its beginning is hidden.
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

    #[test]
    fn copying_many_connections_keeps_their_texts_apart() {
        const CONNECTIONS: usize = 20_000;
        let (first, second) = "世界".as_bytes().split_at(4);
        let of_all = |payload| (1..=CONNECTIONS as u32).map(move |connection| record(connection, payload));
        let records: Vec<_> = of_all(first).chain(of_all(second)).collect();
        let (_folder, reader) = recorded(&records);
        let expected = [vec!["世"; CONNECTIONS], vec!["界"; CONNECTIONS]].concat().join("\n");
        assert!(all_text(&reader, None, Encoding::Utf8) == expected);
    }
}
