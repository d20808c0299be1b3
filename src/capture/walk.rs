//! Walking over all blocks of one file with large reads, and finding the next valid block after damage.
//!
//! Looks at the lengths of blocks alone, not at their content. Offsets are those in the file.

use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::segment::Segment;
use crate::model::Failure;
use std::ops::ControlFlow;

/// Length of consecutive valid blocks by which a border between blocks is recognised. A payload may contain valid
/// blocks, if a recording was sent, but is shorter than this.
pub(super) const CHAIN_BYTES: usize = 256 << 10;

/// Bytes read at once: at least the longest block.
const CHUNK_BYTES: u64 = MAX_BLOCK_BYTES as u64;

/// Calls `each` with the offset and bytes of every block from `from` on, which must be a border. Returns the offset
/// where it stopped: `end`, the first invalid block, or the block for which `each` broke off.
///
/// # Errors
/// The file cannot be read, or became shorter.
pub(super) fn forward(
    segment: &Segment,
    from: u64,
    end: u64,
    mut each: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let mut chunk = Vec::new();
    let mut at = from;
    // Bytes at the front that belong to a block which the chunk before had only a part of.
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

/// The first border after damage that begins at `damaged`: from there on, blocks are valid for longer than any payload,
/// or up to `end`. `end` if there is none, or if `go_on` broke off.
///
/// # Errors
/// Those of [`forward`].
pub(super) fn behind(
    segment: &Segment,
    damaged: u64,
    end: u64,
    go_on: impl Fn() -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let mut window = Vec::new();
    // The damage must be long enough for a filler block to replace it.
    let mut at = damaged + u64::from(MIN_BLOCK_BYTES);
    while at < end && go_on().is_continue() {
        window.resize((end - at).min(WINDOW_BYTES as u64) as usize, 0);
        segment.read(&mut window, at)?;
        let is_last = at + window.len() as u64 == end;
        // Chains that begin later may continue beyond the window, so that the next window checks them.
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

/// Bytes searched at once.
const WINDOW_BYTES: usize = 2 << 20;

/// Search for chains of valid blocks in a part of a file.
struct Chains<'a> {
    window: &'a [u8],
    /// The window ends where the file ends.
    is_last: bool,
    /// Offsets from which no chain starts. Each is walked over once, however many chains lead there.
    has_failed: Vec<bool>,
}

impl Chains<'_> {
    /// Whether blocks are valid from `start` on for long enough, or up to the end of the file.
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
