//! Tests of searching as a whole: against a search that has each stream in one piece, and over
//! recordings that grow, expire and break.

use super::*;
use crate::capture::{CaptureReader, CaptureWriter, Cursor, Destination, Limits, Position};
use crate::codec::{Encoding, MappedText, parse_hex_pattern};
use crate::model::{ConnectionId, Direction, FailureKind, Record, RecordKind, Timestamp, Transport};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);

fn record(kind: RecordKind, connection: u32, direction: Direction, payload: &[u8]) -> Record<'_> {
    Record {
        time: Timestamp(1),
        kind,
        direction,
        // Odd connections are TCP, even ones UDP.
        transport: if connection % 2 == 1 { Transport::Tcp } else { Transport::Udp },
        connection: ConnectionId(connection),
        local: "127.0.0.1:7788".parse().unwrap(),
        peer: "127.0.0.1:50000".parse().unwrap(),
        payload,
        is_cut: false,
        text: "",
    }
}

fn inbound(connection: u32, payload: &[u8]) -> Record<'_> {
    record(RecordKind::Data, connection, Direction::Inbound, payload)
}

struct Fixture {
    folder: tempfile::TempDir,
    writer: CaptureWriter,
}

impl Fixture {
    fn new() -> Self {
        Self::with(Limits { segment_bytes: 1 << 30, total_bytes: None })
    }

    fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        Self { folder, writer }
    }

    fn append(&mut self, records: &[Record<'_>]) {
        for record in records {
            self.writer.append(record);
        }
        self.writer.publish();
    }

    fn reader(&self) -> CaptureReader {
        self.writer.reader()
    }

    fn positions(&self) -> Vec<Position> {
        let mut cursor = Cursor::new(self.reader().snapshot());
        let mut at = cursor.snapshot().start();
        let mut positions = Vec::new();
        while let Some(position) = cursor.next(at).unwrap() {
            positions.push(position);
            at = cursor.read(position).unwrap().unwrap().end;
        }
        positions
    }
}

struct Started {
    scan: Scan,
    news: Receiver<()>,
}

fn start_keeping(kept: usize, job: Job, reader: CaptureReader, from: Position) -> Started {
    let (sender, news) = sync_channel(1);
    let notify = Arc::new(move || {
        let _ = sender.try_send(());
    });
    Started { scan: Scan::start_keeping(kept, job, reader, from, notify).unwrap(), news }
}

fn start(job: Job, fixture: &Fixture) -> Started {
    start_keeping(1_000_000, job, fixture.reader(), Position(0))
}

impl Started {
    /// Waits until all that is recorded now was looked at.
    fn caught_up(&self, reader: &CaptureReader) -> Progress {
        self.caught_up_from(reader, reader.snapshot().start())
    }

    fn caught_up_from(&self, reader: &CaptureReader, from: Position) -> Progress {
        let end = reader.snapshot().end().0 - from.0;
        let until = Instant::now() + DEADLINE;
        loop {
            let progress = self.scan.progress();
            if progress.is_caught_up && progress.total_bytes == end {
                return progress;
            }
            assert!(Instant::now() < until, "{progress:?}");
            let _ = self.news.recv_timeout(Duration::from_millis(5));
        }
    }

    fn parts(&self) -> Vec<Vec<Part>> {
        self.scan.with_matches(|matches| (0..matches.kept()).map(|index| matches.parts(index)).collect())
    }
}

fn text(text: &str, case_sensitive: bool, encoding: Encoding) -> Query {
    Query::Text { text: text.into(), case_sensitive, encoding }
}

fn hex(pattern: &str) -> Query {
    Query::Hex { pattern: pattern.into() }
}

fn regex(pattern: &str) -> Query {
    Query::Regex { pattern: pattern.into(), case_sensitive: true, encoding: Encoding::Utf8 }
}

fn search(query: &Query) -> Job {
    Job::Search(query.compile().unwrap())
}

