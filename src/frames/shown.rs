//! A record as the view shows it with a framing: the frames that it completes.

use crate::capture::{Entry, Position};
use crate::framing::{FoundKind, SkipReason};
use crate::model::{AnswerNote, ConnectionId, Direction, HalfId, Record, RecordKind, Timestamp, Transport};
use crate::payload::checksum::Verdict;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

/// A record that completes something, or an event. Its bytes are those of what it completes, not those of the record.
#[derive(Clone, Debug, PartialEq)]
pub struct FramedRecord {
    /// The record's position.
    pub position: Position,
    /// Where the record ends in the recording.
    pub end: Position,
    /// What is shown: all that it completes, in the order of the stream. Of a frame longer than
    /// [`SHOWN_BYTES`](super::SHOWN_BYTES), the first ones.
    pub bytes: Arc<[u8]>,
    /// What these bytes are, in order, each byte in one. Empty for events, and for data without a framing.
    pub frames: Vec<ShownFrame>,
    /// Which reads brought them, in order.
    pub reads: Vec<Read>,
    /// The record's time.
    pub time: Timestamp,
    /// Its kind.
    pub kind: RecordKind,
    /// Its direction.
    pub direction: Direction,
    /// Its protocol.
    pub transport: Transport,
    /// Its connection.
    pub connection: ConnectionId,
    /// The local address.
    pub local: SocketAddr,
    /// The peer's address.
    pub peer: SocketAddr,
    /// As [`Record::is_cut`].
    pub is_cut: bool,
    /// The text of an event.
    pub text: String,
    /// The rule of which the record is an answer, in the form of [`AnswerNote`].
    pub answer: Box<[u8]>,
    /// The record that it answers.
    pub answered: Option<Position>,
}

impl FramedRecord {
    pub(super) fn new(entry: &Entry<'_>, bytes: Arc<[u8]>) -> Self {
        let record = &entry.record;
        Self {
            position: entry.position,
            end: entry.end,
            bytes,
            frames: Vec::new(),
            reads: Vec::new(),
            time: record.time,
            kind: record.kind,
            direction: record.direction,
            transport: record.transport,
            connection: record.connection,
            local: record.local,
            peer: record.peer,
            is_cut: record.is_cut,
            text: record.text.into(),
            answer: record.answer.0.into(),
            answered: entry.answered,
        }
    }

    /// The same as a record, with the shown bytes as its payload.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record {
            time: self.time,
            kind: self.kind,
            direction: self.direction,
            transport: self.transport,
            connection: self.connection,
            local: self.local,
            peer: self.peer,
            payload: &self.bytes,
            is_cut: self.is_cut,
            text: &self.text,
            answer: AnswerNote(&self.answer),
        }
    }

    /// Its half.
    #[must_use]
    pub fn half(&self) -> HalfId {
        HalfId { connection: self.connection, direction: self.direction }
    }

    /// The frame that holds a byte of `bytes`.
    #[must_use]
    pub fn frame_at(&self, byte: usize) -> Option<&ShownFrame> {
        let index = self.frames.partition_point(|frame| frame.range.end <= byte);
        self.frames.get(index).filter(|frame| frame.range.contains(&byte))
    }

    /// The reads that brought a frame, in order; the first and the last one may have brought other bytes, too.
    #[must_use]
    pub fn reads_of(&self, frame: &ShownFrame) -> &[Read] {
        let first = self.reads.partition_point(|read| read.at + read.bytes.len() <= frame.range.start);
        let last = self.reads.partition_point(|read| read.at < frame.range.end);
        self.reads.get(first..last).unwrap_or_default()
    }
}

/// A frame, or bytes in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFrame {
    /// Its bytes in [`FramedRecord::bytes`].
    pub range: Range<usize>,
    /// Its length; more than `range` has where not all of it is shown.
    pub length: u64,
    /// Its number in its half, from 1; `None`: not known yet, or skipped bytes.
    pub number: Option<u64>,
    /// What it is.
    pub kind: ShownKind,
    /// Its check; `None`: no check, no whole frame, or not all of it is shown.
    pub verdict: Option<Verdict>,
    /// When its first byte came.
    pub first: Timestamp,
    /// When its last byte came.
    pub last: Timestamp,
}

/// What a shown part of a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownKind {
    /// A whole frame.
    Frame,
    /// Bytes in no frame.
    Skipped(SkipReason),
    /// The beginning of a frame, of which the rest never came.
    Incomplete {
        /// How many bytes it would have, if that is known.
        expected: Option<u64>,
    },
    /// A part of a frame beyond the limit.
    TooLong,
    /// The beginning of a frame of which the rest may still come.
    Unfinished {
        /// How many bytes it will have, if that is known.
        expected: Option<u64>,
    },
}

impl From<FoundKind> for ShownKind {
    fn from(kind: FoundKind) -> Self {
        match kind {
            FoundKind::Frame => Self::Frame,
            FoundKind::Skipped(reason) => Self::Skipped(reason),
            FoundKind::Incomplete { expected } => Self::Incomplete { expected },
            FoundKind::TooLong => Self::TooLong,
        }
    }
}

/// Bytes that one read brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The record of the read.
    pub record: Position,
    /// When it came.
    pub time: Timestamp,
    /// The bytes in the record's payload.
    pub bytes: Range<usize>,
    /// Where they stand in [`FramedRecord::bytes`].
    pub at: usize,
}
