//! Turns the keys that were pressed into actions.

use crate::gui::action::Action;
use crate::gui::action::commands::UiCommand;
use crate::gui::app::state::App;
use crate::settings::TabKind;
use eframe::egui::{Context, Event, Key, Modifiers};

/// What a command does now, if anything.
fn action(command: UiCommand, app: &App) -> Option<Action> {
    let tab = app.active_tab();
    Some(match command {
        UiCommand::Bookmark => Action::ToggleBookmark(tab?.id),
        UiCommand::Note => Action::AskNote(tab?.id),
        UiCommand::NextMark => Action::MarkStep(tab?.id, true),
        UiCommand::PreviousMark => Action::MarkStep(tab?.id, false),
        UiCommand::GoToTime => Action::AskTime(tab?.id),
        UiCommand::NewServer => Action::NewTab(TabKind::TcpServer),
        UiCommand::NewClient => Action::NewTab(TabKind::TcpClient),
        UiCommand::NewUdp => Action::NewTab(TabKind::Udp),
        UiCommand::Open => Action::AskOpen,
        UiCommand::Save => Action::AskSave(tab?.id),
        UiCommand::CloseTab => Action::CloseTab(tab?.id),
        UiCommand::NextTab => Action::StepTab(1),
        UiCommand::PreviousTab => Action::StepTab(-1),
        UiCommand::StartStop if tab?.is_active() => Action::Stop(tab?.id),
        UiCommand::StartStop => Action::Start(tab?.id),
        UiCommand::Clear => Action::Clear(tab?.id),
        UiCommand::Pause => Action::TogglePause(tab?.id),
        UiCommand::Newest => Action::JumpToNewest(tab?.id),
        UiCommand::Inspector => Action::ToggleInspector(tab?.id),
        UiCommand::Find => Action::OpenFind(tab?.id),
        UiCommand::FindNext => Action::FindStep(tab?.id, true),
        UiCommand::FindPrevious => Action::FindStep(tab?.id, false),
        UiCommand::FocusPayload => Action::FocusPayload(tab?.id),
    })
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
            actions.extend(action(command, app));
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
    use crate::gui::compose::composer::SEND;
    use crate::gui::view::{COPY, COPY_HEX};
    use eframe::egui::KeyboardShortcut;

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
