//! Draws the toasts over the data, at its bottom right.

use crate::gui::action::Action;
use crate::gui::kit::buttons;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::toasts::{Shown, ToastKind, Toasts};
use crate::lang::Words;
use eframe::egui::{self, Button, Context, Frame, Margin, Rect, RichText, Stroke, Ui, vec2};
use std::time::Duration;

/// The distance from the edges of the data, in points.
const MARGIN: f32 = 12.0;
/// The largest width of a toast, in points.
const WIDTH: f32 = 460.0;
/// The smallest bound on its width, in points.
const LEAST_WIDTH: f32 = 280.0;

/// Draws the toasts in the bottom right corner of `area`. A toast goes by itself, but not while the pointer is on one or
/// one has the keyboard focus.
pub fn toasts_ui(ctx: &Context, words: &Words, toasts: &mut Toasts, area: Rect, actions: &mut Vec<Action>) {
    let now = ctx.input(|input| input.time);
    toasts.expire(now);
    if toasts.newest_first().next().is_none() {
        return;
    }
    let screen = ctx.content_rect();
    let corner = area.intersect(screen).right_bottom() - vec2(MARGIN, MARGIN);
    // Beside narrow data it covers what is left of it, rather than taking many lines.
    let width = WIDTH.min(area.width() - 2.0 * MARGIN).max(LEAST_WIDTH);
    let layer = egui::Area::new(egui::Id::unique("toasts"))
        .fixed_pos(corner)
        .pivot(egui::Align2::RIGHT_BOTTOM)
        .order(egui::Order::Middle)
        .constrain_to(screen);
    let mut dismissed = None;
    let mut is_focused = false;
    let inner = layer.show(ctx, |ui| {
        ui.set_max_width(width);
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.with_layout(egui::Layout::top_down(egui::Align::Max), |ui| {
            for shown in toasts.newest_first() {
                let outcome = ui.push_id(shown.id, |ui| toast_ui(ui, words, shown, width, actions)).inner;
                is_focused |= outcome.is_focused;
                dismissed = dismissed.or(outcome.is_over.then_some(shown.id));
            }
        });
    });
    if let Some(id) = dismissed {
        toasts.dismiss(id);
        ctx.request_repaint();
    }
    let is_held = is_focused || inner.response.contains_pointer();
    if let Some(seconds) = toasts.schedule(now, is_held) {
        ctx.request_repaint_after(Duration::from_secs_f64(seconds));
    }
}

/// What happened to a toast.
struct Outcome {
    /// One of its buttons has the keyboard focus.
    is_focused: bool,
    /// It was dismissed, or its button was clicked.
    is_over: bool,
}

fn toast_ui(ui: &mut Ui, words: &Words, shown: &Shown, width: f32, actions: &mut Vec<Action>) -> Outcome {
    /// The width of the mark and of the button that dismisses the toast, in points.
    const SIGN_WIDTH: f32 = 18.0;
    /// The height of one line, in points.
    const ROW_HEIGHT: f32 = 20.0;
    let palette = Palette::of(ui.visuals());
    let toast = &shown.toast;
    let frame = Frame::new()
        .fill(ui.visuals().window_fill)
        .stroke(Stroke::new(1.0, palette.line))
        .shadow(ui.visuals().popup_shadow)
        .corner_radius(6.0)
        .inner_margin(Margin::symmetric(10, 5));
    // As wide as its parts need, up to `width`; a longer text takes several lines.
    let font = egui::TextStyle::Body.resolve(ui.style());
    let layout = |text: &str, color, width| ui.painter().layout(text.to_owned(), font.clone(), color, width);
    let gap = ui.spacing().item_spacing.x;
    let mark = if toast.kind == ToastKind::Done { SIGN_WIDTH + gap } else { 0.0 };
    let next = toast.next.as_ref().map(|next| (next, layout(&next.label, palette.accent, f32::INFINITY)));
    let next_width = next.as_ref().map_or(0.0, |(_, label)| label.size().x + gap);
    let others = mark + next_width + SIGN_WIDTH + gap;
    let text = layout(&toast.text, palette.text, (width - others - 22.0).max(80.0));
    let size = vec2(text.size().x.ceil() + others, text.size().y.max(ROW_HEIGHT));
    let row = egui::Layout::left_to_right(egui::Align::Center);
    let frameless = |text: egui::WidgetText| Button::new(text).frame(false);
    let mut outcome = Outcome { is_focused: false, is_over: false };
    frame.show(ui, |ui| {
        ui.allocate_ui_with_layout(size, row, |ui| {
            // All parts are as high as the row, so that they stand beside each other.
            ui.spacing_mut().interact_size.y = ROW_HEIGHT;
            if toast.kind == ToastKind::Done {
                let mark = egui::Label::new(RichText::new("√").color(palette.good));
                ui.add_sized(vec2(SIGN_WIDTH, size.y), mark);
            }
            let mut text = ui.add(egui::Label::new(text));
            ui.ctx().accesskit_node_builder(text.id, |node| {
                node.set_role(egui::Role::Status);
                node.set_label(toast.text.as_str());
                node.set_live(egui::accesskit::Live::Polite);
                if !toast.detail.is_empty() {
                    node.set_description(toast.detail.as_str());
                }
            });
            if !toast.detail.is_empty() {
                text = text.on_hover_text(&toast.detail);
            }
            let _ = text;
            if let Some((next, label)) = next {
                let button = ui.add(frameless(label.into())).accessible_name(next.name);
                buttons::focus_ring(ui, &button, button.rect.expand2(vec2(3.0, 1.0)), palette.accent);
                outcome.is_focused |= button.has_focus();
                if button.clicked() {
                    actions.push(next.action.clone());
                    outcome.is_over = true;
                }
            }
            let close = frameless(RichText::new("×").color(palette.dim).into());
            let close = ui.add(close.min_size(vec2(SIGN_WIDTH, ROW_HEIGHT)));
            let close = close.on_hover_text(&words.dismiss).accessible_name("Dismiss message");
            buttons::focus_ring(ui, &close, close.rect, palette.accent);
            outcome.is_focused |= close.has_focus();
            outcome.is_over |= close.clicked();
        });
    });
    outcome
}
