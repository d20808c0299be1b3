//! Prints records one after the other, in any format but pcapng, to a writer.
//!
//! Output is buffered until [`Printer::flush`]; large raw payloads bypass the buffer.

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

/// Size of the buffer. Smaller than a full read of a socket, so that such payloads are not copied.
const BUFFER_BYTES: usize = 32 * 1024;

/// Prints records in one format.
pub struct Printer<W: Write> {
    out: BufWriter<W>,
    format: Format,
    words: &'static Words,
    /// Text includes events. In a live session they go to standard error instead.
    has_changes: bool,
    texts: Texts,
    clock: Clock,
    /// Reused buffer: the decoded text of one record.
    text: String,
    /// Reused buffer: its output.
    lines: String,
}

impl<W: Write> Printer<W> {
    /// For live records: text has the time of day, and only data.
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

    /// For a file: text also has the date, and events such as opened and closed connections, errors and notes.
    pub fn document(out: W, format: Format, encoding: Encoding, language: Language) -> Self {
        let form = if matches!(format, Format::Text(_)) { Form::DateAndTime } else { Form::Rfc3339 };
        Self {
            words: language.words(),
            has_changes: true,
            clock: Clock::new(form),
            ..Self::new(out, format, encoding)
        }
    }

    /// Prints the header of the format, if it has one.
    ///
    /// # Errors
    /// The writer fails.
    pub fn begin(&mut self) -> io::Result<()> {
        if self.format == Format::Csv { self.out.write_all(csv::HEADER.as_bytes()) } else { Ok(()) }
    }

    /// Prints a live record, which continues its stream without a gap.
    ///
    /// # Errors
    /// The writer fails.
    pub fn print(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.print_at(record, None)
    }

    /// Prints a record of a recording, where records before it may be missing: characters are not joined over such
    /// a gap.
    ///
    /// # Errors
    /// The writer fails.
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

    /// Writes what is buffered.
    ///
    /// # Errors
    /// The writer fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Continues a stream after records that were not printed; `lead` are the pending bytes at their end.
    pub(super) fn resume(&mut self, connection: ConnectionId, direction: Direction, lead: &[u8]) {
        self.texts.resume(connection, direction, lead);
    }

    /// The pending bytes of a stream: they begin a character and belong to records that were printed.
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

    /// Prints the incomplete characters at the end of a closed connection as U+FFFD.
    fn print_incomplete(&mut self, closed: &Record<'_>) -> io::Result<()> {
        for direction in [Direction::Inbound, Direction::Outbound] {
            self.text.clear();
            self.texts.finish(closed.connection, direction, &mut self.text);
            if self.text.is_empty() {
                continue;
            }
            // Without payload: the bytes were printed with their record.
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

    /// Prints one JSON object or one CSV row; `self.text` is the decoded payload, or the words of an event.
    fn print_row(&mut self, record: &Record<'_>) -> io::Result<()> {
        let time = self.clock.text(record.time);
        if self.format == Format::Csv {
            self.lines.clear();
            csv::push_row(record, time, &self.text, &mut self.lines);
            return self.out.write_all(self.lines.as_bytes());
        }
        json::write(record, time, &self.text, &mut self.lines, &mut self.out)
    }

    /// Appends the head line of a record, up to the size.
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

/// The decoders of all halves of connections.
struct Texts {
    encoding: Encoding,
    streams: HashMap<(ConnectionId, Direction), Stream>,
}

struct Stream {
    decoder: StreamDecoder,
    /// The stream offset at which the next record begins if none is missing; `None`: not checked.
    next_offset: Option<u32>,
}

impl Stream {
    /// A decoder after `lead`, which begins a character and completes none.
    fn behind(encoding: Encoding, lead: &[u8]) -> Self {
        let mut decoder = StreamDecoder::new(encoding);
        decoder.decode(lead, &mut String::new());
        Self { decoder, next_offset: None }
    }
}

impl Texts {
    /// Appends the characters that the record completes. A datagram is decoded on its own.
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
