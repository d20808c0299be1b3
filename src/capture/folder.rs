//! Where a recording lies: a folder of segments that a clean end deletes, or one file to keep.
//!
//! A folder holds `recording.toml` (what it is, when it began, which process writes it), the segments
//! `000001.pcapng`, …, and a lock that is held as long as it is in use; one without was not ended cleanly.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Where a recording is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// One file, replaced if it exists. The segments' limits do not apply to it.
    File(PathBuf),
    /// A folder of its own.
    Folder(PathBuf),
}

impl Destination {
    /// The path of segment number `index`, counted from 0 and never reused, so that the names are in
    /// the order of the segments. Creates the folder.
    pub(super) fn segment_path(&self, index: usize) -> io::Result<PathBuf> {
        match self {
            Self::File(path) => Ok(path.clone()),
            Self::Folder(folder) => {
                fs::create_dir_all(folder)?;
                let mut number = index + 1;
                // Only a folder that had something in it before has a file of that name.
                loop {
                    let path = folder.join(format!("{number:06}.pcapng"));
                    if !path.exists() {
                        return Ok(path);
                    }
                    number += 1;
                }
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path) => path,
        }
    }
}

const DESCRIPTION: &str = "recording.toml";
/// Locked by the process that writes the recording, or has it open for recovery; the system unlocks it
/// however that process ends. A process id would not do: it may belong to another program by now.
const LOCK: &str = "recording.lock";
/// Locked while a folder is made, or those left behind are taken, so that nobody takes one for left behind
/// that has no lock yet.
const PARENT_LOCK: &str = "recordings.lock";

/// What a recording's folder tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    pub title: String,
    pub began_unix_nanos: u64,
    process: u32,
}

impl Description {
    /// What the folder says; `None`: nothing, or nothing that can be understood.
    pub fn read(folder: &Path) -> Option<Self> {
        toml::from_str(&fs::read_to_string(folder.join(DESCRIPTION)).ok()?).ok()
    }
}

/// Whether a folder has nothing in it but what a recording consists of.
pub(super) fn is_all_own(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let is_segment = Path::new(&name).extension().is_some_and(|extension| extension == "pcapng");
        if !is_segment && name != DESCRIPTION && name != LOCK {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The folder of one recording, which is in use as long as this is there. Dropping it leaves the files;
/// [`RecordingFolder::delete`] removes them.
#[derive(Debug)]
pub struct RecordingFolder {
    path: PathBuf,
    lock: File,
}

impl RecordingFolder {
    /// Makes a new folder below `parent`, never one that exists.
    pub fn create(parent: &Path, title: &str, began: Timestamp) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        // Some network drives know no locks. Recording goes on there, and nothing is offered for recovery.
        let _parent = lock_parent(parent);
        let process = std::process::id();
        for attempt in 0u32.. {
            let path = parent.join(format!("{}-{process}-{attempt}", began.0));
            match fs::create_dir(&path) {
                Ok(()) => {
                    let lock = lock_file(&path.join(LOCK))?;
                    let _ = lock.lock();
                    let description = Description { title: title.into(), began_unix_nanos: began.0, process };
                    // A full disk keeps no session from starting: a recording without it has no title.
                    if let Ok(text) = toml::to_string(&description) {
                        let _ = fs::write(path.join(DESCRIPTION), text);
                    }
                    return Ok(Self { path, lock });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Takes a folder that nobody uses any more; `None`: somebody does.
    pub(super) fn take(path: &Path) -> io::Result<Option<Self>> {
        let lock = lock_file(&path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path: path.into(), lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a writer needs.
    #[must_use]
    pub fn destination(&self) -> Destination {
        Destination::Folder(self.path.clone())
    }

    /// Deletes the recording. On Windows a file that is open stays in its folder, so that what another
    /// thread is just letting go is waited for, up to five seconds.
    pub fn delete(self) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        // That may take long, and as long as the lock is held nobody takes what is left for left behind.
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name() == LOCK {
                continue;
            }
            let path = entry.path();
            let is_folder = entry.file_type()?.is_dir();
            patiently(
                deadline,
                || if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) },
            )?;
        }
        // Windows deletes no lock that is open. Who looks for recordings, or makes one, waits for this one.
        let _parent = self.path.parent().map(lock_parent);
        drop(self.lock);
        patiently(deadline, || fs::remove_dir_all(&self.path))
    }
}

fn patiently(deadline: Instant, remove: impl Fn() -> io::Result<()>) -> io::Result<()> {
    loop {
        match remove() {
            Err(error) if is_in_use(&error) && Instant::now() < deadline => {
                thread::park_timeout(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// How long a recording that is still being read is waited for before its deletion fails.
const PATIENCE: Duration = Duration::from_secs(5);

fn is_in_use(error: &io::Error) -> bool {
    use io::ErrorKind::{DirectoryNotEmpty, PermissionDenied};
    const SHARING_VIOLATION: i32 = 32;
    let is_kind = matches!(error.kind(), DirectoryNotEmpty | PermissionDenied);
    cfg!(windows) && (is_kind || error.raw_os_error() == Some(SHARING_VIOLATION))
}

/// Waits until no other process makes or takes folders below `parent`: never for long.
pub(super) fn lock_parent(parent: &Path) -> io::Result<File> {
    let lock = lock_file(&parent.join(PARENT_LOCK))?;
    lock.lock()?;
    Ok(lock)
}

fn lock_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}
