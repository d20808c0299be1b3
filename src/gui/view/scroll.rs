//! The scroll position: a record, a row in it, and a part of a row.
//!
//! Exact for recordings of any size, since rows are never counted from the beginning.

use crate::capture::Position;

/// The row at the top edge of the view.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Anchor {
    /// The record.
    pub record: Position,
    /// The row in the record.
    pub row: u32,
    /// The part of the row above the edge, in points; less than a row.
    pub above: f32,
}

/// A sequence of records with rows.
pub trait Rows {
    /// The number of rows of a record; at least 1.
    fn count(&mut self, record: Position) -> u32;
    /// The next record.
    fn after(&mut self, record: Position) -> Option<Position>;
    /// The previous record.
    fn before(&mut self, record: Position) -> Option<Position>;
    /// The last record.
    fn last(&mut self) -> Option<Position>;
}

impl Anchor {
    /// The anchor `points` below, or above if negative, as far as there are records.
    #[must_use]
    pub fn moved(mut self, points: f32, row_height: f32, rows: &mut impl Rows) -> Self {
        let offset = self.above + points;
        let whole = (offset / row_height).floor();
        self.above = (offset - whole * row_height).clamp(0.0, row_height);
        let mut left = whole as i64;
        while left > 0 {
            let to_next = i64::from(rows.count(self.record) - self.row.min(rows.count(self.record) - 1));
            if left < to_next {
                self.row += left as u32;
                return self;
            }
            let Some(after) = rows.after(self.record) else {
                return Self { row: rows.count(self.record) - 1, above: 0.0, ..self };
            };
            left -= to_next;
            (self.record, self.row) = (after, 0);
        }
        while left < 0 {
            if -left <= i64::from(self.row) {
                self.row -= (-left) as u32;
                return self;
            }
            let Some(before) = rows.before(self.record) else {
                return Self { row: 0, above: 0.0, ..self };
            };
            left += i64::from(self.row) + 1;
            self.record = before;
            self.row = rows.count(before) - 1;
        }
        self
    }

    /// The anchor at which the last row is at the bottom of a view with this height in points; at the first
    /// record if all rows fit.
    #[must_use]
    pub fn at_end(height: f32, row_height: f32, rows: &mut impl Rows) -> Option<Self> {
        let last = rows.last()?;
        let end = Self { record: last, row: rows.count(last) - 1, above: 0.0 };
        Some(end.moved(row_height - height, row_height, rows))
    }

    /// Whether this is at or below `other`.
    #[must_use]
    pub fn is_past(&self, other: &Self) -> bool {
        // Tolerance for rounding: half a point is not visible.
        (self.record, self.row) > (other.record, other.row)
            || ((self.record, self.row) == (other.record, other.row) && self.above >= other.above - 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Records at positions 0, 10, 20, … with these numbers of rows.
    struct Fake(Vec<u32>);

    impl Rows for Fake {
        fn count(&mut self, record: Position) -> u32 {
            self.0[record.0 as usize / 10]
        }
        fn after(&mut self, record: Position) -> Option<Position> {
            ((record.0 / 10 + 1) < self.0.len() as u64).then_some(Position(record.0 + 10))
        }
        fn before(&mut self, record: Position) -> Option<Position> {
            record.0.checked_sub(10).map(Position)
        }
        fn last(&mut self) -> Option<Position> {
            (!self.0.is_empty()).then(|| Position((self.0.len() as u64 - 1) * 10))
        }
    }

    /// The distance from the first row, in points.
    fn absolute(anchor: &Anchor, rows: &Fake) -> f32 {
        let before: u32 = rows.0[..anchor.record.0 as usize / 10].iter().sum();
        (before + anchor.row) as f32 * 16.0 + anchor.above
    }

    proptest! {
        #[test]
        fn moving_down_and_up_is_exact(counts in prop::collection::vec(1u32..40, 1..20), moves in prop::collection::vec(-900i32..900, 1..30)) {
            let mut rows = Fake(counts);
            let total = rows.0.iter().sum::<u32>() as f32 * 16.0;
            let mut anchor = Anchor::default();
            let mut expected = 0.0f32;
            for step in moves {
                anchor = anchor.moved(step as f32, 16.0, &mut rows);
                let target = expected + step as f32;
                if target < 0.0 {
                    expected = 0.0;
                } else if target >= total {
                    expected = total - 16.0;
                } else {
                    expected = target;
                }
                prop_assert!((absolute(&anchor, &rows) - expected).abs() < 0.01, "{} instead of {expected}", absolute(&anchor, &rows));
            }
        }

        #[test]
        fn at_the_end_the_last_row_is_at_the_bottom(counts in prop::collection::vec(1u32..40, 1..20), height in 16.0f32..500.0) {
            let mut rows = Fake(counts);
            let total = rows.0.iter().sum::<u32>() as f32 * 16.0;
            let end = Anchor::at_end(height, 16.0, &mut rows).unwrap();
            prop_assert!((absolute(&end, &rows) - (total - height).max(0.0)).abs() < 0.01);
        }
    }
}
