//! Which connection a packet belongs to, and what becomes of it in the recording.
//!
//! Owns the courses of TCP connections (handshake, gaps, FIN, reset, ports used again) and the pairs of UDP
//! addresses. Everything is bounded: how many are remembered, and how much waits for missing bytes.

use super::Imported;
use super::packet::{Content, Packet, Segment};
use super::tcp::{Chunk, Way};
use crate::capture::CaptureWriter;
use crate::lang::{Words, fill};
use crate::model::{
    ConnectionId, Direction, Failure, FailureKind, Operation, Record, RecordKind, Timestamp, Transport,
};
use std::collections::HashMap;
use std::net::SocketAddr;

/// How many connections are remembered; of more, the half that was longest silent is forgotten.
const MAX_CONNECTIONS: usize = 1 << 16;
/// What waits for missing bytes of one direction: a large window.
const MAX_WAITING_BYTES: usize = 16 << 20;
/// The same over all connections.
const MAX_ALL_WAITING_BYTES: usize = 64 << 20;
/// Bytes that the other side has acknowledged and that are not there after so long are not in the capture;
/// until then they may only have been captured late.
const LATE_NANOS: u64 = 1_000_000_000;
/// Nor do they come so long after, in bytes.
const LATE_BYTES: usize = 256 << 10;

const FROM_CLIENT: usize = 0;
const FROM_SERVER: usize = 1;

/// Both ends of a connection, whoever sends.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair(SocketAddr, SocketAddr);

impl Pair {
    fn of(packet: &Packet<'_>) -> Self {
        let (a, b) = (packet.source, packet.destination);
        if a <= b { Self(a, b) } else { Self(b, a) }
    }
}

/// Who is who in a connection.
#[derive(Clone, Copy)]
struct Link {
    id: ConnectionId,
    transport: Transport,
    client: SocketAddr,
    server: SocketAddr,
}

impl Link {
    fn side(&self, source: SocketAddr) -> usize {
        if source == self.client { FROM_CLIENT } else { FROM_SERVER }
    }

    fn address(&self, side: usize) -> SocketAddr {
        if side == FROM_CLIENT { self.client } else { self.server }
    }
}

fn direction(side: usize) -> Direction {
    if side == FROM_CLIENT { Direction::Inbound } else { Direction::Outbound }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A SYN was sent, and nothing has come back.
    Asked,
    Open,
    Closed,
}

struct Connection {
    link: Link,
    state: State,
    /// What came from the client, and what from the server.
    ways: [Way; 2],
    /// Since when bytes are missing.
    gap_since: [Option<Timestamp>; 2],
    /// Up to where the other side has received.
    acknowledged: [Option<u32>; 2],
    /// Who was first to finish.
    first_fin: Option<usize>,
    /// Who has reset it, and the sequence number of that.
    reset: Option<(usize, u32)>,
    /// It was told that what comes after the reset is left out.
    is_left_out: bool,
    /// The number of its last packet.
    last_packet: u64,
}

/// Where records go.
struct Output {
    writer: CaptureWriter,
    words: &'static Words,
    records: u64,
    missing_bytes: u64,
}

/// All connections of a capture.
pub(super) struct Flows {
    output: Output,
    tcp: HashMap<Pair, Connection>,
    udp: HashMap<Pair, (Link, u64)>,
    connections: u32,
    packets: u64,
    waiting_bytes: usize,
    now: Timestamp,
}

impl Flows {
    pub fn new(writer: CaptureWriter, words: &'static Words) -> Self {
        Self {
            output: Output { writer, words, records: 0, missing_bytes: 0 },
            tcp: HashMap::new(),
            udp: HashMap::new(),
            connections: 0,
            packets: 0,
            waiting_bytes: 0,
            now: Timestamp::default(),
        }
    }

    /// Takes one packet in.
    pub fn packet(&mut self, time: Timestamp, packet: &Packet<'_>) {
        self.packets += 1;
        self.now = time;
        match &packet.content {
            Content::Udp { payload, is_cut } => {
                let pair = Pair::of(packet);
                if !self.udp.contains_key(&pair) {
                    self.forget_silent_pairs();
                    let link = self.link(Transport::Udp, guess(packet));
                    self.udp.insert(pair, (link, 0));
                }
                let Some((link, last_packet)) = self.udp.get_mut(&pair) else { return };
                *last_packet = self.packets;
                self.output.data(link, link.side(packet.source), time, payload, *is_cut);
            }
            Content::Tcp(segment) => self.segment(time, packet, segment),
        }
    }

