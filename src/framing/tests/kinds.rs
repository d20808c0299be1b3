//! What each kind finds.

use super::{assert_told, framing, told};
use crate::codec::parse_hex;
use crate::framing::{Found, FoundKind, Framer, LIMIT, SkipReason, Unfinished};
use crate::model::{Direction, Timestamp};

#[test]
fn delimiters_end_frames_at_their_first_whole_occurrence() {
    assert_told(
        &framing("delimiter=0D0A"),
        "41 0D 0A 0D 0A 0D 41 0A 0D 0D 0A 42",
        &["frame: 41 0D 0A", "frame: 0D 0A", "frame: 0D 41 0A 0D 0D 0A", "1: 42"],
    );
    // A delimiter does not share bytes with the one before it.
    assert_told(&framing("delimiter=AAAA"), "AA AA AA AA AA", &["frame: AA AA", "frame: AA AA", "1: AA"]);
    // Of several, the one that ends first.
    assert_told(
        &framing("delimiter=0D0A/00/2323"),
        "41 00 0D 0A 23 42 23 23 0A",
        &["frame: 41 00", "frame: 0D 0A", "frame: 23 42 23 23", "1: 0A"],
    );
    assert_told(&framing("delimiter=01020304/0203"), "01 02 03 04", &["frame: 01 02 03", "1: 04"]);
    assert_told(
        &framing("delimiter=000102030405060708090A0B0C0D0E0F"),
        "FF 000102030405060708090A0B0C0D0E 000102030405060708090A0B0C0D0E0F",
        &[
            "frame: FF 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F",
        ],
    );
}

#[test]
fn a_delimiter_is_no_content_unless_it_is_kept() {
    for (text, frame, content) in [
        ("delimiter=0D0A", "a\r\n", "a"),
        ("delimiter=0D0A,keep", "a\r\n", "a\r\n"),
        ("delimiter=0A/0D0A", "a\r\n", "a"),
        ("delimiter=0D0A", "a", "a"),
        ("delimiter=0A", "\n", ""),
    ] {
        assert_eq!(&*framing(text).content(frame.as_bytes()), content.as_bytes(), "{text}");
    }
}

#[test]
fn fixed_frames_have_the_same_length() {
    assert_told(
        &framing("fixed=3"),
        "01 02 03 04 05 06 07 08",
        &["frame: 01 02 03", "frame: 04 05 06", "2 of 3: 07 08"],
    );
    assert_told(&framing("fixed=1"), "01 02", &["frame: 01", "frame: 02"]);
}

#[test]
fn length_fields_of_all_widths_say_how_long_a_frame_is() {
    for (text, frame) in [
        ("length,at=0,width=1", "02 AA BB"),
        ("length,at=1,width=2", "FF 00 02 AA BB"),
        ("length,at=1,width=2,little", "FF 02 00 AA BB"),
        ("length,at=0,width=3", "00 00 01 AA"),
        ("length,at=0,width=3,little", "01 00 00 AA"),
        ("length,at=0,width=4", "00 00 00 01 AA"),
        ("length,at=0,width=4,little", "01 00 00 00 AA"),
        ("length,at=0,width=8", "00 00 00 00 00 00 00 01 AA"),
        ("length,at=0,width=8,little", "01 00 00 00 00 00 00 00 AA"),
        // The length counts itself and what is before it, or there is more than it counts.
        ("length,at=2,width=2,adjust=-4", "03 00 00 06 AA BB"),
        ("length,at=0,width=1,adjust=2", "01 AA BB CC"),
        ("length,at=0,width=1,adjust=0", "00"),
        ("length,at=0,width=leb128", "81 00 AA"),
        ("length,at=1,width=leb128", "10 01 AA"),
        ("length,at=1,width=mqtt", "30 81 80 00 AA"),
        ("length,at=2,width=dec2,adjust=1", "23 23 30 32 AA BB CC"),
        ("length,at=0,width=hex2", "30 62 01 02 03 04 05 06 07 08 09 0A 0B"),
        ("length,at=0,width=hex1", "41 01 02 03 04 05 06 07 08 09 0A"),
    ] {
        let frame_told = format!("frame: {frame}");
        assert_told(&framing(text), &format!("{frame} {frame}"), &[&frame_told, &frame_told]);
    }
    // 300 bytes in two groups of seven bits.
    let mut long = vec![0xAC, 0x02];
    long.resize(302, 0x55);
    assert_eq!(told(&framing("length,at=0,width=leb128"), &long), [("frame".into(), long.clone())]);
}

