//! Tests of what happens to a recording after it was written: opening, damage, marks, saving, recovery.

use super::open::open_segments;
use super::tests::*;
use super::*;
use crate::model::{Direction, FailureKind, Operation, RecordKind, Timestamp};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

fn numbered(count: usize, bytes: usize) -> Vec<Owned> {
    (0..count)
        .map(|i| Owned { time: i as u64, ..Owned::data(1 + i as u32 % 3, vec![i as u8; bytes + i % 7]) })
        .collect()
}

fn positions(snapshot: &Snapshot) -> Vec<Position> {
    let mut cursor = Cursor::new(snapshot.clone());
    let mut all = Vec::new();
    let mut at = snapshot.start();
    while let Some(position) = cursor.next(at).unwrap() {
        all.push(position);
        at = cursor.read(position).unwrap().unwrap().end;
    }
    all
}

fn whole(path: &Path) -> Snapshot {
    let mut opened = if path.is_dir() { open_folder(path) } else { open(path) }.unwrap();
    let progress = opened.indexing.wait();
    assert_eq!((progress.failure, progress.bytes_done), (None, progress.bytes_total));
    opened.reader.snapshot()
}

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn segments_open_as_one_recording() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(400, 300);
    let limits = Limits { segment_bytes: 10_000, total_bytes: None };
    let written = write(folder.path(), limits, &records).reader().snapshot();
    assert!(written.files().len() > 10);
    let opened = whole(folder.path());
    assert_eq!(forward(opened.clone()), records);
    assert_eq!(backward(opened.clone()), records);
    assert_eq!((opened.records(), opened.end()), (400, written.end()));
    assert_eq!(positions(&opened), positions(&written));
    // Links lead over the borders of segments.
    let mut cursor = Cursor::new(opened.clone());
    let all = positions(&opened);
    for (number, position) in all.iter().enumerate() {
        let previous = cursor.read(*position).unwrap().unwrap().previous;
        assert_eq!(previous, number.checked_sub(3).map(|before| all[before]));
    }
}

#[test]
fn damage_in_the_middle_is_told_and_what_is_around_it_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(2000, 1000);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let mut bytes = fs::read(&path).unwrap();
    // Zeros over some records, as a file system may leave them.
    let (from, to) = (places[700].0 as usize + 8, places[705].0 as usize + 20);
    bytes[from..to].fill(0);
    // And a block whose packet is longer than itself, which keeps its length.
    bytes[places[300].0 as usize + 20] = 0xFF;
    bytes[places[300].0 as usize + 21] = 0xFF;
    fs::write(&path, &bytes).unwrap();
    let mut opened = open(&path).unwrap();
    assert_eq!(backward_from_end(&opened.reader.snapshot(), 100), records[1900..]);
    let failure = opened.indexing.wait().failure.unwrap();
    assert_eq!(
        failure.kind,
        FailureKind::Damaged { what: crate::model::Damage::Contradiction, offset: places[300].0 }
    );
    let expected = [&records[..300], &records[301..700], &records[706..]].concat();
    let snapshot = opened.reader.snapshot();
    assert_eq!(snapshot.records(), expected.len() as u64);
    assert!(forward(snapshot.clone()) == expected);
    assert!(backward(snapshot.clone()) == expected);
    let mut cursor = Cursor::new(snapshot.clone());
    for target in [from, to - 1] {
        let nearest = cursor.nearest(Position(target as u64)).unwrap();
        assert_eq!(nearest, Some(places[699]), "{target}");
    }
    // Saved, it is whole again, and each record is where it was.
    let to = folder.path().join("saved.pcapng");
    save(&snapshot, &to, &mut go_on).unwrap();
    let saved = whole(&to);
    assert!(forward(saved.clone()) == expected);
    assert_eq!(positions(&saved), positions(&snapshot));
}

