//! The one writer of a recording: turns records into pcapng blocks and publishes them.
//!
//! Blocks gather in a tail buffer; [`CaptureWriter::publish`] writes it and only then moves the
//! border that readers see. A write that fails loses the tail, counts it, and starts a new pcapng
//! section at the last published byte when there is room again, so the file stays valid.

use super::cursor::Cursor;
use super::folder::Destination;
use super::segment::{CaptureReader, Position, Segment, Shared, Snapshot};
use super::tail::Tail;
use crate::model::{
    ConnectionId, Direction, Failure, Operation, Record, RecordKind, RecordingStatus, Timestamp,
};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;

/// How large the files of a recording may become, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One segment; the next one is started before it is exceeded by more than one record.
    pub segment_bytes: u64,
    /// All segments together; the oldest are dropped beyond it. `None`: the disk is the limit.
    pub total_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segment_bytes: 256 << 20, total_bytes: Some(16 << 30) }
    }
}

/// Small enough to stay in the processor's cache between being filled and being written.
const TAIL_BYTES: usize = 256 * 1024;

/// Writes a recording. There is one per recording; readers come from [`CaptureWriter::reader`].
#[derive(Debug)]
pub struct CaptureWriter {
    destination: Destination,
    limits: Limits,
    shared: Arc<Shared>,
    /// What readers see after the next publish.
    snapshot: Snapshot,
    /// How many segments were begun, those that were dropped included.
    segments_begun: usize,
    /// The file being written; `None` before the first write and between two segments.
    open: Option<OpenSegment>,
    tail: Tail,
    payload_published: u64,
    status: RecordingStatus,
}

#[derive(Debug)]
struct OpenSegment {
    file: File,
    segment: Arc<Segment>,
    written: u64,
    /// The next one is begun once there is something to write into it.
    is_full: bool,
    /// How large it may become.
    limit: u64,
    /// A write failed, and what it left behind the last whole block is still to be cut off.
    is_torn: bool,
}

impl OpenSegment {
    /// Goes back to the end of the last whole block.
    fn cut_off(&mut self) -> io::Result<()> {
        self.file.set_len(self.written)?;
        self.file.seek(SeekFrom::Start(self.written))?;
        self.is_torn = false;
        Ok(())
    }
}

