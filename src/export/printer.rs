//! Records as they are printed, one after the other. Writes to whatever it is given; knows no sessions, and
//! of recordings only that some of their records may be missing.
//!
//! Output gathers in a buffer until [`Printer::flush`]; large payloads of the raw form go past it.

use super::clock::{Clock, Form};
use super::text::{INDENT, push_lines, push_visible};
use super::{Content, Format, csv, json};
use crate::capture::Entry;
use crate::codec::{Encoding, write_dump};
use crate::lang::{Language, Words};
use crate::model::{ConnectionId, Direction, HalfId, Record, RecordKind};
use crate::streams::{StreamTexts, gone_before};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

/// Smaller than a full read of a socket, so that those are written without being copied again.
const BUFFER_BYTES: usize = 32 * 1024;

/// Prints records in one form.
pub struct Printer<W: Write> {
    out: BufWriter<W>,
    format: Format,
    words: &'static Words,
    /// Text tells of changes as well. A terminal has them on standard error.
    has_changes: bool,
    encoding: Encoding,
    texts: StreamTexts,
    clock: Clock,
    /// Scratch: the characters of one record.
    text: String,
    /// Scratch: what is written of it.
    lines: String,
}

impl<W: Write> Printer<W> {
    /// For records as they happen: text has the time of day, and only data.
    pub fn new(out: W, format: Format, encoding: Encoding) -> Self {
        let form = if matches!(format, Format::Text(_)) { Form::TimeOfDay } else { Form::Rfc3339 };
        Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, out),
            format,
            words: Language::English.words(),
            has_changes: false,
            encoding,
            texts: StreamTexts::new(encoding),
            clock: Clock::new(form),
            text: String::new(),
            lines: String::new(),
        }
    }

    /// For a document to be read at another time: text has the date as well, and tells of connections
    /// that open and close, of errors and notes.
    pub fn document(out: W, format: Format, encoding: Encoding, language: Language) -> Self {
        let form = if matches!(format, Format::Text(_)) { Form::DateAndTime } else { Form::Rfc3339 };
        Self {
            words: language.words(),
            has_changes: true,
            clock: Clock::new(form),
            ..Self::new(out, format, encoding)
        }
    }

    /// Prints what a document of this form starts with.
    ///
    /// # Errors
    /// What is written to fails.
    pub fn begin(&mut self) -> io::Result<()> {
        if self.format == Format::Csv { self.out.write_all(csv::HEADER.as_bytes()) } else { Ok(()) }
    }

    /// Prints a record that happens now, and follows the one before it in its stream.
    ///
    /// # Errors
    /// What is written to fails. A part of the record may be written then.
    pub fn print(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.text.clear();
        if record.kind == RecordKind::Data && self.has_text() {
            self.texts.decode_next(record, &mut self.text);
        }
        self.print_decoded(record)
    }

    /// Prints a record of a recording. Where records before it are missing, its first character is not put
    /// together with their last one.
    ///
    /// # Errors
    /// What is written to fails. A part of the record may be written then.
    pub fn print_entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let gone = gone_before(self.encoding, entry.stream_offset);
        self.print_after(entry, || Ok::<_, io::Error>(gone.to_vec()))
    }

    /// The same; where the record does not continue what was printed of its stream, its first character may
    /// begin with the bytes that `pending` gives.
    pub(super) fn print_after<E: From<io::Error>>(
        &mut self,
        entry: &Entry<'_>,
        pending: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        self.text.clear();
        if entry.record.kind == RecordKind::Data && self.has_text() {
            self.texts.decode(entry, 0..entry.record.payload.len(), pending, &mut self.text)?;
        }
        Ok(self.print_decoded(&entry.record)?)
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

    /// Prints a record whose characters are in `self.text`.
    fn print_decoded(&mut self, record: &Record<'_>) -> io::Result<()> {
        match (self.format, record.kind) {
            (Format::Raw, RecordKind::Data) => self.out.write_all(record.payload),
            (Format::Raw | Format::Pcapng, _) => Ok(()),
            (_, RecordKind::Data) => self.print_data(record),
            (_, RecordKind::Closed) => {
                self.print_incomplete(record)?;
                self.print_change(record)
            }
            _ => self.print_change(record),
        }
    }

    fn print_data(&mut self, record: &Record<'_>) -> io::Result<()> {
        let content = match self.format {
            Format::Text(content) => content,
            _ => return self.print_row(record),
        };
        let cut = if record.is_cut { &*self.words.export_cut_off } else { "" };
        self.lines.clear();
        self.push_head(record);
        // Writing to a string cannot fail.
        let _ = writeln!(self.lines, "{} B{cut}", record.payload.len());
        push_lines(&self.text, &mut self.lines);
        if content != Content::Text {
            write_dump(0, record.payload, INDENT, &mut self.lines);
        }
        self.out.write_all(self.lines.as_bytes())
    }

    /// A character that was begun and will not be completed any more is shown as a malformed one.
    fn print_incomplete(&mut self, closed: &Record<'_>) -> io::Result<()> {
        for half in HalfId::both(closed.connection) {
            self.text.clear();
            self.texts.finish(half, &mut self.text);
            if self.text.is_empty() {
                continue;
            }
            // Its bytes have been printed with the record that had them.
            let rest = Record {
                kind: RecordKind::Data,
                direction: half.direction,
                payload: &[],
                is_cut: false,
                text: "",
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
        let words = match (record.kind, record.direction) {
            (RecordKind::Opened, Direction::Inbound) => &self.words.record_connected_in,
            (RecordKind::Opened, Direction::Outbound) => &self.words.record_connected_out,
            _ => record.text,
        };
        push_visible(words, &mut self.lines);
        self.lines.push('\n');
        self.out.write_all(self.lines.as_bytes())
    }

    /// One object or one row; `self.text` is what the record's bytes say, or its words.
    fn print_row(&mut self, record: &Record<'_>) -> io::Result<()> {
        let time = self.clock.text(record.time);
        if self.format == Format::Csv {
            self.lines.clear();
            csv::push_row(record, time, &self.text, &mut self.lines);
            return self.out.write_all(self.lines.as_bytes());
        }
        json::write(record, time, &self.text, &mut self.lines, &mut self.out)
    }

    /// The line above a record's content, up to the size.
    fn push_head(&mut self, record: &Record<'_>) {
        let time = self.clock.text(record.time);
        // Writing to a string cannot fail.
        let _ = match (record.connection, record.direction) {
            (ConnectionId::SESSION, _) => write!(self.lines, "{time} -- "),
            (_, Direction::Inbound) => write!(self.lines, "{time} <- {}  ", record.peer),
            (_, Direction::Outbound) => write!(self.lines, "{time} -> {}  ", record.peer),
        };
    }
}
