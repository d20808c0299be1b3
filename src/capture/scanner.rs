//! Reading a whole recording from its beginning to its end, as fast as the disk or the page cache permits.
//!
//! Reads large chunks of whole blocks, so that a search can look at all bytes of a chunk at once. A
//! [`super::Cursor`] is for reading single records in either direction.

use super::cursor::{Entry, damaged, entry};
use super::pcapng::{self, Block, MAX_BLOCK_BYTES};
use super::position::Position;
use super::segment::{Segment, Snapshot};
use super::walk;
use crate::model::{Damage, Failure};
use std::ops::{ControlFlow, Range};

/// Bytes read at once: small enough that a chunk is still in the processor's cache when it is searched.
const READ_BYTES: usize = 256 * 1024;
/// Room before what is read, for the part of a block that was read before it. An incomplete block is shorter.
const FRONT_BYTES: usize = MAX_BLOCK_BYTES as usize;

/// Reads a recording once, from front to back; it may be growing.
#[derive(Debug)]
pub struct Scanner {
    /// Position of the next chunk.
    at: u64,
    /// What was read, behind [`FRONT_BYTES`]; `kept` is the part after the last chunk, which begins at `at`.
    buffer: Vec<u8>,
    kept: Range<usize>,
}

impl Scanner {
    /// A scanner that begins at `from`, which must be a border between blocks.
    #[must_use]
    pub fn new(from: Position) -> Self {
        Self { at: from.0, buffer: Vec::new(), kept: 0..0 }
    }

    /// Position of the next chunk, never before the start of the last snapshot.
    #[must_use]
    pub fn position(&self) -> Position {
        Position(self.at)
    }

    /// Continues at `position`, which must be a border between blocks.
    pub fn seek(&mut self, position: Position) {
        self.at = position.0;
        self.kept = 0..0;
    }

    /// Reads the next chunk. What the size limit has dropped is skipped. `None` at the end of the snapshot; a newer one
    /// may contain more.
    ///
    /// # Errors
    /// A file cannot be read, or a block is damaged. [`Scanner::skip_damage`] then continues after it.
    pub fn read<'a>(&'a mut self, snapshot: &'a Snapshot) -> Result<Option<Chunk<'a>>, Failure> {
        self.read_until(snapshot, Position(u64::MAX))
    }

    /// The same, with a chunk that ends at `until` at the latest, if that is a border between blocks behind the
    /// scanner's position. Otherwise it may end anywhere.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn read_until<'a>(
        &'a mut self,
        snapshot: &'a Snapshot,
        until: Position,
    ) -> Result<Option<Chunk<'a>>, Failure> {
        if self.at < snapshot.start().0 {
            self.at = snapshot.start().0;
            self.kept = 0..0;
        }
        let Some((segment, segment_end)) = snapshot.segment(self.at) else { return Ok(None) };
        let end = if until.0 > self.at { until.0.min(segment_end) } else { segment_end };
        let mut loaded = self.load_blocks(snapshot, segment, end);
        if loaded.is_err() && end < segment_end {
            // No border, after all, if the file was changed since.
            self.kept = 0..0;
            loaded = self.load_blocks(snapshot, segment, segment_end);
        }
        match loaded {
            Ok(whole) => {
                let base = self.at;
                let bytes = &self.buffer[self.kept.start..self.kept.start + whole];
                self.kept.start += whole;
                self.at += whole as u64;
                Ok(Some(Chunk { snapshot, base, bytes }))
            }
            Err(failure) => {
                self.kept = 0..0;
                Err(failure)
            }
        }
    }

    /// Reads until `kept` begins with a whole block. Returns the length of all whole blocks there.
    fn load_blocks(
        &mut self,
        snapshot: &Snapshot,
        segment: &Segment,
        segment_end: u64,
    ) -> Result<usize, Failure> {
        self.load(segment, segment_end)?;
        let whole = pcapng::whole_blocks(&self.buffer[self.kept.clone()]);
        if whole > 0 {
            return Ok(whole);
        }
        // The first block is longer than what was read, or damaged.
        let length = pcapng::block_length(&self.buffer[self.kept.clone()]);
        let Some(length) = length.filter(|length| u64::from(*length) <= segment_end - self.at) else {
            return Err(damaged(snapshot, self.at, Damage::BlockLength));
        };
        while self.kept.len() < length as usize {
            self.load(segment, segment_end)?;
        }
        let whole = pcapng::whole_block_length(&self.buffer[self.kept.clone()]);
        whole.ok_or_else(|| damaged(snapshot, self.at, Damage::Contradiction))
    }

    /// Continues after the damage that [`Self::read`] has reported. If its end is not known yet, it is searched for;
    /// when `is_cancelled` returns `true`, the rest of the segment is skipped.
    pub fn skip_damage(&mut self, snapshot: &Snapshot, is_cancelled: &dyn Fn() -> bool) {
        self.kept = 0..0;
        self.at = match (snapshot.gap(self.at), snapshot.segment(self.at)) {
            (Some(gap), _) => gap.end,
            (None, Some((segment, end))) => {
                let (damaged, length) = (self.at - segment.base, end - segment.base);
                let go_on =
                    || if is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
                // The file became shorter: there is nothing more to read.
                let behind = walk::behind(segment, damaged, length, go_on).unwrap_or(length);
                segment.base + behind
            }
            (None, None) => snapshot.end().0,
        };
    }

    /// Reads on behind `kept`, up to the end of the segment at most.
    fn load(&mut self, segment: &Segment, segment_end: u64) -> Result<(), Failure> {
        let from = self.at + self.kept.len() as u64;
        let length = (READ_BYTES as u64).min(segment_end - from) as usize;
        if self.buffer.is_empty() {
            // The front takes memory only as far as it is used.
            self.buffer = vec![0; FRONT_BYTES + READ_BYTES];
        }
        let front = FRONT_BYTES - self.kept.len();
        self.buffer.copy_within(self.kept.clone(), front);
        self.kept = front..FRONT_BYTES;
        segment.read(&mut self.buffer[FRONT_BYTES..FRONT_BYTES + length], from - segment.base)?;
        self.kept.end += length;
        Ok(())
    }
}

