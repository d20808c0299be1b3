//! Each action has an effect on the window's state.

use super::*;
use crate::capture::Position;
use crate::codec::Encoding;
use crate::gui::action::{ClosingAnswer, CopyFormat, Step};
use crate::gui::app::state::Environment;
use crate::gui::find::finder::QueryKind;
use crate::gui::tests::wait;
use crate::model::{ConnectionId, ResponderConfig, SessionState};
use crate::settings::{SidePanel, TabKind, ThemeChoice, TimeMode, ViewMode};
use eframe::egui::{OutputCommand, RawInput, ViewportCommand, ViewportId};
use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;

/// A window without a display, driven by actions.
struct Driven {
    ctx: Context,
    app: App,
    folder: tempfile::TempDir,
    copied: Option<String>,
    closes: bool,
}

impl Driven {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recordings = folder.path().join("recordings");
        let ctx = Context::default();
        let environment =
            Environment { settings: None, recordings, language: Language::English, desktop: None };
        let app = App::new(&ctx, environment, Vec::new());
        let mut driven = Self { ctx, app, folder, copied: None, closes: false };
        driven.frame();
        driven
    }

    /// A server on a free port that has received three records, shown from the first one on.
    fn serving() -> (Self, TabId, TcpStream) {
        let mut driven = Self::new();
        driven.act(AppAction::NewTab(TabKind::TcpServer));
        let id = driven.active();
        let form = &mut driven.tab(id).form;
        (form.local_address, form.local_port) = ("127.0.0.1".into(), "0".into());
        driven.tab_act(id, TabAction::Start);
        driven.wait("the server", |driven| driven.tab(id).records.status.state == SessionState::Listening);
        let address = driven.tab(id).records.status.local.unwrap();
        let mut peer = TcpStream::connect(address).unwrap();
        for payload in ["one\n", "two\n", "three\n"] {
            let before = driven.tab(id).records.status.traffic.bytes_in;
            peer.write_all(payload.as_bytes()).unwrap();
            let all = before + payload.len() as u64;
            driven.wait("a record", |driven| driven.tab(id).records.status.traffic.bytes_in == all);
        }
        driven.frame();
        (driven, id, peer)
    }

    fn tab(&mut self, id: TabId) -> &mut Tab {
        self.app.tabs.get_mut(id).unwrap()
    }

    fn active(&self) -> TabId {
        self.app.tabs.active().unwrap().id
    }

    fn act(&mut self, action: AppAction) {
        self.app.apply(&self.ctx, Action::App(action));
        self.frame();
    }

    fn tab_act(&mut self, id: TabId, action: TabAction) {
        self.app.apply(&self.ctx, Action::Tab(id, action));
        self.frame();
    }

    fn frame(&mut self) {
        let output = self.ctx.run_ui(RawInput::default(), |ui| {
            self.app.logic(ui.ctx());
            self.app.ui(ui);
        });
        for command in &output.platform_output.commands {
            if let OutputCommand::CopyText(text) = command {
                self.copied = Some(text.clone());
            }
        }
        let commands = output.viewport_output.get(&ViewportId::ROOT).map(|root| &root.commands);
        self.closes |= commands.is_some_and(|commands| commands.contains(&ViewportCommand::Close));
        output.drop_without_applying_deltas();
    }

    #[track_caller]
    fn wait(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        wait(what, || {
            self.frame();
            done(self)
        });
    }

    /// The position of the first of the three records.
    fn first(&mut self, id: TabId) -> Position {
        let positions = self.tab(id).records.snapshot().positions();
        positions[positions.len() - 3]
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.app.close();
    }
}

