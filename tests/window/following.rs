//! Files that grow with a session, from the window: received bytes and text logs.

use crate::fixture::*;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::fs;
use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use wirelab::model::SessionState;

/// What is in a file; nothing if it is not there.
fn content(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

/// Fills the dialog and begins.
fn begin(window: &mut Window, path: &Path) {
    window.fill("Write to", &path.display().to_string());
    window.click("Begin to write");
    window.wait("the row", |window| window.has("Stop writing"));
    assert!(!window.has("Write to"), "the dialog is closed");
}

fn form<T>(window: &Window, get: impl Fn(&wirelab::settings::TabSettings) -> T) -> T {
    get(&window.app().active_tab().unwrap().form)
}

/// Opens the menu of a connection.
fn connection_menu(window: &mut Window, peer: &TcpStream) {
    let name = peer.local_addr().unwrap().to_string();
    window.harness.get_by_label(&name).click_secondary();
    window.harness.run_steps(3);
}

#[test]
fn what_one_connection_sends_is_received_to_a_file_also_when_it_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.bin");
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    window.receive(&mut peer, b"before");
    connection_menu(&mut window, &peer);
    window.click("Receive to file");
    begin(&mut window, &path);
    window.receive(&mut peer, b"one");
    window.wait("the progress", |window| window.shows("received to file · 3 B"));
    assert_eq!(content(&path), b"one", "from now on");
    // Another one of the same machine while it is connected is not it.
    let mut other = connect(address);
    window.receive(&mut other, b"other");
    drop(peer);
    window.wait("that it is gone", |window| window.status().connections.len() == 1);
    let mut peer = connect(address);
    window.receive(&mut peer, b"two");
    window.wait("the progress", |window| window.shows("received to file · 6 B"));
    assert_eq!(content(&path), b"onetwo");
    window.click("Stop writing");
    window.wait("the message", |window| window.shows("run.bin: 6 B written"));
    assert!(!window.has("Stop writing"));
    window.receive(&mut peer, b"after");
    assert_eq!(content(&path), b"onetwo");
}

#[test]
fn a_client_receives_to_a_file_from_before_it_is_started_and_over_reconnects() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.bin");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut window = Window::new();
    window.client_of(listener.local_addr().unwrap().port());
    window.tool("Receive to file");
    begin(&mut window, &path);
    for part in [&b"first"[..], b"second"] {
        window.click("Connect");
        let (mut peer, _) = listener.accept().unwrap();
        window.wait("open", |window| window.status().state == SessionState::Open);
        let before = window.status().traffic.bytes_in;
        peer.write_all(part).unwrap();
        window.wait("the bytes", |window| window.status().traffic.bytes_in == before + part.len() as u64);
        peer.shutdown(Shutdown::Both).unwrap();
        window.wait("its end", |window| window.has("Connect"));
    }
    window.wait("the progress", |window| window.shows("received to file · 11 B"));
    assert_eq!(content(&path), b"firstsecond");
}

#[test]
fn a_server_has_a_file_for_each_connection() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::new();
    let address = window.start_server();
    window.tool("Receive to file");
    begin(&mut window, &folder.path().join("run.bin"));
    let mut peers = [connect(address), connect(address)];
    for (number, peer) in peers.iter_mut().enumerate() {
        window.receive(peer, format!("peer {number}").as_bytes());
    }
    let in_order = |window: &Window| {
        let mut contents: Vec<_> = window
            .status()
            .connections
            .iter()
            .map(|info| content(&folder.path().join(format!("run.c{}.in.bin", info.id.0))))
            .collect();
        contents.sort();
        contents == [b"peer 0".to_vec(), b"peer 1".to_vec()]
    };
    window.wait("the files", in_order);
}

#[test]
fn a_text_log_is_written_in_the_form_of_the_view_and_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.log");
    fs::write(&path, "kept\n").unwrap();
    let mut window = Window::new();
    let mut peer = window.server_with([b"before"]);
    window.click("Hex");
    window.tool("Live log");
    begin(&mut window, &path);
    window.receive(&mut peer, b"AB");
    let logged = |part: &'static str| {
        let path = path.clone();
        move |_: &Window| String::from_utf8(content(&path)).unwrap().contains(part)
    };
    window.wait("the log", logged("41 42"));
    let text = String::from_utf8(content(&path)).unwrap();
    assert!(text.starts_with("kept\n") && !text.contains("before"), "{text}");
    window.click("Stop");
    window.wait("stopped", |window| window.has("Start"));
    window.click("Start");
    window.wait("listening", |window| window.status().state == SessionState::Listening);
    let mut peer = connect(window.status().local.unwrap());
    window.receive(&mut peer, b"CD");
    window.wait("the log", logged("43 44"));
    assert!(window.shows("text log · "));
}

