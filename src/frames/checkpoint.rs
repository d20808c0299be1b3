//! From where the frames of a half can be told without reading it from its start.

use super::half::Half;
use crate::capture::Position;
use crate::search::{ChunkedVec, PositionSet};
use std::sync::Arc;

/// What is known of a half before one of its records.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The record.
    pub(super) position: Position,
    /// The half there.
    pub(super) half: Arc<Half>,
    /// The checkpoint before it in the same half, over no gap.
    pub(super) previous: Option<Position>,
}

/// What a scan knows of how to divide a recording, up to some position. Copies share what did not change.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    /// In the order of their positions.
    pub(super) list: ChunkedVec<Checkpoint>,
    /// Records with which the numbers of a half begin.
    pub(super) starts: PositionSet,
    /// Records behind which frames of their half end, although nothing in the record says so: a gap follows, the end of the
    /// connection, or time.
    pub(super) ends: PositionSet,
    /// The last records of halves that go on and have something unfinished, sorted; known where the scan has caught up.
    pub(super) open: Arc<[Position]>,
    /// Records before this are known.
    pub(super) known_to: Position,
}

impl Checkpoints {
    /// Whether the scan has passed the record at a position.
    #[must_use]
    pub fn knows(&self, position: Position) -> bool {
        position < self.known_to
    }

    /// Number of checkpoints, for measuring.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.len() == 0
    }

    pub(super) fn at(&self, position: Position) -> Option<&Checkpoint> {
        let index = self.list.partition_point(|checkpoint| checkpoint.position < position);
        self.list.get(index).filter(|checkpoint| checkpoint.position == position)
    }

    /// What stands behind a record's own bytes.
    pub(super) fn end_at(&self, position: Position) -> End {
        if self.ends.contains(position) {
            End::Cut
        } else if self.open.binary_search(&position).is_ok() {
            End::Open
        } else {
            End::None
        }
    }

    pub(super) fn remove_before(&mut self, start: Position) {
        let gone = self.list.partition_point(|checkpoint| checkpoint.position < start);
        if gone > 0 {
            self.list.replace(0..gone, []);
        }
        self.starts.remove_before(start);
        self.ends.remove_before(start);
    }
}

/// What follows a record in its half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// More of the same, or it is not known.
    None,
    /// What is unfinished ends.
    Cut,
    /// Nothing yet.
    Open,
}