#[test]
fn an_impossible_length_is_skipped_until_one_is_possible() {
    // The value counts itself, and cannot be less than that.
    assert_told(
        &framing("length,at=0,width=2,adjust=-2"),
        "00 01 00 03 AA",
        &["skipped Length: 00", "4 of 256: 01 00 03 AA"],
    );
    // What is no digit is no length.
    assert_told(
        &framing("length,at=0,width=dec2"),
        "2B 31 30 31 AA 78",
        &["skipped NoHeader: 2B", "5 of 12: 31 30 31 AA 78"],
    );
}

#[test]
fn a_length_beyond_the_limit_is_impossible() {
    for (text, stream) in [
        ("length,at=0,width=4", "FFFFFFFF 0000"),
        ("length,at=0,width=8", "FFFFFFFF FFFFFFFF 0000"),
        ("length,at=0,width=leb128", "FFFFFFFF 7F"),
        ("length,at=0,width=dec10", "39393939 39393939 3939"),
        // The field and the value together are 64 MiB and a byte.
        ("length,at=0,width=4", "03FFFFFD 0000"),
    ] {
        let stream = parse_hex(stream).unwrap();
        assert_eq!(told(&framing(text), &stream)[0].0, "skipped Length", "{text}");
    }
    // 64 MiB with the field itself are possible.
    let mut framer = Framer::new(&framing("length,at=0,width=4"), Direction::Inbound);
    framer.push(&(LIMIT as u32 - 4).to_be_bytes(), Timestamp(0), |part| panic!("{part:?}"));
    assert_eq!(framer.unfinished().unwrap().expected, Some(LIMIT));
}

#[test]
fn marks_begin_and_end_frames_and_what_is_between_them_is_skipped() {
    assert_told(
        &framing("marks,start=02,end=03"),
        "FF 02 41 03 02 03 FF 02 41 02 03 02",
        &[
            "skipped NoStart: FF",
            "frame: 02 41 03",
            "frame: 02 03",
            "skipped NoStart: FF",
            "frame: 02 41 02 03",
            "1: 02",
        ],
    );
    assert_told(
        &framing("marks,start=0203,end=0D0A,trailer=2"),
        "02 02 03 0D 41 0D 0A 11 22 02 03 0D 0A 33",
        &["skipped NoStart: 02", "frame: 02 03 0D 41 0D 0A 11 22", "5 of 6: 02 03 0D 0A 33"],
    );
}

#[test]
fn what_follows_the_end_mark_is_checked_with_it() {
    for (text, frame, checked) in [
        ("marks,start=02,end=03,trailer=1", "02 41 42 03 7F", "41 42 03 7F"),
        ("marks,start=1002,end=1003,escape=10,trailer=2", "10 02 41 10 10 10 03 7F 10", "41 10 03 7F 10"),
        ("marks,start=02,end=0D0A,trailer=1", "02 41 0D 0A 7F", "41 0D 0A 7F"),
        // Without them, and in a part of a frame, it is the content.
        ("marks,start=02,end=03", "02 41 42 03", "41 42"),
        ("marks,start=02,end=03,trailer=1", "02 41 42 03", "41 42 03"),
        ("delimiter=0D0A", "41 42 0D 0A", "41 42"),
        ("fixed=2", "41 42", "41 42"),
    ] {
        let frame = parse_hex(frame).unwrap();
        assert_eq!(&*framing(text).checked(&frame), parse_hex(checked).unwrap().as_slice(), "{text}");
    }
}

