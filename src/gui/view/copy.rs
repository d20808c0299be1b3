//! Copying: the selected data as text for the clipboard. May run on any thread.

use crate::capture::Snapshot;
use crate::codec::{DUMP_ROW_BYTES, write_hex};
use crate::gui::action::CopyFormat;
use crate::gui::view::copy_lines::{LineForm, is_text};
use crate::gui::view::pendings::Pendings;
use crate::gui::view::selection::Selection;
use crate::gui::view::source::Source;
use crate::lang::Words;
use crate::model::{Failure, PeerNames, RecordKind, Transport};
use crate::search::Scan;
use crate::streams::{Encodings, StreamTexts};
use chrono::Local;
use std::ops::{ControlFlow, Range};
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
        let (first, last) = selection.ordered();
        let mut pendings = Pendings::new(snapshot.clone());
        let mut source = Source::new(snapshot, filter);
        let span = last.record.0.min(source.snapshot().end().0).saturating_sub(first.record.0);
        let mut texts = StreamTexts::new(encodings.clone());
        let today = Local::now().date_naive();
        let mut latest = None;
        let mut is_after_hex = false;
        let mut out = String::new();
        let mut copied = 0;
        let mut looked_at = 0;
        let mut at = first.record;
        while let Some(position) = source.next(at)? {
            if position > last.record {
                break;
            }
            let Some(shown) = source.read(position)? else { break };
            at = shown.entry.end;
            looked_at += at.0 - position.0;
            if looked_at > COPY_SPAN_BYTES {
                return Ok(Some(Copied { text: out, cut_after: Some(copied) }));
            }
            if progress(looked_at, span).is_break() {
                return Ok(None);
            }
            let length = shown.entry.record.payload.len();
            let selected = selection.within(position, length);
            for bytes in shown.parts() {
                let entry = shown.part(bytes.clone());
                let record = &entry.record;
                let range = selected.as_ref().and_then(|selected| within(selected, &bytes));
                let is_data = record.kind == RecordKind::Data;
                let is_whole = selection.covers(position, &bytes);
                let is_copied = match format {
                    CopyFormat::Lines(_) => range.is_some() || is_whole,
                    _ => range.is_some() && is_data,
                };
                if !is_copied {
                    continue;
                }
                let range = range.unwrap_or_default();
                if copied + range.len() > COPY_BYTES {
                    return Ok(Some(Copied { text: out, cut_after: Some(copied) }));
                }
                copied += range.len();
                // At the first record of a half, and after hidden records: what those complete is not copied.
                let mut pending = || pendings.before(&entry, &encodings).unwrap_or_default();
                let encoding = encodings.of(record.connection);
                let is_hex = match format {
                    CopyFormat::Lines(mode) => {
                        LineForm { mode, encoding, names: &names, words, today }.push(
                            &entry,
                            &pending(),
                            range,
                            &mut out,
                        );
                        continue;
                    }
                    CopyFormat::Auto => !is_text(record, &pending(), encoding),
                    CopyFormat::Text => false,
                    CopyFormat::Hex => true,
                };
                if is_hex {
                    is_after_hex = true;
                    for row in record.payload[range].chunks(DUMP_ROW_BYTES) {
                        break_line(&mut out);
                        write_hex(row, &mut out, " ");
                    }
                } else {
                    let half = record.half();
                    let is_datagram = record.transport == Transport::Udp;
                    let is_other = latest.replace(half).is_some_and(|latest| latest != half || is_datagram);
                    if std::mem::take(&mut is_after_hex) || is_other {
                        break_line(&mut out);
                    }
                    texts.decode(&entry, range, || Ok::<_, Failure>(pending()), &mut out)?;
                }
            }
        }
        texts.finish_all(&mut out);
        Ok(Some(Copied { text: out, cut_after: None }))
    }
}

/// What two ranges have in common, from the start of the second one; `None` if that is nothing.
fn within(selected: &Range<usize>, bytes: &Range<usize>) -> Option<Range<usize>> {
    let (start, end) = (selected.start.max(bytes.start), selected.end.min(bytes.end));
    (start < end).then(|| start - bytes.start..end - bytes.start)
}

fn break_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
