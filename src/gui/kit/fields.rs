//! Text fields and drop-down lists.

use crate::gui::kit::theme::Palette;
use eframe::egui::{self, ComboBox, FocusDirection, Key, Modifiers, Popup, Response, Stroke, Ui, vec2};
use std::ops::Range;

/// Gives a control with a fixed name the accessible description of what it shows.
pub fn describe(control: &Response, text: &str) {
    control.ctx.accesskit_node_builder(control.id, |node| node.set_description(text));
}

/// A drop-down list. Each choice is `(value, visible text, accessible name)`.
///
/// Closed: Up and Down change the value; Space, Enter, F4 and Alt+Down open it at the current value. Open: Enter
/// takes an entry, Escape closes it, and the focus returns to the list.
pub fn combo<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    tip: &str,
    width: f32,
    value: &mut T,
    choices: &[(T, &str, &str)],
) -> Response {
    described_combo(ui, name, tip, width, value, choices, |_| String::new())
}

/// The same; `describe` tells more of a choice, which is its tooltip and accessible description, and that of the list
/// while it is chosen. Texts that are too long are cut.
pub fn described_combo<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    tip: &str,
    width: f32,
    value: &mut T,
    choices: &[(T, &str, &str)],
    describe: impl Fn(T) -> String,
) -> Response {
    let salt = egui::IdSalt::new(name); // The id that `ComboBox` derives from its salt.
    let id = ui.make_persistent_id(salt);
    let was_open = ComboBox::is_open(ui.ctx(), id);
    let mut opens = false;
    if !was_open && ui.memory(|memory| memory.has_focus(id)) {
        opens = combo_keys(ui, value, choices);
    }
    let shown = choices.iter().find(|(choice, ..)| choice == value).map_or("", |(_, text, _)| text);
    let list = ComboBox::from_id_salt(name).selected_text(shown).width(width).height(420.0).icon(arrow);
    let list = list.truncate();
    if opens {
        Popup::open_id(ui.ctx(), id.with("popup"));
    }
    let inner = list.show_ui(ui, |ui| {
        for (choice, text, name) in choices {
            let is_taken = value == choice;
            let mut entry = ui.selectable_label(is_taken, *text).accessible_name(*name);
            let more = describe(*choice);
            if !more.is_empty() {
                self::describe(&entry, &more);
                entry = entry.on_hover_text(more);
            }
            if is_taken && !was_open {
                entry.request_focus();
            }
            if entry.gained_focus() {
                entry.scroll_to_me(None);
            }
            if entry.clicked() {
                *value = *choice;
                ui.close();
            }
        }
    });
    let is_open = ComboBox::is_open(ui.ctx(), id);
    if is_open {
        keep_above(ui, id.with("popup"));
    }
    if was_open && !is_open {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    let response = inner.response.accessible_name(name);
    let more = describe(*value);
    if more.is_empty() {
        return response.on_hover_text(tip);
    }
    self::describe(&response, &more);
    // In full, since the list may cut it.
    response.on_hover_text(format!("{tip}\n{shown}\n{more}"))
}

/// Keeps an open popup above the dialog that it belongs to. A click whose press and release come in one frame moves both
/// to the top, and egui then leaves them in the order that they had, in which the dialog may be the upper one.
fn keep_above(ui: &Ui, popup: egui::Id) {
    let (dialog, popup) = (ui.layer_id(), egui::LayerId::new(egui::Order::Foreground, popup));
    // Panels are below all popups.
    if dialog.order == popup.order {
        ui.ctx().set_sublayer(dialog, popup);
    }
}

/// The arrow of a drop-down list, as small as those of menus.
fn arrow(ui: &Ui, rect: egui::Rect, visuals: &egui::style::WidgetVisuals, _is_open: bool) {
    let rect = egui::Rect::from_center_size(rect.center(), vec2(8.0, 5.0));
    let points = vec![rect.left_top(), rect.right_top(), rect.center_bottom()];
    let color = visuals.fg_stroke.color;
    ui.painter().add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}

/// Handles the keys of a closed list with the focus. Returns whether it opens.
fn combo_keys<T: PartialEq + Copy>(ui: &Ui, value: &mut T, choices: &[(T, &str, &str)]) -> bool {
    let (step, opens) = ui.input_mut(|input| {
        let opens =
            input.consume_key(Modifiers::ALT, Key::ArrowDown) || input.consume_key(Modifiers::NONE, Key::F4);
        let mut pressed = |key| input.count_and_consume_key(Modifiers::NONE, key) as isize;
        (pressed(Key::ArrowDown) - pressed(Key::ArrowUp), opens)
    });
    if step != 0 {
        // The arrows would also move the focus.
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
    }
    let place = choices.iter().position(|(choice, ..)| choice == value);
    let place = place.map(|place| place.saturating_add_signed(step).min(choices.len() - 1));
    if let Some((choice, ..)) = place.and_then(|place| choices.get(place)) {
        *value = *choice;
    }
    opens
}

/// Selects the whole text of a field.
pub fn select_all(ctx: &egui::Context, field: egui::Id, text: &str) {
    select(ctx, field, 0..text.chars().count());
}

/// Selects a part of the text of a field, in characters.
fn select(ctx: &egui::Context, field: egui::Id, part: Range<usize>) {
    let mut state = egui::TextEdit::load_state(ctx, field).unwrap_or_default();
    let [from, to] = [part.start, part.end].map(egui::text::CCursor::new);
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(from, to)));
    state.store(ctx, field);
}

