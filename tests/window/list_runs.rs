//! Runs of lists: repeats, pauses, answers and rounds; the item that runs; and counters, also those of the payload field.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use wirelab::model::{OutgoingState, Progress};

/// A window with a list, a server tab and a client of it, and the panel of lists.
fn window(folder: &Path, list: &str) -> (Window, TcpStream) {
    std::fs::create_dir_all(folder.join("lists")).unwrap();
    std::fs::write(folder.join("lists").join("pump.toml"), list).unwrap();
    let mut window = Window::at(folder, Vec::new());
    let peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::K);
    (window, peer)
}

fn has_ended(window: &Window) -> bool {
    let outgoing = &window.status().outgoing;
    !outgoing.is_empty() && outgoing.iter().all(|outgoing| outgoing.state.has_ended())
}

/// What the row of an item says besides its name.
fn description(window: &Window, name: &str) -> String {
    let row = window.harness.get_by_role_and_label(Role::ListBoxOption, name);
    row.accesskit_node().description().unwrap_or_default()
}

#[test]
fn a_list_runs_as_often_as_it_and_its_items_say() {
    let folder = tempfile::tempdir().unwrap();
    let list = "name = \"Pump\"\ntimes = 2\n\
        [[items]]\nname = \"a\"\npayload = \"A${counter}\"\ntemplate = true\nrepeat = 3\ninterval = \"1ms\"\ndelay = \"1ms\"\n\
        [[items]]\nname = \"b\"\npayload = \"B\"\n";
    let (mut window, mut peer) = window(folder.path(), list);
    window.menu("List actions", "Run list");
    let expected = b"A0A1A2BA3A4A5B";
    assert_eq!(read_exactly(&mut peer, expected.len()), expected);
    window.wait("the end", has_ended);
    // Each send had its pause behind it, and each round its delay: 8 ms at the least.
    assert!(window.shows("Pump passed"));
    // The counter goes on: by hand, and in the next run.
    window.click("Send a");
    assert_eq!(read_exactly(&mut peer, 6), b"A6A7A8");
    window.wait("the end", has_ended);
    window.menu("List actions", "Run list");
    assert_eq!(read_exactly(&mut peer, 9), b"A9A10A11B");
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(3);
    let counts = window.app().active_tab().unwrap().form.item_counts.clone();
    assert!(counts.values().all(|count| (12..=15).contains(count)), "{counts:?}");
}

/// The last example of the page about lists.
fn example() -> &'static str {
    let page = include_str!("../../docs/lists.md");
    let (_, last) = page.rsplit_once("```toml\n").unwrap();
    last.split_once("```").unwrap().0
}

#[test]
fn the_example_of_a_run_sends_what_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, mut peer) = window(folder.path(), example());
    window.menu("List actions", "Run list");
    for _ in 0..2 {
        assert_eq!(read_exactly(&mut peer, 5), b"ID?\r\n");
        peer.write_all(b"PUMP 7").unwrap();
        assert_eq!(read_exactly(&mut peer, 15), b"POLLPOLLPOLLBYE");
    }
    window.wait("the end", has_ended);
    window.wait("the toast", |window| window.shows("Self test passed"));
}

#[test]
fn a_list_that_runs_for_ever_ends_when_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let list =
        "name = \"Pump\"\ntimes = \"forever\"\n[[items]]\nname = \"a\"\npayload = \"A\"\ndelay = \"1ms\"\n";
    let (mut window, mut peer) = window(folder.path(), list);
    window.menu("List actions", "Run list");
    assert_eq!(read_exactly(&mut peer, 50), [b'A'; 50]);
    window.wait("the strip", |window| window.has("Stop sending"));
    window.click("Stop sending");
    window.wait("the stop", |window| window.status().outgoing[0].state == OutgoingState::Stopped);
}

