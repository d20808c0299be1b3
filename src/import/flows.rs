//! Which connection a packet belongs to. Owns all connections of a capture: TCP, and pairs of UDP addresses.
//! Everything is bounded: how many are remembered, and how much waits for missing bytes.

use super::Imported;
use super::connection::{Connection, Context, Relation};
use super::lookahead::Lookahead;
use super::output::{FROM_CLIENT, FROM_SERVER, Link, Output};
use super::packet::{Content, Packet, Segment};
use crate::capture::CaptureWriter;
use crate::lang::Words;
use crate::model::{ConnectionId, Failure, Timestamp, Transport};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::SocketAddr;

/// How many connections are remembered; of more, the half that was longest silent is forgotten.
const MAX_CONNECTIONS: usize = 1 << 16;
/// How often the histories are bounded, in bytes of segments.
const HISTORY_STEP_BYTES: usize = 8 << 20;

/// What all connections together may keep in memory.
pub(super) struct Bounds {
    /// What waits for missing bytes.
    pub waiting_bytes: usize,
    /// What repetitions are compared with.
    pub history_bytes: usize,
}

/// Both ends of a connection, whoever sends.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair(SocketAddr, SocketAddr);

impl Pair {
    fn of(packet: &Packet<'_>) -> Self {
        let (a, b) = (packet.source, packet.destination);
        if a <= b { Self(a, b) } else { Self(b, a) }
    }
}

/// All connections of a capture.
pub(super) struct Flows {
    output: Output,
    ahead: Lookahead,
    tcp: HashMap<Pair, Connection>,
    /// With the number of the last packet.
    udp: HashMap<Pair, (Link, u64)>,
    connections: u32,
    packets: u64,
    waiting_bytes: usize,
    pub bounds: Bounds,
    /// Bytes of segments since the histories were last bounded.
    bytes_since_trim: usize,
    now: Timestamp,
}

impl Flows {
    pub fn new(writer: CaptureWriter, path: String, words: &'static Words) -> Self {
        Self {
            output: Output::new(writer, path, words),
            ahead: Lookahead::default(),
            tcp: HashMap::new(),
            udp: HashMap::new(),
            connections: 0,
            packets: 0,
            waiting_bytes: 0,
            bounds: Bounds { waiting_bytes: 64 << 20, history_bytes: 64 << 20 },
            bytes_since_trim: 0,
            now: Timestamp::default(),
        }
    }

    /// Takes the next packet of the capture. Its records may be written with later ones.
    pub fn packet(&mut self, time: Timestamp, packet: Packet<'_>) {
        self.ahead.push(time, packet);
        while self.ahead.is_full() {
            self.next();
        }
    }

    /// Makes records of the next packet in the queue. `false`: it is empty.
    fn next(&mut self) -> bool {
        let Some(queued) = self.ahead.pop() else { return false };
        let packet = &queued.packet;
        self.packets += 1;
        self.now = queued.time;
        match &packet.content {
            Content::Udp { payload, is_cut } => self.datagram(packet, payload, *is_cut),
            Content::Tcp(segment) => self.segment(packet, segment),
        }
        true
    }

    fn datagram(&mut self, packet: &Packet<'_>, payload: &[u8], is_cut: bool) {
        let pair = Pair::of(packet);
        if !self.udp.contains_key(&pair) {
            self.forget_silent_pairs();
            let link = self.link(Transport::Udp, guess(packet));
            self.udp.insert(pair, (link, 0));
        }
        let Some((link, last_packet)) = self.udp.get_mut(&pair) else { return };
        *last_packet = self.packets;
        self.output.data(link, link.side(packet.source), self.now, payload, is_cut);
    }

    fn segment(&mut self, packet: &Packet<'_>, segment: &Segment<'_>) {
        let pair = Pair::of(packet);
        let known = self.tcp.get_mut(&pair);
        match known.map(|known| known.relation(packet.source, segment)) {
            Some(Relation::Part) => {}
            Some(Relation::BehindEnd) => {
                if let Some(ended) = self.tcp.remove(&pair) {
                    self.go_on_behind_end(pair, ended);
                }
            }
            Some(Relation::OtherSince { client, syn }) => {
                self.end_known(&pair);
                let server = if client == packet.source { packet.destination } else { packet.source };
                let link = self.link(Transport::Tcp, (client, server));
                self.tcp.insert(pair, Connection::asked_by(link, FROM_CLIENT, syn));
            }
            Some(Relation::Other) | None => {
                if !segment.is_syn && segment.carried_bytes() == 0 {
                    // The end of something that was not captured.
                    return;
                }
                self.end_known(&pair);
                self.begin(pair, packet, segment);
            }
        }
        let Some(connection) = self.tcp.get_mut(&pair) else { return };
        let before = connection.waiting_bytes();
        connection.last_packet = self.packets;
        let mut context = Context { time: self.now, ahead: &self.ahead, output: &mut self.output };
        connection.segment(packet.source, segment, &mut context);
        self.waiting_bytes = self.waiting_bytes + connection.waiting_bytes() - before;
        if self.waiting_bytes > self.bounds.waiting_bytes {
            self.release_largest();
        }
        self.bytes_since_trim += segment.payload.len();
        if self.bytes_since_trim > HISTORY_STEP_BYTES {
            self.bytes_since_trim = 0;
            self.trim_histories();
        }
    }

