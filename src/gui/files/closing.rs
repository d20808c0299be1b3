//! The question before something is closed that was not saved.

use crate::gui::action::TabId;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::lang::{Words, fill};
use eframe::egui::{self, Context};

/// What is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// A tab.
    Tab(TabId),
    /// The window.
    Window,
}

/// What the user said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Save first.
    Save,
    /// Close, and lose what was not saved.
    Close,
    /// Do not close.
    Cancel,
}

/// The question.
pub struct ClosingDialog {
    /// What is to be closed.
    pub closing: Closing,
    /// It is not to be asked again.
    pub never_again: bool,
}

impl ClosingDialog {
    /// Asks before closing.
    pub fn new(closing: Closing) -> Self {
        Self { closing, never_again: false }
    }

    /// Draws it. `sessions` are the titles of those whose recordings were not saved, `files` of those
    /// with marks that were not.
    pub fn ui(
        &mut self,
        ctx: &Context,
        sessions: &[String],
        files: &[String],
        words: &Words,
    ) -> Option<Answer> {
        let mut answer = None;
        let ((), is_left) = widgets::dialog(ctx, "closing dialog", 460.0, |ui| {
            ui.heading(&words.close_title);
            ui.add_space(4.0);
            for (template, titles) in [(&words.close_unsaved, sessions), (&words.close_unsaved_marks, files)]
            {
                if !titles.is_empty() {
                    let text = fill(template, &[("titles", &titles.join(", "))]);
                    ui.add(egui::Label::new(text).wrap());
                }
            }
            ui.add_space(4.0);
            ui.checkbox(&mut self.never_again, &words.close_never_ask).accessible_name("Do not ask again");
            ui.add_space(8.0);
            let palette = Palette::of(ui.visuals());
            ui.horizontal_wrapped(|ui| {
                let save = widgets::primary_button(ui, &words.save_as, "Save first", palette.accent, true);
                if save.clicked() {
                    answer = Some(Answer::Save);
                }
                let close = ui.button(&words.close_without_saving);
                if close.accessible_name("Close without saving").clicked() {
                    answer = Some(Answer::Close);
                }
                if ui.button(&words.cancel).accessible_name("Do not close").clicked() {
                    answer = Some(Answer::Cancel);
                }
            });
        });
        if is_left {
            answer = Some(Answer::Cancel);
        }
        answer
    }
}
