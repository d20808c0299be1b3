//! The data: following, pausing, clearing, selecting, copying.

use crate::fixture::{Window, connect, snapshot};
use eframe::egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Role, TouchPhase,
};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::io::Write;

/// A server that has received `count` numbered lines.
fn server_with_lines(window: &mut Window, count: usize) -> std::net::TcpStream {
    let address = window.start_server();
    let mut peer = connect(address);
    add_lines(window, &mut peer, 0..count);
    peer
}

fn add_lines(window: &mut Window, peer: &mut std::net::TcpStream, range: std::ops::Range<usize>) {
    let text: String = range.map(|number| format!("line {number:05}\n")).collect();
    window.receive(peer, text.as_bytes());
}

#[test]
fn new_records_are_followed_unless_scrolled_up() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window, 1);
    for number in 1..200 {
        add_lines(&mut window, &mut peer, number..number + 1);
    }
    assert!(window.shows_row("line 00199"));
    assert!(!window.has("Jump to newest"));
    window.click_newest();
    window.harness.key_press(Key::PageUp);
    window.harness.run_steps(3);
    assert!(!window.shows_row("line 00199"), "{:?}", window.rows());
    assert!(window.has("Jump to newest"));
    let seen = window.rows();
    for number in 200..203 {
        add_lines(&mut window, &mut peer, number..number + 1);
    }
    assert_eq!(window.rows(), seen, "what is read does not move");
    window.click("Jump to newest");
    window.wait("the newest", |window| window.shows_row("line 00202"));
    assert!(!window.has("Jump to newest"));
    window.click_newest();
    window.harness.key_press(Key::Home);
    window.harness.run_steps(3);
    assert!(window.shows_row("Listening on"), "the first record of all");
}

#[test]
fn a_paused_display_is_frozen_while_receiving_continues() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window, 2);
    window.click("Pause display");
    add_lines(&mut window, &mut peer, 2..4);
    assert!(window.shows_row("line 00001") && !window.shows_row("line 00003"));
    window.click("Pause display");
    window.wait("the rest", |window| window.shows_row("line 00003"));
}

#[test]
fn clear_hides_the_records_so_far() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window, 2);
    window.click("Clear");
    assert!(window.rows().is_empty(), "{:?}", window.rows());
    assert!(window.has("No records since Clear."));
    add_lines(&mut window, &mut peer, 2..3);
    window.wait("the new line", |window| window.shows_row("line 00002"));
    assert!(!window.shows_row("line 00001"));
    let recording = window.status().recording;
    assert_eq!(recording.bytes_recorded, 33, "the recording keeps all of it");
}

#[test]
fn cleared_records_can_be_shown_again() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window, 2);
    assert!(!window.has("Show again"), "nothing is hidden");
    window.click("Clear");
    // The start and the connection are records as well.
    assert!(window.has("3 records hidden ·"));
    add_lines(&mut window, &mut peer, 2..3);
    window.wait("the new line", |window| window.shows_row("line 00002"));
    window.click("Show again");
    window.wait("the old lines", |window| window.shows_row("line 00001") && window.shows_row("line 00002"));
    assert!(!window.has("Show again"));
    // By keys, and twice.
    window.press(Modifiers::COMMAND, Key::L);
    assert!(window.has("4 records hidden ·") && window.rows().is_empty());
    let ctrl_shift = Modifiers::COMMAND | Modifiers::SHIFT;
    window.press(ctrl_shift, Key::L);
    window.wait("the old lines", |window| window.shows_row("line 00001") && window.shows_row("line 00002"));
}

/// A server that has received two numbered lines, one record each.
fn server_with_two(window: &mut Window) -> std::net::TcpStream {
    window.server_with(["line 0\n", "line 1\n"])
}