#[test]
fn damage_in_a_small_file_costs_what_is_damaged_and_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(60, 100);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let whole = fs::read(&path).unwrap();
    let at = places[5].0 as usize;
    let (length, end) = (at + 4, places[6].0 as usize - 4);
    // A length that none can have, one that ends elsewhere, and two ends that disagree.
    for (place, value) in [(length, 7u32), (length, 64), (end, 7), (end, 64)] {
        let mut bytes = whole.clone();
        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
        fs::write(&path, &bytes).unwrap();
        let mut opened = open(&path).unwrap();
        assert_eq!(opened.ignored_bytes, 0);
        assert_eq!(backward_from_end(&opened.reader.snapshot(), 54), records[6..]);
        let failure = opened.indexing.wait().failure.unwrap();
        let kind = FailureKind::Damaged { what: crate::model::Damage::Contradiction, offset: places[5].0 };
        assert_eq!(failure.kind, kind);
        assert_eq!(forward(opened.reader.snapshot()), [&records[..5], &records[6..]].concat());
        // With a cut end as well, and zeros behind that.
        let last = places[59].0 as usize;
        for zeros in [0, 5000] {
            let cut = [&bytes[..last + 50], &vec![0; zeros]].concat();
            fs::write(&path, &cut).unwrap();
            let mut opened = open(&path).unwrap();
            assert_eq!(opened.ignored_bytes, (cut.len() - last) as u64);
            opened.indexing.wait();
            assert_eq!(forward(opened.reader.snapshot()), [&records[..5], &records[6..59]].concat());
        }
    }
}

/// Positions behind such damage are no multiples of four, and the saved file is a valid one all the same.
#[test]
fn a_file_that_lost_or_gained_bytes_is_saved_whole() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(60, 100);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let bytes = fs::read(&path).unwrap();
    let expected = [&records[..20], &records[21..]].concat();
    let at = places[20].0 as usize + 90;
    for (lost, gained) in [(1, 0), (2, 0), (3, 0), (0, 1), (0, 2), (0, 3)] {
        let damaged = [&bytes[..at], &[7; 3][..gained], &bytes[at + lost..]].concat();
        fs::write(&path, damaged).unwrap();
        let mut opened = open(&path).unwrap();
        assert!(opened.indexing.wait().failure.is_some());
        let all = positions(&opened.reader.snapshot());
        opened.mark(all[2], Some("before"));
        opened.mark(all[50], Some("behind"));
        let to = folder.path().join("saved.pcapng");
        let written = save(&opened.reader.snapshot(), &to, &mut go_on).unwrap();
        assert_eq!(written, Some(fs::metadata(&to).unwrap().len()));
        let saved = whole(&to);
        assert_eq!(forward(saved.clone()), expected, "{lost} lost, {gained} gained");
        let all = positions(&saved);
        let marks = [(all[2], "before"), (all[50], "behind")];
        assert_eq!(saved.marks().iter().collect::<Vec<_>>(), marks);
    }
}

fn backward_from_end(snapshot: &Snapshot, count: usize) -> Vec<Owned> {
    let mut cursor = Cursor::new(snapshot.clone());
    let mut found = Vec::new();
    let mut at = snapshot.end();
    while found.len() < count
        && let Some(position) = cursor.previous(at).unwrap()
    {
        found.push(own(&cursor.read(position).unwrap().unwrap()));
        at = position;
    }
    found.reverse();
    found
}

