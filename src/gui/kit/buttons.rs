//! Buttons, check boxes and segments, as all parts of the window have them. Their accessible names are fixed.

use crate::gui::kit::icons::{self, Icon};
use crate::gui::kit::theme::Palette;
use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{self, Color32, Response, RichText, Stroke, Ui, vec2};

/// The height of primary buttons, in points.
pub const PRIMARY_HEIGHT: f32 = 28.0;

/// The size of icons beside words, in points.
pub const ICON_SIZE: f32 = 16.0;

/// The size of arrows and of icons in lines of small text, in points.
const SMALL_ICON_SIZE: f32 = 11.0;

/// The width of a text in the font of buttons, in points.
#[must_use]
pub fn text_width(ui: &Ui, text: &str) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
}

/// A button of a bar: an icon and a word, without an edge until it is pointed at.
pub fn tool_button(ui: &mut Ui, icon: Icon, text: &str, name: &str, is_on: bool) -> Response {
    let button = egui::Button::new((icon.text(ICON_SIZE), RichText::new(text)))
        .wrap_mode(egui::TextWrapMode::Extend)
        .frame_when_inactive(is_on)
        .selected(is_on);
    ui.add(button).accessible_name(name)
}

/// The width of a [`tool_button`], in points.
#[must_use]
pub fn tool_width(ui: &Ui, text: &str) -> f32 {
    let spacing = ui.spacing();
    (text_width(ui, text) + ICON_SIZE + spacing.icon_spacing + 2.0 * spacing.button_padding.x).ceil() + 2.0
}

/// A square button that is only an icon.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let size = egui::Vec2::splat(ui.spacing().interact_size.y);
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::Vec2::ZERO);
    let response = ui.add(square(icon, size)).accessible_name(name);
    ui.spacing_mut().button_padding = padding;
    response
}

fn square(icon: Icon, size: egui::Vec2) -> egui::Button<'static> {
    egui::Button::new(icon.text(ICON_SIZE)).frame_when_inactive(false).min_size(size)
}

/// A square button that is only an icon and opens a menu. `closes`: what closes the menu.
pub fn icon_menu<R>(
    ui: &mut Ui,
    icon: Icon,
    name: &str,
    closes: egui::PopupCloseBehavior,
    contents: impl FnOnce(&mut Ui) -> R,
) -> Response {
    let size = egui::Vec2::splat(ui.spacing().interact_size.y);
    let config = MenuConfig::new().close_behavior(closes);
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::Vec2::ZERO);
    let menu = MenuButton::from_button(square(icon, size)).config(config);
    let response = menu.ui(ui, |ui| {
        ui.spacing_mut().button_padding = padding;
        contents(ui)
    });
    ui.spacing_mut().button_padding = padding;
    response.0.accessible_name(name)
}

/// A button that is only an icon, as high as a line of small text.
pub fn small_icon_button(ui: &mut Ui, icon: Icon, sense: egui::Sense, name: &str) -> Response {
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::Vec2::splat(2.0));
    let button =
        egui::Button::new(icon.text(SMALL_ICON_SIZE)).frame_when_inactive(false).small().sense(sense);
    let response = ui.add(button).accessible_name(name);
    ui.spacing_mut().button_padding = padding;
    response
}

/// A button with a word that opens a menu.
#[must_use]
pub fn menu_button(text: &str) -> MenuButton<'static> {
    let button = egui::Button::new(menu_text(text));
    MenuButton::from_button(button.wrap_mode(egui::TextWrapMode::Extend))
}

/// What stands on a button that opens something below it: a word and an arrow.
#[must_use]
pub fn menu_text(text: &str) -> (RichText, RichText) {
    (RichText::new(text), icons::DOWN.text(SMALL_ICON_SIZE))
}

/// The width of a [`menu_button`], in points.
#[must_use]
pub fn menu_width(ui: &Ui, text: &str) -> f32 {
    let spacing = ui.spacing();
    (text_width(ui, text) + SMALL_ICON_SIZE + spacing.icon_spacing + 2.0 * spacing.button_padding.x).ceil()
}

