//! Bookmarks in recordings that grow, that were opened, and that are saved.

use super::*;

#[test]
fn bookmarks_are_stored_in_the_recording_and_not_counted_as_records() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(50, 100);
    let limits = Limits { segment_bytes: 4000, total_bytes: None };
    let mut writer = write(folder.path(), limits, &records[..40]);
    let places = positions(&writer.reader().snapshot());
    let mut bookmark = |number: usize, text| writer.set_bookmark(Timestamp(7), places[number], text);
    assert!(bookmark(30, Some("reply is late")) && bookmark(3, Some("")) && bookmark(5, Some("first")));
    assert!(bookmark(5, Some("登录")) && bookmark(9, Some("gone")) && bookmark(9, None));
    assert!(!writer.set_bookmark(Timestamp(7), Position(1), Some("no record begins there")));
    for record in &records[40..] {
        writer.append(&record.record());
    }
    writer.publish();
    let live = writer.reader().snapshot();
    let opened = whole(folder.path());
    for snapshot in [live, opened] {
        assert_eq!(forward(snapshot.clone()), records);
        assert_eq!(snapshot.records(), 50);
        let bookmarks = snapshot.bookmarks();
        let expected = [(places[3], ""), (places[5], "登录"), (places[30], "reply is late")];
        assert_eq!(bookmarks.iter().collect::<Vec<_>>(), expected);
        assert_eq!((bookmarks.get(places[5]), bookmarks.get(places[9])), (Some("登录"), None));
        assert_eq!(bookmarks.next_after(places[5]), Some(expected[2]));
        assert_eq!(bookmarks.previous_before(places[5]), Some(expected[0]));
        assert_eq!((bookmarks.next_after(places[30]), bookmarks.previous_before(places[3])), (None, None));
    }
}

#[test]
fn bookmarks_on_an_opened_recording_are_saved_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(60, 100);
    let limits = Limits { segment_bytes: 3000, total_bytes: None };
    let mut writer = write(folder.path(), limits, &records);
    let places = positions(&writer.reader().snapshot());
    writer.set_bookmark(Timestamp(1), places[2], Some("old"));
    writer.set_bookmark(Timestamp(1), places[4], Some("to go"));
    writer.publish();
    let mut opened = open_folder(folder.path()).unwrap();
    // The index may or may not have reached the bookmarks in the files yet.
    opened.set_bookmark(places[2], Some("new"));
    opened.set_bookmark(places[4], None);
    opened.set_bookmark(places[59], Some(""));
    opened.indexing.wait();
    let bookmarks = opened.reader.bookmarks();
    let expected = [(places[2], "new"), (places[59], "")];
    assert_eq!(bookmarks.iter().collect::<Vec<_>>(), expected);
    assert!(bookmarks.has_unsaved());
    // Bookmarks that equal those in the file are not unsaved.
    for (place, text) in [(2, Some("old")), (4, Some("to go")), (59, None)] {
        opened.set_bookmark(places[place], text);
    }
    let bookmarks = opened.reader.bookmarks();
    assert_eq!(bookmarks.iter().collect::<Vec<_>>(), [(places[2], "old"), (places[4], "to go")]);
    assert!(!bookmarks.has_unsaved());
    opened.set_bookmark(places[2], Some("new"));
    opened.set_bookmark(places[4], None);
    opened.set_bookmark(places[59], Some(""));
    let to = folder.path().join("saved.pcapng");
    save(&opened.reader.snapshot(), &to, &mut go_on).unwrap();
    let saved = whole(&to);
    assert_eq!(saved.bookmarks().iter().collect::<Vec<_>>(), expected);
    assert!(!saved.bookmarks().has_unsaved());
    assert_eq!((forward(saved.clone()), saved.records()), (records, 60));
}

#[test]
fn bookmarks_expire_with_their_records() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 2000, total_bytes: Some(8000) };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    for number in 0..100 {
        let before = writer.reader().snapshot().end();
        writer.append(&Owned::data(1, vec![number; 500]).record());
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let position = Cursor::new(snapshot.clone()).next(before).unwrap().unwrap();
        assert!(writer.set_bookmark(Timestamp(1), position, Some("bookmark")));
        writer.publish();
    }
    let snapshot = writer.reader().snapshot();
    assert_eq!(snapshot.bookmarks().len() as u64, snapshot.records() - snapshot.records_expired());
}
