//! Tests of the recording as a whole: what is written is read back, both ways, whatever happens.

use super::*;
use crate::model::{ConnectionId, Direction, FailureKind, Record, RecordKind, Timestamp, Transport};
use proptest::prelude::*;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

pub(super) const LIMITS: Limits = Limits { segment_bytes: 1 << 30, total_bytes: None };

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Owned {
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
        }
    }
}

/// All that is in a file, once it was looked through.
fn reopened(path: &Path) -> Snapshot {
    let mut opened = open(path).unwrap();
    assert_eq!(opened.indexing.wait().failure, None);
    opened.reader.snapshot()
}

pub(super) fn own(entry: &Entry<'_>) -> Owned {
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

pub(super) fn forward(snapshot: Snapshot) -> Vec<Owned> {
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

pub(super) fn backward(snapshot: Snapshot) -> Vec<Owned> {
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

pub(super) fn write(folder: &Path, limits: Limits, records: &[Owned]) -> CaptureWriter {
    let mut writer = CaptureWriter::new(Destination::Folder(folder.into()), limits);
    for record in records {
        writer.append(&record.record());
    }
    writer.publish();
    writer
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back_both_ways(
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

    #[test]
    fn a_cut_file_gives_every_whole_record(
        records in prop::collection::vec(any_record(), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), LIMITS, &records);
        let path = folder.path().join("000001.pcapng");
        let bytes = fs::read(&path).unwrap();
        let length = 44 + cut.index(bytes.len() - 43);
        fs::write(&path, &bytes[..length]).unwrap();
        let opened = open(&path).unwrap();
        let found = forward(opened.reader.snapshot());
        prop_assert_eq!(&found[..], &records[..found.len()]);
        // What is missing cannot be more than what was cut off. Between two blocks nothing is cut in two, and
        // the last ones may be no records.
        let mut border = 0;
        while border < length {
            border += u32::from_le_bytes(bytes[border + 4..border + 8].try_into().unwrap()) as usize;
        }
        prop_assert_eq!(opened.ignored_bytes > 0, border != length);
    }

    #[test]
    fn a_damaged_recording_gives_records_or_an_error_and_always_ends(
        records in prop::collection::vec(any_record(), 1..10),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), LIMITS, &records).reader().snapshot().files()[0].clone();
        let mut bytes = fs::read(&path).unwrap();
        for (at, value) in damage {
            *at.get_mut(&mut bytes) = value;
        }
        fs::write(&path, &bytes).unwrap();
        if let Ok(opened) = open(&path) {
            let mut cursor = Cursor::new(opened.reader.snapshot());
            let mut at = cursor.snapshot().start();
            while let Ok(Some(position)) = cursor.next(at) {
                let entry = cursor.read(position).unwrap().unwrap();
                prop_assert!(entry.end > at);
                at = entry.end;
                if let Some(previous) = entry.previous {
                    prop_assert!(previous < position);
                    let _ = cursor.read(previous);
                }
            }
            let mut at = cursor.snapshot().end();
            while let Ok(Some(position)) = cursor.previous(at) {
                prop_assert!(position < at);
                at = position;
                let _ = cursor.nearest(position);
            }
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), header in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        if header {
            let mut start = Vec::new();
            pcapng::write_section_header(&mut start);
            start.append(&mut bytes);
            bytes = start;
        }
        let path = folder.path().join("any.pcapng");
        fs::write(&path, &bytes).unwrap();
        if let Ok(opened) = open(&path) {
            let mut cursor = Cursor::new(opened.reader.snapshot());
            let mut at = cursor.snapshot().start();
            while let Ok(Some(position)) = cursor.next(at) {
                let Ok(Some(entry)) = cursor.read(position) else { break };
                at = entry.end;
            }
        }
    }
}

#[test]
fn a_snapshot_does_not_change_while_the_recording_grows() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = write(folder.path(), LIMITS, &[Owned::data(1, "one")]);
    let reader = writer.reader();
    let before = reader.snapshot();
    writer.append(&Owned::data(1, "two").record());
    assert_eq!(reader.snapshot().records(), 1, "nothing is visible before it is published");
    writer.publish();
    assert_eq!(forward(before).len(), 1);
    assert_eq!(forward(reader.snapshot()).len(), 2);
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
fn more_than_a_packet_is_split_and_nothing_is_lost() {
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
fn the_limit_drops_the_oldest_segments_and_says_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 10_000, total_bytes: Some(40_000) };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    let early = Owned::data(1, vec![7; 1000]);
    writer.append(&early.record());
    writer.publish();
    let kept = writer.reader().snapshot();
    for _ in 0..199 {
        writer.append(&early.record());
        writer.publish();
    }
    let snapshot = writer.reader().snapshot();
    let left = forward(snapshot.clone()).len() as u64;
    assert_eq!(snapshot.records(), 200);
    assert_eq!(left + snapshot.records_expired(), 200);
    assert_eq!(writer.status().bytes_expired, snapshot.records_expired() * 1000);
    let on_disk: u64 =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    // The limit, the segment that is growing, and one that Windows keeps while a snapshot has it open.
    assert!((25_000..=64_000).contains(&on_disk), "{on_disk} bytes on disk");
    // What was dropped is gone for new snapshots, and an old position leads to nothing.
    assert_eq!(Cursor::new(snapshot.clone()).read(Position(100)), Ok(None));
    assert_eq!(forward(kept), [early], "a snapshot keeps what it has seen");
    let mut cursor = Cursor::new(snapshot.clone());
    assert!(cursor.nearest(Position(0)).unwrap().unwrap() > snapshot.start());
}