    fn segment(&mut self, time: Timestamp, packet: &Packet<'_>, segment: &Segment<'_>) {
        let pair = Pair::of(packet);
        let known = self.tcp.get(&pair);
        let went_on = known.filter(|known| known.goes_on(packet.source, segment)).map(|known| known.link);
        if went_on.is_some() || known.is_none_or(|known| known.is_over_for(packet.source, segment)) {
            let carries = !segment.payload.is_empty() || segment.cut_bytes > 0;
            if !segment.is_syn && !carries {
                // The end of something that was not captured.
                return;
            }
            if let Some(old) = self.tcp.remove(&pair) {
                self.end(old);
            }
            self.forget_silent_connections();
            let (client, server) = match (segment.is_syn, segment.acknowledged, went_on) {
                (true, None, _) => (packet.source, packet.destination),
                (true, Some(_), _) => (packet.destination, packet.source),
                (false, _, Some(link)) => (link.client, link.server),
                (false, _, None) => guess(packet),
            };
            let link = self.link(Transport::Tcp, (client, server));
            let state = if segment.is_syn { State::Asked } else { State::Open };
            if state == State::Open {
                let words = self.output.words;
                let text = if went_on.is_some() { &words.import_went_on } else { &words.import_midstream };
                self.output.change(&link, RecordKind::Note, FROM_CLIENT, time, text);
            }
            self.tcp.insert(pair, Connection::new(link, state));
        }
        let Some(connection) = self.tcp.get_mut(&pair) else { return };
        let before = connection.waiting_bytes();
        connection.last_packet = self.packets;
        connection.segment(time, connection.link.side(packet.source), segment, &mut self.output);
        self.waiting_bytes = self.waiting_bytes + connection.waiting_bytes() - before;
        if self.waiting_bytes > MAX_ALL_WAITING_BYTES {
            self.waiting_bytes -= connection.waiting_bytes();
            connection.give_up(time, &mut self.output);
        }
    }

    fn link(&mut self, transport: Transport, (client, server): (SocketAddr, SocketAddr)) -> Link {
        self.connections += 1;
        Link { id: ConnectionId(self.connections), transport, client, server }
    }

    /// Hands on what still waits in a connection of which no more comes.
    fn end(&mut self, mut connection: Connection) {
        self.waiting_bytes -= connection.waiting_bytes();
        connection.give_up(self.now, &mut self.output);
        self.output.writer.forget(connection.link.id);
    }

    fn forget_silent_connections(&mut self) {
        if self.tcp.len() < MAX_CONNECTIONS {
            return;
        }
        let middle = middle(self.tcp.values().map(|connection| connection.last_packet).collect());
        let silent = self.tcp.extract_if(|_, connection| connection.last_packet < middle);
        let mut silent: Vec<_> = silent.map(|(_, connection)| connection).collect();
        silent.sort_by_key(|connection| connection.link.id);
        for connection in silent {
            self.end(connection);
        }
    }

    fn forget_silent_pairs(&mut self) {
        if self.udp.len() < MAX_CONNECTIONS {
            return;
        }
        let middle = middle(self.udp.values().map(|(_, last_packet)| *last_packet).collect());
        for (_, (link, _)) in self.udp.extract_if(|_, (_, last_packet)| *last_packet < middle) {
            self.output.writer.forget(link.id);
        }
    }

    /// Writes what there is so far. An error: it could not be written.
    pub fn publish(&mut self) -> Result<(), Failure> {
        let writer = &mut self.output.writer;
        writer.publish();
        let status = writer.status();
        if status.records_lost == 0 && status.failure.is_none() {
            return Ok(());
        }
        let full = || Failure::new(Operation::Save, "", FailureKind::DiskFull);
        let failure = status.failure.clone().unwrap_or_else(full);
        // A session goes on without its recording, and an import does not.
        Err(Failure { operation: Operation::Save, ..failure })
    }