#[test]
fn a_start_mark_within_a_frame_begins_a_new_one_if_that_is_said() {
    assert_told(
        &framing("marks,start=3A,end=0D0A,restart"),
        "3A 30 31 0D 3A 30 32 0D 0A",
        &["skipped NoEnd: 3A 30 31 0D", "frame: 3A 30 32 0D 0A"],
    );
    assert_told(
        &framing("marks,start=3A,end=0D0A"),
        "3A 30 31 0D 3A 30 32 0D 0A",
        &["frame: 3A 30 31 0D 3A 30 32 0D 0A"],
    );
    // The end mark counts before a start mark with the same first bytes.
    assert_told(
        &framing("marks,start=0D,end=0D0A,restart"),
        "0D 41 0D 0A 0D 42 0D 43 0D 0A",
        &["frame: 0D 41 0D 0A", "skipped NoEnd: 0D 42", "frame: 0D 43 0D 0A"],
    );
}

#[test]
fn the_same_mark_at_both_ends_may_be_shared() {
    let flags = framing("marks,start=7E,end=7E");
    assert_told(
        &flags,
        "41 7E 42 7E 7E 43 7E 44 7E 7E 7E",
        &["skipped NoStart: 41", "frame: 7E 42 7E", "frame: 7E 43 7E", "frame: 44 7E", "skipped Fill: 7E 7E"],
    );
    // Without a start mark the first bytes are a frame.
    assert_told(&framing("marks,end=C0"), "41 C0 C0 42 C0", &["frame: 41 C0", "frame: C0 42 C0"]);
    assert_told(
        &framing("marks,end=AA55"),
        "AA 55 AA 55 AA 41 AA 55 AA",
        &["frame: AA 55 AA 55 AA 41 AA 55", "1: AA"],
    );
}

#[test]
fn escapes_hide_marks() {
    let dle = framing("marks,start=1002,end=1003,escape=10,restart");
    assert_told(
        &dle,
        "10 02 41 10 10 03 10 03 10 02 10 10 10 03",
        &["frame: 10 02 41 10 10 03 10 03", "frame: 10 02 10 10 10 03"],
    );
    assert_eq!(&*dle.content(b"\x10\x02A\x10\x10\x03\x10\x03"), b"A\x10\x03");
    assert_told(&dle, "10 02 41 10 02 42 10 03", &["skipped NoEnd: 10 02 41", "frame: 10 02 42 10 03"]);
    let backslash = framing("marks,start=28,end=29,escape=5C");
    assert_told(&backslash, "28 5C 29 5C 5C 29", &["frame: 28 5C 29 5C 5C 29"]);
    assert_eq!(&*backslash.content(b"(\\)\\\\)"), b")\\");
    let slip = framing("marks,end=C0,escape=DB,map=DCC0DDDB");
    assert_eq!(&*slip.content(b"\xC0\xDB\xDC\xDB\xDD\xDB\x41\xDB\xC0"), b"\xC0\xDB\xDB\x41\xDB");
    let plain = b"\xC0plain\xC0";
    assert!(matches!(slip.content(plain), std::borrow::Cow::Borrowed(b"plain")));
}

#[test]
fn an_escape_before_the_end_mark_aborts_a_frame_with_exclusive_or() {
    let hdlc = framing("marks,start=7E,end=7E,escape=7D,xor=20");
    assert_told(
        &hdlc,
        "7E 41 7D 5E 7E 7E 42 7D 7E 43 7E",
        &["frame: 7E 41 7D 5E 7E", "skipped Aborted: 7E 42 7D", "frame: 7E 43 7E"],
    );
    assert_eq!(&*hdlc.content(b"\x7E\x41\x7D\x5E\x7D\x5D\x7E"), b"\x41\x7E\x7D");
}

