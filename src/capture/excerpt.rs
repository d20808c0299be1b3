//! Some records of a recording as a recording of their own.
//!
//! Their packets are copied unchanged, so that their bytes keep their sequence numbers. The links between records are
//! rewritten and never skip bytes that were left out, so that no character is decoded from bytes that were not
//! adjacent. Makes blocks, and writes no file.

use super::cursor::{Cursor, Entry};
use super::names::write_names;
use super::pcapng::{self, AUXILIARY, Annotation, PacketBlock};
use super::position::Position;
use super::segment::Snapshot;
use super::tail::{Tail, interface_name};
use crate::model::{ConnectionId, Direction, Failure, FailureKind, Record, RecordKind};
use std::collections::{HashMap, VecDeque};

/// How far back a record may be that an answer links to, in records: a map of all would take memory without bound.
const REMEMBERED: usize = 4096;

/// Makes the blocks of such a recording.
#[derive(Debug)]
pub struct Excerpt {
    cursor: Cursor,
    /// Length of all blocks so far, in bytes.
    end: u64,
    interfaces: u32,
    connections: HashMap<ConnectionId, ConnectionState>,
    /// Positions of the newest records, in the old and in the new recording, for links to what was answered.
    newest: VecDeque<(Position, u64)>,
    /// Positions of the records with bookmarks, in the old and in the new recording.
    bookmarked: Vec<(Position, u64)>,
}

/// State of a connection.
#[derive(Debug)]
struct ConnectionState {
    interface: u32,
    /// New position of the last record of each half.
    last_inbound: Option<u64>,
    last_outbound: Option<u64>,
}

impl Excerpt {
    /// Begins a recording of some records of `snapshot`, and appends its first block to `out`.
    #[must_use]
    pub fn new(snapshot: Snapshot, out: &mut Vec<u8>) -> Self {
        let before = out.len();
        pcapng::write_section_header(out);
        Self {
            cursor: Cursor::new(snapshot),
            end: (out.len() - before) as u64,
            interfaces: 0,
            connections: HashMap::new(),
            newest: VecDeque::new(),
            bookmarked: Vec::new(),
        }
    }

    /// Appends the blocks of a record to `out`. Records must be given in ascending order. `continues`: no bytes are left out
    /// between the record appended before it in its half of the connection and this one.
    ///
    /// # Errors
    /// The recording could not be read. Nothing of the record is appended then, or its own packet and not all
    /// acknowledgements behind it.
    pub fn append(&mut self, entry: &Entry<'_>, continues: bool, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some((block, mut next)) = self.cursor.packet(entry.position)? else { return Ok(()) };
        let Some(annotation) = block.annotation else { return Ok(()) };
        let record = &entry.record;
        let before = out.len();
        let interfaces = &mut self.interfaces;
        let connection = self.connections.entry(record.connection).or_insert_with(|| {
            pcapng::write_interface(out, &interface_name(record));
            *interfaces += 1;
            ConnectionState { interface: *interfaces - 1, last_inbound: None, last_outbound: None }
        });
        let position = self.end + (out.len() - before) as u64;
        let last = match record.direction {
            Direction::Inbound => &mut connection.last_inbound,
            Direction::Outbound => &mut connection.last_outbound,
        };
        let back = last.replace(position).filter(|_| continues).map_or(0, |last| position - last);
        let interface = connection.interface;
        let answered = entry.answered.and_then(|answered| {
            let place = self.newest.binary_search_by_key(&answered, |(old, _)| *old).ok()?;
            Some(position - self.newest[place].1)
        });
        write(out, interface, &block, Annotation { back, answered: answered.unwrap_or(0), ..annotation });
        if self.newest.len() == REMEMBERED {
            self.newest.pop_front();
        }
        self.newest.push_back((entry.position, position));
        // Auxiliary packets follow their record.
        while let Some((block, annotation, end)) = auxiliary(&mut self.cursor, next, record.connection)? {
            write(out, interface, &block, Annotation { back: 0, ..annotation });
            next = end;
        }
        self.end += (out.len() - before) as u64;
        if self.cursor.snapshot().bookmarks().get(entry.position).is_some() {
            self.bookmarked.push((entry.position, position));
        }
        if record.kind == RecordKind::Closed {
            self.connections.remove(&record.connection);
        }
        Ok(())
    }

    /// Appends the bookmarks of the records to `out`, which completes the recording.
    ///
    /// # Errors
    /// The recording could not be read. The blocks in `out` are a recording without bookmarks.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let bookmarks = self.cursor.snapshot().bookmarks().clone();
        let mut tail = Tail::starting_at(self.end);
        for (bookmarked, position) in self.bookmarked {
            let Some(entry) = self.cursor.read(bookmarked)? else { continue };
            let record = Record { kind: RecordKind::Note, payload: &[], text: "", ..entry.record };
            tail.set_bookmark(&record, Position(position), bookmarks.get(bookmarked));
        }
        out.extend_from_slice(&tail.bytes);
        write_names(out, self.cursor.snapshot().names());
        Ok(())
    }
}

/// The auxiliary packet of a connection at `position`, if there is one, and where its block ends.
fn auxiliary(
    cursor: &mut Cursor,
    position: Position,
    connection: ConnectionId,
) -> Result<Option<(PacketBlock<'_>, Annotation, Position)>, Failure> {
    match cursor.packet(position) {
        Ok(Some((block, end))) => {
            let is_one = |annotation: &Annotation| {
                annotation.kind == AUXILIARY && annotation.connection == connection.0
            };
            Ok(block.annotation.filter(is_one).map(|annotation| (block, annotation, end)))
        }
        // Damage after the record: the record is complete without auxiliary packets.
        Err(failure) if !matches!(failure.kind, FailureKind::Damaged { .. }) => Err(failure),
        _ => Ok(None),
    }
}

fn write(out: &mut Vec<u8>, interface: u32, block: &PacketBlock<'_>, annotation: Annotation) {
    let block = PacketBlock { annotation: Some(annotation), ..*block };
    pcapng::write_packet(out, interface, &block, &[]);
}
