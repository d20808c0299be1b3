//! Files that grow with a recording: what is kept of it, and what hangs.

use super::*;
use crate::capture::{CaptureWriter, Destination, Limits};
use crate::model::{ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};
use std::fs;
use std::time::Instant;

const DEADLINE: Duration = Duration::from_secs(30);

/// A recording in small segments.
fn writer(folder: &Path) -> CaptureWriter {
    let limits = Limits { segment_bytes: 64 << 10, total_bytes: None };
    CaptureWriter::new(Destination::Folder(folder.join("recording")), limits)
}

fn record(writer: &mut CaptureWriter, payload: &[u8]) {
    let any = ([127, 0, 0, 1], 9).into();
    let _ = writer.append(&Record {
        connection: ConnectionId(1),
        transport: Transport::Udp,
        local: any,
        peer: any,
        time: Timestamp(1),
        kind: RecordKind::Data,
        direction: Direction::Inbound,
        payload,
        is_cut: false,
        text: "",
        answer: crate::model::AnswerNote::default(),
    });
    writer.publish();
}

fn silent() -> Notify {
    Arc::new(|| {})
}

#[test]
fn a_recording_for_its_consumers_keeps_little_and_they_miss_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let files: Vec<_> = ["a", "b"].map(|name| folder.path().join(name)).into();
    let follows: Vec<_> = files
        .iter()
        .map(|path| {
            let file = BytesFile::All(path.clone());
            let from = writer.reader().snapshot().start();
            Follow::bytes(writer.reader(), from, file, &silent()).consuming(writer.reader().consumer())
        })
        .collect();
    let payload = vec![7; 10_000];
    let mut most = 0;
    for number in 1..=200u64 {
        record(&mut writer, &payload);
        let deadline = Instant::now() + DEADLINE;
        while follows.iter().any(|follow| follow.status().written < number * 10_000) {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        let snapshot = writer.reader().snapshot();
        most = most.max(snapshot.end().0 - snapshot.start().0);
    }
    assert!(most < 400_000, "{most} of 2,000,000 bytes were kept at once");
    for (follow, path) in follows.into_iter().zip(files) {
        let status = follow.finish();
        assert_eq!((status.missed, status.failures), (0, 0));
        assert!(fs::read(path).unwrap() == vec![7; 2_000_000]);
    }
}

#[test]
fn the_slowest_consumer_keeps_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let [fast, slow] = [(); 2].map(|()| writer.reader().consumer());
    let payload = vec![7; 10_000];
    for _ in 0..50 {
        record(&mut writer, &payload);
        fast.pass(writer.reader().snapshot().end());
    }
    assert_eq!(writer.reader().snapshot().start().0, 0, "one has read nothing");
    drop(slow);
    (0..20).for_each(|_| record(&mut writer, &payload));
    assert!(writer.reader().snapshot().start().0 > 0, "who is gone needs nothing");
}

// Not on Windows: opening a pipe without a reader does not block there.
#[cfg(unix)]
#[test]
fn a_file_that_hangs_does_not_keep_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = writer(folder.path());
    let from = writer.reader().snapshot().start();
    let follow = Follow::bytes(writer.reader(), from, BytesFile::All(pipe.clone()), &silent());
    let status = follow.finish_within(Duration::from_millis(50));
    assert_eq!(status.failures, 1);
    let failure = status.failure.unwrap();
    assert_eq!((failure.kind, failure.endpoint), (FailureKind::TimedOut, pipe.display().to_string()));
}
