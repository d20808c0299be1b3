//! The parts of a direction that were given up as missing. Bytes of them that still come are late.

use std::collections::BTreeMap;

/// Gaps that are remembered after they were given up. Of more, neighbours become one: a repetition of what lies
/// between them is then taken for late, and shown a second time rather than never.
const MAX_GAPS: usize = 64;

/// Ends by starts, apart from each other.
#[derive(Debug, Default)]
pub(super) struct GivenUp {
    gaps: BTreeMap<i64, i64>,
}

impl GivenUp {
    /// Remembers what was given up, within a bound.
    pub fn add(&mut self, start: i64, end: i64) {
        self.gaps.insert(start, end);
        if self.gaps.len() > MAX_GAPS {
            let mut inside = self.gaps.range(0..).map(|(start, end)| (*start, *end));
            if let (Some((first, _)), Some((second, end))) = (inside.next(), inside.next()) {
                self.gaps.remove(&second);
                self.gaps.insert(first, end);
            }
        }
    }

    /// The first part that was given up and has bytes between `start` and `end`.
    pub fn first_within(&self, start: i64, end: i64) -> Option<(i64, i64)> {
        let before = self.gaps.range(..=start).next_back();
        let inside = || self.gaps.range(start..end).next();
        let gap = before.filter(|(_, gap_end)| **gap_end > start).or_else(inside);
        gap.filter(|_| start < end).map(|(start, end)| (*start, *end))
    }

    /// Forgets the first part between `start` and `end` that was given up, because its bytes have come. Returns
    /// its start and end.
    pub fn take_within(&mut self, start: i64, end: i64) -> Option<(i64, i64)> {
        let (gap_start, gap_end) = self.first_within(start, end)?;
        let (from, to) = (gap_start.max(start), gap_end.min(end));
        self.gaps.remove(&gap_start);
        for (start, end) in [(gap_start, from), (to, gap_end)] {
            if start < end {
                self.gaps.insert(start, end);
            }
        }
        Some((from, to))
    }
}
