//! The frames of records in order, each half by itself: for scans, exports and live output.

use super::checkpoint::Checkpoint;
use super::gathering::{Budget, Gathering};
use super::half::{Half, Piece};
use super::shown::ShownKind;
use super::totals::FrameTotals;
use super::{FramedSettings, Rule, Rules, filter::CompiledFrameFilter};
use crate::capture::{Entry, Position};
use crate::framing::FoundKind;
use crate::model::{AnswerNote, ConnectionId, Direction, HalfId, Record, RecordKind, Timestamp, Transport};
use crate::payload::checksum::Verdict;
use crate::streams::{Join, Streams};
use std::net::SocketAddr;
use std::sync::Arc;

/// A checkpoint is made behind so many bytes of a half. Tests have many in short recordings.
pub(super) const CHECKPOINT_BYTES: u64 = if cfg!(test) { 300 } else { 256 << 10 };
/// The same in records.
pub(super) const CHECKPOINT_RECORDS: u32 = if cfg!(test) { 7 } else { 1024 };
/// Bound on the checkpoints behind gaps, which may be anywhere. Behind more of them, frames are shown without numbers up to
/// the next checkpoint.
const MOST_GAPS: u32 = 200_000;

/// A frame, or bytes in none, as records in order bring it.
#[derive(Clone, Debug)]
pub struct StreamFrame<'a> {
    /// Where the record stands at which it stands; 0 for live records.
    pub position: Position,
    /// That record, with the bytes of the frame as its payload; without bytes where they were not kept.
    pub record: Record<'a>,
    /// Its length.
    pub length: u64,
    /// Its number in its half, from 1; `None`: bytes in no frame.
    pub number: Option<u64>,
    /// What it is.
    pub kind: ShownKind,
    /// Its check; `None`: no check, no whole frame, or its bytes were not kept.
    pub verdict: Option<Verdict>,
    /// It was found only after the record at which it stands.
    pub is_late: bool,
}

impl StreamFrame<'_> {
    /// Whether a filter shows it.
    #[must_use]
    pub fn passes(&self, filter: &CompiledFrameFilter) -> bool {
        filter.passes_frame(&self.record, self.length, self.kind, self.verdict.as_ref())
    }
}

/// Takes what is found.
pub trait FrameSink {
    /// A frame, or bytes in none.
    fn frame(&mut self, frame: &StreamFrame<'_>);

    /// The numbers of a half begin with this record.
    fn begins(&mut self, _: Position) {}

    /// A place from which a half can be told.
    fn checkpoint(&mut self, _: Checkpoint) {}
}

/// Divides records, given in order, into frames. Memory: a few hundred bytes for each half, and the bytes of unfinished frames if
/// they are asked for, at most 256 MiB in all.
#[derive(Debug)]
pub struct Assembler {
    rules: Rules,
    keeps_bytes: bool,
    /// What is too long to be kept ends unfinished, so that all bytes are given.
    needs_bytes: bool,
    streams: Streams<Option<Open>>,
    budget: Budget,
    gaps: u32,
    received: FrameTotals,
    sent: FrameTotals,
    /// Reused buffer: a frame that came in several reads.
    joined: Vec<u8>,
}

/// A half that goes on.
#[derive(Debug)]
struct Open {
    half: Half,
    gathering: Gathering,
    last: Origin,
    /// The last checkpoint, and the records and bytes since then.
    checkpoint: Option<Position>,
    records: u32,
    bytes: u64,
}

/// What a frame has of the record at which it stands.
#[derive(Clone, Copy, Debug)]
struct Origin {
    position: Position,
    time: Timestamp,
    transport: Transport,
    local: SocketAddr,
    peer: SocketAddr,
}

impl Origin {
    fn record<'a>(&self, half: HalfId, payload: &'a [u8]) -> Record<'a> {
        Record {
            time: self.time,
            kind: RecordKind::Data,
            direction: half.direction,
            transport: self.transport,
            connection: half.connection,
            local: self.local,
            peer: self.peer,
            payload,
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        }
    }
}

impl Assembler {
    /// One that gives all bytes of frames. Where unfinished frames have more than 256 MiB in all, one that grows ends
    /// unfinished.
    #[must_use]
    pub fn new(settings: &FramedSettings) -> Self {
        Self { needs_bytes: true, ..Self::keeping(settings, true) }
    }

    /// One that gives the bytes of frames that come in several reads only if it is asked to, and only while they fit.
    pub(super) fn keeping(settings: &FramedSettings, is_filtering_bytes: bool) -> Self {
        let rules = Rules::new(settings);
        Self {
            keeps_bytes: is_filtering_bytes || rules.has_check(),
            rules,
            needs_bytes: false,
            streams: Streams::default(),
            budget: Budget::default(),
            gaps: 0,
            received: FrameTotals::default(),
            sent: FrameTotals::default(),
            joined: Vec::new(),
        }
    }

