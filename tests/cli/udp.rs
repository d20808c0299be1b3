//! `wirelab udp`: recipients, one datagram per line, and when the command ends.

use crate::support::*;

#[test]
fn input_goes_to_the_peer_that_sent_last() {
    let mut server = Program::wirelab(&["udp", "127.0.0.1:0", "--send", "text"]);
    let address = server.address();
    let (first, second) = (udp(), udp());
    // The first line waits for a peer.
    server.type_in("to the first\n");
    first.send_to(b"one", address).unwrap();
    assert_eq!(receive(&first), (b"to the first\n".to_vec(), address));
    second.send_to(b"two", address).unwrap();
    server.output("  two\n");
    server.type_in("to the second\n");
    assert_eq!(receive(&second), (b"to the second\n".to_vec(), address));
    first.send_to(b"three", address).unwrap();
    server.output("  three\n");
    server.type_in("to the first again\n");
    assert_eq!(receive(&first).0, b"to the first again\n");
}

#[test]
fn each_line_is_one_datagram_and_once_waits_for_an_answer() {
    let other = udp();
    let to = other.local_addr().unwrap().to_string();
    let mut client = Program::wirelab(&[
        "udp",
        "127.0.0.1:0",
        "--to",
        &to,
        "--send",
        "text",
        "--line-ending",
        "none",
        "--once",
        "--view",
        "raw",
    ]);
    let address = client.address();
    client.feed(b"one\ntwo\n\n");
    for expected in [&b"one"[..], b"two", b""] {
        assert_eq!(receive(&other), (expected.to_vec(), address));
    }
    other.send_to(b"answer", address).unwrap();
    assert_eq!(client.end().expect(0).text(), "answer");
}

#[test]
fn datagrams_of_others_do_not_change_the_recipient() {
    let (other, stranger) = (udp(), udp());
    let to = other.local_addr().unwrap().to_string();
    let mut client = Program::wirelab(&["udp", "127.0.0.1:0", "--to", &to, "--send", "hex"]);
    let address = client.address();
    stranger.send_to(b"psst", address).unwrap();
    client.output("psst");
    client.type_in("01 02\n");
    assert_eq!(receive(&other), (vec![1, 2], address));
}

#[test]
fn the_count_limits_received_datagrams_and_what_is_printed() {
    let mut server = Program::wirelab(&["udp", "127.0.0.1:0", "--count", "3", "--view", "raw", "--echo"]);
    let address = server.address();
    let socket = udp();
    for part in [b"a", b"b", b"c", b"d", b"e"] {
        socket.send_to(part, address).unwrap();
    }
    assert_eq!(server.end().expect(0).text(), "abc");
}

#[test]
fn the_longest_datagram_is_sent_and_a_longer_line_is_reported() {
    let other = udp();
    let to = other.local_addr().unwrap().to_string();
    let mut client = Program::wirelab(&[
        "udp",
        "127.0.0.1:0",
        "--to",
        &to,
        "--send",
        "text",
        "--line-ending",
        "none",
        "--once",
        "--quiet",
    ]);
    let address = client.address();
    let longest = vec![b'x'; 65_507];
    let too_long = vec![b'y'; 65_508];
    client.feed(&[&too_long[..], b"\n", &longest, b"\n"].concat());
    assert!(receive(&other).0 == longest);
    other.send_to(&longest, address).unwrap();
    client.end().expect(1).says("line 1 has 65508 bytes, and one datagram holds at most 65507");
}

#[test]
fn raw_input_is_sent_in_datagrams() {
    let other = udp();
    let to = other.local_addr().unwrap().to_string();
    let mut client = Program::wirelab(&["udp", "127.0.0.1:0", "--to", &to, "--send", "raw", "--count", "1"]);
    let address = client.address();
    let all = all_bytes(100_000);
    client.feed(&all);
    let mut received = Vec::new();
    while received.len() < all.len() {
        received.extend(receive(&other).0);
    }
    assert!(received == all);
    other.send_to(b"thanks", address).unwrap();
    client.end().expect(0);
}

#[test]
fn an_unknown_name_exits_with_4() {
    run(&["udp", "127.0.0.1:0", "--to", "no-such-host.invalid:9", "--send", "text", "--for", "15"]).expect(4);
}

// Not on Windows: no recipient is named, a later call fails instead: src/net/udp/tests/receiving.rs.
#[cfg(target_os = "linux")]
#[test]
fn a_port_where_nobody_listens_is_told() {
    let gone = udp().local_addr().unwrap().to_string();
    let mut program =
        Program::wirelab(&["udp", "127.0.0.1:0", "--to", &gone, "--send", "text", "--count", "1"]);
    let address = program.address();
    program.type_in("anybody?\n");
    let told = program.line(&format!("Could not send to {gone}:"));
    assert!(told.contains("nothing is listening on the port"), "{told}");
    udp().send_to(b"end", address).unwrap();
    program.feed(b"");
    program.end().expect(0);
}
