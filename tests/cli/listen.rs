//! `wirelab listen`: views, sending to clients, echo, `--quiet` and `--record`.

use crate::support::*;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

/// A head line without its time, `HH:MM:SS.mmm`.
fn after_time(line: &str) -> &str {
    let bytes = line.as_bytes();
    assert!(bytes.len() > 13 && bytes[2] == b':' && bytes[8] == b'.' && bytes[12] == b' ', "{line}");
    &line[13..]
}

#[test]
fn text_has_head_lines_and_split_characters_are_joined() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--encoding", "gbk"]);
    let address = server.address();
    assert!(address.ip().is_loopback() && address.port() != 0);
    let mut peer = connect(address);
    let name = peer.local_addr().unwrap();
    server.line(&format!("connection from {name}"));
    peer.write_all(b"\xC4\xE3\xBA").unwrap();
    server.output("  3 B\n");
    peer.write_all(b"\xC3!\r\nbye\x1B[2J").unwrap();
    drop(peer);
    let ended = server.end().expect(0);
    let text = ended.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(after_time(lines[0]), format!("<- {name}  3 B"));
    assert_eq!(lines[1], "  你");
    assert_eq!(after_time(lines[2]), format!("<- {name}  11 B"));
    assert_eq!(lines[3..], ["  好!", "  bye␛[2J"]);
    ended.says(&format!("{name}: closed by the peer"));
}

#[test]
fn every_form_of_an_address_is_accepted() {
    for (given, expected) in
        [("127.0.0.1:0", "127.0.0.1:"), ("0", "0.0.0.0:"), (":0", "0.0.0.0:"), ("[::1]:0", "[::1]:")]
    {
        let mut server = Program::wirelab(&["listen", given, "--once"]);
        let address = server.address();
        assert!(address.to_string().starts_with(expected), "{given}: {address}");
        let mut to = address;
        if to.ip().is_unspecified() {
            to.set_ip([127, 0, 0, 1].into());
        }
        drop(connect(to));
        server.end().expect(0);
    }
}

#[test]
fn listening_on_all_interfaces_is_reported_with_the_way_to_restrict_it() {
    for (command, json) in [("listen", false), ("listen", true), ("udp", false)] {
        let mut arguments = vec![command, "0", "--count", "1"];
        arguments.extend(json.then_some("--json"));
        let mut program = Program::wirelab(&arguments);
        let port: u16 = program.line("").strip_prefix("listening on 0.0.0.0:").unwrap().parse().unwrap();
        let address = ([127, 0, 0, 1], port).into();
        if command == "listen" {
            connect(address).write_all(b"x").unwrap();
        } else {
            udp().send_to(b"x", address).unwrap();
        }
        let ended = program.end().expect(0);
        let said = &ended.stderr[1];
        assert!(said.starts_with("All interfaces: other machines reach it "), "{said}");
        assert!(said.ends_with(&format!(". For this machine only, use 127.0.0.1:{port}.")), "{said}");
        if json {
            let notes: Vec<_> =
                ended.objects().into_iter().filter(|object| object["kind"] == "note").collect();
            assert_eq!(notes.len(), 1, "only what is in the recording: {notes:?}");
        }
    }
    for arguments in [&["listen", "127.0.0.1:0"][..], &["udp", "0", "--to", "127.0.0.1:9"]] {
        let ended = run(&[arguments, &["--for", "0.1"]].concat()).expect(0);
        assert!(!ended.stderr.iter().any(|line| line.contains("All interfaces")), "{:?}", ended.stderr);
    }
}

#[test]
fn data_that_cannot_be_echoed_after_standard_input_has_ended_is_reported() {
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--echo", "--send", "raw", "--once", "--json"]);
    let address = server.address();
    let mut peer = connect(address);
    server.feed(b"last");
    assert_eq!(read_all(&mut peer), b"last");
    peer.write_all(b"ping").unwrap();
    drop(peer);
    let is_told = |object: &serde_json::Value| {
        object["kind"] == "note" && object["text"].as_str().is_some_and(|text| text.starts_with("4 bytes"))
    };
    let ended = server.end().expect(0);
    assert!(ended.objects().iter().any(is_told), "{}", ended.text());
}

#[test]
fn the_hex_and_both_views_print_hex_rows() {
    for (view, content) in [("hex", ""), ("both", "  hi\n"), ("auto", "")] {
        let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--view", view]);
        let mut peer = connect(server.address());
        peer.write_all(b"hi\n\x01").unwrap();
        drop(peer);
        let text = server.end().expect(0).text();
        let row = "  00000000  68 69 0A 01                                       |hi..|\n";
        let content = if view == "both" { format!("{content}  ␁\n") } else { String::new() };
        assert!(text.ends_with(&format!("  4 B\n{content}{row}")), "{text}");
    }
}

