//! Payloads: errors, recipients and history.

use crate::fixture::{DEADLINE, Window, connect, read_exactly};
use eframe::egui::{self, Key, Modifiers};
use std::time::Instant;

/// Sends texts from the payload field, one after the other.
fn send_all(window: &mut Window, peer: &mut std::net::TcpStream, texts: &[&str]) {
    for text in texts {
        window.fill("Payload", text);
        window.press(Modifiers::COMMAND, Key::Enter);
        assert_eq!(read_exactly(peer, text.len()), text.as_bytes());
        assert_eq!(window.value("Payload"), *text, "no line break was typed");
    }
}

/// Presses a key in the payload field and checks its text.
#[track_caller]
fn press(window: &mut Window, key: Key, expected: &str) {
    window.press(Modifiers::NONE, key);
    assert_eq!(window.value("Payload"), expected);
}

#[test]
fn a_payload_that_fits_has_no_scroll_bar() {
    let mut window = Window::new();
    window.start_server();
    window.fill("Payload", "one line");
    for scale in [1.0, 1.25, 1.5, 2.0] {
        window.harness.set_pixels_per_point(scale);
        window.harness.run_steps(2);
        window.harness.set_size(egui::vec2(1100.0, 740.0));
        window.fill("Payload", "one line");
        window.harness.run_steps(4);
        // A bar would take room beside the text.
        let width = window.field("Payload").rect().width();
        for lines in 2..=6 {
            window.fill("Payload", &vec!["line"; lines].join("\n"));
            window.harness.run_steps(4);
            assert_eq!(window.field("Payload").rect().width(), width, "{lines} lines at {scale}");
        }
    }
    window.fill("Payload", &"line\n".repeat(60));
    window.harness.run_steps(4);
    assert!(window.field("Payload").rect().width() < 1070.0, "this one needs a bar");
}

#[test]
fn typing_goes_on_behind_what_was_switched_or_recalled() {
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    let shapes = &window.harness.output().shapes;
    let is_hint = |shape: &egui::Shape| matches!(shape, egui::Shape::Text(text) if text.galley.text() == "Ctrl+Enter sends");
    assert!(shapes.iter().any(|shape| is_hint(&shape.shape)), "an empty field says how");
    window.fill("Payload", "AB");
    window.click("Payload as hex");
    window.focus("Payload");
    window.harness.event(egui::Event::Text(" 43".into()));
    window.harness.run_steps(2);
    assert_eq!(window.value("Payload"), "41 42 43");
    window.press(Modifiers::COMMAND, Key::Enter);
    window.fill("Payload", "");
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.value("Payload"), "41 42 43");
    window.harness.event(egui::Event::Text(" 44".into()));
    window.harness.run_steps(2);
    assert_eq!(window.value("Payload"), "41 42 43 44");
}

#[test]
fn wrong_hex_is_not_sent_and_its_place_is_shown() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.click("Payload as hex");
    for (payload, error) in [
        ("01 03 0G", "'G' (line 1, column 8) is not a hex digit"),
        ("01 03 0", "(line 1, column 7) is half a byte"),
        ("01\n03\nzz", "(line 3, column 1) is not a hex digit"),
    ] {
        window.fill("Payload", payload);
        // Half of a byte is no error while it is typed.
        assert!(window.shows(error) || payload.ends_with(" 0"), "{payload}");
        window.focus("Payload as hex");
        assert!(window.shows(error), "{payload}");
        assert!(!window.is_enabled("Send"));
        // The shortcut does not send either.
        window.field("Payload").focus();
        window.press(Modifiers::COMMAND, Key::Enter);
    }
    window.fill("Payload", "0x01, 03 00\n0A00000D");
    assert!(window.shows("7 B"));
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 7), [1, 3, 0, 10, 0, 0, 13]);
    window.wait("the record", |window| window.status().traffic.bytes_out == 7);
    assert_eq!(window.status().traffic.records_out, 1, "nothing else left");
}

#[test]
fn a_pasted_dump_is_sent_as_its_bytes() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.click("Payload as hex");
    window.fill("Payload", "00000000: 4745 5420 2f20 4854 5450 2f31 2e31 0d0a  GET / HTTP/1.1..\n00000010: 0d0a                                     ..\n");
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 18), b"GET / HTTP/1.1\r\n\r\n");
}

#[test]
fn a_character_that_the_encoding_lacks_is_named() {
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    window.choose("Encoding", "GBK");
    window.fill("Payload", "好\n你好 한");
    assert!(window.shows("'한' (U+D55C, line 2, column 4) does not exist in GBK"));
    assert!(!window.is_enabled("Send"));
    window.choose("Encoding", "GB18030");
    assert!(window.is_enabled("Send"));
}

