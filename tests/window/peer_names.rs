//! The names that people give to peers, wherever an address of a peer is shown.

use crate::fixture::{Window, connect, refusing};
use eframe::egui::{Event, Key, Modifiers, Shape};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::net::{TcpListener, UdpSocket};

/// The accessible description of a control.
#[track_caller]
fn description(window: &Window, name: &str) -> String {
    window.harness.get_by_label(name).accesskit_node().description().unwrap_or_default()
}

/// The accessible value of a control.
#[track_caller]
fn value(window: &Window, name: &str) -> String {
    window.harness.get_by_label(name).accesskit_node().value().unwrap_or_default()
}

/// Whether the last frame has painted this text.
fn paints(window: &Window, text: &str) -> bool {
    let shapes = &window.harness.output().shapes;
    shapes.iter().any(|shape| matches!(&shape.shape, Shape::Text(shown) if shown.galley.text() == text))
}

/// Names a peer in the list of connections.
#[track_caller]
fn name(window: &mut Window, peer: &str, name: &str) {
    window.harness.get_by_label(peer).click_secondary();
    window.harness.run_steps(3);
    window.click("Rename");
    window.harness.event(Event::Text(name.into()));
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    let named = format!("{name} {peer}");
    window.wait("the name", |window| window.has(&named));
}

/// Opens a client of this address and connects it.
#[track_caller]
fn client(window: &mut Window, port: u16) {
    window.click("New session");
    window.click("TCP client");
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", &port.to_string());
}

#[test]
fn the_recipients_are_named() {
    let mut window = Window::new();
    let server = window.start_server();
    let (first, second) = (connect(server), connect(server));
    window.wait("two", |window| window.status().connections.len() == 2);
    let [first, second] = [&first, &second].map(|peer| peer.local_addr().unwrap().to_string());
    window.click(&first);
    assert_eq!(value(&window, "To"), format!("{first} (selected)"), "without a name its address");
    name(&mut window, &first, "PLC");
    assert_eq!(value(&window, "To"), "PLC (selected)");
    assert_eq!(description(&window, "To"), format!("PLC ({first})"));
    window.click("To");
    assert_eq!(description(&window, "To selected"), format!("PLC ({first})"));
    assert_eq!(description(&window, "To all"), format!("PLC ({first})\nPLC ({second})"));
    window.click("To all");
    assert_eq!(value(&window, "To"), "All (2)");
    window.ctrl_click(&format!("PLC {second}"));
    assert_eq!(value(&window, "To"), "Selected (2)");
}

#[test]
fn the_recipients_of_datagrams_are_named() {
    let mut window = Window::new();
    let address = window.start("UDP");
    assert_eq!(value(&window, "To"), "Last sender");
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.send_to(b"hello", address).unwrap();
    window.wait("the peer", |window| window.status().connections.len() == 1);
    let peer = peer.local_addr().unwrap();
    name(&mut window, &peer.to_string(), "Sensor");
    assert_eq!(value(&window, "To"), "Sensor (last sender)");
    assert_eq!(description(&window, "To"), format!("Sensor ({peer})"));
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", &peer.port().to_string());
    assert_eq!(value(&window, "To"), "Sensor (remote host)");
    assert_eq!(description(&window, "To"), format!("Sensor ({peer})"));
    window.fill("Remote host", "sensor.local");
    assert_eq!(value(&window, "To"), format!("sensor.local:{} (remote host)", peer.port()));
}

#[test]
fn the_filter_on_one_connection_is_named() {
    let mut window = Window::new();
    let peer = window.server_with([b"hello\n"]);
    let peer = peer.local_addr().unwrap().to_string();
    window.wait("the record", |window| window.shows_row("hello"));
    name(&mut window, &peer, "PLC");
    window.harness.get_by_label(&format!("PLC {peer}")).click_secondary();
    window.harness.run_steps(3);
    window.click("Show only this");
    assert!(paints(&window, "Only PLC ×"));
    assert_eq!(description(&window, "All connections"), format!("PLC ({peer})"));
    window.click("All connections");
    window.wait("the record", |window| window.shows_row("hello"));
    window.click_head("hello");
    assert!(paints(&window, "Only PLC"));
    assert_eq!(description(&window, "Only this connection"), format!("PLC ({peer})"));
}

