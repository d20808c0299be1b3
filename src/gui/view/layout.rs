//! One record as rows. The first row has its head: time, direction, peer, size. Content that fits stands beside the
//! head, as text or as digits; longer content continues below, as lines of text, as a dump, or as both.
//!
//! A layout depends on the record, which never changes, and on its parameters; it does not know where on the
//! screen its rows are drawn.

use crate::capture::Entry;
use crate::codec::{Encoding, RecordText, SpanKind, StreamDecoder};
use crate::gui::view::columns::{Columns, Dump, INDENT};
use crate::gui::view::flow::{Cell, Flow, Lines};
use crate::model::{ConnectionId, Direction, RecordKind, Timestamp, Transport};
use crate::settings::{BytesPerRow, ViewMode};
use std::net::SocketAddr;

/// The columns of lines that are not drawn. A line has 2 cells at most for a byte of an escape.
const UNSHOWN_COLUMNS: u16 = 2000;

/// The parameters of a layout besides the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Auto, text, hex or both.
    pub mode: ViewMode,
    /// The encoding of the record.
    pub encoding: Encoding,
    /// The columns of a row.
    pub columns: Columns,
    /// Bytes in a row of hex.
    pub bytes_per_row: BytesPerRow,
    /// Whether control pictures are shown.
    pub control_pictures: bool,
    /// Changes when the widths of characters may have changed.
    pub font_generation: u32,
}

/// The contents of a head.
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
    /// The size of the payload in bytes.
    pub bytes: usize,
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
    /// The cells of all lines, also of those that are not shown because the record is shown as hex.
    pub cells: Vec<Cell>,
    /// The index in `cells` at which each line of text begins.
    lines: Vec<u32>,
    /// The column of the lines.
    lines_column: u16,
    /// The column of a row with the digits of all bytes, if there is one.
    digits_column: Option<u16>,
    /// The dump below.
    dump: Option<Dump>,
    /// The first row of the content is beside the head.
    is_beside: bool,
    /// Whether opening the record shows a dump that is not shown otherwise.
    pub can_open: bool,
    /// Whether that dump is shown.
    pub is_open: bool,
    /// The pending bytes at the end, whose character is incomplete.
    pub pending: Vec<u8>,
}

