//! Small recordings: what is found in them, and what is not.

use super::*;
use crate::codec::MappedText;
use std::collections::BTreeSet;

#[test]
fn a_match_across_records_has_a_part_in_each() {
    let records = [
        inbound(1, b"xxab"),
        inbound(3, b"c"),
        inbound(1, b"c"),
        inbound(1, b""),
        record(RecordKind::Note, 1, Direction::Inbound, b""),
        record(RecordKind::Data, 1, Direction::Outbound, b"dabcd"),
        inbound(1, b"dabcd"),
    ];
    let crossing = vec![(0, 2, 2), (2, 0, 1), (6, 0, 1)];
    for query in [text("abcd", true, Encoding::Utf8), hex("61 6? ?3 64"), regex("abcd"), regex("A?abcd")] {
        assert_eq!(find(&query, &records), [vec![(5, 1, 4)], crossing.clone(), vec![(6, 1, 4)]], "{query:?}");
    }
    // The same bytes in datagrams do not go together.
    let datagrams = [inbound(2, b"ab"), inbound(2, b"cd"), inbound(2, b"abcdabcd")];
    for query in [text("abcd", true, Encoding::Utf8), regex("abcd$|abcd")] {
        assert_eq!(find(&query, &datagrams), [vec![(2, 0, 4)], vec![(2, 4, 4)]]);
    }
}

#[test]
fn bytes_across_two_characters_are_no_match() {
    // In GBK the last byte of one and the first of the next are a third one.
    let bytes = encoded("乱码中文", Encoding::Gbk);
    let between = [bytes[1], bytes[2]];
    let mut inner = MappedText::default();
    assert_eq!(inner.decode(Encoding::Gbk, &between), 0);
    let inner = inner.text().to_owned();
    assert_eq!(inner.chars().count(), 1);
    for case_sensitive in [true, false] {
        let query = text(&inner, case_sensitive, Encoding::Gbk);
        for cut in 0..=bytes.len() {
            let (left, right) = bytes.split_at(cut);
            assert!(find(&query, &[inbound(1, left), inbound(1, right)]).is_empty(), "{inner} at {cut}");
        }
        assert_eq!(find(&query, &[inbound(1, b"x"), inbound(1, &between)]), [[(1, 0, 2)]]);
    }
    // The second byte of a character of Big5 may be that of a letter.
    let records = [inbound(1, b"\xA7"), inbound(1, b"A"), inbound(1, b"A")];
    assert_eq!(find(&text("A", true, Encoding::Big5), &records), [[(2, 0, 1)]]);
    assert_eq!(find(&hex(&format!("{:02X}{:02X}", between[0], between[1])), &[inbound(1, &bytes)]).len(), 1);
}

#[test]
fn control_pictures_are_not_searched() {
    let records = [inbound(1, b"a\0b\r\n\x1b[0m\xff\n")];
    for (query, found) in [
        (text("\0", true, Encoding::Utf8), 1),
        (text("␀", true, Encoding::Utf8), 0),
        (text("NUL", false, Encoding::Utf8), 0),
        (text("B\r\n\x1b", false, Encoding::Utf8), 1),
        (regex("^.*$"), 2),
        (regex("m\u{FFFD}$"), 1),
    ] {
        assert_eq!(find(&query, &records).len(), found, "{query:?}");
    }
}

#[test]
fn streams_beyond_the_memory_bound_are_searched_early() {
    let mut fixture = Fixture::new();
    let hay = b"hay ".repeat(1000);
    let payload = [b"dle ", &hay[..], b"needle ", &hay, b"nee"].concat();
    let streams = 3000;
    for _ in 0..2 {
        for stream in 0..streams {
            fixture.writer.append(&inbound(stream * 2 + 1, &payload));
        }
    }
    fixture.writer.publish();
    let started = start(search(&text("NEEDLE", false, Encoding::Utf8)), &fixture);
    let progress = started.caught_up(&fixture.reader());
    assert_eq!(progress.matches, u64::from(streams) * 3);
}