    /// Hands on what waits in the connections that have most of it, until a quarter of the bound is free.
    fn release_largest(&mut self) {
        let waiting = |(pair, connection): (&Pair, &Connection)| {
            (Reverse(connection.waiting_bytes()), connection.link().id, *pair)
        };
        let mut largest: Vec<_> = self.tcp.iter().map(waiting).collect();
        largest.sort_unstable_by_key(|(bytes, id, _)| (*bytes, *id));
        for (Reverse(before), _, pair) in largest {
            if self.waiting_bytes <= self.bounds.waiting_bytes / 4 * 3 {
                return;
            }
            if let Some(ended) = self.tcp.remove(&pair) {
                match ended.has_bytes_behind_end() {
                    true => self.go_on_behind_end(pair, ended),
                    false => drop(self.tcp.insert(pair, ended)),
                }
            }
            let Some(connection) = self.tcp.get_mut(&pair) else { continue };
            let mut context = Context { time: self.now, ahead: &self.ahead, output: &mut self.output };
            connection.release(&mut context);
            self.waiting_bytes = self.waiting_bytes + connection.waiting_bytes() - before;
        }
    }

    /// Forgets what the connections that were silent longest have handed on, within the bound.
    fn trim_histories(&mut self) {
        let mut known: Vec<_> = self.tcp.values_mut().collect();
        let mut bytes: usize = known.iter().map(|connection| connection.history_bytes()).sum();
        known.sort_unstable_by_key(|connection| connection.last_packet);
        for connection in known {
            if bytes <= self.bounds.history_bytes {
                return;
            }
            bytes -= connection.history_bytes();
            connection.forget_history();
        }
    }

    /// Begins a connection with its first packet that was captured.
    fn begin(&mut self, pair: Pair, packet: &Packet<'_>, segment: &Segment<'_>) {
        self.forget_silent_connections();
        let forward = (packet.source, packet.destination);
        let backward = (packet.destination, packet.source);
        // The SYN may have been captured behind the data.
        let coming = if segment.is_syn { None } else { self.ahead.syn_of(&forward, segment.sequence) };
        let ends = match (segment.is_syn, segment.acknowledged, coming) {
            (true, None, _) => forward,
            (true, Some(_), _) => backward,
            (false, _, Some(syn)) if syn.is_answer => backward,
            (false, _, Some(_)) => forward,
            (false, _, None) => guess(packet),
        };
        let link = self.link(Transport::Tcp, ends);
        let mut context = Context { time: self.now, ahead: &self.ahead, output: &mut self.output };
        let connection = match coming {
            Some(syn) => {
                let side = if syn.is_answer { FROM_SERVER } else { FROM_CLIENT };
                Connection::asked_by(link, side, syn.sequence)
            }
            None if segment.is_syn => Connection::asked(link),
            None => Connection::open(link, &mut context),
        };
        self.tcp.insert(pair, connection);
    }

    /// Puts another connection in the place of one that has ended, with its streams where they are.
    fn go_on_behind_end(&mut self, pair: Pair, ended: Connection) {
        let old = *ended.link();
        let link = self.link(Transport::Tcp, (old.client, old.server));
        self.output.forget(&old);
        let mut context = Context { time: self.now, ahead: &self.ahead, output: &mut self.output };
        self.tcp.insert(pair, ended.behind_end(link, &mut context));
    }

    fn link(&mut self, transport: Transport, (client, server): (SocketAddr, SocketAddr)) -> Link {
        self.connections += 1;
        Link { id: ConnectionId(self.connections), transport, client, server }
    }

    fn end_known(&mut self, pair: &Pair) {
        if let Some(known) = self.tcp.remove(pair) {
            self.end(*pair, known);
        }
    }

    /// Hands on what still waits in a connection of which no more comes.
    fn end(&mut self, pair: Pair, mut connection: Connection) {
        self.waiting_bytes -= connection.waiting_bytes();
        if connection.has_bytes_behind_end() {
            self.go_on_behind_end(pair, connection);
            let Some(behind) = self.tcp.remove(&pair) else { return };
            connection = behind;
        }
        let mut context = Context { time: self.now, ahead: &self.ahead, output: &mut self.output };
        connection.give_up(&mut context);
        self.output.forget(connection.link());
    }

    fn forget_silent_connections(&mut self) {
        if self.tcp.len() < MAX_CONNECTIONS {
            return;
        }
        let middle = middle(self.tcp.values().map(|connection| connection.last_packet).collect());
        let silent = self.tcp.extract_if(|_, connection| connection.last_packet < middle).collect();
        self.end_all(silent);
    }

    fn end_all(&mut self, mut connections: Vec<(Pair, Connection)>) {
        connections.sort_by_key(|(_, connection)| connection.link().id);
        for (pair, connection) in connections {
            self.end(pair, connection);
        }
    }

    fn forget_silent_pairs(&mut self) {
        if self.udp.len() < MAX_CONNECTIONS {
            return;
        }
        let middle = middle(self.udp.values().map(|(_, last_packet)| *last_packet).collect());
        for (_, (link, _)) in self.udp.extract_if(|_, (_, last_packet)| *last_packet < middle) {
            self.output.forget(&link);
        }
    }

    /// Writes what there is so far.
    ///
    /// # Errors
    /// It could not be written; the import is to be given up.
    pub fn publish(&mut self) -> Result<(), Failure> {
        self.output.publish()
    }

    /// Makes records of all packets that are left in the queue: the capture has ended.
    ///
    /// # Errors
    /// They could not be written.
    pub fn finish(mut self) -> Result<Imported, Failure> {
        self.ahead.end();
        while self.next() {}
        let left = self.tcp.drain().collect();
        self.end_all(left);
        self.publish()?;
        Ok(Imported {
            connections: self.connections.into(),
            records: self.output.records,
            missing_bytes: self.output.missing_bytes,
            differing_bytes: self.output.differing_bytes,
            uncompared_bytes: self.output.uncompared_bytes,
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
    let forward = (packet.source, packet.destination);
    if packet.source.port() < packet.destination.port() { (forward.1, forward.0) } else { forward }
}
