//! What the data seems to be, said above it, with the way out in one click.

use crate::codec::Hint;
use crate::gui::kit::theme::Palette;
use crate::gui::tab::state::Tab;
use crate::lang::{Words, fill};
use eframe::egui::{self, Frame, Margin, Panel, Ui};

/// Draws the advice about the data of a tab, if there is any.
pub fn advice_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let Some(advice) = tab.view.advice() else { return };
    let chosen = tab.form.encoding;
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
    Panel::top("advice").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("✕").on_hover_text(&words.dismiss).accessible_name("Dismiss advice").clicked()
                {
                    tab.view.dismiss_advice();
                }
                if let Hint::Encoding(other) = advice.hint {
                    let use_it = fill(&words.advice_use, &[("encoding", &other.name())]);
                    if ui.button(use_it).accessible_name("Use suggested encoding").clicked() {
                        tab.form.encoding = other;
                    }
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(text).wrap().selectable(true));
                });
            });
        });
    });
}
