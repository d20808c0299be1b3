//! A file that appears whole or not at all: written under a temporary name beside its target, then renamed.

use super::hidden::create_beside;
use super::lock::ensure_unlocked;
use super::part::{self, PART_SUFFIX};
use super::private::private_options;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Links in a row that Linux follows before it reports a loop (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// The end of the temporary names of recordings, which only the holder of the target's lock writes.
pub(super) const RECORDING_SUFFIX: &str = ".recording";

/// A file that is being written. Dropped before [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    /// Where it is and where it will be; `None` for a device or a pipe, which is written to directly, and once
    /// it is in its place.
    names: Option<Names>,
}

#[derive(Debug)]
struct Names {
    temporary: PathBuf,
    target: PathBuf,
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Whoever could read the file that it replaces; otherwise whom the umask permits.
    Usual,
    /// The owner alone.
    Private,
}

impl AtomicFile {
    /// Begins a file that will replace `target`, which stays as it is until then. Where `target` is a link, the
    /// file it leads to is replaced. The new file has the permissions of the old one, or those of the umask.
    ///
    /// # Errors
    /// `target` is a folder or a recording that is being written ([`FileInUse`](crate::model::FileInUse)), or no
    /// file can be made beside it. Nothing has changed then.
    pub fn create(target: &Path) -> io::Result<Self> {
        Self::with_access(target, Access::Usual)
    }

    /// The same for a file that only its owner may read, whoever could read the one that it replaces.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub fn create_private(target: &Path) -> io::Result<Self> {
        Self::with_access(target, Access::Private)
    }

    fn with_access(target: &Path, access: Access) -> io::Result<Self> {
        let target = match resolve(target)? {
            Target::File(target) => target,
            Target::Special(path) => {
                return Ok(Self { file: OpenOptions::new().write(true).open(path)?, names: None });
            }
        };
        ensure_unlocked(&target)?;
        part::remove_leftovers(&target);
        Self::beside(target, access, PART_SUFFIX)
    }

    /// Begins the file of a recording that will be at `target`, whose lock the caller holds. Only its owner may read
    /// it, and its temporary name is one of a recording, see `leftover`.
    ///
    /// # Errors
    /// No file can be made beside `target`. Nothing has changed then.
    pub(super) fn recording_at(target: PathBuf) -> io::Result<Self> {
        Self::beside(target, Access::Private, RECORDING_SUFFIX)
    }

    fn beside(target: PathBuf, access: Access, suffix: &str) -> io::Result<Self> {
        let (file, temporary) = create_beside(&target, suffix, |path| {
            let file = match access {
                Access::Usual => File::create_new(path)?,
                Access::Private => private_options().write(true).create_new(true).open(path)?,
            };
            // A recording is read while it is written, and a network drive may let nobody read what is locked.
            if suffix == PART_SUFFIX { part::hold(file, path) } else { Ok(file) }
        })?;
        #[cfg(unix)]
        if access == Access::Usual
            && let Ok(replaced) = fs::metadata(&target)
        {
            // Before anything is in it. Some drives know no permissions.
            let _ = file.set_permissions(replaced.permissions());
        }
        Ok(Self { file, names: Some(Names { temporary, target }) })
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Where it is now; `None` for a device or a pipe, and once it is in its place.
    pub(super) fn temporary(&self) -> Option<&Path> {
        self.names.as_ref().map(|names| &*names.temporary)
    }

    /// Waits until everything is on the disk and puts it in its place.
    ///
    /// # Errors
    /// The disk is full, a recording that began meanwhile has `target` in use, or the system does not let
    /// `target` be replaced. It is as it was then, and the new file is gone.
    pub fn commit(mut self) -> io::Result<()> {
        let Some(names) = &self.names else { return Ok(()) };
        // Some file systems report a full disk only here. Without this, a power cut could leave an empty file.
        self.file.sync_all()?;
        ensure_unlocked(&names.target)?;
        self.put_in_place()
    }

    /// Renames it to its target, which it replaces. Does nothing where that was done.
    ///
    /// # Errors
    /// The system does not let `target` be replaced. Both files are as they were then.
    pub(super) fn put_in_place(&mut self) -> io::Result<()> {
        if let Some(Names { temporary, target }) = &self.names {
            fs::rename(temporary, target)?;
            self.names = None;
        }
        Ok(())
    }

    /// Leaves it under its temporary name.
    pub(super) fn leave(&mut self) {
        self.names = None;
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(Names { temporary, .. }) = &self.names {
            // The standard library opens files on Windows so that they can be removed while they are open.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// What a path leads to, as far as writing to it goes.
#[derive(Debug)]
pub(super) enum Target {
    /// A file, or nothing yet. Links on the way there are resolved.
    File(PathBuf),
    /// A device or a pipe, which has no other name: it is written to directly. The path is not resolved, since
    /// a pipe behind `/dev/stdout` has no path at all.
    Special(PathBuf),
}

/// Finds out what `path` leads to.
///
/// # Errors
/// It leads to a folder or in a circle.
pub(super) fn resolve(path: &Path) -> io::Result<Target> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => Ok(Target::Special(path.into())),
        _ if is_device_name(path) => Ok(Target::Special(path.into())),
        _ => follow_links(path).map(Target::File),
    }
}

/// Whether a path leads to a device or a pipe, to which [`AtomicFile`] writes directly. Writing there can block for as
/// long as nobody reads.
#[must_use]
pub fn is_special(path: &Path) -> bool {
    matches!(resolve(path), Ok(Target::Special(_)))
}

/// Whether Windows takes a path for a device in every folder, so that no file can have that name.
fn is_device_name(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_ascii_uppercase();
    cfg!(windows) && (stem == "NUL" || stem == "CON" || path.to_string_lossy().starts_with(r"\\.\"))
}

/// Where the links at `path` lead. There need be nothing there.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(path),
        }
    }
    // For the system's own error about links that lead in a circle.
    path.canonicalize()
}

