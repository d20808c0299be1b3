//! Tests of importing: captures made packet by packet, and what becomes of them.

use super::tcp::{Chunk, Way};
use super::*;
use crate::capture::{Cursor, open_folder};
use crate::model::{Direction, RecordKind, Transport};
use etherparse::{PacketBuilder, TcpHeader};
use proptest::prelude::*;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 7], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 7788);

/// How a capture is written.
#[derive(Clone, Copy, Debug, Default)]
struct Format {
    is_pcapng: bool,
    is_big_endian: bool,
    is_nanos: bool,
    link_type: u16,
}

impl Format {
    fn u16(self, value: u16) -> [u8; 2] {
        if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// A file with these frames, captured up to `snap` bytes, one microsecond after the other.
    fn file(self, frames: &[Vec<u8>], snap: usize) -> Vec<u8> {
        let mut out = Vec::new();
        if self.is_pcapng {
            self.block(
                &mut out,
                0x0A0D_0D0A,
                &[&self.u32(0x1A2B_3C4D)[..], &self.u16(1), &self.u16(0), &[0xFF; 8]],
            );
            let resolution = [&self.u16(9)[..], &self.u16(1), &[9, 0, 0, 0], &[0; 4]].concat();
            let options: &[u8] = if self.is_nanos { &resolution } else { &[] };
            self.block(
                &mut out,
                1,
                &[&self.u16(self.link_type)[..], &[0; 2], &self.u32(snap as u32), options],
            );
        } else {
            out.extend(self.u32(if self.is_nanos { 0xA1B2_3C4D } else { 0xA1B2_C3D4 }));
            out.extend([self.u16(2), self.u16(4)].concat());
            out.extend([[0; 4], [0; 4], self.u32(snap as u32), self.u32(self.link_type.into())].concat());
        }
        for (number, frame) in frames.iter().enumerate() {
            let captured = &frame[..frame.len().min(snap)];
            let lengths = [self.u32(captured.len() as u32), self.u32(frame.len() as u32)].concat();
            let micros = 1_700_000_000_000_000 + number as u64;
            if self.is_pcapng {
                let units = if self.is_nanos { micros * 1000 } else { micros };
                let time = [self.u32((units >> 32) as u32), self.u32(units as u32)].concat();
                let padding = vec![0; captured.len().next_multiple_of(4) - captured.len()];
                self.block(&mut out, 6, &[&[0; 4][..], &time, &lengths, captured, &padding]);
            } else {
                let fraction = (micros % 1_000_000) as u32 * if self.is_nanos { 1000 } else { 1 };
                out.extend([self.u32((micros / 1_000_000) as u32), self.u32(fraction)].concat());
                out.extend(lengths);
                out.extend(captured);
            }
        }
        out
    }

    fn block(self, out: &mut Vec<u8>, kind: u32, parts: &[&[u8]]) {
        let body = parts.concat();
        let length = self.u32(body.len() as u32 + 12);
        out.extend([&self.u32(kind)[..], &length, &body, &length].concat());
    }
}

const RAW: Format = Format { is_pcapng: false, is_big_endian: false, is_nanos: false, link_type: 101 };

/// A TCP segment as an IPv4 packet; the flags by their letters.
fn tcp(
    from: ([u8; 4], u16),
    to: ([u8; 4], u16),
    flags: &str,
    sequence: u32,
    ack: u32,
    payload: &[u8],
) -> Vec<u8> {
    let mut header = TcpHeader::new(from.1, to.1, sequence, 65_000);
    header.syn = flags.contains('S');
    header.fin = flags.contains('F');
    header.rst = flags.contains('R');
    header.ack = flags.contains('A');
    header.acknowledgment_number = ack;
    let mut packet = Vec::new();
    PacketBuilder::ipv4(from.0, to.0, 64).tcp_header(header).write(&mut packet, payload).unwrap();
    packet
}

fn from_client(flags: &str, sequence: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    tcp(CLIENT, SERVER, flags, sequence, ack, payload)
}

fn from_server(flags: &str, sequence: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    tcp(SERVER, CLIENT, flags, sequence, ack, payload)
}

fn udp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(from.0, to.0, 64).udp(from.1, to.1).write(&mut packet, payload).unwrap();
    packet
}

fn handshake(client: u32, server: u32) -> Vec<Vec<u8>> {
    vec![
        from_client("S", client, 0, b""),
        from_server("SA", server, client.wrapping_add(1), b""),
        from_client("A", client.wrapping_add(1), server.wrapping_add(1), b""),
    ]
}

