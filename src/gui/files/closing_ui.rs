//! Draws the question before unsaved data is closed.

use crate::gui::action::{Action, AppAction, ClosingAnswer};
use crate::gui::files::closing::{ClosingDialog, Unsaved};
use crate::gui::kit::buttons;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use eframe::egui::{self, Context};

/// Draws the dialog.
pub fn closing_dialog_ui(
    ctx: &Context,
    words: &Words,
    unsaved: &Unsaved,
    dialog: &mut ClosingDialog,
    actions: &mut Vec<Action>,
) {
    let mut answer = |answer| actions.push(Action::App(AppAction::AnswerClosing(answer)));
    let ((), is_left) = messages::dialog(ctx, "closing dialog", 460.0, |ui| {
        ui.heading(&words.close_title);
        ui.add_space(4.0);
        for (template, titles) in
            [(&words.close_unsaved, &unsaved.sessions), (&words.close_unsaved_bookmarks, &unsaved.files)]
        {
            if !titles.is_empty() {
                let text = fill(template, &[("titles", &titles.join(", ")), ("count", &titles.len())]);
                ui.add(egui::Label::new(text).wrap());
            }
        }
        ui.add_space(4.0);
        buttons::checkbox(ui, &mut dialog.never_again, &words.close_never_ask, "Do not ask again");
        ui.add_space(8.0);
        let palette = Palette::of(ui.visuals());
        ui.horizontal_wrapped(|ui| {
            if buttons::primary_button(ui, &words.save_as, "Save first", palette.accent, true).clicked() {
                answer(ClosingAnswer::Save);
            }
            let close = ui.button(&words.close_without_saving);
            if close.accessible_name("Close without saving").clicked() {
                answer(ClosingAnswer::Close);
            }
            if ui.button(&words.cancel).accessible_name("Do not close").clicked() {
                answer(ClosingAnswer::Cancel);
            }
        });
    });
    if is_left {
        answer(ClosingAnswer::Cancel);
    }
}