    /// The capture has ended.
    pub fn finish(mut self) -> Result<Imported, Failure> {
        let mut left: Vec<_> = std::mem::take(&mut self.tcp).into_values().collect();
        left.sort_by_key(|connection| connection.link.id);
        for connection in left {
            self.end(connection);
        }
        self.publish()?;
        Ok(Imported {
            connections: self.connections.into(),
            records: self.output.records,
            missing_bytes: self.output.missing_bytes,
            ..Imported::default()
        })
    }
}

/// The value that half of them are below.
fn middle(mut values: Vec<u64>) -> u64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

/// Client and server where nothing tells: the lower port is that of a server.
fn guess(packet: &Packet<'_>) -> (SocketAddr, SocketAddr) {
    if packet.source.port() < packet.destination.port() {
        (packet.destination, packet.source)
    } else {
        (packet.source, packet.destination)
    }
}

impl Connection {
    fn new(link: Link, state: State) -> Self {
        Self {
            link,
            state,
            ways: Default::default(),
            gap_since: [None; 2],
            acknowledged: [None; 2],
            first_fin: None,
            reset: None,
            is_left_out: false,
            last_packet: 0,
        }
    }

    /// Whether a segment from `source` belongs to a later connection between the same ports.
    fn is_over_for(&self, source: SocketAddr, segment: &Segment<'_>) -> bool {
        let side = self.link.side(source);
        let way = &self.ways[side];
        if segment.is_syn {
            if self.reset.is_some_and(|(by, _)| by == side) {
                // Who has refused it, or has reset an earlier one with the same ports, begins now.
                return true;
            }
            let is_new = way.is_begun() && !way.began_with(segment.sequence);
            // The answer to a SYN that was not captured comes in a connection that has ended.
            return is_new && (segment.acknowledged.is_none() || self.state == State::Closed);
        }
        let carries = !segment.payload.is_empty();
        carries && (!way.is_near(segment.sequence) || (way.is_finished() && way.is_behind(segment.sequence)))
    }

    /// Whether the side that has reset it sends more all the same: then somebody else has, and it lives.
    fn goes_on(&self, source: SocketAddr, segment: &Segment<'_>) -> bool {
        let side = self.link.side(source);
        let is_later = |(by, at)| by == side && segment.sequence.wrapping_sub(at) < 1 << 31;
        let carries = !segment.payload.is_empty() && !segment.is_syn && !segment.is_reset;
        carries && self.reset.is_some_and(is_later)
    }

    fn segment(&mut self, time: Timestamp, side: usize, segment: &Segment<'_>, output: &mut Output) {
        let mut sequence = segment.sequence;
        if segment.is_syn {
            sequence = sequence.wrapping_add(1);
            self.ways[side].begin(sequence);
        }
        if segment.is_reset {
            self.reset(time, side, segment.sequence, output);
            return;
        }
        if self.reset.is_some() {
            self.leave_out(time, side, segment, output);
            return;
        }
        // A SYN may carry data already (RFC 7413).
        let is_answered = side == FROM_SERVER || !segment.is_syn || !segment.payload.is_empty();
        if self.state == State::Asked && is_answered {
            self.state = State::Open;
            output.change(&self.link, RecordKind::Opened, FROM_CLIENT, time, "");
        }
        let link = self.link;
        if !segment.payload.is_empty() || segment.cut_bytes > 0 || segment.is_fin {
            if segment.is_fin {
                self.first_fin.get_or_insert(side);
            }
            let (payload, cut_bytes) = (&segment.payload, segment.cut_bytes);
            let mut deliver = |chunk: Chunk<'_>| output.chunk(&link, side, time, chunk);
            self.ways[side].add(sequence, payload, cut_bytes, segment.is_fin, &mut deliver);
        }
        if let Some(acknowledged) = segment.acknowledged {
            self.acknowledged[1 - side] = Some(acknowledged);
        }
        for side in [FROM_CLIENT, FROM_SERVER] {
            self.look_for_gap(time, side, output);
        }
        if self.state == State::Open && self.ways.iter().all(Way::is_finished) {
            self.close(time, output);
        }
    }

