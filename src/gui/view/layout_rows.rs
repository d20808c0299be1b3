//! The shown records as rows, for scrolling and for moving carets.

use crate::capture::Position;
use crate::gui::view::glyphs::Glyphs;
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::scroll::{Anchor, Rows};
use crate::gui::view::selection::Caret;
use crate::gui::view::shown::ShownRecords;
use eframe::egui::Context;
use std::ops::Range;
use std::rc::Rc;

/// The shown records as rows, laid out when they are needed.
pub struct LayoutRows<'a> {
    /// The records.
    pub records: &'a mut ShownRecords,
    /// The widths of characters.
    pub glyphs: &'a mut Glyphs,
    /// For the fonts.
    pub ctx: &'a Context,
}

impl Rows for LayoutRows<'_> {
    fn count(&mut self, record: Position) -> u32 {
        self.layout(record).map_or(1, |layout| layout.rows())
    }

    fn after(&mut self, record: Position) -> Option<Position> {
        let end = self.layout(record)?.span.1;
        self.records.next(Position(end))
    }

    fn before(&mut self, record: Position) -> Option<Position> {
        self.records.previous(record)
    }

    fn last(&mut self) -> Option<Position> {
        self.records.last()
    }
}

impl LayoutRows<'_> {
    /// The layout of a record.
    pub fn layout(&mut self, record: Position) -> Option<Rc<RecordLayout>> {
        let (glyphs, ctx) = (&mut *self.glyphs, self.ctx);
        self.records.layout(record, &mut |character| glyphs.cells(ctx, character))
    }

    /// The row in its record that shows a caret; among the hex rows if `is_hex`.
    pub fn row_of(&mut self, caret: Caret, is_hex: bool) -> Option<u32> {
        Some(self.layout(caret.record)?.row_of_byte(caret.byte as usize, is_hex))
    }

    /// The bytes of the part of a record that has a byte, and the end of the payload.
    pub fn part_of(&mut self, caret: Caret) -> Option<(Range<usize>, usize)> {
        let layout = self.layout(caret.record)?;
        Some((layout.part_of_byte(caret.byte as usize).bytes.clone(), layout.payload.len()))
    }

    /// The first byte of the part before or after the one that has a byte.
    pub fn neighbour(&mut self, caret: Caret, is_after: bool) -> Option<Caret> {
        let record = caret.record;
        let Some((bytes, end)) = self.part_of(caret) else {
            // Behind the last record, as with everything selected.
            return if is_after { None } else { self.last().map(|record| Caret { record, byte: 0 }) };
        };
        let (record, byte) = match is_after {
            true if bytes.end < end => (record, bytes.end),
            true => (self.after(record)?, 0),
            false if bytes.start > 0 => (record, bytes.start - 1),
            false => (self.before(record)?, usize::MAX),
        };
        let (bytes, _) = self.part_of(Caret { record, byte: byte.min(u32::MAX as usize) as u32 })?;
        Some(Caret { record, byte: bytes.start as u32 })
    }

    /// The caret before the first byte that a row shows.
    pub fn caret_of(&mut self, anchor: &Anchor) -> Option<Caret> {
        let byte = self.layout(anchor.record)?.first_byte(anchor.row) as u32;
        Some(Caret { record: anchor.record, byte })
    }

    /// The caret `count` rows below `from`, or above if negative.
    pub fn moved_by_rows(&mut self, from: Caret, count: i64, is_hex: bool) -> Option<Caret> {
        let row = self.row_of(from, is_hex)?;
        let length = self.layout(from.record)?.payload.len() as u32;
        // The end of a record is behind its last row, which is the first one above.
        let is_behind = count < 0 && length > 0 && from.byte >= length;
        let row = row + u32::from(is_behind);
        let mut at = Anchor { record: from.record, row, above: 0.0 };
        let step = if count > 0 { 1.0 } else { -1.0 };
        let mut caret = from;
        for _ in 0..count.unsigned_abs() {
            // Skip rows that show what another row shows, such as those of a dump below text.
            loop {
                let next = at.moved(step, 1.0, self);
                if next == at {
                    let byte = if count > 0 { u32::MAX } else { 0 };
                    return Some(Caret { record: at.record, byte });
                }
                at = next;
                let reached = self.caret_of(&at)?;
                if reached != caret && self.row_of(reached, is_hex)? == at.row {
                    caret = reached;
                    break;
                }
            }
        }
        Some(caret)
    }

    /// The caret `count` characters after `caret`, or before if negative.
    pub fn moved_by_characters(&mut self, mut caret: Caret, count: i64) -> Option<Caret> {
        for _ in 0..count.unsigned_abs() {
            let layout = self.layout(caret.record)?;
            let length = layout.payload.len() as u32;
            let found = if count > 0 {
                let later = layout.cells.partition_point(|cell| cell.byte <= caret.byte);
                let within = layout.cells.get(later).map_or(length, |cell| cell.byte);
                (caret.byte < length).then_some(within)
            } else {
                let before = layout.cells.partition_point(|cell| cell.byte < caret.byte);
                before.checked_sub(1).map(|index| layout.cells[index].byte)
            };
            caret = match found {
                Some(byte) => Caret { byte, ..caret },
                None if count > 0 => Caret { record: self.after(caret.record)?, byte: 0 },
                None => {
                    let record = self.before(caret.record)?;
                    Caret { record, byte: self.layout(record)?.payload.len() as u32 }
                }
            };
        }
        Some(caret)
    }
}
