//! Offering unfinished recordings for recovery.

use super::*;
use crate::codec::Encoding;

#[test]
fn unfinished_recordings_are_offered_unless_they_are_in_use() {
    let parent = tempfile::tempdir().unwrap();
    assert!(unfinished(&parent.path().join("none yet")).is_empty());
    let create = |title| RecordingFolder::create(parent.path(), title, Timestamp(5)).unwrap();
    let (running, left, empty) = (create("running"), create("TCP server :7788"), create("empty"));
    for folder in [&running, &left] {
        write(folder.path(), LIMITS, &numbered(10, 100));
    }
    let (empty_path, left_path) = (empty.path().to_path_buf(), left.path().to_path_buf());
    drop((empty, left));
    // Without a description, and with an invalid one.
    let bare = parent.path().join("bare");
    write(&bare, LIMITS, &[Owned { time: 77, ..Owned::data(2, "x") }]);
    let odd = parent.path().join("odd");
    write(&odd, LIMITS, &numbered(1, 1));
    fs::write(odd.join("recording.toml"), "title = ").unwrap();
    // With a section header only, and a folder that is not a recording.
    let headless = parent.path().join("headless");
    write(&headless, LIMITS, &numbered(1, 1));
    let mut only_header = Vec::new();
    pcapng::write_section_header(&mut only_header);
    fs::write(headless.join("000001.pcapng"), &only_header).unwrap();
    let foreign = parent.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("letter.txt"), "dear").unwrap();

    let found = unfinished(parent.path());
    let titles: Vec<_> = found.iter().map(|one| (&*one.title, one.began)).collect();
    let expected =
        [("", Some(Timestamp(0))), ("TCP server :7788", Some(Timestamp(5))), ("", Some(Timestamp(77)))];
    assert_eq!(titles, expected);
    let paths: Vec<_> = found.iter().map(|one| one.path().to_path_buf()).collect();
    assert_eq!(paths, [odd.clone(), left_path.clone(), bare.clone()]);
    assert_eq!(found[1].endpoint, Some("[::1]:7788".parse().unwrap()));
    assert_eq!(found[1].bytes, fs::metadata(left_path.join("000001.pcapng")).unwrap().len());
    assert!(found[1].last_write.is_some());
    assert!(!empty_path.exists() && !headless.exists(), "recordings without records are deleted");
    assert!(foreign.join("letter.txt").exists());
    // The recordings are locked while they are offered.
    assert!(unfinished(parent.path()).is_empty());
    drop(found);

    let [_, one, _] = <[Unfinished; 3]>::try_from(unfinished(parent.path())).unwrap();
    let opened = one.open().unwrap();
    assert_eq!(forward(opened.reader.snapshot()), numbered(10, 100));
    let to = parent.path().join("kept.pcapng");
    assert_eq!(save(&opened.reader.snapshot(), &to, &mut go_on).unwrap(), Some(one.bytes));
    drop(opened);
    one.delete().unwrap();
    assert!(!left_path.exists() && to.exists());
    assert_eq!(unfinished(parent.path()).len(), 2);
    running.delete().unwrap();
}

/// A session starts at once, however long checking the unfinished recordings takes.
// Not on Windows: checking is held up by a FIFO.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_can_be_created_while_others_are_checked() {
    let parent = tempfile::tempdir().unwrap();
    let slow = parent.path().join("slow");
    fs::create_dir(&slow).unwrap();
    fs::write(slow.join("letter.txt"), "dear").unwrap();
    // Opening a FIFO waits for a writer.
    let pipe = slow.join("000001.pcapng");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let path = parent.path().to_path_buf();
    let checking = std::thread::Builder::new().spawn(move || unfinished(&path).len()).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !parent.path().join(".slow.lock").exists() {
        assert!(std::time::Instant::now() < deadline, "the folder is not checked");
        std::thread::yield_now();
    }
    let (sender, made) = crossbeam_channel::bounded(1);
    let path = parent.path().to_path_buf();
    std::thread::Builder::new()
        .spawn(move || sender.send(RecordingFolder::create(&path, "new", Timestamp(5)).is_ok()))
        .unwrap();
    let made = made.recv_timeout(std::time::Duration::from_secs(20));
    drop(fs::OpenOptions::new().write(true).open(&pipe).unwrap());
    assert_eq!((made, checking.join().unwrap()), (Ok(true), 1));
}

