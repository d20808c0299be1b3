//! Payloads that are cut into pieces and glued into one write, from the window.

use crate::fixture::*;
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::net::{SocketAddr, UdpSocket};
use wirelab::model::OutgoingState;
use wirelab::payload::Cuts;

fn preview(window: &Window) -> String {
    window.harness.get_by_label("Preview").accesskit_node().value().unwrap()
}

fn places(window: &Window) -> String {
    window.app().active_tab().unwrap().form.cut_places.clone()
}

fn switch_on(window: &mut Window, payload: &str) {
    window.click("Payload as hex");
    window.fill("Payload", payload);
    window.tool_of_composer("Split and glue");
    assert!(window.has("Cut"));
}

/// Sends, and waits until all of it was written.
fn send(window: &mut Window) {
    window.click("Send");
    let is_done = |window: &Window| {
        let outgoing = window.status().outgoing;
        !outgoing.is_empty() && outgoing.iter().all(|one| one.state == OutgoingState::Done)
    };
    window.wait("its end", is_done);
}

/// A UDP tab that sends to this socket: each datagram is a write.
fn udp(window: &mut Window) -> (UdpSocket, SocketAddr) {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let own = window.start("UDP");
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", &peer.local_addr().unwrap().port().to_string());
    (peer, own)
}

fn datagram(peer: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2000];
    let length = peer.recv(&mut buffer).unwrap();
    buffer[..length].to_vec()
}

#[test]
fn a_click_between_two_bytes_cuts_there_and_another_one_takes_the_cut_away() {
    let mut window = Window::new();
    let (peer, _) = udp(&mut window);
    switch_on(&mut window, "01 02 03 04 05 06");
    assert_eq!(preview(&window), "01 02 03 04 05 06");
    window.click("Cut behind byte 2");
    window.click("Cut behind byte 5");
    assert_eq!((preview(&window).as_str(), places(&window).as_str()), ("01 02 | 03 04 05 | 06", "2,5"));
    // The mark is between the bytes: left and right of its middle are the gaps beside it.
    let gap = window.harness.get_by_label("Cut behind byte 3").rect();
    window.click_at(gap.center());
    assert_eq!(places(&window), "2,3,5");
    window.click("Cut behind byte 3");
    assert_eq!(window.value("Cut places"), "2,5");
    send(&mut window);
    assert_eq!([(); 3].map(|()| datagram(&peer)), [vec![1, 2], vec![3, 4, 5], vec![6]]);
}

#[test]
fn cuts_are_set_and_removed_by_keys() {
    let mut window = Window::new();
    window.start_server();
    switch_on(&mut window, "01 02 03 04");
    window.focus("Preview");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(preview(&window), "01 | 02 03 04");
    window.press(Modifiers::NONE, Key::ArrowRight);
    window.press(Modifiers::NONE, Key::ArrowRight);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(preview(&window), "01 | 02 03 | 04");
    window.press(Modifiers::NONE, Key::Home);
    window.press(Modifiers::NONE, Key::Space);
    assert_eq!(preview(&window), "01 02 03 | 04");
    window.press(Modifiers::NONE, Key::End);
    window.press(Modifiers::NONE, Key::Enter);
    window.press(Modifiers::NONE, Key::ArrowLeft);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(preview(&window), "01 02 | 03 04");
}

#[test]
fn cuts_beyond_the_window_are_reached_by_keys() {
    let mut window = Window::new();
    window.start_server();
    switch_on(&mut window, &"AB ".repeat(300));
    assert!(!window.has("Cut behind byte 299"));
    window.focus("Preview");
    window.press(Modifiers::NONE, Key::End);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(places(&window), "299");
    assert!(window.has("Cut behind byte 299") && !window.has("Cut behind byte 1"));
}

