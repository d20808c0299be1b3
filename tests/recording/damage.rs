//! Recordings that were cut off, deleted or could not be written.

use super::sessions::serve;
use super::support::*;
use super::tshark::assert_sound;
use std::fs;
use std::io::Write;
use wirelab::capture::{Cursor, Destination, Limits, open, save};
use wirelab::model::{FailureKind, Operation, RecordKind};

#[test]
fn a_recording_cut_anywhere_opens_with_the_records_before_the_cut() {
    let (files, folder, _) = serve("127.0.0.1", 256 << 20);
    let whole = fs::read(&files[0]).unwrap();
    let records = records_of(open(&files[0]).unwrap().reader.snapshot());
    let path = folder.path().join("cut.pcapng");
    for cut in 0..50u64 {
        // Cuts all over the file, within blocks and near their ends.
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
fn recording_resumes_after_a_failure_and_notes_the_losses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    // The folder cannot be created because a file has its name.
    fs::write(&path, "in the way").unwrap();
    let session = Session::start_with(server(), |options| {
        options.recording = Some((Destination::Folder(path.clone()), Limits::default()));
    });
    let address = session.wait_for_address();
    let mut peer = connect(address);
    peer.write_all(b"lost").unwrap();
    let status = session.wait("the failure", |status| status.recording.bytes_lost == 4);
    assert_eq!(status.recording.failure.unwrap().operation, Operation::Record);
    assert_eq!(status.traffic.bytes_in, 4, "the session goes on");

    fs::remove_file(&path).unwrap();
    peer.write_all(b"kept").unwrap();
    let lost = format!("{} records with 4 bytes were not recorded", status.recording.records_lost);
    session.wait("the note", |_| {
        let all = records_of(session.handle.reader().snapshot());
        all.iter().any(|record| record.kind == RecordKind::Note && record.text.contains(&lost))
    });
    let files = session.handle.reader().snapshot().files();
    session.finish();
    assert_sound(&files[0]);
    let all = records_of(open(&files[0]).unwrap().reader.snapshot());
    assert_eq!(all[0].payload, b"kept");
}

/// A server that has recorded 100 lines, their sender, and the file of the recording.
fn recorded_lines() -> (Session, std::net::TcpStream, std::path::PathBuf) {
    let (session, address) = Session::server();
    let mut peer = connect(address);
    for number in 1..=100u64 {
        peer.write_all(line(number).as_bytes()).unwrap();
        session.wait("the line", |status| status.traffic.bytes_in == number * 4000);
    }
    let files = session.handle.reader().snapshot().files();
    let [file] = &files[..] else { panic!("{files:?}") };
    let file = file.clone();
    (session, peer, file)
}

/// A line of 4000 bytes.
fn line(number: u64) -> String {
    format!("{:4000}", format!("line {number}"))
}

#[test]
fn a_recording_truncated_during_its_session_loses_only_what_was_cut_off() {
    let (session, mut peer, file) = recorded_lines();
    let all = records_of(session.handle.reader().snapshot());
    let length = fs::metadata(&file).unwrap().len();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length / 2).unwrap();

    // Readers get an error at the end of the file. The session is not affected.
    let snapshot = session.handle.reader().snapshot();
    let mut cursor = Cursor::new(snapshot.clone());
    let failure = cursor.previous(snapshot.end()).unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Damaged { .. }), "{failure:?}");
    assert_eq!(failure.endpoint, file.display().to_string());
    let (mut at, mut before) = (snapshot.start(), 0);
    while let Ok(Some(position)) = cursor.next(at) {
        let Ok(Some(entry)) = cursor.read(position) else { break };
        assert_eq!(entry.record.payload, all[before].payload);
        at = entry.end;
        before += 1;
    }
    assert!((40..60).contains(&before), "{before} records");
    let target = session.folder.path().join("saved.pcapng");
    let go_on = &mut |_, _| std::ops::ControlFlow::Continue(());
    assert!(matches!(save(&snapshot, &target, go_on).unwrap_err().kind, FailureKind::Damaged { .. }));
    assert!(!target.exists());

    // New records are written at their position and can be read.
    peer.write_all(line(101).as_bytes()).unwrap();
    let status = session.wait("one more", |status| status.traffic.bytes_in == 101 * 4000);
    assert_eq!((&status.recording.failure, status.recording.bytes_lost), (&None, 0));
    let snapshot = session.handle.reader().snapshot();
    let mut cursor = Cursor::new(snapshot.clone());
    let newest = cursor.previous(snapshot.end()).unwrap().unwrap();
    assert_eq!(cursor.read(newest).unwrap().unwrap().record.payload, line(101).as_bytes());
    assert!(cursor.previous(newest).is_err());

    // Opened again, only the records that were cut off are missing.
    session.stop();
    let end = session.handle.reader().snapshot();
    let mut opened = open(&file).unwrap();
    assert!(opened.indexing.wait().failure.is_some());
    let found = records_of(opened.reader.snapshot());
    assert_eq!(found[..before], all[..before]);
    assert!(found[before].payload == line(101).as_bytes(), "{:?}", found[before]);
    assert_eq!(opened.reader.snapshot().end(), end.end());
}

#[test]
fn a_recording_deleted_during_its_session_can_be_read_and_saved() {
    let (session, mut peer, file) = recorded_lines();
    fs::remove_file(&file).unwrap();
    peer.write_all(line(101).as_bytes()).unwrap();
    let status = session.wait("one more", |status| status.traffic.bytes_in == 101 * 4000);
    // Wine does not report the deletion of an open file.
    if cfg!(target_os = "linux") {
        let kind = status.recording.failure.map(|failure| failure.kind);
        assert_eq!((kind, status.recording.bytes_lost), (Some(FailureKind::FileDeleted), 101 * 4000));
    }
    let lines: String = (1..=101).map(line).collect();
    assert!(session.bytes(wirelab::model::Direction::Inbound) == lines.as_bytes());
    let target = session.folder.path().join("saved.pcapng");
    let go_on = &mut |_, _| std::ops::ControlFlow::Continue(());
    save(&session.handle.reader().snapshot(), &target, go_on).unwrap().unwrap();
    assert_eq!(records_of(open(&target).unwrap().reader.snapshot()), session.records());
}
