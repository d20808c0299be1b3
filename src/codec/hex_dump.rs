//! Rows of a hex dump (offset, bytes, characters): writing them, and recognising pasted ones.
//! Knows the forms of common tools, not plain hex.

use std::ops::Range;

use super::hex_digits::{digits, push_ascii};
use super::hex_error::{HexError, HexErrorKind};

/// Bytes per row of a dump written here.
pub const DUMP_ROW_BYTES: usize = 16;

/// The most bytes that all `*` of a dump together may stand for.
const MAX_LEFT_OUT_BYTES: u64 = 16 << 20;

/// Appends the rows of `bytes` to `out`, each after `indent` and with a line break:
/// `00000000  01 03 00 0A 00 01 C5 C8  …  |........|`. `offset` is that of the first byte. Characters other
/// than printable ASCII are shown as `.`.
pub fn write_dump(offset: u64, bytes: &[u8], indent: &str, out: &mut String) {
    out.reserve(bytes.len().div_ceil(DUMP_ROW_BYTES) * (indent.len() + ROW_LENGTH));
    let mut offset = offset;
    for row in bytes.chunks(DUMP_ROW_BYTES) {
        out.push_str(indent);
        push_row(offset, row, out);
        out.push('\n');
        offset = offset.wrapping_add(row.len() as u64);
    }
}

/// A full row with eight digits of its offset, and its line break.
const ROW_LENGTH: usize = 79;

/// Columns after the offset: the left and the right half of the bytes, and the characters.
const LEFT: usize = 2;
const RIGHT: usize = LEFT + HALF * 3 + 1;
const CHARACTERS: usize = LEFT + 48 + 3;
const HALF: usize = DUMP_ROW_BYTES / 2;

/// Appends one row of at most [`DUMP_ROW_BYTES`]; nothing is allocated, since exports make millions.
fn push_row(offset: u64, bytes: &[u8], out: &mut String) {
    match u32::try_from(offset) {
        Ok(offset) => {
            let [a, b, c, d] = offset.to_be_bytes().map(digits);
            push_ascii([a, b, c, d].as_flattened(), out);
        }
        // From 4 GiB on the offset has more than eight digits.
        Err(_) => out.push_str(&format!("{offset:X}")),
    }
    let mut row = [b' '; CHARACTERS + DUMP_ROW_BYTES + 1];
    let (left, right) = bytes.split_at(bytes.len().min(HALF));
    for (at, half) in [(LEFT, left), (RIGHT, right)] {
        for (slot, byte) in row[at..].chunks_exact_mut(3).zip(half) {
            slot[..2].copy_from_slice(&digits(*byte));
        }
    }
    row[CHARACTERS - 1] = b'|';
    for (slot, byte) in row[CHARACTERS..].iter_mut().zip(bytes) {
        *slot = if matches!(byte, b' '..=b'~') { *byte } else { b'.' };
    }
    row[CHARACTERS + bytes.len()] = b'|';
    push_ascii(&row[..=CHARACTERS + bytes.len()], out);
}

/// The longest line that is looked at as a row; `xxd -c 256` writes about 900 characters.
const MAX_ROW_LENGTH: usize = 4096;

/// One line of a dump.
enum Row {
    /// `*`: lines like the one before are left out.
    LeftOut,
    /// An offset alone, as `hexdump` and `od` end with.
    End { offset: u64 },
    /// An offset with a colon and bytes, but what follows the bytes does not show them.
    Damaged,
    /// An offset and bytes.
    Data(DataRow),
}

struct DataRow {
    offset: u64,
    bytes: Vec<u8>,
    colon: bool,
    /// The most bytes written together.
    word_bytes: usize,
    /// Whether reversing the bytes of each word would change them.
    order_matters: bool,
    /// What the character column says.
    column: Column,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    None,
    /// It matches the bytes in the order written, and not in reversed words.
    Shows,
    /// It matches the bytes in either order.
    ShowsEither,
}

/// The bytes of a dump, or what is wrong with it; `None` if the input is not a dump.
pub(super) fn parse_dump(input: &str) -> Option<Result<Vec<u8>, HexError>> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in input.split_inclusive('\n') {
        let trimmed = line.trim();
        let begin = start + (line.len() - line.trim_start().len());
        if !trimmed.is_empty() {
            rows.push((begin..begin + trimmed.len(), parse_row(trimmed)));
        }
        start += line.len();
    }
    let is_certain = |row: &Row| match row {
        Row::Data(data) => data.colon || data.column != Column::None,
        Row::Damaged => true,
        Row::LeftOut | Row::End { .. } => false,
    };
    let certain = rows.iter().any(|(_, row)| row.as_ref().is_some_and(is_certain));
    if !certain && (rows.len() < 2 || rows.iter().any(|(_, row)| row.is_none())) {
        return None;
    }
    match (join_rows(input, &rows), certain) {
        // Plain hex whose lines resemble rows: their first numbers are not offsets.
        (Err(error), false) if error.kind != HexErrorKind::UnknownWordOrder => None,
        (joined, _) => Some(joined),
    }
}

