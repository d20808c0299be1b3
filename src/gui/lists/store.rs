//! The lists, and writing each change into their files as jobs. Another window's changes come in with the next save,
//! and when the files are read again. Items are edited in `edits`.

use crate::gui::action::lists::ListId;
use crate::gui::lists::open_list::{OpenList, Told};
use crate::gui::lists::undos::Undos;
use crate::model::Operation;
use crate::settings::TabSettings;
use crate::settings::lists::{Item, ItemId, List, ListFolder, Loaded};
use crate::task::{Notify, Task};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The lists and their files.
pub struct Store {
    folder: Option<ListFolder>,
    pub(super) lists: Vec<OpenList>,
    /// Files that cannot be used, each with the reason.
    bad: Vec<(PathBuf, String)>,
    opened: u64,
    pub(super) revision: u64,
    pub(super) undos: Undos,
    reading: Option<Reading>,
    /// How many saves have ended.
    saves: u64,
    has_failed: bool,
}

/// The files are being read.
struct Reading {
    /// The saves that had ended before: with one that ended since, what was read may be older than what is known.
    saves: u64,
    task: Task<io::Result<Loaded>>,
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
            undos: Undos::default(),
            reading: None,
            saves: 0,
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
        self.lists.push(OpenList::new(id, list));
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

    /// Reads the files again, as a job.
    pub fn reread(&mut self, notify: &Notify) {
        let Some(folder) = self.folder.clone().filter(|_| self.reading.is_none()) else { return };
        let read = move |_: &_| Ok(folder.load());
        let task = Task::start("read lists", Operation::Read, notify, read);
        self.reading = Some(Reading { saves: self.saves, task });
    }

    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(ListFolder::path)
    }

    /// Takes what was read and written, and begins to write what has changed. Returns what there is to tell, and when to
    /// call again.
    pub fn work(&mut self, now: Instant, notify: &Notify) -> (Vec<Told>, Option<Duration>) {
        let mut told = Vec::new();
        let mut delay: Option<Duration> = None;
        for open in &mut self.lists {
            if let Some(has_changed) = open.take_saved(now, &mut told) {
                self.saves += 1;
                self.revision += u64::from(has_changed);
            }
            let Some(folder) = &self.folder else { continue };
            match open.due {
                Some(due) if due > now => delay = Some(delay.map_or(due - now, |known| known.min(due - now))),
                Some(_) if !open.is_writing() => open.write(folder.clone(), notify),
                _ => {}
            }
        }
        self.lists.retain(|open| !open.is_deleted || open.is_busy());
        self.take_read(notify);
        for told in &told {
            match told {
                Told::Failed(..) => self.has_failed = true,
                Told::Succeeded | Told::Doubled(_) => {}
            }
        }
        let is_saved = !self.lists.iter().any(OpenList::is_busy);
        if is_saved && std::mem::take(&mut self.has_failed) {
            told.push(Told::Succeeded);
        }
        (told, delay)
    }

    fn take_read(&mut self, notify: &Notify) {
        let Some(reading) = &mut self.reading else { return };
        // Asked first: it may end between the two.
        let has_ended = reading.task.is_finished();
        let Some(outcome) = reading.task.take() else {
            self.reading.take_if(|_| has_ended);
            return;
        };
        let is_old = reading.saves != self.saves;
        self.reading = None;
        match outcome {
            Ok(_) if is_old => self.reread(notify),
            Ok(loaded) => self.take_loaded(loaded),
            Err(_) => {}
        }
    }

    /// Writes what is not written yet, and waits for that.
    pub fn finish(&mut self) {
        for open in &mut self.lists {
            if let Err(error) = open.finish(self.folder.as_ref()) {
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
                    self.lists.push(OpenList::read(ListId(self.opened), stored));
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

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
