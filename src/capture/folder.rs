//! Where a recording lies: a folder of segments that a clean end deletes, or one file to keep.
//!
//! A folder holds `recording.toml` (what it is, when it began, which process writes it) and the
//! segments `000001.pcapng`, …; one whose process is gone was not ended cleanly.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a recording is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// One file, replaced if it exists. The segments' limits do not apply to it.
    File(PathBuf),
    /// A folder of its own.
    Folder(PathBuf),
}

impl Destination {
    /// The path of segment number `index`, counted from 0 and never reused, so that the names are in
    /// the order of the segments. Creates the folder.
    pub(super) fn segment_path(&self, index: usize) -> io::Result<PathBuf> {
        match self {
            Self::File(path) => Ok(path.clone()),
            Self::Folder(folder) => {
                fs::create_dir_all(folder)?;
                let mut number = index + 1;
                // Only a folder that had something in it before has a file of that name.
                loop {
                    let path = folder.join(format!("{number:06}.pcapng"));
                    if !path.exists() {
                        return Ok(path);
                    }
                    number += 1;
                }
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path) => path,
        }
    }
}

const DESCRIPTION: &str = "recording.toml";

/// What a recording's folder tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Description {
    title: String,
    began_unix_nanos: u64,
    process: u32,
}

/// The folder of one recording. Dropping it leaves the files; [`RecordingFolder::delete`] removes
/// them.
#[derive(Debug)]
pub struct RecordingFolder {
    path: PathBuf,
}

impl RecordingFolder {
    /// Makes a new folder below `parent`, never one that exists.
    pub fn create(parent: &Path, title: &str, began: Timestamp) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        let process = std::process::id();
        for attempt in 0u32.. {
            let path = parent.join(format!("{}-{process}-{attempt}", began.0));
            match fs::create_dir(&path) {
                Ok(()) => {
                    let description = Description { title: title.into(), began_unix_nanos: began.0, process };
                    let text = toml::to_string(&description).map_err(io::Error::other)?;
                    fs::write(path.join(DESCRIPTION), text)?;
                    return Ok(Self { path });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a writer needs.
    #[must_use]
    pub fn destination(&self) -> Destination {
        Destination::Folder(self.path.clone())
    }

    /// Deletes the recording.
    pub fn delete(self) -> io::Result<()> {
        fs::remove_dir_all(&self.path)
    }
}
