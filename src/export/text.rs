//! Text made safe for a terminal: no control character takes effect, and no content can look like a head line.

use crate::codec::{control_name, is_control};
use std::fmt::Write as _;

/// The indent of each line of a record's content.
pub(super) const INDENT: &str = "  ";

/// Appends text line by line, indented.
pub(super) fn push_lines(text: &str, out: &mut String) {
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        out.push_str(INDENT);
        push_visible(line, out);
        out.push('\n');
    }
}

/// Appends text with control characters except tabs replaced by their control picture, or their abbreviation in
/// angle brackets.
pub fn push_visible(text: &str, out: &mut String) {
    let is_marked = |character| is_control(character) && character != '\t';
    let mut rest = text;
    while let Some(at) = rest.find(is_marked) {
        let (plain, marked) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = marked.chars();
        if let Some(character) = characters.next() {
            let name = control_name(character);
            // Writing to a string cannot fail.
            let _ = match character {
                '\0'..='\x1F' | '\x7F' => write!(out, "{name}"),
                _ => write!(out, "<{name}>"),
            };
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}
