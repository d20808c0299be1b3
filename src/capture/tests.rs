//! Tests of the recording as a whole. Here: writing records and reading them back.

mod bookmarks;
mod damage;
mod ending;
mod files;
mod forms;
mod leftover;
mod many;
mod saving;
mod written;

use super::open::open_segments;
use super::*;
use crate::model::{
    AnswerNote, ConnectionId, Direction, FailureKind, Operation, Record, RecordKind, Timestamp, Transport,
};
use proptest::prelude::*;
use std::fs;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;

const LIMITS: Limits = Limits { segment_bytes: 1 << 30, total_bytes: None };

/// A record that owns its payload and text.
#[derive(Clone, Debug, PartialEq)]
struct Owned {
    pub time: u64,
    pub kind: RecordKind,
    pub direction: Direction,
    pub transport: Transport,
    pub connection: u32,
    pub payload: Vec<u8>,
    pub is_cut: bool,
    pub text: String,
}

impl Owned {
    pub fn data(connection: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            time: 1,
            kind: RecordKind::Data,
            direction: Direction::Inbound,
            transport: Transport::Tcp,
            connection,
            payload: payload.into(),
            is_cut: false,
            text: String::new(),
        }
    }

    /// The local address and the peer: IPv4 for even connections, IPv6 for odd ones.
    fn addresses(&self) -> (SocketAddr, SocketAddr) {
        if self.connection.is_multiple_of(2) {
            (
                "127.0.0.1:7788".parse().unwrap(),
                SocketAddr::from(([10, 0, 0, 7], 1000 + self.connection as u16)),
            )
        } else {
            (
                "[::1]:7788".parse().unwrap(),
                SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 9], 1000 + self.connection as u16)),
            )
        }
    }

    pub fn record(&self) -> Record<'_> {
        let (local, peer) = self.addresses();
        Record {
            time: Timestamp(self.time),
            kind: self.kind,
            direction: self.direction,
            transport: self.transport,
            connection: ConnectionId(self.connection),
            local,
            peer,
            payload: &self.payload,
            is_cut: self.is_cut,
            text: &self.text,
            answer: AnswerNote::default(),
        }
    }
}

fn own(entry: &Entry<'_>) -> Owned {
    let record = &entry.record;
    let owned = Owned {
        time: record.time.0,
        kind: record.kind,
        direction: record.direction,
        transport: record.transport,
        connection: record.connection.0,
        payload: record.payload.to_vec(),
        is_cut: record.is_cut,
        text: record.text.into(),
    };
    assert_eq!((record.local, record.peer), owned.addresses());
    owned
}

/// Opens a recording without damage and waits for its index.
fn whole(path: &Path) -> Snapshot {
    let mut opened = if path.is_dir() { open_folder(path) } else { open(path) }.unwrap();
    let progress = opened.indexing.wait();
    assert_eq!((progress.failure, progress.bytes_done), (None, progress.bytes_total));
    opened.reader.snapshot()
}

/// All records, read from the start.
fn forward(snapshot: Snapshot) -> Vec<Owned> {
    let mut cursor = Cursor::new(snapshot);
    let mut found = Vec::new();
    let mut at = cursor.snapshot().start();
    while let Some(position) = cursor.next(at).unwrap() {
        let entry = cursor.read(position).unwrap().unwrap();
        found.push(own(&entry));
        at = entry.end;
    }
    found
}

/// All records in order, read from the end.
fn backward(snapshot: Snapshot) -> Vec<Owned> {
    let mut cursor = Cursor::new(snapshot);
    let mut found = Vec::new();
    let mut at = cursor.snapshot().end();
    while let Some(position) = cursor.previous(at).unwrap() {
        found.push(own(&cursor.read(position).unwrap().unwrap()));
        at = position;
    }
    found.reverse();
    found
}

/// The last `count` records in order, read from the end.
fn backward_from_end(snapshot: &Snapshot, count: usize) -> Vec<Owned> {
    let mut cursor = Cursor::new(snapshot.clone());
    let mut found = Vec::new();
    let mut at = snapshot.end();
    while found.len() < count
        && let Some(position) = cursor.previous(at).unwrap()
    {
        found.push(own(&cursor.read(position).unwrap().unwrap()));
        at = position;
    }
    found.reverse();
    found
}

fn write(folder: &Path, limits: Limits, records: &[Owned]) -> CaptureWriter {
    let mut writer = CaptureWriter::new(Destination::Folder(folder.into()), limits);
    for record in records {
        writer.append(&record.record());
    }
    writer.publish();
    writer
}

/// Records of about `bytes` bytes, with different times and payloads.
fn numbered(count: usize, bytes: usize) -> Vec<Owned> {
    (0..count)
        .map(|i| Owned { time: i as u64, ..Owned::data(1 + i as u32 % 3, vec![i as u8; bytes + i % 7]) })
        .collect()
}

fn positions(snapshot: &Snapshot) -> Vec<Position> {
    let mut cursor = Cursor::new(snapshot.clone());
    let mut all = Vec::new();
    let mut at = snapshot.start();
    while let Some(position) = cursor.next(at).unwrap() {
        all.push(position);
        at = cursor.read(position).unwrap().unwrap().end;
    }
    all
}

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn any_record() -> impl Strategy<Value = Owned> {
    let kind = prop_oneof![
        8 => Just(RecordKind::Data),
        1 => Just(RecordKind::Opened),
        1 => Just(RecordKind::Closed),
        1 => Just(RecordKind::Error),
        1 => Just(RecordKind::Note),
    ];
    let payload = prop_oneof![
        9 => prop::collection::vec(any::<u8>(), 0..64),
        1 => (60_000usize..=65_495).prop_map(|length| (0..length).map(|i| i as u8).collect()),
    ];
    (any::<u32>(), kind, any::<[bool; 3]>(), 1..6u32, payload, "[a-z世界]{0,9}").prop_map(
        |(time, kind, [inbound, udp, cut], connection, payload, text)| Owned {
            time: u64::from(time) << 20,
            kind,
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
            transport: if udp { Transport::Udp } else { Transport::Tcp },
            connection,
            payload: if kind == RecordKind::Data { payload } else { Vec::new() },
            is_cut: cut,
            text: if kind == RecordKind::Data { String::new() } else { text },
        },
    )
}
