//! The data of a session: every record, as text, hex or both, at any size.
//!
//! Keeps an anchor instead of a scroll offset, lays out only what is near it, and paints its own
//! scroll bar from byte positions. Start with [`DataView::ui`].

mod advice;
mod bar;
mod glyphs;
mod input;
mod inspect;
mod keys;
mod layout;
mod marking;
mod menu;
mod paint;
mod place;
mod scroll;
mod seek;
mod selection;
mod source;
mod times;

#[cfg(test)]
mod edge_tests;

#[cfg(test)]
pub use input::{COPY, COPY_HEX};
pub use inspect::INSPECTED_BYTES;
pub use paint::note;

use crate::capture::{Marks, Position, Snapshot};
use crate::codec::Encoding;
use crate::gui::action::commands::UiCommand;
use crate::gui::kit::theme::{Palette, data_font};
use crate::lang::{Words, explain};
use crate::model::ConnectionId;
use crate::search::{Part, Scan};
use crate::settings::{TimeMode, ViewMode};
use advice::Adviser;
use eframe::egui::{self, Id, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use glyphs::Glyphs;
use inspect::Inspected;
use layout::RecordLayout;
use paint::{Canvas, Marked};
use place::{Top, Wanted};
use scroll::{Anchor, Rows};
use selection::{Place, Selection};
use source::{Shape, Source};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use times::Clock;

const LEFT_MARGIN: f32 = 10.0;

/// How the data is to be shown.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Text, hex or both.
    pub mode: ViewMode,
    /// The characters.
    pub encoding: Encoding,
    /// The times.
    pub time: TimeMode,
    /// What a search has found.
    pub found: Option<&'a Scan>,
    /// What a filter lets through.
    pub filter: Option<&'a Arc<Scan>>,
    /// The words.
    pub words: &'a Words,
}

/// The state of one view.
pub struct DataView {
    glyphs: Glyphs,
    source: Source,
    anchor: Anchor,
    /// The newest record stays in sight.
    follows: bool,
    /// How many records there were when the newest one was last in sight.
    seen: u64,
    /// What is shown while the display is paused.
    paused: Option<Snapshot>,
    selection: Option<Selection>,
    /// What is at the upper edge, to stay there when the rows become others.
    top: Option<Top>,
    /// Where the view was when the filter became another.
    home: Option<Position>,
    /// What is to be brought into sight.
    wanted: Option<Wanted>,
    /// Where in the handle of the scroll bar the pointer has hold of it.
    grab: Option<f32>,
    /// The rows painted last, top to bottom, for finding what is under the pointer.
    visible: Vec<(f32, Position, u32)>,
    /// What is selected, for the inspector.
    inspected: Inspected,
    adviser: Adviser,
    /// Something to tell about the last copy.
    notice: Option<String>,
    /// What was chosen in the menu that is not the view's to do.
    asked: Option<UiCommand>,
}

impl Default for DataView {
    fn default() -> Self {
        Self {
            glyphs: Glyphs::default(),
            source: Source::default(),
            anchor: Anchor::default(),
            follows: true,
            seen: 0,
            paused: None,
            selection: None,
            top: None,
            home: None,
            wanted: None,
            grab: None,
            visible: Vec::new(),
            inspected: Inspected::default(),
            adviser: Adviser::default(),
            notice: None,
            asked: None,
        }
    }
}

/// What a search has found in the rows of a record that are in sight.
fn found_in(scan: Option<&Scan>, layout: &RecordLayout, rows: Range<u32>) -> Vec<Range<usize>> {
    let Some(scan) = scan else { return Vec::new() };
    let bytes = layout.bytes_of_rows(rows);
    let bytes_of = |part: Part| part.start as usize..part.start as usize + part.length as usize;
    let results = scan.results();
    let parts = results.matches.parts_within(Position(layout.span.0), bytes.start as u32..bytes.end as u32);
    parts.map(bytes_of).collect()
}

/// Walks the records of a source.
struct SourceRows<'a> {
    source: &'a mut Source,
    glyphs: &'a mut Glyphs,
    ctx: &'a egui::Context,
}

impl Rows for SourceRows<'_> {
    fn count(&mut self, record: Position) -> u32 {
        self.layout(record).map_or(1, |layout| layout.rows())
    }

    fn after(&mut self, record: Position) -> Option<Position> {
        let end = self.layout(record)?.span.1;
        self.source.next(Position(end))
    }

    fn before(&mut self, record: Position) -> Option<Position> {
        self.source.previous(record)
    }

    fn last(&mut self) -> Option<Position> {
        self.source.last()
    }
}

impl SourceRows<'_> {
    fn layout(&mut self, record: Position) -> Option<Rc<RecordLayout>> {
        let (glyphs, ctx) = (&mut *self.glyphs, self.ctx);
        self.source.layout(record, &mut |character| glyphs.cells(ctx, character))
    }

    /// The row that shows a place.
    fn row_of(&mut self, place: Place, is_hex: bool) -> Option<u32> {
        Some(self.layout(place.record)?.row_of_byte(place.byte as usize, is_hex))
    }
}

