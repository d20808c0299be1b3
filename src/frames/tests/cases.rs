//! Frames in recordings: where they stand, how they came, and what is shown of unusual ones.

use super::*;
use crate::framing::Framer;
use crate::payload::checksum::Verdict;
use crate::search::{Filter, Query};

#[test]
fn frames_stand_at_the_record_that_brought_their_last_byte() {
    let lines = framing("lines");
    let mut fixture = Fixture::of(&[b"one\ntwo\nth", b"re", b"e\n", b"four\n", b"fi"]);
    let expected = [
        "0 1 frame one\\n",
        "0 2 frame two\\n",
        "2 3 frame th|re|e\\n",
        "3 4 frame four\\n",
        "4 5 unfinishedNone fi",
    ];
    assert_eq!(fixture.lines(&lines), expected);
    fixture.close(1);
    assert_eq!(fixture.lines(&lines).last().unwrap(), "4 5 incompleteNone fi");
    let totals = fixture.scanned(&lines).received;
    let expected = FrameTotals {
        reads: 5,
        glued_reads: 1,
        frames: 4,
        frame_bytes: 19,
        whole: 1,
        glued: 2,
        cut: 1,
        incomplete: 1,
        ..FrameTotals::default()
    };
    assert_eq!(totals, expected);
}

#[test]
fn the_times_of_a_frame_are_those_of_its_first_and_last_read() {
    let fixture = Fixture::of(&[b"x\na", b"b", b"c\n"]);
    let lines = framing("lines");
    let shown = fixture.shown(&lines, &fixture.scanned(&lines));
    let frame = &shown[1].frames[0];
    assert_eq!((frame.first, frame.last), (Timestamp(1_000_000), Timestamp(3_000_000)));
    assert_eq!(shown[1].frame_at(1), Some(frame));
    assert_eq!(shown[1].frame_at(4), None);
    assert_eq!(shown[1].time, Timestamp(3_000_000));
}

#[test]
fn a_length_that_is_known_is_told_of_what_is_unfinished() {
    let fixture = Fixture::of(&[b"\0\x05ab"]);
    assert_eq!(fixture.lines(&framing("u16be")), ["0 1 unfinishedSome(7) \\0\\u{5}ab"]);
}

#[test]
fn missing_bytes_end_a_frame() {
    let mut fixture = Fixture::of(&[b"one\ntw"]);
    fixture.writer.skip(ConnectionId(1), IN, 3);
    fixture.data(1, IN, b"o\nthree\n");
    let lines = framing("lines");
    let expected = ["0 1 frame one\\n", "0 2 incompleteNone tw", "1 3 frame o\\n", "1 4 frame three\\n"];
    assert_eq!(fixture.lines(&lines), expected);
}

#[test]
fn a_frame_never_spans_datagrams() {
    let mut fixture = Fixture::new();
    for payload in [b"one\ntw".as_slice(), b"o\n", b"three\nfour\n"] {
        fixture.data(2, OUT, payload);
    }
    let lines = framing("lines");
    let expected = [
        "0 1 frame one\\n",
        "0 2 incompleteNone tw",
        "1 3 frame o\\n",
        "2 4 frame three\\n",
        "2 5 frame four\\n",
    ];
    assert_eq!(fixture.lines(&lines), expected);
    let results = fixture.scanned(&lines);
    assert_eq!((results.received, results.sent.frames), (FrameTotals::default(), 4));
    assert_eq!((results.sent.glued, results.sent.whole, results.sent.cut), (3, 1, 0));
}

#[test]
fn a_pause_ends_a_frame_at_the_read_before_it() {
    let mut fixture = Fixture::of(&[b"ab", b"c"]);
    fixture.time += 50_000_000;
    fixture.data(1, IN, b"de");
    fixture.data(1, IN, b"f");
    let gap = framing("gap=20ms");
    let expected = ["1 1 frame ab|c", "3 2 unfinishedNone de|f"];
    assert_eq!(fixture.lines(&gap), expected);
    fixture.close(1);
    assert_eq!(fixture.lines(&gap), ["1 1 frame ab|c", "3 2 frame de|f"]);
    assert_eq!(fixture.scanned(&gap).received.cut, 2);
}