#[test]
fn a_cut_record_whose_payload_is_a_recording_is_cut_off_whole() {
    let folder = tempfile::tempdir().unwrap();
    let inner = write(&folder.path().join("inner"), LIMITS, &numbered(200, 250)).reader().snapshot();
    let inner = fs::read(&inner.files()[0]).unwrap();
    // With a head of an odd length, all borders inside are at the same places as true ones.
    let records: Vec<_> =
        inner.chunks(48_000).cycle().take(30).map(|payload| Owned::data(1, payload)).collect();
    let outer = write(&folder.path().join("outer"), LIMITS, &records).reader().snapshot();
    let path = &outer.files()[0];
    let whole = fs::read(path).unwrap();
    let last = positions(&outer)[29].0 as usize;
    for cut in (last + 12..whole.len()).step_by(7_919).chain([whole.len() - 4, whole.len() - 1]) {
        fs::write(path, &whole[..cut]).unwrap();
        let opened = open(path).unwrap();
        assert_eq!(opened.ignored_bytes, (cut - last) as u64);
        assert!(forward(opened.reader.snapshot()) == records[..29], "cut at {cut}");
    }
}

#[test]
fn many_zeros_behind_a_cut_record_are_left_out_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(5000, 300);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..places[4998].0 as usize + 50]).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(9 << 20).unwrap();
    let opened = open(&path).unwrap();
    assert_eq!(opened.ignored_bytes, (9 << 20) - places[4998].0);
    assert!(forward(opened.reader.snapshot()) == records[..4998]);
}

#[test]
fn what_is_not_looked_through_yet_is_not_walked() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(400, 60_000);
    write(folder.path(), LIMITS, &records);
    let (snapshot, _) = open_segments(folder.path()).unwrap();
    let all = positions(&snapshot);
    let mut cursor = Cursor::new(snapshot.clone());
    let end = snapshot.end().0;
    let mut nearest = |target| cursor.nearest(Position(target)).unwrap().unwrap();
    // Near a border that is known, it is the right one; far from both, the nearer of them.
    assert_eq!(nearest(all[20].0 + 5), all[20]);
    assert_eq!(nearest(all[380].0 + 5), all[380]);
    assert_eq!(nearest(end), all[399]);
    assert_eq!(nearest(end / 3), all[0]);
    assert_eq!(nearest(end / 3 * 2), all[399]);
    // Once it was looked through, it is always the right one.
    let mut cursor = Cursor::new(whole(folder.path()));
    assert_eq!(cursor.nearest(Position(all[200].0 + 1)), Ok(Some(all[200])));
}

#[test]
fn a_file_that_is_cut_or_deleted_while_open_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), LIMITS, &numbered(3000, 1000)).reader().snapshot().files()[0].clone();
    let mut opened = open(&path).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(5000).unwrap();
    let snapshot = opened.reader.snapshot();
    let mut cursor = Cursor::new(snapshot.clone());
    assert!(matches!(cursor.previous(snapshot.end()), Err(failure) if failure.operation == Operation::Read));
    assert!(cursor.nearest(Position(1_500_000)).is_err());
    let saved = save(&snapshot, &folder.path().join("saved.pcapng"), &mut go_on);
    assert!(matches!(saved.unwrap_err().kind, FailureKind::Damaged { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left of what was not saved");
    fs::remove_file(&path).unwrap();
    assert!(cursor.next(Position(1_000_000)).is_err());
    // On Windows a deleted file stays until it is closed.
    opened.indexing.wait();
    drop((cursor, snapshot, opened));
    assert!(open(&path).is_err() && open_folder(folder.path()).is_err());
}

#[test]
fn looking_through_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = write(folder.path(), LIMITS, &numbered(100, 60_000)).reader().snapshot();
    let mut opened = open(&snapshot.files()[0]).unwrap();
    opened.indexing.cancel();
    let progress = opened.indexing.wait();
    assert!(progress.is_done && progress.failure.is_none());
    assert!(progress.bytes_done <= progress.bytes_total);
    assert!(opened.reader.snapshot().records() <= 100);
}

#[test]
fn marks_are_in_the_recording_and_are_no_records() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(50, 100);
    let limits = Limits { segment_bytes: 4000, total_bytes: None };
    let mut writer = write(folder.path(), limits, &records[..40]);
    let places = positions(&writer.reader().snapshot());
    let mut mark = |number: usize, text| writer.mark(Timestamp(7), places[number], text);
    assert!(mark(30, Some("reply is late")) && mark(3, Some("")) && mark(5, Some("first")));
    assert!(mark(5, Some("登录")) && mark(9, Some("gone")) && mark(9, None));
    assert!(!writer.mark(Timestamp(7), Position(1), Some("no record begins there")));
    for record in &records[40..] {
        writer.append(&record.record());
    }
    writer.publish();
    let live = writer.reader().snapshot();
    let opened = whole(folder.path());
    for snapshot in [live, opened] {
        assert_eq!(forward(snapshot.clone()), records);
        assert_eq!(snapshot.records(), 50);
        let marks = snapshot.marks();
        let expected = [(places[3], ""), (places[5], "登录"), (places[30], "reply is late")];
        assert_eq!(marks.iter().collect::<Vec<_>>(), expected);
        assert_eq!((marks.get(places[5]), marks.get(places[9])), (Some("登录"), None));
        assert_eq!(marks.next_after(places[5]), Some(expected[2]));
        assert_eq!(marks.previous_before(places[5]), Some(expected[0]));
        assert_eq!((marks.next_after(places[30]), marks.previous_before(places[3])), (None, None));
    }
}

