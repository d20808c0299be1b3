//! Carries out what the user does with files: opening, saving, recovering, and closing unsaved data.

use crate::capture::Unfinished;
use crate::gui::action::{ClosingAnswer, NoticeTopic, TabId};
use crate::gui::app::state::App;
use crate::gui::files::browse::Answer;
use crate::gui::files::closing::{Closing, ClosingDialog};
use crate::gui::files::open_dialog::OpenDialog;
use crate::gui::files::recovery;
use crate::gui::files::save_dialog::{After, Due, Only, SaveDialog};
use crate::gui::files::tab_file::TabFile;
use crate::gui::tab::state::Tab;
use crate::lang::{explain, fill};
use crate::model::{ConnectionId, Direction, Failure, Operation};
use crate::settings::TabSettings;
use crate::task::Task;
use eframe::egui::{Context, ViewportCommand};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often the progress of a save is shown.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

impl App {
    /// Opens files, each in a tab, and shows the last one.
    pub fn open_files(&mut self, paths: &[PathBuf]) {
        for path in paths {
            // A relative path would mean another file at the next start.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            if let Some(folder) = path.parent() {
                self.preferences.save_folder = folder.to_owned();
            }
            let is_same = |tab: &&Tab| tab.records.file().is_some_and(|file| file.path == path);
            let known = self.tabs.iter().find(is_same).map(|tab| tab.id);
            let id = match known {
                Some(id) => id,
                None => self.add_tab(TabSettings {
                    encoding: self.tabs.active().map(|tab| tab.form.encoding).unwrap_or_default(),
                    time: self.preferences.window.time,
                    ..TabSettings::of_file(path.to_str().map(Into::into))
                }),
            };
            if self.tabs.get(id).is_some_and(|tab| tab.records.file().is_none()) {
                // A path that is no text is not kept in the settings, but can be opened.
                let file = self.open_file(&path);
                self.set_file(id, file);
            }
            self.tabs.select(id);
        }
    }

    pub(super) fn open_file(&self, path: &Path) -> TabFile {
        TabFile::open(path, &self.environment.recordings, self.preferences.language, &self.news.notify)
    }

    fn set_file(&mut self, id: TabId, file: TabFile) {
        if let Some(tab) = self.tabs.get_mut(id) {
            tab.records.set_file(file);
        }
    }

    /// Opens the file of a tab again.
    pub(super) fn reopen(&mut self, id: TabId) {
        let Some(file) = self.tabs.get(id).and_then(|tab| tab.records.file()) else { return };
        let file = match &file.recovered {
            Some(unfinished) => TabFile::recover(unfinished.clone(), &self.news.notify),
            None => self.open_file(&file.path),
        };
        self.set_file(id, file);
    }

    /// Asks for files to open with the desktop's dialog, or by a typed path where there is none. If the desktop's dialog
    /// is open already, perhaps behind the window, a path can be typed.
    pub(super) fn ask_open(&mut self) {
        if self.files.dialogs.open.is_some() {
            return self.ask_open_path();
        }
        let mut dialog = OpenDialog::new(&self.preferences.folder());
        dialog.browse(self.environment.desktop.as_ref(), &self.news.notify);
        self.files.dialogs.open = Some(dialog);
    }

    /// Shows the dialog that opens a file by its typed path.
    pub(super) fn ask_open_path(&mut self) {
        let new = || OpenDialog::new(&self.preferences.folder());
        self.files.dialogs.open.get_or_insert_with(new).chooser.show();
    }

    /// Asks where to save the records of a tab, if it has any, in the same way.
    pub(super) fn ask_save(&mut self, id: TabId, after: After) {
        if self.files.dialogs.save.is_some() {
            return self.ask_save_options(id);
        }
        if self.tabs.get(id).is_some_and(|tab| tab.records.can_be_saved()) {
            self.begin_save(id, after);
            if let Some(dialog) = &mut self.files.dialogs.save {
                dialog.browse(self.environment.desktop.as_ref(), &self.news.notify);
            }
        }
    }

    /// Asks where to save the bytes of one connection.
    pub(super) fn ask_save_bytes(
        &mut self,
        id: TabId,
        connection: ConnectionId,
        direction: Option<Direction>,
    ) {
        if !self.tabs.get(id).is_some_and(|tab| tab.records.can_be_saved()) {
            return;
        }
        self.begin_save(id, After::Stay);
        if let Some(dialog) = &mut self.files.dialogs.save
            && let Some(tab) = self.tabs.get(id)
        {
            let known = tab.records.status.connections.get(connection);
            let peer = known.map(|known| tab.names.shown(known.peer)).unwrap_or_default();
            dialog.save_only(Only { connection, direction, peer });
            dialog.browse(self.environment.desktop.as_ref(), &self.news.notify);
        }
    }

    /// Shows the dialog with all choices for saving the records of a tab, if it has any.
    pub(super) fn ask_save_options(&mut self, id: TabId) {
        let is_other = self.files.dialogs.save.as_ref().is_none_or(|dialog| dialog.tab != id);
        if is_other && self.tabs.get(id).is_some_and(|tab| tab.records.can_be_saved()) {
            self.begin_save(id, After::Stay);
        }
        if let Some(dialog) = &mut self.files.dialogs.save {
            dialog.chooser.show();
        }
    }

    fn begin_save(&mut self, id: TabId, after: After) {
        let preferences = &self.preferences;
        let Some(tab) = self.tabs.get(id) else { return };
        let subject = tab.subject(preferences.words());
        let dialog = SaveDialog::new(&subject, &preferences.folder(), after, preferences.closes_unsaved);
        self.files.dialogs.save = Some(dialog);
    }

    /// Shows a file in the file manager, as a job.
    pub(super) fn show_in_folder(&mut self, path: PathBuf) {
        let Some(desktop) = self.environment.desktop.clone() else { return };
        let show = move |_: &_| {
            let shown = desktop.show_in_folder(&path);
            shown.map_err(|error| Failure::from_io(Operation::Read, path.display(), &error))
        };
        self.files.showing = Some(Task::start("show file", Operation::Read, &self.news.notify, show));
    }

    fn update_showing(&mut self) {
        let words = self.preferences.words();
        match self.files.showing.as_mut().and_then(Task::take) {
            None => return,
            Some(Ok(())) => self.overlays.notices.clear(NoticeTopic::ShowInFolder),
            Some(Err(failure)) => {
                let text = fill(&words.no_file_manager, &[("reason", &explain(words, &failure))]);
                self.overlays.notices.show(NoticeTopic::ShowInFolder, text);
            }
        }
        self.files.showing = None;
    }

    /// Begins to save what is chosen in the dialog, and closes it.
    pub(super) fn write_save(&mut self) {
        let language = self.preferences.language;
        let Some(dialog) = self.files.dialogs.save.take() else { return };
        let Some(tab) = self.tabs.get_mut(dialog.tab) else { return };
        tab.form.save_format = dialog.format;
        let subject = tab.subject(language.words());
        let Some(plan) = dialog.plan(&subject, language) else { return };
        self.preferences.closes_unsaved = dialog.closes_unsaved;
        if let Some(folder) = plan.path.parent() {
            self.preferences.save_folder = folder.to_owned();
        }
        let (saved, who) = (tab.records.to_save(), (dialog.tab, dialog.after));
        let what = (subject.title, dialog.said_part(language.words()));
        self.files.writing.write(plan, what, saved, who, &self.news.notify);
    }

    /// Closes a tab, after asking if data would be lost.
    pub(super) fn ask_close(&mut self, id: TabId) {
        let is_unsaved = self.tabs.get(id).is_some_and(|tab| tab.records.is_unsaved());
        if is_unsaved && !self.preferences.closes_unsaved {
            self.files.dialogs.closing = Some(ClosingDialog::new(Closing::Tab(id)));
        } else {
            self.close_tab(id);
        }
    }

    fn close_tab(&mut self, id: TabId) {
        let Some(tab) = self.tabs.remove(id) else { return };
        if let Some(unfinished) = tab.records.unsaved_recovery() {
            self.files.recovery.give_back(unfinished);
        }
        self.clipboard.tab_closed(id);
        self.tabs.end(tab, &self.news.notify);
    }

    /// Lets the window close without a question, as the system demands. Unsaved recordings are offered at the
    /// next start, unless their files were deleted.
    pub fn end_now(&mut self) {
        self.files.leaving.is_decided = true;
        self.files.leaving.keeps_unsaved = true;
    }

    /// Takes the results of the jobs, and handles a request to close the window.
    pub(super) fn update_files(&mut self, ctx: &Context) {
        self.files.recovery.update();
        self.update_dialogs();
        self.update_showing();
        let ended = self.files.writing.update(self.preferences.words());
        self.files.leaving.when_written &= !ended.has_failed;
        for toast in ended.toasts {
            self.overlays.toasts.show(toast);
        }
        for done in ended.done {
            if let Some(tab) = self.tabs.get_mut(done.tab) {
                // A user who closes a session and exports all its data needs no other file of it.
                let is_session = tab.records.file().is_none();
                let is_enough = done.is_all && done.after != After::Stay && is_session;
                if done.is_whole || is_enough {
                    tab.records.set_saved(done.saved);
                }
            }
            match done.after {
                After::Stay => {}
                // Records that arrived during the save are unsaved: asks again.
                After::CloseTab => self.ask_close(done.tab),
                // Asks again if other tabs are unsaved.
                After::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            }
        }
        if self.files.writing.is_writing() {
            ctx.request_repaint_after(PROGRESS_INTERVAL);
        } else if std::mem::take(&mut self.files.leaving.when_written) {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        if ctx.input(|input| input.viewport().close_requested()) && !self.files.leaving.is_decided {
            self.ask_quit(ctx);
        }
    }

    /// Takes the results of the jobs of the dialogs.
    fn update_dialogs(&mut self) {
        for tab in self.tabs.iter_mut() {
            if let Some(dialog) = &mut tab.composer.file {
                dialog.update();
            }
        }
        let open = self.files.dialogs.open.as_mut();
        match open.and_then(|dialog| dialog.chooser.take_answer()) {
            Some(Answer::Chosen(paths)) => {
                self.files.dialogs.open = None;
                self.open_files(&paths);
            }
            Some(Answer::Cancelled) => {
                self.files.dialogs.open.take_if(|dialog| !dialog.chooser.is_shown());
            }
            Some(Answer::Unavailable) | None => {}
        }
        if let Some(dialog) = &mut self.files.dialogs.save
            && let Some(tab) = self.tabs.get(dialog.tab)
        {
            match dialog.update(&tab.subject(self.preferences.words()), &self.news.notify) {
                Due::Nothing => {}
                Due::Write => self.write_save(),
                Due::Close => self.files.dialogs.save = None,
            }
        }
        let tabs = &self.tabs;
        // A dialog about a tab that is gone is closed.
        let dialogs = &mut self.files.dialogs;
        dialogs.save.take_if(|dialog| tabs.get(dialog.tab).is_none());
        dialogs.closing.take_if(|dialog| match dialog.closing {
            Closing::Tab(id) => tabs.get(id).is_none(),
            Closing::Window => !tabs.iter().any(|tab| tab.records.is_unsaved()),
        });
    }

    fn ask_quit(&mut self, ctx: &Context) {
        if self.files.writing.is_writing() {
            // The running saves are finished first; their progress is shown.
            self.files.leaving.when_written = true;
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        } else if !self.preferences.closes_unsaved && self.tabs.iter().any(|tab| tab.records.is_unsaved()) {
            self.files.dialogs.closing = Some(ClosingDialog::new(Closing::Window));
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        }
    }

    /// Carries out the answer to the question before unsaved data is closed.
    pub(super) fn answer_closing(&mut self, ctx: &Context, answer: ClosingAnswer) {
        let Some(dialog) = self.files.dialogs.closing.take() else { return };
        if answer != ClosingAnswer::Cancel {
            self.preferences.closes_unsaved |= dialog.never_again;
        }
        match (answer, dialog.closing) {
            (ClosingAnswer::Cancel, _) => {}
            (ClosingAnswer::Save, Closing::Tab(id)) => self.ask_save(id, After::CloseTab),
            (ClosingAnswer::Save, Closing::Window) => {
                let first = self.tabs.iter().find(|tab| tab.records.is_unsaved()).map(|tab| tab.id);
                if let Some(first) = first {
                    self.tabs.select(first);
                    self.ask_save(first, After::Quit);
                }
            }
            (ClosingAnswer::Close, Closing::Tab(id)) => self.close_tab(id),
            (ClosingAnswer::Close, Closing::Window) => {
                self.files.leaving.is_decided = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Shows an unfinished recording in a tab.
    pub(super) fn open_unfinished(&mut self, path: &Path) -> Option<TabId> {
        let unfinished = self.files.recovery.take(path)?;
        self.files.recovery.close_list();
        let shown = || self.tabs.active().map(|tab| tab.form.encoding);
        let encoding = unfinished.encoding.or_else(shown).unwrap_or_default();
        let file = TabFile::recover(unfinished, &self.news.notify);
        let time = self.preferences.window.time;
        let id = self.add_tab(TabSettings { encoding, time, ..TabSettings::of_file(None) });
        self.set_file(id, file);
        self.tabs.select(id);
        Some(id)
    }

    /// Shows an unfinished recording and the dialog that saves it.
    pub(super) fn save_unfinished(&mut self, path: &Path) {
        if let Some(id) = self.open_unfinished(path) {
            // The file is still being opened: the dialog waits for it.
            self.begin_save(id, After::Stay);
            if let Some(dialog) = &mut self.files.dialogs.save {
                dialog.chooser.show();
            }
        }
    }

    /// Deletes an unfinished recording, as a job.
    pub(super) fn delete_unfinished(&mut self, path: &Path) {
        let taken = self.files.recovery.take(path).into_iter().collect();
        self.delete(taken);
    }

    /// Deletes all unfinished recordings, as a job.
    pub(super) fn delete_all_unfinished(&mut self) {
        let taken = self.files.recovery.take_all();
        self.delete(taken);
    }

    fn delete(&mut self, unfinished: Vec<Arc<Unfinished>>) {
        if unfinished.is_empty() {
            return;
        }
        // All are tried; the first failure is told.
        let delete = move |_: &_| {
            let results: Vec<_> = unfinished.into_iter().map(recovery::delete).collect();
            results.into_iter().collect()
        };
        let job = Task::start("delete recording", Operation::Record, &self.news.notify, delete);
        self.files.writing.delete(job);
    }
}
