//! The records of a pcap file (draft-ietf-opsawg-pcap): a header of 24 bytes, then packets, each behind a
//! header of 16 bytes. Nothing in the format marks where a packet begins: damage shows only by headers with
//! impossible values, and the next packet is found by a chain of possible ones.

use super::buffer::Peeked;
use super::format::{Format, Frame};
use crate::model::Timestamp;

const FILE_HEADER_BYTES: usize = 24;
const RECORD_HEADER_BYTES: usize = 16;
/// The longest packet that is believed, unless the file's snap length is larger: Wireshark's limit.
const MAX_PACKET_BYTES: usize = 256 << 10;
/// The longest packet that is believed with any snap length.
const MAX_SNAP_BYTES: usize = 16 << 20;
/// Packets that have to follow each other before a place behind damage is taken for the start of one.
const CHAIN: usize = 3;
/// The same, before an unusual writer is believed that sets impossible original lengths or fractions.
const LOOSE_CHAIN: usize = 8;
/// Behind damage, a packet is expected within this many seconds of the one before it: a week.
const MAX_TIME_JUMP_SECONDS: u32 = 7 * 86_400;

/// A pcap file as far as its header describes it.
pub(super) struct Pcap {
    is_big_endian: bool,
    is_nanos: bool,
    link_type: i32,
    max_packet_bytes: usize,
    /// Whether original lengths and fractions of seconds are checked: not where the writer sets them wrongly.
    is_strict: bool,
    /// Seconds of the last packet that was read.
    last_seconds: Option<u32>,
}

/// The header of one packet.
struct Header {
    seconds: u32,
    captured_bytes: usize,
    /// The original length and the fraction of a second are possible.
    is_usual: bool,
}

impl Pcap {
    /// Reads the file's header. `None`: it is none, or is cut.
    pub fn new(start: Peeked<'_>) -> Option<Self> {
        let (is_big_endian, is_nanos) = match u32::from_be_bytes(*start.array(0)?) {
            0xA1B2_C3D4 => (true, false),
            0xD4C3_B2A1 => (false, false),
            0xA1B2_3C4D => (true, true),
            0x4D3C_B2A1 => (false, true),
            _ => return None,
        };
        let number = |at| start.array(at).map(|bytes| u32_of(*bytes, is_big_endian));
        let snap_bytes = number(16)? as usize;
        let mut pcap = Self {
            is_big_endian,
            is_nanos,
            // The upper bits tell of check sequences behind the frame.
            link_type: (number(20)? & 0xFFFF) as i32,
            max_packet_bytes: snap_bytes.clamp(MAX_PACKET_BYTES, MAX_SNAP_BYTES),
            is_strict: true,
            last_seconds: None,
        };
        let records = start.from(FILE_HEADER_BYTES);
        if !pcap.is_chain(records, LOOSE_CHAIN, None) {
            pcap.is_strict = false;
            // Nor is it a chain where something is damaged: then the checks are needed.
            pcap.is_strict = !pcap.is_chain(records, LOOSE_CHAIN, None);
        }
        Some(pcap)
    }

    /// The packet's header at the start of `at`, if its values are possible.
    fn header(&self, at: Peeked<'_>) -> Option<Header> {
        let header = self.unusual_header(at)?;
        (!self.is_strict || header.is_usual).then_some(header)
    }

    /// The same where the writer may set original lengths and fractions wrongly.
    fn unusual_header(&self, at: Peeked<'_>) -> Option<Header> {
        let number = |offset| at.array(offset).map(|bytes| u32_of(*bytes, self.is_big_endian));
        let captured_bytes = number(8)? as usize;
        if captured_bytes > self.max_packet_bytes {
            return None;
        }
        let (seconds, fraction, original_bytes) = (number(0)?, number(4)?, number(12)? as usize);
        let fraction_end = if self.is_nanos { 1_000_000_000 } else { 1_000_000 };
        let is_usual = (captured_bytes..=MAX_SNAP_BYTES).contains(&original_bytes) && fraction < fraction_end;
        (captured_bytes > 0).then_some(Header { seconds, captured_bytes, is_usual })
    }

