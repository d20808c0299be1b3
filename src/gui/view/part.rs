//! A part of a record as rows. A record that is shown as it was read is one part; one that is divided has several. The
//! first row of a part has its head. Content that fits stands beside the head, as text or as digits; longer content
//! continues below, as lines of text, as a dump, or as both.

use crate::codec::RecordText;
use crate::gui::view::columns::{Columns, Dump, INDENT};
use crate::gui::view::flow::{Cell, Flow, Lines};
use crate::gui::view::shape::Shape;
use std::ops::Range;

/// The columns of lines that are not drawn. A line has 2 cells at most for a byte of an escape.
const UNSHOWN_COLUMNS: u16 = 2000;

/// The content of one row of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// None: the head alone.
    Head,
    /// A line of text.
    Text(&'a [Cell]),
    /// The digits of all bytes of a part.
    Digits(&'a [u8]),
    /// A row of a dump: the offset of its first byte in the payload, and its bytes.
    Dump(usize, &'a [u8]),
}

impl Row<'_> {
    /// Whether it shows bytes by their digits.
    #[must_use]
    pub fn is_hex(&self) -> bool {
        matches!(self, Self::Digits(_) | Self::Dump(..))
    }
}

/// The layout of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its bytes in the payload.
    pub bytes: Range<usize>,
    /// Its first row in the record.
    pub first_row: u32,
    /// The cells of all its lines, also of those that are not shown because it is shown as hex; in those of the record.
    cells: Range<usize>,
    /// The index of the cell at which each line of text begins, in those of the record.
    lines: Vec<u32>,
    /// The column of the lines.
    lines_column: u16,
    /// The column of a row with the digits of all bytes, if there is one.
    digits_column: Option<u16>,
    /// The dump below.
    dump: Option<Dump>,
    /// The first row of the content is beside the head.
    is_beside: bool,
    /// Whether opening it shows a dump that is not shown otherwise.
    pub can_open: bool,
    /// Whether that dump is shown.
    pub is_open: bool,
}

/// What the bytes of a part are shown as.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Lines of text.
    pub has_text: bool,
    /// Digits or a dump.
    pub has_hex: bool,
    /// Its dump is shown below, if it can be opened.
    pub is_open: bool,
}

