//! Records on standard output, in the chosen view. The formats themselves are in `export`.

use super::args::View;
use super::frames::Both;
use crate::capture::Entry;
use crate::codec::Encoding;
use crate::export::{self, FramedExport};
use crate::frames::FramedSettings;
use crate::model::{ConnectionId, Direction, PeerNames, Record, RecordKind};
use std::io::{self, Write};

/// Prints records in one view.
pub(super) struct Printer {
    records: export::Printer<Box<dyn Write + Send>>,
    is_raw: bool,
}

impl Printer {
    pub fn new(out: Box<dyn Write + Send>, view: View, encoding: Encoding) -> Self {
        Self { records: export::Printer::new(out, view.format(), encoding), is_raw: view == View::Raw }
    }

    /// Prints the names of peers beside their addresses.
    pub fn with_names(self, names: PeerNames) -> Self {
        Self { records: self.records.with_names(names), ..self }
    }

    /// Prints frames in place of data; with `is_silent`, only counts them.
    pub fn with_frames(self, settings: &FramedSettings, is_silent: bool) -> Self {
        let frames = FramedExport { settings: settings.clone(), filter: None };
        let records = self.records.with_frames(&frames);
        Self { records: if is_silent { records.counting_frames() } else { records }, ..self }
    }

    /// Totals of the frames so far.
    pub fn frame_totals(&self) -> Both {
        Both::of(|direction| self.records.frame_totals(direction))
    }

    /// Prints what is unfinished.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn end_frames(&mut self) -> io::Result<()> {
        self.records.end_frames()
    }

    /// Prints a live record.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn print(&mut self, record: &Record<'_>) -> io::Result<()> {
        if self.is_left_out(record) { Ok(()) } else { self.records.print(record) }
    }

    /// Prints a record of a recording in which records before it may be missing.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn print_entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        if self.is_left_out(&entry.record) { Ok(()) } else { self.records.print_entry(entry) }
    }

    fn is_left_out(&self, record: &Record<'_>) -> bool {
        self.is_raw && record.direction == Direction::Outbound
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.records.flush()
    }
}

/// The line on standard error for an event; `None` for data.
pub(super) fn describe(record: &Record<'_>) -> Option<String> {
    let peer = record.peer;
    Some(match (record.kind, record.direction) {
        (RecordKind::Data, _) => return None,
        (RecordKind::Opened, Direction::Inbound) => format!("connection from {peer}"),
        (RecordKind::Opened, Direction::Outbound) => format!("connected to {peer}"),
        // The text of an error includes the endpoint.
        (RecordKind::Error, _) => record.text.into(),
        _ if record.connection == ConnectionId::SESSION => record.text.into(),
        _ => format!("{peer}: {}", record.text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AnswerNote, Timestamp, Transport};
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
            answer: AnswerNote::default(),
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
    fn auto_has_the_text_of_text_and_the_rows_of_other_records() {
        let cut = "温度".as_bytes();
        let records = [
            inbound(b"text\r\n"),
            inbound(b"\x01\x03\xFF"),
            inbound(&cut[..4]),
            inbound(&cut[4..]),
            // A character that is begun in text, and the rows of a record that does not complete it.
            inbound(&cut[..1]),
            inbound(b"\x02\xE6"),
            closed(),
        ];
        let row = |text: &str, characters: &str| format!("  00000000  {text:<49} |{characters}|");
        let expected = [
            "<-  6 B".to_owned(),
            "  text".into(),
            "<-  3 B".into(),
            row("01 03 FF", "..."),
            "<-  4 B".into(),
            "  温".into(),
            "<-  2 B".into(),
            "  度".into(),
            "<-  1 B".into(),
            "<-  2 B".into(),
            "  \u{FFFD}".into(),
            row("02 E6", ".."),
        ];
        assert_eq!(lines(View::Auto, Encoding::Utf8, &records), expected);
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
        let expected = ["<-  2 B (truncated)", "  \u{FFFD}", "<-  1 B", "  \u{FFFD}"];
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