/// One search from beginning to end; the parts of each match with their records' numbers.
fn find(query: &Query, records: &[Record<'_>]) -> Vec<Vec<(usize, u32, u32)>> {
    let mut fixture = Fixture::new();
    fixture.append(records);
    let started = start(search(query), &fixture);
    started.caught_up(&fixture.reader());
    numbered(&started.parts(), &fixture.positions())
}

fn numbered(parts: &[Vec<Part>], positions: &[Position]) -> Vec<Vec<(usize, u32, u32)>> {
    let number = |part: &Part| {
        (positions.binary_search(&part.record).expect("a record is there"), part.start, part.length)
    };
    parts.iter().map(|parts| parts.iter().map(number).collect()).collect()
}

// ----- the reference: each stream in one piece -----

#[derive(Clone, Debug)]
struct Step {
    kind: RecordKind,
    connection: u32,
    direction: Direction,
    payload: Vec<u8>,
}

/// All matches in one stream whose bytes are all there, in bytes.
fn naive(query: &Query, stream: &[u8]) -> Vec<(usize, usize)> {
    let regex_of = |pattern: &str, case_sensitive: bool| {
        regex::RegexBuilder::new(pattern)
            .case_insensitive(!case_sensitive)
            .multi_line(true)
            .crlf(true)
            .build()
            .unwrap()
    };
    let (pattern, case_sensitive, encoding) = match query {
        Query::Hex { pattern } => {
            let pattern = parse_hex_pattern(pattern).unwrap();
            let mut found = Vec::new();
            let mut at = 0;
            while at + pattern.len() <= stream.len() {
                if pattern.iter().zip(&stream[at..]).all(|(wanted, byte)| byte & wanted.mask == wanted.value)
                {
                    found.push((at, at + pattern.len()));
                    at += pattern.len();
                } else {
                    at += 1;
                }
            }
            return found;
        }
        Query::Text { text, case_sensitive, encoding } => (regex::escape(text), *case_sensitive, *encoding),
        Query::Regex { pattern, case_sensitive, encoding } => (pattern.clone(), *case_sensitive, *encoding),
    };
    let mut decoded = MappedText::default();
    let pending = decoded.decode(encoding, stream);
    decoded.finish(pending);
    let regex = regex_of(&pattern, case_sensitive);
    let matches = regex.find_iter(decoded.text()).filter(|found| !found.is_empty());
    matches.map(|found| (decoded.byte_start(found.start()), decoded.byte_end(found.end()))).collect()
}

/// A byte of a stream, the number of its record, and its place in it.
type Byte = (u8, usize, u32);

/// The parts of all matches, sorted as a search sorts them.
fn expected(query: &Query, steps: &[Step]) -> Vec<Vec<(usize, u32, u32)>> {
    // Each stream: its bytes, and for each byte the record and the place in it.
    let mut streams: BTreeMap<(u32, bool), Vec<Byte>> = BTreeMap::new();
    let mut whole: Vec<Vec<Byte>> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let bytes = || step.payload.iter().enumerate().map(|(at, byte)| (*byte, number, at as u32));
        if step.connection % 2 == 0 {
            whole.push(bytes().collect());
            continue;
        }
        match step.kind {
            RecordKind::Data => {
                streams
                    .entry((step.connection, step.direction == Direction::Inbound))
                    .or_default()
                    .extend(bytes());
            }
            RecordKind::Opened | RecordKind::Closed => {
                whole.extend(
                    [true, false].into_iter().filter_map(|way| streams.remove(&(step.connection, way))),
                );
            }
            _ => {}
        }
    }
    whole.extend(streams.into_values());
    let mut found = Vec::new();
    for stream in whole {
        let bytes: Vec<u8> = stream.iter().map(|(byte, ..)| *byte).collect();
        for (start, end) in naive(query, &bytes) {
            let mut parts: Vec<(usize, u32, u32)> = Vec::new();
            for (_, record, at) in &stream[start..end] {
                match parts.last_mut() {
                    Some(part) if part.0 == *record => part.2 += 1,
                    _ => parts.push((*record, *at, 1)),
                }
            }
            found.push(parts);
        }
    }
    found.sort_by_key(|parts| *parts.last().unwrap());
    found
}

