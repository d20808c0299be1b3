//! What can be done by key, in one table: the shortcut, the words, the action.
//!
//! Ctrl+Space and Shift stay with the input method.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

/// A command that a key starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UiCommand {
    /// A new TCP server tab.
    NewServer,
    /// A new TCP client tab.
    NewClient,
    /// A new UDP tab.
    NewUdp,
    /// Open files.
    Open,
    /// Save or export what is shown.
    Save,
    /// Close the tab that is shown.
    CloseTab,
    /// Show the next tab.
    NextTab,
    /// Show the tab before.
    PreviousTab,
    /// Start or stop what is shown.
    StartStop,
    /// Hide the data so far.
    Clear,
    /// Freeze or unfreeze the display.
    Pause,
    /// Go to the newest record.
    Newest,
    /// Show or hide the inspector.
    Inspector,
    /// Search and filter.
    Find,
    /// Go to the next match.
    FindNext,
    /// Go to the match before.
    FindPrevious,
    /// Mark the selected record, or take its mark away.
    Bookmark,
    /// Write a note on the selected record.
    Note,
    /// Go to the next mark.
    NextMark,
    /// Go to the mark before.
    PreviousMark,
    /// Go to a time.
    GoToTime,
    /// Put the cursor into the payload field.
    FocusPayload,
}

impl UiCommand {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::NewServer,
        Self::NewClient,
        Self::NewUdp,
        Self::Open,
        Self::Save,
        Self::CloseTab,
        Self::NextTab,
        Self::PreviousTab,
        Self::StartStop,
        Self::Clear,
        Self::Pause,
        Self::Newest,
        Self::Inspector,
        Self::Find,
        Self::FindNext,
        Self::FindPrevious,
        Self::Bookmark,
        Self::Note,
        Self::NextMark,
        Self::PreviousMark,
        Self::GoToTime,
        Self::FocusPayload,
    ];

    /// The keys.
    #[must_use]
    pub const fn shortcut(self) -> KeyboardShortcut {
        const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };
        match self {
            Self::NewServer => KeyboardShortcut::new(Modifiers::COMMAND, Key::N),
            Self::NewClient => KeyboardShortcut::new(Modifiers::COMMAND, Key::T),
            Self::NewUdp => KeyboardShortcut::new(Modifiers::COMMAND, Key::U),
            Self::Open => KeyboardShortcut::new(Modifiers::COMMAND, Key::O),
            Self::Save => KeyboardShortcut::new(Modifiers::COMMAND, Key::S),
            Self::CloseTab => KeyboardShortcut::new(Modifiers::COMMAND, Key::W),
            Self::NextTab => KeyboardShortcut::new(Modifiers::COMMAND, Key::Tab),
            Self::PreviousTab => KeyboardShortcut::new(CTRL_SHIFT, Key::Tab),
            Self::StartStop => KeyboardShortcut::new(Modifiers::NONE, Key::F5),
            Self::Clear => KeyboardShortcut::new(Modifiers::COMMAND, Key::L),
            Self::Pause => KeyboardShortcut::new(Modifiers::NONE, Key::F6),
            Self::Newest => KeyboardShortcut::new(Modifiers::NONE, Key::F7),
            Self::Inspector => KeyboardShortcut::new(Modifiers::COMMAND, Key::I),
            Self::Find => KeyboardShortcut::new(Modifiers::COMMAND, Key::F),
            Self::FindNext => KeyboardShortcut::new(Modifiers::NONE, Key::F3),
            Self::FindPrevious => KeyboardShortcut::new(Modifiers::SHIFT, Key::F3),
            Self::Bookmark => KeyboardShortcut::new(Modifiers::COMMAND, Key::B),
            Self::Note => KeyboardShortcut::new(CTRL_SHIFT, Key::B),
            Self::NextMark => KeyboardShortcut::new(Modifiers::NONE, Key::F2),
            Self::PreviousMark => KeyboardShortcut::new(Modifiers::SHIFT, Key::F2),
            Self::GoToTime => KeyboardShortcut::new(Modifiers::COMMAND, Key::G),
            Self::FocusPayload => KeyboardShortcut::new(Modifiers::NONE, Key::F8),
        }
    }

    /// A tooltip with its keys.
    #[must_use]
    pub fn tip_of(self, ctx: &Context, text: &str) -> String {
        format!("{text} ({})", ctx.format_shortcut(&self.shortcut()))
    }
}
