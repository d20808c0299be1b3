//! Fixtures of the search tests: recordings, and scans that are waited for.

mod ahead;
mod cases;
mod expired;
mod recordings;
mod reference;

use super::ahead::Division;
use super::*;
use crate::capture::{CaptureReader, CaptureWriter, Cursor, Destination, Limits, Position};
use crate::codec::Encoding;
use crate::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);

fn record(kind: RecordKind, connection: u32, direction: Direction, payload: &[u8]) -> Record<'_> {
    Record {
        time: Timestamp(1),
        kind,
        direction,
        // Odd connections are TCP, even ones UDP.
        transport: if connection % 2 == 1 { Transport::Tcp } else { Transport::Udp },
        connection: ConnectionId(connection),
        local: "127.0.0.1:7788".parse().unwrap(),
        peer: "127.0.0.1:50000".parse().unwrap(),
        payload,
        is_cut: false,
        text: "",
        answer: AnswerNote::default(),
    }
}

fn inbound(connection: u32, payload: &[u8]) -> Record<'_> {
    record(RecordKind::Data, connection, Direction::Inbound, payload)
}

struct Fixture {
    folder: tempfile::TempDir,
    writer: CaptureWriter,
}

impl Fixture {
    fn new() -> Self {
        Self::with(Limits { segment_bytes: 1 << 30, total_bytes: None })
    }

    fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        Self { folder, writer }
    }

    fn append(&mut self, records: &[Record<'_>]) {
        for record in records {
            self.writer.append(record);
        }
        self.writer.publish();
    }

    fn reader(&self) -> CaptureReader {
        self.writer.reader()
    }

    fn positions(&self) -> Vec<Position> {
        let mut cursor = Cursor::new(self.reader().snapshot());
        let mut at = cursor.snapshot().start();
        let mut positions = Vec::new();
        while let Some(position) = cursor.next(at).unwrap() {
            positions.push(position);
            at = cursor.read(position).unwrap().unwrap().end;
        }
        positions
    }
}

struct Started {
    scan: Scan,
    news: Receiver<()>,
}

fn start_keeping(kept: usize, job: Job, reader: CaptureReader, from: Position) -> Started {
    start_with(kept, Division::usual(), job, reader, from)
}

fn start_with(kept: usize, division: Division, job: Job, reader: CaptureReader, from: Position) -> Started {
    let (sender, news) = sync_channel(1);
    let notify = Arc::new(move || {
        let _ = sender.try_send(());
    });
    Started { scan: Scan::start_with(kept, division, job, reader, from, notify), news }
}

fn start(job: Job, fixture: &Fixture) -> Started {
    start_keeping(1_000_000, job, fixture.reader(), Position(0))
}

impl Started {
    /// Waits until everything recorded now was scanned.
    fn caught_up(&self, reader: &CaptureReader) -> Progress {
        self.caught_up_from(reader, reader.snapshot().start())
    }

    fn caught_up_from(&self, reader: &CaptureReader, from: Position) -> Progress {
        let end = reader.snapshot().end().0 - from.0;
        let until = Instant::now() + DEADLINE;
        loop {
            let progress = self.scan.progress();
            if progress.is_caught_up && progress.total_bytes == end {
                return progress;
            }
            assert!(Instant::now() < until, "{progress:?}");
            let _ = self.news.recv_timeout(Duration::from_millis(5));
        }
    }

    fn parts(&self) -> Vec<Vec<Part>> {
        let results = self.scan.results();
        (0..results.matches.kept()).map(|index| results.matches.parts(index)).collect()
    }
}

fn text(text: &str, case_sensitive: bool, encoding: Encoding) -> Query {
    Query::Text { text: text.into(), case_sensitive, encoding }
}

fn hex(pattern: &str) -> Query {
    Query::Hex { pattern: pattern.into() }
}

fn regex(pattern: &str) -> Query {
    Query::Regex { pattern: pattern.into(), case_sensitive: true, encoding: Encoding::Utf8 }
}

fn search(query: &Query) -> Job {
    Job::Search(query.compile().unwrap())
}

/// Runs a search to the end; returns the parts of each match with their records' numbers.
fn find(query: &Query, records: &[Record<'_>]) -> Vec<Vec<(usize, u32, u32)>> {
    let mut fixture = Fixture::new();
    fixture.append(records);
    let started = start(search(query), &fixture);
    started.caught_up(&fixture.reader());
    numbered(&started.parts(), &fixture.positions())
}

fn numbered(parts: &[Vec<Part>], positions: &[Position]) -> Vec<Vec<(usize, u32, u32)>> {
    let number = |part: &Part| {
        (positions.binary_search(&part.record).expect("a record is there"), part.start, part.length)
    };
    parts.iter().map(|parts| parts.iter().map(number).collect()).collect()
}

fn encoded(text: &str, encoding: Encoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    for character in text.chars() {
        let _ = encoding.encode(character.encode_utf8(&mut [0; 4]), &mut bytes);
    }
    bytes
}
