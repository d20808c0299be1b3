//! Draws the running saves with their progress, and the failures of those that have ended.

use crate::gui::action::{Action, AppAction};
use crate::gui::files::writing_list::WritingList;
use crate::gui::kit::messages::{self, progress_ui};
use crate::lang::{Words, fill};
use eframe::egui::{Frame, Margin, Panel, Ui};

/// Draws the panel, if there is something to show.
pub fn writing_list_ui(ui: &mut Ui, words: &Words, list: &mut WritingList, actions: &mut Vec<Action>) {
    if list.running.is_empty() && list.failures.is_empty() {
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
        list.failures.retain(|problem| {
            place += 1;
            let banner = |ui: &mut Ui| {
                messages::banner(ui, &problem.text, true, &words.dismiss, "Dismiss failed save", |_| {})
            };
            !ui.push_id(("failure", place), banner).inner
        });
    });
}
