//! Keys in the list of connections, in drop-down lists and among tabs.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::net::{TcpStream, UdpSocket};

/// The accessible name of the focused widget.
fn focused(window: &Window) -> Option<String> {
    window.harness.root().accesskit_node().tree_state.focus_in_tree().label()
}

/// The row with the cursor.
fn cursor(window: &Window) -> Option<String> {
    let node = list(window).accesskit_node().active_descendant()?;
    assert!(node.position_in_set().is_some() && list(window).accesskit_node().size_of_set().is_some());
    node.label()
}

fn list(window: &Window) -> Node<'_> {
    window
        .harness
        .get_by(|node| node.role() == Role::ListBox && node.label().as_deref() == Some("Connections"))
}

fn row<'a>(window: &'a Window, peer: &'a str) -> Node<'a> {
    window.harness.get_by(|node| node.role() == Role::ListBoxOption && node.label().as_deref() == Some(peer))
}

/// The selected rows on the screen.
fn selected(window: &Window) -> Vec<String> {
    let rows = window.harness.query_all_by_role(Role::ListBoxOption);
    let marked = rows.filter(|row| row.accesskit_node().is_selected() == Some(true));
    marked.filter_map(|row| row.accesskit_node().label()).collect()
}

/// A server with `count` peers, in the order of the list, and the focus on the list.
fn server_with_peers(window: &mut Window, count: usize) -> Vec<TcpStream> {
    let address = window.start_server();
    let peers = (1..=count).map(|known| {
        let peer = connect(address);
        window.wait("the peer", |window| window.status().connections.len() == known);
        peer
    });
    let peers = peers.collect();
    focus_list(window);
    peers
}

fn focus_list(window: &mut Window) {
    list(window).focus();
    window.harness.run_steps(3);
    assert_eq!(focused(window).as_deref(), Some("Connections"));
}

fn name(peer: &TcpStream) -> String {
    peer.local_addr().unwrap().to_string()
}

#[test]
fn the_list_is_one_stop_and_arrows_move_and_select_in_it() {
    let mut window = Window::new();
    let peers = server_with_peers(&mut window, 4);
    let names: Vec<_> = peers.iter().map(name).collect();
    assert_eq!(cursor(&window).as_ref(), Some(&names[0]));
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(cursor(&window).as_ref(), Some(&names[1]));
    assert_eq!(focused(&window).as_deref(), Some("Connections"), "the arrows stay in the list");
    assert!(selected(&window).is_empty(), "moving marks nothing");
    window.press(Modifiers::NONE, Key::Space);
    assert_eq!(selected(&window), names[1..2]);
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(selected(&window), names[1..]);
    window.press(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(selected(&window), names[1..3], "Shift takes back as well");
    window.press(Modifiers::NONE, Key::Home);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(selected(&window), names[..3]);
    window.press(Modifiers::NONE, Key::Enter);
    window.press(Modifiers::NONE, Key::End);
    assert_eq!(cursor(&window).as_ref(), Some(&names[3]));
    assert_eq!(selected(&window), names[1..3]);
    window.press(Modifiers::COMMAND, Key::A);
    assert_eq!(selected(&window), names);
    // One press of Tab leaves the list.
    window.press(Modifiers::NONE, Key::Tab);
    assert!(!focused(&window).is_some_and(|name| name == "Connections" || names.contains(&name)));
}

#[test]
fn connections_selected_by_key_get_the_payload() {
    let mut window = Window::new();
    let mut peers = server_with_peers(&mut window, 3);
    window.fill("Payload", "keys");
    focus_list(&mut window);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    window.click("Send");
    for peer in &mut peers[1..] {
        assert_eq!(read_exactly(peer, 4), b"keys");
    }
    window.wait("two records", |window| window.status().traffic.records_out == 2);
}

#[test]
fn a_connection_is_closed_by_key() {
    let (menu, shift_f10) = ((Modifiers::NONE, Key::Menu), (Modifiers::SHIFT, Key::F10));
    for (key, entry) in [
        ((Modifiers::NONE, Key::Delete), "Disconnect this one"),
        (menu, "Show only this"),
        (shift_f10, "Show only this"),
    ] {
        let mut window = Window::new();
        let peers = server_with_peers(&mut window, 3);
        window.press(Modifiers::NONE, Key::ArrowDown);
        window.press(key.0, key.1);
        assert_eq!(focused(&window).as_deref(), Some(entry), "{key:?} opens the menu");
        assert!(window.has("Disconnect this one"));
        assert_eq!(window.status().connections.len(), 3, "nothing ends without a word");
        window.press(Modifiers::NONE, Key::Escape);
        assert!(!window.has("Disconnect this one"));
        assert_eq!(focused(&window).as_deref(), Some("Connections"), "the keys are back in the list");
        window.press(Modifiers::NONE, Key::Delete);
        window.press(Modifiers::NONE, Key::Enter);
        window.wait("one less", |window| window.status().connections.len() == 2);
        assert!(!window.has(&name(&peers[1])));
        assert_eq!(focused(&window).as_deref(), Some("Connections"));
        assert_eq!(cursor(&window), Some(name(&peers[2])), "the cursor is on what took its place");
    }
}

#[test]
fn all_selected_connections_are_closed_by_key() {
    let mut window = Window::new();
    let peers = server_with_peers(&mut window, 3);
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::Delete);
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(focused(&window).as_deref(), Some("Disconnect selected"));
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("one left", |window| window.status().connections.len() == 1);
    assert!(window.has(&name(&peers[2])));
}

