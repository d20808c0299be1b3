//! Draws the list of connections or peers, and its menu.

use crate::gui::action::{Action, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::figures::{self, grouped, time_of_day};
use crate::gui::kit::theme::{Palette, connection_color};
use crate::gui::kit::widgets;
use crate::gui::peers::state::{Peers, Select};
use crate::lang::{Words, fill};
use crate::model::{ConnectionInfo, Connections};
use crate::settings::TabKind;
use eframe::egui::{
    self, Event, EventFilter, FocusDirection, Key, Modifiers, Popup, Rect, Response, RichText, ScrollArea,
    Sense, SetOpenCommand, Stroke, Ui, vec2,
};

/// The height of a row, in points.
const ROW_HEIGHT: f32 = 40.0;
/// The gap between two rows, in points.
const GAP: f32 = 2.0;

/// The effects of the keys of one frame.
#[derive(Default)]
struct KeyEffects {
    /// Scroll to the row of the cursor.
    reveals: bool,
    /// Open the menu of the row of the cursor.
    opens_menu: bool,
    /// The selection has changed.
    selects: bool,
}

/// Draws the list of a tab of this kind.
pub fn peers_ui(ui: &mut Ui, ctx: TabCtx<'_>, kind: TabKind, peers: &mut Peers, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let connections = ctx.status.connections.clone();
    title_ui(ui, ctx, kind, peers, actions);
    // Continues the line below the tools of the data.
    let line = ui.cursor().top() + 4.0 - ui.spacing().item_spacing.y;
    let stroke = ui.visuals().widgets.noninteractive.bg_stroke;
    ui.painter().hline(ui.max_rect().expand(8.0).x_range(), line + 0.5, stroke);
    ui.add_space(6.0);
    let area = ui.available_rect_before_wrap();
    let id = ui.make_persistent_id("list");
    // One stop for Tab; the arrow keys move within the list.
    let sense = if connections.is_empty() { Sense::hover() } else { Sense::click() };
    let list = ui.interact(area, id, sense);
    list.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ListBox, true, "Connections"));
    ui.ctx().accesskit_node_builder(id, |node| node.set_size_of_set(connections.len()));
    let inside = egui::UiBuilder::new().max_rect(area).accessibility_parent(id);
    let mut inside = ui.new_child(inside);
    if connections.is_empty() {
        let palette = Palette::of(ui.visuals());
        let hint = if kind == TabKind::Udp { &words.no_peers_yet } else { &words.no_connections_yet };
        inside.add(egui::Label::new(RichText::new(hint).color(palette.dim)).wrap());
        return;
    }
    let keys = keys(ui, &list, peers, &connections);
    let cursor = peers.cursor_row(&connections);
    let mut clicked = None;
    let mut menu_at = None;
    inside.spacing_mut().item_spacing.y = GAP;
    let rows = ScrollArea::vertical().auto_shrink(false);
    rows.show_rows(&mut inside, ROW_HEIGHT, connections.len(), |ui, range| {
        let top = ui.max_rect().top();
        let offset = (cursor as f32 - range.start as f32) * (ROW_HEIGHT + GAP);
        let row = Rect::from_min_size(
            egui::pos2(area.left(), top + offset),
            vec2(ui.available_width(), ROW_HEIGHT),
        );
        if keys.reveals || keys.opens_menu {
            ui.scroll_to_rect_animation(row, None, egui::style::ScrollAnimation::none());
            ui.ctx().request_repaint();
        }
        if keys.opens_menu {
            menu_at = Some((connections[cursor].id, area.clamp(row.left_center() + vec2(24.0, 0.0))));
        }
        let first = range.start;
        for (row, connection) in connections.range(range).enumerate() {
            let row = first + row;
            // The id is the connection's, so that a press stays with it when rows move.
            let response = ui.push_id(connection.id.0, |ui| {
                let is_cursor = list.has_focus() && row == cursor;
                row_ui(ui, peers, connection, is_cursor, words)
            });
            let response = response.inner;
            ui.ctx().accesskit_node_builder(response.id, |node| {
                node.set_position_in_set(row + 1);
            });
            if row == cursor {
                ui.ctx().accesskit_node_builder(id, |node| {
                    node.set_active_descendant(response.id.accesskit_id());
                });
            }
            if response.clicked() {
                clicked = Some(connection.id);
            }
            if response.secondary_clicked() {
                peers.cursor = Some(connection.id);
                menu_at = response.interact_pointer_pos().map(|at| (connection.id, at));
            }
        }
    });
    if let Some(id) = clicked {
        list.request_focus();
        let modifiers = ui.input(|input| input.modifiers);
        let select = match (modifiers.shift, modifiers.command) {
            (true, true) => Select::AddRange,
            (true, false) => Select::Range,
            (false, true) => Select::Toggle,
            (false, false) => Select::Only,
        };
        peers.select(&connections, id, select);
    }
    if clicked.is_some() || keys.selects {
        actions.push(ctx.action(TabAction::PeersSelected));
    }
    if kind == TabKind::TcpServer {
        if let Some((id, at)) = menu_at {
            peers.menu = Some((id, at.into()));
        }
        menu_ui(&list, ctx, peers, menu_at.is_some(), keys.opens_menu, actions);
    }
}

