//! The lines of an ini file, as bytes: each program has an encoding of its own.

/// A line of an ini file with its number, from 1. Blank lines and comments are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub number: usize,
    pub content: Content<'a>,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// `[NAME]`.
    Section(&'a [u8]),
    /// `KEY=VALUE`. Spaces around the value stay.
    Entry(&'a [u8], &'a [u8]),
    /// Anything else.
    Other(&'a [u8]),
}

/// The lines of a file.
pub fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let trimmed = line.trim_ascii();
        if trimmed.is_empty() || trimmed.starts_with(b";") {
            continue;
        }
        let section = trimmed.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
        let content = match (section, line.iter().position(|byte| *byte == b'=')) {
            (Some(section), _) => Content::Section(section),
            (None, Some(place)) => Content::Entry(line[..place].trim_ascii(), &line[place + 1..]),
            (None, None) => Content::Other(trimmed),
        };
        lines.push(Line { number: index + 1, content });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers() {
        let found = lines(b"; c\r\n[A b]\r\n\r\n key = v=1 \r\nodd\n");
        let expected = [
            (2, Content::Section(b"A b")),
            (4, Content::Entry(b"key", b" v=1 ")),
            (5, Content::Other(b"odd")),
        ];
        assert_eq!(found, expected.map(|(number, content)| Line { number, content }));
    }
}
