//! The captures of the table: order, repetition, loss, wrong lengths, FIN and RST, packet by packet.

use super::{CLIENT, SERVER, segment};
use std::iter::once;
use std::net::SocketAddr;

/// A packet of a capture.
pub struct Packet {
    pub frame: Vec<u8>,
    /// The number of bytes that were captured.
    pub captured: usize,
}

impl Packet {
    /// Captures only the first bytes.
    fn cut(mut self, captured: usize) -> Self {
        self.captured = captured;
        self
    }

    /// Sets the total length in the IPv4 header, or the payload length in the IPv6 header.
    fn ip_length(mut self, length: u16) -> Self {
        let at = if self.frame[14] >> 4 == 4 { 16 } else { 18 };
        self.frame[at..at + 2].copy_from_slice(&length.to_be_bytes());
        self
    }

    /// Inserts a VLAN tag.
    fn vlan(mut self) -> Self {
        self.frame.splice(12..12, [0x81, 0, 0, 7]);
        self.captured += 4;
        self
    }

    /// Pads the frame at its end, as short Ethernet frames are.
    fn padded(mut self) -> Self {
        self.frame.extend([0xAA; 18]);
        self.captured += 18;
        self
    }
}

fn packet(from: SocketAddr, to: SocketAddr, flags: &str, sequence: u32, ack: u32, payload: &[u8]) -> Packet {
    let frame = segment(from, to, flags, sequence, ack, payload);
    Packet { captured: frame.len(), frame }
}

/// A packet of the client.
pub fn c(flags: &str, sequence: u32, ack: u32, payload: &[u8]) -> Packet {
    packet(CLIENT, SERVER, flags, sequence, ack, payload)
}

/// A packet of the server.
pub fn s(flags: &str, sequence: u32, ack: u32, payload: &[u8]) -> Packet {
    packet(SERVER, CLIENT, flags, sequence, ack, payload)
}

/// A handshake with these initial sequence numbers.
pub fn shake(client: u32, server: u32) -> Vec<Packet> {
    let (first, answer) = (client.wrapping_add(1), server.wrapping_add(1));
    vec![c("S", client, 0, b""), s("SA", server, first, b""), c("A", first, answer, b"")]
}

/// A connection with 0 as both initial sequence numbers: its handshake, and then `rest`.
fn open(rest: impl IntoIterator<Item = Packet>) -> Vec<Packet> {
    shake(0, 0).into_iter().chain(rest).collect()
}

/// A connection in which the client has sent `abc`, and then `rest`.
fn after_abc(rest: impl IntoIterator<Item = Packet>) -> Vec<Packet> {
    open(once(c("A", 1, 1, b"abc")).chain(rest))
}

/// A connection in which of 1,000 bytes of the client 100 bytes of the packet were captured, and then `rest`.
fn after_cut(bytes: &[u8], rest: impl IntoIterator<Item = Packet>) -> Vec<Packet> {
    open(once(c("A", 1, 1, &bytes[..1000]).cut(100)).chain(rest))
}

/// Captures one after another.
fn joined<const N: usize>(parts: [Vec<Packet>; N]) -> Vec<Packet> {
    parts.into_iter().flatten().collect()
}

