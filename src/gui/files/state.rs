//! What the window does with files: the dialogs that are open, what is being written, what came of it, and
//! the recordings that were left behind. Carrying out what the user decides is the app's.

use crate::gui::action::TabId;
use crate::gui::files::closing::ClosingDialog;
use crate::gui::files::open_dialog::OpenDialog;
use crate::gui::files::recovery::Recovery;
use crate::gui::files::save_dialog::{After, SaveDialog};
use crate::gui::files::writing::{Plan, SaveFormat, Written};
use crate::gui::kit::figures::{self, grouped};
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets::{self, progress_ui};
use crate::gui::tab::state::Saved;
use crate::lang::{Words, explain, fill};
use crate::model::{Failure, Operation};
use crate::task::Task;
use eframe::egui::{self, Frame, Margin, Panel, RichText, Ui};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that concerns files.
pub struct Files {
    /// Where something is to be saved.
    pub save: Option<SaveDialog>,
    /// What is to be opened.
    pub open: Option<OpenDialog>,
    /// Whether something unsaved is to be closed.
    pub closing: Option<ClosingDialog>,
    /// What was left behind.
    pub recovery: Recovery,
    /// Threads that delete what the user did not want.
    pub deleting: Vec<Task<()>>,
    /// The user has decided that the window is closed.
    pub closes: bool,
    /// What was not saved is left for the next start.
    pub keeps_unsaved: bool,
    /// The window is closed as soon as all is written.
    pub quits_when_written: bool,
    writing: Vec<Writing>,
    messages: Vec<Message>,
}

/// Something that is being written.
struct Writing {
    what: String,
    path: PathBuf,
    task: Task<Option<Written>>,
    done: Done,
}

/// What there is to do when something was written.
#[derive(Clone)]
pub struct Done {
    /// Whose it is.
    pub tab: TabId,
    /// What is saved by it.
    pub saved: Saved,
    /// All of the recording is in the file; otherwise it is an export.
    pub is_whole: bool,
    /// No record was left out.
    pub is_all: bool,
    /// What comes then.
    pub after: After,
}

/// What came of something.
struct Message {
    text: String,
    is_failure: bool,
}

impl Files {
    /// Nothing is open; what was left behind below `recordings` is looked for.
    pub fn new(recordings: PathBuf, notify: &Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            save: None,
            open: None,
            closing: None,
            recovery: Recovery::look(recordings, notify),
            deleting: Vec::new(),
            closes: false,
            keeps_unsaved: false,
            quits_when_written: false,
            writing: Vec::new(),
            messages: Vec::new(),
        }
    }

    /// Whether a dialog has the keys.
    pub fn has_dialog(&self) -> bool {
        self.save.is_some() || self.open.is_some() || self.closing.is_some()
    }

    /// Whether something is being written.
    pub fn is_writing(&self) -> bool {
        !self.writing.is_empty()
    }

    /// Begins to write.
    pub fn write(
        &mut self,
        plan: Plan,
        what: String,
        saved: Saved,
        (tab, after): (TabId, After),
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) {
        let path = plan.path.clone();
        let is_all = plan.found.is_none();
        let is_whole = is_all && plan.format == SaveFormat::Recording;
        let task = Task::start("save recording", Operation::Save, notify, move |control| plan.write(control));
        self.writing.push(Writing { what, path, task, done: Done { tab, saved, is_whole, is_all, after } });
    }

    /// Takes in what the threads have done. Returns what was written.
    pub fn update(&mut self, words: &Words) -> Vec<Done> {
        self.recovery.update();
        let mut done = Vec::new();
        for mut writing in std::mem::take(&mut self.writing) {
            match writing.task.take() {
                None => self.writing.push(writing),
                Some(Ok(Some(written))) => {
                    self.tell(describe(&written, &writing.path, words), false);
                    done.push(writing.done);
                }
                Some(Ok(None)) => {
                    self.quits_when_written = false;
                    self.tell(fill(&words.save_cancelled, &[("path", &writing.path.display())]), false);
                }
                Some(Err(failure)) => {
                    self.quits_when_written = false;
                    self.fail(&failure, words);
                }
            }
        }
        for mut task in std::mem::take(&mut self.deleting) {
            match task.take() {
                None => self.deleting.push(task),
                Some(outcome) => {
                    if let Err(failure) = outcome {
                        self.fail(&failure, words);
                    }
                }
            }
        }
        done
    }

    /// Shows what went wrong.
    pub fn fail(&mut self, failure: &Failure, words: &Words) {
        self.tell(explain(words, failure), true);
    }

    fn tell(&mut self, text: String, is_failure: bool) {
        /// More of them would hide what they are about.
        const MOST: usize = 4;
        self.messages.push(Message { text, is_failure });
        let surplus = self.messages.len().saturating_sub(MOST);
        self.messages.drain(..surplus);
    }

    /// Draws a row for all that is written, and for what came of it.
    pub fn tasks_ui(&mut self, ui: &mut Ui, words: &Words) {
        if self.writing.is_empty() && self.messages.is_empty() {
            return;
        }
        let palette = Palette::of(ui.visuals());
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4));
        Panel::top("file tasks").frame(frame).show(ui, |ui| {
            for (place, writing) in self.writing.iter().enumerate() {
                ui.push_id(("writing", place), |ui| {
                    let cancel = format!("Cancel writing {}", writing.what);
                    let text = fill(&words.save_running, &[("what", &writing.what)]);
                    if progress_ui(ui, &text, writing.task.progress().fraction(), (&words.cancel, &cancel)) {
                        writing.task.cancel();
                    }
                });
            }
            let mut place = 0;
            self.messages.retain(|message| {
                place += 1;
                let shown = ui.push_id(("message", place), |ui| {
                    if message.is_failure {
                        return widgets::banner(
                            ui,
                            &message.text,
                            &words.dismiss,
                            "Dismiss failed save",
                            |_| {},
                        );
                    }
                    done_ui(ui, &message.text, palette, words)
                });
                !shown.inner
            });
        });
    }

    /// Ends what is being written and looked for, and waits for it.
    pub fn end(&mut self) {
        for writing in self.writing.drain(..) {
            let _ = writing.task.finish();
        }
        for task in self.deleting.drain(..) {
            let _ = task.finish();
        }
    }
}

/// A line with what is done. Returns whether it was put away.
fn done_ui(ui: &mut Ui, text: &str, palette: &Palette, words: &Words) -> bool {
    let mut is_dismissed = false;
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let close = ui.button("✕").on_hover_text(&words.dismiss);
            is_dismissed = close.accessible_name("Dismiss message").clicked();
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let label = ui.add(egui::Label::new(RichText::new(text).color(palette.text)).truncate());
                ui.ctx().accesskit_node_builder(label.id, |node| {
                    node.set_live(egui::accesskit::Live::Polite);
                });
            });
        });
    });
    is_dismissed
}

fn describe(written: &Written, path: &std::path::Path, words: &Words) -> String {
    let path = path.display();
    match written {
        Written::Recording(bytes) => {
            fill(&words.save_done, &[("bytes", &figures::bytes(*bytes)), ("path", &path)])
        }
        Written::Export(summary) => {
            let bytes = figures::bytes(summary.payload_bytes);
            let (records, files) = (grouped(summary.records), summary.files.len());
            let values: [(&str, &dyn std::fmt::Display); 4] =
                [("records", &records), ("bytes", &bytes), ("files", &files), ("path", &path)];
            fill(if files == 1 { &words.export_done } else { &words.export_done_files }, &values)
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
