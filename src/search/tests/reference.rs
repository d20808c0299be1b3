//! Compares the search with a naive one over whole streams, for generated recordings cut into records anywhere.

use super::*;
use crate::codec::{MappedText, parse_hex_pattern};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub kind: RecordKind,
    pub connection: u32,
    pub direction: Direction,
    pub payload: Vec<u8>,
}

/// All matches in one whole stream, as ranges of bytes.
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
pub(super) fn expected(query: &Query, steps: &[Step]) -> Vec<Vec<(usize, u32, u32)>> {
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

/// Characters of many scripts whose encoded forms share bytes.
const CHARACTERS: &str = "[aAbB \\n\\r世界你好温度éÉ€ßſ한あ\u{1F600}\u{3000}]";

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
        let mut begun = BTreeSet::new();
        for (payload, connection, is_inbound, cuts, kind) in steps {
            let direction = if is_inbound { Direction::Inbound } else { Direction::Outbound };
            // A connection opens once, before anything else of it.
            let is_first = begun.insert(connection);
            let kind = match kind {
                0 if is_first => RecordKind::Opened,
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
            if kind == RecordKind::Closed {
                begun.remove(&connection);
            }
        }
        all
    })
}

pub(super) fn cases() -> impl Strategy<Value = (Query, Vec<Step>, Vec<prop::sample::Index>)> {
    prop::sample::select(Encoding::ALL.to_vec()).prop_flat_map(|encoding| {
        (queries(encoding), steps(encoding), prop::collection::vec(any::<prop::sample::Index>(), 0..4))
    })
}

/// Where the search pauses between steps, with both ends.
pub(super) fn parts(pauses: &[prop::sample::Index], steps: usize) -> Vec<usize> {
    let mut borders: Vec<usize> = pauses.iter().map(|pause| pause.index(steps + 1)).collect();
    borders.extend([0, steps]);
    borders.sort_unstable();
    borders
}

pub(super) fn append_steps(fixture: &mut Fixture, steps: &[Step]) {
    for step in steps {
        fixture.append(&[record(step.kind, step.connection, step.direction, &step.payload)]);
    }
}

proptest! {
    // In wine each file takes its time.
    #![proptest_config(ProptestConfig::with_cases(if cfg!(windows) { 40 } else { 150 }))]

    /// However streams are cut into records, and wherever the search has to wait for more.
    #[test]
    fn a_search_finds_what_the_naive_one_finds((query, steps, pauses) in cases()) {
        let mut fixture = Fixture::new();
        let started = start(search(&query), &fixture);
        for pair in parts(&pauses, steps.len()).windows(2) {
            append_steps(&mut fixture, &steps[pair[0]..pair[1]]);
            started.scan.wake();
            started.caught_up(&fixture.reader());
            let found = numbered(&started.parts(), &fixture.positions());
            prop_assert_eq!(found, expected(&query, &steps[..pair[1]]), "{:?} up to {}", query, pair[1]);
        }
        let matches = &started.scan.results().matches;
        for index in 0..matches.kept() {
            for part in matches.parts(index) {
                assert!(matches.parts_within(part.record, 0..u32::MAX).any(|other| other == part));
            }
        }
    }

    #[test]
    fn a_filter_by_content_passes_the_records_of_matches((query, steps, pauses) in cases(), min_bytes in 0u64..4) {
        let filter = Filter {
            connections: Some(BTreeSet::from([1, 2, 3].map(ConnectionId))),
            min_bytes: Some(min_bytes),
            content: Some(query.clone()),
            ..Filter::default()
        };
        let mut fixture = Fixture::new();
        let started = start(Job::Filter(filter.compile().unwrap()), &fixture);
        for pair in parts(&pauses, steps.len()).windows(2) {
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
            let shown = started.scan.results();
            let passed = positions.iter().enumerate().filter(|(_, at)| shown.positions.contains(**at));
            let passed: BTreeSet<usize> = passed.map(|(number, _)| number).collect();
            prop_assert_eq!(passed, touched, "{:?} up to {}", query, pair[1]);
        }
    }
}

/// Batches and their overlap have no influence on the matches.
#[test]
fn long_streams_are_searched_as_if_whole() {
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
        let shown = filtered.scan.results();
        let is_shown = |number: &usize| shown.positions.contains(positions[*number]);
        let passed = (0..positions.len()).filter(is_shown).collect();
        assert_eq!(touched, passed, "{query:?}");
    }
}

/// Long streams in records of any length, with a needle now and then, and queries for it.
pub(super) fn rare_matches() -> Vec<(Vec<Step>, Vec<Query>)> {
    let mut all = Vec::new();
    let mut state = 7u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for encoding in [Encoding::Utf8, Encoding::Gbk, Encoding::Utf16Le] {
        let mut steps = Vec::new();
        let mut streams = [Vec::new(), Vec::new()];
        for round in 0..300 {
            let mut text = String::new();
            for _ in 0..random(600) {
                text += ["世界 ", "abc", "\r\n", "Ab", "42 ", "é", "x"][random(7) as usize];
            }
            if round % 13 == 3 {
                text += ["NEEDLe-ſ\n", "needle-S 42\r\n", "Needle-s"][random(3) as usize];
            }
            streams[random(2) as usize].extend(encoded(&text, encoding));
            for (number, stream) in streams.iter_mut().enumerate() {
                // Records of a few bytes and of many; the rest goes along with the next.
                while stream.len() > 3000 || (round == 299 && !stream.is_empty()) {
                    let most = if random(4) == 0 { 6 } else { 5000 };
                    let payload = stream.drain(..stream.len().min(1 + random(most) as usize)).collect();
                    let connection = 1 + 2 * number as u32;
                    steps.push(Step {
                        kind: RecordKind::Data,
                        connection,
                        direction: Direction::Inbound,
                        payload,
                    });
                }
            }
        }
        let regex = |pattern: &str| Query::Regex { pattern: pattern.into(), case_sensitive: false, encoding };
        let queries = vec![
            text("needle-s", false, encoding),
            regex("needle-s( 42)?$"),
            regex(r"\w+ ?needle-.( \d+)?\s"),
            regex("(?:needle|never)-s"),
        ];
        all.push((steps, queries));
    }
    all
}

/// What has no fragment of a match is not decoded.
#[test]
fn rare_matches_are_found_between_long_stretches_without_any() {
    for (steps, queries) in rare_matches() {
        for query in queries {
            let mut fixture = Fixture::new();
            let started = start(search(&query), &fixture);
            for part in steps.chunks(90) {
                append_steps(&mut fixture, part);
                started.scan.wake();
                started.caught_up(&fixture.reader());
            }
            let found = numbered(&started.parts(), &fixture.positions());
            let expected = expected(&query, &steps);
            assert!(expected.len() >= 2, "{query:?}: {}", expected.len());
            assert!(found == expected, "{query:?}: {} instead of {}", found.len(), expected.len());
        }
    }
}