#[test]
fn directions_have_a_framing_each_or_none() {
    let mut fixture = Fixture::of(&[b"one\n"]);
    fixture.data(1, OUT, b"ab");
    fixture.data(1, OUT, b"cdef");
    let settings = FramedSettings { sent: Some("fixed=3".parse().unwrap()), ..FramedSettings::default() };
    let results = fixture.scanned(&settings);
    let shown = fixture.shown(&settings, &results);
    assert_eq!(lines(&fixture.positions(), &shown), ["2 1 frame ab|c", "2 2 frame def"]);
    assert_eq!((&*shown[0].bytes, shown[0].frames.len(), shown[0].reads.len()), (&b"one\n"[..], 0, 1));
}

#[test]
fn frames_are_checked_also_those_that_came_in_several_reads() {
    let right = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08];
    let mut wrong = right;
    wrong[2] = 1;
    let fixture = Fixture::of(&[&[&right[..], &right[..3]].concat(), &[&right[3..], &wrong[..]].concat()]);
    let settings = checked("fixed=8", "CRC-16/MODBUS");
    let results = fixture.scanned(&settings);
    assert_eq!((results.received.right, results.received.wrong), (2, 1));
    let shown = fixture.shown(&settings, &results);
    let verdicts: Vec<_> =
        shown.iter().flat_map(|record| &record.frames).map(|frame| &frame.verdict).collect();
    assert!(matches!(
        verdicts[..],
        [Some(Verdict::Right), Some(Verdict::Right), Some(Verdict::Wrong { expected })] if expected.len() == 2
    ));
}

#[test]
fn a_filter_shows_the_frames_that_pass() {
    let fixture = Fixture::of(&[b"alarm 1\nok\nal", b"arm 2\n", b"ok\n", b"alarm"]);
    let settings = framing("lines");
    let content = Query::Hex { pattern: "61 6C 61 72 6D".into() };
    let mut filter = FrameFilter {
        base: Filter { content: Some(content), ..Filter::default() },
        ..FrameFilter::default()
    };
    let shown = |filter: &FrameFilter| {
        let results = Scanned::start(&fixture, &settings, Some(filter.clone())).caught_up();
        let compiled = filter.compile_for(&crate::codec::Encoding::Utf8.into()).unwrap();
        let mut reader = FramedReader::new(fixture.reader().snapshot(), settings.clone(), Some(compiled));
        let all = fixture.positions();
        let shown: Vec<_> =
            all.iter().filter_map(|at| reader.at(*at, &results.checkpoints).unwrap()).collect();
        let passing: Vec<_> = all.iter().filter(|at| results.positions.contains(**at)).copied().collect();
        assert_eq!(shown.iter().map(|record| record.position).collect::<Vec<_>>(), passing);
        lines(&all, &shown)
    };
    let expected = ["0 1 frame alarm 1\\n", "1 3 frame al|arm 2\\n", "3 5 unfinishedNone alarm"];
    assert_eq!(shown(&filter), expected);
    filter.marks = vec![FrameMark::Incomplete];
    assert_eq!(shown(&filter), expected[2..]);
    filter.base = Filter { max_bytes: Some(3), ..Filter::default() };
    filter.marks.clear();
    assert_eq!(shown(&filter), ["0 2 frame ok\\n", "2 4 frame ok\\n"]);
}

#[test]
fn marks_tell_right_wrong_and_skipped() {
    let fixture = Fixture::of(&[b"\x02ab\x03??\x02cd\x03"]);
    let settings = checked("marks,start=02,end=03", "sum8");
    let results = Scanned::start(&fixture, &settings, None).caught_up();
    assert_eq!((results.received.wrong, results.received.skipped_bytes), (2, 2));
    for (mark, expected) in [(FrameMark::Right, 0), (FrameMark::Wrong, 1), (FrameMark::Skipped, 1)] {
        let filter = FrameFilter { marks: vec![mark], ..FrameFilter::default() };
        let results = Scanned::start(&fixture, &settings, Some(filter)).caught_up();
        assert_eq!(results.positions.len(), expected, "{mark:?}");
    }
}

