//! What is composed: formats, checksums, templates, the preview, questions, and the history of all tabs.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::accesskit::Toggled;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::net::TcpStream;

/// The bytes that the preview shows.
fn preview(window: &Window) -> Vec<u8> {
    let shown = window.harness.get_by_label("Preview").accesskit_node().value().unwrap_or_default();
    shown.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// Sends, and checks that the peer gets what the preview shows.
#[track_caller]
fn send(window: &mut Window, peer: &mut TcpStream, expected: &[u8]) {
    assert_eq!(preview(window), expected, "{:?}", String::from_utf8_lossy(&preview(window)));
    window.click("Send");
    assert_eq!(read_exactly(peer, expected.len()), expected);
}

#[test]
fn a_modbus_checksum_behind_hex_is_two_clicks() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.click("Payload as hex");
    window.fill("Payload", "01 03 00 0A 00 01");
    window.click("Checksum");
    window.click("Use CRC-16/MODBUS");
    assert!(window.shows("8 B"));
    send(&mut window, &mut peer, &[1, 3, 0, 10, 0, 1, 0xA4, 8]);
    // Order, form and place.
    window.click("Checksum");
    window.click("Highest byte first");
    window.click("Checksum as hex digits");
    window.fill("Checksum at", "0");
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().active_tab().unwrap().form.checksum, "CRC-16/MODBUS,big,hex,at=0");
    send(&mut window, &mut peer, b"08A4\x01\x03\x00\x0A\x00\x01");
    window.click("Checksum");
    window.click("No checksum");
    send(&mut window, &mut peer, &[1, 3, 0, 10, 0, 1]);
}

#[test]
fn a_checksum_is_found_by_any_name_and_the_last_one_is_first_in_all_tabs() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.fill("Payload", "123456789");
    window.click("Checksum");
    window.fill("Search checksums", "x25");
    assert!(window.has("Use CRC-16/IBM-SDLC") && !window.has("Use CRC-16/MODBUS"));
    window.press(Modifiers::NONE, Key::Enter);
    send(&mut window, &mut peer, b"123456789\x90\x6E");
    window.click("Checksum");
    window.fill("Search checksums", "CRC:8,07,00,00,No,No");
    window.click("Use CRC:8,07,00,00,No,No");
    send(&mut window, &mut peer, b"123456789\xF4");
    // What is typed on the way to a place is not offered afterwards, only what was decided.
    window.click("Checksum");
    window.fill("Checksum to", "-1");
    window.fill("Checksum to", "-12");
    window.fill("Checksum to", "");
    window.press(Modifiers::NONE, Key::Escape);
    // Another tab offers what was chosen in this one.
    window.menu("New session", "TCP client");
    window.click("Checksum");
    for name in ["Use CRC:8,07,00,00,No,No", "Use CRC-16/IBM-SDLC", "Use CRC-16/MODBUS"] {
        assert!(window.has(name), "{name}");
    }
    window.fill("Search checksums", "CRC:8");
    assert!(!window.has("Use CRC:8,07,00,00,No,No,to=-1"));
}

#[test]
fn escapes_are_sent_as_they_mean_and_wrong_ones_are_not() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.click("Payload with escapes");
    window.fill("Payload", "\\x02AT\\r\\n\\u{4f60}");
    send(&mut window, &mut peer, "\u{2}AT\r\n你".as_bytes());
    window.fill("Payload", "C:\\dir");
    assert!(window.shows("\\d (line 1, column 3) is no escape"));
    assert!(!window.is_enabled("Send"));
    window.fill("Payload", "a");
    window.menu("Insert", "Insert \\r");
    assert_eq!(window.value("Payload"), "a\\r");
    send(&mut window, &mut peer, b"a\r");
}

#[test]
fn a_variable_from_the_menu_counts_and_begins_again() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.fill("Payload", "${counter}");
    send(&mut window, &mut peer, b"${counter}");
    window.fill("Payload", "n=");
    window.menu("Insert", "Insert ${counter}");
    assert_eq!(window.value("Payload"), "n=${counter}");
    send(&mut window, &mut peer, b"n=0");
    send(&mut window, &mut peer, b"n=1");
    // The preview alone counts nothing.
    window.harness.run_steps(5);
    send(&mut window, &mut peer, b"n=2");
    window.click("Reset counter");
    send(&mut window, &mut peer, b"n=0");
    window.click("Insert");
    window.click("Template");
    window.press(Modifiers::NONE, Key::Escape);
    send(&mut window, &mut peer, b"n=${counter}");
}

