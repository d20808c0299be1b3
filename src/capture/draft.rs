//! A file that is there whole or not at all: written under another name beside its place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// As many links in a row as Linux follows.
const MAX_LINKS: usize = 40;

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
        let replaced = fs::metadata(target).ok();
        match &replaced {
            Some(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            // Also what a link leads to: behind /dev/stdout may be a pipe, which has no path at all.
            Some(metadata) if !metadata.is_file() => {
                return Ok(Self { file: OpenOptions::new().write(true).open(target)?, names: None });
            }
            _ => {}
        }
        let target = followed(target)?;
        let (file, path) = beside(&target, |path| File::create_new(path))?;
        // What only its owner could read is not to be open to others, not even until it is whole. Some drives
        // know no permissions.
        #[cfg(unix)]
        let _ = replaced.map(|replaced| file.set_permissions(replaced.permissions()));
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

/// Where the links at `path` lead: what is there is replaced, not the link. It need not be there.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(path),
        }
    }
    // The system's own words for links that lead in a circle.
    path.canonicalize()
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

// Not on Windows: symbolic links need a privilege there, and there are neither FIFOs nor file modes.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn write(target: &Path, text: &[u8]) -> io::Result<()> {
        let mut draft = Draft::create(target)?;
        draft.file().write_all(text)?;
        draft.commit()
    }

    #[test]
    fn what_links_lead_to_is_written_and_the_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("below")).unwrap();
        for (link, to) in
            [("one", "two"), ("two", "below/three"), ("below/three", "../file"), ("round", "round")]
        {
            symlink(to, at(link)).unwrap();
        }
        // Once they lead to nothing, and then to what was written there.
        for text in [&b"first"[..], b"second"] {
            write(&at("one"), text).unwrap();
            assert_eq!(fs::read(at("file")).unwrap(), text);
        }
        assert!(["one", "two", "below/three"].iter().all(|link| at(link).is_symlink()));
        assert!(write(&at("round"), b"").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing else is left");
    }

    #[test]
    fn a_pipe_behind_a_link_is_written_to() {
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
    fn a_file_that_is_replaced_is_open_to_nobody_else_than_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("private");
        fs::write(&file, "old").unwrap();
        for mode in [0o600, 0o640, 0o400] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let mut draft = Draft::create(&file).unwrap();
            let mode_of = |metadata: fs::Metadata| metadata.permissions().mode() & 0o777;
            assert_eq!(mode_of(draft.file().metadata().unwrap()), mode, "while it is written");
            draft.commit().unwrap();
            assert_eq!(mode_of(fs::metadata(&file).unwrap()), mode);
        }
    }
}
