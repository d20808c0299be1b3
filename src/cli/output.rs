//! Records as they are printed: text, hex, both, raw bytes, or JSON (`json`). Writes to whatever it
//! is given; knows neither sessions nor recordings.
//!
//! Output gathers in a buffer until [`Printer::flush`]; large payloads of the raw view go past it.

use super::args::View;
use super::json;
use crate::codec::{DUMP_ROW_BYTES, Encoding, StreamDecoder, control_mark, dump_row, is_control};
use crate::model::{ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};
use chrono::{DateTime, Local, Utc};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

/// Smaller than a full read of a socket, so that those are written without being copied again.
const BUFFER_BYTES: usize = 32 * 1024;

/// Before each line of a record's content, so that no content can look like a head line.
const INDENT: &str = "  ";

/// Prints records in one view.
pub(super) struct Printer {
    out: BufWriter<Box<dyn Write + Send>>,
    view: View,
    texts: Texts,
    /// Scratch: the characters of one record.
    text: String,
    /// Scratch: the same as a terminal may have it.
    lines: String,
    json: json::Line,
}

impl Printer {
    pub fn new(out: Box<dyn Write + Send>, view: View, encoding: Encoding) -> Self {
        Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, out),
            view,
            texts: Texts { encoding, decoders: HashMap::new() },
            text: String::new(),
            lines: String::new(),
            json: json::Line::default(),
        }
    }

    /// Prints what the view shows of a record.
    pub fn print(&mut self, record: &Record<'_>) -> io::Result<()> {
        match (self.view, record.kind) {
            (View::Raw, RecordKind::Data) if record.direction == Direction::Inbound => {
                self.out.write_all(record.payload)
            }
            (View::Raw, _) => Ok(()),
            (_, RecordKind::Data) => {
                self.text.clear();
                if self.view != View::Hex {
                    self.texts.decode(record, &mut self.text);
                }
                self.print_data(record)
            }
            (_, RecordKind::Closed) => {
                self.print_incomplete(record)?;
                self.print_change(record)
            }
            _ => self.print_change(record),
        }
    }

    /// Hands everything on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn print_data(&mut self, record: &Record<'_>) -> io::Result<()> {
        if self.view == View::Json {
            return self.json.write(record, &self.text, &mut self.out);
        }
        let cut = if record.is_cut { " (cut off)" } else { "" };
        head(&mut self.out, record, format_args!("{} B{cut}", record.payload.len()))?;
        self.print_text()?;
        if self.view != View::Text {
            write_rows(&mut self.out, record.payload)?;
        }
        Ok(())
    }

    fn print_text(&mut self) -> io::Result<()> {
        self.lines.clear();
        push_lines(&self.text, &mut self.lines);
        self.out.write_all(self.lines.as_bytes())
    }

    /// A character that was begun and will not be completed any more is shown as a malformed one.
    fn print_incomplete(&mut self, closed: &Record<'_>) -> io::Result<()> {
        for direction in [Direction::Inbound, Direction::Outbound] {
            self.text.clear();
            self.texts.finish(closed.connection, direction, &mut self.text);
            if self.text.is_empty() {
                continue;
            }
            // Its bytes have been printed with the record that had them.
            let rest = Record {
                kind: RecordKind::Data,
                direction,
                payload: &[],
                is_cut: false,
                text: "",
                ..*closed
            };
            if self.view == View::Json {
                self.json.write(&rest, &self.text, &mut self.out)?;
            } else {
                head(&mut self.out, &rest, format_args!("ended inside a character"))?;
                self.print_text()?;
            }
        }
        Ok(())
    }

    /// What is no data is printed here only as JSON; otherwise it goes to standard error.
    fn print_change(&mut self, record: &Record<'_>) -> io::Result<()> {
        match self.view {
            View::Json => self.json.write(record, record.text, &mut self.out),
            _ => Ok(()),
        }
    }
}

/// What a record that is no data says on standard error; `None` for data.
pub(super) fn describe(record: &Record<'_>) -> Option<String> {
    let peer = record.peer;
    Some(match (record.kind, record.direction) {
        (RecordKind::Data, _) => return None,
        (RecordKind::Opened, Direction::Inbound) => format!("connection from {peer}"),
        (RecordKind::Opened, Direction::Outbound) => format!("connected to {peer}"),
        // An error names its endpoint itself.
        (RecordKind::Error, _) => record.text.into(),
        _ if record.connection == ConnectionId::SESSION => record.text.into(),
        _ => format!("{peer}: {}", record.text),
    })
}

