//! One tab: its form, its session once it was started, or its file, and what is shown of it.

use crate::capture::{CaptureReader, Limits, Marks, Position, RecordingFolder, Snapshot, Unfinished};
use crate::engine::{SessionHandle, SessionOptions};
use crate::gui::action::TabId;
use crate::gui::compose::composer::{Checked, HistoryPlace, Recipients};
use crate::gui::connect::form::{self, FieldErrors};
use crate::gui::files::file_source::FileSource;
use crate::gui::find::finder::Finder;
use crate::gui::peers::connections::ConnectionList;
use crate::gui::rates::measure::Rates;
use crate::gui::tab::question::Question;
use crate::gui::view::DataView;
use crate::lang::{Language, Words};
use crate::model::{Failure, Operation, SessionState, Status, Timestamp};
use crate::net::LocalAddress;
use crate::settings::{TabKind, TabSettings};
use crate::task::{Notify, Task};
use eframe::egui::Id;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// One tab.
pub struct Tab {
    /// Its identity.
    pub id: TabId,
    /// What is typed and chosen.
    pub form: TabSettings,
    /// What is wrong with it, since the last try to start.
    pub errors: FieldErrors,
    /// Where its records come from.
    source: Source,
    /// What of its recording is in a file that the user named.
    saved: Option<Saved>,
    /// What the session told last.
    pub status: Status,
    /// How fast it goes.
    pub rates: Rates,
    /// The data.
    pub view: DataView,
    /// What is searched for, and what is filtered.
    pub finder: Finder,
    /// What is asked for in the small field over the data.
    pub question: Option<Question>,
    /// The mark taken away last, which comes back if it is wanted again at once.
    pub taken_away: Option<(Position, String)>,
    /// The list of connections: what is marked, where the keys are.
    pub list: ConnectionList,
    /// The first field is to get the keys, because the tab is new.
    pub wants_focus: bool,
    /// The local side of a client is shown.
    pub shows_local: bool,
    /// This machine's addresses, as they were when their menu was opened.
    pub addresses: Vec<LocalAddress>,
    /// To whom a payload goes.
    pub recipients: Recipients,
    /// Where Up and Down are in the history.
    pub history: HistoryPlace,
    /// What the payload means.
    pub checked: Checked,
    /// Why the last payload did not leave.
    pub send_error: Option<String>,
    /// The session's failures up to this number have been seen by the user.
    failures_seen: u64,
    /// What failed before the session could tell of it.
    pub own_failure: Option<Failure>,
    /// Why the newest send that has ended failed, until one succeeds.
    send_failure: Option<Failure>,
}

/// Where the records of a tab come from.
enum Source {
    /// Nothing was started yet.
    None,
    /// Its session, from the first start on.
    Session(Session),
    /// A file, read only.
    File(Box<FileSource>),
}

struct Session {
    handle: SessionHandle,
    folder: RecordingFolder,
}

/// How much of a recording was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Data records of a session.
    data_records: u64,
    /// Bookmarks and notes.
    marks: Arc<Marks>,
}

impl Tab {
    /// A tab that is not started.
    #[must_use]
    pub fn new(id: TabId, form: TabSettings) -> Self {
        let recipients = match form.kind {
            TabKind::Udp if form.remote_port.trim().is_empty() => Recipients::LastPeer,
            TabKind::Udp => Recipients::Remote,
            TabKind::TcpServer | TabKind::TcpClient => Recipients::All,
        };
        let shows_local = !(form.local_address.is_empty() && form.local_port.is_empty());
        Self {
            id,
            form,
            errors: FieldErrors::new(),
            source: Source::None,
            saved: None,
            status: Status::default(),
            rates: Rates::default(),
            view: DataView::default(),
            finder: Finder::default(),
            question: None,
            taken_away: None,
            list: ConnectionList::default(),
            addresses: Vec::new(),
            wants_focus: false,
            shows_local,
            recipients,
            history: HistoryPlace::default(),
            checked: Checked::default(),
            send_error: None,
            failures_seen: 0,
            own_failure: None,
            send_failure: None,
        }
    }

