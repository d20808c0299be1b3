//! Saving and exporting the records of a tab, as a job.

use crate::capture::{Cursor, Position, Snapshot, note_saved, save};
use crate::export::{Content, Export, Format, Selection, Summary};
use crate::lang::Language;
use crate::model::{ConnectionId, Direction, Failure, FailureKind, Operation, PeerNames, Record};
use crate::search::{Progress, Scan};
use crate::settings::SaveFormat;
use crate::streams::Encodings;
use crate::task::Control;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Which records are saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All records.
    #[default]
    All,
    /// The records that Clear has not hidden.
    SinceClear,
    /// The records that the filter shows, which Clear has not hidden either.
    Filtered,
    /// What one connection received, or sent, or both, whatever is hidden.
    Connection,
}

/// What is written, how and where.
pub struct Plan {
    /// The recording.
    pub snapshot: Snapshot,
    /// The format.
    pub format: SaveFormat,
    /// The content of a text file.
    pub content: Content,
    /// Write only the records from here on, a border between records.
    pub from: Position,
    /// Write only the records that this filter shows.
    pub filter: Option<Arc<Scan>>,
    /// The encodings of the payloads.
    pub encodings: Encodings,
    /// The names of peers.
    pub names: PeerNames,
    /// Write only what one connection received, or sent, or both (`None`).
    pub only: Option<(ConnectionId, Option<Direction>)>,
    /// The language of the words in a text file.
    pub language: Language,
    /// The file, or the folder for raw bytes.
    pub path: PathBuf,
}

/// The result.
pub enum Written {
    /// The whole recording, with its size in bytes.
    Recording(u64),
    /// An export, or a part of the recording.
    Export(Summary),
}

/// The interval between two looks at the progress of a filter.
const LOOK: Duration = Duration::from_millis(20);

impl Plan {
    /// Whether no record is left out.
    pub fn is_all(&self) -> bool {
        self.filter.is_none() && self.only.is_none() && self.from <= self.snapshot.start()
    }

    /// Writes. `None`: it was cancelled, and the disk is unchanged.
    ///
    /// # Errors
    /// The recording could not be read, the target not written, or the filter has ended early. The disk is
    /// unchanged then.
    pub fn write(self, control: &Control) -> Result<Option<Written>, Failure> {
        let is_all = self.is_all();
        if self.format == SaveFormat::Recording && is_all {
            let snapshot = self.snapshot.with_names(self.names);
            let written = save(&snapshot, &self.path, &mut |done, total| control.step(done, total))?;
            if written.is_some() {
                // Without it, a recording that was saved may be offered for recovery.
                let _ = note_saved(&snapshot);
            }
            return Ok(written.map(Written::Recording));
        }
        let shown = match &self.filter {
            Some(scan) if !wait_for(scan, &self.snapshot, control)? => return Ok(None),
            // The results as they are now: the filter drops positions that expire, the snapshot has their records.
            Some(scan) => Some(scan.results()),
            None => None,
        };
        let (from, end) = (self.from, self.snapshot.end());
        let mut next = |cursor: &mut Cursor, at: Position| match &shown {
            None => cursor.next(at.max(from)),
            Some(shown) => Ok(shown.positions.at_or_after(at.max(from)).filter(|position| *position < end)),
        };
        let only = self.only;
        let mut is_wanted = |record: &Record<'_>| {
            only.is_none_or(|(connection, direction)| {
                record.connection == connection && direction.is_none_or(|wanted| wanted == record.direction)
            })
        };
        let export = Export {
            snapshot: self.snapshot.clone().with_names(self.names.clone()),
            selection: match only {
                Some(_) => Selection::Where(&mut is_wanted),
                None if is_all => Selection::All,
                None => Selection::Found(&mut next),
            },
            format: match self.format {
                SaveFormat::Text => Format::Text(self.content),
                SaveFormat::JsonLines => Format::JsonLines,
                SaveFormat::Csv => Format::Csv,
                SaveFormat::Raw => Format::Raw,
                SaveFormat::Recording => Format::Pcapng,
            },
            encodings: self.encodings,
            names: self.names,
            language: self.language,
            frames: None,
            progress: &mut |done, total| control.step(done, total),
        };
        let summary = match self.format {
            SaveFormat::Raw => export.streams_to_folder(&self.path, &file_name(&self.path))?,
            _ => export.to_file(&self.path)?,
        };
        Ok(summary.map(Written::Export))
    }
}

