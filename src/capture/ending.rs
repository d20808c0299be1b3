//! Finding where the last whole block of a file ends, without reading the file.
//!
//! A clean file ends with a block, whose last four bytes are its length. A crash leaves a cut block, and
//! a power cut zeros; then the end is looked for in what lies before. What is found here is what
//! opening shows first; looking through the whole file checks it.

use super::pcapng::{self, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES};
use super::segment::Segment;
use super::walk;
use crate::model::Failure;
use std::ops::ControlFlow;

/// What is read of a file that ends as it should.
const CLEAN_WINDOW: u64 = 128 << 10;
/// What is looked through for the last whole block.
const TORN_WINDOW: u64 = 2 * MAX_BLOCK_BYTES as u64;
/// How far blocks must fit together before the place that is taken for the end. The payload of a block
/// may be blocks as well, where a recording is what was sent; but it is shorter than this.
const CHAIN_BYTES: usize = 256 << 10;

/// The offset after the last whole block of a file with `length` bytes. Reads all of the file only
/// where it is damaged far from its end as well.
pub(super) fn find(segment: &Segment, length: u64) -> Result<u64, Failure> {
    if ends_with_a_block(segment, length)? {
        return Ok(length);
    }
    let Some(end) = before_zeros(segment, length)? else { return Ok(0) };
    // The length at the end of a block may end with zeros as well.
    let end = (end + 3).min(length);
    if end <= TORN_WINDOW {
        let mut file = vec![0; end as usize];
        segment.read(&mut file, 0)?;
        return Ok(end_of_small(&file) as u64);
    }
    if let Some(found) = last_chain(segment, end - end % 4)? {
        return Ok(found);
    }
    walk::forward(segment, 0, length, |_, _| ControlFlow::Continue(()))
}

fn ends_with_a_block(segment: &Segment, length: u64) -> Result<bool, Failure> {
    let mut window = Vec::new();
    for bytes in [CLEAN_WINDOW, MAX_BLOCK_BYTES.into()] {
        let from = length.saturating_sub(bytes);
        window.resize((length - from) as usize, 0);
        segment.read(&mut window, from)?;
        if pcapng::whole_block_length_before(&window).is_some() {
            // What does not fit may start before the window.
            return Ok(from > 0 || !is_cut(&window[pcapng::whole_blocks(&window)..]));
        }
    }
    Ok(false)
}

/// Whether the block at the start of the last bytes of a file, which is not whole, is longer than they are.
/// What looks like blocks behind is its payload then. Behind any other that is not whole, they are blocks.
fn is_cut(left: &[u8]) -> bool {
    match pcapng::block_length(left) {
        Some(length) => length as usize > left.len(),
        None => (1..MIN_BLOCK_BYTES as usize).contains(&left.len()),
    }
}

/// The offset after the last whole block of a file that is given whole, and may be damaged as well as cut.
fn end_of_small(file: &[u8]) -> usize {
    let mut end = pcapng::whole_blocks(file);
    let mut at = end;
    // Lost bytes may have moved what lies behind to any place.
    while at < file.len() && !is_cut(&file[end..]) {
        if pcapng::is_known_block(&file[at..]) && pcapng::whole_block_length(&file[at..]).is_some() {
            end = at + pcapng::whole_blocks(&file[at..]);
            at = end;
        } else {
            at += 1;
        }
    }
    end
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

/// The last place before `end` up to which blocks fit together for long enough, in one pass: each place
/// where a block ends continues what led to the place where it starts.
fn last_chain(segment: &Segment, end: u64) -> Result<Option<u64>, Failure> {
    // Blocks start at multiples of four.
    let from = end.saturating_sub(TORN_WINDOW).next_multiple_of(4);
    let mut window = vec![0; end.saturating_sub(from) as usize];
    segment.read(&mut window, from)?;
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
            found = Some(from + at as u64);
        }
    }
    Ok(found)
}