    /// Whether packets follow each other from the start of `at`: `length` of them, or up to the end of the
    /// file. With `near`, none may be far in time from the one before.
    fn is_chain(&self, mut at: Peeked<'_>, length: usize, mut near: Option<u32>) -> bool {
        for count in 0..length {
            let Some(header) = self.header(at) else {
                // The file's end, behind a packet or in the middle of the next one.
                let is_end = at.reaches_end && at.bytes.len() < RECORD_HEADER_BYTES;
                return is_end && count > usize::from(!at.bytes.is_empty());
            };
            if near.is_some_and(|near| near.abs_diff(header.seconds) > MAX_TIME_JUMP_SECONDS) {
                return false;
            }
            near = near.map(|_| header.seconds);
            let end = RECORD_HEADER_BYTES + header.captured_bytes;
            if at.bytes.len() < end {
                return at.reaches_end && count > 1;
            }
            at = at.from(end);
        }
        true
    }
}

impl Format for Pcap {
    fn file_header_bytes(&self) -> usize {
        FILE_HEADER_BYTES
    }

    fn header_bytes(&self) -> usize {
        RECORD_HEADER_BYTES
    }

    fn claimed_bytes(&self, at: Peeked<'_>) -> Option<usize> {
        let captured = u32_of(*at.array(8)?, self.is_big_endian) as usize;
        (captured <= self.max_packet_bytes).then_some(RECORD_HEADER_BYTES + captured)
    }

    fn is_possible(&self, at: Peeked<'_>) -> bool {
        self.header(at).is_some()
    }

    fn is_sound(&self, at: Peeked<'_>, length: usize) -> bool {
        let rest = at.from(length);
        // A header that is cut at the end of the file says nothing against this packet.
        let is_end = rest.reaches_end && rest.bytes.len() < RECORD_HEADER_BYTES;
        is_end || self.header(rest).is_some()
    }

    fn begins(&self, at: Peeked<'_>) -> bool {
        // The first packet of the file has no time to compare with, and the rest have each other's.
        let near = self.last_seconds.or_else(|| self.header(at).map(|header| header.seconds));
        self.is_chain(at, CHAIN, near)
    }

    fn ends_at(&self, at: Peeked<'_>, next: usize) -> bool {
        // Only the captured length is damaged: the packet was captured whole.
        at.array(12).is_some_and(|bytes| {
            (u32_of(*bytes, self.is_big_endian) as usize).saturating_add(RECORD_HEADER_BYTES) == next
        })
    }

    fn outlasts_damage_behind(&self) -> bool {
        true
    }

    fn leads_on(&self, at: Peeked<'_>, length: usize) -> bool {
        let own = at.array(0).map(|bytes| u32_of(*bytes, self.is_big_endian));
        let Some(mut near) = self.last_seconds.or(own) else { return false };
        if at.bytes.len() < length {
            return false;
        }
        let mut at = at.from(length);
        for _ in 0..LOOSE_CHAIN {
            if at.bytes.is_empty() {
                return at.reaches_end;
            }
            let Some(header) = self.unusual_header(at) else { return false };
            let end = RECORD_HEADER_BYTES + header.captured_bytes;
            if near.abs_diff(header.seconds) > MAX_TIME_JUMP_SECONDS || at.bytes.len() < end {
                return false;
            }
            near = header.seconds;
            at = at.from(end);
            if self.is_chain(at, CHAIN, Some(near)) {
                return true;
            }
        }
        true
    }

    fn read<'a>(&mut self, record: &'a [u8]) -> Result<Option<Frame<'a>>, ()> {
        let (header, bytes) = record.split_at_checked(RECORD_HEADER_BYTES).ok_or(())?;
        let number = |at: usize| {
            let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            u32_of(bytes, self.is_big_endian)
        };
        let (seconds, fraction, original_bytes) = (number(0), number(4), number(12) as usize);
        self.last_seconds = Some(seconds);
        let nanos = u64::from(fraction) * if self.is_nanos { 1 } else { 1000 };
        Ok(Some(Frame {
            time: Timestamp(u64::from(seconds) * 1_000_000_000 + nanos),
            link_type: self.link_type,
            bytes,
            cut_bytes: original_bytes.saturating_sub(bytes.len()),
        }))
    }
}

fn u32_of(bytes: [u8; 4], is_big_endian: bool) -> u32 {
    if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}
