//! The list of connections: peers that come back, their names, encodings and menu.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use socket2::{Domain, Socket, Type};
use std::net::{SocketAddr, TcpStream};

/// Connects from another loopback address.
fn connect_from(ip: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((ip, 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.into()
}

#[test]
fn a_selected_peer_that_comes_back_is_selected_again() {
    let mut window = Window::new();
    let address = window.start_server();
    let device = connect_from([127, 0, 0, 2], address);
    let mut other = connect(address);
    window.wait("two", |window| window.status().connections.len() == 2);
    window.click(&device.local_addr().unwrap().to_string());
    drop(device);
    window.wait("one", |window| window.status().connections.len() == 1);
    // Nobody else gets what was meant for it.
    window.fill("Payload", "to all");
    window.press(Modifiers::COMMAND, Key::Enter);
    assert!(window.has("Dismiss send error"));
    assert_eq!(window.status().traffic.bytes_out, 0);
    let mut device = connect_from([127, 0, 0, 2], address);
    window.wait("two again", |window| window.status().connections.len() == 2);
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(read_exactly(&mut device, 6), b"to all");
    assert!(!window.has("Dismiss send error"), "it was sent");
    drop(device);
    window.wait("one", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(window.status().traffic.bytes_out, 6);
    window.click("Send to all");
    assert_eq!(read_exactly(&mut other, 6), b"to all");
    window.wait("no error", |window| !window.has("Dismiss send error"));
}

/// Opens the menu of a connection with the right mouse button, and chooses an entry.
#[track_caller]
fn choose(window: &mut Window, peer: &str, entries: &[&str]) {
    window.harness.get_by_label(peer).click_secondary();
    window.harness.run_steps(3);
    for entry in entries {
        window.click(entry);
    }
}

fn address(peer: &TcpStream) -> String {
    peer.local_addr().unwrap().to_string()
}

/// A server with two clients, one that sends UTF-8 and one that sends GBK.
fn two_encodings(window: &mut Window) -> (TcpStream, TcpStream) {
    let server = window.start_server();
    let mut utf8 = connect(server);
    window.wait("one", |window| window.status().connections.len() == 1);
    let mut gbk = connect(server);
    window.wait("two", |window| window.status().connections.len() == 2);
    window.receive(&mut utf8, "温度 25\r\n".as_bytes());
    // The same in GBK.
    window.receive(&mut gbk, b"\xCE\xC2\xB6\xC8 25\r\n");
    (utf8, gbk)
}

fn rows_with(window: &Window, part: &str) -> usize {
    window.rows().iter().filter(|row| row.contains(part)).count()
}

#[test]
fn each_connection_has_its_encoding_for_showing_finding_and_sending() {
    let mut window = Window::new();
    let (mut utf8, mut gbk) = two_encodings(&mut window);
    assert_eq!(rows_with(&window, "温度 25"), 1);
    choose(&mut window, &address(&gbk), &["Encoding of connection", "Own encoding GBK"]);
    window.wait("both", |window| rows_with(window, "温度 25") == 2);
    window.click("Search");
    window.fill("Find", "温度");
    window.wait("both matches", |window| window.shows("of 2") || window.shows("2 matches"));
    window.fill("Payload", "中");
    window.click("Send");
    assert_eq!(read_exactly(&mut utf8, 3), "中".as_bytes());
    assert_eq!(read_exactly(&mut gbk, 2), b"\xD6\xD0");
    assert!(window.shows("3 B"), "the size is that for the first recipient");
    // A character that one of them lacks is sent to nobody.
    window.fill("Payload", "한");
    assert!(window.shows("does not exist in GBK"));
    assert!(!window.is_enabled("Send"));
    // It keeps its encoding when it comes back.
    let server = window.status().local.unwrap();
    drop(gbk);
    window.wait("one", |window| window.status().connections.len() == 1);
    let mut gbk = connect(server);
    window.wait("two again", |window| window.status().connections.len() == 2);
    window.receive(&mut gbk, b"\xD4\xD9\xBC\xFB\n");
    window.wait("its text", |window| rows_with(window, "再见") == 1);
}

#[test]
fn switching_between_text_and_hex_follows_the_encoding_of_the_recipients() {
    let mut window = Window::new();
    let (_utf8, mut gbk) = two_encodings(&mut window);
    choose(&mut window, &address(&gbk), &["Encoding of connection", "Own encoding GBK"]);
    window.click(&address(&gbk));
    window.fill("Payload", "中");
    window.click("Payload as hex");
    assert_eq!(window.value("Payload"), "D6 D0", "that of the one selected");
    assert!(!window.shows("different encodings"));
    window.click("Send");
    assert_eq!(read_exactly(&mut gbk, 2), b"\xD6\xD0");
    window.click("Payload as text");
    assert_eq!(window.value("Payload"), "中");
    // To both: that of the tab, and the window says so until the payload is edited.
    window.click(&address(&gbk));
    assert_eq!(window.app().active_tab().unwrap().peers.selected.len(), 0);
    window.click("Payload as hex");
    assert_eq!(window.value("Payload"), "E4 B8 AD");
    assert!(window.shows("different encodings (UTF-8, GBK)"));
    window.fill("Payload", "41");
    assert!(!window.shows("different encodings"));
    // What is no text for the one recipient is refused, and not any more when another one is meant.
    window.fill("Payload", "E4 B8 AD");
    window.click(&address(&gbk));
    window.click("Payload as text");
    assert!(window.shows("is not text in GBK"));
    window.click(&address(&gbk));
    assert!(!window.shows("is not text in"));
    window.click("Payload as text");
    assert_eq!(window.value("Payload"), "中");
}

#[test]
fn the_advice_speaks_of_one_connection_and_does_not_alternate() {
    let mut window = Window::new();
    let (mut utf8, mut gbk) = two_encodings(&mut window);
    window.wait("the advice", |window| window.has("Use suggested encoding"));
    assert!(window.shows(&address(&gbk)));
    window.click("Use suggested encoding");
    window.wait("both", |window| rows_with(window, "温度 25") == 2);
    for _ in 0..3 {
        window.receive(&mut utf8, "温度 25\r\n".as_bytes());
        window.receive(&mut gbk, b"\xCE\xC2\xB6\xC8 25\r\n");
        assert!(!window.has("Use suggested encoding"), "nothing is wrong any more");
    }
    assert_eq!(window.app().active_tab().unwrap().form.encoding, wirelab::codec::Encoding::Utf8);
}

#[test]
fn a_name_is_shown_everywhere_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let mut peer = window.server_with_peer();
    let place = address(&peer);
    choose(&mut window, &place, &["Rename"]);
    window.harness.event(eframe::egui::Event::Text("PLC-1".into()));
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    let named = format!("PLC-1 {place}");
    window.wait("the name", |window| window.has(&named));
    window.receive(&mut peer, b"reading");
    window.wait("its record", |window| {
        window.rows().iter().any(|row| row.contains("PLC-1") && row.contains("reading"))
    });
    let path = folder.path().join("named.jsonl");
    window.save_and_wait("JSON lines", &path);
    let saved = std::fs::read_to_string(&path).unwrap();
    assert!(saved.lines().any(|line| line.contains("\"name\":\"PLC-1\"")), "{saved}");
    drop((window, peer));
    // The peer of another connection from the address has it at once; an empty name takes it away.
    let mut window = Window::at(folder.path(), Vec::new());
    let peer = window.server_with_peer();
    let named = format!("PLC-1 {}", address(&peer));
    window.wait("the kept name", |window| window.has(&named));
    choose(&mut window, &named, &["Rename"]);
    window.press(Modifiers::COMMAND, Key::A);
    window.press(Modifiers::NONE, Key::Delete);
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the address", |window| window.has(&address(&peer)));
}

#[test]
fn the_menu_shows_only_a_connection_selects_it_and_copies_its_address() {
    let mut window = Window::new();
    let (mut first, second) = two_senders(&mut window);
    choose(&mut window, &address(&second), &["Show only this"]);
    window.wait("only the second", |window| {
        rows_with(window, "of the second") == 1 && rows_with(window, "of the first") == 0
    });
    window.click("All connections");
    window.wait("both", |window| rows_with(window, "of the first") == 1);
    choose(&mut window, &address(&first), &[]);
    window.harness.get_by_label("Copy address").click();
    let mut copied = None;
    window.wait("the copy", |window| {
        copied = window.clipboard();
        copied.is_some()
    });
    assert_eq!(copied, Some(address(&first)));
    choose(&mut window, &address(&first), &["Send to this"]);
    window.fill("Payload", "you");
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(read_exactly(&mut first, 3), b"you");
    window.wait("one record", |window| window.status().traffic.records_out == 1);
    assert_eq!(window.status().connections[1].traffic.totals().bytes_out, 0);
}

#[test]
fn the_menu_over_the_list_acts_on_those_selected_or_on_all() {
    let mut window = Window::new();
    let server = window.start_server();
    window.click("Connection actions");
    for name in ["Disconnect", "Disconnect all", "Show only selected", "Copy addresses"] {
        assert!(!window.is_enabled(name), "{name}: there is no connection");
    }
    window.press(Modifiers::NONE, Key::Escape);
    let mut peers = [connect(server), connect(server), connect(server)];
    window.wait("three", |window| window.status().connections.len() == 3);
    for (number, peer) in peers.iter_mut().enumerate() {
        window.receive(peer, format!("of peer {number}").as_bytes());
    }
    let selected = |window: &Window| window.app().active_tab().unwrap().peers.selected.len();
    window.menu("Connection actions", "Select all connections");
    assert_eq!(selected(&window), 3);
    window.menu("Connection actions", "Select no connection");
    assert_eq!(selected(&window), 0);
    window.click(&address(&peers[1]));
    window.menu("Connection actions", "Show only selected");
    window.wait("its record", |window| {
        rows_with(window, "of peer") == 1 && rows_with(window, "of peer 1") == 1
    });
    window.click("Connection actions");
    window.harness.get_by_label("Copy addresses").click();
    let mut copied = None;
    window.wait("the copy", |window| {
        copied = window.clipboard();
        copied.is_some()
    });
    assert_eq!(copied, Some(address(&peers[1])), "only the selected one");
    window.menu("Connection actions", "Disconnect");
    window.wait("two", |window| window.status().connections.len() == 2);
    window.menu("Connection actions", "Disconnect all");
    window.wait("none", |window| window.status().connections.is_empty());
    assert!(window.has("Stop"), "the server goes on");
}

/// A server with two clients, each of which has said which one it is.
fn two_senders(window: &mut Window) -> (TcpStream, TcpStream) {
    let server = window.start_server();
    let (mut first, mut second) = (connect(server), connect(server));
    window.wait("two", |window| window.status().connections.len() == 2);
    window.receive(&mut first, b"of the first");
    window.receive(&mut second, b"of the second");
    (first, second)
}

#[test]
fn the_menu_saves_what_one_connection_received() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let (_first, second) = two_senders(&mut window);
    window.fill("Payload", "answer");
    window.click("Send");
    window.wait("the answers", |window| window.status().traffic.records_out == 2);
    choose(&mut window, &address(&second), &["Save bytes", "Save received bytes"]);
    let path = folder.path().join("bytes");
    window.save_as(&path);
    window.wait_for_message();
    let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(std::fs::read(&files[0]).unwrap(), b"of the second");
}

#[test]
fn saving_one_connection_says_so_and_is_not_taken_for_everything() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let (_first, second) = two_senders(&mut window);
    let from = address(&second);
    choose(&mut window, &from, &["Save bytes", "Save received bytes"]);
    let one = window.harness.get_by_label("Only one connection").accesskit_node();
    assert_eq!(one.toggled(), Some(eframe::egui::accesskit::Toggled::True), "it is what was asked for");
    // As a recording, which would otherwise be everything that there is to save.
    window.choose("Format", "Recording");
    let path = folder.path().join("one.pcapng");
    window.save_as(&path);
    window.wait("the message", |window| window.shows(&format!("Only data received from {from}.")));
    window.wait_for_message();
    assert_eq!(crate::fixture::snapshot(&path).records(), 2, "opened, and its data");
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.has("Close without saving"), "the rest is not saved");
    window.press(Modifiers::NONE, Key::Escape);
    // Everything can be chosen instead, and a later save asks about no connection.
    choose(&mut window, &from, &["Save bytes", "Save bytes both ways"]);
    window.click("Everything");
    window.choose("Format", "Recording");
    let path = folder.path().join("all.pcapng");
    window.save_as(&path);
    window.wait("the message", |window| window.shows("all.pcapng"));
    assert!(!window.shows("Only "));
    window.wait_for_message();
    assert!(crate::fixture::snapshot(&path).records() > 3);
    window.tool("Save recording");
    assert!(!window.has("Only one connection") && window.shows("Everything · "), "what is saved is said");
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::COMMAND, Key::W);
    assert!(!window.has("Close without saving"));
}

