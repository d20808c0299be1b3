//! A recording in one file that the user named, which replaces the file of that name once there is something
//! worth replacing it with.
//!
//! Until then it is written beside it, so that a start that fails leaves the earlier recording untouched. As long
//! as this exists, a lock keeps others from recording, saving and exporting to the same file.

use super::atomic_file::{AtomicFile, Target, resolve};
use super::leftover::remove_leftovers;
use super::lock::FileLock;
use crate::model::{Failure, Operation};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The file of a recording that is being written. Dropped before it is in its place, it leaves nothing behind.
#[derive(Debug)]
pub struct RecordingFile {
    /// As the user named it.
    path: PathBuf,
    output: Output,
    /// It should be in its place, whether or not the system has permitted that yet.
    is_wanted: bool,
}

#[derive(Debug)]
enum Output {
    File {
        file: AtomicFile,
        /// Where it will be, with links resolved.
        target: PathBuf,
        _lock: FileLock,
    },
    /// A device or a pipe.
    Special(File),
}

impl RecordingFile {
    /// Locks `path` and makes a file beside it that only its owner may read. Where `path` is a link, that is done
    /// where it leads to. A device or a pipe is written to directly; opening a FIFO waits for its reader, so that
    /// the command line feeds one from a recording of its own instead (`cli::feed`).
    ///
    /// # Errors
    /// Another session records to `path` ([`FailureKind::FileInUse`](crate::model::FailureKind::FileInUse)), it is
    /// a folder, or no file can be made beside it. Nothing has changed then.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Failure> {
        let path = path.into();
        match Self::output(&path) {
            Ok(output) => Ok(Self { path, output, is_wanted: false }),
            Err(error) => Err(Failure::from_io(Operation::Record, path.display(), &error)),
        }
    }

    fn output(path: &Path) -> io::Result<Output> {
        let target = match resolve(path)? {
            Target::Special(path) => {
                return Ok(Output::Special(OpenOptions::new().write(true).open(path)?));
            }
            Target::File(target) => target,
        };
        let lock = FileLock::acquire(&target)?;
        remove_leftovers(&target);
        let file = AtomicFile::recording_at(target.clone())?;
        Ok(Output::File { file, target, _lock: lock })
    }

    /// As the user named it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file for writing, and again for reading. From a device or a pipe nothing can be read back.
    ///
    /// # Errors
    /// The system has no handles left. It may be tried again.
    pub(super) fn open(&mut self) -> io::Result<(File, File)> {
        match &mut self.output {
            Output::File { file, target, .. } => {
                let reader = File::open(file.temporary().unwrap_or(target))?;
                Ok((file.file().try_clone()?, reader))
            }
            Output::Special(file) => Ok((file.try_clone()?, file.try_clone()?)),
        }
    }

    /// Puts it in its place, where that was not done yet. What is being written to it is not interrupted.
    ///
    /// # Errors
    /// The system does not let the file that is there be replaced. That one is as it was then, and the recording
    /// stays beside it, even when this is dropped; it may be tried again.
    pub(super) fn put_in_place(&mut self) -> io::Result<()> {
        self.is_wanted = true;
        match &mut self.output {
            Output::File { file, .. } => file.put_in_place(),
            Output::Special(_) => Ok(()),
        }
    }

    /// Whether it is a device or a pipe, which has no length and cannot be read back.
    pub(super) fn is_special(&self) -> bool {
        matches!(self.output, Output::Special(_))
    }

    /// Where it is, as long as it is not in its place.
    pub(super) fn temporary(&self) -> Option<&Path> {
        match &self.output {
            Output::File { file, .. } => file.temporary(),
            Output::Special(_) => None,
        }
    }
}

impl Drop for RecordingFile {
    fn drop(&mut self) {
        if let Output::File { file, .. } = &mut self.output
            && self.is_wanted
            && file.put_in_place().is_err()
        {
            // What was recorded is not deleted because it cannot have its name.
            file.leave();
        }
    }
}
