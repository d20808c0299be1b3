//! Draws the editor of an item.

use crate::codec::{Encoding, LineEnding};
use crate::gui::action::Action;
use crate::gui::action::lists::ListsAction;
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::icons;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::editor::{Editor, Field, TargetKind};
use crate::gui::lists::keys;
use crate::gui::lists::row_ui::lists;
use crate::gui::lists::store::Store;
use crate::lang::Words;
use crate::payload::Format;
use crate::settings::lists::{Color, KeyChord};
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Context, FontSelection, Layout, PopupCloseBehavior, RichText, ScrollArea, TextEdit, Ui,
};

/// The width, in points.
const WIDTH: f32 = 520.0;
/// The height of the title and of the buttons, in points.
const FRAME_HEIGHT: f32 = 84.0;
/// The width of the controls, in points.
const CONTROL_WIDTH: f32 = 260.0;

/// Draws the editor.
pub fn editor_ui(
    ctx: &Context,
    words: &Words,
    store: &Store,
    editor: &mut Editor,
    actions: &mut Vec<Action>,
) {
    let ((), is_left) = messages::dialog(ctx, "command editor", WIDTH, |ui| {
        let height = ui.ctx().content_rect().height() - 176.0;
        // Dialogs are lower by themselves.
        ui.set_max_height(height + FRAME_HEIGHT);
        ui.heading(if editor.is_new { &words.lists_new_title } else { &words.lists_edit_title });
        ui.separator();
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_role(Role::ScrollView));
            what_ui(ui, words, store, editor);
            ui.separator();
            how_ui(ui, words, editor);
            ui.separator();
            when_ui(ui, words, store, editor);
            fields::follow_focus(ui);
        });
        ui.separator();
        ui.horizontal(|ui| {
            let accent = Palette::of(ui.visuals()).accent;
            let can_keep = editor.finished(words).is_some();
            let keep = buttons::primary_button(ui, &words.lists_keep, "Keep command", accent, can_keep);
            if keep.clicked() {
                actions.push(lists(ListsAction::KeepItem));
            }
            if ui.button(&words.cancel).accessible_name("Cancel editing").clicked() {
                actions.push(lists(ListsAction::CloseEditor));
            }
        });
    });
    if is_left {
        actions.push(lists(ListsAction::CloseEditor));
    }
}

/// A setting: its name, and its control in a column at the right.
fn row(ui: &mut Ui, name: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        // The control has the accessible name.
        bars::caption(ui, name, 0.0);
        ui.with_layout(Layout::right_to_left(Align::Center), control);
    });
}

/// A field of text with what is wrong with it below.
fn text_row(
    ui: &mut Ui,
    words: &Words,
    (caption, name, hint): (&str, &str, &str),
    text: &mut String,
    error: Option<String>,
) {
    row(ui, caption, |ui| {
        fields::field(ui, text, name, hint, CONTROL_WIDTH, error.as_deref(), true);
    });
    error_ui(ui, words, error);
}

fn error_ui(ui: &mut Ui, _: &Words, error: Option<String>) {
    if let Some(error) = error {
        let color = Palette::of(ui.visuals()).error;
        ui.add(eframe::egui::Label::new(RichText::new(error).color(color)).wrap());
    }
}

