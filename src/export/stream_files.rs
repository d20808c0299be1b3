//! The bytes of each half of a connection in a file of its own. There may be more of them than files can be open:
//! bytes are buffered in memory, within a bound, and a file is open only while it is appended to.

use crate::capture::create_beside;
use crate::model::{ConnectionId, Direction, Failure, HalfId, Operation, Record};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bound on the bytes buffered before they are written.
const BUFFERED_BYTES: usize = 8 << 20;
/// Cost of one buffer beside its bytes, so that very many short streams stay within the bound.
const BUFFER_COST_BYTES: usize = 128;

/// `NAME.c3.in.bin`: the file of what connection 3 received.
#[must_use]
pub fn stream_file_name(name: &str, connection: ConnectionId, direction: Direction) -> String {
    let direction = super::json::direction_name(direction);
    format!("{name}.c{}.{direction}.bin", connection.0)
}

/// The files being written, in a temporary folder inside the target folder.
pub(super) struct StreamFiles {
    folder: PathBuf,
    name: String,
    drafts: PathBuf,
    /// The target folder was created.
    is_new: bool,
    buffers: BTreeMap<HalfId, Vec<u8>>,
    buffered_bytes: usize,
    is_done: bool,
}

impl StreamFiles {
    /// Creates the target folder, if there is none, and the temporary one in it.
    ///
    /// # Errors
    /// Either cannot be created.
    pub fn create(folder: &Path, name: &str) -> Result<Self, Failure> {
        let is_new = !folder.exists();
        let made = fs::create_dir_all(folder)
            .and_then(|()| create_beside(&folder.join(name), |path| fs::create_dir(path)));
        let ((), drafts) = made.map_err(|error| failed(folder, &error))?;
        Ok(Self {
            folder: folder.into(),
            name: name.into(),
            drafts,
            is_new,
            buffers: BTreeMap::new(),
            buffered_bytes: 0,
            is_done: false,
        })
    }

    /// Appends a record's payload to the file of its half; buffered.
    ///
    /// # Errors
    /// A file cannot be written. Nothing is in the target folder yet.
    pub fn append(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        self.buffers.entry(record.half()).or_default().extend_from_slice(record.payload);
        self.buffered_bytes += record.payload.len() + BUFFER_COST_BYTES;
        if self.buffered_bytes >= BUFFERED_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Failure> {
        for (half, bytes) in std::mem::take(&mut self.buffers) {
            let file = stream_file_name(&self.name, half.connection, half.direction);
            let written = File::options()
                .append(true)
                .create(true)
                .open(self.drafts.join(&file))
                .and_then(|mut file| file.write_all(&bytes));
            written.map_err(|error| failed(&self.folder.join(&file), &error))?;
        }
        self.buffered_bytes = 0;
        Ok(())
    }

    /// Moves all files into the target folder, and returns their paths.
    ///
    /// # Errors
    /// A file cannot be written or moved. Files moved before that stay in the target folder.
    pub fn commit(mut self) -> Result<Vec<PathBuf>, Failure> {
        self.write()?;
        let found = fs::read_dir(&self.drafts)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>());
        let mut names = found.map_err(|error| failed(&self.folder, &error))?;
        names.sort_unstable();
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let (temporary, target) = (self.drafts.join(&name), self.folder.join(&name));
            // Waiting for the disk for each of thousands would take minutes.
            fs::rename(temporary, &target).map_err(|error| failed(&target, &error))?;
            files.push(target);
        }
        self.is_done = true;
        Ok(files)
    }
}

impl Drop for StreamFiles {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.drafts);
        if self.is_new && !self.is_done {
            // Only an empty one goes.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::from_io(Operation::Export, path.display(), error)
}
