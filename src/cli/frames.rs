//! How many frames there were, on standard error and in the summary.

use crate::frames::{FrameTotals, FramedSettings};
use crate::model::Direction;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};

/// How a session divides its data, and what came of it. The session's thread counts, the main thread tells.
#[derive(Debug)]
pub(super) struct Frames {
    pub settings: FramedSettings,
    totals: Mutex<Both>,
}

/// Totals of what was received and sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Both {
    received: FrameTotals,
    sent: FrameTotals,
}

impl Both {
    /// The totals that a function gives for each direction.
    pub fn of(totals: impl Fn(Direction) -> FrameTotals) -> Self {
        Self { received: totals(Direction::Inbound), sent: totals(Direction::Outbound) }
    }

    /// A line for each direction that has data.
    pub fn lines(&self) -> Vec<String> {
        let directions = [("received", &self.received), ("sent", &self.sent)];
        let with_data = directions.into_iter().filter(|(_, totals)| totals.reads > 0);
        with_data.map(|(direction, totals)| line(direction, totals)).collect()
    }
}

impl Frames {
    pub fn new(settings: FramedSettings) -> Self {
        Self { settings, totals: Mutex::default() }
    }

    pub fn set(&self, totals: Both) {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner) = totals;
    }

    pub fn totals(&self) -> Both {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Frames received: 12 in 9 reads; 3 whole, 6 glued, 3 cut; check right 11, wrong 1.`
fn line(direction: &str, totals: &FrameTotals) -> String {
    let FrameTotals { frames, reads, whole, glued, cut, right, wrong, incomplete, skipped_bytes, .. } =
        totals;
    let reads_word = if *reads == 1 { "read" } else { "reads" };
    let mut line = format!(
        "Frames {direction}: {frames} in {reads} {reads_word}; {whole} whole, {glued} glued, {cut} cut"
    );
    if right + wrong > 0 {
        line.push_str(&format!("; check right {right}, wrong {wrong}"));
    }
    if *incomplete > 0 {
        line.push_str(&format!("; {incomplete} incomplete"));
    }
    if *skipped_bytes > 0 {
        line.push_str(&format!("; {skipped_bytes} B in no frame"));
    }
    line.push('.');
    line
}

/// The frames in the summary of `--json`.
#[derive(Serialize)]
pub(super) struct Object {
    received: Counts,
    sent: Counts,
}

#[derive(Serialize)]
struct Counts {
    frames: u64,
    bytes: u64,
    whole: u64,
    glued: u64,
    cut: u64,
    right: u64,
    wrong: u64,
    incomplete: u64,
    skipped_bytes: u64,
    reads: u64,
    glued_reads: u64,
}

impl From<FrameTotals> for Counts {
    fn from(totals: FrameTotals) -> Self {
        Self {
            frames: totals.frames,
            bytes: totals.frame_bytes,
            whole: totals.whole,
            glued: totals.glued,
            cut: totals.cut,
            right: totals.right,
            wrong: totals.wrong,
            incomplete: totals.incomplete,
            skipped_bytes: totals.skipped_bytes,
            reads: totals.reads,
            glued_reads: totals.glued_reads,
        }
    }
}

impl From<Both> for Object {
    fn from(both: Both) -> Self {
        Self { received: both.received.into(), sent: both.sent.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_frames_came_and_what_is_unusual() {
        let received = FrameTotals { reads: 1, frames: 2, glued: 2, ..FrameTotals::default() };
        let sent = FrameTotals {
            reads: 9,
            frames: 12,
            whole: 3,
            glued: 6,
            cut: 3,
            right: 11,
            wrong: 1,
            incomplete: 1,
            skipped_bytes: 5,
            ..FrameTotals::default()
        };
        assert_eq!(
            Both { received, sent }.lines(),
            [
                "Frames received: 2 in 1 read; 0 whole, 2 glued, 0 cut.",
                "Frames sent: 12 in 9 reads; 3 whole, 6 glued, 3 cut; check right 11, wrong 1; 1 incomplete; \
                 5 B in no frame.",
            ]
        );
        assert!(Both::default().lines().is_empty());
    }
}
