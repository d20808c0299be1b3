//! Saving a recording as one file that any pcapng reader opens.
//!
//! The segments one after another are a valid file of several sections. It is written beside its target
//! and takes its name once it is whole and on the disk, so that nothing is left of a failure.

use super::atomic_file::AtomicFile;
use super::cursor::Cursor;
use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::segment::{Gap, Position, Snapshot};
use super::tail::Tail;
use crate::model::{Failure, FailureKind, Operation, Record, RecordKind};
use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

const CHUNK_BYTES: u64 = 1 << 20;

/// Saves what `snapshot` holds, with its bookmarks, as the file `to`, which is replaced if it exists.
/// `progress` gets the bytes written and those there are, and may cancel. Returns the length of the file,
/// in bytes; `None`: it was cancelled. After that, as after a failure, `to` is as it was.
///
/// Damaged places that are known stay as blocks which say nothing.
pub fn save(
    snapshot: &Snapshot,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Option<u64>, Failure> {
    let failed = |error: &io::Error| Failure::from_io(Operation::Save, to.display(), error);
    if snapshot.has_file(to) {
        return Err(Failure::new(Operation::Save, to.display(), FailureKind::SameFile));
    }
    let mut draft = AtomicFile::create(to).map_err(|error| failed(&error))?;
    let mut out = Output {
        file: draft.file(),
        written: 0,
        total: snapshot.end.0 - snapshot.start().0,
        places: vec![(snapshot.start().0, 0)],
        progress,
        failed: &failed,
    };
    if out.copy(snapshot)?.is_break() || out.append_bookmarks(snapshot)?.is_break() {
        return Ok(None);
    }
    let written = out.written;
    draft.commit().map_err(|error| failed(&error))?;
    Ok(Some(written))
}

struct Output<'a> {
    file: &'a mut File,
    written: u64,
    total: u64,
    /// From which positions on everything keeps its distance, and where they are written; ascending.
    places: Vec<(u64, u64)>,
    progress: &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    failed: &'a dyn Fn(&io::Error) -> Failure,
}

impl Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>, Failure> {
        self.file.write_all(bytes).map_err(|error| (self.failed)(&error))?;
        self.written += bytes.len() as u64;
        Ok((self.progress)(self.written, self.total))
    }

    fn copy(&mut self, snapshot: &Snapshot) -> Result<ControlFlow<()>, Failure> {
        let mut buffer = Vec::new();
        for (number, segment) in snapshot.segments.iter().enumerate() {
            let end = snapshot.segments.get(number + 1).map_or(snapshot.end.0, |next| next.base);
            let mut at = segment.base;
            for gap in segment.gaps().iter().copied().chain([Gap { start: end, end }]) {
                while at < gap.start {
                    let length = (gap.start - at).min(CHUNK_BYTES);
                    buffer.resize(length as usize, 0);
                    segment.read(&mut buffer, at - segment.base)?;
                    at += length;
                    if self.write(&buffer)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                if gap.start == gap.end {
                    continue;
                }
                buffer.clear();
                fill(&mut buffer, gap.end - gap.start);
                at = gap.end;
                if buffer.len() as u64 != gap.end - gap.start {
                    self.places.push((at, self.written + buffer.len() as u64));
                }
                if self.write(&buffer)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Where what was at a position is written.
    fn place(&self, position: u64) -> u64 {
        let after = self.places.partition_point(|(from, _)| *from <= position);
        let (from, written) = self.places[after.saturating_sub(1)];
        written + (position - from)
    }

    /// Appends the bookmarks that no file has yet, in a section of their own.
    fn append_bookmarks(&mut self, snapshot: &Snapshot) -> Result<ControlFlow<()>, Failure> {
        let mut cursor = Cursor::new(snapshot.clone());
        let mut tail = Tail::starting_at(self.written);
        for (position, text) in snapshot.bookmarks().unsaved() {
            // What is no record any more has no bookmark.
            let Ok(Some(entry)) = cursor.read(position) else { continue };
            let record = Record { kind: RecordKind::Note, payload: &[], text: "", ..entry.record };
            tail.set_bookmark(&record, Position(self.place(position.0)), text);
        }
        self.write(&tail.bytes)
    }
}

/// Appends blocks that say nothing instead of `length` bytes, so that what follows keeps its place. Where a
/// file lost or gained bytes, that is no length that blocks can have: then they are a little longer.
fn fill(out: &mut Vec<u8>, length: u64) {
    let mut length = length.next_multiple_of(4).max(MIN_BLOCK_BYTES.into());
    while length > 0 {
        // What is left over must be long enough for a block as well.
        let block = match length {
            0..=0xF_0000 => length as u32,
            _ => MAX_BLOCK_BYTES / 2,
        };
        pcapng::write_filler(out, block);
        length -= u64::from(block);
    }
}
