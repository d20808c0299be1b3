//! Draws the dialog for the file of a list, and the preview of an import.

use crate::gui::action::Action;
use crate::gui::action::lists::ListsAction;
use crate::gui::files::browse_ui::{browse_ui, no_desktop_ui};
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::row_ui::lists;
use crate::gui::lists::transfer::{Purpose, Transfer};
use crate::gui::view::one_line;
use crate::lang::{Words, fill};
use crate::settings::lists::import::Imported;
use eframe::egui::accesskit::{Live, Role};
use eframe::egui::{Align, Context, Key, Label, Layout, RichText, ScrollArea, Ui, vec2};
use std::path::Path;

/// The width, in points.
const WIDTH: f32 = 540.0;
/// The height of a row of the preview, in points.
const ROW_HEIGHT: f32 = 20.0;
/// The longest part of a payload that is shown, in characters.
const SHOWN_CHARACTERS: usize = 60;

/// Draws the dialog that is due.
pub fn transfer_ui(ctx: &Context, words: &Words, transfer: &mut Transfer, actions: &mut Vec<Action>) {
    match &transfer.preview {
        Some(imported) => preview_ui(ctx, words, imported, actions),
        None => file_ui(ctx, words, transfer, actions),
    }
}

fn file_ui(ctx: &Context, words: &Words, transfer: &mut Transfer, actions: &mut Vec<Action>) {
    let is_import = transfer.purpose == Purpose::Import;
    let mut act = |action| actions.push(lists(action));
    let ((), is_left) = messages::dialog(ctx, "list file", WIDTH, |ui| {
        ui.heading(match transfer.purpose {
            Purpose::Import => &words.lists_import_title,
            Purpose::Export(_) => &words.lists_export_title,
            Purpose::Run(_) => &words.sequence_run_title,
        });
        ui.add_space(4.0);
        if !matches!(transfer.purpose, Purpose::Export(_)) {
            let about = if is_import { &words.lists_import_about } else { &words.sequence_run_about };
            ui.add(Label::new(RichText::new(about).weak()).wrap());
            ui.add_space(4.0);
        }
        let mut is_entered = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 100.0).max(120.0);
            let error = transfer.error.as_deref();
            let field =
                fields::field(ui, &mut transfer.path.text, "List file", &words.open_hint, width, error, true);
            if transfer.chooser.takes_focus() {
                fields::take_focus_all(&field, &transfer.path.text);
            }
            if field.changed() {
                transfer.path_changed();
            }
            is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if browse_ui(ui, words, &transfer.chooser) {
                act(ListsAction::Browse);
            }
        });
        no_desktop_ui(ui, words, &transfer.chooser);
        if let Some(error) = &transfer.error {
            let color = Palette::of(ui.visuals()).error;
            let label = ui.add(Label::new(RichText::new(error).color(color)).wrap());
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Assertive));
        }
        ui.add_space(8.0);
        if let Some(path) = &transfer.asks {
            return replace_ui(ui, words, path, &mut act);
        }
        ui.horizontal(|ui| {
            let is_possible = !transfer.path.text.trim().is_empty();
            let accent = Palette::of(ui.visuals()).accent;
            let (text, name) = match transfer.purpose {
                Purpose::Import => (&words.lists_read, "Read list file"),
                Purpose::Export(_) => (&words.lists_write, "Write list file"),
                Purpose::Run(_) => (&words.sequence_run, "Run sequence file"),
            };
            let read = buttons::primary_button(ui, text, name, accent, is_possible);
            if read.clicked() || is_entered && is_possible {
                act(ListsAction::UseFile(transfer.path.path()));
            }
            if ui.button(&words.cancel).accessible_name("Cancel list file").clicked() {
                act(ListsAction::CloseTransfer);
            }
        });
    });
    if is_left {
        act(ListsAction::CloseTransfer);
    }
}

