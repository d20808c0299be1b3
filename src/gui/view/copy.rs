//! Copying: the selected data as text for the clipboard. May run on any thread.

use crate::capture::{Cursor, Snapshot};
use crate::codec::{DUMP_ROW_BYTES, write_hex};
use crate::gui::action::CopyFormat;
use crate::gui::view::copy_lines::{LineForm, is_text};
use crate::gui::view::selection::Selection;
use crate::gui::view::shown::{ShownRecords, next_shown};
use crate::lang::Words;
use crate::model::{Failure, PeerNames, RecordKind, Transport};
use crate::search::Scan;
use crate::streams::{Encodings, StreamTexts};
use chrono::Local;
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
    /// The names of peers.
    pub names: PeerNames,
    /// The words of the language in use.
    pub words: &'static Words,
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
        let Self { snapshot, filter, selection, format, encodings, names, words } = self;
        let mut records = ShownRecords::default();
        records.update(&snapshot);
        records.filter = filter;
        let (first, last) = selection.ordered();
        let mut cursor = Cursor::new(snapshot);
        let span = last.record.0.min(cursor.snapshot().end().0).saturating_sub(first.record.0);
        let mut texts = StreamTexts::new(encodings.clone());
        let today = Local::now().date_naive();
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
            let selected = selection.within(position, record.payload.len());
            if let CopyFormat::Lines(mode) = format
                && (selected.is_some() || selection.covers(position, record.payload.len()))
            {
                let range = selected.unwrap_or_default();
                if copied + range.len() > COPY_BYTES {
                    return Ok(Some(Copied { text: out, cut_after: Some(copied) }));
                }
                copied += range.len();
                let before = records.pending_before(position, &encodings);
                let encoding = encodings.of(record.connection);
                LineForm { mode, encoding, names: &names, words, today }
                    .push(&entry, &before, range, &mut out);
                continue;
            }
            if record.kind != RecordKind::Data {
                continue;
            }
            let Some(range) = selected else { continue };
            if copied + range.len() > COPY_BYTES {
                return Ok(Some(Copied { text: out, cut_after: Some(copied) }));
            }
            copied += range.len();
            let is_hex = match format {
                CopyFormat::Auto => {
                    let encoding = encodings.of(record.connection);
                    !is_text(record, &records.pending_before(position, &encodings), encoding)
                }
                CopyFormat::Text | CopyFormat::Lines(_) => false,
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
#[path = "copy_tests.rs"]
mod tests;
