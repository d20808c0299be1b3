//! Searching a stream whose beginning has expired.

use super::*;

/// The first record left begins with the second byte of a UTF-16 code unit.
#[test]
fn text_behind_an_expired_record_is_found() {
    let words: String = (0..3000).map(|number| format!("温度{number}。")).collect();
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
        let stream = encoded(&words, encoding);
        let mut fixture = Fixture::with(Limits { segment_bytes: 3000, total_bytes: Some(9000) });
        let mut payloads = stream.chunks(333);
        let offset = loop {
            fixture.append(&[inbound(1, payloads.next().unwrap())]);
            let first = fixture.positions()[0];
            let mut cursor = Cursor::new(fixture.reader().snapshot());
            let offset = cursor.read(first).unwrap().unwrap().stream_offset as usize;
            if offset % 2 == 1 {
                break offset;
            }
        };
        // Four characters of the first record, behind the one that is lost.
        let characters: Vec<char> = words.chars().skip(offset / 2 + 11).take(4).collect();
        let needle: String = characters.iter().collect();
        for case_sensitive in [true, false] {
            let started = start(search(&text(&needle, case_sensitive, encoding)), &fixture);
            started.caught_up(&fixture.reader());
            let found = numbered(&started.parts(), &fixture.positions());
            assert!(found.contains(&vec![(0, 21, 8)]), "{needle} in {encoding}: {found:?}");
        }
    }
}
