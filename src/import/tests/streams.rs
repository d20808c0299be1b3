//! TCP reassembly: bytes in order and once each, and notes on missing bytes.

use super::*;
use std::collections::BTreeMap;

#[test]
fn bytes_are_in_order_and_once_each() {
    let mut frames = handshake(0, 0);
    for (sequence, payload) in [
        (1, &b"ab"[..]),
        (5, b"ef"),
        // Repeated, and overlapping known bytes on both sides. The bytes captured first are kept.
        (5, b"XY"),
        (4, b"dXYg"),
        (1, b"XXcX"),
        (9, b"i"),
        (7, b"Xh"),
        (2, b"bcdefghijk"),
    ] {
        frames.push(from_client("A", sequence, 1, payload));
    }
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "abcdefghijk");
    assert_eq!(imported.missing_bytes, 0);
}

#[test]
fn missing_bytes_are_noted_at_their_place() {
    let mut frames = connection([
        from_client("A", 1, 1, b"before"),
        from_client("A", 17, 1, b"after"),
        from_client("A", 25, 1, b"last"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>after<3>last");
    assert_eq!(imported.missing_bytes, 13);
    // Also before the FIN, after which the connection is closed.
    frames.push(from_client("FA", 40, 1, b""));
    frames.push(from_server("FA", 1, 41, b""));
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>after<3>last<11>");
    assert_eq!(told.last().unwrap().0, RecordKind::Closed);
}

#[test]
fn an_acknowledged_gap_is_given_up_before_the_end_of_the_capture() {
    let mut frames = connection([from_client("A", 11, 1, &[b'a'; 60_000])]);
    for number in 1..8 {
        frames.push(from_server("A", 1, 11 + number * 60_000, b""));
        frames.push(from_client("A", 11 + number * 60_000, 1, &[b'a'; 60_000]));
    }
    frames.push(from_server("A", 1, 500_000, b"reply"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(imported.missing_bytes, 10);
    let note = told.iter().position(|record| record.4.contains("missing")).unwrap();
    let reply = told.iter().position(|record| record.3 == b"reply").unwrap();
    assert!(note < reply);
    assert_eq!(said(&told, 1, Direction::Inbound).len(), "<10>".len() + 480_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_order_of_segments_gives_the_stream(
        first in any::<u32>(),
        length in 1usize..3000,
        pieces in prop::collection::vec((any::<prop::sample::Index>(), 1usize..400), 0..60),
        mut order in Just(()).prop_perturb(|(), mut rng| (0..80).map(|_| rng.random::<u32>()).collect::<Vec<_>>()),
    ) {
        let stream: Vec<u8> = (0..length).map(|i| (i * 7) as u8).collect();
        let mut segments: Vec<_> = stream.chunks(97).enumerate().map(|(i, piece)| (i * 97, piece)).collect();
        for (at, bytes) in &pieces {
            let at = at.index(length);
            segments.push((at, &stream[at..(at + bytes).min(length)]));
        }
        segments.sort_by_cached_key(|_| order.pop());
        let mut half = Half::default();
        half.begin(first.wrapping_sub(1));
        let mut found = Vec::new();
        let mut missing = 0;
        let mut deliver = |chunk: Chunk<'_>| match chunk {
            Chunk::Data(bytes) => found.extend_from_slice(bytes),
            Chunk::Missing(bytes) => missing += bytes,
            other => unreachable!("no gap is given up before the end, and repetitions are equal: {other:?}"),
        };
        for (at, piece) in segments {
            half.add(first.wrapping_add(at as u32), piece, 0, &mut deliver);
        }
        half.finish(&mut deliver);
        prop_assert_eq!((found, missing, half.pending_bytes()), (stream, 0, 0));
    }

    /// Segments may be missing or cut, and gaps may be given up at any time. Each captured byte is delivered once, in
    /// its place or late.
    #[test]
    fn no_captured_byte_is_lost(
        first in any::<u32>(),
        segments in prop::collection::vec((0u32..2000, 0usize..120, 0usize..60, 0u8..8), 1..60),
    ) {
        let mut half = Half::default();
        half.begin_with(first);
        let mut captured = BTreeMap::new();
        let mut found = BTreeMap::new();
        let mut position = 0u64;
        let mut missing = 0i64;
        let mut differing = 0;
        let mut is_twice = false;
        let mut deliver = |chunk: Chunk<'_>| match chunk {
            Chunk::Data(bytes) => {
                for byte in bytes {
                    is_twice |= found.insert(position, *byte).is_some();
                    position += 1;
                }
            }
            Chunk::Missing(bytes) => {
                position += bytes;
                missing += bytes as i64;
            }
            Chunk::Late { bytes, back, was_missing } => {
                missing -= if was_missing { bytes.len() as i64 } else { 0 };
                for (offset, byte) in bytes.iter().enumerate() {
                    is_twice |= found.insert(position - back + offset as u64, *byte).is_some();
                }
            }
            Chunk::Differing(bytes) => differing += bytes,
            Chunk::Uncompared(bytes) => unreachable!("{bytes} bytes are not too many to be kept"),
        };
        let mut end = 0;
        let (mut at_least, mut at_most) = (0, 0);
        for (number, (at, length, cut, action)) in segments.into_iter().enumerate() {
            let bytes = vec![number as u8; length];
            for offset in 0..length as u64 {
                let first = captured.entry(u64::from(at) + offset).or_insert(number as u8);
                let differs = u64::from(*first != number as u8);
                // One byte may be a keep-alive probe.
                at_least += if length > 1 { differs } else { 0 };
                at_most += differs;
            }
            end = end.max(u64::from(at) + (length + cut) as u64 * u64::from(length + cut > 0));
            half.add(first.wrapping_add(at), &bytes, cut, &mut deliver);
            if action == 0 {
                half.skip_gap(&mut deliver);
            }
        }
        half.finish(&mut deliver);
        prop_assert!(!is_twice);
        prop_assert_eq!(half.pending_bytes(), 0);
        let captured_bytes = captured.len() as i64;
        prop_assert_eq!(found, captured);
        prop_assert_eq!(missing + captured_bytes, position as i64);
        prop_assert!(position <= end);
        prop_assert!((at_least..=at_most).contains(&differing), "{differing}, {at_least}..={at_most}");
    }

    /// Compares both halves with a simple model, which keeps the byte that was captured first at each position.
    #[test]
    fn a_capture_gives_the_first_byte_of_each_position(
        isn in any::<u32>(),
        has_syn in any::<bool>(),
        segments in prop::collection::vec((0u32..1500, 1usize..200, any::<bool>()), 1..50),
    ) {
        let mut frames = if has_syn { handshake(isn, isn) } else { Vec::new() };
        let mut model = [BTreeMap::new(), BTreeMap::new()];
        let (mut ends, mut differing) = ([0; 2], 0);
        for (number, (at, length, is_answer)) in segments.into_iter().enumerate() {
            let byte = b'a' + (number % 26) as u8;
            let sequence = isn.wrapping_add(1).wrapping_add(at);
            let make = if is_answer { from_server } else { from_client };
            // Without the ACK flag, so that no segment says what the other side has received.
            frames.push(make("", sequence, 0, &vec![byte; length]));
            let half = usize::from(is_answer);
            let end = at + length as u32;
            let is_keep_alive = length == 1 && ends[half] == end;
            ends[half] = end.max(ends[half]);
            for position in at..end {
                let first = model[half].entry(position).or_insert(byte);
                differing += u64::from(*first != byte && !is_keep_alive);
            }
        }
        let (imported, told) = import_frames(&frames);
        let mut all_missing = 0;
        for (bytes, direction) in model.iter().zip([Direction::Inbound, Direction::Outbound]) {
            let mut expected = String::new();
            let mut next = if has_syn { 0 } else { bytes.keys().next().copied().unwrap_or(0) };
            for (at, byte) in bytes {
                if *at > next {
                    all_missing += u64::from(at - next);
                    expected += &format!("<{}>", at - next);
                }
                expected.push(char::from(*byte));
                next = at + 1;
            }
            prop_assert_eq!(said(&told, 1, direction), expected);
        }
        prop_assert_eq!(imported.missing_bytes, all_missing);
        prop_assert_eq!((imported.differing_bytes, imported.uncompared_bytes), (differing, 0));
        prop_assert_eq!((imported.connections, imported.skipped), (1, vec![]));
    }
}

#[test]
fn bytes_of_a_gap_that_was_given_up_are_delivered_late() {
    let mut half = Half::default();
    half.begin(99);
    let mut told = Vec::new();
    let mut tell = |chunk: Chunk<'_>| {
        told.push(match chunk {
            Chunk::Data(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Chunk::Missing(bytes) => format!("<{bytes}>"),
            Chunk::Late { bytes, back, was_missing } => {
                format!("{} {back} back, {was_missing}", String::from_utf8_lossy(bytes))
            }
            Chunk::Differing(bytes) | Chunk::Uncompared(bytes) => format!("{bytes} again"),
        })
    };
    half.add(100, b"ab", 0, &mut tell);
    half.add(106, b"gh", 0, &mut tell);
    half.skip_gap(&mut tell);
    // The missing bytes come in two parts with known bytes around them. Then they are repeated, and earlier bytes come.
    half.add(101, b"bcd", 0, &mut tell);
    half.add(103, b"defg", 0, &mut tell);
    half.add(100, b"abcdefgh", 0, &mut tell);
    half.add(97, b"xyz", 0, &mut tell);
    let expected = ["ab", "<4>", "gh", "cd 6 back, true", "ef 4 back, true", "xy 11 back, false"];
    assert_eq!(told, expected);
}

#[test]
fn late_bytes_are_delivered_even_beyond_the_number_of_remembered_gaps() {
    let mut half = Half::default();
    half.begin_with(0);
    let mut late = 0;
    for gap in 0..200 {
        half.add(gap * 10, b"12345", 0, &mut |_| {});
        half.add(gap * 10 + 8, b"67", 0, &mut |_| {});
        half.skip_gap(&mut |_| {});
    }
    for gap in 0..200 {
        half.add(gap * 10 + 5, b"abc", 0, &mut |chunk| {
            late += match chunk {
                Chunk::Late { bytes, .. } => bytes.len(),
                _ => 0,
            }
        });
    }
    assert_eq!(late, 600);
}

#[test]
fn a_cut_segment_is_completed_by_a_later_repetition() {
    let frames = connection([
        from_client("A", 1, 1, &[b'a'; 100]),
        from_server("A", 1, 101, b""),
        from_client("A", 101, 1, b"bb"),
        from_server("A", 1, 103, b"answer"),
        from_client("A", 1, 1, &[b'a'; 100]),
    ]);
    let mut file = RAW.file(&frames, 65_535);
    // Cut the first data packet after 60 bytes.
    let at = 24 + 3 * 56;
    assert_eq!(file[at + 8], 140);
    file[at + 8] = 60;
    file.drain(at + 16 + 60..at + 16 + 140);
    let (imported, told) = import_bytes(&file);
    assert_eq!(said(&told, 1, Direction::Inbound), format!("{}bb", "a".repeat(100)));
    assert_eq!((imported.missing_bytes, imported.damaged_bytes, imported.failure), (0, 0, None));
}

#[test]
fn a_wrong_ip_length_hides_no_later_bytes() {
    let mut frames = handshake(0, 0);
    let mut wrong = from_client("A", 1, 1, b"first");
    wrong[2..4].copy_from_slice(&1000u16.to_be_bytes());
    frames.push(wrong);
    frames.push(from_client("A", 6, 1, b" second"));
    frames.push(from_client("A", 13, 1, b" third"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "first second third");
    assert_eq!(imported.missing_bytes, 0);
}

#[test]
fn a_capture_that_begins_in_mid_connection_keeps_reordered_bytes() {
    let frames = [
        from_client("A", 5_010, 1, b"third"),
        from_client("A", 5_000, 1, b"first"),
        from_client("A", 5_005, 1, b"secnd"),
        // The SYN comes after the data.
        from_server("A", 81, 5_015, b"answer"),
        from_server("SA", 80, 5_000, b""),
    ];
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "firstsecndthird");
    assert_eq!(said(&told, 1, Direction::Outbound), "answer");
    assert_eq!((imported.missing_bytes, imported.connections), (0, 1));
}

#[test]
fn a_gap_is_filled_by_bytes_that_come_much_later() {
    let mut frames = connection([from_client("A", 11, 1, b"behind"), from_server("A", 1, 17, b"")]);
    for number in 0..300u32 {
        frames.push(from_server("A", 1 + number * 1000, 17, &[b's'; 1000]));
    }
    frames.push(from_client("A", 1, 1, b"before the"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "before thebehind");
    assert_eq!(imported.missing_bytes, 0);
}
