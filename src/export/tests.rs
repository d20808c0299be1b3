//! Tests of exports: what they record, and what each stream of it says.

mod back;
mod files;
mod parts;

use super::*;
use crate::capture::{CaptureWriter, Destination, Limits, open};
use crate::codec::Encoding;
use crate::codec::{StreamDecoder, parse_hex};
use crate::model::{AnswerNote, ConnectionId, Direction, PeerNames, Timestamp, Transport};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What a test records: its kind, connection, direction and bytes.
#[derive(Clone, Debug)]
struct Made {
    kind: RecordKind,
    connection: u32,
    direction: Direction,
    payload: Vec<u8>,
}

impl Made {
    fn data(connection: u32, direction: Direction, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind: RecordKind::Data, connection, direction, payload: payload.into() }
    }

    fn change(kind: RecordKind, connection: u32) -> Self {
        Self { kind, ..Self::data(connection, Direction::Inbound, []) }
    }

    fn record(&self) -> Record<'_> {
        Record {
            time: Timestamp(1_795_168_800_123_456_789),
            kind: self.kind,
            direction: self.direction,
            // Connections from 100 on are peers that send datagrams.
            transport: if self.connection >= 100 && self.connection < 200 {
                Transport::Udp
            } else {
                Transport::Tcp
            },
            connection: ConnectionId(self.connection),
            local: "[::1]:7788".parse().unwrap(),
            peer: "[::1]:50122".parse().unwrap(),
            payload: &self.payload,
            is_cut: false,
            text: if self.kind == RecordKind::Data || self.kind == RecordKind::Opened {
                ""
            } else {
                "=words, \"quoted\""
            },
            answer: AnswerNote::default(),
        }
    }
}

fn recorded(records: &[Made]) -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::Folder(folder.path().join("recording"));
    let limits = Limits { segment_bytes: 20_000, total_bytes: None };
    let mut writer = CaptureWriter::new(destination, limits);
    for made in records {
        writer.append(&made.record());
    }
    writer.publish();
    let snapshot = writer.reader().snapshot();
    (folder, snapshot)
}

/// Exports everything, in English if it is text.
fn of_all<T>(snapshot: &Snapshot, format: Format, run: impl FnOnce(Export<'_, '_>) -> T) -> T {
    run(Export {
        snapshot: snapshot.clone(),
        selection: Selection::All,
        format,
        encodings: Encoding::Utf8.into(),
        names: PeerNames::default(),
        language: Language::English,
        frames: None,
        progress: &mut |_, _| ControlFlow::Continue(()),
    })
}

pub(super) fn exported(
    snapshot: &Snapshot,
    format: Format,
    encoding: Encoding,
    selection: Selection<'_>,
) -> Vec<u8> {
    let mut out = Vec::new();
    let export = Export {
        snapshot: snapshot.clone(),
        selection,
        format,
        encodings: encoding.into(),
        names: PeerNames::default(),
        language: Language::English,
        frames: None,
        progress: &mut |_, _| ControlFlow::Continue(()),
    };
    export.to_writer(&mut out).unwrap().unwrap();
    out
}

fn whole(snapshot: &Snapshot, format: Format, encoding: Encoding) -> String {
    String::from_utf8(exported(snapshot, format, encoding, Selection::All)).unwrap()
}

/// What each stream says: its bytes, and its text if the end of the connection is recorded.
fn streams(records: &[Made], encoding: Encoding) -> BTreeMap<String, (Vec<u8>, String)> {
    let mut streams: BTreeMap<String, (Vec<u8>, String)> = BTreeMap::new();
    let mut decoders: BTreeMap<String, StreamDecoder> = BTreeMap::new();
    for made in records {
        let key = key(made.connection, json::direction_name(made.direction));
        match made.kind {
            RecordKind::Data => {
                let (bytes, text) = streams.entry(key.clone()).or_default();
                bytes.extend(&made.payload);
                if made.record().transport == Transport::Udp {
                    let mut decoder = StreamDecoder::new(encoding);
                    decoder.decode(&made.payload, text);
                    decoder.finish(text);
                } else {
                    let decoder = decoders.entry(key).or_insert_with(|| StreamDecoder::new(encoding));
                    decoder.decode(&made.payload, text);
                }
            }
            RecordKind::Closed => {
                for direction in ["in", "out"] {
                    let key = self::key(made.connection, direction);
                    if let Some(decoder) = decoders.remove(&key) {
                        decoder.finish(&mut streams.get_mut(&key).unwrap().1);
                    }
                }
            }
            _ => {}
        }
    }
    streams
}

fn key(connection: u32, direction: &str) -> String {
    format!("{connection} {direction}")
}

fn any_encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(Encoding::ALL.to_vec())
}

/// Bytes that are text in many encodings, bytes that are none, and what CSV and spreadsheets take amiss.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        "[世界你好温度a-z .\u{1F600}あ한]{0,5}".prop_map(String::into_bytes),
        "[-=+@'\"\t\r\n,a]{0,5}".prop_map(String::into_bytes),
        prop::collection::vec(0x80u8..=0xFE, 1..4),
    ]
}

fn any_made() -> impl Strategy<Value = Made> {
    let kind = prop_oneof![
        12 => Just(RecordKind::Data),
        1 => Just(RecordKind::Opened),
        1 => Just(RecordKind::Closed),
        1 => Just(RecordKind::Note),
    ];
    (kind, prop_oneof![1u32..4, 100u32..102], any::<bool>(), any_payload()).prop_map(
        |(kind, connection, is_inbound, payload)| Made {
            kind,
            connection,
            direction: if is_inbound { Direction::Inbound } else { Direction::Outbound },
            payload: if kind == RecordKind::Data { payload } else { Vec::new() },
        },
    )
}

/// As connections are: they open first, close last, and their ids are never used again.
fn in_order(records: Vec<Made>) -> Vec<Made> {
    let mut seen = BTreeSet::new();
    let mut closed = BTreeSet::new();
    let is_possible = |made: &Made| {
        let is_first = seen.insert(made.connection);
        match made.kind {
            _ if closed.contains(&made.connection) => false,
            RecordKind::Closed => closed.insert(made.connection),
            RecordKind::Opened => is_first,
            _ => true,
        }
    };
    records.into_iter().filter(is_possible).collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