#[test]
fn search_filter_and_saving_say_that_they_mean_what_came_since_clear() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let mut peer = server_with_two(&mut window);
    window.press(Modifiers::COMMAND, Key::F);
    window.fill("Find", "line");
    window.wait("the matches", |window| window.has("2 matches"));
    window.click("Clear");
    for number in 2..5 {
        window.receive(&mut peer, format!("line {number}\n").as_bytes());
    }
    window.wait("the matches", |window| window.has("3 matches · since Clear"));
    window.fill("Find", "line 3");
    window.click("Filter");
    window.click("Only with matches");
    window.wait("the filter", |window| window.has("1 record · since Clear"));
    // The start and the connection are records as well.
    for (part, label, lines, told) in [
        ("Everything", "Everything · 7 records", 5, " to 5.jsonl"),
        ("Only records since Clear", "Only records since Clear · 3 records", 3, "Only records since Clear."),
        (
            "Only records that match the filter",
            "Only records that match the filter · 1 record",
            1,
            "Only records that match the filter.",
        ),
    ] {
        let path = folder.path().join(format!("{lines}.jsonl"));
        window.tool("Save recording");
        let choice = window.harness.get_by_label(part).accesskit_node();
        assert_eq!(choice.role(), Role::RadioButton);
        assert!(drawn(&window, label), "{label}");
        window.choose("Format", "JSON lines");
        window.click(part);
        window.save_as(&path);
        window.wait("the message", |window| window.has("Dismiss message"));
        let toast = window.harness.get_by_role(Role::Status).accesskit_node().label().unwrap();
        assert!(toast.starts_with("Exported ") && toast.ends_with(told), "{toast}");
        window.wait_for_message();
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written.matches("\"text\":\"line ").count(), lines, "{label}: {written}");
    }
    // The part since Clear is a recording as well.
    let path = folder.path().join("since.pcapng");
    window.tool("Save recording");
    window.click("Only records since Clear");
    window.save_as(&path);
    window.wait_for_message();
    assert_eq!(snapshot(&path).records(), 3);
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.has("Close without saving"), "a part of it is not all of it");
}

/// Whether a text is painted, also where the accessible name of its control is another one.
fn drawn(window: &Window, text: &str) -> bool {
    window.harness.output().shapes.iter().any(|shape| match &shape.shape {
        eframe::egui::Shape::Text(shape) => shape.galley.text() == text,
        _ => false,
    })
}

#[test]
fn counters_are_reset_and_the_accounting_of_the_recording_stays_whole() {
    let mut window = Window::new();
    let mut peer = server_with_two(&mut window);
    window.wait("the count", |window| window.shows("RX 14 B · 2 records"));
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    assert!(window.shows("RX 0 B · 0 records"));
    window.receive(&mut peer, b"line 2\n");
    window.wait("the count", |window| window.shows("RX 7 B · 1 record"));
    let accounting = window.status().accounting();
    assert_eq!((accounting.received.bytes, accounting.received.records), (21, 3));
}

#[test]
fn everything_can_be_copied_as_text_and_as_hex() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    let text = "你好, \u{1b}[0m wire\r\n";
    let (first, second) = text.as_bytes().split_at(4);
    window.receive(&mut peer, first);
    window.receive(&mut peer, second);
    window.click_newest();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.run_steps(2);
    assert_eq!(window.copy().as_deref(), Some(text));
    window.click("Hex");
    let hex = window.copy().unwrap();
    assert_eq!(hex.lines().next(), Some("E4 BD A0 E5"));
    assert!(hex.starts_with("E4 BD A0 E5\n"), "{hex}");
}

#[test]
fn a_range_is_selected_with_the_pointer() {
    let mut window = Window::new();
    let _peer = server_with_lines(&mut window, 3);
    let row = window.harness.query_all_by_role(Role::Row).last().unwrap().rect();
    // The first of three lines is beside the head, from column 25 on; a cell is 8 points wide.
    let line = row.height() / 3.0;
    let start = row.left_top() + eframe::egui::vec2(16.0 + 25.0 * 8.0 + 1.0, line * 0.5);
    let end = start + eframe::egui::vec2(500.0, line);
    window.drag(start, end);
    assert_eq!(window.copy().as_deref(), Some("line 00000\nline 00001\n"));
}

