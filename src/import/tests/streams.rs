//! Streams of TCP put together: in order, once, and with what is missing told.

use super::*;

#[test]
fn order_is_restored_and_each_byte_is_there_once() {
    let mut frames = handshake(0, 0);
    for (sequence, payload) in [
        (1, &b"ab"[..]),
        (5, b"ef"),
        // Again, and overlapping what is there on both sides; the first ones count.
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
fn what_is_missing_is_told_where_it_is_missing() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, b"before"));
    frames.push(from_client("A", 17, 1, b"after"));
    frames.push(from_client("A", 25, 1, b"last"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>after<3>last");
    assert_eq!(imported.missing_bytes, 13);
    // Up to the end that the sender told as well, and then the connection is closed.
    frames.push(from_client("FA", 40, 1, b""));
    frames.push(from_server("FA", 1, 41, b""));
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>after<3>last<11>");
    assert_eq!(told.last().unwrap().0, RecordKind::Closed);
}

#[test]
fn what_was_acknowledged_and_does_not_come_is_given_up_before_the_end() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 11, 1, &[b'a'; 60_000]));
    // More than comes late.
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

    /// Whatever the order, the repetitions and the cuts: what was sent comes out, in order, once.
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
        let mut way = Way::default();
        way.begin(first);
        let mut found = Vec::new();
        let mut missing = 0;
        let mut deliver = |chunk: Chunk<'_>| match chunk {
            Chunk::Data(bytes) => found.extend_from_slice(bytes),
            Chunk::Missing(bytes) => missing += bytes,
        };
        for (at, piece) in segments {
            way.add(first.wrapping_add(at as u32), piece, 0, false, &mut deliver);
        }
        way.finish(&mut deliver);
        prop_assert_eq!((found, missing, way.pending_bytes()), (stream, 0, 0));
    }

    #[test]
    fn any_segments_are_counted_whole(
        segments in prop::collection::vec((any::<u32>(), 0usize..50, 0usize..20, any::<bool>()), 1..40),
    ) {
        let mut way = Way::default();
        let mut total = 0;
        let mut deliver = |chunk: Chunk<'_>| total += match chunk {
            Chunk::Data(bytes) => bytes.len() as u64,
            Chunk::Missing(bytes) => bytes,
        };
        for (sequence, bytes, cut, is_fin) in segments {
            if way.is_near(sequence) {
                way.add(sequence, &vec![1; bytes], cut, is_fin, &mut deliver);
            }
        }
        way.finish(&mut deliver);
        prop_assert_eq!(way.pending_bytes(), 0);
        prop_assert!(total < 1 << 40);
    }
}
