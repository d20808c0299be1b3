//! Draws the offer of unfinished recordings.

use crate::capture::Unfinished;
use crate::gui::action::{Action, AppAction};
use crate::gui::files::recovery::Recovery;
use crate::gui::kit::figures::{self, date_and_time};
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use eframe::egui::{self, Frame, Margin, Panel, RichText, ScrollArea, Ui};

/// Draws the panel, if there is something to offer.
pub fn recovery_ui(ui: &mut Ui, words: &Words, recovery: &mut Recovery, actions: &mut Vec<Action>) {
    if recovery.found.is_empty() || recovery.is_hidden {
        return;
    }
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 6));
    Panel::top("recovery").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let right = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(right, |ui| {
                let later = ui.button(&words.recovery_later).on_hover_text(&words.recovery_later_tip);
                recovery.is_hidden = later.accessible_name("Later").clicked();
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let text = fill(&words.recovery_found, &[("count", &recovery.found.len())]);
                    let label = ui.add(egui::Label::new(RichText::new(text).strong()).truncate());
                    ui.ctx().accesskit_node_builder(label.id, |node| {
                        node.set_live(egui::accesskit::Live::Polite);
                    });
                });
            });
        });
        // In a low window the list scrolls, so that the data keeps its space.
        let height = (ui.ctx().content_rect().height() * 0.25).max(40.0);
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            for (place, unfinished) in recovery.found.clone().into_iter().enumerate() {
                ui.push_id(place, |ui| one_ui(ui, words, &unfinished, recovery, actions));
            }
        });
    });
}

fn one_ui(
    ui: &mut Ui,
    words: &Words,
    unfinished: &Unfinished,
    recovery: &mut Recovery,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui.visuals());
    let title = title(unfinished, words);
    let path = unfinished.path();
    let is_asked = recovery.asks.as_deref() == Some(path);
    let mut act = |action| actions.push(Action::App(action));
    ui.horizontal(|ui| {
        // The buttons come first, at the right; the text is truncated to the rest.
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if is_asked {
                let keep = ui.button(&words.recovery_keep);
                if keep.accessible_name(format!("Keep unfinished {title}")).clicked() {
                    recovery.asks = None;
                }
                let delete = RichText::new(&words.recovery_delete_now).color(palette.error);
                let delete = ui.add(egui::Button::new(delete));
                if delete.accessible_name(format!("Delete unfinished {title} now")).clicked() {
                    act(AppAction::DeleteUnfinished(path.into()));
                }
            } else {
                let delete = ui.button(&words.recovery_delete);
                if delete.accessible_name(format!("Delete unfinished {title}")).clicked() {
                    recovery.asks = Some(path.into());
                }
                let save = ui.button(&words.save_as);
                if save.accessible_name(format!("Save unfinished {title}")).clicked() {
                    act(AppAction::SaveUnfinished(path.into()));
                }
                let open = ui.button(&words.open);
                if open.accessible_name(format!("Open unfinished {title}")).clicked() {
                    act(AppAction::OpenUnfinished(path.into()));
                }
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let asks = words.recovery_delete_asks.clone();
                let text = if is_asked { asks } else { about(unfinished, words) };
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
}

/// The title of the session, or a general one.
fn title(unfinished: &Unfinished, words: &Words) -> String {
    if unfinished.title.is_empty() { words.recovered.clone() } else { unfinished.title.clone() }
}

fn about(unfinished: &Unfinished, words: &Words) -> String {
    let endpoint = unfinished.endpoint.map(|endpoint| endpoint.to_string());
    let began = unfinished.began.map(|began| fill(&words.recovery_began, &[("time", &date_and_time(began))]));
    let parts = [Some(title(unfinished, words)), endpoint, began, Some(figures::bytes(unfinished.bytes))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
