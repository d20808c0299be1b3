//! The state of the dialog that opens files by their path or with the system's dialog.

use crate::gui::files::browse;
use crate::task::Task;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The dialog.
pub struct OpenDialog {
    /// The path as typed.
    pub path: String,
    folder: PathBuf,
    browsing: Option<Task<Option<Vec<PathBuf>>>>,
    /// The path field takes the keyboard focus in the next frame.
    pub wants_focus: bool,
}

impl OpenDialog {
    /// `folder`: where the system's dialog begins.
    pub fn new(folder: &Path) -> Self {
        Self { path: String::new(), folder: folder.into(), browsing: None, wants_focus: true }
    }

    /// Opens the system's dialog.
    pub fn browse(&mut self, notify: &Arc<dyn Fn() + Send + Sync>) {
        if self.browsing.is_none() {
            self.browsing = Some(browse::open(self.folder.clone(), notify));
        }
    }

    /// Whether the system's dialog is open.
    pub fn is_browsing(&self) -> bool {
        self.browsing.is_some()
    }

    /// The files that were chosen in the system's dialog, once.
    pub fn take_chosen(&mut self) -> Option<Vec<PathBuf>> {
        let outcome = self.browsing.as_mut().and_then(Task::take)?;
        self.browsing = None;
        outcome.unwrap_or_default()
    }
}
