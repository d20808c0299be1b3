//! The bytes pending before records, which begin their first characters; in a bounded cache.

use crate::capture::{Cursor, Entry, Position, Snapshot};
use crate::model::{Failure, Transport};
use crate::streams::{Encodings, pending_before};
use std::collections::HashMap;

/// The largest number of records whose pending bytes are cached.
pub const PENDING_RECORDS: usize = 100_000;

/// Finds and keeps pending bytes.
#[derive(Default)]
pub struct Pendings {
    /// Reads back in the streams.
    cursor: Cursor,
    /// The incomplete character at the end of a record, which the next record of its half completes.
    pub(super) known: HashMap<Position, Vec<u8>>,
    /// The encodings that `known` is for.
    encodings: Option<Encodings>,
}

impl Pendings {
    /// For the records of a snapshot.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self { cursor: Cursor::new(snapshot), ..Self::default() }
    }

    /// Takes a newer snapshot.
    pub fn update(&mut self, snapshot: &Snapshot) {
        self.cursor.update(snapshot.clone());
    }

    /// The pending bytes before a record, at most three; none before what stands alone.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn before(&mut self, entry: &Entry<'_>, encodings: &Encodings) -> Result<Vec<u8>, Failure> {
        if self.encodings.as_ref() != Some(encodings) || self.known.len() > PENDING_RECORDS {
            self.known.clear();
            self.encodings = Some(encodings.clone());
        }
        pending_before(&mut self.cursor, entry, encodings.of(entry.record.connection), &mut self.known)
    }

    /// Notes the bytes that are pending at the end of a record with data, in the encodings of the last [`before`].
    /// A datagram completes no character of the one before.
    ///
    /// [`before`]: Self::before
    pub fn note_after(&mut self, position: Position, transport: Transport, pending: &[u8]) {
        if transport == Transport::Tcp {
            self.known.insert(position, pending.to_vec());
        }
    }
}
