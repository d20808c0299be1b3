//! Prints records one after the other, in any format but pcapng, to a writer.
//!
//! Output is buffered until [`Printer::flush`]; large raw payloads bypass the buffer.

mod frames;

use self::frames::Frames;
use super::clock::{Clock, Form};
use super::json::kind_name;
use super::text::{INDENT, push_lines, push_visible};
use super::{Content, Format, csv, json};
use crate::capture::Entry;
use crate::codec::{RecordText, write_dump};
use crate::lang::{Language, Words, connected};
use crate::model::{AnswerNote, ConnectionId, Direction, HalfId, PeerNames, Record, RecordKind, Transport};
use crate::streams::{Encodings, StreamTexts, gone_before};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

/// Size of the buffer. Smaller than a full read of a socket, so that such payloads are not copied.
const BUFFER_BYTES: usize = 32 * 1024;

/// Prints records in one format.
pub struct Printer<W: Write> {
    out: BufWriter<W>,
    format: Format,
    words: &'static Words,
    /// Text includes events. In a live session they go to standard error instead.
    has_changes: bool,
    encodings: Encodings,
    names: PeerNames,
    texts: StreamTexts,
    clock: Clock,
    /// The records of these streams were printed as hex last, so that a character begun there was shown.
    shown_as_hex: HashSet<HalfId>,
    /// Prints frames in place of data.
    frames: Option<Box<Frames>>,
    /// Reused buffer: the decoded text of one record.
    text: String,
    /// Reused buffer: its output.
    lines: String,
}

