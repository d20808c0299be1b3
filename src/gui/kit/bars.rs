//! Bars whose contents fold into a menu, and text that is cut to its place.

use crate::gui::kit::buttons::icon_menu;
use crate::gui::kit::icons;
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{self, Color32, FontId, Pos2, Ui, vec2};

/// The first of `widths`, in order of importance, that fit into `room`, in points and with `gap` between them.
#[must_use]
pub fn fitting(room: f32, gap: f32, widths: &[f32]) -> usize {
    let mut end = -gap;
    widths
        .iter()
        .take_while(|width| {
            end += *width + gap;
            end <= room
        })
        .count()
}

/// Draws the items of a bar, the most important first. Those that do not fit are below each other in a menu at its
/// end. `widths` are those of the items, in points.
pub fn folding_bar(
    ui: &mut Ui,
    tip: &str,
    name: &str,
    widths: &[f32],
    mut item_ui: impl FnMut(&mut Ui, usize),
) {
    let (room, gap) = (ui.available_width(), ui.spacing().item_spacing.x);
    let mut shown = fitting(room, gap, widths);
    if shown < widths.len() {
        shown = fitting(room - ui.spacing().interact_size.y - gap, gap, widths);
    }
    (0..shown).for_each(|index| item_ui(ui, index));
    if shown == widths.len() {
        return;
    }
    let closes = egui::PopupCloseBehavior::CloseOnClickOutside;
    let menu = icon_menu(ui, icons::MORE, name, closes, |ui| {
        (shown..widths.len()).for_each(|index| item_ui(ui, index));
    });
    menu.on_hover_text(tip);
}

/// A caption left of a control that is `control_width` points wide. Not accessible: the control has its own name.
pub fn caption(ui: &mut Ui, text: &str, control_width: f32) {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let color = ui.visuals().text_color();
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    keep_together(ui, galley.size().x + ui.spacing().item_spacing.x + control_width);
    // As high as a control, so that both are aligned in a wrapping row.
    let size = vec2(galley.size().x, ui.spacing().interact_size.y.max(galley.size().y));
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().galley(rect.left_center() - vec2(0.0, galley.size().y / 2.0), galley, color);
}

/// Begins a new line of a wrapping row if less than `width` points are left, so that a control stays with its
/// caption.
pub fn keep_together(ui: &mut Ui, width: f32) {
    let begins = ui.cursor().left() <= ui.max_rect().left() + 1.0;
    if !begins && ui.available_size_before_wrap().x < width {
        ui.end_row();
    }
}

/// Paints one line of text, truncated with `…` to `width` points.
pub fn elided(painter: &egui::Painter, at: Pos2, width: f32, text: &str, font: FontId, color: Color32) {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width);
    let galley = painter.layout_job(job);
    painter.galley(at, galley, color);
}
