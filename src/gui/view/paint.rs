//! Paints rows: head lines, text and hex, with selections and highlights.

use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::{Palette, connection_color};
use crate::gui::view::glyphs::{Glyphs, fill};
use crate::gui::view::layout::{Cell, Class, HEX_ROW_BYTES, Head, RecordLayout, Row};
use crate::gui::view::spoken::one_line;
use crate::lang::{Words, connected, fill as fill_in};
use crate::model::{ConnectionId, Direction, PeerNames, RecordKind};
use eframe::egui::{Color32, Context, Mesh, Pos2, Rect, Vec2, pos2, vec2};
use std::ops::Range;

/// The cells before the hex digits: eight digits of the offset and two blanks.
const HEX_OFFSET_CELLS: usize = 10;

/// The column of the characters in a hex row: three cells per byte, and a blank in the middle and at the
/// end.
fn characters_column(row_bytes: usize) -> usize {
    HEX_OFFSET_CELLS + row_bytes * 3 + 2
}

/// What is drawn in addition to the bytes of a record.
#[derive(Debug, Default)]
pub struct Decoration<'a> {
    /// The selected bytes of the payload.
    pub selected: Option<Range<usize>>,
    /// The matches of the search in bytes of the payload, ascending; highlighted.
    pub found: &'a [Range<usize>],
    /// The note of the bookmark on the record.
    pub bookmark: Option<&'a str>,
}

