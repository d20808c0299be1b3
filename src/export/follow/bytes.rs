//! What connections send us, byte by byte, in a file each.

use super::appending::Appending;
use super::{FollowStatus, Sink, appended_failure};
use crate::capture::Entry;
use crate::export::stream_file_name;
use crate::model::{ConnectionId, Direction, PeerKey, Record, RecordKind};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Which bytes go to which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BytesFile {
    /// Everything that is received, whoever sent it.
    All(PathBuf),
    /// What the peer of a connection, with this address, sends: also in connections with which it comes back once this
    /// one is closed. A TCP peer is known by its host, since it has another port each time.
    Of(ConnectionId, SocketAddr, PathBuf),
    /// What each connection sends, in a file of its own: `run.c3.in.bin` beside `run.bin`.
    Each(PathBuf),
}

impl BytesFile {
    /// The file, or the one that gives the others their names.
    pub(super) fn name(&self) -> String {
        let (Self::All(path) | Self::Of(_, _, path) | Self::Each(path)) = self;
        path.display().to_string()
    }

    /// The file for what a connection sends, if there is one.
    #[must_use]
    pub fn path_of(&self, connection: ConnectionId) -> Option<PathBuf> {
        match self {
            Self::All(path) => Some(path.clone()),
            Self::Of(one, _, path) => (*one == connection).then(|| path.clone()),
            Self::Each(path) => {
                let name =
                    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                Some(path.with_file_name(stream_file_name(&name, connection, Direction::Inbound)))
            }
        }
    }
}

/// Collects bytes and appends them to the files.
pub(super) struct BytesSink {
    file: BytesFile,
    /// The connection of the only peer is closed, and it may come back.
    is_closed: bool,
    buffers: BTreeMap<ConnectionId, Vec<u8>>,
    waiting: usize,
    /// Files that were begun, which replaces what was there.
    files: BTreeMap<PathBuf, Appending>,
}

impl BytesSink {
    pub fn new(file: BytesFile) -> Self {
        Self { file, is_closed: false, buffers: BTreeMap::new(), waiting: 0, files: BTreeMap::new() }
    }

    /// Passes to the connection with which the only peer comes back.
    fn follow_peer(&mut self, record: &Record<'_>) {
        let BytesFile::Of(connection, peer, _) = &mut self.file else { return };
        if record.connection == *connection {
            self.is_closed |= record.kind == RecordKind::Closed;
            return;
        }
        let key = |peer| PeerKey::accepted(record.transport, peer);
        if self.is_closed && record.kind == RecordKind::Opened && key(record.peer) == key(*peer) {
            // What is collected goes to the same file, before what comes next.
            let held = self.buffers.remove(connection).unwrap_or_default();
            self.buffers.insert(record.connection, held);
            (*connection, self.is_closed) = (record.connection, false);
        }
    }

    /// The file at `path`, which is begun anew the first time.
    ///
    /// # Errors
    /// It cannot be; nothing may be appended to what is there.
    fn file(&mut self, path: &Path) -> io::Result<&mut Appending> {
        if !self.files.contains_key(path) {
            let mut file = Appending::new(path);
            file.begin(false)?;
            self.files.insert(path.into(), file);
        }
        self.files.get_mut(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Sink for BytesSink {
    fn begin(&mut self, status: &mut FollowStatus) {
        let (BytesFile::All(path) | BytesFile::Of(_, _, path)) = self.file.clone() else { return };
        if let Err(error) = self.file(&path) {
            status.miss(0, appended_failure(&path, &error, false));
        }
    }

    fn take(&mut self, entry: &Entry<'_>) {
        let record = &entry.record;
        self.follow_peer(record);
        if record.kind == RecordKind::Data
            && record.direction == Direction::Inbound
            && self.file.path_of(record.connection).is_some()
        {
            self.buffers.entry(record.connection).or_default().extend_from_slice(record.payload);
            self.waiting += record.payload.len();
        }
    }

    fn waiting_bytes(&self) -> usize {
        self.waiting
    }

    fn write(&mut self, status: &mut FollowStatus) {
        self.waiting = 0;
        for (connection, bytes) in std::mem::take(&mut self.buffers) {
            let Some(path) = self.file.path_of(connection) else { continue };
            let file = match self.file(&path) {
                Ok(file) => file,
                Err(error) => {
                    status.miss(bytes.len(), appended_failure(&path, &error, false));
                    continue;
                }
            };
            let appended = file.append(&bytes);
            status.written += appended.written as u64;
            if let Some(error) = appended.problem {
                status.miss(appended.missing, appended_failure(&path, &error, appended.is_gone));
            }
        }
    }
}
