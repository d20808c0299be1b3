//! Searches in which threads look ahead, in parts as small as can be: they find what a search alone finds.

use super::reference::{Step, append_steps, cases, expected, parts, rare_matches};
use super::*;
use crate::capture::Scanner;
use crate::model::HalfId;
use crate::search::ahead::Lookout;
use crate::search::engine::Engines;
use crate::search::extents::{Hit, Output};
use crate::search::probe::Probes;
use crate::search::results::Latest;
use crate::search::stretch::{MAX_STREAMS, Stretch};
use crate::search::worker::Worker;
use crate::task::Control;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Each border between blocks that is known begins a part.
const TINY: Division = Division { part_bytes: 1, threads: 3 };
const ALONE: Division = Division { part_bytes: 1, threads: 0 };

/// A segment, and with it a part, for each so many bytes.
fn cut(segment_bytes: u64) -> Fixture {
    Fixture::with(Limits { segment_bytes, total_bytes: None })
}

proptest! {
    // In wine each file takes its time.
    #![proptest_config(ProptestConfig::with_cases(if cfg!(windows) { 20 } else { 120 }))]

    #[test]
    fn a_search_with_threads_ahead_finds_what_the_naive_one_finds(
        (query, steps, pauses) in cases(),
        segment_bytes in prop::sample::select(vec![1u64, 300, 800]),
    ) {
        let mut fixture = cut(segment_bytes);
        let started = start_with(1_000, TINY, search(&query), fixture.reader(), Position(0));
        // One pause at most, so that much is there when it goes on.
        for pair in parts(&pauses[..pauses.len().min(1)], steps.len()).windows(2) {
            append_steps(&mut fixture, &steps[pair[0]..pair[1]]);
            started.scan.wake();
            started.caught_up(&fixture.reader());
            let found = numbered(&started.parts(), &fixture.positions());
            prop_assert_eq!(found, expected(&query, &steps[..pair[1]]), "{:?} up to {}", query, pair[1]);
        }
    }

    #[test]
    fn a_filter_with_threads_ahead_passes_what_one_alone_passes(
        (query, steps, _) in cases(),
        min_bytes in 0u64..4,
        segment_bytes in prop::sample::select(vec![1u64, 300]),
    ) {
        let filter = Filter {
            connections: Some(BTreeSet::from([1, 2, 3].map(ConnectionId))),
            min_bytes: Some(min_bytes),
            content: Some(query),
            ..Filter::default()
        };
        let mut fixture = cut(segment_bytes);
        append_steps(&mut fixture, &steps);
        let [ahead, alone] = [TINY, ALONE].map(|division| {
            let job = Job::Filter(filter.compile().unwrap());
            let started = start_with(1_000, division, job, fixture.reader(), Position(0));
            started.caught_up(&fixture.reader());
            let shown = started.scan.results();
            fixture.positions().into_iter().filter(|at| shown.positions.contains(*at)).collect::<Vec<_>>()
        });
        prop_assert_eq!(ahead, alone, "{:?}", filter);
    }
}

/// Parts begin at the borders of the index and of segments; matches lie in one part and across several.
#[test]
fn rare_matches_are_found_with_threads_ahead() {
    for (steps, mut queries) in rare_matches() {
        queries.extend([hex("4E 45 ?? 44"), text("needle", true, Encoding::Utf8)]);
        for segment_bytes in [1 << 30, 5_000] {
            let mut fixture = cut(segment_bytes);
            append_steps(&mut fixture, &steps);
            for query in &queries {
                let [ahead, alone] = [TINY, ALONE].map(|division| {
                    let started = start_with(1_000, division, search(query), fixture.reader(), Position(0));
                    started.caught_up(&fixture.reader());
                    started.parts()
                });
                assert_eq!(ahead, alone, "{query:?}");
                let positions = fixture.positions();
                assert!(numbered(&ahead, &positions) == expected(query, &steps), "{query:?}");
            }
        }
    }
}

