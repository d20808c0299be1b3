//! The writer of a recording: turns records into pcapng blocks and publishes them.
//!
//! Blocks are collected in a tail buffer; [`CaptureWriter::publish`] writes it and only then moves the end that
//! readers see. A write that fails loses the tail, counts it, and starts a new pcapng section at the last published
//! byte once writing succeeds again, so that the file stays valid.

use super::cursor::Cursor;
use super::folder::{Destination, segment_path};
use super::position::Position;
use super::private::private_options;
use super::segment::{CaptureReader, Segment, Shared, Snapshot};
use super::tail::Tail;
use crate::model::{
    ConnectionId, Direction, Failure, FailureKind, Operation, Record, RecordKind, RecordMark,
    RecordingStatus, Timestamp,
};
use crate::sys::file::is_deleted;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// Limits on the size of a recording, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of one segment. It is exceeded by at most one record.
    pub segment_bytes: u64,
    /// Length of all segments together, beyond which the oldest are dropped; `None`: unlimited.
    pub total_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segment_bytes: 256 << 20, total_bytes: Some(16 << 30) }
    }
}

/// Small enough that the tail is still in the processor's cache when it is written.
const TAIL_BYTES: usize = 256 * 1024;

/// Writes a recording. Each recording has exactly one; readers come from [`CaptureWriter::reader`].
#[derive(Debug)]
pub struct CaptureWriter {
    destination: Destination,
    limits: Limits,
    shared: Arc<Shared>,
    /// What readers see after the next [`Self::publish`].
    snapshot: Snapshot,
    /// Number of segments that were begun, including dropped ones.
    segments_begun: usize,
    /// The file being written; `None` before the first write and between two segments.
    open: Option<OpenSegment>,
    tail: Tail,
    payload_published: u64,
    data_published: u64,
    status: RecordingStatus,
    /// See [`Self::put_in_place`].
    is_wanted_in_place: bool,
    /// Tells whether an open file was deleted. Tests let it tell what no test can bring about on every system.
    pub(super) is_deleted: fn(&File) -> io::Result<bool>,
    deleted: Deleted,
}

/// What was counted as lost because its files were deleted.
#[derive(Debug, Default)]
struct Deleted {
    bytes: u64,
    records: u64,
}

#[derive(Debug)]
struct OpenSegment {
    file: File,
    segment: Arc<Segment>,
    written: u64,
    /// The next write begins a new segment.
    is_full: bool,
    /// Maximum length.
    limit: u64,
    /// A failed write left part of a block at the end, which has not been cut off yet.
    is_torn: bool,
    /// It is a device or a pipe, which has no end that could be cut off.
    is_special: bool,
    /// The file system told of the new file that it was not deleted; some report that none has a name.
    tells_deletion: bool,
}

impl OpenSegment {
    /// Truncates the file to the end of the last whole block.
    ///
    /// # Errors
    /// The system does not truncate the file; it stays as it is, and this may be tried again.
    fn cut_off(&mut self) -> io::Result<()> {
        if self.is_special {
            return Ok(());
        }
        self.file.set_len(self.written)?;
        self.file.seek(SeekFrom::Start(self.written))?;
        self.is_torn = false;
        Ok(())
    }
}

impl CaptureWriter {
    /// A writer that has written nothing yet. Folders and segments are created by the first write.
    #[must_use]
    pub fn new(destination: Destination, limits: Limits) -> Self {
        let limits = match destination {
            Destination::File(_) => Limits { segment_bytes: u64::MAX, total_bytes: None },
            Destination::Folder(_) => limits,
        };
        Self {
            destination,
            limits,
            shared: Arc::default(),
            snapshot: Snapshot::default(),
            segments_begun: 0,
            open: None,
            tail: Tail::new(TAIL_BYTES + (64 << 10)),
            payload_published: 0,
            data_published: 0,
            status: RecordingStatus { is_on: true, ..RecordingStatus::default() },
            is_wanted_in_place: false,
            is_deleted,
            deleted: Deleted::default(),
        }
    }

    /// A reader of this recording, for any thread.
    #[must_use]
    pub fn reader(&self) -> CaptureReader {
        CaptureReader(self.shared.clone())
    }

    /// What was recorded, lost and dropped so far, and the current failure.
    #[must_use]
    pub fn status(&self) -> &RecordingStatus {
        &self.status
    }

    /// Appends a record. Returns how many records it became: data longer than one packet is split.
    ///
    /// A write that fails is counted in [`Self::status`].
    pub fn append(&mut self, record: &Record<'_>) -> u64 {
        self.append_answer(record, None)
    }

