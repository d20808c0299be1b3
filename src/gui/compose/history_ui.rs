//! Draws the menu of payloads sent before, newest first. Choosing one puts it into the field.

use crate::gui::compose::history;
use crate::gui::kit::buttons;
use crate::gui::view::one_line;
use crate::lang::Words;
use crate::payload::Format;
use crate::settings::TabSettings;
use eframe::egui::{self, Button, RichText, ScrollArea, TextWrapMode, Ui};

/// The width of an entry, in points.
const ENTRY_WIDTH: f32 = 360.0;
/// The longest part of a payload that is shown, in characters.
const SHOWN_CHARACTERS: usize = 200;

/// Draws the button of the menu, and the menu while it is open. Returns whether an entry was chosen.
pub fn history_ui(ui: &mut Ui, words: &Words, form: &mut TabSettings) -> bool {
    let mut chosen = None;
    let button = buttons::menu_button(&words.history);
    let menu = button.ui(ui, |ui| {
        ui.set_min_width(ENTRY_WIDTH);
        if form.history.is_empty() {
            ui.weak(&words.history_empty);
            return;
        }
        let area = ScrollArea::vertical().max_height(ui.ctx().content_rect().height() * 0.5);
        area.show(ui, |ui| {
            for entry in form.history.iter().rev() {
                let shown: String = entry.payload.chars().take(SHOWN_CHARACTERS).collect();
                let format = match entry.format {
                    Format::Text => words.text.as_str(),
                    Format::Hex => words.hex.as_str(),
                };
                let text = RichText::new(one_line(&shown)).monospace();
                let button = Button::new(text).shortcut_text(format).wrap_mode(TextWrapMode::Truncate);
                let response = ui.add_sized(egui::vec2(ENTRY_WIDTH, 0.0), button);
                if response.accessible_name(format!("Use {shown}")).clicked() {
                    chosen = Some(entry.clone());
                    ui.close();
                }
            }
        });
    });
    menu.0.on_hover_text(&words.history_tip).accessible_name("History");
    let is_chosen = chosen.is_some();
    if let Some(entry) = chosen {
        history::show(form, entry);
    }
    is_chosen
}