impl DataView {
    /// Freezes what is shown, or goes on. Receiving and recording never pause.
    pub fn set_paused(&mut self, paused: Option<Snapshot>) {
        self.paused = paused;
    }

    /// Takes a newer snapshot without drawing, so that dropped segments are let go.
    pub fn keep_up(&mut self, newest: &Snapshot) {
        if let Some(paused) = &self.paused
            && newest.start() > paused.start()
        {
            self.paused = Some(paused.without_expired(newest));
        }
        self.source.update(self.paused.as_ref().unwrap_or(newest));
    }

    /// Whether the display is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Hides everything up to the end of `snapshot`. The recording keeps it.
    pub fn clear(&mut self, snapshot: &Snapshot) {
        self.source.floor = snapshot.end();
        self.selection = None;
        self.follows = true;
        self.seen = snapshot.records();
        if self.paused.is_some() {
            self.paused = Some(snapshot.clone());
        }
    }

    /// Goes to the newest record and stays there.
    pub fn jump_to_newest(&mut self) {
        self.follows = true;
        self.paused = None;
    }

    /// How many records came since the newest one was last in sight.
    #[must_use]
    pub fn unseen(&self, snapshot: &Snapshot) -> u64 {
        if self.follows() || self.source.filter.is_some() {
            0
        } else {
            snapshot.records().saturating_sub(self.seen)
        }
    }

