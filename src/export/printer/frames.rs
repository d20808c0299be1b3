//! Frames in place of data: the same formats, for what a framing makes of the records.

use super::Printer;
use crate::codec::{RecordText, StreamDecoder, write_dump};
use crate::export::frame_words::{check_name, is_complete, skipped_name};
use crate::export::{Content, Format, FramedExport, csv, json, text};
use crate::frames::{Assembler, CompiledFrameFilter, FrameSink, FrameTotals, ShownKind, StreamFrame};
use crate::lang::fill;
use crate::model::{Direction, Record, RecordKind};
use crate::payload::checksum::Verdict;
use std::fmt::Write as _;
use std::io::{self, Write};

/// What divides the records of a printer.
pub(super) struct Frames {
    assembler: Assembler,
    filter: Option<CompiledFrameFilter>,
    /// Frames are counted and not printed.
    is_silent: bool,
}

/// Prints what is found; an error stays.
pub(super) struct Sink<'a, W: Write> {
    printer: &'a mut Printer<W>,
    filter: Option<&'a CompiledFrameFilter>,
    is_silent: bool,
    result: io::Result<()>,
}

impl<W: Write> FrameSink for Sink<'_, W> {
    fn frame(&mut self, frame: &StreamFrame<'_>) {
        let passes = !self.is_silent && self.filter.is_none_or(|filter| frame.passes(filter));
        if passes && self.result.is_ok() {
            self.result = self.printer.print_frame(frame);
        }
    }
}

impl<W: Write> Printer<W> {
    /// Prints frames in place of data. Not for [`Format::Raw`].
    #[must_use]
    pub fn with_frames(mut self, frames: &FramedExport) -> Self {
        let (assembler, filter) = (Assembler::new(&frames.settings), frames.filter.clone());
        self.frames = Some(Box::new(Frames { assembler, filter, is_silent: false }));
        self
    }

    /// Counts frames and prints no data.
    #[must_use]
    pub fn counting_frames(mut self) -> Self {
        if let Some(frames) = &mut self.frames {
            frames.is_silent = true;
        }
        self
    }

    /// Totals of the frames in a direction; 0 without a framing.
    #[must_use]
    pub fn frame_totals(&self, direction: Direction) -> FrameTotals {
        self.frames.as_ref().map(|frames| frames.assembler.totals(direction)).unwrap_or_default()
    }

    /// Prints what is unfinished in all halves, at the end of the records.
    ///
    /// # Errors
    /// The writer fails.
    pub fn end_frames(&mut self) -> io::Result<()> {
        self.with_sink(|assembler, sink| assembler.finish(sink))
    }

    /// Divides a record, if there is a framing. Returns whether the record itself is to be printed.
    pub(super) fn divide(
        &mut self,
        record: &Record<'_>,
        feed: impl FnOnce(&mut Assembler, &mut Sink<'_, W>),
    ) -> io::Result<bool> {
        self.with_sink(feed)?;
        let Some(frames) = &self.frames else { return Ok(true) };
        let is_divided = record.kind == RecordKind::Data && frames.assembler.divides(record.direction);
        let is_left_out = is_divided || frames.is_silent && record.kind == RecordKind::Data;
        Ok(!is_left_out && frames.filter.as_ref().is_none_or(|filter| filter.passes_record(record)))
    }

    fn with_sink(&mut self, feed: impl FnOnce(&mut Assembler, &mut Sink<'_, W>)) -> io::Result<()> {
        let Some(mut frames) = self.frames.take() else { return Ok(()) };
        let Frames { assembler, filter, is_silent } = &mut *frames;
        let (filter, is_silent) = (filter.as_ref(), *is_silent);
        let mut sink = Sink { printer: self, filter, is_silent, result: Ok(()) };
        feed(assembler, &mut sink);
        let result = sink.result;
        self.frames = Some(frames);
        result
    }

    fn print_frame(&mut self, frame: &StreamFrame<'_>) -> io::Result<()> {
        let record = &frame.record;
        self.text.clear();
        if self.has_text() {
            // A frame is decoded by itself.
            let mut decoder = StreamDecoder::new(self.encodings.of(record.connection));
            decoder.decode(record.payload, &mut self.text);
            decoder.finish(&mut self.text);
        }
        let content = match self.format {
            Format::Raw | Format::Pcapng => return Ok(()),
            Format::Text(content) => content,
            Format::Csv | Format::JsonLines => return self.print_frame_row(frame),
        };
        self.lines.clear();
        self.push_head(record);
        self.push_frame_head(frame);
        let is_hex = content == Content::Auto && !self.is_frame_text(record);
        if !is_hex && content != Content::Hex {
            text::push_lines(&self.text, &mut self.lines);
        }
        if is_hex || matches!(content, Content::Hex | Content::Both) {
            write_dump(0, record.payload, text::INDENT, &mut self.lines);
        }
        self.out.write_all(self.lines.as_bytes())
    }

    /// Prints one JSON object or one CSV row.
    fn print_frame_row(&mut self, frame: &StreamFrame<'_>) -> io::Result<()> {
        let time = self.clock.text(frame.record.time);
        let name = self.names.of(&frame.record);
        if self.format == Format::JsonLines {
            return json::write_frame(frame, name, time, &self.text, &mut self.lines, &mut self.out);
        }
        let number = frame.number.map(|number| number.to_string()).unwrap_or_default();
        let (check, skipped) =
            (check_name(frame).unwrap_or_default(), skipped_name(frame).unwrap_or_default());
        let rest = format!(",{number},{},{check},{skipped}", is_complete(frame));
        self.lines.clear();
        csv::push_row(&frame.record, "frame", name, time, &self.text, &rest, &mut self.lines);
        self.out.write_all(self.lines.as_bytes())
    }

    /// The rest of the head line: `#3  12 B, check right`.
    fn push_frame_head(&mut self, frame: &StreamFrame<'_>) {
        let words = self.words;
        let length = &frame.length;
        // Writing to a string cannot fail.
        if let Some(number) = frame.number {
            let _ = write!(self.lines, "#{number}  ");
        }
        match frame.kind {
            ShownKind::Frame => {
                let _ = write!(self.lines, "{length} B");
            }
            ShownKind::Skipped(_) => {
                self.lines.push_str(&fill(&words.export_frame_skipped, &[("length", length)]));
            }
            ShownKind::TooLong => {
                self.lines.push_str(&fill(&words.export_frame_too_long, &[("length", length)]));
            }
            ShownKind::Incomplete { expected } | ShownKind::Unfinished { expected } => {
                let text = match &expected {
                    Some(expected) => {
                        fill(&words.export_frame_part_of, &[("length", length), ("expected", expected)])
                    }
                    None => fill(&words.export_frame_part, &[("length", length)]),
                };
                self.lines.push_str(&text);
            }
        }
        match &frame.verdict {
            None => {}
            Some(Verdict::Right) => self.lines.push_str(&words.export_frame_right),
            Some(Verdict::TooShort) => self.lines.push_str(&words.export_frame_too_short),
            Some(Verdict::Wrong { expected }) => {
                let expected: Vec<String> = expected.iter().map(|byte| format!("{byte:02X}")).collect();
                let expected = expected.join(" ");
                self.lines.push_str(&fill(&words.export_frame_wrong, &[("expected", &expected)]));
            }
        }
        self.lines.push('\n');
    }

    fn is_frame_text(&self, record: &Record<'_>) -> bool {
        let encoding = self.encodings.of(record.connection);
        RecordText::decode(encoding, &[], record.payload).is_text(encoding, false)
    }
}
