//! Names of the hidden files beside a recording: its lock, and what is being written.

use std::io;
use std::path::{Path, PathBuf};

/// Most bytes of a file name that a temporary name or a lock file's name repeats: file systems take 255.
const MAX_NAME_BYTES: usize = 200;

/// The path of a hidden file that belongs to `target`: `.NAME` and `suffix`, in the same folder.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`]: `target` ends with no name.
pub(super) fn hidden_beside(target: &Path, suffix: &str) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let name = &name[..name.floor_char_boundary(MAX_NAME_BYTES)];
    Ok(target.with_file_name(format!(".{name}{suffix}")))
}
