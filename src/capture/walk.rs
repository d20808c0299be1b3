//! Walking over all blocks of one file, with large reads: what looking through a recording needs.
//!
//! Knows borders and whether a block fits together, not what is in it. Offsets are those in the file.

use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::segment::Segment;
use crate::model::Failure;
use std::ops::ControlFlow;

/// What is read at once: no less than the longest block.
const CHUNK_BYTES: u64 = MAX_BLOCK_BYTES as u64;

/// Calls `each` with every block from `from` on, which is a border, and the offset at which it starts.
/// Returns where it stopped: at `end`, or where no block fits, or where `each` said so.
pub(super) fn forward(
    segment: &Segment,
    from: u64,
    end: u64,
    mut each: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let mut chunk = Vec::new();
    let mut at = from;
    // The bytes of a block that the chunk before had not all of are at the front already.
    let mut kept = 0;
    while at < end {
        let wanted = (end - at).min(CHUNK_BYTES) as usize;
        chunk.resize(wanted, 0);
        segment.read(&mut chunk[kept..], at + kept as u64)?;
        let mut start = 0;
        while let Some(length) = pcapng::whole_block_length(&chunk[start..]) {
            if each(at + start as u64, &chunk[start..start + length]).is_break() {
                return Ok(at + start as u64);
            }
            start += length;
        }
        if start == 0 {
            return Ok(at);
        }
        at += start as u64;
        chunk.copy_within(start.., 0);
        kept = wanted - start;
    }
    Ok(at)
}

/// Calls `each` with every block back from `end`, which is a border, down to `floor`. Returns where it
/// stopped: the offset where the last block given starts.
pub(super) fn backward(
    segment: &Segment,
    floor: u64,
    end: u64,
    mut each: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let mut chunk = Vec::new();
    let mut at = end;
    while at > floor {
        let from = at.saturating_sub(CHUNK_BYTES).max(floor);
        chunk.resize((at - from) as usize, 0);
        segment.read(&mut chunk, from)?;
        let mut stop = chunk.len();
        while let Some(length) = pcapng::whole_block_length_before(&chunk[..stop]) {
            let start = stop - length;
            if each(from + start as u64, &chunk[start..stop]).is_break() {
                return Ok(from + stop as u64);
            }
            stop = start;
        }
        if stop == chunk.len() {
            break;
        }
        at = from + stop as u64;
    }
    Ok(at)
}

/// Walks backward from `end`, which is a border, to what no longer fits behind damage that begins at
/// `damaged`. Returns where the damage ends: far enough behind that a block can stand for it.
pub(super) fn behind(
    segment: &Segment,
    damaged: u64,
    end: u64,
    each: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    backward(segment, (damaged + u64::from(MIN_BLOCK_BYTES)).min(end), end, each)
}
