//! Draws the advice about the data above it, with a button that follows it.

use crate::codec::{Encoding, Hint};
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::icons;
use crate::gui::kit::sizes::STRIP_HEIGHT;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::gui::view::Advice;
use crate::lang::fill;
use eframe::egui::{self, Frame, Margin, Panel, Ui};

/// Draws the advice, if there is any. `chosen` is the encoding in use.
pub fn advice_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    advice: Option<Advice>,
    chosen: Encoding,
    actions: &mut Vec<Action>,
) {
    let Some(advice) = advice else { return };
    let words = ctx.words;
    let text = match advice.hint {
        Hint::Encoding(other) => {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("peer", &advice.peer), ("chosen", &chosen.name()), ("other", &other.name())];
            fill(&words.advice_encoding, &values)
        }
        Hint::Tls => fill(&words.advice_tls, &[("peer", &advice.peer)]),
        Hint::Compressed(compression) => {
            fill(&words.advice_compressed, &[("peer", &advice.peer), ("name", &compression.name())])
        }
    };
    let palette = Palette::of(ui.visuals());
    let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(10, 4));
    let panel = Panel::top("advice").frame(frame).resizable(false).exact_size(STRIP_HEIGHT);
    panel.show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = widgets::icon_button(ui, icons::CLOSE, "Dismiss advice");
                if close.on_hover_text(&words.dismiss).clicked() {
                    actions.push(ctx.action(TabAction::DismissAdvice));
                }
                if let Hint::Encoding(other) = advice.hint {
                    let use_it = fill(&words.advice_use, &[("encoding", &other.name())]);
                    if ui.button(use_it).accessible_name("Use suggested encoding").clicked() {
                        actions.push(ctx.action(TabAction::SetEncoding(other)));
                    }
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(&text).truncate().selectable(true)).on_hover_text(&text);
                });
            });
        });
    });
}
