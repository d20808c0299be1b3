//! Blocks of the pcapng format: writing the kinds that a recording consists of, and reading them.
//!
//! Source: draft-ietf-opsawg-pcapng. Everything is written little-endian; unknown blocks and options are skipped when
//! reading. The content of a packet is the job of `packet`.

use crate::model::{AnswerNote, Direction, RecordKind};

/// Section Header Block; its number reads the same in either byte order.
const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
/// A block without meaning, in place of damage. Types from 0x80000000 are for local use; other programs skip them.
const FILLER: u32 = 0x8000_0057;
const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;

/// Raw IP: the packet starts with an IPv4 or IPv6 header.
const LINKTYPE_RAW: u16 = 101;

const OPT_END: u16 = 0;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const EPB_FLAGS: u16 = 2;
/// The annotation of a packet. Codes from 0x8000 are for local use; readers that do not know them skip them.
const EPB_WIRELAB: u16 = 0x8057;
/// Length of version 0 of the annotation, and of the fields that every version begins with. A later version may only
/// append fields: a reader takes those it knows and skips the rest, so that it reads recordings of every later version
/// as far as it understands them. The version that is written is the lowest that has all fields.
const ANNOTATION_BYTES: usize = 20;
/// The version that has an answer's rule, and what it answers.
const ANSWER_VERSION: u8 = 1;
/// Length up to the note of the rule, which has a length of its own.
const ANSWER_BYTES: usize = 28;

/// Kind of a bookmark: `back` leads to its record, the comment is its note.
pub(super) const BOOKMARK: u8 = 5;
/// Kind of a packet that is no record, such as an acknowledgement.
pub(super) const AUXILIARY: u8 = 255;

/// Flag of a datagram that was truncated when it was received.
pub(super) const IS_CUT: u8 = 1;
/// Flag of a packet of a UDP socket.
pub(super) const IS_UDP: u8 = 2;
/// Flag of a bookmark that removes an earlier one.
pub(super) const IS_REMOVED: u8 = 4;

/// The number of a kind of record in an annotation.
pub(super) fn kind_number(kind: RecordKind) -> u8 {
    match kind {
        RecordKind::Data => 0,
        RecordKind::Opened => 1,
        RecordKind::Closed => 2,
        RecordKind::Error => 3,
        RecordKind::Note => 4,
    }
}

/// The kind of record of a number; `None` if the packet is no record.
pub(super) fn record_kind(number: u8) -> Option<RecordKind> {
    Some(match number {
        0 => RecordKind::Data,
        1 => RecordKind::Opened,
        2 => RecordKind::Closed,
        3 => RecordKind::Error,
        4 => RecordKind::Note,
        _ => return None,
    })
}

/// The number of a direction in a packet's flags option.
pub(super) fn direction_number(direction: Direction) -> u32 {
    match direction {
        Direction::Inbound => 1,
        Direction::Outbound => 2,
    }
}

/// The direction of a number; inbound if it is not given.
pub(super) fn direction(number: u32) -> Direction {
    if number == direction_number(Direction::Outbound) { Direction::Outbound } else { Direction::Inbound }
}

/// Length of the shortest block: type, length, and length again.
pub(super) const MIN_BLOCK_BYTES: u32 = 12;
/// Longer blocks count as damaged: a packet and a comment have at most 64 KiB each.
pub(super) const MAX_BLOCK_BYTES: u32 = 1 << 20;

/// What a recording stores about a packet beside its bytes, in an option of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Annotation {
    /// Number of a kind of record, [`BOOKMARK`] or [`AUXILIARY`].
    pub kind: u8,
    /// [`IS_CUT`], [`IS_UDP`], [`IS_REMOVED`].
    pub flags: u8,
    /// Connection id.
    pub connection: u32,
    /// Distance back to the block of the record before it in the same half; 0 if there is none. Unlike an offset, it
    /// stays valid when segments are joined.
    pub back: u64,
    /// Ports, since the packet of a note has none.
    pub local_port: u16,
    pub peer_port: u16,
    /// Distance back to the block of the record that this one answers; 0 if there is none.
    pub answered: u64,
}

