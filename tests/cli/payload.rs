//! `--payload`, `--checksum` and `--answer`.

use crate::support::{Program, accept, connect, listener, read_all, read_exactly, receive, udp};
use std::io::Write;

#[test]
fn a_payload_is_sent_once_and_the_connection_ends_as_at_the_end_of_input() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&[
        "connect",
        &address,
        "--payload",
        "01 03 00 0A ${counter:u16be,start=1}",
        "--format",
        "hex",
        "--checksum",
        "CRC-16/MODBUS",
        "--view",
        "raw",
    ]);
    // Standard input is left alone: it is not waited for.
    let _stdin = client.stdin.take();
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), [1, 3, 0, 10, 0, 1, 0xA4, 8]);
    peer.write_all(b"answer").unwrap();
    drop(peer);
    assert_eq!(client.end().expect(0).text(), "answer");
}

#[test]
fn values_are_those_of_the_send() {
    let (listener, address) = listener();
    let client = Program::wirelab(&[
        "connect",
        &address,
        "--payload",
        "${peer} ${ask:name} ${len:%02d}\\r\\n",
        "--format",
        "escaped",
        "--answer",
        "name=泵",
        "--encoding",
        "gbk",
        "--line-ending",
        "none",
    ]);
    let mut peer = accept(&listener);
    let sent = read_all(&mut peer);
    let expected = [format!("{address} ").as_bytes(), b"\xB1\xC3 02\r\n"].concat();
    assert_eq!(sent, expected);
    drop(peer);
    client.end().expect(0);
}

#[test]
fn a_server_says_its_payload_to_each_connection_as_it_opens() {
    let mut server = Program::wirelab(&[
        "listen",
        "127.0.0.1:0",
        "--payload",
        "hello ${peer:port}",
        "--line-ending",
        "lf",
    ]);
    let address = server.address();
    for _ in 0..3 {
        let mut peer = connect(address);
        let expected = format!("hello {}\n", peer.local_addr().unwrap().port());
        assert_eq!(read_exactly(&mut peer, expected.len()), expected.as_bytes());
    }
}

#[test]
fn a_datagram_is_the_payload() {
    let peer = udp();
    let to = peer.local_addr().unwrap().to_string();
    let _udp = Program::wirelab(&[
        "udp",
        "127.0.0.1:0",
        "--to",
        &to,
        "--payload",
        "${len:u8}ab",
        "--checksum",
        "XOR-8",
    ]);
    assert_eq!(receive(&peer).0, [2, b'a', b'b', 2 ^ b'a' ^ b'b']);
}

#[test]
fn lines_get_their_checksum() {
    let (listener, address) = listener();
    let mut client = Program::wirelab(&["connect", &address, "--send", "hex", "--checksum", "MODBUS,hex"]);
    client.feed(b"01 03 00 0A 00 01\n\n");
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), b"\x01\x03\x00\x0A\x00\x01A408");
    drop(peer);
    client.end().expect(0);
}
