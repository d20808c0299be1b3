//! Banners, dialogs and the progress of what takes long.

use crate::gui::kit::buttons::icon_button;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use eframe::egui::{self, RichText, Stroke, Ui};

/// A message with buttons at its right, announced by screen readers when it appears. `is_short`: on one line, the
/// whole of it in the tooltip. Returns whether it was dismissed.
pub fn banner(
    ui: &mut Ui,
    text: &str,
    is_short: bool,
    tip: &str,
    name: &str,
    buttons: impl FnOnce(&mut Ui),
) -> bool {
    let palette = Palette::of(ui.visuals());
    let frame = egui::Frame::new().fill(palette.error_ground).corner_radius(5.0);
    let frame = frame.stroke(Stroke::new(1.0, palette.error.gamma_multiply(0.4)));
    let mut is_dismissed = false;
    frame.inner_margin(egui::Margin::symmetric(10, 2)).show(ui, |ui| {
        // One line is centred beside the buttons, more lines begin at their top.
        let right = egui::Layout::right_to_left(egui::Align::Min);
        ui.with_layout(right, |ui| {
            let row = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
            ui.allocate_ui_with_layout(row, egui::Layout::right_to_left(egui::Align::Center), |ui| {
                is_dismissed = icon_button(ui, icons::CLOSE, name).on_hover_text(tip).clicked();
                buttons(ui);
            });
            ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.add_space(4.0);
                let label = egui::Label::new(RichText::new(text).color(palette.error)).selectable(true);
                let label = match is_short {
                    true => ui.add(label.truncate()).on_hover_text(text),
                    false => ui.add(label.wrap()),
                };
                ui.ctx().accesskit_node_builder(label.id, |node| {
                    node.set_live(egui::accesskit::Live::Assertive);
                });
                ui.add_space(4.0);
            });
        });
    });
    is_dismissed
}

/// A modal dialog, at most `width` points wide. The second result: Escape or a click beside it closes it.
pub fn dialog<T>(
    ctx: &egui::Context,
    name: &str,
    width: f32,
    contents: impl FnOnce(&mut Ui) -> T,
) -> (T, bool) {
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(16.0);
    let modal = egui::Modal::new(egui::Id::unique(name)).frame(frame).show(ctx, |ui| {
        ui.set_width(width.min(ui.ctx().content_rect().width() - 60.0));
        contents(ui)
    });
    let is_left = modal.should_close();
    (modal.inner, is_left)
}

/// A line with a text, a progress bar and a Cancel button. Returns whether the button was clicked.
pub fn progress_ui(ui: &mut Ui, text: &str, fraction: f32, (cancel, name): (&str, &str)) -> bool {
    let mut is_pressed = false;
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            is_pressed = ui.button(cancel).accessible_name(name).clicked();
            let percent = format!("{:.0}%", fraction * 100.0);
            let bar = egui::ProgressBar::new(fraction).desired_width(140.0).corner_radius(4.0).text(percent);
            ui.add(bar);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
    is_pressed
}
