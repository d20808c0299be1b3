//! The state of opening files: the desktop's dialog first, and the dialog for a typed path where there is none or the
//! user wants it.

use crate::gui::files::browse::Chooser;
use crate::gui::files::desktop::Desktop;
use crate::task::Notify;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The dialog.
pub struct OpenDialog {
    /// The path as typed.
    pub path: String,
    /// The desktop's dialog, and whether this one is shown.
    pub chooser: Chooser<Vec<PathBuf>>,
    folder: PathBuf,
}

impl OpenDialog {
    /// `folder`: where the desktop's dialog begins. Nothing is shown yet.
    pub fn new(folder: &Path) -> Self {
        Self { path: String::new(), chooser: Chooser::default(), folder: folder.into() }
    }

    /// Opens the desktop's dialog, or shows this one where there is no desktop.
    pub fn browse(&mut self, desktop: Option<&Arc<dyn Desktop>>, notify: &Notify) {
        let folder = self.folder.clone();
        self.chooser.ask(desktop, notify, move |desktop| desktop.choose_files(&folder));
    }
}
