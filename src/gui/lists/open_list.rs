//! A list of the window with its file: writing each change as a job, and taking what came of it.

use crate::gui::action::lists::ListId;
use crate::model::Operation;
use crate::settings::lists::{List, ListFolder, SaveError, Saved, StoredList, merged};
use crate::task::{Notify, Task};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// The time from a failed save to the next try.
const RETRY: Duration = Duration::from_secs(30);

/// A list.
pub struct OpenList {
    /// Its identity.
    pub id: ListId,
    /// Its contents.
    pub list: List,
    /// What its file has; `None` until it has one.
    pub(super) stored: Option<StoredList>,
    /// It differs from its file, and is written at this time or later.
    pub(super) due: Option<Instant>,
    /// Its file is to be deleted.
    pub(super) is_deleted: bool,
    writing: Option<Writing>,
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

impl OpenList {
    /// A list without a file, which is written at once.
    pub(super) fn new(id: ListId, list: List) -> Self {
        Self { id, list, stored: None, due: Some(Instant::now()), is_deleted: false, writing: None }
    }

    /// A list as it was read.
    pub(super) fn read(id: ListId, stored: StoredList) -> Self {
        let list = stored.list.clone();
        Self { id, list, stored: Some(stored), due: None, is_deleted: false, writing: None }
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.stored.as_ref().map(|stored| &*stored.file)
    }

    /// Whether it is being written.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// It differs from its file, or is being written.
    pub(super) fn is_busy(&self) -> bool {
        self.due.is_some() || self.writing.is_some()
    }

    /// What its file is to have; `None`: it is to be deleted.
    fn wanted(&self) -> Option<List> {
        (!self.is_deleted).then(|| self.list.clone())
    }

    /// Begins to write it.
    pub(super) fn write(&mut self, folder: ListFolder, notify: &Notify) {
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

    /// Takes the result of a save that has ended. Returns whether the list has changed by that; `None`: none has ended.
    pub(super) fn take_saved(&mut self, now: Instant, told: &mut Vec<Told>) -> Option<bool> {
        let saved = self.writing.as_mut().and_then(|writing| writing.task.take())?;
        let writing = self.writing.take()?;
        Some(self.writing_ended(writing.list, saved.unwrap_or_else(|_| Err(died())), now, told))
    }

    /// Waits for the save that runs, and writes what it has not written.
    ///
    /// # Errors
    /// See [`SaveError`].
    pub(super) fn finish(&mut self, folder: Option<&ListFolder>) -> Result<(), SaveError> {
        if let Some(writing) = self.writing.take() {
            let saved = writing.task.finish().and_then(Result::ok).unwrap_or_else(|| Err(died()));
            self.writing_ended(writing.list, saved, Instant::now(), &mut Vec::new());
        }
        match (folder, self.due.take()) {
            (Some(folder), Some(_)) => save(folder, self.stored.as_ref(), &self.wanted()).map(drop),
            _ => Ok(()),
        }
    }

    fn writing_ended(
        &mut self,
        written: Option<List>,
        saved: Result<Saved, SaveError>,
        now: Instant,
        told: &mut Vec<Told>,
    ) -> bool {
        match (saved, written) {
            (Ok(_), None) => {
                self.stored = None;
                false
            }
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

fn died() -> SaveError {
    io::Error::other("the thread failed").into()
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
