//! Walking over all blocks of one file, with large reads: what looking through a recording needs.
//!
//! Knows borders and whether a block fits together, not what is in it. Offsets are those in the file.

use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::segment::Segment;
use crate::model::Failure;
use std::ops::ControlFlow;

/// How far blocks must fit together before a place that is taken for a border. The payload of a block
/// may be blocks as well, where a recording is what was sent; but it is shorter than this.
pub(super) const CHAIN_BYTES: usize = 256 << 10;

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

/// The first border behind damage that begins at `damaged`: from there on blocks fit together for longer than
/// any payload, or up to `end`. That is `end` where there is none, and once `go_on` says so.
pub(super) fn behind(
    segment: &Segment,
    damaged: u64,
    end: u64,
    go_on: impl Fn() -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let mut window = Vec::new();
    // So far behind that a block can stand for what is damaged.
    let mut at = damaged + u64::from(MIN_BLOCK_BYTES);
    while at < end && go_on().is_continue() {
        window.resize((end - at).min(WINDOW_BYTES as u64) as usize, 0);
        segment.read(&mut window, at)?;
        let is_last = at + window.len() as u64 == end;
        // Whether those that begin further on are long enough, the next window tells.
        let starts =
            if is_last { window.len() } else { window.len() - CHAIN_BYTES - MAX_BLOCK_BYTES as usize };
        let mut chains = Chains { window: &window, is_last, has_failed: vec![false; window.len()] };
        if let Some(start) = (0..starts).find(|start| chains.fit(*start)) {
            return Ok(at + start as u64);
        }
        at += starts as u64;
    }
    Ok(end)
}

/// What is looked through at once for where blocks fit together again.
const WINDOW_BYTES: usize = 2 << 20;

/// Where blocks may fit together in a part of a file.
struct Chains<'a> {
    window: &'a [u8],
    /// The file ends with the window.
    is_last: bool,
    /// Places from which they do not. Each is walked over once, whatever leads there.
    has_failed: Vec<bool>,
}

impl Chains<'_> {
    /// Whether blocks fit together from `start` on, for long enough or up to the end of the file.
    fn fit(&mut self, start: usize) -> bool {
        let mut at = start;
        while at - start < CHAIN_BYTES {
            if at == self.window.len() {
                return self.is_last;
            }
            if !pcapng::is_known_block(&self.window[at..]) || self.has_failed[at] {
                return false;
            }
            self.has_failed[at] = true;
            let Some(length) = pcapng::whole_block_length(&self.window[at..]) else { return false };
            at += length;
        }
        true
    }
}
