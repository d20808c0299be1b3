//! One record as rows: a head line, then its content as text, hex or both.
//!
//! A layout depends on the record, which never changes, and on its parameters; it does not know where on the
//! screen its rows are drawn.

use crate::capture::Entry;
use crate::codec::{Encoding, RecordText, SpanKind, StreamDecoder, control_mark};
use crate::model::{ConnectionId, Direction, RecordKind, Timestamp};
use crate::settings::ViewMode;
use std::net::SocketAddr;

/// The most bytes in a hex row.
pub const HEX_ROW_BYTES: usize = 16;

/// The number of bytes in a hex row of a view with `columns` cells: a byte takes three cells for its digits and
/// one for its character, beside 13 for the offset and the gaps.
#[must_use]
pub fn hex_row_bytes(columns: u16) -> usize {
    [HEX_ROW_BYTES, 8].into_iter().find(|bytes| bytes * 4 + 13 <= usize::from(columns)).unwrap_or(4)
}

/// The distance of tab stops, in cells.
const TAB_CELLS: u16 = 8;

/// The kind of a cell, which decides its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A character of the text.
    Plain,
    /// A control picture.
    Control,
    /// A hex digit of a byte that is part of no character.
    Invalid,
    /// A hex digit of a byte whose character continues in the next record.
    Pending,
}

/// One character on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character that is drawn.
    pub character: char,
    /// The index in the payload of the first byte that it shows.
    pub byte: u32,
    /// Its column.
    pub column: u16,
    /// Its width in columns, 1 or 2.
    pub width: u8,
    /// Its kind.
    pub class: Class,
}

/// The contents of a head line.
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
    /// The text of a note, error or closing; a long one is in lines instead.
    pub text: String,
}

/// The longest text in the head line, in characters.
const INLINE_CHARACTERS: usize = 60;

/// The layout of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// The head line.
    pub head: Head,
    /// The positions at which the record begins and ends.
    pub span: (u64, u64),
    /// The payload.
    pub payload: Vec<u8>,
    /// The cells of all lines.
    pub cells: Vec<Cell>,
    /// The index in `cells` at which each line begins.
    pub lines: Vec<u32>,
    /// The pending bytes at the end, whose character is incomplete.
    pub pending: Vec<u8>,
    /// The number of hex rows after the lines.
    pub hex_rows: u32,
    /// The number of bytes per hex row.
    pub hex_row_bytes: usize,
}