#[test]
fn a_client_names_its_server() {
    let mut window = Window::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    client(&mut window, server.port());
    // Also before it is connected.
    window.menu("More", "Name server");
    window.fill("Peer name", "PLC-1");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the name", |window| window.has("Tab TCP client PLC-1"));
    window.click("Connect");
    window.wait("connected", |window| window.shows("Connected to PLC-1 from "));
    let full = format!("PLC-1 ({server})");
    let state = window.harness.get_by_label_contains("Connected to PLC-1 from ");
    assert_eq!(state.accesskit_node().label().as_deref(), Some("State"));
    let said = state.accesskit_node().description().unwrap();
    assert!(said.starts_with(&format!("Connected to {full} from ")), "{said}");
    assert!(description(&window, "Tab TCP client PLC-1").starts_with(&full));
    window.wait("the record", |window| window.shows_row(&format!("→ {full}")));
    window.harness.get_by_label("Tab TCP client PLC-1").click_secondary();
    window.harness.run_steps(3);
    assert!(window.has("Copy address") && window.has("Close this tab"));
    window.click("Name server");
    assert_eq!(window.value("Peer name"), "PLC-1");
    window.fill("Peer name", "");
    window.click("Answer");
    window.wait("the address", |window| window.has(&format!("Tab TCP client {server}")));
    assert!(window.shows(&format!("Connected to {server} from ")));
}

#[test]
fn a_failure_names_the_peer() {
    let mut window = Window::new();
    let (_socket, port) = refusing();
    client(&mut window, port);
    window.menu("More", "Name server");
    window.fill("Peer name", "PLC-1");
    window.click("Answer");
    window.click("Connect");
    let said = format!("Could not connect to PLC-1 (127.0.0.1:{port})");
    window.wait("the failure", |window| window.shows(&said));
}

#[test]
fn a_name_of_the_host_can_be_removed_at_a_client_of_it() {
    let mut window = Window::new();
    let server = window.start_server();
    let peer = connect(server);
    window.wait("the peer", |window| window.status().connections.len() == 1);
    name(&mut window, &peer.local_addr().unwrap().to_string(), "PLC");
    client(&mut window, server.port());
    // The port tells several servers of one host apart.
    window.wait("the name", |window| window.has(&format!("Tab TCP client PLC:{}", server.port())));
    window.menu("More", "Name server");
    assert_eq!(window.value("Peer name"), "PLC");
    window.fill("Peer name", "");
    window.click("Answer");
    window.wait("the address", |window| window.has(&format!("Tab TCP client {server}")));
}

#[test]
fn a_client_of_a_named_host_names_its_server_and_not_the_host() {
    let mut window = Window::new();
    let server = window.start_server();
    let peer = connect(server);
    window.wait("the peer", |window| window.status().connections.len() == 1);
    let peer = peer.local_addr().unwrap().to_string();
    name(&mut window, &peer, "PLC");
    client(&mut window, server.port());
    // An answer that was not changed gives no name.
    window.menu("More", "Name server");
    assert_eq!(window.value("Peer name"), "PLC");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has(&format!("Tab TCP client PLC:{}", server.port())));
    window.menu("More", "Name server");
    assert!(paints(&window, &format!("Name of {server}")));
    window.fill("Peer name", "Gateway");
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the name", |window| window.has("Tab TCP client Gateway"));
    window.press(Modifiers::COMMAND, Key::Num1);
    assert!(window.has(&format!("PLC {peer}")), "the host keeps its name");
    // Without it, the host's is shown again.
    window.press(Modifiers::COMMAND, Key::Num2);
    window.menu("More", "Name server");
    window.fill("Peer name", "");
    window.click("Answer");
    window.wait("the host's name", |window| window.has(&format!("Tab TCP client PLC:{}", server.port())));
}

#[test]
fn without_a_sender_the_recipient_is_the_remote_host() {
    let mut window = Window::new();
    window.start("UDP");
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", "7788");
    window.choose("To", "To last peer");
    assert_eq!(value(&window, "To"), "127.0.0.1:7788 (remote host)");
    assert_eq!(description(&window, "To"), "127.0.0.1:7788");
}
