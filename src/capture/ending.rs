//! Finding where the last whole block of a file ends, without reading the file.
//!
//! A clean file ends with a block, whose last four bytes are its length. A crash leaves a cut block, and
//! a power cut zeros; then the end is looked for in what lies before. What is found here is what
//! opening shows first; looking through the whole file checks it.

use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::segment::Segment;
use super::walk::{self, CHAIN_BYTES};
use crate::model::Failure;
use std::ops::ControlFlow;

/// What is read of a file that ends as it should: a chain long enough, and the block that is only partly in it.
const CLEAN_WINDOW: u64 = CHAIN_BYTES as u64 + (128 << 10);
/// What is looked through for the last whole block.
const TORN_WINDOW: u64 = 2 * MAX_BLOCK_BYTES as u64;

/// The offset after the last whole block of a file with `length` bytes. Reads all of the file only
/// where it is damaged far from its end as well.
pub(super) fn find(segment: &Segment, length: u64) -> Result<u64, Failure> {
    if ends_with_a_chain(segment, length)? {
        return Ok(length);
    }
    let Some(end) = before_zeros(segment, length)? else { return Ok(0) };
    // The length at the end of a block may end with zeros as well.
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
        // No cut block begins so far before the end, and there may be whole ones behind what is damaged.
        None => blocks_behind(&window, 0).map(|border| end_of_blocks(&window, border)),
    };
    Ok(last.map_or(stop, |last| from + last as u64))
}

/// Whether blocks fit together back from the end, all of them or so far that they are no payload.
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

/// Whether the block at the start of the last bytes of a file, which is not whole, is longer than they are.
/// What looks like blocks behind is its payload then. Behind any other that is not whole, they are blocks.
fn is_cut(left: &[u8]) -> bool {
    match pcapng::block_length(left) {
        // Where its parts are all there, only its length is damaged.
        Some(length) => length as usize > left.len() && pcapng::length_of_parts(left).is_none(),
        None => (1..MIN_BLOCK_BYTES as usize).contains(&left.len()),
    }
}

/// Where the last whole block ends in the last bytes of a file, which may be damaged as well as cut, and
/// have a border at `border`.
fn end_of_blocks(bytes: &[u8], border: usize) -> usize {
    let mut end = border + pcapng::whole_blocks(&bytes[border..]);
    while !is_cut(&bytes[end..])
        && let Some(behind) = blocks_behind(bytes, end)
    {
        end = behind;
    }
    end
}

/// Where the next blocks that fit together end, behind damage that begins at `from`.
fn blocks_behind(bytes: &[u8], from: usize) -> Option<usize> {
    // Lost bytes may have moved them to any place.
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

/// The last place up to which blocks fit together for long enough, in one pass: each place where a block ends
/// continues what led to the place where it starts.
fn last_chain(window: &[u8]) -> Option<usize> {
    // By quarters of the offset: where the blocks that end there begin to fit together.
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
