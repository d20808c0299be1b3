//! Draws the rows of the panel: lists, groups, and items with their Send buttons.

use crate::gui::action::Action;
use crate::gui::action::TabAction;
use crate::gui::action::lists::{ItemAction, ListId, ListPlace, ListsAction};
use crate::gui::kit::bars;
use crate::gui::kit::buttons::text_width;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::open_list::OpenList;
use crate::gui::lists::panel::{Panel, RowId};
use crate::gui::lists::runs::Runs;
use crate::gui::lists::sent::SentItems;
use crate::gui::lists::store::Store;
use crate::lang::cut;
use crate::settings::lists::{Color, Item, ItemId};
use eframe::egui::{self, Button, Color32, Painter, Rect, Response, Sense, Stroke, Ui, pos2, vec2};

/// The height of a row, in points.
pub const ROW_HEIGHT: f32 = 28.0;

/// The size of the icon that runs a list, in points.
const RUN_SIZE: f32 = 14.0;

/// What rows are drawn with.
pub struct Rows<'a> {
    /// The tab.
    pub ctx: TabCtx<'a>,
    /// The lists.
    pub store: &'a Store,
    /// What became of the items that the tab has sent.
    pub sent: &'a SentItems,
    /// What it sends over time.
    pub runs: &'a Runs,
    /// Whether the list has the keyboard focus.
    pub is_focused: bool,
}

/// The color of an item.
#[must_use]
pub fn color_of(palette: &Palette, color: Color) -> Color32 {
    let place = Color::ALL.iter().position(|other| *other == color).unwrap_or_default();
    palette.connections[place % palette.connections.len()]
}

/// An action on lists.
#[must_use]
pub fn lists(action: ListsAction) -> Action {
    Action::App(crate::gui::action::AppAction::Lists(action))
}

/// A row of this size that can be clicked and dragged but has no keyboard focus, which the list has.
fn row(ui: &mut Ui) -> (Rect, Response) {
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    ui.allocate_exact_size(size, Sense::CLICK | Sense::DRAG)
}

/// Draws a triangle that points down, or right if what follows is folded.
fn arrow(painter: &Painter, at: egui::Pos2, is_folded: bool, color: Color32) {
    let points = match is_folded {
        true => vec![at + vec2(-2.0, -4.0), at + vec2(3.0, 0.0), at + vec2(-2.0, 4.0)],
        false => vec![at + vec2(-4.0, -2.0), at + vec2(4.0, -2.0), at + vec2(0.0, 3.0)],
    };
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}

/// Draws the row of a list. Returns its response.
pub fn list_row_ui(
    ui: &mut Ui,
    rows: &Rows<'_>,
    open: &OpenList,
    panel: &mut Panel,
    actions: &mut Vec<Action>,
) -> Response {
    let palette = Palette::of(ui.visuals());
    let head = Heading {
        place: (open.id, None),
        name: format!("List {}", open.list.name),
        text: open.list.name.clone(),
        color: palette.text,
    };
    let response = heading_ui(ui, rows, &head, panel, actions);
    ui.painter().hline(response.rect.x_range(), response.rect.bottom() - 1.0, Stroke::new(1.0, palette.line));
    drop_ui(ui, &response, actions, |_| ListPlace { list: open.id, before: None, group: String::new() });
    response
}

/// A row above those that belong to it.
struct Heading<'a> {
    place: (ListId, Option<&'a str>),
    /// The accessible name.
    name: String,
    text: String,
    color: Color32,
}

/// Draws a heading, which is folded and unfolded by a click.
fn heading_ui(
    ui: &mut Ui,
    rows: &Rows<'_>,
    head: &Heading<'_>,
    panel: &mut Panel,
    actions: &mut Vec<Action>,
) -> Response {
    let (list, group) = head.place;
    let is_folded = panel.is_folded(list, group);
    let id = group.map_or(RowId::List(list), |group| RowId::Group(list, group.to_owned()));
    let is_cursor = panel.cursor.as_ref() == Some(&id);
    let (rect, response) = row(ui);
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, is_cursor, &head.name));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_expanded(!is_folded));
    ground(ui, rect, &response, is_cursor);
    cursor_ui(ui, rows, rect, is_cursor);
    arrow(ui.painter(), pos2(rect.left() + 8.0, rect.center().y), is_folded, head.color);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let at = pos2(rect.left() + 18.0, rect.center().y - 8.0);
    let name = group.unwrap_or(&head.text);
    let width = run_ui(ui, rows.ctx, rect, head.place, name, actions);
    bars::elided(ui.painter(), at, rect.width() - 20.0 - width, &head.text, font, head.color);
    if response.clicked() {
        panel.toggle(list, group);
    }
    if response.secondary_clicked() {
        panel.cursor = Some(id);
    }
    response
}