    /// Whether a direction has a framing.
    #[must_use]
    pub fn divides(&self, direction: Direction) -> bool {
        self.rules.of(direction).is_some()
    }

    /// Totals of a direction so far.
    #[must_use]
    pub fn totals(&self, direction: Direction) -> FrameTotals {
        match direction {
            Direction::Inbound => self.received,
            Direction::Outbound => self.sent,
        }
    }

    /// Takes in a record of a recording. Events and directions without a framing give nothing.
    pub fn entry(&mut self, entry: &Entry<'_>, sink: &mut impl FrameSink) {
        self.record(&entry.record, entry.position, Some(entry.stream_offset), sink);
    }

    /// Takes in a record as it happens.
    pub fn live(&mut self, record: &Record<'_>, sink: &mut impl FrameSink) {
        self.record(record, Position(0), None, sink);
    }

    fn record(
        &mut self,
        record: &Record<'_>,
        position: Position,
        offset: Option<u32>,
        sink: &mut impl FrameSink,
    ) {
        match record.kind {
            RecordKind::Data if record.transport == Transport::Udp => self.datagram(record, position, sink),
            RecordKind::Data => self.read(record, position, offset, sink),
            RecordKind::Closed => self.end_connection(record.connection, sink),
            RecordKind::Opened | RecordKind::Error | RecordKind::Note => {}
        }
    }

    fn read(
        &mut self,
        record: &Record<'_>,
        position: Position,
        offset: Option<u32>,
        sink: &mut impl FrameSink,
    ) {
        let half = record.half();
        let Self { rules, streams, budget, joined, .. } = self;
        let Some(rule) = rules.of(half.direction) else { return };
        let (state, join) = match offset {
            Some(offset) => streams.advance_by(half, offset, record.payload.len() as u64),
            None => (streams.append(half, record.payload.len()), Join::Continues),
        };
        let open = match state {
            Some(open) => open,
            None => {
                sink.begins(position);
                state.insert(Open::new(Half::new(&rule.framing, half.direction, Some(0)), record, position))
            }
        };
        let mut totals = FrameTotals::default();
        if join == Join::Gap {
            totals += open.cut(half, rule, budget, joined, sink);
            self.gaps += 1;
            if self.gaps <= MOST_GAPS {
                open.checkpoint = None;
                open.check_in(position, sink);
            }
        } else {
            open.check_in_when_due(position, sink);
        }
        totals += open.push(record, position, rule, joined, sink);
        if self.keeps_bytes {
            let unfinished = open.half.unfinished().map(|unfinished| unfinished.0);
            let is_kept = open.gathering.keep(unfinished, open.half.read_start(), record.payload, budget);
            if !is_kept && self.needs_bytes {
                totals += open.cut(half, rule, budget, joined, sink);
            }
        }
        self.count(half.direction, totals);
    }

    fn datagram(&mut self, record: &Record<'_>, position: Position, sink: &mut impl FrameSink) {
        let half = record.half();
        let Self { rules, streams, budget, joined, .. } = self;
        let Some(rule) = rules.of(half.direction) else { return };
        let state = streams.append(half, 0);
        let numbered = match state {
            Some(open) => open.half.numbered(),
            None => {
                sink.begins(position);
                Some(0)
            }
        };
        let new = Half::new(&rule.framing, half.direction, numbered);
        let open = match state {
            Some(open) => {
                open.half = new;
                open
            }
            None => state.insert(Open::new(new, record, position)),
        };
        open.check_in_when_due(position, sink);
        let mut totals = open.push(record, position, rule, joined, sink);
        let unfinished = open.half.unfinished().map(|unfinished| unfinished.0);
        open.gathering.keep(unfinished, open.half.read_start(), record.payload, budget);
        totals += open.cut(half, rule, budget, joined, sink);
        self.count(half.direction, totals);
    }

    fn end_connection(&mut self, connection: ConnectionId, sink: &mut impl FrameSink) {
        for half in HalfId::both(connection) {
            let Some(Some(mut open)) = self.streams.end(half) else { continue };
            let Self { rules, budget, joined, .. } = self;
            let Some(rule) = rules.of(half.direction) else { continue };
            let totals = open.cut(half, rule, budget, joined, sink);
            self.count(half.direction, totals);
        }
    }

    /// Ends all halves, in the order of their last records.
    pub fn finish(&mut self, sink: &mut impl FrameSink) {
        let streams = std::mem::take(&mut self.streams);
        let mut halves: Vec<_> =
            streams.into_streams().filter_map(|(half, open)| Some((half, open?))).collect();
        halves.sort_unstable_by_key(|(half, open)| (open.last.position, open.last.time, *half));
        for (half, mut open) in halves {
            let Self { rules, budget, joined, .. } = self;
            let Some(rule) = rules.of(half.direction) else { continue };
            let totals = open.cut(half, rule, budget, joined, sink);
            self.count(half.direction, totals);
        }
    }

