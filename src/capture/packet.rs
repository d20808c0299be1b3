//! Packets around payloads: the IP, TCP and UDP headers that make a record readable to Wireshark.
//!
//! Addresses, ports and sequence numbers are the true ones (the latter count from 0). A TCP
//! checksum is the partial one over the pseudo header, as captures of a loopback interface have it
//! (RFC 9293 section 3.1); UDP checksums and IPv4 header checksums are whole.

use crate::model::{Direction, Record};
use etherparse::{IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, SlicedPacket, TcpHeader, TransportSlice, UdpHeader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The most payload that fits into one packet, whatever the protocol: an IPv4 packet has 65,535
/// bytes, of which TCP's and IPv4's headers take 20 each.
pub const MAX_PAYLOAD_BYTES: usize = 65_535 - 40;
/// A UDP header is shorter, so a whole datagram fits as well (65,507 bytes over IPv4).
pub(super) const MAX_DATAGRAM_BYTES: usize = 65_535 - 28;

/// For notes and errors: RFC 3692 reserves protocol 253 for experiments, so that no dissector takes
/// them for a part of a TCP conversation.
const NOTE_PROTOCOL: u8 = 253;

/// The flags of a TCP segment that a recording makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Syn,
    SynAck,
    Ack,
    Push,
    Fin,
    Reset,
}

/// Which headers to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Tcp { segment: Segment, sequence: u32, acknowledged: u32 },
    Udp,
    Note,
}

/// What was read from the headers of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parsed<'a> {
    pub source: SocketAddr,
    pub destination: SocketAddr,
    /// The TCP sequence number of the first payload byte.
    pub sequence: u32,
    pub payload: &'a [u8],
}

/// Replaces `out` with the headers for `payload`, which follows them.
pub(super) fn write_headers(out: &mut Vec<u8>, record: &Record<'_>, shape: Shape, payload: &[u8]) {
    out.clear();
    let (source, destination) = match record.direction {
        Direction::Outbound => (record.local, record.peer),
        Direction::Inbound => (record.peer, record.local),
    };
    let (source, destination) = same_family(source, destination);
    let header_bytes = match shape {
        Shape::Tcp { .. } => TcpHeader::MIN_LEN,
        Shape::Udp => UdpHeader::LEN,
        Shape::Note => 0,
    };
    let protocol = match shape {
        Shape::Tcp { .. } => IpNumber::TCP,
        Shape::Udp => IpNumber::UDP,
        Shape::Note => IpNumber(NOTE_PROTOCOL),
    };
    let length = (header_bytes + payload.len()) as u16;
    match (source.ip(), destination.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let mut header = Ipv4Header { protocol, source: from.octets(), destination: to.octets(), ..Default::default() };
            header.time_to_live = 64;
            header.dont_fragment = true;
            header.total_len = length + Ipv4Header::MIN_LEN as u16;
            header.header_checksum = header.calc_header_checksum();
            out.extend_from_slice(&header.to_bytes());
        }
        (from, to) => {
            let header = Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: length,
                next_header: protocol,
                hop_limit: 64,
                source: v6(from).octets(),
                destination: v6(to).octets(),
            };
            out.extend_from_slice(&header.to_bytes());
        }
    }
    match shape {
        Shape::Tcp { segment, sequence, acknowledged } => {
            let mut header = TcpHeader::new(source.port(), destination.port(), sequence, u16::MAX);
            header.acknowledgment_number = acknowledged;
            header.syn = matches!(segment, Segment::Syn | Segment::SynAck);
            header.ack = !matches!(segment, Segment::Syn);
            header.psh = segment == Segment::Push;
            header.fin = segment == Segment::Fin;
            header.rst = segment == Segment::Reset;
            header.checksum = pseudo_header_sum(source.ip(), destination.ip(), u32::from(length));
            out.extend_from_slice(&header.to_bytes());
        }
        Shape::Udp => {
            let header = UdpHeader {
                source_port: source.port(),
                destination_port: destination.port(),
                length,
                checksum: 0,
            };
            let checksum = match (source.ip(), destination.ip()) {
                (IpAddr::V4(from), IpAddr::V4(to)) => header.calc_checksum_ipv4_raw(from.octets(), to.octets(), payload),
                (from, to) => header.calc_checksum_ipv6_raw(v6(from).octets(), v6(to).octets(), payload),
            };
            // A payload too long for the checksum is too long for a datagram; 0 means "none".
            out.extend_from_slice(&UdpHeader { checksum: checksum.unwrap_or(0), ..header }.to_bytes());
        }
        Shape::Note => {}
    }
}

/// Reads a packet that starts with its IP header. `None`: no IP packet, or a cut one.
pub(super) fn read(packet: &[u8]) -> Option<Parsed<'_>> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let (from, to): (IpAddr, IpAddr) = match sliced.net.as_ref()? {
        etherparse::NetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        etherparse::NetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        _ => return None,
    };
    let parsed = |source_port, destination_port, sequence, payload| Parsed {
        source: (from, source_port).into(),
        destination: (to, destination_port).into(),
        sequence,
        payload,
    };
    Some(match sliced.transport {
        Some(TransportSlice::Tcp(tcp)) => {
            let sequence = tcp.sequence_number();
            parsed(tcp.source_port(), tcp.destination_port(), sequence, tcp.payload())
        }
        Some(TransportSlice::Udp(udp)) => {
            // One past 0, so that a datagram's offset in its stream is 0.
            parsed(udp.source_port(), udp.destination_port(), 1, udp.payload())
        }
        _ => parsed(0, 0, 1, &[]),
    })
}

/// A socket bound to any address does not know which of its addresses a datagram came to; the
/// unspecified address of the peer's family then stands for it.
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

/// The one's complement sum over the TCP pseudo header, not complemented: what a sender leaves to
/// be completed by the network card.
fn pseudo_header_sum(source: IpAddr, destination: IpAddr, tcp_bytes: u32) -> u16 {
    let words = |ip: IpAddr| -> u32 {
        let sum = |octets: &[u8]| octets.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum::<u32>();
        match ip {
            IpAddr::V4(ip) => sum(&ip.octets()),
            IpAddr::V6(ip) => sum(&ip.octets()),
        }
    };
    let mut sum = words(source) + words(destination) + u32::from(IpNumber::TCP.0) + tcp_bytes;
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    sum as u16
}
