//! Fixtures of the tests of frames: recordings, scans that are waited for, and what is shown.

mod cases;
mod property;

use super::*;
use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits, Position};
use crate::model::{ConnectionId, Direction, HalfId, Record, RecordKind, Timestamp, Transport};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);
const IN: Direction = Direction::Inbound;
const OUT: Direction = Direction::Outbound;

/// Odd connections are TCP, even ones UDP.
fn record(kind: RecordKind, connection: u32, direction: Direction, time: u64, payload: &[u8]) -> Record<'_> {
    Record {
        time: Timestamp(time),
        kind,
        direction,
        transport: if connection % 2 == 1 { Transport::Tcp } else { Transport::Udp },
        connection: ConnectionId(connection),
        local: "127.0.0.1:7788".parse().unwrap(),
        peer: "127.0.0.1:50000".parse().unwrap(),
        payload,
        is_cut: false,
        text: "",
        answer: Default::default(),
    }
}

struct Fixture {
    _folder: tempfile::TempDir,
    writer: CaptureWriter,
    time: u64,
}

impl Fixture {
    fn new() -> Self {
        Self::with(Limits { segment_bytes: 1 << 30, total_bytes: None })
    }

    fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        Self { _folder: folder, writer, time: 0 }
    }

    /// A recording of reads of the first connection.
    fn of(reads: &[&[u8]]) -> Self {
        let mut fixture = Self::new();
        for read in reads {
            fixture.data(1, IN, read);
        }
        fixture
    }

    /// Appends data, a millisecond after what came before.
    fn data(&mut self, connection: u32, direction: Direction, payload: &[u8]) {
        self.time += 1_000_000;
        self.writer.append(&record(RecordKind::Data, connection, direction, self.time, payload));
        self.writer.publish();
    }

    fn close(&mut self, connection: u32) {
        self.time += 1_000_000;
        self.writer.append(&record(RecordKind::Closed, connection, IN, self.time, b""));
        self.writer.publish();
    }

    fn reader(&self) -> CaptureReader {
        self.writer.reader()
    }

    fn positions(&self) -> Vec<Position> {
        self.reader().snapshot().positions()
    }

    /// What a scan of all has found.
    fn scanned(&self, settings: &FramedSettings) -> Arc<FrameResults> {
        Scanned::start(self, settings, None).caught_up()
    }

    /// What is shown, given these results.
    fn shown(&self, settings: &FramedSettings, results: &FrameResults) -> Vec<Arc<FramedRecord>> {
        let mut reader = FramedReader::new(self.reader().snapshot(), settings.clone(), None);
        let positions = self.positions().into_iter().filter(|at| results.positions.contains(*at));
        let shown = positions.map(|at| reader.at(at, &results.checkpoints).unwrap());
        shown.map(|shown| shown.expect("a position that is shown")).collect()
    }

    /// Scans it, and gives a line for each frame.
    fn lines(&self, settings: &FramedSettings) -> Vec<String> {
        let results = self.scanned(settings);
        lines(&self.positions(), &self.shown(settings, &results))
    }
}

/// A scan, and its notifications.
struct Scanned {
    scan: FrameScan,
    reader: CaptureReader,
    news: Receiver<()>,
}

impl Scanned {
    fn start(fixture: &Fixture, settings: &FramedSettings, filter: Option<FrameFilter>) -> Self {
        let (sender, news) = sync_channel(1000);
        let notify = Arc::new(move || {
            let _ = sender.try_send(());
        });
        let filter = filter
            .map(|filter| filter.compile_for(&crate::codec::Encoding::Utf8.into()).expect("a valid filter"));
        let reader = fixture.reader();
        Self { scan: FrameScan::divide(settings.clone(), filter, reader.clone(), notify), reader, news }
    }

    fn caught_up(&self) -> Arc<FrameResults> {
        let until = Instant::now() + DEADLINE;
        self.scan.wake();
        loop {
            let results = self.scan.results();
            if results.progress.is_caught_up && results.progress.position >= self.reader.snapshot().end() {
                return results;
            }
            // An empty recording changes nothing that would be told.
            let _ = self.news.recv_timeout(Duration::from_millis(20));
            assert!(Instant::now() < until, "{:?}", results.progress);
            self.scan.wake();
        }
    }
}

fn framing(text: &str) -> FramedSettings {
    let framing = text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"));
    FramedSettings::both(framing, None)
}

fn checked(text: &str, check: &str) -> FramedSettings {
    FramedSettings { check: Some(check.parse().unwrap()), ..framing(text) }
}

/// `record number kind bytes`, with `|` between the bytes of several reads.
fn lines(positions: &[Position], shown: &[Arc<FramedRecord>]) -> Vec<String> {
    let mut lines = Vec::new();
    for record in shown {
        let index = positions.iter().position(|at| *at == record.position).unwrap();
        for frame in &record.frames {
            let number = frame.number.map_or("-".into(), |number| number.to_string());
            let kind = match frame.kind {
                ShownKind::Frame => "frame".into(),
                ShownKind::Skipped(_) => "skipped".into(),
                ShownKind::Incomplete { expected } => format!("incomplete{expected:?}"),
                ShownKind::TooLong => "long".into(),
                ShownKind::Unfinished { expected } => format!("unfinished{expected:?}"),
            };
            let mut bytes = String::new();
            for read in record.reads_of(frame) {
                if !bytes.is_empty() {
                    bytes.push('|');
                }
                let (from, to) = (read.at.max(frame.range.start), read.at + read.bytes.len());
                let part = &record.bytes[from..to.min(frame.range.end)];
                bytes.push_str(&String::from_utf8_lossy(part).escape_debug().to_string());
            }
            lines.push(format!("{index} {number} {kind} {bytes}"));
        }
    }
    lines
}
