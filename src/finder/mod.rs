//! Which checksum do these frames have, and where do they say how long they are?
//!
//! Pure: frames in, candidates out. Start with [`find`]. Every algorithm of the catalogue is tried over ranges without
//! 0 to 8 bytes at either end, in both byte orders, as bytes and as hex digits, behind the data or up to 8 bytes from
//! either end of it. What agrees with all frames is a candidate, and is **claimed** only where fewer than
//! [`CLAIMED_BELOW`] would agree by chance: of all the possibilities that were tried, 2^-(bits of the check × frames)
//! of them. Only frames that say something new count for that, see `evidence`.
//!
//! `shape` is what is tried for an algorithm, `crc` leaves those shapes that agree with a frame in a few passes over it,
//! `checksums` puts it together, `rank` orders what frames cannot tell apart, and `lengths` is for length fields.

mod checksums;
mod crc;
mod evidence;
mod lengths;
mod rank;
mod shape;
#[cfg(test)]
mod tests;

pub use lengths::{Counts, LengthField, LengthForm};

use crate::payload::checksum::Spec;
use std::collections::HashSet;

/// A candidate is claimed where fewer false ones are expected.
pub const CLAIMED_BELOW: f64 = 1e-6;

/// Longer frames are left out.
pub const LONGEST_FRAME: usize = 64 * 1024;

/// Of more frames the first that differ are taken.
pub const MOST_FRAMES: usize = 256;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// The number of different frames that were looked at.
    pub frames: usize,
    /// The length of the shortest of them.
    pub shortest: usize,
    /// The length of the longest of them.
    pub longest: usize,
    /// The number of frames that were left out: longer than [`LONGEST_FRAME`], or more than [`MOST_FRAMES`].
    pub left_out: usize,
    /// Which checksum it is.
    pub checksums: Part<Spec>,
    /// Where the length is.
    pub lengths: Part<LengthField>,
}

/// What was found of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<T> {
    /// The candidates, those that the frames say most for first.
    pub groups: Vec<Group<T>>,
    /// How many possibilities were tried.
    pub tried: u64,
    /// Why nothing could be found.
    pub missing: Option<Missing>,
}

impl<T> Part<T> {
    /// The candidate that is claimed, if one is. Others in its group fit as well.
    #[must_use]
    pub fn claimed(&self) -> Option<&T> {
        self.groups.first().filter(|group| group.is_claimed)?.candidates.first()
    }
}

/// Candidates that these frames cannot tell apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<T> {
    /// The most usual first.
    pub candidates: Vec<T>,
    /// How many more there are.
    pub left_out: usize,
    /// How many candidates are expected to agree as well with these frames by chance.
    pub expected_false: f64,
    /// They are not by chance, at least one of them is meant.
    pub is_claimed: bool,
    /// How many more frames it takes until one could be claimed: different ones, and for lengths of different lengths.
    pub frames_wanted: u32,
}

/// Why nothing can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There are no frames with bytes.
    Frames,
    /// The shortest frame has room for no checksum with data.
    Longer {
        /// Its length.
        shortest: usize,
    },
    /// All frames have this length.
    Lengths {
        /// The length.
        length: usize,
    },
}

/// Finds the checksum and the length field that all of the frames have.
#[must_use]
pub fn find(frames: &[&[u8]]) -> Findings {
    let mut seen = HashSet::new();
    let mut left_out = 0;
    let mut different: Vec<&[u8]> = Vec::new();
    for frame in frames.iter().filter(|frame| !frame.is_empty()) {
        if frame.len() > LONGEST_FRAME {
            left_out += 1;
        } else if seen.insert(*frame) {
            if different.len() < MOST_FRAMES {
                different.push(frame);
            } else {
                left_out += 1;
            }
        }
    }
    let lengths = lengths::find(&different);
    different.sort_by_key(|frame| frame.len());
    Findings {
        frames: different.len(),
        shortest: different.first().map_or(0, |frame| frame.len()),
        longest: different.last().map_or(0, |frame| frame.len()),
        left_out,
        checksums: checksums::find(&different),
        lengths,
    }
}
