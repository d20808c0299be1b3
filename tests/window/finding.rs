//! Searching and filtering in the window.

use crate::fixture::{Window, connect};
use eframe::egui::{Event, Key, Modifiers, OutputCommand, Role};
use egui_kittest::kittest::Queryable as _;
use std::io::Write;
use std::net::TcpStream;

fn add(window: &mut Window, peer: &mut TcpStream, payload: &[u8]) {
    let total = window.status().traffic.bytes_in + payload.len() as u64;
    peer.write_all(payload).unwrap();
    window.wait("the payload", |window| window.status().traffic.bytes_in == total);
}

/// A server that has received 200 numbered lines, one record each.
fn server_with_lines(window: &mut Window) -> TcpStream {
    let address = window.start_server();
    let mut peer = connect(address);
    for number in 0..200 {
        add(window, &mut peer, format!("line {number:03}\n").as_bytes());
    }
    peer
}

fn find(window: &mut Window, text: &str) {
    if !window.has("Find") {
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
        window.harness.run_steps(3);
    }
    window.fill("Find", text);
}

fn selected(window: &mut Window) -> String {
    // Ctrl+C belongs to the data once no field has the keys.
    window.harness.get_by_role(Role::Table).focus();
    window.harness.run_steps(2);
    window.harness.event(Event::Copy);
    window.harness.step();
    let commands = &window.harness.output().platform_output.commands;
    let copied = commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    copied.unwrap_or_default()
}

#[test]
fn matches_are_counted_and_visited() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window);
    find(&mut window, "LINE 05");
    window.wait("the count", |window| window.has("10 matches"));
    window.click("Match case");
    window.wait("no match", |window| window.has("No match"));
    window.click("Match case");
    window.wait("the count", |window| window.has("10 matches"));
    window.harness.key_press(Key::F3);
    window.harness.run_steps(3);
    // The newest are in sight, so that the search goes on at the top.
    window.wait("the first", |window| window.has("1 of 10"));
    assert!(window.shows_row("line 050"), "{:?}", window.rows());
    window.harness.key_press(Key::F3);
    window.harness.run_steps(3);
    assert!(window.has("2 of 10"));
    assert_eq!(selected(&mut window), "line 05");
    window.click("Previous match");
    window.click("Previous match");
    assert!(window.has("10 of 10"), "around the end");
    assert!(window.shows_row("line 059"));
    // What comes while the search is open is found as well.
    add(&mut window, &mut peer, b"and line 05 again\n");
    window.wait("one more", |window| window.has("10 of 11"));
    window.harness.key_press(Key::F3);
    window.harness.run_steps(3);
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
    add(&mut window, &mut peer, b"abc \xCE\xC2\xB6");
    add(&mut window, &mut peer, b"\xC8 25\r\n");
    find(&mut window, "温度 25");
    window.wait("the match", |window| window.has("1 matches") || window.has("1 match"));
    window.click("Next match");
    assert!(window.has("1 of 1"));
    assert_eq!(selected(&mut window), "温度 25");
    window.choose("Find as", "Find hex");
    window.fill("Find", "B6 C? 20");
    // The match before was at the same place.
    window.wait("the bytes", |window| window.has("1 of 1"));
    window.choose("Find as", "Find regex");
    window.fill("Find", r"度\s+\d+$");
    window.wait("the pattern", |window| window.has("1 of 1"));
}

#[test]
fn what_is_wrong_with_a_search_is_told() {
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
    window.wait("the size", |window| window.shows("many"));
}

#[test]
fn a_filter_hides_and_loses_nothing() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window);
    find(&mut window, "");
    window.click("Filter");
    window.fill("Least bytes", "12");
    window.wait("nothing", |window| window.has("0 records"));
    assert!(window.rows().is_empty(), "{:?}", window.rows());
    add(&mut window, &mut peer, b"a longer line\n");
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
    // Everything that is shown is copied, and nothing else.
    window.harness.get_by_role(Role::Table).focus();
    window.harness.run_steps(2);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.run_steps(2);
    let text: String = (0..10).map(|ten| format!("line 1{ten}5\n")).collect();
    assert_eq!(selected(&mut window), text);
    window.choose("Filter kind", "Only changes");
    window.wait("no data", |window| window.has("0 records"));
    window.click("Close find");
    window.wait("all", |window| window.shows_row("line 199"));
    assert_eq!(window.status().recording.bytes_recorded, 9 * 200 + 14);
}

#[test]
fn one_connection_of_many_is_shown() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut first = connect(address);
    let mut second = connect(address);
    for number in 0..5 {
        add(&mut window, &mut first, format!("first {number}\n").as_bytes());
        add(&mut window, &mut second, format!("second {number}\n").as_bytes());
    }
    let row = window.harness.query_all_by_role(Role::Row).last().unwrap().rect();
    window.harness.hover_at(row.center());
    window.harness.drag_at(row.center());
    window.harness.drop_at(row.center());
    window.harness.run_steps(3);
    find(&mut window, "");
    window.click("Filter");
    window.click("Only this connection");
    window.wait("one of them", |window| !window.shows_row("first 4"));
    assert!(window.shows_row("second 0") && window.shows_row("second 4"), "{:?}", window.rows());
    window.choose("Filter direction", "Only sent");
    window.wait("nothing", |window| window.has("0 records"));
    window.click("All connections");
    window.choose("Filter direction", "Only received");
    window.wait("both", |window| window.shows_row("first 4") && window.shows_row("second 4"));
}

#[test]
fn a_filter_keeps_the_place_and_matches_that_it_hides_are_passed_over() {
    let mut window = Window::new();
    let mut peer = server_with_lines(&mut window);
    for number in 0..20 {
        add(&mut window, &mut peer, format!("a longer line {number:03}\n").as_bytes());
    }
    find(&mut window, "line 100");
    window.wait("the match", |window| window.has("1 match"));
    window.click("Next match");
    assert!(window.shows_row("line 100"), "{:?}", window.rows());
    window.click("Filter");
    window.choose("Filter kind", "Only data");
    window.wait("all lines", |window| window.has("220 records"));
    assert!(window.shows_row("line 100"), "still there: {:?}", window.rows());
    // Every line has the word, but only the long ones are shown.
    window.fill("Least bytes", "12");
    window.wait("the long ones", |window| window.has("20 records"));
    window.fill("Find", "line");
    window.wait("all matches", |window| window.shows("220"));
    for number in ["000", "001"] {
        window.harness.get_by_role(Role::Table).focus();
        window.harness.run_steps(2);
        window.click("Next match");
        assert!(window.shows_row(&format!("a longer line {number}")), "{:?}", window.rows());
    }
    assert!(window.shows("202 of 220"), "the second of the long ones");
    window.click("Previous match");
    window.click("Previous match");
    assert!(window.shows("220 of 220"), "around, and over two hundred hidden ones");
}
