//! What one record completes, read from the recording when it is asked for.

use super::checkpoint::{Checkpoints, End};
use super::filter::CompiledFrameFilter;
use super::half::Piece;
use super::shown::{FramedRecord, Read, ShownFrame, ShownKind};
use super::trail::{Remembered, Step, Trail};
use super::{FramedSettings, Rules, SHOWN_BYTES};
use crate::capture::{Cursor, Position, Snapshot};
use crate::model::{Failure, Record, RecordKind, Timestamp, Transport};
use std::collections::HashMap;
use std::sync::Arc;

/// Bound on the shown bytes that are kept.
const MOST_CACHED_BYTES: usize = 16 << 20;
/// Bound on the records that are kept.
const MOST_CACHED: usize = 4096;

/// Reads what records complete. It costs the bytes of the half since its last checkpoint, 256 KiB and a read at most, and less
/// where a record near it was read before; the shown bytes of a frame that is longer than that come in addition.
///
/// Where the scan has not been, it begins with a read at most 256 KiB before: frames have no number there, and may be taken
/// for others.
#[derive(Debug)]
pub struct FramedReader {
    settings: FramedSettings,
    rules: Rules,
    filter: Option<CompiledFrameFilter>,
    cursor: Cursor,
    remembered: Remembered,
    cache: HashMap<Position, Cached>,
    cached_bytes: usize,
}

#[derive(Debug)]
struct Cached {
    /// What was known of the place.
    known: (bool, End),
    shown: Option<Arc<FramedRecord>>,
}

/// A frame whose bytes are to be gathered.
struct Wanted {
    start: u64,
    end: u64,
    number: Option<u64>,
    kind: ShownKind,
}

impl From<Piece> for Wanted {
    fn from(Piece { found, number, .. }: Piece) -> Self {
        Self { start: found.start, end: found.end, number, kind: found.kind.into() }
    }
}

