//! Carrying out what the user does with files: opening, saving, recovering, and asking before something is
//! closed that was not saved.

use super::state::App;
use crate::gui::action::TabId;
use crate::gui::files::closing::{Answer, Closing, ClosingDialog};
use crate::gui::files::file_panel;
use crate::gui::files::file_source::FileSource;
use crate::gui::files::open_dialog::{Choice, OpenDialog};
use crate::gui::files::recovery::{self, Wish};
use crate::gui::files::save_dialog::{After, Decision, SaveDialog};
use crate::gui::tab::state::Tab;
use crate::model::Operation;
use crate::settings::TabSettings;
use crate::task::Task;
use eframe::egui::{Context, Ui, ViewportCommand};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the progress of what is written is looked at.
const PROGRESS: Duration = Duration::from_millis(100);

impl App {
    /// Opens files in tabs of their own, and shows the last.
    pub fn open_files(&mut self, paths: &[PathBuf]) {
        for path in paths {
            // A relative one means something else at the next start.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            if let Some(folder) = path.parent() {
                self.preferences.save_folder = folder.to_owned();
            }
            let is_same = |tab: &Tab| tab.file().is_some_and(|file| file.path == path);
            let id = match self.tabs.iter().find(|tab| is_same(tab)) {
                Some(tab) => tab.id,
                None => self.add_tab(TabSettings {
                    encoding: self.active_tab().map(|tab| tab.form.encoding).unwrap_or_default(),
                    ..TabSettings::of_file(path.to_str().map(Into::into))
                }),
            };
            if self.tab(id).is_some_and(|tab| tab.file().is_none()) {
                // Its name cannot be kept in the settings, but it can be opened.
                let file = self.open_file(&path);
                self.put_file(id, file);
            }
            self.active = self.index(id).unwrap_or(self.active);
        }
    }

    pub(super) fn open_file(&self, path: &Path) -> FileSource {
        FileSource::open(path, &self.environment.recordings, self.preferences.language, &self.notify)
    }

    pub(super) fn put_file(&mut self, id: TabId, file: FileSource) {
        if let Some(tab) = self.tab(id) {
            tab.set_file(file);
        }
    }

    /// Tries again to open the file of a tab.
    pub(super) fn reopen(&mut self, id: TabId) {
        let Some(file) = self.tab(id).and_then(|tab| tab.file()) else { return };
        let source = match &file.recovered {
            Some(unfinished) => FileSource::recover(unfinished.clone(), &self.notify),
            None => {
                let path = file.path.clone();
                self.open_file(&path)
            }
        };
        self.put_file(id, source);
    }

    /// Shows the dialog that opens files.
    pub(super) fn ask_open(&mut self) {
        self.files.open = Some(OpenDialog::new(&self.folder()));
    }

    /// Shows the dialog that saves the records of a tab, if it has some.
    pub(super) fn ask_save(&mut self, id: TabId, after: After) {
        let (folder, closes_unsaved) = (self.folder(), self.preferences.closes_unsaved);
        let words = self.preferences.words();
        let Some(tab) = self.tab(id) else { return };
        if tab.can_be_saved() {
            self.files.save = Some(SaveDialog::new(tab, &folder, after, closes_unsaved, words));
        }
    }

    /// Closes a tab, after asking if something would be lost.
    pub(super) fn ask_close(&mut self, id: TabId) {
        let is_unsaved = self.tab(id).is_some_and(|tab| tab.is_unsaved());
        if is_unsaved && !self.preferences.closes_unsaved {
            self.files.closing = Some(ClosingDialog::new(Closing::Tab(id)));
        } else {
            self.close_tab(id);
        }
    }

    /// The window is to be closed without asking: the system says so. What was not saved is offered at the
    /// next start.
    pub fn end_now(&mut self) {
        self.files.closes = true;
        self.files.keeps_unsaved = true;
    }

    /// Whether a dialog has the keys.
    #[must_use]
    pub fn has_dialog(&self) -> bool {
        self.files.has_dialog()
    }

    /// Takes in what threads have done with files, and the wish to close the window.
    pub(super) fn update_files(&mut self, ctx: &Context) {
        let words = self.preferences.words();
        for done in self.files.update(words) {
            if let Some(tab) = self.tab(done.tab) {
                // Who closes a session and exports all its data wants no other file of it.
                let is_enough = done.is_all && done.after != After::Stay && tab.file().is_none();
                if done.is_whole || is_enough {
                    tab.is_saved(done.saved);
                }
            }
            match done.after {
                After::Stay => {}
                // What came since then is not saved.
                After::CloseTab => self.ask_close(done.tab),
                // There may be more that is not saved.
                After::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            }
        }
        if self.files.is_writing() {
            ctx.request_repaint_after(PROGRESS);
        } else if std::mem::take(&mut self.files.quits_when_written) {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        if ctx.input(|input| input.viewport().close_requested()) && !self.files.closes {
            self.ask_quit(ctx);
        }
    }

    fn ask_quit(&mut self, ctx: &Context) {
        if self.files.is_writing() {
            // What the user wanted saved is saved first; its progress shows what is waited for.
            self.files.quits_when_written = true;
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        } else if !self.preferences.closes_unsaved && self.tabs.iter().any(Tab::is_unsaved) {
            self.files.closing = Some(ClosingDialog::new(Closing::Window));
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        }
    }

    /// Draws what lies over the window, and does what the user decides there.
    pub(super) fn dialogs_ui(&mut self, ui: &Ui) {
        let ctx = ui.ctx().clone();
        let dropped: Vec<PathBuf> =
            ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        self.open_files(&dropped);
        file_panel::drop_hint_ui(ui, self.preferences.words());
        self.open_dialog_ui(&ctx);
        self.save_dialog_ui(&ctx);
        self.closing_dialog_ui(&ctx);
    }

    fn open_dialog_ui(&mut self, ctx: &Context) {
        let words = self.preferences.words();
        let Some(dialog) = &mut self.files.open else { return };
        match dialog.ui(ctx, &self.notify, words) {
            None => return,
            Some(Choice::Cancel) => {}
            Some(Choice::Open(paths)) => self.open_files(&paths),
        }
        self.files.open = None;
        ctx.request_repaint();
    }

    fn save_dialog_ui(&mut self, ctx: &Context) {
        let Some(mut dialog) = self.files.save.take() else { return };
        let language = self.preferences.language;
        // Without its tab there is nothing to save.
        let Some(tab) = self.tabs.iter().find(|tab| tab.id == dialog.tab) else { return };
        let decision = dialog.ui(ctx, tab, (language, &self.notify));
        match decision {
            None => self.files.save = Some(dialog),
            Some(Decision::Cancel) => ctx.request_repaint(),
            Some(Decision::Write(plan)) => {
                self.preferences.closes_unsaved = dialog.closes_unsaved;
                if let Some(folder) = plan.path.parent() {
                    self.preferences.save_folder = folder.to_owned();
                }
                let title = tab.title(language.words());
                let (saved, who) = (tab.to_save(), (dialog.tab, dialog.after));
                self.files.write(plan, title, saved, who, &self.notify);
                ctx.request_repaint();
            }
        }
    }

    fn closing_dialog_ui(&mut self, ctx: &Context) {
        let words = self.preferences.words();
        let Some(mut dialog) = self.files.closing.take() else { return };
        let is_meant = |tab: &&Tab| match dialog.closing {
            Closing::Tab(id) => tab.id == id,
            Closing::Window => tab.is_unsaved(),
        };
        let tabs: Vec<_> = self.tabs.iter().filter(is_meant).collect();
        let Some(first) = tabs.first().map(|tab| tab.id) else { return };
        // A file stays where it is; only the marks on it are lost.
        let titles = |of_files: bool| -> Vec<_> {
            let tabs = tabs.iter().filter(|tab| tab.file().is_some() == of_files);
            tabs.map(|tab| tab.title(words)).collect()
        };
        let Some(answer) = dialog.ui(ctx, &titles(false), &titles(true), words) else {
            self.files.closing = Some(dialog);
            return;
        };
        if answer != Answer::Cancel {
            self.preferences.closes_unsaved |= dialog.never_again;
        }
        match (answer, dialog.closing) {
            (Answer::Cancel, _) => {}
            (Answer::Save, Closing::Tab(id)) => self.ask_save(id, After::CloseTab),
            (Answer::Save, Closing::Window) => {
                self.active = self.index(first).unwrap_or(self.active);
                self.ask_save(first, After::Quit);
            }
            (Answer::Close, Closing::Tab(id)) => self.close_tab(id),
            (Answer::Close, Closing::Window) => {
                self.files.closes = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
        ctx.request_repaint();
    }

    /// Draws what was left behind, and does what the user wants with it.
    pub(super) fn recovery_ui(&mut self, ui: &mut Ui) {
        let words = self.preferences.words();
        match self.files.recovery.ui(ui, words) {
            None => {}
            Some(Wish::Open(unfinished)) => {
                let file = FileSource::recover(unfinished, &self.notify);
                self.add_file_tab(file);
            }
            Some(Wish::Save(unfinished)) => {
                let file = FileSource::recover(unfinished, &self.notify);
                let id = self.add_file_tab(file);
                let (folder, closes_unsaved) = (self.folder(), self.preferences.closes_unsaved);
                let Some(tab) = self.tab(id) else { return };
                let dialog = SaveDialog::new(tab, &folder, After::Stay, closes_unsaved, words);
                self.files.save = Some(dialog);
            }
            Some(Wish::Delete(unfinished)) => {
                let delete = move |_: &_| recovery::delete(unfinished);
                self.files.deleting.push(Task::start(
                    "delete recording",
                    Operation::Record,
                    &self.notify,
                    delete,
                ));
            }
        }
    }

    fn add_file_tab(&mut self, file: FileSource) -> TabId {
        let id = self.add_tab(TabSettings::of_file(None));
        self.put_file(id, file);
        self.active = self.tabs.len() - 1;
        id
    }

    /// Where something was saved or opened last, or where the user's documents are.
    fn folder(&self) -> PathBuf {
        let known = &self.preferences.save_folder;
        if !known.as_os_str().is_empty() {
            return known.clone();
        }
        let folders = directories::UserDirs::new();
        let documents = folders.as_ref().and_then(|folders| folders.document_dir().map(Path::to_owned));
        documents
            .or_else(|| folders.map(|folders| folders.home_dir().to_owned()))
            .unwrap_or_else(std::env::temp_dir)
    }
}
