//! Some records of a recording as a recording of their own.
//!
//! Packets are copied as they are, so that sequence numbers stay true. The links between records are made anew,
//! and lead over no bytes that were left out. Writes no file, and does not know who chose the records.

use super::cursor::{Cursor, Entry};
use super::pcapng::{self, AUXILIARY, Annotation, PacketBlock};
use super::segment::{Position, Snapshot};
use super::tail::{Tail, interface_name};
use crate::model::{ConnectionId, Direction, Failure, FailureKind, Record, RecordKind};
use std::collections::HashMap;

/// Makes the blocks of such a recording, in their order.
#[derive(Debug)]
pub struct Excerpt {
    cursor: Cursor,
    /// How many bytes of blocks were made.
    end: u64,
    interfaces: u32,
    connections: HashMap<ConnectionId, Connection>,
    /// The records that have marks, and where they are now.
    marked: Vec<(Position, u64)>,
}

#[derive(Debug)]
struct Connection {
    interface: u32,
    /// Where the last record of each half is now.
    last_inbound: Option<u64>,
    last_outbound: Option<u64>,
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
            connections: HashMap::new(),
            marked: Vec::new(),
        }
    }

    /// Appends the blocks of a record to `out`. Records come in their order. `continues`: no bytes are left out
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
            Connection { interface: *interfaces - 1, last_inbound: None, last_outbound: None }
        });
        let position = self.end + (out.len() - before) as u64;
        let last = match record.direction {
            Direction::Inbound => &mut connection.last_inbound,
            Direction::Outbound => &mut connection.last_outbound,
        };
        let back = last.replace(position).filter(|_| continues).map_or(0, |last| position - last);
        let interface = connection.interface;
        write(out, interface, &block, annotation, back);
        // What only makes the conversation whole stands behind its record.
        while let Some((block, annotation, end)) = auxiliary(&mut self.cursor, next, record.connection)? {
            write(out, interface, &block, annotation, 0);
            next = end;
        }
        self.end += (out.len() - before) as u64;
        if self.cursor.snapshot().marks().get(entry.position).is_some() {
            self.marked.push((entry.position, position));
        }
        if record.kind == RecordKind::Closed {
            self.connections.remove(&record.connection);
        }
        Ok(())
    }

    /// Appends the marks on the records to `out`, after which there is nothing more.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let marks = self.cursor.snapshot().marks().clone();
        let mut tail = Tail::starting_at(self.end);
        for (marked, position) in self.marked {
            let Some(entry) = self.cursor.read(marked)? else { continue };
            let record = Record { kind: RecordKind::Note, payload: &[], text: "", ..entry.record };
            tail.mark(&record, Position(position), marks.get(marked));
        }
        out.extend_from_slice(&tail.bytes);
        Ok(())
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