#[test]
fn a_gap_ends_a_frame_by_the_times_of_the_reads() {
    let ms = |ms: u64| Timestamp(ms * 1_000_000);
    let mut found = Vec::new();
    let mut framer = Framer::new(&framing("gap=20ms"), Direction::Inbound);
    framer.push(b"ab", ms(100), |part| found.push(part));
    framer.push(b"c", ms(119), |part| found.push(part));
    // An empty read is none.
    framer.push(b"", ms(200), |part| found.push(part));
    framer.push(b"d", ms(139), |part| found.push(part));
    assert_eq!(found, [Found { start: 0, end: 3, kind: FoundKind::Frame }]);
    assert_eq!(framer.unfinished(), Some(unfinished(3, 1)));
    // A clock that was set back ends nothing.
    framer.push(b"e", ms(50), |part| found.push(part));
    framer.cut(|part| found.push(part));
    assert_eq!(found[1..], [Found { start: 3, end: 5, kind: FoundKind::Frame }]);
    assert_eq!(framer.unfinished(), None);
}

fn unfinished(start: u64, length: u64) -> Unfinished {
    Unfinished { start, length, skipped: 0, reason: None, expected: None }
}

#[test]
fn what_is_unfinished_is_known_with_what_it_will_be() {
    let mut framer = Framer::new(&framing("length,at=1,width=2"), Direction::Inbound);
    assert_eq!(framer.unfinished(), None);
    let none = |part| panic!("{part:?}");
    framer.push(&[1, 0], Timestamp(0), none);
    assert_eq!(framer.unfinished(), Some(unfinished(0, 2)));
    framer.push(&[10, 9], Timestamp(0), none);
    assert_eq!(framer.unfinished(), Some(Unfinished { expected: Some(13), ..unfinished(0, 4) }));
    let mut framer = Framer::new(&framing("marks,start=02,end=03"), Direction::Inbound);
    framer.push(&[1, 1, 1], Timestamp(0), none);
    let skipped = Unfinished { skipped: 3, reason: Some(SkipReason::NoStart), ..unfinished(0, 3) };
    assert_eq!(framer.unfinished(), Some(skipped));
    framer.push(&[2], Timestamp(0), |part| assert_eq!((part.start, part.end), (0, 3)));
    assert_eq!(framer.unfinished(), Some(unfinished(3, 1)));
}

#[test]
fn after_a_cut_the_next_bytes_begin_a_frame() {
    let mut found = Vec::new();
    let mut framer = Framer::new(&framing("length,at=0,width=1"), Direction::Inbound);
    framer.push(&[5, 1, 2], Timestamp(0), |part| found.push(part));
    framer.cut(|part| found.push(part));
    framer.push(&[1, 1], Timestamp(0), |part| found.push(part));
    framer.cut(|part| found.push(part));
    assert_eq!(
        found,
        [
            Found { start: 0, end: 3, kind: FoundKind::Incomplete { expected: Some(6) } },
            Found { start: 3, end: 5, kind: FoundKind::Frame },
        ]
    );
}

#[test]
fn what_is_beyond_the_limit_is_in_parts() {
    let chunk = vec![0x41; 1 << 20];
    let mut found = Vec::new();
    let mut framer = Framer::new(&framing("delimiter=0A"), Direction::Inbound);
    for _ in 0..64 {
        framer.push(&chunk, Timestamp(0), |part| found.push(part));
    }
    assert!(found.is_empty(), "64 MiB may be followed by nothing");
    framer.push(b"\nB\n", Timestamp(0), |part| found.push(part));
    let part = |start, end, kind| Found { start, end, kind };
    assert_eq!(
        found,
        [
            part(0, LIMIT, FoundKind::TooLong),
            part(LIMIT, LIMIT + 1, FoundKind::TooLong),
            part(LIMIT + 1, LIMIT + 3, FoundKind::Frame),
        ]
    );
    let mut found = Vec::new();
    let mut framer = Framer::new(&framing("marks,start=02,end=03"), Direction::Inbound);
    for _ in 0..65 {
        framer.push(&chunk, Timestamp(0), |part| found.push(part));
    }
    framer.cut(|part| found.push(part));
    let skipped = FoundKind::Skipped(SkipReason::NoStart);
    assert_eq!(found, [part(0, LIMIT, skipped), part(LIMIT, LIMIT + (1 << 20), skipped)]);
}
