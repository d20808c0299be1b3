//! Edits of the lists: items that are put, moved and deleted, and deletions that are undone.

use crate::gui::action::lists::{ItemStep, ListId, ListPlace};
use crate::gui::lists::open_list::OpenList;
use crate::gui::lists::store::Store;
use crate::gui::lists::undos::Undo;
use crate::settings::lists::{Item, ItemId, List};
use std::time::Instant;

impl Store {
    /// Puts an item into a list, behind another one or at the end. An item of any list with its id is replaced; a key
    /// that another item has goes to it.
    pub fn put(&mut self, list: ListId, item: Item, after: Option<&ItemId>) {
        if let Some(key) = &item.key {
            let holder = |open: &OpenList| {
                let mut items = open.list.items.iter();
                items.any(|other| other.id != item.id && other.key.as_ref() == Some(key))
            };
            let holders: Vec<_> = self.all().filter(|open| holder(open)).map(|open| open.id).collect();
            for holder in holders {
                self.edit(holder, |list| {
                    for other in list.items.iter_mut().filter(|other| other.id != item.id) {
                        other.key.take_if(|other| other == key);
                    }
                });
            }
        }
        match self.list_of(&item.id) {
            Some(known) if known == list => self.edit(list, |list| {
                if let Some(place) = list.items.iter_mut().find(|other| other.id == item.id) {
                    *place = item;
                }
            }),
            known => {
                if let Some(known) = known {
                    self.edit(known, |list| list.items.retain(|other| other.id != item.id));
                }
                self.edit(list, |list| {
                    let place =
                        after.and_then(|after| list.items.iter().position(|other| other.id == *after));
                    let place = place.map_or(list.items.len(), |place| place + 1);
                    list.items.insert(place, item);
                });
            }
        }
    }

    /// Moves an item. An item that is put before itself goes before the one that is shown behind it.
    pub fn move_item(&mut self, id: &ItemId, to: &ListPlace) {
        let Some((from, mut item)) = self.list_of(id).zip(self.item(id).cloned()) else { return };
        let Some(target) = self.get(to.list) else { return };
        let before = match &to.before {
            Some(before) if before == id => target.list.behind(id).map(|item| item.id.clone()),
            before => before.clone(),
        };
        item.group.clone_from(&to.group);
        self.edit(from, |list| {
            list.arrange();
            list.items.retain(|other| other.id != *id);
        });
        self.edit(to.list, |list| {
            list.arrange();
            let place = before.and_then(|before| list.items.iter().position(|other| other.id == before));
            list.items.insert(place.unwrap_or(list.items.len()), item);
        });
    }

    /// Moves an item by one in the order in which the list is shown; from the end of a group into the next one.
    pub fn step_item(&mut self, id: &ItemId, step: ItemStep) {
        let Some(list) = self.list_of(id) else { return };
        self.edit(list, |list| {
            list.arrange();
            let Some(at) = list.items.iter().position(|item| item.id == *id) else { return };
            let next = match step {
                ItemStep::Up => at.checked_sub(1),
                ItemStep::Down => Some(at + 1).filter(|next| *next < list.items.len()),
            };
            let Some(next) = next else { return };
            if list.items[next].group == list.items[at].group {
                list.items.swap(at, next);
            } else {
                // It is at the near end of the other group already.
                list.items[at].group = list.items[next].group.clone();
            }
        });
    }

    /// Takes an item out of its list. Returns the number for [`undo`](Self::undo).
    pub fn delete_item(&mut self, id: &ItemId) -> Option<u64> {
        let list = self.list_of(id)?;
        let at = self.get(list)?.list.items.iter().position(|item| item.id == *id)?;
        let mut removed = None;
        self.edit(list, |list| removed = Some(list.items.remove(at)));
        Some(self.undos.push(Undo::Item { list, at, item: Box::new(removed?) }))
    }

    /// Deletes a list with its file. Returns the number for [`undo`](Self::undo).
    pub fn delete_list(&mut self, id: ListId) -> Option<u64> {
        self.revision += 1;
        let open = self.lists.iter_mut().find(|open| open.id == id && !open.is_deleted)?;
        open.is_deleted = true;
        open.due = Some(Instant::now());
        let list = Box::new(open.list.clone());
        Some(self.undos.push(Undo::List { id, list }))
    }

    /// The number of the newest deletion that can be undone, and the name of what was deleted.
    #[must_use]
    pub fn newest_undo(&self) -> Option<(u64, String)> {
        self.undos.newest()
    }

    /// Undoes a deletion by its number, once. Returns the item that is back.
    pub fn undo(&mut self, number: u64) -> Option<ItemId> {
        match self.undos.take(number)? {
            Undo::Item { list, at, item } => {
                let id = item.id.clone();
                // An item whose list was not brought back is put into a list of its own.
                let list = match self.get(list) {
                    Some(open) => open.id,
                    None => self.add(List { name: item.title(), ..List::default() }),
                };
                if self.item(&id).is_none() {
                    self.edit(list, |list| list.items.insert(at.min(list.items.len()), *item));
                }
                Some(id)
            }
            Undo::List { id, list } => {
                self.revision += 1;
                match self.lists.iter_mut().find(|open| open.id == id) {
                    // Its file could not be deleted, and it is there.
                    Some(open) if !open.is_deleted => {}
                    // The deletion has not ended: the list is written again after it.
                    Some(open) => {
                        open.is_deleted = false;
                        open.due = Some(Instant::now());
                    }
                    // The same id, so that deletions of its items before can be undone as well.
                    None => self.lists.push(OpenList::new(id, *list)),
                }
                None
            }
        }
    }
}