    /// Calls `each` for what is unfinished in each half, in no particular order.
    pub(super) fn unfinished(&self, mut each: impl FnMut(&StreamFrame<'_>)) {
        for (half, open) in self.streams.iter() {
            let Some(open) = open else { continue };
            let Some((unfinished, number)) = open.half.unfinished() else { continue };
            let range = (unfinished.start, unfinished.start + unfinished.length);
            let bytes = open.gathering.bytes(range, range.1, &[], &mut Vec::new()).map(<[u8]>::to_vec);
            each(&StreamFrame {
                position: open.last.position,
                record: open.last.record(half, bytes.as_deref().unwrap_or_default()),
                length: unfinished.length,
                number,
                kind: ShownKind::Unfinished { expected: unfinished.expected },
                verdict: None,
                is_late: false,
            });
        }
    }

    fn count(&mut self, direction: Direction, totals: FrameTotals) {
        match direction {
            Direction::Inbound => self.received += totals,
            Direction::Outbound => self.sent += totals,
        }
    }
}

impl Open {
    fn new(half: Half, record: &Record<'_>, position: Position) -> Self {
        let Record { time, transport, local, peer, .. } = *record;
        let last = Origin { position, time, transport, local, peer };
        Self { half, gathering: Gathering::default(), last, checkpoint: None, records: 0, bytes: 0 }
    }

    fn check_in_when_due(&mut self, position: Position, sink: &mut impl FrameSink) {
        if self.records >= CHECKPOINT_RECORDS || self.bytes >= CHECKPOINT_BYTES {
            self.check_in(position, sink);
        }
    }

    fn check_in(&mut self, position: Position, sink: &mut impl FrameSink) {
        let previous = self.checkpoint.replace(position);
        sink.checkpoint(Checkpoint { position, half: Arc::new(self.half.clone()), previous });
        self.records = 0;
        self.bytes = 0;
    }

    fn push(
        &mut self,
        record: &Record<'_>,
        position: Position,
        rule: &Rule,
        joined: &mut Vec<u8>,
        sink: &mut impl FrameSink,
    ) -> FrameTotals {
        let Self { half, gathering, last, .. } = self;
        let Record { time, transport, local, peer, .. } = *record;
        let origin = Origin { position, time, transport, local, peer };
        let read_start = half.seen();
        let mut found = Finder {
            half: record.half(),
            rule,
            payload: record.payload,
            read_start,
            gathering,
            joined,
            counts: FrameTotals::default(),
        };
        let mut totals = half.push(record.payload, record.time, |piece| {
            found.give(piece, if piece.is_late { last } else { &origin }, sink);
        });
        totals += found.counts;
        *last = origin;
        self.records += 1;
        self.bytes += record.payload.len() as u64;
        totals
    }

    fn cut(
        &mut self,
        half: HalfId,
        rule: &Rule,
        budget: &mut Budget,
        joined: &mut Vec<u8>,
        sink: &mut impl FrameSink,
    ) -> FrameTotals {
        let Self { gathering, last, .. } = self;
        let counts = FrameTotals::default();
        let read_start = self.half.seen();
        let mut found = Finder { half, rule, payload: &[], read_start, gathering, joined, counts };
        let mut totals = self.half.cut(|piece| found.give(piece, last, sink));
        totals += found.counts;
        self.gathering.forget(budget);
        totals
    }
}

/// What is needed to give what was found.
struct Finder<'a> {
    half: HalfId,
    rule: &'a Rule,
    payload: &'a [u8],
    read_start: u64,
    gathering: &'a Gathering,
    joined: &'a mut Vec<u8>,
    counts: FrameTotals,
}

impl Finder<'_> {
    #[inline]
    fn give(&mut self, piece: Piece, origin: &Origin, sink: &mut impl FrameSink) {
        let range = (piece.found.start, piece.found.end);
        let bytes = self.gathering.bytes(range, self.read_start, self.payload, self.joined);
        let whole = bytes.filter(|_| piece.found.kind == FoundKind::Frame);
        let verdict = whole.and_then(|frame| self.rule.verdict(frame));
        match &verdict {
            Some(Verdict::Right) => self.counts.right += 1,
            Some(_) => self.counts.wrong += 1,
            None => {}
        }
        sink.frame(&StreamFrame {
            position: origin.position,
            record: origin.record(self.half, bytes.unwrap_or_default()),
            length: range.1 - range.0,
            number: piece.number,
            kind: piece.found.kind.into(),
            verdict,
            is_late: piece.is_late,
        });
    }
}