#[test]
fn marks_on_an_opened_recording_are_saved_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(60, 100);
    let limits = Limits { segment_bytes: 3000, total_bytes: None };
    let mut writer = write(folder.path(), limits, &records);
    let places = positions(&writer.reader().snapshot());
    writer.mark(Timestamp(1), places[2], Some("old"));
    writer.mark(Timestamp(1), places[4], Some("to go"));
    writer.publish();
    let mut opened = open_folder(folder.path()).unwrap();
    // Before or after the marks in the files were found.
    opened.mark(places[2], Some("new"));
    opened.mark(places[4], None);
    opened.mark(places[59], Some(""));
    opened.indexing.wait();
    let marks = opened.reader.marks();
    let expected = [(places[2], "new"), (places[59], "")];
    assert_eq!(marks.iter().collect::<Vec<_>>(), expected);
    assert!(marks.has_unsaved());
    let to = folder.path().join("saved.pcapng");
    save(&opened.reader.snapshot(), &to, &mut go_on).unwrap();
    let saved = whole(&to);
    assert_eq!(saved.marks().iter().collect::<Vec<_>>(), expected);
    assert!(!saved.marks().has_unsaved());
    assert_eq!((forward(saved.clone()), saved.records()), (records, 60));
}

#[test]
fn marks_go_with_the_records_that_the_limit_drops() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 2000, total_bytes: Some(8000) };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    for number in 0..100 {
        let before = writer.reader().snapshot().end();
        writer.append(&Owned::data(1, vec![number; 500]).record());
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let position = Cursor::new(snapshot.clone()).next(before).unwrap().unwrap();
        assert!(writer.mark(Timestamp(1), position, Some("mark")));
        writer.publish();
    }
    let snapshot = writer.reader().snapshot();
    assert_eq!(snapshot.marks().len() as u64, snapshot.records() - snapshot.records_expired());
}

