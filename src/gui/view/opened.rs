//! The records whose dump was opened.

use crate::capture::Position;
use std::collections::VecDeque;

/// The most records that are open; the one that was opened first is closed then.
const MAX_OPEN: usize = 1000;

/// The records that are open. Independent of what is in view.
#[derive(Debug, Default)]
pub struct Opened {
    /// In the order in which they were opened.
    records: VecDeque<Position>,
}

impl Opened {
    /// Whether a record is open.
    #[must_use]
    pub fn contains(&self, record: Position) -> bool {
        self.records.contains(&record)
    }

    /// Opens or closes a record. Returns the records for which that is a change.
    pub fn set(&mut self, record: Position, is_open: bool) -> Vec<Position> {
        let known = self.records.iter().position(|&known| known == record);
        match (known, is_open) {
            (Some(index), false) => {
                self.records.remove(index);
                vec![record]
            }
            (None, true) => {
                let closed = if self.records.len() < MAX_OPEN { None } else { self.records.pop_front() };
                self.records.push_back(record);
                [Some(record), closed].into_iter().flatten().collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_open_records_is_bounded() {
        let mut opened = Opened::default();
        for number in 0..MAX_OPEN as u64 {
            assert_eq!(opened.set(Position(number), true), [Position(number)]);
            assert!(opened.set(Position(number), true).is_empty());
        }
        assert_eq!(opened.set(Position(5000), true), [Position(5000), Position(0)]);
        assert!(opened.contains(Position(5000)) && !opened.contains(Position(0)));
        assert_eq!(opened.set(Position(5000), false), [Position(5000)]);
        assert!(opened.set(Position(5000), false).is_empty() && !opened.contains(Position(5000)));
    }
}
