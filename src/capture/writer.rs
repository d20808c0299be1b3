//! The one writer of a recording: turns records into pcapng blocks and publishes them.
//!
//! Blocks gather in a tail buffer; [`CaptureWriter::publish`] writes it and only then moves the
//! border that readers see. A write that fails loses the tail, counts it, and starts a new pcapng
//! section at the last published byte when there is room again, so the file stays valid.

use super::folder::Destination;
use super::packet::{self, MAX_PAYLOAD_BYTES, Segment as Flag, Shape, initial_sequence, max_datagram_bytes};
use super::pcapng::{self, AUXILIARY, Annotation, PacketBlock};
use super::segment::{CaptureReader, INDEX_BYTES, IndexEntry, Segment, Shared, Snapshot};
use super::stream::Stream;
use crate::model::{
    ConnectionId, Direction, Failure, Operation, Record, RecordKind, RecordingStatus, Transport,
};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;

/// How large the files of a recording may become, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One segment; the next one is started before it is exceeded by more than one record.
    pub segment_bytes: u64,
    /// All segments together; the oldest are dropped beyond it. `None`: the disk is the limit.
    pub total_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segment_bytes: 256 << 20, total_bytes: Some(16 << 30) }
    }
}

/// Small enough to stay in the processor's cache between being filled and being written.
const TAIL_BYTES: usize = 256 * 1024;

/// Writes a recording. There is one per recording; readers come from [`CaptureWriter::reader`].
#[derive(Debug)]
pub struct CaptureWriter {
    destination: Destination,
    limits: Limits,
    shared: Arc<Shared>,
    /// What readers see after the next publish.
    snapshot: Snapshot,
    /// How many segments were begun, those that were dropped included.
    segments_begun: usize,
    /// The file being written; `None` before the first write and between two segments.
    open: Option<OpenSegment>,
    tail: Tail,
    /// Counts sections, so that a stream knows whether its interface is described in this one.
    section: u32,
    interfaces: u32,
    streams: HashMap<ConnectionId, Stream>,
    /// Scratch for the headers of one packet.
    headers: Vec<u8>,
    payload_published: u64,
    status: RecordingStatus,
}

#[derive(Debug)]
struct OpenSegment {
    file: File,
    segment: Arc<Segment>,
    written: u64,
    /// The next one is begun once there is something to write into it.
    is_full: bool,
    /// How large it may become.
    limit: u64,
    /// A write failed, and what it left behind the last whole block is still to be cut off.
    is_torn: bool,
}

impl OpenSegment {
    /// Goes back to the end of the last whole block.
    fn cut_off(&mut self) -> io::Result<()> {
        self.file.set_len(self.written)?;
        self.file.seek(SeekFrom::Start(self.written))?;
        self.is_torn = false;
        Ok(())
    }
}

/// What has been appended and not yet written.
#[derive(Debug, Default)]
struct Tail {
    bytes: Vec<u8>,
    records: u64,
    /// The records with data among them.
    data: u64,
    payload: u64,
    index: Vec<IndexEntry>,
    /// The position of the newest index entry, written or not.
    last_index: Option<u64>,
}

impl CaptureWriter {
    /// Prepares a recording. No file is touched before the first [`publish`](Self::publish).
    #[must_use]
    pub fn new(destination: Destination, limits: Limits) -> Self {
        let limits = match destination {
            Destination::File(_) => Limits { segment_bytes: u64::MAX, total_bytes: None },
            Destination::Folder(_) => limits,
        };
        Self {
            destination,
            limits,
            shared: Arc::default(),
            snapshot: Snapshot::default(),
            segments_begun: 0,
            open: None,
            tail: Tail { bytes: Vec::with_capacity(TAIL_BYTES + (64 << 10)), ..Tail::default() },
            section: 1,
            interfaces: 0,
            streams: HashMap::new(),
            headers: Vec::with_capacity(80),
            payload_published: 0,
            status: RecordingStatus { is_on: true, ..RecordingStatus::default() },
        }
    }

