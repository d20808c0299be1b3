//! Files with damaged lengths: everything else in them is read, and the damage is told.

use super::*;

const FORMATS: [Format; 4] = [
    RAW,
    Format { is_big_endian: true, ..RAW },
    Format { is_pcapng: true, ..RAW },
    Format { is_pcapng: true, is_big_endian: true, ..RAW },
];

/// Twelve datagrams of different lengths, and where each one's record begins in the file. The end is the last.
fn datagrams(format: Format) -> (Vec<u8>, Vec<usize>) {
    let frames: Vec<_> =
        (0..12u8).map(|number| udp(CLIENT, SERVER, &vec![b'a' + number; 20 + number as usize])).collect();
    let starts = (0..=12).map(|count| format.file(&frames[..count], 65_535).len()).collect();
    (format.file(&frames, 65_535), starts)
}

/// Which of the datagrams are there.
fn found(told: &[Told]) -> String {
    told.iter().filter(|record| record.0 == RecordKind::Data).map(|record| char::from(record.3[0])).collect()
}

#[test]
fn a_damaged_length_in_the_middle_loses_at_most_its_packet() {
    for format in FORMATS {
        let (whole, starts) = datagrams(format);
        let length_at = if format.is_pcapng { 4 } else { 8 };
        for which in [0, 1, 5, 10] {
            for value in [0u32, 1, 2, 13, 100, 300, 5_000, 260_000, 0x00FF_FFFF, 0x8000_0000, u32::MAX] {
                let mut bytes = whole.clone();
                let at = starts[which] + length_at;
                bytes[at..at + 4].copy_from_slice(&format.u32(value));
                let (imported, told) = import_bytes(&bytes);
                let all: String = ('a'..='l').collect();
                let without: String = all.chars().filter(|c| *c != char::from(b'a' + which as u8)).collect();
                let found = found(&told);
                let case = format!("{format:?}, packet {which}, length {value}: {found} {imported:?}");
                assert!(found == all || found == without, "{case}");
                let failure = imported.failure.expect(&case);
                assert!(matches!(failure.kind, FailureKind::Damaged { .. }), "{case}");
                assert_eq!(imported.ignored_bytes, 0, "{case}");
            }
        }
    }
}

#[test]
fn bytes_lost_or_added_in_the_middle_cost_only_what_they_hit() {
    for format in FORMATS {
        let (whole, starts) = datagrams(format);
        for (from, to) in
            [(starts[3] + 20, starts[4] + 9), (starts[3] + 20, starts[3] + 27), (starts[3], starts[5] + 3)]
        {
            let mut bytes = whole.clone();
            bytes.drain(from..to);
            let (imported, told) = import_bytes(&bytes);
            let found = found(&told);
            assert!(
                found.starts_with("abc") && found.ends_with("ghijkl"),
                "{format:?} {from}..{to}: {found}"
            );
            assert!(imported.failure.is_some(), "{format:?} {from}..{to}");

            let mut bytes = whole.clone();
            bytes.splice(from..from, vec![0xEE; to - from]);
            let (imported, told) = import_bytes(&bytes);
            let found = self::found(&told);
            assert!(
                found.starts_with("abc") && found.ends_with("efghijkl"),
                "{format:?} {from}..{to}: {found}"
            );
            assert!(imported.failure.is_some(), "{format:?} {from}..{to}");
        }
    }
}

#[test]
fn a_cut_end_is_no_damage() {
    for format in FORMATS {
        let (whole, starts) = datagrams(format);
        for length in starts[11] + 1..starts[12] {
            let (imported, told) = import_bytes(&whole[..length]);
            assert_eq!(found(&told), "abcdefghijk", "{format:?} {length}");
            assert_eq!(imported.ignored_bytes, (length - starts[11]) as u64);
            assert_eq!((imported.failure, imported.damaged_bytes), (None, 0), "{format:?} {length}");
        }
    }
}

#[test]
fn an_impossible_length_at_the_end_is_damage() {
    for format in FORMATS {
        let (mut bytes, starts) = datagrams(format);
        let at = starts[11] + if format.is_pcapng { 4 } else { 8 };
        bytes[at..at + 4].fill(0xEE);
        let (imported, told) = import_bytes(&bytes);
        assert!(found(&told).starts_with("abcdefghijk"), "{format:?}");
        assert!(imported.failure.is_some(), "{format:?}");
        // Nothing follows either.
        bytes.extend([0; 5_000]);
        let (imported, _) = import_bytes(&bytes);
        assert!(imported.damaged_bytes >= 5_000 && imported.failure.is_some(), "{format:?} {imported:?}");
    }
}

#[test]
fn damage_longer_than_what_is_searched_at_a_time_is_gone_over() {
    for format in FORMATS {
        let (mut bytes, starts) = datagrams(format);
        bytes.splice(starts[5]..starts[5], vec![0; 5 << 20]);
        let (imported, told) = import_bytes(&bytes);
        assert_eq!(found(&told), "abcdefghijkl", "{format:?}");
        assert_eq!(imported.damaged_bytes, 5 << 20, "{format:?}");
    }
}

/// Writers that leave the original length out, or set impossible fractions of seconds, are no damage.
#[test]
fn unusual_writers_are_read() {
    let (whole, starts) = datagrams(RAW);
    for (field, value) in [(12, 0u32), (12, 3), (4, 5_000_000)] {
        let mut bytes = whole.clone();
        for start in &starts[..12] {
            bytes[start + field..start + field + 4].copy_from_slice(&value.to_le_bytes());
        }
        let (imported, told) = import_bytes(&bytes);
        assert_eq!(found(&told), "abcdefghijkl");
        assert_eq!((imported.failure, imported.damaged_bytes), (None, 0), "{field}");
    }
    // Some packets in the middle, or at the end, of such a writer.
    for which in [4..6, 4..11, 10..12, 11..12] {
        let mut bytes = whole.clone();
        for start in &starts[which.clone()] {
            bytes[start + 12..start + 16].fill(0);
            bytes[start + 4..start + 8].copy_from_slice(&1_000_000u32.to_le_bytes());
        }
        let (imported, told, _) = import_any(&bytes);
        assert_eq!(found(&told), "abcdefghijkl", "{which:?}");
        assert_eq!((imported.failure, imported.damaged_bytes), (None, 0), "{which:?}");
    }
    // A packet without bytes, and a jump of the clock.
    let mut bytes = whole.clone();
    bytes.splice(starts[4]..starts[4], [[0, 94, 208, 178], [0; 4], [0; 4], [0; 4]].concat());
    let (imported, told) = import_bytes(&bytes);
    assert_eq!((found(&told).as_str(), imported.failure), ("abcdefghijkl", None));
    let mut bytes = whole;
    for start in &starts[6..12] {
        bytes[start + 3] = 1;
    }
    let (imported, told, _) = import_any(&bytes);
    assert_eq!((found(&told).as_str(), imported.failure), ("abcdefghijkl", None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is overwritten in a capture, importing ends, and never with a panic.
    #[test]
    fn damaged_captures_are_read_to_their_end(
        format in prop::sample::select(FORMATS.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let (mut bytes, starts) = datagrams(format);
        for (at, value) in changes {
            let at = starts[0] + at.index(bytes.len() - starts[0]);
            bytes[at] = value;
        }
        let (imported, told, _) = import_any(&bytes);
        prop_assert_eq!(imported.records, told.len() as u64);
    }
}
