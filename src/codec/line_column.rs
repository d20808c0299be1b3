//! Where a byte offset is in a text, as a person counts: line and column. Knows nothing of errors.

/// The line and the column of the byte `offset` in `text`, both from 1, the column in characters.
///
/// A line ends with `\n`, `\r\n` or a lone `\r`, because the text may have been given any of the
/// three endings before it was checked. `offset` must be on a character boundary; one past the
/// end counts as the end.
#[must_use]
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let (mut line, mut column) = (1, 1);
    let mut previous = '\0';
    for character in before.chars() {
        match character {
            '\n' if previous == '\r' => {}
            '\n' | '\r' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
        previous = character;
    }
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::line_and_column;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        for (text, offset, expected) in [
            ("", 0, (1, 1)),
            ("中文x", 6, (1, 3)),
            ("a\nb", 2, (2, 1)),
            ("a\r\nbc", 4, (2, 2)),
            ("a\rb\r\rc", 5, (4, 1)),
            ("a\n", 9, (2, 1)),
        ] {
            assert_eq!(line_and_column(text, offset), expected, "{text:?} at {offset}");
        }
    }
}