#[test]
fn actions_on_the_window_change_it() {
    let mut driven = Driven::new();
    driven.act(AppAction::NewTab(TabKind::Udp));
    let first = driven.active();
    driven.act(AppAction::NewTab(TabKind::TcpClient));
    let second = driven.active();
    assert_ne!(first, second);
    driven.act(AppAction::SelectTab(first));
    assert_eq!(driven.active(), first);
    driven.act(AppAction::StepTab(Step::Next));
    assert_eq!(driven.active(), second);
    driven.act(AppAction::StepTab(Step::Next));
    assert_eq!(driven.active(), first, "wraps around");
    driven.act(AppAction::StepTab(Step::Previous));
    assert_eq!(driven.active(), second);
    driven.act(AppAction::CloseTab(second));
    assert_eq!(driven.active(), first);
    driven.act(AppAction::SetLanguage(Some(Language::Chinese)));
    assert_eq!(driven.app.preferences.language, Language::Chinese);
    driven.act(AppAction::SetLanguage(None));
    assert_eq!(driven.app.preferences.language, Language::English);
    driven.act(AppAction::SetTheme(ThemeChoice::Dark));
    assert_eq!(driven.app.preferences.theme, ThemeChoice::Dark);
    driven.app.overlays.notices.show(NoticeTopic::Copy, "a message".into());
    driven.act(AppAction::DismissNotice(NoticeTopic::Copy));
    assert!(driven.app.overlays.notices.is_empty());
}

#[test]
fn actions_on_files_open_save_and_close() {
    let (mut driven, id, _peer) = Driven::serving();
    driven.act(AppAction::AskOpen);
    assert!(driven.app.files.dialogs.open.is_some());
    driven.act(AppAction::CancelOpen);
    assert!(!driven.app.has_dialog());
    driven.act(AppAction::AskSave(id));
    assert!(driven.app.files.dialogs.save.is_some());
    driven.act(AppAction::CancelSave);
    assert!(!driven.app.has_dialog());

    let target = driven.folder.path().join("saved.pcapng");
    let choose = |driven: &mut Driven| {
        driven.act(AppAction::AskSave(id));
        let path = driven.folder.path().join("saved.pcapng");
        let dialog = driven.app.files.dialogs.save.as_mut().unwrap();
        dialog.path = crate::gui::files::path_text::PathText::new(path);
    };
    choose(&mut driven);
    driven.act(AppAction::CheckSave);
    driven.wait("the file", |driven| !driven.app.has_dialog() && !driven.app.files.writing.is_writing());
    assert!(target.exists());
    choose(&mut driven);
    driven.act(AppAction::CheckSave);
    driven.wait("the question", |driven| {
        driven.app.files.dialogs.save.as_ref().is_some_and(|dialog| dialog.asks)
    });
    std::fs::write(&target, "").unwrap();
    driven.act(AppAction::WriteSave);
    driven.wait("the file", |driven| !driven.app.files.writing.is_writing());
    assert!(std::fs::metadata(&target).unwrap().len() > 0, "replaced");

    driven.act(AppAction::OpenFiles(vec![target]));
    let file = driven.active();
    assert_ne!(file, id);
    driven.wait("the records", |driven| driven.tab(file).records.snapshot().records() > 0);
    driven.tab_act(file, TabAction::CancelOpening);
    assert!(driven.tab(file).records.reader().is_some(), "an open file stays open");
    driven.tab_act(file, TabAction::Reopen);
    driven.wait("the records", |driven| driven.tab(file).records.snapshot().records() > 0);
    driven.act(AppAction::CloseTab(file));
    assert!(driven.app.tabs.get(file).is_none());

    // More data than was saved: closing asks.
    driven.tab_act(id, TabAction::SetBookmark(Position::default(), Some("note".into())));
    let record = driven.first(id);
    driven.tab_act(id, TabAction::SetBookmark(record, Some("note".into())));
    driven.wait("the bookmark", |driven| driven.tab(id).records.is_unsaved());
    driven.act(AppAction::CloseTab(id));
    assert!(driven.app.files.dialogs.closing.is_some());
    driven.act(AppAction::AnswerClosing(ClosingAnswer::Cancel));
    assert!(!driven.app.has_dialog() && driven.app.tabs.get(id).is_some());
    driven.act(AppAction::CloseTab(id));
    driven.act(AppAction::AnswerClosing(ClosingAnswer::Save));
    assert!(driven.app.files.dialogs.save.is_some());
    driven.act(AppAction::CancelSave);
    driven.act(AppAction::CloseTab(id));
    driven.act(AppAction::AnswerClosing(ClosingAnswer::Close));
    assert!(driven.app.tabs.get(id).is_none());
    assert!(!driven.closes, "only the tab is closed");
}

