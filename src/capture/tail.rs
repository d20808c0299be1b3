//! Converting records to pcapng blocks, which are collected in memory until they are written.
//!
//! Owns what that needs: sections, interfaces, the state of each connection, and the position of the next block. Does
//! not write: the writer reports whether the blocks were written or lost.

use super::connection::ConnectionState;
use super::packet::{self, Headers, MAX_PAYLOAD_BYTES, TcpFlags, initial_sequence, max_datagram_bytes};
use super::pcapng::{
    self, AUXILIARY, Annotation, BOOKMARK, IS_CUT, IS_REMOVED, IS_UDP, PacketBlock, direction_number,
    kind_number,
};
use super::position::Position;
use super::segment::{ConnectionSpan, INDEX_BYTES, IndexEntry};
use crate::model::{
    AnswerNote, ConnectionId, Direction, Record, RecordKind, RecordMark, Timestamp, Transport,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The end of a recording that is not written yet.
#[derive(Debug, Default)]
pub(super) struct Tail {
    pub bytes: Vec<u8>,
    /// Number of records in it.
    pub records: u64,
    /// Number of data records in it.
    pub data: u64,
    /// Number of payload bytes in it.
    pub payload: u64,
    /// It contains a record of a connection's start or of data.
    pub has_traffic: bool,
    pub index: Vec<IndexEntry>,
    /// Bookmarks in it, with the time when they were set.
    pub bookmarks: Vec<(Timestamp, Position, Option<Arc<str>>)>,
    /// The connections of its records.
    pub connection_ids: ConnectionSpan,
    /// Position of its first byte.
    start: u64,
    /// Number of records written before it.
    first_record: u64,
    /// Position of the newest index entry, written or not.
    last_index: Option<u64>,
    /// Number of the current section: a connection whose interface was described in another one needs a new one.
    section: u32,
    /// The header of the current section was appended.
    has_section: bool,
    interfaces: u32,
    connections: HashMap<ConnectionId, ConnectionState>,
    /// Position of the newest record, and how often what was not written was lost.
    newest: RecordMark,
    /// Position of the record that the one that is appended answers.
    answered: Option<u64>,
    /// Buffer for the headers of one packet.
    headers: Vec<u8>,
}

impl Tail {
    pub fn new(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            section: 1,
            headers: Vec::with_capacity(80),
            ..Self::default()
        }
    }

    /// The tail of a recording that ends at position `start`. It begins a new section.
    pub fn starting_at(start: u64) -> Self {
        Self { start, ..Self::new(0) }
    }

    /// Appends a record that answers another one, if that is known. Returns how many records it became.
    pub fn append(&mut self, record: &Record<'_>, answered: Option<RecordMark>) -> u64 {
        self.answered = answered.filter(|mark| self.is_there(*mark)).map(|mark| mark.position);
        self.describe_interface(record);
        let before = self.records;
        match (record.kind, record.transport) {
            (RecordKind::Data, _) => self.append_data(record),
            (RecordKind::Opened, Transport::Tcp) => self.append_handshake(record),
            (RecordKind::Closed, Transport::Tcp) => self.append_close(record),
            _ => self.append_block(record, Headers::Note, &[], true),
        }
        self.connection_ids.add(record.connection);
        self.has_traffic |= matches!(record.kind, RecordKind::Data | RecordKind::Opened);
        if record.kind == RecordKind::Closed {
            self.forget(record.connection);
        }
        self.records - before
    }

    /// The newest record.
    pub fn newest(&self) -> RecordMark {
        self.newest
    }

    /// Whether a record was not lost since.
    pub fn is_there(&self, mark: RecordMark) -> bool {
        mark.losses == self.newest.losses && mark.position <= self.newest.position
    }

    /// Appends a bookmark of the record at `position`. `record` has that record's addresses and the time of the
    /// bookmark; `None` removes it.
    pub fn set_bookmark(&mut self, record: &Record<'_>, position: Position, text: Option<&str>) {
        self.describe_interface(record);
        packet::write_headers(&mut self.headers, record, Headers::Note, &[]);
        let annotation = Annotation {
            kind: BOOKMARK,
            flags: if text.is_none() { IS_REMOVED } else { 0 },
            connection: record.connection.0,
            back: self.position() - position.0,
            local_port: record.local.port(),
            peer_port: record.peer.port(),
            answered: 0,
        };
        let block = PacketBlock {
            nanos: record.time.0,
            packet: &self.headers,
            direction: direction_number(record.direction),
            answer: AnswerNote::default(),
            comment: text.unwrap_or_default(),
            annotation: Some(annotation),
        };
        let state = self
            .connections
            .entry(record.connection)
            .or_insert_with(|| ConnectionState::new(record.connection));
        pcapng::write_packet(&mut self.bytes, state.interface, &block, &[]);
        self.bookmarks.push((record.time, position, text.map(Into::into)));
    }

    /// Appends the header of the section, unless it has one.
    pub fn begin_section(&mut self) {
        if !self.has_section {
            self.has_section = true;
            pcapng::write_section_header(&mut self.bytes);
        }
    }

    /// Frees the state of a connection.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.connections.remove(&connection);
    }

    /// Skips missing bytes of a TCP stream. The next record of that half has its offset behind them, modulo 2^32, and no
    /// link to the record before them.
    pub fn skip(&mut self, connection: ConnectionId, direction: Direction, bytes: u64) {
        self.connection(connection).skip(direction, bytes as u32);
    }

    /// The next block begins a new section.
    pub fn new_section(&mut self) {
        self.section += 1;
        self.has_section = false;
        self.interfaces = 0;
        self.last_index = None;
    }

    /// Empties it after it was written.
    pub fn is_written(&mut self) {
        self.start += self.bytes.len() as u64;
        self.first_record += self.records;
        self.clear();
    }

    /// Empties it after writing it failed. What is appended next gets its position.
    pub fn is_lost(&mut self) {
        let start = self.start;
        for state in self.connections.values_mut() {
            state.forget_from(start);
        }
        self.newest = RecordMark { position: 0, losses: self.newest.losses.wrapping_add(1) };
        self.clear();
        self.new_section();
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.index.clear();
        self.bookmarks.clear();
        self.records = 0;
        self.data = 0;
        self.payload = 0;
        self.connection_ids = ConnectionSpan::default();
        self.has_traffic = false;
    }

    /// Position of the next block.
    fn position(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn append_data(&mut self, record: &Record<'_>) {
        let most = match record.transport {
            Transport::Tcp => MAX_PAYLOAD_BYTES,
            Transport::Udp => max_datagram_bytes(record),
        };
        // `chunks` yields nothing for an empty datagram, which is a record, too.
        let pieces = record.payload.chunks(most).chain(record.payload.is_empty().then_some(&[][..]));
        for piece in pieces {
            let headers = match record.transport {
                Transport::Udp => Headers::Udp,
                Transport::Tcp => self.tcp(record, TcpFlags::Push, piece.len() as u32),
            };
            self.append_block(record, headers, piece, true);
            if record.transport == Transport::Tcp {
                self.acknowledge(record);
            }
        }
    }

    /// Appends an acknowledgement of the other side when one is due.
    fn acknowledge(&mut self, record: &Record<'_>) {
        if self.connection(record.connection).wants_answer(record.direction) {
            let answer = Record { direction: opposite(record.direction), is_cut: false, ..*record };
            let headers = self.tcp(&answer, TcpFlags::Ack, 0);
            self.append_block(&answer, headers, &[], false);
        }
    }

    /// The SYN is the record; the SYN-ACK and the ACK are auxiliary packets.
    fn append_handshake(&mut self, record: &Record<'_>) {
        let answer = Record { direction: opposite(record.direction), text: "", ..*record };
        let sequence = initial_sequence(record.connection);
        self.append_block(
            record,
            Headers::Tcp { flags: TcpFlags::Syn, sequence, acknowledged: 0 },
            &[],
            true,
        );
        let acknowledged = sequence.wrapping_add(1);
        self.append_block(
            &answer,
            Headers::Tcp { flags: TcpFlags::SynAck, sequence, acknowledged },
            &[],
            false,
        );
        let ack = self.tcp(record, TcpFlags::Ack, 0);
        self.append_block(&Record { text: "", ..*record }, ack, &[], false);
    }

    fn append_close(&mut self, record: &Record<'_>) {
        if record.is_broken_end() {
            let reset = self.tcp(record, TcpFlags::Reset, 0);
            self.append_block(record, reset, &[], true);
            return;
        }
        let answer = Record { direction: opposite(record.direction), text: "", ..*record };
        let fin = self.tcp(record, TcpFlags::Fin, 1);
        self.append_block(record, fin, &[], true);
        let fin = self.tcp(&answer, TcpFlags::Fin, 1);
        self.append_block(&answer, fin, &[], false);
    }

    fn tcp(&mut self, record: &Record<'_>, flags: TcpFlags, advance: u32) -> Headers {
        self.connection(record.connection).next_tcp(record.direction, flags, advance)
    }

    fn append_block(&mut self, record: &Record<'_>, headers: Headers, payload: &[u8], is_record: bool) {
        let position = self.position();
        let state = self
            .connections
            .entry(record.connection)
            .or_insert_with(|| ConnectionState::new(record.connection));
        let cut = if record.is_cut { IS_CUT } else { 0 };
        let transport = if record.transport == Transport::Udp { IS_UDP } else { 0 };
        let annotation = Annotation {
            kind: if is_record { kind_number(record.kind) } else { AUXILIARY },
            flags: cut | transport,
            connection: record.connection.0,
            back: state.distance(record.direction, position),
            local_port: record.local.port(),
            peer_port: record.peer.port(),
            answered: self
                .answered
                .filter(|_| is_record)
                .map_or(0, |answered| position.saturating_sub(answered)),
        };
        if is_record {
            state.set_last(record.direction, position);
            self.newest.position = position;
            if self.last_index.is_none_or(|last| position >= last + INDEX_BYTES) {
                self.last_index = Some(position);
                let record = self.first_record + self.records;
                self.index.push(IndexEntry { position, record });
            }
            self.records += 1;
            self.data += u64::from(record.kind == RecordKind::Data);
            self.payload += payload.len() as u64;
        }
        packet::write_headers(&mut self.headers, record, headers, payload);
        let block = PacketBlock {
            nanos: record.time.0,
            packet: &self.headers,
            direction: direction_number(record.direction),
            comment: record.text,
            annotation: Some(annotation),
            answer: if is_record { record.answer } else { AnswerNote::default() },
        };
        pcapng::write_packet(&mut self.bytes, state.interface, &block, payload);
    }

    /// Appends the section header and the interface of the record's connection, as far as they are missing.
    fn describe_interface(&mut self, record: &Record<'_>) {
        self.begin_section();
        let state = self
            .connections
            .entry(record.connection)
            .or_insert_with(|| ConnectionState::new(record.connection));
        if state.section != self.section {
            state.section = self.section;
            state.interface = self.interfaces;
            self.interfaces += 1;
            pcapng::write_interface(&mut self.bytes, &interface_name(record));
        }
    }

    fn connection(&mut self, connection: ConnectionId) -> &mut ConnectionState {
        self.connections.entry(connection).or_insert_with(|| ConnectionState::new(connection))
    }
}

/// The name of the interface of a record's connection: its endpoints.
pub(super) fn interface_name(record: &Record<'_>) -> String {
    if record.connection == ConnectionId::SESSION {
        record.local.to_string()
    } else {
        format!("{} - {}", record.local, record.peer)
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Inbound => Direction::Outbound,
        Direction::Outbound => Direction::Inbound,
    }
}