/// Recordings are written to temporary files of these names before they are put in place.
#[test]
fn recording_to_a_file_removes_the_temporary_files_of_killed_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write_to = |path: &Path, records: &[Owned]| {
        let mut writer = CaptureWriter::new(Destination::file(path).unwrap(), LIMITS);
        for record in records {
            writer.append(&record.record());
        }
        writer.put_in_place();
        writer.publish();
    };
    let note = Owned { kind: RecordKind::Note, ..Owned::data(ConnectionId::SESSION.0, "") };
    let kept = [
        // Has records: it could not be put in place, and its name was reported.
        ".run.pcapng.7-0.recording",
        // Of another recording, and of an export that may be running.
        ".run.pcapng.old.7-0.recording",
        ".other.pcapng.7-0.recording",
        ".run.pcapng.7-0.part",
        "run.pcapng.7-0.recording",
    ];
    write_to(&at(kept[0]), &[note.clone(), Owned::data(1, "x")]);
    kept[1..].iter().for_each(|name| fs::write(at(name), "").unwrap());
    fs::write(at(".run.pcapng.7-1.recording"), "").unwrap();
    write_to(&at(".run.pcapng.8-0.recording"), &[]);
    write_to(&at(".run.pcapng.9-0.recording"), &[note]);
    let names = || {
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names().len(), kept.len() + 3);
    drop(RecordingFile::create(at("run.pcapng")).unwrap());
    let mut expected = kept.map(String::from);
    expected.sort();
    assert_eq!(names(), expected);
}

/// The recordings in `parent` that are offered, and how many folders are left there.
fn offered(parent: &Path) -> (Vec<Unfinished>, usize) {
    let found = unfinished(parent);
    let folders = fs::read_dir(parent).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    (found, folders.count())
}

fn event(kind: RecordKind, text: &str) -> Owned {
    Owned { kind, text: text.into(), ..Owned::data(0, "") }
}

#[test]
fn starts_that_failed_and_copies_of_captures_are_deleted_and_not_offered() {
    let parent = tempfile::tempdir().unwrap();
    let parent = parent.path();
    let failed = RecordingFolder::create(parent, "TCP server :80", Timestamp(5)).unwrap();
    let listening = event(RecordKind::Note, "Listening on 0.0.0.0:80");
    drop(write(failed.path(), LIMITS, &[listening, event(RecordKind::Error, "in use")]));
    let copy = RecordingFolder::create_for_copy(parent, "run.pcap", Timestamp(6)).unwrap();
    drop(write(copy.path(), LIMITS, &numbered(10, 100)));
    drop((failed, copy));
    let (found, folders) = offered(parent);
    assert!(found.is_empty() && folders == 0, "{found:?}");
}

#[test]
fn a_recording_that_was_saved_is_offered_only_if_data_or_a_bookmark_came_later() {
    let limits = Limits { segment_bytes: 3000, total_bytes: Some(9000) };
    let later: [(&str, Option<Owned>, usize); 4] = [
        ("nothing", None, 0),
        ("its end", Some(event(RecordKind::Note, "stopped")), 0),
        ("data", Some(Owned::data(1, "late")), 1),
        ("a bookmark", None, 1),
    ];
    for (what, record, offers) in later {
        let parent = tempfile::tempdir().unwrap();
        let folder = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
        // The oldest segments are gone, so that positions differ when it is opened again.
        let mut writer = write(folder.path(), limits, &numbered(60, 400));
        let snapshot = writer.reader().snapshot();
        assert!(snapshot.start() > Position(0));
        save(&snapshot, &parent.path().join("kept.pcapng"), &mut go_on).unwrap();
        note_saved(&snapshot).unwrap();
        if let Some(record) = record {
            writer.append(&record.record());
        } else if what == "a bookmark" {
            let last = positions(&snapshot).pop().unwrap();
            assert!(writer.set_bookmark(Timestamp(9), last, Some("here")));
        }
        writer.publish();
        drop((writer, snapshot, folder));
        let (found, folders) = offered(parent.path());
        assert_eq!((found.len(), folders), (offers, offers), "after {what}");
    }
}

#[test]
fn an_offered_recording_tells_its_endpoint_number_of_records_and_encoding() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RecordingFolder::create(parent.path(), "TCP server :0", Timestamp(5)).unwrap();
    let mut records = vec![event(RecordKind::Note, "Listening on port 0")];
    // The session's own records have no endpoint yet.
    let unbound: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let mut writer = CaptureWriter::new(folder.destination(), LIMITS);
    writer.append(&Record { local: unbound, peer: unbound, ..records[0].record() });
    records.extend(numbered(3, 10));
    for record in &records[1..] {
        writer.append(&record.record());
    }
    writer.publish();
    note_encoding(folder.path(), Encoding::Utf8).unwrap();
    note_encoding(folder.path(), Encoding::Gbk).unwrap();
    drop((writer, folder));
    let (found, _) = offered(parent.path());
    let [left] = &found[..] else { panic!("{found:?}") };
    assert_eq!((left.records, left.is_counted), (4, true));
    assert_eq!(left.encoding, Some(Encoding::Gbk));
    assert_eq!(left.endpoint, Some("[::1]:7788".parse().unwrap()));
    // Notes of a newer version are ignored.
    let path = left.path().to_owned();
    drop(found);
    fs::write(path.join("view.toml"), "version = 2\nencoding = \"Big5\"\n").unwrap();
    fs::write(path.join("saved.toml"), "version = 2\nsegment = \"000001.pcapng\"\noffset = 99999\n").unwrap();
    let (found, _) = offered(parent.path());
    assert_eq!(found[0].encoding, None);
}
