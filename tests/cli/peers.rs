//! Against the programs it takes the place of: socat and netcat. `make test` installs both.

use crate::support::*;
use std::net::SocketAddr;
use std::process::Command;

fn program(name: &str, arguments: &[&str]) -> Program {
    let mut command = Command::new(name);
    command.args(arguments);
    Program::start(command)
}

/// A socat that listens, and where.
fn socat_server(address: &str, what: &str) -> (Program, SocketAddr) {
    let mut socat = program("socat", &["-d", "-d", address, what]);
    // "… N listening on AF=2 127.0.0.1:41234", after the date.
    let deadline = std::time::Instant::now() + DEADLINE;
    loop {
        assert!(std::time::Instant::now() < deadline);
        let line = socat.line("");
        if let Some((_, address)) = line.split_once("listening on AF=2 ") {
            return (socat, address.parse().unwrap());
        }
    }
}

#[test]
fn a_listening_raw_view_equals_netcat() {
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
fn netcat_is_answered() {
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
fn an_echoing_socat_gives_everything_back() {
    let all = all_bytes(5_000_000);
    let (_socat, address) = socat_server("TCP-LISTEN:0,bind=127.0.0.1", "PIPE");
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
fn a_terminal_is_read_unasked_and_the_peer_s_close_ends_it() {
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
    // Nobody has ended the terminal's input.
    drop(peer);
    terminal.end().expect(0);
}
