//! Widgets that several parts of the window share. Their accessible names are fixed.

use crate::gui::kit::icons::{self, Icon};
use crate::gui::kit::theme::Palette;
use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    self, Color32, ComboBox, FocusDirection, FontId, Key, Modifiers, Popup, Pos2, Response, RichText, Stroke,
    Ui, vec2,
};

/// The height of primary buttons, in points.
pub const PRIMARY_HEIGHT: f32 = 28.0;

/// The size of icons beside words, in points.
pub const ICON_SIZE: f32 = 16.0;

/// The size of arrows and of icons in lines of small text, in points.
const SMALL_ICON_SIZE: f32 = 11.0;

/// The width of a text in the font of buttons, in points.
#[must_use]
pub fn text_width(ui: &Ui, text: &str) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
}

/// A button of a bar: an icon and a word, without an edge until it is pointed at.
pub fn tool_button(ui: &mut Ui, icon: Icon, text: &str, name: &str, is_on: bool) -> Response {
    let button = egui::Button::new((icon.text(ICON_SIZE), RichText::new(text)))
        .wrap_mode(egui::TextWrapMode::Extend)
        .frame_when_inactive(is_on)
        .selected(is_on);
    ui.add(button).accessible_name(name)
}

/// The width of a [`tool_button`], in points.
#[must_use]
pub fn tool_width(ui: &Ui, text: &str) -> f32 {
    let spacing = ui.spacing();
    (text_width(ui, text) + ICON_SIZE + spacing.icon_spacing + 2.0 * spacing.button_padding.x).ceil() + 2.0
}

/// A square button that is only an icon.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let size = egui::Vec2::splat(ui.spacing().interact_size.y);
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::Vec2::ZERO);
    let response = ui.add(square(icon, size)).accessible_name(name);
    ui.spacing_mut().button_padding = padding;
    response
}

fn square(icon: Icon, size: egui::Vec2) -> egui::Button<'static> {
    egui::Button::new(icon.text(ICON_SIZE)).frame_when_inactive(false).min_size(size)
}

/// A square button that is only an icon and opens a menu. `closes`: what closes the menu.
pub fn icon_menu<R>(
    ui: &mut Ui,
    icon: Icon,
    name: &str,
    closes: egui::PopupCloseBehavior,
    contents: impl FnOnce(&mut Ui) -> R,
) -> Response {
    let size = egui::Vec2::splat(ui.spacing().interact_size.y);
    let config = MenuConfig::new().close_behavior(closes);
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::Vec2::ZERO);
    let menu = MenuButton::from_button(square(icon, size)).config(config);
    let response = menu.ui(ui, |ui| {
        ui.spacing_mut().button_padding = padding;
        contents(ui)
    });
    ui.spacing_mut().button_padding = padding;
    response.0.accessible_name(name)
}

/// A button that is only an icon, as high as a line of small text.
pub fn small_icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, egui::Vec2::splat(2.0));
    let button = egui::Button::new(icon.text(SMALL_ICON_SIZE)).frame_when_inactive(false).small();
    let response = ui.add(button).accessible_name(name);
    ui.spacing_mut().button_padding = padding;
    response
}

/// A button with a word that opens a menu.
#[must_use]
pub fn menu_button(text: &str) -> MenuButton<'static> {
    let text = RichText::new(text);
    let button = egui::Button::new((text, icons::DOWN.text(SMALL_ICON_SIZE)));
    MenuButton::from_button(button.wrap_mode(egui::TextWrapMode::Extend))
}

/// The first of `widths`, in order of importance, that fit into `room`, in points and with `gap` between them.
#[must_use]
pub fn fitting(room: f32, gap: f32, widths: &[f32]) -> usize {
    let mut end = -gap;
    widths
        .iter()
        .take_while(|width| {
            end += *width + gap;
            end <= room
        })
        .count()
}

