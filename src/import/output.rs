//! What is read from a capture, written as records: data, changes, and notes where bytes are missing, late,
//! captured twice with different content, or not part of the stream.

use super::packet::Segment;
use super::reassembly::Chunk;
use crate::capture::CaptureWriter;
use crate::lang::{Course, Words, fill, with_course};
use crate::model::{
    AnswerNote, ConnectionId, Direction, Failure, FailureKind, Operation, Record, RecordKind, Timestamp,
    Transport,
};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// The sides of a connection, as indices.
pub(super) const FROM_CLIENT: usize = 0;
pub(super) const FROM_SERVER: usize = 1;

/// Who is who in a connection.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub id: ConnectionId,
    pub transport: Transport,
    pub client: SocketAddr,
    pub server: SocketAddr,
}

impl Link {
    /// The side that has this address.
    pub fn side(&self, source: SocketAddr) -> usize {
        if source == self.client { FROM_CLIENT } else { FROM_SERVER }
    }

    pub fn address(&self, side: usize) -> SocketAddr {
        if side == FROM_CLIENT { self.client } else { self.server }
    }
}

fn direction(side: usize) -> Direction {
    if side == FROM_CLIENT { Direction::Inbound } else { Direction::Outbound }
}

/// Where records go.
pub(super) struct Output {
    writer: CaptureWriter,
    pub words: &'static Words,
    pub records: u64,
    /// Bytes of TCP streams that are not in the capture.
    pub missing_bytes: u64,
    /// Bytes of TCP streams that were captured again with different content.
    pub differing_bytes: u64,
    /// Bytes of TCP streams that were captured again too late to be compared.
    pub uncompared_bytes: u64,
    /// The recording, as errors name it.
    path: String,
    /// Of the TCP connections that have not ended.
    courses: HashMap<ConnectionId, (Timestamp, u64)>,
}

impl Output {
    /// `path` is where `writer` writes, as errors name it.
    pub fn new(writer: CaptureWriter, path: String, words: &'static Words) -> Self {
        let (records, missing_bytes, differing_bytes, uncompared_bytes) = (0, 0, 0, 0);
        let courses = HashMap::new();
        Self { writer, words, records, missing_bytes, differing_bytes, uncompared_bytes, path, courses }
    }

    /// Writes what comes next in a TCP stream.
    pub fn chunk(&mut self, link: &Link, side: usize, time: Timestamp, chunk: Chunk<'_>) {
        match chunk {
            Chunk::Data(bytes) => self.data(link, side, time, bytes, false),
            Chunk::Missing(bytes) => {
                self.missing(link, side, time, bytes);
                self.writer.skip(link.id, direction(side), bytes);
            }
            Chunk::Late { bytes, back, was_missing } => {
                let length = bytes.len() as u64;
                if was_missing {
                    self.missing_bytes = self.missing_bytes.saturating_sub(length);
                }
                let places: [(&str, &dyn fmt::Display); 2] = [("bytes", &length), ("back", &back)];
                self.note(link, side, time, &fill(&self.words.import_late, &places));
                self.apart(link, side, time, bytes);
            }
            Chunk::Differing(bytes) => {
                self.differing_bytes += bytes;
                self.note(link, side, time, &fill(&self.words.import_differing, &[("bytes", &bytes)]));
            }
            Chunk::Uncompared(bytes) => self.uncompared_bytes += bytes,
        }
    }

    /// Writes bytes that are not part of a stream. `text` is the note on them.
    pub fn outside(&mut self, link: &Link, side: usize, time: Timestamp, segment: &Segment<'_>, text: &str) {
        if !segment.payload.is_empty() {
            let places: [(&str, &dyn fmt::Display); 2] =
                [("bytes", &segment.payload.len()), ("address", &link.address(side))];
            self.note(link, side, time, &fill(text, &places));
            self.apart(link, side, time, &segment.payload);
        }
        if segment.cut_bytes > 0 {
            self.missing(link, side, time, segment.cut_bytes as u64);
        }
    }

    /// Writes bytes that are no neighbours of what stands before and behind them.
    fn apart(&mut self, link: &Link, side: usize, time: Timestamp, bytes: &[u8]) {
        self.writer.skip(link.id, direction(side), 0);
        self.data(link, side, time, bytes, false);
        self.writer.skip(link.id, direction(side), 0);
    }

    fn missing(&mut self, link: &Link, side: usize, time: Timestamp, bytes: u64) {
        self.missing_bytes += bytes;
        self.note(link, side, time, &fill(&self.words.import_missing, &[("bytes", &bytes)]));
    }

    /// Writes bytes of a stream, or a datagram.
    pub fn data(&mut self, link: &Link, side: usize, time: Timestamp, payload: &[u8], is_cut: bool) {
        if link.transport == Transport::Tcp {
            self.course(link, time).1 += payload.len() as u64;
        }
        let record = record(link, RecordKind::Data, side, time);
        self.records += self.writer.append(&Record { payload, is_cut, ..record });
    }

    pub fn note(&mut self, link: &Link, side: usize, time: Timestamp, text: &str) {
        self.change(link, RecordKind::Note, side, time, text);
    }

    /// Writes a change of the connection, caused by `side`.
    pub fn change(&mut self, link: &Link, kind: RecordKind, side: usize, time: Timestamp, text: &str) {
        self.records += self.writer.append(&Record { text, ..record(link, kind, side, time) });
    }

    /// Writes that a TCP connection was established, by its client.
    pub fn opened(&mut self, link: &Link, time: Timestamp) {
        self.course(link, time);
        self.change(link, RecordKind::Opened, FROM_CLIENT, time, "");
    }

    /// Writes that `side` has ended a TCP connection; `who` says so in words.
    pub fn closed(&mut self, link: &Link, side: usize, time: Timestamp, who: &str, is_broken: bool) {
        let (since, bytes) = *self.course(link, time);
        let duration = Duration::from_nanos(time.0.saturating_sub(since.0));
        let text = with_course(self.words, who, Course { duration, bytes });
        let record = record(link, RecordKind::Closed, side, time);
        self.records += self.writer.append(&Record { text: &text, is_cut: is_broken, ..record });
        self.courses.remove(&link.id);
    }

    /// When a connection was first seen, and its bytes so far.
    fn course(&mut self, link: &Link, time: Timestamp) -> &mut (Timestamp, u64) {
        self.courses.entry(link.id).or_insert((time, 0))
    }

    /// Forgets a connection that has no more records.
    pub fn forget(&mut self, link: &Link) {
        self.writer.forget(link.id);
        self.courses.remove(&link.id);
    }

    /// Writes what there is so far.
    ///
    /// # Errors
    /// It could not be written; the import is to be given up.
    pub fn publish(&mut self) -> Result<(), Failure> {
        self.writer.publish();
        let status = self.writer.status();
        if status.records_lost == 0 && status.failure.is_none() {
            return Ok(());
        }
        // Later records may have been written again, which clears the failure.
        let full = || Failure::new(Operation::Save, &self.path, FailureKind::DiskFull);
        let failure = status.failure.clone().unwrap_or_else(full);
        // A session goes on without its recording, and an import does not.
        Err(Failure { operation: Operation::Save, ..failure })
    }
}

fn record(link: &Link, kind: RecordKind, side: usize, time: Timestamp) -> Record<'static> {
    Record {
        time,
        kind,
        direction: direction(side),
        transport: link.transport,
        connection: link.id,
        local: link.server,
        peer: link.client,
        payload: &[],
        is_cut: false,
        text: "",
        answer: AnswerNote::default(),
    }
}
