//! Which resets and ends count (RFC 5961), and what is shown behind them.

use super::*;
use RecordKind::{Closed, Data, Error, Note, Opened};

#[test]
fn a_reset_counts_only_at_the_next_expected_number() {
    for (sequence, is_end) in
        [(7, true), (6, false), (8, false), (1, false), (60_000, false), (1 << 30, false)]
    {
        let mut frames = handshake(0, 0);
        frames.push(from_client("A", 1, 1, b"before"));
        frames.push(from_server("A", 1, 7, b""));
        frames.push(from_client("R", sequence, 0, b""));
        let (_, told) = import_frames(&frames);
        let expected: &[RecordKind] = if is_end { &[Opened, Data, Closed] } else { &[Opened, Data, Note] };
        assert_eq!(kinds(&told), expected, "{sequence}");
        // In either case what comes behind it is shown, in both directions.
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
        let told_why = if is_end { "more of a connection that has ended" } else { "does not count" };
        assert!(told.iter().any(|record| record.0 == Note && record.4.contains(told_why)), "{told:?}");
    }
}

#[test]
fn a_reset_in_the_window_counts_where_bytes_before_it_are_missing() {
    // The receiver has acknowledged bytes that were not captured.
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, b"before"));
    frames.push(from_server("A", 1, 17, b""));
    frames.push(from_client("R", 17, 0, b""));
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Note, Closed]);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>");
    assert_eq!(imported.missing_bytes, 10);

    // Bytes behind the gap are there.
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 11, 1, b"behind"));
    frames.push(from_client("R", 17, 0, b""));
    let (_, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Note, Data, Closed]);
    assert_eq!(said(&told, 1, Direction::Inbound), "<10>behind");

    // They are captured behind the reset, which was captured too early.
    frames.push(from_client("A", 1, 1, b"0123456789"));
    let (_, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Data, Closed]);
    assert_eq!(said(&told, 1, Direction::Inbound), "0123456789behind");

    // Beyond the window of the receiver.
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 11, 1, b"behind"));
    frames.push(from_client("R", 66_000, 0, b""));
    let (_, told) = import_frames(&frames);
    assert!(!kinds(&told).contains(&Error));
    assert_eq!(said(&told, 1, Direction::Inbound), "<10>behind");
}

#[test]
fn a_reset_that_the_stream_goes_past_does_not_count() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 11, 1, b"behind"));
    // In the window, where bytes are missing that come later, and go past it.
    frames.push(from_client("R", 5, 0, b""));
    frames.push(from_client("A", 1, 1, b"0123456789"));
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "0123456789behind");
    assert_eq!(kinds(&told), [Opened, Data, Data, Note]);
}

#[test]
fn answers_to_what_was_under_way_make_no_more_connections() {
    let mut frames = handshake(0, 0);
    frames.push(from_server("A", 1, 1, b"AAAA"));
    frames.push(from_client("RA", 1, 5, b""));
    for number in 1..5 {
        frames.push(from_server("A", 1 + number * 4, 1, b"BBBB"));
        frames.push(from_client("R", 1, 0, b""));
    }
    // A repetition of what is known is nothing new.
    frames.push(from_server("A", 1, 1, b"AAAA"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Closed, Note, Data, Data, Data, Data]);
    assert_eq!(said(&told, 2, Direction::Outbound), "BBBB".repeat(4));
    assert_eq!((imported.connections, imported.missing_bytes), (2, 0));
}

#[test]
fn refusals_answer_the_syn() {
    let (_, told) = import_frames(&[from_client("S", 5, 0, b""), from_server("RA", 0, 6, b"")]);
    assert_eq!(kinds(&told), [Error]);
    assert_eq!(told[0].4, "10.0.0.1:7788 refused the connection");
    // Somebody who does not know the number.
    let mut frames = vec![from_client("S", 5, 0, b""), from_server("RA", 0, 77, b"")];
    frames.extend(handshake(5, 9));
    frames.push(from_client("A", 6, 10, b"hello"));
    let (_, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Note, Opened, Data]);
    // The server knows an earlier connection, which the client resets; the SYN comes again.
    let mut frames = vec![from_client("S", 9, 0, b""), from_server("A", 70, 5, b"")];
    frames.push(from_client("R", 5, 0, b""));
    frames.extend(handshake(9, 4));
    frames.push(from_client("A", 10, 5, b"hello"));
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "hello");
}

#[test]
fn what_comes_behind_an_end_is_shown() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, b"all"));
    frames.push(from_client("FA", 4, 1, b""));
    frames.push(from_server("FA", 1, 5, b""));
    // With the number of the FIN, and behind it.
    frames.push(from_client("A", 4, 2, b" of"));
    frames.push(from_server("A", 2, 8, b"it"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Closed, Note, Data, Data]);
    assert_eq!(said(&told, 2, Direction::Inbound), " of");
    assert_eq!(said(&told, 2, Direction::Outbound), "it");
    assert_eq!(imported.missing_bytes, 0);

    // One side has finished, or somebody in its name, and sends more.
    let mut frames = handshake(0, 0);
    frames.push(from_client("FA", 1, 1, b""));
    frames.push(from_client("A", 1, 1, b"more"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Note, Data]);
    assert_eq!(told[1].4, "10.0.0.7:50000 sent more after its end (FIN)");
    assert_eq!(imported.missing_bytes, 0);
}

#[test]
fn a_stray_syn_does_not_end_a_connection() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, b"one "));
    frames.push(from_client("S", 3_000, 0, b""));
    frames.push(from_client("A", 5, 1, b"connection"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "one connection");
    assert_eq!(imported.connections, 1);
    // A new one does, whose end of before was not captured.
    frames.extend(handshake(9_000, 4_000));
    frames.push(from_client("A", 9_001, 4_001, b"two"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 2, Direction::Inbound), "two");
    assert_eq!((imported.connections, imported.missing_bytes), (2, 0));
}
