//! `wirelab connect`: sending standard input, half-closing, and connections that fail.

use crate::support::*;
use std::io::Write;
use std::net::Shutdown;

#[test]
fn standard_input_is_sent_and_half_closed_and_the_peer_s_close_ends_the_command() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address, "--send", "text", "--view", "raw"]);
    client.feed(b"hello\nworld");
    let mut peer = accept(&listener);
    client.line(&format!("connected to {address}"));
    // Reading to the end shows the half-close. The other direction is still open.
    assert_eq!(read_all(&mut peer), b"hello\nworld");
    peer.write_all(b"bye").unwrap();
    drop(peer);
    let ended = client.end().expect(0);
    assert_eq!(ended.text(), "bye");
    ended.says(&format!("{address}: closed by the peer"));
}

#[test]
fn everything_is_sent_to_a_peer_that_has_half_closed() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address, "--send", "raw"]);
    let mut peer = accept(&listener);
    peer.shutdown(Shutdown::Write).unwrap();
    client.line(&format!("{address}: the peer has finished sending"));
    let all = all_bytes(2_000_000);
    client.feed(&all);
    assert!(read_all(&mut peer) == all);
    client.end().expect(0);
}

#[test]
fn all_lines_arrive_in_order() {
    let lines: String = (0..50_000).map(|number| format!("{number}\n")).collect();
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address, "--send", "text", "--quiet"]);
    client.feed(lines.as_bytes());
    let mut peer = accept(&listener);
    assert!(read_all(&mut peer) == lines.as_bytes());
    drop(peer);
    client.end().expect(0);
}

#[test]
fn the_end_of_standard_input_ends_the_command_after_the_peer_s_half_close() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address, "--send", "text"]);
    let mut peer = accept(&listener);
    peer.shutdown(Shutdown::Write).unwrap();
    client.line(&format!("{address}: the peer has finished sending"));
    client.stdin = None;
    assert_eq!(read_all(&mut peer), b"");
    client.end().expect(0);
}

#[test]
fn without_input_the_peer_s_half_close_ends_the_command() {
    let (listener, address) = listener();
    let client = Program::wirelab(&["connect", &address, "--view", "raw"]);
    let mut peer = accept(&listener);
    peer.write_all(b"news").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut peer), b"");
    assert_eq!(client.end().expect(0).text(), "news");
}

#[test]
fn all_byte_values_pass_unchanged_in_both_directions() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address, "--send", "raw", "--view", "raw"]);
    let all = all_bytes(8_000_000);
    client.feed(&all);
    let mut peer = accept(&listener);
    let received = read_all(&mut peer);
    assert!(received == all);
    peer.write_all(&received).unwrap();
    drop(peer);
    assert!(client.end().expect(0).stdout == all);
}

#[test]
fn a_line_that_the_encoding_lacks_is_reported_and_the_rest_is_sent() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&[
        "connect",
        &address,
        "--send",
        "text",
        "--encoding",
        "gbk",
        "--line-ending",
        "lf",
    ]);
    client.feed("你\n好😀\n吗".as_bytes());
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), b"\xC4\xE3\n\xC2\xF0\n");
    drop(peer);
    let ended = client.end().expect(1);
    ended.says("'😀' (U+1F600, line 2, column 2) does not exist in GBK");
}

#[test]
fn wrong_hex_is_reported_with_its_place_and_the_rest_is_sent() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address, "--send", "hex"]);
    client.feed(b"0103\n01 0\n{0x0A, 0x0B}\n");
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), [1, 3, 10, 11]);
    drop(peer);
    client.end().expect(1).says("(line 2, column 4)");
}

