//! The rows of records: one where the content fits, text and hex by record, opening, and copying with heads.

use crate::fixture::{Window, connect};
use eframe::egui::{Event, Key, Modifiers, Rect, Role, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// The rectangle of the record in view that contains `part`.
#[track_caller]
fn place(window: &Window, part: &str) -> Rect {
    let rows = window.harness.query_all_by_role(Role::Row);
    let mut rows = rows.filter(|row| row.accesskit_node().label().is_some_and(|label| label.contains(part)));
    rows.next().unwrap_or_else(|| panic!("{part}: {:?}", window.rows())).rect()
}

#[test]
fn a_record_that_fits_takes_one_row() {
    let mut window = Window::new();
    let _peer = window.server_with(["one\n", "two\n", "three\nfour\n"]);
    let height = |part| place(&window, part).height();
    let row = height("one");
    assert!(row < 24.0, "{row} points");
    for part in ["Listening on", "connected", "two"] {
        assert_eq!(height(part), row, "{part}");
    }
    assert_eq!(height("three"), 2.0 * row);
}

#[test]
fn auto_shows_each_record_as_what_it_is() {
    let mut window = Window::new();
    let half = "度".as_bytes().split_at(1);
    let _peer = window.server_with([&b"hello\r\n"[..], &[0, 1, 0xFF], half.0, half.1, b"\x1B[1mbold"]);
    for shown in ["7 B: hello␍␊", "3 B: 00 01 FF", "1 B: E5", "2 B: 度", "8 B: ␛[1mbold"] {
        assert!(window.shows_row(shown), "{shown} in {:?}", window.rows());
    }
    window.choose("Encoding", "GBK");
    assert!(window.shows_row("3 B: 00 01 FF"));
    window.click("Text");
    assert!(window.shows_row("3 B: ␀␁"), "{:?}", window.rows());
    window.click("Hex");
    assert!(window.shows_row("7 B: 68 65 6C 6C 6F 0D 0A"), "{:?}", window.rows());
}

#[test]
fn a_record_is_opened_and_closed_by_keys_and_by_its_arrow() {
    let mut window = Window::new();
    let _peer = window.server_with(["hello", "world"]);
    let dump = "68 65 6C 6C 6F hello";
    let before = window.rows();
    window.select_newest();
    window.press(Modifiers::COMMAND, Key::ArrowUp);
    assert_eq!(window.rows(), before, "nothing opens by being selected");
    for view in ["Auto", "Text", "Hex", "Both"] {
        window.click(view);
        window.focus_data();
        let content = if view == "Hex" { "68 65 6C 6C 6F" } else { "hello" };
        let height = place(&window, content).height();
        window.press(Modifiers::NONE, Key::ArrowRight);
        assert!(window.shows_row(dump), "{view}: {:?}", window.rows());
        assert!(!window.shows_row("77 6F 72 6C 64 world"), "{view}");
        assert!(place(&window, dump).height() > height);
        window.press(Modifiers::NONE, Key::ArrowRight);
        assert!(window.shows_row(dump), "opening twice is opening");
        window.press(Modifiers::NONE, Key::ArrowLeft);
        assert!(!window.shows_row(dump), "{view}: {:?}", window.rows());
    }
    window.click("Auto");
    window.focus_data();
    let arrow = |window: &Window| place(window, "hello").left_top() + vec2(9.0, 8.0);
    window.press(Modifiers::NONE, Key::Escape);
    window.click_at(arrow(&window));
    assert!(window.shows_row(dump), "{:?}", window.rows());
    assert_eq!(window.copy(), None, "the arrow selects nothing");
    window.click_at(arrow(&window));
    assert!(!window.shows_row(dump), "{:?}", window.rows());
}

#[test]
fn an_opened_record_stays_open_while_other_records_are_in_view() {
    let mut window = Window::new();
    let _peer = window.server_with((0..120).map(|number| format!("line {number:03}\n")));
    let dump = "6C 69 6E 65 20 31 31 39 0A";
    window.select_newest();
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert!(window.shows_row(dump), "{:?}", window.rows());
    window.press(Modifiers::NONE, Key::Home);
    assert!(!window.shows_row("line 119"));
    window.click("Hex");
    window.click("Auto");
    window.focus_data();
    window.press(Modifiers::NONE, Key::End);
    assert!(window.shows_row(dump), "{:?}", window.rows());
}

#[test]
fn the_head_and_the_dump_of_a_record_that_is_opened_are_in_view() {
    let mut window = Window::new();
    let line = "a line that fills ten rows of a dump. ".repeat(6);
    let _peer = window.server_with((0..60).map(|number| format!("{number:03} {line}")));
    // At the lower edge, and then at the upper one.
    for (step, first, last) in [(0, "059 a line", "2E 20"), (15, "044 a line", "2E 20")] {
        window.select_newest();
        for _ in 0..step {
            window.press(Modifiers::COMMAND, Key::ArrowUp);
        }
        window.press(Modifiers::NONE, Key::ArrowRight);
        let row = place(&window, first);
        let data = window.harness.get_by_role(Role::Table).rect().expand(6.0);
        assert!(data.contains_rect(row), "{first}: {row} in {data}");
        assert!(window.shows_row(last) && row.height() > 150.0, "{row}");
        window.press(Modifiers::NONE, Key::ArrowLeft);
    }
}

/// What C with these keys puts on the clipboard.
fn copied_by(window: &mut Window, modifiers: Modifiers) -> Option<String> {
    let event = Event::Key { key: Key::C, physical_key: None, pressed: true, repeat: false, modifiers };
    window.harness.input_mut().events.push(event);
    window.harness.step();
    window.copied()
}

#[test]
fn records_are_copied_with_time_direction_and_peer() {
    let mut window = Window::new();
    let peer = window.server_with([&b"hello\r\n"[..], &[0, 1, 2]]);
    let address = peer.local_addr().unwrap();
    window.focus_data();
    window.press(Modifiers::COMMAND, Key::A);
    let copied = copied_by(&mut window, Modifiers::COMMAND | Modifiers::SHIFT).unwrap();
    let lines: Vec<_> = copied.lines().map(|line| line.split_at(12)).collect();
    assert!(lines.iter().all(|(time, _)| time.as_bytes()[2] == b':' && time.as_bytes()[8] == b'.'));
    let after: Vec<_> = lines.iter().map(|(_, rest)| rest.trim()).collect();
    assert!(after[0].starts_with("· Listening on"), "{copied}");
    assert_eq!(after[2..], [format!("← {address} 7 B hello␍␊"), format!("← {address} 3 B 00 01 02")]);
    // Ctrl+C has the content alone, and Ctrl+Alt+C its bytes.
    assert_eq!(window.copy().as_deref(), Some("hello\r\n00 01 02"));
    let hex = copied_by(&mut window, Modifiers::COMMAND | Modifiers::ALT);
    assert_eq!(hex.as_deref(), Some("68 65 6C 6C 6F 0D 0A\n00 01 02"));
}

#[test]
fn the_button_to_the_newest_record_is_one_line_in_both_languages() {
    for language in ["English", "简体中文"] {
        let mut window = Window::new();
        window.set("Language", language);
        let address = window.start_server();
        let mut peer = connect(address);
        for number in 0..60 {
            window.receive(&mut peer, format!("line {number:03}\n").as_bytes());
        }
        window.focus_data();
        window.press(Modifiers::NONE, Key::PageUp);
        let height = |window: &Window| window.harness.get_by_label("Jump to newest").rect().height();
        let before = height(&window);
        for number in 60..75 {
            window.receive(&mut peer, format!("line {number:03}\n").as_bytes());
            assert_eq!(height(&window), before, "{language}, after {number} lines");
        }
    }
}