    /// A reader of this recording, for any thread.
    #[must_use]
    pub fn reader(&self) -> CaptureReader {
        CaptureReader(self.shared.clone())
    }

    /// How the recording is doing.
    #[must_use]
    pub fn status(&self) -> &RecordingStatus {
        &self.status
    }

    /// Appends a record and returns how many it became: data longer than a packet is split.
    pub fn append(&mut self, record: &Record<'_>) -> u64 {
        if self.is_segment_full() {
            self.flush();
            // After a failure, what is left of this segment is still to be put in order.
            if let Some(open) = &mut self.open
                && self.status.failure.is_none()
            {
                open.is_full = true;
                self.new_section();
            }
        }
        self.describe_interface(record);
        let before = self.tail.records;
        match (record.kind, record.transport) {
            (RecordKind::Data, _) => self.append_data(record),
            (RecordKind::Opened, Transport::Tcp) => self.append_handshake(record),
            (RecordKind::Closed, Transport::Tcp) => self.append_close(record),
            _ => self.append_block(record, Shape::Note, &[], true),
        }
        match record.kind {
            RecordKind::Closed => {
                self.streams.remove(&record.connection);
            }
            RecordKind::Error => {
                self.stream(record.connection).has_failed = true;
            }
            _ => {}
        }
        let appended = self.tail.records - before;
        if self.tail.bytes.len() >= TAIL_BYTES {
            self.flush();
        }
        appended
    }