/// Standard output without the line buffering that the standard library adds to it.
pub(super) fn stdout() -> io::Result<Box<dyn Write + Send>> {
    use std::io::IsTerminal;
    let stdout = io::stdout();
    // Windows consoles take text in another form, to which the standard library converts.
    if cfg!(windows) && stdout.is_terminal() {
        return Ok(Box::new(stdout));
    }
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&stdout).try_clone_to_owned()?;
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&stdout).try_clone_to_owned()?;
    Ok(Box::new(std::fs::File::from(owned)))
}

/// The decoding of every connection and direction.
struct Texts {
    encoding: Encoding,
    decoders: HashMap<(ConnectionId, Direction), StreamDecoder>,
}

impl Texts {
    /// Appends the characters that the record completes. A datagram is whole in itself.
    fn decode(&mut self, record: &Record<'_>, out: &mut String) {
        if record.transport == Transport::Udp {
            let mut decoder = StreamDecoder::new(self.encoding);
            decoder.decode(record.payload, out);
            decoder.finish(out);
            return;
        }
        let decoder = self.decoders.entry((record.connection, record.direction));
        decoder.or_insert_with(|| StreamDecoder::new(self.encoding)).decode(record.payload, out);
    }

    /// Appends U+FFFD if the stream ended inside a character.
    fn finish(&mut self, connection: ConnectionId, direction: Direction, out: &mut String) {
        if let Some(decoder) = self.decoders.remove(&(connection, direction)) {
            decoder.finish(out);
        }
    }
}

/// The line above a record's content.
fn head(out: &mut impl Write, record: &Record<'_>, size: std::fmt::Arguments<'_>) -> io::Result<()> {
    let arrow = match record.direction {
        Direction::Inbound => "<-",
        Direction::Outbound => "->",
    };
    let time = utc(record.time).with_timezone(&Local).format("%H:%M:%S%.3f");
    writeln!(out, "{time} {arrow} {}  {size}", record.peer)
}

/// A time as the calendar has it.
pub(super) fn utc(time: Timestamp) -> DateTime<Utc> {
    let (seconds, nanos) = time.split();
    DateTime::from_timestamp(seconds, nanos).unwrap_or_default()
}

/// Appends text line by line, indented.
fn push_lines(text: &str, out: &mut String) {
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        out.push_str(INDENT);
        push_visible(line, out);
        out.push('\n');
    }
}

