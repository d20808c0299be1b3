//! Captures of other programs, made for the tests: pcap files of raw IP packets.

#[cfg(target_os = "linux")]
use std::path::{Path, PathBuf};

fn builder() -> etherparse::PacketBuilderStep<etherparse::IpHeaders> {
    etherparse::PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 0, 1], 64)
}

/// A UDP datagram with this payload.
pub fn datagram(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    builder().udp(50_000, 53).write(&mut packet, payload).unwrap();
    packet
}

/// An ICMP echo request, which a recording cannot hold.
pub fn ping() -> Vec<u8> {
    let mut packet = Vec::new();
    builder().icmpv4_echo_request(1, 1).write(&mut packet, b"ping").unwrap();
    packet
}

/// The byte order of a capture file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

/// A pcap file of these packets, with the link type 101 (raw IP).
pub fn pcap<'a>(order: Order, packets: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let number = |value: u32| match order {
        Order::Little => value.to_le_bytes(),
        Order::Big => value.to_be_bytes(),
    };
    let half = |value: u16| match order {
        Order::Little => value.to_le_bytes(),
        Order::Big => value.to_be_bytes(),
    };
    let mut bytes = number(0xA1B2_C3D4).to_vec();
    bytes.extend([half(2), half(4)].concat());
    bytes.extend([number(0), number(0), number(65_536), number(101)].concat());
    for packet in packets {
        for value in [1_700_000_000, 0, packet.len() as u32, packet.len() as u32] {
            bytes.extend(number(value));
        }
        bytes.extend(packet);
    }
    bytes
}

/// A capture file in a folder, of `count` datagrams with this payload.
#[cfg(target_os = "linux")]
pub fn capture(folder: &Path, payload: &[u8], count: usize) -> PathBuf {
    let file = folder.join("capture.pcap");
    let packet = datagram(payload);
    std::fs::write(&file, pcap(Order::Little, std::iter::repeat_n(&packet, count))).unwrap();
    file
}
