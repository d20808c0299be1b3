//! Finding the end of a recording that a crash or a power cut has truncated.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_truncated_file_gives_every_whole_record(
        records in prop::collection::vec(any_record(), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), LIMITS, &records);
        let path = folder.path().join("000001.pcapng");
        let bytes = fs::read(&path).unwrap();
        let length = 44 + cut.index(bytes.len() - 43);
        fs::write(&path, &bytes[..length]).unwrap();
        let opened = open(&path).unwrap();
        let found = forward(opened.reader.snapshot());
        prop_assert_eq!(&found[..], &records[..found.len()]);
        // Bytes are ignored exactly if the cut is within a block. The last whole blocks may not be records.
        let mut border = 0;
        while border < length {
            border += u32::from_le_bytes(bytes[border + 4..border + 8].try_into().unwrap()) as usize;
        }
        prop_assert_eq!(opened.ignored_bytes > 0, border != length);
    }
}

#[test]
fn zeros_at_the_end_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), LIMITS, &[Owned::data(1, "kept")]).reader().snapshot().files()[0].clone();
    let length = fs::metadata(&path).unwrap().len();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length + 5000).unwrap();
    let opened = open(&path).unwrap();
    assert_eq!(
        (forward(opened.reader.snapshot()), opened.ignored_bytes),
        (vec![Owned::data(1, "kept")], 5000)
    );
}

#[test]
fn a_cut_record_and_many_zeros_after_it_are_ignored() {
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
fn a_cut_record_whose_payload_is_a_recording_is_ignored_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let inner = write(&folder.path().join("inner"), LIMITS, &numbered(200, 250)).reader().snapshot();
    let inner = fs::read(&inner.files()[0]).unwrap();
    // All block borders in the payload are aligned like real ones.
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

/// The cuts are at the ends of blocks in the payload, so that the file ends with a whole block.
#[test]
fn a_cut_between_two_blocks_of_a_payload_is_a_cut_within_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let inner = write(&folder.path().join("inner"), LIMITS, &numbered(150, 250)).reader().snapshot();
    let (borders, inner) = (positions(&inner), fs::read(&inner.files()[0]).unwrap());
    for count in [3, 60] {
        let records = vec![Owned::data(1, inner.clone()); count];
        let outer = write(&folder.path().join(count.to_string()), LIMITS, &records).reader().snapshot();
        let path = &outer.files()[0];
        let whole = fs::read(path).unwrap();
        let last = positions(&outer)[count - 1].0 as usize;
        let payload = last + memchr::memmem::find(&whole[last..], &inner[..64]).unwrap();
        for border in borders.iter().step_by(29) {
            let cut = payload + border.0 as usize;
            fs::write(path, &whole[..cut]).unwrap();
            let opened = open(path).unwrap();
            assert_eq!(opened.ignored_bytes, (cut - last) as u64, "{count} records, cut at {cut}");
            assert_eq!(backward_from_end(&opened.reader.snapshot(), 2), records[..2]);
        }
    }
}

/// Damages a file in the block at an offset and of a length, both in bytes.
type Damage = fn(&mut Vec<u8>, usize, usize);

const DAMAGES: [(&str, Damage); 9] = [
    ("an impossible length", |bytes, at, _| bytes[at + 4] = 7),
    ("a length that ends elsewhere", |bytes, at, _| bytes[at + 4] = 64),
    ("a length beyond the end", |bytes, at, _| bytes[at + 6] |= 8),
    ("two lengths that differ", |bytes, at, length| bytes[at + length - 4] = 64),
    ("zeros", |bytes, at, length| bytes[at..at + length].fill(0)),
    ("other bytes", |bytes, at, length| bytes[at..at + length].fill(0xA5)),
    ("a byte less", |bytes, at, _| _ = bytes.remove(at + 90)),
    ("a byte more", |bytes, at, _| bytes.insert(at + 90, 7)),
    ("an unknown kind and an impossible length", |bytes, at, _| bytes[at..at + 8].fill(0xFF)),
];

#[test]
fn damage_near_the_end_of_a_large_file_hides_only_the_damaged_record() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(2900, 1000);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 3 << 20);
    // The last record but one, records up to 256 KiB before the end, and earlier ones.
    for damaged in [2898, 2890, 2700, 2640, 1500] {
        let (at, length) = (places[damaged].0 as usize, (places[damaged + 1].0 - places[damaged].0) as usize);
        for ((what, damage), (cut, zeros)) in
            DAMAGES.into_iter().flat_map(|one| [(0, 0), (200, 0), (200, 70_000)].map(|end| (one, end)))
        {
            let mut bytes = whole.clone();
            damage(&mut bytes, at, length);
            bytes.truncate(bytes.len() - cut);
            bytes.resize(bytes.len() + zeros, 0);
            fs::write(&path, &bytes).unwrap();
            let mut opened = open(&path).unwrap();
            let case = format!("record {damaged}, {what}, {cut} bytes cut, {zeros} zeros");
            let last = records.len() - usize::from(cut > 0);
            // Damage that no whole record follows is a part of the cut end.
            if damaged + 1 < last {
                let of_last = whole.len() - places[2899].0 as usize;
                let ignored = if cut > 0 { of_last - cut + zeros } else { 0 };
                assert_eq!(opened.ignored_bytes, ignored as u64, "{case}");
            }
            let expected = [&records[..damaged], &records[damaged + 1..last]].concat();
            let count = (last - 1 - damaged).min(300);
            let newest = backward_from_end(&opened.reader.snapshot(), count);
            assert!(newest == expected[expected.len() - count..], "{case}");
            if zeros > 0 {
                opened.indexing.wait();
                let found = forward(opened.reader.snapshot());
                assert!(found == expected, "{case}: {} of {} records", found.len(), expected.len());
            }
        }
    }
}

#[test]
fn records_after_several_damaged_places_near_the_end_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(9000, 300);
    let snapshot = write(folder.path(), LIMITS, &records).reader().snapshot();
    let (path, places) = (snapshot.files()[0].clone(), positions(&snapshot));
    let whole = fs::read(&path).unwrap();
    let (cut, last) = (whole.len() - 50, places[8999].0 as usize);
    // One damaged place per 100 KiB, so that no longer run of blocks is intact.
    for first in [8000, 0] {
        let mut bytes = whole[..cut].to_vec();
        for damaged in (first..8999).step_by(250).skip(1) {
            bytes[places[damaged].0 as usize + 4..][..4].fill(0);
        }
        fs::write(&path, &bytes).unwrap();
        let opened = open(&path).unwrap();
        assert_eq!(opened.ignored_bytes, (cut - last) as u64);
        assert!(backward_from_end(&opened.reader.snapshot(), 200) == records[8799..8999]);
    }
}
