//! Bookmarks, notes, and going to marks and times.

use crate::fixture::{Window, connect};
use eframe::egui::{self, Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use std::io::Write;

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.harness.run_steps(3);
}

fn write(window: &mut Window, text: &str) {
    window.harness.event(Event::Text(text.into()));
    window.harness.run_steps(2);
}

/// A server that has received these lines, one record each.
fn server_with(window: &mut Window, lines: std::ops::Range<usize>) -> std::net::TcpStream {
    let address = window.start_server();
    let mut peer = connect(address);
    for line in lines {
        let before = window.status().traffic.bytes_in;
        let text = format!("line {line:03}\n");
        peer.write_all(text.as_bytes()).unwrap();
        window.wait("the line", |window| window.status().traffic.bytes_in == before + text.len() as u64);
    }
    peer
}

/// The row of a line, as it is spoken.
fn row(window: &Window, line: usize) -> Option<String> {
    window.rows().into_iter().find(|row| row.contains(&format!("line {line:03}")))
}

fn is_marked(window: &Window, line: usize) -> bool {
    row(window, line).unwrap_or_else(|| panic!("{line} in {:?}", window.rows())).contains("★ marked")
}

/// Selects the record of a line that is in sight.
fn select(window: &mut Window, line: usize) {
    let name = row(window, line).unwrap();
    let place = window.harness.get_by_role_and_label(Role::Row, &name).rect();
    // The head line is the first of two.
    let point = place.center_top() + egui::vec2(0.0, 6.0);
    window.harness.hover_at(point);
    window.harness.drag_at(point);
    window.harness.drop_at(point);
    window.harness.run_steps(3);
}

#[test]
fn a_bookmark_comes_and_goes_and_a_note_is_not_lost_by_a_slip() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..3);
    select(&mut window, 1);
    press(&mut window, Modifiers::COMMAND, Key::B);
    window.wait("the mark", |window| is_marked(window, 1));
    assert!(!is_marked(&window, 0) && !is_marked(&window, 2));
    press(&mut window, CTRL_SHIFT, Key::B);
    write(&mut window, "  odd 温度 ");
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.wait("the note", |window| window.shows_row("★ marked “odd 温度”"));
    assert!(!window.has("Note text"), "answered");
    press(&mut window, Modifiers::COMMAND, Key::B);
    window.wait("no mark", |window| !is_marked(window, 1));
    press(&mut window, Modifiers::COMMAND, Key::B);
    window.wait("the note again", |window| window.shows_row("★ marked “odd 温度”"));
    // Escape leaves it as it is; an empty note is a bookmark.
    press(&mut window, CTRL_SHIFT, Key::B);
    assert_eq!(window.value("Note text"), "odd 温度");
    write(&mut window, "er");
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(!window.has("Note text"));
    assert!(window.shows_row("★ marked “odd 温度”"));
    press(&mut window, CTRL_SHIFT, Key::B);
    window.fill("Note text", "");
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.wait("a bookmark", |window| !window.shows_row("odd") && is_marked(window, 1));
}

#[test]
fn one_goes_from_mark_to_mark_and_through_the_list() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..80);
    for line in [78, 60] {
        select(&mut window, 79.min(line + 1));
        press(&mut window, Modifiers::COMMAND, Key::ArrowUp);
        press(&mut window, Modifiers::COMMAND, Key::B);
        window.wait("the mark", |window| is_marked(window, line));
        for _ in 0..17 {
            press(&mut window, Modifiers::COMMAND, Key::ArrowUp);
        }
    }
    press(&mut window, Modifiers::NONE, Key::Home);
    press(&mut window, Modifiers::NONE, Key::Escape);
    select(&mut window, 2);
    press(&mut window, CTRL_SHIFT, Key::B);
    write(&mut window, "the start");
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.wait("the note", |window| window.shows_row("the start"));
    press(&mut window, Modifiers::NONE, Key::F2);
    assert!(is_marked(&window, 60));
    press(&mut window, Modifiers::NONE, Key::F2);
    assert!(is_marked(&window, 78));
    press(&mut window, Modifiers::NONE, Key::F2);
    assert!(is_marked(&window, 2), "beyond the last one the first comes again");
    press(&mut window, Modifiers::SHIFT, Key::F2);
    assert!(is_marked(&window, 78));
    window.click("Marks");
    let entry = |window: &Window, part: &str| -> Vec<String> {
        let nodes = window.harness.query_all_by_label_contains(part);
        nodes.filter_map(|node| egui_kittest::kittest::NodeT::accesskit_node(&node).label()).collect()
    };
    assert_eq!(entry(&window, "Go to mark").len(), 3);
    let note = entry(&window, "the start");
    let remove = note.iter().find(|name| name.starts_with("Remove mark")).unwrap().clone();
    let go = note.iter().find(|name| name.starts_with("Go to mark")).unwrap().clone();
    window.click(&remove);
    window.wait("one less", |window| entry(window, "Go to mark").len() == 2);
    assert!(!window.has(&go));
    let first = entry(&window, "Go to mark")[0].clone();
    window.click(&first);
    assert!(is_marked(&window, 60), "{:?}", window.rows());
    assert_eq!(entry(&window, "Go to mark").len(), 0, "the list is closed");
}

#[test]
fn the_menu_of_the_data_asks_for_a_note() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..2);
    let name = row(&window, 0).unwrap();
    window.harness.get_by_role_and_label(Role::Row, &name).click_secondary();
    window.harness.run_steps(3);
    window.click("Note");
    write(&mut window, "from the menu");
    window.click("Answer");
    window.wait("the note", |window| window.shows_row("★ marked “from the menu”"));
    assert!(is_marked(&window, 0));
}

#[test]
fn a_time_is_gone_to_and_nonsense_is_told() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..80);
    press(&mut window, Modifiers::COMMAND, Key::G);
    write(&mut window, "noon");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(window.shows("“noon” is no time"), "it stays and says so");
    window.fill("Time to go to", "+0");
    assert!(!window.shows("is no time"));
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(!window.has("Time to go to"));
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
    press(&mut window, Modifiers::COMMAND, Key::G);
    write(&mut window, "+99999");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(row(&window, 79).is_some(), "beyond the end is the last record: {:?}", window.rows());
    // The time that a record shows leads to it.
    press(&mut window, Modifiers::NONE, Key::Home);
    press(&mut window, Modifiers::NONE, Key::Escape);
    let shown = row(&window, 5).unwrap();
    let time = shown.split_whitespace().next().unwrap().to_owned();
    press(&mut window, Modifiers::COMMAND, Key::G);
    write(&mut window, &time);
    press(&mut window, Modifiers::NONE, Key::Enter);
    let first = window.rows().iter().find(|row| row.starts_with(&time)).cloned();
    assert!(first.is_some(), "{time} in {:?}", window.rows());
}