/// What is found, if anything.
#[derive(Default)]
struct Count(usize);

impl Output for Count {
    fn found(&mut self, _: &[Hit]) {
        self.0 += 1;
    }

    fn withdrawn(&mut self, _: &[Hit], _: Option<Position>) {
        self.0 -= 1;
    }
}

fn engines(query: &Query) -> Engines {
    let mut engines = Engines::new(&query.compile().unwrap());
    engines.begin_chunk(b"nothing in particular");
    engines
}

/// All stretches of a recording, its parts being its segments.
fn stretches(fixture: &Fixture, probes: Probes) -> Vec<Vec<Stretch>> {
    let reader = fixture.reader();
    let borders = reader.snapshot().borders(Position(0), 1, usize::MAX - 1);
    let lookout = Lookout { reader, filter: None, probes, control: &Control::default() };
    let mut all = Vec::new();
    lookout.look_through(&borders, 2, |stretches| {
        all.push(stretches);
        ControlFlow::Continue(())
    });
    assert_eq!(all.len(), borders.len() - 1);
    all
}

fn data(payload: &[u8]) -> Step {
    let (kind, direction) = (RecordKind::Data, Direction::Inbound);
    Step { kind, connection: 1, direction, payload: payload.to_vec() }
}

#[test]
fn a_stretch_ends_before_a_record_with_something_and_is_not_passed_over_where_a_match_may_end_in_it() {
    for query in [hex("61 62 63"), text("ABC", false, Encoding::Utf8), regex("abc\\d*")] {
        let mut fixture = cut(1);
        let end = Step { kind: RecordKind::Closed, ..data(b"") };
        let all = [data(b"xxab"), data(b"c"), data(b"ab"), end, data(b"c"), data(b"xabcx"), data(b"x")];
        append_steps(&mut fixture, &all);
        let mut engines = engines(&query);
        let found = stretches(&fixture, engines.probes().unwrap());
        let found: Vec<_> = found.into_iter().flatten().collect();
        let positions = fixture.positions();
        for (number, position) in positions.iter().enumerate() {
            // The last record is left to the search, since more may follow it.
            let is_passed = found.iter().any(|stretch| stretch.range.contains(position));
            assert_eq!(is_passed, number < 5, "{query:?}: {number}");
        }
        // Without those of the blocks before each record.
        let found =
            found.into_iter().filter(|stretch| !stretch.streams.is_empty() || !stretch.ended.is_empty());
        let passed: Vec<bool> =
            found.into_iter().map(|stretch| engines.pass_over(stretch, &mut Count::default())).collect();
        // Behind the end of the stream "c" completes nothing; what was not passed over is as if it were not there.
        assert_eq!(passed, [true, false, true, true, true], "{query:?}");
    }
}

#[test]
fn a_stretch_ends_before_it_has_too_many_streams() {
    let mut fixture = Fixture::new();
    let connections = 0..MAX_STREAMS as u32 + 9;
    let all: Vec<_> = connections.map(|number| Step { connection: 2 * number + 1, ..data(b"hay") }).collect();
    append_steps(&mut fixture, &all);
    // The part ends at the next entry of the index.
    fixture.append(&vec![inbound(1, &[0; 60_000]); 10]);
    let found = stretches(&fixture, engines(&hex("61 62")).probes().unwrap());
    let first = found.iter().flatten().find(|stretch| !stretch.streams.is_empty()).unwrap();
    assert_eq!(first.streams.len(), MAX_STREAMS);
    assert_eq!(first.range.end, fixture.positions()[MAX_STREAMS]);
}

