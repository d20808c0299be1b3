//! The state of the question before unsaved data is closed.

use crate::gui::action::TabId;

/// What is about to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// A tab.
    Tab(TabId),
    /// The window.
    Window,
}

/// The dialog.
pub struct ClosingDialog {
    /// What is about to be closed.
    pub closing: Closing,
    /// Do not ask again.
    pub never_again: bool,
}

impl ClosingDialog {
    /// Asks before closing.
    pub fn new(closing: Closing) -> Self {
        Self { closing, never_again: false }
    }
}

/// The titles of the unsaved tabs.
#[derive(Default)]
pub struct Unsaved {
    /// Sessions whose recordings are not saved.
    pub sessions: Vec<String>,
    /// Files with bookmarks that are not saved.
    pub files: Vec<String>,
}