#[test]
fn a_match_at_the_end_of_a_stream_grows_with_the_next_bytes() {
    let mut fixture = Fixture::new();
    let started = start(search(&regex("[0-9]+|end$")), &fixture);
    let filter = Filter { content: Some(regex("[0-9]+|end$")), ..Filter::default() };
    let filtered = start(Job::Filter(filter.compile().unwrap()), &fixture);
    for (payload, expected, passed) in [
        (&b"x12"[..], vec![vec![(0, 1, 2)]], 1),
        (b"34", vec![vec![(0, 1, 2), (1, 0, 2)]], 2),
        (b" end", vec![vec![(0, 1, 2), (1, 0, 2)], vec![(2, 1, 3)]], 3),
        // What was the end of a line is none any more.
        (b"less", vec![vec![(0, 1, 2), (1, 0, 2)]], 2),
    ] {
        fixture.append(&[inbound(1, payload)]);
        for started in [&started, &filtered] {
            started.scan.wake();
            started.caught_up(&fixture.reader());
        }
        assert_eq!(numbered(&started.parts(), &fixture.positions()), expected);
        assert_eq!(started.scan.progress().matches, expected.len() as u64);
        assert_eq!(filtered.scan.progress().matches, passed);
    }
}

#[test]
fn a_filter_checks_every_condition() {
    let records = [
        record(RecordKind::Opened, 1, Direction::Inbound, b""),
        inbound(1, b"12345"),
        record(RecordKind::Data, 1, Direction::Outbound, b"123"),
        inbound(2, b"12345678"),
        record(RecordKind::Error, 2, Direction::Outbound, b""),
        record(RecordKind::Closed, 1, Direction::Inbound, b""),
    ];
    let mut fixture = Fixture::new();
    fixture.append(&records);
    let positions = fixture.positions();
    let any = Filter::default();
    assert!(any.is_empty());
    for (filter, expected) in [
        (any.clone(), vec![0, 1, 2, 3, 4, 5]),
        (Filter { connections: Some(BTreeSet::from([ConnectionId(2)])), ..any.clone() }, vec![3, 4]),
        (Filter { direction: Some(Direction::Outbound), ..any.clone() }, vec![2, 4]),
        (Filter { kinds: vec![RecordKind::Opened, RecordKind::Closed], ..any.clone() }, vec![0, 5]),
        (Filter { min_bytes: Some(5), ..any.clone() }, vec![1, 3]),
        (Filter { min_bytes: Some(1), max_bytes: Some(5), ..any.clone() }, vec![1, 2]),
        (Filter { content: Some(hex("35")), max_bytes: Some(7), ..any.clone() }, vec![1]),
        (Filter { content: Some(regex("^1")), kinds: vec![RecordKind::Note], ..any.clone() }, vec![]),
    ] {
        let started = start(Job::Filter(filter.compile().unwrap()), &fixture);
        let progress = started.caught_up(&fixture.reader());
        let shown = started.scan.results();
        let shown = |number: &usize| shown.positions.contains(positions[*number]);
        let passed: Vec<usize> = (0..positions.len()).filter(shown).collect();
        assert_eq!(passed, expected, "{filter:?}");
        assert_eq!(progress.matches, expected.len() as u64);
    }
    assert!(Filter { content: Some(hex("3")), ..any }.compile().is_err());
}

/// In UTF-16 the offset in the stream tells where characters begin, but not across a reopened stream.
#[test]
fn a_reopened_stream_begins_with_a_character() {
    let records =
        [inbound(1, b"aaa"), record(RecordKind::Opened, 1, Direction::Inbound, b""), inbound(1, b"aaa")];
    let mut fixture = Fixture::new();
    fixture.append(&records);
    let query = Query::Regex { pattern: "a*".into(), case_sensitive: false, encoding: Encoding::Utf16Be };
    let started = start(search(&query), &fixture);
    started.caught_up(&fixture.reader());
    assert_eq!(started.parts(), Vec::<Vec<Part>>::new());
}
