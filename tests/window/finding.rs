//! Searching and filtering in the window.

use crate::fixture::{SLOW_QUERY, Window, connect, folders, long_text, write_records};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use std::io::Read;
use std::net::TcpStream;
use std::sync::Arc;
use wirelab::capture::Destination;
use wirelab::search::Scan;

/// A server that has received 200 numbered lines, one record each.
fn server_with_lines(window: &mut Window) -> TcpStream {
    window.server_with((0..200).map(|number| format!("line {number:03}\n")))
}

fn find(window: &mut Window, text: &str) {
    if !window.has("Find") {
        window.press(Modifiers::COMMAND, Key::F);
    }
    window.fill("Find", text);
}

fn selected(window: &mut Window) -> String {
    // Ctrl+C copies data once no field has the focus.
    window.focus_data();
    window.copy().unwrap_or_default()
}

#[test]
fn matches_are_counted_and_visited() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window);
    find(&mut window, "LINE 05");
    window.wait("the count", |window| window.has("10 matches"));
    window.click("Match case");
    window.wait("no match", |window| window.has("No matches"));
    window.click("Match case");
    window.wait("the count", |window| window.has("10 matches"));
    window.press(Modifiers::NONE, Key::F3);
    // The newest records are in view, so the search wraps around.
    window.wait("the first", |window| window.has("1 of 10"));
    assert!(window.shows_row("line 050"), "{:?}", window.rows());
    window.press(Modifiers::NONE, Key::F3);
    assert!(window.has("2 of 10"));
    assert_eq!(selected(&mut window), "line 05");
    window.click("Previous match");
    window.click("Previous match");
    assert!(window.has("10 of 10"), "around the end");
    assert!(window.shows_row("line 059"));
    // New records are searched, too.
    window.receive(&mut peer, b"and line 05 again\n");
    window.wait("one more", |window| window.has("10 of 11"));
    window.press(Modifiers::NONE, Key::F3);
    assert!(window.has("11 of 11"));
    window.click("Close find");
    assert!(!window.has("Find"));
}

#[test]
fn a_match_over_two_records_in_gbk_is_found() {
    let mut window = Window::new();
    let address = window.start_server();
    window.choose("Encoding", "GBK");
    let mut peer = connect(address);
    window.receive(&mut peer, b"abc \xCE\xC2\xB6");
    window.receive(&mut peer, b"\xC8 25\r\n");
    find(&mut window, "温度 25");
    window.wait("the match", |window| window.has("1 matches") || window.has("1 match"));
    window.click("Next match");
    assert!(window.has("1 of 1"));
    assert_eq!(selected(&mut window), "温度 25");
    window.choose("Find as", "Find hex");
    window.fill("Find", "B6 C? 20");
    // The previous match was at the same place.
    window.wait("the bytes", |window| window.has("1 of 1"));
    window.choose("Find as", "Find regex");
    window.fill("Find", r"度\s+\d+$");
    window.wait("the pattern", |window| window.has("1 of 1"));
}

#[test]
fn errors_of_a_search_are_shown() {
    let mut window = Window::new();
    let _peer = server_with_lines(&mut window);
    find(&mut window, "0x5");
    window.choose("Find as", "Find hex");
    window.wait("the error", |window| window.shows("Find error"));
    window.choose("Find as", "Find regex");
    window.fill("Find", "line (0");
    window.wait("the error", |window| window.shows("Find error"));
    window.fill("Find", "line (0)");
    window.wait("matches", |window| window.has("100 matches") && !window.shows("Find error"));
    window.click("Filter");
    window.fill("Least bytes", "many");
    window.wait("the error", |window| window.shows("“many” is not a number of bytes."));
}

#[test]
fn a_filter_hides_records_and_keeps_them_recorded() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window);
    find(&mut window, "");
    window.click("Filter");
    window.fill("Least bytes", "12");
    window.wait("nothing", |window| window.has("0 records"));
    assert!(window.rows().is_empty(), "{:?}", window.rows());
    window.wait("the reason", |window| window.shows("No records match the filter."));
    window.receive(&mut peer, b"a longer line\n");
    window.wait("the longer one", |window| window.shows_row("a longer line"));
    assert_eq!(window.rows().len(), 1);
    window.click("Clear filter");
    window.wait("all", |window| window.shows_row("line 199"));
    window.fill("Find", "line 1?5");
    window.choose("Find as", "Find regex");
    window.fill("Find", "line 1.5");
    window.click("Only with matches");
    window.wait("ten", |window| window.has("10 records"));
    assert!(window.shows_row("line 195") && window.shows_row("line 155"), "{:?}", window.rows());
    assert!(!window.shows_row("line 196"));
    // Only shown records are copied.
    window.focus_data();
    window.press(Modifiers::COMMAND, Key::A);
    let text: String = (0..10).map(|ten| format!("line 1{ten}5\n")).collect();
    assert_eq!(selected(&mut window), text);
    window.choose("Filter kind", "Only changes");
    window.wait("no data", |window| window.has("0 records"));
    window.click("Close find");
    window.wait("all", |window| window.shows_row("line 199"));
    assert_eq!(window.status().recording.bytes_recorded, 9 * 200 + 14);
}

