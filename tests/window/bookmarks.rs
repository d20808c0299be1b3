//! Bookmarks, notes, and going to bookmarks and times.

use crate::fixture::Window;
use eframe::egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use std::net::TcpStream;

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

fn write(window: &mut Window, text: &str) {
    window.harness.event(Event::Text(text.into()));
    window.harness.run_steps(2);
}

/// A server that has received these lines, one record each.
fn server_with(window: &mut Window, lines: std::ops::Range<usize>) -> TcpStream {
    window.server_with(lines.map(|line| format!("line {line:03}\n")))
}

/// The accessible text of the row of a line.
fn row(window: &Window, line: usize) -> Option<String> {
    window.rows().into_iter().find(|row| row.contains(&format!("line {line:03}")))
}

fn is_bookmarked(window: &Window, line: usize) -> bool {
    row(window, line).unwrap_or_else(|| panic!("{line} in {:?}", window.rows())).contains("★ bookmarked")
}

/// Selects the record of a line in view.
fn select(window: &mut Window, line: usize) {
    window.click_head(&format!("line {line:03}"));
}

#[test]
fn a_removed_bookmark_comes_back_with_its_note() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..3);
    select(&mut window, 1);
    window.press(Modifiers::COMMAND, Key::B);
    window.wait("the bookmark", |window| is_bookmarked(window, 1));
    assert!(!is_bookmarked(&window, 0) && !is_bookmarked(&window, 2));
    window.press(CTRL_SHIFT, Key::B);
    write(&mut window, "  odd 温度 ");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the note", |window| window.shows_row("★ bookmarked “odd 温度”"));
    assert!(!window.has("Note text"), "answered");
    window.press(Modifiers::COMMAND, Key::B);
    window.wait("no bookmark", |window| !is_bookmarked(window, 1));
    window.press(Modifiers::COMMAND, Key::B);
    window.wait("the note again", |window| window.shows_row("★ bookmarked “odd 温度”"));
    // Escape changes nothing; an empty note is a plain bookmark.
    window.press(CTRL_SHIFT, Key::B);
    assert_eq!(window.value("Note text"), "odd 温度");
    write(&mut window, "er");
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Note text"));
    assert!(window.shows_row("★ bookmarked “odd 温度”"));
    window.press(CTRL_SHIFT, Key::B);
    window.fill("Note text", "");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("a bookmark", |window| !window.shows_row("odd") && is_bookmarked(window, 1));
}

#[test]
fn bookmarks_are_visited_by_keys_and_by_the_list() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..80);
    for line in [78, 60] {
        select(&mut window, 79.min(line + 1));
        window.press(Modifiers::COMMAND, Key::ArrowUp);
        window.press(Modifiers::COMMAND, Key::B);
        window.wait("the bookmark", |window| is_bookmarked(window, line));
        for _ in 0..17 {
            window.press(Modifiers::COMMAND, Key::ArrowUp);
        }
    }
    window.press(Modifiers::NONE, Key::Home);
    window.press(Modifiers::NONE, Key::Escape);
    select(&mut window, 2);
    window.press(CTRL_SHIFT, Key::B);
    write(&mut window, "the start");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the note", |window| window.shows_row("the start"));
    window.press(Modifiers::NONE, Key::F2);
    assert!(is_bookmarked(&window, 60));
    window.press(Modifiers::NONE, Key::F2);
    assert!(is_bookmarked(&window, 78));
    window.press(Modifiers::NONE, Key::F2);
    assert!(is_bookmarked(&window, 2), "beyond the last one the first comes again");
    window.press(Modifiers::SHIFT, Key::F2);
    assert!(is_bookmarked(&window, 78));
    window.tool("Bookmarks");
    let entry = |window: &Window, part: &str| -> Vec<String> {
        let nodes = window.harness.query_all_by_label_contains(part);
        nodes.filter_map(|node| egui_kittest::kittest::NodeT::accesskit_node(&node).label()).collect()
    };
    assert_eq!(entry(&window, "Go to bookmark").len(), 3);
    let note = entry(&window, "the start");
    let remove = note.iter().find(|name| name.starts_with("Remove bookmark")).unwrap().clone();
    let go = note.iter().find(|name| name.starts_with("Go to bookmark")).unwrap().clone();
    window.click(&remove);
    window.wait("one less", |window| entry(window, "Go to bookmark").len() == 2);
    assert!(!window.has(&go));
    let first = entry(&window, "Go to bookmark")[0].clone();
    window.click(&first);
    assert!(is_bookmarked(&window, 60), "{:?}", window.rows());
    assert_eq!(entry(&window, "Go to bookmark").len(), 0, "the list is closed");
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
    window.wait("the note", |window| window.shows_row("★ bookmarked “from the menu”"));
    assert!(is_bookmarked(&window, 0));
}

#[test]
fn a_time_is_gone_to_and_a_wrong_one_is_reported() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..80);
    window.press(Modifiers::COMMAND, Key::G);
    write(&mut window, "noon");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.shows("“noon” is not a time"), "it stays and says so");
    window.fill("Time to go to", "+0");
    assert!(!window.shows("is not a time"));
    window.press(Modifiers::NONE, Key::Enter);
    assert!(!window.has("Time to go to"));
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
    window.press(Modifiers::COMMAND, Key::G);
    write(&mut window, "+99999");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(row(&window, 79).is_some(), "beyond the end is the last record: {:?}", window.rows());
    // A shown time leads to its record.
    window.press(Modifiers::NONE, Key::Home);
    window.press(Modifiers::NONE, Key::Escape);
    let shown = row(&window, 5).unwrap();
    let time = shown.split_whitespace().next().unwrap().to_owned();
    window.press(Modifiers::COMMAND, Key::G);
    write(&mut window, &time);
    window.press(Modifiers::NONE, Key::Enter);
    let first = window.rows().iter().find(|row| row.starts_with(&time)).cloned();
    assert!(first.is_some(), "{time} in {:?}", window.rows());
}

#[test]
fn the_menu_of_bookmarks_has_the_commands_of_the_keys() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..80);
    let choose = |window: &mut Window, entry: &str| {
        window.tool("Bookmarks");
        window.click(entry);
        assert!(!window.has("Previous bookmark"), "{entry} closes the list");
    };
    for line in [68, 70, 75] {
        select(&mut window, line);
        choose(&mut window, "Bookmark");
        window.wait("the bookmark", |window| is_bookmarked(window, line));
    }
    choose(&mut window, "Previous bookmark");
    assert!(is_bookmarked(&window, 70));
    assert_eq!(window.copy().as_deref(), Some("line 070\n"), "it is selected");
    choose(&mut window, "Next bookmark");
    assert_eq!(window.copy().as_deref(), Some("line 075\n"));
    choose(&mut window, "Go to time");
    write(&mut window, "+0");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
}

#[test]
fn a_note_that_is_typed_is_not_replaced_by_another_question() {
    let mut window = Window::new();
    let _peer = server_with(&mut window, 0..2);
    select(&mut window, 1);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
    // Nothing is typed yet.
    window.press(Modifiers::COMMAND, Key::G);
    assert!(window.has("Time to go to"));
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
    write(&mut window, "half a note");
    window.focus_data();
    window.press(Modifiers::COMMAND, Key::G);
    assert_eq!(window.value("Note text"), "half a note");
    assert!(window.field("Note text").is_focused());
}
