//! Turns the keys that were pressed into actions.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::lists::{ItemAction, ListsAction};
use crate::gui::action::{Action, AppAction, Step, TabAction};
use crate::gui::app::tabs::Tabs;
use crate::gui::lists::keys;
use crate::gui::lists::state::Lists;
use crate::model::SessionState;
use crate::settings::{SidePanel, TabKind, ViewMode};
use eframe::egui::{Context, Event, Key, Modifiers};

/// What a command does now, if anything.
#[must_use]
pub fn action(command: UiCommand, tabs: &Tabs) -> Option<Action> {
    let tab = tabs.active();
    let of_tab = |action| tab.map(|tab| Action::Tab(tab.id, action));
    let of_app = |action| Some(Action::App(action));
    match command {
        UiCommand::NewServer => of_app(AppAction::NewTab(TabKind::TcpServer)),
        UiCommand::NewClient => of_app(AppAction::NewTab(TabKind::TcpClient)),
        UiCommand::NewUdp => of_app(AppAction::NewTab(TabKind::Udp)),
        UiCommand::Open => of_app(AppAction::AskOpen),
        UiCommand::Save => of_app(AppAction::AskSave(tab?.id)),
        UiCommand::OpenPath => of_app(AppAction::AskOpenPath),
        UiCommand::SaveOptions => of_app(AppAction::AskSaveOptions(tab?.id)),
        UiCommand::CloseTab => of_app(AppAction::CloseTab(tab?.id)),
        UiCommand::NextTab => of_app(AppAction::StepTab(Step::Next)),
        UiCommand::PreviousTab => of_app(AppAction::StepTab(Step::Previous)),
        UiCommand::StartStop if tab?.records.status.state.is_active() => of_tab(TabAction::Stop),
        UiCommand::StartStop => of_tab(TabAction::Start),
        UiCommand::Clear => of_tab(TabAction::Clear),
        UiCommand::ShowCleared => of_tab(TabAction::ShowCleared),
        UiCommand::ResetCounters => of_tab(TabAction::ResetCounters),
        UiCommand::Pause => of_tab(TabAction::TogglePause),
        UiCommand::Newest => of_tab(TabAction::JumpToNewest),
        UiCommand::Inspector => of_tab(TabAction::ToggleSide(SidePanel::Inspector)),
        // Only a session sends.
        UiCommand::Commands if tab?.records.file().is_some() => None,
        UiCommand::Commands => of_tab(TabAction::ToggleSide(SidePanel::Commands)),
        UiCommand::Find => of_tab(TabAction::OpenFind),
        UiCommand::FindNext => of_tab(TabAction::FindStep(Step::Next)),
        UiCommand::FindPrevious => of_tab(TabAction::FindStep(Step::Previous)),
        UiCommand::Bookmark => of_tab(TabAction::ToggleBookmark),
        UiCommand::Note => of_tab(TabAction::AskNote),
        UiCommand::NextBookmark => of_tab(TabAction::BookmarkStep(Step::Next)),
        UiCommand::PreviousBookmark => of_tab(TabAction::BookmarkStep(Step::Previous)),
        UiCommand::GoToTime => of_tab(TabAction::AskTime),
        UiCommand::FocusPayload => of_tab(TabAction::FocusPayload),
        UiCommand::RatePlot => of_tab(TabAction::ToggleRatePlot),
        UiCommand::ViewAuto => of_tab(TabAction::SetView(ViewMode::Auto)),
        UiCommand::ViewText => of_tab(TabAction::SetView(ViewMode::Text)),
        UiCommand::ViewHex => of_tab(TabAction::SetView(ViewMode::Hex)),
        UiCommand::ViewBoth => of_tab(TabAction::SetView(ViewMode::Both)),
        UiCommand::StopListening if tab?.form.kind != TabKind::TcpServer => None,
        UiCommand::StopListening => match tab?.records.status.state {
            SessionState::Listening => of_tab(TabAction::StopListening),
            SessionState::Open => of_tab(TabAction::ListenAgain),
            _ => None,
        },
        UiCommand::SendFile => of_tab(TabAction::AskSendFile),
        // A file receives and sends nothing.
        UiCommand::Pieces | UiCommand::Receive | UiCommand::Log if tab?.records.file().is_some() => None,
        UiCommand::Pieces => of_tab(TabAction::TogglePieces),
        UiCommand::Receive => of_tab(TabAction::AskReceive(None)),
        UiCommand::Log => of_tab(TabAction::AskLog),
        UiCommand::Repeat => of_tab(TabAction::StartRepeat),
        UiCommand::RunSequence => of_app(AppAction::Lists(ListsAction::AskSequence)),
        UiCommand::StopOutgoing => of_tab(TabAction::StopAllOutgoing),
        UiCommand::PauseOutgoing => of_tab(TabAction::TogglePauseOutgoing),
        UiCommand::Settings => of_app(AppAction::OpenSettings),
        UiCommand::Palette => of_app(AppAction::OpenPalette),
    }
}

