//! The columns of a row, in cells from the left margin, and how many bytes a row of hex takes.

use crate::settings::BytesPerRow;

/// The cells of a size: `65,495 B`.
const SIZE_CELLS: u16 = 8;

/// The least cells of the content at which lines that do not fit continue below it, instead of below the whole head.
const ALIGNED_CELLS: u16 = 48;

/// The least cells at which content is beside its head at all.
const LEAST_CELLS: u16 = 8;

/// The indent of content that is below its head.
pub const INDENT: u16 = 2;

/// The most bytes in a row of hex.
pub const MAX_ROW_BYTES: usize = 32;

/// The cells before the digits of a dump: eight digits of the offset and two blanks.
const OFFSET_CELLS: usize = 10;

/// The column of the first digit of a byte in a row of a dump: a blank is after every eighth byte.
#[must_use]
pub fn digits_column(index: usize) -> usize {
    OFFSET_CELLS + index * 3 + index / 8
}

/// The column of the characters in a row of a dump.
#[must_use]
pub fn characters_column(row_bytes: usize) -> usize {
    digits_column(row_bytes.saturating_sub(1)) + 4
}

/// The cells of a row of a dump. A wide character that begins with the last byte reaches into the last cell.
fn dump_cells(row_bytes: usize) -> usize {
    characters_column(row_bytes) + row_bytes + 1
}

/// The most bytes, up to `most`, with which a row of a dump fits into `cells`.
#[must_use]
pub fn dump_row_bytes(cells: usize, most: usize) -> usize {
    let fits = |bytes: &usize| *bytes <= most && dump_cells(*bytes) <= cells;
    [32, 24, 16, 8].into_iter().find(fits).unwrap_or(4)
}

/// The place of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dump {
    /// The column at which its rows begin.
    pub column: u16,
    /// The bytes in a row.
    pub row_bytes: usize,
}

/// Time, arrow, peer, size, content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The cells of the time.
    pub time: u16,
    /// The cells of the peer; 0 if it is left out.
    pub peer: u16,
    /// The cells of a whole row.
    pub end: u16,
}

impl Columns {
    /// The arrow of the direction.
    #[must_use]
    pub fn arrow(&self) -> u16 {
        self.time + 1
    }

    /// The beginning of the peer.
    #[must_use]
    pub fn peer_start(&self) -> u16 {
        self.arrow() + 2
    }

    /// The end of the size.
    #[must_use]
    pub fn size_end(&self) -> u16 {
        let peer = if self.peer > 0 { self.peer + 1 } else { 0 };
        self.peer_start() + peer + SIZE_CELLS
    }

    /// The beginning of the content.
    #[must_use]
    pub fn content(&self) -> u16 {
        self.size_end() + 2
    }

    /// The cells of the content; 0 if they are too few to be used.
    #[must_use]
    pub fn content_cells(&self) -> u16 {
        let cells = self.end.saturating_sub(self.content());
        if cells < LEAST_CELLS { 0 } else { cells }
    }

    /// Whether lines that do not fit beside the head continue below the content.
    #[must_use]
    pub fn has_wide_content(&self) -> bool {
        self.content_cells() >= ALIGNED_CELLS
    }

    /// Whether so many bytes fit beside the head as digits alone.
    #[must_use]
    pub fn fits_digits(&self, bytes: usize, chosen: BytesPerRow) -> bool {
        let most = chosen.chosen().unwrap_or(MAX_ROW_BYTES);
        bytes <= most && (bytes * 3).saturating_sub(1) <= usize::from(self.content_cells())
    }

    /// The place of a dump of `bytes` that is the content of a record: at the content column if that is wide enough.
    #[must_use]
    pub fn dump(&self, bytes: usize, chosen: BytesPerRow) -> Dump {
        self.widest_dump(&[self.content(), self.peer_start()], bytes, chosen)
    }

    /// The place of the dump of an opened record.
    #[must_use]
    pub fn opened_dump(&self, bytes: usize, chosen: BytesPerRow) -> Dump {
        self.widest_dump(&[self.peer_start()], bytes, chosen)
    }

    /// The first column at which a row has 16 bytes, or as many as were chosen; else the indent, and what fits there.
    fn widest_dump(&self, columns: &[u16], bytes: usize, chosen: BytesPerRow) -> Dump {
        // The characters of a single row stand near its digits.
        let needed = bytes.next_multiple_of(8).clamp(8, MAX_ROW_BYTES);
        let most = chosen.chosen().unwrap_or(needed);
        let at = |column: u16| {
            let cells = usize::from(self.end.saturating_sub(column));
            Dump { column, row_bytes: dump_row_bytes(cells, most) }
        };
        let enough = most.min(chosen.chosen().unwrap_or(16));
        let found = columns.iter().map(|&column| at(column)).find(|dump| dump.row_bytes >= enough);
        found.unwrap_or_else(|| at(INDENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(end: u16) -> Columns {
        Columns { time: 12, peer: 10, end }
    }

    #[test]
    fn a_dump_has_as_many_bytes_as_fit_or_as_were_chosen() {
        let dump = |end, chosen| {
            let Dump { column, row_bytes } = columns(end).dump(1000, chosen);
            (column, row_bytes)
        };
        let content = columns(200).content();
        for (end, chosen, expected) in [
            (200, BytesPerRow::Automatic, (content, 32)),
            (155, BytesPerRow::Automatic, (content, 24)),
            (120, BytesPerRow::Automatic, (content, 16)),
            // Below the head, from the column of the peer on, and then from the indent on.
            (100, BytesPerRow::Automatic, (15, 16)),
            (80, BytesPerRow::Automatic, (2, 16)),
            (60, BytesPerRow::Automatic, (2, 8)),
            (20, BytesPerRow::Automatic, (2, 4)),
            (200, BytesPerRow::Eight, (content, 8)),
            (200, BytesPerRow::Sixteen, (content, 16)),
            (155, BytesPerRow::ThirtyTwo, (2, 32)),
            (80, BytesPerRow::ThirtyTwo, (2, 16)),
        ] {
            assert_eq!(dump(end, chosen), expected, "{end} cells, {chosen:?}");
        }
        assert_eq!(columns(200).opened_dump(7, BytesPerRow::Automatic).row_bytes, 8);
        assert_eq!(columns(200).opened_dump(17, BytesPerRow::Automatic).row_bytes, 24);
        assert_eq!(columns(200).opened_dump(7, BytesPerRow::Sixteen).row_bytes, 16);
        for end in 30..300 {
            let Dump { column, row_bytes } = columns(end).dump(1000, BytesPerRow::Automatic);
            assert!(usize::from(column) + dump_cells(row_bytes) <= usize::from(end), "{end}");
        }
    }

    #[test]
    fn digits_and_characters_do_not_overlap() {
        for row_bytes in [4, 8, 16, 24, 32] {
            for index in 1..row_bytes {
                assert!(digits_column(index) >= digits_column(index - 1) + 3);
            }
            assert!(characters_column(row_bytes) >= digits_column(row_bytes - 1) + 4);
        }
    }
}
