//! What lies between the start of a frame and its IP packet.

use super::*;

const ADDRESSES: [u8; 12] = [2; 12];

fn ethernet(ether_type: u16, parts: &[&[u8]]) -> Vec<u8> {
    [&ADDRESSES[..], &ether_type.to_be_bytes(), &parts.concat()].concat()
}

/// An IPv4 packet from one router to another with GRE in it.
fn gre(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let body = [header, payload].concat();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).write(&mut packet, 47.into(), &body).unwrap();
    packet
}

/// Each way in which an IP packet lies in an Ethernet frame, by name.
fn wraps(ip: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let label = |number: u8, is_last: bool| [0, number, 0x10 | u8::from(is_last), 64];
    let snap = [0xAA, 0xAA, 3, 0, 0, 0, 8, 0];
    let length = (ip.len() as u16 + 8).to_be_bytes();
    let pppoe =
        |protocol: [u8; 2]| [&[0x11, 0, 0, 9][..], &(ip.len() as u16 + 2).to_be_bytes(), &protocol].concat();
    let inner = ethernet(0x0800, &[ip]);
    vec![
        ("Ethernet", inner.clone()),
        ("VLAN", ethernet(0x8100, &[&[0, 5, 8, 0], ip])),
        ("QinQ", ethernet(0x88A8, &[&[0, 9, 0x81, 0, 0, 5, 8, 0], ip])),
        ("three tags", ethernet(0x9100, &[&[0, 9, 0x88, 0xA8, 0, 7, 0x81, 0, 0, 5, 8, 0], ip])),
        ("PPPoE", ethernet(0x8864, &[&pppoe([0, 0x21]), ip])),
        ("PPPoE in a VLAN", ethernet(0x8100, &[&[0, 5, 0x88, 0x64], &pppoe([0, 0x21]), ip])),
        ("MPLS", ethernet(0x8847, &[&label(5, true), ip])),
        ("three labels", ethernet(0x8847, &[&label(5, false), &label(6, false), &label(7, true), ip])),
        ("SNAP", [&ADDRESSES[..], &length, &snap, ip].concat()),
        ("SNAP in a VLAN", ethernet(0x8100, &[&[0, 5], &length, &snap, ip])),
        ("802.1ah", ethernet(0x88E7, &[&[0, 0, 1, 2], &inner])),
        (
            "802.1ah in a VLAN",
            ethernet(0x88A8, &[&[0, 9, 0x88, 0xE7, 0, 0, 1, 2], &ethernet(0x8100, &[&[0, 5, 8, 0], ip])]),
        ),
        ("GRE", ethernet(0x0800, &[&gre(&[0, 0, 8, 0], ip)])),
        ("GRE, key and sequence", ethernet(0x0800, &[&gre(&[0x30, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 2], ip)])),
        ("GRE, checksum", ethernet(0x0800, &[&gre(&[0x80, 0, 8, 0, 0, 0, 0, 0], ip)])),
        ("GRE, Ethernet", ethernet(0x0800, &[&gre(&[0, 0, 0x65, 0x58], &inner)])),
        ("GRE in GRE", ethernet(0x0800, &[&gre(&[0, 0, 8, 0], &gre(&[0, 0, 8, 0], ip))])),
        (
            "GRE, PPP",
            ethernet(
                0x0800,
                &[&gre(
                    &[0x30, 1, 0x88, 0x0B, 0, 0, 0, 1, 0, 0, 0, 2],
                    &[&[0xFF, 3, 0, 0x21][..], ip].concat(),
                )],
            ),
        ),
    ]
}

#[test]
fn ip_is_read_whatever_lies_before_it() {
    let mut packets = handshake(100, 900);
    packets.push(from_client("A", 101, 901, b"question"));
    packets.push(from_server("A", 901, 109, b"answer"));
    packets.push(udp(CLIENT, SERVER, b"datagram"));
    let expected = import_frames(&packets);
    assert_eq!(expected.1.len(), 4);
    let count = wraps(&[0; 40]).len();
    for which in 0..count {
        let mut name = "";
        let frames: Vec<_> = packets
            .iter()
            .map(|packet| {
                let (wrap, frame) = wraps(packet).swap_remove(which);
                name = wrap;
                frame
            })
            .collect();
        assert!(import_bytes(&Format { link_type: 1, ..RAW }.file(&frames, 65_535)) == expected, "{name}");
    }
}

