//! The frames in a capture file, pcap or pcapng, of either byte order and any resolution of time.
//!
//! Owns what is done about damage: a record whose length cannot be true is left out, reading goes on at the
//! next place where records follow each other again, and the bytes between are counted. What a record looks
//! like is the [`Format`]'s.

use super::buffer::FileBuffer;
use super::format::{Format, Frame};
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use crate::model::{Damage, Failure, FailureKind, Operation};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes that are searched at a time for the next record behind damage.
const SEARCH_BYTES: usize = 1 << 20;
/// What is looked at behind each place, to see that records follow there.
const CHAIN_BYTES: usize = 1 << 20;

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
    buffer: FileBuffer,
    format: Box<dyn Format + Send>,
    state: State,
    damage: FileDamage,
}

/// What of a file could not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct FileDamage {
    /// The first damage.
    pub failure: Option<Failure>,
    /// Bytes that were left out as damaged.
    pub bytes: u64,
    /// Bytes of a cut record at the end.
    pub cut_bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// Behind damage, and no record was found yet.
    Searching,
    Ended,
}

/// What is to be done with the bytes at the start of the buffer.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// A record of so many bytes.
    Read(usize),
    /// A record of so many bytes, whose header or end is damaged.
    Repair(usize),
    /// So many damaged bytes, with a record behind them.
    LeaveOut(usize),
    /// So many damaged bytes, with no record behind them that can be seen yet.
    Search(usize),
    /// The rest of the file is the start of a record.
    Cut,
    End,
}

impl CaptureFile {
    /// # Errors
    /// The file cannot be read, or is no capture ([`FailureKind::NoCapture`]).
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: &io::Error| Failure::from_io(Operation::Read, path.display(), error);
        let file = File::open(path).map_err(|error| failed(&error))?;
        let length = file.metadata().map_err(|error| failed(&error))?.len();
        let mut buffer = FileBuffer::new(file);
        let start = buffer.peek(CHAIN_BYTES).map_err(|error| failed(&error))?;
        let format: Box<dyn Format + Send> = if let Some(pcap) = Pcap::new(start) {
            Box::new(pcap)
        } else if let Some(pcapng) = Pcapng::new(start) {
            Box::new(pcapng)
        } else {
            return Err(Failure::new(Operation::Read, path.display(), FailureKind::NoCapture));
        };
        buffer.consume(format.file_header_bytes());
        let (state, damage) = (State::Reading, FileDamage::default());
        Ok(Self { path: path.into(), length, buffer, format, state, damage })
    }

    /// The length of the file when it was opened.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn bytes_read(&self) -> u64 {
        self.buffer.offset()
    }

    /// What could not be read so far.
    pub fn damage(&self) -> &FileDamage {
        &self.damage
    }

    /// Reads the next record and gives its frame, if it has one, to `take`. `false`: the file has ended.
    ///
    /// # Errors
    /// The file cannot be read further. Damage is no error: see [`Self::damage`].
    pub fn next(&mut self, take: impl FnOnce(&Frame<'_>)) -> Result<bool, Failure> {
        let step =
            self.step().map_err(|error| Failure::from_io(Operation::Read, self.path.display(), &error))?;
        match step {
            Step::Read(length) | Step::Repair(length) => {
                if matches!(step, Step::Repair(_)) {
                    self.is_damaged(Damage::BlockLength);
                }
                self.state = State::Reading;
                let offset = self.buffer.offset();
                let frame = self.format.read(self.buffer.take(length));
                match frame {
                    Ok(Some(frame)) => take(&frame),
                    Ok(None) => {}
                    Err(()) => {
                        self.damage.bytes += length as u64;
                        self.is_damaged_at(Damage::Contradiction, offset);
                    }
                }
            }
            Step::LeaveOut(length) | Step::Search(length) => {
                self.is_damaged(Damage::BlockLength);
                self.damage.bytes += length as u64;
                self.buffer.consume(length);
                let is_found = matches!(step, Step::LeaveOut(_));
                self.state = if is_found { State::Reading } else { State::Searching };
            }
            Step::Cut => {
                self.damage.cut_bytes = self.length.saturating_sub(self.buffer.offset());
                self.state = State::Ended;
            }
            Step::End => self.state = State::Ended,
        }
        Ok(self.state != State::Ended)
    }

    fn is_damaged(&mut self, what: Damage) {
        self.is_damaged_at(what, self.buffer.offset());
    }

    fn is_damaged_at(&mut self, what: Damage, offset: u64) {
        let kind = FailureKind::Damaged { what, offset };
        let failure = || Failure::new(Operation::Read, self.path.display(), kind);
        self.damage.failure.get_or_insert_with(failure);
    }

    fn step(&mut self) -> io::Result<Step> {
        if self.state == State::Reading {
            let header_bytes = self.format.header_bytes();
            let header = self.buffer.peek(header_bytes)?;
            if header.bytes.len() < header_bytes {
                return Ok(if header.bytes.is_empty() { Step::End } else { Step::Cut });
            }
            if let Some(length) = self.format.claimed_bytes(header) {
                let at = self.buffer.peek(length + header_bytes)?;
                if at.bytes.len() >= length && self.format.is_sound(at, length) {
                    return Ok(Step::Read(length));
                }
            }
        }
        self.step_at_damage()
    }

    /// Finds the next record, where the header does not fit what stands around it.
    fn step_at_damage(&mut self) -> io::Result<Step> {
        let is_searching = self.state == State::Searching;
        let claimed = match is_searching {
            true => None,
            false => self.format.claimed_bytes(self.buffer.peek(self.format.header_bytes())?),
        };
        let searched = claimed.unwrap_or(0) + SEARCH_BYTES;
        let at = self.buffer.peek(searched + CHAIN_BYTES)?;
        let searched = searched.min(at.bytes.len());
        let format = &self.format;
        if let Some(length) = claimed.filter(|length| format.leads_on(at, *length)) {
            return Ok(Step::Read(length));
        }
        let next = (usize::from(!is_searching)..searched).find(|&next| format.begins(at.from(next)));
        if is_searching {
            return Ok(match next {
                Some(next) => Step::LeaveOut(next),
                None if searched == 0 => Step::End,
                None => Step::Search(searched),
            });
        }
        let is_possible = format.is_possible(at);
        Ok(match (claimed, next) {
            // Only what stands between the records is odd, as a packet without bytes.
            (Some(length), Some(next)) if next == length && format.outlasts_damage_behind() => {
                Step::Read(length)
            }
            (Some(length), Some(next)) if next == length => Step::Repair(length),
            (_, Some(next)) if format.ends_at(at, next) => Step::Repair(next),
            (Some(length), Some(next)) if next > length && is_possible && format.outlasts_damage_behind() => {
                Step::Read(length)
            }
            (_, Some(next)) => Step::LeaveOut(next),
            (Some(length), None) if at.bytes.len() < length && is_possible => Step::Cut,
            (Some(length), None)
                if at.bytes.len() >= length && is_possible && format.outlasts_damage_behind() =>
            {
                Step::Read(length)
            }
            (_, None) => Step::Search(searched),
        })
    }
}