/// Characters of all scripts, many of which have bytes in common.
const CHARACTERS: &str = "[aAbB \\n\\r世界你好温度éÉ€ßſ한あ\u{1F600}\u{3000}]";

fn encoded(text: &str, encoding: Encoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    for character in text.chars() {
        let _ = encoding.encode(character.encode_utf8(&mut [0; 4]), &mut bytes);
    }
    bytes
}

fn characters(count: &str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("{CHARACTERS}{{{count}}}")).unwrap()
}

fn queries(encoding: Encoding) -> impl Strategy<Value = Query> {
    let texts = characters("1,3").prop_map(move |text| {
        let known: String = text.chars().filter(|c| !encoded(&c.to_string(), encoding).is_empty()).collect();
        if known.is_empty() { "a".into() } else { known }
    });
    prop_oneof![
        3 => (texts, any::<bool>())
            .prop_map(move |(text, case_sensitive)| Query::Text { text, case_sensitive, encoding }),
        2 => prop::sample::select(vec!["61", "61 62", "D6", "A? ??", "?1", "00 61", "20 ?? 20", "E4 B8 96", "81 ?0", "0A0D"])
            .prop_map(hex),
        2 => (
            prop::sample::select(vec![
                "a+", "[^a]", "a.b", "(?s)a.+?b", "^a", "b$", r"\bb", "世.*界", r"\s+", "(?i)é|ß", "a*", "a.*b|a", r"(?-m)\Aa|b\z", "\u{FFFD}",
            ]),
            any::<bool>(),
        )
            .prop_map(move |(pattern, case_sensitive)| Query::Regex { pattern: pattern.into(), case_sensitive, encoding }),
    ]
}

fn steps(encoding: Encoding) -> impl Strategy<Value = Vec<Step>> {
    let payload = prop_oneof![
        8 => characters("0,6").prop_map(move |text| encoded(&text, encoding)),
        1 => prop::collection::vec(prop::sample::select(vec![0x61u8, 0x81, 0xD6, 0x30, 0xFF, 0x00]), 0..4),
    ];
    let step =
        (payload, 1u32..5, any::<bool>(), prop::collection::vec(any::<prop::sample::Index>(), 0..3), 0u8..40);
    prop::collection::vec(step, 0..30).prop_map(|steps| {
        let mut all = Vec::new();
        for (payload, connection, is_inbound, cuts, kind) in steps {
            let direction = if is_inbound { Direction::Inbound } else { Direction::Outbound };
            let kind = match kind {
                0 => RecordKind::Opened,
                1 => RecordKind::Closed,
                2 => RecordKind::Note,
                _ => RecordKind::Data,
            };
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
            cuts.extend([0, payload.len()]);
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                let payload =
                    if kind == RecordKind::Data { payload[pair[0]..pair[1]].to_vec() } else { Vec::new() };
                all.push(Step { kind, connection, direction, payload });
            }
        }
        all
    })
}

fn cases() -> impl Strategy<Value = (Query, Vec<Step>, Vec<prop::sample::Index>)> {
    prop::sample::select(Encoding::ALL.to_vec()).prop_flat_map(|encoding| {
        (queries(encoding), steps(encoding), prop::collection::vec(any::<prop::sample::Index>(), 0..4))
    })
}

fn append_steps(fixture: &mut Fixture, steps: &[Step]) {
    for step in steps {
        fixture.append(&[record(step.kind, step.connection, step.direction, &step.payload)]);
    }
}

