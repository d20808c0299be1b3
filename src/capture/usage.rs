//! How much the recordings below a folder take on the disk.

use super::open::segment_paths;
use std::fs;
use std::path::Path;

/// The total length in bytes of the recordings below `parent`, whoever writes them. What cannot be read does not count.
#[must_use]
pub fn recordings_bytes(parent: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(parent) else { return 0 };
    let folders = entries.flatten().map(|entry| entry.path());
    let segments = folders.filter_map(|folder| segment_paths(&folder).ok()).flatten();
    segments.filter_map(|segment| fs::metadata(segment).ok()).map(|metadata| metadata.len()).sum()
}
