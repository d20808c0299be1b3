//! Exporting a part of a recording as a recording, and recordings with lost bytes.

use crate::support::*;
use std::fs;
use std::path::Path;
use wirelab::capture::{CaptureWriter, Destination, Limits};
use wirelab::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

fn record(payload: &[u8]) -> Record<'_> {
    Record {
        time: Timestamp(1_795_168_800_000_000_000),
        kind: RecordKind::Data,
        direction: Direction::Inbound,
        transport: Transport::Tcp,
        connection: ConnectionId(1),
        local: "127.0.0.1:7788".parse().unwrap(),
        peer: "127.0.0.1:50122".parse().unwrap(),
        payload,
        is_cut: false,
        text: "",
        answer: AnswerNote::default(),
    }
}

fn write(file: &Path) -> CaptureWriter {
    CaptureWriter::new(Destination::file(file).unwrap(), Limits::default())
}

#[test]
fn a_part_of_a_recording_is_exported_as_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut writer = write(&file);
    for number in 0..9u32 {
        let payload = format!("record {number}");
        let direction = if number % 2 == 0 { Direction::Inbound } else { Direction::Outbound };
        let connection = ConnectionId(1 + number % 3);
        writer.append(&Record { direction, connection, ..record(payload.as_bytes()) });
    }
    writer.publish();
    let (file, part) = (file.to_str().unwrap(), folder.path().join("part.pcapng"));
    let part = part.to_str().unwrap();
    let of_two = ["--connection", "2", "--direction", "out"];
    let export = ["export", file, "--format", "pcapng"];
    run(&[&export[..], &of_two, &["--output", part]].concat()).expect(0);
    let told =
        run(&["export", file, "--format", "jsonl", of_two[0], of_two[1], of_two[2], of_two[3]]).expect(0);
    assert_eq!(told.objects().len(), 2);
    assert_eq!(run(&["export", part, "--format", "jsonl"]).expect(0).text(), told.text());
    // The same goes to standard output, and without a selection everything is exported.
    assert!(run(&[&export[..], &of_two].concat()).expect(0).stdout == fs::read(part).unwrap());
    run(&[&export[..], &["--output", part]].concat()).expect(0);
    let all = run(&["show", file, "--json"]).expect(0).text();
    assert_eq!(all.lines().count(), 9);
    assert_eq!(run(&["show", part, "--json"]).expect(0).text(), all);
}

#[test]
fn characters_are_not_joined_across_lost_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut writer = write(&file);
    // In GBK the first record ends with half a character.
    writer.append(&record(b"a\xC4"));
    writer.skip(ConnectionId(1), Direction::Inbound, 100);
    writer.append(&record(b"x1"));
    writer.publish();
    let file = file.to_str().unwrap();
    for arguments in [["show", file, "--json"], ["export", file, "--format=jsonl"]] {
        let told = run(&[&arguments[..], &["--encoding", "GBK"]].concat()).expect(0);
        let texts: Vec<_> = told.objects().iter().map(|object| object["text"].clone()).collect();
        assert_eq!(texts, ["a", "x1"], "{arguments:?}");
    }
}
