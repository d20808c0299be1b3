//! Tests of what is not there: bytes that nobody captured, and the holes of damaged recordings.

use super::open::open_segments;
use super::pcapng;
use super::*;
use crate::model::{ConnectionId, Direction, FailureKind, Record, RecordKind, Timestamp};
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

fn data(direction: Direction, payload: &str) -> Record<'_> {
    Record { time: Timestamp(7), direction, ..Record::received(payload.as_bytes()) }
}

/// A file with one record.
fn write(path: &Path, payload: &str) -> Vec<u8> {
    let mut writer = CaptureWriter::new(Destination::file(path).unwrap(), Limits::default());
    writer.append(&data(Direction::Inbound, payload));
    writer.publish();
    drop(writer);
    fs::read(path).unwrap()
}

#[test]
fn bytes_that_are_missing_keep_their_place_and_join_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
    let note =
        Record { kind: RecordKind::Note, text: "1400 bytes are missing", ..data(Direction::Inbound, "") };
    writer.append(&data(Direction::Inbound, "LOG"));
    writer.append(&data(Direction::Outbound, "an "));
    writer.append(&note);
    writer.skip(ConnectionId(1), Direction::Inbound, (1 << 32) + 1400);
    writer.append(&data(Direction::Inbound, "IN"));
    writer.append(&data(Direction::Outbound, "answer"));
    writer.append(&data(Direction::Inbound, "!"));
    writer.publish();
    let snapshot = writer.reader().snapshot();
    let places = snapshot.positions();
    let mut cursor = Cursor::new(snapshot);
    let mut found = Vec::new();
    for &place in &places {
        let entry = cursor.read(place).unwrap().unwrap();
        found.push((entry.stream_offset, entry.previous));
    }
    let data_alone: Vec<_> = [0, 1, 3, 4, 5].map(|index| found[index]).into();
    let expected = [(0, None), (0, None), (1403, None), (3, Some(places[1])), (1405, Some(places[3]))];
    assert_eq!(data_alone, expected);
}

/// A recording with a hole of 8 MiB, as saving leaves it where there was damage: where it is, the hole, and
/// what each filler has.
fn with_hole(folder: &Path) -> (PathBuf, std::ops::Range<usize>, usize) {
    let path = folder.join("000001.pcapng");
    let mut bytes = write(&path, "before");
    let start = bytes.len();
    for _ in 0..16 {
        pcapng::write_filler(&mut bytes, 512 << 10);
    }
    let hole = start..bytes.len();
    bytes.extend(write(&folder.join("other.pcapng"), "after"));
    fs::remove_file(folder.join("other.pcapng")).unwrap();
    fs::write(&path, bytes).unwrap();
    (path, hole, 512 << 10)
}

/// From one side to the other and back.
fn assert_steps_over(snapshot: &Snapshot, hole: &std::ops::Range<usize>) {
    let mut cursor = Cursor::new(snapshot.clone());
    let first = cursor.next(Position(0)).unwrap().unwrap();
    let second = cursor.next(Position(hole.start as u64)).unwrap().unwrap();
    assert_eq!(cursor.read(first).unwrap().unwrap().record.payload, b"before");
    assert_eq!(cursor.read(second).unwrap().unwrap().record.payload, b"after");
    assert_eq!(cursor.previous(second).unwrap(), Some(first));
    assert_eq!(cursor.nearest(Position(hole.end as u64 - 100)).unwrap(), Some(first));
}

#[test]
fn a_hole_is_stepped_over_without_being_read_once_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let (path, hole, _) = with_hole(folder.path());
    let mut opened = open(&path).unwrap();
    assert_eq!(opened.indexing.wait().failure, None, "a filler is no damage");
    let snapshot = opened.reader.snapshot();
    assert_eq!(snapshot.records(), 2);
    // Whoever reads in there now, sees nothing that makes sense.
    let mut file = fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(hole.start as u64)).unwrap();
    file.write_all(&vec![0xEE; hole.len()]).unwrap();
    assert_steps_over(&snapshot, &hole);
}

#[test]
fn a_hole_that_is_not_known_yet_is_walked_over_filler_by_filler() {
    let folder = tempfile::tempdir().unwrap();
    let (path, hole, filler) = with_hole(folder.path());
    assert_steps_over(&open_segments(folder.path()).unwrap().0, &hole);

    // A filler whose ends contradict each other is told, from either side.
    let mut bytes = fs::read(&path).unwrap();
    let end = hole.start + 3 * filler;
    bytes[end - 4..end].copy_from_slice(&1000u32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let (snapshot, _) = open_segments(folder.path()).unwrap();
    let mut cursor = Cursor::new(snapshot);
    let forward = cursor.next(Position(hole.start as u64)).unwrap_err();
    let backward = cursor.previous(Position(hole.end as u64)).unwrap_err();
    for failure in [forward, backward] {
        assert!(matches!(failure.kind, FailureKind::Damaged { .. }), "{failure:?}");
    }
}
