//! Tests of gaps in a capture: what is missing stands where it is missing, and joins nothing.

use super::*;
use crate::capture::{Cursor, open_folder};
use crate::codec::Encoding;
use crate::model::{Direction, RecordKind};
use crate::search::{Job, Query, Scan};
use etherparse::PacketBuilder;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A pcap file with raw IP packets, one second after the other.
fn capture(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file: Vec<u8> = [0xA1B2_C3D4u32, 0x0004_0002, 0, 0, 65_535, 101].map(u32::to_le_bytes).concat();
    for (second, packet) in packets.iter().enumerate() {
        let length = packet.len() as u32;
        file.extend([1_700_000_000 + second as u32, 0, length, length].map(u32::to_le_bytes).concat());
        file.extend(packet);
    }
    file
}

fn client(sequence: u32, acknowledged: u32, payload: &[u8]) -> Vec<u8> {
    let packet = PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 0, 1], 64).tcp(50_000, 7788, sequence, 65_000);
    let mut out = Vec::new();
    let packet = if acknowledged == 0 { packet.syn() } else { packet.ack(acknowledged) };
    packet.write(&mut out, payload).unwrap();
    out
}

fn server(sequence: u32, acknowledged: u32, payload: &[u8], is_syn: bool) -> Vec<u8> {
    let packet = PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 7], 64).tcp(7788, 50_000, sequence, 65_000);
    let mut out = Vec::new();
    let packet = if is_syn { packet.syn().ack(acknowledged) } else { packet.ack(acknowledged) };
    packet.write(&mut out, payload).unwrap();
    out
}

#[test]
fn bytes_on_both_sides_of_a_gap_are_no_neighbours() {
    let packets = [
        client(1000, 0, b""),
        server(5000, 1001, b"", true),
        client(1001, 5001, b"LOG"),
        // 1400 bytes were not captured, and the server has acknowledged them.
        client(1001 + 3 + 1400, 5001, b"IN"),
        server(5001, 1001 + 3 + 1402, b"LOG", false),
        server(5004, 1001 + 3 + 1402, b"IN", false),
        client(1001 + 3 + 1402, 5006, b"!"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.pcap");
    fs::write(&path, capture(&packets)).unwrap();
    let into = folder.path().join("recording");
    let go_on = &mut |_| ControlFlow::Continue(());
    let imported =
        import(&path, Destination::Folder(into.clone()), Language::English, go_on).unwrap().unwrap();
    assert_eq!(imported.missing_bytes, 1400);

    let opened = open_folder(&into).unwrap();
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut at = cursor.snapshot().start();
    let mut received = Vec::new();
    let mut notes = 0;
    while let Some(position) = cursor.next(at).unwrap() {
        let entry = cursor.read(position).unwrap().unwrap();
        at = entry.end;
        let record = &entry.record;
        notes += u32::from(record.kind == RecordKind::Note);
        if (record.kind, record.direction) == (RecordKind::Data, Direction::Inbound) {
            let payload = String::from_utf8(record.payload.to_vec()).unwrap();
            received.push((payload, entry.stream_offset, entry.previous.is_some()));
        }
    }
    let expected = [("LOG", 0, true), ("IN", 1403, false), ("!", 1405, true)];
    assert_eq!(
        received,
        expected.map(|(payload, offset, is_linked)| (payload.to_owned(), offset, is_linked))
    );
    assert_eq!(notes, 1);

    // Only what was sent is one word.
    for case_sensitive in [true, false] {
        let query = Query::Text { text: "LOGIN".into(), case_sensitive, encoding: Encoding::Utf8 };
        let job = Job::Search(query.compile().unwrap());
        let reader = opened.reader.clone();
        let scan = Scan::start(job, reader, cursor.snapshot().start(), Arc::new(|| {}));
        let until = Instant::now() + Duration::from_secs(20);
        while !scan.progress().is_caught_up {
            assert!(Instant::now() < until);
            std::thread::yield_now();
        }
        assert_eq!(scan.progress().matches, 1);
    }
}