fn title_ui(ui: &mut Ui, ctx: TabCtx<'_>, kind: TabKind, peers: &Peers, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let count = ctx.status.connections.len();
    let title = if kind == TabKind::Udp { &words.peers } else { &words.connections };
    ui.horizontal(|ui| {
        ui.strong(format!("{title}  {}", grouped(count as u64)));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if kind == TabKind::TcpServer {
                let button = egui::Button::new(&words.disconnect);
                let button = ui.add_enabled(!peers.selected.is_empty(), button);
                let button =
                    button.on_hover_text(&words.disconnect_tip).on_disabled_hover_text(&words.disconnect_tip);
                if button.accessible_name("Disconnect").clicked() {
                    let selected = peers.selected.iter().copied().collect();
                    actions.push(ctx.action(TabAction::Disconnect(selected)));
                }
            }
        });
    });
}

/// The keys that the list consumes.
const KEYS: [Key; 11] = [
    Key::ArrowDown,
    Key::ArrowUp,
    Key::PageDown,
    Key::PageUp,
    Key::Home,
    Key::End,
    Key::Space,
    Key::Enter,
    Key::Delete,
    Key::Menu,
    Key::F10,
];

/// Consumes the keys of this frame, each with its own modifiers: Shift may be released within the frame.
fn keys(ui: &Ui, list: &Response, peers: &mut Peers, connections: &Connections) -> KeyEffects {
    let mut effects = KeyEffects::default();
    if !list.has_focus() {
        return effects;
    }
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
    effects.reveals = list.gained_focus();
    let mut pressed = Vec::new();
    ui.input_mut(|input| {
        input.events.retain(|event| match *event {
            Event::Key { key, modifiers, pressed: true, .. }
                if (KEYS.contains(&key) && (key != Key::F10 || modifiers.shift))
                    || (key == Key::A && modifiers.command) =>
            {
                pressed.push((key, modifiers));
                false
            }
            _ => true,
        });
    });
    let page = ((list.rect.height() / (ROW_HEIGHT + GAP)) as isize - 1).max(1);
    for (key, modifiers) in pressed {
        key_pressed(peers, connections, page, (key, modifiers), &mut effects);
    }
    if effects.reveals {
        // The focus lock filter applies from the next frame on: an arrow in this one would move the focus.
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
    }
    effects
}

