//! Recordings that are damaged, and files that are truncated or deleted while they are read.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reading_a_damaged_recording_always_ends(
        records in prop::collection::vec(any_record(), 1..10),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), LIMITS, &records).reader().snapshot().files()[0].clone();
        let mut bytes = fs::read(&path).unwrap();
        for (at, value) in damage {
            *at.get_mut(&mut bytes) = value;
        }
        fs::write(&path, &bytes).unwrap();
        if let Ok(opened) = open(&path) {
            let mut cursor = Cursor::new(opened.reader.snapshot());
            let mut at = cursor.snapshot().start();
            while let Ok(Some(position)) = cursor.next(at) {
                let entry = cursor.read(position).unwrap().unwrap();
                prop_assert!(entry.end > at);
                at = entry.end;
                if let Some(previous) = entry.previous {
                    prop_assert!(previous < position);
                    let _ = cursor.read(previous);
                }
            }
            let mut at = cursor.snapshot().end();
            while let Ok(Some(position)) = cursor.previous(at) {
                prop_assert!(position < at);
                at = position;
                let _ = cursor.nearest(position);
            }
        }
    }

    #[test]
    fn reading_arbitrary_bytes_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..400), header in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        if header {
            let mut start = Vec::new();
            pcapng::write_section_header(&mut start);
            start.append(&mut bytes);
            bytes = start;
        }
        let path = folder.path().join("any.pcapng");
        fs::write(&path, &bytes).unwrap();
        if let Ok(opened) = open(&path) {
            let mut cursor = Cursor::new(opened.reader.snapshot());
            let mut at = cursor.snapshot().start();
            while let Ok(Some(position)) = cursor.next(at) {
                let Ok(Some(entry)) = cursor.read(position) else { break };
                at = entry.end;
            }
        }
    }
}

#[test]
fn damage_in_the_middle_is_reported_and_the_records_around_it_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(2000, 1000);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let mut bytes = fs::read(&path).unwrap();
    // Zeros over some records, as a file system can leave them after a crash.
    let (from, to) = (places[700].0 as usize + 8, places[705].0 as usize + 20);
    bytes[from..to].fill(0);
    // A block with a valid length whose packet length exceeds it.
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
    // The saved recording has no damage, and each record has its position.
    let to = folder.path().join("saved.pcapng");
    save(&snapshot, &to, &mut go_on).unwrap();
    let saved = whole(&to);
    assert!(forward(saved.clone()) == expected);
    assert_eq!(positions(&saved), positions(&snapshot));
}

#[test]
fn damage_in_a_small_file_hides_only_the_damaged_record() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(60, 100);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let whole = fs::read(&path).unwrap();
    let at = places[5].0 as usize;
    let (length, end) = (at + 4, places[6].0 as usize - 4);
    // An impossible length, a length that ends elsewhere, and two lengths that differ.
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
        // The same with a cut end, and zeros after it.
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

#[test]
fn reading_a_truncated_file_fails_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..10).map(|_| Owned::data(1, vec![1; 1000])).collect();
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    fs::OpenOptions::new().write(true).open(&snapshot.files()[0]).unwrap().set_len(3000).unwrap();
    let failure = Cursor::new(snapshot.clone()).previous(snapshot.end()).unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Damaged { .. }), "{failure:?}");
    assert!(failure.endpoint.ends_with("000001.pcapng"));
}

#[test]
fn reading_a_file_that_was_truncated_while_open_fails() {
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
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a failed save leaves no file behind");
    fs::remove_file(&path).unwrap();
    assert!(cursor.next(Position(1_000_000)).is_err());
    // On Windows a deleted file exists until it is closed.
    opened.indexing.wait();
    drop((cursor, snapshot, opened));
    assert!(open(&path).is_err() && open_folder(folder.path()).is_err());
}

#[test]
fn a_position_in_an_unindexed_part_maps_to_the_nearest_known_record() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(400, 60_000);
    write(folder.path(), LIMITS, &records);
    let (snapshot, _) = open_segments(folder.path()).unwrap();
    let all = positions(&snapshot);
    let mut cursor = Cursor::new(snapshot.clone());
    let end = snapshot.end().0;
    let mut nearest = |target| cursor.nearest(Position(target)).unwrap().unwrap();
    // Near a known border the result is exact. Far from both ends it is the nearer end.
    assert_eq!(nearest(all[20].0 + 5), all[20]);
    assert_eq!(nearest(all[380].0 + 5), all[380]);
    assert_eq!(nearest(end), all[399]);
    assert_eq!(nearest(end / 3), all[0]);
    assert_eq!(nearest(end / 3 * 2), all[399]);
    // With the whole index it is always exact.
    let mut cursor = Cursor::new(whole(folder.path()));
    assert_eq!(cursor.nearest(Position(all[200].0 + 1)), Ok(Some(all[200])));
}

#[test]
fn indexing_can_be_cancelled() {
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
fn records_between_several_damaged_places_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(9000, 1000);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let mut bytes = fs::read(&path).unwrap();
    // Wrong lengths, damage longer than one search step, and a block whose packet length exceeds it.
    for number in [300, 301, 700, 1500] {
        bytes[places[number].0 as usize + 4..][..4].fill(0xFF);
    }
    bytes[places[2500].0 as usize..places[7500].0 as usize + 8].fill(0);
    bytes[places[8000].0 as usize + 20..][..4].fill(0xFF);
    bytes[places[8600].0 as usize..][..4].fill(0xFF);
    bytes[places[8600].0 as usize + 4..][..4].fill(0);
    fs::write(&path, &bytes).unwrap();
    let is_damaged = |number: usize| matches!(number, 300 | 301 | 700 | 1500 | 2500..=7500 | 8000 | 8600);
    let expected: Vec<_> = (0..9000).filter(|number| !is_damaged(*number)).collect();
    let expected: Vec<_> = expected.into_iter().map(|number| records[number].clone()).collect();
    let mut opened = open(&path).unwrap();
    // Before and after the index knows where the damage ends.
    for _ in 0..2 {
        let snapshot = opened.reader.snapshot();
        let mut scanner = Scanner::new(Position(0));
        let mut found = Vec::new();
        loop {
            match scanner.read(&snapshot) {
                Ok(Some(chunk)) => {
                    found.extend(chunk.records().filter_map(|scanned| Some(own(&scanned.ok()?.entry))));
                }
                Ok(None) => break,
                Err(_) => scanner.skip_damage(&snapshot, &|| false),
            }
        }
        assert!(found == expected, "{} of {} records", found.len(), expected.len());
        opened.indexing.wait();
    }
    let snapshot = opened.reader.snapshot();
    assert_eq!(snapshot.records(), expected.len() as u64);
    assert!(forward(snapshot.clone()) == expected);
    assert!(backward(snapshot) == expected);
}
