//! Draws the editor of an item.

use crate::codec::{Encoding, LineEnding};
use crate::gui::action::lists::{ItemAction, ListsAction};
use crate::gui::action::{Action, AppAction, TabAction, TabId};
use crate::gui::compose::checksum_ui::pick_ui;
use crate::gui::compose::payload::first;
use crate::gui::compose::picker::Picker;
use crate::gui::compose::preview_ui::preview_ui;
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::icons;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::editor::{Editor, Field, TargetKind};
use crate::gui::lists::keys;
use crate::gui::lists::row_ui::lists;
use crate::gui::lists::store::Store;
use crate::gui::lists::wait_fields::{WaitField, WaitKind};
use crate::lang::{Words, fill};
use crate::payload::Format;
use crate::settings::TabSettings;
use crate::settings::lists::{Color, KeyChord};
use eframe::egui::accesskit::{Live, Role};
use eframe::egui::{
    Align, Context, FontSelection, Label, Layout, PopupCloseBehavior, Response, RichText, ScrollArea,
    TextEdit, Ui,
};

/// The width, in points.
const WIDTH: f32 = 520.0;
/// The height of the title and of the buttons, in points.
const FRAME_HEIGHT: f32 = 84.0;
/// The width of the controls, in points.
const CONTROL_WIDTH: f32 = 260.0;

/// The tab that would send the item, for the preview.
#[derive(Clone, Copy)]
pub struct Sender<'a> {
    /// The tab.
    pub tab: TabId,
    /// Its form.
    pub form: &'a TabSettings,
    /// The encodings of its recipients, that of the first one first.
    pub encodings: &'a [Encoding],
    /// The checksums that were chosen before, the last one first.
    pub recent_checksums: &'a [String],
}

/// Draws the editor.
pub fn editor_ui(
    ctx: &Context,
    words: &Words,
    store: &Store,
    sender: Option<Sender<'_>>,
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
            how_ui(ui, words, sender, editor, actions);
            ui.separator();
            when_ui(ui, words, store, editor);
            ui.separator();
            run_ui(ui, words, editor);
            fields::follow_focus(ui);
        });
        ui.separator();
        buttons_ui(ui, words, editor, actions);
    });
    if is_left {
        match (editor.has_changes(), editor.asks) {
            (false, _) => actions.push(lists(ListsAction::CloseEditor)),
            // Not by accident: the buttons say what becomes of what was typed.
            (true, asks) => editor.asks = !asks,
        }
    }
    picker_ui(ctx, words, sender, editor, actions);
}

/// Save and Cancel, or the question whether what was typed is discarded.
fn buttons_ui(ui: &mut Ui, words: &Words, editor: &mut Editor, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    ui.horizontal(|ui| {
        let can_keep = editor.finished(words).is_some();
        let keep = buttons::primary_button(ui, &words.lists_keep, "Keep command", palette.accent, can_keep);
        if keep.clicked() {
            actions.push(lists(ListsAction::KeepItem));
        }
        if !editor.asks {
            if ui.button(&words.cancel).accessible_name("Cancel editing").clicked() {
                actions.push(lists(ListsAction::CloseEditor));
            }
            return;
        }
        if ui.button(&words.lists_discard).accessible_name("Discard changes").clicked() {
            actions.push(lists(ListsAction::CloseEditor));
        }
        if ui.button(&words.lists_go_on).accessible_name("Go on editing").clicked() {
            editor.asks = false;
        }
        let question = RichText::new(&words.lists_unsaved).color(palette.warning);
        let label = ui.add(Label::new(question).truncate());
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Assertive));
    });
}

