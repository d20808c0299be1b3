//! The frames of one half, read by read: their numbers, and how they came.

use super::totals::FrameTotals;
use crate::framing::{Found, FoundKind, Framer, Framing, Unfinished};
use crate::model::{Direction, Timestamp};

/// What is known of the frames of one half at a border between reads. Its clone goes on from there as this does.
#[derive(Clone, Debug)]
pub(super) struct Half {
    framer: Framer,
    /// Frames end by time, which is known only when the next bytes come.
    is_by_time: bool,
    /// Bytes pushed.
    seen: u64,
    /// The first byte of the last read.
    read_start: u64,
    /// Frames numbered so far; `None`: not known here.
    numbered: Option<u64>,
}

/// A frame, or bytes in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its place in the half, and what it is.
    pub found: Found,
    /// Its number.
    pub number: Option<u64>,
    /// It stands at the read before the one that showed it.
    pub is_late: bool,
}

impl Half {
    /// At the start of a half, or behind a gap; `numbered` frames come before it.
    pub fn new(framing: &Framing, direction: Direction, numbered: Option<u64>) -> Self {
        Self {
            framer: Framer::new(framing, direction),
            is_by_time: framing.goes_by_time(),
            seen: 0,
            read_start: 0,
            numbered,
        }
    }

    /// Bytes pushed.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The first byte of the last read.
    pub fn read_start(&self) -> u64 {
        self.read_start
    }

    /// Frames numbered so far.
    pub fn numbered(&self) -> Option<u64> {
        self.numbered
    }

    /// What is unfinished, and the number that it will have.
    pub fn unfinished(&self) -> Option<(Unfinished, Option<u64>)> {
        Some((self.framer.unfinished()?, self.numbered.map(|count| count + 1)))
    }

    /// The next read. Returns what it adds to the totals, but for checks.
    pub fn push(&mut self, bytes: &[u8], time: Timestamp, mut each: impl FnMut(Piece)) -> FrameTotals {
        let start = self.seen;
        let before = std::mem::replace(&mut self.read_start, start);
        let is_by_time = self.is_by_time;
        let mut totals = FrameTotals { reads: 1, ..FrameTotals::default() };
        // Frames, whole or not, of which this read brought bytes; whole ones that it alone brought.
        let (mut touched, mut alone) = (0_u64, 0_u64);
        let numbered = &mut self.numbered;
        self.framer.push(bytes, time, |found| {
            let is_late = is_by_time && found.end <= start;
            let is_numbered = !matches!(found.kind, FoundKind::Skipped(_));
            touched += u64::from(is_numbered && found.end > start);
            if found.kind == FoundKind::Frame {
                match found.end <= start {
                    true if found.start >= before => totals.whole += 1,
                    false if found.start >= start => alone += 1,
                    _ => totals.cut += 1,
                }
            }
            each(number(found, numbered, &mut totals, is_late));
        });
        self.seen += bytes.len() as u64;
        let begun = self.framer.unfinished();
        touched += u64::from(begun.is_some_and(|begun| begun.length > begun.skipped && !bytes.is_empty()));
        if touched > 1 {
            totals.glued += alone;
            totals.glued_reads = 1;
        } else {
            totals.whole += alone;
        }
        totals
    }

    /// The stream ends here, or bytes are missing. What is unfinished stands at the last read.
    pub fn cut(&mut self, mut each: impl FnMut(Piece)) -> FrameTotals {
        let mut totals = FrameTotals::default();
        let (read_start, numbered) = (self.read_start, &mut self.numbered);
        self.framer.cut(|found| {
            if found.kind == FoundKind::Frame {
                if found.start >= read_start { totals.whole += 1 } else { totals.cut += 1 }
            }
            each(number(found, numbered, &mut totals, true));
        });
        totals
    }
}

#[inline]
fn number(found: Found, numbered: &mut Option<u64>, totals: &mut FrameTotals, is_late: bool) -> Piece {
    let bytes = found.end - found.start;
    match found.kind {
        FoundKind::Frame => {
            totals.frames += 1;
            totals.frame_bytes += bytes;
        }
        FoundKind::Skipped(_) => {
            totals.skipped_bytes += bytes;
            return Piece { found, number: None, is_late };
        }
        FoundKind::Incomplete { .. } | FoundKind::TooLong => totals.incomplete += 1,
    }
    *numbered = numbered.map(|count| count + 1);
    Piece { found, number: *numbered, is_late }
}
