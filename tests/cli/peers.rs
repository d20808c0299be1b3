//! Sessions with socat and netcat as their peers. `make test` installs both.

use crate::support::*;
use std::net::SocketAddr;
use std::process::Command;

fn program(name: &str, arguments: &[&str]) -> Program {
    let mut command = Command::new(name);
    command.args(arguments);
    Program::start(command)
}

/// A socat that returns everything that it receives, and its address.
fn echoing_socat() -> (Program, SocketAddr) {
    // socat reads the pipe that it writes to. It writes once a page of the pipe is free, so a larger block could make
    // it wait for itself.
    let mut socat = program("socat", &["-d", "-d", "-b", "4096", "TCP-LISTEN:0,bind=127.0.0.1", "PIPE"]);
    // socat writes "DATE socat[PID] N listening on AF=2 127.0.0.1:41234".
    let deadline = std::time::Instant::now() + DEADLINE;
    loop {
        assert!(std::time::Instant::now() < deadline, "socat does not listen");
        let line = socat.line("");
        if let Some((_, address)) = line.split_once("listening on AF=2 ") {
            return (socat, address.parse().unwrap());
        }
    }
}

#[test]
fn the_raw_view_prints_what_netcat_and_socat_send() {
    let all = all_bytes(5_000_000);
    for sender in ["nc", "socat"] {
        let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--view", "raw"]);
        let address = server.address();
        let port = address.port().to_string();
        let mut peer = match sender {
            "nc" => program("nc", &["-N", "127.0.0.1", &port]),
            _ => program("socat", &["-u", "STDIN", &format!("TCP:{address}")]),
        };
        peer.feed(&all);
        assert!(server.end().expect(0).stdout == all, "{sender}");
        peer.end().expect(0);
    }
}

#[test]
fn netcat_gets_the_answer() {
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--view", "raw", "--send", "text"]);
    let port = server.address().port().to_string();
    let mut peer = program("nc", &["-N", "127.0.0.1", &port]);
    peer.feed(b"question\n");
    server.feed(b"answer\n");
    assert_eq!(peer.end().expect(0).text(), "answer\n");
    assert_eq!(server.end().expect(0).text(), "question\n");
}

#[test]
fn everything_comes_back_from_an_echoing_socat() {
    let all = all_bytes(5_000_000);
    let (_socat, address) = echoing_socat();
    let mut client = Program::wirelab(&["connect", &address.to_string(), "--send", "raw", "--view", "raw"]);
    client.feed(&all);
    assert!(client.end().expect(0).stdout == all);
}

#[test]
fn socat_gets_its_datagrams_echoed() {
    let mut server = Program::wirelab(&["udp", "127.0.0.1:0", "--echo", "--once", "--view", "raw"]);
    let address = server.address();
    let mut socat = program("socat", &["-t", "5", "-", &format!("UDP:{address}")]);
    socat.type_in("ping");
    socat.output("ping");
    assert_eq!(server.end().expect(0).text(), "ping");
}

#[test]
fn a_terminal_is_read_without_send_and_the_peer_s_close_ends_the_command() {
    use std::io::Write;
    let (listener, address) = listener();
    let wirelab = format!(
        "EXEC:{} connect {},pty,setsid,ctty,rawer",
        env!("CARGO_BIN_EXE_wirelab"),
        address.replace(':', "\\:")
    );
    let mut terminal = program("socat", &["-", &wirelab]);
    let mut peer = accept(&listener);
    terminal.type_in("typed\n");
    assert_eq!(read_exactly(&mut peer, 6), b"typed\n");
    peer.write_all(b"seen\n").unwrap();
    terminal.output("  seen");
    // The input of the terminal is still open.
    drop(peer);
    terminal.end().expect(0);
}
