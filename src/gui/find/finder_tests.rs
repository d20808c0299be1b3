//! The cost of frames in which nothing changes, errors, and the end of scans.

use super::*;
use crate::gui::tests::{DEADLINE, Notify, Recording, filter, gate, wait};
use crate::lang::Language;
use crossbeam_channel::bounded;

fn silent() -> Notify {
    Arc::new(|| {})
}

/// Refreshes `count` times without any input.
fn frames(finder: &mut Finder, count: usize, recording: &Recording, notify: &Notify) {
    for _ in 0..count {
        finder.refresh(
            Some(&recording.reader()),
            recording.reader().snapshot().end(),
            Position::default(),
            &Encoding::Utf8.into(),
            notify,
        );
    }
}

fn finder(text: &str) -> Finder {
    Finder { is_open: true, kind: QueryKind::Regex, text: text.into(), ..Finder::default() }
}

fn error(finder: &Finder) -> String {
    finder.error(Language::English.words()).unwrap_or_default()
}

#[test]
fn an_error_in_a_search_is_found_once_and_names_its_place() {
    let (recording, notify) = (Recording::of(["温度 (25"]), silent());
    let mut finder = finder("温度 (25");
    frames(&mut finder, 1, &recording, &notify);
    assert!(error(&finder).contains("parenthesis at character 4"), "{}", error(&finder));
    assert!(finder.searching().is_none());
    // Compiled again, it would not be this one any more.
    finder.query_error.as_mut().unwrap().column = 99;
    frames(&mut finder, 50, &recording, &notify);
    assert!(error(&finder).contains("at character 99"), "{}", error(&finder));
    finder.text = "温度 (25)(".into();
    frames(&mut finder, 1, &recording, &notify);
    assert!(error(&finder).contains("at character 8"), "{}", error(&finder));
    finder.text = r"温度 \(25".into();
    frames(&mut finder, 1, &recording, &notify);
    assert_eq!(error(&finder), "");
    wait("the match", || finder.searching().is_some_and(|scan| scan.progress().matches == 1));
}

#[test]
fn a_filter_with_an_invalid_search_is_compiled_once_and_hides_nothing() {
    let (recording, notify) = (Recording::of(["a"]), silent());
    let mut finder = finder("[");
    finder.filters = true;
    finder.filter.with_matches = true;
    frames(&mut finder, 1, &recording, &notify);
    assert!(finder.filtering().is_none(), "nothing is hidden");
    assert!(error(&finder).contains("bracket at character 1"), "{}", error(&finder));
    // Compiled again, the filter would be none again.
    let other = Arc::new(filter(&recording, silent()));
    finder.filtering = Some(other.clone());
    frames(&mut finder, 50, &recording, &notify);
    assert!(finder.filtering().is_some_and(|known| Arc::ptr_eq(known, &other)));
    finder.text = "b".into();
    frames(&mut finder, 1, &recording, &notify);
    assert!(finder.filtering().is_some_and(|known| !Arc::ptr_eq(known, &other)));
    assert_eq!(error(&finder), "");
}

#[test]
fn a_scan_runs_until_its_inputs_change() {
    let (mut recording, notify) = (Recording::of(["a"]), silent());
    let mut finder = finder("a");
    frames(&mut finder, 1, &recording, &notify);
    let first = finder.searching().unwrap().clone();
    recording.add(b"a");
    wait("the second match", || {
        frames(&mut finder, 1, &recording, &notify);
        first.progress().matches == 2
    });
    assert!(Arc::ptr_eq(finder.searching().unwrap(), &first), "what is new is found by the same scan");
    let reader = recording.reader();
    finder.refresh(
        Some(&reader),
        reader.snapshot().end(),
        Position::default(),
        &Encoding::Gbk.into(),
        &notify,
    );
    let second = finder.searching().unwrap().clone();
    assert!(!Arc::ptr_eq(&second, &first), "other characters");
    finder.refresh(
        Some(&reader),
        reader.snapshot().end(),
        reader.snapshot().end(),
        &Encoding::Gbk.into(),
        &notify,
    );
    let third = finder.searching().unwrap().clone();
    assert!(!Arc::ptr_eq(&third, &second), "from another place on");
    wait("the end", || third.progress().is_caught_up);
    assert_eq!(third.progress().matches, 0);
}

#[test]
fn a_scan_ends_with_its_finder_and_nothing_waits_for_it() {
    for is_closed in [true, false] {
        let recording = Recording::of(["a"]);
        let (notify, open) = gate();
        let mut finder = finder("a");
        finder.filters = true;
        finder.filter.with_matches = true;
        frames(&mut finder, 1, &recording, &notify);
        assert!(finder.searching().is_some() && finder.filtering().is_some());
        // Both threads are held at work; neither closing the bar nor the tab waits for them.
        if is_closed {
            finder.is_open = false;
            frames(&mut finder, 1, &recording, &notify);
            assert!(finder.searching().is_none() && finder.filtering().is_none());
        } else {
            drop(finder);
        }
        drop(open);
        wait("the threads to let go of what they had", || Arc::strong_count(&notify) == 1);
    }
}

#[test]
fn progress_and_matches_are_shown_while_a_search_runs() {
    // Some chunks of a scan, with so many matches that each chunk is told of.
    let recording = Recording::of(std::iter::repeat_n("x".repeat(60_000), 40));
    let (tell, is_told) = bounded(1);
    let (hold, open) = gate();
    let notify: Notify = Arc::new(move || {
        let _ = tell.try_send(());
        hold();
    });
    let mut finder = Finder { kind: QueryKind::Text, ..finder("x") };
    frames(&mut finder, 1, &recording, &notify);
    is_told.recv_timeout(DEADLINE).unwrap();
    let words = Language::English.words();
    let progress = finder.searching().unwrap().progress();
    assert!(0 < progress.scanned_bytes && progress.scanned_bytes < progress.total_bytes, "{progress:?}");
    assert!(0 < progress.matches && !progress.is_caught_up, "{progress:?}");
    let percent = progress.scanned_bytes * 100 / progress.total_bytes;
    let said = format!("{} matches · {percent}%", grouped(progress.matches));
    assert_eq!(finder.state(None, words), Some(said));
    let first = finder.step(None, Step::Next).expect("what was found so far can be gone to");
    assert_eq!((first[0].start, first[0].length), (0, 1));
    drop(open);
    wait("the end", || finder.searching().is_some_and(|scan| scan.progress().is_caught_up));
    assert_eq!(finder.state(None, words).as_deref(), Some("2,400,000 matches"));
}
