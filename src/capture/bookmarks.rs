//! Bookmarks: bookmarks and notes that a person puts on records.
//!
//! Knows which record has which bookmark, in order. How bookmarks lie in a file is `tail`'s and `pcapng`'s.

use super::segment::Position;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file with more of them was not made by a person, and is not to fill the memory.
const MAX_BOOKMARKS: usize = 100_000;

/// The bookmarks of a recording, in the order of their records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmarks {
    bookmarks: BTreeMap<Position, Arc<str>>,
    /// What was changed and is in no file yet.
    unsaved: BTreeMap<Position, Change>,
}

/// `None` is no bookmark.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    in_file: Option<Arc<str>>,
    text: Option<Arc<str>>,
}

impl Bookmarks {
    /// The text of the bookmark on the record at `position`; empty for a bookmark. `None`: no bookmark.
    #[must_use]
    pub fn get(&self, position: Position) -> Option<&str> {
        self.bookmarks.get(&position).map(|text| &**text)
    }

    /// The first bookmark on a record after `position`.
    #[must_use]
    pub fn next_after(&self, position: Position) -> Option<(Position, &str)> {
        let after = (std::ops::Bound::Excluded(position), std::ops::Bound::Unbounded);
        self.bookmarks.range(after).next().map(|(position, text)| (*position, &**text))
    }

    /// The last bookmark on a record before `position`.
    #[must_use]
    pub fn previous_before(&self, position: Position) -> Option<(Position, &str)> {
        self.bookmarks.range(..position).next_back().map(|(position, text)| (*position, &**text))
    }

    /// All bookmarks, in the order of their records.
    pub fn iter(&self) -> impl Iterator<Item = (Position, &str)> {
        self.bookmarks.iter().map(|(position, text)| (*position, &**text))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bookmarks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bookmarks.is_empty()
    }

    /// Whether something was changed that only saving the recording keeps.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// Puts a bookmark on a record, replaces it, or takes it away (`None`).
    pub(super) fn set(&mut self, position: Position, text: Option<Arc<str>>) {
        match text {
            None => {
                self.bookmarks.remove(&position);
            }
            Some(text) if self.bookmarks.len() < MAX_BOOKMARKS || self.bookmarks.contains_key(&position) => {
                self.bookmarks.insert(position, text);
            }
            Some(_) => {}
        }
    }

    /// The same for a recording that nobody writes any more.
    pub(super) fn set_unsaved(&mut self, position: Position, text: Option<Arc<str>>) {
        let changed = self.unsaved.remove(&position).map(|change| change.in_file);
        let is_back = changed.as_ref() == Some(&text);
        let in_file = changed.unwrap_or_else(|| self.bookmarks.get(&position).cloned());
        self.set(position, text.clone());
        // The first change always counts: what the file has may not have been found yet.
        if !is_back {
            self.unsaved.insert(position, Change { in_file, text });
        }
    }

    /// These bookmarks as they were found in a file, with what was changed in `newer` since.
    pub(super) fn with_unsaved_of(&self, newer: &Self) -> Self {
        let mut all = self.clone();
        for (position, change) in &newer.unsaved {
            all.set_unsaved(*position, change.text.clone());
        }
        all
    }

    pub(super) fn unsaved(&self) -> impl Iterator<Item = (Position, Option<&str>)> {
        self.unsaved.iter().map(|(position, change)| (*position, change.text.as_deref()))
    }

    /// Forgets the bookmarks on records that were dropped.
    pub(super) fn expire(&mut self, start: Position) {
        self.bookmarks = self.bookmarks.split_off(&start);
    }
}
