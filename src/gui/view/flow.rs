//! Breaks characters into lines of cells.

use crate::codec::{RecordText, SpanKind, control_name, is_control};

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
    /// Its column in its line.
    pub column: u16,
    /// Its width in columns, 1 or 2; 0 for a control character that is not shown.
    pub width: u8,
    /// Its kind.
    pub class: Class,
}

/// Lines of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The cells of all lines.
    pub cells: Vec<Cell>,
    /// The index in `cells` at which each line begins.
    pub starts: Vec<u32>,
}

/// Breaks cells into lines.
pub struct Flow<'a> {
    cells_of: &'a mut dyn FnMut(char) -> u8,
    lines: Lines,
    columns: u16,
    column: u16,
    /// The next cell begins a new line.
    is_new_line: bool,
    /// A line was longer than the columns.
    has_wrapped: bool,
    /// Nothing is added behind the first line that was longer.
    ends_at_wrap: bool,
}

impl<'a> Flow<'a> {
    /// Lines of `columns` columns; `cells_of` is the width of a character in cells. With `ends_at_wrap` nothing is
    /// added behind the first line that is longer.
    pub fn new(columns: u16, ends_at_wrap: bool, cells_of: &'a mut dyn FnMut(char) -> u8) -> Self {
        Self {
            cells_of,
            lines: Lines::default(),
            columns: columns.max(4),
            column: 0,
            is_new_line: true,
            has_wrapped: false,
            ends_at_wrap,
        }
    }

    /// The lines, and whether one was longer than the columns.
    pub fn finish(self) -> (Lines, bool) {
        (self.lines, self.has_wrapped)
    }

    /// Adds the words of a note or error.
    pub fn add_words(&mut self, text: &str) {
        for word in pieces(text, self.cells_of) {
            let width = word.trim_end().chars().map(|character| u16::from((self.cells_of)(character))).sum();
            self.make_room(width);
            for character in word.chars() {
                if is_control(character) {
                    self.add_picture(character, 0);
                } else {
                    let width = (self.cells_of)(character);
                    self.add(character, 0, Class::Plain, width);
                }
            }
        }
    }

    /// Adds the characters of a payload.
    pub fn add_text(&mut self, text: &RecordText, payload: &[u8], control_pictures: bool) {
        self.lines.cells.reserve(text.char_count());
        for span in text.spans() {
            match span.kind {
                SpanKind::Plain => {
                    let mut byte = span.bytes.start;
                    for (index, character) in text.text()[span.text].chars().enumerate() {
                        if self.has_ended() {
                            return;
                        }
                        let width = (self.cells_of)(character);
                        self.add(character, byte, Class::Plain, width);
                        if (index + 1) % span.chars_per_unit == 0 {
                            byte += span.bytes_per_unit;
                        }
                    }
                }
                SpanKind::Control(control) => {
                    for byte in span.bytes.step_by(span.bytes_per_unit) {
                        if self.has_ended() {
                            return;
                        }
                        if control_pictures {
                            self.add_picture(control, byte);
                        } else {
                            self.add(' ', byte, Class::Control, 0);
                        }
                        match control {
                            '\n' => self.is_new_line = true,
                            '\t' if control_pictures => self.tab(self.column.div_ceil(TAB_CELLS)),
                            '\t' => self.tab(self.column / TAB_CELLS + 1),
                            _ => {}
                        }
                    }
                }
                SpanKind::Invalid => self.add_digits(payload, span.bytes, Class::Invalid),
                SpanKind::Pending => self.add_digits(payload, span.bytes, Class::Pending),
            }
        }
    }

    fn add(&mut self, character: char, byte: usize, class: Class, width: u8) {
        // One blank may hang over the end of a line.
        let hangs = character == ' ' && self.column == self.columns;
        let is_full = self.column + u16::from(width) > self.columns && !hangs && width > 0;
        if self.is_new_line || is_full {
            self.has_wrapped |= !self.is_new_line;
            self.lines.starts.push(self.lines.cells.len() as u32);
            self.column = 0;
            self.is_new_line = false;
        }
        self.lines.cells.push(Cell { character, byte: byte as u32, column: self.column, width, class });
        self.column += u16::from(width);
    }

    fn add_picture(&mut self, control: char, byte: usize) {
        for character in control_name(control).to_string().chars() {
            let width = (self.cells_of)(character);
            self.add(character, byte, Class::Control, width);
        }
    }

    fn has_ended(&self) -> bool {
        self.has_wrapped && self.ends_at_wrap
    }

    fn add_digits(&mut self, payload: &[u8], bytes: std::ops::Range<usize>, class: Class) {
        for byte in bytes {
            // Both digits of a byte are on one line.
            if self.column + 2 > self.columns {
                self.has_wrapped |= !self.is_new_line;
                self.is_new_line = true;
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
            self.has_wrapped = true;
            self.is_new_line = true;
        }
    }

    /// Goes to a tab stop.
    fn tab(&mut self, stop: u16) {
        self.column = (stop * TAB_CELLS).min(self.columns);
    }
}

/// Characters that do not begin a line.
const CLOSING: &str = "，。、；：！？）》」』】”’,.;:!?)]}%";

/// Characters that do not end a line.
const OPENING: &str = "（《「『【“‘([{";

/// The longest text in brackets that stays on one line, in bytes.
const BRACKETS: usize = 32;

/// The parts of a text between which a line may end: words with their blanks, and single ideographs. The blank between
/// an ideograph and a number is within a part, and so is a short text in brackets, as in `（进程 1512）`.
fn pieces<'a>(text: &'a str, cells_of: &mut dyn FnMut(char) -> u8) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let (mut start, mut before, mut kept_until) = (0, [None; 2], 0);
    for (index, next) in text.char_indices() {
        let mut is_wide = |character: char| !character.is_ascii() && cells_of(character) > 1;
        let may_end = match before {
            [_, None] => false,
            [last, Some(' ')] => next != ' ' && !(next.is_ascii_digit() && last.is_some_and(is_wide)),
            [_, Some(last)] => {
                let is_kept = next == ' ' || CLOSING.contains(next) || OPENING.contains(last);
                !is_kept && (is_wide(last) || is_wide(next))
            }
        };
        if may_end && index >= kept_until {
            pieces.push(&text[start..index]);
            start = index;
        }
        if next == '（' {
            let end = text[index..].find('）').filter(|length| *length <= BRACKETS);
            kept_until = end.map_or(kept_until, |length| index + length);
        }
        before = [before[1], Some(next)];
    }
    pieces.push(&text[start..]);
    pieces
}
