//! Where the keyboard focus is after an action: on the field that is most likely to be typed in next, with everything in
//! it selected.

use crate::fixture::{Window, refusing};
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::NodeT as _;
use std::net::TcpListener;
use wirelab::model::SessionState;

/// Types where the focus is, character by character.
fn type_text(window: &mut Window, text: &str) {
    for character in text.chars() {
        window.harness.event(Event::Text(character.into()));
        window.harness.run_steps(1);
    }
}

#[track_caller]
fn assert_replaced_by_typing(window: &mut Window, field: &str, text: &str) {
    assert!(window.field(field).is_focused(), "{field} has no focus");
    type_text(window, text);
    assert_eq!(window.value(field), text);
}

#[test]
fn typing_in_a_new_tab_replaces_what_is_prefilled() {
    let mut window = Window::new();
    for (kind, field, text) in [
        ("TCP server", "Local port", "9000"),
        ("TCP client", "Remote host", "::1"),
        ("UDP", "Local port", "1"),
    ] {
        window.click("New session");
        window.click(kind);
        assert_replaced_by_typing(&mut window, field, text);
    }
    for (key, field, text) in
        [(Key::N, "Local port", "9001"), (Key::T, "Remote host", "plc"), (Key::U, "Local port", "2")]
    {
        window.press(Modifiers::COMMAND, key);
        assert_replaced_by_typing(&mut window, field, text);
    }
}

#[test]
fn after_each_failed_start_the_focus_is_on_what_to_change() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    window.fill("Local address", "127.0.0.1");
    // A wrong port, a taken one, and a wrong one again.
    for wrong in ["70000", &port, &port, "x"] {
        window.fill("Local port", wrong);
        window.click("Start");
        window.wait("the focus", |window| window.field("Local port").is_focused());
    }
    // An address of another machine (RFC 5737).
    window.fill("Local address", "192.0.2.1");
    window.fill("Local port", "0");
    window.click("Start");
    window.wait("the focus", |window| window.field("Local address").is_focused());
    assert_replaced_by_typing(&mut window, "Local address", "127.0.0.1");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("listening", |window| window.status().state == SessionState::Listening);
}

#[test]
fn after_a_refused_connection_the_focus_is_on_the_remote_port() {
    let (_socket, port) = refusing();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP client");
    type_text(&mut window, "127.0.0.1");
    window.fill("Remote port", &port.to_string());
    for _ in 0..2 {
        window.press(Modifiers::NONE, Key::Enter);
        window.wait("the failure", |window| window.has("Dismiss"));
        window.wait("the focus", |window| window.field("Remote port").is_focused());
    }
    let port = listener.local_addr().unwrap().port().to_string();
    assert_replaced_by_typing(&mut window, "Remote port", &port);
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("connected", |window| window.status().state == SessionState::Open);
    assert!(!window.has("Dismiss"));
    assert!(!window.field("Remote port").accesskit_node().is_focused(), "it cannot be edited now");
}

#[test]
fn the_save_dialog_has_the_name_selected_without_its_folder_and_ending() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = crate::fixture::three_records(&mut window);
    window.tool("Save recording");
    let before = std::path::PathBuf::from(window.value("Save as"));
    type_text(&mut window, "run 1");
    let after = std::path::PathBuf::from(window.value("Save as"));
    assert_eq!(after, before.with_file_name("run 1.pcapng"));
}

#[test]
fn a_failed_start_does_not_take_the_focus_from_what_is_typed_elsewhere() {
    let (_socket, port) = refusing();
    let mut window = Window::new();
    window.client_of(port);
    window.fill("Payload", "abc");
    window.press(Modifiers::NONE, Key::F5);
    window.wait("the failure", |window| window.has("Dismiss"));
    window.harness.run_steps(3);
    assert!(window.field("Payload").is_focused());
    type_text(&mut window, "d");
    assert_eq!(window.value("Payload"), "abcd");
    // From the settings themselves it goes to the one to change.
    window.field("Remote host").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::F5);
    window.wait("the focus", |window| window.field("Remote port").is_focused());
}

#[test]
fn a_failed_start_does_not_take_the_focus_from_a_dialog() {
    let (_socket, port) = refusing();
    let control = Modifiers::COMMAND;
    for (keys, field) in [
        ((control | Modifiers::SHIFT, Key::P), Some("Search actions")),
        ((control | Modifiers::SHIFT, Key::O), Some("File to open")),
        ((control, Key::Comma), None),
    ] {
        let mut window = Window::new();
        window.client_of(port);
        window.field("Remote host").focus();
        window.harness.run_steps(2);
        // The dialog opens before the failure is known.
        window.harness.key_press(Key::F5);
        window.harness.key_press_modifiers(keys.0, keys.1);
        window.wait("the failure", |window| window.has("Dismiss"));
        window.harness.run_steps(5);
        assert!(!window.field("Remote port").is_focused(), "{keys:?}");
        if let Some(field) = field {
            type_text(&mut window, "abc");
            assert_eq!(window.value(field), "abc");
        }
    }
}