#[test]
fn one_connection_can_be_shown_alone() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut first = connect(address);
    let mut second = connect(address);
    for number in 0..5 {
        window.receive(&mut first, format!("first {number}\n").as_bytes());
        window.receive(&mut second, format!("second {number}\n").as_bytes());
    }
    window.click_newest();
    find(&mut window, "");
    window.click("Filter");
    window.click("Only this connection");
    window.wait("one of them", |window| window.shows_row("second 4") && !window.shows_row("first 4"));
    assert!(window.shows_row("second 0"), "{:?}", window.rows());
    window.choose("Filter direction", "Only sent");
    window.wait("nothing", |window| window.has("0 records"));
    window.click("All connections");
    window.choose("Filter direction", "Only received");
    window.wait("both", |window| window.shows_row("first 4") && window.shows_row("second 4"));
}

#[test]
fn a_filter_keeps_the_place_and_hidden_matches_are_skipped() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window);
    for number in 0..20 {
        window.receive(&mut peer, format!("a longer line {number:03}\n").as_bytes());
    }
    find(&mut window, "line 100");
    window.wait("the match", |window| window.has("1 match"));
    window.click("Next match");
    assert!(window.shows_row("line 100"), "{:?}", window.rows());
    window.click("Filter");
    window.choose("Filter kind", "Only data");
    window.wait("all lines", |window| window.has("220 records"));
    assert!(window.shows_row("line 100"), "still there: {:?}", window.rows());
    // Every line matches, but only long ones are shown.
    window.fill("Least bytes", "12");
    window.wait("the long ones", |window| window.has("20 records"));
    window.fill("Find", "line");
    // The selected line is the 101st.
    window.wait("all matches", |window| window.has("101 of 220"));
    for number in ["000", "001"] {
        window.focus_data();
        window.click("Next match");
        assert!(window.shows_row(&format!("a longer line {number}")), "{:?}", window.rows());
    }
    assert!(window.has("202 of 220"), "the second of the long lines");
    window.click("Previous match");
    window.click("Previous match");
    assert!(window.has("220 of 220"), "around the start, over two hundred hidden matches");
}

#[test]
fn a_long_selection_with_few_shown_records_is_copied_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.pcapng");
    // More hidden data than the limits of a copy is between the shown records.
    let hidden = vec![b'.'; 60_000];
    let payloads = (0..1400).map(|number| match number % 400 {
        0 => format!("line {number:04}\n").into_bytes(),
        _ => hidden.clone(),
    });
    write_records(Destination::file(file.clone()).unwrap(), payloads);
    let mut window = Window::at(folder.path(), Vec::new());
    window.open(&file);
    window.wait("the records", |window| window.has("1,400 records"));
    find(&mut window, "");
    window.click("Filter");
    window.fill("Most bytes", "100");
    window.wait("the lines", |window| window.has("4 records") && window.rows().len() == 4);
    window.focus_data();
    window.press(Modifiers::COMMAND, Key::A);
    assert_eq!(window.copy().as_deref(), Some("line 0000\nline 0400\nline 0800\nline 1200\n"));
    assert!(!window.has("Dismiss notice"), "nothing is missing");
    // A part, without the first and the last record.
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::COMMAND, Key::ArrowDown);
    window.press(Modifiers::COMMAND, Key::ArrowDown);
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(window.copy().as_deref(), Some("line 0400\nline 0800\n"));
    // Everything exceeds the limit, which is reported.
    window.click("Clear filter");
    window.focus_data();
    window.press(Modifiers::COMMAND, Key::A);
    let copied = window.copy().unwrap();
    assert!(copied.starts_with("line 0000\n....."));
    assert!(copied.bytes().filter(|byte| *byte == b'.').count() <= 16 << 20);
    window.wait("the notice", |window| window.has("Dismiss notice"));
    assert!(window.shows("The selection is long: only its first"));
}

