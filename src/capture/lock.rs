//! A lock on a file or folder: a lock file beside it that names the process holding it.
//!
//! `run.pcapng` is locked by `.run.pcapng.lock`. The operating system releases the lock when its process ends,
//! however it ends, so a lock file that a crash left behind is simply taken over. The locked file itself stays
//! free: on Windows a lock on it would keep Wireshark from reading it.

use crate::model::{FileInUse, Holder};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// A held lock. Dropping it releases it and removes the lock file.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    /// `None` only while this is dropped.
    file: Option<File>,
}

/// The content of a lock file.
#[derive(Serialize, Deserialize)]
struct Content {
    program: String,
    process: u32,
}

/// A holder writes its name right after it got the lock; who finds the lock held meanwhile waits for the name so long.
/// On a busy machine the holder may have to wait for its turn in between.
const NAME_PATIENCE: Duration = Duration::from_secs(2);
const READ_PAUSE: Duration = Duration::from_millis(5);

impl FileLock {
    /// Locks `target`, which need not exist. Does not wait for another holder, except for its name.
    ///
    /// # Errors
    /// [`FileInUse`] within the error if another process, or another part of this one, holds the lock; otherwise
    /// the system does not let the lock file be made. Nothing has changed then.
    pub fn acquire(target: &Path) -> io::Result<Self> {
        match Self::acquire_free(target)? {
            Some(lock) => Ok(lock),
            None => Err(FileInUse { holder: read_holder(&path_of(target)?) }.into()),
        }
    }

    /// The same without asking who holds it, for what no user named; `None`: it is held.
    ///
    /// # Errors
    /// The system does not let the lock file be made. Nothing has changed then.
    pub(super) fn acquire_free(target: &Path) -> io::Result<Option<Self>> {
        let path = path_of(target)?;
        let Some(mut file) = system::acquire(&path)? else { return Ok(None) };
        // Without room on the disk for the name, the lock is held all the same.
        let _ = write_holder(&mut file);
        Ok(Some(Self { path, file: Some(file) }))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            system::release(file, &self.path);
        }
    }
}

/// Checks that nobody holds the lock on `target`.
///
/// # Errors
/// Those of [`FileLock::acquire`].
pub(super) fn ensure_unlocked(target: &Path) -> io::Result<()> {
    // Without a lock file there is no holder, and the folder need not be writable to find that out.
    if path_of(target)?.exists() { FileLock::acquire(target).map(drop) } else { Ok(()) }
}

/// Removes the lock files in `folder` whose target is gone and which nobody holds, as a crash leaves them.
pub(super) fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(target) = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(".lock"))
        else {
            continue;
        };
        let target = folder.join(target);
        if !target.exists() {
            // Dropping the lock removes its file.
            let _ = FileLock::acquire_free(&target);
        }
    }
}

/// Where the lock file of `target` is.
fn path_of(target: &Path) -> io::Result<PathBuf> {
    super::hidden::hidden_beside(target, ".lock")
}

fn write_holder(file: &mut File) -> io::Result<()> {
    let program = std::env::current_exe()?;
    let program = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let content = Content { program, process: std::process::id() };
    file.set_len(0)?;
    file.write_all(toml::to_string(&content).map_err(io::Error::other)?.as_bytes())
}