    /// Appends a record that answers another one, to which it has a link then. Returns how many records it became.
    pub fn append_answer(&mut self, record: &Record<'_>, answered: Option<RecordMark>) -> u64 {
        self.begin_segment_if_full();
        let appended = self.tail.append(record, answered);
        if self.tail.bytes.len() >= TAIL_BYTES {
            self.flush();
        }
        appended
    }

    /// The record that was appended last.
    #[must_use]
    pub fn newest(&self) -> RecordMark {
        self.tail.newest()
    }

    /// Sets the bookmark of a record that was appended and may not be published yet, as
    /// [`set_bookmark`](Self::set_bookmark) does. `record` has its addresses.
    pub fn bookmark(&mut self, record: &Record<'_>, mark: RecordMark, text: &str) -> bool {
        self.begin_segment_if_full();
        let is_there = self.tail.is_there(mark);
        if is_there {
            let bookmark = Record { kind: RecordKind::Note, payload: &[], text: "", ..*record };
            self.tail.set_bookmark(&bookmark, Position(mark.position), Some(text));
        }
        is_there
    }

    /// Sets the bookmark of the published record at `position`, which replaces an earlier one: `text` is its note,
    /// empty for none; `None` removes the bookmark. Returns whether there is such a record. While the disk is full,
    /// bookmarks are kept in memory until they can be written.
    pub fn set_bookmark(&mut self, time: Timestamp, position: Position, text: Option<&str>) -> bool {
        self.begin_segment_if_full();
        self.append_bookmark(time, position, text)
    }

    fn append_bookmark(&mut self, time: Timestamp, position: Position, text: Option<&str>) -> bool {
        let mut cursor = Cursor::new(self.snapshot.clone());
        // A reader of the unreadable record gets the failure from its own cursor.
        let Ok(Some(entry)) = cursor.read(position) else { return false };
        let bookmark = Record { time, kind: RecordKind::Note, payload: &[], text: "", ..entry.record };
        self.tail.set_bookmark(&bookmark, position, text);
        true
    }

