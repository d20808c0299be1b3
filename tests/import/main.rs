//! Importing captures, compared with Wireshark's reassembly.
//!
//! Here: a capture that is made packet by packet with reordering and repetition, and one that dumpcap takes from real
//! sockets, where the system permits it. Losses are in `table`, encapsulations in `links`, damaged files in `mutated`.

// Not on Windows: tshark and dumpcap are the reference, and wine has none.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/skip.rs"]
mod skip;
#[path = "../tshark/mod.rs"]
mod tshark;

mod cases;
mod links;
mod mutated;
mod table;
mod told;

use etherparse::{PacketBuilder, TcpHeader};
use skip::skip;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use tshark::{Conversation, assert_sound, follow};
use wirelab::capture::{Cursor, Destination, open_folder};
use wirelab::import::{FileKind, Imported, import, sniff};
use wirelab::lang::Language;
use wirelab::model::{Direction, RecordKind};

/// What was imported from a capture.
struct Found {
    /// The bytes of both halves of each connection, by the client's address.
    conversations: BTreeMap<SocketAddr, Conversation>,
    /// The same for bytes that are not part of the streams, as a note before them says.
    outside: BTreeMap<SocketAddr, Conversation>,
    imported: Imported,
}

/// Imports a capture without bytes outside the streams.
fn imported(path: &Path) -> (BTreeMap<SocketAddr, Conversation>, Imported) {
    let found = read(path);
    assert!(found.outside.is_empty());
    (found.conversations, found.imported)
}

/// Imports a capture.
fn read(path: &Path) -> Found {
    assert_eq!(sniff(path), Ok(FileKind::Capture));
    let folder = tempfile::tempdir().unwrap();
    let go_on = &mut |_| ControlFlow::Continue(());
    let into = Destination::Folder(folder.path().into());
    let imported = import(path, into, Language::English, go_on).unwrap().unwrap();
    let opened = open_folder(folder.path()).unwrap();
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut conversations: BTreeMap<SocketAddr, Conversation> = BTreeMap::new();
    let mut outside: BTreeMap<SocketAddr, Conversation> = BTreeMap::new();
    let mut is_outside = false;
    let mut at = cursor.snapshot().start();
    while let Some(position) = cursor.next(at).unwrap() {
        let entry = cursor.read(position).unwrap().unwrap();
        at = entry.end;
        if entry.record.kind == RecordKind::Data {
            let found = if is_outside { &mut outside } else { &mut conversations };
            let conversation = found.entry(entry.record.peer).or_default();
            match entry.record.direction {
                Direction::Inbound => conversation.0.extend_from_slice(entry.record.payload),
                Direction::Outbound => conversation.1.extend_from_slice(entry.record.payload),
            }
        }
        is_outside =
            entry.record.kind == RecordKind::Note && entry.record.text.contains("not part of the stream");
    }
    Found { conversations, outside, imported }
}

/// The same for a capture without losses. Wireshark must find no error in the recording.
fn soundly_imported(path: &Path) -> (BTreeMap<SocketAddr, Conversation>, Imported) {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    let go_on = &mut |_| ControlFlow::Continue(());
    import(path, Destination::file(saved.clone()).unwrap(), Language::English, go_on).unwrap().unwrap();
    assert_sound(&saved);
    imported(path)
}

const CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)), 50_000);
const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 7788);

/// A TCP segment in an Ethernet frame. `flags` has the letters S, F, R and A.
fn segment(
    from: SocketAddr,
    to: SocketAddr,
    flags: &str,
    sequence: u32,
    ack: u32,
    payload: &[u8],
) -> Vec<u8> {
    let mut header = TcpHeader::new(from.port(), to.port(), sequence, 65_000);
    header.syn = flags.contains('S');
    header.fin = flags.contains('F');
    header.rst = flags.contains('R');
    header.ack = flags.contains('A');
    header.acknowledgment_number = ack;
    let mut packet = Vec::new();
    let ethernet = PacketBuilder::ethernet2([2; 6], [4; 6]);
    match (from, to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => ethernet.ipv4(from.ip().octets(), to.ip().octets(), 64),
        (SocketAddr::V6(from), SocketAddr::V6(to)) => ethernet.ipv6(from.ip().octets(), to.ip().octets(), 64),
        _ => panic!("{from} and {to} are of different families"),
    }
    .tcp_header(header)
    .write(&mut packet, payload)
    .unwrap();
    packet
}

/// A little-endian pcap file of Ethernet frames that were captured whole.
fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    pcap_of(frames.iter().map(|frame| (&frame[..], frame.len())))
}

