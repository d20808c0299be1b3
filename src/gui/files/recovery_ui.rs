//! Draws the offer of unfinished recordings: a line that tells of them, and a dialog that lists them.

use crate::capture::Unfinished;
use crate::gui::action::{Action, AppAction};
use crate::gui::files::recovery::{Deletion, Recovery, about, title};
use crate::gui::kit::buttons;
use crate::gui::kit::figures;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use crate::model::PeerNames;
use eframe::egui::{self, Context, Frame, Margin, Panel, RichText, ScrollArea, Ui};

/// Draws the line that tells of unfinished recordings, if there are any and it was not put away.
pub fn recovery_ui(ui: &mut Ui, words: &Words, recovery: &mut Recovery, actions: &mut Vec<Action>) {
    if recovery.found.is_empty() || recovery.is_hidden {
        return;
    }
    let (count, bytes) = recovery.total();
    let text = fill(&words.recovery_found, &[("count", &count), ("bytes", &figures::bytes(bytes))]);
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 3));
    Panel::top("recovery").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            // The buttons come first, at the right; the text is truncated to the rest.
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let later = ui.button(&words.recovery_later).on_hover_text(&words.recovery_later_tip);
                recovery.is_hidden = later.accessible_name("Later").clicked();
                let review = ui.button(&words.recovery_review);
                if review.accessible_name("Review unfinished recordings").clicked() {
                    actions.push(Action::App(AppAction::ListUnfinished));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let label = ui.add(egui::Label::new(RichText::new(&text)).truncate());
                    ui.ctx().accesskit_node_builder(label.id, |node| {
                        node.set_live(egui::accesskit::Live::Polite);
                    });
                    label.on_hover_text(&text);
                });
            });
        });
    });
}

/// Draws the list of unfinished recordings.
pub fn recovery_list_ui(
    ctx: &Context,
    words: &Words,
    names: &PeerNames,
    recovery: &mut Recovery,
    actions: &mut Vec<Action>,
) {
    let ((), is_left) = messages::dialog(ctx, "recovery dialog", 660.0, |ui| {
        ui.heading(&words.recovery_title);
        ui.add_space(2.0);
        ui.add(egui::Label::new(RichText::new(&words.recovery_about).weak()).wrap());
        ui.add_space(6.0);
        // In a low window the list scrolls, so that the buttons below it stay in view.
        let height = (ui.ctx().content_rect().height() - 220.0).max(90.0);
        // A dialog keeps its last height: the list would stay as low as its shortest one.
        let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
        area.auto_shrink([false, true]).show(ui, |ui| {
            for (place, unfinished) in recovery.found.clone().into_iter().enumerate() {
                if place > 0 {
                    ui.separator();
                }
                let title = title(&unfinished, names, words);
                ui.push_id(place, |ui| one_ui(ui, words, &title, &unfinished, recovery, actions));
            }
        });
        ui.add_space(8.0);
        if recovery.asks == Some(Deletion::All) {
            all_question_ui(ui, words, recovery, actions);
        } else {
            ui.horizontal(|ui| {
                if ui.button(&words.close).accessible_name("Close list").clicked() {
                    recovery.close_list();
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let all = ui.button(&words.recovery_delete_all);
                    if all.accessible_name("Delete all unfinished").clicked() {
                        recovery.asks = Some(Deletion::All);
                    }
                });
            });
        }
    });
    if is_left {
        recovery.close_list();
    }
}

fn one_ui(
    ui: &mut Ui,
    words: &Words,
    title: &str,
    unfinished: &Unfinished,
    recovery: &mut Recovery,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui.visuals());
    let about = about(unfinished, title, words);
    let path = unfinished.path();
    let mut act = |action| actions.push(Action::App(action));
    if recovery.asks == Some(Deletion::One(path.into())) {
        let question = fill(&words.recovery_delete_asks, &[("title", &title), ("about", &about)]);
        ui.add(egui::Label::new(question).wrap());
        ui.horizontal(|ui| {
            let delete = egui::Button::new(RichText::new(&words.recovery_delete).color(palette.error));
            if ui.add(delete).accessible_name(format!("Delete unfinished {title} now")).clicked() {
                act(AppAction::DeleteUnfinished(path.into()));
            }
            let keep = ui.button(&words.recovery_keep);
            if keep.accessible_name(format!("Keep unfinished {title}")).clicked() {
                recovery.asks = None;
            }
        });
        return;
    }
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let delete = ui.button(&words.recovery_delete);
            if delete.accessible_name(format!("Delete unfinished {title}")).clicked() {
                recovery.asks = Some(Deletion::One(path.into()));
            }
            let save = ui.button(&words.save_as);
            if save.accessible_name(format!("Save unfinished {title}")).clicked() {
                act(AppAction::SaveUnfinished(path.into()));
            }
            let open = ui.button(&words.open);
            if open.accessible_name(format!("Open unfinished {title}")).clicked() {
                act(AppAction::OpenUnfinished(path.into()));
            }
            ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.add(egui::Label::new(RichText::new(title).strong()).truncate());
                ui.add(egui::Label::new(RichText::new(&about).color(palette.dim)).truncate());
            });
        });
    });
}

fn all_question_ui(ui: &mut Ui, words: &Words, recovery: &mut Recovery, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let (count, bytes) = recovery.total();
    let values: [(&str, &dyn std::fmt::Display); 2] = [("count", &count), ("bytes", &figures::bytes(bytes))];
    ui.add(egui::Label::new(fill(&words.recovery_delete_all_asks, &values)).wrap());
    ui.horizontal(|ui| {
        let text = fill(&words.recovery_delete_all_now, &[("count", &count)]);
        if buttons::primary_button(ui, &text, "Delete all unfinished now", palette.stop, true).clicked() {
            actions.push(Action::App(AppAction::DeleteAllUnfinished));
        }
        if ui.button(&words.recovery_keep).accessible_name("Keep all unfinished").clicked() {
            recovery.asks = None;
        }
    });
}
