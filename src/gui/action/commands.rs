//! The commands that have a keyboard shortcut, in one table for menus, tooltips and keys.
//!
//! Ctrl+Space and Shift alone are left to input methods.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

/// A command with a keyboard shortcut.
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
    /// Open a file by its typed path.
    OpenPath,
    /// Save or export the records that are shown.
    Save,
    /// The same with all choices.
    SaveOptions,
    /// Close the tab that is shown.
    CloseTab,
    /// Show the next tab.
    NextTab,
    /// Show the previous tab.
    PreviousTab,
    /// Start or stop the session that is shown.
    StartStop,
    /// Hide the records so far.
    Clear,
    /// Show the records that were hidden.
    ShowCleared,
    /// Count what is received and sent from zero.
    ResetCounters,
    /// Freeze or unfreeze the display.
    Pause,
    /// Go to the newest record.
    Newest,
    /// Show or hide the inspector.
    Inspector,
    /// Show the search and the filter.
    Find,
    /// Go to the next match.
    FindNext,
    /// Go to the previous match.
    FindPrevious,
    /// Bookmark the selected record, or remove its bookmark.
    Bookmark,
    /// Write a note on the selected record.
    Note,
    /// Go to the next bookmark.
    NextBookmark,
    /// Go to the previous bookmark.
    PreviousBookmark,
    /// Go to a time.
    GoToTime,
    /// Move the keyboard focus to the payload field.
    FocusPayload,
}

impl UiCommand {
    /// All commands.
    pub const ALL: [Self; 26] = [
        Self::NewServer,
        Self::NewClient,
        Self::NewUdp,
        Self::Open,
        Self::OpenPath,
        Self::Save,
        Self::SaveOptions,
        Self::CloseTab,
        Self::NextTab,
        Self::PreviousTab,
        Self::StartStop,
        Self::Clear,
        Self::ShowCleared,
        Self::ResetCounters,
        Self::Pause,
        Self::Newest,
        Self::Inspector,
        Self::Find,
        Self::FindNext,
        Self::FindPrevious,
        Self::Bookmark,
        Self::Note,
        Self::NextBookmark,
        Self::PreviousBookmark,
        Self::GoToTime,
        Self::FocusPayload,
    ];

    /// The shortcut.
    #[must_use]
    pub const fn shortcut(self) -> KeyboardShortcut {
        const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };
        match self {
            Self::NewServer => KeyboardShortcut::new(Modifiers::COMMAND, Key::N),
            Self::NewClient => KeyboardShortcut::new(Modifiers::COMMAND, Key::T),
            Self::NewUdp => KeyboardShortcut::new(Modifiers::COMMAND, Key::U),
            Self::Open => KeyboardShortcut::new(Modifiers::COMMAND, Key::O),
            Self::OpenPath => KeyboardShortcut::new(CTRL_SHIFT, Key::O),
            Self::SaveOptions => KeyboardShortcut::new(CTRL_SHIFT, Key::S),
            Self::Save => KeyboardShortcut::new(Modifiers::COMMAND, Key::S),
            Self::CloseTab => KeyboardShortcut::new(Modifiers::COMMAND, Key::W),
            Self::NextTab => KeyboardShortcut::new(Modifiers::COMMAND, Key::Tab),
            Self::PreviousTab => KeyboardShortcut::new(CTRL_SHIFT, Key::Tab),
            Self::StartStop => KeyboardShortcut::new(Modifiers::NONE, Key::F5),
            Self::Clear => KeyboardShortcut::new(Modifiers::COMMAND, Key::L),
            Self::ShowCleared => KeyboardShortcut::new(CTRL_SHIFT, Key::L),
            Self::ResetCounters => KeyboardShortcut::new(CTRL_SHIFT, Key::R),
            Self::Pause => KeyboardShortcut::new(Modifiers::NONE, Key::F6),
            Self::Newest => KeyboardShortcut::new(Modifiers::NONE, Key::F7),
            Self::Inspector => KeyboardShortcut::new(Modifiers::COMMAND, Key::I),
            Self::Find => KeyboardShortcut::new(Modifiers::COMMAND, Key::F),
            Self::FindNext => KeyboardShortcut::new(Modifiers::NONE, Key::F3),
            Self::FindPrevious => KeyboardShortcut::new(Modifiers::SHIFT, Key::F3),
            Self::Bookmark => KeyboardShortcut::new(Modifiers::COMMAND, Key::B),
            Self::Note => KeyboardShortcut::new(CTRL_SHIFT, Key::B),
            Self::NextBookmark => KeyboardShortcut::new(Modifiers::NONE, Key::F2),
            Self::PreviousBookmark => KeyboardShortcut::new(Modifiers::SHIFT, Key::F2),
            Self::GoToTime => KeyboardShortcut::new(Modifiers::COMMAND, Key::G),
            Self::FocusPayload => KeyboardShortcut::new(Modifiers::NONE, Key::F8),
        }
    }

    /// A tooltip with the shortcut.
    #[must_use]
    pub fn tip_of(self, ctx: &Context, text: &str) -> String {
        format!("{text} ({})", ctx.format_shortcut(&self.shortcut()))
    }
}
