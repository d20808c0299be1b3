//! Recordings that a crash, a `kill -9` or a power cut left behind: finding them, offering those with data that is in no
//! other file, and deleting the rest.
//!
//! A recording that is still being written is recognised by its lock, see [`RecordingFolder`].

use super::contents::{contents, has_news};
use super::cursor::Cursor;
use super::folder::{Description, RecordingFolder, is_all_own};
use super::folder_notes;
use super::lock::remove_stale;
use super::open::{Opened, open_folder, open_segments, segment_paths};
use super::private::make_private;
use crate::codec::Encoding;
use crate::model::{Failure, Operation, Timestamp};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

/// A recording that no process writes any more. As long as this exists, no other process offers it.
#[derive(Debug)]
pub struct Unfinished {
    /// Title of its session; empty where its folder does not tell.
    pub title: String,
    /// When it began.
    pub began: Option<Timestamp>,
    /// Local address of its first data.
    pub endpoint: Option<SocketAddr>,
    /// Total length of its files.
    pub bytes: u64,
    /// Number of its records; the least possible one unless [`is_counted`](Self::is_counted).
    pub records: u64,
    /// All its records were counted, which takes too long for a large recording.
    pub is_counted: bool,
    /// The encoding in which its text was read.
    pub encoding: Option<Encoding>,
    /// When one of its files was last written to.
    pub last_write: Option<Timestamp>,
    folder: RecordingFolder,
}

impl Unfinished {
    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Opens it for reading, or for saving it elsewhere. `self` must be kept for as long as it is open.
    ///
    /// # Errors
    /// Those of [`open_folder`].
    pub fn open(&self) -> Result<Opened, Failure> {
        open_folder(self.path())
    }

    /// Deletes it.
    ///
    /// # Errors
    /// Those of [`RecordingFolder::delete`].
    pub fn delete(self) -> Result<(), Failure> {
        let path = self.path().display().to_string();
        self.folder.delete().map_err(|error| Failure::from_io(Operation::Record, path, &error))
    }
}

/// The recordings in `parent` that nobody writes any more, oldest first. Those without data, those that were saved, and
/// copies of captures are deleted. What cannot be read is left out.
#[must_use]
pub fn unfinished(parent: &Path) -> Vec<Unfinished> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    make_private(parent);
    // All are taken before the first is read, which may take long: another process that starts meanwhile should
    // not offer the rest of them.
    let taken: Vec<_> = entries.flatten().filter_map(|entry| take(&entry.path()).ok().flatten()).collect();
    remove_stale(parent);
    let mut found: Vec<_> = taken.into_iter().filter_map(|folder| look_at(folder).ok().flatten()).collect();
    found.sort_by(|a, b| (a.began, a.path()).cmp(&(b.began, b.path())));
    found
}

fn take(path: &Path) -> io::Result<Option<RecordingFolder>> {
    // A folder that Wirelab did not make must not get a lock file.
    let is_recording =
        fs::symlink_metadata(path)?.is_dir() && (!segment_paths(path)?.is_empty() || is_all_own(path)?);
    if is_recording { RecordingFolder::take(path) } else { Ok(None) }
}

fn look_at(folder: RecordingFolder) -> io::Result<Option<Unfinished>> {
    let path = folder.path();
    let description = Description::read(path);
    let segments = segment_paths(path)?;
    // A folder with anything else in it must not be deleted.
    let is_own = is_all_own(path)?;
    let mut bytes = 0;
    let mut last_write = None;
    for segment in &segments {
        let metadata = fs::metadata(segment)?;
        bytes += metadata.len();
        last_write = last_write.max(metadata.modified().ok().map(Timestamp::from_system));
    }
    let mut began = description.as_ref().map(|description| Timestamp(description.began_unix_nanos));
    let mut endpoint = None;
    let is_copy = description.as_ref().is_some_and(|description| description.is_copy);
    if is_own && (bytes == 0 || is_copy) {
        return folder.delete().map(|()| None);
    }
    let (mut records, mut is_counted) = (0, false);
    if let Ok((snapshot, ignored_bytes)) = open_segments(path) {
        let found = contents(&snapshot);
        let saved_end = folder_notes::saved_end(path, &snapshot);
        let is_saved = saved_end.is_some_and(|end| !has_news(&snapshot, end));
        let is_empty = found.is_whole && found.first_data.is_none();
        if is_own && ignored_bytes == 0 && (is_saved || is_empty) {
            // Windows deletes no open file.
            drop(snapshot);
            return folder.delete().map(|()| None);
        }
        (records, is_counted) = (found.records, found.is_counted);
        let mut cursor = Cursor::new(snapshot);
        if let Some(first) = found.first_data
            && let Ok(Some(entry)) = cursor.read(first)
        {
            endpoint = Some(entry.record.local);
            began = began.or(Some(entry.record.time));
        }
    }
    let title = description.map(|description| description.title).unwrap_or_default();
    let encoding = folder_notes::encoding(path);
    Ok(Some(Unfinished { title, began, endpoint, bytes, records, is_counted, encoding, last_write, folder }))
}