#[test]
fn a_file_lists_its_connections() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.pcapng");
    let mut window = Window::at(folder.path(), Vec::new());
    let (first, second) = two_senders(&mut window);
    window.save_and_wait("Recording", &path);
    let server = window.status().local.unwrap();
    let places = (address(&first), address(&second));
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.open(&path);
    window.wait("the list", |window| window.has(&places.0) && window.has(&places.1));
    assert!(window.shows_row(&format!("connected, {} → {server}", places.0)), "{:?}", window.rows());
    choose(&mut window, &places.1, &["Show only this"]);
    window.wait("only the second", |window| {
        rows_with(window, "of the second") == 1 && rows_with(window, "of the first") == 0
    });
    window.click("All connections");
    window.click("Connection actions");
    assert!(!window.has("Disconnect") && !window.has("Disconnect all"), "there is nothing to close");
    window.harness.get_by_label("Copy addresses").click();
    let mut copied = None;
    window.wait("the copy", |window| {
        copied = window.clipboard();
        copied.is_some()
    });
    assert_eq!(copied, Some(format!("{}\n{}", places.0, places.1)));
}

#[test]
fn the_menu_is_used_with_the_keys_alone() {
    let mut window = Window::new();
    let peer = window.server_with_peer();
    window.click(&address(&peer));
    window.press(Modifiers::SHIFT, Key::F10);
    for _ in 0..3 {
        window.press(Modifiers::NONE, Key::Tab);
    }
    assert!(window.harness.get_by_label("Rename").is_focused());
    window.press(Modifiers::NONE, Key::Tab);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.harness.get_by_label("Encoding of the tab").is_focused(), "the page of encodings");
    window.press(Modifiers::NONE, Key::Tab);
    window.press(Modifiers::NONE, Key::Tab);
    window.press(Modifiers::NONE, Key::Enter);
    let own = wirelab::codec::Encoding::ALL[1];
    assert_eq!(window.app().active_tab().unwrap().encodings().of(wirelab::model::ConnectionId(1)), own);
    window.press(Modifiers::NONE, Key::Delete);
    assert!(window.harness.get_by_label("Disconnect this one").is_focused());
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Disconnect this one"));
}

