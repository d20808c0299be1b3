//! Draws the view: the rows in view, the scroll bar, hints and failures.

use crate::capture::{Bookmarks, Position, Snapshot};
use crate::gui::action::TabAction;
use crate::gui::kit::theme::{Palette, data_font};
use crate::gui::view::columns::Columns;
use crate::gui::view::data_view::{DataView, LEFT_MARGIN, Look, RIGHT_MARGIN};
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::notes::notes;
use crate::gui::view::paint::{Canvas, Decoration, MarginIcon};
use crate::gui::view::shape::Shape;
use crate::gui::view::spoken::spoken;
use crate::gui::view::times::{self, Clock};
use crate::gui::view::{bar, glyphs};
use crate::lang::{Words, explain};
use crate::model::{ConnectionId, PeerNames};
use crate::search::{Part, Scan};
use eframe::egui::{self, Id, Pos2, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use std::ops::Range;

/// The matches in the rows of a record, in bytes of its payload.
fn found_in(scan: Option<&Scan>, layout: &RecordLayout, rows: Range<u32>) -> Vec<Range<usize>> {
    let Some(scan) = scan else { return Vec::new() };
    let bytes = layout.bytes_of_rows(rows);
    let bytes_of = |part: Part| part.start as usize..part.start as usize + part.length as usize;
    let results = scan.results();
    let parts = results.matches.parts_within(Position(layout.span.0), bytes.start as u32..bytes.end as u32);
    parts.map(bytes_of).collect()
}

/// Where rows are drawn.
#[derive(Clone, Copy)]
struct Place {
    area: Rect,
    /// The size of a cell, in points.
    cell: Vec2,
    columns: Columns,
    /// The pointer over the area.
    pointer: Option<Pos2>,
}

impl DataView {
    /// Draws the records of `newest`, or of the paused snapshot.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        id: Id,
        newest: &Snapshot,
        look: Look<'_>,
        actions: &mut Vec<TabAction>,
    ) {
        let outer = ui.available_rect_before_wrap();
        let ctx = ui.ctx().clone();
        let cell = self.glyphs.begin_frame(&ctx, &data_font(ui.style()));
        let area = Rect::from_min_max(outer.min, pos2(outer.max.x - bar::WIDTH, outer.max.y));
        let bar = Rect::from_min_max(pos2(area.max.x, outer.min.y), outer.max);
        let snapshot = self.paused.clone().unwrap_or_else(|| newest.clone());
        self.set_filter(look.filter);
        self.records.update(&snapshot);
        self.records.set_encodings(look.encodings);
        let shape = Shape {
            mode: look.mode,
            encoding: look.encodings.of_rest(),
            columns: self.columns(area.width(), cell.x, look),
            bytes_per_row: look.bytes_per_row,
            control_pictures: look.control_pictures,
            font_generation: ctx.pixels_per_point().to_bits(),
        };
        if self.records.begin_frame(&snapshot, shape) {
            self.keep_top(&ctx);
        }

        // The edges are left to the panels around, which are resized there.
        let response = ui.interact(area.shrink(5.0), id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Table, true, "Data"));
        self.handle_input(ui, &response, area, cell, look.mode, actions);
        self.scroll_bar_ui(ui, bar, area.height(), cell.y, id);
        self.bring_into_view(&ctx, area.height(), cell.y);
        self.reveal_turned(&ctx, area.height(), cell.y);
        self.settle(&ctx, area.height(), cell.y);
        if self.follows && self.paused.is_none() {
            self.seen = newest.records();
        }
        let place = Place { area, cell, columns: shape.columns, pointer: response.hover_pos() };
        self.paint(ui, id, &place, look, newest.bookmarks());
        if let Some(peer) = self.peer_at(&ctx, &place, look.names) {
            response.clone().on_hover_text_at_pointer(peer);
        }
        if response.has_focus() {
            let stroke = egui::Stroke::new(1.0, Palette::of(ui.visuals()).accent);
            ui.painter().rect_stroke(area, 0.0, stroke, egui::StrokeKind::Inside);
        }
        self.context_menu(&response, look, actions);
        ui.advance_cursor_after_rect(outer);
        if self.glyphs.is_incomplete() {
            ctx.request_repaint();
        }
    }

    /// The columns of the rows in a view of this width.
    fn columns(&mut self, width: f32, cell_width: f32, look: Look<'_>) -> Columns {
        /// The cells of a peer, and those in a wide view, in which an IPv4 address and a port fit.
        const PEER: u16 = 10;
        const WIDE_PEER: u16 = 21;
        /// The cells from which on a view is wide.
        const WIDE: u16 = 160;
        let end = ((width - LEFT_MARGIN - RIGHT_MARGIN) / cell_width).floor().clamp(8.0, 2000.0) as u16;
        let has_other_days = self.records.began().is_some_and(times::is_other_day);
        let peer = match look.has_peers {
            true if end >= WIDE => WIDE_PEER,
            true => PEER,
            false => 0,
        };
        Columns { time: times::time_cells(look.time, has_other_days), peer, end }
    }

    fn paint(&mut self, ui: &mut Ui, id: Id, place: &Place, look: Look<'_>, bookmarks: &Bookmarks) {
        let Place { area, cell, columns, pointer } = *place;
        let palette = Palette::of(ui.visuals());
        ui.painter().rect_filled(area, 0.0, palette.data_ground);
        let ctx = ui.ctx().clone();
        let pixels = ctx.pixels_per_point();
        let mut mesh = glyphs::text_mesh();
        self.visible.clear();
        self.note_top(&ctx);
        // A failure above or below the screen is shown only if the screen is not full.
        let elsewhere = self.records.failure.take();
        let mut at = self.records.next(self.anchor.record);
        let mut clock = Clock::new(look.time);
        let mut shown_layouts = Vec::new();
        let (mut row, mut y) = (self.anchor.row, area.top() - self.anchor.above);
        let left = ((area.left() + LEFT_MARGIN) * pixels).round() / pixels;
        while let Some(record) = at
            && y < area.bottom()
        {
            let glyphs = &mut self.glyphs;
            let Some(layout) = self.records.layout(record, &mut |c| glyphs.cells(&ctx, c)) else { break };
            let mut part_index = layout.part_index(row);
            while row < layout.rows() && y < area.bottom() {
                let part = layout.part(row);
                let rows = part.rows();
                let rows_left = ((area.bottom() - y) / cell.y).ceil().max(0.0) as u32;
                let last_row = row.saturating_add(rows_left).min(rows.end);
                let shown_height = last_row.saturating_sub(row) as f32 * cell.y;
                let found = found_in(look.found, &layout, row..last_row);
                let length = layout.payload.len();
                let decoration = Decoration {
                    selected: self.selection.and_then(|known| known.within(record, length)),
                    is_selected: self.selection.is_some_and(|known| known.covers(record, &part.bytes)),
                    found: &found,
                };
                // A bookmark is of the record: its first part shows it.
                let bookmark = bookmarks.get(record).filter(|_| part_index == 0);
                let is_hovered = pointer.is_some_and(|at| (y..y + shown_height).contains(&at.y));
                let shows_arrow = is_hovered || decoration.is_selected || part.is_open;
                let icon = match bookmark {
                    _ if part.can_open && shows_arrow => Some(MarginIcon::of_open(part.is_open)),
                    Some(_) => Some(MarginIcon::Bookmark),
                    None => None,
                };
                let (top, first_row) = (y, row);
                let time = clock.label(&mut self.records, &layout, part_index, row == rows.start);
                while row < rows.end && y < area.bottom() {
                    let snapped = (y * pixels).round() / pixels;
                    let rect = Rect::from_min_size(pos2(area.left(), snapped), vec2(area.width(), cell.y));
                    let origin = pos2(left, snapped);
                    let mut canvas = Canvas {
                        ctx: &ctx,
                        glyphs: &mut self.glyphs,
                        palette,
                        words: look.words,
                        names: look.names,
                        cell,
                        mesh: &mut mesh,
                    };
                    canvas.row(rect, origin.x, &layout, row, &decoration);
                    if row == rows.start {
                        let end = canvas.head(origin, &layout, row, &columns, &time);
                        let (records, words) = (&mut self.records, look.words);
                        let notes = notes(records, &layout, part_index, bookmark, look.time, words, palette);
                        canvas.notes(origin, &columns, end, notes);
                        if let Some(icon) = icon {
                            canvas.margin_icon(origin, icon);
                        }
                    }
                    self.visible.push((snapped, record, row));
                    y += cell.y;
                    row += 1;
                }
                let shown = Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), y)).intersect(area);
                let row_info = || {
                    let text = spoken(look.words, look.names, &layout, &time, bookmark, first_row..row);
                    WidgetInfo::labeled(Role::Row, true, text)
                };
                let info = ui.interact(shown, id.with((record.0, part.bytes.start)), Sense::hover());
                info.widget_info(row_info);
                if part.can_open {
                    ctx.accesskit_node_builder(info.id, |node| node.set_expanded(part.is_open));
                }
                part_index += 1;
            }
            let is_whole = row >= layout.rows();
            row = 0;
            at = if is_whole { self.records.next(Position(layout.span.1)) } else { None };
            shown_layouts.push(layout);
        }
        if y < area.bottom() && self.records.failure.is_none() {
            self.records.failure = elsewhere;
        }
        let is_open = |id| look.open.is_some_and(|open| open.get(id).is_some());
        self.adviser.examine(&mut self.records, &shown_layouts, look.encodings, &is_open);
        glyphs::finish(&ctx, &mut mesh);
        ui.painter().with_clip_rect(area.intersect(ui.clip_rect())).add(egui::Shape::mesh(mesh));
        if self.visible.is_empty() {
            self.hint_ui(ui, area, palette, look.words);
        } else if let Some(failure) = &self.records.failure {
            unreadable_ui(ui, area, y, id, palette, &explain(look.words, failure));
        }
    }

    /// The full peer of the head under the pointer, with its name, if the head does not show all of it.
    fn peer_at(&mut self, ctx: &egui::Context, place: &Place, names: &PeerNames) -> Option<String> {
        let pointer = place.pointer?;
        let column = (pointer.x - place.area.left() - LEFT_MARGIN) / place.cell.x;
        let start = f32::from(place.columns.peer_start());
        if !(start..start + f32::from(place.columns.peer)).contains(&column) {
            return None;
        }
        let (record, row) = self.row_at(pointer, place.cell.y)?;
        let glyphs = &mut self.glyphs;
        let layout = self.records.layout(record, &mut |character| glyphs.cells(ctx, character))?;
        let is_head = layout.part(row).first_row == row;
        let is_of_connection = is_head && layout.head.connection != ConnectionId::SESSION;
        let peer = layout.head.peer.to_string();
        let (text, is_whole) = match names.name_of(layout.head.peer) {
            Some(name) => (format!("{name} {peer}"), false),
            None => (peer.clone(), peer.len() <= usize::from(place.columns.peer)),
        };
        (is_of_connection && !is_whole).then_some(text)
    }

    /// Draws why there is no record to show.
    fn hint_ui(&mut self, ui: &Ui, area: Rect, palette: &Palette, words: &Words) {
        let (text, color) = match &self.records.failure {
            Some(failure) => (explain(words, failure), palette.error),
            None if !self.records.is_looked_at(self.records.snapshot().end()) => {
                (words.filter_looking.clone(), palette.dim)
            }
            None if self.records.source.filter.is_some() => (words.filter_nothing.clone(), palette.dim),
            None if self.hidden(self.records.snapshot()) > 0 => {
                (words.no_data_since_clear.clone(), palette.dim)
            }
            None => (words.no_data_yet.clone(), palette.dim),
        };
        let font = egui::TextStyle::Body.resolve(ui.style());
        let galley = ui.painter().layout(text.clone(), font, color, (area.width() - 40.0).max(80.0));
        let rect = Rect::from_center_size(area.center(), galley.size());
        if !area.contains_rect(rect) {
            return;
        }
        ui.painter().with_clip_rect(area).galley(rect.min, galley, color);
        let seen = rect.intersect(area);
        if seen.is_positive() {
            let hint = ui.interact(seen, ui.scope_id().with("hint"), Sense::hover());
            hint.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        }
    }
}

/// Draws why the records end here: below the last one, at `y`, or at the lower edge if there is no room.
fn unreadable_ui(ui: &Ui, area: Rect, y: f32, id: Id, palette: &Palette, text: &str) {
    let margin = vec2(LEFT_MARGIN, 4.0);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = (area.width() - 2.0 * margin.x).max(80.0);
    let galley = ui.painter().layout(text.to_owned(), font, palette.error, width);
    let height = galley.size().y + 2.0 * margin.y;
    let top = y.min(area.bottom() - height).max(area.top());
    let rect = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), height));
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    // May cover rows: they can be scrolled, this message cannot.
    painter.rect_filled(rect, 0.0, palette.data_ground);
    painter.rect_filled(rect, 0.0, palette.error_ground);
    painter.galley(rect.min + margin, galley, palette.error);
    let label = ui.interact(rect, id.with("unreadable"), Sense::hover());
    label.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
}
