//! Some records of a recording as a recording of their own.
//!
//! Their packets stay as they are, so that bytes keep their place in the numbers of their stream and nothing
//! else becomes another. The links between records are made anew and lead over no bytes that were left out:
//! a character is never put together from pieces that were not neighbours. Writes no file, and does not know
//! who chose the records.

use super::cursor::{Cursor, Entry};
use super::pcapng::{self, AUXILIARY, Annotation, PacketBlock};
use super::segment::{Position, Snapshot};
use super::tail::{Tail, interface_name};
use crate::model::{ConnectionId, Direction, Failure, FailureKind, Record, RecordKind, Transport};
use std::collections::HashMap;

/// Makes the blocks of such a recording, in their order.
#[derive(Debug)]
pub struct Excerpt {
    cursor: Cursor,
    /// How many bytes of blocks were made.
    end: u64,
    interfaces: u32,
    streams: HashMap<ConnectionId, ConnectionState>,
    /// The records that have bookmarks, and where they are now.
    bookmarked: Vec<(Position, u64)>,
}

/// What is remembered of a connection.
#[derive(Debug)]
struct ConnectionState {
    interface: u32,
    inbound: Half,
    outbound: Half,
}

/// One direction of it.
#[derive(Debug, Default)]
struct Half {
    /// Where its last record is now.
    last: Option<u64>,
    /// The offset of the next byte in the stream, if none is left out.
    next_offset: Option<u32>,
}

impl Excerpt {
    /// Begins a recording of records of `snapshot`, and appends its first block to `out`.
    #[must_use]
    pub fn new(snapshot: Snapshot, out: &mut Vec<u8>) -> Self {
        let before = out.len();
        pcapng::write_section_header(out);
        Self {
            cursor: Cursor::new(snapshot),
            end: (out.len() - before) as u64,
            interfaces: 0,
            streams: HashMap::new(),
            bookmarked: Vec::new(),
        }
    }

    /// Appends the blocks of a record to `out`. Records come in their order.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn append(&mut self, entry: &Entry<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some((block, mut next)) = self.cursor.packet(entry.position)? else { return Ok(()) };
        let Some(annotation) = block.annotation else { return Ok(()) };
        let record = &entry.record;
        let before = out.len();
        let interfaces = &mut self.interfaces;
        let stream = self.streams.entry(record.connection).or_insert_with(|| {
            pcapng::write_interface(out, &interface_name(record));
            *interfaces += 1;
            ConnectionState {
                interface: *interfaces - 1,
                inbound: Half::default(),
                outbound: Half::default(),
            }
        });
        let position = self.end + (out.len() - before) as u64;
        let half = match record.direction {
            Direction::Inbound => &mut stream.inbound,
            Direction::Outbound => &mut stream.outbound,
        };
        let back = half.link(entry, position);
        let interface = stream.interface;
        write(out, interface, &block, annotation, back);
        // What only makes the conversation whole stands behind its record.
        while let Some((block, annotation, end)) = auxiliary(&mut self.cursor, next, record.connection)? {
            write(out, interface, &block, annotation, 0);
            next = end;
        }
        self.end += (out.len() - before) as u64;
        if self.cursor.snapshot().bookmarks().get(entry.position).is_some() {
            self.bookmarked.push((entry.position, position));
        }
        if record.kind == RecordKind::Closed {
            self.streams.remove(&record.connection);
        }
        Ok(())
    }

    /// Appends the bookmarks on the records to `out`, after which there is nothing more.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let bookmarks = self.cursor.snapshot().bookmarks().clone();
        let mut tail = Tail::starting_at(self.end);
        for (bookmarked, position) in self.bookmarked {
            let Some(entry) = self.cursor.read(bookmarked)? else { continue };
            let record = Record { kind: RecordKind::Note, payload: &[], text: "", ..entry.record };
            tail.set_bookmark(&record, Position(position), bookmarks.get(bookmarked));
        }
        out.extend_from_slice(&tail.bytes);
        Ok(())
    }
}

impl Half {
    /// Takes in the record that is at `position` now. Returns how many bytes before it the one starts that
    /// it follows; 0: there is none.
    fn link(&mut self, entry: &Entry<'_>, position: u64) -> u64 {
        let record = &entry.record;
        let is_stream = record.kind == RecordKind::Data && record.transport == Transport::Tcp;
        let next_offset = entry.stream_offset.wrapping_add(record.payload.len() as u32);
        let follows = !is_stream || self.next_offset.replace(next_offset) == Some(entry.stream_offset);
        let last = self.last.replace(position);
        last.filter(|_| follows).map_or(0, |last| position - last)
    }
}

/// The packet at `position`, if it only makes the conversation of a connection whole, and where it ends.
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
        // It is no record, and what can be read of the records is complete without it.
        Err(failure) if !matches!(failure.kind, FailureKind::Damaged { .. }) => Err(failure),
        _ => Ok(None),
    }
}

fn write(out: &mut Vec<u8>, interface: u32, block: &PacketBlock<'_>, annotation: Annotation, back: u64) {
    let annotation = Some(Annotation { back, ..annotation });
    pcapng::write_packet(out, interface, &PacketBlock { annotation, ..*block }, &[]);
}
