//! Recordings that were cut off, or whose disk was full.

use super::sessions::serve;
use super::support::*;
use super::tshark::assert_sound;
use std::fs;
use std::io::Write;
use wirelab::capture::{Destination, Limits, open};
use wirelab::model::{FailureKind, RecordKind};

#[test]
fn a_recording_cut_anywhere_opens_with_the_records_before_the_cut() {
    let (files, folder, _) = serve("127.0.0.1", 256 << 20);
    let whole = fs::read(&files[0]).unwrap();
    let records = records_of(open(&files[0]).unwrap().reader.snapshot());
    let path = folder.path().join("cut.pcapng");
    for cut in 0..50u64 {
        // Everywhere, and near the end of blocks as well as inside them.
        let length = 44 + (cut * 2_654_435_761 % (whole.len() as u64 - 44)) as usize;
        fs::write(&path, &whole[..length]).unwrap();
        let opened = open(&path).unwrap();
        let found = records_of(opened.reader.snapshot());
        assert!(found[..] == records[..found.len()], "cut at {length}");
        let next = records.get(found.len()).map_or(0, |record| record.payload.len());
        assert!(
            opened.ignored_bytes < next as u64 + 1000,
            "cut at {length}: {} bytes ignored",
            opened.ignored_bytes
        );
    }
}

#[test]
fn after_a_full_disk_recording_goes_on_and_the_recording_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link.pcapng");
    // Every write to this device fails with ENOSPC.
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let session = Session::start_with(server(), |options| {
        options.recording = Some((Destination::File(path.clone()), Limits::default()));
    });
    let address = session.wait_for_address();
    let mut peer = connect(address);
    peer.write_all(b"lost").unwrap();
    let status = session.wait("the failure", |status| status.recording.bytes_lost == 4);
    assert_eq!(status.recording.failure.unwrap().kind, FailureKind::DiskFull);
    assert_eq!(status.traffic.bytes_in, 4, "the session goes on");

    fs::remove_file(&path).unwrap();
    peer.write_all(b"kept").unwrap();
    let lost = status.recording.records_lost;
    session.wait("the note", |_| {
        let all = records_of(session.handle.reader().snapshot());
        all.iter().any(|record| record.kind == RecordKind::Note && record.text.contains(&lost.to_string()))
    });
    session.finish();
    assert_sound(&path);
    let all = records_of(open(&path).unwrap().reader.snapshot());
    assert_eq!(all[0].payload, b"kept");
}