/// Draws the dialog in which the checksum is chosen, if it is open.
fn picker_ui(
    ctx: &Context,
    words: &Words,
    sender: Option<Sender<'_>>,
    editor: &mut Editor,
    actions: &mut Vec<Action>,
) {
    let Some(picker) = &mut editor.picker else { return };
    let recent = sender.map(|sender| sender.recent_checksums).unwrap_or_default();
    let picked = pick_ui(ctx, words, picker, &editor.checksum, recent);
    if let Some(chosen) = picked.chosen {
        editor.checksum = chosen;
    }
    if picked.is_done {
        editor.picker = None;
        actions.push(Action::App(AppAction::RememberChecksum(editor.checksum.trim().to_owned())));
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
    (caption, name, hint): (&str, &str, &str),
    text: &mut String,
    error: Option<String>,
) {
    row(ui, caption, |ui| {
        fields::field(ui, text, name, hint, CONTROL_WIDTH, error.as_deref(), true);
    });
    error_ui(ui, error);
}

fn error_ui(ui: &mut Ui, error: Option<String>) {
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
    text_row(ui, (&words.lists_note, "Command note", ""), &mut editor.item.note, None);
}

/// Payload, format, encoding, line ending, checksum.
fn how_ui(
    ui: &mut Ui,
    words: &Words,
    sender: Option<Sender<'_>>,
    editor: &mut Editor,
    actions: &mut Vec<Action>,
) {
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
    let field = TextEdit::multiline(&mut editor.item.payload)
        .id_salt("command payload")
        .font(FontSelection::from(eframe::egui::TextStyle::Monospace))
        .desired_rows(3)
        .desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name("Command payload");
    bytes_ui(ui, words, sender, editor, &field, actions);
    let name = "Command is a template";
    let template = buttons::checkbox(ui, &mut editor.item.is_template, &words.template, name);
    template.on_hover_text(&words.template_tip);
    let error = editor.error(Field::Checksum, words);
    row(ui, &words.lists_checksum, |ui| {
        let side = ui.spacing().interact_size.y + ui.spacing().item_spacing.x;
        let choose = buttons::icon_button(ui, icons::DOWN, "Choose checksum");
        if choose.on_hover_text(&words.checksum_title).clicked() {
            editor.picker = Some(Picker::new(editor.checksum.trim().parse().ok().as_ref()));
        }
        let (text, hint) = (&mut editor.checksum, "CRC-16/MODBUS");
        fields::field(ui, text, "Command checksum", hint, CONTROL_WIDTH - side, error.as_deref(), true);
    });
    error_ui(ui, error);
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

/// The bytes that would be sent, or why there are none. The counter begins again by a button.
fn bytes_ui(
    ui: &mut Ui,
    words: &Words,
    sender: Option<Sender<'_>>,
    editor: &mut Editor,
    field: &Response,
    actions: &mut Vec<Action>,
) {
    let of_item = editor.error(Field::Payload, words);
    let Some(sender) = sender else { return error_ui(ui, of_item) };
    let form = editor.form(sender.form);
    let own = editor.item.encoding.map(|encoding| [encoding]);
    let encodings = own.as_ref().map_or(sender.encodings, |own| &own[..]);
    let encoded = editor.encoded.get(&form, encodings, words);
    match &*encoded {
        // Half of a byte is an error only when the field is left.
        Err(error) if error.is_unfinished && field.has_focus() => {
            ui.weak(&words.payload_unfinished);
        }
        Err(error) => {
            fields::say_invalid(field, &error.text);
            error_ui(ui, of_item.or_else(|| Some(error.text.clone())));
        }
        Ok(_) => {
            let Some(built) = first(&encoded) else { return };
            ui.horizontal(|ui| {
                if form.is_template && form.sent_count > 0 {
                    let text = fill(&words.counter_reset, &[("count", &grouped(form.sent_count))]);
                    let reset = ui.small_button(text).on_hover_text(&words.counter_reset_tip);
                    if reset.accessible_name("Reset counter of command").clicked() {
                        let reset = ItemAction::ResetCount(editor.item.id.clone());
                        actions.push(Action::Tab(sender.tab, TabAction::Item(reset)));
                    }
                }
                ui.push_id("command preview", |ui| preview_ui(ui, words, built));
            });
        }
    }
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
        text_row(ui, peer, &mut editor.peer, error);
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
    text_row(ui, interval, &mut editor.interval, error);
    if !editor.interval.trim().is_empty() {
        let error = editor.error(Field::Repeat, words);
        let repeat = (words.lists_repeat.as_str(), "Command times", words.lists_repeat_hint.as_str());
        text_row(ui, repeat, &mut editor.repeat, error);
        let after_end = &mut editor.item.after_end;
        let after =
            buttons::checkbox(ui, after_end, &words.repeat_after_end, "Command pause after each send");
        after.on_hover_text(&words.repeat_after_end_tip);
    }
}

/// What counts when the list is run.
fn run_ui(ui: &mut Ui, words: &Words, editor: &mut Editor) {
    ui.label(RichText::new(&words.lists_in_runs).strong()).on_hover_text(&words.lists_in_runs_tip);
    buttons::checkbox(ui, &mut editor.item.takes_part, &words.lists_takes_part, "Command takes part");
    let error = editor.error(Field::Delay, words);
    let delay = (words.lists_delay.as_str(), "Command pause", "1.5s");
    text_row(ui, delay, &mut editor.delay, error);
    if editor.interval.trim().is_empty() {
        let error = editor.error(Field::Repeat, words);
        text_row(ui, (&words.lists_repeat, "Command times", "1"), &mut editor.repeat, error);
    }
    let wait = &mut editor.wait;
    row(ui, &words.lists_wait, |ui| {
        let choices = [
            (WaitKind::None, words.lists_wait_none.as_str(), "No answer"),
            (WaitKind::Text, words.text.as_str(), "Answer as text"),
            (WaitKind::Hex, words.hex.as_str(), "Answer as hex"),
            (WaitKind::Regex, words.lists_wait_regex.as_str(), "Answer as regular expression"),
        ];
        fields::combo(ui, "Command answer", &words.lists_wait_tip, CONTROL_WIDTH, &mut wait.kind, &choices);
    });
    if wait.kind == WaitKind::None {
        return;
    }
    let hint = match wait.kind {
        WaitKind::Hex => "01 03 ?? ??",
        WaitKind::Regex => "^OK\\b",
        WaitKind::None | WaitKind::Text => "OK",
    };
    let error = wait.error(WaitField::Pattern, words);
    text_row(ui, (&words.lists_wait_contains, "Answer contains", hint), &mut wait.text, error);
    let error = wait.error(WaitField::Within, words);
    text_row(ui, (&words.lists_wait_within, "Answer within", "1s"), &mut wait.within, error);
    let error = wait.error(WaitField::Retries, words);
    text_row(ui, (&words.lists_wait_retries, "Answer retries", "0"), &mut wait.retries, error);
    buttons::checkbox(ui, &mut wait.goes_on, &words.lists_wait_go_on, "Go on without an answer");
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
