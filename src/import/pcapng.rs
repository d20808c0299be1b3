//! The blocks of a pcapng file (draft-ietf-opsawg-pcapng). Each has its length at both ends, so that damage
//! shows where the two differ, and the next block is found by a pair that fits.
//!
//! `pcap-parser` reads what is in a block, but for obsolete packet blocks, which it does not know; what lies in a
//! frame is `link`'s and `packet`'s. A packet whose interface is not described is damage: nothing tells how to
//! read it.

use super::buffer::Peeked;
use super::format::{Format, Frame};
use crate::model::Timestamp;
use pcap_parser::Block;
use pcap_parser::pcapng::{parse_block_be, parse_block_le};
use pcap_parser::traits::PcapNGPacketBlock;

/// Type and length; with the byte-order magic of a section header.
const HEADER_BYTES: usize = 12;
/// The shortest block: type and both lengths.
const MIN_BLOCK_BYTES: usize = 12;
/// An obsolete packet block up to its data.
const PACKET_HEADER_BYTES: usize = 28;
/// The longest block that is believed: Wireshark's limit.
const MAX_BLOCK_BYTES: usize = 16 << 20;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
/// The obsolete packet block, which enhanced ones have replaced.
const PACKET: u32 = 2;
/// Types of blocks at which reading goes on behind damage: section header, interface, obsolete, simple and
/// enhanced packet, name resolution, statistics, and secrets.
const KNOWN_TYPES: [u32; 8] = [SECTION_HEADER, 1, PACKET, 3, 4, 5, 6, 10];

/// A pcapng file as far as its blocks describe it.
pub(super) struct Pcapng {
    is_big_endian: bool,
    /// Those of the section, by their number.
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy)]
struct Interface {
    link_type: i32,
    units_per_second: u64,
    offset_seconds: i64,
    /// 0: not limited.
    snap_bytes: u32,
}

impl Pcapng {
    /// `None`: the file does not begin with a section header.
    pub fn new(start: Peeked<'_>) -> Option<Self> {
        let pcapng = Self { is_big_endian: is_big_endian_section(start)?, interfaces: Vec::new() };
        let length = pcapng.claimed_bytes(start)?;
        (start.bytes.len() >= length).then_some(pcapng)
    }

    /// The byte order of the block at the start of `at`.
    fn is_big_endian_at(&self, at: Peeked<'_>) -> bool {
        is_big_endian_section(at).unwrap_or(self.is_big_endian)
    }

    fn number(&self, at: Peeked<'_>, offset: usize) -> Option<u32> {
        let bytes = *at.array(offset)?;
        Some(if self.is_big_endian_at(at) { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// The frame in an obsolete packet block: interface and dropped packets of 16 bits each, then time, lengths,
    /// data and options as in an enhanced one. `None`: its parts contradict each other.
    fn packet_block<'a>(&self, block: Peeked<'a>) -> Option<Frame<'a>> {
        let interface = *block.array(8)?;
        let interface =
            if self.is_big_endian { u16::from_be_bytes(interface) } else { u16::from_le_bytes(interface) };
        let interface = self.interfaces.get(usize::from(interface))?;
        let number = |at| self.number(block, at);
        let units = u64::from(number(12)?) << 32 | u64::from(number(16)?);
        let (captured, original) = (number(20)? as usize, number(24)? as usize);
        // The length at the block's end is no data.
        let data = block.bytes.get(PACKET_HEADER_BYTES..block.bytes.len().checked_sub(4)?)?;
        Some(Frame {
            time: interface.time(units),
            link_type: interface.link_type,
            cut_bytes: original.saturating_sub(captured),
            bytes: data.get(..captured)?,
        })
    }
}

impl Format for Pcapng {
    fn file_header_bytes(&self) -> usize {
        // The section header is a block as others are.
        0
    }

    fn header_bytes(&self) -> usize {
        HEADER_BYTES
    }

    fn claimed_bytes(&self, at: Peeked<'_>) -> Option<usize> {
        let length = self.number(at, 4)? as usize;
        let is_possible = (MIN_BLOCK_BYTES..=MAX_BLOCK_BYTES).contains(&length) && length.is_multiple_of(4);
        is_possible.then_some(length)
    }