#[test]
fn actions_on_a_session_reach_it() {
    let (mut driven, id, peer) = Driven::serving();
    driven.tab_act(id, TabAction::StopListening);
    driven.wait("no listening", |driven| driven.tab(id).records.status.state == SessionState::Open);
    driven.tab_act(id, TabAction::ListenAgain);
    driven.wait("listening", |driven| driven.tab(id).records.status.state == SessionState::Listening);

    let connection = driven.tab(id).records.status.connections[0].id;
    driven.tab(id).peers.selected = [connection].into();
    driven.tab_act(id, TabAction::PeersSelected);
    assert_eq!(driven.tab(id).composer.recipients, Recipients::Selected);
    driven.tab(id).form.payload = "hello".into();
    driven.tab_act(id, TabAction::Send);
    driven.wait("the payload", |driven| driven.tab(id).records.status.traffic.bytes_out == 5);
    driven.tab(id).form.remote_host.clear();
    driven.tab_act(id, TabAction::RemoteEdited);
    assert_eq!(driven.tab(id).composer.recipients, Recipients::Remote);
    driven.tab_act(id, TabAction::Send);
    assert!(driven.tab(id).composer.error.is_some(), "the remote address is empty");
    driven.tab_act(id, TabAction::FocusPayload);
    assert!(driven.ctx.memory(|memory| memory.has_focus(payload_id(id))));

    driven.tab_act(id, TabAction::Disconnect(vec![connection]));
    driven.wait("the end", |driven| driven.tab(id).records.status.connections.is_empty());
    drop(peer);
    driven.tab_act(id, TabAction::SetResponder(ResponderConfig::Echo));
    assert!(driven.tab(id).form.echo);
    driven.tab_act(id, TabAction::SetResponder(ResponderConfig::Forward));
    assert!(driven.tab(id).form.forward && !driven.tab(id).form.echo);
    driven.tab_act(id, TabAction::SetNoDelay(false));
    assert!(!driven.tab(id).form.no_delay);
    driven.tab_act(id, TabAction::SetBroadcast(true));
    assert!(driven.tab(id).form.broadcast);
    driven.tab_act(id, TabAction::Stop);
    driven.wait("the stop", |driven| !driven.tab(id).records.status.state.is_active());
    driven.tab_act(id, TabAction::UsePort(0));
    assert_eq!(driven.tab(id).form.local_port, "0");
    driven.wait("the start", |driven| driven.tab(id).records.status.state == SessionState::Listening);
    let failure = Failure::new(crate::model::Operation::Ask, "", crate::model::FailureKind::SessionBusy);
    driven.tab(id).records.note(Err(failure));
    assert!(driven.tab(id).records.failure().is_some());
    driven.tab_act(id, TabAction::DismissFailure);
    assert!(driven.tab(id).records.failure().is_none());
}

#[test]
fn actions_on_the_view_change_what_is_shown() {
    let (mut driven, id, _peer) = Driven::serving();
    driven.tab_act(id, TabAction::SetView(ViewMode::Hex));
    driven.tab_act(id, TabAction::SetEncoding(Encoding::Gbk));
    driven.tab_act(id, TabAction::SetTime(TimeMode::SinceStart));
    driven.tab_act(id, TabAction::ToggleSide(SidePanel::Inspector));
    driven.tab_act(id, TabAction::ToggleRatePlot);
    let form = &driven.tab(id).form;
    assert_eq!((form.view, form.encoding, form.time), (ViewMode::Hex, Encoding::Gbk, TimeMode::SinceStart));
    assert!(form.side == SidePanel::Inspector && form.rate_plot);
    driven.tab_act(id, TabAction::TogglePause);
    assert!(driven.tab(id).view.is_paused());
    driven.tab_act(id, TabAction::JumpToNewest);
    assert!(driven.tab(id).view.follows());

    let record = driven.first(id);
    driven.tab_act(id, TabAction::GoToRecord(record));
    driven.tab_act(id, TabAction::Copy(CopyFormat::Text));
    assert_eq!(driven.copied.take().as_deref(), Some("one\n"));
    driven.tab_act(id, TabAction::Copy(CopyFormat::Hex));
    assert_eq!(driven.copied.take().as_deref(), Some("6F 6E 65 0A"));

    driven.tab_act(id, TabAction::OpenFind);
    assert!(driven.tab(id).finder.is_open);
    driven.tab(id).finder.text = "two".into();
    driven.tab(id).finder.kind = QueryKind::Text;
    driven.wait("the match", |driven| {
        driven.tab(id).finder.searching().is_some_and(|scan| scan.progress().matches == 1)
    });
    for step in [Step::Next, Step::Previous] {
        driven.tab_act(id, TabAction::GoToRecord(record));
        driven.tab_act(id, TabAction::FindStep(step));
        driven.tab_act(id, TabAction::Copy(CopyFormat::Text));
        assert_eq!(driven.copied.take().as_deref(), Some("two"));
    }
    driven.tab_act(id, TabAction::CloseFind);
    assert!(!driven.tab(id).finder.is_open && driven.tab(id).finder.searching().is_none());
    driven.tab_act(id, TabAction::Clear);
    assert!(driven.tab(id).view.floor() > record);
}