#[test]
fn each_recipient_gets_its_own_values_and_the_preview_shows_the_first() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peers: Vec<_> = (0..2).map(|_| connect(address)).collect();
    window.wait("two", |window| window.status().connections.len() == 2);
    window.menu("Insert", "Insert ${peer}");
    let own: Vec<_> = peers.iter().map(|peer| peer.local_addr().unwrap().to_string()).collect();
    let first = String::from_utf8(preview(&window)).unwrap();
    assert!(own.contains(&first), "{first}");
    window.click("Send");
    for (peer, own) in peers.iter_mut().zip(&own) {
        assert_eq!(read_exactly(peer, own.len()), own.as_bytes());
    }
}

#[test]
fn time_and_random_values_are_marked_as_examples_that_stay() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.fill("Payload", "t");
    assert!(!window.shows("example"));
    window.menu("Insert", "Insert ${random:4}");
    assert!(window.shows("example") && window.shows("5 B"));
    let shown = preview(&window);
    window.harness.run_steps(10);
    assert_eq!(preview(&window), shown, "it stays while nothing is typed");
    window.click("Send");
    let sent = read_exactly(&mut peer, 5);
    assert!(sent[0] == b't' && sent[1..].iter().all(u8::is_ascii_digit), "{sent:?}");
}

#[test]
fn values_are_asked_for_when_it_is_sent_and_the_last_are_remembered() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.click("Payload as hex");
    window.menu("Insert", "Insert ${ask:name:u8:0..255}");
    assert!(window.is_enabled("Send"), "an example is shown until it is asked");
    window.click("Send");
    assert!(!window.is_enabled("Send with these values"));
    window.fill("Value of name", "256");
    assert!(window.shows("Type a number from 0 to 255."));
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has("Value of name"), "nothing is sent");
    window.fill("Value of name", "0x11");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(read_exactly(&mut peer, 1), [0x11]);
    assert_eq!(preview(&window), [0x11]);
    window.click("Send");
    assert_eq!(window.value("Value of name"), "0x11");
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Value of name"));
    window.click("Send");
    window.click("Send with these values");
    assert_eq!(read_exactly(&mut peer, 1), [0x11]);
    // Not when it was left.
    window.wait("two sends", |window| window.status().traffic.records_out == 2);
}

#[test]
fn the_history_is_searched_and_shared_by_choice() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    for text in ["alpha", "beta"] {
        window.fill("Payload", text);
        send(&mut window, &mut peer, text.as_bytes());
    }
    window.click("History");
    window.fill("Search history", "ALP");
    assert!(window.has("Use alpha") && !window.has("Use beta"));
    window.fill("Search history", "nothing");
    assert!(window.shows("Nothing in the history has this text."));
    window.fill("Search history", "");
    window.press(Modifiers::NONE, Key::Escape);
    window.menu("New session", "TCP client");
    window.click("History");
    assert!(!window.has("Use alpha"), "each tab has its own");
    window.click("Share history");
    assert!(window.has("Use alpha") && window.has("Use beta"));
}

#[test]
fn what_is_chosen_for_the_payload_comes_back_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let mut peer = window.server_with_peer();
    window.click("Payload with escapes");
    window.menu("Insert", "Insert ${counter}");
    window.click("Checksum");
    window.click("Use SUM-8");
    send(&mut window, &mut peer, b"00");
    window.click("History");
    window.click("Share history");
    window.press(Modifiers::NONE, Key::Escape);
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(3);
    let form = window.app().active_tab().unwrap().form.clone();
    assert_eq!((&*form.payload, form.is_template, &*form.checksum), ("${counter}", true, "SUM-8"));
    assert_eq!(form.sent_count, 1);
    assert_eq!(preview(&window), b"11");
    assert!(form.history[0].is_template);
    window.click("History");
    let share = window.harness.get_by_label("Share history").accesskit_node().toggled();
    assert_eq!(share, Some(Toggled::True));
}

#[test]
fn the_list_of_checksums_is_as_high_after_a_search_as_before() {
    let mut window = Window::new();
    window.server_with_peer();
    let offers = |window: &Window| {
        let is_offer = |name: String| name.starts_with("Use ");
        let all = window.harness.root().children_recursive();
        all.filter(|node| node.accesskit_node().label().is_some_and(is_offer)).count()
    };
    window.click("Checksum");
    let before = offers(&window);
    assert!(before > 5, "{before}");
    window.fill("Search checksums", "modbus");
    assert_eq!(offers(&window), 2);
    window.fill("Search checksums", "");
    assert_eq!(offers(&window), before);
    window.click("Use CRC-16/MODBUS");
    window.click("Checksum");
    assert_eq!(offers(&window), before, "with options above the list");
}