    /// Frees the state of a connection that ends without a closing record.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.tail.forget(connection);
    }

    /// Skips `bytes` of a TCP stream that are known to be missing, for instance from a capture. The next record of
    /// that half gets a stream offset behind them and no link to the record before them.
    pub fn skip(&mut self, connection: ConnectionId, direction: Direction, bytes: u64) {
        self.tail.skip(connection, direction, bytes);
    }

    /// Lets a recording in one file replace the file of its name, once its session runs; the first record of a
    /// connection or of data does the same. Until then the file of that name stays as it is. Where it cannot be
    /// replaced, the status says so, and it is tried again with each write.
    pub fn put_in_place(&mut self) {
        if matches!(self.destination, Destination::File(_)) && !self.is_wanted_in_place {
            self.is_wanted_in_place = true;
            // Without any record it is an empty recording, not an empty file.
            self.tail.begin_section();
        }
    }

    /// Writes what was appended and makes it visible to readers. A failure is in [`Self::status`]; what could not be
    /// written is lost and counted there.
    pub fn publish(&mut self) {
        self.flush();
        self.replace_file();
        self.check_deleted();
        self.shared.set(self.snapshot.clone());
    }

    /// Lets a recording in a folder go on in a new file if its files were deleted. What is in those can be read as
    /// long as they are open.
    pub fn leave_deleted(&mut self) {
        self.flush();
        self.check_deleted();
        let failure = self.status.failure.as_ref();
        if let (Destination::Folder(_), Some(open)) = (&self.destination, &mut self.open)
            && failure.is_some_and(|failure| failure.kind == FailureKind::FileDeleted)
        {
            open.is_full = true;
            self.tail.new_section();
        }
    }

    fn begin_segment_if_full(&mut self) {
        if !self.is_segment_full() {
            return;
        }
        self.flush();
        // After a failed write, this segment still has to be truncated; in one that was deleted, writes do not fail.
        let failure = self.status.failure.as_ref();
        if let Some(open) = &mut self.open
            && !open.is_torn
            && failure.is_none_or(|failure| failure.kind == FailureKind::FileDeleted)
        {
            open.is_full = true;
            self.tail.new_section();
        }
    }

    fn is_segment_full(&self) -> bool {
        let (written, limit) = match &self.open {
            Some(open) if !open.is_full => (open.written, open.limit),
            _ => (0, self.limits.segment_bytes),
        };
        written + self.tail.bytes.len() as u64 > limit
    }

    /// Writes the tail. Readers see it after the next [`Self::publish`].
    fn flush(&mut self) {
        if self.tail.bytes.is_empty() {
            return;
        }
        if let Err(error) = self.write_tail() {
            self.lose_tail(&error);
            return;
        }
        let written = self.tail.bytes.len() as u64;
        self.snapshot.end.0 += written;
        self.snapshot.records += self.tail.records;
        self.snapshot.connections.extend(self.tail.connection_ids);
        self.payload_published += self.tail.payload;
        self.data_published += self.tail.data;
        if let Some(open) = &mut self.open {
            open.written += written;
            open.segment.add_index(self.tail.index.drain(..));
        }
        if !self.tail.bookmarks.is_empty() {
            let bookmarks = Arc::make_mut(&mut self.snapshot.bookmarks);
            for (_, position, text) in self.tail.bookmarks.drain(..) {
                bookmarks.set(position, text);
            }
        }
        self.status.bytes_recorded += self.tail.payload;
        self.status.records_recorded += self.tail.records;
        self.status.data_recorded += self.tail.data;
        self.is_wanted_in_place |= self.tail.has_traffic;
        self.status.failure = None;
        self.tail.is_written();
    }

    /// Lets a recording in one file replace the file of its name, if that is due.
    fn replace_file(&mut self) {
        let Destination::File(file) = &mut self.destination else { return };
        // An earlier recording is not replaced by an empty file.
        if !self.is_wanted_in_place || self.snapshot.end.0 == 0 {
            return;
        }
        match (file.put_in_place(), file.temporary()) {
            (Err(error), Some(path)) => {
                let kind = FailureKind::NotInPlace { path: path.into(), detail: error.to_string() };
                let mut failure = Failure::from_io(Operation::Record, file.path().display(), &error);
                failure.kind = kind;
                self.status.failure = Some(failure);
            }
            _ => {
                self.status.failure.take_if(|failure| matches!(failure.kind, FailureKind::NotInPlace { .. }));
            }
        }
    }

    /// Counts what was written as lost if all files of the recording were deleted or replaced meanwhile. Writing
    /// continues, since readers that have them open still see it. A file that was only moved is not deleted.
    fn check_deleted(&mut self) {
        let is_deleted = |segment: &Segment| (self.is_deleted)(segment.file()).unwrap_or(false);
        // Most often the newest is there, and the others need not be asked for.
        if !self.open.as_ref().is_some_and(|open| open.tells_deletion && is_deleted(&open.segment))
            || !self.snapshot.segments.iter().all(|segment| is_deleted(segment))
        {
            return;
        }
        let (status, deleted) = (&mut self.status, &mut self.deleted);
        for (recorded, expired, lost, deleted) in [
            (&mut status.bytes_recorded, status.bytes_expired, &mut status.bytes_lost, &mut deleted.bytes),
            (
                &mut status.records_recorded,
                status.records_expired,
                &mut status.records_lost,
                &mut deleted.records,
            ),
            (&mut status.data_recorded, status.data_expired, &mut status.data_lost, &mut status.data_deleted),
        ] {
            let kept = *recorded - expired;
            *recorded -= kept;
            *lost += kept;
            *deleted += kept;
        }
        let path = self.destination.path().display();
        status.failure = Some(Failure::new(Operation::Record, path, FailureKind::FileDeleted));
    }

    fn write_tail(&mut self) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|open| open.is_full) {
            match (self.create_segment(), &mut self.open) {
                (Ok(next), _) => self.open = Some(next),
                // Continue in the old segment, for instance when no file handles are left.
                (Err(_), Some(old)) => {
                    old.is_full = false;
                    old.limit = old.written.saturating_add(self.limits.segment_bytes);
                }
                (Err(error), None) => return Err(error),
            }
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        if open.is_torn {
            open.cut_off()?;
        }
        open.file.write_all(&self.tail.bytes)
    }

    fn create_segment(&mut self) -> io::Result<OpenSegment> {
        let (path, (file, reader)) = match &mut self.destination {
            Destination::File(file) => (file.path().to_owned(), file.open()?),
            Destination::Folder(folder) => {
                let path = segment_path(folder, self.segments_begun)?;
                let files = create_and_open(&path)?;
                (path, files)
            }
        };
        let base = self.snapshot.end.0;
        let mut segment = Segment::new(&path, reader, base, self.snapshot.records, self.payload_published);
        segment.data_before = self.data_published;
        let tells_deletion = (self.is_deleted)(segment.file()).is_ok_and(|is_deleted| !is_deleted);
        let segment = Arc::new(segment);
        self.segments_begun += 1;
        let mut segments = Vec::clone(&self.snapshot.segments);
        segments.push(segment.clone());
        self.snapshot.segments = Arc::new(segments);
        self.expire();
        Ok(OpenSegment {
            file,
            segment,
            written: 0,
            is_full: false,
            limit: self.limits.segment_bytes,
            is_torn: false,
            is_special: matches!(&self.destination, Destination::File(file) if file.is_special()),
            tells_deletion,
        })
    }

    /// Drops the oldest segments beyond the limit, and those that all consumers have passed. They stay readable through
    /// older snapshots.
    fn expire(&mut self) {
        let of_limit = self.limits.total_bytes.map(|limit| self.snapshot.end.0.saturating_sub(limit));
        let Some(excess) = of_limit.max(self.shared.consumers.passed()) else { return };
        let segments = &self.snapshot.segments;
        let expired = segments.iter().skip(1).take_while(|next| next.base <= excess).count();
        if expired == 0 {
            return;
        }
        for segment in &segments[..expired] {
            // A file that cannot be deleted now is deleted with the folder when the session closes.
            let _ = fs::remove_file(&segment.path);
        }
        self.snapshot.segments = Arc::new(segments[expired..].to_vec());
        let oldest = &self.snapshot.segments[0];
        // What was deleted by others is counted as lost, and not as dropped as well.
        let (status, deleted) = (&mut self.status, &self.deleted);
        let dropped = |before: u64, deleted: u64, known: u64| before.saturating_sub(deleted).max(known);
        status.bytes_expired = dropped(oldest.payload_before, deleted.bytes, status.bytes_expired);
        status.records_expired = dropped(oldest.records_before, deleted.records, status.records_expired);
        status.data_expired = dropped(oldest.data_before, status.data_deleted, status.data_expired);
        let start = self.snapshot.start();
        if self.snapshot.bookmarks.iter().next().is_some_and(|(position, _)| position < start) {
            Arc::make_mut(&mut self.snapshot.bookmarks).expire(start);
        }
    }

    /// Counts the tail as lost and truncates the file to the last published byte.
    fn lose_tail(&mut self, error: &io::Error) {
        self.status.bytes_lost += self.tail.payload;
        self.status.records_lost += self.tail.records;
        self.status.data_lost += self.tail.data;
        self.status.failure =
            Some(Failure::from_io(Operation::Record, self.destination.path().display(), error));
        if let Some(open) = &mut self.open {
            // If this fails, it is tried again before the next write. A segment that is still empty is
            // created anew instead; one with data never is.
            open.is_torn = open.cut_off().is_err();
            if open.is_torn && open.written == 0 && matches!(self.destination, Destination::Folder(_)) {
                self.open = None;
                let mut segments = Vec::clone(&self.snapshot.segments);
                segments.pop();
                self.snapshot.segments = Arc::new(segments);
            }
        }
        let mut bookmarks = std::mem::take(&mut self.tail.bookmarks);
        // Those of records that are lost with it have nothing to stand at.
        bookmarks.retain(|(_, position, _)| *position < self.snapshot.end);
        self.tail.is_lost();
        // The user was told that they were set, so they are tried again.
        for (time, position, text) in bookmarks {
            self.append_bookmark(time, position, text.as_deref());
        }
    }
}