/// The parts of an Enhanced Packet Block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PacketBlock<'a> {
    /// Nanoseconds since the epoch.
    pub nanos: u64,
    /// The packet, from its IP header on.
    pub packet: &'a [u8],
    /// See [`direction`]; 0 if not given.
    pub direction: u32,
    /// The first comment.
    pub comment: &'a str,
    /// Present only in recordings of this program.
    pub annotation: Option<Annotation>,
    /// The rule of an answer, from the annotation.
    pub answer: AnswerNote<'a>,
}

/// A block of any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block<'a> {
    Packet(PacketBlock<'a>),
    /// Section headers, interface descriptions, and unknown blocks.
    Other,
}

/// Appends a Section Header Block, which every segment begins with.
pub(super) fn write_section_header(out: &mut Vec<u8>) {
    let block = begin(out, SECTION_HEADER);
    out.extend(BYTE_ORDER_MAGIC.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(0u16.to_le_bytes());
    // Section length: unknown.
    out.extend(u64::MAX.to_le_bytes());
    option(out, SHB_USERAPPL, concat!("Wirelab ", env!("CARGO_PKG_VERSION")).as_bytes());
    end(out, block, true);
}

/// Appends an Interface Description Block. Each connection has one, named after its endpoints.
pub(super) fn write_interface(out: &mut Vec<u8>, name: &str) {
    let block = begin(out, INTERFACE_DESCRIPTION);
    out.extend(LINKTYPE_RAW.to_le_bytes());
    out.extend(0u16.to_le_bytes());
    // Snap length: no limit.
    out.extend(0u32.to_le_bytes());
    option(out, IF_NAME, name.as_bytes());
    // Timestamp resolution: 10^-9 seconds.
    option(out, IF_TSRESOL, &[9]);
    end(out, block, true);
}

/// Appends a packet. Its payload is separate from its headers in `block`, so that it is copied only once.
pub(super) fn write_packet(out: &mut Vec<u8>, interface: u32, block: &PacketBlock<'_>, payload: &[u8]) {
    let start = begin(out, ENHANCED_PACKET);
    let length = (block.packet.len() + payload.len()) as u32;
    out.extend(interface.to_le_bytes());
    out.extend(((block.nanos >> 32) as u32).to_le_bytes());
    out.extend((block.nanos as u32).to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend_from_slice(block.packet);
    out.extend_from_slice(payload);
    pad(out, length as usize);
    if !block.comment.is_empty() {
        option(out, OPT_COMMENT, clip(block.comment, u16::MAX as usize).as_bytes());
    }
    option(out, EPB_FLAGS, &block.direction.to_le_bytes());
    if let Some(annotation) = &block.annotation {
        annotation.write(block.answer, out);
    }
    end(out, start, true);
}

/// The length given at the start of a block, if it is a possible one. Needs 8 bytes.
pub(super) fn block_length(bytes: &[u8]) -> Option<u32> {
    possible(u32_at(bytes, 4)?)
}

/// The length given at the end of the block that `bytes` ends with, if it is a possible one. Needs 4 bytes.
pub(super) fn block_length_before(bytes: &[u8]) -> Option<u32> {
    possible(u32_at(bytes, bytes.len().checked_sub(4)?)?)
}

/// The length of the block that `bytes` begins with, if it is complete and both its lengths agree.
pub(super) fn whole_block_length(bytes: &[u8]) -> Option<usize> {
    let length = block_length(bytes)?;
    (u32_at(bytes, length as usize - 4)? == length).then_some(length as usize)
}

/// The length of the block that `bytes` begins with, computed from the lengths of its parts; `None` if it is not
/// complete.
pub(super) fn length_of_parts(bytes: &[u8]) -> Option<usize> {
    let mut at = match u32_at(bytes, 0)? {
        INTERFACE_DESCRIPTION => 16,
        SECTION_HEADER => 24,
        ENHANCED_PACKET => (u32_at(bytes, 20)? as usize).checked_next_multiple_of(4)?.checked_add(28)?,
        _ => return None,
    };
    while u16_at(bytes, at)? != OPT_END {
        at += 4 + usize::from(u16_at(bytes, at + 2)?).next_multiple_of(4);
    }
    // The end of the options, and the second length.
    at.checked_add(8).filter(|end| *end <= bytes.len())
}

/// The length of all complete blocks that `bytes` begins with.
pub(super) fn whole_blocks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = whole_block_length(&bytes[at..]) {
        at += length;
    }
    at
}

/// The length of the block that `bytes` ends with, if it is complete and both its lengths agree.
pub(super) fn whole_block_length_before(bytes: &[u8]) -> Option<usize> {
    let length = block_length_before(bytes)?;
    let start = bytes.len().checked_sub(length as usize)?;
    (u32_at(bytes, start + 4)? == length).then_some(length as usize)
}

/// Parses the block that consists of `bytes`; `None` if it is inconsistent.
#[inline(always)]
pub(super) fn read_block(bytes: &[u8]) -> Option<Block<'_>> {
    let length = block_length(bytes)? as usize;
    if bytes.len() != length || u32_at(bytes, length - 4)? as usize != length {
        return None;
    }
    match u32_at(bytes, 0)? {
        ENHANCED_PACKET => read_packet(&bytes[8..length - 4]).map(Block::Packet),
        SECTION_HEADER if u32_at(bytes, 8)? != BYTE_ORDER_MAGIC => None,
        _ => Some(Block::Other),
    }
}

