//! What is being saved or exported, under a temporary name beside its target, and what a killed process left there.
//!
//! Whoever writes it holds it: on Linux by a lock on it, on Windows because it is open. The next save to the same
//! target removes what nobody holds.

use super::hidden::{create_beside, temporary_beside};
use super::lock::system;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The end of the temporary names.
pub(super) const PART_SUFFIX: &str = ".part";

/// The file in a [`PartFolder`] that is held.
const HELD_NAME: &str = ".held";

/// Holds a file that was just created at `path`.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`]: another process takes it for left behind and removes it.
pub(super) fn hold(file: File, path: &Path) -> io::Result<File> {
    if system::hold(&file, path) { Ok(file) } else { Err(io::ErrorKind::AlreadyExists.into()) }
}

/// Removes what killed processes left of saves and exports to `target`. What is held, or cannot be removed, stays.
pub(super) fn remove_leftovers(target: &Path) {
    for path in temporary_beside(target, PART_SUFFIX) {
        // In a folder that others can write to, it may be a link to a folder that is none of ours.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            remove_folder(&path);
        } else if let Some(file) = system::take(&path) {
            system::release(file, &path);
        }
    }
}

/// Removes a folder that has in it what a [`PartFolder`] has: files.
fn remove_folder(folder: &Path) {
    let Some(held) = system::take(&folder.join(HELD_NAME)) else {
        // An empty one, whose process was killed right after it had made it, goes as well.
        let _ = fs::remove_dir(folder);
        return;
    };
    if !has_only_files(folder).unwrap_or(false) {
        return;
    }
    // Windows removes no open file. Elsewhere it stays held, so that nobody else begins to remove the folder.
    if cfg!(windows) {
        drop(held);
    }
    // It follows no link that another user puts in the place of the folder or of a file in it.
    let _ = fs::remove_dir_all(folder);
}

fn has_only_files(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if !entry?.file_type()?.is_file() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A new folder for files that will be moved to their targets together. Dropping it removes it with the files that
/// are left in it.
#[derive(Debug)]
pub struct PartFolder {
    path: PathBuf,
    /// `None` only while this is dropped.
    held: Option<File>,
}

impl PartFolder {
    /// Makes a folder beside `target`, and removes those that killed processes left there.
    ///
    /// # Errors
    /// It cannot be made. `target` ends with no name.
    pub fn create(target: &Path) -> io::Result<Self> {
        remove_leftovers(target);
        let (held, path) = create_beside(target, PART_SUFFIX, |path| {
            fs::create_dir(path)?;
            let held = path.join(HELD_NAME);
            match File::create_new(&held).and_then(|file| hold(file, &held)) {
                // Another process takes it for left behind.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Err(io::ErrorKind::AlreadyExists.into())
                }
                result => result,
            }
        })?;
        Ok(Self { path, held: Some(held) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the files in it, sorted.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn names(&self) -> io::Result<Vec<std::ffi::OsString>> {
        let entries = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name()));
        let mut names = entries.collect::<io::Result<Vec<_>>>()?;
        names.retain(|name| name != HELD_NAME);
        names.sort_unstable();
        Ok(names)
    }
}

impl Drop for PartFolder {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            system::release(held, &self.path.join(HELD_NAME));
        }
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::AtomicFile;

    fn entries(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_save_removes_what_killed_saves_to_the_same_file_left() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let kept = [".other.7-0.part", ".run.7-0.part.txt", ".run.7-0.recording", ".run.x-0.part"];
        for name in kept.iter().chain(&[".run.7-0.part", ".run.8-12.part"]) {
            fs::write(at(name), "half").unwrap();
        }
        // A folder with something that no export makes.
        fs::create_dir_all(at(".run.9-0.part").join("letters")).unwrap();
        AtomicFile::create(&at("run")).unwrap().commit().unwrap();
        let mut expected: Vec<_> =
            kept.iter().chain(&[".run.9-0.part", "run"]).map(|name| name.to_string()).collect();
        expected.sort();
        assert_eq!(entries(folder.path()), expected);
    }

    // Not on Windows: making a link there needs a right that users do not have.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_link_in_the_place_of_what_a_killed_export_left_leads_to_nothing_that_is_removed() {
        let [folder, foreign] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for name in [HELD_NAME, "letter"] {
            fs::write(foreign.path().join(name), "kept").unwrap();
        }
        std::os::unix::fs::symlink(foreign.path(), folder.path().join(".run.7-0.part")).unwrap();
        let target = folder.path().join("run");
        AtomicFile::create(&target).unwrap().commit().unwrap();
        drop(PartFolder::create(&target).unwrap());
        assert_eq!(entries(foreign.path()), [HELD_NAME, "letter"]);
    }

    #[test]
    fn a_folder_with_more_than_files_in_it_is_left_whole() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join(".run.7-0.part");
        fs::create_dir_all(other.join("letters")).unwrap();
        for name in [HELD_NAME, "stream"] {
            fs::write(other.join(name), "kept").unwrap();
        }
        drop(PartFolder::create(&folder.path().join("run")).unwrap());
        assert_eq!(entries(&other), [HELD_NAME, "letters", "stream"]);
    }

    #[test]
    fn only_saves_and_exports_are_held() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run");
        let recording = AtomicFile::recording_at(target.clone()).unwrap();
        // A lock keeps others from reading on some network drives.
        let reader = File::open(recording.temporary().unwrap()).unwrap();
        assert!(reader.try_lock().is_ok());
        let save = AtomicFile::create(&target).unwrap();
        assert!(system::take(save.temporary().unwrap()).is_none());
    }

    #[test]
    fn a_running_save_to_the_same_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run");
        let first = AtomicFile::create(&target).unwrap();
        let second = AtomicFile::create(&target).unwrap();
        assert_eq!(entries(folder.path()).len(), 2);
        first.commit().unwrap();
        second.commit().unwrap();
        assert_eq!(entries(folder.path()), ["run"]);
    }

    #[test]
    fn folders_of_killed_exports_are_removed_and_those_of_running_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run");
        let running = PartFolder::create(&target).unwrap();
        fs::write(running.path().join("stream"), "half").unwrap();
        let [killed, empty] = [".run.7-0.part", ".run.7-1.part"].map(|name| folder.path().join(name));
        for path in [&killed, &empty] {
            fs::create_dir(path).unwrap();
        }
        fs::write(killed.join(HELD_NAME), "").unwrap();
        fs::write(killed.join("stream"), "half").unwrap();
        let next = PartFolder::create(&target).unwrap();
        assert!(!killed.exists() && !empty.exists());
        assert_eq!(running.names().unwrap(), ["stream"]);
        drop((running, next));
        assert!(entries(folder.path()).is_empty());
    }
}