/// One record in short.
type Told = (RecordKind, Direction, u32, Vec<u8>, String);

fn import_bytes(bytes: &[u8]) -> (Imported, Vec<Told>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    fs::write(&path, bytes).unwrap();
    assert_eq!(sniff(&path), Ok(FileKind::Capture));
    let into = folder.path().join("recording");
    let go_on = &mut |_| ControlFlow::Continue(());
    let imported =
        import(&path, Destination::Folder(into.clone()), Language::English, go_on).unwrap().unwrap();
    (imported.clone(), if imported.records > 0 { records_of(&into) } else { Vec::new() })
}

fn records_of(folder: &Path) -> Vec<Told> {
    let mut opened = open_folder(folder).unwrap();
    assert_eq!(opened.indexing.wait().failure, None);
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut told = Vec::new();
    let mut at = cursor.snapshot().start();
    let mut last = Default::default();
    while let Some(position) = cursor.next(at).unwrap() {
        let entry = cursor.read(position).unwrap().unwrap();
        let record = entry.record;
        told.push((
            record.kind,
            record.direction,
            record.connection.0,
            record.payload.to_vec(),
            record.text.to_string(),
        ));
        assert!(record.time >= last, "in the order of time");
        last = record.time;
        at = entry.end;
    }
    told
}

fn import_frames(frames: &[Vec<u8>]) -> (Imported, Vec<Told>) {
    import_bytes(&RAW.file(frames, 65_535))
}

/// What one side said, with what is missing as its number.
fn said(told: &[Told], connection: u32, direction: Direction) -> String {
    let mut all = String::new();
    for (kind, way, id, payload, text) in told {
        if (*way, *id) != (direction, connection) {
            continue;
        }
        match kind {
            RecordKind::Data => all += &String::from_utf8_lossy(payload),
            RecordKind::Note if text.contains("missing") => {
                all += &format!("<{}>", text.split(' ').next().unwrap())
            }
            _ => {}
        }
    }
    all
}

fn kinds(told: &[Told]) -> Vec<RecordKind> {
    told.iter().map(|record| record.0).collect()
}

#[test]
fn every_format_and_link_type_gives_the_same_records() {
    let ethernet = |tags: &'static [u8]| move |ip: &[u8]| [&[2; 12][..], tags, &[8, 0], ip].concat();
    let sll = |ip: &[u8]| [&[0; 14][..], &[8, 0], ip].concat();
    let sll2 = |ip: &[u8]| [&[8, 0][..], &[0; 18], ip].concat();
    let null = |ip: &[u8]| [&[2, 0, 0, 0][..], ip].concat();
    let raw = |ip: &[u8]| ip.to_vec();
    type Wrap<'a> = (u16, Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>);
    let wraps: [Wrap<'_>; 8] = [
        (1, Box::new(ethernet(&[]))),
        (1, Box::new(ethernet(&[0x81, 0, 0, 5]))),
        (1, Box::new(ethernet(&[0x88, 0xA8, 0, 9, 0x81, 0, 0, 5]))),
        (113, Box::new(sll)),
        (276, Box::new(sll2)),
        (0, Box::new(null)),
        (101, Box::new(raw)),
        (228, Box::new(raw)),
    ];
    let mut packets = handshake(100, 900);
    packets.push(from_client("A", 101, 901, b"question"));
    packets.push(from_server("A", 901, 109, b"answer"));
    packets.push(udp(CLIENT, SERVER, b"datagram"));
    let expected = import_frames(&packets);
    assert_eq!(expected.0.connections, 2);
    assert_eq!(said(&expected.1, 1, Direction::Inbound), "question");
    assert_eq!(said(&expected.1, 1, Direction::Outbound), "answer");
    assert_eq!(said(&expected.1, 2, Direction::Inbound), "datagram");
    for (link_type, wrap) in &wraps {
        let frames: Vec<_> = packets.iter().map(|packet| wrap(packet)).collect();
        for which in 0..8 {
            let format = Format {
                is_pcapng: which & 1 > 0,
                is_big_endian: which & 2 > 0,
                is_nanos: which & 4 > 0,
                link_type: *link_type,
            };
            assert!(import_bytes(&format.file(&frames, 65_535)) == expected, "{format:?}");
        }
    }
}

