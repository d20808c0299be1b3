//! Records as they are printed, one after the other. Writes to whatever it is given; knows no sessions, and
//! of recordings only that some of their records may be missing.
//!
//! Output gathers in a buffer until [`Printer::flush`]; large payloads of the raw form go past it.

use super::clock::{Clock, Form};
use super::text::{INDENT, push_lines, push_visible};
use super::{Content, Format, csv, json};
use crate::capture::Entry;
use crate::codec::{Encoding, StreamDecoder, write_dump};
use crate::lang::{Language, Words};
use crate::lead::gone_before;
use crate::model::{ConnectionId, Direction, Record, RecordKind, Transport};
use std::collections::HashMap;
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
    texts: Texts,
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
            texts: Texts { encoding, streams: HashMap::new() },
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
    pub fn begin(&mut self) -> io::Result<()> {
        if self.format == Format::Csv { self.out.write_all(csv::HEADER.as_bytes()) } else { Ok(()) }
    }

    /// Prints a record, which follows the one before it in its stream.
    pub fn print(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.print_at(record, None)
    }

    /// Prints a record of a recording, from which those before it may be missing: then its first character
    /// is not put together with their last one.
    pub fn print_entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.print_at(&entry.record, Some(entry.stream_offset))
    }

    fn print_at(&mut self, record: &Record<'_>, stream_offset: Option<u32>) -> io::Result<()> {
        match (self.format, record.kind) {
            (Format::Raw, RecordKind::Data) => self.out.write_all(record.payload),
            (Format::Raw | Format::Pcapng, _) => Ok(()),
            (_, RecordKind::Data) => {
                self.text.clear();
                if self.format != Format::Text(Content::Hex) {
                    self.texts.decode(record, stream_offset, &mut self.text);
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

    /// Goes on in a stream after records that were not printed, of which these bytes begin a character.
    pub(super) fn resume(&mut self, connection: ConnectionId, direction: Direction, lead: &[u8]) {
        self.texts.resume(connection, direction, lead);
    }

    /// The bytes of a stream that begin a character and were printed already.
    pub(super) fn pending(&self, connection: ConnectionId, direction: Direction) -> &[u8] {
        self.texts.streams.get(&(connection, direction)).map_or(&[], |stream| stream.decoder.pending())
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

/// The decoding of every connection and direction.
struct Texts {
    encoding: Encoding,
    streams: HashMap<(ConnectionId, Direction), Stream>,
}

struct Stream {
    decoder: StreamDecoder,
    /// Where in the stream the next record begins if none is missing; `None`: that is not looked at.
    next_offset: Option<u32>,
}

impl Stream {
    /// Goes on behind bytes that begin a character and complete none.
    fn behind(encoding: Encoding, lead: &[u8]) -> Self {
        let mut decoder = StreamDecoder::new(encoding);
        decoder.decode(lead, &mut String::new());
        Self { decoder, next_offset: None }
    }
}

impl Texts {
    /// Appends the characters that the record completes. A datagram is whole in itself.
    fn decode(&mut self, record: &Record<'_>, stream_offset: Option<u32>, out: &mut String) {
        let encoding = self.encoding;
        if record.transport == Transport::Udp {
            let mut decoder = StreamDecoder::new(encoding);
            decoder.decode(record.payload, out);
            decoder.finish(out);
            return;
        }
        let stream = self.streams.entry((record.connection, record.direction));
        let stream = stream.or_insert_with(|| Stream::behind(encoding, &[]));
        if let Some(offset) = stream_offset {
            if stream.next_offset != Some(offset) {
                *stream = Stream::behind(encoding, gone_before(encoding, offset));
            }
            stream.next_offset = Some(offset.wrapping_add(record.payload.len() as u32));
        }
        stream.decoder.decode(record.payload, out);
    }

    fn resume(&mut self, connection: ConnectionId, direction: Direction, lead: &[u8]) {
        self.streams.insert((connection, direction), Stream::behind(self.encoding, lead));
    }

    /// Appends U+FFFD if the stream ended inside a character.
    fn finish(&mut self, connection: ConnectionId, direction: Direction, out: &mut String) {
        if let Some(stream) = self.streams.remove(&(connection, direction)) {
            stream.decoder.finish(out);
        }
    }
}
