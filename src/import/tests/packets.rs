//! Packets: fragments, extension headers, cut ones, and what cannot be read.

use super::*;

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
    assert_eq!(imported.skipped, [(SkipReason::Arp, 1)]);
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
