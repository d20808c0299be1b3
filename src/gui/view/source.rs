//! Where the view gets its rows: the recording, through a cache of laid-out records.
//!
//! Costs what is asked for and nothing more, however large the recording is.

use super::layout::RecordLayout;
use crate::capture::{Cursor, Entry, Position, Snapshot};
use crate::codec::{Encoding, sync_start};
use crate::model::{Failure, RecordKind, Transport};
use crate::settings::ViewMode;
use std::collections::HashMap;
use std::rc::Rc;

/// Laid-out records that are not on the screen are dropped beyond this.
const CACHE_BYTES: usize = 16 << 20;
/// How far back a character's beginning is looked for, in bytes of its stream. Only a longer run of
/// double-byte characters without a space, a line break or a letter needs more.
const LEAD_BYTES: usize = 1 << 20;

/// What a layout depends on besides the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Text, hex or both.
    pub mode: ViewMode,
    /// The characters.
    pub encoding: Encoding,
    /// Cells per line.
    pub columns: u16,
    /// A new number when characters take other widths than before.
    pub font_generation: u32,
}

/// Laid-out records of one recording.
#[derive(Default)]
pub struct Source {
    cursor: Cursor,
    /// Looks for the beginnings of characters, far from where the other one reads.
    lead_cursor: Cursor,
    shape: Option<Shape>,
    cache: HashMap<Position, (Rc<RecordLayout>, u64)>,
    cached_bytes: usize,
    frame: u64,
    /// Records before this are not shown.
    pub floor: Position,
    /// Why the last read failed.
    pub failure: Option<Failure>,
}

impl Source {
    /// Prepares for a frame.
    pub fn begin_frame(&mut self, snapshot: &Snapshot, shape: Shape) {
        self.frame += 1;
        self.cursor.update(snapshot.clone());
        self.lead_cursor.update(snapshot.clone());
        if self.shape != Some(shape) {
            self.cache.clear();
            self.cached_bytes = 0;
            self.shape = Some(shape);
        }
        if self.cached_bytes > CACHE_BYTES {
            let last_frame = self.frame - 1;
            self.cache.retain(|_, (_, used)| *used >= last_frame);
            self.cached_bytes = self.cache.values().map(|(layout, _)| layout.memory_bytes()).sum();
        }
    }

    /// What is being shown.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        self.cursor.snapshot()
    }

    /// The first position that is shown.
    #[must_use]
    pub fn start(&self) -> Position {
        self.floor.max(self.cursor.snapshot().start())
    }

    /// The record at or after a border between blocks.
    pub fn next(&mut self, border: Position) -> Option<Position> {
        let result = self.cursor.next(border.max(self.start()));
        self.noted(result).flatten()
    }

    /// The record before a border between blocks.
    pub fn previous(&mut self, border: Position) -> Option<Position> {
        if border <= self.start() {
            return None;
        }
        let result = self.cursor.previous(border);
        self.noted(result).flatten().filter(|&position| position >= self.start())
    }

    /// The record near any byte position.
    pub fn nearest(&mut self, position: Position) -> Option<Position> {
        let result = self.cursor.nearest(position.max(self.start()));
        let found = self.noted(result).flatten()?;
        if found < self.start() { self.next(self.start()) } else { Some(found) }
    }

    /// The record's rows, laid out now if they are not yet.
    pub fn layout(
        &mut self,
        position: Position,
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Option<Rc<RecordLayout>> {
        if let Some((layout, used)) = self.cache.get_mut(&position) {
            *used = self.frame;
            return Some(layout.clone());
        }
        let shape = self.shape?;
        let lead = self.lead(position, shape.encoding);
        let result = self.cursor.read(position);
        let entry = match result {
            Ok(entry) => entry?,
            Err(failure) => {
                self.failure = Some(failure);
                return None;
            }
        };
        let layout = RecordLayout::new(&entry, &lead, shape.mode, shape.encoding, shape.columns, cells_of);
        let layout = Rc::new(layout);
        self.cached_bytes += layout.memory_bytes();
        self.cache.insert(position, (layout.clone(), self.frame));
        Some(layout)
    }

    /// The bytes before a record that its first character begins with.
    fn lead(&mut self, position: Position, encoding: Encoding) -> Vec<u8> {
        let result = self.cursor.read(position).map(|entry| entry.filter(has_lead).and_then(|e| e.previous));
        let Some(previous) = self.noted(result).flatten() else { return Vec::new() };
        if let Some((layout, _)) = self.cache.get(&previous)
            && layout.head.kind == RecordKind::Data
        {
            return layout.pending.clone();
        }
        self.look_back(previous, encoding)
    }

    /// Reads back in the stream until a point is found from which decoding is certain.
    fn look_back(&mut self, mut at: Position, encoding: Encoding) -> Vec<u8> {
        let mut tail: Vec<u8> = Vec::new();
        // Most records end in step within a few bytes; all of a record is only taken when it does not.
        let mut taken = 16;
        loop {
            let result = self.lead_cursor.read(at);
            let entry = match result {
                Ok(Some(entry)) => entry,
                // The beginning of the stream has been dropped: what is left is all there is.
                Ok(None) => return tail,
                Err(failure) => {
                    self.failure = Some(failure);
                    return tail;
                }
            };
            match entry.record.kind {
                RecordKind::Data => {}
                RecordKind::Opened | RecordKind::Closed => return tail,
                RecordKind::Error | RecordKind::Note => {
                    let Some(previous) = entry.previous else { return tail };
                    at = previous;
                    continue;
                }
            }
            let payload = entry.record.payload;
            let part = &payload[payload.len().saturating_sub(taken)..];
            // The offset is known modulo 2^32; only at the very beginning may it be taken for 0.
            let wrapped = if entry.previous.is_some() { 1 << 32 } else { 0 };
            let offset = wrapped + u64::from(entry.stream_offset) + (payload.len() - part.len()) as u64;
            let joined = [part, &tail].concat();
            if let Some(start) = sync_start(encoding, &joined, offset) {
                return joined[start..].to_vec();
            }
            if part.len() < payload.len() && taken < LEAD_BYTES {
                taken = LEAD_BYTES;
                continue;
            }
            tail = joined;
            match entry.previous {
                Some(previous) if tail.len() < LEAD_BYTES => at = previous,
                _ => return tail,
            }
        }
    }

    fn noted<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(failure) => {
                self.failure = Some(failure);
                None
            }
        }
    }
}

/// Datagrams stand alone, and changes have no characters.
fn has_lead(entry: &Entry<'_>) -> bool {
    entry.record.kind == RecordKind::Data && entry.record.transport == Transport::Tcp
}
