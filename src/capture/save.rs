//! Saving a recording as one file that any pcapng reader opens.
//!
//! Segments written one after another are a valid file of several sections. The file is an [`AtomicFile`], so that
//! a failure leaves nothing behind.

use super::atomic_file::AtomicFile;
use super::cursor::Cursor;
use super::names::write_names;
use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::position::Position;
use super::segment::{Gap, Snapshot};
use super::tail::Tail;
use crate::model::{Failure, FailureKind, Operation, Record, RecordKind};
use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

const CHUNK_BYTES: u64 = 1 << 20;

/// Saves the records of `snapshot` with their bookmarks as the file `to`, which is replaced if it exists. `progress`
/// gets the bytes written and the total, and may cancel. Returns the length of the file in bytes, or `None` if it was
/// cancelled; `to` is unchanged then.
///
/// Known damage is replaced by filler blocks of the same length.
///
/// # Errors
/// `to` is a file of the recording itself, or in use by a session that records to it; the recording cannot be read;
/// `to` cannot be written. `to` is unchanged then.
pub fn save(
    snapshot: &Snapshot,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Option<u64>, Failure> {
    let failed = |error: &io::Error| Failure::from_io(Operation::Save, to.display(), error);
    if snapshot.has_file(to) {
        return Err(Failure::new(Operation::Save, to.display(), FailureKind::SameFile));
    }
    let mut target = AtomicFile::create(to).map_err(|error| failed(&error))?;
    let mut out = Output {
        file: target.file(),
        written: 0,
        total: snapshot.end.0 - snapshot.start().0,
        offsets: vec![(snapshot.start().0, 0)],
        progress,
        failed: &failed,
    };
    if out.copy(snapshot)?.is_break()
        || out.append_bookmarks(snapshot)?.is_break()
        || out.append_names(snapshot)?.is_break()
    {
        return Ok(None);
    }
    let written = out.written;
    target.commit().map_err(|error| failed(&error))?;
    Ok(Some(written))
}

struct Output<'a> {
    file: &'a mut File,
    written: u64,
    total: u64,
    /// Positions in the recording and their offsets in the file, ascending. What follows a position is at the same
    /// distance in both, up to the next entry.
    offsets: Vec<(u64, u64)>,
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
                    self.offsets.push((at, self.written + buffer.len() as u64));
                }
                if self.write(&buffer)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The offset in the file of a position in the recording.
    fn offset(&self, position: u64) -> u64 {
        let after = self.offsets.partition_point(|(from, _)| *from <= position);
        let (from, written) = self.offsets[after.saturating_sub(1)];
        written + (position - from)
    }

    /// Appends the names of peers.
    fn append_names(&mut self, snapshot: &Snapshot) -> Result<ControlFlow<()>, Failure> {
        let mut block = Vec::new();
        write_names(&mut block, snapshot.names());
        if block.is_empty() || self.written == 0 { Ok(ControlFlow::Continue(())) } else { self.write(&block) }
    }

    /// Appends the bookmarks that are in no file yet, in a section of their own.
    fn append_bookmarks(&mut self, snapshot: &Snapshot) -> Result<ControlFlow<()>, Failure> {
        let mut cursor = Cursor::new(snapshot.clone());
        let mut tail = Tail::starting_at(self.written);
        for (position, text) in snapshot.bookmarks().unsaved() {
            // The record was dropped or cannot be read.
            let Ok(Some(entry)) = cursor.read(position) else { continue };
            let record = Record { kind: RecordKind::Note, payload: &[], text: "", ..entry.record };
            tail.set_bookmark(&record, Position(self.offset(position.0)), text);
        }
        self.write(&tail.bytes)
    }
}

/// Appends filler blocks of `length` bytes, so that what follows keeps its distance. They are slightly longer if
/// that is no possible length of blocks, which happens where a file lost or gained bytes.
fn fill(out: &mut Vec<u8>, length: u64) {
    let mut length = length.next_multiple_of(4).max(MIN_BLOCK_BYTES.into());
    while length > 0 {
        // The remainder must be long enough for a block, too.
        let block = match length {
            0..=0xF_0000 => length as u32,
            _ => MAX_BLOCK_BYTES / 2,
        };
        pcapng::write_filler(out, block);
        length -= u64::from(block);
    }
}