/// Waits until a filter has seen all of the snapshot. `false`: it was cancelled.
fn wait_for(scan: &Scan, snapshot: &Snapshot, control: &Control) -> Result<bool, Failure> {
    // Its results may be published only when it has caught up.
    let is_through = |progress: Progress| progress.is_caught_up && progress.position >= snapshot.end();
    while !is_through(scan.progress()) {
        if control.is_cancelled() {
            return Ok(false);
        }
        if !scan.is_running() {
            let detail = "the filter has ended".into();
            return Err(Failure::new(Operation::Export, "", FailureKind::Internal { detail }));
        }
        // The tab may have replaced it, and wakes only its current one.
        scan.wake();
        thread::park_timeout(LOOK);
    }
    Ok(true)
}

/// Whether writing to `path` would replace files. Reads the disk.
pub fn would_replace(format: SaveFormat, path: &Path) -> bool {
    if format != SaveFormat::Raw {
        return path.exists();
    }
    let start = format!("{}.c", file_name(path));
    let is_stream = |name: &str| name.starts_with(&start) && name.ends_with(".bin");
    fs::read_dir(path).is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|e| is_stream(&e.file_name().to_string_lossy())))
    })
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "recording".into(), |name| name.to_string_lossy().into_owned())
}

// Not on Windows: the export is held up by a FIFO.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::capture::{CaptureWriter, Destination, Limits};
    use crate::model::Record;
    use crate::search::{Filter, Job};
    use std::fs::File;
    use std::io::Read;
    use std::process::Command;
    use std::time::Instant;

    /// The recording continues during an export, and its size limit drops records not exported yet.
    #[test]
    fn filtered_records_are_all_exported_while_the_recording_drops_them() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 64 << 10, total_bytes: Some(512 << 10) };
        let destination = Destination::Folder(folder.path().join("recording"));
        let mut writer = CaptureWriter::new(destination, limits);
        let record = Record::received(&[b'x'; 1000]);
        let mut append = |count: usize| {
            for _ in 0..count {
                writer.append(&record);
            }
            writer.publish();
            writer.reader()
        };
        let reader = append(400);
        let filter = Job::Filter(Filter { min_bytes: Some(1), ..Filter::default() }.compile().unwrap());
        let scan = Arc::new(Scan::start(filter, reader.clone(), Position(0), Arc::new(|| {})));
        // Nobody reads from the pipe yet, so that the export blocks in the middle.
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let plan = Plan {
            snapshot: reader.snapshot(),
            format: SaveFormat::JsonLines,
            content: Content::Text,
            from: Position(0),
            filter: Some(scan.clone()),
            encodings: Encodings::default(),
            names: PeerNames::default(),
            only: None,
            language: Language::English,
            path: pipe.clone(),
        };
        let export = thread::Builder::new().spawn(move || plan.write(&Control::default())).unwrap();
        let mut exported = vec![0];
        let mut output = File::open(&pipe).unwrap();
        output.read_exact(&mut exported).unwrap();
        append(1000);
        let until = Instant::now() + Duration::from_secs(20);
        let start = reader.snapshot().start();
        assert!(start > Position(400_000));
        while scan.results().positions.first().is_none_or(|first| first < start) {
            assert!(Instant::now() < until);
            scan.wake();
            thread::yield_now();
        }
        output.read_to_end(&mut exported).unwrap();
        let written = export.join().unwrap().unwrap();
        assert!(matches!(written, Some(Written::Export(Summary { records: 400, .. }))));
        assert_eq!(exported.iter().filter(|byte| **byte == b'\n').count(), 400);
    }
}