impl<W: Write> Printer<W> {
    /// For live records: text has the time of day, and only data.
    pub fn new(out: W, format: Format, encodings: impl Into<Encodings>) -> Self {
        let encodings = encodings.into();
        let form = if matches!(format, Format::Text(_)) { Form::TimeOfDay } else { Form::Rfc3339 };
        Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, out),
            format,
            words: Language::English.words(),
            has_changes: false,
            texts: StreamTexts::new(encodings.clone()),
            encodings,
            names: PeerNames::default(),
            clock: Clock::new(form),
            shown_as_hex: HashSet::new(),
            frames: None,
            text: String::new(),
            lines: String::new(),
        }
    }

    /// For a file: text also has the date, and events such as opened and closed connections, errors and notes.
    pub fn document(out: W, format: Format, encodings: impl Into<Encodings>, language: Language) -> Self {
        let form = if matches!(format, Format::Text(_)) { Form::DateAndTime } else { Form::Rfc3339 };
        Self {
            words: language.words(),
            has_changes: true,
            clock: Clock::new(form),
            ..Self::new(out, format, encodings)
        }
    }

    /// Prints the names of peers beside their addresses.
    #[must_use]
    pub fn with_names(mut self, names: PeerNames) -> Self {
        self.names = names;
        self
    }

    /// Prints the header of the format, if it has one.
    ///
    /// # Errors
    /// The writer fails.
    pub fn begin(&mut self) -> io::Result<()> {
        if self.format != Format::Csv {
            return Ok(());
        }
        self.out.write_all(csv::header(self.frames.is_some()).as_bytes())
    }

    /// Prints a live record, which continues its stream without a gap.
    ///
    /// # Errors
    /// The writer fails.
    pub fn print(&mut self, record: &Record<'_>) -> io::Result<()> {
        if !self.divide(record, |frames, sink| frames.live(record, sink))? {
            return Ok(());
        }
        self.text.clear();
        let mut begun = Vec::new();
        if record.kind == RecordKind::Data && self.has_text() {
            begun = self.texts.decode_next(record, &mut self.text);
        }
        self.print_decoded(record, &begun)
    }

    /// Prints a record of a recording, where records before it may be missing: characters are not joined over such
    /// a gap.
    ///
    /// # Errors
    /// The writer fails.
    pub fn print_entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let encoding = self.encodings.of(entry.record.connection);
        let gone = gone_before(encoding, entry.stream_offset);
        self.print_after(entry, || Ok::<_, io::Error>(gone.to_vec()))
    }

    /// The same; where the record does not continue what was printed of its stream, its first character may
    /// begin with the bytes that `pending` gives.
    pub(super) fn print_after<E: From<io::Error>>(
        &mut self,
        entry: &Entry<'_>,
        pending: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        if !self.divide(&entry.record, |frames, sink| frames.entry(entry, sink))? {
            return Ok(());
        }
        self.text.clear();
        let mut begun = Vec::new();
        if entry.record.kind == RecordKind::Data && self.has_text() {
            begun = self.texts.decode(entry, 0..entry.record.payload.len(), pending, &mut self.text)?;
        }
        Ok(self.print_decoded(&entry.record, &begun)?)
    }

    /// Hands everything on.
    ///
    /// # Errors
    /// What is written to fails. What it did not take is tried again with the next call.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Forgets a character that was begun in a stream: what completes it is not printed.
    pub(super) fn forget(&mut self, half: HalfId) {
        self.texts.forget(half);
    }

    /// The bytes of a stream that begin a character and were printed already.
    pub(super) fn pending(&self, half: HalfId) -> &[u8] {
        self.texts.pending(half)
    }

    /// Goes on in a stream behind these bytes.
    #[cfg(test)]
    pub(super) fn resume(&mut self, half: HalfId, pending: &[u8]) {
        let before =
            Record { connection: half.connection, direction: half.direction, ..Record::received(pending) };
        self.texts.forget(half);
        self.texts.decode_next(&before, &mut String::new());
    }

    /// Whether characters are printed, rather than bytes alone.
    fn has_text(&self) -> bool {
        !matches!(self.format, Format::Raw | Format::Pcapng | Format::Text(Content::Hex))
    }

    /// Prints a record whose characters are in `self.text`. `begun` are the bytes before it that began a character.
    fn print_decoded(&mut self, record: &Record<'_>, begun: &[u8]) -> io::Result<()> {
        match (self.format, record.kind) {
            (Format::Raw, RecordKind::Data) => self.out.write_all(record.payload),
            (Format::Raw | Format::Pcapng, _) => Ok(()),
            (_, RecordKind::Data) => self.print_data(record, begun),
            (_, RecordKind::Closed) => {
                self.print_incomplete(record)?;
                self.print_change(record)
            }
            _ => self.print_change(record),
        }
    }

    fn print_data(&mut self, record: &Record<'_>, begun: &[u8]) -> io::Result<()> {
        let content = match self.format {
            Format::Text(content) => content,
            _ => return self.print_row(record),
        };
        let cut = if record.is_cut { &*self.words.export_cut_off } else { "" };
        self.lines.clear();
        self.push_head(record);
        // Writing to a string cannot fail.
        let _ = writeln!(self.lines, "{} B{cut}", record.payload.len());
        let is_hex = content == Content::Auto && !self.is_text(record, begun);
        if is_hex {
            let was_hex = !self.shown_as_hex.insert(record.half());
            if !begun.is_empty() && !was_hex {
                // A character was begun in text, and its bytes were not printed there.
                push_lines(char::REPLACEMENT_CHARACTER.encode_utf8(&mut [0; 4]), &mut self.lines);
            }
        } else {
            self.shown_as_hex.remove(&record.half());
            push_lines(&self.text, &mut self.lines);
        }
        if is_hex || matches!(content, Content::Hex | Content::Both) {
            write_dump(0, record.payload, INDENT, &mut self.lines);
        }
        self.out.write_all(self.lines.as_bytes())
    }

    /// Whether a record is text, with the bytes before it that began its first character.
    fn is_text(&self, record: &Record<'_>, begun: &[u8]) -> bool {
        let may_be_cut = record.transport == Transport::Tcp || record.is_cut;
        let encoding = self.encodings.of(record.connection);
        RecordText::decode(encoding, begun, record.payload).is_text(encoding, may_be_cut)
    }

    /// Prints the incomplete characters at the end of a closed connection as U+FFFD.
    fn print_incomplete(&mut self, closed: &Record<'_>) -> io::Result<()> {
        for half in HalfId::both(closed.connection) {
            self.text.clear();
            self.texts.finish(half, &mut self.text);
            if self.shown_as_hex.remove(&half) || self.text.is_empty() {
                continue;
            }
            // Without payload: the bytes were printed with their record.
            let rest = Record {
                kind: RecordKind::Data,
                direction: half.direction,
                payload: &[],
                is_cut: false,
                text: "",
                answer: AnswerNote::default(),
                ..*closed
            };
            if !matches!(self.format, Format::Text(_)) {
                self.print_row(&rest)?;
                continue;
            }
            self.lines.clear();
            self.push_head(&rest);
            self.lines.push_str(&self.words.export_incomplete);
            self.lines.push('\n');
            push_lines(&self.text, &mut self.lines);
            self.out.write_all(self.lines.as_bytes())?;
        }
        Ok(())
    }

    fn print_change(&mut self, record: &Record<'_>) -> io::Result<()> {
        if !matches!(self.format, Format::Text(_)) {
            self.text.clear();
            self.text.push_str(record.text);
            return self.print_row(record);
        }
        if !self.has_changes {
            return Ok(());
        }
        self.lines.clear();
        self.push_head(record);
        match record.kind {
            RecordKind::Opened => {
                let text = connected(self.words, record.direction, record.local, &record.peer.to_string());
                self.lines.push_str(&text);
            }
            _ => push_visible(record.text, &mut self.lines),
        }
        self.lines.push('\n');
        self.out.write_all(self.lines.as_bytes())
    }

    /// Prints one JSON object or one CSV row; `self.text` is the decoded payload, or the words of an event.
    fn print_row(&mut self, record: &Record<'_>) -> io::Result<()> {
        let time = self.clock.text(record.time);
        let name = self.names.of(record);
        if self.format == Format::Csv {
            self.lines.clear();
            let rest = if self.frames.is_some() { csv::NO_FRAME } else { "" };
            let kind = kind_name(record.kind);
            csv::push_row(record, kind, name, time, &self.text, rest, &mut self.lines);
            return self.out.write_all(self.lines.as_bytes());
        }
        json::write(record, name, time, &self.text, &mut self.lines, &mut self.out)
    }

    /// Appends the head line of a record, up to the size.
    fn push_head(&mut self, record: &Record<'_>) {
        let time = self.clock.text(record.time);
        let arrow = match (record.connection, record.direction) {
            (ConnectionId::SESSION, _) => "--",
            (_, Direction::Inbound) => "<-",
            (_, Direction::Outbound) => "->",
        };
        // Writing to a string cannot fail.
        let _ = write!(self.lines, "{time} {arrow} ");
        if let Some(name) = self.names.of(record) {
            push_visible(name, &mut self.lines);
            self.lines.push(' ');
        }
        if record.connection != ConnectionId::SESSION {
            let _ = write!(self.lines, "{}  ", record.peer);
        }
    }
}
