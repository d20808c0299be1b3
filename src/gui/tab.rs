//! One tab: its form, its session once it was started, and what is shown of it.

use super::composer::{Checked, HistoryPlace, Recipients};
use super::connections::ConnectionList;
use super::finder::Finder;
use super::form::FieldErrors;
use super::question::Question;
use super::rates::Rates;
use super::view::DataView;
use crate::capture::{Limits, Position, RecordingFolder, Snapshot};
use crate::engine::{SessionHandle, SessionOptions};
use crate::lang::Language;
use crate::model::{Failure, Operation, SessionState, Status, Timestamp};
use crate::net::LocalAddress;
use crate::settings::{TabKind, TabSettings};
use eframe::egui::Id;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// A tab's identity; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TabId(pub u64);

/// One tab.
pub struct Tab {
    /// Its identity.
    pub id: TabId,
    /// What is typed and chosen.
    pub form: TabSettings,
    /// What is wrong with it, since the last try to start.
    pub errors: FieldErrors,
    /// The session, from the first start on.
    session: Option<Session>,
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
}

struct Session {
    handle: SessionHandle,
    folder: Option<RecordingFolder>,
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
            session: None,
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
        }
    }

    /// The session; opened now if there is none. Its recording gets a folder below `recordings`.
    pub fn session(
        &mut self,
        recordings: &Path,
        title: &str,
        language: Language,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) -> Result<&SessionHandle, Failure> {
        if self.session.is_none() {
            let failed = |error: &io::Error| Failure::from_io(Operation::Record, recordings.display(), error);
            let began = Timestamp::from_system(SystemTime::now());
            let folder = RecordingFolder::create(recordings, title, began).map_err(|error| failed(&error))?;
            let options = SessionOptions {
                recording: Some((folder.destination(), Limits::default())),
                tap: None,
                language,
                notify: notify.clone(),
            };
            let handle = SessionHandle::open("session", options).map_err(|error| failed(&error))?;
            self.session = Some(Session { handle, folder: Some(folder) });
        }
        match &self.session {
            Some(session) => Ok(&session.handle),
            None => unreachable!("it was put there just now"),
        }
    }

    /// The newest failure that the user has not put away.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        let of_session = self.status.failure.as_ref().filter(|_| self.status.failures > self.failures_seen);
        // That one of many clients was cut off is told in the data; it is no failure of the server.
        let is_of_one = |failure: &&Failure| {
            self.form.kind == TabKind::TcpServer && failure.operation == Operation::Receive
        };
        let of_session = of_session.filter(|failure| !is_of_one(failure));
        self.own_failure.as_ref().or(of_session)
    }

    /// Puts the failures so far away.
    pub fn dismiss_failures(&mut self) {
        self.failures_seen = self.status.failures;
        self.own_failure = None;
    }

    /// The session, if it was ever started.
    #[must_use]
    pub fn handle(&self) -> Option<&SessionHandle> {
        self.session.as_ref().map(|session| &session.handle)
    }

    /// What is recorded now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.handle().map(|handle| handle.reader().snapshot()).unwrap_or_default()
    }

    /// Puts a mark on a record of this tab's recording, a bookmark if the text is empty, or takes it away.
    /// This is the one place that knows whose marks they are.
    pub fn mark(&self, record: Position, text: Option<String>) -> Result<(), Failure> {
        match self.handle() {
            Some(handle) => handle.mark(record, text),
            None => Ok(()),
        }
    }

    /// Takes in what the session tells. Returns when it should be looked at again by itself.
    pub fn update(&mut self, now: Instant, notify: &Arc<dyn Fn() + Send + Sync>) -> Option<Duration> {
        let reader = self.session.as_ref().map(|session| session.handle.reader());
        self.finder.refresh(reader, self.view.floor(), self.form.encoding, notify);
        let handle = &self.session.as_ref()?.handle;
        let was_up = matches!(self.status.state, SessionState::Open | SessionState::Listening);
        let snapshot = handle.reader().snapshot();
        self.status = handle.status();
        self.view.keep_up(&snapshot);
        if !was_up && matches!(self.status.state, SessionState::Open | SessionState::Listening) {
            // What went wrong on the way here is over.
            self.failures_seen = self.status.failures;
            self.own_failure = None;
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

    /// Ends the session and deletes its recording, on a thread, since both can take a while.
    #[must_use]
    pub fn close(self) -> Option<JoinHandle<()>> {
        let Session { handle, folder } = self.session?;
        let close = move || {
            handle.close();
            if let Some(folder) = folder {
                // What cannot be deleted is offered at the next start.
                let _ = folder.delete();
            }
        };
        std::thread::Builder::new().name("close session".into()).spawn(close).ok()
    }
}