/// A check box that looks usable when it is not checked, and filled when it is.
pub fn checkbox(ui: &mut Ui, is_on: &mut bool, text: &str, name: &str) -> Response {
    let palette = Palette::of(ui.visuals());
    let edge = ui.visuals().widgets.inactive.bg_stroke;
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        let text_color = widgets.inactive.fg_stroke.color;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            state.bg_fill = if *is_on { palette.accent } else { palette.data_ground };
            // Menus remove the edges of their buttons.
            if state.bg_stroke.width == 0.0 {
                state.bg_stroke = edge;
            }
            // The mark; the text has a color of its own.
            state.fg_stroke = Stroke::new(2.0, palette.on_accent);
        }
        ui.checkbox(is_on, RichText::new(text).color(text_color)).accessible_name(name)
    })
    .inner
}

/// Draws the items of a bar, the most important first. Those that do not fit are below each other in a menu at its
/// end. `widths` are those of the items, in points.
pub fn folding_bar(
    ui: &mut Ui,
    tip: &str,
    name: &str,
    widths: &[f32],
    mut item_ui: impl FnMut(&mut Ui, usize),
) {
    let (room, gap) = (ui.available_width(), ui.spacing().item_spacing.x);
    let mut shown = fitting(room, gap, widths);
    if shown < widths.len() {
        shown = fitting(room - ui.spacing().interact_size.y - gap, gap, widths);
    }
    (0..shown).for_each(|index| item_ui(ui, index));
    if shown == widths.len() {
        return;
    }
    let closes = egui::PopupCloseBehavior::CloseOnClickOutside;
    let menu = icon_menu(ui, icons::MORE, name, closes, |ui| {
        (shown..widths.len()).for_each(|index| item_ui(ui, index));
    });
    menu.on_hover_text(tip);
}

/// A button in a strong color, for the main action of a panel.
pub fn primary_button(ui: &mut Ui, text: &str, name: &str, color: Color32, is_enabled: bool) -> Response {
    let palette = Palette::of(ui.visuals());
    let width = if ui.ctx().content_rect().width() < 700.0 { 72.0 } else { 92.0 };
    let size = vec2(width, PRIMARY_HEIGHT);
    let button = if is_enabled {
        let text = RichText::new(text).color(palette.on_accent).strong();
        egui::Button::new(text).fill(color).stroke(Stroke::NONE)
    } else {
        // Without the accent, which would have too little contrast when dimmed.
        egui::Button::new(RichText::new(text).strong())
    };
    let response = ui.add_enabled(is_enabled, button.min_size(size)).accessible_name(name);
    focus_ring(ui, &response, response.rect.shrink(2.0), palette.on_accent);
    response
}

/// Draws a ring around a widget with the keyboard focus, for widgets without a border of their own.
pub fn focus_ring(ui: &Ui, response: &Response, ring: egui::Rect, color: Color32) {
    if response.has_focus() {
        ui.painter().rect_stroke(ring, 4.0, Stroke::new(1.5, color), egui::StrokeKind::Inside);
    }
}

/// A caption left of a control that is `control_width` points wide. Not accessible: the control has its own name.
pub fn caption(ui: &mut Ui, text: &str, control_width: f32) {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let color = ui.visuals().text_color();
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    keep_together(ui, galley.size().x + ui.spacing().item_spacing.x + control_width);
    // As high as a control, so that both are aligned in a wrapping row.
    let size = vec2(galley.size().x, ui.spacing().interact_size.y.max(galley.size().y));
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().galley(rect.left_center() - vec2(0.0, galley.size().y / 2.0), galley, color);
}

/// Begins a new line of a wrapping row if less than `width` points are left, so that a control stays with its
/// caption.
pub fn keep_together(ui: &mut Ui, width: f32) {
    let begins = ui.cursor().left() <= ui.max_rect().left() + 1.0;
    if !begins && ui.available_size_before_wrap().x < width {
        ui.end_row();
    }
}

/// A text cut to that many characters, with `…` where it was cut.
#[must_use]
pub fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

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
    response.on_hover_text(format!("{tip}\n{more}"))
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