/// Draws the frame of the row that keys act on.
fn cursor_ui(ui: &Ui, rows: &Rows<'_>, rect: Rect, is_cursor: bool) {
    if is_cursor && rows.is_focused {
        let stroke = Stroke::new(1.5, Palette::of(ui.visuals()).accent);
        ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
}

/// Draws the button that runs a list or a group as a sequence, at the end of its row. Returns its width.
fn run_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    row: Rect,
    (list, group): (ListId, Option<&str>),
    name: &str,
    actions: &mut Vec<Action>,
) -> f32 {
    let side = ROW_HEIGHT - 4.0;
    let place = Rect::from_min_size(pos2(row.right() - side - 2.0, row.top() + 2.0), egui::Vec2::splat(side));
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(place));
    inside.spacing_mut().button_padding = egui::Vec2::ZERO;
    // Clickable but not focusable, as the buttons of the items are.
    let button = Button::new(icons::RESUME.text(RUN_SIZE))
        .sense(Sense::CLICK)
        .min_size(place.size())
        .frame_when_inactive(false);
    let button = inside.add_enabled(ctx.is_open(), button).accessible_name(format!("Run {name}"));
    let button = button.on_hover_text(&ctx.words.sequence_run_tip);
    if button.on_disabled_hover_text(&ctx.words.lists_send_disabled).clicked() {
        let group = group.map(str::to_owned);
        actions.push(ctx.action(TabAction::Item(ItemAction::RunList(list, group))));
    }
    side + 4.0
}

/// Draws the row of a group. Returns its response.
pub fn group_row_ui(
    ui: &mut Ui,
    rows: &Rows<'_>,
    open: &OpenList,
    (group, count): (&str, usize),
    panel: &mut Panel,
    actions: &mut Vec<Action>,
) -> Response {
    let is_folded = panel.is_folded(open.id, Some(group));
    let head = Heading {
        place: (open.id, Some(group)),
        name: format!("Group {group}"),
        text: if is_folded { format!("{group} ({count})") } else { group.to_owned() },
        color: Palette::of(ui.visuals()).dim,
    };
    let response = heading_ui(ui, rows, &head, panel, actions);
    drop_ui(ui, &response, actions, |_| {
        let first = open.list.items.iter().find(|item| item.group == group);
        ListPlace { list: open.id, before: first.map(|item| item.id.clone()), group: group.to_owned() }
    });
    response
}