#[test]
fn encodings_apply_to_data_already_received() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    peer.write_all(b"\xC4\xE3\xBA\xC3").unwrap();
    window.wait("four bytes", |window| window.shows_row(" 4 B: "));
    assert!(!window.shows_row("你好"));
    window.choose("Encoding", "GBK");
    assert!(window.shows_row("你好"), "{:?}", window.rows());
    window.choose("Encoding", "Windows-1252");
    assert!(window.shows_row("ÄãºÃ"));
    let row = window.harness.query_all_by_role(Role::Row).last().unwrap();
    assert!(row.accesskit_node().label().is_some());
}

#[test]
fn invalid_and_control_bytes_are_shown() {
    let mut window = Window::new();
    let address = window.start_server();
    window.click("Text");
    let mut peer = connect(address);
    let bytes: Vec<u8> = (0..=255).collect();
    peer.write_all(&bytes).unwrap();
    peer.write_all("\u{202E}abc\u{200B}\u{FEFF}".as_bytes()).unwrap();
    window.wait("all", |window| window.status().traffic.bytes_in == 256 + 12);
    let rows = window.rows().join("\n");
    for mark in ["␀", "␊", "␛", "␡", "80", "FF", "RLO", "abc"] {
        assert!(rows.contains(mark), "{mark} in {rows}");
    }
}

#[test]
fn a_hidden_window_does_not_slow_the_session() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    // No frame is drawn meanwhile, as in a hidden window.
    let block = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        peer.write_all(&block).unwrap();
    }
    window.wait("all of it", |window| window.status().recording.bytes_recorded == 64 << 20);
}

#[test]
fn a_copy_is_what_is_shown_after_a_split_character() {
    let mut window = Window::new();
    let address = window.start_server();
    window.choose("Encoding", "GBK");
    let mut peer = connect(address);
    for part in [&b"\xCA"[..], b"\xD4!"] {
        window.receive(&mut peer, part);
    }
    // Only the record that completes the character is selected.
    window.harness.query_all_by_role(Role::Row).last().unwrap().click_secondary();
    window.harness.run_steps(3);
    window.harness.get_by_label("Copy as text").click();
    window.harness.step();
    assert_eq!(window.clipboard().as_deref(), Some("试!"));
    window.harness.query_all_by_role(Role::Row).last().unwrap().click_secondary();
    window.harness.run_steps(3);
    window.harness.get_by_label("Copy as hex").click();
    window.harness.step();
    assert_eq!(window.clipboard().as_deref(), Some("D4 21"));
}

#[test]
fn a_narrow_view_shows_every_byte_of_hex() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with(folder.path(), Vec::new(), eframe::egui::vec2(640.0, 480.0));
    let address = window.start_server();
    window.click("Hex");
    let mut peer = connect(address);
    peer.write_all(&(0..32).collect::<Vec<u8>>()).unwrap();
    window.wait("all", |window| window.shows_row("18 19 1A 1B 1C 1D 1E 1F"));
    let row = window.harness.query_all_by_role(Role::Row).last().unwrap();
    assert!(row.accesskit_node().label().unwrap().contains("00 01 02 03 04 05 06 07 "));
    assert!(!row.accesskit_node().label().unwrap().contains("07 08"), "eight bytes in a row");
}

/// Waits until no frame is requested within an hour.
fn wait_for_rest(window: &mut Window, what: &str) {
    window.wait(what, |window| {
        let delays = window.harness.output().viewport_output.values().map(|viewport| viewport.repaint_delay);
        delays.min().unwrap() > std::time::Duration::from_secs(3600)
    });
}