/// Whether `bytes` begin like a little-endian pcapng file. Needs 12 bytes.
pub(super) fn is_section_header(bytes: &[u8]) -> bool {
    u32_at(bytes, 0) == Some(SECTION_HEADER) && u32_at(bytes, 8) == Some(BYTE_ORDER_MAGIC)
}

/// Whether `bytes` begin with the type of a block that recordings contain. Needs 4 bytes.
pub(super) fn is_known_block(bytes: &[u8]) -> bool {
    matches!(u32_at(bytes, 0), Some(SECTION_HEADER | INTERFACE_DESCRIPTION | ENHANCED_PACKET | FILLER))
}

/// Whether `bytes` begin with the type of a filler. Needs 4 bytes.
pub(super) fn is_filler(bytes: &[u8]) -> bool {
    u32_at(bytes, 0) == Some(FILLER)
}

/// Whether the section header that `block` begins with was written by this program.
pub(super) fn is_own_section(block: &[u8]) -> bool {
    let options = block_length(block).and_then(|length| block.get(24..length as usize - 4));
    options.is_some_and(|options| {
        self::options(options)
            .flatten()
            .any(|(code, value)| code == SHB_USERAPPL && value.starts_with(b"Wirelab "))
    })
}

/// Appends a filler block of `length` bytes, a multiple of 4.
pub(super) fn write_filler(out: &mut Vec<u8>, length: u32) {
    let start = begin(out, FILLER);
    out.resize(start + length as usize - 4, 0);
    end(out, start, false);
}

