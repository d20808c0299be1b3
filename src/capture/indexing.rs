//! Indexing an opened recording on a thread: counting its records, finding its bookmarks, and checking it.
//!
//! Publishes what it has found in the snapshots that readers take. Damage is reported and skipped.

use super::connection_table::{ConnectionTable, Gathering};
use super::cursor;
use super::pcapng::{self, BOOKMARK, Block, IS_REMOVED, PacketBlock, record_kind};
use super::position::Position;
use super::segment::{ConnectionSpan, Gap, INDEX_BYTES, IndexEntry, Segment, Shared, Snapshot, lock};
use super::{bookmarks::Bookmarks, walk};
use crate::model::{Damage, Failure, Operation};
use crate::task::{Control, Notify, Task};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// Bytes between two publications.
const PUBLISH_BYTES: u64 = 16 << 20;
/// Bound on the gaps of one file; further ones extend the last.
const MAX_GAPS: usize = 10_000;

/// The progress of indexing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexProgress {
    /// Bytes indexed.
    pub bytes_done: u64,
    /// Length of the recording in bytes.
    pub bytes_total: u64,
    /// The thread has reached the end, was cancelled, or cannot read the file.
    pub is_done: bool,
    /// The first damage. The rest of the recording can be read.
    pub failure: Option<Failure>,
}

/// The first damage that was found.
type FirstDamage = Mutex<Option<Failure>>;

/// The thread that indexes a recording. Dropping this cancels it without waiting for it.
#[derive(Debug)]
pub struct Indexing {
    task: Task<()>,
    damage: Arc<FirstDamage>,
    connections: Arc<Mutex<ConnectionTable>>,
    bytes_total: u64,
}

impl Indexing {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let damage = Arc::new(FirstDamage::default());
        let snapshot = shared.get();
        let bytes_total = snapshot.end.0;
        let connections = Arc::<Mutex<ConnectionTable>>::default();
        let (found, listed) = (damage.clone(), connections.clone());
        // Whoever opens a recording looks at the progress now and then.
        let notify: Notify = Arc::new(|| {});
        let task = Task::start("index recording", Operation::Read, &notify, move |control| {
            let state = State { control, damage: &found, connections: &listed, bytes_total };
            let mut indexer = Indexer::new(&state, &shared, &snapshot);
            for (number, segment) in snapshot.segments.iter().enumerate() {
                let end = snapshot.segments.get(number + 1).map_or(snapshot.end.0, |next| next.base);
                if let Err(failure) = indexer.segment(segment, end) {
                    state.fail(failure);
                }
            }
            indexer.publish();
            Ok(())
        });
        Self { task, damage, connections, bytes_total }
    }

    /// How far it has got.
    #[must_use]
    pub fn progress(&self) -> IndexProgress {
        // Read first: when it is set, everything else has its last value.
        let is_done = self.task.is_finished();
        IndexProgress {
            bytes_done: self.task.progress().done,
            bytes_total: self.bytes_total,
            is_done,
            failure: lock(&self.damage).clone().or_else(|| self.task.failure()),
        }
    }

    /// The connections found so far.
    #[must_use]
    pub fn connections(&self) -> ConnectionTable {
        lock(&self.connections).clone()
    }

    /// Ends it early. What it has found stays published.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// Waits until it is done. Damage is reported in the progress.
    pub fn wait(&mut self) -> IndexProgress {
        self.task.join();
        self.progress()
    }
}

/// What the thread tells of its work.
struct State<'a> {
    control: &'a Control,
    damage: &'a FirstDamage,
    connections: &'a Mutex<ConnectionTable>,
    bytes_total: u64,
}

impl State<'_> {
    fn fail(&self, failure: Failure) {
        lock(self.damage).get_or_insert(failure);
    }

    /// Reports the position that was reached. `Break`: it was cancelled.
    fn step(&self, position: u64) -> ControlFlow<()> {
        self.control.step(position, self.bytes_total)
    }

    /// `Break`: it was cancelled.
    fn go_on(&self) -> ControlFlow<()> {
        if self.control.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// What was found so far.
struct Indexer<'a> {
    state: &'a State<'a>,
    shared: &'a Shared,
    records: u64,
    connections: ConnectionSpan,
    bookmarks: Bookmarks,
    has_new_bookmarks: bool,
    table: Gathering,
    /// Position at which to publish next.
    publish_at: u64,
}

/// The meaning of a block for the index.
enum Kind<'a> {
    Record(PacketBlock<'a>),
    Bookmark(u64, Option<Arc<str>>),
    /// Replaces what was damaged when this file was saved.
    Filler,
    Other,
    /// Inconsistent.
    Damaged,
}

impl<'a> Indexer<'a> {
    fn new(state: &'a State<'a>, shared: &'a Shared, snapshot: &Snapshot) -> Self {
        Self {
            state,
            shared,
            records: 0,
            connections: ConnectionSpan::default(),
            bookmarks: Bookmarks::default(),
            has_new_bookmarks: false,
            table: Gathering::default(),
            publish_at: snapshot.start().0 + PUBLISH_BYTES,
        }
    }