    /// Whether the newest record is kept in sight.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follows && self.paused.is_none()
    }

    /// Shows the records of `newest`, or of the moment the display was paused.
    pub fn ui(&mut self, ui: &mut Ui, id: Id, newest: &Snapshot, look: Look<'_>) {
        let outer = ui.available_rect_before_wrap();
        let ctx = ui.ctx().clone();
        let cell = self.glyphs.begin_frame(&ctx, &data_font());
        let area = Rect::from_min_max(outer.min, pos2(outer.max.x - bar::WIDTH, outer.max.y));
        let bar = Rect::from_min_max(pos2(area.max.x, outer.min.y), outer.max);
        let columns = ((area.width() - LEFT_MARGIN - 4.0) / cell.x).floor().clamp(8.0, 2000.0) as u16;
        let scale_bits = ctx.pixels_per_point().to_bits();
        let shape = Shape { mode: look.mode, encoding: look.encoding, columns, font_generation: scale_bits };
        let snapshot = self.paused.clone().unwrap_or_else(|| newest.clone());
        self.set_filter(look.filter);
        if self.source.begin_frame(&snapshot, shape) {
            self.keep_top(&ctx);
        }

        // The edges belong to the panels around, which are resized there.
        let response = ui.interact(area.shrink(5.0), id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Table, true, "Data"));
        self.handle_input(ui, &response, area, cell, look);
        self.scroll_bar_ui(ui, bar, area.height(), cell.y, id);
        self.bring_into_sight(&ctx, area.height(), cell.y);
        self.settle(&ctx, area.height(), cell.y);
        if self.follows && self.paused.is_none() {
            self.seen = newest.records();
        }
        self.paint(ui, area, cell, look, id, newest.marks());
        if response.has_focus() {
            let stroke = egui::Stroke::new(1.0, Palette::of(ui.visuals()).accent);
            ui.painter().rect_stroke(area, 0.0, stroke, egui::StrokeKind::Inside);
        }
        self.context_menu(&response, look);
        ui.advance_cursor_after_rect(outer);
        if self.glyphs.is_incomplete() {
            ctx.request_repaint();
        }
    }

    fn paint(&mut self, ui: &mut Ui, area: Rect, cell: Vec2, look: Look<'_>, id: Id, marks: &Marks) {
        let palette = Palette::of(ui.visuals());
        ui.painter().rect_filled(area, 0.0, palette.data_ground);
        let ctx = ui.ctx().clone();
        let pixels = ctx.pixels_per_point();
        let mut mesh = glyphs::text_mesh();
        self.visible.clear();
        self.note_top(&ctx);
        // What cannot be read elsewhere is told where it is.
        let elsewhere = self.source.failure.take();
        let mut at = self.source.next(self.anchor.record);
        let mut clock = Clock::new(look.time);
        let mut shown_layouts = Vec::new();
        let (mut row, mut y) = (self.anchor.row, area.top() - self.anchor.above);
        while let Some(record) = at
            && y < area.bottom()
        {
            let glyphs = &mut self.glyphs;
            let Some(layout) = self.source.layout(record, &mut |c| glyphs.cells(&ctx, c)) else { break };
            let rows_left = ((area.bottom() - y) / cell.y).ceil().max(0.0) as u32;
            let found = found_in(look.found, &layout, row..row.saturating_add(rows_left).min(layout.rows()));
            let selection = self.selection.and_then(|known| known.within(record, layout.payload.len()));
            let marked = Marked { selected: selection, found: &found, mark: marks.get(record) };
            let (top, first_row) = (y, row);
            let time = clock.label(&mut self.source, &layout, row == 0);
            while row < layout.rows() && y < area.bottom() {
                let snapped = (y * pixels).round() / pixels;
                let rect = Rect::from_min_size(pos2(area.left(), snapped), vec2(area.width(), cell.y));
                let mut canvas = Canvas {
                    ctx: &ctx,
                    glyphs: &mut self.glyphs,
                    palette,
                    words: look.words,
                    cell,
                    mesh: &mut mesh,
                };
                canvas.row(rect, area.left() + LEFT_MARGIN, &layout, row, &time, &marked);
                self.visible.push((snapped, record, row));
                y += cell.y;
                row += 1;
            }
            let shown = Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), y)).intersect(area);
            let spoken = || {
                WidgetInfo::labeled(
                    Role::Row,
                    true,
                    paint::spoken(look.words, &layout, &time, marked.mark, first_row..row),
                )
            };
            ui.interact(shown, id.with(record.0), Sense::hover()).widget_info(spoken);
            let is_whole = row >= layout.rows();
            row = 0;
            at = if is_whole { self.source.next(Position(layout.span.1)) } else { None };
            shown_layouts.push(layout);
        }
        if y < area.bottom() && self.source.failure.is_none() {
            self.source.failure = elsewhere;
        }
        self.advise(&shown_layouts, look.encoding);
        glyphs::finish(&ctx, &mut mesh);
        ui.painter().with_clip_rect(area.intersect(ui.clip_rect())).add(egui::Shape::mesh(mesh));
        if self.visible.is_empty() {
            self.hint_ui(ui, area, palette, look.words);
        } else if let Some(failure) = &self.source.failure {
            unreadable_ui(ui, area, y, id, palette, &explain(look.words, failure));
        }
    }

    /// What stands where no record is: why, in words.
    fn hint_ui(&mut self, ui: &Ui, area: Rect, palette: &Palette, words: &Words) {
        let (text, color) = match &self.source.failure {
            Some(failure) => (explain(words, failure), palette.error),
            None if !self.source.is_looked_at(self.source.snapshot().end()) => {
                (words.filter_looking.clone(), palette.dim)
            }
            None if self.source.filter.is_some() => (words.filter_nothing.clone(), palette.dim),
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

    /// Where the selection is, as searching goes on from it: where the last part of a match begins.
    #[must_use]
    pub fn selected_place(&self) -> Option<crate::search::Location> {
        let (first, last) = self.selection?.ordered();
        let byte = if first.record == last.record { first.byte } else { 0 };
        Some(crate::search::Location { record: last.record, byte })
    }

    /// From where a search goes on: the selection, or the first record in sight.
    #[must_use]
    pub fn search_place(&self) -> Option<crate::search::Location> {
        let before = |record: Position| Position(record.0.saturating_sub(1));
        let first = || self.visible.first().map(|&(_, record, _)| before(record));
        self.selected_place()
            .or_else(|| first().map(|record| crate::search::Location { record, byte: u32::MAX }))
    }

    /// Whose record is selected.
    pub fn selected_connection(&mut self) -> Option<ConnectionId> {
        let record = self.selection?.to.record;
        self.source.connection_of(record).filter(|&connection| connection != ConnectionId::SESSION)
    }

    /// Selects a match and brings it into sight.
    pub fn select_match(&mut self, parts: &[Part]) {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return };
        let from = Place { record: first.record, byte: first.start };
        let to = Place { record: last.record, byte: last.start + last.length };
        self.selection = Some(Selection { from, to });
        self.wanted = Some(Wanted { place: from, with_context: true });
        if self.paused.as_ref().is_some_and(|paused| to.record >= paused.end()) {
            // It came after the display was paused.
            self.paused = None;
        }
    }

    /// Where what is shown begins.
    #[must_use]
    pub fn floor(&self) -> Position {
        self.source.floor
    }
}

/// Says why the records end here, below the last of them at `y`, or at the lower edge if that is full.
fn unreadable_ui(ui: &Ui, area: Rect, y: f32, id: Id, palette: &Palette, text: &str) {
    let margin = vec2(LEFT_MARGIN, 4.0);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = (area.width() - 2.0 * margin.x).max(80.0);
    let galley = ui.painter().layout(text.to_owned(), font, palette.error, width);
    let height = galley.size().y + 2.0 * margin.y;
    let top = y.min(area.bottom() - height).max(area.top());
    let rect = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), height));
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    // What is below it can be seen by scrolling; that it cannot be read cannot.
    painter.rect_filled(rect, 0.0, palette.data_ground);
    painter.rect_filled(rect, 0.0, palette.error_ground);
    painter.galley(rect.min + margin, galley, palette.error);
    let label = ui.interact(rect, id.with("unreadable"), Sense::hover());
    label.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
}
