//! The records of a tab: the session or file that they come from, what of them is saved, and failures.

use crate::capture::{CaptureReader, Limits, Position, RecordingFolder, Snapshot, Unfinished, note_encoding};
use crate::codec::Encoding;
use crate::engine::{SessionHandle, SessionOptions};
use crate::gui::files::followed::Followed;
use crate::gui::files::saved::Saved;
use crate::gui::files::storage::Near;
use crate::gui::files::tab_file::TabFile;
use crate::gui::rates::measure::Rates;
use crate::lang::Language;
use crate::model::{Failure, FailureKind, Operation, SessionState, Status, Timestamp, Traffic};
use crate::task::{Notify, Task};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How often the progress of opening a file is shown.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// The records of a tab.
#[derive(Default)]
pub struct Records {
    origin: Origin,
    /// The last status of the session; the default before the first start. For files only the connections: all that
    /// were found so far.
    pub status: Status,
    /// The rates of the session.
    pub rates: Rates,
    saved: Option<Saved>,
    failures: Failures,
    encoding: KeptEncoding,
    counters: Counters,
    /// The limit of the recording's size that is near, if one is.
    pub near: Option<Near>,
}

/// From where the status line counts.
#[derive(Default)]
struct Counters {
    /// The totals when the counters were reset.
    from: Traffic,
    since: Option<Timestamp>,
}

/// The encoding that is noted in the folder of the recording, so that it comes back with an unfinished one.
#[derive(Default)]
struct KeptEncoding {
    noted: Option<Encoding>,
    writing: Option<Task<()>>,
}

/// Where the records come from.
#[derive(Default)]
enum Origin {
    /// Nothing was started yet.
    #[default]
    None,
    /// A session, from the first start on.
    Session(Session),
    /// A file, read only.
    File(Box<TabFile>),
}

struct Session {
    handle: SessionHandle,
    folder: RecordingFolder,
    limits: Limits,
}

/// The failures that the user has not dismissed.
#[derive(Default)]
struct Failures {
    /// The number of the session's failures that were dismissed.
    dismissed: u64,
    /// A failure that is not in the session's status: a request that the session did not take.
    own: Option<Failure>,
    /// The number of the session's failures before the last update.
    before: u64,
}

impl Records {
    /// The file, in a tab of one.
    #[must_use]
    pub fn file(&self) -> Option<&TabFile> {
        match &self.origin {
            Origin::File(file) => Some(file),
            Origin::None | Origin::Session(_) => None,
        }
    }

    /// Replaces what the tab shows by a file.
    pub fn set_file(&mut self, file: TabFile) {
        self.origin = Origin::File(Box::new(file));
    }

    /// The session, if it was ever started.
    #[must_use]
    pub fn session(&self) -> Option<&SessionHandle> {
        match &self.origin {
            Origin::Session(session) => Some(&session.handle),
            Origin::None | Origin::File(_) => None,
        }
    }

    /// The session, opened if there is none yet. Its recording gets a folder below `recordings`, and
    /// keeps to these limits. If somebody has deleted the folder, it is made again.
    ///
    /// # Errors
    /// The folder could not be created, or the session's thread not started; there is still no session.
    pub fn open_session(
        &mut self,
        (recordings, limits): (&Path, Limits),
        title: &str,
        language: Language,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) -> Result<&SessionHandle, Failure> {
        if self.session().is_none() {
            let failed = |error: &io::Error| Failure::from_io(Operation::Record, recordings.display(), error);
            let began = Timestamp::from_system(SystemTime::now());
            let folder = RecordingFolder::create(recordings, title, began).map_err(|error| failed(&error))?;
            let options = SessionOptions {
                recording: Some((folder.destination(), limits)),
                observer: None,
                language,
                notify: notify.clone(),
            };
            let handle = SessionHandle::open("session", options).map_err(|error| failed(&error))?;
            self.origin = Origin::Session(Session { handle, folder, limits });
        } else if let Origin::Session(session) = &self.origin {
            // If this fails, the writer reports it with the first record.
            if session.folder.restore().unwrap_or(false) {
                self.encoding.noted = None;
            }
        }
        match &self.origin {
            Origin::Session(session) => Ok(&session.handle),
            Origin::None | Origin::File(_) => unreachable!("the session was just opened"),
        }
    }

