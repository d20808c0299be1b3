//! What a killed session leaves beside the file that it was to record to.
//!
//! A recording is written under a temporary name until its session runs. A session that is killed before leaves that
//! file with its beginning at most; the next session that records to the same file removes it. One whose recording
//! could not be put in place, which its user was told, leaves a file with records of connections: it is kept.

use super::atomic_file::RECORDING_SUFFIX;
use super::cursor::Cursor;
use super::hidden::hidden_beside;
use super::open::open_file;
use crate::model::{ConnectionId, Failure};
use std::fs;
use std::path::Path;

/// Removes the temporary files of killed sessions that were to record to `target`. The caller holds the lock of
/// `target`, so that no running session has them. What cannot be read or removed stays.
pub(super) fn remove_leftovers(target: &Path) {
    let Ok(hidden) = hidden_beside(target, "") else { return };
    let Some(prefix) = hidden.file_name().and_then(|name| name.to_str()) else { return };
    let folder = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_temporary = entry.file_name().to_str().is_some_and(|name| is_temporary(name, prefix));
        if is_temporary && has_traffic(&entry.path()).is_ok_and(|has_traffic| !has_traffic) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a name is `prefix`, the process and the attempt, and the suffix of recordings.
fn is_temporary(name: &str, prefix: &str) -> bool {
    let middle =
        || name.strip_prefix(prefix)?.strip_prefix('.')?.strip_suffix(RECORDING_SUFFIX)?.split_once('-');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    middle().is_some_and(|(process, attempt)| is_number(process) && is_number(attempt))
}

/// Whether a file holds anything of a connection, or bytes after its last whole block, which may be such a record.
fn has_traffic(path: &Path) -> Result<bool, Failure> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0) {
        return Ok(false);
    }
    let (snapshot, ignored_bytes) = open_file(path)?;
    if ignored_bytes > 0 {
        return Ok(true);
    }
    let mut cursor = Cursor::new(snapshot);
    let mut at = cursor.snapshot().start();
    while let Some(position) = cursor.next(at)? {
        let Some(entry) = cursor.read(position)? else { return Ok(true) };
        if entry.record.connection != ConnectionId::SESSION {
            return Ok(true);
        }
        at = entry.end;
    }
    Ok(false)
}
