//! Printing a part of a recording, where a record's first character may begin in a record that is not in
//! that part.

use super::{Printer, Stop};
use crate::capture::{Cursor, Entry, Position, Snapshot};
use crate::codec::Encoding;
use crate::lead::pending_before;
use crate::model::{ConnectionId, Direction, Failure, RecordKind, Transport};
use std::collections::HashMap;
use std::io::Write;

/// How far back another record of the stream is looked for.
const LEAD_RECORDS: usize = 20_000;
/// For how many records it is remembered what is pending after them.
const KNOWN_RECORDS: usize = 100_000;

/// Prints records of a part of a recording, each with the characters that it has in the whole.
pub(super) struct Leads {
    cursor: Cursor,
    encoding: Encoding,
    known: HashMap<Position, Vec<u8>>,
    /// The newest record printed of each stream that has bytes pending after it.
    unfinished: HashMap<(ConnectionId, Direction), Position>,
}

impl Leads {
    pub fn new(snapshot: Snapshot, encoding: Encoding) -> Self {
        Self { cursor: Cursor::new(snapshot), encoding, known: HashMap::new(), unfinished: HashMap::new() }
    }

    pub fn print<W: Write>(&mut self, entry: &Entry<'_>, printer: &mut Printer<W>) -> Result<(), Stop> {
        let record = &entry.record;
        let connection = record.connection;
        if record.kind == RecordKind::Closed {
            for direction in [Direction::Inbound, Direction::Outbound] {
                if let Some(last) = self.unfinished.remove(&(connection, direction))
                    && !self.is_last(last, connection, direction, entry.position)?
                {
                    // What completes the character is not in this part.
                    printer.resume(connection, direction, &[]);
                }
            }
        }
        if record.kind != RecordKind::Data || record.transport == Transport::Udp {
            return Ok(printer.print(record)?);
        }
        if self.known.len() > KNOWN_RECORDS {
            self.known.clear();
        }
        let lead = pending_before(&mut self.cursor, entry, self.encoding, &mut self.known)?;
        printer.resume(connection, record.direction, &lead);
        printer.print(record)?;
        let pending = printer.pending(connection, record.direction);
        self.known.insert(entry.position, pending.to_vec());
        if pending.is_empty() {
            self.unfinished.remove(&(connection, record.direction));
        } else {
            self.unfinished.insert((connection, record.direction), entry.position);
        }
        Ok(())
    }

    /// Whether no data came in a stream between the record at `last` and the one at `closed`. Where
    /// that is too far to look, it is taken for no.
    fn is_last(
        &mut self,
        last: Position,
        connection: ConnectionId,
        direction: Direction,
        closed: Position,
    ) -> Result<bool, Failure> {
        let mut at = closed;
        for _ in 0..LEAD_RECORDS {
            let Some(position) = self.cursor.previous(at)? else { return Ok(false) };
            if position <= last {
                return Ok(true);
            }
            let Some(entry) = self.cursor.read(position)? else { return Ok(false) };
            let record = entry.record;
            if (record.kind, record.connection, record.direction) == (RecordKind::Data, connection, direction)
            {
                return Ok(false);
            }
            at = position;
        }
        Ok(false)
    }
}
