//! Draws the toasts over the data, at its bottom right.

use crate::gui::action::Action;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::toasts::{Shown, ToastKind, Toasts};
use crate::gui::kit::widgets;
use crate::lang::Words;
use eframe::egui::{self, Button, Context, Frame, Margin, Rect, RichText, Stroke, Ui, vec2};
use std::time::Duration;

/// The distance from the edges of the data, in points.
const MARGIN: f32 = 12.0;
/// The largest width of a toast, in points.
const WIDTH: f32 = 460.0;

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
    let width = WIDTH.min(corner.x - screen.left() - MARGIN);
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
    let palette = Palette::of(ui.visuals());
    let toast = &shown.toast;
    let frame = Frame::new()
        .fill(ui.visuals().window_fill)
        .stroke(Stroke::new(1.0, palette.line))
        .shadow(ui.visuals().popup_shadow)
        .corner_radius(6.0)
        .inner_margin(Margin::symmetric(10, 5));
    let next_width = toast.next.as_ref().map_or(0.0, |next| {
        let font = egui::TextStyle::Button.resolve(ui.style());
        ui.painter().layout_no_wrap(next.label.clone(), font, palette.accent).size().x + 30.0
    });
    let mut outcome = Outcome { is_focused: false, is_over: false };
    let quiet = |text: RichText| Button::new(text).frame(false);
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            if toast.kind == ToastKind::Done {
                ui.label(RichText::new("√").color(palette.good));
            }
            let text = ui.scope(|ui| {
                ui.set_max_width((width - next_width - 80.0).max(80.0));
                ui.add(egui::Label::new(RichText::new(&toast.text).color(palette.text)).wrap())
            });
            let mut text = text.inner;
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
            if let Some(next) = &toast.next {
                let button = ui.add(quiet(RichText::new(&next.label).color(palette.accent)));
                let button = button.accessible_name(next.name);
                widgets::focus_ring(ui, &button, button.rect.expand2(vec2(3.0, 1.0)), palette.accent);
                outcome.is_focused |= button.has_focus();
                if button.clicked() {
                    actions.push(next.action.clone());
                    outcome.is_over = true;
                }
            }
            let close = ui.add(quiet(RichText::new("×").color(palette.dim)).min_size(vec2(18.0, 20.0)));
            let close = close.on_hover_text(&words.dismiss).accessible_name("Dismiss message");
            widgets::focus_ring(ui, &close, close.rect, palette.accent);
            outcome.is_focused |= close.has_focus();
            outcome.is_over |= close.clicked();
        });
    });
    outcome
}
