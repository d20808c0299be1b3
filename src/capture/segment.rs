//! Segments of a recording, and immutable snapshots of them for any thread.
//!
//! The writer appends to the last segment and publishes how far it may be read. A [`Snapshot`] holds that end and the
//! open files, so that what it contains never changes.

use super::bookmarks::Bookmarks;
use super::consumers::{Consumer, Consumers};
use super::position::Position;
use super::watches::Watches;
use crate::model::{ConnectionId, Damage, Failure, FailureKind, Operation, PeerNames};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// One file of a recording: a complete pcapng file.
#[derive(Debug)]
pub(super) struct Segment {
    /// The position of its first byte.
    pub base: u64,
    /// Number of records before it.
    pub records_before: u64,
    /// Number of data records before it.
    pub data_before: u64,
    /// Number of payload bytes before it.
    pub payload_before: u64,
    /// Path of the file.
    pub path: PathBuf,
    file: File,
    /// One entry per [`INDEX_BYTES`], ascending.
    index: Mutex<Vec<IndexEntry>>,
    /// Damaged parts and long fillers of an opened file, known once it is indexed: ascending, not adjacent, and from
    /// one border between blocks to another.
    gaps: OnceLock<Vec<Gap>>,
}

/// A part of a recording that readers skip: the positions of its first byte and of the first one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub start: u64,
    pub end: u64,
}

/// Distance between index entries: short enough to walk, long enough that the index of 10^8 records takes a few
/// megabytes.
pub(super) const INDEX_BYTES: u64 = 256 * 1024;

/// Index entries further apart have something between that is not indexed: damage, or what was not read yet.
const MAX_DISTANCE: u64 = 8 * INDEX_BYTES;

/// A known border between blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    /// Position where a block starts.
    pub position: u64,
    /// Number of records before it, over the whole recording.
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

    /// The file, for what the system tells of it.
    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn set_gaps(&self, gaps: Vec<Gap>) {
        // Indexing runs once per opened file.
        let _ = self.gaps.set(gaps);
    }

    /// The parts to skip, as far as they are known.
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

    /// The first indexed border at or after `position`.
    fn border_from(&self, position: u64) -> Option<u64> {
        let index = lock(&self.index);
        let at = index.partition_point(|entry| entry.position < position);
        index.get(at).map(|entry| entry.position)
    }

    /// Fills `buffer` from `offset` in the file.
    ///
    /// # Errors
    /// The file ends before that ([`Damage::CutOff`]), or the system does not let it be read.
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

    /// The failure for damage at `offset` in the file.
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
pub(super) struct Shared {
    snapshot: Mutex<Snapshot>,
    watches: Watches,
    pub consumers: Consumers,
}

impl Shared {
    pub fn get(&self) -> Snapshot {
        lock(&self.snapshot).clone()
    }

    pub fn set(&self, snapshot: Snapshot) {
        *lock(&self.snapshot) = snapshot;
        self.watches.call();
    }

    /// Changes what is published, in one step.
    pub fn update(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut lock(&self.snapshot));
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
    /// The names of peers that are saved with it.
    pub(super) names: PeerNames,
    pub(super) connections: ConnectionSpan,
}

/// The lowest and the highest id among connections; `None` without connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ConnectionSpan(Option<(ConnectionId, ConnectionId)>);

impl ConnectionSpan {
    /// Adds the connection of a record, unless the record belongs to the session as a whole.
    pub fn add(&mut self, connection: ConnectionId) {
        if connection != ConnectionId::SESSION {
            let (low, high) = self.0.unwrap_or((connection, connection));
            self.0 = Some((low.min(connection), high.max(connection)));
        }
    }

    /// Adds the connections of another span.
    pub fn extend(&mut self, other: Self) {
        for connection in other.0.into_iter().flat_map(<[_; 2]>::from) {
            self.add(connection);
        }
    }
}

impl Snapshot {
    /// Position of the first byte that was not dropped.
    #[must_use]
    pub fn start(&self) -> Position {
        Position(self.segments.first().map_or(0, |segment| segment.base))
    }

    /// The names of peers that were saved with it, or are to be.
    #[must_use]
    pub fn names(&self) -> &PeerNames {
        &self.names
    }

    /// The same, to be saved with these names.
    #[must_use]
    pub fn with_names(self, names: PeerNames) -> Self {
        Self { names, ..self }
    }