/// Arrows, pages, Home and End move the cursor, with Shift they select; Space and Enter toggle one row;
/// Delete, the menu key and Shift+F10 open the menu.
fn key_pressed(
    peers: &mut Peers,
    connections: &Connections,
    page: isize,
    (key, modifiers): (Key, Modifiers),
    effects: &mut KeyEffects,
) {
    let row = peers.cursor_row(connections);
    let here = connections[row].id;
    let step = match key {
        Key::ArrowDown => 1,
        Key::ArrowUp => -1,
        Key::PageDown => page,
        Key::PageUp => -page,
        Key::Home => -(row as isize),
        Key::End => connections.len() as isize,
        Key::Space | Key::Enter => {
            peers.select(connections, here, Select::Toggle);
            effects.selects = true;
            return;
        }
        Key::A => {
            peers.select_all(connections);
            effects.selects = true;
            return;
        }
        _ => {
            effects.opens_menu = true;
            return;
        }
    };
    let there = connections[row.saturating_add_signed(step).min(connections.len() - 1)].id;
    effects.reveals = true;
    if modifiers.shift {
        peers.anchor.get_or_insert(here);
        peers.select(connections, there, Select::Range);
        effects.selects = true;
    } else {
        peers.cursor = Some(there);
        peers.anchor = Some(there);
    }
}

fn row_ui(
    ui: &mut Ui,
    peers: &Peers,
    connection: &ConnectionInfo,
    is_cursor: bool,
    words: &Words,
) -> Response {
    let palette = Palette::of(ui.visuals());
    let is_selected = peers.selected.contains(&connection.id);
    // Clickable but not focusable: the list has the focus.
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    let peer = connection.peer.to_string();
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, is_selected, &peer));
    // Screen readers get the contents of the tooltip.
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_selected(is_selected);
        node.set_description(details(connection, words));
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
    let width = rect.width() - 18.0;
    let top = rect.left_top() + vec2(12.0, 4.0);
    widgets::elided(
        &painter,
        top,
        width,
        &peer,
        egui::TextStyle::Monospace.resolve(ui.style()),
        palette.text,
    );
    let traffic = connection.traffic.totals();
    let half =
        if connection.is_half_closed { format!(" · {}", words.half_closed_mark) } else { String::new() };
    let (received, sent) = (figures::bytes(traffic.bytes_in), figures::bytes(traffic.bytes_out));
    let counts = format!("↓ {received}  ↑ {sent}{half}");
    let small = egui::TextStyle::Small.resolve(ui.style());
    let dim = if is_selected { palette.text } else { palette.dim };
    widgets::elided(&painter, top + vec2(0.0, 17.0), width, &counts, small, dim);
    response.on_hover_ui(|ui| {
        ui.label(details(connection, words));
    })
}

/// The details of a connection, for its tooltip.
fn details(connection: &ConnectionInfo, words: &Words) -> String {
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
    let all = fill(&words.connection_tip, &values);
    if connection.is_half_closed { format!("{all}\n{}", words.half_closed_mark) } else { all }
}

/// The menu of one connection. It closes when its connection is closed.
fn menu_ui(
    list: &Response,
    ctx: TabCtx<'_>,
    peers: &mut Peers,
    opens: bool,
    by_key: bool,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let popup = list.id.with("menu");
    let was_open = Popup::is_id_open(&list.ctx, popup);
    let Some((id, [x, y])) = peers.menu else {
        if was_open {
            Popup::close_id(&list.ctx, popup);
            list.request_focus();
        }
        return;
    };
    let menu = Popup::context_menu(list).id(popup).at_position(egui::pos2(x, y));
    let menu = menu.open_memory(opens.then_some(SetOpenCommand::Bool(true)));
    menu.show(|ui| {
        let this = ui.button(&words.disconnect).accessible_name("Disconnect this one");
        if by_key {
            this.request_focus();
        }
        let mut chosen = this.clicked().then(|| vec![id]);
        if peers.selected.len() > 1 && peers.selected.contains(&id) {
            let text = fill(&words.disconnect_marked, &[("count", &peers.selected.len())]);
            if ui.button(text).accessible_name("Disconnect marked").clicked() {
                chosen = Some(peers.selected.iter().copied().collect());
            }
        }
        if let Some(ids) = chosen {
            actions.push(ctx.action(TabAction::Disconnect(ids)));
            ui.close();
        }
    });
    if !Popup::is_id_open(&list.ctx, popup) {
        peers.menu = None;
        list.request_focus();
    }
}