/// The content of one row of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// None: the head alone.
    Head,
    /// A line of text.
    Text(&'a [Cell]),
    /// The digits of all bytes.
    Digits(&'a [u8]),
    /// A row of a dump: the offset of its first byte, and its bytes.
    Dump(usize, &'a [u8]),
}

impl Row<'_> {
    /// Whether it shows bytes by their digits.
    #[must_use]
    pub fn is_hex(&self) -> bool {
        matches!(self, Self::Digits(_) | Self::Dump(..))
    }
}

impl RecordLayout {
    /// Lays a record out. `before` are the pending bytes before it, which begin its first character; `cells_of` is
    /// the width of a character in cells.
    pub fn new(
        entry: &Entry<'_>,
        before: &[u8],
        shape: &Shape,
        is_open: bool,
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Self {
        let record = &entry.record;
        let mut layout = Self {
            head: Head {
                time: record.time,
                kind: record.kind,
                direction: record.direction,
                connection: record.connection,
                local: record.local,
                peer: record.peer,
                bytes: record.payload.len(),
                is_cut: record.is_cut && record.kind == RecordKind::Data,
            },
            span: (entry.position.0, entry.end.0),
            payload: record.payload.to_vec(),
            cells: Vec::new(),
            lines: Vec::new(),
            lines_column: 0,
            digits_column: None,
            dump: None,
            is_beside: false,
            can_open: false,
            is_open: false,
            pending: Vec::new(),
        };
        if record.kind != RecordKind::Data {
            layout.set_lines(&shape.columns, cells_of, &|flow| flow.add_words(record.text));
            return layout;
        }
        let text = RecordText::decode(shape.encoding, before, record.payload);
        layout.pending = pending_after(&text, shape.encoding, before, record.payload);
        let may_be_cut = record.transport == Transport::Tcp || record.is_cut;
        let (has_text, has_hex) = match shape.mode {
            ViewMode::Auto => {
                let is_text = text.is_text(shape.encoding, may_be_cut);
                (is_text, !is_text)
            }
            ViewMode::Text => (true, false),
            ViewMode::Hex => (false, true),
            ViewMode::Both => (true, true),
        };
        let fill = |flow: &mut Flow<'_>| flow.add_text(&text, record.payload, shape.control_pictures);
        if has_text {
            layout.set_lines(&shape.columns, cells_of, &fill);
        } else {
            layout.cells = unshown_cells(&text, record.payload, cells_of);
        }
        if has_hex {
            layout.set_hex(shape);
        }
        layout.can_open = layout.dump.is_none() && !layout.payload.is_empty();
        if is_open && layout.can_open {
            layout.is_open = true;
            layout.dump = Some(shape.columns.opened_dump(layout.payload.len(), shape.bytes_per_row));
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

    /// Breaks text into lines beside the head, or below it if the content is narrow and a line does not fit.
    fn set_lines(
        &mut self,
        columns: &Columns,
        cells_of: &mut dyn FnMut(char) -> u8,
        fill: &dyn Fn(&mut Flow<'_>),
    ) {
        // The size and the peer of a record that has none leave their room to a text that needs it.
        let is_of_session =
            self.head.kind != RecordKind::Data && self.head.connection == ConnectionId::SESSION;
        let rest = columns.end.saturating_sub(columns.peer_start());
        let beside = [
            (columns.content(), columns.content_cells(), columns.has_wide_content() && !is_of_session),
            (columns.peer_start(), if is_of_session { rest } else { 0 }, true),
        ];
        for (column, cells, may_wrap) in beside.into_iter().filter(|(_, cells, _)| *cells > 0) {
            let mut flow = Flow::new(cells, !may_wrap, cells_of);
            fill(&mut flow);
            let (lines, has_wrapped) = flow.finish();
            if !has_wrapped || may_wrap {
                self.is_beside = !lines.starts.is_empty();
                self.lines_column = column;
                (self.cells, self.lines) = (lines.cells, lines.starts);
                return;
            }
        }
        let mut flow = Flow::new(columns.end.saturating_sub(INDENT), false, cells_of);
        fill(&mut flow);
        let (Lines { cells, starts }, _) = flow.finish();
        (self.cells, self.lines, self.lines_column) = (cells, starts, INDENT);
    }

    /// Adds the digits of all bytes if they fit beside the head, else a dump.
    fn set_hex(&mut self, shape: &Shape) {
        if self.payload.is_empty() {
            return;
        }
        let columns = &shape.columns;
        let is_first = self.lines.is_empty();
        if columns.fits_digits(self.payload.len(), shape.bytes_per_row) {
            self.digits_column = Some(columns.content());
            self.is_beside |= is_first;
        } else {
            let dump = columns.dump(self.payload.len(), shape.bytes_per_row);
            self.is_beside |= is_first && dump.column == columns.content();
            self.dump = Some(dump);
        }
    }

    /// The rows that come before the content.
    fn rows_before(&self) -> u32 {
        u32::from(!self.is_beside)
    }

    /// The rows of text and digits.
    fn rows_before_dump(&self) -> u32 {
        self.rows_before() + self.lines.len() as u32 + u32::from(self.digits_column.is_some())
    }

    /// The number of rows, at least 1.
    #[must_use]
    pub fn rows(&self) -> u32 {
        let dump = self.dump.map_or(0, |dump| self.payload.len().div_ceil(dump.row_bytes));
        (self.rows_before_dump() + dump as u32).max(1)
    }

    /// The content of a row; nothing beyond the end.
    #[must_use]
    pub fn row(&self, row: u32) -> Row<'_> {
        let Some(index) = row.checked_sub(self.rows_before()) else { return Row::Head };
        let index = index as usize;
        if let Some(&start) = self.lines.get(index) {
            let end = self.lines.get(index + 1).map_or(self.cells.len(), |&next| next as usize);
            return Row::Text(&self.cells[start as usize..end]);
        }
        if self.digits_column.is_some() && index == self.lines.len() {
            return Row::Digits(&self.payload);
        }
        let Some(dump) = self.dump else { return Row::Head };
        let start = row.saturating_sub(self.rows_before_dump()) as usize * dump.row_bytes;
        let start = start.min(self.payload.len());
        let end = (start + dump.row_bytes).min(self.payload.len());
        Row::Dump(start, &self.payload[start..end])
    }

    /// The column at which the content of a row begins.
    #[must_use]
    pub fn column_of(&self, row: &Row<'_>) -> u16 {
        match row {
            Row::Head => 0,
            Row::Text(_) => self.lines_column,
            Row::Digits(_) => self.digits_column.unwrap_or_default(),
            Row::Dump(..) => self.dump.map_or(0, |dump| dump.column),
        }
    }

    /// The bytes in a row of the dump.
    #[must_use]
    pub fn dump_row_bytes(&self) -> usize {
        self.dump.map_or(1, |dump| dump.row_bytes)
    }

    /// Whether it is shown as text, alone or with hex.
    #[must_use]
    pub fn has_text(&self) -> bool {
        !self.lines.is_empty()
    }

    /// The row that shows a byte: one of hex if `is_hex` or if there are no lines.
    #[must_use]
    pub fn row_of_byte(&self, byte: usize, is_hex: bool) -> u32 {
        if is_hex || self.lines.is_empty() {
            if let Some(dump) = self.dump {
                let last = self.payload.len().div_ceil(dump.row_bytes).saturating_sub(1);
                return self.rows_before_dump() + (byte / dump.row_bytes).min(last) as u32;
            }
            if self.digits_column.is_some() {
                return self.rows_before_dump() - 1;
            }
        }
        let line = self.lines.partition_point(|&line| self.cells[line as usize].byte as usize <= byte);
        (self.rows_before() + line as u32).saturating_sub(1)
    }

    /// The first byte that a row shows.
    #[must_use]
    pub fn first_byte(&self, row: u32) -> usize {
        match self.row(row) {
            Row::Head | Row::Digits(_) => 0,
            Row::Text(cells) => cells.first().map_or(0, |cell| cell.byte as usize),
            Row::Dump(offset, _) => offset,
        }
    }

    /// The range of bytes from the first to the last that the rows show.
    #[must_use]
    pub fn bytes_of_rows(&self, rows: std::ops::Range<u32>) -> std::ops::Range<usize> {
        /// The longest character in any encoding.
        const CHARACTER_BYTES: usize = 4;
        let of_row = |row| match self.row(row) {
            Row::Head => None,
            Row::Text(cells) => {
                let (first, last) = (cells.first()?, cells.last()?);
                Some((first.byte as usize, last.byte as usize + CHARACTER_BYTES))
            }
            Row::Digits(bytes) => Some((0, bytes.len())),
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
        size_of::<Self>() + self.payload.len() + self.cells.len() * size_of::<Cell>() + self.lines.len() * 4
    }
}

/// The cells whose characters begin in a range of bytes. Cells ascend by byte.
#[must_use]
pub fn cells_within(cells: &[Cell], start: usize, end: usize) -> &[Cell] {
    let from = cells.partition_point(|cell| (cell.byte as usize) < start);
    let to = cells.partition_point(|cell| (cell.byte as usize) < end);
    &cells[from..to]
}

fn unshown_cells(text: &RecordText, payload: &[u8], cells_of: &mut dyn FnMut(char) -> u8) -> Vec<Cell> {
    let mut flow = Flow::new(UNSHOWN_COLUMNS, false, cells_of);
    flow.add_text(text, payload, true);
    flow.finish().0.cells
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