    /// Position after the last byte.
    #[must_use]
    pub fn end(&self) -> Position {
        self.end
    }

    /// Number of records published, including those dropped by the size limit. For an opened file that is being
    /// indexed, the number found so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether records of more than one connection were published, including those dropped by the size limit. For an
    /// opened file that is being indexed, among the records found so far.
    #[must_use]
    pub fn has_several_connections(&self) -> bool {
        self.connections.0.is_some_and(|(low, high)| low != high)
    }

    /// Number of records dropped by the size limit.
    #[must_use]
    pub fn records_expired(&self) -> u64 {
        self.segments.first().map_or(0, |segment| segment.records_before)
    }

    /// The bookmarks.
    #[must_use]
    pub fn bookmarks(&self) -> &Arc<Bookmarks> {
        &self.bookmarks
    }

    /// This snapshot without the segments that `newer` no longer has. An old snapshot keeps their files open, which
    /// keeps the disk full.
    #[must_use]
    pub fn without_expired(&self, newer: &Self) -> Self {
        let start = newer.start().0;
        let kept: Vec<_> = self.segments.iter().filter(|segment| segment.base >= start).cloned().collect();
        // The last one is kept: no segment would look like a recording without records.
        let segments =
            if kept.is_empty() { self.segments.last().cloned().into_iter().collect() } else { kept };
        Self { segments: Arc::new(segments), bookmarks: newer.bookmarks.clone(), ..self.clone() }
    }

    /// The paths of its files, oldest first.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.segments.iter().map(|segment| segment.path.clone()).collect()
    }

    /// Whether `path` leads to one of the files, which must not be replaced then.
    #[must_use]
    pub fn has_file(&self, path: &Path) -> bool {
        let Ok(path) = path.canonicalize() else { return false };
        self.segments.iter().any(|segment| segment.path.canonicalize().is_ok_and(|own| own == path))
    }

    /// Known borders between blocks: `from`, which must be one, and at most `count` behind it, each the first one that
    /// is `distance` bytes or more behind the one before. Ends where none is known near that.
    #[must_use]
    pub fn borders(&self, from: Position, distance: u64, count: usize) -> Vec<Position> {
        let mut borders = vec![from];
        let mut last = from.0;
        while borders.len() <= count {
            let wanted = last + distance.max(1);
            let Some((segment, end)) = self.segment(wanted) else { break };
            let indexed = segment.border_from(wanted).filter(|border| *border < end);
            let border = indexed.or((end < self.end.0).then_some(end));
            let Some(border) = border.filter(|border| border - wanted <= MAX_DISTANCE) else { break };
            borders.push(Position(border));
            last = border;
        }
        borders
    }

    /// The segment containing `position`, and the position where its published part ends.
    pub(super) fn segment(&self, position: u64) -> Option<(&Arc<Segment>, u64)> {
        if position >= self.end.0 {
            return None;
        }
        let after = self.segments.partition_point(|segment| segment.base <= position);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        Some((segment, self.segments.get(after).map_or(self.end.0, |next| next.base)))
    }

    /// The known gap containing the byte at `position`.
    pub(super) fn gap(&self, position: u64) -> Option<Gap> {
        let gaps = self.segment(position)?.0.gaps();
        let gap = gaps.get(gaps.partition_point(|gap| gap.end <= position))?;
        (gap.start <= position).then_some(*gap)
    }
}

/// Takes snapshots of a recording that may be growing. Cheap to clone; any thread may use it.
#[derive(Clone, Debug, Default)]
pub struct CaptureReader(pub(super) Arc<Shared>);

impl CaptureReader {
    /// What is published at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.get()
    }

    /// Has `wake` called after each publishing, on the thread that records, for as long as the caller keeps it. It must
    /// not block.
    pub fn watch(&self, wake: &Arc<dyn Fn() + Send + Sync>) {
        self.0.watches.add(wake);
    }

    /// A consumer of this recording, which has passed nothing yet.
    #[must_use]
    pub fn consumer(&self) -> Consumer {
        self.0.consumers.add()
    }

    /// The bookmarks at this moment.
    #[must_use]
    pub fn bookmarks(&self) -> Arc<Bookmarks> {
        self.0.get().bookmarks
    }
}

/// Locks a value that stays consistent if a thread panics with the lock held: each is replaced in one step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
