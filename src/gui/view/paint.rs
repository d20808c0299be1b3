//! Painting rows: head lines, text, hex, and what is selected of them.

use super::glyphs::{Glyphs, fill};
use super::layout::{Cell, Class, HEX_ROW_BYTES, Head, RecordLayout, Row};
use crate::codec::{control_mark, is_control};
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::{Palette, connection_color};
use crate::lang::{Words, fill as fill_in};
use crate::model::{ConnectionId, Direction, RecordKind};
use eframe::egui::{Color32, Context, Mesh, Pos2, Rect, Vec2, pos2, vec2};
use std::ops::Range;

/// Cells before the hex digits: eight of the offset and two blanks.
const HEX_OFFSET_CELLS: usize = 10;

/// Where the characters begin, in a row of so many bytes: three cells a byte, and a blank more in the
/// middle and at the end.
fn characters_column(row_bytes: usize) -> usize {
    HEX_OFFSET_CELLS + row_bytes * 3 + 2
}

/// What has a ground of its own among the bytes of a record.
#[derive(Debug, Default)]
pub struct Marked<'a> {
    /// What is selected.
    pub selected: Option<Range<usize>>,
    /// What a search has found, ascending.
    pub found: &'a [Range<usize>],
    /// The text of the mark on the record.
    pub mark: Option<&'a str>,
}

impl Marked<'_> {
    /// What of the matches is in a range of bytes.
    fn found_in(&self, start: usize, end: usize) -> &[Range<usize>] {
        let first = self.found.partition_point(|found| found.end <= start);
        let last = self.found.partition_point(|found| found.start < end);
        self.found.get(first..last).unwrap_or_default()
    }
}

/// What all rows of a frame share.
pub struct Canvas<'a> {
    /// For looking glyphs up.
    pub ctx: &'a Context,
    /// The glyphs.
    pub glyphs: &'a mut Glyphs,
    /// The colours.
    pub palette: &'static Palette,
    /// The words of head lines.
    pub words: &'a Words,
    /// The size of a cell.
    pub cell: Vec2,
    /// Where everything goes.
    pub mesh: &'a mut Mesh,
}

