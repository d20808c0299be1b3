//! The state of opening files: the desktop's dialog first, and the dialog for a typed path where there is none or the
//! user wants it.

use crate::gui::files::browse::{self, Answer};
use crate::gui::files::desktop::Desktop;
use crate::task::Task;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The dialog.
pub struct OpenDialog {
    /// The path as typed.
    pub path: String,
    folder: PathBuf,
    browsing: Option<Task<Answer<Vec<PathBuf>>>>,
    /// The dialog for a typed path is shown.
    is_shown: bool,
    /// No dialog of the desktop has answered.
    pub has_no_desktop: bool,
    /// The path field takes the keyboard focus in the next frame.
    pub wants_focus: bool,
}

impl OpenDialog {
    /// `folder`: where the desktop's dialog begins. Nothing is shown yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            path: String::new(),
            folder: folder.into(),
            browsing: None,
            is_shown: false,
            has_no_desktop: false,
            wants_focus: true,
        }
    }

    /// Opens the desktop's dialog, or shows the one for a typed path where there is no desktop.
    pub fn browse(&mut self, desktop: Option<&Arc<dyn Desktop>>, notify: &Arc<dyn Fn() + Send + Sync>) {
        match desktop {
            None => self.show_without_desktop(),
            Some(desktop) if self.browsing.is_none() => {
                self.browsing = Some(browse::files(desktop.clone(), self.folder.clone(), notify));
            }
            Some(_) => {}
        }
    }

    /// Shows the dialog for a typed path.
    pub fn show(&mut self) {
        self.is_shown = true;
    }

    fn show_without_desktop(&mut self) {
        self.has_no_desktop = true;
        self.wants_focus = true;
        self.show();
    }

    /// Whether the dialog for a typed path is shown.
    pub fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Whether the desktop's dialog is open.
    pub fn is_browsing(&self) -> bool {
        self.browsing.is_some()
    }

    /// The answer of the desktop's dialog, once. Without one, the dialog for a typed path is shown.
    pub fn take_answer(&mut self) -> Option<Answer<Vec<PathBuf>>> {
        let outcome = self.browsing.as_mut().and_then(Task::take)?;
        self.browsing = None;
        let answer = outcome.unwrap_or(Answer::Unavailable);
        if answer == Answer::Unavailable {
            self.show_without_desktop();
        }
        Some(answer)
    }
}
