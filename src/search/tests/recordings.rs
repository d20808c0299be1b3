//! Searching recordings that grow, expire and are damaged.

use super::*;
use crate::model::FailureKind;
use std::collections::BTreeSet;

#[test]
fn matches_beyond_the_limit_are_counted() {
    let mut fixture = Fixture::new();
    fixture.append(&[inbound(1, b"aaaa"), inbound(1, b"aaaa")]);
    let started = start_keeping(5, search(&hex("61")), fixture.reader(), Position(0));
    assert_eq!(started.caught_up(&fixture.reader()).matches, 8);
    fixture.append(&[inbound(1, b"aa")]);
    started.scan.wake();
    assert_eq!(started.caught_up(&fixture.reader()).matches, 10);
    let matches = &started.scan.results().matches;
    assert_eq!((matches.kept(), matches.count(), matches.is_full()), (5, 10, true));
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
fn matches_in_expired_records_are_removed() {
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
        let results = started.scan.results();
        assert!(results.matches.location(0).is_none_or(|location| location.record >= start));
        assert!(results.positions.first().is_none_or(|first| first >= start));
    }
}

#[test]
fn a_truncated_file_is_skipped_and_reported() {
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
fn a_damaged_record_hides_no_other() {
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
fn cancelling_ends_the_thread_and_keeps_the_results() {
    let mut fixture = Fixture::new();
    fixture.append(&[inbound(1, b"needle")]);
    // The front end's notice is dropped with the thread that holds it.
    let notify = Arc::new(|| {});
    let watched = Arc::downgrade(&notify);
    let scan = Scan::start(search(&hex("6E")), fixture.reader(), Position(0), notify);
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

// Not on Windows: the priority of the thread is read from /proc.
#[cfg(target_os = "linux")]
#[test]
fn a_search_runs_at_low_priority() {
    let mut fixture = Fixture::new();
    fixture.append(&[inbound(1, b"needle")]);
    let (told, niceness) = sync_channel(1);
    let notify = Arc::new(move || {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // The name in brackets may hold spaces; niceness is the 17th field behind it.
        let niceness = stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().to_owned();
        let _ = told.try_send(niceness);
    });
    let _scan = Scan::start(search(&hex("6E")), fixture.reader(), Position(0), notify);
    let niceness: i32 = niceness.recv_timeout(DEADLINE).unwrap().parse().unwrap();
    // It is higher where the tests themselves were told to give way.
    assert!(niceness >= 11, "{niceness}");
}
