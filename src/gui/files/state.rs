//! What the window does with files: the dialogs, the running saves, unfinished recordings, and leaving.

use crate::gui::files::closing::ClosingDialog;
use crate::gui::files::follow_dialog::FollowDialog;
use crate::gui::files::open_dialog::OpenDialog;
use crate::gui::files::recovery::Recovery;
use crate::gui::files::save_dialog::SaveDialog;
use crate::gui::files::storage::Storage;
use crate::gui::files::writing_list::WritingList;
use crate::settings::RecordingSettings;
use crate::task::Task;
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
    /// The room that recordings take.
    pub storage: Storage,
    /// The file that is being shown in the file manager.
    pub showing: Option<Task<()>>,
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
    /// Begins a file that grows with a session.
    pub follow: Option<FollowDialog>,
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
    /// No dialog is open; unfinished recordings are looked for in the usual folder and the one of the settings.
    pub fn new(usual: PathBuf, settings: &RecordingSettings, notify: &Arc<dyn Fn() + Send + Sync>) -> Self {
        let storage = Storage::new(usual.clone());
        let chosen = storage.folder(settings);
        let folders = if chosen == usual { vec![usual] } else { vec![usual, chosen] };
        Self {
            dialogs: Dialogs::default(),
            recovery: Recovery::look(folders, notify),
            writing: WritingList::default(),
            storage,
            showing: None,
            leaving: Leaving::default(),
        }
    }

    /// Whether a dialog is open, which then has the keyboard.
    pub fn has_dialog(&self) -> bool {
        let Dialogs { open, save, follow, closing } = &self.dialogs;
        open.as_ref().is_some_and(|dialog| dialog.chooser.is_shown())
            || save.as_ref().is_some_and(|dialog| dialog.chooser.is_shown())
            || follow.is_some()
            || closing.is_some()
            || self.recovery.is_listed()
    }
}
