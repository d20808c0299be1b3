//! `wirelab export --format pcapng`: a part of a recording as a recording.

use crate::support::*;
use std::fs;
use wirelab::capture::{CaptureWriter, Destination, Limits};
use wirelab::model::{ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

#[test]
fn a_part_of_a_recording_is_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut writer = CaptureWriter::new(Destination::File(file.clone()), Limits::default());
    for number in 0..9u32 {
        writer.append(&Record {
            time: Timestamp(1_795_168_800_000_000_000 + u64::from(number)),
            kind: RecordKind::Data,
            direction: if number % 2 == 0 { Direction::Inbound } else { Direction::Outbound },
            transport: Transport::Tcp,
            connection: ConnectionId(1 + number % 3),
            local: "127.0.0.1:7788".parse().unwrap(),
            peer: "127.0.0.1:50122".parse().unwrap(),
            payload: format!("record {number}").as_bytes(),
            is_cut: false,
            text: "",
        });
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
    // The same to standard output, and all of it without a choice.
    assert!(run(&[&export[..], &of_two].concat()).expect(0).stdout == fs::read(part).unwrap());
    run(&[&export[..], &["--output", part]].concat()).expect(0);
    let all = run(&["show", file, "--json"]).expect(0).text();
    assert_eq!(all.lines().count(), 9);
    assert_eq!(run(&["show", part, "--json"]).expect(0).text(), all);
}
