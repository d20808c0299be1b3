//! Packets around payloads: the IP, TCP and UDP headers that make a record readable for Wireshark.
//!
//! Addresses, ports and the progress of the sequence numbers are those of the connection; the initial sequence
//! numbers and the window are synthesised. All checksums are valid.

use crate::model::{ConnectionId, Direction, Record};
use etherparse::{
    IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, NetSlice, SlicedPacket, TcpHeader, TcpOptionElement,
    TransportSlice, UdpHeader,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Longest payload that fits into one packet of any protocol, in bytes: an IPv4 packet has at most 65,535 bytes, of
/// which the headers of IPv4 and TCP take 20 each.
pub const MAX_PAYLOAD_BYTES: usize = 65_535 - 40;

/// The largest window scale of RFC 7323: a window of 1 GiB, so that Wireshark never reports a full window.
const WINDOW_SHIFT: u8 = 14;

/// IP protocol of notes and errors: reserved for experiments by RFC 3692, so that no dissector takes them for a part
/// of a conversation.
const NOTE_PROTOCOL: u8 = 253;

/// TCP flags of the packets that the writer makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TcpFlags {
    Syn,
    SynAck,
    Ack,
    Push,
    Fin,
    Reset,
}

/// The headers of a packet to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headers {
    Tcp { flags: TcpFlags, sequence: u32, acknowledged: u32 },
    Udp,
    Note,
}

/// A parsed packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parsed<'a> {
    pub addresses: Addresses<'a>,
    /// The TCP sequence number of the first payload byte.
    pub sequence: Option<u32>,
    pub payload: &'a [u8],
}

/// The source and the destination of a packet, where they are in its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses<'a> {
    V4(&'a [[u8; 4]; 2]),
    V6(&'a [[u8; 16]; 2]),
}

impl Addresses<'_> {
    /// Index of the source, and of the destination.
    pub const SOURCE: usize = 0;
    pub const DESTINATION: usize = 1;

    /// One of the two addresses, with `port`.
    #[inline(always)]
    pub fn with_port(self, index: usize, port: u16) -> SocketAddr {
        match self {
            Self::V4(both) => SocketAddrV4::new(both[index].into(), port).into(),
            Self::V6(both) => SocketAddrV6::new(both[index].into(), port, 0, 0).into(),
        }
    }
}

/// The sequence number of a connection's SYN, in both directions. Different for each connection, so that Wireshark does
/// not take one that reuses the ports of an earlier one for its continuation.
pub(super) fn initial_sequence(connection: ConnectionId) -> u32 {
    // Any odd factor maps ids to distinct numbers; 2^32 divided by the golden ratio keeps those of neighbouring ids
    // far apart.
    connection.0.wrapping_mul(0x9E37_79B1)
}

/// The longest payload of a datagram between the record's addresses, in bytes. The length of an IPv6 packet does not
/// include its header.
pub(super) fn max_datagram_bytes(record: &Record<'_>) -> usize {
    let (local, _) = same_family(record.local, record.peer);
    65_535 - UdpHeader::LEN - if local.is_ipv4() { Ipv4Header::MIN_LEN } else { 0 }
}

/// Replaces the content of `out` with the headers before `payload`.
pub(super) fn write_headers(out: &mut Vec<u8>, record: &Record<'_>, headers: Headers, payload: &[u8]) {
    out.clear();
    let (source, destination) = match record.direction {
        Direction::Outbound => (record.local, record.peer),
        Direction::Inbound => (record.peer, record.local),
    };
    let (source, destination) = same_family(source, destination);
    match headers {
        Headers::Tcp { flags, sequence, acknowledged } => {
            let mut header = TcpHeader::new(source.port(), destination.port(), sequence, u16::MAX);
            header.acknowledgment_number = acknowledged;
            header.syn = matches!(flags, TcpFlags::Syn | TcpFlags::SynAck);
            header.ack = !matches!(flags, TcpFlags::Syn);
            header.psh = flags == TcpFlags::Push;
            header.fin = flags == TcpFlags::Fin;
            header.rst = flags == TcpFlags::Reset;
            if header.syn {
                use TcpOptionElement::{MaximumSegmentSize, Noop, WindowScale};
                // They fit into the 40 bytes there are for options.
                let _ = header.set_options(&[
                    MaximumSegmentSize(MAX_PAYLOAD_BYTES as u16),
                    Noop,
                    WindowScale(WINDOW_SHIFT),
                ]);
            }
            let length = header.header_len() + payload.len();
            let mut bytes = header.to_bytes();
            let sum = checksum(source.ip(), destination.ip(), IpNumber::TCP, length, &[&bytes, payload]);
            bytes[16..18].copy_from_slice(&sum.to_be_bytes());
            write_ip_header(out, source.ip(), destination.ip(), IpNumber::TCP, length);
            out.extend_from_slice(&bytes);
        }
        Headers::Udp => {
            let length = UdpHeader::LEN + payload.len();
            let (source_port, destination_port) = (source.port(), destination.port());
            let header = UdpHeader { source_port, destination_port, length: length as u16, checksum: 0 };
            let mut bytes = header.to_bytes();
            let sum = checksum(source.ip(), destination.ip(), IpNumber::UDP, length, &[&bytes, payload]);
            // 0 would mean that there is none (RFC 768).
            bytes[6..].copy_from_slice(&if sum == 0 { 0xFFFF } else { sum }.to_be_bytes());
            write_ip_header(out, source.ip(), destination.ip(), IpNumber::UDP, length);
            out.extend_from_slice(&bytes);
        }
        Headers::Note => write_ip_header(out, source.ip(), destination.ip(), IpNumber(NOTE_PROTOCOL), 0),
    }
}