proptest! {
    // In wine each file takes its time.
    #![proptest_config(ProptestConfig::with_cases(if cfg!(windows) { 40 } else { 400 }))]

    /// Whatever is recorded in whatever pieces, and wherever the search has to wait for more in
    /// between, it finds what a search through whole streams finds.
    #[test]
    fn a_search_finds_what_is_in_the_whole_streams((query, steps, pauses) in cases()) {
        let mut fixture = Fixture::new();
        let started = start(search(&query), &fixture);
        let mut pauses: Vec<usize> = pauses.iter().map(|pause| pause.index(steps.len() + 1)).collect();
        pauses.extend([0, steps.len()]);
        pauses.sort_unstable();
        for pair in pauses.windows(2) {
            append_steps(&mut fixture, &steps[pair[0]..pair[1]]);
            started.scan.wake();
            started.caught_up(&fixture.reader());
            let found = numbered(&started.parts(), &fixture.positions());
            prop_assert_eq!(found, expected(&query, &steps[..pair[1]]), "{:?} up to {}", query, pair[1]);
        }
        started.scan.with_matches(|matches| {
            for index in 0..matches.kept() {
                for part in matches.parts(index) {
                    assert!(matches.parts_in(part.record).any(|other| other == part));
                }
            }
        });
    }

    /// A filter by content passes what matches touch and the rest of it lets through.
    #[test]
    fn a_filter_passes_what_matches_touch((query, steps, pauses) in cases(), min_bytes in 0u64..4) {
        let filter = Filter {
            connections: Some(BTreeSet::from([1, 2, 3].map(ConnectionId))),
            min_bytes: Some(min_bytes),
            content: Some(query.clone()),
            ..Filter::default()
        };
        let mut fixture = Fixture::new();
        let started = start(Job::Filter(filter.compile().unwrap()), &fixture);
        let mut pauses: Vec<usize> = pauses.iter().map(|pause| pause.index(steps.len() + 1)).collect();
        pauses.extend([0, steps.len()]);
        pauses.sort_unstable();
        for pair in pauses.windows(2) {
            append_steps(&mut fixture, &steps[pair[0]..pair[1]]);
            started.scan.wake();
            started.caught_up(&fixture.reader());
            let positions = fixture.positions();
            let touched: BTreeSet<usize> = expected(&query, &steps[..pair[1]])
                .iter()
                .flatten()
                .map(|part| part.0)
                .filter(|number| {
                    steps[*number].connection <= 3 && steps[*number].payload.len() as u64 >= min_bytes
                })
                .collect();
            let passed: BTreeSet<usize> = started.scan.with_positions(|set| {
                positions.iter().enumerate().filter(|(_, at)| set.contains(**at)).map(|(n, _)| n).collect()
            });
            prop_assert_eq!(passed, touched, "{:?} up to {}", query, pair[1]);
        }
    }
}