/// A check box that looks usable when it is not checked, and filled when it is.
pub fn checkbox(ui: &mut Ui, is_on: &mut bool, text: &str, name: &str) -> Response {
    let shown = *is_on;
    marked(ui, shown, text, |ui, text| ui.checkbox(is_on, text)).accessible_name(name)
}

/// One of several choices, which looks as a [`checkbox`] does.
pub fn radio<T: PartialEq>(ui: &mut Ui, value: &mut T, choice: T, text: &str, name: &str) -> Response {
    let is_on = *value == choice;
    marked(ui, is_on, text, |ui, text| ui.radio_value(value, choice, text)).accessible_name(name)
}

/// A widget with a mark before its text: with an edge while it is not chosen, in the accent while it is.
fn marked(ui: &mut Ui, is_on: bool, text: &str, add: impl FnOnce(&mut Ui, RichText) -> Response) -> Response {
    let palette = Palette::of(ui.visuals());
    // Menus remove the edges of their buttons; the box keeps its own.
    let edge = ui.ctx().global_style().visuals.widgets.inactive.bg_stroke;
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        let text_color = widgets.inactive.fg_stroke.color;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            state.bg_fill = if is_on { palette.accent } else { palette.data_ground };
            if state.bg_stroke.width == 0.0 {
                state.bg_stroke = edge;
            }
            // The mark; the text has a color of its own.
            state.fg_stroke = Stroke::new(2.0, palette.on_accent);
        }
        add(ui, RichText::new(text).color(text_color))
    })
    .inner
}

/// The least width of primary buttons, in points.
#[must_use]
pub fn primary_width(ui: &Ui) -> f32 {
    if ui.ctx().content_rect().width() < 700.0 { 72.0 } else { 92.0 }
}

/// A button in a strong color, for the main action of a panel.
pub fn primary_button(ui: &mut Ui, text: &str, name: &str, color: Color32, is_enabled: bool) -> Response {
    let palette = Palette::of(ui.visuals());
    let size = vec2(primary_width(ui), PRIMARY_HEIGHT);
    let button = if is_enabled {
        let text = RichText::new(text).color(palette.on_accent).strong();
        egui::Button::new(text).fill(color).stroke(Stroke::NONE)
    } else {
        // Without the accent, which would have too little contrast when dimmed.
        egui::Button::new(RichText::new(text).strong())
    };
    let response = ui.add_enabled(is_enabled, button.min_size(size)).accessible_name(name);
    focus_ring(ui, &response, response.rect.shrink(2.0), palette.on_accent);
    response
}

/// Draws a ring around a widget with the keyboard focus, for widgets without a border of their own.
pub fn focus_ring(ui: &Ui, response: &Response, ring: egui::Rect, color: Color32) {
    if response.has_focus() {
        ui.painter().rect_stroke(ring, 4.0, Stroke::new(1.5, color), egui::StrokeKind::Inside);
    }
}

/// A segmented button. Each choice is `(value, visible text, accessible name)`.
pub fn segmented<T: PartialEq + Copy>(ui: &mut Ui, value: &mut T, choices: &[(T, &str, &str)]) {
    let palette = Palette::of(ui.visuals());
    // Neighbours share a border.
    ui.spacing_mut().item_spacing.x = -1.0;
    let last = choices.len().saturating_sub(1);
    for (place, (choice, text, name)) in choices.iter().enumerate() {
        let is_taken = value == choice;
        let color = if is_taken { palette.on_accent } else { palette.text };
        let mut corners = egui::CornerRadius::ZERO;
        if place == 0 {
            (corners.nw, corners.sw) = (5, 5);
        }
        if place == last {
            (corners.ne, corners.se) = (5, 5);
        }
        let button = egui::Button::new(RichText::new(*text).color(color)).selected(is_taken);
        let mut button = button.corner_radius(corners);
        if is_taken {
            button = button.fill(palette.accent).stroke(Stroke::new(1.0, palette.accent));
        }
        let response = ui.add(button).accessible_name(*name);
        // Inside, since the neighbour is drawn over the border.
        focus_ring(ui, &response, response.rect.shrink(2.0), color);
        if response.clicked() {
            *value = *choice;
        }
    }
}