impl Canvas<'_> {
    /// Paints one row into `rect`. `time` stands in the head line; `marked` is what is marked of the record's bytes.
    pub fn row(
        &mut self,
        rect: Rect,
        content: f32,
        layout: &RecordLayout,
        row: u32,
        time: &str,
        marked: &Marked<'_>,
    ) {
        let origin = pos2(content, rect.top());
        let color = match layout.head.kind {
            RecordKind::Error => self.palette.error,
            _ => self.palette.text,
        };
        match layout.row(row) {
            Row::Head(head) => {
                fill(self.mesh, rect, self.palette.head_ground);
                self.head(origin, head, time, marked.mark);
            }
            Row::Text(cells) => {
                let (from, to) = (cells.first(), cells.last());
                if let (Some(from), Some(to)) = (from, to) {
                    for found in marked.found_in(from.byte as usize, to.byte as usize + 1) {
                        self.mark_cells(origin, cells, found, self.palette.found);
                    }
                }
                if let Some(selected) = &marked.selected {
                    self.mark_cells(origin, cells, selected, self.palette.selection);
                }
                self.cells(origin, cells, color);
            }
            Row::Hex(offset, bytes) => self.hex(origin, layout, offset, bytes, marked, offset),
        }
        // A narrow edge in the colour of the direction runs along all rows of a record.
        if layout.head.kind == RecordKind::Data {
            let edge = Rect::from_min_size(rect.left_top(), vec2(3.0, rect.height()));
            fill(self.mesh, edge, direction_color(self.palette, layout.head.direction));
        }
    }

    fn head(&mut self, origin: Pos2, head: &Head, time: &str, mark: Option<&str>) {
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
            x = self.text(at(x), &head.peer.to_string(), of_connection) + self.cell.x * 2.0;
        }
        let words = match head.kind {
            RecordKind::Data => fill_in(&self.words.bytes_count, &[("count", &grouped(head.bytes as u64))]),
            RecordKind::Opened => match head.direction {
                Direction::Inbound => self.words.record_connected_in.clone(),
                Direction::Outbound => self.words.record_connected_out.clone(),
            },
            _ => head.text.clone(),
        };
        let color = if head.kind == RecordKind::Error { palette.error } else { palette.dim };
        x = self.text(at(x), &words, color) + self.cell.x * 2.0;
        if head.is_cut {
            let cut = &self.words.datagram_cut;
            x = self.text(at(x), cut, palette.warning) + self.cell.x * 2.0;
        }
        if let Some(text) = mark {
            x = self.text(at(x), "★", palette.accent) + self.cell.x;
            self.text(at(x), &note(text), palette.text);
        }
    }

    fn cells(&mut self, origin: Pos2, cells: &[Cell], color: Color32) {
        for (index, cell) in cells.iter().enumerate() {
            let at = pos2(origin.x + f32::from(cell.column) * self.cell.x, origin.y);
            let color = match cell.class {
                Class::Plain => color,
                Class::Control => self.palette.mark,
                Class::Invalid => self.palette.error,
                Class::Pending => self.palette.mark,
            };
            if cell.class == Class::Invalid {
                // A little gap after its second digit keeps a byte apart from the next.
                let is_first_digit = cells.get(index + 1).is_some_and(|next| next.byte == cell.byte);
                let width = if is_first_digit { self.cell.x } else { self.cell.x - 1.0 };
                let ground = Rect::from_min_size(at + vec2(0.0, 2.0), vec2(width, self.cell.y - 4.0));
                fill(self.mesh, ground, self.palette.error_ground);
            }
            self.glyphs.paint(self.ctx, self.mesh, at, cell.character, cell.width, color);
        }
    }

    fn mark_cells(&mut self, origin: Pos2, cells: &[Cell], bytes: &Range<usize>, color: Color32) {
        // The bytes of a row only go up.
        let from = cells.partition_point(|cell| (cell.byte as usize) < bytes.start);
        let to = cells.partition_point(|cell| (cell.byte as usize) < bytes.end);
        let inside = cells.get(from..to).unwrap_or_default();
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return };
        let columns = first.column..last.column + u16::from(last.width);
        self.mark(origin, usize::from(columns.start)..usize::from(columns.end), color);
    }

    fn mark(&mut self, origin: Pos2, columns: Range<usize>, color: Color32) {
        let x = |column: usize| origin.x + column as f32 * self.cell.x;
        let rect = Rect::from_min_max(
            pos2(x(columns.start), origin.y),
            pos2(x(columns.end), origin.y + self.cell.y),
        );
        fill(self.mesh, rect, color);
    }

    /// A row of hex: the `bytes` at `offset` of what is laid out, shown with the offset `shown`.
    pub fn hex(
        &mut self,
        origin: Pos2,
        layout: &RecordLayout,
        offset: usize,
        bytes: &[u8],
        marked: &Marked<'_>,
        shown: usize,
    ) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let end = offset + bytes.len();
        let characters = characters_column(layout.hex_row_bytes);
        let found = marked.found_in(offset, end).iter().map(|found| (found, self.palette.found));
        let selected = marked.selected.iter().map(|selected| (selected, self.palette.selection));
        for (bytes, color) in found.chain(selected) {
            let (from, to) = (bytes.start.max(offset), bytes.end.min(end));
            if from < to {
                self.mark(origin, hex_column(from - offset)..hex_column(to - offset - 1) + 2, color);
                self.mark(origin, characters + from - offset..characters + to - offset, color);
            }
        }
        self.ascii(origin, &format!("{shown:08X}"), self.palette.dim);
        for (index, &byte) in bytes.iter().enumerate() {
            let mut at = pos2(origin.x + hex_column(index) as f32 * self.cell.x, origin.y);
            // Zero bytes are many and say little.
            let color = if byte == 0 { self.palette.mark } else { self.palette.text };
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
                _ => self.glyphs.paint(self.ctx, self.mesh, at, '.', 1, self.palette.mark),
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

/// The border between bytes that is nearest to a column of a row of hex.
#[must_use]
pub fn byte_at_column(column: f32, length: usize, row_bytes: usize) -> usize {
    let characters = characters_column(row_bytes) as f32;
    if column >= characters - 0.5 {
        let index = (column - characters).round().max(0.0) as usize;
        return index.min(length);
    }
    (0..length).find(|&index| column < hex_column(index) as f32 + 1.0).unwrap_or(length)
}

/// The border between bytes that is nearest to a column of a line of text.
#[must_use]
pub fn byte_at_cell(cells: &[Cell], column: f32, end: usize) -> usize {
    let before = |cell: &&Cell| column < f32::from(cell.column) + f32::from(cell.width) / 2.0;
    cells.iter().find(before).map_or(end, |cell| cell.byte as usize)
}

/// The colour of a direction.
#[must_use]
pub fn direction_color(palette: &Palette, direction: Direction) -> Color32 {
    match direction {
        Direction::Inbound => palette.inbound,
        Direction::Outbound => palette.outbound,
    }
}

/// The text of a mark on one line: no person writes a longer one, and a file may have anything.
#[must_use]
pub fn note(text: &str) -> String {
    const NOTE_CHARACTERS: usize = 500;
    let mut out = String::new();
    for character in text.chars().take(NOTE_CHARACTERS) {
        if is_control(character) {
            out.push_str(&control_mark(character).to_string());
        } else {
            out.push(character);
        }
    }
    if text.chars().nth(NOTE_CHARACTERS).is_some() {
        out.push('…');
    }
    out
}

/// What a screen reader says of a record: the head line, then what is on the screen of its content.
#[must_use]
pub fn spoken(
    words: &Words,
    layout: &RecordLayout,
    time: &str,
    mark: Option<&str>,
    rows: Range<u32>,
) -> String {
    /// Nobody listens to more at once.
    const SPOKEN_CHARACTERS: usize = 600;
    let head = &layout.head;
    let what = match (head.kind, head.direction) {
        (RecordKind::Data, Direction::Inbound) => &words.spoken_received,
        (RecordKind::Data, Direction::Outbound) => &words.spoken_sent,
        (RecordKind::Opened, Direction::Inbound) => &words.record_connected_in,
        (RecordKind::Opened, Direction::Outbound) => &words.record_connected_out,
        (RecordKind::Closed, _) => &words.spoken_closed,
        (RecordKind::Error, _) => &words.spoken_error,
        (RecordKind::Note, _) => &words.spoken_note,
    };
    let mut out = format!("{time} {what}");
    if head.connection != ConnectionId::SESSION {
        out.push_str(&format!(" {}", head.peer));
    }
    if head.kind == RecordKind::Data {
        out.push(' ');
        out.push_str(&fill_in(&words.bytes_count, &[("count", &grouped(head.bytes as u64))]));
    }
    if head.is_cut {
        out.push_str(&format!(", {}", words.datagram_cut));
    }
    if let Some(text) = mark {
        out.push_str(&format!(", ★ {}", words.spoken_marked));
        if !text.is_empty() {
            out.push_str(&format!(" “{}”", note(text)));
        }
    }
    out.push_str(": ");
    out.push_str(&head.text);
    for row in rows {
        match layout.row(row) {
            Row::Head(_) => {}
            Row::Text(cells) => out.extend(cells.iter().map(|cell| cell.character)),
            Row::Hex(offset, bytes) => {
                crate::codec::write_hex(bytes, &mut out, " ");
                out.push(' ');
                out.extend(
                    layout.cells_of_bytes(offset, offset + bytes.len()).iter().map(|cell| cell.character),
                );
                out.push(' ');
            }
        }
        if out.len() > SPOKEN_CHARACTERS {
            break;
        }
    }
    out
}