/// Name, group, note and list.
fn what_ui(ui: &mut Ui, words: &Words, store: &Store, editor: &mut Editor) {
    row(ui, &words.lists_name, |ui| {
        let text = &mut editor.item.name;
        let name = fields::field(ui, text, "Command name", "", CONTROL_WIDTH, None, true);
        if std::mem::take(&mut editor.wants_focus) {
            fields::take_focus_all(&name, text);
        }
    });
    row(ui, &words.lists_group, |ui| {
        let groups = store.all().flat_map(|open| open.list.groups());
        let mut groups: Vec<_> = groups.filter(|group| !group.is_empty()).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut width = CONTROL_WIDTH;
        if !groups.is_empty() {
            let side = ui.spacing().interact_size.y;
            width -= side + ui.spacing().item_spacing.x;
            let closes = PopupCloseBehavior::CloseOnClick;
            buttons::icon_menu(ui, icons::DOWN, "Groups", closes, |ui| {
                for group in groups.into_iter().take(30) {
                    if ui.button(group).accessible_name(format!("Use group {group}")).clicked() {
                        editor.item.group = group.to_owned();
                    }
                }
            });
        }
        fields::field(ui, &mut editor.item.group, "Command group", "", width, None, true);
    });
    let names: Vec<_> = store.all().map(|open| (open.id, open.list.name.clone())).collect();
    if names.len() > 1 {
        row(ui, &words.lists_list, |ui| {
            let choices: Vec<_> =
                names.iter().map(|(id, name)| (Some(*id), name.as_str(), name.as_str())).collect();
            fields::combo(ui, "Command list", &words.lists_list, CONTROL_WIDTH, &mut editor.list, &choices);
        });
    }
    text_row(ui, words, (&words.lists_note, "Command note", ""), &mut editor.item.note, None);
}

/// Payload, format, encoding, line ending, checksum.
fn how_ui(ui: &mut Ui, words: &Words, editor: &mut Editor) {
    row(ui, &words.lists_payload, |ui| {
        let formats = [
            (Format::Escaped, words.escaped.as_str(), "Command with escapes"),
            (Format::Hex, words.hex.as_str(), "Command as hex"),
            (Format::Text, words.text.as_str(), "Command as text"),
        ];
        // From right to left.
        ui.allocate_ui_with_layout(
            eframe::egui::vec2(CONTROL_WIDTH, ui.spacing().interact_size.y),
            Layout::left_to_right(Align::Center),
            |ui| {
                let formats: Vec<_> = formats.into_iter().rev().collect();
                buttons::segmented(ui, &mut editor.item.format, &formats);
            },
        );
    });
    let error = editor.error(Field::Payload, words);
    let field = TextEdit::multiline(&mut editor.item.payload)
        .id_salt("command payload")
        .font(FontSelection::from(eframe::egui::TextStyle::Monospace))
        .desired_rows(3)
        .desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name("Command payload");
    if let Some(error) = &error {
        fields::say_invalid(&field, error);
    }
    error_ui(ui, words, error);
    let name = "Command is a template";
    buttons::checkbox(ui, &mut editor.item.is_template, &words.template, name);
    let error = editor.error(Field::Checksum, words);
    let checksum = (words.lists_checksum.as_str(), "Command checksum", "CRC-16/MODBUS");
    text_row(ui, words, checksum, &mut editor.checksum, error);
    if editor.item.format == Format::Hex {
        return;
    }
    row(ui, &words.lists_line_ending, |ui| {
        let choices = LineEnding::ALL.map(|ending| match ending {
            LineEnding::None => (ending, words.lists_no_ending.as_str(), "No ending"),
            LineEnding::Lf => (ending, "LF", "Ending LF"),
            LineEnding::Cr => (ending, "CR", "Ending CR"),
            LineEnding::CrLf => (ending, "CRLF", "Ending CRLF"),
        });
        let ending = &mut editor.item.line_ending;
        fields::combo(ui, "Command line ending", &words.lists_line_ending, CONTROL_WIDTH, ending, &choices);
    });
    row(ui, &words.lists_encoding, |ui| {
        let mut choices = vec![(None, words.lists_recipients_encoding.as_str(), "Encoding of recipients")];
        choices
            .extend(Encoding::ALL.iter().map(|encoding| (Some(*encoding), encoding.name(), encoding.name())));
        let encoding = &mut editor.item.encoding;
        fields::combo(ui, "Command encoding", &words.lists_encoding, CONTROL_WIDTH, encoding, &choices);
    });
}