// Not on Windows: symbolic links need a privilege there, and there are neither FIFOs nor file modes.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn write(target: &Path, text: &[u8]) -> io::Result<()> {
        let mut atomic = AtomicFile::create(target)?;
        atomic.file().write_all(text)?;
        atomic.commit()
    }

    #[test]
    fn a_link_stays_a_link_and_the_file_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("below")).unwrap();
        for (link, to) in
            [("one", "two"), ("two", "below/three"), ("below/three", "../file"), ("round", "round")]
        {
            symlink(to, at(link)).unwrap();
        }
        // The first time the links lead to nothing.
        for text in [&b"first"[..], b"second"] {
            write(&at("one"), text).unwrap();
            assert_eq!(fs::read(at("file")).unwrap(), text);
        }
        assert!(["one", "two", "below/three"].iter().all(|link| at(link).is_symlink()));
        assert!(write(&at("round"), b"").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "no temporary file is left");
    }

    #[test]
    fn a_pipe_behind_a_link_is_written_to_directly() {
        let (mut reader, writer) = io::pipe().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        let raw = std::os::fd::AsRawFd::as_raw_fd(&writer);
        symlink(format!("/proc/self/fd/{raw}"), &link).unwrap();
        write(&link, b"through").unwrap();
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("private");
        fs::write(&file, "old").unwrap();
        for mode in [0o600, 0o640, 0o400] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let mut atomic = AtomicFile::create(&file).unwrap();
            let mode_of = |metadata: fs::Metadata| metadata.permissions().mode() & 0o777;
            assert_eq!(mode_of(atomic.file().metadata().unwrap()), mode, "while it is written");
            atomic.commit().unwrap();
            assert_eq!(mode_of(fs::metadata(&file).unwrap()), mode);
        }
    }
}