impl Part {
    /// Lays out the words of an event. `is_of_session`: the event has neither size nor peer.
    pub fn of_words(
        words: &str,
        is_of_session: bool,
        columns: &Columns,
        cells: &mut Vec<Cell>,
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Self {
        let mut part = Self::default();
        part.set_lines(columns, is_of_session, cells, cells_of, &|flow| flow.add_words(words));
        part
    }

    /// Lays out bytes, which are `text`. Their cells are added to `cells`.
    pub fn of_bytes(
        bytes: Range<usize>,
        payload: &[u8],
        text: &RecordText,
        form: Form,
        shape: &Shape,
        cells: &mut Vec<Cell>,
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Self {
        let mut part = Self { bytes, ..Self::default() };
        let own = &payload[part.bytes.clone()];
        if form.has_text {
            let fill = |flow: &mut Flow<'_>| flow.add_text(text, own, shape.control_pictures);
            part.set_lines(&shape.columns, false, cells, cells_of, &fill);
        } else {
            let unshown = Lines { cells: unshown_cells(text, own, cells_of), starts: Vec::new() };
            part.add_lines(unshown, cells);
        }
        if form.has_hex {
            part.set_hex(shape);
        }
        part.can_open = part.dump.is_none() && !part.bytes.is_empty();
        if form.is_open && part.can_open {
            part.is_open = true;
            part.dump = Some(shape.columns.opened_dump(part.bytes.len(), shape.bytes_per_row));
        }
        part
    }

    /// Breaks text into lines beside the head, or below it if the content is narrow and a line does not fit.
    fn set_lines(
        &mut self,
        columns: &Columns,
        is_of_session: bool,
        out: &mut Vec<Cell>,
        cells_of: &mut dyn FnMut(char) -> u8,
        fill: &dyn Fn(&mut Flow<'_>),
    ) {
        // The size and the peer of a record that has none leave their room to a text that needs it.
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
                self.add_lines(lines, out);
                return;
            }
        }
        let mut flow = Flow::new(columns.end.saturating_sub(INDENT), false, cells_of);
        fill(&mut flow);
        self.lines_column = INDENT;
        self.add_lines(flow.finish().0, out);
    }

    /// Takes lines of the bytes of this part alone into the cells of the record.
    fn add_lines(&mut self, lines: Lines, out: &mut Vec<Cell>) {
        let Lines { mut cells, starts: mut lines } = lines;
        let before = out.len();
        if before == 0 && self.bytes.start == 0 {
            *out = cells;
        } else {
            cells.iter_mut().for_each(|cell| cell.byte += self.bytes.start as u32);
            lines.iter_mut().for_each(|line| *line += before as u32);
            out.append(&mut cells);
        }
        self.cells = before..out.len();
        self.lines = lines;
    }

    /// Adds the digits of all bytes if they fit beside the head, else a dump.
    fn set_hex(&mut self, shape: &Shape) {
        if self.bytes.is_empty() {
            return;
        }
        let columns = &shape.columns;
        let is_first = self.lines.is_empty();
        if columns.fits_digits(self.bytes.len(), shape.bytes_per_row) {
            self.digits_column = Some(columns.content());
            self.is_beside |= is_first;
        } else {
            let dump = columns.dump(self.bytes.len(), shape.bytes_per_row);
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

    /// The number of its rows, at least 1.
    #[must_use]
    pub fn row_count(&self) -> u32 {
        let dump = self.dump.map_or(0, |dump| self.bytes.len().div_ceil(dump.row_bytes));
        (self.rows_before_dump() + dump as u32).max(1)
    }

    /// Its rows in the record.
    #[must_use]
    pub fn rows(&self) -> Range<u32> {
        self.first_row..self.first_row + self.row_count()
    }

    /// The content of a row of the record, with the cells and the payload of that; nothing beyond the end.
    #[must_use]
    pub fn row<'a>(&self, row: u32, cells: &'a [Cell], payload: &'a [u8]) -> Row<'a> {
        let row = row.saturating_sub(self.first_row);
        let Some(index) = row.checked_sub(self.rows_before()) else { return Row::Head };
        let index = index as usize;
        if let Some(&start) = self.lines.get(index) {
            let end = self.lines.get(index + 1).map_or(self.cells.end, |&next| next as usize);
            return Row::Text(&cells[start as usize..end]);
        }
        if self.digits_column.is_some() && index == self.lines.len() {
            return Row::Digits(&payload[self.bytes.clone()]);
        }
        let Some(dump) = self.dump else { return Row::Head };
        let start = row.saturating_sub(self.rows_before_dump()) as usize * dump.row_bytes;
        let start = (self.bytes.start + start).min(self.bytes.end);
        let end = (start + dump.row_bytes).min(self.bytes.end);
        Row::Dump(start, &payload[start..end])
    }

    /// The column at which content of its kind begins.
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

    /// The row of the record that shows a byte of this part: one of hex if `is_hex` or if there are no lines.
    #[must_use]
    pub fn row_of_byte(&self, byte: usize, is_hex: bool, cells: &[Cell]) -> u32 {
        if is_hex || self.lines.is_empty() {
            if let Some(dump) = self.dump {
                let last = self.bytes.len().div_ceil(dump.row_bytes).saturating_sub(1);
                let row = (byte.saturating_sub(self.bytes.start) / dump.row_bytes).min(last);
                return self.first_row + self.rows_before_dump() + row as u32;
            }
            if self.digits_column.is_some() {
                return self.first_row + self.rows_before_dump() - 1;
            }
        }
        let line = self.lines.partition_point(|&line| cells[line as usize].byte as usize <= byte);
        self.first_row + (self.rows_before() + line as u32).saturating_sub(1)
    }

    /// The approximate memory it uses, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.lines.len() * 4
    }
}

/// The cells of a payload without rows.
pub fn unshown_cells(text: &RecordText, payload: &[u8], cells_of: &mut dyn FnMut(char) -> u8) -> Vec<Cell> {
    let mut flow = Flow::new(UNSHOWN_COLUMNS, false, cells_of);
    flow.add_text(text, payload, true);
    flow.finish().0.cells
}