impl Decoration<'_> {
    /// The matches in a range of bytes.
    fn found_in(&self, start: usize, end: usize) -> &[Range<usize>] {
        let first = self.found.partition_point(|found| found.end <= start);
        let last = self.found.partition_point(|found| found.start < end);
        self.found.get(first..last).unwrap_or_default()
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
    /// Paints one row into `rect`, its content from the x coordinate `content` on. `time` is for the head line.
    pub fn row(
        &mut self,
        rect: Rect,
        content: f32,
        layout: &RecordLayout,
        row: u32,
        time: &str,
        decoration: &Decoration<'_>,
    ) {
        let origin = pos2(content, rect.top());
        let color = match layout.head.kind {
            RecordKind::Error => self.palette.error,
            _ => self.palette.text,
        };
        match layout.row(row) {
            Row::Head(head) => {
                fill(self.mesh, rect, self.palette.head_ground);
                self.head(origin, head, time, decoration.bookmark);
            }
            Row::Text(cells) => {
                let (from, to) = (cells.first(), cells.last());
                if let (Some(from), Some(to)) = (from, to) {
                    for found in decoration.found_in(from.byte as usize, to.byte as usize + 1) {
                        self.highlight_cells(origin, cells, found, self.palette.found);
                    }
                }
                if let Some(selected) = &decoration.selected {
                    self.highlight_cells(origin, cells, selected, self.palette.selection);
                }
                self.cells(origin, cells, color);
            }
            Row::Hex(offset, bytes) => self.hex(origin, layout, offset, bytes, decoration, offset),
        }
        // A narrow edge in the color of the direction, along all rows of the record.
        if layout.head.kind == RecordKind::Data {
            let edge = Rect::from_min_size(rect.left_top(), vec2(3.0, rect.height()));
            fill(self.mesh, edge, direction_color(self.palette, layout.head.direction));
        }
    }

    fn head(&mut self, origin: Pos2, head: &Head, time: &str, bookmark: Option<&str>) {
        let palette = self.palette;
        let mut x = self.ascii(origin, time, palette.dim) + self.cell.x;
        let at = |x: f32| pos2(x, origin.y);
        let (sign, color) = match (head.kind, head.direction) {
            (RecordKind::Data, Direction::Inbound) => ("←", palette.inbound),
            (RecordKind::Data, Direction::Outbound) => ("→", palette.outbound),
            (RecordKind::Opened, _) => ("●", palette.good),
            (RecordKind::Closed, _) => ("○", palette.dim),
            (RecordKind::Error, _) => ("×", palette.error),
            (RecordKind::Note, _) => ("·", palette.dim),
        };
        x = self.text(at(x), sign, color) + self.cell.x;
        if head.connection != ConnectionId::SESSION {
            let of_connection = connection_color(palette, head.connection);
            let peer = self.names.shown(head.peer);
            x = self.text(at(x), &peer, of_connection) + self.cell.x * 2.0;
        }
        let words = match head.kind {
            RecordKind::Data => fill_in(&self.words.bytes_count, &[("count", &grouped(head.bytes as u64))]),
            RecordKind::Opened => connected(self.words, head.direction, head.local, head.peer),
            _ => head.text.clone(),
        };
        let color = if head.kind == RecordKind::Error { palette.error } else { palette.dim };
        x = self.text(at(x), &words, color) + self.cell.x * 2.0;
        if head.is_cut {
            let cut = &self.words.datagram_cut;
            x = self.text(at(x), cut, palette.warning) + self.cell.x * 2.0;
        }
        if let Some(text) = bookmark {
            x = self.text(at(x), "★", palette.accent) + self.cell.x;
            self.text(at(x), &one_line(text), palette.text);
        }
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
        // Cells are ascending by byte.
        let from = cells.partition_point(|cell| (cell.byte as usize) < bytes.start);
        let to = cells.partition_point(|cell| (cell.byte as usize) < bytes.end);
        let inside = cells.get(from..to).unwrap_or_default();
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return };
        let columns = first.column..last.column + u16::from(last.width);
        self.highlight(origin, usize::from(columns.start)..usize::from(columns.end), color);
    }

    fn highlight(&mut self, origin: Pos2, columns: Range<usize>, color: Color32) {
        let x = |column: usize| origin.x + column as f32 * self.cell.x;
        let rect = Rect::from_min_max(
            pos2(x(columns.start), origin.y),
            pos2(x(columns.end), origin.y + self.cell.y),
        );
        fill(self.mesh, rect, color);
    }

    /// Paints a row of hex: the `bytes` at `offset` of the layout's payload, with `shown` as their offset.
    pub fn hex(
        &mut self,
        origin: Pos2,
        layout: &RecordLayout,
        offset: usize,
        bytes: &[u8],
        decoration: &Decoration<'_>,
        shown: usize,
    ) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let end = offset + bytes.len();
        let characters = characters_column(layout.hex_row_bytes);
        let found = decoration.found_in(offset, end).iter().map(|found| (found, self.palette.found));
        let selected = decoration.selected.iter().map(|selected| (selected, self.palette.selection));
        for (bytes, color) in found.chain(selected) {
            let (from, to) = (bytes.start.max(offset), bytes.end.min(end));
            if from < to {
                self.highlight(origin, hex_column(from - offset)..hex_column(to - offset - 1) + 2, color);
                self.highlight(origin, characters + from - offset..characters + to - offset, color);
            }
        }
        self.ascii(origin, &format!("{shown:08X}"), self.palette.dim);
        for (index, &byte) in bytes.iter().enumerate() {
            let mut at = pos2(origin.x + hex_column(index) as f32 * self.cell.x, origin.y);
            // Zero bytes are frequent and carry little: faint.
            let color = if byte == 0 { self.palette.faint } else { self.palette.text };
            for digit in [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]] {
                self.glyphs.paint(self.ctx, self.mesh, at, char::from(digit), 1, color);
                at.x += self.cell.x;
            }
        }
        for cell in layout.cells_of_bytes(offset, end) {
            let column = characters + cell.byte as usize - offset;
            let at = pos2(origin.x + column as f32 * self.cell.x, origin.y);
            match cell.class {
                Class::Plain => {
                    self.glyphs.paint(self.ctx, self.mesh, at, cell.character, cell.width, self.palette.text)
                }
                _ => self.glyphs.paint(self.ctx, self.mesh, at, '.', 1, self.palette.faint),
            }
        }
    }

    fn ascii(&mut self, origin: Pos2, text: &str, color: Color32) -> f32 {
        self.glyphs.paint_ascii(self.ctx, self.mesh, origin, text, color);
        origin.x + text.len() as f32 * self.cell.x
    }

    fn text(&mut self, origin: Pos2, text: &str, color: Color32) -> f32 {
        self.glyphs.paint_words(self.ctx, self.mesh, origin, text, color)
    }
}

/// The column of the first digit of a byte in a row of hex.
fn hex_column(index: usize) -> usize {
    HEX_OFFSET_CELLS + index * 3 + usize::from(index >= HEX_ROW_BYTES / 2)
}

/// The byte after the caret that is nearest to a column of a hex row.
#[must_use]
pub fn byte_at_column(column: f32, length: usize, row_bytes: usize) -> usize {
    let characters = characters_column(row_bytes) as f32;
    if column >= characters - 0.5 {
        let index = (column - characters).round().max(0.0) as usize;
        return index.min(length);
    }
    (0..length).find(|&index| column < hex_column(index) as f32 + 1.0).unwrap_or(length)
}

/// The byte after the caret that is nearest to a column of a line of text; `end` behind the last cell.
#[must_use]
pub fn byte_at_cell(cells: &[Cell], column: f32, end: usize) -> usize {
    let before = |cell: &&Cell| column < f32::from(cell.column) + f32::from(cell.width) / 2.0;
    cells.iter().find(before).map_or(end, |cell| cell.byte as usize)
}

/// The color of a direction.
#[must_use]
pub fn direction_color(palette: &Palette, direction: Direction) -> Color32 {
    match direction {
        Direction::Inbound => palette.inbound,
        Direction::Outbound => palette.outbound,
    }
}