    /// What stands on it.
    #[must_use]
    pub fn title(&self, words: &Words) -> String {
        match self.file() {
            Some(file) if file.name.is_empty() => words.recovered.clone(),
            Some(file) => file.name.clone(),
            None => form::title(&self.form, self.status.local, words),
        }
    }

    /// The file, in a tab of one.
    #[must_use]
    pub fn file(&self) -> Option<&FileSource> {
        match &self.source {
            Source::File(file) => Some(file),
            _ => None,
        }
    }

    /// Puts another file, or the same one again, into the tab of a file.
    pub fn set_file(&mut self, file: FileSource) {
        self.source = Source::File(Box::new(file));
    }

    /// Whether it has a recording that can be saved.
    #[must_use]
    pub fn can_be_saved(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.end() > snapshot.start()
    }

    /// Whether it comes back at the next start.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.file().is_none() || self.form.file.is_some()
    }

    /// The recording that was left behind and that this tab shows, if nobody has saved it.
    #[must_use]
    pub fn unsaved_recovery(&self) -> Option<Arc<Unfinished>> {
        self.file().and_then(|file| file.recovered.clone()).filter(|_| self.saved.is_none())
    }

    /// How much there is to save.
    #[must_use]
    pub fn to_save(&self) -> Saved {
        let marks = self.reader().map(CaptureReader::marks).unwrap_or_default();
        Saved { data_records: self.status.recording.data_recorded, marks }
    }

    /// Notes that so much of the recording is in a file.
    pub fn is_saved(&mut self, saved: Saved) {
        self.saved = Some(saved);
    }

    /// Whether closing it loses something: data of its session or marks on its records, or marks on those of
    /// a file.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        let has_something = match &self.source {
            Source::None => false,
            Source::Session(Session { handle, .. }) => {
                self.status.recording.data_recorded > 0 || !handle.reader().marks().is_empty()
            }
            Source::File(file) => file.reader().marks().has_unsaved(),
        };
        has_something && self.saved.as_ref() != Some(&self.to_save())
    }

    /// The session; opened now if there is none. Its recording gets a folder below `recordings`.
    pub fn session(
        &mut self,
        recordings: &Path,
        title: &str,
        language: Language,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) -> Result<&SessionHandle, Failure> {
        if self.handle().is_none() {
            let failed = |error: &io::Error| Failure::from_io(Operation::Record, recordings.display(), error);
            let began = Timestamp::from_system(SystemTime::now());
            let folder = RecordingFolder::create(recordings, title, began).map_err(|error| failed(&error))?;
            let options = SessionOptions {
                recording: Some((folder.destination(), Limits::default())),
                observer: None,
                language,
                notify: notify.clone(),
            };
            let handle = SessionHandle::open("session", options).map_err(|error| failed(&error))?;
            self.source = Source::Session(Session { handle, folder });
        }
        match &self.source {
            Source::Session(session) => Ok(&session.handle),
            _ => unreachable!("it was put there just now"),
        }
    }

    /// The newest failure that the user has not put away.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        let of_session = self.status.failure.as_ref().filter(|_| self.status.failures > self.failures_seen);
        self.own_failure.as_ref().or(self.send_failure.as_ref()).or(of_session)
    }

    /// Puts the failures so far away.
    pub fn dismiss_failures(&mut self) {
        self.failures_seen = self.status.failures;
        self.own_failure = None;
        self.send_failure = None;
    }

    /// The session, if it was ever started.
    #[must_use]
    pub fn handle(&self) -> Option<&SessionHandle> {
        match &self.source {
            Source::Session(session) => Some(&session.handle),
            _ => None,
        }
    }

    /// Its records, of the session or of the file.
    #[must_use]
    pub fn reader(&self) -> Option<&CaptureReader> {
        match &self.source {
            Source::None => None,
            Source::Session(session) => Some(session.handle.reader()),
            Source::File(file) => file.opened().map(|opened| &opened.reader),
        }
    }

    /// What is recorded now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.reader().map(CaptureReader::snapshot).unwrap_or_default()
    }

    /// Puts a mark on a record of this tab's recording, a bookmark if the text is empty, or takes it away.
    /// This is the one place that knows whose marks they are.
    pub fn mark(&self, record: Position, text: Option<String>) -> Result<(), Failure> {
        if let Some(handle) = self.handle() {
            return handle.mark(record, text);
        }
        if let Some(opened) = self.file().and_then(FileSource::opened) {
            // Kept until it is saved.
            opened.mark(record, text.as_deref());
        }
        Ok(())
    }

    /// Takes in what the session tells. Returns when it should be looked at again by itself.
    pub fn update(&mut self, now: Instant, notify: &Arc<dyn Fn() + Send + Sync>) -> Option<Duration> {
        /// How often the progress of opening a file is looked at.
        const PROGRESS: Duration = Duration::from_millis(100);
        let mut is_busy = false;
        if let Source::File(file) = &mut self.source {
            is_busy = file.update();
        }
        // The search, the filter and the view look at the same snapshot, taken behind the status: what is
        // recorded later is notified of.
        let (status, snapshot) = match &self.source {
            Source::Session(Session { handle, .. }) => {
                let (status, snapshot) = handle.latest();
                (Some(status), snapshot)
            }
            Source::None | Source::File(_) => (None, self.snapshot()),
        };
        let reader = self.reader().cloned();
        let (floor, encoding) = (self.view.floor(), self.form.encoding);
        self.finder.refresh(reader.as_ref(), snapshot.end(), floor, encoding, notify);
        self.view.keep_up(&snapshot);
        let Some(status) = status else { return is_busy.then_some(PROGRESS) };
        let was_up = matches!(self.status.state, SessionState::Open | SessionState::Listening);
        self.status = status;
        if let Some(result) = self.handle().and_then(|handle| handle.take_send_results().pop()) {
            self.send_failure = result.failure;
        }
        if !was_up && matches!(self.status.state, SessionState::Open | SessionState::Listening) {
            // What went wrong on the way here is over.
            self.failures_seen = self.status.failures;
            self.own_failure = None;
            self.send_failure = None;
        }
        self.list.retain(&self.status.connections);
        self.rates.update(self.status.traffic, now)
    }

    /// Whether "Stop" has something to do.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status.state.is_active()
    }

    /// Whether the settings can be changed.
    #[must_use]
    pub fn is_editable(&self) -> bool {
        matches!(self.status.state, SessionState::Idle | SessionState::Closed(_))
    }

    /// The id of the data.
    #[must_use]
    pub fn data_id(&self) -> Id {
        Id::unique(("data", self.id.0))
    }

    /// The id of the payload field.
    #[must_use]
    pub fn payload_id(&self) -> Id {
        Id::unique(("payload field", self.id.0))
    }

    /// Ends the session and deletes its recording, or lets the file go, on a thread, since both can take a
    /// while. `keeps_unsaved`: a recording that was not saved stays, and is offered at the next start.
    #[must_use]
    pub fn close(self, keeps_unsaved: bool, notify: &Notify) -> Option<Task<()>> {
        let is_kept = keeps_unsaved && self.is_unsaved();
        let is_saved = self.saved.is_some();
        // What reads the recording lets it go first: on Windows a file that is open stays in its folder.
        let Self { source, view, finder, .. } = self;
        drop((view, finder));
        let close: Box<dyn FnOnce() + Send> = match source {
            Source::None => return None,
            Source::Session(Session { handle, folder }) => Box::new(move || {
                handle.close();
                if !is_kept {
                    // What cannot be deleted is offered at the next start.
                    let _ = folder.delete();
                }
            }),
            Source::File(file) => Box::new(move || file.close(is_saved)),
        };
        let run = move |_: &_| {
            close();
            Ok(())
        };
        Some(Task::start("close tab", Operation::Record, notify, run))
    }
}
