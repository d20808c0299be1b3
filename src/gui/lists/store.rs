//! The lists, and writing each change into their files as a job. Another window's changes come in with the next save,
//! and when the files are read again.

use crate::gui::action::lists::{ItemStep, ListId, ListPlace};
use crate::model::Operation;
use crate::settings::TabSettings;
use crate::settings::lists::{Item, ItemId, List, ListFolder, Loaded, SaveError, Saved, StoredList, merged};
use crate::task::{Notify, Task};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The time from a failed save to the next try.
const RETRY: Duration = Duration::from_secs(30);
/// The most deletions that can be undone.
const UNDOS: usize = 50;

/// A list.
pub struct OpenList {
    /// Its identity.
    pub id: ListId,
    /// Its contents.
    pub list: List,
    /// What its file has; `None` until it has one.
    stored: Option<StoredList>,
    /// It differs from its file, and is written at this time or later.
    due: Option<Instant>,
    writing: Option<Writing>,
    is_deleted: bool,
}

struct Writing {
    /// What is written; `None`: the file is deleted.
    list: Option<List>,
    task: Task<Result<Saved, SaveError>>,
}

/// What there is to tell of saves.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// A list could not be saved: its name, its file and the reason.
    Failed(String, String, String),
    /// A list was saved after a failure.
    Succeeded,
    /// Another window has changed the same items of this list: both forms are kept.
    Doubled(String),
}

/// What a deletion took away.
enum Undo {
    Item { list: ListId, at: usize, item: Box<Item> },
    List(Box<List>),
}

/// The lists and their files.
pub struct Store {
    folder: Option<ListFolder>,
    lists: Vec<OpenList>,
    /// Files that cannot be used, each with the reason.
    bad: Vec<(PathBuf, String)>,
    opened: u64,
    revision: u64,
    undos: Vec<(u64, Undo)>,
    deleted: u64,
    reading: Option<Task<io::Result<Loaded>>>,
    has_failed: bool,
}

impl Store {
    /// The lists of a folder, which is read at once.
    #[must_use]
    pub fn new(folder: Option<ListFolder>) -> Self {
        let loaded = folder.as_ref().map(ListFolder::load);
        let mut store = Self {
            folder,
            lists: Vec::new(),
            bad: Vec::new(),
            opened: 0,
            revision: 0,
            undos: Vec::new(),
            deleted: 0,
            reading: None,
            has_failed: false,
        };
        if let Some(loaded) = loaded {
            store.take_loaded(loaded);
        }
        store
    }

    /// A number that changes with every list.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The files that cannot be used, each with the reason.
    #[must_use]
    pub fn bad(&self) -> &[(PathBuf, String)] {
        &self.bad
    }

    /// All lists.
    pub fn all(&self) -> impl Iterator<Item = &OpenList> {
        self.lists.iter().filter(|open| !open.is_deleted)
    }

    /// The lists that are shown in a tab.
    pub fn shown<'a>(&'a self, form: &'a TabSettings) -> impl Iterator<Item = &'a OpenList> {
        self.all().filter(|open| open.list.attached.covers(form.kind, &form.id))
    }

    /// A list.
    #[must_use]
    pub fn get(&self, id: ListId) -> Option<&OpenList> {
        self.all().find(|open| open.id == id)
    }

    /// The list of an item.
    #[must_use]
    pub fn list_of(&self, id: &ItemId) -> Option<ListId> {
        self.all().find(|open| open.list.item(id).is_some()).map(|open| open.id)
    }

