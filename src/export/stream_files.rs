//! The bytes of each half of a connection in a file of its own. There may be more of them than files can be open:
//! bytes are buffered in memory, within a bound, and a file is open only while it is appended to.

use crate::capture::PartFolder;
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
    drafts: PartFolder,
    buffers: BTreeMap<HalfId, Vec<u8>>,
    buffered_bytes: usize,
    /// Declared after `drafts`, so that it is dropped when the folder is empty.
    new_folder: NewFolder,
}

/// The target folder, if it was created. Dropping this removes it if it is empty.
struct NewFolder(Option<PathBuf>);

impl Drop for NewFolder {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            let _ = fs::remove_dir(folder);
        }
    }
}

impl StreamFiles {
    /// Creates the target folder, if there is none, and the temporary one in it.
    ///
    /// # Errors
    /// Either cannot be created.
    pub fn create(folder: &Path, name: &str) -> Result<Self, Failure> {
        let new_folder = NewFolder((!folder.exists()).then(|| folder.into()));
        let made = fs::create_dir_all(folder).and_then(|()| PartFolder::create(&folder.join(name)));
        let drafts = made.map_err(|error| failed(folder, &error))?;
        Ok(Self {
            folder: folder.into(),
            name: name.into(),
            drafts,
            buffers: BTreeMap::new(),
            buffered_bytes: 0,
            new_folder,
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
                .open(self.drafts.path().join(&file))
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
        let names = self.drafts.names().map_err(|error| failed(&self.folder, &error))?;
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let (temporary, target) = (self.drafts.path().join(&name), self.folder.join(&name));
            // Waiting for the disk for each of thousands would take minutes.
            fs::rename(temporary, &target).map_err(|error| failed(&target, &error))?;
            files.push(target);
        }
        self.new_folder.0 = None;
        Ok(files)
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::from_io(Operation::Export, path.display(), error)
}
