//! Recordings that were left behind: by a crash, a `kill -9`, a power cut.
//!
//! Finds and offers them, and deletes those that have nothing in them. Whether a recording is still being
//! written is told by its lock, see [`RecordingFolder`].

use super::cursor::Cursor;
use super::folder::{Description, RecordingFolder, is_all_own, lock_parent};
use super::open::{Opened, open_folder, open_segments, segment_paths};
use crate::model::{Failure, Operation, Timestamp};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

/// A recording whose process is gone. As long as this is there, no other process offers it.
#[derive(Debug)]
pub struct Unfinished {
    /// What its session was called; empty where its folder does not tell.
    pub title: String,
    /// When it began.
    pub began: Option<Timestamp>,
    /// This machine's side of its first record.
    pub endpoint: Option<SocketAddr>,
    /// How long its files are.
    pub bytes: u64,
    /// When something was last written to it.
    pub last_write: Option<Timestamp>,
    folder: RecordingFolder,
}

impl Unfinished {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Opens it, to read it or to save it elsewhere. This is to be kept for as long as the recording is open.
    pub fn open(&self) -> Result<Opened, Failure> {
        open_folder(self.path())
    }

    /// Deletes it.
    pub fn delete(self) -> Result<(), Failure> {
        let path = self.path().display().to_string();
        self.folder.delete().map_err(|error| Failure::from_io(Operation::Record, path, &error))
    }
}

/// The recordings below `parent` that nobody writes any more, oldest first. Those without any record are
/// deleted. What cannot be looked at is left out.
#[must_use]
pub fn unfinished(parent: &Path) -> Vec<Unfinished> {
    // Without it there is no recording, and nothing is made here only to look.
    if !parent.is_dir() {
        return Vec::new();
    }
    let Ok(taken) = take_all(parent) else { return Vec::new() };
    let mut found: Vec<_> = taken.into_iter().filter_map(|folder| look_at(folder).ok().flatten()).collect();
    found.sort_by(|a, b| (a.began, a.path()).cmp(&(b.began, b.path())));
    found
}

/// Takes all folders below `parent` that nobody uses. What is in them may take long to look at, so that this
/// comes afterwards: who makes a folder waits for the lock.
fn take_all(parent: &Path) -> io::Result<Vec<RecordingFolder>> {
    let _parent = lock_parent(parent)?;
    let entries = fs::read_dir(parent)?.flatten();
    Ok(entries.filter_map(|entry| take(&entry.path()).ok().flatten()).collect())
}

fn take(path: &Path) -> io::Result<Option<RecordingFolder>> {
    // What this program did not make is not its to lock.
    let is_recording =
        fs::symlink_metadata(path)?.is_dir() && (!segment_paths(path)?.is_empty() || is_all_own(path)?);
    if is_recording { RecordingFolder::take(path) } else { Ok(None) }
}

fn look_at(folder: RecordingFolder) -> io::Result<Option<Unfinished>> {
    let path = folder.path();
    let description = Description::read(path);
    let segments = segment_paths(path)?;
    // What this program did not make is not its to delete.
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
    if bytes == 0 && is_own {
        return folder.delete().map(|()| None);
    }
    if let Ok((snapshot, ignored_bytes)) = open_segments(path) {
        let mut cursor = Cursor::new(snapshot);
        match cursor.next(cursor.snapshot().start()) {
            // Every byte was understood, and there is no record in it.
            Ok(None) if ignored_bytes == 0 && is_own => {
                // Windows deletes no file that is open.
                drop(cursor);
                return folder.delete().map(|()| None);
            }
            Ok(Some(first)) => {
                if let Ok(Some(entry)) = cursor.read(first) {
                    endpoint = Some(entry.record.local);
                    began = began.or(Some(entry.record.time));
                }
            }
            _ => {}
        }
    }
    let title = description.map(|description| description.title).unwrap_or_default();
    Ok(Some(Unfinished { title, began, endpoint, bytes, last_write, folder }))
}