#[test]
fn the_menu_stays_with_its_connection_while_others_leave() {
    let mut window = Window::new();
    let mut peers = server_with_peers(&mut window, 4);
    let names: Vec<_> = peers.iter().map(name).collect();
    window.harness.get_by_label(&names[2]).click_secondary();
    window.harness.run_steps(3);
    // The connections above it close; the rows move up below the open menu.
    peers.drain(..2);
    window.wait("two left", |window| window.status().connections.len() == 2);
    window.click("Disconnect this one");
    window.wait("one left", |window| window.status().connections.len() == 1);
    assert!(window.has(&names[3]) && !window.has(&names[2]));

    window.harness.get_by_label(&names[3]).click_secondary();
    window.harness.run_steps(3);
    assert!(window.has("Disconnect this one"));
    drop(peers);
    window.wait("nobody", |window| window.status().connections.is_empty());
    assert!(!window.has("Disconnect this one"), "the menu goes with its connection");
}

#[test]
fn thousands_of_peers_are_reachable_and_few_are_drawn() {
    const PEERS: usize = 5000;
    let mut window = Window::new();
    let address = window.start("UDP");
    for count in 1..=PEERS {
        // The sockets are closed at once; the few that reuse a port are one peer.
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.send_to(b"x", address).unwrap();
        if count % 100 == 0 {
            let known = |window: &Window| window.status().traffic.records_in;
            window.wait("those so far", |window| known(window) == count as u64);
        }
    }
    let connections = window.status().connections;
    focus_list(&mut window);
    let drawn = |window: &Window| window.harness.query_all_by_role(Role::ListBoxOption).count();
    assert!((5..60).contains(&drawn(&window)), "{} rows are drawn", drawn(&window));
    for (key, place) in [
        (Key::End, connections.len() - 1),
        (Key::ArrowUp, connections.len() - 2),
        (Key::Home, 0),
        (Key::ArrowDown, 1),
    ] {
        window.press(Modifiers::NONE, key);
        let peer = connections[place].peer.to_string();
        assert_eq!(cursor(&window).as_ref(), Some(&peer), "{key:?}");
        let list = list(&window).rect();
        let rect = row(&window, &peer).rect();
        assert!(list.expand(1.0).contains_rect(rect), "{key:?}: {rect} is out of {list}");
    }
    window.press(Modifiers::NONE, Key::PageDown);
    let page = connections.iter().position(|known| Some(known.peer.to_string()) == cursor(&window)).unwrap();
    assert!((5..60).contains(&page), "a page is what is seen: {page}");
    window.press(Modifiers::NONE, Key::PageUp);
    assert_eq!(cursor(&window), Some(connections[1.min(page)].peer.to_string()));
    window.press(Modifiers::SHIFT, Key::End);
    assert!(drawn(&window) < 60);
    assert_eq!(window.app().active_tab().unwrap().peers.selected.len(), connections.len() - 1);
}

#[test]
fn a_row_is_described_by_its_tooltip() {
    let mut window = Window::new();
    let mut peers = server_with_peers(&mut window, 1);
    window.receive(&mut peers[0], b"!");
    let peer = name(&peers[0]);
    let node = row(&window, &peer).accesskit_node();
    let spoken = node.description().unwrap();
    for part in ["Since ", "Received 1 byte in 1 record\n", "Sent 0 bytes in 0 records"] {
        assert!(spoken.contains(part), "{part} in {spoken}");
    }
}

#[test]
fn a_drop_down_list_is_used_by_keys() {
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    let encoding = |window: &Window| window.app().active_tab().unwrap().form.encoding.name();
    window.harness.get_by_label("Encoding").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(encoding(&window), "GBK", "closed, the arrows change the value");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(encoding(&window), "UTF-8", "the first is the end");
    assert_eq!(focused(&window).as_deref(), Some("Encoding"));
    window.press(Modifiers::NONE, Key::ArrowDown);
    for open in [(Modifiers::NONE, Key::Enter), (Modifiers::NONE, Key::F4), (Modifiers::ALT, Key::ArrowDown)]
    {
        window.press(open.0, open.1);
        assert_eq!(focused(&window).as_deref(), Some("GBK"), "{open:?} opens it at the value there is");
        window.press(Modifiers::NONE, Key::ArrowDown);
        assert_eq!((focused(&window).as_deref(), encoding(&window)), (Some("GB18030"), "GBK"));
        window.press(Modifiers::NONE, Key::Escape);
        assert!(!window.has("GB18030"), "Escape closes it");
        assert_eq!((focused(&window).as_deref(), encoding(&window)), (Some("Encoding"), "GBK"));
    }
    window.press(Modifiers::NONE, Key::Space);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(!window.has("Big5"), "Enter closes it");
    assert_eq!((focused(&window).as_deref(), encoding(&window)), (Some("Encoding"), "GB18030"));
}

