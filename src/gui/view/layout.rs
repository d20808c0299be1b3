//! One record as rows: a head line, then its content as text, hex or both.
//!
//! Laid out only for records near the screen, and kept under a key that cannot go stale: a record
//! never changes. Knows nothing of where on the screen the rows will be.

use crate::capture::Entry;
use crate::codec::{Encoding, RecordText, SpanKind, StreamDecoder, control_mark};
use crate::model::{ConnectionId, Direction, RecordKind, Timestamp};
use crate::settings::ViewMode;
use std::net::SocketAddr;

/// How many bytes a row of hex shows at most.
pub const HEX_ROW_BYTES: usize = 16;

/// How many bytes a row of hex shows in a view of so many cells: each takes three for its digits and
/// one for its character, beside the offset and the gaps.
#[must_use]
pub fn hex_row_bytes(columns: u16) -> usize {
    [HEX_ROW_BYTES, 8].into_iter().find(|bytes| bytes * 4 + 13 <= usize::from(columns)).unwrap_or(4)
}

/// Tabulators go to the next multiple of so many cells.
const TAB_CELLS: u16 = 8;

/// What a cell shows, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A character.
    Plain,
    /// The mark of a control character.
    Control,
    /// A hex digit of a byte that is no part of a character.
    Invalid,
    /// A hex digit of a byte whose character goes on in the next record.
    Pending,
}

/// One character on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What is drawn.
    pub character: char,
    /// The first byte of the payload that it shows.
    pub byte: u32,
    /// Its column in its line.
    pub column: u16,
    /// How many columns it takes.
    pub width: u8,
    /// What it is.
    pub class: Class,
}

/// What a head line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// When.
    pub time: Timestamp,
    /// What.
    pub kind: RecordKind,
    /// Which way.
    pub direction: Direction,
    /// Whose.
    pub connection: ConnectionId,
    /// With whom.
    pub peer: SocketAddr,
    /// How many bytes.
    pub bytes: usize,
    /// Whether the datagram was longer.
    pub is_cut: bool,
    /// The words of a change that fit into the head line; longer ones follow as lines.
    pub text: String,
}

/// Words up to this many characters stand in the head line.
const INLINE_CHARACTERS: usize = 60;

/// One record, laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// Its head line.
    pub head: Head,
    /// Where it begins and ends in the recording, in bytes.
    pub span: (u64, u64),
    /// Its bytes.
    pub payload: Vec<u8>,
    /// Its characters, line after line.
    pub cells: Vec<Cell>,
    /// Where each line begins in `cells`.
    pub lines: Vec<u32>,
    /// The bytes at the end whose character is not complete.
    pub pending: Vec<u8>,
    /// How many rows of hex follow the lines.
    pub hex_rows: u32,
    /// How many bytes each of them shows.
    pub hex_row_bytes: usize,
}

/// One row of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// The head line.
    Head(&'a Head),
    /// A line of characters.
    Text(&'a [Cell]),
    /// A row of bytes: the offset of the first, and the bytes.
    Hex(usize, &'a [u8]),
}

impl RecordLayout {
    /// Lays a record out. `pending_before` is the beginning of the character that the record completes, `columns`
    /// how many cells a line has, `cells_of` how many a character takes.
    pub fn new(
        entry: &Entry<'_>,
        pending_before: &[u8],
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
            peer: record.peer,
            bytes: record.payload.len(),
            is_cut: record.is_cut,
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
            // The characters stand beside the hex as well.
            layout.add_payload(encoding, pending_before, columns, &mut cells_of);
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

    /// How many rows it has, the head line included.
    #[must_use]
    pub fn rows(&self) -> u32 {
        1 + self.lines.len() as u32 + self.hex_rows
    }

    /// A row; those beyond the end are empty.
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

    /// The row that shows a byte; among the rows of hex, if that is wanted or there are no others.
    #[must_use]
    pub fn row_of_byte(&self, byte: usize, is_hex: bool) -> u32 {
        let lines = self.lines.len() as u32;
        if self.hex_rows > 0 && (is_hex || lines == 0) {
            return 1 + lines + (byte / self.hex_row_bytes).min(self.hex_rows as usize - 1) as u32;
        }
        // The head line is row 0, so that the line before the first one that begins later has this number.
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

    /// The bytes that rows show, and those between them.
    #[must_use]
    pub fn bytes_of_rows(&self, rows: std::ops::Range<u32>) -> std::ops::Range<usize> {
        /// The longest character.
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

    /// The characters that begin in a row of hex.
    #[must_use]
    pub fn cells_of_bytes(&self, start: usize, end: usize) -> &[Cell] {
        let from = self.cells.partition_point(|cell| (cell.byte as usize) < start);
        let to = self.cells.partition_point(|cell| (cell.byte as usize) < end);
        &self.cells[from..to]
    }

    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.payload.len() + self.cells.len() * size_of::<Cell>() + self.lines.len() * 4
    }

    fn add_payload(
        &mut self,
        encoding: Encoding,
        pending_before: &[u8],
        columns: u16,
        cells_of: &mut impl FnMut(char) -> u8,
    ) {
        let payload = std::mem::take(&mut self.payload);
        let text = RecordText::decode(encoding, pending_before, &payload);
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
                    let mark = control_mark(control).to_string();
                    for byte in span.bytes.step_by(span.bytes_per_unit) {
                        for character in mark.chars() {
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
        // Where all of a short record is pending, what came before it may be part of the character.
        if pending.len() == payload.len() {
            let mut decoder = StreamDecoder::new(encoding);
            decoder.decode(pending_before, &mut String::new());
            decoder.decode(&payload, &mut String::new());
            pending = decoder.pending().to_vec();
        }
        self.pending = pending;
        self.payload = payload;
    }
}

/// Puts cells onto lines.
struct Flow<'a> {
    layout: &'a mut RecordLayout,
    columns: u16,
    column: u16,
    /// The next cell begins a line.
    is_new_line: bool,
}

impl<'a> Flow<'a> {
    fn new(layout: &'a mut RecordLayout, columns: u16) -> Self {
        Self { layout, columns: columns.max(4), column: 0, is_new_line: true }
    }

    fn add(&mut self, character: char, byte: usize, class: Class, width: u8) {
        // One blank at the end of a line may hang over it.
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
            // Both digits stay on one line.
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

    /// Begins a new line if this one has no room for a word that fits onto a line at all.
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
