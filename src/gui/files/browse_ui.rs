//! Draws what both file dialogs have: the button that asks with the desktop's dialog, and that there is none.

use crate::gui::files::browse::Chooser;
use crate::gui::kit::theme::Palette;
use crate::lang::Words;
use eframe::egui::accesskit::Live;
use eframe::egui::{Button, Label, RichText, Ui};

/// Draws the button. Returns whether it was clicked.
pub fn browse_ui<T>(ui: &mut Ui, words: &Words, chooser: &Chooser<T>) -> bool {
    let browse = ui.add_enabled(!chooser.is_asking(), Button::new(&words.browse));
    browse.accessible_name("Browse").clicked()
}

/// Tells that no dialog of the desktop answers, if that is so.
pub fn no_desktop_ui<T>(ui: &mut Ui, words: &Words, chooser: &Chooser<T>) {
    if !chooser.has_no_desktop() {
        return;
    }
    let text = RichText::new(&words.no_file_dialog).color(Palette::of(ui.visuals()).warning);
    let label = ui.add(Label::new(text).wrap());
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
}