#[test]
fn the_nearest_record_is_the_one_that_begins_before() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..3000).map(|i| Owned::data(1, vec![0; i % 300])).collect();
    let limits = Limits { segment_bytes: 100_000, total_bytes: None };
    let snapshot = write(folder.path(), limits, &records).reader().snapshot();
    let mut cursor = Cursor::new(snapshot.clone());
    let mut all = Vec::new();
    let mut at = snapshot.start();
    while let Some(position) = cursor.next(at).unwrap() {
        all.push(position);
        at = cursor.read(position).unwrap().unwrap().end;
    }
    for target in (0..snapshot.end().0).step_by(4999) {
        let expected = all.iter().rev().find(|position| position.0 <= target).or(all.first());
        assert_eq!(cursor.nearest(Position(target)).unwrap().as_ref(), expected, "{target}");
    }
    assert_eq!(cursor.nearest(Position(u64::MAX)).unwrap().as_ref(), all.last());
}

#[test]
fn a_truncated_file_is_an_error_that_names_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..10).map(|_| Owned::data(1, vec![1; 1000])).collect();
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    fs::OpenOptions::new().write(true).open(&snapshot.files()[0]).unwrap().set_len(3000).unwrap();
    let failure = Cursor::new(snapshot.clone()).previous(snapshot.end()).unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Damaged { .. }), "{failure:?}");
    assert!(failure.endpoint.ends_with("000001.pcapng"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_counted_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link.pcapng");
    // Every write to this device fails with ENOSPC.
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let mut writer = CaptureWriter::new(Destination::File(path.clone()), LIMITS);
    writer.append(&Owned::data(1, "lost").record());
    writer.publish();
    assert_eq!(writer.status().failure.as_ref().map(|f| f.kind.clone()), Some(FailureKind::DiskFull));
    assert_eq!((writer.status().records_lost, writer.status().bytes_lost), (1, 4));
    assert_eq!(writer.reader().snapshot().records(), 0);

    fs::remove_file(&path).unwrap();
    writer.append(&Owned::data(1, "kept").record());
    writer.publish();
    assert_eq!(writer.status().failure, None);
    let found = forward(writer.reader().snapshot());
    assert_eq!(found, [Owned::data(1, "kept")]);
    assert_eq!(forward(reopened(&path)), found);
}

#[test]
fn a_single_file_is_one_file_whatever_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.pcapng");
    let limits = Limits { segment_bytes: 1000, total_bytes: Some(5000) };
    let mut writer = CaptureWriter::new(Destination::File(path.clone()), limits);
    let records: Vec<_> = (0..100).map(|number| Owned::data(1, vec![number; 200])).collect();
    for record in &records {
        writer.append(&record.record());
        writer.publish();
    }
    assert_eq!(forward(writer.reader().snapshot()), records);
    assert_eq!(forward(reopened(&path)), records);
}

