//! The saves that are running, the failures of those that have ended, and toasts about the others. Draws nothing.

use crate::gui::action::{Action, AppAction, TabId};
use crate::gui::files::save_dialog::After;
use crate::gui::files::saved::Saved;
use crate::gui::files::writing::{Plan, Written};
use crate::gui::kit::figures::{self, grouped};
use crate::gui::kit::toasts::{NextStep, Toast, ToastKind};
use crate::lang::{Words, explain, fill};
use crate::model::{Failure, Operation};
use crate::settings::SaveFormat;
use crate::task::Task;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The running saves and deletions, and their failures.
#[derive(Default)]
pub struct WritingList {
    pub(super) running: Vec<Writing>,
    deleting: Vec<Task<()>>,
    pub(super) failures: Vec<Problem>,
}

/// A running save.
pub(super) struct Writing {
    /// The title of the tab.
    pub title: String,
    /// What is saved, if it is a part, in the language of the window.
    part: Option<String>,
    pub path: PathBuf,
    pub job: Task<Option<Written>>,
    pub done: Done,
}

/// A save that has ended well.
#[derive(Clone)]
pub struct Done {
    /// The tab whose records were saved.
    pub tab: TabId,
    /// The part of the recording that was saved.
    pub saved: Saved,
    /// The file is the whole recording; otherwise it is an export.
    pub is_whole: bool,
    /// No record was left out.
    pub is_all: bool,
    /// What follows.
    pub after: After,
}

/// The changes since the last update.
#[derive(Default)]
pub struct Ended {
    /// The saves that have ended well.
    pub done: Vec<Done>,
    /// A save was cancelled or has failed.
    pub has_failed: bool,
    /// What was done or cancelled, in words.
    pub toasts: Vec<Toast>,
}

/// A failure that is shown until the next try succeeds or the user dismisses it; one for each [`Attempt`].
pub(super) struct Problem {
    pub attempt: Attempt,
    /// In the language of the window.
    pub text: String,
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Saving the records of a tab.
    Save(TabId),
    /// Deleting a recording.
    Delete,
}

impl WritingList {
    /// Whether a save is running.
    pub fn is_writing(&self) -> bool {
        !self.running.is_empty()
    }

    /// Begins to save a tab with this title, and what is told of the part if it is not everything.
    pub fn write(
        &mut self,
        plan: Plan,
        (title, part): (String, Option<String>),
        saved: Saved,
        (tab, after): (TabId, After),
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) {
        let path = plan.path.clone();
        let is_all = plan.is_all();
        let is_whole = is_all && plan.format == SaveFormat::Recording;
        let job = Task::start("save recording", Operation::Save, notify, move |control| plan.write(control));
        self.running.push(Writing {
            title,
            part,
            path,
            job,
            done: Done { tab, saved, is_whole, is_all, after },
        });
    }

    /// Begins a deletion. Its failure becomes a message.
    pub fn delete(&mut self, job: Task<()>) {
        self.deleting.push(job);
    }

    /// Cancels a running save, by its index.
    pub fn cancel(&self, index: usize) {
        if let Some(writing) = self.running.get(index) {
            writing.job.cancel();
        }
    }

    /// Takes the results of the jobs.
    pub fn update(&mut self, words: &Words) -> Ended {
        let mut ended = Ended::default();
        for mut writing in std::mem::take(&mut self.running) {
            match writing.job.take() {
                None => self.running.push(writing),
                Some(Ok(Some(written))) => {
                    self.failures.retain(|problem| problem.attempt != Attempt::Save(writing.done.tab));
                    let mut text = describe(&written, &writing.path, words);
                    if let Some(part) = &writing.part {
                        text = fill(&words.save_part_said, &[("done", &text), ("part", part)]);
                    }
                    ended.toasts.push(Toast {
                        next: Some(NextStep {
                            label: words.open_folder.clone(),
                            name: "Open folder",
                            action: Action::App(AppAction::ShowInFolder(writing.path.clone())),
                        }),
                        ..toast(ToastKind::Done, text, &writing.path)
                    });
                    ended.done.push(writing.done);
                }
                Some(Ok(None)) => {
                    ended.has_failed = true;
                    let text = fill(&words.save_cancelled, &[("name", &file_name(&writing.path))]);
                    ended.toasts.push(toast(ToastKind::Note, text, &writing.path));
                }
                Some(Err(failure)) => {
                    ended.has_failed = true;
                    self.fail(Attempt::Save(writing.done.tab), &failure, words);
                }
            }
        }
        for mut job in std::mem::take(&mut self.deleting) {
            match job.take() {
                None => self.deleting.push(job),
                Some(Ok(())) => self.failures.retain(|problem| problem.attempt != Attempt::Delete),
                Some(Err(failure)) => self.fail(Attempt::Delete, &failure, words),
            }
        }
        ended
    }

    fn fail(&mut self, attempt: Attempt, failure: &Failure, words: &Words) {
        self.failures.retain(|problem| problem.attempt != attempt);
        self.failures.push(Problem { attempt, text: explain(words, failure) });
    }

    /// Cancels all jobs and waits for their end. Blocks: for the end of the program.
    pub fn end(&mut self) {
        for writing in self.running.drain(..) {
            let _ = writing.job.finish();
        }
        for job in self.deleting.drain(..) {
            let _ = job.finish();
        }
    }
}

/// A toast about a file. It shows the name, and the whole path as a tooltip.
fn toast(kind: ToastKind, text: String, path: &Path) -> Toast {
    Toast { text, kind, detail: path.display().to_string(), next: None }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn describe(written: &Written, path: &Path, words: &Words) -> String {
    let name = file_name(path);
    match written {
        Written::Recording(bytes) => {
            fill(&words.save_done, &[("bytes", &figures::bytes(*bytes)), ("name", &name)])
        }
        Written::Export(summary) => {
            let bytes = figures::bytes(summary.payload_bytes);
            let (records, files) = (grouped(summary.records), summary.files.len());
            let values: [(&str, &dyn std::fmt::Display); 4] =
                [("records", &records), ("bytes", &bytes), ("files", &files), ("name", &name)];
            fill(if files == 1 { &words.export_done } else { &words.export_done_files }, &values)
        }
    }
}

#[cfg(test)]
#[path = "writing_list_tests.rs"]
mod tests;