#[test]
fn an_idle_window_requests_no_frame() {
    let mut window = Window::new();
    wait_for_rest(&mut window, "rest of an empty window");
    let _peer = server_with_lines(&mut window, 3);
    window.field("Payload").focus();
    // After the rate has fallen to zero and the settings are written, nothing is left to do.
    wait_for_rest(&mut window, "rest with a server");
    // The same with the cursor in the list, and with more tabs than fit.
    window.harness.query_all_by_role(Role::ListBox).next().unwrap().focus();
    window.harness.run_steps(2);
    wait_for_rest(&mut window, "rest in the list");
    for _ in 0..12 {
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::T);
        window.harness.run_steps(2);
    }
    assert!(window.has("All tabs"));
    wait_for_rest(&mut window, "rest with many tabs");
    window.click("Encoding");
    wait_for_rest(&mut window, "rest with an open list");
}

#[test]
fn the_wheel_scrolls_and_at_the_end_new_records_are_followed() {
    let mut window = Window::new();
    let mut peer = window.server_with((0..100).map(|number| format!("line {number:05}\n")));
    let middle = window.harness.get_by_role(Role::Table).rect().center();
    let wheel = |window: &mut Window, lines: f32| {
        window.harness.hover_at(middle);
        let (unit, phase, source) = (MouseWheelUnit::Line, TouchPhase::Move, MouseWheelSource::Wheel);
        let (delta, modifiers) = (eframe::egui::vec2(0.0, lines), Modifiers::NONE);
        window.harness.event(Event::MouseWheel { unit, delta, phase, source, modifiers });
        window.harness.run_steps(10);
    };
    wheel(&mut window, 20.0);
    assert!(!window.shows_row("line 00099") && window.has("Jump to newest"), "{:?}", window.rows());
    let seen = window.rows();
    add_lines(&mut window, &mut peer, 100..101);
    assert_eq!(window.rows(), seen, "what is read does not move");
    wheel(&mut window, -100.0);
    assert!(window.shows_row("line 00100") && !window.has("Jump to newest"));
    add_lines(&mut window, &mut peer, 101..102);
    window.wait("the newest", |window| window.shows_row("line 00101"));
}

#[test]
fn a_double_click_selects_a_record_and_shift_extends() {
    let mut window = Window::new();
    let _peer = window.server_with(["one\n", "two\n", "three\n"]);
    let place = |window: &Window, part: &str| {
        let name = window.rows().into_iter().find(|row| row.contains(part)).unwrap();
        window.harness.get_by_role_and_label(Role::Row, &name).rect().center()
    };
    let two = place(&window, "two");
    window.harness.hover_at(two);
    window.harness.step();
    // Both clicks in one frame: a frame is 250 ms in these tests.
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    for pressed in [true, false, true, false] {
        let event = Event::PointerButton { pos: two, button, pressed, modifiers };
        window.harness.input_mut().events.push(event);
    }
    window.harness.run_steps(3);
    assert_eq!(window.copy().as_deref(), Some("two\n"));
    window.click_head("two");
    assert_eq!(window.copy(), None, "a click alone selects nothing");
    let three = place(&window, "three");
    window.harness.event(Event::ModifiersChanged(Modifiers::SHIFT));
    window.click_at(three);
    window.harness.event(Event::ModifiersChanged(Modifiers::NONE));
    window.harness.run_steps(1);
    let copied = window.copy().unwrap();
    assert!(copied.starts_with("two\n"), "{copied}");
}

#[test]
fn the_context_menu_selects_everything() {
    let mut window = Window::new();
    let _peer = window.server_with(["one\n", "two\n"]);
    let open_menu = |window: &mut Window| {
        window.harness.query_all_by_role(Role::Row).last().unwrap().click_secondary();
        window.harness.run_steps(3);
    };
    open_menu(&mut window);
    window.click("Select all");
    assert!(!window.has("Select all"), "the menu closes");
    open_menu(&mut window);
    window.harness.get_by_label("Copy as text").click();
    window.harness.step();
    assert_eq!(window.clipboard().as_deref(), Some("one\ntwo\n"), "it is still selected");
}
