//! The bytes of each connection and direction in a file of its own, of which there may be more than
//! files can be open: bytes gather in memory, within a bound, and each file is open only while it is
//! appended to.

use crate::capture::create_beside;
use crate::model::{ConnectionId, Direction, Failure, Operation, Record};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What may gather before it is written.
const GATHERED_BYTES: usize = 8 << 20;
/// What an empty buffer counts as, so that very many streams of few bytes stay within the bound.
const STREAM_BYTES: usize = 128;

/// `NAME.c3.in.bin`: the file of what connection 3 received.
#[must_use]
pub fn stream_file_name(name: &str, connection: ConnectionId, direction: Direction) -> String {
    let direction = super::json::direction_name(direction);
    format!("{name}.c{}.{direction}.bin", connection.0)
}

/// The files being written, in a folder of their own within the one where they are to be.
pub(super) struct StreamFiles {
    folder: PathBuf,
    name: String,
    drafts: PathBuf,
    /// The folder was not there before.
    is_new: bool,
    /// By connection, and whether it is what was sent.
    gathered: BTreeMap<(u32, bool), Vec<u8>>,
    gathered_bytes: usize,
    is_done: bool,
}

impl StreamFiles {
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
            gathered: BTreeMap::new(),
            gathered_bytes: 0,
            is_done: false,
        })
    }

    pub fn append(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        let key = (record.connection.0, record.direction == Direction::Outbound);
        self.gathered.entry(key).or_default().extend_from_slice(record.payload);
        self.gathered_bytes += record.payload.len() + STREAM_BYTES;
        if self.gathered_bytes >= GATHERED_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Failure> {
        for ((connection, is_sent), bytes) in std::mem::take(&mut self.gathered) {
            let direction = if is_sent { Direction::Outbound } else { Direction::Inbound };
            let file = stream_file_name(&self.name, ConnectionId(connection), direction);
            let written = File::options()
                .append(true)
                .create(true)
                .open(self.drafts.join(&file))
                .and_then(|mut file| file.write_all(&bytes));
            written.map_err(|error| failed(&self.folder.join(&file), &error))?;
        }
        self.gathered_bytes = 0;
        Ok(())
    }

    /// Puts all of them in their place, and tells where they are.
    pub fn commit(mut self) -> Result<Vec<PathBuf>, Failure> {
        self.write()?;
        let found = fs::read_dir(&self.drafts)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>());
        let mut names = found.map_err(|error| failed(&self.folder, &error))?;
        names.sort_unstable();
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let (draft, target) = (self.drafts.join(&name), self.folder.join(&name));
            // Waiting for the disk for each of thousands would take minutes.
            fs::rename(draft, &target).map_err(|error| failed(&target, &error))?;
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