/// Begins a search and a filter of [`long_text`] that run for many frames and match nothing.
fn begin_slow_scans(window: &mut Window) {
    find(window, "");
    window.choose("Find as", "Find regex");
    window.click("Filter");
    window.click("Only with matches");
    find(window, SLOW_QUERY);
}

#[test]
fn a_running_filter_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.pcapng");
    write_records(Destination::file(file.clone()).unwrap(), long_text().chunks(60_000));
    let mut window = Window::at(folder.path(), Vec::new());
    window.open(&file);
    window.wait("the records", |window| window.shows_row("voltage"));
    begin_slow_scans(&mut window);
    window.wait("the hint", |window| {
        let is_hint = window.shows("Filtering the whole recording…");
        assert!(!is_hint || window.rows().is_empty(), "it stands where no record is");
        is_hint
    });
    assert!(!window.shows("No records match the filter."), "that is not known yet");
    // Another filter finishes at once.
    window.click("Only with matches");
    window.fill("Least bytes", "60001");
    window.wait("the end", |window| window.shows("No records match the filter."));
    assert!(!window.shows("Filtering the whole"));
}

#[test]
fn a_wrong_expression_shows_its_error_and_hides_nothing() {
    let mut window = Window::new();
    let _peer = window.server_with(["温度 (25\n"]);
    find(&mut window, "温度 (25");
    window.choose("Find as", "Find regex");
    window.click("Filter");
    window.click("Only with matches");
    let error = "Find error: The parenthesis at character 4 is unmatched. Write \\( to search for it.";
    window.wait("the error", |window| window.has(error));
    let (field, error) = (window.field("Find").rect(), window.harness.get_by_label(error).rect());
    let data = window.harness.get_by_role(Role::Table).rect();
    assert!(error.left() >= field.right() && error.bottom() <= data.top(), "{field}, {error}, {data}");
    assert!(window.shows_row("温度 (25"), "nothing is hidden");
    assert!(!window.has("No matches"), "nothing was searched");
    window.fill("Find", r"温度 \(25");
    window.wait("the match", |window| window.has("1 match") && window.has("1 record"));
    assert!(!window.shows("Find error"));
}

#[test]
fn only_connections_selected_in_the_list_are_shown() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peers = [connect(address), connect(address), connect(address)];
    for (number, peer) in peers.iter_mut().enumerate() {
        window.receive(peer, format!("speaker {number}\n").as_bytes());
    }
    find(&mut window, "");
    window.click("Filter");
    assert!(!window.has("Only selected connections"), "nobody is marked");
    window.click(&peers[0].local_addr().unwrap().to_string());
    window.ctrl_click(&peers[2].local_addr().unwrap().to_string());
    window.click("Only selected connections");
    window.wait("two of three", |window| window.shows_row("speaker 0") && window.shows_row("speaker 2"));
    assert!(!window.shows_row("speaker 1"), "{:?}", window.rows());
    // A later selection changes nothing.
    window.click(&peers[1].local_addr().unwrap().to_string());
    assert!(!window.shows_row("speaker 1"));
    window.click("All connections");
    window.wait("all", |window| window.shows_row("speaker 1"));
}

/// The search and the filter of the tab that is shown.
fn scans(window: &Window) -> [&Arc<Scan>; 2] {
    let finder = &window.app().active_tab().unwrap().finder;
    [finder.searching().unwrap(), finder.filtering().unwrap()]
}

/// Whether both are still running.
fn are_running(window: &Window) -> bool {
    scans(window).iter().all(|scan| !scan.progress().is_caught_up)
}

#[test]
fn a_tab_is_stopped_and_closed_while_its_search_and_filter_run() {
    for is_stopped in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let mut window = Window::at(folder.path(), Vec::new());
        let mut peer = window.server_with([long_text()]);
        begin_slow_scans(&mut window);
        window.wait("both", are_running);
        if is_stopped {
            window.harness.get_by_label("Stop").click();
            window.wait("the end of the session", |window| !window.status().state.is_active());
            assert_eq!(peer.read(&mut [0]).unwrap(), 0);
            assert!(scans(&window).iter().all(|scan| scan.is_running()), "they continue with the recording");
        }
        let scans = scans(&window).map(Arc::downgrade);
        window.press(Modifiers::COMMAND, Key::W);
        assert!(scans.iter().all(|scan| scan.strong_count() > 0), "nothing ends during the question");
        window.click("Close without saving");
        assert_eq!(window.app().statuses().count(), 0);
        assert!(scans.iter().all(|scan| scan.strong_count() == 0), "both have ended");
        window.wait("the recording to go", |_| folders(&folder.path().join("recordings")) == 0);
        assert_eq!(peer.read(&mut [0]).unwrap_or(0), 0);
    }
}
