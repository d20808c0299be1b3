//! The parts of records whose dump was opened.

use crate::capture::Position;
use std::collections::VecDeque;

/// The most parts that are open; the one that was opened first is closed then.
const MAX_OPEN: usize = 1000;

/// The parts that are open, each by its record and its first byte in the payload. Independent of what is in view.
#[derive(Debug, Default)]
pub struct Opened {
    /// In the order in which they were opened.
    parts: VecDeque<(Position, usize)>,
}

impl Opened {
    /// The first bytes of the parts of a record that are open.
    #[must_use]
    pub fn of(&self, record: Position) -> Vec<usize> {
        let of_record = self.parts.iter().filter(|(known, _)| *known == record);
        of_record.map(|&(_, byte)| byte).collect()
    }

    /// Opens or closes a part. Returns the records for which that is a change.
    pub fn set(&mut self, record: Position, byte: usize, is_open: bool) -> Vec<Position> {
        let known = self.parts.iter().position(|&known| known == (record, byte));
        match (known, is_open) {
            (Some(index), false) => {
                self.parts.remove(index);
                vec![record]
            }
            (None, true) => {
                let closed = if self.parts.len() < MAX_OPEN { None } else { self.parts.pop_front() };
                self.parts.push_back((record, byte));
                [Some(record), closed.map(|(closed, _)| closed)].into_iter().flatten().collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_open_parts_is_bounded() {
        let mut opened = Opened::default();
        for number in 0..MAX_OPEN as u64 {
            assert_eq!(opened.set(Position(number), 0, true), [Position(number)]);
            assert!(opened.set(Position(number), 0, true).is_empty());
        }
        assert_eq!(opened.set(Position(5000), 7, true), [Position(5000), Position(0)]);
        assert!(opened.of(Position(5000)) == [7] && opened.of(Position(0)).is_empty());
        assert!(opened.set(Position(5000), 0, false).is_empty(), "another part of it");
        assert_eq!(opened.set(Position(5000), 7, false), [Position(5000)]);
        assert!(opened.set(Position(5000), 7, false).is_empty() && opened.of(Position(5000)).is_empty());
    }
}