#[test]
fn line_endings_are_applied_to_every_line() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.fill("Payload", "one\ntwo");
    for (ending, bytes) in [
        ("CRLF", &b"one\r\ntwo\r\n"[..]),
        ("CR", b"one\rtwo\r"),
        ("LF", b"one\ntwo\n"),
        ("None", b"one\ntwo"),
    ] {
        window.choose("Line ending", ending);
        window.click("Send");
        assert_eq!(read_exactly(&mut peer, bytes.len()), bytes);
    }
}

#[test]
fn ctrl_enter_sends_and_arrows_go_through_the_history() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    send_all(&mut window, &mut peer, &["first", "second"]);
    window.fill("Payload", "draft");
    for (key, expected) in [
        (Key::ArrowUp, "second"),
        (Key::ArrowUp, "first"),
        (Key::ArrowUp, "first"),
        (Key::ArrowDown, "second"),
        (Key::ArrowDown, "draft"),
    ] {
        press(&mut window, key, expected);
    }
}

#[test]
fn a_payload_goes_to_the_selected_connections() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peers: Vec<_> = (0..3).map(|_| connect(address)).collect();
    window.wait("three", |window| window.status().connections.len() == 3);
    window.fill("Payload", "marked");
    // A click selects one alone, with Ctrl it adds.
    window.click(&peers[2].local_addr().unwrap().to_string());
    window.click(&peers[0].local_addr().unwrap().to_string());
    window.ctrl_click(&peers[1].local_addr().unwrap().to_string());
    window.click("Send");
    for peer in &mut peers[..2] {
        assert_eq!(read_exactly(peer, 6), b"marked");
    }
    window.wait("two records", |window| window.status().traffic.records_out == 2);
    window.menu("Connection actions", "Disconnect");
    window.wait("one left", |window| window.status().connections.len() == 1);
    assert_eq!(window.status().connections[0].peer, peers[2].local_addr().unwrap());
    window.choose("To", "To selected");
    window.click("Send");
    assert!(window.shows("No connection is selected."));
}

#[test]
fn text_from_an_input_method_reaches_the_wire_in_gbk() {
    use eframe::egui::{Event, ImeEvent};
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.choose("Encoding", "GBK");
    window.fill("Payload", "");
    window.harness.event(Event::Ime(ImeEvent::Preedit { text: "nihao".into(), active_range_chars: None }));
    window.harness.run_steps(2);
    window.harness.event(Event::Ime(ImeEvent::Commit("你好".into())));
    window.harness.run_steps(2);
    assert_eq!(window.value("Payload"), "你好");
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(read_exactly(&mut peer, 4), b"\xC4\xE3\xBA\xC3");
}

#[test]
fn up_skips_the_payload_that_was_just_sent() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    send_all(&mut window, &mut peer, &["first", "second"]);
    press(&mut window, Key::ArrowUp, "first");
}

#[test]
fn a_paste_that_is_too_long_is_refused_as_a_whole() {
    let mut window = Window::new();
    window.start_server();
    window.fill("Payload", "kept");
    window.harness.event(eframe::egui::Event::Paste("x".repeat(300_000)));
    window.harness.run_steps(3);
    assert_eq!(window.value("Payload"), "kept");
    assert!(window.shows("300004 characters"));
}

#[test]
fn the_draft_comes_back_after_edits_of_the_history() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    send_all(&mut window, &mut peer, &["first", "second"]);
    window.fill("Payload", "draft");
    press(&mut window, Key::ArrowUp, "second");
    window.fill("Payload", "second, changed");
    press(&mut window, Key::ArrowUp, "first");
    press(&mut window, Key::ArrowDown, "second, changed");
    press(&mut window, Key::ArrowDown, "draft");
    press(&mut window, Key::ArrowDown, "draft");
    // After an older entry is sent, the draft is still kept.
    press(&mut window, Key::ArrowUp, "second, changed");
    press(&mut window, Key::ArrowUp, "first");
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(read_exactly(&mut peer, 5), b"first");
    press(&mut window, Key::ArrowDown, "draft");
    press(&mut window, Key::ArrowUp, "first");
    press(&mut window, Key::ArrowUp, "second");
    press(&mut window, Key::ArrowDown, "first");
    press(&mut window, Key::ArrowDown, "draft");
}

#[test]
fn a_draft_in_hex_comes_back_as_hex() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    send_all(&mut window, &mut peer, &["text"]);
    window.click("Payload as hex");
    window.fill("Payload", "0A 0");
    press(&mut window, Key::ArrowUp, "text");
    assert!(window.has("Line ending"), "it was text");
    press(&mut window, Key::ArrowDown, "0A 0");
    assert!(!window.has("Line ending"), "it is hex");
}