#[test]
fn saving_is_whole_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("recording");
    let records = numbered(300, 20_000);
    let limits = Limits { segment_bytes: 1_000_000, total_bytes: None };
    let writer = write(&recording, limits, &records);
    let snapshot = writer.reader().snapshot();
    let to = folder.path().join("saved.pcapng");
    fs::write(&to, "what was there before").unwrap();

    let mut last = (0, 0);
    let cancel = save(&snapshot, &to, &mut |done, total| {
        last = (done, total);
        if done > total / 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(cancel, Ok(None));
    assert!(last.0 < last.1);
    assert_eq!(fs::read(&to).unwrap(), b"what was there before");

    let failure = save(&snapshot, &snapshot.files()[2], &mut go_on).unwrap_err();
    assert_eq!((failure.operation, failure.kind), (Operation::Save, FailureKind::SameFile));
    let missing = save(&snapshot, &folder.path().join("no folder/saved.pcapng"), &mut go_on);
    let mut steps = 0;
    let onto_folder = save(&snapshot, &recording, &mut |_, _| {
        steps += 1;
        ControlFlow::Continue(())
    });
    assert!(onto_folder.is_err() && steps == 0, "nothing is written for what cannot be replaced");
    assert_eq!(missing.unwrap_err().operation, Operation::Save);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let bytes = save(&snapshot, &to, &mut go_on).unwrap().unwrap();
    assert_eq!(bytes, fs::metadata(&to).unwrap().len());
    assert!(forward(whole(&to)) == records);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(snapshot.files().len(), fs::read_dir(&recording).unwrap().count(), "the recording stays");
}

/// What a link leads to is replaced, not the link.
#[cfg(unix)]
#[test]
fn saving_through_a_link_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = write(&folder.path().join("recording"), LIMITS, &numbered(3, 10)).reader().snapshot();
    let (target, link) = (folder.path().join("target.pcapng"), folder.path().join("link.pcapng"));
    fs::write(&target, "what was there before").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    save(&snapshot, &link, &mut go_on).unwrap();
    assert!(link.is_symlink());
    assert_eq!(whole(&target).records(), 3);
}

#[test]
fn what_was_left_behind_is_offered_and_what_is_in_use_is_not() {
    let parent = tempfile::tempdir().unwrap();
    assert!(unfinished(&parent.path().join("none yet")).is_empty());
    let create = |title| RecordingFolder::create(parent.path(), title, Timestamp(5)).unwrap();
    let (running, left, empty) = (create("running"), create("TCP server :7788"), create("empty"));
    for folder in [&running, &left] {
        write(folder.path(), LIMITS, &numbered(10, 100));
    }
    let (empty_path, left_path) = (empty.path().to_path_buf(), left.path().to_path_buf());
    drop((empty, left));
    // Without a description, or with one that nobody understands.
    let bare = parent.path().join("bare");
    write(&bare, LIMITS, &[Owned { time: 77, ..Owned::data(2, "x") }]);
    let odd = parent.path().join("odd");
    write(&odd, LIMITS, &numbered(1, 1));
    fs::write(odd.join("recording.toml"), "title = ").unwrap();
    // With nothing in it but its beginning, and what is no recording at all.
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
    assert!(!empty_path.exists() && !headless.exists(), "what has nothing in it is gone");
    assert!(foreign.join("letter.txt").exists());
    // Who is offered it holds it.
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

/// A session starts at once, however long looking at what was left behind takes.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_is_made_while_others_are_looked_at() {
    let parent = tempfile::tempdir().unwrap();
    let slow = parent.path().join("slow");
    fs::create_dir(&slow).unwrap();
    fs::write(slow.join("letter.txt"), "dear").unwrap();
    // Opening it waits until somebody writes to it.
    let pipe = slow.join("000001.pcapng");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let path = parent.path().to_path_buf();
    let looking = std::thread::Builder::new().spawn(move || unfinished(&path).len()).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !slow.join("recording.lock").exists() {
        assert!(std::time::Instant::now() < deadline, "nobody looks at it");
        std::thread::yield_now();
    }
    let (sender, made) = crossbeam_channel::bounded(1);
    let path = parent.path().to_path_buf();
    std::thread::Builder::new()
        .spawn(move || sender.send(RecordingFolder::create(&path, "new", Timestamp(5)).is_ok()))
        .unwrap();
    let made = made.recv_timeout(std::time::Duration::from_secs(20));
    drop(fs::OpenOptions::new().write(true).open(&pipe).unwrap());
    assert_eq!((made, looking.join().unwrap()), (Ok(true), 1));
}

#[test]
fn kinds_of_records_that_were_opened_are_those_that_were_written() {
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
