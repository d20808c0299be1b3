//! Draws the line below the payload field: the size of the payload, or why it cannot be sent, switched or was not sent.

use crate::gui::action::{Action, TabAction};
use crate::gui::compose::composing::Composing;
use crate::gui::compose::cut_preview_ui::{CutPreview, cut_preview_ui};
use crate::gui::compose::cutting;
use crate::gui::compose::payload::first;
use crate::gui::compose::preview_ui::preview_ui;
use crate::gui::compose::state::{Composer, Recipients};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::payload_id;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::icons;
use crate::gui::kit::sends::SendError;
use crate::gui::kit::theme::Palette;
use crate::lang::fill;
use crate::model::FailureKind;
use crate::settings::TabSettings;
use eframe::egui::accesskit::Live;
use eframe::egui::{self, Align, Id, Layout, Ui};

/// The line below the field: the size of the payload, or why it cannot be sent, switched or was not sent.
pub fn info_ui(
    ui: &mut Ui,
    composing: Composing<'_>,
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let Composing { ctx, selected, encodings, .. } = composing;
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    ui.style_mut().override_text_style = Some(egui::TextStyle::Small);
    let has_focus = ui.memory(|memory| memory.has_focus(payload_id(ctx.id)));
    let encoded = composer.encoded.get(form, encodings, words);
    let of_field = match &*encoded {
        Err(error) if !(error.is_unfinished && has_focus) => Some(error),
        _ => composer.switch.refused(form, encodings),
    };
    let is_nobody_selected = composer.recipients == Recipients::Selected && selected.is_empty();
    if let Some(error) = &composer.error {
        let text = error.explain(ctx);
        let buttons = |ui: &mut Ui| match error {
            SendError::Failed(failure) if failure.kind == FailureKind::BroadcastNotAllowed => {
                let allow = ui.small_button(&words.broadcast).accessible_name("Allow broadcast now");
                if allow.clicked() {
                    actions.push(ctx.action(TabAction::SetBroadcast(true)));
                }
            }
            _ => {
                let offers_all = is_nobody_selected && ctx.is_open();
                if offers_all && ui.small_button(&words.send_to_all).accessible_name("Send to all").clicked()
                {
                    actions.push(ctx.action(TabAction::SendToAll));
                }
            }
        };
        if said_ui(ui, &text, palette, Some(&words.dismiss), buttons) {
            composer.error = None;
        }
    } else if let Some(error) = of_field {
        said_ui(ui, &error.text, palette, None, |_| {});
    } else if let Some(built) = first(&encoded) {
        if let Some(text) = composer.switch.differing(form, words) {
            let label = egui::RichText::new(&text).color(palette.warning);
            let label = ui.add(egui::Label::new(label).truncate());
            ui.ctx().accesskit_node_builder(label.id, |node| {
                node.set_value(text.as_str());
                node.set_live(Live::Polite);
            });
            label.on_hover_text(text);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if form.is_template && form.sent_count > 0 {
                let count = grouped(form.sent_count);
                let reset = ui.small_button(fill(&words.counter_reset, &[("count", &count)]));
                let reset = reset.on_hover_text(&words.counter_reset_tip);
                if reset.accessible_name("Reset counter").clicked() {
                    actions.push(ctx.action(TabAction::ResetCounter));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| match cutting::delivery(form, words) {
                Ok(delivery) if form.pieces => {
                    let encoding = encodings.first().copied().unwrap_or(form.encoding);
                    let glued = composer.glued.get(&encoded, form, (encoding, composing.peer), delivery.glue);
                    let preview = CutPreview {
                        written: glued.as_ref().map_or(built, |write| &write.built),
                        starts: glued.as_ref().map_or(&[], |write| &write.starts),
                        bytes: built.bytes.len(),
                        glue: delivery.glue,
                        cuts: &delivery.cuts,
                        number: composer.cutting.number(&delivery.cuts),
                    };
                    let id = Id::unique(("cut preview", ctx.id.0));
                    cut_preview_ui(ui, words, id, form, &mut composer.cutting, &preview);
                }
                _ => preview_ui(ui, words, built),
            });
        });
    } else {
        ui.weak(&words.payload_unfinished).accessible_name("Payload size");
    }
}

/// An error on one line; the whole of it is in the tooltip and the accessible value. Returns whether it was
/// dismissed, if that is possible.
fn said_ui(
    ui: &mut Ui,
    text: &str,
    palette: &Palette,
    dismiss: Option<&String>,
    buttons: impl FnOnce(&mut Ui),
) -> bool {
    let mut is_dismissed = false;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if let Some(tip) = dismiss {
            let close =
                buttons::small_icon_button(ui, icons::CLOSE, egui::Sense::click(), "Dismiss send error");
            is_dismissed = close.on_hover_text(tip).clicked();
        }
        buttons(ui);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let label = egui::Label::new(egui::RichText::new(text).color(palette.error)).truncate();
            let label = ui.add(label);
            ui.ctx().accesskit_node_builder(label.id, |node| {
                node.set_value(text);
                // What was not sent is spoken at once, what is being typed is not.
                let is_sent = dismiss.is_some();
                node.set_live(if is_sent { Live::Assertive } else { Live::Polite });
            });
            label.on_hover_text(text);
        });
    });
    is_dismissed
}
