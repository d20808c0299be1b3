//! What a killed session leaves beside the file that it was to record to.
//!
//! A recording is written under a temporary name until its session runs. A session that is killed before leaves that
//! file with its beginning at most; the next session that records to the same file removes it. One whose recording
//! could not be put in place, which its user was told, leaves a file with records of connections: it is kept.

use super::atomic_file::RECORDING_SUFFIX;
use super::cursor::Cursor;
use super::hidden::temporary_beside;
use super::open::open_file;
use crate::model::{ConnectionId, Failure};
use std::fs;
use std::path::Path;

/// Removes the temporary files of killed sessions that were to record to `target`. The caller holds the lock of
/// `target`, so that no running session has them. What cannot be read or removed stays.
pub(super) fn remove_leftovers(target: &Path) {
    for path in temporary_beside(target, RECORDING_SUFFIX) {
        if has_traffic(&path).is_ok_and(|has_traffic| !has_traffic) {
            let _ = fs::remove_file(path);
        }
    }
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
