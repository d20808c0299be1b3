//! Exports a recording, or a part of it, as text, JSON lines, CSV, raw bytes or a new recording.
//!
//! Owns the output formats, and that files appear atomically: each is written under a temporary name in the same
//! folder and renamed when it is complete, so that a cancelled or failed export leaves nothing behind. Start with
//! [`Export`]; [`Printer`] writes the same formats for live records.

mod clock;
mod csv;
mod follow;
mod frame_words;
mod json;
mod part;
mod printer;
mod stream_files;
mod text;

pub use clock::rfc3339;
pub use follow::{BytesFile, Follow, FollowStatus, LogOptions, Rotation};
pub use printer::Printer;
pub use stream_files::stream_file_name;
pub use text::push_visible;

use crate::capture::{AtomicFile, Cursor, Entry, Excerpt, Position, Snapshot};
use crate::frames::{CompiledFrameFilter, FramedSettings};
use crate::lang::Language;
use crate::model::{Failure, FailureKind, Operation, PeerNames, Record, RecordKind, Transport};
use crate::streams::{Encodings, Join, Streams};
use part::Part;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use stream_files::StreamFiles;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A head line with time, direction, peer and size, then the content, indented.
    Text(Content),
    /// One JSON object a line: `time` (RFC 3339, UTC, nanoseconds), `kind`, `direction`, `connection`,
    /// `peer`, `bytes`, `hex`, `text`; `name`, if the peer has one; `cut`, if it is true: a datagram that was longer,
    /// or a connection that was reset or lost.
    JsonLines,
    /// RFC 4180 with a header row and a byte order mark: the same without `cut`, and `local`. In `text`, an
    /// apostrophe stands before what a spreadsheet would run as a formula, and before an apostrophe.
    Csv,
    /// The bytes of data records and nothing else.
    Raw,
    /// A recording of the selected records, see [`Excerpt`]. Not supported by [`Printer`], which prints nothing.
    Pcapng,
}

/// What [`Format::Text`] shows of a record's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// The characters of records that are text, the rows of others.
    Auto,
    /// Characters.
    #[default]
    Text,
    /// Rows of 16 bytes.
    Hex,
    /// The characters, then the rows.
    Both,
}

/// Finds the first selected record at or after a block border.
pub type Next<'a> = dyn FnMut(&mut Cursor, Position) -> Result<Option<Position>, Failure> + 'a;

/// Which records are exported.
#[derive(Default)]
pub enum Selection<'a> {
    /// Every one.
    #[default]
    All,
    /// The records for which the function returns `true`. Progress is reported, and cancellation checked, once in each
    /// MiB of the recording, also where no record is selected.
    Where(&'a mut dyn FnMut(&Record<'_>) -> bool),
    /// The records that the function finds, such as those of a filter. Progress and cancellation wait while it searches.
    Found(&'a mut Next<'a>),
}

/// Called with the bytes of the recording that were processed and their total; `Break` cancels.
pub type Progress<'a> = dyn FnMut(u64, u64) -> ControlFlow<()> + 'a;

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records of all kinds; for [`Format::Raw`] those with data.
    pub records: u64,
    /// Their bytes of payload.
    pub payload_bytes: u64,
    /// The files that were written; empty for a writer.
    pub files: Vec<PathBuf>,
}

