//! The context menu of the data.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{CopyFormat, TabAction};
use crate::gui::view::data_view::{DataView, Look};
use crate::gui::view::input;
use eframe::egui::{self, Ui};

impl DataView {
    /// Draws the menu while it is open. A right click without a selection selects the part at the pointer.
    pub(super) fn context_menu(
        &mut self,
        response: &egui::Response,
        look: Look<'_>,
        actions: &mut Vec<TabAction>,
    ) {
        let words = look.words;
        if response.secondary_clicked() && self.selection.is_none_or(|selection| selection.is_empty()) {
            self.select_part_at(&response.ctx.clone(), response.interact_pointer_pos());
        }
        let can_show_cleared = self.cleared > 0;
        let can_copy = self.selection.is_some_and(|selection| !selection.is_empty());
        response.context_menu(|ui| {
            let mut copy = |ui: &mut Ui, text: &str, name: &str, format, keys: &egui::KeyboardShortcut| {
                let keys = ui.ctx().format_shortcut(keys);
                let button = egui::Button::new(text).shortcut_text(keys);
                let button = ui.add_enabled(can_copy, button).accessible_name(name);
                if button.clicked() {
                    actions.push(TabAction::Copy(format));
                    ui.close();
                }
            };
            copy(ui, &words.copy_text, "Copy as text", CopyFormat::Text, &input::COPY);
            let lines = CopyFormat::Lines(look.mode);
            copy(ui, &words.copy_lines, "Copy with time and peer", lines, &input::COPY_LINES);
            copy(ui, &words.copy_hex, "Copy as hex", CopyFormat::Hex, &input::COPY_HEX);
            if ui.button(&words.select_all).accessible_name("Select all").clicked() {
                self.select_all();
                ui.close();
            }
            ui.separator();
            let mut ask = |ui: &mut Ui, text: &str, name: &str, command: UiCommand, action| {
                let keys = command.keys(ui.ctx());
                let button = ui.add(egui::Button::new(text).shortcut_text(keys)).accessible_name(name);
                if button.clicked() {
                    actions.push(action);
                    ui.close();
                }
            };
            ask(ui, &words.add_bookmark, "Bookmark", UiCommand::Bookmark, TabAction::ToggleBookmark);
            ask(ui, &words.note_tip, "Note", UiCommand::Note, TabAction::AskNote);
            if can_show_cleared {
                let (text, action) = (&words.show_cleared_tip, TabAction::ShowCleared);
                ask(ui, text, "Show cleared records", UiCommand::ShowCleared, action);
            }
        });
    }
}
