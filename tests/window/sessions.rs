//! Starting and stopping sessions, and their failures.

use crate::fixture::{DEADLINE, Window, connect, folders, read_exactly, refusing};
use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use wirelab::model::SessionState;

#[test]
fn a_server_joins_split_gbk_characters_answers_and_restarts() {
    let mut window = Window::new();
    let address = window.start_server();
    window.choose("Encoding", "GBK");
    let mut peer = connect(address);
    // 中 is D6 D0 in GBK, split between two reads.
    peer.write_all(b"\xD6").unwrap();
    window.wait("the first half", |window| window.status().traffic.bytes_in == 1);
    peer.write_all(b"\xD0\xCE\xC4!").unwrap();
    window.wait("the character", |window| window.shows_row("中文!"));
    assert!(!window.shows_row("\u{FFFD}"));

    window.click("Hex");
    window.wait("hex", |window| window.shows_row("D0 CE C4 21"));
    window.click("Both");
    window.wait("both", |window| window.shows_row("中文! D0 CE C4 21"));

    window.fill("Payload", "答 ok");
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 5), b"\xB4\xF0 ok");
    window.wait("the record of the answer", |window| window.shows_row("答 ok"));

    window.click("Stop");
    window.wait("stopped", |window| window.has("Start"));
    assert!(!window.status().state.is_active());
    window.fill("Local port", &address.port().to_string());
    window.click("Start");
    window.wait("listening again", |window| window.status().state == SessionState::Listening);
    assert_eq!(window.status().local, Some(address));
    assert!(window.shows_row("中文!"), "what was there stays");
    connect(address);
}

#[test]
fn listening_stops_while_connections_stay() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.click("Stop listening");
    window.wait("open", |window| window.status().state == SessionState::Open);
    TcpListener::bind(address).expect("the port is free");
    window.fill("Payload", "still");
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 5), b"still");
    window.click("Listen again");
    window.wait("listening again", |window| window.status().state == SessionState::Listening);
    connect(address);
}

#[test]
fn a_client_connects_and_disconnects() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP client");
    window.fill("Remote host", "localhost");
    window.fill("Remote port", &port.to_string());
    window.click("Connect");
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    window.wait("connected", |window| window.shows("Connected to 127.0.0.1"));
    peer.write_all("欢迎".as_bytes()).unwrap();
    window.wait("the greeting", |window| window.shows_row("欢迎"));
    window.click("Disconnect");
    window.wait("disconnected", |window| window.has("Connect"));
    assert_eq!(std::io::Read::read(&mut peer, &mut [0; 1]).unwrap(), 0);
}

#[test]
fn a_refused_connection_is_explained_and_can_be_dismissed() {
    let (_socket, port) = refusing();
    let mut window = Window::new();
    window.client_of(port);
    window.click("Connect");
    let text = format!(
        "Could not connect to 127.0.0.1:{port}: the host is up, but nothing is listening on that port."
    );
    window.wait("the explanation", |window| window.shows(&text));
    assert!(window.has("Connect"), "it can be tried again");
    window.click("Dismiss");
    assert!(!window.has("Dismiss"));
}

#[test]
fn a_taken_port_offers_the_next_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", &port.to_string());
    window.click("Start");
    window.wait("the explanation", |window| window.shows("the port is in use by"));
    let offer =
        (port + 1..port + 70).map(|port| format!("Use port {port}")).find(|name| window.has(name)).unwrap();
    window.click(&offer);
    window.wait("listening", |window| window.status().state == SessionState::Listening);
    assert!(offer.ends_with(&window.status().local.unwrap().port().to_string()));
}

#[test]
fn wrong_fields_show_errors_and_nothing_starts() {
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    for (port, error) in [
        ("", "The port is empty."),
        ("65536", "Port 65536 is too large."),
        ("http", "Port 'http' is not a number."),
        ("７７８８", "'７７８８' has full-width characters. Type '7788'."),
    ] {
        window.fill("Local port", port);
        window.click("Start");
        assert!(window.shows(error), "{port}");
        assert!(window.has("Start"));
    }
    window.fill("Local port", "0");
    assert!(!window.shows("full-width"), "the mark goes as soon as it is right");
    window.click("New session");
    window.click("TCP client");
    window.fill("Remote host", "my host");
    window.fill("Remote port", "0");
    window.click("Connect");
    assert!(window.shows("Host 'my host' contains a space."));
    assert!(window.shows("Port 0 cannot be connected to."));
}

#[test]
fn udp_lists_peers_and_answers_the_last() {
    let mut window = Window::new();
    let address = window.start("UDP");
    let peers: Vec<_> = (0..2).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    for (index, peer) in peers.iter().enumerate() {
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        peer.send_to(format!("from {index}").as_bytes(), address).unwrap();
        window.wait("the datagram", |window| window.shows_row(&format!("from {index}")));
    }
    assert!(window.has(&peers[0].local_addr().unwrap().to_string()), "the peer is listed");
    window.choose("To", "To last peer");
    window.fill("Payload", "answer");
    window.click("Send");
    let mut buffer = [0; 16];
    assert_eq!(peers[1].recv(&mut buffer).unwrap(), 6);
    // The remote address can be changed while the socket is open; host names are resolved.
    window.fill("Remote host", "localhost");
    window.fill("Remote port", &peers[0].local_addr().unwrap().port().to_string());
    window.choose("To", "To remote host");
    window.click("Send");
    assert_eq!(peers[0].recv(&mut buffer).unwrap(), 6);
}