fn join_rows(input: &str, rows: &[(Range<usize>, Option<Row>)]) -> Result<Vec<u8>, HexError> {
    let error = |kind, range: &Range<usize>| Err(HexError::new(kind, range.clone(), input));
    let mut bytes: Vec<u8> = Vec::new();
    let mut expected = None;
    let mut previous: &[u8] = &[];
    let mut left_out: Option<&Range<usize>> = None;
    let mut left_out_total = 0;
    let mut ended = false;
    for (range, row) in rows {
        let (offset, data) = match row {
            None => return error(HexErrorKind::NotDumpRow, range),
            Some(Row::Damaged) => return error(HexErrorKind::ColumnDiffers, range),
            Some(_) if ended => return error(HexErrorKind::NotDumpRow, range),
            Some(Row::LeftOut) if left_out.is_some() || previous.is_empty() => {
                return error(HexErrorKind::LeftOutRows, range);
            }
            Some(Row::LeftOut) => {
                left_out = Some(range);
                continue;
            }
            Some(Row::End { offset }) => (*offset, None),
            Some(Row::Data(data)) => (data.offset, Some(data)),
        };
        let due = *expected.get_or_insert(offset);
        if let Some(star) = left_out.take() {
            let room = MAX_LEFT_OUT_BYTES - left_out_total;
            let gap = offset.checked_sub(due).filter(|gap| *gap > 0 && *gap <= room);
            match gap {
                Some(gap) if gap % previous.len() as u64 == 0 => {
                    left_out_total += gap;
                    bytes.extend(previous.repeat((gap / previous.len() as u64) as usize));
                }
                _ => return error(HexErrorKind::LeftOutRows, star),
            }
        } else if offset != due {
            let digits = input.get(range.clone()).unwrap_or_default().bytes();
            let length = digits.take_while(u8::is_ascii_hexdigit).count();
            let kind = HexErrorKind::OffsetJump { expected: due, found: offset };
            return error(kind, &(range.start..range.start + length));
        }
        match data {
            Some(data) => {
                bytes.extend_from_slice(&data.bytes);
                previous = &data.bytes;
                expected = offset.checked_add(data.bytes.len() as u64);
            }
            None => {
                // An offset before any bytes ends nothing.
                if bytes.is_empty() {
                    return error(HexErrorKind::NotDumpRow, range);
                }
                ended = true;
            }
        }
    }
    if let Some(star) = left_out {
        return error(HexErrorKind::LeftOutRows, star);
    }
    match row_of_unknown_order(rows) {
        Some(range) => error(HexErrorKind::UnknownWordOrder, range),
        None => Ok(bytes),
    }
}

/// The first row of words whose byte order nothing tells: `xxd -e` and plain `hexdump` write the
/// last byte of each word first. Pairs are trusted with a colon, because that is how `xxd` writes.
fn row_of_unknown_order(rows: &[(Range<usize>, Option<Row>)]) -> Option<&Range<usize>> {
    let data = || {
        rows.iter().filter_map(|(range, row)| match row {
            Some(Row::Data(data)) => Some((range, data)),
            _ => None,
        })
    };
    let told = data().any(|(_, row)| row.column == Column::Shows);
    let doubtful = |row: &DataRow| row.order_matters && !(row.word_bytes == 2 && row.colon);
    data().find(|(_, row)| !told && doubtful(row)).map(|(range, _)| range)
}

/// Reads one line without blanks around it: an offset of 4 to 16 digits, then a colon and a blank,
/// two blanks, or (from 6 digits, as `od` writes) one blank and single bytes.
fn parse_row(line: &str) -> Option<Row> {
    if line == "*" {
        return Some(Row::LeftOut);
    }
    let digits = line.bytes().take_while(u8::is_ascii_hexdigit).count();
    if !(4..=16).contains(&digits) || line.len() > MAX_ROW_LENGTH {
        return None;
    }
    let (number, after) = line.split_at(digits);
    let offset = u64::from_str_radix(number, 16).ok()?;
    let (colon, after) = match after.strip_prefix(':') {
        Some(after) => (true, after),
        None => (false, after),
    };
    if after.is_empty() {
        return Some(Row::End { offset });
    }
    let rest = after.trim_start_matches([' ', '\t']);
    let blanks = after.len() - rest.len();
    let one_blank = blanks == 1 && !after.starts_with('\t') && !colon;
    if blanks == 0 || (one_blank && digits < 6) {
        return None;
    }
    let words = words_of(rest);
    if one_blank && words.iter().any(|word| word.len() != 2) {
        return None;
    }
    match data_row(rest, &words, offset, colon) {
        Some(data) => Some(Row::Data(data)),
        None if colon && !words.is_empty() => Some(Row::Damaged),
        None => None,
    }
}