/// Tabs for many servers in a narrow window.
fn many_tabs(folder: &std::path::Path, count: usize) -> Window {
    let mut window = Window::with(folder, Vec::new(), eframe::egui::vec2(800.0, 500.0));
    for _ in 0..count {
        window.press(Modifiers::COMMAND, Key::N);
    }
    window
}

fn active(window: &Window) -> String {
    window.app().active_tab().unwrap().form.local_port.clone()
}

#[track_caller]
fn assert_active_in_view(window: &Window) {
    let tab = window.harness.get_by_label(&format!("Tab TCP server :{}", active(window))).rect();
    let right = window.harness.get_by_label("New session").rect().left();
    assert!(tab.left() >= 0.0 && tab.right() <= right, "{tab} is not left of {right}");
}

#[test]
fn many_tabs_are_listed_and_the_shown_one_is_in_view() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = many_tabs(folder.path(), 3);
    assert!(!window.has("All tabs"), "three fit");
    for _ in 0..9 {
        window.press(Modifiers::COMMAND, Key::N);
        assert_active_in_view(&window);
    }
    for _ in 0..13 {
        window.press(Modifiers::COMMAND, Key::Tab);
        assert_active_in_view(&window);
    }
    for (key, port) in [(Key::Num1, "7788"), (Key::Num4, "7791"), (Key::Num8, "7795"), (Key::Num9, "7799")] {
        window.press(Modifiers::COMMAND, key);
        assert_eq!(active(&window), port);
        assert_active_in_view(&window);
    }
    // The menu by keys.
    window.harness.get_by_label("All tabs").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has("Show TCP server :7788, Not started"), "each with its state");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(active(&window), "7789");
    assert!(!window.has("Show TCP server :7788, Not started"), "the menu closes");
    assert_active_in_view(&window);
    window.harness.set_size(eframe::egui::vec2(640.0, 420.0));
    window.press(Modifiers::COMMAND, Key::Num9);
    assert_active_in_view(&window);
    window.harness.set_size(eframe::egui::vec2(560.0, 420.0));
    window.harness.run_steps(3);
    assert_active_in_view(&window);
}

#[test]
fn the_list_of_all_tabs_opens_at_the_shown_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = many_tabs(folder.path(), 30);
    window.harness.set_size(eframe::egui::vec2(640.0, 420.0));
    for (key, port) in [(Key::Num9, "7817"), (Key::Num1, "7788"), (Key::Num9, "7817")] {
        window.press(Modifiers::COMMAND, key);
        window.click("All tabs");
        let list = window.harness.get_by_label("All tabs").rect().bottom()..=400.0;
        let entry = window.harness.get_by_label_contains(&format!("Show TCP server :{port}")).rect();
        assert!(list.contains(&entry.top()) && list.contains(&entry.bottom()), "{port} at {entry}");
        // It stays where the wheel scrolls it.
        window.harness.run_steps(10);
        assert_eq!(window.harness.get_by_label_contains(&format!("Show TCP server :{port}")).rect(), entry);
        window.press(Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn tabs_keep_their_own_state() {
    let mut window = Window::new();
    let mut peers = server_with_peers(&mut window, 2);
    for number in 0..60 {
        window.receive(&mut peers[number % 2], format!("{number}\n").as_bytes());
    }
    let first = window.status().local.unwrap();
    window.press(Modifiers::NONE, Key::Space);
    let marks = selected(&window);
    // The text cursor is in the middle of the payload, the data is scrolled up.
    window.fill("Payload", "abcd");
    window.press(Modifiers::NONE, Key::ArrowLeft);
    window.press(Modifiers::NONE, Key::ArrowLeft);
    window.click_newest();
    window.press(Modifiers::NONE, Key::PageUp);
    let rows = window.rows();
    assert!(window.has("Jump to newest"));

    let second = window.start_server();
    let mut other = connect(second);
    window.wait("its peer", |window| window.status().connections.len() == 1);
    assert!(!window.has("Jump to newest"), "the other tab follows");
    assert!(selected(&window).is_empty());
    assert_eq!(window.value("Payload"), "");
    window.fill("Payload", "xyz");
    window.click("Send");
    assert_eq!(read_exactly(&mut other, 3), b"xyz");
    window.press(Modifiers::NONE, Key::F8);
    window.press(Modifiers::COMMAND, Key::Z);
    window.press(Modifiers::COMMAND, Key::Z);
    window.press(Modifiers::COMMAND, Key::Z);

    window.click(&format!("Tab TCP server {first}"));
    assert_eq!(window.rows(), rows, "scrolled as before");
    assert_eq!(selected(&window), marks);
    assert_eq!(window.value("Payload"), "abcd", "undoing in one tab changes no other");
    window.press(Modifiers::NONE, Key::F8);
    window.harness.event(eframe::egui::Event::Text("-".into()));
    window.harness.run_steps(2);
    assert_eq!(window.value("Payload"), "ab-cd", "the text cursor is where it was");
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.value("Payload"), "ab-cd", "the history is another");
}
