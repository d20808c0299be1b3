//! How bytes go on the wire, in the window: forwarding, Nagle's algorithm.

use crate::fixture::*;
use std::time::Instant;

#[test]
fn forwarding_is_switched_beside_echo_while_a_server_is_running() {
    let mut window = Window::new();
    let address = window.start_server();
    let [mut first, mut second] = [(); 2].map(|()| connect(address));
    window.wait("both", |window| window.status().connections.len() == 2);
    window.click("Options");
    window.click("Echo");
    window.click("Forward to the others");
    let form = |window: &Window| {
        let form = &window.app().active_tab().unwrap().form;
        (form.echo, form.forward)
    };
    assert_eq!(form(&window), (false, true), "one instead of the other");
    // The session takes the commands before or after what the peer sends first.
    let deadline = Instant::now() + DEADLINE;
    while window.status().traffic.bytes_out == 0 {
        assert!(Instant::now() < deadline, "nothing is forwarded");
        window.receive(&mut first, b"hello");
    }
    assert_eq!(read_exactly(&mut second, 5), b"hello");
    window.click("Forward to the others");
    assert_eq!(form(&window), (false, false));
}

#[test]
fn a_client_has_nobody_to_forward_to() {
    let mut window = Window::new();
    window.client_of(1);
    window.click("Options");
    assert!(window.has("Echo") && !window.has("Forward to the others"));
}

#[test]
fn sending_without_delay_is_switched_while_a_connection_is_open_and_recorded() {
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    window.click("Options");
    window.click("Send without delay");
    window.wait("the note", |window| window.shows_row("TCP_NODELAY off"));
    assert!(!window.app().active_tab().unwrap().form.no_delay);
    window.click("Send without delay");
    window.wait("the note", |window| window.shows_row("TCP_NODELAY on"));
}

#[test]
fn udp_peers_are_forwarded_to_and_have_no_algorithm_of_nagle() {
    let mut window = Window::new();
    window.start("UDP");
    window.click("Options");
    assert!(window.has("Forward to the others") && !window.has("Send without delay"));
}
