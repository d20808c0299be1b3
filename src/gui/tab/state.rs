//! One tab: its form, its records, and the state of its parts.

use crate::capture::{CaptureReader, Position, Snapshot};
use crate::codec::Encoding;
use crate::gui::action::TabId;
use crate::gui::compose::recipients::by_encoding;
use crate::gui::compose::state::Composer;
use crate::gui::connect::form;
use crate::gui::connect::state::Connect;
use crate::gui::files::followed::Followed;
use crate::gui::files::save_dialog::Subject;
use crate::gui::find::finder::Finder;
use crate::gui::lists::runs::Runs;
use crate::gui::lists::sent::SentItems;
use crate::gui::peers::state::Peers;
use crate::gui::tab::question::Question;
use crate::gui::tab::records::Records;
use crate::gui::view::DataView;
use crate::lang::Words;
use crate::model::{Endpoint, Host, PeerKey, PeerNames, SessionState, Target, Transport};
use crate::settings::{TabKind, TabSettings};
use crate::streams::Encodings;
use crate::task::{Notify, Task};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// One tab.
pub struct Tab {
    /// Its identity.
    pub id: TabId,
    /// What is typed and chosen, as it is kept between runs.
    pub form: TabSettings,
    /// Its records, from a session or a file.
    pub records: Records,
    /// The connection settings.
    pub connect: Connect,
    /// The list of connections.
    pub peers: Peers,
    /// The names of peers.
    pub names: PeerNames,
    /// The composer.
    pub composer: Composer,
    /// What became of the items of lists that it has sent.
    pub items: SentItems,
    /// What it sends over time, and of which items that is.
    pub runs: Runs,
    /// The files that grow with its session.
    pub followed: Followed,
    /// The search and the filter.
    pub finder: Finder,
    /// The view of the data.
    pub view: DataView,
    /// The note or time that is asked for, and the last bookmark removed.
    pub notes: Notes,
}

/// The question over the data, and the last bookmark removed.
#[derive(Default)]
pub struct Notes {
    /// The question that is shown.
    pub question: Option<Question>,
    /// The last bookmark removed and its note, which comes back if it is set again at once.
    pub removed: Option<(Position, String)>,
}

impl Notes {
    /// Asks a question. One whose answer is being typed stays, and takes the keyboard focus.
    pub fn ask(&mut self, question: Question) {
        match &mut self.question {
            Some(open) if open.is_typed() => open.wants_focus = true,
            _ => self.question = Some(question),
        }
    }
}

impl Tab {
    /// A tab whose session is not started.
    #[must_use]
    pub fn new(id: TabId, form: TabSettings) -> Self {
        Self {
            id,
            records: Records::default(),
            connect: Connect::new(&form),
            peers: Peers::default(),
            names: PeerNames::default(),
            composer: Composer::new(&form),
            items: SentItems::default(),
            runs: Runs::default(),
            followed: Followed::default(),
            finder: Finder::default(),
            view: DataView::default(),
            notes: Notes::default(),
            form,
        }
    }

    /// Its title: the name of the file, or the kind and address of the session.
    #[must_use]
    pub fn title(&self, words: &Words) -> String {
        match self.records.file() {
            Some(file) if file.name.is_empty() => words.recovered.clone(),
            Some(file) => file.name.clone(),
            None => form::title(&self.form, self.records.status.local, self.server_title().as_deref(), words),
        }
    }

    /// The address of a client's server; `None` for other tabs, and for a host name that was not looked up.
    #[must_use]
    pub fn server(&self) -> Option<SocketAddr> {
        if self.form.kind != TabKind::TcpClient || self.records.file().is_some() {
            return None;
        }
        let status = &self.records.status;
        match form::remote(&self.form).ok()? {
            Endpoint { host: Host::Ip(ip), port } => Some((ip, port).into()),
            Endpoint { host: Host::Name(_), .. } if status.state.is_active() => status.remote,
            Endpoint { host: Host::Name(_), .. } => None,
        }
    }