    /// The reader of the recording.
    #[must_use]
    pub fn reader(&self) -> Option<&CaptureReader> {
        match &self.origin {
            Origin::None => None,
            Origin::Session(session) => Some(session.handle.reader()),
            Origin::File(file) => file.opened().map(|opened| &opened.reader),
        }
    }

    /// The recording as it is now; empty if there is none.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.reader().map(CaptureReader::snapshot).unwrap_or_default()
    }

    /// Whether there is a recording to save.
    #[must_use]
    pub fn can_be_saved(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.end() > snapshot.start()
    }

    /// What a save that begins now would save.
    #[must_use]
    pub fn to_save(&self) -> Saved {
        let bookmarks = self.reader().map(CaptureReader::bookmarks).unwrap_or_default();
        Saved { data_records: self.status.recording.data_readable(), bookmarks }
    }

    /// Whether there are more connections than are listed.
    #[must_use]
    pub fn is_list_cut(&self) -> bool {
        self.file().is_some_and(|file| file.connections().is_cut)
    }

    /// What was received and sent since the counters were reset.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let (all, from) = (&self.status.traffic, &self.counters.from);
        Traffic {
            bytes_in: all.bytes_in.saturating_sub(from.bytes_in),
            bytes_out: all.bytes_out.saturating_sub(from.bytes_out),
            records_in: all.records_in.saturating_sub(from.records_in),
            records_out: all.records_out.saturating_sub(from.records_out),
        }
    }

    /// When the counters were reset, if they were.
    #[must_use]
    pub fn counts_since(&self) -> Option<Timestamp> {
        self.counters.since
    }

    /// Counts from zero. The status of the session and the accounting of the recording stay whole.
    pub fn reset_counters(&mut self) {
        let since = Timestamp::from_system(SystemTime::now());
        self.counters = Counters { from: self.status.traffic, since: Some(since) };
    }

    /// Notes what was saved.
    pub fn set_saved(&mut self, saved: Saved) {
        self.saved = Some(saved);
    }

    /// Whether closing the tab would lose data of its session, or bookmarks.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        let has_something = match &self.origin {
            Origin::None => false,
            Origin::Session(Session { handle, .. }) => {
                self.status.recording.data_readable() > 0 || !handle.reader().bookmarks().is_empty()
            }
            Origin::File(file) => file.reader().bookmarks().has_unsaved(),
        };
        has_something && self.saved.as_ref() != Some(&self.to_save())
    }

    /// Notes the encoding of the tab in the folder of its recording, as a task, if it has changed.
    pub fn keep_encoding(&mut self, encoding: Encoding, notify: &Notify) {
        let folder = match &self.origin {
            Origin::None => return,
            Origin::Session(session) => session.folder.path(),
            Origin::File(file) => match &file.recovered {
                Some(unfinished) => unfinished.path(),
                None => return,
            },
        };
        let kept = &mut self.encoding;
        let is_writing = kept.writing.as_ref().is_some_and(|task| !task.is_finished());
        if kept.noted == Some(encoding) || is_writing {
            return;
        }
        let folder = folder.to_owned();
        let write = move |_: &_| {
            // Without it, the recording comes back in another encoding.
            let _ = note_encoding(&folder, encoding);
            Ok(())
        };
        kept.noted = Some(encoding);
        kept.writing = Some(Task::start("note encoding", Operation::Record, notify, write));
    }

    /// The unfinished recording that the tab shows, if it was not saved.
    #[must_use]
    pub fn unsaved_recovery(&self) -> Option<Arc<Unfinished>> {
        self.file().and_then(|file| file.recovered.clone()).filter(|_| self.saved.is_none())
    }

    /// Bookmarks a record with a note, which may be empty, or removes its bookmark (`None`).
    ///
    /// # Errors
    /// The session is busy or has ended; nothing is changed.
    pub fn set_bookmark(&self, record: Position, note: Option<String>) -> Result<(), Failure> {
        match &self.origin {
            Origin::None => {}
            Origin::Session(session) => return session.handle.set_bookmark(record, note),
            Origin::File(file) => {
                if let Some(opened) = file.opened() {
                    // In memory until the file is saved.
                    opened.set_bookmark(record, note.as_deref());
                }
            }
        }
        Ok(())
    }

    /// The newest failure that was not dismissed.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        let is_new = self.status.failures > self.failures.dismissed;
        let of_session = self.status.failure.as_ref().filter(|_| is_new);
        self.failures.own.as_ref().or(of_session)
    }

    /// Shows a failure that is not in the session's status, until the next request is taken.
    pub fn note(&mut self, result: Result<(), Failure>) {
        self.failures.own = result.err();
    }

    /// Notes that a send has succeeded: what was wrong with sending before is right again.
    pub fn note_sent(&mut self) {
        let is_of_sending = |failure: &Failure| {
            failure.operation == Operation::Send || failure.kind == FailureKind::PortUnreachable
        };
        if self.status.failure.as_ref().is_some_and(is_of_sending) {
            // Unless a newer failure tells the opposite.
            self.failures.dismissed = self.failures.dismissed.max(self.failures.before);
        }
    }

    /// Dismisses the failures so far.
    pub fn dismiss_failures(&mut self) {
        self.failures = Failures { dismissed: self.status.failures, ..Failures::default() };
    }

    /// Takes the progress of a file and the status of the session. Returns the recording, which is at least as new as
    /// the status, and when to update again without being notified.
    pub fn update(&mut self, now: Instant) -> (Snapshot, Option<Duration>) {
        match &mut self.origin {
            Origin::None => (Snapshot::default(), None),
            Origin::File(file) => {
                let is_busy = file.update();
                self.status.connections = file.connections().connections;
                (self.snapshot(), is_busy.then_some(PROGRESS_INTERVAL))
            }
            Origin::Session(session) => {
                let is_up =
                    |status: &Status| matches!(status.state, SessionState::Open | SessionState::Listening);
                let was_up = is_up(&self.status);
                let (status, snapshot) = session.handle.latest();
                let failures_before = self.status.failures;
                self.status = status;
                // Beyond the limit, the status line says how much was dropped.
                let limit = session.limits.total_bytes;
                let limit = limit.filter(|_| self.status.recording.bytes_expired == 0);
                let used = snapshot.end().0 - snapshot.start().0;
                self.near = limit.and_then(|limit| Near::to(used, limit, false));
                self.failures.before = failures_before;
                if !was_up && is_up(&self.status) {
                    // The failures on the way to the connection are over.
                    self.dismiss_failures();
                }
                (snapshot, self.rates.update(self.status.traffic, now))
            }
        }
    }

    /// Ends the session and deletes its recording, or closes the file, as a task, since both block.
    /// `keeps_unsaved`: an unsaved recording stays and is offered at the next start, unless its files were deleted.
    /// The files that grow with it are written to their ends. All other readers of the recording are to be dropped
    /// before: on Windows an open file cannot be deleted.
    #[must_use]
    pub fn close(self, followed: Followed, keeps_unsaved: bool, notify: &Notify) -> Option<Task<()>> {
        let is_kept = keeps_unsaved && self.is_unsaved();
        let is_saved = self.saved.is_some();
        let noting = self.encoding.writing;
        let close: Box<dyn FnOnce() + Send> = match self.origin {
            Origin::None => return None,
            Origin::Session(Session { handle, folder, .. }) => Box::new(move || {
                handle.close();
                // All is recorded, and they read it.
                followed.finish();
                if !is_kept {
                    // A folder that cannot be deleted is offered at the next start.
                    let _ = folder.delete();
                }
            }),
            Origin::File(file) => Box::new(move || file.close(is_saved)),
        };
        let run = move |_: &_| {
            if let Some(mut noting) = noting {
                // It writes into the folder that is deleted.
                noting.join();
            }
            close();
            Ok(())
        };
        Some(Task::start("close tab", Operation::Record, notify, run))
    }
}
