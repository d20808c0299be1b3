//! Draws the dialog that begins a file which grows with a session.

use crate::gui::action::{Action, AppAction};
use crate::gui::files::browse_ui::{browse_ui, no_desktop_ui};
use crate::gui::files::follow_dialog::{FollowDialog, What};
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, explain, fill};
use crate::settings::{LogRotation, ViewMode};
use eframe::egui::accesskit::Live;
use eframe::egui::{Context, Key, Label, RichText, Ui};

/// The width of the dialog, in points.
const WIDTH: f32 = 520.0;
/// The width of the field for the size, in points.
const SIZE_WIDTH: f32 = 80.0;

/// Draws the dialog.
pub fn follow_dialog_ui(ctx: &Context, words: &Words, dialog: &mut FollowDialog, actions: &mut Vec<Action>) {
    let ((), is_left) = messages::dialog(ctx, "follow dialog", WIDTH, |ui| {
        let is_log = matches!(dialog.what, What::Log(_));
        ui.heading(if is_log { &words.live_log_title } else { &words.receive_title });
        ui.add_space(4.0);
        ui.add(Label::new(RichText::new(about(words, &dialog.what)).weak()).wrap());
        ui.add_space(6.0);
        let is_entered = path_ui(ui, words, dialog, actions);
        no_desktop_ui(ui, words, &dialog.chooser);
        if is_log {
            ui.add_space(6.0);
            rotation_ui(ui, words, dialog);
        }
        problem_ui(ui, words, dialog);
        ui.add_space(8.0);
        if dialog.asks {
            replace_ui(ui, words, dialog, actions);
        } else {
            buttons_ui(ui, words, dialog.can_begin(), is_entered, actions);
        }
    });
    if is_left {
        actions.push(Action::App(AppAction::CancelFollow));
    }
}

/// What is written, in a sentence.
fn about(words: &Words, what: &What) -> String {
    match what {
        What::Peer { name, .. } => fill(&words.receive_of, &[("peer", name)]),
        What::One => words.receive_one.clone(),
        What::Each => words.receive_each.clone(),
        What::Log(view) => {
            let view = match view {
                ViewMode::Auto => &words.auto,
                ViewMode::Text => &words.text,
                ViewMode::Hex => &words.hex,
                ViewMode::Both => &words.both,
            };
            fill(&words.live_log_about, &[("view", view)])
        }
    }
}

/// Returns whether Enter was pressed in the field.
fn path_ui(ui: &mut Ui, words: &Words, dialog: &mut FollowDialog, actions: &mut Vec<Action>) -> bool {
    let mut is_entered = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 100.0).max(120.0);
        let field = fields::field(ui, &mut dialog.path.text, "Write to", &words.open_hint, width, None, true);
        if dialog.chooser.takes_focus() {
            fields::take_focus(&field, dialog.path.name_place());
        }
        if field.changed() {
            dialog.path_changed();
        }
        is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if browse_ui(ui, words, &dialog.chooser) {
            actions.push(Action::App(AppAction::BrowseToFollow));
        }
    });
    is_entered
}

fn rotation_ui(ui: &mut Ui, words: &Words, dialog: &mut FollowDialog) {
    let error = dialog.rotation().is_none().then_some(words.log_size_wrong.as_str());
    ui.horizontal_wrapped(|ui| {
        ui.label(&words.log_rotate).on_hover_text(&words.log_rotate_tip);
        for (rotation, text, name) in [
            (LogRotation::Never, &words.log_rotate_never, "Never a new file"),
            (LogRotation::Daily, &words.log_rotate_daily, "New file each day"),
            (LogRotation::Size, &words.log_rotate_size, "New file at a size"),
        ] {
            let choice = buttons::radio(ui, &mut dialog.rotation, rotation, text, name);
            choice.on_hover_text(&words.log_rotate_tip);
        }
        let is_enabled = dialog.rotation == LogRotation::Size;
        fields::field(ui, &mut dialog.size, "Size of a log", "10 MB", SIZE_WIDTH, error, is_enabled);
    });
}

/// Why it does not begin.
fn problem_ui(ui: &mut Ui, words: &Words, dialog: &FollowDialog) {
    let text = match &dialog.failure {
        Some(failure) => explain(words, failure),
        None if dialog.is_taken => fill(&words.follow_taken, &[("name", &name(dialog))]),
        None => return,
    };
    ui.add_space(4.0);
    let text = RichText::new(text).color(Palette::of(ui.visuals()).error);
    let label = ui.add(Label::new(text).wrap());
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Assertive));
}

fn name(dialog: &FollowDialog) -> String {
    dialog.path.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn buttons_ui(ui: &mut Ui, words: &Words, can_begin: bool, is_entered: bool, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let accent = Palette::of(ui.visuals()).accent;
        let begin = buttons::primary_button(ui, &words.follow_start, "Begin to write", accent, can_begin);
        if begin.clicked() || is_entered && can_begin {
            actions.push(Action::App(AppAction::CheckFollow));
        }
        if ui.button(&words.cancel).accessible_name("Do not write").clicked() {
            actions.push(Action::App(AppAction::CancelFollow));
        }
    });
}

/// The question whether the file, which exists, is to be replaced.
fn replace_ui(ui: &mut Ui, words: &Words, dialog: &mut FollowDialog, actions: &mut Vec<Action>) {
    let text = match dialog.what {
        What::Each => fill(&words.save_replaces_streams, &[("name", &folder_name(dialog))]),
        _ => fill(&words.follow_replaces, &[("name", &name(dialog))]),
    };
    ui.add(Label::new(text).wrap());
    ui.horizontal(|ui| {
        let stop = Palette::of(ui.visuals()).stop;
        if buttons::primary_button(ui, &words.replace, "Replace", stop, true).clicked() {
            actions.push(Action::App(AppAction::BeginFollow));
        }
        if ui.button(&words.cancel).accessible_name("Keep what is there").clicked() {
            dialog.asks = false;
        }
    });
}

fn folder_name(dialog: &FollowDialog) -> String {
    let path = dialog.path.path();
    path.parent().and_then(|folder| folder.file_name()).unwrap_or_default().to_string_lossy().into_owned()
}
