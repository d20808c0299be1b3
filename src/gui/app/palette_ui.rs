//! Draws the search for actions: a field, and the commands that match with their keys.

use crate::gui::action::{Action, AppAction};
use crate::gui::app::palette::Palette;
use crate::gui::app::shortcuts;
use crate::gui::app::tabs::Tabs;
use crate::gui::kit::messages;
use crate::lang::Words;
use eframe::egui::{self, Button, Context, Key, Modifiers, ScrollArea, TextEdit, TextWrapMode};

/// The width, in points.
const WIDTH: f32 = 460.0;

/// Draws the search. Enter carries the chosen command out, Escape closes the search.
pub fn palette_ui(
    ctx: &Context,
    words: &Words,
    palette: &mut Palette,
    tabs: &Tabs,
    actions: &mut Vec<Action>,
) {
    let ((), is_left) = messages::dialog(ctx, "palette", WIDTH, |ui| {
        let matches = palette.matches(words);
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
        let mut run = enter.then(|| matches.get(palette.chosen).copied()).flatten();
        let height = (ui.ctx().content_rect().height() * 0.55).min(360.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            ui.ctx()
                .accesskit_node_builder(ui.unique_id(), |node| node.set_role(egui::accesskit::Role::ListBox));
            if matches.is_empty() {
                ui.weak(&words.palette_nothing);
            }
            for (index, command) in matches.iter().enumerate() {
                let is_chosen = index == palette.chosen;
                let can_run = shortcuts::action(*command, tabs).is_some();
                let button = Button::selectable(is_chosen, command.label(words))
                    .shortcut_text(command.keys(ui.ctx()))
                    .min_size(egui::vec2(ui.available_width(), 26.0))
                    .wrap_mode(TextWrapMode::Truncate);
                let entry = ui.add_enabled(can_run, button);
                if is_chosen && (up || down) {
                    entry.scroll_to_me(None);
                }
                if entry.accessible_name(command.label(words)).clicked() {
                    run = Some(*command);
                }
            }
        });
        if let Some(action) = run.and_then(|command| shortcuts::action(command, tabs)) {
            actions.push(Action::App(AppAction::ClosePalette));
            actions.push(action);
        }
    });
    if is_left {
        actions.push(Action::App(AppAction::ClosePalette));
    }
}