/// What is gathered around a fragment needs every byte.
#[test]
fn a_stretch_is_not_passed_over_where_text_is_gathered() {
    let mut fixture = cut(1);
    append_steps(&mut fixture, &[data(b"needle 1"), data(b"2 "), data(b"x")]);
    let mut engines = engines(&regex("needle \\d+"));
    let mut count = Count::default();
    let snapshot = fixture.reader().snapshot();
    let (mut scanner, mut cursor) = (Scanner::new(Position(0)), Cursor::new(snapshot.clone()));
    let chunk = scanner.read(&snapshot).unwrap().unwrap();
    engines.begin_chunk(chunk.bytes);
    for scanned in chunk.records() {
        engines.record(chunk.bytes, &scanned.unwrap(), true, &mut cursor, &mut count);
    }
    let found = stretches(&fixture, engines.probes().unwrap());
    let second = found.into_iter().flatten().find(|stretch| !stretch.streams.is_empty()).unwrap();
    assert_eq!(second.streams[0].0, HalfId { connection: ConnectionId(1), direction: Direction::Inbound });
    assert_eq!(second.streams[0].1.length, 2);
    assert!(!engines.pass_over(second, &mut count));
    engines.pause(&mut count);
    assert_eq!(count.0, 1);
}

#[test]
fn where_each_record_counts_nobody_looks_ahead() {
    for query in [regex("\\d+"), text("中", true, Encoding::Gbk)] {
        assert!(engines(&query).probes().is_none(), "{query:?}");
    }
    // The first chunk decides what is looked for.
    assert!(Engines::new(&regex("abc").compile().unwrap()).probes().is_none());
}

/// The threads end although nobody takes what they have.
#[test]
fn looking_ahead_ends_when_the_search_does() {
    let mut fixture = cut(1);
    append_steps(&mut fixture, &vec![data(b"hay"); 50]);
    let (reader, control) = (fixture.reader(), Control::default());
    let borders = reader.snapshot().borders(Position(0), 1, 100);
    assert!(borders.len() > 40);
    let probes = engines(&hex("61 62 63")).probes().unwrap();
    let mut taken = 0;
    Lookout { reader, filter: None, probes, control: &control }.look_through(&borders, 3, |stretches| {
        assert_eq!(stretches.len(), 1);
        taken += 1;
        ControlFlow::Break(())
    });
    assert_eq!(taken, 1);
}

#[test]
fn a_search_looks_ahead_as_it_is_divided() {
    let mut fixture = cut(1);
    append_steps(&mut fixture, &vec![data(b"needle"); 50]);
    let snapshot = fixture.reader().snapshot();
    let borders = snapshot.borders(Position(0), 1, 100);
    let far = Division { part_bytes: 1 << 20, ..TINY };
    for (division, expected) in [(TINY, borders[borders.len() - 1]), (ALONE, Position(0)), (far, Position(0))]
    {
        let (control, notify) = (Control::default(), Arc::new(|| {}));
        let (matches, positions) = (Matches::new(1_000), PositionSet::default());
        let results = Results { progress: Progress::default(), matches, positions };
        let latest = Latest::new(results.clone());
        let job = search(&text("needle", true, Encoding::Utf8));
        let from = Position(0);
        let worker = Worker::new(job, fixture.reader(), from, notify, &control, results, &latest);
        let mut worker = worker.divided(division);
        assert_eq!(worker.scan_parts(&snapshot), expected > from);
        worker.publish(&snapshot, false);
        assert_eq!(latest.get().progress.position, expected);
        assert_eq!(latest.get().matches.count() > 0, expected > from);
    }
}

/// A file that is cut while it is searched costs what is missing.
#[test]
fn a_truncated_file_is_reported_with_threads_ahead() {
    let mut fixture = cut(16 << 10);
    append_steps(&mut fixture, &vec![data(&b"needle ".repeat(100)); 200]);
    let files = fixture.reader().snapshot().files();
    let file = std::fs::File::options().write(true).open(&files[4]).unwrap();
    file.set_len(1000).unwrap();
    let [ahead, alone] = [TINY, ALONE].map(|division| {
        let job = search(&text("NEVER", false, Encoding::Utf8));
        let started = start_with(1_000, division, job, fixture.reader(), Position(0));
        started.caught_up(&fixture.reader())
    });
    assert!(alone.failure.is_some());
    assert_eq!(ahead, alone);
}