    /// Forgets a connection that will have no more records and gets no closing one.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.streams.remove(&connection);
    }

    /// Writes what was appended and lets readers see it.
    pub fn publish(&mut self) {
        self.flush();
        self.shared.set(self.snapshot.clone());
    }

    fn append_data(&mut self, record: &Record<'_>) {
        let most = match record.transport {
            Transport::Tcp => MAX_PAYLOAD_BYTES,
            Transport::Udp => max_datagram_bytes(record),
        };
        // `chunks` gives nothing for an empty datagram, which is a record all the same.
        let pieces = record.payload.chunks(most).chain(record.payload.is_empty().then_some(&[][..]));
        for piece in pieces {
            let shape = match record.transport {
                Transport::Udp => Shape::Udp,
                Transport::Tcp => self.tcp(record, Flag::Push, piece.len() as u32),
            };
            self.append_block(record, shape, piece, true);
            if record.transport == Transport::Tcp {
                self.acknowledge(record);
            }
        }
    }

    /// Makes the other side say now and then that it has received what was sent to it.
    fn acknowledge(&mut self, record: &Record<'_>) {
        if self.stream(record.connection).wants_answer(record.direction) {
            let answer = Record { direction: opposite(record.direction), is_cut: false, ..*record };
            let shape = self.tcp(&answer, Flag::Ack, 0);
            self.append_block(&answer, shape, &[], false);
        }
    }

    /// The record is the SYN; the answer and its acknowledgement only make the conversation whole.
    fn append_handshake(&mut self, record: &Record<'_>) {
        let answer = Record { direction: opposite(record.direction), text: "", ..*record };
        let sequence = initial_sequence(record.connection);
        self.append_block(record, Shape::Tcp { segment: Flag::Syn, sequence, acknowledged: 0 }, &[], true);
        let acknowledged = sequence.wrapping_add(1);
        self.append_block(&answer, Shape::Tcp { segment: Flag::SynAck, sequence, acknowledged }, &[], false);
        let ack = self.tcp(record, Flag::Ack, 0);
        self.append_block(&Record { text: "", ..*record }, ack, &[], false);
    }

    fn append_close(&mut self, record: &Record<'_>) {
        let has_failed = self.streams.get(&record.connection).is_some_and(|stream| stream.has_failed);
        if has_failed {
            let reset = self.tcp(record, Flag::Reset, 0);
            self.append_block(record, reset, &[], true);
            return;
        }
        let answer = Record { direction: opposite(record.direction), text: "", ..*record };
        let fin = self.tcp(record, Flag::Fin, 1);
        self.append_block(record, fin, &[], true);
        let fin = self.tcp(&answer, Flag::Fin, 1);
        self.append_block(&answer, fin, &[], false);
    }

    fn tcp(&mut self, record: &Record<'_>, segment: Flag, advance: u32) -> Shape {
        self.stream(record.connection).next_segment(record.direction, segment, advance)
    }

    fn append_block(&mut self, record: &Record<'_>, shape: Shape, payload: &[u8], is_record: bool) {
        let position = self.position();
        let stream = self.streams.entry(record.connection).or_insert_with(|| Stream::new(record.connection));
        let annotation = Annotation {
            kind: if is_record { kind_number(record.kind) } else { AUXILIARY },
            flags: u8::from(record.is_cut) | u8::from(record.transport == Transport::Udp) << 1,
            connection: record.connection.0,
            back: stream.distance(record.direction, position),
            local_port: record.local.port(),
            peer_port: record.peer.port(),
        };
        if is_record {
            stream.set_last(record.direction, position);
            if self.tail.last_index.is_none_or(|last| position >= last + INDEX_BYTES) {
                self.tail.last_index = Some(position);
                let record = self.snapshot.records + self.tail.records;
                self.tail.index.push(IndexEntry { position, record });
            }
            self.tail.records += 1;
            self.tail.data += u64::from(record.kind == RecordKind::Data);
            self.tail.payload += payload.len() as u64;
        }
        packet::write_headers(&mut self.headers, record, shape, payload);
        let block = PacketBlock {
            nanos: record.time.0,
            packet: &self.headers,
            direction: direction_flag(record.direction),
            comment: record.text,
            annotation: Some(annotation),
        };
        pcapng::write_packet(&mut self.tail.bytes, stream.interface, &block, payload);
    }

    /// Starts the section if that is to be done, and describes the connection in it.
    fn describe_interface(&mut self, record: &Record<'_>) {
        if self.interfaces == 0 {
            pcapng::write_section_header(&mut self.tail.bytes);
        }
        let stream = self.streams.entry(record.connection).or_insert_with(|| Stream::new(record.connection));
        if stream.section != self.section {
            stream.section = self.section;
            stream.interface = self.interfaces;
            self.interfaces += 1;
            let name = if record.connection == ConnectionId::SESSION {
                record.local.to_string()
            } else {
                format!("{} - {}", record.local, record.peer)
            };
            pcapng::write_interface(&mut self.tail.bytes, &name);
        }
    }

    fn stream(&mut self, connection: ConnectionId) -> &mut Stream {
        self.streams.entry(connection).or_insert_with(|| Stream::new(connection))
    }

    fn new_section(&mut self) {
        self.section += 1;
        self.interfaces = 0;
        self.tail.last_index = None;
    }

    /// Where the next block will start.
    fn position(&self) -> u64 {
        self.snapshot.end.0 + self.tail.bytes.len() as u64
    }

    fn is_segment_full(&self) -> bool {
        let (written, limit) = match &self.open {
            Some(open) if !open.is_full => (open.written, open.limit),
            _ => (0, self.limits.segment_bytes),
        };
        written + self.tail.bytes.len() as u64 > limit
    }

    /// Writes the tail. Readers see it with the next publish.
    fn flush(&mut self) {
        if self.tail.bytes.is_empty() {
            return;
        }
        if let Err(error) = self.write_tail() {
            self.lose_tail(&error);
            return;
        }
        let written = self.tail.bytes.len() as u64;
        self.snapshot.end.0 += written;
        self.snapshot.records += self.tail.records;
        self.payload_published += self.tail.payload;
        if let Some(open) = &mut self.open {
            open.written += written;
            open.segment.add_index(self.tail.index.drain(..));
        }
        self.status.bytes_recorded = self.payload_published;
        self.status.records_recorded = self.snapshot.records;
        self.status.data_recorded += self.tail.data;
        self.status.failure = None;
        self.clear_tail();
    }

    fn write_tail(&mut self) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|open| open.is_full) {
            match (self.create_segment(), &mut self.open) {
                (Ok(next), _) => self.open = Some(next),
                // Without file handles, say, the old one grows by as much again.
                (Err(_), Some(old)) => {
                    old.is_full = false;
                    old.limit = old.written.saturating_add(self.limits.segment_bytes);
                }
                (Err(error), None) => return Err(error),
            }
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        if open.is_torn {
            open.cut_off()?;
        }
        open.file.write_all(&self.tail.bytes)
    }

    fn create_segment(&mut self) -> io::Result<OpenSegment> {
        let path = self.destination.segment_path(self.segments_begun)?;
        // A recording never overwrites another one; the single file that the user named is theirs
        // to replace, and `Destination` has seen to that.
        let file = File::create(&path)?;
        let reader = File::open(&path).inspect_err(|_| {
            if let Destination::Folder(_) = self.destination {
                // An empty file is no segment. Where it cannot be removed it only lies there.
                let _ = fs::remove_file(&path);
            }
        })?;
        let base = self.snapshot.end.0;
        let mut segment = Segment::new(&path, reader, base, self.snapshot.records, self.payload_published);
        segment.data_before = self.status.data_recorded;
        let segment = Arc::new(segment);
        self.segments_begun += 1;
        let mut segments = Vec::clone(&self.snapshot.segments);
        segments.push(segment.clone());
        self.snapshot.segments = Arc::new(segments);
        self.expire();
        Ok(OpenSegment {
            file,
            segment,
            written: 0,
            is_full: false,
            limit: self.limits.segment_bytes,
            is_torn: false,
        })
    }

    /// Drops the oldest segments beyond the limit. Snapshots that have them keep them readable.
    fn expire(&mut self) {
        let Some(limit) = self.limits.total_bytes else { return };
        let segments = &self.snapshot.segments;
        let excess = self.snapshot.end.0.saturating_sub(limit);
        let expired = segments.iter().skip(1).take_while(|next| next.base <= excess).count();
        if expired == 0 {
            return;
        }
        for segment in &segments[..expired] {
            // A file that cannot be deleted now goes with the folder when the session closes.
            let _ = fs::remove_file(&segment.path);
        }
        self.snapshot.segments = Arc::new(segments[expired..].to_vec());
        let oldest = &self.snapshot.segments[0];
        self.status.bytes_expired = oldest.payload_before;
        self.status.records_expired = oldest.records_before;
        self.status.data_expired = oldest.data_before;
    }

    /// Counts the tail as lost and goes back to the last published byte.
    fn lose_tail(&mut self, error: &io::Error) {
        self.status.bytes_lost += self.tail.payload;
        self.status.records_lost += self.tail.records;
        self.status.data_lost += self.tail.data;
        self.status.failure =
            Some(Failure::from_io(Operation::Record, self.destination.path().display(), error));
        if let Some(open) = &mut self.open {
            // Where even this fails, it is tried again before the next write. A file without
            // anything in it is rather made anew; one that has something never is.
            open.is_torn = open.cut_off().is_err();
            if open.is_torn && open.written == 0 {
                self.open = None;
                let mut segments = Vec::clone(&self.snapshot.segments);
                segments.pop();
                self.snapshot.segments = Arc::new(segments);
            }
        }
        let end = self.snapshot.end.0;
        for stream in self.streams.values_mut() {
            stream.forget_from(end);
        }
        self.clear_tail();
        self.new_section();
    }

    fn clear_tail(&mut self) {
        self.tail.bytes.clear();
        self.tail.index.clear();
        self.tail.records = 0;
        self.tail.data = 0;
        self.tail.payload = 0;
    }
}

pub(super) fn kind_number(kind: RecordKind) -> u8 {
    match kind {
        RecordKind::Data => 0,
        RecordKind::Opened => 1,
        RecordKind::Closed => 2,
        RecordKind::Error => 3,
        RecordKind::Note => 4,
    }
}

fn direction_flag(direction: Direction) -> u32 {
    match direction {
        Direction::Inbound => 1,
        Direction::Outbound => 2,
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Inbound => Direction::Outbound,
        Direction::Outbound => Direction::Inbound,
    }
}
