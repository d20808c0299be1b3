//! Bookmarks in the view: on which record a mark goes, and going to a record.
//!
//! The marks themselves are the recording's.

use super::selection::{Place, Selection};
use super::{DataView, Wanted, times};
use crate::capture::{Bookmarks, Position};
use chrono::Local;

impl DataView {
    /// The record that a mark goes on: that of the selection's end, or the first in sight.
    pub fn record_to_mark(&mut self) -> Option<Position> {
        let Some(selection) = self.selection else {
            return self.visible.first().map(|&(_, record, _)| record);
        };
        let record = selection.to.record;
        // Where everything is selected, the end is no record.
        if record < self.source.snapshot().end() { Some(record) } else { self.source.previous(record) }
    }

    /// The next marked record that is shown, or the one before; beyond the last one the first comes again.
    #[must_use]
    pub fn next_mark(&self, marks: &Bookmarks, forward: bool) -> Option<Position> {
        let before = |record: Position| Position(record.0.saturating_sub(1));
        let first = self.visible.first().map(|&(_, record, _)| if forward { before(record) } else { record });
        let mut at = self.selection.map(|selection| selection.to.record).or(first)?;
        let mut begins_again = false;
        loop {
            let next = if forward { marks.next_after(at) } else { marks.previous_before(at) };
            match next {
                Some((record, _)) if record >= self.source.start() && self.source.shows(record) => {
                    return Some(record);
                }
                Some((record, _)) => at = record,
                None if begins_again => return None,
                None => {
                    begins_again = true;
                    at = Position(if forward { 0 } else { u64::MAX });
                }
            }
        }
    }

    /// Selects a record and brings it into sight.
    pub fn go_to(&mut self, record: Position) {
        self.selection = Some(Selection::record(record));
        self.wanted = Some(Wanted { place: Place { record, byte: 0 }, with_context: true });
        if self.paused.as_ref().is_some_and(|paused| record >= paused.end()) {
            // It came after the display was paused.
            self.paused = None;
        }
    }

    /// When a record was, in words.
    pub fn time_label(&mut self, record: Position) -> Option<String> {
        self.source.time_of(record).map(|time| times::clock(time, Local::now().date_naive()))
    }
}
