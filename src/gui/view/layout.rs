//! One record as rows: the rows of its parts, one part after the other (`part`).
//!
//! A layout depends on the record, which never changes, and on its parameters; it does not know where on the
//! screen its rows are drawn.

use crate::codec::{Encoding, RecordText, SpanKind, StreamDecoder};
use crate::gui::view::flow::Cell;
use crate::gui::view::part::{Form, Part, Row, unshown_cells};
use crate::gui::view::shape::Shape;
use crate::gui::view::source::Shown;
use crate::model::{ConnectionId, Direction, RecordKind, Timestamp, Transport};
use crate::settings::ViewMode;
use std::net::SocketAddr;
use std::ops::Range;

/// What the heads of a record's parts have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The time of the record.
    pub time: Timestamp,
    /// The kind of the record.
    pub kind: RecordKind,
    /// The direction.
    pub direction: Direction,
    /// The connection.
    pub connection: ConnectionId,
    /// The local address.
    pub local: SocketAddr,
    /// The peer.
    pub peer: SocketAddr,
    /// The datagram was longer than what was recorded.
    pub is_cut: bool,
}

/// The layout of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// The head.
    pub head: Head,
    /// The positions at which the record begins and ends.
    pub span: (u64, u64),
    /// The payload.
    pub payload: Vec<u8>,
    /// The cells of all parts.
    pub cells: Vec<Cell>,
    /// At least one; their bytes are the payload.
    parts: Vec<Part>,
    /// The pending bytes at the end, whose character is incomplete.
    pub pending: Vec<u8>,
}

impl RecordLayout {
    /// Lays a record out. `before` are the pending bytes before it, which begin its first character; `open` are
    /// the bytes at which the parts begin that are open; `cells_of` is the width of a character in cells.
    pub fn new(
        shown: &Shown<'_>,
        before: &[u8],
        shape: &Shape,
        open: &[usize],
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Self {
        let entry = &shown.entry;
        let record = &entry.record;
        let mut layout = Self {
            head: Head {
                time: record.time,
                kind: record.kind,
                direction: record.direction,
                connection: record.connection,
                local: record.local,
                peer: record.peer,
                is_cut: record.is_cut && record.kind == RecordKind::Data,
            },
            span: (entry.position.0, entry.end.0),
            payload: record.payload.to_vec(),
            cells: Vec::new(),
            parts: Vec::new(),
            pending: Vec::new(),
        };
        if record.kind != RecordKind::Data {
            let is_of_session = record.connection == ConnectionId::SESSION;
            let part =
                Part::of_words(record.text, is_of_session, &shape.columns, &mut layout.cells, cells_of);
            layout.parts.push(part);
            return layout;
        }
        let may_be_cut = record.transport == Transport::Tcp || record.is_cut;
        let mut before = before;
        let mut first_row = 0;
        for bytes in shown.parts() {
            let own = &record.payload[bytes.clone()];
            let text = RecordText::decode(shape.encoding, before, own);
            layout.pending = pending_after(&text, shape.encoding, before, own);
            before = &[];
            let (has_text, has_hex) = match shape.mode {
                ViewMode::Auto => {
                    let is_text = text.is_text(shape.encoding, may_be_cut);
                    (is_text, !is_text)
                }
                ViewMode::Text => (true, false),
                ViewMode::Hex => (false, true),
                ViewMode::Both => (true, true),
            };
            let form = Form { has_text, has_hex, is_open: open.contains(&bytes.start) };
            let mut part =
                Part::of_bytes(bytes, record.payload, &text, form, shape, &mut layout.cells, cells_of);
            part.first_row = first_row;
            first_row += part.row_count();
            layout.parts.push(part);
        }
        layout
    }

    /// The cells for the characters of a dump of `payload`, without rows.
    pub fn cells_for_dump(
        encoding: Encoding,
        before: &[u8],
        payload: &[u8],
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Vec<Cell> {
        unshown_cells(&RecordText::decode(encoding, before, payload), payload, cells_of)
    }

    /// The index of the part that has a row; of the last one beyond the end.
    #[must_use]
    pub fn part_index(&self, row: u32) -> usize {
        self.parts.partition_point(|part| part.first_row <= row).saturating_sub(1)
    }

    /// The part that has a row; the last one beyond the end.
    #[must_use]
    pub fn part(&self, row: u32) -> &Part {
        &self.parts[self.part_index(row)]
    }

    /// The part that has a byte; the last one behind the end.
    #[must_use]
    pub fn part_of_byte(&self, byte: usize) -> &Part {
        let index = self.parts.partition_point(|part| part.bytes.start <= byte);
        &self.parts[index.saturating_sub(1)]
    }

    /// The number of rows, at least 1.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.parts.last().map_or(1, |part| part.rows().end)
    }

    /// The content of a row; nothing beyond the end.
    #[must_use]
    pub fn row(&self, row: u32) -> Row<'_> {
        self.part(row).row(row, &self.cells, &self.payload)
    }