#[test]
fn the_raw_view_prints_every_byte_and_nothing_else() {
    let all = all_bytes(3_000_000);
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--view", "raw"]);
    let mut peer = connect(server.address());
    peer.write_all(&all).unwrap();
    drop(peer);
    assert!(server.end().expect(0).stdout == all);
}

#[test]
fn quiet_prints_no_data() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--quiet"]);
    let mut peer = connect(server.address());
    peer.write_all(b"secret").unwrap();
    drop(peer);
    let ended = server.end().expect(0);
    assert_eq!(ended.text(), "");
    ended.says("closed by the peer");
}

#[test]
fn echo_returns_every_byte() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--echo", "--quiet"]);
    let mut peer = connect(server.address());
    let all = all_bytes(500_000);
    let (mut half, sent) = (peer.try_clone().unwrap(), all.clone());
    spawn("send", move || {
        half.write_all(&sent).unwrap();
        half.shutdown(Shutdown::Write).unwrap();
    });
    assert!(read_all(&mut peer) == all);
    server.end().expect(0);
}

#[test]
fn standard_input_goes_to_all_clients_and_its_end_half_closes_each() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--send", "text", "--line-ending", "crlf"]);
    let address = server.address();
    let mut first = connect(address);
    let mut second = connect(address);
    server.line("connection from");
    server.line("connection from");
    server.type_in("one\n");
    assert_eq!(read_exactly(&mut first, 5), b"one\r\n");
    assert_eq!(read_exactly(&mut second, 5), b"one\r\n");
    // A client that has half-closed still gets the rest.
    first.shutdown(Shutdown::Write).unwrap();
    server.line(&format!("{}: the peer has finished sending", first.local_addr().unwrap()));
    server.type_in("two");
    server.stdin = None;
    assert_eq!(read_all(&mut first), b"two\r\n");
    assert_eq!(read_all(&mut second), b"two\r\n");
    // Nothing more will be sent, so a later client is closed when it half-closes.
    let mut third = connect(address);
    third.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut third), b"");
}

#[test]
fn input_waits_for_the_first_client() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--send", "hex"]);
    server.feed(b"01 03 00 0A\n0xFF\n");
    let mut peer = connect(server.address());
    assert_eq!(read_all(&mut peer), [1, 3, 0, 10, 255]);
    drop(peer);
    let ended = server.end().expect(0);
    assert!(ended.text().contains(" -> 127.0.0.1:"), "{}", ended.text());
}

#[test]
fn standard_input_is_not_read_without_send() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once"]);
    server.feed(b"not for the peer\n");
    let mut peer = connect(server.address());
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut peer), b"");
    server.end().expect(0);
}

#[test]
fn once_accepts_one_connection() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--view", "raw"]);
    let address = server.address();
    let mut peer = connect(address);
    peer.write_all(b"first").unwrap();
    server.output("first");
    // The port is closed after the first connection. Clients that connected before that are not served.
    let deadline = Instant::now() + DEADLINE;
    while let Ok(mut late) = TcpStream::connect_timeout(&address, DEADLINE) {
        assert!(Instant::now() < deadline, "the server still listens");
        let _ = late.write_all(b"late");
    }
    drop(peer);
    assert_eq!(server.end().expect(0).text(), "first");
}

#[test]
fn only_the_file_of_record_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let all = all_bytes(200_000);
    for record in [false, true] {
        let file = folder.path().join("a.pcapng");
        let mut arguments = vec!["listen".into(), "127.0.0.1:0".into(), "--once".into(), "--quiet".into()];
        if record {
            arguments.extend(["--record".into(), file.clone().into_os_string()]);
        }
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(&arguments).current_dir(folder.path());
        for name in [
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "XDG_CACHE_HOME",
            "APPDATA",
            "LOCALAPPDATA",
            "TMPDIR",
        ] {
            command.env(name, folder.path());
        }
        let mut server = Program::start(command);
        let mut peer = connect(server.address());
        peer.write_all(&all).unwrap();
        drop(peer);
        server.end().expect(0);
        assert_eq!(entries(folder.path()), if record { vec!["a.pcapng"] } else { vec![] });
        if record {
            let shown =
                run(&["show".as_ref(), file.as_os_str(), "--view".as_ref(), "raw".as_ref()]).expect(0);
            assert!(shown.stdout == all);
        }
    }
}