/// A sequence of whole blocks.
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
    /// Range of the payload in [`Chunk::bytes`].
    pub payload: Range<usize>,
}

impl<'a> Chunk<'a> {
    /// Its place in the recording.
    #[must_use]
    pub fn range(&self) -> Range<Position> {
        Position(self.base)..Position(self.base + self.bytes.len() as u64)
    }

    /// The records, in order. A damaged block is a failure, and the records after it follow.
    pub fn records(self) -> impl Iterator<Item = Result<Scanned<'a>, Failure>> {
        let mut at = 0;
        let start_of_all = self.snapshot.start();
        std::iter::from_fn(move || {
            while at < self.bytes.len() {
                let start = at;
                let position = self.base + start as u64;
                // A chunk consists of whole blocks.
                let length = pcapng::whole_block_length(&self.bytes[start..])?;
                at += length;
                let Some(block) = pcapng::read_block(&self.bytes[start..at]) else {
                    return Some(Err(damaged(self.snapshot, position, Damage::Contradiction)));
                };
                let Block::Packet(packet) = block else { continue };
                let end = Position(self.base + at as u64);
                let Some(mut entry) = entry(Position(position), end, &packet) else { continue };
                entry.previous = entry.previous.filter(|previous| *previous >= start_of_all);
                let payload = entry.record.payload;
                // The payload is a slice of these bytes, except that an empty one may point anywhere.
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
    use crate::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

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
            answer: AnswerNote::default(),
        });
    }

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