/// The ranges of the words of an even number of hex digits, one or two blanks apart, that `text`
/// begins with.
fn words_of(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    loop {
        let rest = text.get(start..).unwrap_or_default();
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let after = rest.get(digits..).unwrap_or_default();
        let blanks = after.bytes().take_while(|byte| *byte == b' ').count();
        if digits == 0 || digits % 2 == 1 || (blanks == 0 && !after.is_empty() && !after.starts_with('\t')) {
            return words;
        }
        words.push(start..start + digits);
        if !(1..=2).contains(&blanks) {
            return words;
        }
        start += digits + blanks;
    }
}

/// The bytes of a row and what its column says. The column may look like hex itself, so that every
/// place where it could begin is tried; without a column the words must reach the end of the line.
fn data_row(text: &str, words: &[Range<usize>], offset: u64, colon: bool) -> Option<DataRow> {
    let mut written = Vec::new();
    let mut reversed = Vec::new();
    // Where each word ends in the text and in the bytes.
    let mut ends = Vec::new();
    for word in words {
        let digits = text.get(word.clone()).unwrap_or_default();
        let start = written.len();
        let pairs = (0..digits.len()).step_by(2).filter_map(|at| digits.get(at..at + 2));
        written.extend(pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()));
        reversed.extend(written.iter().skip(start).rev().copied());
        ends.push((word.end, written.len()));
    }
    let row = |count: usize, length: usize, column| DataRow {
        offset,
        bytes: written.iter().take(length).copied().collect(),
        colon,
        word_bytes: words.iter().take(count).map(|word| word.len() / 2).max().unwrap_or(0),
        order_matters: written.iter().take(length).ne(reversed.iter().take(length)),
        column,
    };
    for (index, (word_end, length)) in ends.iter().enumerate().rev() {
        let column = text.get(*word_end..).unwrap_or_default();
        if column_shows(column, written.get(..*length).unwrap_or_default()) {
            let either = column_shows(column, reversed.get(..*length).unwrap_or_default());
            let column = if either { Column::ShowsEither } else { Column::Shows };
            return Some(row(index + 1, *length, column));
        }
    }
    let (word_end, length) = ends.last()?;
    (*word_end == text.len()).then(|| row(words.len(), *length, Column::None))
}

/// Whether `rest`, what follows the bytes in a row, is a column of characters that shows them:
/// at least two blanks before it, or one and `|…|` or `>…<` around it. A byte that is a space may
/// be missing at the column's end, because editors cut blanks there.
fn column_shows(rest: &str, bytes: &[u8]) -> bool {
    let blanks = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if blanks == 0 || blanks == rest.len() {
        return false;
    }
    let inner = rest.get(blanks..).unwrap_or_default();
    let bar = inner.strip_prefix('|').and_then(|inner| inner.strip_suffix('|'));
    let arrow = inner.strip_prefix('>').and_then(|inner| inner.strip_suffix('<'));
    if bar.or(arrow).is_some_and(|inner| characters_show(inner, bytes)) {
        return true;
    }
    let first = if rest.starts_with('\t') { 1 } else { 2 };
    (first..=blanks).any(|start| rest.get(start..).is_some_and(|column| characters_show(column, bytes)))
}

fn characters_show(column: &str, bytes: &[u8]) -> bool {
    // Wireshark may set a blank between the halves of the column.
    let half = DUMP_ROW_BYTES / 2;
    let halves = column.chars().nth(half) == Some(' ') && bytes.len() > half;
    shows(column.chars(), bytes)
        || halves && shows(column.chars().take(half).chain(column.chars().skip(half + 1)), bytes)
}

/// Whether the characters show the bytes one by one: printable ASCII as itself, any other byte as
/// one character that is not an ASCII letter or digit.
fn shows(characters: impl Iterator<Item = char>, bytes: &[u8]) -> bool {
    let mut characters = characters;
    bytes.iter().all(|byte| match (byte, characters.next()) {
        (b' '..=b'~', Some(shown)) => shown == char::from(*byte),
        (_, Some(shown)) => !shown.is_ascii_alphanumeric(),
        (byte, None) => *byte == b' ',
    }) && characters.next().is_none()
}

#[cfg(test)]
#[path = "hex_dump_tests.rs"]
mod tests;
