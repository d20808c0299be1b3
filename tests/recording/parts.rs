//! Recordings of a part of a session, read by Wireshark.

use super::sessions::serve;
use super::support::*;
use super::tshark::{assert_sound, dissect, follow};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use wirelab::capture::{Snapshot, open};
use wirelab::codec::Encoding;
use wirelab::export::{Export, Format, Selection};
use wirelab::lang::Language;
use wirelab::model::{ConnectionId, Direction, PeerNames, Record};

/// Exports the records that are wanted; returns their number.
fn save_part(snapshot: &Snapshot, path: &Path, is_wanted: &mut dyn FnMut(&Record<'_>) -> bool) -> u64 {
    let export = Export {
        snapshot: snapshot.clone(),
        selection: Selection::Where(is_wanted),
        format: Format::Pcapng,
        encodings: Encoding::Utf8.into(),
        names: PeerNames::default(),
        language: Language::English,
        frames: None,
        progress: &mut |_, _| ControlFlow::Continue(()),
    };
    export.to_file(path).unwrap().unwrap().records
}

#[test]
fn wireshark_reads_a_part_of_a_recording() {
    let (files, folder, mut expected) = serve("127.0.0.1", 20_000);
    let joined = folder.path().join("joined.pcapng");
    let bytes: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
    fs::write(&joined, bytes).unwrap();
    let snapshot = open(&joined).unwrap().reader.snapshot();
    let all = records_of(snapshot.clone());

    // Each connection alone has no errors.
    let path = folder.path().join("part.pcapng");
    let last = all.iter().map(|record| record.connection).max().unwrap();
    for connection in 1..=last {
        if save_part(&snapshot, &path, &mut |record| record.connection == ConnectionId(connection)) == 0 {
            continue;
        }
        assert_sound(&path);
        for (peer, conversation) in follow(&path, "tcp") {
            assert!(expected.remove(&peer) == Some(conversation), "{peer}");
        }
    }
    assert!(expected.is_empty(), "{:?}", expected.keys());

    // Where records are left out, sequence numbers jump, and the packets are still valid.
    let mut number = 0;
    let mut every_third = |_: &Record<'_>| {
        number += 1;
        number % 3 != 0
    };
    let mut received = |record: &Record<'_>| record.direction == Direction::Inbound;
    let selections: [&mut dyn FnMut(&Record<'_>) -> bool; 2] = [&mut every_third, &mut received];
    for is_wanted in selections {
        let records = save_part(&snapshot, &path, is_wanted);
        let kept = records_of(open(&path).unwrap().reader.snapshot());
        assert!(records > 10 && kept.len() as u64 == records && records < all.len() as u64);
        for packet in dissect(&path) {
            let number = packet.field("frame.number");
            assert_eq!(packet.field("_ws.malformed"), "", "packet {number}");
            for checksum in ["ip.checksum.status", "tcp.checksum.status", "udp.checksum.status"] {
                assert_ne!(packet.field(checksum), "0", "packet {number}: {checksum}");
            }
        }
    }
}