#[test]
fn before_the_scan_frames_have_no_number_but_near_the_start() {
    let reads: Vec<Vec<u8>> = (0..40).map(|number| format!("line {number}\n").into_bytes()).collect();
    let fixture = Fixture::of(&reads.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let settings = framing("lines");
    let mut reader = FramedReader::new(fixture.reader().snapshot(), settings.clone(), None);
    let positions = fixture.positions();
    let unknown = Checkpoints::default();
    let number = |shown: Option<Arc<FramedRecord>>| shown.unwrap().frames[0].number;
    assert_eq!(number(reader.at(positions[30], &unknown).unwrap()), None);
    assert_eq!(number(reader.at(positions[2], &unknown).unwrap()), Some(3));
    let results = fixture.scanned(&settings);
    assert_eq!(number(reader.at(positions[30], &results.checkpoints).unwrap()), Some(31));
}

#[test]
fn the_first_bytes_of_a_very_long_frame_are_shown() {
    let mut fixture = Fixture::new();
    let long: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let mut stream = 3_000_000_u32.to_be_bytes().to_vec();
    stream.extend_from_slice(&long);
    for read in stream.chunks(60_000) {
        fixture.data(1, IN, read);
    }
    let settings = framing("u32be");
    let shown = fixture.shown(&settings, &fixture.scanned(&settings));
    let [record] = &shown[..] else { panic!("{} records", shown.len()) };
    let frame = &record.frames[0];
    assert_eq!((frame.length, frame.number, frame.range.clone()), (3_000_004, Some(1), 0..1 << 20));
    assert_eq!(&record.bytes[..], &stream[..1 << 20]);
    assert_eq!((frame.first.0, frame.last.0), (1_000_000, 51_000_000));
}

#[test]
fn a_scan_goes_on_with_what_is_recorded_later() {
    let mut fixture = Fixture::of(&[b"one\ntw"]);
    let settings = framing("lines");
    let scan = Scanned::start(&fixture, &settings, None);
    let before = scan.caught_up();
    assert_eq!(before.positions.len(), 1);
    fixture.data(1, IN, b"o");
    let between = scan.caught_up();
    fixture.data(1, IN, b"\n");
    let after = scan.caught_up();
    let mut reader = FramedReader::new(fixture.reader().snapshot(), settings.clone(), None);
    let mut lines_of = |results: &FrameResults| {
        let at = fixture.positions();
        let shown: Vec<_> =
            at.iter().filter_map(|at| reader.at(*at, &results.checkpoints).unwrap()).collect();
        lines(&at, &shown)
    };
    assert_eq!(lines_of(&before)[..2], ["0 1 frame one\\n", "0 2 unfinishedNone tw"]);
    assert_eq!(lines_of(&between)[..2], ["0 1 frame one\\n", "1 2 unfinishedNone tw|o"]);
    assert_eq!(lines_of(&after), ["0 1 frame one\\n", "2 2 frame tw|o|\\n"]);
    assert_eq!(after.received.frames, 2);
}

#[test]
fn numbers_go_on_where_the_beginning_has_expired() {
    let mut fixture = Fixture::with(Limits { segment_bytes: 4_000, total_bytes: Some(12_000) });
    let settings = framing("lines");
    let scan = Scanned::start(&fixture, &settings, None);
    for number in 0..200 {
        fixture.data(1, IN, format!("line {number}\n").as_bytes());
        if number % 10 == 0 {
            scan.caught_up();
        }
    }
    let results = scan.caught_up();
    let snapshot = fixture.reader().snapshot();
    assert!(snapshot.start() > Position(0));
    let last = *fixture.positions().last().unwrap();
    let mut reader = FramedReader::new(snapshot.clone(), settings, None);
    let shown = reader.at(last, &results.checkpoints).unwrap().unwrap();
    assert_eq!(shown.frames[0].number, Some(200));
    assert_eq!(results.received.frames, 200);
    assert!(results.positions.first().unwrap() >= snapshot.start());
}

/// A framer and what belongs to it are all that a half costs besides its bytes.
#[test]
fn a_half_stays_small() {
    assert!(size_of::<Framer>() <= 400, "{}", size_of::<Framer>());
}
