//! Reading a whole recording from its beginning to its end, as fast as the disk or the cache gives it.
//!
//! Reads large chunks of whole blocks, so that a search can look at all of a chunk's bytes at once;
//! does not know what is searched. A [`super::Cursor`] is for walking to and fro.

use super::cursor::{Entry, damaged, entry};
use super::pcapng::{self, Block};
use super::segment::{Position, Segment, Snapshot};
use crate::model::{Damage, Failure};
use std::ops::Range;

/// Stays in a processor's second cache between being read and being searched.
const CHUNK_BYTES: usize = 256 * 1024;

/// Walks a growing recording once.
#[derive(Debug)]
pub struct Scanner {
    /// Where the next chunk begins.
    at: u64,
    /// What was read; `kept` is what of it comes after the last chunk.
    buffer: Vec<u8>,
    kept: Range<usize>,
}

impl Scanner {
    /// A scanner that begins at a border between blocks.
    #[must_use]
    pub fn new(from: Position) -> Self {
        Self { at: from.0, buffer: Vec::new(), kept: 0..0 }
    }

    /// Where the next chunk begins; never before what the last one of the snapshots still had.
    #[must_use]
    pub fn position(&self) -> Position {
        Position(self.at)
    }

    /// Reads the next chunk. What the size limit has dropped meanwhile is passed over. `None`: this
    /// is the end of the snapshot; a newer one may go on.
    ///
    /// # Errors
    /// When a file cannot be read or contradicts itself. [`Scanner::skip_damage`] then goes on behind.
    pub fn read<'a>(&'a mut self, snapshot: &'a Snapshot) -> Result<Option<Chunk<'a>>, Failure> {
        if self.at < snapshot.start().0 {
            self.at = snapshot.start().0;
            self.kept = 0..0;
        }
        let Some((segment, segment_end)) = snapshot.segment(self.at) else { return Ok(None) };
        let left = segment_end - self.at;
        let length = self.load(segment, (CHUNK_BYTES as u64).min(left) as usize)?;
        let mut whole = whole_blocks(&self.buffer[..length]);
        if whole == 0 {
            // The first block is longer than a chunk, or is none.
            let block = pcapng::block_length(&self.buffer[..length]);
            let Some(block) = block.filter(|block| u64::from(*block) <= left) else {
                return Err(damaged(snapshot, self.at, Damage::BlockLength));
            };
            whole = block as usize;
            self.load(segment, whole)?;
        }
        let base = self.at;
        self.kept = whole..self.kept.end;
        self.at += whole as u64;
        Ok(Some(Chunk { snapshot, base, bytes: &self.buffer[..whole] }))
    }

    /// After a failure: goes on behind the damage where it is known how far that goes, else at the next
    /// segment, or at the end of the snapshot.
    pub fn skip_damage(&mut self, snapshot: &Snapshot) {
        self.kept = 0..0;
        let behind_segment = snapshot.segment(self.at).map_or(snapshot.end().0, |(_, end)| end);
        self.at = snapshot.gap(self.at).map_or(behind_segment, |gap| gap.end);
    }

    /// Moves what was kept to the front and reads more behind it, so that there are `length` bytes
    /// or more. Returns how many there are.
    fn load(&mut self, segment: &Segment, length: usize) -> Result<usize, Failure> {
        let have = self.kept.len();
        self.buffer.copy_within(self.kept.clone(), 0);
        self.kept = 0..have;
        if have >= length {
            return Ok(have);
        }
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        segment.read(&mut self.buffer[have..length], self.at + have as u64 - segment.base)?;
        self.kept = 0..length;
        Ok(length)
    }
}

/// How many bytes the whole blocks have that `bytes` begins with.
fn whole_blocks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = pcapng::block_length(&bytes[at..]) {
        if length as usize > bytes.len() - at {
            break;
        }
        at += length as usize;
    }
    at
}

/// Whole blocks, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    snapshot: &'a Snapshot,
    base: u64,
    /// The file's bytes: payloads, and headers around them.
    pub bytes: &'a [u8],
}

/// A record in a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned<'a> {
    /// The record and its place in the recording.
    pub entry: Entry<'a>,
    /// Where the payload is in [`Chunk::bytes`].
    pub payload: Range<usize>,
}