#[test]
fn times_are_those_of_the_capture() {
    for which in 0..8 {
        let format =
            Format { is_pcapng: which & 1 > 0, is_big_endian: which & 2 > 0, is_nanos: which & 4 > 0, ..RAW };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture");
        fs::write(&path, format.file(&[udp(CLIENT, SERVER, b"1"), udp(CLIENT, SERVER, b"2")], 100)).unwrap();
        let into = folder.path().join("recording");
        import(&path, Destination::Folder(into.clone()), Language::Chinese, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
        let opened = open_folder(&into).unwrap();
        let mut cursor = Cursor::new(opened.reader.snapshot());
        let last = cursor.previous(cursor.snapshot().end()).unwrap().unwrap();
        let entry = cursor.read(last).unwrap().unwrap();
        assert_eq!(entry.record.time.0, 1_700_000_000_000_001_000, "{format:?}");
        assert_eq!(entry.record.local, SocketAddr::from(SERVER));
        assert_eq!(entry.record.peer, SocketAddr::from(CLIENT));
        assert_eq!(entry.record.transport, Transport::Udp);
    }
}

#[test]
fn a_connection_has_its_whole_course() {
    let mut frames = handshake(u32::MAX - 3, 5);
    frames.push(from_client("A", u32::MAX - 2, 6, b"over the wrap"));
    frames.push(from_server("A", 6, 10, b"yes"));
    frames.push(from_client("FA", 10, 9, b""));
    frames.push(from_server("FA", 9, 11, b""));
    frames.push(from_client("A", 11, 10, b""));
    let (imported, told) = import_frames(&frames);
    use RecordKind::{Closed, Data, Opened};
    assert_eq!(kinds(&told), [Opened, Data, Data, Closed]);
    assert_eq!(told[3].4, "closed by 10.0.0.7:50000");
    assert_eq!(said(&told, 1, Direction::Inbound), "over the wrap");
    assert_eq!((imported.connections, imported.records, imported.missing_bytes), (1, 4, 0));
    assert_eq!(imported.skipped, []);
}

#[test]
fn order_is_restored_and_each_byte_is_there_once() {
    let mut frames = handshake(0, 0);
    for (sequence, payload) in [
        (1, &b"ab"[..]),
        (5, b"ef"),
        // Again, and overlapping what is there on both sides; the first ones count.
        (5, b"XY"),
        (4, b"dXYg"),
        (1, b"XXcX"),
        (9, b"i"),
        (7, b"Xh"),
        (2, b"bcdefghijk"),
    ] {
        frames.push(from_client("A", sequence, 1, payload));
    }
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "abcdefghijk");
    assert_eq!(imported.missing_bytes, 0);
}

#[test]
fn what_is_missing_is_told_where_it_is_missing() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, b"before"));
    frames.push(from_client("A", 17, 1, b"after"));
    frames.push(from_client("A", 25, 1, b"last"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>after<3>last");
    assert_eq!(imported.missing_bytes, 13);
    // Up to the end that the sender told as well, and then the connection is closed.
    frames.push(from_client("FA", 40, 1, b""));
    frames.push(from_server("FA", 1, 41, b""));
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "before<10>after<3>last<11>");
    assert_eq!(told.last().unwrap().0, RecordKind::Closed);
}

#[test]
fn what_was_acknowledged_and_does_not_come_is_given_up_before_the_end() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 11, 1, &[b'a'; 60_000]));
    // More than comes late.
    for number in 1..8 {
        frames.push(from_server("A", 1, 11 + number * 60_000, b""));
        frames.push(from_client("A", 11 + number * 60_000, 1, &[b'a'; 60_000]));
    }
    frames.push(from_server("A", 1, 500_000, b"reply"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(imported.missing_bytes, 10);
    let note = told.iter().position(|record| record.4.contains("missing")).unwrap();
    let reply = told.iter().position(|record| record.3 == b"reply").unwrap();
    assert!(note < reply);
    assert_eq!(said(&told, 1, Direction::Inbound).len(), "<10>".len() + 480_000);
}

#[test]
fn cut_packets_are_told() {
    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, &[b'a'; 100]));
    frames.push(from_client("A", 101, 1, b"b"));
    frames.push(udp(CLIENT, SERVER, &[b'c'; 100]));
    let bytes = RAW.file(&frames, 60);
    let (imported, told) = import_bytes(&bytes);
    assert_eq!(said(&told, 1, Direction::Inbound), format!("{}<80>b", "a".repeat(20)));
    assert_eq!(said(&told, 2, Direction::Inbound), "c".repeat(32));
    assert_eq!((imported.missing_bytes, imported.skipped), (80, vec![]));
    // So short that the headers are not there.
    let (imported, _) = import_bytes(&RAW.file(&frames, 30));
    assert_eq!(imported.skipped, [(SkipReason::Cut, 5)], "the datagram has its header");
    assert_eq!(imported.connections, 1);
}