    /// The column at which the content of a row begins.
    #[must_use]
    pub fn column_of(&self, row: u32) -> u16 {
        self.part(row).column_of(&self.row(row))
    }

    /// The row that shows a byte: one of hex if `is_hex` or if its part has no lines.
    #[must_use]
    pub fn row_of_byte(&self, byte: usize, is_hex: bool) -> u32 {
        self.part_of_byte(byte).row_of_byte(byte, is_hex, &self.cells)
    }

    /// The first byte that a row shows.
    #[must_use]
    pub fn first_byte(&self, row: u32) -> usize {
        let start = self.part(row).bytes.start;
        match self.row(row) {
            Row::Head | Row::Digits(_) => start,
            Row::Text(cells) => cells.first().map_or(start, |cell| cell.byte as usize),
            Row::Dump(offset, _) => offset,
        }
    }

    /// The range of bytes from the first to the last that the rows show.
    #[must_use]
    pub fn bytes_of_rows(&self, rows: Range<u32>) -> Range<usize> {
        /// The longest character in any encoding.
        const CHARACTER_BYTES: usize = 4;
        let of_row = |row| match self.row(row) {
            Row::Head => None,
            Row::Text(cells) => {
                let (first, last) = (cells.first()?, cells.last()?);
                Some((first.byte as usize, last.byte as usize + CHARACTER_BYTES))
            }
            Row::Digits(_) => {
                let bytes = &self.part(row).bytes;
                Some((bytes.start, bytes.end))
            }
            Row::Dump(offset, bytes) => Some((offset, offset + bytes.len())),
        };
        let parts = rows.filter_map(of_row);
        let all = parts.reduce(|all, part| (all.0.min(part.0), all.1.max(part.1)));
        all.map_or(0..0, |(start, end)| start..end.min(self.payload.len()))
    }

    /// The cells whose characters begin in a range of bytes.
    #[must_use]
    pub fn cells_of_bytes(&self, start: usize, end: usize) -> &[Cell] {
        cells_within(&self.cells, start, end)
    }

    /// The approximate memory it uses, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let parts: usize = self.parts.iter().map(Part::memory_bytes).sum();
        size_of::<Self>() + self.payload.len() + self.cells.len() * size_of::<Cell>() + parts
    }
}

/// The cells whose characters begin in a range of bytes. Cells ascend by byte.
#[must_use]
pub fn cells_within(cells: &[Cell], start: usize, end: usize) -> &[Cell] {
    let from = cells.partition_point(|cell| (cell.byte as usize) < start);
    let to = cells.partition_point(|cell| (cell.byte as usize) < end);
    &cells[from..to]
}

/// The bytes at the end of a record that begin a character which is not complete.
fn pending_after(text: &RecordText, encoding: Encoding, before: &[u8], payload: &[u8]) -> Vec<u8> {
    let last = text.spans().last().filter(|span| span.kind == SpanKind::Pending);
    let start = last.map_or(payload.len(), |span| span.bytes.start);
    if start > 0 {
        return payload[start..].to_vec();
    }
    // The whole record is pending, or empty, so that the bytes before it belong to the character, too.
    let mut decoder = StreamDecoder::new(encoding);
    decoder.decode(before, &mut String::new());
    decoder.decode(payload, &mut String::new());
    decoder.pending().to_vec()
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