/// Moves the keyboard focus to a field that was just drawn and selects a part of its text, in characters, so that what
/// is typed next replaces it.
pub fn take_focus(field: &Response, part: Range<usize>) {
    field.request_focus();
    select(&field.ctx, field.id, part);
}

/// The same for the whole text.
pub fn take_focus_all(field: &Response, text: &str) {
    take_focus(field, 0..text.chars().count());
}

/// Brings the control that has got the keyboard focus into view.
pub fn follow_focus(ui: &Ui) {
    let focused = ui.memory(|memory| memory.focused()).and_then(|id| ui.ctx().read_response(id));
    let gained = focused.filter(|focused| focused.gained_focus() && focused.layer_id == ui.layer_id());
    if let Some(control) = gained.filter(|control| ui.min_rect().contains(control.rect.center())) {
        ui.scroll_to_rect_animation(control.rect, None, egui::style::ScrollAnimation::none());
        ui.ctx().request_repaint();
    }
}

/// Reports the error of a field to screen readers.
pub fn say_invalid(field: &Response, error: &str) {
    field.ctx.accesskit_node_builder(field.id, |node| {
        node.set_invalid(egui::accesskit::Invalid::True);
        node.set_description(error);
    });
}

/// A text field of one line, with a red border and a tooltip if there is an error.
pub fn field(
    ui: &mut Ui,
    text: &mut String,
    name: &str,
    hint: &str,
    width: f32,
    error: Option<&str>,
    is_enabled: bool,
) -> Response {
    let palette = Palette::of(ui.visuals());
    let edit = egui::TextEdit::singleline(text)
        .id_salt(name)
        .hint_text(hint.to_owned())
        .desired_width(width)
        .align(egui::Align2::LEFT_CENTER)
        .min_size(vec2(0.0, ui.spacing().interact_size.y));
    let response = ui.add_enabled(is_enabled, edit).accessible_name(name);
    if response.gained_focus() && !ui.input(|input| input.pointer.any_down()) {
        // Typing replaces what is there; a click sets the caret.
        select_all(ui.ctx(), response.id, text);
    }
    match error {
        Some(error) => {
            let stroke = Stroke::new(1.5, palette.error);
            ui.painter().rect_stroke(response.rect, 4.0, stroke, egui::StrokeKind::Inside);
            say_invalid(&response, error);
            response.on_hover_text(error)
        }
        None => response,
    }
}