/// Pseudo-random bytes.
fn pattern(length: usize, seed: u32) -> Vec<u8> {
    (0..length as u32).map(|i| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A stream of the client in segments of `size` bytes; `first` is the sequence number of its first byte.
fn pieces(stream: &[u8], first: u32, size: usize) -> Vec<Packet> {
    let segment =
        |(number, piece): (usize, &[u8])| c("A", first.wrapping_add((number * size) as u32), 1, piece);
    stream.chunks(size).enumerate().map(segment).collect()
}

/// The packets in a pseudo-random order.
fn shuffled(mut packets: Vec<Packet>, seed: u64) -> Vec<Packet> {
    let mut state = seed;
    for at in (1..packets.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        packets.swap(at, (state >> 33) as usize % (at + 1));
    }
    packets
}

/// All captures, with their names.
pub fn cases() -> Vec<(&'static str, Vec<Packet>)> {
    let client6: SocketAddr = "[2001:db8::7]:50000".parse().unwrap();
    let server6: SocketAddr = "[2001:db8::1]:7788".parse().unwrap();
    let long = pattern(30_000, 3);
    let mut lossy = pieces(&long, 1, 500);
    for at in [50, 31, 30, 7, 0] {
        lossy.remove(at);
    }
    let wrapping = u32::MAX - 12_000;
    let snapped = |bytes| pieces(&long, 1, 600).into_iter().map(move |piece| piece.cut(bytes));
    vec![
        // Order
        ("in order", open([c("A", 1, 1, b"one "), c("A", 5, 1, b"two "), s("A", 1, 9, b"three")])),
        ("two swapped", open([c("A", 5, 1, b"two "), c("A", 1, 1, b"one "), s("A", 1, 9, b"three")])),
        ("reversed", open(pieces(&long, 1, 1000).into_iter().rev())),
        ("shuffled", open(shuffled(pieces(&long, 1, 333), 1))),
        ("shuffled with the handshake", shuffled(open(pieces(&long, 1, 333)), 2)),
        (
            "acknowledged before it is captured",
            open([s("A", 1, 9, b"re"), c("A", 5, 1, b"bbbb"), c("A", 1, 1, b"aaaa")]),
        ),
        (
            "the handshake last",
            vec![c("A", 5, 1, b"bb"), c("A", 1, 1, b"aaaa"), c("S", 0, 0, b""), s("SA", 0, 1, b"")],
        ),
        ("an answer before its question", open([s("A", 1, 9, b"answer"), c("A", 1, 1, b"question")])),
        // Repetition and overlap
        ("everything twice", open(joined([pieces(&long, 1, 700), pieces(&long, 1, 700)]))),
        ("in other pieces again", open(joined([pieces(&long, 1, 700), pieces(&long, 1, 900)]))),
        ("overlap on the left", open([c("A", 1, 1, b"abcd"), c("A", 3, 1, b"cdef")])),
        ("overlap on the right", open([c("A", 5, 1, b"efgh"), c("A", 3, 1, b"cdef"), c("A", 1, 1, b"ab")])),
        ("one around another", open([c("A", 4, 1, b"de"), c("A", 1, 1, b"abcdefgh")])),
        ("one inside another", open([c("A", 1, 1, b"abcdefgh"), c("A", 4, 1, b"de")])),
        (
            "overlap with other bytes",
            open([c("A", 5, 1, b"EFGH"), c("A", 3, 1, b"cdef"), c("A", 1, 1, b"abXY")]),
        ),
        (
            "a bridge over three",
            open([c("A", 3, 1, b"c"), c("A", 6, 1, b"f"), c("A", 9, 1, b"i"), c("A", 1, 1, b"ab.de.gh.jk")]),
        ),
        (
            "injected before the true bytes",
            after_abc([
                c("A", 4, 1, b"EVIL"),
                c("A", 4, 1, b"def"),
                c("A", 7, 1, b"ghij"),
                s("A", 1, 11, b"yes"),
            ]),
        ),
        (
            "other bytes again in both directions, in pieces, before and behind gaps",
            open([
                c("A", 1, 1, b"abcdef"),
                c("A", 11, 1, b"klm"),
                c("A", 2, 1, b"bXdX"),
                s("A", 1, 1, b"0123456789"),
                c("A", 9, 11, b"ijKlMnop"),
                s("A", 4, 1, b"3456x89"),
                c("A", 7, 11, b"gh"),
                c("A", 1, 11, b"ABCDEFGHIJKLMNOP"),
            ]),
        ),
        (
            "other bytes again around the wrap",
            joined([
                shake(u32::MAX - 3, 5),
                vec![c("A", u32::MAX - 2, 6, b"abcdefgh"), c("A", 0, 6, b"dXXgh")],
            ]),
        ),
        ("a keep-alive with a byte", after_abc([c("A", 3, 1, b"\0"), c("A", 4, 1, b"def")])),
        ("a keep-alive before any data", open([c("A", 0, 1, b"\0"), c("A", 1, 1, b"abc")])),
        // Gaps
        ("a gap", after_abc([c("A", 9, 1, b"ijk")])),
        (
            "a gap, acknowledged",
            after_abc([c("A", 9, 1, b"ijk"), s("A", 1, 12, b"yes"), c("A", 12, 4, b"l")]),
        ),
        ("a gap at the start", open([c("A", 101, 1, b"abc"), s("A", 1, 104, b"")])),
        ("a gap at the end", after_abc([c("FA", 14, 1, b""), s("FA", 1, 15, b"")])),
        ("many gaps", open(lossy)),
        (
            "a gap filled by a repetition",
            open([
                c("A", 5, 1, b"efgh"),
                s("A", 1, 1, b""),
                c("A", 9, 1, b"ijkl"),
                s("A", 1, 1, b"x"),
                c("A", 1, 2, b"abcd"),
            ]),
        ),
        (
            "a gap filled behind its acknowledgement",
            open([c("A", 5, 1, b"efgh"), s("A", 1, 9, b"seen"), c("A", 9, 5, b"ij"), c("A", 1, 1, b"abcd")]),
        ),
        ("a gap filled in part", open([c("A", 11, 1, b"klm"), s("A", 1, 14, b"seen"), c("A", 4, 1, b"def")])),
        ("gaps in both directions", open([c("A", 4, 1, b"def"), s("A", 8, 7, b"xyz"), c("A", 9, 11, b"i")])),
        // Sequence numbers that wrap
        (
            "around the wrap",
            joined([
                shake(wrapping, u32::MAX),
                shuffled(pieces(&long, wrapping + 1, 400), 5),
                vec![s("A", 0, 9_000, b"answer behind the wrap")],
            ]),
        ),
        (
            "a gap around the wrap",
            joined([shake(u32::MAX - 2, 5), vec![c("A", u32::MAX - 1, 6, b"ab"), c("A", 8, 6, b"kl")]]),
        ),
        (
            "the middle around the wrap",
            vec![c("A", 3, 1, b"def"), c("A", u32::MAX, 1, b"?abc"), c("A", 6, 1, b"g")],
        ),
        // Wrong lengths and cut packets
        (
            "an IP length too large",
            open([c("A", 1, 1, b"abc").ip_length(1400), c("A", 4, 1, b"def"), c("A", 7, 1, b"ghi")]),
        ),
        ("an IP length too large, last", after_abc([c("A", 4, 1, b"def").ip_length(1400)])),
        (
            "an IP length too large, cut",
            open([c("A", 1, 1, &long[..1000]).ip_length(60_000).cut(200), c("A", 1001, 1, b"def")]),
        ),
        ("an IP length too small", open([c("A", 1, 1, b"abcdef").ip_length(43), c("A", 7, 1, b"ghi")])),
        ("no IP length", open([c("A", 1, 1, &long).ip_length(0), c("A", 30_001, 1, b"ghi")])),
        (
            "padded frames",
            open([c("A", 1, 1, b"a").padded(), c("A", 2, 1, b"").padded(), c("A", 2, 1, b"b").padded()]),
        ),
        ("snapped", open(snapped(120))),
        (
            "snapped, and then whole",
            open(snapped(90).chain([s("A", 1, 30_001, b"ok")]).chain(pieces(&long, 1, 600))),
        ),
        (
            "a cut packet repeated whole",
            after_cut(&long, [c("A", 1, 1, &long[..1000]), c("A", 1001, 1, b"end")]),
        ),
        (
            "a cut packet repeated whole, behind more",
            after_cut(&long, [c("A", 1001, 1, b"end"), s("A", 1, 1004, b"re"), c("A", 1, 1, &long[..1000])]),
        ),
        (
            "a cut packet filled in part",
            after_cut(&long, [c("A", 501, 1, &long[500..800]), c("A", 1001, 1, b"end")]),
        ),
        (
            "cut down to the headers",
            open([c("A", 1, 1, &long[..1000]).cut(54), s("A", 1, 1001, b"yes"), c("A", 1001, 4, b"end")]),
        ),
        ("cut at the end", after_abc([c("FA", 4, 1, &long[..500]).cut(60), s("FA", 1, 505, b"")])),
        // Half captures, and captures that begin in the middle
        (
            "one direction",
            vec![
                c("S", 0, 0, b""),
                c("A", 1, 1, b"abc"),
                c("A", 9, 1, b"ijk"),
                c("A", 4, 1, b"d"),
                c("FA", 12, 1, b""),
            ],
        ),
        ("only answers", vec![s("SA", 70, 1, b""), s("A", 75, 9, b"efg"), s("A", 71, 9, b"abcd")]),
        (
            "from the middle",
            vec![c("A", 5_000, 9, b"abc"), s("A", 9, 5_003, b"xyz"), c("A", 5_003, 12, b"def")],
        ),
        (
            "from the middle, in disorder",
            vec![
                c("A", 5_006, 9, b"ghi"),
                s("A", 12, 5_009, b"zz"),
                c("A", 5_000, 9, b"abc"),
                c("A", 5_003, 9, b"def"),
                s("A", 9, 5_003, b"xyz"),
            ],
        ),
        ("from the middle, shuffled", shuffled(pieces(&long, 77_000, 333), 9)),
        (
            "from the middle, with gaps",
            vec![
                c("A", 5_000, 9, b"abc"),
                c("A", 5_010, 9, b"k"),
                s("A", 9, 5_011, b"xyz"),
                s("A", 20, 5_011, b"zz"),
            ],
        ),
        // FIN
        ("both finish", open([c("FA", 1, 1, b"bye"), s("FA", 1, 5, b"bye, too"), c("A", 5, 10, b"")])),
        (
            "a FIN before the data",
            open([c("FA", 7, 1, b""), c("A", 4, 1, b"def"), c("A", 1, 1, b"abc"), s("FA", 1, 8, b"")]),
        ),
        (
            "a FIN with data, repeated",
            open([c("FA", 1, 1, b"abc"), c("FA", 1, 1, b"abc"), s("A", 1, 5, b"still")]),
        ),
        ("one side goes on", open([c("FA", 1, 1, b"?"), s("A", 1, 3, &long), s("FA", 30_001, 3, b"")])),
        ("data behind a FIN", open([c("FA", 1, 1, b"abc"), c("A", 5, 1, b"def"), s("A", 1, 8, b"yes")])),
        (
            "data behind a FIN, and all of it again",
            open([c("FA", 1, 1, b"abc"), c("A", 5, 1, b"def"), c("A", 1, 1, b"abc"), c("A", 5, 1, b"def")]),
        ),
        (
            "data behind a FIN before what is missing",
            after_abc([c("FA", 7, 1, b""), c("A", 8, 1, b"ghi"), c("A", 4, 1, b"def")]),
        ),
        (
            "data behind a FIN slipped in",
            after_abc([c("FA", 4, 1, b""), c("A", 4, 1, b"def"), s("A", 1, 7, b"yes")]),
        ),
        (
            "data behind both FINs",
            open([
                c("FA", 1, 1, b"abc"),
                s("FA", 1, 5, b"xyz"),
                c("A", 5, 5, b"more"),
                s("A", 5, 9, b"and more"),
            ]),
        ),
        // RST
        ("a reset, and nothing behind", after_abc([s("RA", 1, 4, b"")])),
        (
            "a reset with a wrong number",
            after_abc([c("R", 9_999, 0, b""), c("A", 4, 1, b"def"), s("A", 1, 7, b"yes")]),
        ),
        (
            "a reset of the other side",
            open([s("R", 500, 0, b""), c("A", 1, 1, b"abc"), s("A", 1, 4, b"yes")]),
        ),
        (
            "data behind a reset",
            open([
                s("A", 1, 1, b"abc"),
                c("R", 1, 0, b""),
                s("A", 4, 1, b"def"),
                c("R", 1, 0, b""),
                s("A", 7, 1, b"ghi"),
                s("A", 1, 1, b"abc"),
            ]),
        ),
        (
            "the one that reset goes on",
            open([c("R", 1, 0, b""), c("A", 1, 1, b"alive"), s("A", 1, 6, b"so am I")]),
        ),
        (
            "a reset where bytes are missing",
            open([c("A", 9, 1, b"ijk"), c("R", 12, 0, b""), s("A", 1, 1, b"under way")]),
        ),
        (
            "a reset before what it follows",
            open([c("A", 4, 1, b"def"), c("R", 7, 0, b""), c("A", 1, 1, b"abc")]),
        ),
        (
            "disorder around a reset",
            open([c("A", 7, 1, b"ghi"), c("R", 4, 0, b""), c("A", 4, 1, b"def"), c("A", 1, 1, b"abc")]),
        ),
        ("a reset with a text", after_abc([s("RA", 1, 4, b"Reset cause: full")])),
        (
            "a reset with a text behind both FINs, twice",
            open([
                c("FA", 1, 1, b"abc"),
                s("FA", 1, 5, b"xyz"),
                s("R", 5, 0, b"late cause"),
                s("R", 5, 0, b"late cause"),
            ]),
        ),
        (
            "resets with texts and wrong numbers",
            after_abc([
                c("R", 6, 0, b"injected"),
                s("R", 900_000_000, 0, b"far away"),
                s("R", 4_000_000_000, 0, b"and behind"),
                c("A", 4, 1, b"def, and what has the numbers of the text"),
                s("A", 1, 7, b"yes"),
            ]),
        ),
        (
            "a reset with a text where bytes are missing",
            after_abc([c("A", 9, 1, b"ijk"), c("R", 4, 0, b"text."), s("A", 1, 1, b"under way")]),
        ),
        (
            "data behind resets with texts",
            open([
                c("R", 1, 0, b"because"),
                s("A", 1, 1, b"abc"),
                c("R", 1, 0, b"of this"),
                s("A", 4, 1, b"def"),
            ]),
        ),
        ("a refusal with a text", vec![c("S", 0, 0, b""), s("RA", 0, 1, b"not here")]),
        ("nothing but resets with texts", vec![s("R", 77, 0, b"why"), s("R", 80, 0, b"and again")]),
        ("a reset with a SYN and a text", open([s("SR", 1, 0, b"why"), c("A", 1, 1, b"abc")])),
        // Ports used again
        (
            "twice between the same ports",
            joined([
                open([c("FA", 1, 1, b"one"), s("FA", 1, 5, b"1")]),
                shake(70_000, 90_000),
                vec![c("A", 70_001, 90_001, b"two"), s("A", 90_001, 70_004, b"2")],
            ]),
        ),
        (
            "again without an end",
            joined([
                open([c("A", 1, 1, b"one")]),
                shake(70_000, 90_000),
                vec![c("A", 70_001, 90_001, b"two")],
            ]),
        ),
        ("a SYN slipped in", after_abc([c("S", 2_000, 0, b""), c("A", 4, 1, b"def")])),
        (
            "a SYN-ACK with data slipped in",
            after_abc([s("SA", 2_000, 4, b"injected"), c("A", 4, 1, b"def"), s("A", 1, 7, b"true")]),
        ),
        (
            "again without an end, with data in the SYNs",
            joined([
                open([c("A", 1, 1, b"one")]),
                vec![c("S", 70_000, 0, b"fast"), s("SA", 90_000, 70_005, b"open")],
                vec![c("A", 70_005, 90_005, b"two")],
            ]),
        ),
        (
            "far away without a SYN",
            after_abc([c("A", 2_000_000_000, 7, b"far"), c("A", 2_000_000_003, 7, b"ther")]),
        ),
        // Below IP, and IPv6
        ("VLANs", open([c("A", 4, 1, b"def"), c("A", 1, 1, b"abc")]).into_iter().map(Packet::vlan).collect()),
        (
            "IPv6",
            vec![
                packet(client6, server6, "S", 8, 0, b""),
                packet(server6, client6, "SA", 80, 9, b""),
                packet(client6, server6, "A", 12, 81, b"def"),
                packet(client6, server6, "A", 9, 81, b"abc"),
                packet(server6, client6, "A", 90, 15, b"gap"),
            ],
        ),
        (
            "IPv6, length too large",
            vec![
                packet(client6, server6, "S", 8, 0, b""),
                packet(client6, server6, "A", 9, 81, b"abc").ip_length(900),
                packet(client6, server6, "A", 12, 81, b"def"),
            ],
        ),
    ]
}