// ----- what single cases show -----

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
fn a_character_is_not_found_in_the_middle_of_two_others() {
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
fn what_was_received_is_searched_and_not_its_marks() {
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

/// Long streams, cut and waited for anywhere: batches and what they overlap in do not show.
#[test]
fn long_streams_are_searched_as_if_they_were_whole() {
    let mut steps = Vec::new();
    let mut state = 1u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for _ in 0..400 {
        let mut payload = Vec::new();
        for _ in 0..random(4000) {
            let word = ["世界 ", "abc", "\r\n", "Ab", "aaaa ", "é", "x"][random(7) as usize];
            payload.extend(encoded(word, Encoding::Gbk));
        }
        payload.truncate(payload.len().saturating_sub(random(3) as usize));
        let connection = 1 + 2 * random(2);
        steps.push(Step { kind: RecordKind::Data, connection, direction: Direction::Inbound, payload });
    }
    for query in [
        text("界 Ab", false, Encoding::Gbk),
        text("界 Ab", true, Encoding::Gbk),
        hex("61 62 63 ?? 0A"),
        Query::Regex {
            pattern: r"(?s)^[^a]{3,}x$|x\r\nx.*?xé".into(),
            case_sensitive: true,
            encoding: Encoding::Gbk,
        },
        Query::Regex { pattern: r"(?:世界 ){2,}".into(), case_sensitive: true, encoding: Encoding::Gbk },
    ] {
        let mut fixture = Fixture::new();
        let started = start(search(&query), &fixture);
        let filter = Filter { content: Some(query.clone()), ..Filter::default() };
        let filtered = start(Job::Filter(filter.compile().unwrap()), &fixture);
        for part in steps.chunks(170) {
            append_steps(&mut fixture, part);
            for started in [&started, &filtered] {
                started.scan.wake();
                started.caught_up(&fixture.reader());
            }
        }
        let found = numbered(&started.parts(), &fixture.positions());
        let expected = expected(&query, &steps);
        assert!(expected.len() > 10, "{query:?}: {}", expected.len());
        assert!(found == expected, "{query:?}: {} instead of {}", found.len(), expected.len());
        assert_eq!(started.scan.progress().matches, expected.len() as u64);
        let touched: BTreeSet<usize> = expected.iter().flatten().map(|part| part.0).collect();
        let positions = fixture.positions();
        let passed = filtered.scan.with_positions(|set| {
            (0..positions.len()).filter(|number| set.contains(positions[*number])).collect()
        });
        assert_eq!(touched, passed, "{query:?}");
    }
}

#[test]
fn more_streams_than_are_kept_waiting_are_searched_early() {
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
fn a_match_at_the_end_grows_with_what_comes() {
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
fn a_filter_looks_at_everything_a_record_is() {
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
        let passed: Vec<usize> = started.scan.with_positions(|set| {
            (0..positions.len()).filter(|number| set.contains(positions[*number])).collect()
        });
        assert_eq!(passed, expected, "{filter:?}");
        assert_eq!(progress.matches, expected.len() as u64);
    }
    assert!(Filter { content: Some(hex("3")), ..any }.compile().is_err());
}

#[test]
fn matches_beyond_the_limit_are_counted() {
    let mut fixture = Fixture::new();
    fixture.append(&[inbound(1, b"aaaa"), inbound(1, b"aaaa")]);
    let started = start_keeping(5, search(&hex("61")), fixture.reader(), Position(0));
    assert_eq!(started.caught_up(&fixture.reader()).matches, 8);
    fixture.append(&[inbound(1, b"aa")]);
    started.scan.wake();
    assert_eq!(started.caught_up(&fixture.reader()).matches, 10);
    started.scan.with_matches(|matches| {
        assert_eq!((matches.kept(), matches.count(), matches.is_full()), (5, 10, true));
    });
}

#[test]
fn a_search_may_begin_in_the_middle() {
    let mut fixture = Fixture::new();
    let bytes = encoded("中文中文", Encoding::Gbk);
    fixture.append(&[inbound(1, &bytes[..3])]);
    let floor = fixture.reader().snapshot().end();
    fixture.append(&[inbound(1, &bytes[3..])]);
    for case_sensitive in [true, false] {
        let job = search(&text("中", case_sensitive, Encoding::Gbk));
        let started = start_keeping(9, job, fixture.reader(), floor);
        started.caught_up_from(&fixture.reader(), floor);
        assert_eq!(numbered(&started.parts(), &fixture.positions()), [[(1, 1, 2)]]);
    }
}

#[test]
fn what_the_limit_drops_is_no_longer_found() {
    let limits = Limits { segment_bytes: 64 << 10, total_bytes: Some(256 << 10) };
    let mut fixture = Fixture::with(limits);
    let payload = b"needle and hay ".repeat(60);
    let jobs = [
        search(&text("needle", true, Encoding::Utf8)),
        search(&text("NEEDLE", false, Encoding::Utf8)),
        Job::Filter(Filter { min_bytes: Some(900), ..Filter::default() }.compile().unwrap()),
    ];
    let started = jobs.map(|job| start(job, &fixture));
    for _ in 0..8 {
        for _ in 0..100 {
            fixture.append(&[inbound(1, &payload)]);
        }
        for started in &started {
            started.scan.wake();
            started.caught_up(&fixture.reader());
        }
    }
    let snapshot = fixture.reader().snapshot();
    let start = snapshot.start();
    assert!(start.0 > 0);
    let left = snapshot.records() - snapshot.records_expired();
    for (started, each) in started.iter().zip([60, 60, 1]) {
        let progress = started.caught_up(&fixture.reader());
        // A match over the border of what is left may be whole no longer.
        assert!(progress.matches.abs_diff(left * each) <= 1, "{progress:?} of {left}");
        assert_eq!(progress.failure, None);
        started.scan.with_matches(|matches| {
            assert!(matches.place(0).is_none_or(|place| place.record >= start));
        });
        started.scan.with_positions(|set| assert!(set.first().is_none_or(|first| first >= start)));
    }
}

#[test]
fn a_broken_file_is_passed_over_and_said() {
    let limits = Limits { segment_bytes: 16 << 10, total_bytes: None };
    let mut fixture = Fixture::with(limits);
    for _ in 0..40 {
        fixture.append(&[inbound(1, &b"needle ".repeat(100))]);
    }
    let files = fixture.reader().snapshot().files();
    assert!(files.len() > 1);
    assert!(files[0].starts_with(fixture.folder.path()));
    let file = std::fs::File::options().write(true).open(&files[0]).unwrap();
    file.set_len(100).unwrap();
    let started = start(search(&text("needle", true, Encoding::Utf8)), &fixture);
    let progress = started.caught_up(&fixture.reader());
    assert!(matches!(progress.failure.unwrap().kind, FailureKind::Damaged { .. }));
    assert!(progress.matches > 0 && progress.matches < 4000, "{}", progress.matches);
}

#[test]
fn a_damaged_record_hides_no_other_one() {
    let mut fixture = Fixture::new();
    let payload = b"needle ".repeat(100);
    fixture.append(&vec![inbound(1, &payload); 3000]);
    let places = fixture.positions();
    let path = &fixture.reader().snapshot().files()[0];
    let mut bytes = std::fs::read(path).unwrap();
    // A packet longer than its block, and a block without any end.
    bytes[places[700].0 as usize + 20..][..4].fill(0xFF);
    bytes[places[2000].0 as usize + 4..][..4].fill(0);
    std::fs::write(path, &bytes).unwrap();
    let is_left = |number: &usize| ![700, 2000].contains(number);
    let left: BTreeSet<_> = (0..3000).filter(is_left).map(|number| places[number]).collect();
    let started = start(search(&text("needle", true, Encoding::Utf8)), &fixture);
    assert!(started.caught_up(&fixture.reader()).failure.is_some());
    let found: BTreeSet<_> = started.parts().iter().map(|parts| parts[0].record).collect();
    assert!(found == left, "{} of {} records", found.len(), left.len());
}

#[test]
fn cancelling_ends_the_thread_and_keeps_what_is_found() {
    let mut fixture = Fixture::new();
    fixture.append(&[inbound(1, b"needle")]);
    // The front end's notice is dropped with the thread that holds it.
    let notify = Arc::new(|| {});
    let watched = Arc::downgrade(&notify);
    let scan = Scan::start(search(&hex("6E")), fixture.reader(), Position(0), notify).unwrap();
    let until = Instant::now() + DEADLINE;
    while !scan.progress().is_caught_up {
        assert!(Instant::now() < until);
        std::thread::yield_now();
    }
    scan.cancel();
    while watched.upgrade().is_some() {
        assert!(Instant::now() < until);
        std::thread::yield_now();
    }
    assert_eq!((scan.progress().matches, scan.progress().failure), (1, None));
}

/// In UTF-16 the place in the stream tells where characters begin, but not where a stream begins anew.
#[test]
fn a_stream_that_begins_anew_begins_with_a_character() {
    let records =
        [inbound(1, b"aaa"), record(RecordKind::Opened, 1, Direction::Inbound, b""), inbound(1, b"aaa")];
    let mut fixture = Fixture::new();
    fixture.append(&records);
    let query = Query::Regex { pattern: "a*".into(), case_sensitive: false, encoding: Encoding::Utf16Be };
    let started = start(search(&query), &fixture);
    started.caught_up(&fixture.reader());
    assert_eq!(started.parts(), Vec::<Vec<Part>>::new());
}