#[test]
fn segments_are_named_in_their_order_also_after_old_ones_were_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 1000, total_bytes: Some(4000) };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    let mut newest = None;
    for _ in 0..100 {
        writer.append(&Owned::data(1, vec![7; 500]).record());
        writer.publish();
        let files = writer.reader().snapshot().files();
        assert!(files.is_sorted(), "{files:?}");
        assert!(newest.as_ref() <= files.last(), "{newest:?}, then {files:?}");
        newest = files.last().cloned();
    }
}

#[test]
fn opening_counts_records_and_not_the_packets_made_around_them() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Owned { kind: RecordKind::Opened, ..Owned::data(1, "") };
    let closed = Owned { kind: RecordKind::Closed, ..Owned::data(1, "") };
    let mut records = vec![opened];
    records.extend((0..200).map(|_| Owned::data(1, "x")));
    records.push(closed);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let reopened = reopened(&snapshot.files()[0]);
    assert_eq!((snapshot.records(), reopened.records()), (202, 202));
}

#[test]
fn links_hold_in_a_segment_that_is_opened_alone() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..100).map(|i| Owned::data(1 + i % 3, vec![i as u8; 300])).collect();
    let limits = Limits { segment_bytes: 5000, total_bytes: None };
    let files = write(folder.path(), limits, &records).reader().snapshot().files();
    assert!(files.len() > 3);
    for file in files {
        let mut cursor = Cursor::new(reopened(&file));
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
fn a_datagram_is_one_record_however_long_its_protocol_lets_it_be() {
    let folder = tempfile::tempdir().unwrap();
    let datagram =
        |connection, bytes| Owned { transport: Transport::Udp, ..Owned::data(connection, vec![5; bytes]) };
    let records = [datagram(2, 65_507), datagram(1, 65_527)];
    assert_eq!(forward(write(folder.path(), LIMITS, &records).reader().snapshot()), records);
}

#[test]
fn zeros_at_the_end_are_ignored_as_a_power_cut_leaves_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), LIMITS, &[Owned::data(1, "kept")]).reader().snapshot().files()[0].clone();
    let length = fs::metadata(&path).unwrap().len();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length + 5000).unwrap();
    let opened = open(&path).unwrap();
    assert_eq!(
        (forward(opened.reader.snapshot()), opened.ignored_bytes),
        (vec![Owned::data(1, "kept")], 5000)
    );
}

#[test]
fn a_record_larger_than_a_segment_is_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..5).map(|number| Owned::data(1, vec![number; 60_000])).collect();
    for segment_bytes in [0, 1, 1000] {
        let folder = folder.path().join(segment_bytes.to_string());
        let snapshot =
            write(&folder, Limits { segment_bytes, total_bytes: None }, &records).reader().snapshot();
        assert_eq!(snapshot.files().len(), 5);
        assert_eq!(forward(snapshot.clone()), records);
        assert_eq!(backward(snapshot), records);
    }
}

#[test]
fn a_new_connection_on_the_same_ports_starts_at_another_number() {
    let mut numbers: Vec<_> = (1..10_000).map(|id| packet::initial_sequence(ConnectionId(id))).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 9_999);
}

#[test]
fn offsets_in_a_stream_count_from_its_first_byte() {
    let folder = tempfile::tempdir().unwrap();
    // Without a record of its opening as well, as after a full disk.
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
fn a_folder_is_new_each_time_and_can_be_deleted() {
    let parent = tempfile::tempdir().unwrap();
    let first = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    let second = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    assert_ne!(first.path(), second.path());
    let path = first.path().to_path_buf();
    first.delete().unwrap();
    assert!(!path.exists() && second.path().exists());
}

/// Another program that starts while a long recording is being deleted.
#[test]
fn what_is_being_deleted_is_not_offered() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    for number in 0..2000 {
        fs::write(folder.path().join(format!("{number:06}.pcapng")), "not empty").unwrap();
    }
    let path = folder.path().to_path_buf();
    let deleting = std::thread::Builder::new().spawn(move || folder.delete()).unwrap();
    while !deleting.is_finished() {
        assert!(unfinished(parent.path()).is_empty());
    }
    deleting.join().unwrap().unwrap();
    assert!(!path.exists());
}