/// The same for the captured bytes of frames, and their original lengths.
fn pcap_of<'a>(frames: impl Iterator<Item = (&'a [u8], usize)>) -> Vec<u8> {
    let mut out =
        [&[0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0][..], &[0; 8], &[0xFF, 0xFF, 0, 0, 1, 0, 0, 0]].concat();
    for (number, (captured, original)) in frames.enumerate() {
        for value in [1_700_000_000, number as u32, captured.len() as u32, original as u32] {
            out.extend(value.to_le_bytes());
        }
        out.extend(captured);
    }
    out
}

/// Sends a stream in segments that are reordered within a few places; some are repeated or overlap the one before.
/// `first` is the sequence number of the first byte. There is no SYN and no FIN.
fn disorder(stream: &[u8], first: u32, seed: u64, mut send: impl FnMut(u32, &[u8])) {
    let mut state = seed;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let length = 1 + random(1400);
        let end = (at + length).min(stream.len());
        pieces.push((at, end));
        if random(5) == 0 {
            pieces.push((at.saturating_sub(random(900)), end));
        }
        at = end;
    }
    for from in 0..pieces.len() {
        let to = (from + random(6)).min(pieces.len() - 1);
        pieces.swap(from, to);
    }
    for (start, end) in pieces {
        send(first.wrapping_add(start as u32), &stream[start..end]);
    }
}

#[test]
fn streams_are_reassembled_as_by_wireshark() {
    let server: SocketAddr = "10.1.1.1:7788".parse().unwrap();
    let mut frames = Vec::new();
    let mut expected = BTreeMap::new();
    for (number, isn) in [5, u32::MAX - 20_000, 0x7FFF_0000].into_iter().enumerate() {
        let client = SocketAddr::from(([10, 2, 2, 2], 40_000 + number as u16));
        let question: Vec<u8> = (0..90_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        let answer: Vec<u8> = question.iter().map(|byte| byte ^ 0x5A).take(30_000).collect();
        let (first, answers) = (isn + 1, 1_001);
        frames.push(segment(client, server, "S", isn, 0, b""));
        frames.push(segment(server, client, "SA", 1_000, first, b""));
        frames.push(segment(client, server, "A", first, answers, b""));
        disorder(&question, first, number as u64 + 1, |sequence, piece| {
            frames.push(segment(client, server, "A", sequence, answers, piece));
        });
        let end = first.wrapping_add(question.len() as u32);
        disorder(&answer, answers, number as u64 + 77, |sequence, piece| {
            frames.push(segment(server, client, "A", sequence, end, piece));
        });
        let answers_end = answers + answer.len() as u32;
        frames.push(segment(client, server, "FA", end, answers_end, b""));
        frames.push(segment(server, client, "FA", answers_end, end.wrapping_add(1), b""));
        expected.insert(client, (question, answer));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disorder.pcap");
    fs::write(&path, pcap(&frames)).unwrap();
    let (conversations, imported) = soundly_imported(&path);
    assert_eq!((imported.connections, imported.missing_bytes, imported.skipped), (3, 0, vec![]));
    assert!(conversations == expected);
    assert!(conversations == follow(&path, "tcp"));
}

#[test]
fn a_capture_of_real_sockets_has_what_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let marker = UdpSocket::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.pcapng");
    let marked = marker.local_addr().unwrap().port();
    let mut dumpcap = Command::new("dumpcap")
        .args(["-q", "-i", "lo", "-c", "2000", "-a", "duration:20", "-f"])
        .arg(format!("port {} or port {marked}", address.port()))
        .arg("-w")
        .arg(&path)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(dumpcap.stderr.take().unwrap()).lines();
    let began = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("File: "));
    if !began {
        let why = format!("dumpcap may not capture: {}", dumpcap.wait().unwrap());
        return skip("a_capture_of_real_sockets_has_what_was_sent", &why);
    }
    let mut client = TcpStream::connect(address).unwrap();
    let own = client.local_addr().unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let question: Vec<u8> = (0..400_000u32).map(|i| (i >> 3) as u8).collect();
    let reader = std::thread::Builder::new().name("server".into()).spawn(move || {
        let mut got = Vec::new();
        server.read_to_end(&mut got).unwrap();
        server.write_all(b"got it").unwrap();
        got
    });
    client.write_all(&question).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert!(reader.unwrap().join().unwrap() == question);
    // dumpcap ends after 2000 packets and writes all of them; the markers make up that number.
    while dumpcap.try_wait().unwrap().is_none() {
        marker.send_to(b"marker", marker.local_addr().unwrap()).unwrap();
    }
    let (conversations, imported) = soundly_imported(&path);
    assert_eq!((imported.missing_bytes, imported.failure), (0, None));
    assert!(conversations[&own] == (question, b"got it".to_vec()));
    assert!(conversations[&own] == follow(&path, "tcp")[&own]);
}