    /// An item.
    #[must_use]
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.all().find_map(|open| open.list.item(id))
    }

    /// Adds a list.
    pub fn add(&mut self, list: List) -> ListId {
        self.opened += 1;
        self.revision += 1;
        let id = ListId(self.opened);
        let due = Some(Instant::now());
        self.lists.push(OpenList { id, list, stored: None, due, writing: None, is_deleted: false });
        id
    }

    /// Changes a list, which is then written.
    pub fn edit(&mut self, id: ListId, edit: impl FnOnce(&mut List)) {
        self.revision += 1;
        if let Some(open) = self.lists.iter_mut().find(|open| open.id == id && !open.is_deleted) {
            edit(&mut open.list);
            open.due = Some(Instant::now());
        }
    }

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

    /// Moves an item.
    pub fn move_item(&mut self, id: &ItemId, to: &ListPlace) {
        let Some((from, mut item)) = self.list_of(id).zip(self.item(id).cloned()) else { return };
        if to.before.as_ref() == Some(id) || self.get(to.list).is_none() {
            return;
        }
        item.group.clone_from(&to.group);
        self.edit(from, |list| {
            arrange(list);
            list.items.retain(|other| other.id != *id);
        });
        self.edit(to.list, |list| {
            arrange(list);
            let before = to.before.as_ref();
            let place = before.and_then(|before| list.items.iter().position(|other| other.id == *before));
            list.items.insert(place.unwrap_or(list.items.len()), item);
        });
    }

    /// Moves an item by one in the order in which the list is shown; from the end of a group into the next one.
    pub fn step_item(&mut self, id: &ItemId, step: ItemStep) {
        let Some(list) = self.list_of(id) else { return };
        self.edit(list, |list| {
            arrange(list);
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
        Some(self.can_undo(Undo::Item { list, at, item: Box::new(removed?) }))
    }

    /// Deletes a list with its file. Returns the number for [`undo`](Self::undo).
    pub fn delete_list(&mut self, id: ListId) -> Option<u64> {
        self.revision += 1;
        let open = self.lists.iter_mut().find(|open| open.id == id && !open.is_deleted)?;
        open.is_deleted = true;
        open.due = Some(Instant::now());
        let list = open.list.clone();
        Some(self.can_undo(Undo::List(Box::new(list))))
    }

    fn can_undo(&mut self, undo: Undo) -> u64 {
        self.deleted += 1;
        self.undos.push((self.deleted, undo));
        let surplus = self.undos.len().saturating_sub(UNDOS);
        self.undos.drain(..surplus);
        self.deleted
    }

    /// Undoes a deletion by its number, once.
    pub fn undo(&mut self, number: u64) {
        let Some(place) = self.undos.iter().position(|(known, _)| *known == number) else { return };
        match self.undos.remove(place).1 {
            Undo::Item { list, at, item } => {
                self.edit(list, |list| list.items.insert(at.min(list.items.len()), *item));
            }
            Undo::List(list) => drop(self.add(*list)),
        }
    }

    /// Reads the files again, as a job.
    pub fn reread(&mut self, notify: &Notify) {
        let Some(folder) = self.folder.clone().filter(|_| self.reading.is_none()) else { return };
        let read = move |_: &_| Ok(folder.load());
        self.reading = Some(Task::start("read lists", Operation::Read, notify, read));
    }

    /// Takes what was read and written, and begins to write what has changed. Returns what there is to tell, and when to
    /// call again.
    pub fn work(&mut self, now: Instant, notify: &Notify) -> (Vec<Told>, Option<Duration>) {
        if let Some(Ok(loaded)) = self.reading.as_mut().and_then(Task::take) {
            self.take_loaded(loaded);
        }
        self.reading.take_if(|reading| reading.is_finished());
        let mut told = Vec::new();
        let mut delay = None;
        for open in &mut self.lists {
            if let Some(saved) = open.writing.as_mut().and_then(|writing| writing.task.take()) {
                let saved = saved.unwrap_or_else(|_| Err(io::Error::other("the thread failed").into()));
                self.revision += u64::from(open.take_saved(saved, now, &mut told));
            }
            let Some(folder) = &self.folder else { continue };
            match open.due {
                Some(due) if due > now => delay = delay.max(Some(due - now)),
                Some(_) if open.writing.is_none() => open.write(folder.clone(), notify),
                _ => {}
            }
        }
        self.lists.retain(|open| !open.is_deleted || open.due.is_some() || open.writing.is_some());
        for told in &told {
            match told {
                Told::Failed(..) => self.has_failed = true,
                Told::Succeeded | Told::Doubled(_) => {}
            }
        }
        let is_saved = self.lists.iter().all(|open| open.due.is_none() && open.writing.is_none());
        if is_saved && std::mem::take(&mut self.has_failed) {
            told.push(Told::Succeeded);
        }
        (told, delay)
    }

    /// Writes what is not written yet, and waits for that.
    pub fn finish(&mut self) {
        for open in &mut self.lists {
            if let Some(writing) = open.writing.take() {
                let saved = match writing.task.finish() {
                    Some(Ok(saved)) => saved,
                    Some(Err(_)) | None => Err(io::Error::other("the thread failed").into()),
                };
                open.writing_ended(writing.list, saved, Instant::now(), &mut Vec::new());
            }
            let Some(folder) = &self.folder else { continue };
            if open.due.take().is_some()
                && let Err(error) = save(folder, open.stored.as_ref(), &open.wanted())
            {
                // There is no window any more to tell it in.
                eprintln!("the list {} could not be saved: {error}", open.list.name);
            }
        }
    }

    /// Takes what the files have. What differs from its file stays: saving it merges both.
    fn take_loaded(&mut self, loaded: io::Result<Loaded>) {
        let (lists, bad) = match loaded {
            Ok(loaded) => (loaded.lists, loaded.bad),
            Err(error) => {
                let path = self.folder.as_ref().map(|folder| folder.path().to_owned());
                self.bad = vec![(path.unwrap_or_default(), error.to_string())];
                return;
            }
        };
        self.revision += 1;
        self.bad = bad.into_iter().map(|bad| (bad.file, bad.error.to_string())).collect();
        let bad = &self.bad;
        self.lists.retain(|open| {
            let file = open.file();
            let is_there = |file: &Path| {
                lists.iter().any(|stored| stored.file == file) || bad.iter().any(|(bad, _)| bad == file)
            };
            open.is_busy() || file.is_none_or(is_there)
        });
        // The file of a list whose first save has just ended is known once its result was taken.
        let creates = self.lists.iter().any(|open| open.stored.is_none() && open.is_busy());
        for stored in lists {
            let known = self.lists.iter_mut().find(|open| open.file() == Some(&stored.file));
            match known {
                Some(open) if open.is_busy() => {}
                Some(open) => {
                    open.list.clone_from(&stored.list);
                    open.stored = Some(stored);
                }
                None if creates => {}
                None => {
                    self.opened += 1;
                    let (id, list) = (ListId(self.opened), stored.list.clone());
                    let stored = Some(stored);
                    self.lists.push(OpenList {
                        id,
                        list,
                        stored,
                        due: None,
                        writing: None,
                        is_deleted: false,
                    });
                }
            }
        }
        self.separate_ids();
    }

    /// Gives items of copied files ids of their own: an item is found by its id. The next save writes them.
    fn separate_ids(&mut self) {
        let mut taken = BTreeSet::new();
        for open in self.lists.iter_mut().filter(|open| !open.is_deleted) {
            let Some(stored) = &open.stored else { continue };
            let file = stored.file.clone();
            for item in &mut open.list.items {
                if !taken.insert(item.id.clone()) {
                    item.id = item.id.in_copied_file(&file);
                    taken.insert(item.id.clone());
                }
            }
        }
    }
}

/// Puts the items into the order in which they are shown, so that groups keep theirs when an item leaves.
fn arrange(list: &mut List) {
    let order = in_groups(list);
    let mut items: Vec<_> = std::mem::take(&mut list.items).into_iter().map(Some).collect();
    list.items = order.into_iter().filter_map(|index| items[index].take()).collect();
}

/// The indices of a list's items in the order in which they are shown: group by group.
#[must_use]
pub fn in_groups(list: &List) -> Vec<usize> {
    let groups = list.groups();
    let place = |index: &usize| groups.iter().position(|group| *group == list.items[*index].group);
    let mut order: Vec<_> = (0..list.items.len()).collect();
    order.sort_by_cached_key(place);
    order
}

fn save(folder: &ListFolder, stored: Option<&StoredList>, list: &Option<List>) -> Result<Saved, SaveError> {
    match (stored, list) {
        (Some(stored), Some(list)) => folder.save(stored, list),
        (None, Some(list)) => Ok(Saved { stored: folder.create(list)?, copies: Vec::new() }),
        (Some(stored), None) => {
            folder.delete(stored)?;
            Ok(Saved { stored: stored.clone(), copies: Vec::new() })
        }
        (None, None) => Err(io::Error::from(io::ErrorKind::NotFound).into()),
    }
}

impl OpenList {
    /// Its file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.stored.as_ref().map(|stored| &*stored.file)
    }

    /// It differs from its file, or is being written.
    fn is_busy(&self) -> bool {
        self.due.is_some() || self.writing.is_some()
    }

    /// What its file is to have; `None`: it is to be deleted.
    fn wanted(&self) -> Option<List> {
        (!self.is_deleted).then(|| self.list.clone())
    }

    fn write(&mut self, folder: ListFolder, notify: &Notify) {
        self.due = None;
        let (stored, list) = (self.stored.clone(), self.wanted());
        if stored.is_none() && list.is_none() {
            return;
        }
        let wanted = list.clone();
        let write = move |_: &_| Ok(save(&folder, stored.as_ref(), &list));
        let task = Task::start("save list", Operation::Save, notify, write);
        self.writing = Some(Writing { list: wanted, task });
    }

    /// Takes the result of a save. Returns whether the list has changed by that.
    fn take_saved(&mut self, saved: Result<Saved, SaveError>, now: Instant, told: &mut Vec<Told>) -> bool {
        let Some(writing) = self.writing.take() else { return false };
        self.writing_ended(writing.list, saved, now, told)
    }

    fn writing_ended(
        &mut self,
        written: Option<List>,
        saved: Result<Saved, SaveError>,
        now: Instant,
        told: &mut Vec<Told>,
    ) -> bool {
        match (saved, written) {
            (Ok(_), None) => false,
            (Ok(Saved { stored, copies }), Some(written)) => {
                if !copies.is_empty() {
                    told.push(Told::Doubled(self.list.name.clone()));
                }
                let is_merged = stored.list != written;
                if is_merged {
                    // What was edited since the save began stays as well.
                    self.list = merged(&written, &self.list, &stored.list);
                }
                self.stored = Some(stored);
                is_merged
            }
            (Err(error), written) => {
                let file = self.file().map(|file| file.display().to_string()).unwrap_or_default();
                told.push(Told::Failed(self.list.name.clone(), file, error.to_string()));
                if written.is_none() {
                    // What others wrote meanwhile is not deleted.
                    self.is_deleted = false;
                    return true;
                }
                self.due = Some(now + RETRY);
                false
            }
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