    /// The name that the user gave to a client's server.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.names.name_of(self.server()?)
    }

    /// The name of a client's server in the title: with the port if the name is that of the whole host.
    fn server_title(&self) -> Option<String> {
        let server = self.server()?;
        let name = self.names.name_of(server)?;
        match self.names.key_of(Transport::Tcp, server) {
            PeerKey::Socket(_) => Some(name.to_owned()),
            PeerKey::Host(_) => Some(format!("{name}:{}", server.port())),
        }
    }

    /// Whether payloads can be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.records.status.state, SessionState::Open | SessionState::Listening)
    }

    /// Whether it comes back at the next start.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.records.file().is_none() || self.form.file.is_some()
    }

    /// Takes the names that the user gave to peers; a file has those besides that were saved with it.
    pub fn set_names(&mut self, names: &PeerNames) {
        self.names = match self.records.file() {
            Some(file) => names.or(file.reader().snapshot().names()),
            None => names.clone(),
        };
    }

    /// The protocol of its connections.
    #[must_use]
    pub fn transport(&self) -> Transport {
        let is_udp = match self.records.file() {
            Some(file) => file.connections().is_udp,
            None => self.form.kind == TabKind::Udp,
        };
        if is_udp { Transport::Udp } else { Transport::Tcp }
    }

    /// The encodings of its connections.
    #[must_use]
    pub fn encodings(&self) -> Encodings {
        self.peers.encodings.with_rest(self.form.encoding)
    }

    /// The encodings of the recipients of a payload, that of the first one first.
    #[must_use]
    pub fn recipients_encodings(&self, words: &Words) -> Vec<Encoding> {
        let Self { form, records, peers, composer, .. } = self;
        let encodings = self.encodings();
        let Ok(target) = composer.target(form, &records.status, &peers.selected, words) else {
            return vec![encodings.of_rest()];
        };
        let groups = by_encoding(target, &records.status, &encodings);
        groups.into_iter().map(|(encoding, _)| encoding).collect()
    }

    /// The address of the first recipient of a payload, if it is known.
    #[must_use]
    pub fn first_recipient(&self, words: &Words) -> Option<SocketAddr> {
        let Self { form, records, peers, composer, .. } = self;
        let open = &records.status.connections;
        match composer.target(form, &records.status, &peers.selected, words).ok()? {
            Target::All => open.iter().next().map(|info| info.peer),
            Target::Connections(ids) => ids.first().and_then(|id| open.get(*id)).map(|info| info.peer),
            Target::LastPeer => records.status.last_peer.and_then(|id| open.get(id)).map(|info| info.peer),
            Target::Address(address) => Some(address),
            Target::Host(Endpoint { host: Host::Ip(ip), port }) => Some((ip, port).into()),
            Target::Host(_) => None,
        }
    }

    /// What a save that begins now has to write.
    #[must_use]
    pub fn subject(&self, words: &Words) -> Subject {
        let file = self.records.file();
        let progress = file.and_then(|file| file.opened()).map(|opened| opened.indexing.progress());
        let running = progress.filter(|progress| !progress.is_done);
        let snapshot = self.records.reader().map(CaptureReader::snapshot);
        let count = |snapshot: &Snapshot| snapshot.records() - snapshot.records_expired();
        Subject {
            tab: self.id,
            title: self.title(words),
            format: self.form.save_format,
            is_session: file.is_none(),
            is_file_name: file.is_some_and(|file| file.recovered.is_none()),
            view: self.form.view,
            encodings: self.encodings(),
            names: self.names.clone(),
            records: snapshot.as_ref().map_or(0, count),
            floor: self.view.floor(),
            hidden: snapshot.as_ref().map_or(0, |snapshot| self.view.hidden(snapshot)),
            snapshot,
            filter: self.finder.filtering().cloned(),
            looked_through: running.map(|progress| progress.bytes_done * 100 / progress.bytes_total.max(1)),
        }
    }

    /// Takes the news of the session, the file and the scans. Returns when to update again without being
    /// notified. `is_typing`: the keyboard focus must not leave a text field or a dialog.
    pub fn update(&mut self, now: Instant, is_typing: bool, notify: &Notify) -> Option<Duration> {
        let (snapshot, delay) = self.records.update(now);
        if let Some(session) = self.records.session() {
            let results = session.take_send_results();
            self.composer.take_results(&results);
            self.items.take_results(&results);
            if results.last().is_some_and(|result| result.failure.is_none()) {
                self.records.note_sent();
            }
        }
        self.peers.update(self.transport(), &self.records.status.connections);
        let (floor, encodings) = (self.view.floor(), self.encodings());
        self.connect.follow(&self.form, &self.records.status, is_typing);
        self.finder.refresh(self.records.reader(), snapshot.end(), floor, &encodings, notify);
        self.view.keep_up(&snapshot);
        self.records.keep_encoding(self.form.encoding, notify);
        delay
    }

    /// Closes the tab; see [`Records::close`].
    #[must_use]
    pub fn close(self, keeps_unsaved: bool, notify: &Notify) -> Option<Task<()>> {
        let Self { records, view, finder, followed, .. } = self;
        drop((view, finder));
        records.close(followed, keeps_unsaved, notify)
    }
}
