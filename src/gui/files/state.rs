//! What the window does with files: the dialogs, the running saves, unfinished recordings, and leaving.

use crate::gui::files::closing::ClosingDialog;
use crate::gui::files::open_dialog::OpenDialog;
use crate::gui::files::recovery::Recovery;
use crate::gui::files::save_dialog::SaveDialog;
use crate::gui::files::writing_list::WritingList;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that concerns files.
pub struct Files {
    /// The dialogs over the window.
    pub dialogs: Dialogs,
    /// Unfinished recordings.
    pub recovery: Recovery,
    /// The running saves.
    pub writing: WritingList,
    /// How the window is being closed.
    pub leaving: Leaving,
}

/// The dialogs that are open.
#[derive(Default)]
pub struct Dialogs {
    /// Opens files.
    pub open: Option<OpenDialog>,
    /// Saves or exports.
    pub save: Option<SaveDialog>,
    /// Asks before unsaved data is closed.
    pub closing: Option<ClosingDialog>,
}

/// How the window is being closed.
#[derive(Default)]
pub struct Leaving {
    /// The window is closed without a question.
    pub is_decided: bool,
    /// Unsaved recordings are kept and offered at the next start.
    pub keeps_unsaved: bool,
    /// The window is closed once the running saves have ended well.
    pub when_written: bool,
}

impl Files {
    /// No dialog is open; unfinished recordings below `recordings` are looked for.
    pub fn new(recordings: PathBuf, notify: &Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            dialogs: Dialogs::default(),
            recovery: Recovery::look(recordings, notify),
            writing: WritingList::default(),
            leaving: Leaving::default(),
        }
    }

    /// Whether a dialog is open, which then has the keyboard.
    pub fn has_dialog(&self) -> bool {
        let Dialogs { open, save, closing } = &self.dialogs;
        open.is_some() || save.is_some() || closing.is_some() || self.recovery.is_listed()
    }
}
