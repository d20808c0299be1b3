//! Encapsulations between a frame and its IP packet, compared with Wireshark.

use super::{CLIENT, SERVER, pcap, segment, soundly_imported, tshark::follow};
use etherparse::PacketBuilder;
use std::fs;

fn ethernet(ether_type: u16, parts: &[&[u8]]) -> Vec<u8> {
    [&[2; 12][..], &ether_type.to_be_bytes(), &parts.concat()].concat()
}

fn gre(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let body = [header, payload].concat();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).write(&mut packet, 47.into(), &body).unwrap();
    packet
}

#[test]
fn encapsulated_connections_are_read_as_by_wireshark() {
    let length = |ip: &[u8], more: u16| (ip.len() as u16 + more).to_be_bytes();
    type Wrap = dyn Fn(&[u8]) -> Vec<u8>;
    let wraps: [(&str, Box<Wrap>); 9] = [
        ("PPPoE", Box::new(move |ip| ethernet(0x8864, &[&[0x11, 0, 0, 9], &length(ip, 2), &[0, 0x21], ip]))),
        ("MPLS", Box::new(|ip| ethernet(0x8847, &[&[0, 1, 0x10, 64, 0, 2, 0x11, 64], ip]))),
        (
            "SNAP",
            Box::new(move |ip| [&[2; 12][..], &length(ip, 8), &[0xAA, 0xAA, 3, 0, 0, 0, 8, 0], ip].concat()),
        ),
        ("802.1ah", Box::new(|ip| ethernet(0x88E7, &[&[0, 0, 1, 2], &ethernet(0x0800, &[ip])]))),
        ("GRE", Box::new(|ip| ethernet(0x0800, &[&gre(&[0, 0, 8, 0], ip)]))),
        ("GRE with a key", Box::new(|ip| ethernet(0x0800, &[&gre(&[0x20, 0, 8, 0, 0, 0, 0, 1], ip)]))),
        (
            "GRE with Ethernet",
            Box::new(|ip| ethernet(0x0800, &[&gre(&[0, 0, 0x65, 0x58], &ethernet(0x0800, &[ip]))])),
        ),
        ("VLAN", Box::new(|ip| ethernet(0x8100, &[&[0, 5, 8, 0], ip]))),
        ("QinQ", Box::new(|ip| ethernet(0x88A8, &[&[0, 9, 0x81, 0, 0, 5, 8, 0], ip]))),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, wrap) in &wraps {
        let packets = [
            segment(CLIENT, SERVER, "S", 0, 0, b""),
            segment(SERVER, CLIENT, "SA", 0, 1, b""),
            segment(CLIENT, SERVER, "A", 1, 1, b"question"),
            segment(SERVER, CLIENT, "A", 1, 9, b"answer"),
        ];
        let frames: Vec<_> = packets.iter().map(|packet| wrap(&packet[14..])).collect();
        let path = folder.path().join("wrapped.pcap");
        fs::write(&path, pcap(&frames)).unwrap();
        let (conversations, imported) = soundly_imported(&path);
        assert_eq!((imported.connections, imported.skipped), (1, vec![]), "{name}");
        assert_eq!(conversations[&CLIENT], (b"question".to_vec(), b"answer".to_vec()), "{name}");
        assert!(conversations == follow(&path, "tcp"), "{name}");
    }
}
