//! Opening a finished recording for reading: one file, or a folder of segments.
//!
//! The newest records can be read immediately, whatever the size; a thread then indexes the rest. A truncated block
//! at the end, as a crash leaves it, is ignored and counted, and so are the zeros that a file system leaves there
//! after a power cut.

use super::ending;
use super::indexing::Indexing;
use super::names::names_at_end;
use super::pcapng;
use super::position::Position;
use super::segment::{CaptureReader, Segment, Shared, Snapshot};
use crate::model::{Damage, Failure, FailureKind, Operation};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A recording that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Reads it up to the last whole block. The number of records and the bookmarks are complete once
    /// [`indexing`](Self::indexing) is done.
    pub reader: CaptureReader,
    /// Bytes of truncated blocks at the end, and of files that are no segments.
    pub ignored_bytes: u64,
    /// The thread that indexes it. Dropping this cancels it.
    pub indexing: Indexing,
}

impl Opened {
    /// Sets the bookmark of the record at `position`, which replaces an earlier one: `text` is its note, empty for
    /// none; `None` removes the bookmark. Kept in memory, and written by [`super::save`].
    pub fn set_bookmark(&self, position: Position, text: Option<&str>) {
        self.reader.0.update(|snapshot| {
            Arc::make_mut(&mut snapshot.bookmarks).set_unsaved(position, text.map(Into::into));
        });
    }
}

/// Opens a recording that [`super::CaptureWriter`] made: a little-endian pcapng file.
///
/// # Errors
/// The file cannot be read, is no little-endian pcapng file, or begins with a damaged block; no thread can be started.
pub fn open(path: &Path) -> Result<Opened, Failure> {
    let (snapshot, ignored_bytes) = open_file(path)?;
    start(snapshot, ignored_bytes)
}

/// Opens the segments in a folder as one recording. Files in it that are no segments are ignored and counted.
///
/// # Errors
/// The folder cannot be read or contains no segment that can be opened; no thread can be started.
pub fn open_folder(folder: &Path) -> Result<Opened, Failure> {
    let (snapshot, ignored_bytes) = open_segments(folder)?;
    start(snapshot, ignored_bytes)
}

/// Whether a file begins like a recording of this program.
///
/// # Errors
/// The file cannot be read.
pub fn is_own(path: &Path) -> Result<bool, Failure> {
    let failed = |error: &io::Error| Failure::from_io(Operation::Read, path.display(), error);
    let mut start = Vec::new();
    // More than the section header that Wirelab writes.
    let file = File::open(path).map_err(|error| failed(&error))?;
    file.take(1 << 12).read_to_end(&mut start).map_err(|error| failed(&error))?;
    Ok(pcapng::is_section_header(&start) && pcapng::is_own_section(&start))
}

fn start(snapshot: Snapshot, ignored_bytes: u64) -> Result<Opened, Failure> {
    let shared = Arc::new(Shared::default());
    shared.set(snapshot);
    let indexing = Indexing::start(shared.clone());
    Ok(Opened { reader: CaptureReader(shared), ignored_bytes, indexing })
}

/// One file as a recording, not indexed, and the number of ignored bytes at its end.
///
/// # Errors
/// It cannot be read, or does not begin as a recording does.
pub(super) fn open_file(path: &Path) -> Result<(Snapshot, u64), Failure> {
    let (segment, end, ignored_bytes) = open_segment(path, 0)?;
    let names = names_at_end(&segment, end);
    let segments = Arc::new(vec![Arc::new(segment)]);
    Ok((Snapshot { segments, end: Position(end), names, ..Snapshot::default() }, ignored_bytes))
}

/// The segments in a folder as one recording, not indexed, and the number of ignored bytes.
///
/// # Errors
/// The folder cannot be read or contains no segment that can be opened.
pub(super) fn open_segments(folder: &Path) -> Result<(Snapshot, u64), Failure> {
    let paths =
        segment_paths(folder).map_err(|error| Failure::from_io(Operation::Read, folder.display(), &error))?;
    let mut segments = Vec::new();
    let mut end = 0;
    let mut ignored_bytes = 0;
    let mut failure = None;
    for path in paths {
        match open_segment(&path, end) {
            Ok((segment, segment_end, ignored)) => {
                segments.push(Arc::new(segment));
                end = segment_end;
                ignored_bytes += ignored;
            }
            Err(error) => {
                ignored_bytes += fs::metadata(&path).map_or(0, |metadata| metadata.len());
                failure = Some(error);
            }
        }
    }
    if segments.is_empty() {
        let none = || Failure::new(Operation::Read, folder.display(), FailureKind::NoCapture);
        return Err(failure.unwrap_or_else(none));
    }
    Ok((Snapshot { segments: Arc::new(segments), end: Position(end), ..Snapshot::default() }, ignored_bytes))
}

/// The segment files in a folder, oldest first.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn segment_paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pcapng") {
            paths.push(path);
        }
    }
    // The numbers in their names have the same number of digits.
    paths.sort();
    Ok(paths)
}

/// Opens a file whose first byte has the position `base`. Returns it, the position after its last whole block, and
/// the number of bytes after that.
fn open_segment(path: &Path, base: u64) -> Result<(Segment, u64, u64), Failure> {
    let failed = |error: &io::Error| Failure::from_io(Operation::Read, path.display(), error);
    let file = File::open(path).map_err(|error| failed(&error))?;
    let length = file.metadata().map_err(|error| failed(&error))?.len();
    let damaged =
        |what, offset| Failure::new(Operation::Read, path.display(), FailureKind::Damaged { what, offset });
    let segment = Segment::new(path, file, base, 0, 0);
    let mut header = [0; 12];
    if length < header.len() as u64 {
        return Err(damaged(Damage::TooShort, length));
    }
    segment.read(&mut header, 0)?;
    if !pcapng::is_section_header(&header) {
        return Err(damaged(Damage::NotPcapng, 0));
    }
    let end = ending::find(&segment, length)?;
    if end == 0 && pcapng::block_length(&header).is_none() {
        return Err(segment.damaged(0, Damage::BlockLength));
    }
    Ok((segment, base + end, length - end))
}