impl CaptureWriter {
    /// Prepares a recording. No file is touched before the first [`publish`](Self::publish).
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
            status: RecordingStatus { is_on: true, ..RecordingStatus::default() },
        }
    }

    /// A reader of this recording, for any thread.
    #[must_use]
    pub fn reader(&self) -> CaptureReader {
        CaptureReader(self.shared.clone())
    }

    /// How the recording is doing.
    #[must_use]
    pub fn status(&self) -> &RecordingStatus {
        &self.status
    }

    /// Appends a record and returns how many it became: data longer than a packet is split.
    pub fn append(&mut self, record: &Record<'_>) -> u64 {
        self.begin_segment_if_full();
        let appended = self.tail.append(record);
        if self.tail.bytes.len() >= TAIL_BYTES {
            self.flush();
        }
        appended
    }

    /// Puts a mark on the published record at `position`: a note, or a bookmark without text. It takes
    /// the place of an earlier one; `None` takes it away. `false`: there is no such record (any more).
    /// Without room on the disk it waits for some.
    pub fn mark(&mut self, time: Timestamp, position: Position, text: Option<&str>) -> bool {
        self.begin_segment_if_full();
        self.append_mark(time, position, text)
    }

    fn append_mark(&mut self, time: Timestamp, position: Position, text: Option<&str>) -> bool {
        let mut cursor = Cursor::new(self.snapshot.clone());
        // What cannot be read back cannot be marked; its reader is told by its own cursor.
        let Ok(Some(entry)) = cursor.read(position) else { return false };
        let mark = Record { time, kind: RecordKind::Note, payload: &[], text: "", ..entry.record };
        self.tail.mark(&mark, position, text);
        true
    }

    /// Forgets a connection that will have no more records and gets no closing one.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.tail.forget(connection);
    }

    /// Leaves out bytes of a TCP stream that are known to be missing, as those that a capture has not: what
    /// is appended next has its place behind them and does not continue what came before them.
    pub fn skip(&mut self, connection: ConnectionId, direction: Direction, bytes: u64) {
        self.tail.skip(connection, direction, bytes);
    }

    /// Writes what was appended and lets readers see it.
    pub fn publish(&mut self) {
        self.flush();
        self.shared.set(self.snapshot.clone());
    }

    fn begin_segment_if_full(&mut self) {
        if !self.is_segment_full() {
            return;
        }
        self.flush();
        // After a failure, what is left of this segment is still to be put in order.
        if let Some(open) = &mut self.open
            && self.status.failure.is_none()
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

    /// Writes the tail. Readers see it with the next publish.
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
        self.payload_published += self.tail.payload;
        if let Some(open) = &mut self.open {
            open.written += written;
            open.segment.add_index(self.tail.index.drain(..));
        }
        if !self.tail.marks.is_empty() {
            let marks = Arc::make_mut(&mut self.snapshot.marks);
            for (_, position, text) in self.tail.marks.drain(..) {
                marks.set(position, text);
            }
        }
        self.status.bytes_recorded = self.payload_published;
        self.status.records_recorded = self.snapshot.records;
        self.status.data_recorded += self.tail.data;
        self.status.failure = None;
        self.tail.is_written();
    }

    fn write_tail(&mut self) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|open| open.is_full) {
            match (self.create_segment(), &mut self.open) {
                (Ok(next), _) => self.open = Some(next),
                // Without file handles, say, the old one grows by as much again.
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
        let path = self.destination.segment_path(self.segments_begun)?;
        // A recording never overwrites another one; the single file that the user named is theirs
        // to replace, and `Destination` has seen to that.
        let file = File::create(&path)?;
        let reader = File::open(&path).inspect_err(|_| {
            if let Destination::Folder(_) = self.destination {
                // An empty file is no segment. Where it cannot be removed it only lies there.
                let _ = fs::remove_file(&path);
            }
        })?;
        let base = self.snapshot.end.0;
        let mut segment = Segment::new(&path, reader, base, self.snapshot.records, self.payload_published);
        segment.data_before = self.status.data_recorded;
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
        })
    }

    /// Drops the oldest segments beyond the limit. Snapshots that have them keep them readable.
    fn expire(&mut self) {
        let Some(limit) = self.limits.total_bytes else { return };
        let segments = &self.snapshot.segments;
        let excess = self.snapshot.end.0.saturating_sub(limit);
        let expired = segments.iter().skip(1).take_while(|next| next.base <= excess).count();
        if expired == 0 {
            return;
        }
        for segment in &segments[..expired] {
            // A file that cannot be deleted now goes with the folder when the session closes.
            let _ = fs::remove_file(&segment.path);
        }
        self.snapshot.segments = Arc::new(segments[expired..].to_vec());
        let oldest = &self.snapshot.segments[0];
        self.status.bytes_expired = oldest.payload_before;
        self.status.records_expired = oldest.records_before;
        self.status.data_expired = oldest.data_before;
        let start = self.snapshot.start();
        if self.snapshot.marks.iter().next().is_some_and(|(position, _)| position < start) {
            Arc::make_mut(&mut self.snapshot.marks).expire(start);
        }
    }

    /// Counts the tail as lost and goes back to the last published byte.
    fn lose_tail(&mut self, error: &io::Error) {
        self.status.bytes_lost += self.tail.payload;
        self.status.records_lost += self.tail.records;
        self.status.data_lost += self.tail.data;
        self.status.failure =
            Some(Failure::from_io(Operation::Record, self.destination.path().display(), error));
        if let Some(open) = &mut self.open {
            // Where even this fails, it is tried again before the next write. A file without
            // anything in it is rather made anew; one that has something never is.
            open.is_torn = open.cut_off().is_err();
            if open.is_torn && open.written == 0 {
                self.open = None;
                let mut segments = Vec::clone(&self.snapshot.segments);
                segments.pop();
                self.snapshot.segments = Arc::new(segments);
            }
        }
        let marks = std::mem::take(&mut self.tail.marks);
        self.tail.is_lost();
        // They are few, and nobody makes them a second time: they wait for room.
        for (time, position, text) in marks {
            self.append_mark(time, position, text.as_deref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::open;

    /// A person made them, and was told that it was done.
    #[test]
    fn marks_made_while_the_disk_is_full_wait_for_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pcapng");
        let mut writer = CaptureWriter::new(Destination::File(path.clone()), Limits::default());
        let record = Record::received(b"there");
        let mut places = Vec::new();
        for _ in 0..3 {
            writer.append(&record);
            let after = writer.snapshot.end();
            writer.publish();
            places.push(Cursor::new(writer.reader().snapshot()).next(after).unwrap().unwrap());
        }
        assert!(writer.mark(Timestamp(2), places[2], Some("of before")));
        writer.publish();
        // Every write fails, as on a full disk.
        let full = File::open(&path).unwrap();
        let real = std::mem::replace(&mut writer.open.as_mut().unwrap().file, full);
        assert!(writer.mark(Timestamp(3), places[0], Some("it begins")));
        assert!(writer.mark(Timestamp(4), places[1], Some("")));
        assert!(writer.mark(Timestamp(5), places[2], None));
        writer.publish();
        writer.append(&record);
        writer.publish();
        assert!(writer.status().failure.is_some());
        assert_eq!(writer.status().records_lost, 1);

        writer.open.as_mut().unwrap().file = real;
        writer.publish();
        assert_eq!(writer.status().failure, None);
        let expected = [(places[0], "it begins"), (places[1], "")];
        assert_eq!(writer.reader().marks().iter().collect::<Vec<_>>(), expected);
        let mut opened = open(&path).unwrap();
        assert_eq!(opened.indexing.wait().failure, None);
        assert_eq!(opened.reader.marks().iter().collect::<Vec<_>>(), expected);
        assert_eq!(opened.reader.snapshot().records(), 3);
    }
}
