//! The menu on the data, and what it and the keys do with the selection: copying.

use super::selection::{self, CopyFormat, Selection};
use super::{DataView, Look, input};
use crate::gui::action::commands::UiCommand;
use crate::gui::kit::figures::grouped;
use crate::lang::{explain, fill};
use eframe::egui::{self, Ui};

impl DataView {
    pub(super) fn context_menu(&mut self, response: &egui::Response, look: Look<'_>) {
        let words = look.words;
        if response.secondary_clicked() && self.selection.is_none_or(|selection| selection.is_empty()) {
            self.select_record_at(response.interact_pointer_pos());
        }
        let can_copy = self.selection.is_some_and(|selection| !selection.is_empty());
        response.context_menu(|ui| {
            let mut copy = |ui: &mut Ui, text: &str, name: &str, format, keys: &egui::KeyboardShortcut| {
                let keys = ui.ctx().format_shortcut(keys);
                let button = egui::Button::new(text).shortcut_text(keys);
                let button = ui.add_enabled(can_copy, button).accessible_name(name);
                if button.clicked() {
                    self.copy(ui.ctx(), format, look);
                    ui.close();
                }
            };
            copy(ui, &words.copy_text, "Copy as text", CopyFormat::Text, &input::COPY);
            copy(ui, &words.copy_hex, "Copy as hex", CopyFormat::Hex, &input::COPY_HEX);
            if ui.button(&words.select_all).accessible_name("Select all").clicked() {
                self.select_all();
                ui.close();
            }
            ui.separator();
            let mut ask = |ui: &mut Ui, text: &str, name: &str, command: UiCommand| {
                let keys = ui.ctx().format_shortcut(&command.shortcut());
                let button = ui.add(egui::Button::new(text).shortcut_text(keys)).accessible_name(name);
                if button.clicked() {
                    self.asked = Some(command);
                    ui.close();
                }
            };
            ask(ui, &words.add_bookmark, "Bookmark", UiCommand::Bookmark);
            ask(ui, &words.note_tip, "Note", UiCommand::Note);
        });
    }

    /// What is to be told about the last copy, once.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Selects the whole record under a point.
    pub(super) fn select_record_at(&mut self, point: Option<egui::Pos2>) {
        let Some(point) = point else { return };
        let index = self.visible.partition_point(|(top, ..)| *top <= point.y).saturating_sub(1);
        if let Some(&(_, record, _)) = self.visible.get(index) {
            self.selection = Some(Selection::record(record));
        }
    }

    /// What was chosen in the menu that is for others to do, once.
    pub fn take_asked(&mut self) -> Option<UiCommand> {
        self.asked.take()
    }

    pub(super) fn select_all(&mut self) {
        self.selection = Some(Selection::all(self.source.start(), self.source.snapshot().end()));
    }

    pub(super) fn copy(&mut self, ctx: &egui::Context, format: CopyFormat, look: Look<'_>) {
        let Some(selection) = self.selection.filter(|selection| !selection.is_empty()) else { return };
        match selection::copy(&mut self.source, &selection, format, look.encoding) {
            Ok((text, cut_after)) => {
                ctx.copy_text(text);
                if let Some(bytes) = cut_after {
                    let bytes = grouped(bytes as u64);
                    self.notice = Some(fill(&look.words.copy_was_cut, &[("bytes", &bytes)]));
                }
            }
            Err(failure) => self.notice = Some(explain(look.words, &failure)),
        }
    }
}