#[test]
fn the_reason_for_a_refused_send_stays_until_dismissed() {
    use eframe::egui::accesskit::Live;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with(folder.path(), Vec::new(), eframe::egui::vec2(800.0, 500.0));
    let _peer = window.server_with(["still here"]);
    window.wait("the data", |window| window.shows_row("still here"));
    window.fill("Payload", "x");
    window.choose("To", "To selected");
    window.click("Send");
    let said = window.harness.get_by_label_contains("No connection is selected.").accesskit_node().live();
    assert_eq!(said, Live::Assertive, "it is spoken at once");
    assert!(window.shows_row("still here"), "the data stays in sight");
    window.click("Dismiss send error");
    assert!(!window.shows("No connection is selected."));
    // A long error of the payload stays within the window.
    window.click("Payload as hex");
    window.fill("Payload", &format!("{}zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "00 ".repeat(9)));
    let error = window.harness.get_by_label_contains("is not a hex digit");
    assert!(window.harness.ctx.content_rect().contains_rect(error.rect()));
    assert!(window.field("Payload").rect().height() >= 24.0);
}

/// Its result belongs to the payload: the session itself has not failed.
#[test]
fn an_error_of_sending_is_gone_after_the_next_payload_that_is_sent() {
    let mut window = Window::new();
    let address = window.start_server();
    window.fill("Payload", "text");
    window.press(Modifiers::COMMAND, Key::Enter);
    window.wait("the error", |window| window.has("Dismiss send error"));
    assert!(window.shows("there is no recipient"));
    assert_eq!(window.status().failure, None);
    let mut peer = connect(address);
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::Enter);
    assert_eq!(read_exactly(&mut peer, 4), b"text");
    window.wait("no error", |window| !window.has("Dismiss send error"));
}

#[test]
fn echo_can_be_switched_while_a_server_is_running() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.click("Options");
    window.click("Echo");
    // The session takes the command before or after what the peer sends first.
    let deadline = Instant::now() + DEADLINE;
    while window.status().traffic.bytes_out == 0 {
        assert!(Instant::now() < deadline, "nothing comes back");
        window.receive(&mut peer, b"there");
    }
    assert_eq!(read_exactly(&mut peer, 5), b"there");
    window.click("Echo");
    let mut before = 0;
    while window.status().traffic.bytes_out != before {
        assert!(Instant::now() < deadline, "everything comes back");
        before = window.status().traffic.bytes_out;
        window.receive(&mut peer, b"and no more");
    }
}

#[test]
fn the_error_of_a_send_goes_with_the_next_success() {
    let mut window = Window::new();
    window.start("UDP");
    let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", &receiver.local_addr().unwrap().port().to_string());
    window.fill("Payload", &"x".repeat(70_000));
    window.click("Send");
    window.wait("the failure", |window| window.has("Dismiss send error"));
    assert!(window.shows("do not fit into one datagram"));
    window.fill("Payload", "short");
    window.click("Send");
    window.wait("the end of the failure", |window| {
        window.status().traffic.records_out == 1
            && !window.has("Dismiss send error")
            && !window.has("Dismiss")
    });
}

#[test]
fn what_was_sent_before_is_sent_again_with_two_clicks() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    for payload in ["first", "second"] {
        window.fill("Payload", payload);
        window.click("Send");
        assert_eq!(read_exactly(&mut peer, payload.len()), payload.as_bytes());
    }
    window.fill("Payload", "draft");
    window.click("History");
    window.click("Send again first");
    assert_eq!(read_exactly(&mut peer, 5), b"first");
    assert!(!window.has("Send again first"), "the menu is closed");
    assert!(window.field("Payload").is_focused());
    // What was being typed comes back, as after going through the history with the keys.
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.value("Payload"), "draft");
    window.menu("History", "Use second");
    assert_eq!(window.value("Payload"), "second");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.value("Payload"), "draft");
    window.click("Payload as hex");
    assert!(window.field("Payload").is_focused(), "hex is typed at once");
    window.click("Stop");
    window.wait("the end", |window| window.has("Start"));
    window.click("History");
    assert!(!window.is_enabled("Send again first"), "there is nobody");
}

#[test]
fn an_edited_older_payload_comes_back_after_another_one_is_sent() {
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    send_all(&mut window, &mut peer, &["first", "second"]);
    window.menu("History", "Use first");
    window.fill("Payload", "first, changed");
    window.click("History");
    window.click("Send again second");
    assert_eq!(read_exactly(&mut peer, 6), b"second");
    press(&mut window, Key::ArrowDown, "first, changed");
}