#[test]
fn the_item_that_waits_for_its_answer_is_marked_and_the_next_comes_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let list = "name = \"Pump\"\n\
        [[items]]\nname = \"ask\"\ngroup = \"Test\"\npayload = \"ID?\"\nwait = { text = \"PUMP\", within = \"1h\" }\n\
        [[items]]\nname = \"read\"\ngroup = \"Test\"\npayload = \"READ\"\n\
        wait = { regex = \"^\\\\d+\", within = \"50ms\", retries = 1 }\n";
    let (mut window, mut peer) = window(folder.path(), list);
    window.click("Run Test");
    assert_eq!(read_exactly(&mut peer, 3), b"ID?");
    window.wait("the mark", |window| description(window, "ask") == "Running");
    assert_eq!(description(&window, "read"), "");
    assert!(window.shows("ask") && window.shows("step 1 of 2"));
    peer.write_all(b"PU").unwrap();
    peer.write_all(b"MP").unwrap();
    // Once more, since nobody answers.
    assert_eq!(read_exactly(&mut peer, 8), b"READREAD");
    window
        .wait("the failure", |window| matches!(window.status().outgoing[0].state, OutgoingState::Failed(_)));
    window.wait("the toast", |window| window.shows("step 2 (read) had no matching answer within 50ms"));
    assert_eq!((description(&window, "ask"), description(&window, "read")), (String::new(), String::new()));
}

#[test]
fn the_counter_of_an_item_goes_on_after_a_repeat_and_a_restart_and_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[[items]]\nid = \"7\"\nname = \"poll\"\npayload = \"${counter}\"\ntemplate = true\ninterval = \"1ms\"\nrepeat = 3\n";
    let (mut window, mut peer) = window(folder.path(), list);
    window.click("Send poll");
    assert_eq!(read_exactly(&mut peer, 3), b"012");
    window.wait("the end", has_ended);
    window.click("Send poll");
    assert_eq!(read_exactly(&mut peer, 3), b"345");
    window.wait("the end", has_ended);
    drop((window, peer));
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(3);
    assert_eq!(window.app().active_tab().unwrap().form.item_counts.get("7"), Some(&6));
    window.click("poll");
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::Space);
    assert!(window.has("Reset counter of command"));
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::NONE, Key::Menu);
    window.click("Reset counter of command");
    assert_eq!(window.app().active_tab().unwrap().form.item_counts.get("7"), None);
}

#[test]
fn an_item_is_repeated_with_a_pause_after_each_send() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[[items]]\nname = \"poll\"\npayload = \"p\"\ninterval = \"1h\"\nafter_end = true\n";
    let (mut window, mut peer) = window(folder.path(), list);
    window.click("Send poll");
    assert_eq!(read_exactly(&mut peer, 1), b"p");
    window.wait("the repeat", |window| {
        let is_after = |progress: &Progress| matches!(progress, Progress::Repeat(repeat) if repeat.spacing == wirelab::model::Spacing::AfterEnd);
        window.status().outgoing.iter().any(|outgoing| is_after(&outgoing.progress))
    });
    assert_eq!(description(&window, "poll"), "Running");
    // One of several may be meant: the keys, which stop all, are not those of this button.
    window.harness.get_by_label("Stop sending").hover();
    window.harness.run_steps(10);
    assert!(window.has("Stop") && !window.shows("F9)"));
}

#[test]
fn a_repeated_payload_counts_on_and_is_in_the_shared_history_of_old_and_new_tabs() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, mut peer) = window(folder.path(), "");
    window.click("History");
    window.click("Share history");
    window.press(Modifiers::NONE, Key::Escape);
    window.tool_of_composer("Insert");
    window.click("Insert ${counter}");
    window.click("Repeat");
    window.fill("Repeat interval", "1 ms");
    window.fill("Repeat times", "4");
    window.click("Start repeating");
    assert_eq!(read_exactly(&mut peer, 4), b"0123");
    window.wait("the end", has_ended);
    window.wait("the count", |window| window.app().active_tab().unwrap().form.sent_count == 4);
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 1), b"4");
    window.menu("New session", "UDP");
    window.click("History");
    assert!(window.has("Use ${counter}"), "a new tab begins with what is shared");
}
