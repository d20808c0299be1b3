//! Looking through a recording that was opened, on a thread of its own: counting, indexing, checking.
//!
//! Publishes what it has found in the snapshots that readers take; it is never waited for. Damage is
//! told and stepped over.

use super::pcapng::{self, Block, IS_REMOVED, MARK, PacketBlock, record_kind};
use super::segment::{Gap, INDEX_BYTES, IndexEntry, Position, Segment, Shared, Snapshot, lock};
use super::{marks::Marks, walk};
use crate::model::{Damage, Failure, Operation};
use crate::task::{Control, Notify, Task};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// How often what was found is published, in bytes.
const PUBLISH_BYTES: u64 = 16 << 20;
/// More damaged places of one file are not kept apart.
const MAX_GAPS: usize = 10_000;

/// How far looking through a recording has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexProgress {
    /// Bytes looked through.
    pub bytes_done: u64,
    /// Bytes there are.
    pub bytes_total: u64,
    /// Nothing more will come: the end was reached, it was cancelled, or the file cannot be read.
    pub is_done: bool,
    /// The first damage; the rest of the recording can be read all the same.
    pub failure: Option<Failure>,
}

/// The first damage that was found.
type FirstDamage = Mutex<Option<Failure>>;

/// Looks through a recording on a thread of its own. Dropping it cancels it, and does not wait.
#[derive(Debug)]
pub struct Indexing {
    task: Task<()>,
    damage: Arc<FirstDamage>,
    bytes_total: u64,
}

impl Indexing {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let damage = Arc::new(FirstDamage::default());
        let snapshot = shared.get();
        let bytes_total = snapshot.end.0;
        let found = damage.clone();
        // Whoever opens a recording looks at the progress now and then.
        let notify: Notify = Arc::new(|| {});
        let task = Task::start("index recording", Operation::Read, &notify, move |control| {
            let state = State { control, damage: &found, bytes_total };
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
        Self { task, damage, bytes_total }
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> IndexProgress {
        // Read first: what is done is done with everything else.
        let is_done = self.task.is_finished();
        IndexProgress {
            bytes_done: self.task.progress().done,
            bytes_total: self.bytes_total,
            is_done,
            failure: lock(&self.damage).clone().or_else(|| self.task.failure()),
        }
    }

    /// Ends it early. What it has found stays.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// Waits until it is done.
    pub fn wait(&mut self) -> IndexProgress {
        self.task.join();
        self.progress()
    }
}

/// What the thread tells of its work.
struct State<'a> {
    control: &'a Control,
    damage: &'a FirstDamage,
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

/// What one look through a recording has found so far.
struct Indexer<'a> {
    state: &'a State<'a>,
    shared: &'a Shared,
    records: u64,
    marks: Marks,
    has_new_marks: bool,
    /// When to publish next, by position.
    publish_at: u64,
}

/// What a block is to the index.
enum Kind {
    Record,
    Mark(u64, Option<Arc<str>>),
    /// It stands for what was damaged when this file was saved.
    Filler,
    Other,
    /// Its parts contradict each other.
    Damaged,
}

impl<'a> Indexer<'a> {
    fn new(state: &'a State<'a>, shared: &'a Shared, snapshot: &Snapshot) -> Self {
        Self {
            state,
            shared,
            records: 0,
            marks: Marks::default(),
            has_new_marks: false,
            publish_at: snapshot.start().0 + PUBLISH_BYTES,
        }
    }

    /// Looks through one file, whose last block ends at the position `end`.
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
                    Kind::Record => self.records += 1,
                    Kind::Mark(marked, text) => {
                        self.marks.set(Position(marked), text);
                        self.has_new_marks = true;
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
        let has_new_marks = std::mem::take(&mut self.has_new_marks);
        self.shared.update(|snapshot| {
            snapshot.records = self.records;
            if has_new_marks {
                snapshot.marks = Arc::new(self.marks.with_unsaved_of(&snapshot.marks));
            }
        });
    }
}

/// The damaged places of one file.
struct Gaps<'a> {
    segment: &'a Segment,
    gaps: Vec<Gap>,
    state: &'a State<'a>,
}

impl Gaps<'_> {
    /// Notes damage from `start` to `end` in the file; calls come in ascending order.
    fn add(&mut self, start: u64, end: u64) {
        self.state.fail(self.segment.damaged(start, Damage::Contradiction));
        let (start, end) = (self.segment.base + start, self.segment.base + end);
        let is_full = self.gaps.len() >= MAX_GAPS;
        match self.gaps.last_mut() {
            Some(last) if last.end == start || is_full => last.end = end,
            _ => self.gaps.push(Gap { start, end }),
        }
    }

    /// Notes blocks that say nothing, which are no damage: a saved recording may have gigabytes of them, and
    /// whoever looks for the next record is to step over all at once. Half of the room is kept for damage.
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

fn kind(position: u64, block: &[u8]) -> Kind {
    match pcapng::read_block(block) {
        None => Kind::Damaged,
        Some(Block::Packet(PacketBlock { annotation: Some(annotation), comment, .. })) => {
            match annotation.kind {
                kind if record_kind(kind).is_some() => Kind::Record,
                MARK => {
                    let text = (annotation.flags & IS_REMOVED == 0).then(|| comment.into());
                    position
                        .checked_sub(annotation.back)
                        .map_or(Kind::Other, |marked| Kind::Mark(marked, text))
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
    fn damaged_places_are_noted_within_bounds() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let segment = Segment::new(file.path(), file.reopen().unwrap(), 100, 0, 0);
        let (control, damage) = (Control::default(), FirstDamage::default());
        let state = State { control: &control, damage: &damage, bytes_total: 0 };
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
