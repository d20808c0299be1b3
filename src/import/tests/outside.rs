//! Bytes outside the streams: in resets, and in a SYN that begins nothing. They are shown with a note.

use super::*;
use RecordKind::{Closed, Data, Error, Note, Opened};

/// The data records that a note announces as outside the stream.
fn outside(told: &[Told]) -> Vec<String> {
    let pairs =
        told.windows(2).filter(|pair| pair[0].0 == Note && pair[0].4.contains("not part of the stream"));
    pairs.map(|pair| String::from_utf8(pair[1].3.clone()).unwrap()).collect()
}

#[test]
fn the_text_of_a_reset_is_shown_before_the_end() {
    let frames =
        connection([from_client("A", 1, 1, b"hello"), from_server("RA", 1, 6, b"Reset cause: full")]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Note, Data, Closed]);
    assert_eq!(outside(&told), ["Reset cause: full"]);
    assert_eq!(
        told[2].4,
        "the 17 bytes that follow came with a reset from 10.0.0.1:7788: they are not part of the stream (RFC 9293, 3.5.3)"
    );
    assert_eq!((imported.missing_bytes, imported.skipped), (0, vec![]));
}

#[test]
fn the_text_of_a_reset_fills_no_gap() {
    // Six bytes are missing where the text of the reset has its numbers.
    let frames = connection([
        from_client("A", 1, 1, b"hello"),
        from_client("A", 12, 1, b"end"),
        from_client("R", 6, 0, b"a text"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(outside(&told), ["a text"]);
    assert!(said(&told, 1, Direction::Inbound).starts_with("hello<6>end"), "{told:?}");
    assert_eq!(imported.missing_bytes, 6);
    // Nor does a stray one take the place of what is sent later.
    let frames = connection([
        from_client("A", 1, 1, b"hello"),
        from_client("R", 10, 0, b"injected"),
        from_client("A", 6, 1, b" and the whole rest"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Note, Data, Note, Data]);
    assert_eq!(outside(&told), ["injected"]);
    assert_eq!(told[5].3, b" and the whole rest");
    assert_eq!((imported.connections, imported.missing_bytes), (1, 0));
}

#[test]
fn the_text_of_a_far_away_reset_does_not_end_the_connection() {
    let frames = connection([
        from_client("A", 1, 1, b"one "),
        from_client("R", 2_000_000_000, 0, b"injected"),
        from_client("A", 5, 1, b"connection"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Note, Data, Note, Data]);
    assert_eq!((outside(&told), imported.connections), (vec!["injected".into()], 1));
}

#[test]
fn the_text_of_a_reset_behind_the_end_is_shown_once() {
    let mut frames = connection([
        from_client("A", 1, 1, b"hello"),
        from_client("FA", 6, 1, b""),
        from_server("FA", 1, 7, b""),
        from_server("RA", 2, 7, b"late cause"),
        from_server("RA", 2, 7, b"late cause"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Closed, Note, Note, Data]);
    assert_eq!((outside(&told), imported.connections), (vec!["late cause".into()], 2));
    // One without text opens nothing.
    frames.truncate(6);
    frames.push(from_server("RA", 2, 7, b""));
    assert_eq!(kinds(&import_frames(&frames).1), [Opened, Data, Closed]);
    // The repetition of a reset whose text was shown before the end opens nothing either.
    let frames = connection([from_server("RA", 1, 1, b"why"), from_server("RA", 1, 1, b"why")]);
    assert_eq!(kinds(&import_frames(&frames).1), [Opened, Note, Data, Closed]);
}

#[test]
fn the_text_of_a_refusal_or_of_an_unknown_connection_is_shown() {
    let (_, told) = import_frames(&[from_client("S", 5, 0, b""), from_server("RA", 0, 6, b"go away")]);
    assert_eq!((kinds(&told), outside(&told)), (vec![Note, Data, Error], vec!["go away".into()]));
    let (imported, told) = import_frames(&[from_server("R", 70, 0, b"go away")]);
    assert_eq!((kinds(&told), outside(&told)), (vec![Note, Note, Data, Closed], vec!["go away".into()]));
    assert_eq!(imported.connections, 1);
    // A SYN in the same segment means nothing (RFC 9293, 3.10.7).
    let frames = connection([from_server("SRA", 1, 1, b"go away")]);
    assert_eq!(outside(&import_frames(&frames).1), ["go away"]);
}

#[test]
fn a_cut_text_of_a_reset_is_counted() {
    let frames = connection([from_server("RA", 1, 1, b"0123456789")]);
    let (imported, told) = import_bytes(&RAW.file(&frames, 44));
    assert_eq!(kinds(&told), [Opened, Note, Data, Note, Closed]);
    assert_eq!((outside(&told), imported.missing_bytes), (vec!["0123".into()], 6));
}

#[test]
fn an_answer_to_no_syn_does_not_end_a_connection_though_it_has_data() {
    let frames = connection([
        from_client("A", 1, 1, b"hello"),
        from_server("SA", 99, 6, b"injected"),
        from_client("A", 6, 1, b" more"),
        from_server("A", 1, 11, b"answer"),
    ]);
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Note, Data, Data, Data]);
    assert_eq!(
        told[2].4,
        "the 8 bytes that follow came with a SYN from 10.0.0.1:7788 that opens no connection: they are not part of the stream"
    );
    assert_eq!(outside(&told), ["injected"]);
    assert_eq!(said(&told, 1, Direction::Inbound), "hello more");
    assert_eq!((imported.connections, imported.missing_bytes), (1, 0));
}