/// Draws the row of an item. Returns its response.
pub fn item_row_ui(
    ui: &mut Ui,
    rows: &Rows<'_>,
    (list, item): (ListId, &Item),
    panel: &mut Panel,
    actions: &mut Vec<Action>,
) -> Response {
    let (ctx, words, palette) = (rows.ctx, rows.ctx.words, Palette::of(ui.visuals()));
    let is_cursor = panel.is_at(&item.id);
    let is_running = rows.runs.is_running(&item.id);
    let (rect, response) = row(ui);
    let title = item.title();
    let error = rows.sent.error(&item.id).map(|error| error.explain(ctx));
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, is_cursor, &title));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_selected(is_cursor);
        if let Some(error) = &error {
            node.set_description(error.as_str());
        } else if is_running {
            node.set_description("Running");
        } else if !item.note.is_empty() {
            node.set_description(item.note.as_str());
        }
    });
    ground(ui, rect, &response, is_cursor);
    cursor_ui(ui, rows, rect, is_cursor);
    if is_running {
        let ground = palette.accent.gamma_multiply(0.16);
        ui.painter().rect_filled(rect.with_max_x(rect.left() + 3.0), 0.0, palette.accent);
        ui.painter().rect_filled(rect, 4.0, ground);
    }
    if let Some(color) = item.color {
        let edge = Rect::from_min_size(rect.left_top() + vec2(3.0, 5.0), vec2(3.0, ROW_HEIGHT - 10.0));
        ui.painter().rect_filled(edge, 1.5, color_of(palette, color));
    }
    let padding = ui.spacing().button_padding.x;
    let width = (text_width(ui, &words.send) + 2.0 * padding).ceil();
    let place = Rect::from_min_max(
        pos2(rect.right() - width - 2.0, rect.top() + 2.0),
        pos2(rect.right() - 2.0, rect.bottom() - 2.0),
    );
    let send = |actions: &mut Vec<Action>| {
        actions.push(ctx.action(TabAction::Item(ItemAction::Send(item.id.clone()))));
    };
    text_ui(ui, rect.with_max_x(place.left() - 6.0), item, &title, error.as_deref());
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(place));
    inside.spacing_mut().button_padding.y = 0.0;
    // Clickable but not focusable: the list sends with Enter.
    let button = Button::new(&words.send).sense(Sense::CLICK).min_size(place.size());
    let button = inside.add_enabled(ctx.is_open(), button).accessible_name(format!("Send {title}"));
    let button = button.on_disabled_hover_text(&words.lists_send_disabled);
    if button.clicked() {
        send(actions);
    }
    if response.clicked() || response.secondary_clicked() || button.clicked() {
        panel.cursor = Some(RowId::Item(item.id.clone()));
    }
    if response.double_clicked() {
        actions.push(ctx.action(TabAction::Item(ItemAction::Compose(item.id.clone()))));
    }
    response.dnd_set_drag_payload(item.id.clone());
    drop_ui(ui, &response, actions, |is_below| {
        let behind = || rows.store.get(list)?.list.behind(&item.id).map(|item| item.id.clone());
        let before = if is_below { behind() } else { Some(item.id.clone()) };
        ListPlace { list, before, group: item.group.clone() }
    });
    response.on_hover_ui(|ui| {
        ui.set_max_width(420.0);
        if let Some(error) = &error {
            ui.colored_label(palette.error, error);
        }
        if !item.note.is_empty() {
            ui.label(&item.note);
        }
        let payload = cut(&item.payload, 400);
        ui.label(egui::RichText::new(payload).monospace());
    })
}

/// Draws the name of an item, and its key or why it was not sent.
fn text_ui(ui: &Ui, rect: Rect, item: &Item, title: &str, error: Option<&str>) {
    let palette = Palette::of(ui.visuals());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let font = egui::TextStyle::Body.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    let mut end = rect.right();
    if let (None, Some(key)) = (error, &item.key) {
        let galley = painter.layout_no_wrap(key.to_string(), small.clone(), palette.dim);
        // The name is more important.
        if galley.size().x < rect.width() * 0.5 {
            let at = pos2(end - galley.size().x, rect.center().y - galley.size().y / 2.0);
            end -= galley.size().x + 6.0;
            painter.galley(at, galley, palette.dim);
        }
    }
    let left = rect.left() + 12.0;
    let color = if error.is_some() { palette.error } else { palette.text };
    let name_width = painter.layout_no_wrap(title.to_owned(), font.clone(), color).size().x;
    let room = (end - left).max(0.0);
    let name_room = if error.is_some() { room * 0.5 } else { room };
    bars::elided(&painter, pos2(left, rect.center().y - 8.0), name_room, title, font, color);
    if let Some(error) = error {
        let from = left + name_width.min(name_room) + 8.0;
        bars::elided(
            &painter,
            pos2(from, rect.center().y - 7.0),
            (end - from).max(0.0),
            error,
            small,
            palette.error,
        );
    }
}

fn ground(ui: &Ui, rect: Rect, response: &Response, is_cursor: bool) {
    let palette = Palette::of(ui.visuals());
    let ground = match (is_cursor, response.hovered()) {
        (true, _) => palette.selection,
        (false, true) => ui.visuals().widgets.hovered.weak_bg_fill,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 4.0, ground);
}

/// Takes an item that is dropped on a row. `place`: where it goes, above or below the middle of the row.
fn drop_ui(ui: &Ui, row: &Response, actions: &mut Vec<Action>, place: impl Fn(bool) -> ListPlace) {
    let Some(pointer) = ui.ctx().pointer_interact_pos() else { return };
    let is_below = pointer.y > row.rect.center().y;
    if row.dnd_hover_payload::<ItemId>().is_some() {
        let palette = Palette::of(ui.visuals());
        let y = if is_below { row.rect.bottom() } else { row.rect.top() };
        ui.painter().hline(row.rect.x_range(), y, Stroke::new(2.0, palette.accent));
    }
    if let Some(dropped) = row.dnd_release_payload::<ItemId>() {
        actions.push(lists(ListsAction::Move((*dropped).clone(), place(is_below))));
    }
}