#[test]
fn connections_that_were_open_before_refused_reset_or_take_ports_again() {
    // Open before: the lower port is the server's, whoever speaks first.
    let (_, told) = import_frames(&[from_server("A", 77, 1, b"hello"), from_client("A", 1, 82, b"hi")]);
    assert_eq!(told[0].0, RecordKind::Note);
    assert_eq!(said(&told, 1, Direction::Outbound), "hello");
    assert_eq!(said(&told, 1, Direction::Inbound), "hi");

    let (_, told) = import_frames(&[from_client("S", 5, 0, b""), from_server("RA", 0, 6, b"")]);
    assert_eq!(kinds(&told), [RecordKind::Error]);
    assert_eq!(told[0].4, "10.0.0.1:7788 refused the connection");

    let mut frames = handshake(0, 0);
    frames.push(from_client("A", 1, 1, b"first"));
    frames.push(from_server("R", 1, 6, b""));
    frames.extend(handshake(70_000, 90));
    frames.push(from_client("A", 70_001, 91, b"second"));
    // Without a SYN in the capture, but far away from what came before.
    frames.push(from_client("A", 2_000_000_000, 7, b"third"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(imported.connections, 3);
    use RecordKind::{Closed, Data, Error, Note, Opened};
    assert_eq!(kinds(&told), [Opened, Data, Error, Closed, Opened, Data, Note, Data]);
    for (id, words) in [(1, "first"), (2, "second"), (3, "third")] {
        assert_eq!(said(&told, id, Direction::Inbound), words);
    }
    // Data may come with the SYN.
    let (_, told) = import_frames(&[from_client("S", 5, 0, b"early"), from_server("SA", 1, 11, b"")]);
    assert_eq!(kinds(&told), [Opened, Data]);
    // A SYN that is sent again is the same one.
    let mut frames = vec![from_client("S", 9, 0, b""); 3];
    frames.extend(handshake(9, 4));
    assert_eq!(kinds(&import_frames(&frames).1), [Opened]);
}

#[test]
fn what_comes_after_a_reset_is_no_part_of_the_connection() {
    use RecordKind::{Closed, Data, Error, Note, Opened};
    let mut frames = handshake(0, 0);
    frames.push(from_server("A", 1, 1, b"AAAA"));
    frames.push(from_client("RA", 1, 5, b""));
    // What was under way, and is answered in the same way.
    frames.push(from_server("A", 5, 1, b"BBBB"));
    frames.push(from_client("R", 1, 0, b""));
    frames.push(from_server("A", 9, 1, b"CCCC"));
    frames.push(from_server("A", 1, 1, b"AAAA"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told), [Opened, Data, Error, Closed, Note]);
    assert_eq!(told[4].4, "what 10.0.0.1:7788 sent after the reset is left out");
    assert_eq!((imported.connections, imported.missing_bytes), (1, 0));

    // Who goes on has not reset it: somebody else has.
    frames.push(from_client("A", 1, 5, b"alive"));
    frames.push(from_server("A", 13, 6, b"DDDD"));
    let (imported, told) = import_frames(&frames);
    assert_eq!(kinds(&told)[5..], [Note, Data, Data]);
    assert_eq!(told[5].4, "went on after the reset");
    assert_eq!(said(&told, 2, Direction::Inbound), "alive");
    assert_eq!(said(&told, 2, Direction::Outbound), "DDDD");
    assert_eq!(imported.connections, 2);

    // The server knows an earlier connection; it is reset, and the SYN comes again.
    let mut frames = vec![from_client("S", 9, 0, b""), from_server("A", 70, 5, b"")];
    frames.push(from_client("R", 5, 0, b""));
    frames.extend(handshake(9, 4));
    frames.push(from_client("A", 10, 5, b"hello"));
    let (_, told) = import_frames(&frames);
    assert_eq!(said(&told, 2, Direction::Inbound), "hello");
    assert_eq!(kinds(&told)[kinds(&told).len() - 2..], [Opened, Data]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_an_import_and_nobody_is_told_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (path, into) = (folder.path().join("capture"), folder.path().join("full.pcapng"));
    fs::write(&path, RAW.file(&handshake(0, 0), 65_535)).unwrap();
    // Every write to this device fails with ENOSPC.
    std::os::unix::fs::symlink("/dev/full", &into).unwrap();
    let go_on = &mut |_| ControlFlow::Continue(());
    let failure = import(&path, Destination::File(into), Language::English, go_on).unwrap_err();
    let text = crate::lang::explain(Language::English.words(), &failure);
    assert!(text.contains("full.pcapng") && text.contains("the disk is full"), "{text}");
    assert!(!text.contains("session"), "{text}");
}

/// An IPv4 datagram in fragments of 16 bytes of payload each.
fn fragments(payload: &[u8]) -> Vec<Vec<u8>> {
    let whole = udp(CLIENT, SERVER, payload);
    let (header, body) = whole.split_at(20);
    let count = body.len().div_ceil(16);
    let piece = |(number, piece): (usize, &[u8])| {
        let more = if number + 1 < count { 0x2000 } else { 0 };
        let mut header = header.to_vec();
        header[2..4].copy_from_slice(&(20 + piece.len() as u16).to_be_bytes());
        header[4..6].copy_from_slice(&[0x12, 0x34]);
        header[6..8].copy_from_slice(&(more | (number * 2) as u16).to_be_bytes());
        [&header[..], piece].concat()
    };
    body.chunks(16).enumerate().map(piece).collect()
}

#[test]
fn fragments_are_put_together_and_what_cannot_be_read_is_counted() {
    let mut frames = fragments(b"a datagram in several fragments");
    frames.reverse();
    let (imported, told) = import_frames(&frames);
    assert_eq!(said(&told, 1, Direction::Inbound), "a datagram in several fragments");
    assert_eq!(imported.skipped, []);

    let mut icmp = Vec::new();
    PacketBuilder::ipv4([1; 4], [2; 4], 9).icmpv4_echo_request(1, 2).write(&mut icmp, b"ping").unwrap();
    let mut damaged = udp(CLIENT, SERVER, b"x");
    damaged[0] = 0x11;
    let mut frames = vec![icmp, damaged];
    frames.extend(fragments(b"only the first of them").into_iter().take(1));
    let (imported, told) = import_frames(&frames);
    let expected = [(SkipReason::OtherProtocol, 1), (SkipReason::Fragment, 1), (SkipReason::Damaged, 1)];
    assert_eq!((imported.skipped, told.len()), (expected.to_vec(), 0));

    let arp = [&[0xFF; 12][..], &[8, 6], &[0, 1, 8, 0, 6, 4, 0, 1], &[0; 20]].concat();
    let (imported, _) = import_bytes(&Format { link_type: 1, ..RAW }.file(&[arp], 100));
    assert_eq!(imported.skipped, [(SkipReason::NotIp, 1)]);
    let (imported, _) = import_bytes(&Format { link_type: 105, ..RAW }.file(&[vec![0; 60]], 100));
    assert_eq!(imported.skipped, [(SkipReason::LinkType, 1)]);
}

#[test]
fn ipv6_with_extension_headers_is_read() {
    let mut packet = Vec::new();
    PacketBuilder::ipv6([1; 16], [2; 16], 64).udp(5353, 53).write(&mut packet, b"six").unwrap();
    // Destination options, 8 bytes, between the two headers.
    packet[6] = 60;
    let length = u16::from_be_bytes([packet[4], packet[5]]) + 8;
    packet[4..6].copy_from_slice(&length.to_be_bytes());
    packet.splice(40..40, [17, 0, 1, 4, 0, 0, 0, 0]);
    let (imported, told) = import_frames(&[packet]);
    assert_eq!((imported.skipped, said(&told, 1, Direction::Inbound)), (vec![], "six".into()));
}

#[test]
fn a_capture_that_ends_early_or_is_damaged_gives_what_comes_before() {
    let frames: Vec<_> = (0..5u8).map(|number| udp(CLIENT, SERVER, &[b'0' + number; 10])).collect();
    for is_pcapng in [false, true] {
        let bytes = Format { is_pcapng, ..RAW }.file(&frames, 100);
        let (imported, told) = import_bytes(&bytes[..bytes.len() - 7]);
        assert_eq!((told.len(), imported.failure), (4, None));
        assert!(imported.ignored_bytes > 0);
        // A length that no packet has, where the third one begins.
        let one = bytes.len() - Format { is_pcapng, ..RAW }.file(&frames[..4], 100).len();
        let at = bytes.len() - 3 * one + if is_pcapng { 4 } else { 8 };
        let mut damaged = bytes;
        damaged[at..at + 4].fill(0xEE);
        let (imported, told) = import_bytes(&damaged);
        assert_eq!(told.len(), 2);
        let failure = imported.failure.map(|failure| failure.kind);
        assert!(failure.is_some() || imported.ignored_bytes > 0, "{failure:?}");
    }
}

#[test]
fn an_import_can_be_cancelled_and_files_of_other_kinds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("capture");
    fs::write(&path, RAW.file(&vec![udp(CLIENT, SERVER, &[1; 1000]); 4000], 65_535)).unwrap();
    let mut calls = 0;
    let into = Destination::Folder(folder.path().join("recording"));
    let cancelled = import(&path, into.clone(), Language::English, &mut |progress| {
        calls += 1;
        assert!(progress.bytes_done <= progress.bytes_total);
        if calls == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((cancelled, calls), (Ok(None), 3));
    for bytes in [&b"these are notes"[..], b"", &[0x0A, 0x0D, 0x0D, 0x0A], &[0xD4, 0xC3, 0xB2, 0xA1]] {
        fs::write(&path, bytes).unwrap();
        let go_on = &mut |_| ControlFlow::Continue(());
        let failure = import(&path, into.clone(), Language::English, go_on).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NoCapture, "{bytes:?}");
    }
    fs::write(&path, b"these are notes").unwrap();
    assert_eq!(sniff(&path).unwrap_err().kind, FailureKind::NoCapture);
    // What was imported is a recording, not a capture.
    fs::write(&path, RAW.file(&[udp(CLIENT, SERVER, b"x")], 100)).unwrap();
    let own = folder.path().join("own.pcapng");
    let go_on = &mut |_| ControlFlow::Continue(());
    import(&path, Destination::File(own.clone()), Language::English, go_on).unwrap();
    assert_eq!(sniff(&own), Ok(FileKind::Recording));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the order, the repetitions and the cuts: what was sent comes out, in order, once.
    #[test]
    fn any_order_of_segments_gives_the_stream(
        first in any::<u32>(),
        length in 1usize..3000,
        pieces in prop::collection::vec((any::<prop::sample::Index>(), 1usize..400), 0..60),
        mut order in Just(()).prop_perturb(|(), mut rng| (0..80).map(|_| rng.random::<u32>()).collect::<Vec<_>>()),
    ) {
        let stream: Vec<u8> = (0..length).map(|i| (i * 7) as u8).collect();
        let mut segments: Vec<_> = stream.chunks(97).enumerate().map(|(i, piece)| (i * 97, piece)).collect();
        for (at, bytes) in &pieces {
            let at = at.index(length);
            segments.push((at, &stream[at..(at + bytes).min(length)]));
        }
        segments.sort_by_cached_key(|_| order.pop());
        let mut way = Way::default();
        way.begin(first);
        let mut found = Vec::new();
        let mut missing = 0;
        let mut deliver = |chunk: Chunk<'_>| match chunk {
            Chunk::Data(bytes) => found.extend_from_slice(bytes),
            Chunk::Missing(bytes) => missing += bytes,
        };
        for (at, piece) in segments {
            way.add(first.wrapping_add(at as u32), piece, 0, false, &mut deliver);
        }
        way.finish(&mut deliver);
        prop_assert_eq!((found, missing, way.pending_bytes()), (stream, 0, 0));
    }

    #[test]
    fn any_segments_are_counted_whole(
        segments in prop::collection::vec((any::<u32>(), 0usize..50, 0usize..20, any::<bool>()), 1..40),
    ) {
        let mut way = Way::default();
        let mut total = 0;
        let mut deliver = |chunk: Chunk<'_>| total += match chunk {
            Chunk::Data(bytes) => bytes.len() as u64,
            Chunk::Missing(bytes) => bytes,
        };
        for (sequence, bytes, cut, is_fin) in segments {
            if way.is_near(sequence) {
                way.add(sequence, &vec![1; bytes], cut, is_fin, &mut deliver);
            }
        }
        way.finish(&mut deliver);
        prop_assert_eq!(way.pending_bytes(), 0);
        prop_assert!(total < 1 << 40);
    }

    #[test]
    fn no_bytes_make_importing_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
        which in 0..4,
        link_type in prop::sample::select(vec![0u16, 1, 101, 113, 276]),
    ) {
        let format = Format { is_pcapng: which & 1 > 0, is_big_endian: which & 2 > 0, link_type, ..RAW };
        let whole = format.file(&[bytes.clone()], 300);
        let start = format.file(&[], 300);
        for file in [whole, { let mut file = start; file.append(&mut bytes); file }] {
            import_bytes(&file);
        }
    }
}
