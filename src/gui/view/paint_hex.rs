//! Paints hex: the digits of bytes, alone or in a dump with offsets and characters.

use crate::gui::view::columns::{characters_column, digits_column};
use crate::gui::view::flow::{Cell, Class};
use crate::gui::view::layout::cells_within;
use crate::gui::view::paint::{Canvas, Decoration};
use eframe::egui::{Color32, Pos2, pos2};
use std::ops::Range;

/// Stands for a byte that is shown as no character.
const NO_CHARACTER: char = '·';
/// Stands for a byte of a character that is shown before it, or in the row before.
const CONTINUATION: char = '-';

impl Canvas<'_> {
    /// Paints the digits of the `bytes` at `offset` of a payload.
    pub fn digits(&mut self, origin: Pos2, offset: usize, bytes: &[u8], decoration: &Decoration<'_>) {
        let end = offset + bytes.len();
        for (range, color) in decoration.highlights(self.palette, offset, end) {
            let (from, to) = (range.start.max(offset), range.end.min(end));
            if from < to {
                self.highlight(origin, (from - offset) * 3..(to - offset) * 3 - 1, color);
            }
        }
        for (index, &byte) in bytes.iter().enumerate() {
            self.byte(origin, index * 3, byte, self.palette.text);
        }
    }

    /// Paints a row of a dump: the `bytes` at `offset` of a payload with these `cells`, with `shown` as their offset.
    #[expect(clippy::too_many_arguments, reason = "a row of the view and one of the inspector")]
    pub fn dump(
        &mut self,
        origin: Pos2,
        row_bytes: usize,
        cells: &[Cell],
        offset: usize,
        bytes: &[u8],
        decoration: &Decoration<'_>,
        shown: usize,
    ) {
        let end = offset + bytes.len();
        let characters = characters_column(row_bytes);
        for (range, color) in decoration.highlights(self.palette, offset, end) {
            let (from, to) = (range.start.max(offset), range.end.min(end));
            if from < to {
                let digits = digits_column(from - offset)..digits_column(to - offset - 1) + 2;
                self.highlight(origin, digits, color);
                self.highlight(origin, characters + from - offset..characters + to - offset, color);
            }
        }
        self.words(origin, 0, &format!("{shown:08X}"), self.palette.dim);
        for (index, &byte) in bytes.iter().enumerate() {
            // Zero bytes are frequent and carry little: faint.
            let color = if byte == 0 { self.palette.faint } else { self.palette.text };
            self.byte(origin, digits_column(index), byte, color);
        }
        for (index, place) in places(cells, offset..end) {
            let (character, width, color) = match place {
                Place::Character(character, width) => (character, width, self.palette.text),
                Place::None => (NO_CHARACTER, 1, self.palette.faint),
                Place::Continuation => (CONTINUATION, 1, self.palette.line),
            };
            let at = pos2(origin.x + (characters + index) as f32 * self.cell.x, origin.y);
            self.glyphs.paint(self.ctx, self.mesh, at, character, width, color);
        }
    }

    fn byte(&mut self, origin: Pos2, column: usize, byte: u8, color: Color32) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        for (column, digit) in (column..).zip([byte >> 4, byte & 15]) {
            let at = pos2(origin.x + column as f32 * self.cell.x, origin.y);
            self.glyphs.paint(self.ctx, self.mesh, at, char::from(DIGITS[usize::from(digit)]), 1, color);
        }
    }
}

/// What stands in the character column at a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A character, with its width in cells. One of two cells stands on two bytes, or behind the end of the row.
    Character(char, u8),
    /// No character is shown for the byte.
    None,
    /// The byte belongs to a character that is shown before, or that has no room: because all but its last byte are in
    /// the record before.
    Continuation,
}