/// A message with buttons at its right, announced by screen readers when it appears. `is_short`: on one line, the
/// whole of it in the tooltip. Returns whether it was dismissed.
pub fn banner(
    ui: &mut Ui,
    text: &str,
    is_short: bool,
    tip: &str,
    name: &str,
    buttons: impl FnOnce(&mut Ui),
) -> bool {
    let palette = Palette::of(ui.visuals());
    let frame = egui::Frame::new().fill(palette.error_ground).corner_radius(5.0);
    let frame = frame.stroke(Stroke::new(1.0, palette.error.gamma_multiply(0.4)));
    let mut is_dismissed = false;
    frame.inner_margin(egui::Margin::symmetric(10, 2)).show(ui, |ui| {
        // One line is centred beside the buttons, more lines begin at their top.
        let right = egui::Layout::right_to_left(egui::Align::Min);
        ui.with_layout(right, |ui| {
            is_dismissed = icon_button(ui, icons::CLOSE, name).on_hover_text(tip).clicked();
            buttons(ui);
            ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.add_space(4.0);
                let label = egui::Label::new(RichText::new(text).color(palette.error)).selectable(true);
                let label = match is_short {
                    true => ui.add(label.truncate()).on_hover_text(text),
                    false => ui.add(label.wrap()),
                };
                ui.ctx().accesskit_node_builder(label.id, |node| {
                    node.set_live(egui::accesskit::Live::Assertive);
                });
                ui.add_space(4.0);
            });
        });
    });
    is_dismissed
}

/// A modal dialog, at most `width` points wide. The second result: Escape or a click beside it closes it.
pub fn dialog<T>(
    ctx: &egui::Context,
    name: &str,
    width: f32,
    contents: impl FnOnce(&mut Ui) -> T,
) -> (T, bool) {
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(16.0);
    let modal = egui::Modal::new(egui::Id::unique(name)).frame(frame).show(ctx, |ui| {
        ui.set_width(width.min(ui.ctx().content_rect().width() - 60.0));
        contents(ui)
    });
    let is_left = modal.should_close();
    (modal.inner, is_left)
}

/// Paints one line of text, truncated with `…` to `width` points.
pub fn elided(painter: &egui::Painter, at: Pos2, width: f32, text: &str, font: FontId, color: Color32) {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width);
    let galley = painter.layout_job(job);
    painter.galley(at, galley, color);
}

/// A segmented button. Each choice is `(value, visible text, accessible name)`.
pub fn segmented<T: PartialEq + Copy>(ui: &mut Ui, value: &mut T, choices: &[(T, &str, &str)]) {
    let palette = Palette::of(ui.visuals());
    // Neighbours share a border.
    ui.spacing_mut().item_spacing.x = -1.0;
    let last = choices.len().saturating_sub(1);
    for (place, (choice, text, name)) in choices.iter().enumerate() {
        let is_taken = value == choice;
        let color = if is_taken { palette.on_accent } else { palette.text };
        let mut corners = egui::CornerRadius::ZERO;
        if place == 0 {
            (corners.nw, corners.sw) = (5, 5);
        }
        if place == last {
            (corners.ne, corners.se) = (5, 5);
        }
        let button = egui::Button::new(RichText::new(*text).color(color)).selected(is_taken);
        let mut button = button.corner_radius(corners);
        if is_taken {
            button = button.fill(palette.accent).stroke(Stroke::new(1.0, palette.accent));
        }
        let response = ui.add(button).accessible_name(*name);
        // Inside, since the neighbour is drawn over the border.
        focus_ring(ui, &response, response.rect.shrink(2.0), color);
        if response.clicked() {
            *value = *choice;
        }
    }
}

/// Selects the whole text of a field.
pub fn select_all(ctx: &egui::Context, field: egui::Id, text: &str) {
    let mut state = egui::TextEdit::load_state(ctx, field).unwrap_or_default();
    let all = egui::text::CCursorRange::two(
        egui::text::CCursor::new(0),
        egui::text::CCursor::new(text.chars().count()),
    );
    state.cursor.set_char_range(Some(all));
    state.store(ctx, field);
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

/// A line with a text, a progress bar and a Cancel button. Returns whether the button was clicked.
pub fn progress_ui(ui: &mut Ui, text: &str, fraction: f32, (cancel, name): (&str, &str)) -> bool {
    let mut is_pressed = false;
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            is_pressed = ui.button(cancel).accessible_name(name).clicked();
            let percent = format!("{:.0}%", fraction * 100.0);
            let bar = egui::ProgressBar::new(fraction).desired_width(140.0).corner_radius(4.0).text(percent);
            ui.add(bar);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
    is_pressed
}
