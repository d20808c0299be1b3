//! The list of connections or peers: marks, a cursor for the keys, and a menu. What is done with a
//! connection is left to actions.

use crate::gui::action::Action;
use crate::gui::compose::composer::Recipients;
use crate::gui::kit::figures::{self, grouped, time_of_day};
use crate::gui::kit::theme::Palette;
use crate::gui::kit::theme::connection_color;
use crate::gui::kit::widgets;
use crate::gui::tab::state::Tab;
use crate::lang::{Words, fill};
use crate::model::{ConnectionId, ConnectionInfo, Connections};
use crate::settings::TabKind;
use eframe::egui::{
    self, Event, EventFilter, FocusDirection, Key, Modifiers, Popup, Pos2, Rect, Response, RichText,
    ScrollArea, Sense, SetOpenCommand, Stroke, Ui, vec2,
};
use std::collections::BTreeSet;

/// The height of a row in points.
const ROW_HEIGHT: f32 = 40.0;
/// Between two rows.
const GAP: f32 = 2.0;

/// What the list remembers.
#[derive(Debug, Default)]
pub struct ConnectionList {
    /// The marked ones.
    pub marked: BTreeSet<ConnectionId>,
    /// Where marking with Shift begins.
    anchor: Option<ConnectionId>,
    /// Where the keys are.
    cursor: Option<ConnectionId>,
    /// Whose menu is open, and where.
    menu: Option<(ConnectionId, Pos2)>,
}

impl ConnectionList {
    /// Forgets what belongs to connections that are gone.
    pub fn retain(&mut self, open: &Connections) {
        let is_open = |id: &ConnectionId| open.get(*id).is_some();
        self.marked.retain(is_open);
        self.menu = self.menu.filter(|(id, _)| is_open(id));
    }

    /// Marks as in any list: alone, with Ctrl one more or less, with Shift all from the last one on.
    fn mark(&mut self, connections: &Connections, id: ConnectionId, modifiers: Modifiers) {
        self.cursor = Some(id);
        if modifiers.shift {
            let from = *self.anchor.get_or_insert(id);
            let range = from.min(id)..=from.max(id);
            if !modifiers.command {
                self.marked.clear();
            }
            self.marked.extend(connections.iter().map(|known| known.id).filter(|id| range.contains(id)));
            return;
        }
        self.anchor = Some(id);
        let was_alone = self.marked.len() == 1 && self.marked.contains(&id);
        if modifiers.command {
            if !self.marked.remove(&id) {
                self.marked.insert(id);
            }
        } else {
            self.marked.clear();
            if !was_alone {
                self.marked.insert(id);
            }
        }
    }

    /// The row of the cursor; where its connection has gone, the one that took its place.
    fn cursor_row(&self, connections: &Connections) -> usize {
        let Some(cursor) = self.cursor else { return 0 };
        connections.position(cursor).unwrap_or_else(|place| place.min(connections.len().saturating_sub(1)))
    }
}

/// What the keys asked for in this frame.
#[derive(Default)]
struct Asked {
    /// The cursor is to be in sight.
    reveals: bool,
    /// The menu of the row with the cursor.
    opens_menu: bool,
    /// The marks have changed.
    marks: bool,
}

/// Draws the list of a tab.
pub fn connections_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let connections = tab.status.connections.clone();
    title_ui(ui, tab, words, connections.len(), actions);
    // The line goes on from the one below the tools of the data.
    let line = ui.cursor().top() + 4.0 - ui.spacing().item_spacing.y;
    let stroke = ui.visuals().widgets.noninteractive.bg_stroke;
    ui.painter().hline(ui.max_rect().expand(8.0).x_range(), line + 0.5, stroke);
    ui.add_space(6.0);
    let area = ui.available_rect_before_wrap();
    let id = ui.make_persistent_id("list");
    // The list is one stop for Tab; its rows are reached by arrows.
    let sense = if connections.is_empty() { Sense::hover() } else { Sense::click() };
    let list = ui.interact(area, id, sense);
    list.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ListBox, true, "Connections"));
    ui.ctx().accesskit_node_builder(id, |node| node.set_size_of_set(connections.len()));
    let inside = egui::UiBuilder::new().max_rect(area).accessibility_parent(id);
    let mut inside = ui.new_child(inside);
    if connections.is_empty() {
        let palette = Palette::of(ui.visuals());
        let hint =
            if tab.form.kind == TabKind::Udp { &words.no_peers_yet } else { &words.no_connections_yet };
        inside.add(egui::Label::new(RichText::new(hint).color(palette.dim)).wrap());
        return;
    }
    let asked = keys(ui, &list, &mut tab.list, &connections);
    let cursor = tab.list.cursor_row(&connections);
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
        if asked.reveals || asked.opens_menu {
            ui.scroll_to_rect_animation(row, None, egui::style::ScrollAnimation::none());
            ui.ctx().request_repaint();
        }
        if asked.opens_menu {
            menu_at = Some((connections[cursor].id, area.clamp(row.left_center() + vec2(24.0, 0.0))));
        }
        let first = range.start;
        for (row, connection) in connections.range(range).enumerate() {
            let row = first + row;
            // A press stays with the connection when others come and go.
            let response = ui.push_id(connection.id.0, |ui| {
                let is_cursor = list.has_focus() && row == cursor;
                row_ui(ui, &tab.list, connection, is_cursor, words)
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
                tab.list.cursor = Some(connection.id);
                menu_at = response.interact_pointer_pos().map(|at| (connection.id, at));
            }
        }
    });
    if let Some(id) = clicked {
        list.request_focus();
        tab.list.mark(&connections, id, ui.input(|input| input.modifiers));
    }
    if clicked.is_some() || asked.marks {
        tab.recipients = if tab.list.marked.is_empty() { Recipients::All } else { Recipients::Selected };
        tab.send_error = None;
    }
    if tab.form.kind == TabKind::TcpServer {
        menu_ui(&list, tab, menu_at, asked.opens_menu, words, actions);
    }
}