    fn is_possible(&self, at: Peeked<'_>) -> bool {
        self.claimed_bytes(at).is_some()
    }

    fn is_sound(&self, at: Peeked<'_>, length: usize) -> bool {
        length
            .checked_sub(4)
            .and_then(|end| self.number(at, end))
            .is_some_and(|trailer| trailer as usize == length)
    }

    fn begins(&self, at: Peeked<'_>) -> bool {
        let is_known = self.number(at, 0).is_some_and(|kind| KNOWN_TYPES.contains(&kind));
        is_known && self.claimed_bytes(at).is_some_and(|length| self.is_sound(at, length))
    }

    fn ends_at(&self, at: Peeked<'_>, next: usize) -> bool {
        // Only the length at its start is damaged.
        next >= MIN_BLOCK_BYTES && next.is_multiple_of(4) && self.is_sound(at, next)
    }

    fn outlasts_damage_behind(&self) -> bool {
        false
    }

    fn leads_on(&self, _at: Peeked<'_>, _length: usize) -> bool {
        // Blocks have nothing unusual: their lengths fit or do not.
        false
    }

    fn read<'a>(&mut self, record: &'a [u8]) -> Result<Option<Frame<'a>>, ()> {
        let at = Peeked { bytes: record, reaches_end: false };
        self.is_big_endian = self.is_big_endian_at(at);
        if self.number(at, 0) == Some(PACKET) {
            return self.packet_block(at).map(Some).ok_or(());
        }
        let parsed = if self.is_big_endian { parse_block_be(record) } else { parse_block_le(record) };
        let (_, block) = parsed.map_err(|_| ())?;
        match block {
            Block::SectionHeader(_) => {
                self.interfaces.clear();
                Ok(None)
            }
            Block::InterfaceDescription(interface) => {
                self.interfaces.push(Interface {
                    link_type: interface.linktype.0,
                    units_per_second: units_per_second(interface.if_tsresol),
                    offset_seconds: interface.if_tsoffset,
                    snap_bytes: interface.snaplen,
                });
                Ok(None)
            }
            Block::EnhancedPacket(packet) => {
                let interface = self.interfaces.get(packet.if_id as usize).ok_or(())?;
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let length = (packet.caplen as usize).min(packet.data.len());
                Ok(Some(Frame {
                    time: interface.time(units),
                    link_type: interface.link_type,
                    cut_bytes: (packet.orig_len() as usize).saturating_sub(length),
                    bytes: &packet.data[..length],
                }))
            }
            Block::SimplePacket(packet) => {
                let interface = self.interfaces.first().ok_or(())?;
                let captured = match interface.snap_bytes {
                    0 => packet.origlen,
                    snap_bytes => packet.origlen.min(snap_bytes),
                };
                let bytes = packet.data.get(..captured as usize).unwrap_or(packet.data);
                Ok(Some(Frame {
                    // It has no time.
                    time: Timestamp(0),
                    link_type: interface.link_type,
                    cut_bytes: (packet.origlen as usize).saturating_sub(bytes.len()),
                    bytes,
                }))
            }
            _ => Ok(None),
        }
    }
}

impl Interface {
    fn time(&self, units: u64) -> Timestamp {
        let nanos = u128::from(units) * 1_000_000_000 / u128::from(self.units_per_second);
        let nanos = nanos as i128 + i128::from(self.offset_seconds) * 1_000_000_000;
        Timestamp(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}

/// The byte order of a section header; `None`: it is another block.
fn is_big_endian_section(at: Peeked<'_>) -> Option<bool> {
    if u32::from_be_bytes(*at.array(0)?) != SECTION_HEADER {
        return None;
    }
    match u32::from_be_bytes(*at.array(8)?) {
        0x1A2B_3C4D => Some(true),
        0x4D3C_2B1A => Some(false),
        _ => None,
    }
}

/// Units of time in a second by the option if_tsresol: a negative power of 2 if its highest bit is set, of 10
/// otherwise.
fn units_per_second(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7F);
    let units = if resolution & 0x80 != 0 { 2u64.checked_pow(exponent) } else { 10u64.checked_pow(exponent) };
    units.unwrap_or(1_000_000)
}
