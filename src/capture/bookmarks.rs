//! The bookmarks of a recording: which records the user marked, and the note of each.
//!
//! Their form in the file is the job of `tail` and `pcapng`.

use super::position::Position;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bound on the memory that a damaged or hostile file can take.
const MAX_BOOKMARKS: usize = 100_000;

/// The bookmarks of a recording, ordered by position. The text of one is its note; empty if it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmarks {
    bookmarks: BTreeMap<Position, Arc<str>>,
    /// Changes that are in no file yet.
    unsaved: BTreeMap<Position, Change>,
}

/// A changed bookmark; `None` stands for no bookmark.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    in_file: Option<Arc<str>>,
    text: Option<Arc<str>>,
}

impl Bookmarks {
    /// The note of the bookmark at `position`, empty if it has none; `None` if there is no bookmark.
    #[must_use]
    pub fn get(&self, position: Position) -> Option<&str> {
        self.bookmarks.get(&position).map(|text| &**text)
    }

    /// The first bookmark after `position`.
    #[must_use]
    pub fn next_after(&self, position: Position) -> Option<(Position, &str)> {
        let after = (std::ops::Bound::Excluded(position), std::ops::Bound::Unbounded);
        self.bookmarks.range(after).next().map(|(position, text)| (*position, &**text))
    }

    /// The last bookmark before `position`.
    #[must_use]
    pub fn previous_before(&self, position: Position) -> Option<(Position, &str)> {
        self.bookmarks.range(..position).next_back().map(|(position, text)| (*position, &**text))
    }

    /// All bookmarks, by ascending position.
    pub fn iter(&self) -> impl Iterator<Item = (Position, &str)> {
        self.bookmarks.iter().map(|(position, text)| (*position, &**text))
    }

    /// Number of bookmarks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bookmarks.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bookmarks.is_empty()
    }

    /// Whether there are changes that are lost unless the recording is saved.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// Sets, replaces or removes (`None`) a bookmark. Beyond the bound, new ones are ignored.
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

    /// The same, as a change that is in no file yet.
    pub(super) fn set_unsaved(&mut self, position: Position, text: Option<Arc<str>>) {
        let changed = self.unsaved.remove(&position).map(|change| change.in_file);
        let is_back = changed.as_ref() == Some(&text);
        let in_file = changed.unwrap_or_else(|| self.bookmarks.get(&position).cloned());
        self.set(position, text.clone());
        // The first change always counts: the bookmark in the file may not have been found yet.
        if !is_back {
            self.unsaved.insert(position, Change { in_file, text });
        }
    }

    /// These bookmarks, found in a file, with the unsaved changes of `newer`.
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

    /// Removes the bookmarks of records before `start`, which were dropped.
    pub(super) fn expire(&mut self, start: Position) {
        self.bookmarks = self.bookmarks.split_off(&start);
    }
}
