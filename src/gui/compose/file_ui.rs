//! Draws the button and the dialog that send a file.

use crate::engine::FileForm;
use crate::gui::action::{Action, TabAction};
use crate::gui::compose::file_dialog::{FileDialog, FileField};
use crate::gui::compose::state::Composer;
use crate::gui::files::browse_ui::{browse_ui, no_desktop_ui};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::Words;
use crate::settings::TabKind;
use eframe::egui::{Button, Context, Grid, Key, Label, RichText, Ui};

/// The width of the dialog, in points.
const WIDTH: f32 = 460.0;
/// The width of the short fields, in points.
const FIELD_WIDTH: f32 = 110.0;

/// The width of the button, in points.
#[must_use]
pub fn file_width(ui: &Ui, words: &Words) -> f32 {
    (buttons::text_width(ui, &words.send_file) + 2.0 * ui.spacing().button_padding.x).ceil()
}

/// Draws the button that opens the dialog.
pub fn file_button_ui(ui: &mut Ui, tab: TabCtx<'_>, actions: &mut Vec<Action>) {
    let words = tab.words;
    let button = ui.add_enabled(tab.is_open(), Button::new(&words.send_file));
    let button = button.on_hover_text(&words.send_file_tip).on_disabled_hover_text(&words.send_disabled_tip);
    if button.accessible_name("Send file").clicked() {
        actions.push(tab.action(TabAction::AskSendFile));
    }
}

/// Draws the dialog, if it is open. Enter sends, Escape does not.
pub fn file_dialog_ui(
    ctx: &Context,
    tab: TabCtx<'_>,
    kind: TabKind,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let Some(dialog) = &mut composer.file else { return };
    let words = tab.words;
    let options = dialog.options(kind == TabKind::Udp);
    let mut is_cancelled = false;
    let ((), is_left) = messages::dialog(ctx, "file to send", WIDTH, |ui| {
        ui.heading(&words.send_file_title);
        ui.add_space(6.0);
        let is_entered = path_ui(ui, tab, dialog, actions);
        no_desktop_ui(ui, words, &dialog.chooser);
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            for (form, text, name) in [
                (FileForm::Raw, &words.send_file_raw, "As it is"),
                (FileForm::Lines, &words.send_file_lines, "Line by line"),
                (FileForm::Hex, &words.send_file_hex, "As hex text"),
            ] {
                buttons::radio(ui, &mut dialog.form, form, text, name);
            }
        });
        ui.add_space(6.0);
        options_ui(ui, words, dialog, options.as_ref().err().copied());
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let is_possible = !dialog.path.text.trim().is_empty() && options.is_ok();
            let accent = Palette::of(ui.visuals()).accent;
            let send = buttons::primary_button(ui, &words.send, "Send this file", accent, is_possible);
            if (send.clicked() || is_entered && is_possible)
                && let Ok(options) = &options
            {
                let path = dialog.path.path();
                actions.push(tab.action(TabAction::SendFile(path, options.clone())));
                is_cancelled = true;
            }
            is_cancelled |= ui.button(&words.cancel).accessible_name("Do not send the file").clicked();
        });
    });
    if is_left || is_cancelled {
        composer.file = None;
    }
}

/// Draws the field for the path. Returns whether Enter was pressed in it.
fn path_ui(ui: &mut Ui, tab: TabCtx<'_>, dialog: &mut FileDialog, actions: &mut Vec<Action>) -> bool {
    let words = tab.words;
    let mut is_entered = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 100.0).max(120.0);
        let path = &mut dialog.path.text;
        let field = fields::field(ui, path, "File to send", &words.open_hint, width, None, true);
        if dialog.chooser.takes_focus() {
            fields::take_focus_all(&field, path);
        }
        is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if browse_ui(ui, words, &dialog.chooser) {
            actions.push(tab.action(TabAction::BrowseFileToSend));
        }
    });
    is_entered
}

fn options_ui(ui: &mut Ui, words: &Words, dialog: &mut FileDialog, wrong: Option<FileField>) {
    Grid::new("file options").num_columns(2).show(ui, |ui| {
        let has_chunks = dialog.form != FileForm::Lines;
        for (text, typed, name, hint, field, is_enabled) in [
            (&words.send_file_chunk, &mut dialog.chunk, "Chunk", "1024", FileField::Chunk, has_chunks),
            (&words.send_file_gap, &mut dialog.gap, "Gap", "5 ms", FileField::Gap, true),
            (&words.send_file_rate, &mut dialog.rate, "Rate", "1 MB/s", FileField::Rate, true),
        ] {
            let error = (wrong == Some(field)).then_some(words.send_file_wrong.as_str());
            ui.label(text);
            fields::field(ui, typed, name, hint, FIELD_WIDTH, error, is_enabled);
            ui.end_row();
        }
    });
    if wrong.is_some() {
        let text = RichText::new(&words.send_file_wrong).color(Palette::of(ui.visuals()).error);
        ui.add(Label::new(text).wrap());
    }
}
