//! Marks: bookmarks and notes that a person puts on records.
//!
//! Knows which record has which mark, in order. How marks lie in a file is `tail`'s and `pcapng`'s.

use super::segment::Position;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file with more of them was not made by a person, and is not to fill the memory.
const MAX_MARKS: usize = 100_000;

/// The text of a mark; `None`: no mark.
type Text = Option<Arc<str>>;

/// The marks of a recording, in the order of their records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    marks: BTreeMap<Position, Arc<str>>,
    /// What was changed and is in no file yet: what the file has, and what is to be there.
    unsaved: BTreeMap<Position, (Text, Text)>,
}

impl Marks {
    /// The text of the mark on the record at `position`; empty for a bookmark. `None`: no mark.
    #[must_use]
    pub fn get(&self, position: Position) -> Option<&str> {
        self.marks.get(&position).map(|text| &**text)
    }

    /// The first mark on a record after `position`.
    #[must_use]
    pub fn next_after(&self, position: Position) -> Option<(Position, &str)> {
        let after = (std::ops::Bound::Excluded(position), std::ops::Bound::Unbounded);
        self.marks.range(after).next().map(|(position, text)| (*position, &**text))
    }

    /// The last mark on a record before `position`.
    #[must_use]
    pub fn previous_before(&self, position: Position) -> Option<(Position, &str)> {
        self.marks.range(..position).next_back().map(|(position, text)| (*position, &**text))
    }

    /// All marks, in the order of their records.
    pub fn iter(&self) -> impl Iterator<Item = (Position, &str)> {
        self.marks.iter().map(|(position, text)| (*position, &**text))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Whether something was changed that only saving the recording keeps.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// Puts a mark on a record, replaces it, or takes it away (`None`).
    pub(super) fn set(&mut self, position: Position, text: Option<Arc<str>>) {
        match text {
            None => {
                self.marks.remove(&position);
            }
            Some(text) if self.marks.len() < MAX_MARKS || self.marks.contains_key(&position) => {
                self.marks.insert(position, text);
            }
            Some(_) => {}
        }
    }

    /// The same for a recording that nobody writes any more.
    pub(super) fn set_unsaved(&mut self, position: Position, text: Option<Arc<str>>) {
        let changed = self.unsaved.remove(&position).map(|(in_file, _)| in_file);
        let is_back = changed.as_ref() == Some(&text);
        let in_file = changed.unwrap_or_else(|| self.marks.get(&position).cloned());
        self.set(position, text.clone());
        // The first change always counts: what the file has may not have been found yet.
        if !is_back {
            self.unsaved.insert(position, (in_file, text));
        }
    }

    /// These marks as they were found in a file, with what was changed in `newer` since.
    pub(super) fn with_unsaved_of(&self, newer: &Self) -> Self {
        let mut all = self.clone();
        for (position, (_, text)) in &newer.unsaved {
            all.set_unsaved(*position, text.clone());
        }
        all
    }

    pub(super) fn unsaved(&self) -> impl Iterator<Item = (Position, Option<&str>)> {
        self.unsaved.iter().map(|(position, (_, text))| (*position, text.as_deref()))
    }

    /// Forgets the marks on records that were dropped.
    pub(super) fn expire(&mut self, start: Position) {
        self.marks = self.marks.split_off(&start);
    }
}