#[test]
fn broadcast_is_explained_and_can_be_allowed_while_open() {
    let mut window = Window::new();
    window.click("New session");
    window.click("UDP");
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", "0");
    // The broadcast address of the loopback network reaches nobody.
    window.fill("Remote host", "127.255.255.255");
    window.fill("Remote port", "9");
    window.click("Start");
    window.wait("bound", |window| window.status().state == SessionState::Listening);
    window.fill("Payload", "anybody?");
    window.click("Send");
    window.wait("the explanation", |window| window.has("Allow broadcast now"));
    window.click("Allow broadcast now");
    window.click("Send");
    window.wait("the datagram", |window| window.status().traffic.records_out == 1);
    assert!(!window.has("Dismiss"), "what was explained is over");
}

#[test]
fn tabs_open_close_and_change_by_key() {
    use eframe::egui::{Key, Modifiers};
    let mut window = Window::new();
    for key in [Key::N, Key::T, Key::U] {
        window.harness.key_press_modifiers(Modifiers::COMMAND, key);
        window.harness.run_steps(2);
    }
    assert_eq!(window.app().statuses().count(), 3);
    assert!(window.has("Tab UDP :7788") && window.has("Start"));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::N);
    window.harness.run_steps(2);
    assert!(window.has("Tab TCP server :7789"), "two tabs do not ask for the same port");
    window.click("Close TCP server :7789");
    window.harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Tab);
    window.harness.run_steps(2);
    assert!(window.has("Connect"), "the client's tab is shown");
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
    window.harness.run_steps(2);
    assert_eq!(window.app().statuses().count(), 2);
    window.click("Close UDP :7788");
    window.click("Close TCP server :7788");
    assert_eq!(window.app().statuses().count(), 0);
    assert!(window.has("New TCP server"), "an empty window says how to begin");
}

#[test]
fn closing_a_tab_ends_its_connections_and_its_recording() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let address = window.start_server();
    let mut peer = connect(address);
    peer.write_all(b"x").unwrap();
    window.wait("the byte", |window| window.status().traffic.bytes_in == 1);
    // One folder per recording, and the lock file beside them.
    let recordings = || folders(&folder.path().join("recordings"));
    assert_eq!(recordings(), 1);
    window.click(&format!("Close TCP server {address}"));
    window.click("Close without saving");
    assert_eq!(std::io::Read::read(&mut peer, &mut [0; 1]).unwrap(), 0);
    window.wait("the recording to go", |_| recordings() == 0);
}

/// A client in the window that is connected to `listener`.
fn connected_client(window: &mut Window, listener: &TcpListener) -> std::net::TcpStream {
    window.click("New session");
    window.click("TCP client");
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", &listener.local_addr().unwrap().port().to_string());
    window.click("Connect");
    let (peer, _) = listener.accept().unwrap();
    window.wait("connected", |window| window.status().state == SessionState::Open);
    peer
}

#[test]
fn a_client_can_connect_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut window = Window::new();
    let peer = connected_client(&mut window, &listener);
    drop(peer);
    window.wait("the end", |window| window.has("Connect"));
    assert!(window.shows("Closed by the peer"));
    window.click("Connect");
    let (mut peer, _) = listener.accept().unwrap();
    window.wait("connected", |window| window.status().state == SessionState::Open);
    peer.write_all(b"again").unwrap();
    window.wait("the data", |window| window.shows_row("again"));
}

#[test]
fn a_client_reconnects_automatically() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP client");
    window.click("Options");
    window.click("Reconnect automatically");
    window.harness.key_press(eframe::egui::Key::Escape);
    window.harness.run_steps(2);
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", &address.port().to_string());
    window.click("Connect");
    let (peer, _) = listener.accept().unwrap();
    window.wait("connected", |window| window.status().state == SessionState::Open);
    drop((peer, listener));
    window.wait("the next try", |window| window.shows("Trying again at "));
    assert!(window.has("Disconnect"), "waiting can be ended");
    let listener = TcpListener::bind(address).unwrap();
    window.wait("connected again", |window| window.status().state == SessionState::Open);
    let (mut peer, _) = listener.accept().unwrap();
    peer.write_all(b"back").unwrap();
    window.wait("the data", |window| window.shows_row("back"));
    assert!(!window.has("Dismiss"), "what failed on the way is over");
    drop((peer, listener));
    window.wait("the next try", |window| window.shows("Trying again at "));
    window.click("Disconnect");
    window.wait("stopped", |window| window.has("Connect"));
}

#[test]
fn a_local_address_is_chosen_from_a_menu() {
    use egui_kittest::kittest::Queryable as _;
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    for _ in 0..2 {
        window.click("Choose local address");
        let one = |window: &Window, part: &str| window.harness.query_all_by_label_contains(part).count();
        assert_eq!(one(&window, "127.0.0.1   this machine only"), 1);
        assert_eq!(one(&window, "0.0.0.0   all IPv4 addresses"), 1);
        window.harness.get_by_label_contains("127.0.0.1   ").click();
        window.harness.run_steps(3);
        assert_eq!(window.value("Local address"), "127.0.0.1");
        assert_eq!(one(&window, "this machine only"), 0, "the menu closes");
    }
}