/// With Ctrl these show the tab at that place, 9 the last one, as in browsers.
const DIGITS: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// Turns the keys of this frame into actions. Shortcuts with Shift are matched first, since egui lets Ctrl+Tab
/// match Ctrl+Shift+Tab. Repeats of a key that is held count only for stepping through tabs, matches and
/// bookmarks, so that holding Ctrl+W closes one tab. The keys of items are matched before.
pub fn take_shortcuts(ctx: &Context, tabs: &Tabs, lists: &Lists, actions: &mut Vec<Action>) {
    take_item_keys(ctx, tabs, lists, actions);
    // A command's keys also match with Alt held, with which AltGr types characters.
    let typed = ctx.input_mut(|input| {
        let (typed, others) = std::mem::take(&mut input.events).into_iter().partition(keys::may_type);
        input.events = others;
        typed
    });
    take_command_keys(ctx, tabs, actions);
    ctx.input_mut(|input| input.events.splice(0..0, typed).for_each(drop));
}

/// Sends the items whose keys were pressed. With AltGr, the keys that have a character type it in a field.
fn take_item_keys(ctx: &Context, tabs: &Tabs, lists: &Lists, actions: &mut Vec<Action>) {
    let Some(tab) = tabs.active().filter(|tab| tab.records.file().is_none()) else { return };
    let is_typing = ctx.text_edit_focused();
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            if !matches!(event, Event::Key { .. }) {
                return true;
            }
            let pressed = lists.keys(&tab.form).find(|(chord, _)| keys::is_press(event, chord));
            // A key that the window has itself stays its own, also where a file gives it to an item.
            let pressed =
                pressed.filter(|(chord, _)| !(keys::is_taken(chord) || is_typing && chord.may_type()));
            let send = pressed.map(|(_, item)| TabAction::Item(ItemAction::Send(item.id.clone())));
            let is_pressed = send.is_some();
            actions.extend(send.map(|send| Action::Tab(tab.id, send)));
            !is_pressed
        });
    });
}

fn take_command_keys(ctx: &Context, tabs: &Tabs, actions: &mut Vec<Action>) {
    let shortcuts = UiCommand::ALL.into_iter().filter_map(|command| Some((command, command.shortcut()?)));
    let mut shortcuts: Vec<_> = shortcuts.collect();
    shortcuts.sort_by_key(|(_, shortcut)| !shortcut.modifiers.shift);
    for (command, shortcut) in shortcuts {
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
                | UiCommand::NextBookmark
                | UiCommand::PreviousBookmark
        );
        if is_pressed && (repeats || !is_held) {
            actions.extend(action(command, tabs));
        }
    }
    for (index, key) in DIGITS.into_iter().enumerate() {
        if ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key)) {
            let (row, _) = tabs.row();
            let tab = if key == Key::Num9 { row.last() } else { row.get(index) };
            actions.extend(tab.map(|tab| Action::App(AppAction::SelectTab(tab.id))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::compose::send_ui::SEND;
    use crate::gui::view::{COPY, COPY_HEX, COPY_LINES};
    use eframe::egui::KeyboardShortcut;

    #[test]
    fn shortcuts_are_unique_and_leave_the_keys_of_input_methods() {
        let mut all: Vec<_> = UiCommand::ALL.iter().filter_map(|command| command.shortcut()).collect();
        all.extend([SEND, COPY, COPY_HEX, COPY_LINES]);
        all.extend(DIGITS.map(|key| KeyboardShortcut::new(Modifiers::COMMAND, key)));
        for (index, shortcut) in all.iter().enumerate() {
            assert!(!all[..index].contains(shortcut), "{shortcut:?} is there twice");
            assert_ne!(shortcut.logical_key, Key::Space, "Ctrl+Space belongs to the input method");
        }
    }
}
