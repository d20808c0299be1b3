//! Which RST and FIN end a connection (RFC 5961), and the data that follows them.

use super::*;
use RecordKind::{Closed, Data, Error, Note, Opened};

#[test]
fn a_reset_ends_a_connection_only_at_the_next_expected_number() {
    for (sequence, is_end) in
        [(7, true), (6, false), (8, false), (1, false), (60_000, false), (1 << 30, false)]
    {
        let mut frames = connection([
            from_client("A", 1, 1, b"before"),
            from_server("A", 1, 7, b""),
            from_client("R", sequence, 0, b""),
        ]);
        let (_, told) = import_frames(&frames);
        let expected: &[RecordKind] = if is_end { &[Opened, Data, Closed] } else { &[Opened, Data, Note] };
        assert_eq!(kinds(&told), expected, "{sequence}");
        // In either case later data is shown, in both directions.
        frames.push(from_client("A", 7, 1, b" and after"));
        frames.push(from_server("A", 1, 17, b"answer"));
        let (imported, told) = import_frames(&frames);
        let connection = if is_end { 2 } else { 1 };
        let mut text = said(&told, 1, Direction::Inbound);
        if is_end {
            text += &said(&told, 2, Direction::Inbound);
        }
        assert_eq!(text, "before and after", "{sequence}");
        assert_eq!(said(&told, connection, Direction::Outbound), "answer", "{sequence}");
        assert_eq!((imported.connections, imported.missing_bytes), (connection.into(), 0));
        let reason = if is_end { "more data of a connection that has ended" } else { "is ignored" };
        assert!(told.iter().any(|record| record.0 == Note && record.4.contains(reason)), "{told:?}");
    }
}

#[test]
fn a_reset_in_the_window_ends_a_connection_where_bytes_before_it_are_missing() {
    // The receiver has acknowledged bytes that were not captured.
    let frames = connection([
        from_client("A", 1, 1, b"before"),
        from_server("A", 1, 17, b""),
        from_client("R", 17, 0, b""),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Note, Closed]);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>");
    assert_eq!(imported.missing_bytes, 10);

    // Bytes after the gap were captured.
    let mut frames = connection([from_client("A", 11, 1, b"behind"), from_client("R", 17, 0, b"")]);
    let (_, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Note, Data, Closed]);
    assert_eq!(said(&told, 1, Direction::Inbound), "<10>behind");

    // The missing bytes were captured after the reset.
    frames.push(from_client("A", 1, 1, b"0123456789"));
    let (_, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Data, Closed]);
    assert_eq!(said(&told, 1, Direction::Inbound), "0123456789behind");

    // The reset is beyond the receiver's window.
    let frames = connection([from_client("A", 11, 1, b"behind"), from_client("R", 66_000, 0, b"")]);
    let (_, told) = import_frames(&frames);
    assert!(!kinds(&told).contains(&Error));
    assert_eq!(said(&told, 1, Direction::Inbound), "<10>behind");
}

#[test]
fn a_reset_before_later_data_does_not_end_the_connection() {
    let frames = connection([
        from_client("A", 11, 1, b"behind"),
        // In the window. The missing bytes come later and go beyond its number.
        from_client("R", 5, 0, b""),
        from_client("A", 1, 1, b"0123456789"),
    ]);
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "0123456789behind");
    assert_eq!(kinds(&told), [Opened, Data, Data, Note]);
}

#[test]
fn resets_in_answer_to_data_in_flight_open_no_connection() {
    let mut frames = connection([from_server("A", 1, 1, b"AAAA"), from_client("RA", 1, 5, b"")]);
    for number in 1..5 {
        frames.push(from_server("A", 1 + number * 4, 1, b"BBBB"));
        frames.push(from_client("R", 1, 0, b""));
    }
    // Known bytes that are repeated are not shown again.
    frames.push(from_server("A", 1, 1, b"AAAA"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Closed, Note, Data, Data, Data, Data]);
    assert_eq!(said(&told, 2, Direction::Outbound), "BBBB".repeat(4));
    assert_eq!((imported.connections, imported.missing_bytes), (2, 0));
}

#[test]
fn a_refusal_must_acknowledge_the_syn() {
    let (_, told) = import_frames(&[from_client("S", 5, 0, b""), from_server("RA", 0, 6, b"")]);
    assert_eq!(kinds(&told), [Error]);
    assert_eq!(told[0].4, "10.0.0.1:7788 refused the connection");
    // A forged reset does not know the sequence number.
    let mut frames = vec![from_client("S", 5, 0, b""), from_server("RA", 0, 77, b"")];
    frames.extend(handshake(5, 9));
    frames.push(from_client("A", 6, 10, b"hello"));
    let (_, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Note, Opened, Data]);
    // The server still has an earlier connection, which the client resets before it repeats its SYN.
    let mut frames = vec![from_client("S", 9, 0, b""), from_server("A", 70, 5, b"")];
    frames.push(from_client("R", 5, 0, b""));
    frames.extend(handshake(9, 4));
    frames.push(from_client("A", 10, 5, b"hello"));
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "hello");
}

#[test]
fn data_after_the_end_of_a_connection_is_shown() {
    let frames = connection([
        from_client("A", 1, 1, b"all"),
        from_client("FA", 4, 1, b""),
        from_server("FA", 1, 5, b""),
        // At the sequence number of the FIN, and after it.
        from_client("A", 4, 2, b" of"),
        from_server("A", 2, 8, b"it"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Closed, Note, Data, Data]);
    assert_eq!(said(&told, 2, Direction::Inbound), " of");
    assert_eq!(said(&told, 2, Direction::Outbound), "it");
    assert_eq!(imported.missing_bytes, 0);

    // More data follows a FIN, which may be forged.
    let frames = connection([from_client("FA", 1, 1, b""), from_client("A", 1, 1, b"more")]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Note, Data]);
    assert_eq!(told[1].4, "10.0.0.7:50000 sent more after its end (FIN)");
    assert_eq!(imported.missing_bytes, 0);
}

#[test]
fn a_stray_syn_does_not_end_a_connection() {
    let mut frames = connection([
        from_client("A", 1, 1, b"one "),
        from_client("S", 3_000, 0, b""),
        from_client("A", 5, 1, b"connection"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "one connection");
    assert_eq!(imported.connections, 1);
    // A whole handshake does; the end of the earlier connection was not captured.
    frames.extend(handshake(9_000, 4_000));
    frames.push(from_client("A", 9_001, 4_001, b"two"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 2, Direction::Inbound), "two");
    assert_eq!((imported.connections, imported.missing_bytes), (2, 0));
}
