//! Which file is to be opened: the dialog that asks for it. Opening is `file_source`'s.

use crate::gui::files::browse;
use crate::gui::files::path_text::typed_path;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::lang::Words;
use crate::task::Task;
use eframe::egui::{self, Context, Key};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The dialog.
pub struct OpenDialog {
    path: String,
    folder: PathBuf,
    browsing: Option<Task<Option<Vec<PathBuf>>>>,
    wants_focus: bool,
}

/// What the user decided.
pub enum Choice {
    /// Nothing is to be opened.
    Cancel,
    /// These files are.
    Open(Vec<PathBuf>),
}

impl OpenDialog {
    /// `folder`: where something was opened or saved last.
    pub fn new(folder: &Path) -> Self {
        Self { path: String::new(), folder: folder.into(), browsing: None, wants_focus: true }
    }

    /// Draws it. Returns what the user decided, once.
    pub fn ui(
        &mut self,
        ctx: &Context,
        notify: &Arc<dyn Fn() + Send + Sync>,
        words: &Words,
    ) -> Option<Choice> {
        let mut choice = None;
        if let Some(outcome) = self.browsing.as_mut().and_then(Task::take) {
            self.browsing = None;
            if let Ok(Some(paths)) = outcome {
                choice = Some(Choice::Open(paths));
            }
        }
        let ((), is_left) = widgets::dialog(ctx, "open dialog", 520.0, |ui| {
            ui.heading(&words.open_title);
            ui.add_space(4.0);
            ui.add(egui::Label::new(egui::RichText::new(&words.open_about).weak()).wrap());
            ui.add_space(6.0);
            let mut is_entered = false;
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 100.0).max(120.0);
                let field =
                    widgets::field(ui, &mut self.path, "File to open", &words.open_hint, width, None, true);
                if std::mem::take(&mut self.wants_focus) {
                    field.request_focus();
                }
                is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                let browse = egui::Button::new(&words.browse);
                if ui.add_enabled(self.browsing.is_none(), browse).accessible_name("Browse").clicked() {
                    self.browsing = Some(browse::open(self.folder.clone(), notify));
                }
            });
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                let is_possible = !self.path.trim().is_empty();
                let accent = Palette::of(ui.visuals()).accent;
                let open = widgets::primary_button(ui, &words.open, "Open", accent, is_possible);
                if open.clicked() || is_entered && is_possible {
                    choice = Some(Choice::Open(vec![typed_path(&self.path)]));
                }
                if ui.button(&words.cancel).accessible_name("Cancel opening").clicked() {
                    choice = Some(Choice::Cancel);
                }
            });
        });
        if is_left {
            choice = Some(Choice::Cancel);
        }
        choice
    }
}
