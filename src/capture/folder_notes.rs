//! What the folder of a recording says of it besides its records: up to where it was saved, and in which encoding its
//! text was read.
//!
//! Each is a small file that is written anew when that changes. One that is missing, damaged or of a newer version is
//! ignored: then the recording counts as not saved, or has no encoding.

use super::position::Position;
use super::private::private_options;
use super::segment::Snapshot;
use crate::codec::Encoding;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The description of a recording, which is in each of their folders.
pub(super) const DESCRIPTION: &str = "recording.toml";
const SAVED: &str = "saved.toml";
const VIEW: &str = "view.toml";
/// The version of the notes.
const VERSION: u32 = 1;

/// Everything up to a place is in a file of the user. Positions begin anew when a recording is opened without its
/// dropped segments, so that the place is one in a file.
#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    /// The name of the segment.
    segment: String,
    /// The offset in it, in bytes.
    offset: u64,
}

#[derive(Serialize, Deserialize)]
struct View {
    version: u32,
    encoding: Encoding,
}

/// Whether a file in the folder of a recording is one of these.
pub(super) fn is_note(name: &OsStr) -> bool {
    name == SAVED || name == VIEW
}

/// Notes in the folder of the recording that all of `snapshot` is in a file of the user, so that it is not offered for
/// recovery. Does nothing for a recording that has no folder of its own.
///
/// # Errors
/// The file cannot be written; the recording may be offered then, although it was saved.
pub fn note_saved(snapshot: &Snapshot) -> io::Result<()> {
    let Some(last) = snapshot.segments.last() else { return Ok(()) };
    let (Some(folder), Some(name)) = (last.path.parent(), last.path.file_name()) else { return Ok(()) };
    if !folder.join(DESCRIPTION).exists() {
        return Ok(());
    }
    let (segment, offset) = (name.to_string_lossy().into_owned(), snapshot.end.0 - last.base);
    write(folder, SAVED, &Saved { version: VERSION, segment, offset })
}

/// The position up to which the recording in `folder` was saved.
pub(super) fn saved_end(folder: &Path, snapshot: &Snapshot) -> Option<Position> {
    let saved: Saved = read(folder, SAVED).filter(|saved: &Saved| saved.version == VERSION)?;
    let is_it = |name: Option<&OsStr>| name.is_some_and(|name| name == OsStr::new(&saved.segment));
    let segment = snapshot.segments.iter().find(|segment| is_it(segment.path.file_name()))?;
    Some(Position(segment.base.saturating_add(saved.offset).min(snapshot.end.0)))
}

/// Notes in the folder of a recording in which encoding its text is read.
///
/// # Errors
/// The file cannot be written; the earlier encoding may be lost then.
pub fn note_encoding(folder: &Path, encoding: Encoding) -> io::Result<()> {
    write(folder, VIEW, &View { version: VERSION, encoding })
}

/// The encoding in which the text of the recording in `folder` was read.
pub(super) fn encoding(folder: &Path) -> Option<Encoding> {
    read(folder, VIEW).filter(|view: &View| view.version == VERSION).map(|view| view.encoding)
}

fn write(folder: &Path, name: &str, value: &impl Serialize) -> io::Result<()> {
    let text = toml::to_string(value).map_err(io::Error::other)?;
    let mut file = private_options().write(true).create(true).truncate(true).open(folder.join(name))?;
    file.write_all(text.as_bytes())
}

fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Option<T> {
    toml::from_str(&fs::read_to_string(folder.join(name)).ok()?).ok()
}
