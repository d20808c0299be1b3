//! Draws the list of connections or peers.

use crate::gui::action::{Action, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::theme::Palette;
use crate::gui::peers::head::head_ui;
use crate::gui::peers::listed::Listed;
use crate::gui::peers::menu::menu_ui;
use crate::gui::peers::row::{ROW_HEIGHT, row_ui};
use crate::gui::peers::state::{Menu, MenuFocus, MenuPage, Peers, Select};
use crate::model::{Connections, Transport};
use eframe::egui::{
    self, Event, EventFilter, FocusDirection, Key, Modifiers, Rect, Response, RichText, ScrollArea, Sense,
    Ui, vec2,
};

/// The gap between two rows, in points.
const GAP: f32 = 2.0;

/// The effects of the keys of one frame.
#[derive(Default)]
struct KeyEffects {
    /// Scroll to the row of the cursor.
    reveals: bool,
    /// Open the menu of the row of the cursor, with the focus on this entry.
    opens_menu: Option<MenuFocus>,
    /// The selection has changed.
    selects: bool,
}

/// Draws the list of a tab.
pub fn peers_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    listed: Listed<'_>,
    peers: &mut Peers,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let connections = listed.connections;
    head_ui(ui, ctx, listed, peers, actions);
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
        let hint = match listed.transport {
            _ if !listed.is_live => &words.no_connections_found,
            Transport::Udp => &words.no_peers_yet,
            Transport::Tcp => &words.no_connections_yet,
        };
        inside.add(egui::Label::new(RichText::new(hint).color(palette.dim)).wrap());
        return;
    }
    let keys = keys(ui, &list, peers, connections);
    let cursor = peers.cursor_row(connections);
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
        if keys.reveals || keys.opens_menu.is_some() {
            ui.scroll_to_rect_animation(row, None, egui::style::ScrollAnimation::none());
            ui.ctx().request_repaint();
        }
        if let Some(focus) = keys.opens_menu {
            let at = area.clamp(row.left_center() + vec2(24.0, 0.0));
            menu_at = Some((connections[cursor].id, at, Some(focus)));
        }
        let first = range.start;
        // Where several rows in sight have one name, their ports tell them apart.
        let in_sight: Vec<_> = connections.range(range.clone()).collect();
        for (row, connection) in in_sight.iter().enumerate() {
            let row = first + row;
            // The id is the connection's, so that a press stays with it when rows move.
            let response = ui.push_id(connection.id.0, |ui| {
                let is_cursor = list.has_focus() && row == cursor;
                let is_alone =
                    in_sight.iter().filter(|info| info.peer.ip() == connection.peer.ip()).count() < 2;
                row_ui(ui, ctx, listed, peers, connection, (is_cursor, is_alone), actions)
            });
            let (response, row_menu_at) = response.inner;
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
            if let Some(at) = row_menu_at {
                peers.cursor = Some(connection.id);
                menu_at = Some((connection.id, at, None));
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
        peers.select(connections, id, select);
    }
    if clicked.is_some() || keys.selects {
        actions.push(ctx.action(TabAction::PeersSelected));
    }
    if let Some((connection, at, focus)) = menu_at {
        peers.menu = Some(Menu { connection, at: at.into(), page: MenuPage::Main, focus });
    }
    menu_ui(&list, ctx, listed, peers, menu_at.is_some(), actions);
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
        Key::Delete => {
            effects.opens_menu = Some(MenuFocus::Disconnect);
            return;
        }
        _ => {
            effects.opens_menu = Some(MenuFocus::First);
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
