//! Bytes that were captured twice with different content: the first are shown, and the second are counted.

use super::*;

/// The notes on different content.
fn notes(told: &[Told]) -> Vec<&str> {
    told.iter().map(|record| record.4.as_str()).filter(|text| text.contains("different content")).collect()
}

#[test]
fn bytes_that_come_again_with_other_content_are_counted() {
    let frames = connection([from_client("A", 1, 1, b"AAAA"), from_client("A", 1, 1, b"ABBAcc")]);
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "AAAAcc");
    let text = "2 bytes were captured again with different content: what was captured first is shown";
    assert_eq!(notes(&told), [text]);
    // Before the missing bytes before them have come.
    let frames = connection([
        from_client("A", 4, 1, b"def"),
        from_client("A", 9, 1, b"ij"),
        from_client("A", 4, 1, b"dXfghIj"),
        from_client("A", 1, 1, b"abcY"),
    ]);
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "abcdefghij");
    assert_eq!(notes(&told), [text, &text.replace("2 bytes were", "1 byte was")]);
}

#[test]
fn repetitions_that_are_equal_and_keep_alives_are_not_noted() {
    let mut frames = connection([
        from_client("A", 0, 1, b"\0"),
        from_client("A", 1, 1, b"abc"),
        from_client("A", 1, 1, b"abcdef"),
        // Up to one garbage byte before the next one (RFC 1122, 4.2.3.6).
        from_client("A", 6, 1, b"\0"),
    ]);
    let (_, told) = import_frames(&frames);
    assert_eq!((said(&told, 1, Direction::Inbound), notes(&told)), ("abcdef".into(), vec![]));
    // Any other single byte is noted.
    frames.push(from_client("A", 5, 1, b"\0"));
    assert_eq!(notes(&import_frames(&frames).1).len(), 1);
}

#[test]
fn a_fin_between_bytes_does_not_shift_the_comparison() {
    let frames = connection([
        from_client("FA", 1, 1, b"abc"),
        from_client("A", 5, 1, b"def"),
        from_client("A", 1, 1, b"abc"),
        from_client("A", 5, 1, b"def"),
    ]);
    let (_, told) = import_frames(&frames);
    assert_eq!((said(&told, 1, Direction::Inbound), notes(&told)), ("abcdef".into(), vec![]));
}
