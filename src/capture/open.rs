//! Opening a recording that nobody writes any more: a file or a folder of them, read only.
//!
//! The newest records can be read at once, however much there is; a thread of its own then looks through
//! everything. A block cut at the end, as a crash leaves it, is left out and counted, as are the zeros
//! that a file system leaves there after a power cut.

use super::ending;
use super::indexing::Indexing;
use super::pcapng;
use super::segment::{CaptureReader, Position, Segment, Shared, Snapshot};
use crate::model::{Damage, Failure, FailureKind, Operation};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A recording that was opened.
#[derive(Debug)]
pub struct Opened {
    /// What is in it, up to the last whole block. Newer snapshots know more records and marks, until
    /// [`indexing`](Self::indexing) is done.
    pub reader: CaptureReader,
    /// Bytes of a cut block at the end, and of files that are none.
    pub ignored_bytes: u64,
    /// The thread that looks through it; it ends when this is dropped.
    pub indexing: Indexing,
}

impl Opened {
    /// Puts a mark on the record at `position`: a note, or a bookmark without text. It takes the place
    /// of an earlier one; `None` takes it away. Kept in memory, and written by [`super::save`].
    pub fn mark(&self, position: Position, text: Option<&str>) {
        self.reader.0.update(|snapshot| {
            Arc::make_mut(&mut snapshot.marks).set_unsaved(position, text.map(Into::into));
        });
    }
}

/// Opens a recording that [`super::CaptureWriter`] made: a little-endian pcapng file.
pub fn open(path: &Path) -> Result<Opened, Failure> {
    let (snapshot, ignored_bytes) = open_file(path)?;
    start(snapshot, ignored_bytes)
}

/// Opens the segments in a folder as one recording. Files in it that are no segments are left out and
/// counted; [`Failure`]: there is none.
pub fn open_folder(folder: &Path) -> Result<Opened, Failure> {
    let (snapshot, ignored_bytes) = open_segments(folder)?;
    start(snapshot, ignored_bytes)
}

/// Whether a file begins as recordings of this program do.
pub fn is_own(path: &Path) -> Result<bool, Failure> {
    let failed = |error: &io::Error| Failure::from_io(Operation::Read, path.display(), error);
    let mut start = Vec::new();
    // Its section header is far shorter.
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

fn open_file(path: &Path) -> Result<(Snapshot, u64), Failure> {
    let (segment, end, ignored_bytes) = open_segment(path, 0)?;
    let segments = Arc::new(vec![Arc::new(segment)]);
    Ok((Snapshot { segments, end: Position(end), ..Snapshot::default() }, ignored_bytes))
}

/// The segments in a folder, oldest first, without looking through them.
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

/// The files of a recording's folder, oldest first.
pub(super) fn segment_paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pcapng") {
            paths.push(path);
        }
    }
    // Their numbers have as many digits as each other.
    paths.sort();
    Ok(paths)
}

/// A file whose first byte has the position `base`, the position after its last whole block, and how
/// many bytes come after that.
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
