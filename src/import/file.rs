//! The frames in a capture file: pcap and pcapng, of either byte order and any resolution of time.
//!
//! `pcap-parser` takes the files apart; what lies in a frame is `packet`'s.

use crate::model::{Damage, Failure, FailureKind, Operation, Timestamp};
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What is kept in memory of a file, and what it grows to where one block is longer.
const BUFFER_BYTES: usize = 1 << 20;
const LONG_BUFFER_BYTES: usize = 20 << 20;

/// One packet as it was captured.
pub(super) struct Frame<'a> {
    pub time: Timestamp,
    /// LINKTYPE_ number of what comes first in it (www.tcpdump.org/linktypes.html).
    pub link_type: i32,
    pub bytes: &'a [u8],
}

/// Whether a file with these first bytes is a capture.
pub(super) fn is_capture(start: &[u8]) -> bool {
    let Some((magic, rest)) = start.split_first_chunk::<4>() else { return false };
    match u32::from_be_bytes(*magic) {
        // Microseconds and nanoseconds, in either byte order.
        0xA1B2_C3D4 | 0xD4C3_B2A1 | 0xA1B2_3C4D | 0x4D3C_B2A1 => true,
        0x0A0D_0D0A => matches!(rest.get(4..8), Some([0x1A, 0x2B, 0x3C, 0x4D] | [0x4D, 0x3C, 0x2B, 0x1A])),
        _ => false,
    }
}

/// A capture being read.
pub(super) struct CaptureFile {
    path: PathBuf,
    length: u64,
    reader: Box<dyn PcapReaderIterator + Send>,
    frames: Frames,
    is_cut: bool,
}

/// What earlier blocks tell of frames.
#[derive(Default)]
struct Frames {
    /// Those of the section, by their number; of a pcap file, its only one.
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy)]
struct Interface {
    link_type: i32,
    units_per_second: u64,
    offset_seconds: i64,
    snap_length: u32,
}

/// What the parser has to say when it gives no block.
enum Problem {
    End,
    CutEnd,
    NeedsMore,
    NeedsRoom,
    Damaged,
}

impl CaptureFile {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: &std::io::Error| Failure::from_io(Operation::Read, path.display(), error);
        let file = File::open(path).map_err(|error| failed(&error))?;
        let length = file.metadata().map_err(|error| failed(&error))?.len();
        let reader = create_reader(capacity(length, BUFFER_BYTES), file)
            .map_err(|_| Failure::new(Operation::Read, path.display(), FailureKind::NoCapture))?;
        Ok(Self { path: path.into(), length, reader, frames: Frames::default(), is_cut: false })
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn bytes_read(&self) -> u64 {
        self.reader.consumed() as u64
    }

    /// Bytes of a cut packet at the end, once everything was read.
    pub fn ignored_bytes(&self) -> u64 {
        if self.is_cut { self.length.saturating_sub(self.bytes_read()) } else { 0 }
    }

    /// Reads the next block, and gives it to `take` if it is a frame. `false`: there is none.
    pub fn next(&mut self, take: impl FnOnce(&Frame<'_>)) -> Result<bool, Failure> {
        let mut has_grown = false;
        loop {
            let problem = match self.reader.next() {
                Ok((length, block)) => {
                    if let Some(frame) = self.frames.read(&block) {
                        take(&frame);
                    }
                    drop(block);
                    // What is read is moved to the front of the buffer when more is read.
                    self.reader.consume_noshift(length);
                    return Ok(true);
                }
                Err(PcapError::Eof) => Problem::End,
                Err(PcapError::UnexpectedEof) => Problem::CutEnd,
                Err(PcapError::Incomplete(_)) => Problem::NeedsMore,
                Err(PcapError::BufferTooSmall) => Problem::NeedsRoom,
                Err(_) => Problem::Damaged,
            };
            match problem {
                Problem::End => return Ok(false),
                Problem::CutEnd => {
                    self.is_cut = true;
                    return Ok(false);
                }
                Problem::NeedsMore => {}
                Problem::NeedsRoom if !has_grown => {
                    has_grown = true;
                    self.reader.grow(capacity(self.length, LONG_BUFFER_BYTES));
                }
                Problem::NeedsRoom | Problem::Damaged => {
                    return Err(self.damaged(Damage::Contradiction));
                }
            }
            if self.reader.refill().is_err() {
                return Err(self.damaged(Damage::CutOff));
            }
        }
    }

    fn damaged(&self, what: Damage) -> Failure {
        let kind = FailureKind::Damaged { what, offset: self.bytes_read() };
        Failure::new(Operation::Read, self.path.display(), kind)
    }
}

/// How much memory to read a file of `length` bytes with. There must be room for what a cut packet at its
/// end lacks, or the parser does not see that it is cut.
fn capacity(length: u64, most: usize) -> usize {
    usize::try_from(length).map_or(most, |length| most.min(length.saturating_add(128 << 10)))
}

impl Frames {
    fn read<'a>(&mut self, block: &'a PcapBlockOwned<'_>) -> Option<Frame<'a>> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.interfaces = vec![Interface {
                    // The upper bits tell of check sequences behind the frame.
                    link_type: header.network.0 & 0xFFFF,
                    units_per_second: if header.is_nanosecond_precision() {
                        1_000_000_000
                    } else {
                        1_000_000
                    },
                    offset_seconds: 0,
                    snap_length: 0,
                }];
                None
            }
            PcapBlockOwned::Legacy(packet) => {
                let interface = self.interfaces.first()?;
                let nanos = 1_000_000_000 / interface.units_per_second;
                let time = u64::from(packet.ts_sec) * 1_000_000_000 + u64::from(packet.ts_usec) * nanos;
                Some(Frame { time: Timestamp(time), link_type: interface.link_type, bytes: packet.data })
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                self.interfaces.clear();
                None
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.interfaces.push(Interface {
                    link_type: interface.linktype.0,
                    units_per_second: units_per_second(interface.if_tsresol),
                    offset_seconds: interface.if_tsoffset,
                    snap_length: interface.snaplen,
                });
                None
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let interface = self.interfaces.get(packet.if_id as usize);
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                Some(Frame {
                    time: interface.map_or(Timestamp(0), |interface| interface.time(units)),
                    // A number that no link type has.
                    link_type: interface.map_or(-1, |interface| interface.link_type),
                    bytes: packet.packet_data(),
                })
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let interface = self.interfaces.first()?;
                let length = match interface.snap_length {
                    0 => packet.origlen,
                    most => packet.origlen.min(most),
                };
                let bytes = packet.data.get(..length as usize).unwrap_or(packet.data);
                // It has no time.
                Some(Frame { time: Timestamp(0), link_type: interface.link_type, bytes })
            }
            PcapBlockOwned::NG(_) => None,
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

/// What if_tsresol says: a negative power of 2 if its highest bit is set, of 10 otherwise.
fn units_per_second(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7F);
    let units = if resolution & 0x80 != 0 { 2u64.checked_pow(exponent) } else { 10u64.checked_pow(exponent) };
    units.unwrap_or(1_000_000)
}
