//! What deletions took away, as long as they can be undone.

use crate::gui::action::lists::ListId;
use crate::settings::lists::{Item, List};

/// The most deletions that can be undone.
const MOST: usize = 50;

/// What a deletion took away.
pub(super) enum Undo {
    /// An item, from its place in a list.
    Item { list: ListId, at: usize, item: Box<Item> },
    /// A list.
    List { id: ListId, list: Box<List> },
}

/// Deletions that can be undone.
#[derive(Default)]
pub(super) struct Undos {
    kept: Vec<(u64, Undo)>,
    count: u64,
}

impl Undos {
    /// Keeps what was deleted. Returns its number, which is never used again.
    pub fn push(&mut self, undo: Undo) -> u64 {
        self.count += 1;
        self.kept.push((self.count, undo));
        let surplus = self.kept.len().saturating_sub(MOST);
        self.kept.drain(..surplus);
        self.count
    }

    /// What a deletion took away, once.
    pub fn take(&mut self, number: u64) -> Option<Undo> {
        let place = self.kept.iter().position(|(known, _)| *known == number)?;
        Some(self.kept.remove(place).1)
    }

    /// The number of the newest deletion, and the name of what was deleted.
    pub fn newest(&self) -> Option<(u64, String)> {
        let (number, undo) = self.kept.last()?;
        let name = match undo {
            Undo::Item { item, .. } => item.title(),
            Undo::List { list, .. } => list.name.clone(),
        };
        Some((*number, name))
    }
}
