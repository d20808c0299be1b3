//! Draws the running saves with their progress, and the messages about those that have ended.

use crate::gui::action::{Action, AppAction};
use crate::gui::files::writing_list::WritingList;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets::{self, progress_ui};
use crate::lang::{Words, fill};
use eframe::egui::{self, Frame, Margin, Panel, RichText, Ui};

/// Draws the panel, if there is something to show.
pub fn writing_list_ui(ui: &mut Ui, words: &Words, list: &mut WritingList, actions: &mut Vec<Action>) {
    if list.running.is_empty() && list.messages.is_empty() {
        return;
    }
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4));
    Panel::top("file jobs").frame(frame).show(ui, |ui| {
        for (index, writing) in list.running.iter().enumerate() {
            ui.push_id(("writing", index), |ui| {
                let cancel = format!("Cancel writing {}", writing.title);
                let text = fill(&words.save_running, &[("what", &writing.title)]);
                if progress_ui(ui, &text, writing.job.progress().fraction(), (&words.cancel, &cancel)) {
                    actions.push(Action::App(AppAction::CancelWriting(index)));
                }
            });
        }
        let mut place = 0;
        list.messages.retain(|message| {
            place += 1;
            let dismissed = ui.push_id(("message", place), |ui| {
                if message.is_failure {
                    let name = "Dismiss failed save";
                    return widgets::banner(ui, &message.text, true, &words.dismiss, name, |_| {});
                }
                done_ui(ui, words, &message.text)
            });
            !dismissed.inner
        });
    });
}

/// A message with a button that dismisses it. Returns whether it was clicked.
fn done_ui(ui: &mut Ui, words: &Words, text: &str) -> bool {
    let palette = Palette::of(ui.visuals());
    let mut is_dismissed = false;
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let close = ui.button("✕").on_hover_text(&words.dismiss);
            is_dismissed = close.accessible_name("Dismiss message").clicked();
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let label = ui.add(egui::Label::new(RichText::new(text).color(palette.text)).truncate());
                ui.ctx().accesskit_node_builder(label.id, |node| {
                    node.set_live(egui::accesskit::Live::Polite);
                });
            });
        });
    });
    is_dismissed
}
