//! Small widgets that several parts of the window share. Each has its fixed accessible name.

use super::theme::Palette;
use eframe::egui::{self, Color32, ComboBox, Response, RichText, Stroke, Ui, vec2};

/// A button in a strong colour, for the one thing that is to be done here.
pub fn primary_button(ui: &mut Ui, text: &str, name: &str, color: Color32, is_enabled: bool) -> Response {
    let palette = Palette::of(ui.visuals());
    let text = RichText::new(text).color(palette.on_accent).strong();
    let button = egui::Button::new(text).fill(color).stroke(Stroke::NONE).min_size(vec2(92.0, 28.0));
    ui.add_enabled(is_enabled, button).accessible_name(name)
}

/// Words beside a control. The control has the name, so these are for the eye alone.
pub fn caption(ui: &mut Ui, text: &str) {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let color = ui.visuals().text_color();
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let (rect, _) = ui.allocate_exact_size(galley.size(), egui::Sense::hover());
    ui.painter().galley(rect.min, galley, color);
}

/// A list to choose one value from. Each choice is `(value, visible text, accessible name)`.
pub fn combo<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    tip: &str,
    width: f32,
    value: &mut T,
    choices: &[(T, &str, &str)],
) -> Response {
    let shown = choices.iter().find(|(choice, ..)| choice == value).map_or("", |(_, text, _)| text);
    let list = ComboBox::from_id_salt(name).selected_text(shown).width(width).height(420.0);
    let inner = list.show_ui(ui, |ui| {
        for (choice, text, name) in choices {
            ui.selectable_value(value, *choice, *text).accessible_name(*name);
        }
    });
    inner.response.accessible_name(name).on_hover_text(tip)
}

/// Choices side by side, one of them taken. Each choice is `(value, visible text, accessible name)`.
pub fn segmented<T: PartialEq + Copy>(ui: &mut Ui, value: &mut T, choices: &[(T, &str, &str)]) {
    let palette = Palette::of(ui.visuals());
    ui.spacing_mut().item_spacing.x = 0.0;
    for (choice, text, name) in choices {
        let is_taken = value == choice;
        let color = if is_taken { palette.on_accent } else { palette.text };
        let mut button = egui::Button::new(RichText::new(*text).color(color)).selected(is_taken);
        if is_taken {
            button = button.fill(palette.accent);
        }
        let response = ui.add(button).accessible_name(*name);
        if response.clicked() {
            *value = *choice;
        }
    }
}

/// A field of one line, marked when it is wrong.
pub fn field(
    ui: &mut Ui,
    text: &mut String,
    name: &str,
    hint: &str,
    width: f32,
    error: Option<&str>,
    is_enabled: bool,
) -> Response {
    let palette = Palette::of(ui.visuals());
    let edit = egui::TextEdit::singleline(text)
        .id_salt(name)
        .hint_text(hint.to_owned())
        .desired_width(width)
        .align(egui::Align2::LEFT_CENTER)
        .min_size(vec2(0.0, ui.spacing().interact_size.y));
    let response = ui.add_enabled(is_enabled, edit).accessible_name(name);
    match error {
        Some(error) => {
            let stroke = Stroke::new(1.5, palette.error);
            ui.painter().rect_stroke(response.rect, 4.0, stroke, egui::StrokeKind::Inside);
            response.on_hover_text(error)
        }
        None => response,
    }
}
