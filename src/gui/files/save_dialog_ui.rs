//! Draws the dialog that saves or exports the records of a tab.

use crate::export::Content;
use crate::gui::action::{Action, AppAction};
use crate::gui::files::browse_ui::{browse_ui, no_desktop_ui};
use crate::gui::files::save_dialog::{SaveDialog, Subject};
use crate::gui::files::writing::Part;
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use crate::settings::SaveFormat;
use eframe::egui::{self, Context, Key, RichText, Ui};

/// Draws the dialog.
pub fn save_dialog_ui(
    ctx: &Context,
    words: &Words,
    subject: &Subject,
    dialog: &mut SaveDialog,
    actions: &mut Vec<Action>,
) {
    let ((), is_left) = messages::dialog(ctx, "save dialog", 520.0, |ui| {
        ui.heading(fill(&words.save_title, &[("title", &subject.title)]));
        ui.add_space(6.0);
        format_ui(ui, words, dialog);
        part_ui(ui, words, subject, dialog);
        ui.add_space(4.0);
        let is_entered = path_ui(ui, words, dialog, actions);
        ui.add_space(6.0);
        if subject.is_session {
            buttons::checkbox(ui, &mut dialog.closes_unsaved, &words.close_never_ask, "Do not ask again");
            ui.add_space(4.0);
        }
        ui.add_space(6.0);
        if let Some(percent) = subject.looked_through {
            ui.weak(fill(&words.save_not_known_yet, &[("percent", &percent)]));
        }
        if dialog.asks {
            replace_ui(ui, words, dialog, actions);
        } else {
            buttons_ui(ui, words, dialog.can_save(subject), is_entered, actions);
        }
    });
    if is_left {
        actions.push(Action::App(AppAction::CancelSave));
    }
}

fn format_ui(ui: &mut Ui, words: &Words, dialog: &mut SaveDialog) {
    let formats = [
        (SaveFormat::Recording, "Recording"),
        (SaveFormat::Text, "Text file"),
        (SaveFormat::JsonLines, "JSON lines"),
        (SaveFormat::Csv, "CSV"),
        (SaveFormat::Raw, "Raw bytes"),
    ]
    .map(|(format, name)| (format, format_name(words, format), name));
    let before = dialog.format;
    ui.horizontal_wrapped(|ui| {
        bars::caption(ui, &words.save_format, 260.0);
        fields::combo(ui, "Format", &words.save_format, 260.0, &mut dialog.format, &formats);
        if dialog.format == SaveFormat::Text {
            let contents = [
                (Content::Auto, words.auto.as_str(), "As auto"),
                (Content::Text, words.text.as_str(), "As text"),
                (Content::Hex, words.hex.as_str(), "As hex"),
                (Content::Both, words.both.as_str(), "As both"),
            ];
            ui.scope(|ui| buttons::segmented(ui, &mut dialog.content, &contents));
        }
    });
    if dialog.format != before {
        dialog.format_changed(before);
    }
    let about = match dialog.format {
        SaveFormat::Recording => &words.save_recording_about,
        SaveFormat::Text => &words.save_text_about,
        SaveFormat::JsonLines => &words.save_json_about,
        SaveFormat::Csv => &words.save_csv_about,
        SaveFormat::Raw => &words.save_raw_about,
    };
    ui.add(egui::Label::new(RichText::new(about).weak()).wrap());
}

/// The choice between all records and a part of them; if there is none, what is saved.
fn part_ui(ui: &mut Ui, words: &Words, subject: &Subject, dialog: &mut SaveDialog) {
    let parts = dialog.parts(subject);
    if parts.iter().all(|(part, _)| *part != dialog.part) {
        dialog.part = Part::All;
    }
    let is_choice = parts.len() > 1;
    ui.add_space(2.0);
    for (part, records) in parts {
        let name = match part {
            Part::All => "Everything",
            Part::SinceClear => "Only records since Clear",
            Part::Filtered => "Only records that match the filter",
            Part::Connection => "Only one connection",
        };
        let mut text = dialog.explain_part(part, words);
        if let Some(records) = records {
            text = format!("{text} · {}", fill(&words.filter_count, &[("count", &grouped(records))]));
        }
        if is_choice {
            buttons::radio(ui, &mut dialog.part, part, &text, name);
        } else {
            ui.label(text);
        }
    }
}

/// Returns whether Enter was pressed in the field.
fn path_ui(ui: &mut Ui, words: &Words, dialog: &mut SaveDialog, actions: &mut Vec<Action>) -> bool {
    ui.label(if dialog.format == SaveFormat::Raw { &words.save_folder } else { &words.save_file });
    let mut is_entered = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 100.0).max(120.0);
        let field = fields::field(ui, &mut dialog.path.text, "Save as", "", width, None, true);
        if dialog.chooser.takes_focus() {
            fields::take_focus(&field, dialog.path.name_place());
        }
        if field.changed() {
            dialog.name_changed();
        }
        is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if browse_ui(ui, words, &dialog.chooser) {
            actions.push(Action::App(AppAction::BrowseToSave));
        }
    });
    if dialog.follows_name {
        let text = fill(&words.save_format_follows, &[("format", &format_name(words, dialog.format))]);
        let label = ui.colored_label(Palette::of(ui.visuals()).warning, text);
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
    }
    no_desktop_ui(ui, words, &dialog.chooser);
    is_entered
}

fn format_name(words: &Words, format: SaveFormat) -> &str {
    match format {
        SaveFormat::Recording => &words.save_recording,
        SaveFormat::Text => &words.save_text,
        SaveFormat::JsonLines => &words.save_json,
        SaveFormat::Csv => &words.save_csv,
        SaveFormat::Raw => &words.save_raw,
    }
}

fn buttons_ui(ui: &mut Ui, words: &Words, can_save: bool, is_entered: bool, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    ui.horizontal(|ui| {
        let save = buttons::primary_button(ui, &words.save, "Save", palette.accent, can_save);
        if save.clicked() || is_entered && can_save {
            actions.push(Action::App(AppAction::CheckSave));
        }
        if ui.button(&words.cancel).accessible_name("Cancel saving").clicked() {
            actions.push(Action::App(AppAction::CancelSave));
        }
    });
}

/// The question whether the target, which exists, is to be replaced.
fn replace_ui(ui: &mut Ui, words: &Words, dialog: &mut SaveDialog, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let path = dialog.target();
    let name = path.file_name().unwrap_or_default().display();
    let is_folder = dialog.format == SaveFormat::Raw;
    let template = if is_folder { &words.save_replaces_streams } else { &words.save_replaces };
    ui.add(egui::Label::new(fill(template, &[("name", &name)])).wrap());
    ui.horizontal(|ui| {
        if buttons::primary_button(ui, &words.replace, "Replace", palette.stop, true).clicked() {
            actions.push(Action::App(AppAction::WriteSave));
        }
        if ui.button(&words.cancel).accessible_name("Keep what is there").clicked() {
            dialog.asks = false;
        }
    });
}