/// Why an export ended early.
#[derive(Debug)]
pub enum Stop {
    /// Reading the recording or writing a file failed; the failure names which.
    Failed(Failure),
    /// Writing to the given writer failed.
    Output(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Which frames are exported.
#[derive(Clone, Debug)]
pub struct FramedExport {
    /// How streams are divided. Frames are those of the selected records: of each half all or none should be selected.
    pub settings: FramedSettings,
    /// Only frames and events that pass.
    pub filter: Option<CompiledFrameFilter>,
}

/// Interval of progress reports, in bytes of the recording.
const PROGRESS_BYTES: u64 = 1 << 20;
/// Size of the buffer for [`Format::Pcapng`], in bytes.
const BLOCKS_BYTES: usize = 256 << 10;

/// One export of a snapshot; records that are appended later are not included.
pub struct Export<'s, 'p> {
    /// The recording.
    pub snapshot: Snapshot,
    /// Which of its records.
    pub selection: Selection<'s>,
    /// How they are written.
    pub format: Format,
    /// The encodings of their text.
    pub encodings: Encodings,
    /// The names of peers.
    pub names: PeerNames,
    /// The language of the few words in [`Format::Text`].
    pub language: Language,
    /// Prints frames in place of data; not in [`Format::Raw`] and [`Format::Pcapng`], which have no borders to show.
    pub frames: Option<FramedExport>,
    /// Progress reports, and cancellation.
    pub progress: &'p mut Progress<'p>,
}

impl Export<'_, '_> {
    /// Writes one file, which replaces an existing one once it is complete. `None`: cancelled; nothing changed.
    ///
    /// # Errors
    /// Reading the recording or writing the file failed, or `path` is a file of the recording itself. An existing
    /// file is unchanged, and no temporary file is left.
    pub fn to_file(self, path: &Path) -> Result<Option<Summary>, Failure> {
        let failed = |error: &io::Error| Failure::from_io(Operation::Export, path.display(), error);
        if self.snapshot.has_file(path) {
            return Err(Failure::new(Operation::Export, path.display(), FailureKind::SameFile));
        }
        let mut file = AtomicFile::create(path).map_err(|error| failed(&error))?;
        let done = match self.to_writer(file.file()) {
            Ok(done) => done,
            Err(Stop::Failed(failure)) => return Err(failure),
            Err(Stop::Output(error)) => return Err(failed(&error)),
        };
        let Some(mut summary) = done else { return Ok(None) };
        file.commit().map_err(|error| failed(&error))?;
        summary.files.push(path.to_path_buf());
        Ok(Some(summary))
    }

    /// Writes to a writer. `None`: cancelled. What was written ends with a whole record.
    ///
    /// # Errors
    /// Reading the recording or writing failed; a part was written.
    pub fn to_writer(self, out: impl Write) -> Result<Option<Summary>, Stop> {
        if self.format == Format::Pcapng {
            return self.excerpt_to(out);
        }
        let printer = Printer::document(out, self.format, self.encodings.clone(), self.language);
        let mut printer = printer.with_names(self.names.clone());
        if let Some(frames) = &self.frames {
            printer = printer.with_frames(frames);
        }
        // If all records are printed in order, the printer itself knows the pending bytes of each stream.
        let mut part = match (&self.selection, self.format) {
            _ if self.frames.is_some() => None,
            (Selection::All, _) | (_, Format::Raw | Format::Text(Content::Hex)) => None,
            _ => Some(Part::new(self.snapshot.clone(), self.encodings.clone())),
        };
        let is_raw = self.format == Format::Raw;
        printer.begin()?;
        let done = self.walk(&mut |entry| {
            if is_raw && entry.record.kind != RecordKind::Data {
                return Ok(false);
            }
            match &mut part {
                Some(part) => part.print(entry, &mut printer)?,
                None => printer.print_entry(entry)?,
            }
            Ok(true)
        })?;
        if done.is_some() {
            printer.end_frames()?;
        }
        printer.flush()?;
        Ok(done)
    }

    fn excerpt_to(self, mut out: impl Write) -> Result<Option<Summary>, Stop> {
        let mut blocks = Vec::new();
        let mut excerpt = Excerpt::new(self.snapshot.clone(), &mut blocks);
        let mut streams = Streams::<()>::default();
        let done = self.walk(&mut |entry| {
            let record = &entry.record;
            // Data behind bytes that are left out is linked to no earlier record.
            let is_stream = record.kind == RecordKind::Data && record.transport == Transport::Tcp;
            let continues = !is_stream || streams.advance(entry).1 == Join::Continues;
            if record.kind == RecordKind::Closed {
                streams.end_connection(record.connection);
            }
            excerpt.append(entry, continues, &mut blocks)?;
            if blocks.len() >= BLOCKS_BYTES {
                out.write_all(&blocks)?;
                blocks.clear();
            }
            Ok(true)
        })?;
        if done.is_some() {
            excerpt.finish(&mut blocks)?;
            out.write_all(&blocks)?;
        }
        Ok(done)
    }

    /// Writes the bytes of each connection and direction to a file of its own, see
    /// [`stream_file_name`]; datagrams are concatenated. Creates the folder if necessary. `None`: cancelled; nothing
    /// changed.
    ///
    /// # Errors
    /// Reading the recording or writing a file failed. Files that were already moved to the folder stay.
    pub fn streams_to_folder(self, folder: &Path, name: &str) -> Result<Option<Summary>, Failure> {
        let mut files = StreamFiles::create(folder, name)?;
        let done = self.walk(&mut |entry| {
            if entry.record.kind != RecordKind::Data {
                return Ok(false);
            }
            files.append(&entry.record)?;
            Ok(true)
        });
        match done {
            Ok(Some(summary)) => Ok(Some(Summary { files: files.commit()?, ..summary })),
            Ok(None) => Ok(None),
            Err(Stop::Failed(failure)) => Err(failure),
            Err(Stop::Output(error)) => Err(Failure::from_io(Operation::Export, folder.display(), &error)),
        }
    }

    /// Calls `each` for the selected records; it returns whether the record counts as exported.
    fn walk(
        mut self,
        each: &mut dyn FnMut(&Entry<'_>) -> Result<bool, Stop>,
    ) -> Result<Option<Summary>, Stop> {
        let (start, end) = (self.snapshot.start(), self.snapshot.end());
        let total = end.0 - start.0;
        let mut cursor = Cursor::new(self.snapshot);
        let mut summary = Summary::default();
        let mut at = start;
        let mut told = start;
        if (self.progress)(0, total).is_break() {
            return Ok(None);
        }
        loop {
            let next = match &mut self.selection {
                Selection::Found(next) => next(&mut cursor, at)?,
                _ => cursor.next(at)?,
            };
            let Some(position) = next else { break };
            let Some(entry) = cursor.read(position)? else { break };
            at = entry.end;
            let is_wanted = match &mut self.selection {
                Selection::Where(is_wanted) => is_wanted(&entry.record),
                _ => true,
            };
            if is_wanted && each(&entry)? {
                summary.records += 1;
                summary.payload_bytes += entry.record.payload.len() as u64;
            }
            if at.0 - told.0 >= PROGRESS_BYTES {
                told = at;
                if (self.progress)(at.0 - start.0, total).is_break() {
                    return Ok(None);
                }
            }
        }
        Ok((self.progress)(total, total).is_continue().then_some(summary))
    }
}

#[cfg(test)]
mod missing_tests;
#[cfg(test)]
mod tests;