fn title_ui(ui: &mut Ui, tab: &Tab, words: &Words, count: usize, actions: &mut Vec<Action>) {
    let title = if tab.form.kind == TabKind::Udp { &words.peers } else { &words.connections };
    ui.horizontal(|ui| {
        ui.strong(format!("{title}  {}", grouped(count as u64)));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if tab.form.kind == TabKind::TcpServer {
                let button = egui::Button::new(&words.disconnect);
                let button = ui.add_enabled(!tab.list.marked.is_empty(), button);
                let button =
                    button.on_hover_text(&words.disconnect_tip).on_disabled_hover_text(&words.disconnect_tip);
                if button.accessible_name("Disconnect").clicked() {
                    actions.push(Action::Disconnect(tab.id, tab.list.marked.iter().copied().collect()));
                }
            }
        });
    });
}

/// The keys that the list takes.
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

/// Takes the keys of this frame, each with what was held when it was pressed: a quick hand lets Shift go
/// within the same frame.
fn keys(ui: &Ui, list: &Response, state: &mut ConnectionList, connections: &Connections) -> Asked {
    let mut asked = Asked::default();
    if !list.has_focus() {
        return asked;
    }
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
    asked.reveals = list.gained_focus();
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
        key_pressed(state, connections, page, (key, modifiers), &mut asked);
    }
    if asked.reveals {
        // The filter comes too late for an arrow right after the focus.
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
    }
    asked
}

/// Arrows, pages, Home and End move the cursor, with Shift they mark; Space and Enter mark one; Delete,
/// the menu key and Shift+F10 ask for the menu.
fn key_pressed(
    state: &mut ConnectionList,
    connections: &Connections,
    page: isize,
    (key, modifiers): (Key, Modifiers),
    asked: &mut Asked,
) {
    let row = state.cursor_row(connections);
    let here = connections[row].id;
    let step = match key {
        Key::ArrowDown => 1,
        Key::ArrowUp => -1,
        Key::PageDown => page,
        Key::PageUp => -page,
        Key::Home => -(row as isize),
        Key::End => connections.len() as isize,
        Key::Space | Key::Enter => {
            state.mark(connections, here, Modifiers::COMMAND);
            asked.marks = true;
            return;
        }
        Key::A => {
            state.marked.extend(connections.iter().map(|connection| connection.id));
            asked.marks = true;
            return;
        }
        _ => {
            asked.opens_menu = true;
            return;
        }
    };
    let there = connections[row.saturating_add_signed(step).min(connections.len() - 1)].id;
    asked.reveals = true;
    if modifiers.shift {
        state.anchor.get_or_insert(here);
        state.mark(connections, there, Modifiers::SHIFT);
        asked.marks = true;
    } else {
        state.cursor = Some(there);
        state.anchor = Some(there);
    }
}

fn row_ui(
    ui: &mut Ui,
    state: &ConnectionList,
    connection: &ConnectionInfo,
    is_cursor: bool,
    words: &Words,
) -> Response {
    let palette = Palette::of(ui.visuals());
    let is_marked = state.marked.contains(&connection.id);
    // Clicked, but never focused: the list has the keys.
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    let peer = connection.peer.to_string();
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, is_marked, &peer));
    // What a pointer finds by hovering is spoken as well.
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_selected(is_marked);
        node.set_description(details(connection, words));
    });
    let ground = match (is_marked, response.hovered() || is_cursor) {
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
    let dim = if is_marked { palette.text } else { palette.dim };
    widgets::elided(&painter, top + vec2(0.0, 17.0), width, &counts, small, dim);
    response.on_hover_ui(|ui| {
        ui.label(details(connection, words));
    })
}

/// All there is to know of a connection.
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

/// The menu of one connection. It stays with it while others come and go, and goes with it.
fn menu_ui(
    list: &Response,
    tab: &mut Tab,
    opened: Option<(ConnectionId, Pos2)>,
    by_key: bool,
    words: &Words,
    actions: &mut Vec<Action>,
) {
    let popup = list.id.with("menu");
    if let Some(opened) = opened {
        tab.list.menu = Some(opened);
    }
    let was_open = Popup::is_id_open(&list.ctx, popup);
    let Some((id, at)) = tab.list.menu else {
        if was_open {
            Popup::close_id(&list.ctx, popup);
            list.request_focus();
        }
        return;
    };
    let menu = Popup::context_menu(list).id(popup).at_position(at);
    let menu = menu.open_memory(opened.map(|_| SetOpenCommand::Bool(true)));
    menu.show(|ui| {
        let this = ui.button(&words.disconnect).accessible_name("Disconnect this one");
        if by_key {
            this.request_focus();
        }
        let mut chosen = this.clicked().then(|| vec![id]);
        if tab.list.marked.len() > 1 && tab.list.marked.contains(&id) {
            let text = fill(&words.disconnect_marked, &[("count", &tab.list.marked.len())]);
            if ui.button(text).accessible_name("Disconnect marked").clicked() {
                chosen = Some(tab.list.marked.iter().copied().collect());
            }
        }
        if let Some(ids) = chosen {
            actions.push(Action::Disconnect(tab.id, ids));
            ui.close();
        }
    });
    if !Popup::is_id_open(&list.ctx, popup) {
        tab.list.menu = None;
        list.request_focus();
    }
}