impl FramedReader {
    /// A reader of a snapshot. With a filter, it gives only the frames that pass.
    #[must_use]
    pub fn new(snapshot: Snapshot, settings: FramedSettings, filter: Option<CompiledFrameFilter>) -> Self {
        Self {
            rules: Rules::new(&settings),
            settings,
            filter,
            cursor: Cursor::new(snapshot),
            remembered: Remembered::default(),
            cache: HashMap::new(),
            cached_bytes: 0,
        }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &FramedSettings {
        &self.settings
    }

    /// Continues with a newer snapshot of the same recording.
    pub fn update(&mut self, snapshot: Snapshot) {
        self.cursor.update(snapshot);
    }

    /// What the record at a position completes. An event is given as it is, and so is data without a framing. `None`: nothing
    /// is shown there.
    ///
    /// # Errors
    /// Those of [`Cursor::read`]. Damage before the record counts as missing bytes.
    pub fn at(
        &mut self,
        position: Position,
        checkpoints: &Checkpoints,
    ) -> Result<Option<Arc<FramedRecord>>, Failure> {
        let known = (checkpoints.knows(position), checkpoints.end_at(position));
        if let Some(cached) = self.cache.get(&position).filter(|cached| cached.known == known) {
            return Ok(cached.shown.clone());
        }
        let shown = self.read(position, checkpoints)?.map(Arc::new);
        let bytes = shown.as_ref().map_or(0, |shown| shown.bytes.len());
        if self.cache.len() >= MOST_CACHED || self.cached_bytes + bytes > MOST_CACHED_BYTES {
            self.cache.clear();
            self.cached_bytes = 0;
        }
        self.cached_bytes += bytes;
        self.cache.insert(position, Cached { known, shown: shown.clone() });
        Ok(shown)
    }

    fn read(
        &mut self,
        position: Position,
        checkpoints: &Checkpoints,
    ) -> Result<Option<FramedRecord>, Failure> {
        let Self { cursor, remembered, rules, filter, .. } = self;
        let Some(entry) = cursor.read(position)? else { return Ok(None) };
        let is_data = entry.record.kind == RecordKind::Data;
        let Some(rule) = rules.of(entry.record.direction).filter(|_| is_data) else {
            if filter.as_ref().is_some_and(|filter| !filter.passes_record(&entry.record)) {
                return Ok(None);
            }
            let payload = entry.record.payload;
            let mut shown = FramedRecord::new(&entry, payload.into());
            if is_data {
                let (time, bytes) = (shown.time, 0..payload.len());
                shown.reads.push(Read { record: position, time, bytes, at: 0 });
            }
            return Ok(Some(shown));
        };
        let mut shown = FramedRecord::new(&entry, Arc::default());
        let Some(trail) = Trail::to(position, cursor, checkpoints, remembered, &rule.framing)? else {
            return Ok(None);
        };
        let wanted = wanted(&trail, shown.transport, checkpoints);
        let mut bytes = Vec::new();
        for wanted in wanted {
            let end = wanted.end.min(wanted.start + SHOWN_BYTES);
            let first = trail.steps.first().map_or(0, |step| step.start);
            let before = match wanted.start < first {
                true => trail.before(wanted.start..end.min(first), cursor, checkpoints),
                false => Vec::new(),
            };
            let (bytes_before, reads_before) = (bytes.len(), shown.reads.len());
            let ends_before = shown.reads.last().map(|read| read.bytes.end);
            let mut times: Option<(Timestamp, Timestamp)> = None;
            for step in before.iter().chain(&trail.steps) {
                if let Some(read) = part_of(step, wanted.start, end, bytes.len()) {
                    bytes.extend_from_slice(&step.payload[read.bytes.clone()]);
                    times = Some((times.map_or(step.time, |times| times.0), step.time));
                    push_read(&mut shown.reads, read);
                }
            }
            let Some((first, mut last)) = times else { continue };
            let length = wanted.end - wanted.start;
            let range = bytes_before..bytes.len();
            let is_whole = range.len() as u64 == length;
            if end < wanted.end {
                last = shown.time;
            }
            let is_checked = is_whole && wanted.kind == ShownKind::Frame;
            let verdict = if is_checked { rule.verdict(&bytes[range.clone()]) } else { None };
            let record = Record { payload: &bytes[range.clone()], ..shown.record() };
            let passes = self
                .filter
                .as_ref()
                .is_none_or(|filter| filter.passes_frame(&record, length, wanted.kind, verdict.as_ref()));
            if passes {
                let (number, kind) = (wanted.number, wanted.kind);
                shown.frames.push(ShownFrame { range, length, number, kind, verdict, first, last });
            } else {
                bytes.truncate(bytes_before);
                shown.reads.truncate(reads_before);
                if let (Some(read), Some(end)) = (shown.reads.last_mut(), ends_before) {
                    read.bytes.end = end;
                }
            }
        }
        shown.bytes = bytes.into();
        Ok((!shown.frames.is_empty()).then_some(shown))
    }
}

/// What stands at the last record of a trail.
fn wanted(trail: &Trail, transport: Transport, checkpoints: &Checkpoints) -> Vec<Wanted> {
    let mut half = trail.half.clone();
    let Some(last) = trail.steps.last() else { return Vec::new() };
    // What is found late stands at the read before, but where it is not known yet that something ends there.
    let is_elsewhere = trail.previous.is_some_and(|previous| checkpoints.knows(previous));
    let mut wanted = Vec::new();
    half.push(&last.payload, last.time, |piece| {
        if !piece.is_late || !is_elsewhere {
            wanted.push(piece.into());
        }
    });
    let end = match transport {
        Transport::Udp => End::Cut,
        Transport::Tcp => checkpoints.end_at(last.record),
    };
    match end {
        End::None => {}
        End::Cut => drop(half.cut(|piece| wanted.push(piece.into()))),
        End::Open => {
            if let Some((unfinished, number)) = half.unfinished() {
                let (start, end) = (unfinished.start, unfinished.start + unfinished.length);
                let kind = ShownKind::Unfinished { expected: unfinished.expected };
                wanted.push(Wanted { start, end, number, kind });
            }
        }
    }
    wanted
}

/// The bytes from `start` to `end` of a half that a read brought.
fn part_of(step: &Step, start: u64, end: u64, at: usize) -> Option<Read> {
    let (from, to) = (start.max(step.start), end.min(step.end()));
    let bytes = (from.checked_sub(step.start)? as usize)..(to.checked_sub(step.start)? as usize);
    (from < to).then_some(Read { record: step.record, time: step.time, bytes, at })
}

/// Adds a read, or makes the last one longer.
fn push_read(reads: &mut Vec<Read>, read: Read) {
    match reads.last_mut() {
        Some(last) if last.record == read.record && last.bytes.end == read.bytes.start => {
            last.bytes.end = read.bytes.end;
        }
        _ => reads.push(read),
    }
}
