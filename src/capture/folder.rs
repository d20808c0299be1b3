//! Where a recording is written: one file that stays, or a folder of segments that a clean end deletes.
//!
//! A folder holds `recording.toml` (title, begin, process), the segments `000001.pcapng`, …, and notes on the recording
//! (see `folder_notes`). It is locked as long as it is in use (see `lock`); one that is not was left behind by a crash.

use super::folder_notes::{self, DESCRIPTION};
use super::lock::FileLock;
use super::private::{create_private_folder, ensure_private_folder, make_private, private_options};
use super::recording_file::RecordingFile;
use crate::model::{Failure, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Where a recording is written.
#[derive(Debug)]
pub enum Destination {
    /// One file. The segments' limits do not apply to it.
    File(RecordingFile),
    /// A folder of its own.
    Folder(PathBuf),
}

impl Destination {
    /// One file, see [`RecordingFile::create`].
    ///
    /// # Errors
    /// Those of [`RecordingFile::create`].
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, Failure> {
        RecordingFile::create(path).map(Self::File)
    }

    /// As the user or the program named it.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Folder(path) => path,
        }
    }
}

/// The path of segment number `index` in a folder, counted from 0 and never used again, so that the order of the
/// names is that of the segments. Creates the folder if it is not there.
///
/// # Errors
/// The folder cannot be created.
pub(super) fn segment_path(folder: &Path, index: usize) -> io::Result<PathBuf> {
    ensure_private_folder(folder)?;
    let mut number = index + 1;
    loop {
        let path = folder.join(format!("{number:06}.pcapng"));
        // Taken only where the folder was not empty when the recording began.
        if !path.exists() {
            return Ok(path);
        }
        number += 1;
    }
}

/// Where earlier builds kept the lock.
const OLD_LOCK: &str = "recording.lock";

/// What the folder of a recording says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    pub title: String,
    pub began_unix_nanos: u64,
    process: u32,
    /// It was made of a file that the user still has, and is worth nothing without its program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_copy: bool,
}

impl Description {
    /// Reads the description in `folder`; `None` if there is none or it cannot be understood.
    pub fn read(folder: &Path) -> Option<Self> {
        toml::from_str(&fs::read_to_string(folder.join(DESCRIPTION)).ok()?).ok()
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let mut file = private_options().write(true).create_new(true).open(folder.join(DESCRIPTION))?;
        file.write_all(text.as_bytes())
    }
}

/// Whether a folder contains nothing but the parts of a recording.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn is_all_own(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let is_segment = Path::new(&name).extension().is_some_and(|extension| extension == "pcapng");
        if !is_segment && name != DESCRIPTION && name != OLD_LOCK && !folder_notes::is_note(&name) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The folder of one recording, locked as long as this exists. Dropping it leaves the files;
/// [`RecordingFolder::delete`] removes them.
#[derive(Debug)]
pub struct RecordingFolder {
    path: PathBuf,
    lock: FileLock,
    /// What it says about the recording; `None` for one that was taken over.
    description: Option<Description>,
}

impl RecordingFolder {
    /// Creates a new folder in `parent`, which is created too if it is not there. Only the owner may read either
    /// of them. Does not wait for anything but the file system.
    ///
    /// # Errors
    /// One of them cannot be created. `parent` may have been created then, nothing else.
    pub fn create(parent: &Path, title: &str, began: Timestamp) -> io::Result<Self> {
        Self::create_with(parent, title, began, false)
    }

