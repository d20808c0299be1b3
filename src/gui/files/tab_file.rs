//! The file of a tab: a recording, another program's capture, or an unfinished recording. Opens it as a job,
//! and deletes the recording that was made of a capture. Draws nothing.

use crate::capture::{
    CaptureReader, ConnectionTable, Cursor, Opened, RecordingFolder, Snapshot, Unfinished, open, open_folder,
};
use crate::import::{FileKind, Imported, import, sniff};
use crate::lang::Language;
use crate::model::{Failure, Operation, Timestamp};
use crate::task::{Control, Task};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The state of the file.
pub enum FileState {
    /// A job opens it, or imports a capture.
    Opening(Task<Option<Loaded>>),
    /// Opened.
    Open(Box<Loaded>),
    /// It could not be opened.
    Failed(Failure),
    /// The user cancelled opening it.
    Cancelled,
}

/// An opened file.
pub struct Loaded {
    /// Its recording; `None` for a capture without readable packets.
    pub opened: Option<Opened>,
    /// For a capture: what was imported and skipped.
    pub imported: Option<Imported>,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The times of the first and the last record.
    pub span: Option<(Timestamp, Timestamp)>,
    /// For a capture: the folder of the recording made of it, deleted with the tab.
    folder: Option<RecordingFolder>,
}

/// The file of a tab.
pub struct TabFile {
    /// Its path.
    pub path: PathBuf,
    /// Its name, as shown; empty for an unfinished recording without a title.
    pub name: String,
    /// Its state.
    pub state: FileState,
    /// The unfinished recording that it is. While this exists, no other process offers it.
    pub recovered: Option<Arc<Unfinished>>,
    reader: CaptureReader,
}

impl TabFile {
    /// Begins to open the file `path`. A capture is imported into a recording below `recordings`.
    pub fn open(
        path: &Path,
        recordings: &Path,
        language: Language,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let name = path
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let (file, recordings, title) = (path.to_owned(), recordings.to_owned(), name.clone());
        let job = Task::start("open recording", Operation::Read, notify, move |control| {
            load(&file, &recordings, &title, language, control)
        });
        Self {
            path: path.into(),
            name,
            state: FileState::Opening(job),
            recovered: None,
            reader: CaptureReader::default(),
        }
    }

    /// Begins to open an unfinished recording.
    pub fn recover(unfinished: Arc<Unfinished>, notify: &Arc<dyn Fn() + Send + Sync>) -> Self {
        let for_job = unfinished.clone();
        let job = Task::start("open recording", Operation::Read, notify, move |_| {
            let opened = for_job.open()?;
            Ok(Some(Loaded::new(opened, for_job.bytes)))
        });
        Self {
            path: unfinished.path().into(),
            name: unfinished.title.clone(),
            state: FileState::Opening(job),
            recovered: Some(unfinished),
            reader: CaptureReader::default(),
        }
    }

    /// Takes the result of the job. Returns whether the file is still being opened or indexed.
    pub fn update(&mut self) -> bool {
        if let FileState::Opening(job) = &mut self.state {
            let Some(outcome) = job.take() else { return true };
            self.state = match outcome {
                Ok(Some(loaded)) => FileState::Open(Box::new(loaded)),
                Ok(None) => FileState::Cancelled,
                Err(failure) => FileState::Failed(failure),
            };
            self.reader = self.opened().map(|opened| opened.reader.clone()).unwrap_or_default();
        }
        self.opened().is_some_and(|opened| !opened.indexing.progress().is_done)
    }

    /// Cancels opening the file.
    pub fn cancel(&self) {
        if let FileState::Opening(job) = &self.state {
            job.cancel();
        }
    }

    /// Its records; none until it is opened.
    pub fn reader(&self) -> &CaptureReader {
        &self.reader
    }

    /// The opened file.
    pub fn loaded(&self) -> Option<&Loaded> {
        match &self.state {
            FileState::Open(loaded) => Some(loaded),
            _ => None,
        }
    }

    /// Its recording.
    pub fn opened(&self) -> Option<&Opened> {
        self.loaded().and_then(|loaded| loaded.opened.as_ref())
    }

    /// The connections found in its recording so far.
    pub fn connections(&self) -> ConnectionTable {
        self.opened().map(|opened| opened.indexing.connections()).unwrap_or_default()
    }

    /// Ends the job and closes the file; the recording made of a capture is deleted. `is_saved`: an unfinished
    /// recording was saved as a file, and is deleted as well. Blocks on the disk.
    pub fn close(self, is_saved: bool) {
        // Windows deletes no file that a reader has open.
        drop(self.reader);
        let folder = match self.state {
            FileState::Open(loaded) => {
                drop(loaded.opened);
                loaded.folder
            }
            // Cancelled, the job deletes its recording itself, unless it has finished already.
            FileState::Opening(job) => match job.finish() {
                Some(Ok(Some(loaded))) => loaded.folder,
                _ => None,
            },
            FileState::Failed(_) | FileState::Cancelled => None,
        };
        if let Some(folder) = folder {
            // A recording that cannot be deleted is offered at the next start.
            let _ = folder.delete();
        }
        if is_saved && let Some(unfinished) = self.recovered.and_then(Arc::into_inner) {
            let _ = unfinished.delete();
        }
    }
}

impl Loaded {
    fn new(opened: Opened, bytes: u64) -> Self {
        let span = span(opened.reader.snapshot());
        Self { opened: Some(opened), imported: None, bytes, span, folder: None }
    }
}

fn load(
    path: &Path,
    recordings: &Path,
    title: &str,
    language: Language,
    control: &Control,
) -> Result<Option<Loaded>, Failure> {
    let kind = sniff(path)?;
    let metadata = fs::metadata(path);
    let bytes = metadata.map_err(|error| Failure::from_io(Operation::Read, path.display(), &error))?.len();
    match kind {
        FileKind::Recording => Ok(Some(Loaded::new(open(path)?, bytes))),
        FileKind::Capture => {
            let began = Timestamp::from_system(SystemTime::now());
            let folder = RecordingFolder::create_for_copy(recordings, title, began)
                .map_err(|error| Failure::from_io(Operation::Save, recordings.display(), &error))?;
            let made = make_recording(path, &folder, bytes, language, control);
            match made {
                Ok(Some(loaded)) => Ok(Some(Loaded { folder: Some(folder), ..loaded })),
                other => {
                    let _ = folder.delete();
                    other
                }
            }
        }
    }
}

fn make_recording(
    path: &Path,
    folder: &RecordingFolder,
    bytes: u64,
    language: Language,
    control: &Control,
) -> Result<Option<Loaded>, Failure> {
    let progress =
        &mut |progress: crate::import::Progress| control.step(progress.bytes_done, progress.bytes_total);
    let Some(imported) = import(path, folder.destination(), language, progress)? else { return Ok(None) };
    let nothing = Loaded { opened: None, imported: None, bytes, span: None, folder: None };
    let loaded = if imported.records > 0 { Loaded::new(open_folder(folder.path())?, bytes) } else { nothing };
    Ok(Some(Loaded { imported: Some(imported), ..loaded }))
}

/// The times of the first and the last record, if both can be read.
fn span(snapshot: Snapshot) -> Option<(Timestamp, Timestamp)> {
    let (start, end) = (snapshot.start(), snapshot.end());
    let mut cursor = Cursor::new(snapshot);
    let first = cursor.next(start).ok()??;
    let first = cursor.read(first).ok()??.record.time;
    let last = cursor.previous(end).ok()??;
    let last = cursor.read(last).ok()??.record.time;
    Some((first, last))
}