/// What stands in the character column at each byte of a row, with the index of the byte in the row. Nothing stands
/// where a wide character has its second cell.
fn places(cells: &[Cell], row: Range<usize>) -> impl Iterator<Item = (usize, Place)> {
    let inside = cells_within(cells, row.start, row.end);
    let mut index = 0;
    let mut at = row.start;
    // The byte up to which a character that was shown reaches, and the byte from which on the next one may be.
    let mut taken = row.start;
    std::iter::from_fn(move || {
        while at < row.end {
            let byte = at;
            at += 1;
            while inside.get(index).is_some_and(|cell| (cell.byte as usize) < byte) {
                index += 1;
            }
            if byte < taken {
                continue;
            }
            let Some(cell) = inside.get(index).filter(|cell| cell.byte as usize == byte) else {
                return Some((byte - row.start, Place::Continuation));
            };
            if cell.class != Class::Plain {
                return Some((byte - row.start, Place::None));
            }
            let later = inside[index..].iter().map(|later| later.byte as usize).find(|&later| later > byte);
            let room = later.map_or(2, |later| later - byte);
            if usize::from(cell.width) > room {
                return Some((byte - row.start, Place::Continuation));
            }
            taken = byte + usize::from(cell.width);
            return Some((byte - row.start, Place::Character(cell.character, cell.width)));
        }
        None
    })
}

/// The byte after the caret that is nearest to a column of a dump row.
#[must_use]
pub fn byte_at_dump_column(column: f32, length: usize, row_bytes: usize) -> usize {
    let characters = characters_column(row_bytes) as f32;
    if column >= characters - 0.5 {
        let index = (column - characters).round().max(0.0) as usize;
        return index.min(length);
    }
    (0..length).find(|&index| column < digits_column(index) as f32 + 1.0).unwrap_or(length)
}

/// The byte after the caret that is nearest to a column of a row of digits.
#[must_use]
pub fn byte_at_digit_column(column: f32, length: usize) -> usize {
    (0..length).find(|&index| column < (index * 3) as f32 + 1.0).unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;
    use crate::gui::view::layout::RecordLayout;

    /// The character column of a row as text: `·` for no character, `-` for a continuation.
    fn column(encoding: Encoding, before: &[u8], payload: &[u8], row: Range<usize>) -> String {
        let width = &mut |character: char| if character < '\u{1100}' { 1 } else { 2 };
        let cells = RecordLayout::cells_for_dump(encoding, before, payload, width);
        let mut out = String::new();
        let mut end = 0;
        for (index, place) in places(&cells, row) {
            assert!(index >= end, "{index} is under the character before it: {out}");
            let (character, width) = match place {
                Place::Character(character, width) => (character, width),
                Place::None => (NO_CHARACTER, 1),
                Place::Continuation => (CONTINUATION, 1),
            };
            out.push(character);
            end = index + usize::from(width);
        }
        out
    }

    #[test]
    fn a_wide_character_has_the_cells_of_its_first_two_bytes() {
        let all = |text: &str| column(Encoding::Utf8, b"", text.as_bytes(), 0..text.len());
        assert_eq!(all("A温度B"), "A温-度-B");
        assert_eq!(all("né\r\n"), "né-··");
        assert_eq!(all("😀!"), "😀--!");
        assert_eq!(column(Encoding::Gbk, b"", b"\xCE\xC2\xB6\xC8!", 0..5), "温度!");
        assert_eq!(column(Encoding::Utf8, b"", b"\xFFA\x00", 0..3), "·A·");
    }

    /// `温度状态正常` cut after 5 and 11 bytes.
    #[test]
    fn characters_cut_between_records_are_not_drawn_over_each_other() {
        let bytes = "温度状态正常".as_bytes();
        let record = |before: Range<usize>, range: Range<usize>| {
            let length = range.len();
            column(Encoding::Utf8, &bytes[before], &bytes[range], 0..length)
        };
        // The last two bytes begin a character that the next record completes.
        assert_eq!(record(0..0, 0..5), "温-··");
        // Its last byte alone has no room for it.
        assert_eq!(record(3..5, 5..11), "-状-··");
        assert_eq!(record(9..11, 11..18), "-正-常-");
        // Where two of three bytes are here, it is shown.
        assert_eq!(column(Encoding::Utf8, &bytes[..1], &bytes[1..4], 0..3), "温·");
    }

    #[test]
    fn a_character_that_begins_with_the_last_byte_of_a_row_stands_there() {
        let bytes = "1234567温89".as_bytes();
        assert_eq!(column(Encoding::Utf8, b"", bytes, 0..8), "1234567温");
        assert_eq!(column(Encoding::Utf8, b"", bytes, 8..12), "--89");
    }
}
