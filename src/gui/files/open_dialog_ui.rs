//! Draws the dialog that opens files.

use crate::gui::action::{Action, AppAction};
use crate::gui::files::browse_ui::{browse_ui, no_desktop_ui};
use crate::gui::files::open_dialog::OpenDialog;
use crate::gui::files::path_text::typed_path;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::Words;
use eframe::egui::{self, Context, Key};

/// Draws the dialog.
pub fn open_dialog_ui(ctx: &Context, words: &Words, dialog: &mut OpenDialog, actions: &mut Vec<Action>) {
    let mut act = |action| actions.push(Action::App(action));
    let ((), is_left) = messages::dialog(ctx, "open dialog", 520.0, |ui| {
        ui.heading(&words.open_title);
        ui.add_space(4.0);
        ui.add(egui::Label::new(egui::RichText::new(&words.open_about).weak()).wrap());
        ui.add_space(6.0);
        let mut is_entered = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 100.0).max(120.0);
            let path = &mut dialog.path;
            let field = fields::field(ui, path, "File to open", &words.open_hint, width, None, true);
            if dialog.chooser.takes_focus() {
                fields::take_focus_all(&field, path);
            }
            is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if browse_ui(ui, words, &dialog.chooser) {
                act(AppAction::BrowseToOpen);
            }
        });
        no_desktop_ui(ui, words, &dialog.chooser);
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let is_possible = !dialog.path.trim().is_empty();
            let accent = Palette::of(ui.visuals()).accent;
            let open = buttons::primary_button(ui, &words.open, "Open", accent, is_possible);
            if open.clicked() || is_entered && is_possible {
                act(AppAction::OpenFiles(vec![typed_path(&dialog.path)]));
            }
            if ui.button(&words.cancel).accessible_name("Cancel opening").clicked() {
                act(AppAction::CancelOpen);
            }
        });
    });
    if is_left {
        act(AppAction::CancelOpen);
    }
}
