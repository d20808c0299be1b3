//! Saving: all or nothing, links, and damaged recordings.

use super::*;

#[test]
fn a_cancelled_or_failed_save_changes_nothing() {
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
    assert!(onto_folder.is_err() && steps == 0, "nothing is written if the target cannot be replaced");
    assert_eq!(missing.unwrap_err().operation, Operation::Save);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let bytes = save(&snapshot, &to, &mut go_on).unwrap().unwrap();
    assert_eq!(bytes, fs::metadata(&to).unwrap().len());
    assert!(forward(whole(&to)) == records);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(snapshot.files().len(), fs::read_dir(&recording).unwrap().count(), "the recording stays");
}

// Not on Windows: symbolic links need a privilege there.
#[cfg(unix)]
#[test]
fn saving_through_a_link_replaces_its_target() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = write(&folder.path().join("recording"), LIMITS, &numbered(3, 10)).reader().snapshot();
    let (target, link) = (folder.path().join("target.pcapng"), folder.path().join("link.pcapng"));
    fs::write(&target, "what was there before").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    save(&snapshot, &link, &mut go_on).unwrap();
    assert!(link.is_symlink());
    assert_eq!(whole(&target).records(), 3);
}

/// Positions after such damage are not multiples of four. The saved file is still valid.
#[test]
fn a_file_that_lost_or_gained_bytes_is_saved_as_a_valid_one() {
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
        opened.set_bookmark(all[2], Some("before"));
        opened.set_bookmark(all[50], Some("behind"));
        let to = folder.path().join("saved.pcapng");
        let written = save(&opened.reader.snapshot(), &to, &mut go_on).unwrap();
        assert_eq!(written, Some(fs::metadata(&to).unwrap().len()));
        let saved = whole(&to);
        assert_eq!(forward(saved.clone()), expected, "{lost} lost, {gained} gained");
        let all = positions(&saved);
        let bookmarks = [(all[2], "before"), (all[50], "behind")];
        assert_eq!(saved.bookmarks().iter().collect::<Vec<_>>(), bookmarks);
    }
}
