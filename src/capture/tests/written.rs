//! Records are read back as they were written, with their links and offsets.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn records_are_read_back_in_both_directions(
        records in prop::collection::vec(any_record(), 0..60),
        segment_bytes in 200u64..400_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let writer = write(folder.path(), Limits { segment_bytes, total_bytes: None }, &records);
        let snapshot = writer.reader().snapshot();
        prop_assert_eq!(snapshot.records(), records.len() as u64);
        prop_assert_eq!(&forward(snapshot.clone()), &records);
        prop_assert_eq!(&backward(snapshot), &records);
    }
}

#[test]
fn a_snapshot_does_not_change_while_the_recording_grows() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = write(folder.path(), LIMITS, &[Owned::data(1, "one")]);
    let reader = writer.reader();
    let before = reader.snapshot();
    writer.append(&Owned::data(1, "two").record());
    assert_eq!(reader.snapshot().records(), 1, "a record is not visible before it is published");
    writer.publish();
    assert_eq!(forward(before).len(), 1);
    assert_eq!(forward(reader.snapshot()).len(), 2);
}

#[test]
fn every_kind_of_record_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let kinds =
        [RecordKind::Opened, RecordKind::Data, RecordKind::Note, RecordKind::Error, RecordKind::Closed];
    let records: Vec<_> = kinds
        .iter()
        .map(|kind| Owned { kind: *kind, direction: Direction::Outbound, ..Owned::data(1, "") })
        .collect();
    write(folder.path(), LIMITS, &records);
    let opened = whole(folder.path());
    assert_eq!((opened.records(), forward(opened)), (5, records));
}

#[test]
fn opening_counts_records_and_not_the_packets_of_handshakes_and_closes() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Owned { kind: RecordKind::Opened, ..Owned::data(1, "") };
    let closed = Owned { kind: RecordKind::Closed, ..Owned::data(1, "") };
    let mut records = vec![opened];
    records.extend((0..200).map(|_| Owned::data(1, "x")));
    records.push(closed);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let reopened = whole(&snapshot.files()[0]);
    assert_eq!((snapshot.records(), reopened.records()), (202, 202));
}

#[test]
fn records_of_a_stream_are_linked_and_know_their_offset() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Owned { kind: RecordKind::Opened, ..Owned::data(1, "") };
    let outbound = Owned { direction: Direction::Outbound, ..Owned::data(1, "out") };
    let records = [opened, Owned::data(1, "abc"), Owned::data(3, "xy"), outbound, Owned::data(1, "d")];
    let writer = write(folder.path(), LIMITS, &records);
    let mut cursor = Cursor::new(writer.reader().snapshot());
    let last = cursor.previous(cursor.snapshot().end()).unwrap().unwrap();
    let (previous, offset) = {
        let entry = cursor.read(last).unwrap().unwrap();
        (entry.previous.unwrap(), entry.stream_offset)
    };
    assert_eq!(offset, 3);
    let entry = cursor.read(previous).unwrap().unwrap();
    assert_eq!((entry.record.payload, entry.stream_offset), (&b"abc"[..], 0));
}

#[test]
fn links_are_valid_in_a_segment_that_is_opened_alone() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..100).map(|i| Owned::data(1 + i % 3, vec![i as u8; 300])).collect();
    let limits = Limits { segment_bytes: 5000, total_bytes: None };
    let files = write(folder.path(), limits, &records).reader().snapshot().files();
    assert!(files.len() > 3);
    for file in files {
        let mut cursor = Cursor::new(whole(&file));
        let mut last = std::collections::HashMap::new();
        let mut at = cursor.snapshot().start();
        while let Some(position) = cursor.next(at).unwrap() {
            let entry = cursor.read(position).unwrap().unwrap();
            let connection = entry.record.connection;
            at = entry.end;
            assert_eq!(entry.previous, last.insert(connection, position), "{position:?} in {file:?}");
        }
    }
}

#[test]
fn offsets_in_a_stream_count_from_its_first_byte() {
    let folder = tempfile::tempdir().unwrap();
    // There is no record of the opening, as after a full disk.
    for connection in [0, 1, 2, 60_000] {
        let records: Vec<_> = (0..3).map(|_| Owned::data(connection, vec![1; 1000])).collect();
        let snapshot =
            write(&folder.path().join(connection.to_string()), LIMITS, &records).reader().snapshot();
        let mut cursor = Cursor::new(snapshot.clone());
        let mut at = snapshot.start();
        for offset in [0, 1000, 2000] {
            let position = cursor.next(at).unwrap().unwrap();
            let entry = cursor.read(position).unwrap().unwrap();
            assert_eq!(entry.stream_offset, offset);
            at = entry.end;
        }
    }
}

#[test]
fn initial_sequence_numbers_of_connections_differ() {
    let mut numbers: Vec<_> = (1..10_000).map(|id| packet::initial_sequence(ConnectionId(id))).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 9_999);
}

#[test]
fn a_payload_larger_than_a_packet_is_split() {
    let folder = tempfile::tempdir().unwrap();
    let payload: Vec<u8> = (0..200_000u32).map(|i| (i * 7) as u8).collect();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), LIMITS);
    assert_eq!(writer.append(&Owned::data(1, payload.clone()).record()), 4);
    writer.publish();
    let found = forward(writer.reader().snapshot());
    assert_eq!(found.iter().flat_map(|record| record.payload.clone()).collect::<Vec<_>>(), payload);
    assert_eq!(writer.status().bytes_recorded, 200_000);
}

#[test]
fn the_longest_datagrams_are_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let datagram =
        |connection, bytes| Owned { transport: Transport::Udp, ..Owned::data(connection, vec![5; bytes]) };
    let records = [datagram(2, 65_507), datagram(1, 65_527)];
    assert_eq!(forward(write(folder.path(), LIMITS, &records).reader().snapshot()), records);
}

#[test]
fn the_nearest_record_is_the_last_that_begins_at_or_before_a_position() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..3000).map(|i| Owned::data(1, vec![0; i % 300])).collect();
    let limits = Limits { segment_bytes: 100_000, total_bytes: None };
    let snapshot = write(folder.path(), limits, &records).reader().snapshot();
    let mut cursor = Cursor::new(snapshot.clone());
    let all = positions(&snapshot);
    for target in (0..snapshot.end().0).step_by(4999) {
        let expected = all.iter().rev().find(|position| position.0 <= target).or(all.first());
        assert_eq!(cursor.nearest(Position(target)).unwrap().as_ref(), expected, "{target}");
    }
    assert_eq!(cursor.nearest(Position(u64::MAX)).unwrap().as_ref(), all.last());
}
