//! A selection of payload bytes. It does not depend on how the bytes are shown.

use crate::capture::Position;
use std::ops::Range;

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

    /// One part of a record. The last part, at `end` of the payload, is selected up to the end, whatever that is: an
    /// empty payload can be selected, too.
    #[must_use]
    pub fn part(record: Position, bytes: &Range<usize>, end: usize) -> Self {
        let caret = |byte: usize| Caret { record, byte: byte as u32 };
        let to = if bytes.end == end { Caret { record, byte: u32::MAX } } else { caret(bytes.end) };
        Self { from: caret(bytes.start), to }
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

    /// Whether a part of a record, which has these bytes of its payload, is selected as a whole.
    #[must_use]
    pub fn covers(&self, record: Position, bytes: &Range<usize>) -> bool {
        let (first, last) = self.ordered();
        let from_start =
            first.record < record || (first.record == record && first.byte as usize <= bytes.start);
        let to_end = last.record > record || (last.record == record && last.byte as usize >= bytes.end);
        from_start && to_end && !self.is_empty()
    }

    /// A byte of the record with the moving end, next to that: the last one selected, if the selection was made downwards.
    #[must_use]
    pub fn end_byte(&self) -> Caret {
        let is_behind = self.to > self.from && self.to.byte > 0;
        Caret { byte: self.to.byte - u32::from(is_behind), ..self.to }
    }

    /// The selected bytes of a record whose payload has `length` bytes; `None` if there are none.
    #[must_use]
    pub fn within(&self, record: Position, length: usize) -> Option<Range<usize>> {
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
