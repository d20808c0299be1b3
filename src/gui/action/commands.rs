//! The commands of the window, in one table for menus, tooltips, keys and the search for actions.
//!
//! Ctrl+Space and Shift alone are left to input methods.

use crate::lang::Words;
use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

/// A command.
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
    /// Show or hide the lists of commands.
    Commands,
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
    /// Show or hide the plot of rates.
    RatePlot,
    /// Show each record as text or hex, by its bytes.
    ViewAuto,
    /// Show the data as text.
    ViewText,
    /// Show the data as hex.
    ViewHex,
    /// Show the data as text and hex.
    ViewBoth,
    /// Stop accepting connections, or accept them again.
    StopListening,
    /// Send a file.
    SendFile,
    /// Cut and glue payloads, or send them whole.
    Pieces,
    /// Write received bytes to a file.
    Receive,
    /// Write a text log.
    Log,
    /// Repeat the payload.
    Repeat,
    /// Run a sequence from a file.
    RunSequence,
    /// Stop everything that is sent over time.
    StopOutgoing,
    /// Hold everything that is sent over time, or let it go on.
    PauseOutgoing,
    /// Show the settings.
    Settings,
    /// Search for a command.
    Palette,
}

impl UiCommand {
    /// All commands.
    pub const ALL: [Self; 43] = [
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
        Self::Commands,
        Self::Find,
        Self::FindNext,
        Self::FindPrevious,
        Self::Bookmark,
        Self::Note,
        Self::NextBookmark,
        Self::PreviousBookmark,
        Self::GoToTime,
        Self::FocusPayload,
        Self::RatePlot,
        Self::ViewAuto,
        Self::ViewText,
        Self::ViewHex,
        Self::ViewBoth,
        Self::StopListening,
        Self::SendFile,
        Self::Pieces,
        Self::Receive,
        Self::Log,
        Self::Repeat,
        Self::RunSequence,
        Self::StopOutgoing,
        Self::PauseOutgoing,
        Self::Settings,
        Self::Palette,
    ];