#[test]
fn a_connection_whose_advice_was_dismissed_gets_no_other_encoding_advised() {
    let mut window = Window::new();
    let (_utf8, mut gbk) = two_encodings(&mut window);
    window.wait("the advice", |window| window.has("Dismiss advice"));
    assert!(window.shows("valid GBK"));
    window.click("Dismiss advice");
    for _ in 0..3 {
        // Also valid in Windows-1252.
        window.receive(&mut gbk, b"\xCE\xC2\xB6\xC8 26\r\n");
        window.harness.run_steps(3);
        assert!(!window.has("Use suggested encoding"));
    }
}

#[test]
fn one_click_on_the_row_under_the_pointer_shows_only_its_connection() {
    let mut window = Window::new();
    let (_utf8, mut gbk) = two_encodings(&mut window);
    assert!(!window.has("Show only the one pointed at"));
    let row = window.harness.get_by_label(&address(&gbk)).rect();
    window.harness.hover_at(row.center());
    window.harness.run_steps(3);
    for _ in 0..60 {
        window.press(Modifiers::NONE, Key::Tab);
        let button = window.harness.get_by_label("Show only the one pointed at");
        assert!(!button.is_focused(), "the list is one stop for the keys");
    }
    window.harness.get_by_label("Show only the one pointed at").click_secondary();
    window.harness.run_steps(3);
    window.click("Rename");
    window.harness.hover_at(row.center());
    window.harness.run_steps(3);
    assert!(!window.has("Show only the one pointed at"), "the name is typed in its place");
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.hover_at(row.center());
    window.harness.run_steps(3);
    window.click("Show only the one pointed at");
    window.wait("only its records", |window| !window.shows_row("温度 25"));
    window.receive(&mut gbk, b"seen\n");
    window.wait("its record", |window| window.shows_row("seen"));
    assert!(window.app().active_tab().unwrap().peers.selected.is_empty(), "the recipients stay as they are");
}
