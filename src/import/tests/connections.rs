//! The course of connections: opened, closed, refused, reset, and their ports taken again.

use super::*;

#[test]
fn a_connection_has_its_whole_course() {
    let mut frames = handshake(u32::MAX - 3, 5);
    frames.push(from_client("A", u32::MAX - 2, 6, b"over the wrap"));
    frames.push(from_server("A", 6, 10, b"yes"));
    frames.push(from_client("FA", 10, 9, b""));
    frames.push(from_server("FA", 9, 11, b""));
    frames.push(from_client("A", 11, 10, b""));
    let (imported, told) = import_frames(&frames);
    use RecordKind::{Closed, Data, Opened};
    assert_eq!(kinds(&told), [Opened, Data, Data, Closed]);
    assert_eq!(told[3].4, "closed by 10.0.0.7:50000, 0 ms, 16 B");
    assert_eq!(said(&told, 1, Direction::Inbound), "over the wrap");
    assert_eq!((imported.connections, imported.records, imported.missing_bytes), (1, 4, 0));
    assert_eq!(imported.skipped, []);
}

#[test]
fn connections_that_were_open_before_refused_reset_or_take_ports_again() {
    // Open before: the lower port is the server's, whoever speaks first.
    let (_, told) = import_frames(&[from_server("A", 77, 1, b"hello"), from_client("A", 1, 82, b"hi")]);
    assert_eq!(told[0].0, RecordKind::Note);
    assert_eq!(said(&told, 1, Direction::Outbound), "hello");
    assert_eq!(said(&told, 1, Direction::Inbound), "hi");

    let (_, told) = import_frames(&[from_client("S", 5, 0, b""), from_server("RA", 0, 6, b"")]);
    assert_eq!(kinds(&told), [RecordKind::Error]);
    assert_eq!(told[0].4, "10.0.0.1:7788 refused the connection");

    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, b"first"));
    frames.push(from_server("R", 1, 6, b""));
    frames.extend(handshake(70_000, 90));
    frames.push(from_client("A", 70_001, 91, b"second"));
    // Without a SYN in the capture, but far away from what came before.
    frames.push(from_client("A", 2_000_000_000, 7, b"third"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(imported.connections, 3);
    use RecordKind::{Closed, Data, Note, Opened};
    assert_eq!(kinds(&told), [Opened, Data, Closed, Opened, Data, Note, Data]);
    for (id, words) in [(1, "first"), (2, "second"), (3, "third")] {
        assert_eq!(said(&told, id, Direction::Inbound), words);
    }
    // Data may come with the SYN.
    let (_, told) = import_frames(&[from_client("S", 5, 0, b"early"), from_server("SA", 1, 11, b"")]);
    assert_eq!(kinds(&told), [Opened, Data]);
    // A SYN that is sent again is the same one.
    let mut frames = vec![from_client("S", 9, 0, b""); 3];
    frames.extend(handshake(9, 4));
    assert_eq!(kinds(&import_frames(&frames).1), [Opened]);
}