/// Creates the file of a segment, and opens it again for reading.
fn create_and_open(path: &Path) -> io::Result<(File, File)> {
    let file = private_options().write(true).create(true).truncate(true).open(path)?;
    let reader = File::open(path).inspect_err(|_| {
        // An empty file is no segment. It does no harm if it cannot be removed.
        let _ = fs::remove_file(path);
    })?;
    Ok((file, reader))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::open;

    #[test]
    fn bookmarks_set_while_the_disk_is_full_are_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pcapng");
        let mut writer = CaptureWriter::new(Destination::file(path.clone()).unwrap(), Limits::default());
        let record = Record::received(b"there");
        let mut places = Vec::new();
        for _ in 0..3 {
            writer.append(&record);
            let after = writer.snapshot.end();
            writer.publish();
            places.push(Cursor::new(writer.reader().snapshot()).next(after).unwrap().unwrap());
        }
        assert!(writer.set_bookmark(Timestamp(2), places[2], Some("of before")));
        writer.publish();
        // Every write fails, as on a full disk.
        let full = File::open(&path).unwrap();
        let real = std::mem::replace(&mut writer.open.as_mut().unwrap().file, full);
        assert!(writer.set_bookmark(Timestamp(3), places[0], Some("it begins")));
        assert!(writer.set_bookmark(Timestamp(4), places[1], Some("")));
        assert!(writer.set_bookmark(Timestamp(5), places[2], None));
        writer.publish();
        writer.append(&record);
        writer.publish();
        assert!(writer.status().failure.is_some());
        assert_eq!(writer.status().records_lost, 1);

        writer.open.as_mut().unwrap().file = real;
        writer.publish();
        assert_eq!(writer.status().failure, None);
        let expected = [(places[0], "it begins"), (places[1], "")];
        assert_eq!(writer.reader().bookmarks().iter().collect::<Vec<_>>(), expected);
        let mut opened = open(&path).unwrap();
        assert_eq!(opened.indexing.wait().failure, None);
        assert_eq!(opened.reader.bookmarks().iter().collect::<Vec<_>>(), expected);
        assert_eq!(opened.reader.snapshot().records(), 3);
    }
}
