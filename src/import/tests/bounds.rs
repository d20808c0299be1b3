//! What is kept in memory, and what is given up when it is too much.

use super::*;
use crate::import::format::Frame;
use crate::model::Timestamp;

/// Imports packets with smaller bounds.
fn import_within(waiting: usize, history: usize, packets: &[Vec<u8>]) -> (Imported, Vec<Told>) {
    let folder = tempfile::tempdir().unwrap();
    let writer = CaptureWriter::new(
        Destination::Folder(folder.path().into()),
        Limits { total_bytes: None, ..Limits::default() },
    );
    let mut flows = Flows::new(writer, String::new(), Language::English.words());
    flows.bounds.waiting_bytes = waiting;
    flows.bounds.history_bytes = history;
    let mut dissector = Dissector::default();
    for (number, bytes) in packets.iter().enumerate() {
        let frame = Frame { time: Timestamp(number as u64), link_type: 101, bytes, cut_bytes: 0 };
        flows.packet(frame.time, dissector.dissect(&frame).unwrap().unwrap());
    }
    let imported = flows.finish().unwrap();
    let (told, _) = records_of(folder.path());
    (imported, told)
}

/// A segment of the client on another port.
fn other(flags: &str, sequence: u32, payload: &[u8]) -> Vec<u8> {
    tcp(([10, 0, 0, 7], 50_001), SERVER, flags, sequence, 1, payload)
}

#[test]
fn the_connections_with_most_waiting_bytes_are_released_first() {
    let mut packets = connection([]);
    packets.push(other("S", 0, b""));
    for number in 0..15 {
        packets.push(from_client("A", 1001 + number * 60_000, 1, &[b'a'; 60_000]));
    }
    for number in 0..4 {
        packets.push(other("A", 11 + number * 50_000, &[b'b'; 50_000]));
    }
    // What both wait for comes.
    packets.push(from_client("A", 1, 1, &[b'A'; 1000]));
    packets.push(other("A", 1, &[b'B'; 10]));
    let (imported, told) = import_within(1 << 20, 64 << 20, &packets);
    assert_eq!(said(&told, 2, Direction::Inbound), "B".repeat(10) + &"b".repeat(200_000));
    let late = said(&told, 1, Direction::Inbound);
    assert_eq!(late, format!("<1000>{}{}", "a".repeat(900_000), "A".repeat(1000)));
    // They came after all.
    assert_eq!(imported.missing_bytes, 0);
}

#[test]
fn repetitions_that_come_too_late_to_be_compared_are_counted() {
    let piece = |sequence, byte| other("A", sequence, &[byte; 60_000]);
    let mut packets = connection([from_client("A", 1, 1, b"of a connection that is silent then")]);
    packets.push(other("S", 0, b""));
    packets.extend((0..160).map(|number| piece(1 + number * 60_000, b'b')));
    // All but one of them have been forgotten.
    packets.push(from_client("A", 1, 1, b"of a connection"));
    packets.push(piece(1, b'b'));
    packets.push(piece(1 + 159 * 60_000, b'B'));
    let (imported, told) = import_within(64 << 20, 4 << 20, &packets);
    assert_eq!((imported.uncompared_bytes, imported.differing_bytes), (60_015, 60_000));
    assert_eq!(said(&told, 2, Direction::Inbound), "b".repeat(160 * 60_000));
}

#[test]
fn a_half_keeps_what_was_handed_on_last() {
    let mut half = Half::default();
    half.begin_with(0);
    let mut told = Vec::new();
    let mut tell = |chunk: Chunk<'_>| match chunk {
        Chunk::Differing(bytes) => told.push(format!("{bytes} differ")),
        Chunk::Uncompared(bytes) => told.push(format!("{bytes} not compared")),
        _ => {}
    };
    for number in 0..200 {
        half.add(number * 50_000, &[1; 50_000], 0, &mut tell);
    }
    assert!((7 << 20..=8 << 20).contains(&half.history_bytes()), "{}", half.history_bytes());
    half.add(0, &[1; 50_000], 0, &mut tell);
    half.add(199 * 50_000, &[2; 50_000], 0, &mut tell);
    half.forget_history();
    half.add(199 * 50_000, &[2; 50_000], 0, &mut tell);
    assert_eq!(told, ["50000 not compared", "50000 differ", "50000 not compared"]);
}
