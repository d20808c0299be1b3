//! Draws the advice about the data above it, with a button that follows it.

use crate::codec::Hint;
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::icons;
use crate::gui::kit::sizes::STRIP_HEIGHT;
use crate::gui::kit::theme::Palette;
use crate::gui::view::Advice;
use crate::lang::fill;
use crate::streams::Encodings;
use eframe::egui::{self, Frame, Margin, Panel, Ui};

/// Draws the advice, if there is any. It speaks of one connection; where there are others, it can be followed for that
/// one or for all.
pub fn advice_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    advice: Option<Advice>,
    encodings: &Encodings,
    actions: &mut Vec<Action>,
) {
    let Some(advice) = advice else { return };
    let words = ctx.words;
    let peer = ctx.names.shown(advice.peer);
    let chosen = encodings.of(advice.connection);
    let text = match advice.hint {
        Hint::Encoding(other) => {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("peer", &peer), ("chosen", &chosen.name()), ("other", &other.name())];
            fill(&words.advice_encoding, &values)
        }
        Hint::Tls => fill(&words.advice_tls, &[("peer", &peer)]),
        Hint::Compressed(compression) => {
            fill(&words.advice_compressed, &[("peer", &peer), ("name", &compression.name())])
        }
    };
    let palette = Palette::of(ui.visuals());
    let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(10, 4));
    let panel = Panel::top("advice").frame(frame).resizable(false).exact_size(STRIP_HEIGHT);
    panel.show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = buttons::icon_button(ui, icons::CLOSE, "Dismiss advice");
                if close.on_hover_text(&words.dismiss).clicked() {
                    actions.push(ctx.action(TabAction::DismissAdvice));
                }
                if let Hint::Encoding(other) = advice.hint {
                    let use_it = fill(&words.advice_use, &[("encoding", &other.name())]);
                    let has_others = ctx.status.connections.iter().any(|info| info.id != advice.connection);
                    let all_name = "Use suggested encoding for all";
                    let is_for_all = has_others
                        && ui.button(&words.advice_use_for_all).accessible_name(all_name).clicked();
                    let is_used = ui.button(use_it).accessible_name("Use suggested encoding").clicked();
                    if is_for_all || (is_used && !has_others) {
                        actions.push(ctx.action(TabAction::SetEncodingOf(advice.connection, None)));
                        actions.push(ctx.action(TabAction::SetEncoding(other)));
                    } else if is_used {
                        let own = TabAction::SetEncodingOf(advice.connection, Some(other));
                        actions.push(ctx.action(own));
                    }
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(&text).truncate().selectable(true)).on_hover_text(&text);
                });
            });
        });
    });
}