/// Target, key, color, times.
fn when_ui(ui: &mut Ui, words: &Words, store: &Store, editor: &mut Editor) {
    row(ui, &words.lists_target, |ui| {
        let choices = [
            (TargetKind::Chosen, words.lists_to_chosen.as_str(), "To the chosen recipients"),
            (TargetKind::All, words.lists_to_all.as_str(), "To all connections"),
            (TargetKind::Selected, words.lists_to_selected.as_str(), "To the selected connections"),
            (TargetKind::LastPeer, words.lists_to_last.as_str(), "To the peer that sent last"),
            (TargetKind::Peer, words.lists_to_peer.as_str(), "To one peer"),
        ];
        fields::combo(ui, "Command target", &words.lists_target, CONTROL_WIDTH, &mut editor.target, &choices);
    });
    if editor.target == TargetKind::Peer {
        let error = editor.error(Field::Peer, words);
        let peer = (words.lists_peer.as_str(), "Command peer", "192.168.1.5:502");
        text_row(ui, words, peer, &mut editor.peer, error);
    }
    key_ui(ui, words, store, editor);
    row(ui, &words.lists_color, |ui| {
        let texts = [
            &words.lists_blue,
            &words.lists_purple,
            &words.lists_teal,
            &words.lists_orange,
            &words.lists_pink,
            &words.lists_olive,
            &words.lists_slate,
            &words.lists_brown,
        ];
        let names = ["Blue", "Purple", "Teal", "Orange", "Pink", "Olive", "Slate", "Brown"];
        let mut choices = vec![(None, words.lists_no_color.as_str(), "No color")];
        let colors = Color::ALL.into_iter().zip(texts).zip(names);
        choices.extend(colors.map(|((color, text), name)| (Some(color), text.as_str(), name)));
        fields::combo(
            ui,
            "Command color",
            &words.lists_color,
            CONTROL_WIDTH,
            &mut editor.item.color,
            &choices,
        );
    });
    let error = editor.error(Field::Interval, words);
    let interval = (words.lists_interval.as_str(), "Command interval", "10ms");
    text_row(ui, words, interval, &mut editor.interval, error);
    if !editor.interval.trim().is_empty() {
        let error = editor.error(Field::Repeat, words);
        let repeat = (words.lists_repeat.as_str(), "Command times", words.lists_repeat_hint.as_str());
        text_row(ui, words, repeat, &mut editor.repeat, error);
    }
    let error = editor.error(Field::Delay, words);
    let delay = (words.lists_delay.as_str(), "Command pause", "1.5s");
    text_row(ui, words, delay, &mut editor.delay, error);
    buttons::checkbox(ui, &mut editor.item.takes_part, &words.lists_takes_part, "Command takes part");
}

/// The keys that no other item and no command of the window has.
fn key_ui(ui: &mut Ui, words: &Words, store: &Store, editor: &mut Editor) {
    let others = store.all().flat_map(|open| &open.list.items).filter(|item| item.id != editor.item.id);
    let used: Vec<&KeyChord> = others.filter_map(|item| item.key.as_ref()).collect();
    let mut free: Vec<KeyChord> = keys::offered().filter(|chord| !used.contains(&chord)).collect();
    if let Some(own) = &editor.item.key
        && !free.contains(own)
    {
        free.insert(0, own.clone());
    }
    let texts: Vec<_> = free.iter().map(ToString::to_string).collect();
    let mut choices = vec![(0, words.lists_no_key.as_str(), "No key")];
    choices.extend(texts.iter().enumerate().map(|(index, text)| (index + 1, text.as_str(), text.as_str())));
    let own = editor.item.key.as_ref();
    let mut chosen =
        own.and_then(|own| free.iter().position(|chord| chord == own)).map_or(0, |index| index + 1);
    let before = chosen;
    row(ui, &words.lists_key, |ui| {
        fields::combo(ui, "Command key", &words.lists_key, CONTROL_WIDTH, &mut chosen, &choices);
    });
    if chosen != before {
        editor.item.key = chosen.checked_sub(1).and_then(|index| free.get(index)).cloned();
    }
}