#[test]
fn other_link_types_are_read() {
    let ip = udp(CLIENT, SERVER, b"datagram");
    let with = |head: &[u8]| [head, &ip].concat();
    let frames = [
        (9, with(&[0xFF, 3, 0, 0x21])),
        (9, with(&[0x21])),
        (50, with(&[0xFF, 3, 0, 0x21])),
        (51, with(&[0x11, 0, 0, 9, 0, 38, 0, 0x21])),
        (219, with(&[0, 1, 0x11, 64])),
        // Linux cooked: LLC with SNAP, a VLAN tag.
        (113, with(&[&[0; 14][..], &[0, 4, 0xAA, 0xAA, 3, 0, 0, 0, 8, 0]].concat())),
        (113, with(&[&[0; 14][..], &[0x81, 0, 0, 5, 8, 0]].concat())),
    ];
    for (link_type, frame) in frames {
        let (imported, told) = import_bytes(&Format { link_type, ..RAW }.file(&[frame], 65_535));
        assert_eq!((imported.skipped, told.len()), (vec![], 1), "{link_type}");
        assert_eq!(told[0].3, b"datagram");
    }
}

#[test]
fn what_carries_no_ip_is_named() {
    use SkipReason::{Arp, Cut, Damaged, Gre, Llc, Mpls, NotIp, OtherProtocol, Pbb, Ppp};
    let zeros = [0; 40];
    let frames = [
        (Arp, ethernet(0x0806, &[&[0, 1, 8, 0, 6, 4, 0, 1], &zeros])),
        (Arp, ethernet(0x8100, &[&[0, 5, 8, 6], &zeros])),
        // Spanning tree, and SNAP of an organisation.
        (Llc, ethernet(38, &[&[0x42, 0x42, 3], &zeros])),
        (Llc, ethernet(38, &[&[0xAA, 0xAA, 3, 0, 0, 0x0C, 1, 0x0B], &zeros])),
        (Ppp, ethernet(0x8863, &[&[0x11, 9, 0, 0, 0, 4], &zeros])),
        (Ppp, ethernet(0x8864, &[&[0x11, 0, 0, 9, 0, 8, 0xC0, 0x21], &zeros])),
        // A pseudowire.
        (Mpls, ethernet(0x8847, &[&[0, 1, 0x11, 64], &zeros])),
        (Pbb, ethernet(0x88E7, &[&[0, 0, 1, 2], &ethernet(0x88CC, &[&zeros])])),
        (Gre, ethernet(0x0800, &[&gre(&[0, 0, 0x88, 0xCC], &zeros)])),
        (Gre, ethernet(0x0800, &[&gre(&[0x40, 0, 8, 0], &zeros)])),
        (NotIp, ethernet(0x88CC, &[&zeros])),
        (NotIp, ethernet(0x88E5, &[&[0x0C, 8, 0, 0, 0, 1], &zeros])),
        (Cut, ethernet(0x8847, &[&[0, 1, 0x10, 64]])),
        (Cut, ethernet(0x8864, &[&[0x11, 0, 0]])),
        (Cut, ADDRESSES.to_vec()),
        (Damaged, ethernet(0x8100, &[&[0, 5, 0x81, 0].repeat(100)])),
        (
            OtherProtocol,
            ethernet(
                0x0800,
                &[&gre(&[0, 0, 8, 0], &{
                    let mut icmp = Vec::new();
                    PacketBuilder::ipv4([1; 4], [2; 4], 9)
                        .icmpv4_echo_request(1, 2)
                        .write(&mut icmp, b"ping")
                        .unwrap();
                    icmp
                })],
            ),
        ),
    ];
    for (reason, frame) in frames {
        let (imported, _) =
            import_bytes(&Format { link_type: 1, ..RAW }.file(std::slice::from_ref(&frame), 65_535));
        assert_eq!(imported.skipped, [(reason, 1)], "{frame:?}");
    }
}

#[test]
fn macsec_without_encryption_is_read() {
    let ip = udp(CLIENT, SERVER, b"datagram");
    for header in [&[0, 0, 0, 0, 0, 1][..], &[0x20, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 0, 1]] {
        let frame = ethernet(0x88E5, &[header, &[8, 0], &ip, &[0; 16]]);
        let (imported, told) = import_bytes(&Format { link_type: 1, ..RAW }.file(&[frame], 65_535));
        assert_eq!((imported.skipped, told.len()), (vec![], 1));
    }
}
