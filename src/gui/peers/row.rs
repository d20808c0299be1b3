//! Draws one row of the list of connections: its name or address, and what it carried.

use crate::gui::action::{Action, TabAction};
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::figures::{self, grouped, time_of_day};
use crate::gui::kit::icons;
use crate::gui::kit::theme::{Palette, connection_color};
use crate::gui::peers::listed::Listed;
use crate::gui::peers::state::{Peers, Renaming};
use crate::lang::{Words, fill};
use crate::model::{ConnectionInfo, MAX_NAME_CHARACTERS, PeerKey};
use eframe::egui::{self, Key, Pos2, Rect, Response, Sense, Stroke, Ui, vec2};

/// The height of a row, in points.
pub const ROW_HEIGHT: f32 = 40.0;

/// Draws the row of a connection. `is_alone`: no other row in sight has the same address. Returns where its menu is to
/// open, too.
pub fn row_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    listed: Listed<'_>,
    peers: &mut Peers,
    connection: &ConnectionInfo,
    (is_cursor, is_alone): (bool, bool),
    actions: &mut Vec<Action>,
) -> (Response, Option<Pos2>) {
    let palette = Palette::of(ui.visuals());
    let is_selected = peers.selected.contains(&connection.id);
    // Clickable but not focusable: the list has the focus.
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    let name = ctx.names.name_of(connection.peer);
    let address = connection.peer.to_string();
    let label = name.map_or_else(|| address.clone(), |name| format!("{name} {address}"));
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, is_selected, &label));
    // Screen readers get the contents of the tooltip.
    let details = || details(connection, ctx);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_selected(is_selected);
        node.set_description(details());
    });
    let ground = match (is_selected, response.hovered() || is_cursor) {
        (true, _) => palette.selection,
        (false, true) => ui.visuals().widgets.hovered.weak_bg_fill,
        (false, false) => egui::Color32::TRANSPARENT,
    };
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 4.0, ground);
    if is_cursor {
        painter.rect_stroke(rect, 4.0, Stroke::new(1.5, palette.accent), egui::StrokeKind::Inside);
    }
    let edge = Rect::from_min_size(rect.left_top() + vec2(3.0, 6.0), vec2(3.0, ROW_HEIGHT - 12.0));
    painter.rect_filled(edge, 1.5, connection_color(palette, connection.id));
    let is_pointed_at = response.contains_pointer();
    // The button lies over the end of the first line.
    let width = rect.width() - 18.0;
    let top = rect.left_top() + vec2(12.0, 4.0);
    let is_renamed = peers.renaming.as_ref().is_some_and(|renaming| renaming.connection == connection.id);
    if is_renamed {
        let place = Rect::from_min_size(rect.left_top() + vec2(8.0, 1.0), vec2(rect.width() - 10.0, 20.0));
        name_ui(ui, ctx, listed, peers, connection, place, actions);
    } else {
        let font = egui::TextStyle::Body.resolve(ui.style());
        bars::elided(&painter, top, width, name.unwrap_or(&address), font, palette.text);
    }
    let key = ctx.names.key_of(listed.transport, connection.peer);
    let known_by = match name {
        Some(_) if is_alone && matches!(key, PeerKey::Host(_)) => Some(connection.peer.ip().to_string()),
        Some(_) => Some(address.clone()),
        None => None,
    };
    let counts = below(connection, listed, known_by, ctx.words);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let dim = if is_selected { palette.text } else { palette.dim };
    bars::elided(&painter, top + vec2(0.0, 18.0), width, &counts, small, dim);
    let menu_of = |pressed: &Response| pressed.interact_pointer_pos().filter(|_| pressed.secondary_clicked());
    let mut menu_at = menu_of(&response);
    // The field of the name is in its place.
    if is_pointed_at && !is_renamed {
        let place = Rect::from_min_size(rect.right_top() + vec2(-26.0, 2.0), vec2(22.0, 20.0));
        let button = only_ui(ui, ctx, connection, place, ground, actions);
        menu_at = menu_at.or_else(|| menu_of(&button));
    }
    let response = response.on_hover_ui(|ui| {
        ui.label(details());
    });
    (response, menu_at)
}

/// Draws the button of the row under the pointer that shows this connection alone: one click, where its menu takes two.
fn only_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    connection: &ConnectionInfo,
    place: Rect,
    ground: egui::Color32,
    actions: &mut Vec<Action>,
) -> Response {
    ui.painter().rect_filled(place, 4.0, ground);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(place));
    // Clickable but not focusable, as the row is.
    let name = "Show only the one pointed at";
    let button = buttons::small_icon_button(&mut ui, icons::FILTER, Sense::CLICK, name);
    let button = button.on_hover_text(&ctx.words.show_only_this);
    if button.clicked() {
        actions.push(ctx.action(TabAction::ShowOnly([(connection.id, connection.peer)].into())));
    }
    button
}

/// The line below the name: the encoding if it is the connection's own, the address of a peer that is called by its
/// name, and the bytes both ways.
fn below(connection: &ConnectionInfo, listed: Listed<'_>, known_by: Option<String>, words: &Words) -> String {
    let traffic = connection.traffic.totals();
    let (received, sent) = (figures::bytes(traffic.bytes_in), figures::bytes(traffic.bytes_out));
    let encoding = listed.encodings.own_of(connection.id).map(|encoding| encoding.name().to_owned());
    let half = connection.is_half_closed.then(|| words.half_closed.clone());
    let parts = [encoding, known_by, Some(format!("↓{received} ↑{sent}")), half];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The details of a connection, for its tooltip.
fn details(connection: &ConnectionInfo, ctx: TabCtx<'_>) -> String {
    let words = ctx.words;
    let traffic = connection.traffic.totals();
    let values: [(&str, &dyn std::fmt::Display); 8] = [
        ("peer", &connection.peer),
        ("local", &connection.local),
        ("since", &time_of_day(connection.since)),
        ("id", &connection.id),
        ("records_in", &grouped(traffic.records_in)),
        ("records_out", &grouped(traffic.records_out)),
        ("bytes_in", &grouped(traffic.bytes_in)),
        ("bytes_out", &grouped(traffic.bytes_out)),
    ];
    let mut all = fill(&words.connection_tip, &values);
    if let Some(name) = ctx.names.name_of(connection.peer) {
        all = format!("{name}\n{all}");
    }
    if connection.is_half_closed { format!("{all}\n{}", words.half_closed) } else { all }
}

/// Draws the field in which the name is typed. Enter and leaving it take the name, Escape does not.
fn name_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    listed: Listed<'_>,
    peers: &mut Peers,
    connection: &ConnectionInfo,
    place: Rect,
    actions: &mut Vec<Action>,
) {
    let Some(Renaming { text, wants_focus, .. }) = &mut peers.renaming else { return };
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(place));
    let key = ctx.names.key_of(listed.transport, connection.peer);
    let hint = fill(&ctx.words.peer_name_hint, &[("peer", &key)]);
    let edit = egui::TextEdit::singleline(text)
        .id_salt("peer name")
        .hint_text(&hint)
        .char_limit(MAX_NAME_CHARACTERS)
        .desired_width(place.width());
    let field = ui.add(edit).accessible_name("Peer name").on_hover_text(&hint);
    if std::mem::take(wants_focus) {
        fields::take_focus_all(&field, text);
        return;
    }
    if !field.lost_focus() {
        return;
    }
    let is_cancelled = ui.input(|input| input.key_pressed(Key::Escape));
    let name = std::mem::take(text);
    peers.renaming = None;
    if !is_cancelled {
        actions.push(ctx.action(TabAction::NamePeer(key, name)));
    }
}
