//! What can be done by key, in one table: the shortcut, the words, the action.
//!
//! Ctrl+Space and Shift stay with the input method.

use super::{Action, app::App};
use crate::settings::TabKind;
use eframe::egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

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

    /// What it does now, if anything.
    fn action(self, app: &App) -> Option<Action> {
        let tab = app.active_tab();
        Some(match self {
            Self::Bookmark => Action::ToggleBookmark(tab?.id),
            Self::Note => Action::AskNote(tab?.id),
            Self::NextMark => Action::MarkStep(tab?.id, true),
            Self::PreviousMark => Action::MarkStep(tab?.id, false),
            Self::GoToTime => Action::AskTime(tab?.id),
            Self::NewServer => Action::NewTab(TabKind::TcpServer),
            Self::NewClient => Action::NewTab(TabKind::TcpClient),
            Self::NewUdp => Action::NewTab(TabKind::Udp),
            Self::Open => Action::AskOpen,
            Self::Save => Action::AskSave(tab?.id),
            Self::CloseTab => Action::CloseTab(tab?.id),
            Self::NextTab => Action::StepTab(1),
            Self::PreviousTab => Action::StepTab(-1),
            Self::StartStop if tab?.is_active() => Action::Stop(tab?.id),
            Self::StartStop => Action::Start(tab?.id),
            Self::Clear => Action::Clear(tab?.id),
            Self::Pause => Action::TogglePause(tab?.id),
            Self::Newest => Action::JumpToNewest(tab?.id),
            Self::Inspector => Action::ToggleInspector(tab?.id),
            Self::Find => Action::OpenFind(tab?.id),
            Self::FindNext => Action::FindStep(tab?.id, true),
            Self::FindPrevious => Action::FindStep(tab?.id, false),
            Self::FocusPayload => Action::FocusPayload(tab?.id),
        })
    }
}

/// Ctrl with a digit shows the tab at that place, and with 9 the last one, as browsers do.
const PLACES: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// Turns the keys that were pressed into actions. The longer shortcuts are looked at first, since
/// egui lets Ctrl+Tab match Ctrl+Shift+Tab. A key held down counts once, except for stepping through tabs
/// and matches: nobody wants to close them all.
pub fn take_shortcuts(ctx: &Context, app: &App, actions: &mut Vec<Action>) {
    let mut commands = UiCommand::ALL;
    commands.sort_by_key(|command| !command.shortcut().modifiers.shift);
    for command in commands {
        let shortcut = command.shortcut();
        let is_held = |event: &Event| matches!(event, Event::Key { key, repeat: true, .. } if *key == shortcut.logical_key);
        let (is_pressed, is_held) = ctx.input_mut(|input| {
            let is_held = input.events.iter().any(is_held);
            (input.consume_shortcut(&shortcut), is_held)
        });
        let repeats = matches!(
            command,
            UiCommand::NextTab
                | UiCommand::PreviousTab
                | UiCommand::FindNext
                | UiCommand::FindPrevious
                | UiCommand::NextMark
                | UiCommand::PreviousMark
        );
        if is_pressed && (repeats || !is_held) {
            actions.extend(command.action(app));
        }
    }
    for (place, key) in PLACES.into_iter().enumerate() {
        if ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key)) {
            let tab = if key == Key::Num9 { app.last_tab() } else { app.tab_at(place) };
            actions.extend(tab.map(Action::SelectTab));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::composer::SEND;
    use crate::gui::view::{COPY, COPY_HEX};

    #[test]
    fn no_two_commands_share_keys_and_none_takes_those_of_input_methods() {
        let mut all: Vec<_> = UiCommand::ALL.iter().map(|command| command.shortcut()).collect();
        all.extend([SEND, COPY, COPY_HEX]);
        all.extend(PLACES.map(|key| KeyboardShortcut::new(Modifiers::COMMAND, key)));
        for (index, shortcut) in all.iter().enumerate() {
            assert!(!all[..index].contains(shortcut), "{shortcut:?} is there twice");
            assert_ne!(shortcut.logical_key, Key::Space, "Ctrl+Space belongs to the input method");
        }
    }
}
