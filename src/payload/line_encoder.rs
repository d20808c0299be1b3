//! Input that arrives line by line, each line sent on its own, such as standard input.

use super::{Error, Format, Options, encode};
use crate::codec::{Encoding, LineEnding, parse_hex};

/// Encodes one line after the other with the same options.
///
/// The last line of a hex dump is an offset without bytes (`00000028`), which alone reads as four bytes. It is
/// recognised by the line before it and gives no bytes.
#[derive(Clone, Debug, Default)]
pub struct LineEncoder {
    options: Options,
    encoding: Encoding,
    /// The last line of hex that gave bytes, and these bytes.
    previous: Option<(String, Vec<u8>)>,
}

impl LineEncoder {
    /// An encoder that has seen no line.
    #[must_use]
    pub fn new(options: Options, encoding: Encoding) -> Self {
        Self { options, encoding, previous: None }
    }

    /// The bytes of the next line. Its line break, if it still has one, is a part of text and not of hex; the checksum
    /// is put before it.
    ///
    /// # Errors
    /// As [`encode`], with the place in this line. The next line is read as if this one had not been there.
    pub fn encode(&mut self, line: &str) -> Result<Vec<u8>, Error> {
        if self.options.format != Format::Hex {
            let (line, own) = match self.options.line_ending {
                LineEnding::None if self.options.checksum.is_some() => split_ending(line),
                chosen => (line, chosen),
            };
            return encode(line, &Options { line_ending: own, ..self.options.clone() }, self.encoding);
        }
        let line = line.trim_end();
        let bytes = parse_hex(line)?;
        if self.is_end_of_dump(line, &bytes) {
            return Ok(Vec::new());
        }
        let sent = match self.options.checksum {
            None => bytes.clone(),
            Some(_) => encode(line, &self.options, self.encoding)?,
        };
        self.previous = Some((line.into(), bytes));
        Ok(sent)
    }

    fn is_end_of_dump(&self, line: &str, bytes: &[u8]) -> bool {
        self.previous.as_ref().is_some_and(|(row, row_bytes)| {
            !row_bytes.is_empty()
                && !bytes.is_empty()
                && parse_hex(&format!("{row}\n{line}")).is_ok_and(|joined| joined == *row_bytes)
        })
    }
}

/// A line without its line break, and this.
fn split_ending(line: &str) -> (&str, LineEnding) {
    for ending in [LineEnding::CrLf, LineEnding::Lf] {
        if let Some(line) = line.strip_suffix(ending.as_str()) {
            return (line, ending);
        }
    }
    (line, LineEnding::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{HexErrorKind, write_dump};
    use crate::payload::ErrorKind;

    fn hex() -> LineEncoder {
        LineEncoder::new(Options { format: Format::Hex, ..Options::default() }, Encoding::Utf8)
    }

    #[test]
    fn the_last_offset_of_a_dump_gives_no_bytes() {
        let payload: Vec<u8> = (0..40).map(|n| n * 5).collect();
        let mut dump = String::new();
        write_dump(0, &payload, "", &mut dump);
        let mut lines = hex();
        let sent: Vec<u8> = dump.lines().flat_map(|line| lines.encode(line).unwrap()).collect();
        assert_eq!(sent, payload);
        assert_eq!(lines.encode("00000028\r\n"), Ok(vec![]));
        // The same digits are bytes where no dump ends with them.
        assert_eq!(hex().encode("00000028"), Ok(vec![0, 0, 0, 0x28]));
        let mut lines = hex();
        assert_eq!(lines.encode("0102"), Ok(vec![1, 2]));
        assert_eq!(lines.encode("00000002"), Ok(vec![0, 0, 0, 2]));
    }

    #[test]
    fn lines_are_encoded_on_their_own() {
        let mut lines = hex();
        assert_eq!(lines.encode("41\n"), Ok(vec![0x41]));
        let error = lines.encode("00 0G\n").unwrap_err();
        assert_eq!((error.kind, error.line, error.column), (ErrorKind::Hex(HexErrorKind::NotHex('G')), 1, 5));
        assert_eq!(lines.encode("42"), Ok(vec![0x42]));
        let mut lines =
            LineEncoder::new(Options { line_ending: LineEnding::CrLf, ..Options::default() }, Encoding::Utf8);
        assert_eq!(lines.encode("a"), Ok(b"a\r\n".to_vec()));
        let mut lines = LineEncoder::new(Options::default(), Encoding::Utf8);
        assert_eq!(lines.encode("a\n"), Ok(b"a\n".to_vec()));
    }

    #[test]
    fn each_line_gets_its_checksum_before_its_line_break() {
        let with = |format, line_ending| {
            let checksum = Some("sum8".parse().unwrap());
            LineEncoder::new(Options { format, line_ending, checksum, ..Options::default() }, Encoding::Utf8)
        };
        let mut text = with(Format::Text, LineEnding::None);
        for (line, bytes) in [("12\n", "12c\n"), ("12\r\n", "12c\r\n"), ("12", "12c"), ("\n", "\n")] {
            assert_eq!(text.encode(line), Ok(bytes.into()), "{line:?}");
        }
        assert_eq!(with(Format::Text, LineEnding::CrLf).encode("12"), Ok(b"12c\r\n".to_vec()));
        let mut hex = with(Format::Hex, LineEnding::None);
        assert_eq!(hex.encode("31 32\n"), Ok(b"12c".to_vec()));
        assert_eq!(hex.encode("\n"), Ok(Vec::new()));
    }
}