#[test]
fn a_log_begins_a_new_file_at_its_size_and_the_choices_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.log");
    let mut window = Window::at(folder.path(), Vec::new());
    let mut peer = window.server_with([b"before"]);
    window.tool("Live log");
    window.click("New file at a size");
    window.fill("Size of a log", "1 B");
    assert!(!window.is_enabled("Begin to write"));
    window.fill("Size of a log", "2 KiB");
    begin(&mut window, &path);
    for _ in 0..3 {
        window.receive(&mut peer, &[b'x'; 900]);
    }
    window.wait("a second file", |_| folder.path().join("run.1.log").exists() && path.exists());
    let bytes = folder.path().join("in.bin");
    window.tool("Receive to file");
    begin(&mut window, &bytes);
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    assert!(!window.has("Stop writing"), "nothing writes to files by itself");
    window.tool("Receive to file");
    assert_eq!(window.value("Write to"), bytes.display().to_string(), "the last path is offered");
    window.press(Modifiers::NONE, Key::Escape);
    window.tool("Live log");
    assert_eq!(window.value("Write to"), path.display().to_string(), "the last path is offered");
    assert_eq!(window.value("Size of a log"), "2 KiB");
    assert!(window.is_enabled("Size of a log"), "the rotation is that of the last log");
    window.click("New file each day");
    begin(&mut window, &path);
    let rotation = form(&window, |form| form.log_rotation);
    assert_eq!(rotation, wirelab::settings::LogRotation::Daily);
}

#[test]
fn what_is_there_is_replaced_only_after_a_question_and_no_file_is_written_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.bin");
    fs::write(&path, "old").unwrap();
    let mut window = Window::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    window.client_of(listener.local_addr().unwrap().port());
    window.click("Connect");
    let (mut peer, _) = listener.accept().unwrap();
    window.wait("open", |window| window.status().state == SessionState::Open);
    window.tool("Receive to file");
    window.fill("Write to", &path.display().to_string());
    window.click("Begin to write");
    window.wait("the question", |window| window.has("Replace"));
    window.click("Keep what is there");
    assert_eq!(content(&path), b"old");
    window.click("Begin to write");
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    window.receive(&mut peer, b"new");
    window.wait("the bytes", |_| content(&path) == b"new");
    window.tool("Receive to file");
    assert_eq!(window.value("Write to"), path.display().to_string());
    window.click("Begin to write");
    assert!(window.shows("old.bin is being written already"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Write to"));
}

#[test]
fn what_cannot_be_written_is_told_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let path = place.join("run.bin");
    let mut window = Window::new();
    let mut peer = window.server_with([b"before"]);
    connection_menu(&mut window, &peer);
    window.click("Receive to file");
    window.fill("Write to", &folder.path().join("none").join("run.bin").display().to_string());
    window.click("Begin to write");
    window.wait("the failure", |window| window.shows("Could not save"));
    assert!(window.has("Write to"), "another path can be typed");
    begin(&mut window, &path);
    window.receive(&mut peer, b"1234");
    window.wait("the progress", |window| window.shows("received to file · 4 B"));
    fs::remove_dir_all(&place).unwrap();
    window.receive(&mut peer, b"56");
    window.wait("what is missing", |window| window.shows("2 B missing"));
    fs::create_dir(&place).unwrap();
    window.receive(&mut peer, b"78");
    window.wait("the rest", |_| content(&path) == b"78");
    window.click("Stop writing");
    window.wait("the message", |window| window.shows("missing"));
}

#[test]
fn closing_a_tab_writes_what_was_received() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.log");
    let mut window = Window::new();
    let mut peer = window.server_with([b"before"]);
    window.tool("Live log");
    begin(&mut window, &path);
    for number in 0..200 {
        peer.write_all(format!("line {number}\n").as_bytes()).unwrap();
    }
    let total = 6 + (0..200).map(|number| format!("line {number}\n").len() as u64).sum::<u64>();
    window.wait("all", |window| window.status().traffic.bytes_in == total);
    drop(window);
    assert!(String::from_utf8(content(&path)).unwrap().contains("line 199"));
}

#[test]
fn both_are_in_the_menu_of_the_tab_and_in_the_palette() {
    let mut window = Window::new();
    window.start_server();
    for (entry, title) in [("Receive to file", "Receive to a file"), ("Live log", "Write a text log")] {
        window.harness.query_all_by_label_contains("Tab TCP server").next().unwrap().click_secondary();
        window.harness.run_steps(3);
        window.click(entry);
        assert!(window.shows(title), "{entry}");
        window.press(Modifiers::NONE, Key::Escape);
    }
    for (typed, title) in [("receive to", "Receive to a file"), ("text log", "Write a text log")] {
        window.press(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::P);
        window.harness.event(eframe::egui::Event::Paste(typed.into()));
        window.harness.run_steps(2);
        window.press(Modifiers::NONE, Key::Enter);
        assert!(window.has("Write to") && window.shows(title), "{typed}");
        window.press(Modifiers::NONE, Key::Escape);
    }
}