    /// Indexes one file, whose last block ends at position `end`.
    fn segment(&mut self, segment: &Segment, end: u64) -> Result<(), Failure> {
        let length = end - segment.base;
        let mut gaps = Gaps { segment, gaps: Vec::new(), state: self.state };
        let mut last_entry = None;
        let mut from = 0;
        loop {
            let stop = walk::forward(segment, from, length, |at, block| {
                let position = segment.base + at;
                if last_entry.is_none_or(|last| position >= last + INDEX_BYTES) {
                    self.state.step(position)?;
                    last_entry = Some(position);
                    segment.add_index([IndexEntry { position, record: self.records }]);
                    if position >= self.publish_at {
                        self.publish_at = position + PUBLISH_BYTES;
                        self.publish();
                    }
                }
                match kind(position, block) {
                    Kind::Record(packet) => {
                        self.records += 1;
                        // A packet that is no IP packet belongs to no connection.
                        if let Some(entry) = cursor::entry(Position(position), Position(position), &packet) {
                            self.table.add(&entry.record);
                            self.connections.add(entry.record.connection);
                        }
                    }
                    Kind::Bookmark(bookmarked, text) => {
                        self.bookmarks.set(Position(bookmarked), text);
                        self.has_new_bookmarks = true;
                    }
                    Kind::Filler => gaps.add_silent(at, at + block.len() as u64),
                    Kind::Other => {}
                    Kind::Damaged => gaps.add(at, at + block.len() as u64),
                }
                ControlFlow::Continue(())
            })?;
            if self.state.step(segment.base + stop).is_break() || stop >= length {
                break;
            }
            from = walk::behind(segment, stop, length, || self.state.go_on())?;
            if self.state.go_on().is_break() {
                break;
            }
            gaps.add(stop, from);
        }
        segment.set_gaps(gaps.gaps);
        Ok(())
    }

    fn publish(&mut self) {
        if std::mem::take(&mut self.table.has_news) {
            *lock(self.state.connections) = self.table.table.clone();
        }
        let has_new_bookmarks = std::mem::take(&mut self.has_new_bookmarks);
        self.shared.update(|snapshot| {
            snapshot.records = self.records;
            snapshot.connections = self.connections;
            if has_new_bookmarks {
                snapshot.bookmarks = Arc::new(self.bookmarks.with_unsaved_of(&snapshot.bookmarks));
            }
        });
    }
}

/// The gaps of one file.
struct Gaps<'a> {
    segment: &'a Segment,
    gaps: Vec<Gap>,
    state: &'a State<'a>,
}

impl Gaps<'_> {
    /// Adds damage from `start` to `end` in the file. Calls must be in ascending order.
    fn add(&mut self, start: u64, end: u64) {
        self.state.fail(self.segment.damaged(start, Damage::Contradiction));
        let (start, end) = (self.segment.base + start, self.segment.base + end);
        let is_full = self.gaps.len() >= MAX_GAPS;
        match self.gaps.last_mut() {
            Some(last) if last.end == start || is_full => last.end = end,
            _ => self.gaps.push(Gap { start, end }),
        }
    }

    /// Adds a filler, which is no damage: a saved recording may contain gigabytes of them, which readers should skip at
    /// once. Half of the bound is kept for damage.
    fn add_silent(&mut self, start: u64, end: u64) {
        let (start, end) = (self.segment.base + start, self.segment.base + end);
        let has_room = self.gaps.len() < MAX_GAPS / 2;
        match self.gaps.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ if has_room => self.gaps.push(Gap { start, end }),
            _ => {}
        }
    }
}

fn kind(position: u64, block: &[u8]) -> Kind<'_> {
    match pcapng::read_block(block) {
        None => Kind::Damaged,
        Some(Block::Packet(packet @ PacketBlock { annotation: Some(annotation), comment, .. })) => {
            match annotation.kind {
                kind if record_kind(kind).is_some() => Kind::Record(packet),
                BOOKMARK => {
                    let text = (annotation.flags & IS_REMOVED == 0).then(|| comment.into());
                    position
                        .checked_sub(annotation.back)
                        .map_or(Kind::Other, |bookmarked| Kind::Bookmark(bookmarked, text))
                }
                _ => Kind::Other,
            }
        }
        Some(_) if pcapng::is_filler(block) => Kind::Filler,
        Some(_) => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_gaps_is_bounded() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let segment = Segment::new(file.path(), file.reopen().unwrap(), 100, 0, 0);
        let (control, damage) = (Control::default(), FirstDamage::default());
        let connections = Mutex::default();
        let state = State { control: &control, damage: &damage, connections: &connections, bytes_total: 0 };
        let noted = |places: &mut dyn Iterator<Item = (u64, u64)>| {
            let mut gaps = Gaps { segment: &segment, gaps: Vec::new(), state: &state };
            places.for_each(|(start, end)| gaps.add(start, end));
            gaps.gaps
        };
        let gaps = noted(&mut (0..1_000_000).map(|number| (number * 12, number * 12 + 12)));
        assert_eq!(gaps, [Gap { start: 100, end: 12_000_100 }]);
        let gaps = noted(&mut (0..100_000).map(|number| (number * 24, number * 24 + 12)));
        assert_eq!((gaps.len(), gaps[0].end, gaps[MAX_GAPS - 1].end), (MAX_GAPS, 112, 2_400_088));
        assert!(gaps.is_sorted_by(|earlier, later| earlier.end <= later.start));
    }
}