fn read_holder(path: &Path) -> Option<Holder> {
    let deadline = Instant::now() + NAME_PATIENCE;
    loop {
        let content = fs::read_to_string(path).ok()?;
        if let Ok(content) = toml::from_str::<Content>(&content) {
            return Some(Holder { name: content.program, pid: content.process });
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::park_timeout(READ_PAUSE);
    }
}

#[cfg(unix)]
pub(super) mod system {
    use nix::fcntl::OFlag;
    use std::fs::{self, File, OpenOptions, TryLockError};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    use std::path::Path;

    /// Readable by others: it names the holder to them, and nothing else.
    const MODE: u32 = 0o644;

    /// Opens and locks the lock file; `None`: it is locked.
    ///
    /// # Errors
    /// The file cannot be created or opened.
    pub fn acquire(path: &Path) -> io::Result<Option<File>> {
        loop {
            let file = open(path, true)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                // A file system without locks. Recording is more important than the lock.
                Err(TryLockError::Error(_)) => return Ok(Some(file)),
            }
            // Its last holder may have removed it just before this one locked it; then the lock locks nothing.
            if is_at(&file, path) {
                return Ok(Some(file));
            }
        }
    }

    /// Locks a file that was just created at `path`, so that [`take`] leaves it. `false`: it was taken before.
    pub fn hold(file: &File, path: &Path) -> bool {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => false,
            // On a file system without locks nothing is taken.
            Ok(()) | Err(TryLockError::Error(_)) => is_at(file, path),
        }
    }

    /// Locks a file that is there, unless another holds it or that cannot be told.
    pub fn take(path: &Path) -> Option<File> {
        let file = open(path, false).ok()?;
        (file.try_lock().is_ok() && is_at(&file, path)).then_some(file)
    }

    /// Removes the file while it is still locked, so that nobody can lock it in between.
    pub fn release(file: File, path: &Path) {
        if is_at(&file, path) {
            let _ = fs::remove_file(path);
        }
    }

    fn open(path: &Path, creates: bool) -> io::Result<File> {
        let mut options = OpenOptions::new();
        // Another user may have put something there: a link must not lead to a file that is written to, and a FIFO must
        // not block.
        options.mode(MODE).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
        let file = match options.create(creates).truncate(false).write(true).open(path) {
            // Another user's file can be locked without writing to it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                options.create(false).write(false).read(true).open(path).map_err(|_| error)?
            }
            result => result?,
        };
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }

    fn is_at(file: &File, path: &Path) -> bool {
        let (Ok(own), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
        (own.dev(), own.ino()) == (there.dev(), there.ino())
    }
}

#[cfg(windows)]
pub(super) mod system {
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;
    use windows_sys::Win32::Foundation::ERROR_SHARING_VIOLATION;
    use windows_sys::Win32::Storage::FileSystem::FILE_SHARE_READ;

    /// Opens the lock file so that others may only read it; `None`: another process has done so.
    ///
    /// # Errors
    /// The file cannot be created or opened.
    pub fn acquire(path: &Path) -> io::Result<Option<File>> {
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .share_mode(FILE_SHARE_READ)
            .open(path);
        match opened {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION as i32) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An open file is held by that: [`take`] opens it alone.
    pub fn hold(_: &File, _: &Path) -> bool {
        true
    }

    /// Opens a file that is there, unless another has it open.
    pub fn take(path: &Path) -> Option<File> {
        OpenOptions::new().write(true).share_mode(0).open(path).ok()
    }

    /// Whoever opens it between closing and removing keeps it: an open lock file cannot be removed.
    pub fn release(file: File, path: &Path) {
        drop(file);
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::RecordingFolder;

    #[test]
    fn only_the_name_of_who_holds_a_file_that_the_user_named_is_waited_for() {
        let parent = tempfile::tempdir().unwrap();
        let [folder, gone] = ["folder", "gone"].map(|name| parent.path().join(name));
        fs::create_dir(&folder).unwrap();
        // Their holders have not written their names yet.
        let held =
            [&folder, &gone].map(|target| system::acquire(&path_of(target).unwrap()).unwrap().unwrap());
        let begun = Instant::now();
        assert!(RecordingFolder::take(&folder).unwrap().is_none());
        remove_stale(parent.path());
        assert!(begun.elapsed() < NAME_PATIENCE);
        let error = FileLock::acquire(&folder).unwrap_err();
        assert!(FileInUse::of(&error).is_some_and(|in_use| in_use.holder.is_none()));
        assert!(begun.elapsed() >= NAME_PATIENCE);
        drop(held);
    }
}
