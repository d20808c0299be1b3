//! The state of decoding where it does not come from the record printed before: in a part of a
//! recording, a record's first character may begin in a record that is not in that part.

use super::{Printer, Stop};
use crate::capture::{Cursor, Entry, Position, Snapshot};
use crate::codec::{Encoding, StreamDecoder, sync_start};
use crate::model::{ConnectionId, Direction, Failure, FailureKind, RecordKind, Transport};
use std::collections::HashMap;
use std::io::Write;

/// How far back a character's beginning is looked for, in bytes of its stream. Only a longer run of
/// double-byte characters without a space, a line break or a letter needs more.
const LEAD_BYTES: usize = 1 << 20;
/// The same in records, which may be of one byte each.
const LEAD_RECORDS: usize = 20_000;
/// For how many records it is remembered what is pending after them.
const KNOWN_RECORDS: usize = 100_000;

/// The bytes, at most three, that begin a character at the end of the record at `at` of a TCP stream.
///
/// Reads back in the stream until a point is found from which decoding is certain, then forward
/// again. `known` has what was found before, all with the same encoding, and takes what is found now.
/// In a run too long for that, characters are taken to begin at a place that is the same from everywhere.
///
/// A record that is damaged counts as dropped: it costs a character at most.
///
/// # Errors
/// The recording could not be read.
pub fn pending_after(
    cursor: &mut Cursor,
    mut at: Position,
    encoding: Encoding,
    known: &mut HashMap<Position, Vec<u8>>,
) -> Result<Vec<u8>, Failure> {
    let mut decoder = StreamDecoder::new(encoding);
    // What is passed on the way back, newest first.
    let mut passed: Vec<(Position, Vec<u8>)> = Vec::new();
    let mut bytes = 0;
    loop {
        if let Some(pending) = known.get(&at) {
            decoder.decode(pending, &mut String::new());
            break;
        }
        // The beginning of the stream may have been dropped: what is left is all there is.
        let entry = match cursor.read(at) {
            Ok(Some(entry)) => entry,
            Err(failure) if !matches!(failure.kind, FailureKind::Damaged { .. }) => return Err(failure),
            _ => break,
        };
        match entry.record.kind {
            RecordKind::Data => {
                let payload = entry.record.payload;
                // The offset is known modulo 2^32; only at the very beginning may it be taken for 0.
                let wrapped = if entry.previous.is_some() { 1 << 32 } else { 0 };
                let offset = wrapped + u64::from(entry.stream_offset);
                let is_far = bytes >= LEAD_BYTES || passed.len() >= LEAD_RECORDS;
                let guess = || Some(guessed_start(offset)).filter(|&at| is_far && at < payload.len());
                if let Some(start) = step_from(encoding, payload, offset).or_else(guess) {
                    decoder.decode(payload.get(start..).unwrap_or_default(), &mut String::new());
                    known.insert(at, decoder.pending().to_vec());
                    break;
                }
                bytes += payload.len();
                passed.push((at, payload.to_vec()));
            }
            RecordKind::Opened | RecordKind::Closed => break,
            RecordKind::Error | RecordKind::Note => {}
        }
        // Records of no bytes, as only a file made for it has them, give no place to guess at.
        let Some(previous) = entry.previous.filter(|_| passed.len() < 2 * LEAD_RECORDS) else { break };
        at = previous;
    }
    for (position, payload) in passed.into_iter().rev() {
        decoder.decode(&payload, &mut String::new());
        known.insert(position, decoder.pending().to_vec());
    }
    Ok(decoder.pending().to_vec())
}

/// Where in a record's bytes decoding may begin: mostly within the last few, which are looked at first.
fn step_from(encoding: Encoding, payload: &[u8], offset: u64) -> Option<usize> {
    const FEW: usize = 16;
    let few = payload.len().saturating_sub(FEW);
    let in_tail = sync_start(encoding, &payload[few..], offset + few as u64).map(|start| few + start);
    in_tail.or_else(|| if few > 0 { sync_start(encoding, payload, offset) } else { None })
}

/// Where a character is taken to begin after a run too long to be followed back: at a multiple of the
/// longest one's length, so that the guess is the same from wherever in the run it is made.
fn guessed_start(offset: u64) -> usize {
    (offset.next_multiple_of(4) - offset) as usize
}

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
        let lead = match entry.previous {
            Some(previous) => pending_after(&mut self.cursor, previous, self.encoding, &mut self.known)?,
            None => Vec::new(),
        };
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
