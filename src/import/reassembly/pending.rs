//! What waits for the bytes before it: captured bytes, and the places of those that were cut off.

use super::history::differing;
use std::collections::BTreeMap;

/// What a piece costs besides its bytes, so that many tiny ones are bounded as well.
const PIECE_BYTES: usize = 64;

/// Bytes and cuts by position, all behind the byte that is handed on next.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Apart from each other.
    pieces: BTreeMap<i64, Vec<u8>>,
    /// What was captured without its content: ends by starts. They may overlap.
    cuts: BTreeMap<i64, i64>,
    bytes: usize,
}

impl Pending {
    /// What it takes in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether captured bytes wait.
    pub fn has_bytes(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// The end of what is known; 0 without anything.
    pub fn end(&self) -> i64 {
        let piece = self.pieces.last_key_value().map_or(0, |(start, bytes)| start + bytes.len() as i64);
        let cut = self.cuts.last_key_value().map_or(0, |(_, end)| *end);
        piece.max(cut)
    }

    /// Notes that the bytes between `start` and `end` were captured without their content.
    pub fn add_cut(&mut self, start: i64, end: i64) {
        match self.cuts.get_mut(&start) {
            Some(known) => *known = end.max(*known),
            None => {
                self.cuts.insert(start, end);
                self.bytes += PIECE_BYTES;
            }
        }
    }

    /// Keeps those of `bytes` that are not there yet. Returns how many of the others differ from what is there.
    pub fn insert(&mut self, mut start: i64, mut bytes: &[u8]) -> usize {
        let mut differing_bytes = 0;
        if let Some((before, piece)) = self.pieces.range(..start).next_back() {
            let known = piece.get((start - before) as usize..).unwrap_or_default();
            let covered = known.len().min(bytes.len());
            differing_bytes += differing(known, bytes);
            start += covered as i64;
            bytes = &bytes[covered..];
        }
        while !bytes.is_empty() {
            let next = self.pieces.range(start..).next();
            let free = next.map_or(bytes.len(), |(at, _)| ((at - start) as usize).min(bytes.len()));
            let (new, rest) = bytes.split_at(free);
            let known = next.map_or(&[][..], |(_, piece)| piece);
            let covered = known.len().min(rest.len());
            differing_bytes += differing(known, rest);
            if free > 0 {
                self.bytes += free + PIECE_BYTES;
                self.pieces.insert(start, new.to_vec());
            }
            start += (free + covered) as i64;
            bytes = &rest[covered..];
        }
        differing_bytes
    }

    /// Takes the first bytes if they begin at `next` or before it.
    pub fn take_up_to(&mut self, next: i64) -> Option<Vec<u8>> {
        let first = self.pieces.first_entry().filter(|first| *first.key() <= next)?;
        let bytes = first.remove();
        self.bytes -= bytes.len() + PIECE_BYTES;
        Some(bytes)
    }

    /// Forgets what was cut off before `next`.
    pub fn drop_cuts_before(&mut self, next: i64) {
        while let Some(first) = self.cuts.first_entry().filter(|first| *first.key() < next) {
            let end = first.remove();
            self.bytes -= PIECE_BYTES;
            if end > next {
                self.add_cut(next, end);
            }
        }
    }

    /// Where the bytes end that are missing from `next` on, before captured ones or before `reset`, and whether
    /// they were cut off.
    pub fn gap_end(&self, next: i64, reset: Option<i64>) -> Option<(i64, bool)> {
        let piece = self.pieces.first_key_value().map(|(start, _)| *start);
        let known = [piece, reset].into_iter().flatten().min();
        match self.cuts.first_key_value() {
            Some((&start, &end)) if start == next => Some((known.map_or(end, |known| known.min(end)), true)),
            // A cut packet behind bytes that were not captured at all.
            Some((&start, _)) => Some((known.map_or(start, |known| known.min(start)), false)),
            None => known.map(|known| (known, false)),
        }
    }
}
