//! What a scan of frames has found up to some point.

use super::checkpoint::Checkpoints;
use super::totals::FrameTotals;
use crate::model::Direction;
use crate::search::{PositionSet, Progress};

/// What a scan of frames has found up to some point. Immutable: the scan publishes another value later.
#[derive(Clone, Debug, Default)]
pub struct FrameResults {
    /// How far it is; its matches are the records in `positions`.
    pub progress: Progress,
    /// The records that are shown: those that complete something, and events; with a filter, those of them that pass, and
    /// those that complete something that passes.
    pub positions: PositionSet,
    /// Totals of what was received, whatever the filter.
    pub received: FrameTotals,
    /// Totals of what was sent.
    pub sent: FrameTotals,
    /// For a [`FramedReader`](super::FramedReader).
    pub checkpoints: Checkpoints,
}

impl FrameResults {
    /// Totals of a direction.
    #[must_use]
    pub fn of(&self, direction: Direction) -> FrameTotals {
        match direction {
            Direction::Inbound => self.received,
            Direction::Outbound => self.sent,
        }
    }

    /// Totals of both directions.
    #[must_use]
    pub fn totals(&self) -> FrameTotals {
        let mut totals = self.received;
        totals += self.sent;
        totals
    }
}