/// One row of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// The head line.
    Head(&'a Head),
    /// A line of text.
    Text(&'a [Cell]),
    /// A hex row: the offset of its first byte, and its bytes.
    Hex(usize, &'a [u8]),
}

impl RecordLayout {
    /// Lays a record out. `pending` are the bytes before it that begin its first character, `columns` is the
    /// width of a line in cells, `cells_of` the width of a character in cells.
    pub fn new(
        entry: &Entry<'_>,
        pending: &[u8],
        mode: ViewMode,
        encoding: Encoding,
        columns: u16,
        mut cells_of: impl FnMut(char) -> u8,
    ) -> Self {
        let record = &entry.record;
        let head = Head {
            time: record.time,
            kind: record.kind,
            direction: record.direction,
            connection: record.connection,
            local: record.local,
            peer: record.peer,
            bytes: record.payload.len(),
            is_cut: record.is_cut && record.kind == RecordKind::Data,
            text: String::new(),
        };
        let mut layout = Self {
            head,
            span: (entry.position.0, entry.end.0),
            payload: record.payload.to_vec(),
            cells: Vec::new(),
            lines: Vec::new(),
            pending: Vec::new(),
            hex_rows: 0,
            hex_row_bytes: hex_row_bytes(columns),
        };
        if record.kind == RecordKind::Data {
            // The hex rows show the characters, too.
            layout.add_payload(encoding, pending, columns, &mut cells_of);
            if mode == ViewMode::Hex {
                layout.lines.clear();
            }
            if mode != ViewMode::Text {
                layout.hex_rows = layout.payload.len().div_ceil(layout.hex_row_bytes) as u32;
            }
        } else if record.text.chars().count() <= INLINE_CHARACTERS {
            layout.head.text = record.text.into();
        } else {
            let mut flow = Flow::new(&mut layout, columns);
            for word in record.text.split_inclusive(' ') {
                let width = word.trim_end().chars().map(|character| u16::from(cells_of(character))).sum();
                flow.make_room(width);
                for character in word.chars() {
                    flow.add(character, 0, Class::Plain, cells_of(character));
                }
            }
        }
        layout
    }

    /// The number of rows, including the head line.
    #[must_use]
    pub fn rows(&self) -> u32 {
        1 + self.lines.len() as u32 + self.hex_rows
    }

    /// A row; empty beyond the end.
    #[must_use]
    pub fn row(&self, index: u32) -> Row<'_> {
        let Some(index) = index.checked_sub(1) else { return Row::Head(&self.head) };
        let index = index as usize;
        if let Some(&start) = self.lines.get(index) {
            let end = self.lines.get(index + 1).map_or(self.cells.len(), |&next| next as usize);
            return Row::Text(&self.cells[start as usize..end]);
        }
        let start = ((index - self.lines.len()) * self.hex_row_bytes).min(self.payload.len());
        let end = (start + self.hex_row_bytes).min(self.payload.len());
        Row::Hex(start, &self.payload[start..end])
    }

    /// The row that shows a byte: a hex row if `is_hex` or if there are no lines.
    #[must_use]
    pub fn row_of_byte(&self, byte: usize, is_hex: bool) -> u32 {
        let lines = self.lines.len() as u32;
        if self.hex_rows > 0 && (is_hex || lines == 0) {
            return 1 + lines + (byte / self.hex_row_bytes).min(self.hex_rows as usize - 1) as u32;
        }
        // Row 0 is the head line, so the count of lines that begin at or before the byte is the row.
        self.lines.partition_point(|&line| self.cells[line as usize].byte as usize <= byte) as u32
    }

    /// The first byte that a row shows.
    #[must_use]
    pub fn first_byte(&self, row: u32) -> usize {
        match self.row(row) {
            Row::Head(_) => 0,
            Row::Text(cells) => cells.first().map_or(0, |cell| cell.byte as usize),
            Row::Hex(offset, _) => offset,
        }
    }

    /// The range of bytes from the first to the last that the rows show.
    #[must_use]
    pub fn bytes_of_rows(&self, rows: std::ops::Range<u32>) -> std::ops::Range<usize> {
        /// The longest character in any encoding.
        const CHARACTER_BYTES: usize = 4;
        let of_row = |row| match self.row(row) {
            Row::Head(_) => None,
            Row::Text(cells) => {
                let (first, last) = (cells.first()?, cells.last()?);
                Some((first.byte as usize, last.byte as usize + CHARACTER_BYTES))
            }
            Row::Hex(offset, bytes) => Some((offset, offset + bytes.len())),
        };
        let parts = rows.filter_map(of_row);
        let all = parts.reduce(|all, part| (all.0.min(part.0), all.1.max(part.1)));
        all.map_or(0..0, |(start, end)| start..end.min(self.payload.len()))
    }

    /// The cells whose characters begin in a range of bytes.
    #[must_use]
    pub fn cells_of_bytes(&self, start: usize, end: usize) -> &[Cell] {
        let from = self.cells.partition_point(|cell| (cell.byte as usize) < start);
        let to = self.cells.partition_point(|cell| (cell.byte as usize) < end);
        &self.cells[from..to]
    }

    /// The approximate memory it uses, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.payload.len() + self.cells.len() * size_of::<Cell>() + self.lines.len() * 4
    }

    fn add_payload(
        &mut self,
        encoding: Encoding,
        before: &[u8],
        columns: u16,
        cells_of: &mut impl FnMut(char) -> u8,
    ) {
        let payload = std::mem::take(&mut self.payload);
        let text = RecordText::decode(encoding, before, &payload);
        let mut pending = Vec::new();
        self.cells.reserve(text.char_count());
        let mut flow = Flow::new(self, columns);
        for span in text.spans() {
            match span.kind {
                SpanKind::Plain => {
                    let mut byte = span.bytes.start;
                    for (index, character) in text.text()[span.text].chars().enumerate() {
                        flow.add(character, byte, Class::Plain, cells_of(character));
                        if (index + 1) % span.chars_per_unit == 0 {
                            byte += span.bytes_per_unit;
                        }
                    }
                }
                SpanKind::Control(control) => {
                    let picture = control_mark(control).to_string();
                    for byte in span.bytes.step_by(span.bytes_per_unit) {
                        for character in picture.chars() {
                            flow.add(character, byte, Class::Control, cells_of(character));
                        }
                        match control {
                            '\n' => flow.break_line(),
                            '\t' => flow.tab(),
                            _ => {}
                        }
                    }
                }
                SpanKind::Invalid => flow.add_digits(&payload, span.bytes, Class::Invalid),
                SpanKind::Pending => {
                    pending.extend_from_slice(&payload[span.bytes.clone()]);
                    flow.add_digits(&payload, span.bytes, Class::Pending);
                }
            }
        }
        // If the whole record is pending, the bytes before it belong to the character, too.
        if pending.len() == payload.len() {
            let mut decoder = StreamDecoder::new(encoding);
            decoder.decode(before, &mut String::new());
            decoder.decode(&payload, &mut String::new());
            pending = decoder.pending().to_vec();
        }
        self.pending = pending;
        self.payload = payload;
    }
}

/// Breaks cells into lines.
struct Flow<'a> {
    layout: &'a mut RecordLayout,
    columns: u16,
    column: u16,
    /// The next cell begins a new line.
    is_new_line: bool,
}

impl<'a> Flow<'a> {
    fn new(layout: &'a mut RecordLayout, columns: u16) -> Self {
        Self { layout, columns: columns.max(4), column: 0, is_new_line: true }
    }

    fn add(&mut self, character: char, byte: usize, class: Class, width: u8) {
        // One blank may hang over the end of a line.
        let hangs = character == ' ' && self.column == self.columns;
        let is_full = self.column + u16::from(width) > self.columns && !hangs;
        if self.is_new_line || is_full {
            self.layout.lines.push(self.layout.cells.len() as u32);
            self.column = 0;
            self.is_new_line = false;
        }
        self.layout.cells.push(Cell { character, byte: byte as u32, column: self.column, width, class });
        self.column += u16::from(width);
    }

    fn add_digits(&mut self, payload: &[u8], bytes: std::ops::Range<usize>, class: Class) {
        for byte in bytes {
            // Both digits of a byte are on one line.
            if self.column + 2 > self.columns {
                self.break_line();
            }
            for shift in [4, 0] {
                let digit = u32::from(payload[byte] >> shift & 15);
                let digit = char::from_digit(digit, 16).unwrap_or('?').to_ascii_uppercase();
                self.add(digit, byte, class, 1);
            }
        }
    }

    /// Begins a new line if a word that fits on a line does not fit on the rest of this one.
    fn make_room(&mut self, width: u16) {
        if self.column > 0 && width <= self.columns && self.column + width > self.columns {
            self.break_line();
        }
    }

    fn break_line(&mut self) {
        self.is_new_line = true;
    }

    fn tab(&mut self) {
        self.column = (self.column.div_ceil(TAB_CELLS) * TAB_CELLS).min(self.columns);
    }
}