    /// Gives up bytes that will not come any more.
    fn look_for_gap(&mut self, time: Timestamp, side: usize, output: &mut Output) {
        loop {
            let way = &mut self.ways[side];
            let waiting = way.pending_bytes();
            if waiting == 0 {
                self.gap_since[side] = None;
                return;
            }
            let since = *self.gap_since[side].get_or_insert(time);
            let is_late = waiting > LATE_BYTES || time.0.saturating_sub(since.0) > LATE_NANOS;
            let is_received = self.acknowledged[side].is_some_and(|acknowledged| way.lacks(acknowledged));
            if !(is_received && is_late) && waiting <= MAX_WAITING_BYTES {
                return;
            }
            let link = self.link;
            way.skip_gap(&mut |chunk| output.chunk(&link, side, time, chunk));
            self.gap_since[side] = None;
        }
    }

    fn reset(&mut self, time: Timestamp, side: usize, sequence: u32, output: &mut Output) {
        match self.state {
            State::Closed => return,
            State::Asked => {
                let address = self.link.address(side);
                let text = fill(&output.words.import_refused, &[("address", &address)]);
                output.change(&self.link, RecordKind::Error, side, time, &text);
                output.writer.forget(self.link.id);
            }
            State::Open => {
                self.give_up(time, output);
                let address = self.link.address(side);
                let text = fill(&output.words.import_reset, &[("address", &address)]);
                output.change(&self.link, RecordKind::Error, side, time, &text);
                let closed = &output.words.record_closed_failed;
                output.change(&self.link, RecordKind::Closed, side, time, closed);
            }
        }
        self.state = State::Closed;
        self.reset = Some((side, sequence));
    }

    /// What was under way when the other side reset the connection was received by nobody.
    fn leave_out(&mut self, time: Timestamp, side: usize, segment: &Segment<'_>, output: &mut Output) {
        let bytes = segment.payload.len() + segment.cut_bytes;
        let is_new = bytes > 0 && self.ways[side].is_new(segment.sequence.wrapping_add(bytes as u32));
        if is_new && !self.is_left_out {
            self.is_left_out = true;
            let address = self.link.address(side);
            let text = fill(&output.words.import_left_out, &[("address", &address)]);
            output.change(&self.link, RecordKind::Note, side, time, &text);
        }
    }

    fn close(&mut self, time: Timestamp, output: &mut Output) {
        let side = self.first_fin.unwrap_or(FROM_CLIENT);
        let address = self.link.address(side);
        let text = fill(&output.words.import_closed, &[("address", &address)]);
        output.change(&self.link, RecordKind::Closed, side, time, &text);
        self.state = State::Closed;
    }

    /// Hands on what waits, with notes for what is missing.
    fn give_up(&mut self, time: Timestamp, output: &mut Output) {
        let link = self.link;
        for (side, way) in self.ways.iter_mut().enumerate() {
            way.finish(&mut |chunk| output.chunk(&link, side, time, chunk));
        }
        if self.state == State::Open && self.ways.iter().all(Way::is_finished) {
            self.close(time, output);
        }
    }

    fn waiting_bytes(&self) -> usize {
        self.ways.iter().map(Way::pending_bytes).sum()
    }
}

impl Output {
    fn chunk(&mut self, link: &Link, side: usize, time: Timestamp, chunk: Chunk<'_>) {
        match chunk {
            Chunk::Data(bytes) => self.data(link, side, time, bytes, false),
            Chunk::Missing(bytes) => {
                self.missing_bytes += bytes;
                let text = fill(&self.words.import_missing, &[("bytes", &bytes)]);
                self.change(link, RecordKind::Note, side, time, &text);
                self.writer.skip(link.id, direction(side), bytes);
            }
        }
    }

    fn data(&mut self, link: &Link, side: usize, time: Timestamp, payload: &[u8], is_cut: bool) {
        let record = record(link, RecordKind::Data, side, time);
        self.records += self.writer.append(&Record { payload, is_cut, ..record });
    }

    fn change(&mut self, link: &Link, kind: RecordKind, side: usize, time: Timestamp, text: &str) {
        self.records += self.writer.append(&Record { text, ..record(link, kind, side, time) });
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
    }
}