    /// Parts of a recording between known borders are read apart, as if it were read in one.
    #[test]
    fn chunks_end_at_borders() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 900_000, total_bytes: None };
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        for number in 0..3000 {
            append(&mut writer, 1, &vec![number as u8; 400 + number % 1000]);
            writer.publish();
        }
        let snapshot = writer.reader().snapshot();
        let positions = snapshot.positions();
        for distance in [1, 300_000, 1_000_000] {
            let borders = snapshot.borders(positions[0], distance, 1000);
            assert!(borders.windows(2).all(|pair| pair[1].0 - pair[0].0 >= distance));
            assert!(
                borders.len() > 2 && snapshot.end().0 - borders[borders.len() - 1].0 < distance + (1 << 20)
            );
            assert_eq!(snapshot.borders(positions[0], distance, 2), borders[..3]);
            let mut scanner = Scanner::new(Position(0));
            let mut found = Vec::new();
            for part in borders.windows(2) {
                scanner.seek(part[0]);
                while scanner.position() < part[1] {
                    let chunk = scanner.read_until(&snapshot, part[1]).unwrap().unwrap();
                    assert!(chunk.range().end <= part[1]);
                    found.extend(chunk.records().map(|scanned| scanned.unwrap().entry.position));
                }
                assert_eq!(scanner.position(), part[1]);
            }
            assert_eq!(found, positions[..found.len()]);
        }
        // What is no border ends no chunk.
        let mut scanner = Scanner::new(positions[0]);
        let inside = Position(positions[7].0 + 8);
        let mut count = 0;
        while scanner.position() < inside {
            count += scanner.read_until(&snapshot, inside).unwrap().unwrap().records().count();
        }
        assert!(count >= 8);
        assert_eq!(snapshot.borders(snapshot.end(), 1, 9), [snapshot.end()]);
    }

    /// Fillers stand for damage of any length in a saved recording.
    #[test]
    fn blocks_longer_than_one_read_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording.pcapng");
        let mut bytes = Vec::new();
        pcapng::write_section_header(&mut bytes);
        let mut expected = Vec::new();
        for (number, filler) in (1..).zip([300_000, MAX_BLOCK_BYTES, 262_144, 12, 1_000_000, MAX_BLOCK_BYTES])
        {
            pcapng::write_filler(&mut bytes, filler);
            for connection in [number * 2, number * 2 + 1] {
                let alone = folder.path().join(connection.to_string());
                let mut writer = CaptureWriter::new(Destination::Folder(alone), Limits::default());
                append(&mut writer, connection, &[0x5A; 60_000]);
                writer.publish();
                let snapshot = writer.reader().snapshot();
                let written = std::fs::read(&snapshot.files()[0]).unwrap();
                bytes.extend_from_slice(&written[snapshot.positions()[0].0 as usize..]);
                expected.push(connection);
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        let opened = crate::capture::open(&path).unwrap();
        assert_eq!(read_all(&opened.reader.snapshot()), (expected, 0));
    }

    /// The connections of all records, and the number of failures.
    fn read_all(snapshot: &Snapshot) -> (Vec<u32>, usize) {
        let mut scanner = Scanner::new(Position(0));
        let (mut records, mut failures) = (Vec::new(), 0);
        loop {
            match scanner.read(snapshot) {
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    for scanned in chunk.records() {
                        match scanned {
                            Ok(scanned) => records.push(scanned.entry.record.connection.0),
                            Err(_) => failures += 1,
                        }
                    }
                }
                Err(_) => {
                    failures += 1;
                    scanner.skip_damage(snapshot, &|| false);
                }
            }
        }
        assert_eq!(scanner.position(), snapshot.end());
        (records, failures)
    }

    #[test]
    fn only_damaged_records_are_skipped_whether_or_not_the_file_is_indexed() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 4_000_000, total_bytes: None };
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        for number in 1..=6000 {
            append(&mut writer, number, &[0x5A; 1001]);
        }
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let mut places = Vec::new();
        let mut cursor = Cursor::new(snapshot.clone());
        let mut at = Position(0);
        while let Some(position) = cursor.next(at).unwrap() {
            places.push(position.0 as usize);
            at = cursor.read(position).unwrap().unwrap().end;
        }
        let mut first = std::fs::read(&snapshot.files()[0]).unwrap();
        // Packets longer than their blocks, whose lengths are right.
        for record in [100, 101, 1500] {
            first[places[record] + 20..][..4].fill(0xFF);
        }
        // Nothing of some records.
        first[places[900] + 8..places[905] + 20].fill(0);
        std::fs::write(&snapshot.files()[0], &first).unwrap();
        let is_left = |number: &u32| !matches!(number - 1, 100 | 101 | 1500 | 900..=905);
        let expected: Vec<u32> = (1..=6000).filter(is_left).collect();
        let (records, failures) = read_all(&snapshot);
        assert!(records == expected && failures == 4, "{} records, {failures} failures", records.len());
        let mut opened = crate::capture::open_folder(folder.path()).unwrap();
        opened.indexing.wait();
        let (records, failures) = read_all(&opened.reader.snapshot());
        assert!(records == expected && failures == 4, "{} records, {failures} failures", records.len());
    }
}
