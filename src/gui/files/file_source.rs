//! What a tab shows that is of a file: a recording of this program, a capture of another one, or a recording
//! that was left behind. Owns opening it on a thread and deleting what was made of it; draws nothing.

use crate::capture::{
    CaptureReader, Cursor, Opened, RecordingFolder, Snapshot, Unfinished, open, open_folder,
};
use crate::import::{FileKind, Imported, import, sniff};
use crate::lang::Language;
use crate::model::{Failure, Operation, Timestamp};
use crate::task::{Control, Task};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Where a tab's file stands.
pub enum FileState {
    /// A thread opens it, or makes a recording of it.
    Opening(Task<Option<Loaded>>),
    /// Its records can be read.
    Open(Box<Loaded>),
    /// It cannot be read.
    Failed(Failure),
    /// The user did not want to wait for it.
    Cancelled,
}

/// A file that was opened.
pub struct Loaded {
    /// Its records; none where a capture has nothing that can be read.
    pub opened: Option<Opened>,
    /// What was made of a capture of another program.
    pub imported: Option<Imported>,
    /// How long the file is, in bytes.
    pub bytes: u64,
    /// When its first and its last record were.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The recording that was made of a capture, deleted with the tab.
    folder: Option<RecordingFolder>,
}

/// The file of a tab.
pub struct FileSource {
    /// Where it is.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub state: FileState,
    /// A recording that was left behind; as long as this is there no other process offers it.
    pub recovered: Option<Arc<Unfinished>>,
    reader: CaptureReader,
}

impl FileSource {
    /// Begins to open the file `path`. A capture becomes a recording below `recordings`.
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
        let task = Task::start("open recording", Operation::Read, notify, move |control| {
            load(&file, &recordings, &title, language, control)
        });
        Self {
            path: path.into(),
            name,
            state: FileState::Opening(task),
            recovered: None,
            reader: CaptureReader::default(),
        }
    }

    /// Begins to open a recording that was left behind.
    pub fn recover(unfinished: Arc<Unfinished>, notify: &Arc<dyn Fn() + Send + Sync>) -> Self {
        let for_job = unfinished.clone();
        let task = Task::start("open recording", Operation::Read, notify, move |_| {
            let opened = for_job.open()?;
            Ok(Some(Loaded::new(opened, for_job.bytes)))
        });
        Self {
            path: unfinished.path().into(),
            name: unfinished.title.clone(),
            state: FileState::Opening(task),
            recovered: Some(unfinished),
            reader: CaptureReader::default(),
        }
    }

    /// Takes in what the thread has done. Returns whether it is still at work.
    pub fn update(&mut self) -> bool {
        if let FileState::Opening(task) = &mut self.state {
            let Some(outcome) = task.take() else { return true };
            self.state = match outcome {
                Ok(Some(loaded)) => FileState::Open(Box::new(loaded)),
                Ok(None) => FileState::Cancelled,
                Err(failure) => FileState::Failed(failure),
            };
            self.reader = self.opened().map(|opened| opened.reader.clone()).unwrap_or_default();
        }
        self.opened().is_some_and(|opened| !opened.indexing.progress().is_done)
    }

    /// Its records, as far as they are known.
    pub fn reader(&self) -> &CaptureReader {
        &self.reader
    }

    /// What was opened.
    pub fn loaded(&self) -> Option<&Loaded> {
        match &self.state {
            FileState::Open(loaded) => Some(loaded),
            _ => None,
        }
    }

    /// The recording, if there is one.
    pub fn opened(&self) -> Option<&Opened> {
        self.loaded().and_then(|loaded| loaded.opened.as_ref())
    }

    /// Ends the work and lets the file go; what was made of a capture is deleted. `is_saved`: a recording that
    /// was left behind is in a file of its own now, and is deleted as well. May take a while.
    pub fn close(self, is_saved: bool) {
        let folder = match self.state {
            FileState::Open(loaded) => {
                drop(loaded.opened);
                loaded.folder
            }
            // Cancelled, it deletes by itself what it has made; it may have been done already.
            FileState::Opening(task) => match task.finish() {
                Some(Ok(Some(loaded))) => loaded.folder,
                _ => None,
            },
            FileState::Failed(_) | FileState::Cancelled => None,
        };
        if let Some(folder) = folder {
            // What cannot be deleted is offered at the next start.
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
            let folder = RecordingFolder::create(recordings, title, began)
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

/// When the first and the last record were, where both can be read.
fn span(snapshot: Snapshot) -> Option<(Timestamp, Timestamp)> {
    let (start, end) = (snapshot.start(), snapshot.end());
    let mut cursor = Cursor::new(snapshot);
    let first = cursor.next(start).ok()??;
    let first = cursor.read(first).ok()??.record.time;
    let last = cursor.previous(end).ok()??;
    let last = cursor.read(last).ok()??.record.time;
    Some((first, last))
}