/// Appends the IP header before `length` bytes.
fn write_ip_header(
    out: &mut Vec<u8>,
    source: IpAddr,
    destination: IpAddr,
    protocol: IpNumber,
    length: usize,
) {
    match (source, destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let mut header = Ipv4Header {
                protocol,
                source: from.octets(),
                destination: to.octets(),
                ..Default::default()
            };
            header.time_to_live = 64;
            header.dont_fragment = true;
            header.total_len = (Ipv4Header::MIN_LEN + length) as u16;
            header.header_checksum = header.calc_header_checksum();
            out.extend_from_slice(&header.to_bytes());
        }
        (from, to) => {
            let header = Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: length as u16,
                next_header: protocol,
                hop_limit: 64,
                source: v6(from).octets(),
                destination: v6(to).octets(),
            };
            out.extend_from_slice(&header.to_bytes());
        }
    }
}

/// Parses a packet that begins with its IP header; `None` if it is no IP packet, or truncated.
#[inline(always)]
pub(super) fn read(packet: &[u8]) -> Option<Parsed<'_>> {
    read_plain(packet).or_else(|| read_any(packet))
}

/// Parses a complete TCP or UDP packet without IP options and fragmentation, as recordings contain them. A fast path
/// for searches, which parse every record: the general parser takes several times as long.
#[inline(always)]
fn read_plain(packet: &[u8]) -> Option<Parsed<'_>> {
    let (addresses, protocol, rest) = match packet.first()? {
        0x45 => {
            let (header, rest) = packet.split_first_chunk::<{ Ipv4Header::MIN_LEN }>()?;
            let [_, _, length_high, length_low, _, _, flags, offset, _, protocol, _, _, addresses @ ..] =
                header;
            let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
            // More fragments, or not the first one.
            if length != packet.len() || flags & 0x3F != 0 || *offset != 0 {
                return None;
            }
            (Addresses::V4(addresses.as_chunks().0.first_chunk()?), protocol, rest)
        }
        first if first >> 4 == 6 => {
            let (header, rest) = packet.split_first_chunk::<{ Ipv6Header::LEN }>()?;
            let [_, _, _, _, length_high, length_low, protocol, _, addresses @ ..] = header;
            if usize::from(u16::from_be_bytes([*length_high, *length_low])) != rest.len() {
                return None;
            }
            (Addresses::V6(addresses.as_chunks().0.first_chunk()?), protocol, rest)
        }
        _ => return None,
    };
    let (sequence, payload) = match IpNumber(*protocol) {
        IpNumber::TCP => {
            let header = rest.first_chunk::<{ TcpHeader::MIN_LEN }>()?;
            let length = usize::from(header[12] >> 4) * 4;
            let payload = rest.get(length..).filter(|_| length >= header.len())?;
            (Some(u32::from_be_bytes([header[4], header[5], header[6], header[7]])), payload)
        }
        IpNumber::UDP => {
            let (header, payload) = rest.split_first_chunk::<{ UdpHeader::LEN }>()?;
            if usize::from(u16::from_be_bytes([header[4], header[5]])) != rest.len() {
                return None;
            }
            (None, payload)
        }
        _ => return None,
    };
    Some(Parsed { addresses, sequence, payload })
}

