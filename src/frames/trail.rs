//! The way back from one record through its half, by the links between its records, and the bytes on it.

use super::assembler::{CHECKPOINT_BYTES, CHECKPOINT_RECORDS};
use super::checkpoint::Checkpoints;
use super::half::Half;
use crate::capture::{Cursor, Position};
use crate::framing::Framing;
use crate::model::{Failure, FailureKind, RecordKind, Timestamp, Transport};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Bound on reading back where checkpoints should be, which only a crafted recording reaches.
const MOST_BYTES: u64 = 16 << 20;
const MOST_RECORDS: usize = 8 * CHECKPOINT_RECORDS as usize;
/// Bound on the records of a long frame that are passed on the way to its beginning.
const MOST_PASSED: usize = 20_000;
/// So many records are between two remembered halves.
const REMEMBER_EVERY: usize = 64;
/// Bound on remembered halves.
const MOST_REMEMBERED: usize = 2048;

/// One read on the way.
pub(super) struct Step {
    pub record: Position,
    pub time: Timestamp,
    /// The offset of its first byte in the half.
    pub start: u64,
    pub payload: Vec<u8>,
}

impl Step {
    pub fn end(&self) -> u64 {
        self.start + self.payload.len() as u64
    }
}

/// The reads from a place where the half is known up to a record, and the half before the last of them.
pub(super) struct Trail {
    /// In order.
    pub steps: Vec<Step>,
    pub half: Half,
    /// The record before the last read in its half.
    pub previous: Option<Position>,
}

/// Halves before some records.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    halves: HashMap<Position, (Arc<Half>, bool)>,
}

impl Remembered {
    /// The half before a record; if it must be `sure`, only one that is not guessed.
    fn get(&self, position: Position, sure: bool) -> Option<(Arc<Half>, bool)> {
        self.halves.get(&position).filter(|(_, is_sure)| *is_sure || !sure).cloned()
    }

    fn insert(&mut self, position: Position, half: &Half, is_sure: bool) {
        if self.halves.len() >= MOST_REMEMBERED {
            self.halves.clear();
        }
        self.halves.insert(position, (Arc::new(half.clone()), is_sure));
    }
}

impl Trail {
    /// The way to the record at `position`, which has data and is there.
    ///
    /// # Errors
    /// The recording cannot be read for another reason than damage before the record.
    pub fn to(
        position: Position,
        cursor: &mut Cursor,
        checkpoints: &Checkpoints,
        remembered: &mut Remembered,
        framing: &Framing,
    ) -> Result<Option<Self>, Failure> {
        let is_known = checkpoints.knows(position);
        let mut steps: Vec<Step> = Vec::new();
        let mut bytes = 0;
        let mut at = position;
        // The offset in its stream of the first byte of the step before, on the way back.
        let mut behind: Option<u32> = None;
        let mut found: Option<(Arc<Half>, bool)> = None;
        let mut last = None;
        loop {
            let entry = match cursor.read(at) {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(failure) if steps.is_empty() || !is_damage(&failure) => return Err(failure),
                Err(_) => break,
            };
            let previous = entry.previous;
            let record = &entry.record;
            let is_datagram = record.transport == Transport::Udp;
            last.get_or_insert((record.direction, is_datagram, previous));
            match record.kind {
                RecordKind::Data => {
                    let end = entry.stream_offset.wrapping_add(record.payload.len() as u32);
                    if !is_datagram && behind.is_some_and(|behind| behind != end) {
                        break;
                    }
                    behind = Some(entry.stream_offset);
                    bytes += record.payload.len() as u64;
                    let payload = record.payload.to_vec();
                    steps.push(Step { record: at, time: record.time, start: 0, payload });
                    let begins = checkpoints.starts.contains(at)
                        || (!is_datagram && previous.is_none() && entry.stream_offset == 0);
                    if begins {
                        found = Some((Arc::new(Half::new(framing, record.direction, Some(0))), true));
                    } else if let Some(checkpoint) = checkpoints.at(at) {
                        found = Some((checkpoint.half.clone(), true));
                    } else {
                        found = remembered.get(at, is_known);
                    }
                    let is_far = match is_known {
                        true => bytes >= MOST_BYTES || steps.len() >= MOST_RECORDS,
                        false => {
                            is_datagram
                                || bytes >= CHECKPOINT_BYTES
                                || steps.len() >= CHECKPOINT_RECORDS as usize
                        }
                    };
                    if found.is_some() || is_far {
                        break;
                    }
                }
                RecordKind::Opened | RecordKind::Closed => break,
                RecordKind::Error | RecordKind::Note => {}
            }
            match previous {
                Some(previous) => at = previous,
                None => break,
            }
        }
        let Some((direction, is_datagram, before)) = last.filter(|_| !steps.is_empty()) else {
            return Ok(None);
        };
        steps.reverse();
        let (half, is_sure) = match found {
            Some((half, is_sure)) => (Half::clone(&half), is_sure),
            // Nothing is known from before.
            None => (Half::new(framing, direction, None), is_known),
        };
        let mut trail = Self { steps, half, previous: before };
        let last = trail.steps.len() - 1;
        for (index, step) in trail.steps.iter_mut().enumerate() {
            step.start = trail.half.seen();
            if index % REMEMBER_EVERY == REMEMBER_EVERY - 1 || index == last {
                remembered.insert(step.record, &trail.half, is_sure);
            }
            if index < last {
                trail.half.push(&step.payload, step.time, |_| {});
                if is_datagram {
                    trail.half.cut(|_| {});
                    trail.half = Half::new(framing, direction, trail.half.numbered());
                }
            }
        }
        if is_datagram {
            for step in &mut trail.steps {
                step.start = 0;
            }
            trail.steps.drain(..last);
        }
        Ok(Some(trail))
    }

    /// The reads that brought `wanted`, bytes of the half before the first step; where they cannot be read, fewer.
    pub fn before(&self, wanted: Range<u64>, cursor: &mut Cursor, checkpoints: &Checkpoints) -> Vec<Step> {
        let mut found = Vec::new();
        let Some(first) = self.steps.first() else { return found };
        let (mut at, mut start) = (first.record, first.start);
        for _ in 0..MOST_PASSED {
            // From checkpoint to checkpoint as far as nothing is wanted between them.
            while let Some(checkpoint) = checkpoints.at(at)
                && let Some(previous) = checkpoint.previous.and_then(|previous| checkpoints.at(previous))
                && previous.half.seen() >= wanted.end
            {
                at = previous.position;
                start = previous.half.seen();
            }
            if start <= wanted.start {
                break;
            }
            let Some(step) = read_before(at, start, cursor) else { break };
            (at, start) = (step.record, step.start);
            if step.start < wanted.end {
                found.push(step);
            }
        }
        found.reverse();
        found
    }
}

/// The read with data before the record at `position`, whose first byte has the offset `start` in the half.
fn read_before(position: Position, start: u64, cursor: &mut Cursor) -> Option<Step> {
    let mut at = cursor.read(position).ok()??.previous?;
    loop {
        let entry = cursor.read(at).ok()??;
        let record = &entry.record;
        match record.kind {
            RecordKind::Data => {
                let payload = record.payload.to_vec();
                let start = start.checked_sub(payload.len() as u64)?;
                return Some(Step { record: at, time: record.time, start, payload });
            }
            RecordKind::Opened | RecordKind::Closed => return None,
            RecordKind::Error | RecordKind::Note => at = entry.previous?,
        }
    }
}

fn is_damage(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Damaged { .. })
}
