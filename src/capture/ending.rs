//! Finding the end of the last whole block of a file without reading the whole file.
//!
//! A clean file ends with a block, whose last four bytes are its length. A crash leaves a truncated block, and a
//! power cut zeros; then the end is searched for before them. Opening shows what ends there; indexing checks it.

use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::segment::Segment;
use super::walk::{self, CHAIN_BYTES};
use crate::model::Failure;
use std::ops::ControlFlow;

/// Bytes read of a clean file: a chain long enough, and a block that is only partly in it.
const CLEAN_WINDOW: u64 = CHAIN_BYTES as u64 + (128 << 10);
/// Bytes searched for the last whole block.
const TORN_WINDOW: u64 = 2 * MAX_BLOCK_BYTES as u64;

/// The offset after the last whole block of a file with `length` bytes. Reads the whole file only if no border is
/// found near its end.
///
/// # Errors
/// The file cannot be read, or became shorter.
pub(super) fn find(segment: &Segment, length: u64) -> Result<u64, Failure> {
    if ends_with_a_chain(segment, length)? {
        return Ok(length);
    }
    let Some(end) = before_zeros(segment, length)? else { return Ok(0) };
    // The length at the end of a block may end with zero bytes, too.
    let end = (end + 3).min(length);
    // Blocks start at multiples of four, unless bytes were lost.
    let from = end.saturating_sub(TORN_WINDOW).next_multiple_of(4).min(end);
    let mut window = vec![0; (end - from) as usize];
    segment.read(&mut window, from)?;
    let border = if from == 0 { Some(0) } else { last_chain(&window) };
    if let Some(border) = border {
        return Ok(from + end_of_blocks(&window, border) as u64);
    }
    let stop = walk::forward(segment, 0, end, |_, _| ControlFlow::Continue(()))?;
    let last = match stop.checked_sub(from) {
        Some(border) => Some(end_of_blocks(&window, border as usize)),
        // A truncated block cannot begin so far before the end: there may be whole blocks after the damage.
        None => blocks_behind(&window, 0).map(|border| end_of_blocks(&window, border)),
    };
    Ok(last.map_or(stop, |last| from + last as u64))
}

/// Whether blocks are valid back from the end, all of them or for longer than any payload.
fn ends_with_a_chain(segment: &Segment, length: u64) -> Result<bool, Failure> {
    let from = length.saturating_sub(CLEAN_WINDOW);
    let mut window = vec![0; (length - from) as usize];
    segment.read(&mut window, from)?;
    let mut start = window.len();
    while let Some(block) = pcapng::whole_block_length_before(&window[..start]) {
        start -= block;
        if window.len() - start >= CHAIN_BYTES {
            return Ok(true);
        }
    }
    Ok(from == 0 && start == 0)
}

/// Whether the invalid block that `left`, the last bytes of a file, begins with is merely truncated. What looks like
/// blocks in it is its payload then; after any other invalid block, they are blocks.
fn is_cut(left: &[u8]) -> bool {
    match pcapng::block_length(left) {
        // If all its parts are there, it is complete and its length is damaged.
        Some(length) => length as usize > left.len() && pcapng::length_of_parts(left).is_none(),
        None => (1..MIN_BLOCK_BYTES as usize).contains(&left.len()),
    }
}

/// The offset after the last whole block in the last bytes of a file, which have a border at `border` and may be
/// damaged as well as truncated.
fn end_of_blocks(bytes: &[u8], border: usize) -> usize {
    let mut end = border + pcapng::whole_blocks(&bytes[border..]);
    while !is_cut(&bytes[end..])
        && let Some(behind) = blocks_behind(bytes, end)
    {
        end = behind;
    }
    end
}

/// The offset after the next valid blocks, after damage that begins at `from`.
fn blocks_behind(bytes: &[u8], from: usize) -> Option<usize> {
    // Lost bytes may have moved them to any offset, not only to multiples of four.
    let is_block = |at: &usize| {
        pcapng::is_known_block(&bytes[*at..]) && pcapng::whole_block_length(&bytes[*at..]).is_some()
    };
    let start = (from..bytes.len()).find(is_block)?;
    Some(start + pcapng::whole_blocks(&bytes[start..]))
}

/// The offset after the last byte that is not 0.
fn before_zeros(segment: &Segment, length: u64) -> Result<Option<u64>, Failure> {
    let mut window = Vec::new();
    let mut end = length;
    while end > 0 {
        let from = end.saturating_sub(TORN_WINDOW);
        window.resize((end - from) as usize, 0);
        segment.read(&mut window, from)?;
        if let Some(last) = window.iter().rposition(|byte| *byte != 0) {
            return Ok(Some(from + last as u64 + 1));
        }
        end = from;
    }
    Ok(None)
}

/// The last offset up to which blocks are valid for long enough. One pass: the chain that ends where a block ends
/// begins where the chain that ends at its start begins.
fn last_chain(window: &[u8]) -> Option<usize> {
    // For each offset divided by four: the start of the chain that ends there.
    let mut chains: Vec<u32> = (0..=window.len() as u32 / 4).map(|quarter| quarter * 4).collect();
    let mut found = None;
    for at in (MIN_BLOCK_BYTES as usize..=window.len()).step_by(4) {
        let Some(length) = pcapng::whole_block_length_before(&window[..at]) else { continue };
        let start = at - length;
        if !pcapng::is_known_block(&window[start..]) {
            continue;
        }
        let chain = chains[start / 4];
        chains[at / 4] = chain;
        if at - chain as usize >= CHAIN_BYTES {
            found = Some(at);
        }
    }
    found
}
