//! A file that is there whole or not at all: written under another name beside its place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file that is being written. Dropped before [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    file: File,
    /// Where it is, and where it is to be; `None` for a device or a pipe, which has no other name.
    names: Option<(PathBuf, PathBuf)>,
}

impl Draft {
    /// Begins the file that is to be at `target`; what is there stays until then. A device or a pipe is
    /// written to as it is.
    ///
    /// # Errors
    /// `target` is a folder, or nothing can be written beside it.
    pub fn create(target: &Path) -> io::Result<Self> {
        // What a link leads to is replaced, not the link.
        let target = if target.is_symlink() { target.canonicalize()? } else { target.to_path_buf() };
        if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Ok(Self { file: OpenOptions::new().write(true).open(&target)?, names: None });
        }
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (file, path) = beside(&target, |path| File::create_new(path))?;
        Ok(Self { file, names: Some((path, target)) })
    }

    /// What is to be written to.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts it in its place, once it is on the disk.
    ///
    /// # Errors
    /// The disk is full, or `target` cannot be replaced; it is as it was then.
    pub fn commit(mut self) -> io::Result<()> {
        let Some((path, target)) = self.names.take() else { return Ok(()) };
        // A full disk may be told only now, and a power cut must not leave an empty file.
        let renamed = self.file.sync_all().and_then(|()| fs::rename(&path, target));
        if renamed.is_err() {
            let _ = fs::remove_file(path);
        }
        renamed
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.names {
            // Open files can be removed: the standard library opens them so on Windows as well.
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes something with a name of its own in the folder of `target`.
///
/// # Errors
/// What `make` fails with, but for a name that is taken: then the next one is tried.
pub fn beside<T>(target: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(T, PathBuf)> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    for attempt in 0u32.. {
        let path = target.with_file_name(format!(".{name}.{}-{attempt}.part", std::process::id()));
        match make(&path) {
            Ok(made) => return Ok((made, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
