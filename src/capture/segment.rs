//! Segments of a recording, and frozen views over them that any thread may read.
//!
//! The writer grows the last segment and publishes how far it may be read; a [`Snapshot`] keeps
//! that border and the files behind it, so what it shows never changes under its reader.

use super::bookmarks::Bookmarks;
use crate::model::{Damage, Failure, FailureKind, Operation};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Where a block starts: bytes from the start of the whole recording, over all its segments, those
/// that were dropped included. Positions are never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub u64);

/// One file of a recording: a complete pcapng file.
#[derive(Debug)]
pub(super) struct Segment {
    /// The position of its first byte.
    pub base: u64,
    /// How many records came before it.
    pub records_before: u64,
    /// How many of them have data.
    pub data_before: u64,
    /// How many payload bytes came before it.
    pub payload_before: u64,
    /// Where it is.
    pub path: PathBuf,
    file: File,
    /// Sparse: one entry per [`INDEX_BYTES`], in ascending order.
    index: Mutex<Vec<IndexEntry>>,
    /// What is damaged in a file that was opened, or was when it was saved, known once all of it was looked
    /// through: ascending, apart from each other, and each between two borders of blocks.
    gaps: OnceLock<Vec<Gap>>,
}

/// Where a recording cannot be read: the positions of its first byte and of the first one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub start: u64,
    pub end: u64,
}

/// How far apart index entries are: near enough to walk, far enough that 10^8 records cost
/// a few megabytes.
pub(super) const INDEX_BYTES: u64 = 256 * 1024;

/// A known block border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    /// Where a block starts.
    pub position: u64,
    /// How many records begin before it, counted over the whole recording.
    pub record: u64,
}

impl Segment {
    pub fn new(path: &Path, file: File, base: u64, records_before: u64, payload_before: u64) -> Self {
        Self {
            base,
            records_before,
            data_before: 0,
            payload_before,
            path: path.into(),
            file,
            index: Mutex::default(),
            gaps: OnceLock::new(),
        }
    }

    pub fn set_gaps(&self, gaps: Vec<Gap>) {
        // Nobody sets them twice, and if so, it is the same file.
        let _ = self.gaps.set(gaps);
    }

    /// The damaged places, as far as they are known.
    pub fn gaps(&self) -> &[Gap] {
        self.gaps.get().map_or(&[], |gaps| gaps)
    }

    pub fn add_index(&self, entries: impl IntoIterator<Item = IndexEntry>) {
        lock(&self.index).extend(entries);
    }

    /// The last indexed border at or before `position`.
    pub fn border_before(&self, position: u64) -> Option<IndexEntry> {
        let index = lock(&self.index);
        let after = index.partition_point(|entry| entry.position <= position);
        after.checked_sub(1).map(|i| index[i])
    }

    /// Fills `buffer` from `offset` in the file. A file that ends before is damaged.
    pub fn read(&self, buffer: &mut [u8], offset: u64) -> Result<(), Failure> {
        read_exact_at(&self.file, buffer, offset).map_err(|error| {
            let mut failure = Failure::from_io(Operation::Read, self.path.display(), &error);
            if error.kind() == io::ErrorKind::UnexpectedEof {
                let offset = offset + buffer.len() as u64;
                failure.kind = FailureKind::Damaged { what: Damage::CutOff, offset };
            }
            failure
        })
    }

    /// Tells what is wrong at `offset` in the file.
    pub fn damaged(&self, offset: u64, what: Damage) -> Failure {
        Failure::new(Operation::Read, self.path.display(), FailureKind::Damaged { what, offset })
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !buffer.is_empty() {
        match file.seek_read(buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What the writer and its readers share.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Snapshot>);

impl Shared {
    pub fn get(&self) -> Snapshot {
        lock(&self.0).clone()
    }

    pub fn set(&self, snapshot: Snapshot) {
        *lock(&self.0) = snapshot;
    }

    /// Changes what is published, in one step.
    pub fn update(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut lock(&self.0));
    }
}

/// A frozen view of a recording: what was published when it was taken.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Ascending by base, without gaps.
    pub(super) segments: Arc<Vec<Arc<Segment>>>,
    /// The position after the last published block.
    pub(super) end: Position,
    /// Records published so far, those in dropped segments included.
    pub(super) records: u64,
    pub(super) bookmarks: Arc<Bookmarks>,
}

impl Snapshot {
    /// The position of the oldest byte still there.
    #[must_use]
    pub fn start(&self) -> Position {
        Position(self.segments.first().map_or(0, |segment| segment.base))
    }

    /// The position after the newest byte.
    #[must_use]
    pub fn end(&self) -> Position {
        self.end
    }

    /// How many records were ever published, those dropped by the size limit included. While a file
    /// that was opened is being looked through: how many were found so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many records the size limit has dropped.
    #[cfg(test)]
    pub(crate) fn records_expired(&self) -> u64 {
        self.segments.first().map_or(0, |segment| segment.records_before)
    }

    /// The bookmarks on records.
    #[must_use]
    pub fn bookmarks(&self) -> &Arc<Bookmarks> {
        &self.bookmarks
    }

    /// The same view without the segments that `newer` no longer has, so that a view which is kept
    /// for long does not keep the disk full.
    #[must_use]
    pub fn without_expired(&self, newer: &Self) -> Self {
        let start = newer.start().0;
        let kept: Vec<_> = self.segments.iter().filter(|segment| segment.base >= start).cloned().collect();
        // The last one is kept: an empty view would look like a recording without records.
        let segments =
            if kept.is_empty() { self.segments.last().cloned().into_iter().collect() } else { kept };
        Self { segments: Arc::new(segments), bookmarks: newer.bookmarks.clone(), ..*self }
    }

    /// The files, oldest first, for saving them elsewhere.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.segments.iter().map(|segment| segment.path.clone()).collect()
    }

    /// Whether `path` is one of the files, by whatever name: to replace it would destroy what is read.
    #[must_use]
    pub fn has_file(&self, path: &Path) -> bool {
        let Ok(path) = path.canonicalize() else { return false };
        self.segments.iter().any(|segment| segment.path.canonicalize().is_ok_and(|own| own == path))
    }

    /// The segment that has `position`, and the position where what is published of it ends.
    pub(super) fn segment(&self, position: u64) -> Option<(&Arc<Segment>, u64)> {
        if position >= self.end.0 {
            return None;
        }
        let after = self.segments.partition_point(|segment| segment.base <= position);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        Some((segment, self.segments.get(after).map_or(self.end.0, |next| next.base)))
    }

    /// The known damage that has the byte at `position`.
    pub(super) fn gap(&self, position: u64) -> Option<Gap> {
        let gaps = self.segment(position)?.0.gaps();
        let gap = gaps.get(gaps.partition_point(|gap| gap.end <= position))?;
        (gap.start <= position).then_some(*gap)
    }
}

/// Takes snapshots of a growing recording. Cheap to clone; any thread may use it.
#[derive(Clone, Debug, Default)]
pub struct CaptureReader(pub(super) Arc<Shared>);

impl CaptureReader {
    /// What is published now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.get()
    }

    /// The bookmarks on records, as they are now.
    #[must_use]
    pub fn bookmarks(&self) -> Arc<Bookmarks> {
        self.0.get().bookmarks
    }
}

/// A panic while a lock is held leaves these values whole: each is replaced in one step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
