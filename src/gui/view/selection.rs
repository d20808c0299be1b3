//! A selection of payload bytes. It does not depend on how the bytes are shown.

use crate::capture::Position;

/// A position between two bytes of a record's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caret {
    /// The record.
    pub record: Position,
    /// The index of the byte after the caret. May be beyond the payload: then it is its end.
    pub byte: u32,
}

/// The bytes between two carets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The caret at which the selection began.
    pub from: Caret,
    /// The caret that moves.
    pub to: Caret,
}

impl Selection {
    /// All records between two positions.
    #[must_use]
    pub fn all(start: Position, end: Position) -> Self {
        Self { from: Caret { record: start, byte: 0 }, to: Caret { record: end, byte: 0 } }
    }

    /// One whole record.
    #[must_use]
    pub fn record(record: Position) -> Self {
        Self { from: Caret { record, byte: 0 }, to: Caret { record, byte: u32::MAX } }
    }

    /// Both carets in the order of the recording.
    #[must_use]
    pub fn ordered(&self) -> (Caret, Caret) {
        (self.from.min(self.to), self.from.max(self.to))
    }

    /// Whether no byte is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Whether a record whose payload has `length` bytes is selected as a whole.
    #[must_use]
    pub fn covers(&self, record: Position, length: usize) -> bool {
        let (first, last) = self.ordered();
        let from_start = first.record < record || (first.record == record && first.byte == 0);
        let to_end = last.record > record || (last.record == record && last.byte as usize >= length);
        from_start && to_end && !self.is_empty()
    }

    /// The selected bytes of a record whose payload has `length` bytes; `None` if there are none.
    #[must_use]
    pub fn within(&self, record: Position, length: usize) -> Option<std::ops::Range<usize>> {
        let (first, last) = self.ordered();
        if record < first.record || record > last.record || self.is_empty() {
            return None;
        }
        let start = if record == first.record { first.byte as usize } else { 0 };
        let end = if record == last.record { last.byte as usize } else { length };
        let (start, end) = (start.min(length), end.min(length));
        // An empty payload has no selected bytes.
        (start < end).then_some(start..end)
    }
}
