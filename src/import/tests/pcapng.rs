//! Blocks of pcapng besides enhanced packets.

use super::*;

const FORMATS: [Format; 2] = [
    Format { is_pcapng: true, is_big_endian: false, is_nanos: false, link_type: 101 },
    Format { is_pcapng: true, is_big_endian: true, is_nanos: false, link_type: 101 },
];

/// A file whose packets are in blocks of this type. `interface` is their number.
fn file(format: Format, kind: u32, interface: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut out = format.file(&[], 65_535);
    for (number, packet) in packets.iter().enumerate() {
        let length = format.u32(packet.len() as u32);
        let micros = 1_700_000_000_000_000 + number as u64;
        let time = [format.u32((micros >> 32) as u32), format.u32(micros as u32)].concat();
        let head = match kind {
            // The interface's number, and packets that were dropped.
            2 => [&format.u16(interface as u16)[..], &format.u16(9), &time, &length, &length].concat(),
            3 => length.to_vec(),
            _ => [&format.u32(interface)[..], &time, &length, &length].concat(),
        };
        let padding = vec![0; packet.len().next_multiple_of(4) - packet.len()];
        // An option may follow the padding: a comment.
        let options: &[u8] = if kind == 3 { &[] } else { &[format.u16(1), format.u16(0)].concat() };
        let end: &[u8] = if kind == 3 { &[] } else { &[0; 4] };
        format.block(&mut out, kind, &[&head, packet, &padding, options, end]);
    }
    out
}

fn packets() -> Vec<Vec<u8>> {
    (1..5u8).map(|length| udp(CLIENT, SERVER, &vec![b'a'; length.into()])).collect()
}

#[test]
fn obsolete_packet_blocks_are_read_like_enhanced_ones() {
    for format in FORMATS {
        let expected = import_bytes(&file(format, 6, 0, &packets()));
        assert_eq!((expected.0.records, expected.0.failure.clone()), (4, None));
        assert_eq!(import_bytes(&file(format, 2, 0, &packets())), expected, "{format:?}");
    }
}

#[test]
fn reading_goes_on_at_an_obsolete_packet_block_behind_damage() {
    for format in FORMATS {
        let whole = file(format, 2, 0, &packets());
        let mut bytes = whole.clone();
        let second = file(format, 2, 0, &packets()[..1]).len();
        bytes[second + 4..second + 8].fill(0xEE);
        let (imported, told) = import_bytes(&bytes);
        // The length at its end is right, so that even this packet is read.
        assert_eq!(said(&told, 1, Direction::Inbound), "a".repeat(10), "{format:?}");
        assert!(imported.failure.is_some());
    }
}

#[test]
fn an_obsolete_packet_block_that_is_too_short_is_damaged() {
    for format in FORMATS {
        let mut bytes = format.file(&[], 65_535);
        format.block(&mut bytes, 2, &[&[0; 16]]);
        let (imported, told) = import_bytes(&bytes);
        assert_eq!((imported.damaged_bytes, told.len()), (28, 0), "{format:?}");
        // The captured length is longer than the block.
        let mut bytes = format.file(&[], 65_535);
        format.block(&mut bytes, 2, &[&[0; 12], &format.u32(40), &format.u32(40), &[0; 36]]);
        let (imported, told) = import_bytes(&bytes);
        assert_eq!((imported.damaged_bytes, told.len()), (68, 0), "{format:?}");
    }
}

#[test]
fn packets_of_an_interface_that_is_not_described_are_damaged() {
    for format in FORMATS {
        let header = format.file(&[], 65_535);
        // The section header alone: 28 bytes.
        let without = |kind| {
            let mut bytes = file(format, kind, 0, &packets());
            bytes.drain(28..header.len());
            bytes
        };
        let unknown = |kind| file(format, kind, 1, &packets());
        for bytes in [without(2), without(3), without(6), unknown(2), unknown(6)] {
            let (imported, told) = import_bytes(&bytes);
            let packets = if bytes[28..32] == format.u32(1)[..] {
                bytes.len() - header.len()
            } else {
                bytes.len() - 28
            };
            assert_eq!((imported.damaged_bytes, told.len()), (packets as u64, 0), "{format:?}");
            let kind = imported.failure.unwrap().kind;
            assert!(matches!(kind, FailureKind::Damaged { .. }), "{kind:?}");
        }
    }
}