#[test]
fn byte_by_byte_and_random_places_are_chosen_and_the_preview_shows_what_leaves() {
    let mut window = Window::new();
    let (peer, _) = udp(&mut window);
    switch_on(&mut window, "11 22 33 44 55 66 77 88");
    window.choose("Cut", "Cut byte by byte");
    assert_eq!(preview(&window), "11 | 22 | 33 | 44 | 55 | 66 | 77 | 88");
    send(&mut window);
    for byte in [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88] {
        assert_eq!(datagram(&peer), [byte]);
    }
    window.choose("Cut", "Cut at random");
    window.fill("Cut seed", "7");
    for number in 0..3 {
        let shown = preview(&window);
        let pieces: Vec<_> = Cuts::Random { seed: 7 }.pieces(8, number).collect();
        assert_eq!(shown.matches('|').count(), pieces.len() - 1, "{shown}");
        send(&mut window);
        let written: Vec<_> = pieces.iter().map(|_| hex(&datagram(&peer))).collect();
        assert_eq!(written.join(" | "), shown, "payload {number}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn several_payloads_leave_in_one_write_each_with_its_own_counter() {
    let mut window = Window::new();
    let (peer, _) = udp(&mut window);
    window.fill("Payload", "n${counter};");
    window.tool_of_composer("Insert");
    window.click("Template");
    window.press(Modifiers::NONE, Key::Escape);
    window.tool_of_composer("Split and glue");
    window.fill("Payloads per write", "3");
    let first = preview(&window);
    send(&mut window);
    let written = datagram(&peer);
    assert_eq!(hex(&written), first, "what the preview showed");
    let text = String::from_utf8(written).unwrap();
    let numbers: Vec<u64> =
        text.split_terminator(';').map(|part| part.trim_start_matches('n').parse().unwrap()).collect();
    assert_eq!(numbers.len(), 3);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{text}");
    send(&mut window);
    let next = String::from_utf8(datagram(&peer)).unwrap();
    assert!(next.starts_with(&format!("n{};", numbers[2] + 1)), "{text} {next}");
    // Cuts are counted from the beginning of the first one.
    window.choose("Cut", "Cut at places");
    window.fill("Cut places", "2");
    let shown = preview(&window);
    send(&mut window);
    assert_eq!([datagram(&peer), datagram(&peer)].map(|piece| hex(&piece)).join(" | "), shown);
}

#[test]
fn the_gap_is_kept_between_pieces() {
    let mut window = Window::new();
    let (peer, _) = udp(&mut window);
    switch_on(&mut window, "01 02 03");
    window.choose("Cut", "Cut byte by byte");
    window.fill("Gap between pieces", "200 ms");
    // From before the send: however late this thread reads, two gaps are over.
    let begun = std::time::Instant::now();
    window.click("Send");
    for piece in [[1], [2], [3]] {
        assert_eq!(datagram(&peer), piece);
    }
    assert!(begun.elapsed() >= std::time::Duration::from_millis(400), "{:?}", begun.elapsed());
}

#[test]
fn a_stream_gets_all_bytes_in_order_and_a_record_for_each_write() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    switch_on(&mut window, "01 02 03 04");
    window.click("Cut behind byte 1");
    window.click("Cut behind byte 3");
    send(&mut window);
    assert_eq!(read_exactly(&mut peer, 4), [1, 2, 3, 4]);
    assert_eq!(window.status().traffic.records_out, 3);
    assert_eq!(window.app().active_tab().unwrap().form.history.len(), 1, "it is in the history");
}

#[test]
fn what_is_wrong_is_not_sent_and_nothing_of_it_counts_when_it_is_switched_off() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    switch_on(&mut window, "01 02");
    window.choose("Cut", "Cut at places");
    for (field, wrong) in [("Cut places", "1,x"), ("Gap between pieces", "soon"), ("Payloads per write", "0")]
    {
        window.fill(field, wrong);
        assert!(!window.is_enabled("Send"), "{field}");
        window.press(Modifiers::COMMAND, Key::Enter);
        window.fill(field, "");
        assert!(window.is_enabled("Send"), "{field}");
    }
    window.fill("Cut places", "1,x");
    window.tool_of_composer("Split and glue");
    assert!(!window.has("Cut") && window.is_enabled("Send"));
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 2), [1, 2]);
    window.wait("one write", |window| window.status().traffic.records_out == 1);
    assert!(window.status().outgoing.is_empty());
}

#[test]
fn new_tabs_have_it_off_and_what_is_chosen_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.start_server();
    assert!(!window.has("Cut") && !window.app().active_tab().unwrap().form.pieces);
    switch_on(&mut window, "01 02 03 04 05");
    window.click("Cut behind byte 4");
    window.fill("Gap between pieces", "7 ms");
    window.fill("Payloads per write", "2");
    window.choose("Cut", "Cut at random");
    window.fill("Cut seed", "99");
    window.choose("Cut", "Cut at places");
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    assert_eq!(preview(&window), "01 02 03 04 | 05 01 02 03 04 05");
    assert_eq!(
        (window.value("Gap between pieces"), window.value("Payloads per write")),
        ("7 ms".into(), "2".into())
    );
    window.choose("Cut", "Cut at random");
    assert_eq!(window.value("Cut seed"), "99");
}

#[test]
fn the_palette_switches_it_in_both_languages() {
    let mut window = Window::new();
    window.start_server();
    window.press(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::P);
    window.harness.event(eframe::egui::Event::Paste("split".into()));
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has("Cut"));
    window.set("Language", "简体中文");
    assert!(window.has("Cut"), "names stay");
    window.press(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::P);
    window.harness.event(eframe::egui::Event::Paste("粘包".into()));
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(!window.has("Cut"));
}

#[test]
fn a_mark_is_a_check_box_of_which_the_state_is_known() {
    let mut window = Window::new();
    window.start_server();
    switch_on(&mut window, "01 02 03");
    let state = |window: &Window| {
        let mark = window.harness.get_by_role_and_label(Role::CheckBox, "Cut behind byte 1");
        mark.accesskit_node().toggled()
    };
    let before = state(&window);
    window.click("Cut behind byte 1");
    assert_ne!(state(&window), before);
}

#[test]
fn where_the_system_may_join_pieces_that_is_said() {
    let mut window = Window::new();
    window.start_server();
    switch_on(&mut window, "01 02 03");
    window.choose("Cut", "Cut byte by byte");
    assert!(!window.shows("TCP_NODELAY is off"));
    window.click("Options");
    window.click("Send without delay");
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.shows("TCP_NODELAY is off"));
    window.choose("Cut", "Not cut");
    assert!(!window.shows("TCP_NODELAY is off"), "nothing is cut");
}

#[test]
fn what_is_repeated_is_cut_and_glued_in_the_same_way() {
    let mut window = Window::new();
    let (peer, _) = udp(&mut window);
    switch_on(&mut window, "01 02 03");
    window.click("Cut behind byte 1");
    window.fill("Payloads per write", "2");
    window.fill("Gap between pieces", "1 ms");
    window.click("Repeat");
    window.fill("Repeat interval", "200 ms");
    window.fill("Repeat times", "2");
    window.click("Start repeating");
    for _ in 0..2 {
        assert_eq!([datagram(&peer), datagram(&peer)], [vec![1], vec![2, 3, 1, 2, 3]]);
    }
}
