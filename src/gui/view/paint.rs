//! Paints rows: heads, text and notes, with selections and highlights. Hex is in `paint_hex`.

use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::{Palette, connection_color};
use crate::gui::view::columns::Columns;
use crate::gui::view::flow::{Cell, Class};
use crate::gui::view::glyphs::{Glyphs, fill};
use crate::gui::view::layout::{RecordLayout, cells_within};
use crate::gui::view::notes::{Note, elided, elided_at_left, fitting};
use crate::gui::view::part::Row;
use crate::lang::{Words, connected};
use crate::model::{ConnectionId, Direction, PeerNames, RecordKind};
use eframe::egui::{Color32, Context, Mesh, Pos2, Rect, Vec2, pos2, vec2};
use std::ops::Range;

/// The width of the edge in the color of the connection, in points.
const EDGE: f32 = 3.0;

/// What is drawn in addition to the bytes of a record.
#[derive(Debug, Default)]
pub struct Decoration<'a> {
    /// The selected bytes of the payload.
    pub selected: Option<Range<usize>>,
    /// The whole record is selected.
    pub is_selected: bool,
    /// The matches of the search in bytes of the payload, ascending; highlighted.
    pub found: &'a [Range<usize>],
}

impl Decoration<'_> {
    /// The matches in a range of bytes.
    pub(super) fn found_in(&self, start: usize, end: usize) -> &[Range<usize>] {
        let first = self.found.partition_point(|found| found.end <= start);
        let last = self.found.partition_point(|found| found.start < end);
        self.found.get(first..last).unwrap_or_default()
    }

    /// The ranges of bytes to highlight among those from `start` to `end`, with their colors.
    pub(super) fn highlights<'a>(
        &'a self,
        palette: &'a Palette,
        start: usize,
        end: usize,
    ) -> impl Iterator<Item = (&'a Range<usize>, Color32)> {
        let found = self.found_in(start, end).iter().map(|found| (found, palette.found));
        // A record that is wholly selected has another ground as a whole.
        let selected = self.selected.iter().filter(|_| !self.is_selected);
        found.chain(selected.map(|selected| (selected, palette.selection)))
    }
}

/// The icon in the left margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginIcon {
    /// The record can be opened.
    Closed,
    /// The record is open.
    Open,
    /// The record has a bookmark.
    Bookmark,
}

impl MarginIcon {
    /// The icon of a record that can be opened.
    #[must_use]
    pub fn of_open(is_open: bool) -> Self {
        if is_open { Self::Open } else { Self::Closed }
    }
}

/// The surface that rows are painted on.
pub struct Canvas<'a> {
    /// For the fonts.
    pub ctx: &'a Context,
    /// The glyphs.
    pub glyphs: &'a mut Glyphs,
    /// The colours.
    pub palette: &'static Palette,
    /// The words of the language in use.
    pub words: &'a Words,
    /// The names of peers.
    pub names: &'a PeerNames,
    /// The size of a cell, in points.
    pub cell: Vec2,
    /// The mesh that collects all rows.
    pub mesh: &'a mut Mesh,
}

