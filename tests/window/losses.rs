//! The accounting in the status line, and recordings that become unreadable.

use crate::fixture::{Window, connect};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use wirelab::model::SessionState;

/// The numbers in a line, in order.
fn numbers(line: &str) -> Vec<u64> {
    let words = line.split(|character: char| !character.is_ascii_digit() && character != ',');
    words.filter_map(|word| word.replace(',', "").parse().ok()).collect()
}

#[test]
fn the_accounting_is_accessible_and_adds_up() {
    let mut window = Window::new();
    let _peer = window.server_with([1usize, 1000, 70_000, 3].map(|length| vec![b'x'; length]));
    let total = window.status().traffic.bytes_in;
    assert_eq!(total, 71_004);
    window.fill("Payload", "answer");
    window.click("Send");
    window.wait("the answer", |window| window.status().traffic.bytes_out > 0);
    let account = window.harness.get_by_label("recorded 71.0 kB").accesskit_node().description().unwrap();
    let line = |begin: &str| {
        let found = account.lines().find(|line| line.starts_with(begin));
        numbers(found.unwrap_or_else(|| panic!("{begin} in {account}")))
    };
    let (received, sent) = (line("Received: "), line("Sent: "));
    assert_eq!(received[0], total);
    for number in 0..2 {
        let places = ["In the recording now: ", "Not recorded: ", "Dropped from the recording"];
        let sum: u64 = places.iter().map(|place| line(place)[number]).sum();
        assert_eq!(sum, received[number] + sent[number], "{account}");
    }
    // The keyboard focus shows it, too.
    window.harness.get_by_label("recorded 71.0 kB").focus();
    window.harness.run_steps(3);
    assert!(window.shows("In the recording now: "), "the tip is open");
}

/// The segments below a folder, oldest first.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(segments(&path));
        } else if path.extension().is_some_and(|extension| extension == "pcapng") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A window whose server has received lines in records of 4 KB, and the file of the recording.
fn recorded(folder: &Path) -> (Window, std::net::TcpStream, PathBuf) {
    let mut window = Window::at(folder, Vec::new());
    let peer = window.server_with((0..150).map(|number| format!("record {number:03} ").repeat(360) + "\n"));
    let files = segments(&folder.join("recordings"));
    assert_eq!(files.len(), 1, "{files:?}");
    let file = files.into_iter().next().unwrap();
    (window, peer, file)
}

fn press(window: &mut Window, key: Key) {
    window.focus_data();
    window.press(Modifiers::NONE, key);
}

#[test]
fn a_recording_truncated_while_shown_reports_it_below_its_last_row() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, mut peer, file) = recorded(folder.path());
    let whole = std::fs::metadata(&file).unwrap().len();
    OpenOptions::new().write(true).open(&file).unwrap().set_len(whole / 2).unwrap();
    // Scroll away and back, so that nothing is cached.
    press(&mut window, Key::Home);
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
    window.choose("Encoding", "GBK");
    press(&mut window, Key::End);
    window.wait("the reason", |window| window.shows("Could not read"));
    let reason = window.harness.get_by_label_contains("Could not read").rect();
    let last = window.harness.query_all_by_role(Role::Row).last().unwrap().rect();
    assert!(reason.top() >= last.top(), "{reason} below {last}");
    let number = |row: &String| row.split("record ").nth(1)?.get(..3)?.parse::<u32>().ok();
    let shown: Vec<u32> = window.rows().iter().filter_map(number).collect();
    assert!(shown.last().is_some_and(|&last| (60..80).contains(&last)), "up to where it ends: {shown:?}");
    // Other tabs and new records still work.
    press(&mut window, Key::Home);
    assert!(window.shows_row("Listening on") && !window.shows("Could not read"));
    window.receive(&mut peer, b"more");
    press(&mut window, Key::End);
    for key in [Key::PageUp, Key::PageUp, Key::PageDown, Key::End] {
        press(&mut window, key);
    }
    assert!(!window.rows().is_empty());
}

#[test]
fn a_recording_deleted_while_shown_is_still_readable() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _peer, file) = recorded(folder.path());
    std::fs::remove_file(&file).unwrap();
    press(&mut window, Key::Home);
    window.choose("Encoding", "GBK");
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
    press(&mut window, Key::End);
    assert!(window.shows_row("record 149"), "{:?}", window.rows());
    assert!(!window.shows("Could not read"));
}

// Not on Windows: wine deletes an open file only once it is closed, and does not report the deletion before.
#[cfg(target_os = "linux")]
#[test]
fn a_deleted_folder_of_a_running_recording_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, mut peer, file) = recorded(folder.path());
    assert!(!window.shows("not recorded "));
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    window.receive(&mut peer, b"after");
    window.wait("the report", |window| window.shows("not recorded "));
    let account = window.harness.get_by_label("recorded 0 B").accesskit_node().description().unwrap();
    assert!(account.contains("the file was deleted or replaced"), "{account}");
    press(&mut window, Key::Home);
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
    // It can be saved as long as it is open.
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.has("Close without saving"), "it is asked");
    window.press(Modifiers::NONE, Key::Escape);
    // The next start makes a new recording, and shows the old one.
    window.click("Stop");
    window.wait("the end", |window| !window.status().state.is_active());
    window.click("Start");
    window.wait("listening", |window| window.status().state == SessionState::Listening);
    let mut peer = connect(window.status().local.unwrap());
    window.receive(&mut peer, b"kept again");
    window.wait("the recording", |window| window.has("recorded 10 B"));
    let recorded = segments(&folder.path().join("recordings"));
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    assert!(recorded[0].with_file_name("recording.toml").exists());
    press(&mut window, Key::Home);
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
}
