//! Asking with the desktop's file dialogs, as jobs, since they block their thread.

use crate::gui::files::desktop::Desktop;
use crate::model::Operation;
use crate::settings::SaveFormat;
use crate::task::Task;
use std::path::PathBuf;
use std::sync::Arc;

/// What a dialog of the desktop has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// There is no dialog that answers.
    Unavailable,
    /// The user chose nothing.
    Cancelled,
    /// What the user chose.
    Chosen(T),
}

impl<T> From<Option<T>> for Answer<T> {
    fn from(chosen: Option<T>) -> Self {
        chosen.map_or(Self::Cancelled, Self::Chosen)
    }
}

/// The callback of a job that has ended.
type Notify = Arc<dyn Fn() + Send + Sync>;

/// Asks for files to open, beginning in `folder`.
pub fn files(desktop: Arc<dyn Desktop>, folder: PathBuf, notify: &Notify) -> Task<Answer<Vec<PathBuf>>> {
    Task::start("choose file", Operation::Read, notify, move |_| {
        if !desktop.has_dialogs() {
            return Ok(Answer::Unavailable);
        }
        Ok(desktop.choose_files(&folder).into())
    })
}

/// Asks where to save; `proposal` is the path that is proposed.
pub fn target(
    desktop: Arc<dyn Desktop>,
    proposal: PathBuf,
    format: SaveFormat,
    notify: &Notify,
) -> Task<Answer<PathBuf>> {
    Task::start("choose file", Operation::Read, notify, move |_| {
        if !desktop.has_dialogs() {
            return Ok(Answer::Unavailable);
        }
        Ok(desktop.choose_target(&proposal, format).into())
    })
}