impl<'a> Chunk<'a> {
    /// The records, in order. After a failure there are none.
    pub fn records(self) -> impl Iterator<Item = Result<Scanned<'a>, Failure>> {
        let mut at = 0;
        let start_of_all = self.snapshot.start();
        std::iter::from_fn(move || {
            while at < self.bytes.len() {
                let start = at;
                let position = self.base + start as u64;
                let length = pcapng::block_length(&self.bytes[start..]).map_or(0, |length| length as usize);
                let block = self.bytes.get(start..start + length).and_then(pcapng::read_block);
                let Some(block) = block else {
                    at = self.bytes.len();
                    return Some(Err(damaged(self.snapshot, position, Damage::Contradiction)));
                };
                at += length;
                let Block::Packet(packet) = block else { continue };
                let Some(mut entry) = entry(position, length, &packet) else { continue };
                entry.previous = entry.previous.filter(|previous| *previous >= start_of_all);
                let payload = entry.record.payload;
                // A payload is a part of these bytes; that of a note is empty and may be anywhere.
                let first = (payload.as_ptr() as usize).wrapping_sub(self.bytes.as_ptr() as usize);
                let payload = if payload.is_empty() { at..at } else { first..first + payload.len() };
                return Some(Ok(Scanned { entry, payload }));
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureWriter, Cursor, Destination, Limits};
    use crate::model::{ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

    fn append(writer: &mut CaptureWriter, connection: u32, payload: &[u8]) {
        let kinds = [RecordKind::Data, RecordKind::Data, RecordKind::Data, RecordKind::Note];
        let kind = kinds[payload.len() % kinds.len()];
        let is_data = kind == RecordKind::Data;
        writer.append(&Record {
            time: Timestamp(7),
            kind,
            direction: Direction::Outbound,
            transport: if connection == 2 { Transport::Udp } else { Transport::Tcp },
            connection: ConnectionId(connection),
            local: "[::1]:7788".parse().unwrap(),
            peer: "[::1]:50000".parse().unwrap(),
            payload: if is_data { payload } else { b"" },
            is_cut: false,
            text: if is_data { "" } else { "a note" },
        });
    }

    /// What a cursor reads one by one, a scanner reads in chunks, and goes on where it was.
    #[test]
    fn a_scanner_reads_what_a_cursor_reads() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 700_000, total_bytes: None };
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        let bytes: Vec<u8> = (0..64_000u32).map(|at| (at * 7) as u8).collect();
        let mut scanner = Scanner::new(Position(0));
        let mut cursor = Cursor::default();
        let mut at = Position(0);
        let mut records = 0;
        for round in 0..60usize {
            for step in 0..40 {
                let length = if step % 11 == 3 { 60_000 } else { (round * step * 37) % 1500 };
                append(&mut writer, 1 + step as u32 % 3, &bytes[round..round + length]);
            }
            writer.publish();
            let snapshot = writer.reader().snapshot();
            cursor.update(snapshot.clone());
            while let Some(chunk) = scanner.read(&snapshot).unwrap() {
                for scanned in chunk.records() {
                    let scanned = scanned.unwrap();
                    at = cursor.next(at).unwrap().unwrap();
                    let entry = cursor.read(at).unwrap().unwrap();
                    assert_eq!(scanned.entry, entry);
                    assert_eq!(&chunk.bytes[scanned.payload.clone()], entry.record.payload);
                    at = entry.end;
                    records += 1;
                }
            }
            assert_eq!(scanner.position(), snapshot.end());
            assert_eq!(records, snapshot.records());
        }
        assert!(writer.reader().snapshot().files().len() > 3);
    }

    #[test]
    fn damage_is_named_and_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 1000, total_bytes: None };
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        for _ in 0..10 {
            append(&mut writer, 1, &[0x5A; 401]);
            writer.publish();
        }
        let snapshot = writer.reader().snapshot();
        let files = snapshot.files();
        let mut first = std::fs::read(&files[0]).unwrap();
        let block = first.len() - 400;
        first[block..].fill(0xFF);
        std::fs::write(&files[0], &first).unwrap();
        let mut scanner = Scanner::new(Position(0));
        let (mut records, mut failures) = (0, 0);
        loop {
            let damaged = match scanner.read(&snapshot) {
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    let (read, failed): (Vec<_>, Vec<_>) = chunk.records().partition(Result::is_ok);
                    records += read.len();
                    failed.len()
                }
                Err(_) => 1,
            };
            if damaged > 0 {
                failures += damaged;
                scanner.skip_damage(&snapshot);
            }
        }
        assert_eq!(failures, 1);
        assert!(records > 4, "{records}");
        assert_eq!(scanner.position(), snapshot.end());
    }
}