impl Canvas<'_> {
    /// Paints the content of one row into `rect`, from the x coordinate `left` on.
    pub fn row(
        &mut self,
        rect: Rect,
        left: f32,
        layout: &RecordLayout,
        row: u32,
        decoration: &Decoration<'_>,
    ) {
        let (content, part) = (layout.row(row), layout.part(row));
        if decoration.is_selected {
            fill(self.mesh, rect, self.palette.selection);
        } else if part.is_open && matches!(content, Row::Dump(..)) {
            fill(self.mesh, rect, self.palette.head_ground);
        }
        if layout.head.connection != ConnectionId::SESSION {
            let edge = Rect::from_min_size(rect.left_top(), vec2(EDGE, rect.height()));
            fill(self.mesh, edge, connection_color(self.palette, layout.head.connection));
        }
        let origin = pos2(left + f32::from(part.column_of(&content)) * self.cell.x, rect.top());
        match content {
            Row::Head => {}
            Row::Text(cells) => {
                if let (Some(first), Some(last)) = (cells.first(), cells.last()) {
                    let (start, end) = (first.byte as usize, last.byte as usize + 1);
                    for (bytes, color) in decoration.highlights(self.palette, start, end) {
                        self.highlight_cells(origin, cells, bytes, color);
                    }
                }
                let color = match layout.head.kind {
                    RecordKind::Data => self.palette.text,
                    RecordKind::Error => self.palette.error,
                    _ => self.palette.dim,
                };
                self.cells(origin, cells, color);
            }
            Row::Digits(bytes) => self.digits(origin, part.bytes.start, bytes, decoration),
            Row::Dump(offset, bytes) => {
                let (row_bytes, shown) = (part.dump_row_bytes(), offset - part.bytes.start);
                self.dump(origin, row_bytes, &layout.cells, offset, bytes, decoration, shown);
            }
        }
    }

    /// Paints the head of the part of a record that has a row, its first one. Returns the column at which what stands in
    /// that ends.
    pub fn head(
        &mut self,
        origin: Pos2,
        layout: &RecordLayout,
        row: u32,
        columns: &Columns,
        time: &str,
    ) -> u16 {
        let head = &layout.head;
        let palette = self.palette;
        // Beyond the column, as for a date in a recording of one day, the end is the time of day.
        let hidden = time.len().saturating_sub(usize::from(columns.time));
        let time = time.get(hidden..).unwrap_or(time);
        self.words(origin, usize::from(columns.time) - time.len(), time, palette.dim);
        let (sign, color) = match (head.kind, head.direction) {
            (RecordKind::Data, Direction::Inbound) => ("←", palette.inbound),
            (RecordKind::Data, Direction::Outbound) => ("→", palette.outbound),
            (RecordKind::Opened, _) => ("●", palette.good),
            (RecordKind::Closed, _) => ("○", palette.dim),
            (RecordKind::Error, _) => ("×", palette.error),
            (RecordKind::Note, _) => ("·", palette.dim),
        };
        self.words(origin, usize::from(columns.arrow()), sign, color);
        if columns.peer > 0 && head.connection != ConnectionId::SESSION {
            let room = usize::from(columns.peer);
            let peer = match self.names.name_of(head.peer) {
                Some(name) => elided(name, room, |text| self.glyphs.cells_of_words(self.ctx, text)),
                None => elided_at_left(&head.peer.to_string(), room),
            };
            let color = connection_color(palette, head.connection);
            self.words(origin, usize::from(columns.peer_start()), &peer, color);
        }
        if head.kind == RecordKind::Data {
            let size = format!("{} B", grouped(layout.part(row).bytes.len() as u64));
            self.words(
                origin,
                usize::from(columns.size_end()).saturating_sub(size.len()),
                &size,
                palette.dim,
            );
        }
        match (layout.row(row), head.kind) {
            (Row::Head, RecordKind::Opened) => {
                let peer = self.names.with_address(head.peer);
                let words = connected(self.words, head.direction, head.local, &peer);
                // Where the content is narrow, the column of the size is used, too.
                let is_narrow = columns.content_cells() == 0;
                let column = if is_narrow { columns.peer_start() } else { columns.content() };
                let room = usize::from(columns.end.saturating_sub(column));
                let words = elided(&words, room, |text| self.glyphs.cells_of_words(self.ctx, text));
                self.words(origin, usize::from(column), &words, palette.dim);
                column + self.glyphs.cells_of_words(self.ctx, &words) as u16
            }
            (Row::Head, _) => columns.size_end(),
            (Row::Text(cells), _) => {
                let shown = cells.iter().rev().find(|cell| cell.class != Class::Control || cell.width > 0);
                let start = layout.column_of(row);
                start + shown.map_or(0, |cell| cell.column + u16::from(cell.width))
            }
            (Row::Digits(bytes), _) => columns.content() + bytes.len() as u16 * 3,
            (Row::Dump(..), _) => columns.end,
        }
    }

    /// Paints notes at the right end of a row, as far as there is room behind the column `content_end`. The first one
    /// is rightmost.
    pub fn notes(&mut self, origin: Pos2, columns: &Columns, content_end: u16, notes: Vec<Note>) {
        let room = usize::from(columns.end.saturating_sub(content_end)).saturating_sub(2);
        let notes = fitting(notes, room, |text| self.glyphs.cells_of_words(self.ctx, text));
        let mut end = usize::from(columns.end);
        for note in notes {
            end -= self.glyphs.cells_of_words(self.ctx, &note.text);
            self.words(origin, end, &note.text, note.color);
            end = end.saturating_sub(2);
        }
    }

    /// Paints the icon in the left margin, whose right edge is at `origin`.
    pub fn margin_icon(&mut self, origin: Pos2, icon: MarginIcon) {
        let (character, color) = match icon {
            MarginIcon::Closed => ('▶', self.palette.dim),
            MarginIcon::Open => ('▼', self.palette.dim),
            MarginIcon::Bookmark => ('★', self.palette.accent),
        };
        let pixels = self.ctx.pixels_per_point();
        let at = pos2(origin.x - self.cell.x - (2.0 * pixels).round() / pixels, origin.y);
        self.glyphs.paint(self.ctx, self.mesh, at, character, 1, color);
    }

    /// Paints text from a column on.
    pub(super) fn words(&mut self, origin: Pos2, column: usize, text: &str, color: Color32) {
        let at = pos2(origin.x + column as f32 * self.cell.x, origin.y);
        self.glyphs.paint_words(self.ctx, self.mesh, at, text, color);
    }

    fn cells(&mut self, origin: Pos2, cells: &[Cell], color: Color32) {
        for (index, cell) in cells.iter().enumerate() {
            let at = pos2(origin.x + f32::from(cell.column) * self.cell.x, origin.y);
            let color = match cell.class {
                Class::Plain => color,
                Class::Control => self.palette.faint,
                Class::Invalid => self.palette.error,
                Class::Pending => self.palette.faint,
            };
            if cell.class == Class::Invalid {
                // A gap of one point after the second digit separates the bytes.
                let is_first_digit = cells.get(index + 1).is_some_and(|next| next.byte == cell.byte);
                let width = if is_first_digit { self.cell.x } else { self.cell.x - 1.0 };
                let ground = Rect::from_min_size(at + vec2(0.0, 2.0), vec2(width, self.cell.y - 4.0));
                fill(self.mesh, ground, self.palette.error_ground);
            }
            self.glyphs.paint(self.ctx, self.mesh, at, cell.character, cell.width, color);
        }
    }

    fn highlight_cells(&mut self, origin: Pos2, cells: &[Cell], bytes: &Range<usize>, color: Color32) {
        let inside = cells_within(cells, bytes.start, bytes.end);
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return };
        let columns = first.column..last.column + u16::from(last.width);
        self.highlight(origin, usize::from(columns.start)..usize::from(columns.end), color);
    }

    pub(super) fn highlight(&mut self, origin: Pos2, columns: Range<usize>, color: Color32) {
        let x = |column: usize| origin.x + column as f32 * self.cell.x;
        let rect = Rect::from_min_max(
            pos2(x(columns.start), origin.y),
            pos2(x(columns.end), origin.y + self.cell.y),
        );
        fill(self.mesh, rect, color);
    }
}

/// The byte after the caret that is nearest to a column of a line of text; `end` behind the last cell.
#[must_use]
pub fn byte_at_cell(cells: &[Cell], column: f32, end: usize) -> usize {
    let before = |cell: &&Cell| column < f32::from(cell.column) + f32::from(cell.width) / 2.0;
    cells.iter().find(before).map_or(end, |cell| cell.byte as usize)
}
