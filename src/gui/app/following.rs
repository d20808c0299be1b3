//! Begins and ends the files that grow with the sessions of tabs.

use crate::export::{Follow, Format, LogOptions};
use crate::gui::action::{Action, AppAction, TabId};
use crate::gui::app::state::App;
use crate::gui::connect::form;
use crate::gui::files::follow_dialog::{FollowDialog, What};
use crate::gui::files::followed::{EndedFile, FollowKind};
use crate::gui::files::save_dialog::{content_of, named_now};
use crate::gui::kit::figures::bytes;
use crate::gui::kit::toasts::{NextStep, Toast, ToastKind};
use crate::lang::{Words, explain, fill};
use crate::model::{ConnectionId, Failure};
use crate::settings::TabKind;
use std::path::PathBuf;

impl App {
    /// Asks for a file for what one connection receives, or all of them (`None`).
    pub(super) fn ask_receive(&mut self, id: TabId, connection: Option<ConnectionId>) {
        let Some(tab) = self.tabs.get(id) else { return };
        let known = connection.map(|id| (id, tab.records.status.connections.get(id)));
        let what = match known {
            Some((connection, Some(info))) => {
                What::Peer { connection, address: info.peer, name: tab.names.shown(info.peer) }
            }
            // It was closed while its menu was open.
            Some((_, None)) => return,
            None if tab.form.kind == TabKind::TcpClient => What::One,
            None => What::Each,
        };
        self.ask_follow(id, what);
    }

    /// Asks for a file for a text log.
    pub(super) fn ask_log(&mut self, id: TabId) {
        if let Some(tab) = self.tabs.get(id) {
            self.ask_follow(id, What::Log(tab.form.view));
        }
    }

    fn ask_follow(&mut self, id: TabId, what: What) {
        let Some(tab) = self.tabs.get(id).filter(|tab| tab.records.file().is_none()) else { return };
        let (last, ending) = match what {
            What::Log(_) => (&tab.form.log_file, "log"),
            _ => (&tab.form.receive_file, "bin"),
        };
        let proposal = match last.is_empty() {
            true => self.preferences.folder().join(named_now(&tab.title(self.preferences.words()), ending)),
            false => PathBuf::from(last),
        };
        let rotation = (tab.form.log_rotation, tab.form.log_size.as_str());
        self.files.dialogs.follow = Some(FollowDialog::new(id, what, proposal, rotation));
    }

    /// Looks whether the file of the dialog can be written, unless it is already.
    pub(super) fn check_follow(&mut self) {
        let Some(dialog) = &mut self.files.dialogs.follow else { return };
        let path = dialog.path.path();
        if self.tabs.iter().any(|tab| tab.followed.writes_to(&path)) {
            dialog.is_taken = true;
        } else {
            dialog.look(&self.news.notify);
        }
    }

    /// Begins to write the file of the dialog, and closes it. A session that was never started gets its recording now, so
    /// that nothing of it is missing in the file.
    pub(super) fn begin_follow(&mut self) {
        let Some(mut dialog) = self.files.dialogs.follow.take() else { return };
        if let Err(failure) = self.follow(&dialog) {
            dialog.asks = false;
            dialog.failure = Some(failure);
            self.files.dialogs.follow = Some(dialog);
        }
    }

    fn follow(&mut self, dialog: &FollowDialog) -> Result<(), Failure> {
        self.open_session(dialog.tab)?;
        let language = self.preferences.language;
        let notify = self.news.notify.clone();
        let Some(tab) = self.tabs.get_mut(dialog.tab) else { return Ok(()) };
        let Some(reader) = tab.records.reader().cloned() else { return Ok(()) };
        let from = reader.snapshot().end();
        let path = dialog.path.path();
        if let Some(folder) = path.parent() {
            self.preferences.save_folder = folder.to_owned();
        }
        // A path that is no text is not kept in the settings.
        let kept = path.to_str().unwrap_or_default().to_owned();
        match (dialog.bytes_file(), &dialog.what) {
            (Some(file), _) => {
                tab.form.receive_file = kept;
                tab.followed.add(FollowKind::Bytes, path, Follow::bytes(reader, from, file, &notify));
            }
            (None, What::Log(view)) => {
                tab.form.log_file = kept;
                tab.form.log_rotation = dialog.rotation;
                tab.form.log_size.clone_from(&dialog.size);
                let options = LogOptions {
                    format: Format::Text(content_of(*view)),
                    encodings: tab.encodings(),
                    names: tab.names.clone(),
                    language,
                    rotation: dialog.rotation().unwrap_or_default(),
                };
                let follow = Follow::log(reader, from, &path, options, &notify);
                tab.followed.add(FollowKind::Log, path, follow);
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// Opens the session of a tab, if it has none, without starting it.
    ///
    /// # Errors
    /// There is no recording for it, or no thread; there is still no session.
    pub(super) fn open_session(&mut self, id: TabId) -> Result<(), Failure> {
        let words = self.preferences.words();
        let language = self.preferences.language;
        let settings = &self.preferences.recordings;
        let place = (self.files.storage.folder(settings), self.files.storage.limits(settings));
        let Some(tab) = self.tabs.get_mut(id) else { return Ok(()) };
        let title = form::title(&tab.form, None, None, words);
        tab.records.open_session((&place.0, place.1), &title, language, &self.news.notify).map(drop)
    }

    /// Takes the news of files and of their dialog.
    pub(super) fn update_following(&mut self) {
        let words = self.preferences.words();
        let has_desktop = self.environment.desktop.is_some();
        for tab in self.tabs.iter_mut() {
            for ended in tab.followed.update() {
                self.overlays.toasts.show(ended_toast(words, ended, has_desktop));
            }
        }
        let tabs = &self.tabs;
        let dialogs = &mut self.files.dialogs;
        // A dialog about a tab that is gone is closed.
        dialogs.follow.take_if(|dialog| tabs.get(dialog.tab).is_none());
        if dialogs.follow.as_mut().is_some_and(FollowDialog::update) {
            self.begin_follow();
        }
    }
}

/// What became of a file, in words.
fn ended_toast(words: &Words, ended: EndedFile, has_desktop: bool) -> Toast {
    let EndedFile { path, status } = ended;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut detail = path.display().to_string();
    let (text, kind) = match status.missed {
        0 => {
            let kind = if status.failure.is_some() { ToastKind::Note } else { ToastKind::Done };
            (fill(&words.follow_done, &[("name", &name), ("bytes", &bytes(status.written))]), kind)
        }
        missed => {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("name", &name), ("bytes", &bytes(status.written)), ("missed", &bytes(missed))];
            (fill(&words.follow_done_missed, &values), ToastKind::Note)
        }
    };
    if let Some(failure) = &status.failure {
        detail = format!("{detail}\n{}", explain(words, failure));
    }
    let next = has_desktop.then(|| NextStep {
        label: words.open_folder.clone(),
        name: "Open folder",
        action: Action::App(AppAction::ShowInFolder(path)),
    });
    Toast { text, kind, detail, next }
}