/// Asks whether a file is to be replaced.
fn replace_ui(ui: &mut Ui, words: &Words, path: &Path, act: &mut impl FnMut(ListsAction)) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let question = fill(&words.save_replaces, &[("name", &name)]);
    let label = ui.add(Label::new(question).wrap());
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Assertive));
    ui.horizontal(|ui| {
        let color = Palette::of(ui.visuals()).stop;
        if buttons::primary_button(ui, &words.replace, "Replace list file", color, true).clicked() {
            act(ListsAction::ReplaceFile(path.to_owned()));
        }
        if ui.button(&words.cancel).accessible_name("Cancel list file").clicked() {
            act(ListsAction::CloseTransfer);
        }
    });
}

/// Draws what was read: the items, and what was not taken.
fn preview_ui(ctx: &Context, words: &Words, imported: &Imported, actions: &mut Vec<Action>) {
    let mut act = |action| actions.push(lists(action));
    let ((), is_left) = messages::dialog(ctx, "list preview", WIDTH, |ui| {
        let height = ui.ctx().content_rect().height() - 220.0;
        // Dialogs are lower by themselves.
        ui.set_max_height(height + 130.0);
        ui.heading(&words.lists_preview_title);
        let (count, source) = (imported.list.items.len(), imported.source.name());
        let summary = fill(&words.lists_preview, &[("count", &count), ("source", &source)]);
        ui.add(Label::new(summary).wrap());
        ui.separator();
        let has_remarks = !imported.remarks.is_empty();
        let share = if has_remarks { 0.5 } else { 1.0 };
        items_ui(ui, imported, height * share);
        if has_remarks {
            ui.separator();
            let warning = Palette::of(ui.visuals()).warning;
            ui.label(RichText::new(&words.lists_not_taken).color(warning));
            remarks_ui(ui, words, imported, height * (1.0 - share) - 30.0);
        }
        ui.separator();
        ui.horizontal(|ui| {
            let accent = Palette::of(ui.visuals()).accent;
            let can_take = !imported.list.items.is_empty();
            let take = buttons::primary_button(ui, &words.lists_take, "Take list", accent, can_take);
            if take.clicked() {
                act(ListsAction::TakeImport);
            }
            if ui.button(&words.cancel).accessible_name("Cancel import").clicked() {
                act(ListsAction::CloseTransfer);
            }
        });
    });
    if is_left {
        act(ListsAction::CloseTransfer);
    }
}

fn items_ui(ui: &mut Ui, imported: &Imported, height: f32) {
    let items = &imported.list.items;
    let area = ScrollArea::vertical().max_height(height).auto_shrink([false, true]).id_salt("imported items");
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        area.show_rows(ui, ROW_HEIGHT, items.len(), |ui, range| {
            ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_role(Role::ScrollView));
            for item in &items[range] {
                ui.horizontal(|ui| {
                    ui.set_height(ROW_HEIGHT);
                    let payload: String = item.payload.chars().take(SHOWN_CHARACTERS).collect();
                    let name = RichText::new(item.title());
                    let size = vec2(ui.available_width() * 0.4, ROW_HEIGHT);
                    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                        ui.set_width(size.x);
                        ui.add(Label::new(name).truncate());
                    });
                    let payload = RichText::new(one_line(&payload)).monospace();
                    ui.add(Label::new(payload).truncate());
                });
            }
        });
    });
}

fn remarks_ui(ui: &mut Ui, words: &Words, imported: &Imported, height: f32) {
    let remarks = &imported.remarks;
    let area = ScrollArea::vertical().max_height(height.max(40.0)).auto_shrink([false, true]);
    area.id_salt("remarks").show(ui, |ui| {
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_role(Role::ScrollView));
        // Each may take several lines; a list of another program has a hundred items.
        for remark in remarks.iter().take(1000) {
            ui.add(Label::new(remark.explain(words)).wrap());
        }
    });
}
