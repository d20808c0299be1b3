//! Draws the search for actions: a field, and the commands that match with their keys.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::lists::ItemAction;
use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::app::palette::Palette;
use crate::gui::app::shortcuts;
use crate::gui::app::tabs::Tabs;
use crate::gui::kit::messages;
use crate::gui::lists::state::Lists;
use crate::gui::tab::state::Tab;
use crate::lang::{Words, fill};
use crate::model::SessionState;
use crate::settings::lists::Item;
use eframe::egui::{self, Button, Context, Key, Modifiers, ScrollArea, TextEdit, TextWrapMode};

/// The width, in points.
const WIDTH: f32 = 460.0;

/// Draws the search. Enter carries the chosen command out, Escape closes the search.
pub fn palette_ui(
    ctx: &Context,
    words: &Words,
    palette: &mut Palette,
    (tabs, lists): (&Tabs, &Lists),
    actions: &mut Vec<Action>,
) {
    let ((), is_left) = messages::dialog(ctx, "palette", WIDTH, |ui| {
        let tab = tabs.active().filter(|tab| tab.records.file().is_none());
        let shown =
            tab.into_iter().flat_map(|tab| lists.store.shown(&tab.form)).flat_map(|open| &open.list.items);
        let matches = entries(words, palette, tabs, tab, shown);
        let (up, down, enter) = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
            (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter))
        });
        if up || down {
            palette.step(down, matches.len());
        }
        let field = TextEdit::singleline(&mut palette.text)
            .id_salt("palette")
            .hint_text(words.palette_hint.as_str())
            .desired_width(f32::INFINITY)
            .min_size(egui::vec2(0.0, 30.0))
            .align(egui::Align2::LEFT_CENTER);
        let field = ui.add(field).accessible_name("Search actions");
        if std::mem::take(&mut palette.wants_focus) {
            field.request_focus();
        }
        if field.changed() {
            palette.chosen = 0;
        }
        ui.add_space(4.0);
        let chosen = enter.then(|| matches.get(palette.chosen)).flatten();
        let mut run = chosen.and_then(|entry| entry.action.clone());
        let height = (ui.ctx().content_rect().height() * 0.55).min(360.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            ui.ctx()
                .accesskit_node_builder(ui.unique_id(), |node| node.set_role(egui::accesskit::Role::ListBox));
            if matches.is_empty() {
                ui.weak(&words.palette_nothing);
            }
            for (index, entry) in matches.iter().enumerate() {
                let is_chosen = index == palette.chosen;
                let button = Button::selectable(is_chosen, entry.text.as_str())
                    .shortcut_text(entry.keys(ui.ctx()))
                    .min_size(egui::vec2(ui.available_width(), 26.0))
                    .wrap_mode(TextWrapMode::Truncate);
                let button = ui.add_enabled(entry.action.is_some(), button);
                if is_chosen && (up || down) {
                    button.scroll_to_me(None);
                }
                if button.accessible_name(entry.text.as_str()).clicked() {
                    run.clone_from(&entry.action);
                }
            }
        });
        if let Some(action) = run {
            actions.push(Action::App(AppAction::ClosePalette));
            actions.push(action);
        }
    });
    if is_left {
        actions.push(Action::App(AppAction::ClosePalette));
    }
}

/// An entry of the search: a command of the window, or an item of a list.
struct Entry {
    text: String,
    command: Option<UiCommand>,
    key: String,
    /// What it does now, if anything.
    action: Option<Action>,
}

impl Entry {
    fn keys(&self, ctx: &Context) -> String {
        self.command.map_or_else(|| self.key.clone(), |command| command.keys(ctx))
    }
}

/// The commands that match, then the items that are sent.
fn entries<'a>(
    words: &Words,
    palette: &Palette,
    tabs: &Tabs,
    tab: Option<&Tab>,
    items: impl Iterator<Item = &'a Item>,
) -> Vec<Entry> {
    let of_command = |command: UiCommand| Entry {
        text: command.label(words).to_owned(),
        command: Some(command),
        key: String::new(),
        action: shortcuts::action(command, tabs),
    };
    let of_item = |item: &Item| Entry {
        text: fill(&words.lists_palette, &[("name", &item.title())]),
        command: None,
        key: item.key.as_ref().map(ToString::to_string).unwrap_or_default(),
        action: tab
            .filter(|tab| is_open(tab))
            .map(|tab| Action::Tab(tab.id, TabAction::Item(ItemAction::Send(item.id.clone())))),
    };
    let commands = palette.matches(words).into_iter().map(of_command);
    commands.chain(palette.items(items).into_iter().map(of_item)).collect()
}

fn is_open(tab: &Tab) -> bool {
    matches!(tab.records.status.state, SessionState::Open | SessionState::Listening)
}
