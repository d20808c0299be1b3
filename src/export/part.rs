//! Printing a part of a recording, where a record's first character may begin in a record that is not in
//! that part.

use super::{Printer, Stop};
use crate::capture::{Cursor, Entry, Position, Snapshot};
use crate::model::{Failure, HalfId, RecordKind, Transport};
use crate::streams::{Encodings, pending_before};
use std::collections::HashMap;
use std::io::Write;

/// Bound on looking back for another record of the stream.
const MAX_RECORDS_BACK: usize = 20_000;
/// Bound on the cache of bytes pending after records, in records.
const MAX_KNOWN: usize = 100_000;

/// Prints records of a part of a recording, each with the characters that it has in the whole.
pub(super) struct Part {
    cursor: Cursor,
    encodings: Encodings,
    known: HashMap<Position, Vec<u8>>,
    /// The newest record printed of each stream that has bytes pending after it.
    unfinished: HashMap<HalfId, Position>,
}

impl Part {
    pub fn new(snapshot: Snapshot, encodings: Encodings) -> Self {
        Self { cursor: Cursor::new(snapshot), encodings, known: HashMap::new(), unfinished: HashMap::new() }
    }

    /// Prints a record. Bytes pending before its half's first record in this part are read from the recording.
    ///
    /// # Errors
    /// The recording cannot be read, or the output not written. What was printed stays.
    pub fn print<W: Write>(&mut self, entry: &Entry<'_>, printer: &mut Printer<W>) -> Result<(), Stop> {
        let record = &entry.record;
        if record.kind == RecordKind::Closed {
            for half in HalfId::both(record.connection) {
                if let Some(last) = self.unfinished.remove(&half)
                    && !self.is_last(last, half, entry.position)?
                {
                    // What completes the character is not in this part.
                    printer.forget(half);
                }
            }
        }
        if self.known.len() > MAX_KNOWN {
            self.known.clear();
        }
        let encoding = self.encodings.of(record.connection);
        let (cursor, known) = (&mut self.cursor, &mut self.known);
        printer.print_after(entry, || Ok::<_, Stop>(pending_before(cursor, entry, encoding, known)?))?;
        if record.kind == RecordKind::Data && record.transport == Transport::Tcp {
            let pending = printer.pending(record.half());
            self.known.insert(entry.position, pending.to_vec());
            if pending.is_empty() {
                self.unfinished.remove(&record.half());
            } else {
                self.unfinished.insert(record.half(), entry.position);
            }
        }
        Ok(())
    }

    /// Whether no data came in a stream between the record at `last` and the one at `closed`. Beyond the bound
    /// on looking back the answer is no.
    fn is_last(&mut self, last: Position, half: HalfId, closed: Position) -> Result<bool, Failure> {
        let mut at = closed;
        for _ in 0..MAX_RECORDS_BACK {
            let Some(position) = self.cursor.previous(at)? else { return Ok(false) };
            if position <= last {
                return Ok(true);
            }
            let Some(entry) = self.cursor.read(position)? else { return Ok(false) };
            if entry.record.kind == RecordKind::Data && entry.record.half() == half {
                return Ok(false);
            }
            at = position;
        }
        Ok(false)
    }
}