    /// The same for a recording made of a file that the user still has: it is not offered for recovery.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub fn create_for_copy(parent: &Path, title: &str, began: Timestamp) -> io::Result<Self> {
        Self::create_with(parent, title, began, true)
    }

    fn create_with(parent: &Path, title: &str, began: Timestamp, is_copy: bool) -> io::Result<Self> {
        ensure_private_folder(parent)?;
        let process = std::process::id();
        for attempt in 0u32.. {
            let path = parent.join(format!("{}-{process}-{attempt}", began.0));
            // Locked before it exists, so that it is never seen without a lock: that would be one left behind.
            let Some(lock) = FileLock::acquire_free(&path)? else { continue };
            match create_private_folder(&path) {
                Ok(()) => {
                    let (title, began_unix_nanos) = (title.into(), began.0);
                    let description = Description { title, began_unix_nanos, process, is_copy };
                    // A recording without a title is better than none, where the disk is full.
                    let _ = description.write(&path);
                    return Ok(Self { path, lock, description: Some(description) });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Takes over a folder that nobody uses any more; `None` if it is in use or gone.
    ///
    /// # Errors
    /// The lock file cannot be created.
    pub(super) fn take(path: &Path) -> io::Result<Option<Self>> {
        match FileLock::acquire_free(path)? {
            // Its user may have deleted it before the lock was released.
            Some(lock) if path.is_dir() => {
                make_private(path);
                Ok(Some(Self { path: path.into(), lock, description: None }))
            }
            _ => Ok(None),
        }
    }

    /// Makes the folder again if somebody has deleted it, for a recording that begins anew. Returns whether it did.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn restore(&self) -> io::Result<bool> {
        if self.path.exists() {
            return Ok(false);
        }
        ensure_private_folder(&self.path)?;
        if let Some(description) = &self.description {
            let _ = description.write(&self.path);
        }
        Ok(true)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The destination for a writer that records to it.
    #[must_use]
    pub fn destination(&self) -> Destination {
        Destination::Folder(self.path.clone())
    }

    /// Deletes the recording. Windows deletes no open file, so that files which another thread is about to close
    /// are waited for, up to five seconds.
    ///
    /// # Errors
    /// Something in it cannot be deleted, or is still open. What is left of the recording is offered for recovery
    /// at the next start.
    pub fn delete(self) -> io::Result<()> {
        self.delete_with(|path| fs::remove_dir_all(path))
    }

    fn delete_with(self, remove: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let removed = loop {
            match remove(&self.path) {
                Err(error) if is_in_use(&error) && Instant::now() < deadline => thread::park_timeout(PAUSE),
                // Somebody else has deleted it.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !self.path.exists() => break Ok(()),
                result => break result,
            }
        };
        // Held until here, so that nobody takes what is left for left behind while it is being deleted.
        drop(self.lock);
        removed
    }
}

/// How long a deletion waits for files to be closed.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Whether a deletion failed because a file is open, which only Windows refuses.
#[cfg(windows)]
fn is_in_use(error: &io::Error) -> bool {
    use io::ErrorKind::{DirectoryNotEmpty, PermissionDenied};
    use windows_sys::Win32::Foundation::ERROR_SHARING_VIOLATION;
    matches!(error.kind(), DirectoryNotEmpty | PermissionDenied)
        || error.raw_os_error() == Some(ERROR_SHARING_VIOLATION as i32)
}

#[cfg(not(windows))]
fn is_in_use(_: &io::Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    const DEADLINE: Duration = Duration::from_secs(10);

    #[test]
    fn a_deletion_that_takes_long_does_not_delay_creating_finding_and_taking_folders() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path();
        let create = |title: &str| RecordingFolder::create(parent, title, Timestamp(5)).unwrap();
        let (closed, left) = (create("closed"), create("left"));
        let (closed_path, left_path) = (closed.path().to_owned(), left.path().to_owned());
        drop(left);
        let (begins, has_begun) = bounded(1);
        let (permit, is_permitted) = bounded::<()>(1);
        thread::scope(|scope| {
            let deleting = thread::Builder::new().name("delete".into()).spawn_scoped(scope, move || {
                closed.delete_with(|path| {
                    begins.send(()).unwrap();
                    is_permitted.recv_timeout(DEADLINE).unwrap();
                    fs::remove_dir_all(path)
                })
            });
            has_begun.recv_timeout(DEADLINE).unwrap();
            let (made, is_made) = bounded(1);
            let making = thread::Builder::new().name("window".into()).spawn_scoped(scope, move || {
                let folder = RecordingFolder::create(parent, "next", Timestamp(5)).unwrap();
                let taken = RecordingFolder::take(&left_path).unwrap().is_some();
                made.send((folder.path().to_owned(), taken)).unwrap();
            });
            let made = is_made.recv_timeout(DEADLINE);
            assert!(closed_path.is_dir(), "its deletion has not ended");
            assert!(RecordingFolder::take(&closed_path).unwrap().is_none(), "it is in use until it is gone");
            permit.send(()).unwrap();
            making.unwrap().join().unwrap();
            deleting.unwrap().join().unwrap().unwrap();
            assert!(made.unwrap().1, "one that nobody uses can be taken");
        });
        assert!(!closed_path.exists());
        assert!(RecordingFolder::take(&closed_path).unwrap().is_none(), "it is gone");
    }
}
