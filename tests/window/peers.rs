//! The list of connections: peers that come back, their names, encodings and menu.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Key, Modifiers};
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