#[cold]
fn read_any(packet: &[u8]) -> Option<Parsed<'_>> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let addresses = match sliced.net.as_ref()? {
        NetSlice::Ipv4(_) => Addresses::V4(packet.get(12..)?.as_chunks().0.first_chunk()?),
        NetSlice::Ipv6(_) => Addresses::V6(packet.get(8..)?.as_chunks().0.first_chunk()?),
        NetSlice::Arp(_) => return None,
    };
    let (sequence, payload) = match sliced.transport {
        Some(TransportSlice::Tcp(tcp)) => (Some(tcp.sequence_number()), tcp.payload()),
        Some(TransportSlice::Udp(udp)) => (None, udp.payload()),
        _ => (None, &[][..]),
    };
    Some(Parsed { addresses, sequence, payload })
}

/// Makes both addresses belong to the same family. A socket bound to the unspecified address does not know to which of
/// its addresses a datagram came; then the unspecified address of the peer's family is used.
fn same_family(source: SocketAddr, destination: SocketAddr) -> (SocketAddr, SocketAddr) {
    let unspecified = |like: SocketAddr, port| match like {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
    };
    if source.is_ipv4() == destination.is_ipv4() {
        (source, destination)
    } else if source.ip().is_unspecified() {
        (unspecified(destination, source.port()), destination)
    } else {
        (source, unspecified(source, destination.port()))
    }
}

fn v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

/// The checksum of TCP and UDP (RFC 1071) over the pseudo header and `parts`, all of which but the last must have an
/// even length. It is computed for every recorded byte; that of etherparse takes five times as long.
fn checksum(source: IpAddr, destination: IpAddr, protocol: IpNumber, length: usize, parts: &[&[u8]]) -> u16 {
    let address = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => sum(&ip.octets()),
        IpAddr::V6(ip) => sum(&ip.octets()),
    };
    let mut total =
        address(source) + address(destination) + sum(&[0, protocol.0]) + sum(&(length as u32).to_be_bytes());
    for part in parts {
        total += sum(part);
    }
    while total > 0xFFFF {
        total = (total & 0xFFFF) + (total >> 16);
    }
    // In the other byte order the sum is the same with its two bytes swapped.
    !u16::from_be(total as u16)
}

/// The sum of 16-bit words in native byte order, before carries are folded. Four independent sums, which the compiler
/// vectorises; none overflows below 2^34 bytes.
fn sum(bytes: &[u8]) -> u64 {
    let mut lanes = [0u64; 4];
    let (blocks, rest) = bytes.as_chunks::<16>();
    for block in blocks {
        let (words, _) = block.as_chunks::<4>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane += u64::from(u32::from_ne_bytes(*word));
        }
    }
    let (pairs, odd) = rest.as_chunks::<2>();
    let pairs: u64 = pairs.iter().map(|pair| u64::from(u16::from_ne_bytes(*pair))).sum();
    let odd: u64 = odd.iter().map(|byte| u64::from(u16::from_ne_bytes([*byte, 0]))).sum();
    lanes.iter().sum::<u64>() + pairs + odd
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AnswerNote, RecordKind, Timestamp, Transport};
    use proptest::prelude::*;

    proptest! {
        /// Also for damaged packets.
        #[test]
        fn the_fast_parser_agrees_with_the_general_one(
            is_v6 in any::<bool>(),
            is_udp in any::<bool>(),
            is_syn in any::<bool>(),
            payload in prop::collection::vec(any::<u8>(), 0..40),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
            cut in 0usize..4,
        ) {
            let (local, peer) = if is_v6 { ("[::1]:1", "[2001:db8::2]:2") } else { ("10.0.0.1:1", "10.0.0.2:2") };
            let record = Record {
                time: Timestamp(0),
                kind: RecordKind::Data,
                direction: Direction::Inbound,
                transport: if is_udp { Transport::Udp } else { Transport::Tcp },
                connection: ConnectionId(1),
                local: local.parse().unwrap(),
                peer: peer.parse().unwrap(),
                payload: &payload,
                is_cut: false,
                text: "",
                answer: AnswerNote::default(),
            };
            let flags = if is_syn { TcpFlags::Syn } else { TcpFlags::Push };
            let headers = if is_udp { Headers::Udp } else { Headers::Tcp { flags, sequence: 99, acknowledged: 7 } };
            let mut packet = Vec::new();
            write_headers(&mut packet, &record, headers, &payload);
            packet.extend_from_slice(&payload);
            let whole = read_plain(&packet).unwrap();
            prop_assert_eq!((whole.payload, whole.sequence), (&payload[..], (!is_udp).then_some(99)));
            for (place, byte) in changes {
                let place = place.index(packet.len());
                packet[place] = byte;
            }
            packet.truncate(packet.len() - cut.min(packet.len()));
            if let Some(plain) = read_plain(&packet) {
                prop_assert_eq!(Some(plain), read_any(&packet));
            }
        }
    }
}
