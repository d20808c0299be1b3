//! The AccessKit tree of each panel has the fixed names, and no control without a name.

use crate::fixture::{Window, connect};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::NodeT as _;
use std::collections::BTreeSet;
use std::io::Write;

/// Every node with its role and name.
fn tree(window: &Window) -> Vec<(Role, String)> {
    let mut all = Vec::new();
    let mut stack = vec![window.harness.root().accesskit_node()];
    while let Some(node) = stack.pop() {
        all.push((node.role(), node.label().unwrap_or_default()));
        stack.extend(node.children());
    }
    all
}

/// The roles of controls.
fn is_control(role: Role) -> bool {
    matches!(
        role,
        Role::Button
            | Role::CheckBox
            | Role::RadioButton
            | Role::ComboBox
            | Role::TextInput
            | Role::MultilineTextInput
            | Role::Slider
            | Role::ScrollBar
            | Role::ListBoxOption
    )
}

#[track_caller]
fn check(window: &Window, expected: &[&str]) {
    let tree = tree(window);
    let nameless: Vec<_> =
        tree.iter().filter(|(role, name)| is_control(*role) && name.trim().is_empty()).collect();
    assert!(nameless.is_empty(), "nameless controls: {nameless:?}");
    for name in expected {
        let found = tree.iter().filter(|(_, known)| known == name).count();
        assert_eq!(found, 1, "{name} in {tree:#?}");
    }
}

const EVERYWHERE: [&str; 16] = [
    "New session",
    "Encoding",
    "View",
    "Text",
    "Hex",
    "Both",
    "Payload",
    "Payload format",
    "Line ending",
    "Send",
    "Pause display",
    "Clear",
    "More",
    "History",
    "Search actions…",
    "Settings",
];

#[test]
fn the_server_panel() {
    let mut window = Window::new();
    window.click("New session");
    check(&window, &["TCP client", "TCP server", "UDP"]);
    window.click("TCP server");
    check(&window, &EVERYWHERE);
    check(&window, &["Local address", "Local port", "Start", "Connections", "To", "Connection actions"]);
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", "0");
    window.click("Start");
    window.wait("running", |window| window.has("Stop"));
    window.wait("listening", |window| window.has("Stop listening"));
    let mut peer = connect(window.status().local.unwrap());
    peer.write_all(b"hello").unwrap();
    window.wait("the row", |window| window.shows_row("hello"));
    let rows: Vec<_> = tree(&window).into_iter().filter(|(role, _)| *role == Role::Row).collect();
    assert!(rows.len() >= 3, "note, connected, data: {rows:?}");
    check(&window, &["Stop", "Stop listening"]);
    window.click("Connection actions");
    check(
        &window,
        &[
            "Disconnect",
            "Disconnect all",
            "Show only selected",
            "Copy addresses",
            "Select all connections",
            "Select no connection",
        ],
    );
}

#[test]
fn the_client_panel() {
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP client");
    check(&window, &EVERYWHERE);
    check(&window, &["Remote host", "Remote port", "Connect", "Options"]);
    window.click("Options");
    check(&window, &["Reconnect automatically", "Keep half-closed connections"]);
    window.click("Bind local address");
    check(&window, &["Local address", "Local port", "Reconnect automatically"]);
}

#[test]
fn the_udp_panel() {
    let mut window = Window::new();
    window.click("New session");
    window.click("UDP");
    check(&window, &EVERYWHERE);
    check(
        &window,
        &["Local address", "Local port", "Remote host", "Remote port", "Start", "Connections", "To"],
    );
    window.click("Options");
    check(&window, &["Allow broadcast", "Echo", "Forward to the others"]);
}

#[test]
fn the_keyboard_reaches_everything() {
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    let mut reached = BTreeSet::new();
    for _ in 0..60 {
        window.harness.key_press(Key::Tab);
        window.harness.run_steps(2);
        let focused = window.harness.root().accesskit_node().tree_state.focus().and_then(|node| node.label());
        // Tab leaves the payload field.
        reached.extend(focused);
    }
    for name in [
        "New session",
        "Tab TCP server :7788",
        "Close TCP server :7788",
        "Search actions…",
        "Settings",
        "Local address",
        "Choose local address",
        "Local port",
        "Options",
        "Start",
        "Text",
        "Hex",
        "Both",
        "Encoding",
        "Pause display",
        "Clear",
        "Payload as text",
        "Line ending",
        "History",
        "To",
        "Payload",
    ] {
        assert!(reached.contains(name), "{name} cannot be reached by Tab: {reached:?}");
    }
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", "0");
    window.harness.key_press_modifiers(Modifiers::NONE, Key::F5);
    window.wait("started by key", |window| window.has("Stop"));
}