/// Appends text so that a terminal shows it and obeys nothing in it but tabs: a control character
/// is its picture, or its abbreviation in brackets.
pub(super) fn push_visible(text: &str, out: &mut String) {
    let is_marked = |character| is_control(character) && character != '\t';
    let mut rest = text;
    while let Some(at) = rest.find(is_marked) {
        let (plain, marked) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = marked.chars();
        if let Some(character) = characters.next() {
            let mark = control_mark(character);
            // Writing to a string cannot fail.
            let _ = match character {
                '\0'..='\x1F' | '\x7F' => write!(out, "{mark}"),
                _ => write!(out, "<{mark}>"),
            };
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

fn write_rows(out: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    let mut offset = 0;
    for row in payload.chunks(DUMP_ROW_BYTES) {
        writeln!(out, "{INDENT}{}", dump_row(offset, row))?;
        offset += row.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A writer whose content the test can look at afterwards.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn record(kind: RecordKind, direction: Direction, payload: &[u8]) -> Record<'_> {
        Record {
            time: Timestamp(1_795_168_800_123_456_789),
            kind,
            direction,
            transport: Transport::Tcp,
            connection: ConnectionId(1),
            local: ([127, 0, 0, 1], 7788).into(),
            peer: ([127, 0, 0, 1], 50122).into(),
            payload,
            is_cut: false,
            text: "",
        }
    }

    fn inbound(payload: &[u8]) -> Record<'_> {
        record(RecordKind::Data, Direction::Inbound, payload)
    }

    fn closed() -> Record<'static> {
        Record { text: "closed by the peer", ..record(RecordKind::Closed, Direction::Inbound, &[]) }
    }

    fn printed(view: View, encoding: Encoding, records: &[Record<'_>]) -> Vec<u8> {
        let shared = Shared::default();
        let mut printer = Printer::new(Box::new(shared.clone()), view, encoding);
        for record in records {
            printer.print(record).unwrap();
        }
        printer.flush().unwrap();
        drop(printer);
        Arc::into_inner(shared.0).unwrap().into_inner().unwrap()
    }

    /// Without the time, which depends on the machine's time zone.
    fn lines(view: View, encoding: Encoding, records: &[Record<'_>]) -> Vec<String> {
        let text = String::from_utf8(printed(view, encoding, records)).unwrap();
        let without_time = |line: &str| match line.split_once(" 127.0.0.1:50122") {
            Some((start, rest)) => {
                let (time, arrow) = start.split_once(' ').unwrap();
                assert!(time.len() == 12 && time.ends_with(".123"), "{line}");
                format!("{arrow}{rest}")
            }
            None => line.to_string(),
        };
        text.lines().map(without_time).collect()
    }

    #[test]
    fn text_has_a_head_line_and_is_indented() {
        let outbound = record(RecordKind::Data, Direction::Outbound, b"\xC4\xE3\xBA\xC3");
        let records = [inbound(b"one\r\ntwo\n\tthree"), outbound, closed()];
        let expected = ["<-  15 B", "  one", "  two", "  \tthree", "->  4 B", "  你好"];
        assert_eq!(lines(View::Text, Encoding::Gbk, &records), expected);
    }

    #[test]
    fn a_terminal_is_not_hijacked() {
        let record = inbound(
            "\x1B]0;own\x07\x1B[2J\r12:00:00.000 <- fake\u{202E}\u{9B}0m\n12:00:00.000 <- 10.0.0.1:1  9 B"
                .as_bytes(),
        );
        let expected =
            ["  ␛]0;own␇␛[2J␍12:00:00.000 <- fake<RLO><CSI>0m", "  12:00:00.000 <- 10.0.0.1:1  9 B"];
        assert_eq!(lines(View::Text, Encoding::Utf8, &[record])[1..], expected);
    }

    #[test]
    fn hex_has_rows_and_both_has_both() {
        let record = inbound("0123456789abcdef€".as_bytes());
        let rows = [
            "  00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
            "  00000010  E2 82 AC                                          |...|",
        ];
        assert_eq!(lines(View::Hex, Encoding::Utf8, &[record]), [&["<-  19 B"], &rows[..]].concat());
        let both = [&["<-  19 B", "  0123456789abcdef€"], &rows[..]].concat();
        assert_eq!(lines(View::Both, Encoding::Utf8, &[record]), both);
    }

    #[test]
    fn raw_is_what_was_received_and_nothing_else() {
        let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let outbound = record(RecordKind::Data, Direction::Outbound, b"sent");
        let records = [
            record(RecordKind::Opened, Direction::Inbound, &[]),
            inbound(b"a"),
            outbound,
            inbound(&all),
            closed(),
        ];
        assert_eq!(printed(View::Raw, Encoding::Ascii, &records), [b"a", &all[..]].concat());
    }

    #[test]
    fn a_character_belongs_to_the_record_that_completes_it() {
        let other = Record { connection: ConnectionId(2), ..inbound(b"\xE4") };
        let outbound = record(RecordKind::Data, Direction::Outbound, b"x");
        let records = [inbound(b"\xE4\xBD"), outbound, other, inbound(b"\xA0!\xE5"), closed()];
        let expected = [
            "<-  2 B",
            "->  1 B",
            "  x",
            "<-  1 B",
            "<-  3 B",
            "  你!",
            "<-  ended inside a character",
            "  \u{FFFD}",
        ];
        assert_eq!(lines(View::Text, Encoding::Utf8, &records), expected);
    }

    #[test]
    fn a_datagram_is_whole_in_itself() {
        let datagram = Record { transport: Transport::Udp, is_cut: true, ..inbound(b"\xE4\xBD") };
        let second = Record { transport: Transport::Udp, ..inbound(b"\xA0") };
        let expected = ["<-  2 B (cut off)", "  \u{FFFD}", "<-  1 B", "  \u{FFFD}"];
        assert_eq!(lines(View::Text, Encoding::Utf8, &[datagram, second]), expected);
    }

    #[test]
    fn changes_are_told_in_words() {
        let session = Record {
            connection: ConnectionId::SESSION,
            text: "words",
            ..record(RecordKind::Note, Direction::Outbound, &[])
        };
        for (record, expected) in [
            (inbound(b"x"), None),
            (record(RecordKind::Opened, Direction::Inbound, &[]), Some("connection from 127.0.0.1:50122")),
            (record(RecordKind::Opened, Direction::Outbound, &[]), Some("connected to 127.0.0.1:50122")),
            (closed(), Some("127.0.0.1:50122: closed by the peer")),
            (Record { kind: RecordKind::Error, ..closed() }, Some("closed by the peer")),
            (session, Some("words")),
        ] {
            assert_eq!(describe(&record).as_deref(), expected);
        }
    }
}