#[test]
fn actions_on_bookmarks_change_the_recording() {
    let (mut driven, id, _peer) = Driven::serving();
    let record = driven.first(id);
    let note =
        |driven: &mut Driven| driven.tab(id).records.snapshot().bookmarks().get(record).map(str::to_owned);
    driven.tab_act(id, TabAction::GoToRecord(record));
    driven.tab_act(id, TabAction::ToggleBookmark);
    driven.wait("the bookmark", |driven| note(driven).is_some());
    driven.tab_act(id, TabAction::AskNote);
    driven.tab(id).notes.question.as_mut().unwrap().text = "alarm".into();
    driven.tab_act(id, TabAction::Answer);
    driven.wait("the note", |driven| note(driven).as_deref() == Some("alarm"));
    driven.tab_act(id, TabAction::ToggleBookmark);
    driven.wait("no bookmark", |driven| note(driven).is_none());
    driven.tab_act(id, TabAction::ToggleBookmark);
    driven.wait("the same note", |driven| note(driven).as_deref() == Some("alarm"));

    let last = *driven.tab(id).records.snapshot().positions().last().unwrap();
    for step in [Step::Next, Step::Previous] {
        driven.tab_act(id, TabAction::GoToRecord(last));
        driven.tab_act(id, TabAction::BookmarkStep(step));
        assert_eq!(driven.tab(id).view.record_to_bookmark(), Some(record));
    }
    driven.tab_act(id, TabAction::AskTime);
    driven.tab(id).notes.question.as_mut().unwrap().text = "no time".into();
    driven.tab_act(id, TabAction::Answer);
    assert!(driven.tab(id).notes.question.as_ref().unwrap().error.is_some(), "a wrong answer is kept");
    driven.tab_act(id, TabAction::CloseQuestion);
    assert!(driven.tab(id).notes.question.is_none());
    driven.tab_act(id, TabAction::SetBookmark(record, None));
    driven.wait("no bookmark", |driven| note(driven).is_none());
}

#[test]
fn unfinished_recordings_are_opened_saved_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    let leave = |title: &str| -> PathBuf {
        let began = crate::model::Timestamp(5);
        let left = crate::capture::RecordingFolder::create(&recordings, title, began).unwrap();
        let mut writer = crate::capture::CaptureWriter::new(left.destination(), Default::default());
        writer.append(&crate::model::Record::received(b"left"));
        writer.publish();
        left.path().to_owned()
    };
    let paths = ["one", "two", "three"].map(leave);
    let ctx = Context::default();
    let environment = Environment { settings: None, recordings, language: Language::English, desktop: None };
    let app = App::new(&ctx, environment, Vec::new());
    let mut driven = Driven { ctx, app, folder, copied: None, closes: false };
    let [opened, saved, deleted] = paths;
    driven.wait("the offer", |driven| {
        driven.act(AppAction::OpenUnfinished(opened.clone()));
        driven.app.tabs.active().is_some()
    });
    let first = driven.active();
    driven.act(AppAction::SaveUnfinished(saved));
    assert_ne!(driven.active(), first);
    assert!(driven.app.files.dialogs.save.is_some());
    driven.act(AppAction::CancelSave);
    driven.act(AppAction::DeleteUnfinished(deleted.clone()));
    wait("the deletion", || !deleted.exists());
}

#[test]
fn an_action_on_a_closed_tab_is_ignored() {
    let mut driven = Driven::new();
    driven.tab_act(TabId(99), TabAction::Start);
    driven.tab_act(TabId(99), TabAction::Disconnect(vec![ConnectionId(1)]));
    assert!(driven.app.tabs.active().is_none());
}