    /// The shortcut, if it has one.
    #[must_use]
    pub const fn shortcut(self) -> Option<KeyboardShortcut> {
        const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };
        let (modifiers, key) = match self {
            Self::NewServer => (Modifiers::COMMAND, Key::N),
            Self::NewClient => (Modifiers::COMMAND, Key::T),
            Self::NewUdp => (Modifiers::COMMAND, Key::U),
            Self::Open => (Modifiers::COMMAND, Key::O),
            Self::Save => (Modifiers::COMMAND, Key::S),
            Self::OpenPath => (CTRL_SHIFT, Key::O),
            Self::SaveOptions => (CTRL_SHIFT, Key::S),
            Self::CloseTab => (Modifiers::COMMAND, Key::W),
            Self::NextTab => (Modifiers::COMMAND, Key::Tab),
            Self::PreviousTab => (CTRL_SHIFT, Key::Tab),
            Self::StartStop => (Modifiers::NONE, Key::F5),
            Self::Clear => (Modifiers::COMMAND, Key::L),
            Self::ShowCleared => (CTRL_SHIFT, Key::L),
            Self::ResetCounters => (CTRL_SHIFT, Key::R),
            Self::Pause => (Modifiers::NONE, Key::F6),
            Self::Newest => (Modifiers::NONE, Key::F7),
            Self::Inspector => (Modifiers::COMMAND, Key::I),
            Self::Commands => (Modifiers::COMMAND, Key::K),
            Self::Find => (Modifiers::COMMAND, Key::F),
            Self::FindNext => (Modifiers::NONE, Key::F3),
            Self::FindPrevious => (Modifiers::SHIFT, Key::F3),
            Self::Bookmark => (Modifiers::COMMAND, Key::B),
            Self::Note => (CTRL_SHIFT, Key::B),
            Self::NextBookmark => (Modifiers::NONE, Key::F2),
            Self::PreviousBookmark => (Modifiers::SHIFT, Key::F2),
            Self::GoToTime => (Modifiers::COMMAND, Key::G),
            Self::FocusPayload => (Modifiers::NONE, Key::F8),
            Self::SendFile => (Modifiers::COMMAND, Key::F8),
            Self::Repeat => (Modifiers::NONE, Key::F9),
            Self::StopOutgoing => (Modifiers::SHIFT, Key::F9),
            Self::PauseOutgoing => (Modifiers::COMMAND, Key::F9),
            Self::Settings => (Modifiers::COMMAND, Key::Comma),
            Self::Palette => (CTRL_SHIFT, Key::P),
            Self::RatePlot
            | Self::Pieces
            | Self::Receive
            | Self::Log
            | Self::RunSequence
            | Self::ViewAuto
            | Self::ViewText
            | Self::ViewHex
            | Self::ViewBoth
            | Self::StopListening => {
                return None;
            }
        };
        Some(KeyboardShortcut::new(modifiers, key))
    }

    /// The name in the search for actions.
    #[must_use]
    pub fn label(self, words: &Words) -> &str {
        match self {
            Self::NewServer => &words.command_new_server,
            Self::NewClient => &words.command_new_client,
            Self::NewUdp => &words.command_new_udp,
            Self::Open => &words.command_open,
            Self::Save => &words.command_save,
            Self::OpenPath => &words.command_open_path,
            Self::SaveOptions => &words.command_save_options,
            Self::CloseTab => &words.close_tab,
            Self::NextTab => &words.command_next_tab,
            Self::PreviousTab => &words.command_previous_tab,
            Self::StartStop => &words.command_start_stop,
            Self::Clear => &words.command_clear,
            Self::ShowCleared => &words.show_cleared_tip,
            Self::ResetCounters => &words.reset_counters,
            Self::Pause => &words.command_pause,
            Self::Newest => &words.jump_to_newest,
            Self::Inspector => &words.command_inspector,
            Self::Commands => &words.command_lists,
            Self::Find => &words.command_find,
            Self::FindNext => &words.find_next,
            Self::FindPrevious => &words.find_previous,
            Self::Bookmark => &words.add_bookmark,
            Self::Note => &words.command_note,
            Self::NextBookmark => &words.bookmark_next,
            Self::PreviousBookmark => &words.bookmark_previous,
            Self::GoToTime => &words.go_to_time,
            Self::FocusPayload => &words.command_focus_payload,
            Self::RatePlot => &words.command_rate_plot,
            Self::ViewAuto => &words.command_view_auto,
            Self::ViewText => &words.command_view_text,
            Self::ViewHex => &words.command_view_hex,
            Self::ViewBoth => &words.command_view_both,
            Self::StopListening => &words.command_stop_listening,
            Self::SendFile => &words.send_file_title,
            Self::Pieces => &words.command_pieces,
            Self::Receive => &words.command_receive,
            Self::Log => &words.command_log,
            Self::Repeat => &words.command_repeat,
            Self::RunSequence => &words.command_run_sequence,
            Self::StopOutgoing => &words.command_stop_outgoing,
            Self::PauseOutgoing => &words.command_pause_outgoing,
            Self::Settings => &words.command_settings,
            Self::Palette => &words.palette,
        }
    }

    /// The keys of its shortcut as text; empty without one.
    #[must_use]
    pub fn keys(self, ctx: &Context) -> String {
        self.shortcut().map(|shortcut| ctx.format_shortcut(&shortcut)).unwrap_or_default()
    }

    /// A tooltip with the keys.
    #[must_use]
    pub fn tip_of(self, ctx: &Context, text: &str) -> String {
        match self.shortcut() {
            Some(shortcut) => format!("{text} ({})", ctx.format_shortcut(&shortcut)),
            None => text.into(),
        }
    }
}
