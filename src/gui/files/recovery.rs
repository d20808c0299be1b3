//! Unfinished recordings, which were not saved when the program ended: finding, describing and deleting them. Draws
//! nothing.

use crate::capture::{Unfinished, unfinished};
use crate::gui::kit::figures::{self, date_and_time, grouped};
use crate::lang::{Language, Words, fill};
use crate::model::{Failure, Operation, PeerNames};
use crate::task::Task;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// The unfinished recordings that are offered.
pub struct Recovery {
    looking: Option<Task<Vec<Unfinished>>>,
    /// Those that no tab shows.
    pub(super) found: Vec<Arc<Unfinished>>,
    /// The question before something is deleted.
    pub(super) asks: Option<Deletion>,
    /// The user has put the line that tells of them away.
    pub(super) is_hidden: bool,
    /// The list of them is open.
    pub(super) is_listed: bool,
}

/// What is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    /// One recording, by its path.
    One(PathBuf),
    /// All that are offered.
    All,
}

impl Recovery {
    /// Begins to look below these folders, as a job.
    pub fn look(folders: Vec<PathBuf>, notify: &Arc<dyn Fn() + Send + Sync>) -> Self {
        let look = move |_: &_| Ok(folders.iter().flat_map(|folder| unfinished(folder)).collect());
        let job = Task::start("look for recordings", Operation::Read, notify, look);
        Self { looking: Some(job), found: Vec::new(), asks: None, is_hidden: false, is_listed: false }
    }

    /// Takes the result of the job.
    pub fn update(&mut self) {
        if let Some(outcome) = self.looking.as_mut().and_then(Task::take) {
            self.looking = None;
            self.found.extend(outcome.unwrap_or_default().into_iter().map(Arc::new));
        }
    }

    /// Offers a recording again whose tab was closed.
    pub fn give_back(&mut self, unfinished: Arc<Unfinished>) {
        self.found.push(unfinished);
        self.found.sort_by_key(|unfinished| unfinished.began);
    }

    /// Removes a recording from the offer.
    pub fn take(&mut self, path: &Path) -> Option<Arc<Unfinished>> {
        let index = self.found.iter().position(|unfinished| unfinished.path() == path)?;
        self.asks = None;
        let taken = self.found.remove(index);
        self.is_listed &= !self.found.is_empty();
        Some(taken)
    }

    /// Removes all recordings from the offer.
    pub fn take_all(&mut self) -> Vec<Arc<Unfinished>> {
        self.asks = None;
        self.is_listed = false;
        std::mem::take(&mut self.found)
    }

    /// Opens the list of the recordings that are offered, if there are any.
    pub fn list(&mut self) {
        self.asks = None;
        self.is_listed = !self.found.is_empty();
    }

    /// Opens the list with the question whether to delete all.
    pub fn ask_delete_all(&mut self) {
        self.list();
        self.asks = self.is_listed.then_some(Deletion::All);
    }

    /// Closes the list.
    pub fn close_list(&mut self) {
        self.asks = None;
        self.is_listed = false;
    }

    /// Whether the list is open, which then has the keyboard.
    pub fn is_listed(&self) -> bool {
        self.is_listed
    }

    /// The number of recordings that are offered, and their size in bytes.
    pub fn total(&self) -> (usize, u64) {
        (self.found.len(), self.found.iter().map(|unfinished| unfinished.bytes).sum())
    }
}

/// The title of the session, or a general one. That of a client has the name of its server before the address, that of
/// a session whose port the system chose has this port.
pub(super) fn title(unfinished: &Unfinished, names: &PeerNames, words: &Words) -> String {
    if unfinished.title.is_empty() {
        return words.recovered.clone();
    }
    let Some((kind, address)) = unfinished.title.rsplit_once(' ') else { return unfinished.title.clone() };
    // The title is in the language of its time.
    let is_client = Language::ALL.iter().any(|language| language.words().tcp_client == kind);
    match (address.parse(), unfinished.endpoint) {
        (Ok(server), _) if is_client => format!("{kind} {}", names.with_address(server)),
        // The system chose the port.
        (_, Some(endpoint)) if address.ends_with(":0") => format!("{kind} {endpoint}"),
        _ => unfinished.title.clone(),
    }
}

/// The endpoint, the time, the size and the number of records.
pub(super) fn about(unfinished: &Unfinished, title: &str, words: &Words) -> String {
    let endpoint = unfinished.endpoint.map(|endpoint| endpoint.to_string());
    let is_in_title = endpoint.as_ref().is_some_and(|endpoint| title.ends_with(endpoint));
    let count = grouped(unfinished.records);
    let records = match unfinished.is_counted {
        true => fill(&words.filter_count, &[("count", &count)]),
        false => fill(&words.recovery_many_records, &[("count", &count)]),
    };
    let parts = [
        endpoint.filter(|_| !is_in_title),
        unfinished.began.map(date_and_time),
        Some(figures::bytes(unfinished.bytes)),
        Some(records).filter(|_| unfinished.records > 0),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Deletes an unfinished recording once nothing else refers to it: the tab that showed it may still be
/// closing, on a thread of its own.
///
/// # Errors
/// The files could not be deleted; those that are left are offered at the next start.
pub fn delete(mut unfinished: Arc<Unfinished>) -> Result<(), Failure> {
    /// The interval between two looks at the other references.
    const LOOK: Duration = Duration::from_millis(10);
    loop {
        match Arc::try_unwrap(unfinished) {
            Ok(alone) => return alone.delete(),
            Err(shared) => unfinished = shared,
        }
        thread::park_timeout(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureWriter, Limits, RecordingFolder};
    use crate::model::{Record, Timestamp};
    use crossbeam_channel::bounded;

    #[test]
    fn a_recording_is_deleted_once_the_closing_tab_has_let_it_go() {
        let parent = tempfile::tempdir().unwrap();
        let left = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
        let mut writer = CaptureWriter::new(left.destination(), Limits::default());
        writer.append(&Record { time: Timestamp(5), ..Record::received(b"kept") });
        writer.publish();
        drop((writer, left));
        let known = Arc::new(unfinished(parent.path()).pop().unwrap());
        let path = known.path().to_owned();
        let of_tab = known.clone();
        let (told, is_told) = bounded(1);
        let notify: Arc<dyn Fn() + Send + Sync> = Arc::new(move || told.send(()).unwrap());
        let mut job = Task::start("delete recording", Operation::Record, &notify, move |_| delete(known));
        let told = is_told.recv_timeout(Duration::from_millis(50));
        assert!(told.is_err() && job.take().is_none() && path.exists(), "the tab still uses it");
        drop(of_tab);
        is_told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(job.take(), Some(Ok(())));
        assert!(!path.exists());
    }
}