// Not on Windows: there is no signal that asks a process to end.
#[cfg(target_os = "linux")]
#[test]
fn input_that_was_read_and_not_sent_is_reported_and_exits_with_1() {
    let (listener, address) = listener();
    // A receive buffer that was set is not enlarged by the kernel.
    socket2::SockRef::from(&listener).set_recv_buffer_size(64 << 10).unwrap();
    // Printing what is sent would delay the end.
    let mut client = Program::wirelab(&["connect", &address, "--send", "text", "--quiet"]);
    // One line is one payload, and this one exceeds the socket buffers of both sides.
    let line = [&vec![b'x'; 8 << 20][..], b"\n"].concat();
    client.stdin.as_mut().unwrap().write_all(&line).unwrap();
    let mut peer = accept(&listener);
    // Once the first byte arrives, the whole line has been read and queued.
    assert_eq!(read_exactly(&mut peer, 1), b"x");
    send_signal(client.id(), Signal::SIGTERM);
    client.end().expect(1).says(" bytes were not sent");
}

#[test]
fn a_refused_connection_is_explained_and_exits_with_4() {
    let (_socket, address) = refusing();
    let ended = run(&["connect", &address]).expect(4);
    ended.says(&format!(
        "Could not connect to {address}: the host is up, but nothing is listening on that port."
    ));
    assert_eq!(ended.stderr.len(), 1);
}

/// A listener whose queue is full, so that Linux does not answer.
#[cfg(target_os = "linux")]
fn silent_listener() -> (socket2::Socket, Vec<socket2::Socket>, String) {
    let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
    let new = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let listener = new();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let waiting = (0..4).map(|_| {
        let socket = new();
        socket.set_nonblocking(true).unwrap();
        let _ = socket.connect(&address);
        socket
    });
    let waiting = waiting.collect();
    let name = address.as_socket().unwrap().to_string();
    (listener, waiting, name)
}

// Not on Windows: only Linux leaves a connection pending that the backlog has no room for.
#[cfg(target_os = "linux")]
#[test]
fn connecting_without_an_answer_ends_after_the_timeout() {
    let (_listener, _waiting, address) = silent_listener();
    run(&["connect", &address, "--timeout", "0.3"]).expect(4).says("no response in time. Check the address");
    run(&["connect", &address, "--for", "0.3"])
        .expect(4)
        .says("The time is over, and there was no connection.");
}

#[test]
fn an_unknown_name_exits_with_4() {
    let ended = run(&["connect", "no-such-host.invalid:80", "--for", "15"]).expect(4);
    assert!(!ended.stderr.is_empty());
}

#[cfg_attr(windows, ignore = "wine reads a reset as an orderly end")]
#[test]
fn a_reset_exits_with_5() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address]);
    let peer = accept(&listener);
    client.line("connected to");
    reset(peer);
    client.end().expect(5).says("reset by the peer");
}

#[cfg_attr(windows, ignore = "wine reads a reset as an orderly end")]
#[test]
fn a_reset_of_the_only_connection_of_a_server_exits_with_5() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once"]);
    let peer = connect(server.address());
    server.line("connection from");
    reset(peer);
    server.end().expect(5).says("reset by the peer");
}

fn reset(peer: std::net::TcpStream) {
    socket2::SockRef::from(&peer).set_linger(Some(std::time::Duration::ZERO)).unwrap();
}

#[test]
fn a_client_and_a_server_exchange_text_in_big5() {
    let mut server = Program::wirelab(&[
        "listen",
        "[::1]:0",
        "--once",
        "--view",
        "raw",
        "--send",
        "text",
        "--encoding",
        "big5",
    ]);
    let address = server.address().to_string();
    let mut client =
        Program::wirelab(&["connect", &address, "--send", "text", "--view", "text", "--encoding", "big5"]);
    client.feed("中文\n".as_bytes());
    server.feed("回答\n".as_bytes());
    let ended = client.end().expect(0);
    assert!(ended.text().contains("  回答\n") && ended.text().contains("  中文\n"), "{}", ended.text());
    assert_eq!(server.end().expect(0).stdout, b"\xA4\xA4\xA4\xE5\n");
}