#[inline(always)]
fn read_packet(body: &[u8]) -> Option<PacketBlock<'_>> {
    let nanos = u64::from(u32_at(body, 4)?) << 32 | u64::from(u32_at(body, 8)?);
    let captured = u32_at(body, 12)? as usize;
    let packet = body.get(20..20usize.checked_add(captured)?)?;
    let mut block = PacketBlock {
        nanos,
        packet,
        direction: 0,
        comment: "",
        annotation: None,
        answer: AnswerNote::default(),
    };
    let rest = body.get(20 + captured.next_multiple_of(4)..).unwrap_or_default();
    for option in options(rest) {
        match option? {
            (OPT_COMMENT, value) if block.comment.is_empty() => {
                block.comment = std::str::from_utf8(value).ok()?;
            }
            (EPB_FLAGS, value) => block.direction = u32_at(value, 0)? & 3,
            (EPB_WIRELAB, value) => {
                block.annotation = Annotation::from_bytes(value);
                block.answer = AnswerNote(value.get(ANSWER_BYTES..).unwrap_or_default());
            }
            _ => {}
        }
    }
    Some(block)
}

/// Codes and values up to the end of the options; `None` for one that is longer than its block.
pub(super) fn options(bytes: &[u8]) -> impl Iterator<Item = Option<(u16, &[u8])>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (code, length) = (u16_at(bytes, at)?, u16_at(bytes, at + 2)? as usize);
        if code == OPT_END {
            return None;
        }
        let value = bytes.get(at + 4..at + 4 + length);
        at = if value.is_some() { at + 4 + length.next_multiple_of(4) } else { bytes.len() };
        Some(value.map(|value| (code, value)))
    })
}

impl Annotation {
    /// Appends the option.
    fn write(self, answer: AnswerNote<'_>, out: &mut Vec<u8>) {
        let AnswerNote(answer) = answer;
        let mut bytes = [0; ANSWER_BYTES];
        bytes[0] = self.kind;
        bytes[1] = self.flags;
        bytes[2] = if answer.is_empty() { 0 } else { ANSWER_VERSION };
        // bytes[3] is reserved.
        bytes[4..8].copy_from_slice(&self.connection.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.back.to_le_bytes());
        bytes[16..18].copy_from_slice(&self.local_port.to_le_bytes());
        bytes[18..20].copy_from_slice(&self.peer_port.to_le_bytes());
        bytes[20..].copy_from_slice(&self.answered.to_le_bytes());
        let bytes = if answer.is_empty() { &bytes[..ANNOTATION_BYTES] } else { &bytes[..] };
        let length = bytes.len() + answer.len();
        out.extend(EPB_WIRELAB.to_le_bytes());
        out.extend((length as u16).to_le_bytes());
        out.extend_from_slice(bytes);
        out.extend_from_slice(answer);
        pad(out, length);
    }

    /// `None`: shorter than any version.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < ANNOTATION_BYTES {
            return None;
        }
        Some(Self {
            kind: bytes[0],
            flags: bytes[1],
            connection: u32_at(bytes, 4)?,
            back: u64_at(bytes, 8)?,
            local_port: u16_at(bytes, 16)?,
            peer_port: u16_at(bytes, 18)?,
            answered: u64_at(bytes, ANNOTATION_BYTES).unwrap_or_default(),
        })
    }
}

pub(super) fn begin(out: &mut Vec<u8>, kind: u32) -> usize {
    let start = out.len();
    out.extend(kind.to_le_bytes());
    // Placeholder for the length, see `end`.
    out.extend(0u32.to_le_bytes());
    start
}

pub(super) fn end(out: &mut Vec<u8>, start: usize, has_options: bool) {
    if has_options {
        out.extend([0; 4]);
    }
    let length = ((out.len() - start + 4) as u32).to_le_bytes();
    out.extend(length);
    out[start + 4..start + 8].copy_from_slice(&length);
}

pub(super) fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend(code.to_le_bytes());
    out.extend((value.len() as u16).to_le_bytes());
    out.extend_from_slice(value);
    pad(out, value.len());
}

pub(super) fn pad(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&[0; 3][..length.next_multiple_of(4) - length]);
}

/// The longest prefix of at most `bytes` bytes that ends at a border between characters.
fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn possible(length: u32) -> Option<u32> {
    ((MIN_BLOCK_BYTES..=MAX_BLOCK_BYTES).contains(&length) && length.is_multiple_of(4)).then_some(length)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
