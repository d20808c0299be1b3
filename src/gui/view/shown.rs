//! The records that the view shows: walking them, and their layouts in a cache.
//!
//! The cost does not depend on the size of the recording.

use crate::capture::{Cursor, Position, Snapshot};
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::opened::Opened;
use crate::gui::view::pendings::Pendings;
use crate::gui::view::seek::{self, When};
use crate::gui::view::shape::Shape;
use crate::gui::view::source::Source;
use crate::model::{ConnectionId, Failure, RecordKind, Timestamp};
use crate::streams::Encodings;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

/// Layouts that are not on the screen are dropped when the cache is larger, in bytes.
const CACHE_BYTES: usize = 16 << 20;
/// The largest number of records of which the times of what they may answer are cached.
const ANSWERING_RECORDS: usize = 100_000;

/// How many records before a record the last one of the other direction is looked for.
const OTHER_RECORDS: usize = 1000;

/// How many records before a record the data that it may answer is looked for, since each record in view does so.
const ANSWERED_RECORDS: usize = 32;

/// The records of one recording that the view shows.
#[derive(Default)]
pub struct ShownRecords {
    /// What is shown.
    pub source: Source,
    /// Reads records as they are, far from where `source` reads, which keeps its buffer.
    far_cursor: Cursor,
    shape: Option<Shape>,
    cache: HashMap<Position, (Rc<RecordLayout>, u64)>,
    cached_bytes: usize,
    pendings: Pendings,
    encodings: Encodings,
    /// The time of the last record of the other direction before a record, and how many records before.
    others: HashMap<Position, Option<(Timestamp, usize)>>,
    /// The time of the data before a record, if that is of the other direction.
    answered: HashMap<Position, Option<Timestamp>>,
    opened: Opened,
    /// The time of the first record.
    began: Option<Timestamp>,
    frame: u64,
    /// Why the last read failed.
    pub failure: Option<Failure>,
    /// If the end cannot be read: the last readable record between the first two positions.
    readable: Option<(Position, Position, Option<Position>)>,
    /// The number of records laid out so far, for tests of the cost of a frame.
    #[cfg(test)]
    pub layouts: usize,
}

impl ShownRecords {
    /// Takes the encodings of connections that have their own; that of the rest is in the shape.
    pub fn set_encodings(&mut self, encodings: &Encodings) {
        if self.encodings != *encodings {
            self.encodings = encodings.clone();
            self.shape = None;
        }
    }

    /// Prepares for a frame. Returns whether the layouts of all records have changed.
    pub fn begin_frame(&mut self, snapshot: &Snapshot, shape: Shape) -> bool {
        self.frame += 1;
        self.failure = None;
        self.update(snapshot);
        let is_new = self.shape != Some(shape);
        if is_new {
            self.cache.clear();
            self.cached_bytes = 0;
            self.shape = Some(shape);
        }
        if self.cached_bytes > CACHE_BYTES {
            let last_frame = self.frame - 1;
            self.cache.retain(|_, (_, used)| *used >= last_frame);
            self.cached_bytes = self.cache.values().map(|(layout, _)| layout.memory_bytes()).sum();
        }
        is_new
    }

    /// Takes a newer snapshot, which releases expired segments.
    pub fn update(&mut self, snapshot: &Snapshot) {
        self.source.update(snapshot);
        self.far_cursor.update(snapshot.clone());
        self.pendings.update(snapshot);
    }

    /// The snapshot that is shown.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        self.source.snapshot()
    }

    /// The position at which the shown records begin.
    #[must_use]
    pub fn start(&self) -> Position {
        self.source.start()
    }

    /// The first record at or after a record boundary.
    pub fn next(&mut self, border: Position) -> Option<Position> {
        let result = self.source.next(border);
        self.noted(result).flatten()
    }

    /// The last record before a record boundary.
    pub fn previous(&mut self, border: Position) -> Option<Position> {
        let result = self.source.previous(border);
        self.noted(result).flatten()
    }

    /// The last record that can be read.
    pub fn last(&mut self) -> Option<Position> {
        let end = self.snapshot().end();
        if let Some(last) = self.previous(end) {
            return Some(last);
        }
        self.failure.as_ref()?;
        let (start, filter) = (self.start(), self.source.filter.clone());
        if self.readable.is_none_or(|(from, to, _)| (from, to) != (start, end)) {
            let last = last_readable(&mut self.far_cursor, start, end);
            self.readable = Some((start, end, last));
        }
        let (.., last) = self.readable?;
        match filter {
            Some(filter) => filter.results().positions.nearest(last?).filter(|&found| found >= start),
            None => last,
        }
    }

    /// Whether a record is shown.
    #[must_use]
    pub fn shows(&self, record: Position) -> bool {
        self.source.shows(record)
    }

    /// The connection of a record.
    pub fn connection_of(&mut self, record: Position) -> Option<(ConnectionId, SocketAddr)> {
        let read = self.far_cursor.read(record);
        let result = read.map(|entry| entry.map(|entry| (entry.record.connection, entry.record.peer)));
        self.noted(result).flatten()
    }

    /// The record near a position, which need not be a record boundary.
    pub fn nearest(&mut self, position: Position) -> Option<Position> {
        let result = self.source.nearest(position);
        self.noted(result).flatten()
    }

    /// The time of the first record that has not expired.
    pub fn began(&mut self) -> Option<Timestamp> {
        if self.began.is_none() {
            let start = self.snapshot().start();
            let result = self.far_cursor.next(start);
            let first = self.noted(result).flatten()?;
            self.began = self.time_of(first);
        }
        self.began
    }

    /// The time of a record.
    pub fn time_of(&mut self, position: Position) -> Option<Timestamp> {
        let result = self.far_cursor.read(position).map(|entry| entry.map(|entry| entry.record.time));
        self.noted(result).flatten()
    }

    /// The first shown record at or after a time, or else the last one. A time without a date is on the day of
    /// the record `in_sight`.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn seek(&mut self, when: When, in_sight: Option<Position>) -> Result<Option<Position>, Failure> {
        let (start, end) = (self.start(), self.snapshot().end());
        let cursor = &mut self.far_cursor;
        let Some(last) = cursor.previous(end)? else { return Ok(None) };
        let mut time_of =
            |record| Ok(cursor.read(record)?.map(|entry| entry.record.time).unwrap_or_default());
        let last = time_of(last)?;
        let near = in_sight.map_or(Ok(last), time_of)?;
        let Some(first) = self.began() else { return self.failure.clone().map_or(Ok(None), Err) };
        let time = seek::resolve(when, first, last, near);
        let Some(found) = seek::first_at_or_after(&mut self.far_cursor, start, time)? else {
            return Ok(None);
        };
        Ok(self.next(found).or_else(|| self.previous(end)))
    }

    /// Whether the filter has examined a record; true without a filter.
    #[must_use]
    pub fn is_looked_at(&self, record: Position) -> bool {
        self.source.is_looked_at(record)
    }

    /// The time of the last data of the other direction before a record with data, on its connection; `None`
    /// if it is more than `OTHER_RECORDS` records before.
    pub fn last_other_way(&mut self, position: Position) -> Option<Timestamp> {
        if let Some(known) = self.others.get(&position) {
            return known.map(|(time, _)| time);
        }
        let found = self.find_other_way(position);
        if self.others.len() > ANSWERING_RECORDS {
            self.others.clear();
        }
        self.others.insert(position, found);
        found.map(|(time, _)| time)
    }

    fn find_other_way(&mut self, position: Position) -> Option<(Timestamp, usize)> {
        let result = self.far_cursor.read(position).map(|entry| {
            entry
                .filter(|entry| entry.record.kind == RecordKind::Data)
                .map(|entry| (entry.record.connection, entry.record.direction))
        });
        let (connection, direction) = self.noted(result).flatten()?;
        let mut at = position;
        for back in 1..=OTHER_RECORDS {
            let result = self.far_cursor.previous(at);
            at = self.noted(result).flatten()?;
            let result = self.far_cursor.read(at);
            let entry = match result {
                Ok(entry) => entry?,
                Err(failure) => {
                    self.failure = Some(failure);
                    return None;
                }
            };
            let record = &entry.record;
            if record.connection != connection || record.kind != RecordKind::Data {
                continue;
            }
            if record.direction != direction {
                return Some((record.time, back));
            }
            if let Some(known) = self.others.get(&at) {
                // The result for that record is also the one for this record, within the limit.
                let found = known.map(|(time, before)| (time, before + back));
                return found.filter(|(_, back)| *back <= OTHER_RECORDS);
            }
        }
        None
    }

    /// The time of the data before a record on its connection, if that is of the other direction: what the record may
    /// answer. `None` if it is more than `ANSWERED_RECORDS` records before.
    pub fn answered(&mut self, position: Position) -> Option<Timestamp> {
        if let Some(known) = self.answered.get(&position) {
            return *known;
        }
        let result = find_answered(&mut self.far_cursor, position);
        let found = self.noted(result).flatten();
        if self.answered.len() > ANSWERING_RECORDS {
            self.answered.clear();
        }
        self.answered.insert(position, found);
        found
    }

    /// Shows the dump of the part of a record that begins at `byte` below it, or hides it.
    pub fn set_open(&mut self, record: Position, byte: usize, is_open: bool) {
        for changed in self.opened.set(record, byte, is_open) {
            if let Some((layout, _)) = self.cache.remove(&changed) {
                self.cached_bytes -= layout.memory_bytes();
            }
        }
    }

    /// The layout of a record, from the cache if it is there.
    pub fn layout(
        &mut self,
        position: Position,
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Option<Rc<RecordLayout>> {
        if let Some((layout, used)) = self.cache.get_mut(&position) {
            *used = self.frame;
            return Some(layout.clone());
        }
        let mut shape = self.shape?;
        let encodings = self.encodings.with_rest(shape.encoding);
        let shown = match self.source.read(position) {
            Ok(shown) => shown?,
            Err(failure) => {
                self.failure = Some(failure);
                return None;
            }
        };
        let record = &shown.entry.record;
        let pending = match self.pendings.before(&shown.entry, &encodings) {
            Ok(pending) => pending,
            Err(failure) => {
                self.failure = Some(failure);
                Vec::new()
            }
        };
        #[cfg(test)]
        {
            self.layouts += 1;
        }
        shape.encoding = encodings.of(record.connection);
        let open = self.opened.of(position);
        let layout = Rc::new(RecordLayout::new(&shown, &pending, &shape, &open, cells_of));
        if record.kind == RecordKind::Data {
            self.pendings.note_after(position, record.transport, &layout.pending);
        }
        self.cached_bytes += layout.memory_bytes();
        self.cache.insert(position, (layout.clone(), self.frame));
        Some(layout)
    }

    /// The pending bytes before a record, which begin its first character; at most three.
    pub fn pending_before(&mut self, position: Position, encodings: &Encodings) -> Vec<u8> {
        let result = match self.source.read(position) {
            Ok(Some(shown)) => self.pendings.before(&shown.entry, encodings),
            Ok(None) => Ok(Vec::new()),
            Err(failure) => Err(failure),
        };
        self.noted(result).unwrap_or_default()
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

/// See [`ShownRecords::answered`].
fn find_answered(cursor: &mut Cursor, position: Position) -> Result<Option<Timestamp>, Failure> {
    let Some(entry) = cursor.read(position)? else { return Ok(None) };
    let record = &entry.record;
    if record.kind != RecordKind::Data {
        return Ok(None);
    }
    let (connection, direction) = (record.connection, record.direction);
    let mut at = position;
    for _ in 0..ANSWERED_RECORDS {
        let Some(previous) = cursor.previous(at)? else { return Ok(None) };
        let Some(entry) = cursor.read(previous)? else { return Ok(None) };
        let record = &entry.record;
        if record.connection == connection && record.kind == RecordKind::Data {
            return Ok((record.direction != direction).then_some(record.time));
        }
        at = previous;
    }
    Ok(None)
}

/// The last record before the first unreadable one, as far as bisection finds it.
fn last_readable(cursor: &mut Cursor, start: Position, end: Position) -> Option<Position> {
    /// Bound on steps; bisection needs fewer, but walks record by record where `nearest` finds none.
    const STEPS: usize = 10_000;
    let (mut low, mut high) = (None, end.0);
    for _ in 0..STEPS {
        let from = low.map_or(start.0, |record: Position| record.0);
        if high.saturating_sub(from) < 2 {
            return low;
        }
        let middle = from + (high - from) / 2;
        match cursor.nearest(Position(middle)) {
            Ok(Some(record)) if low.is_none_or(|low| record > low) && record.0 < high && record >= start => {
                low = Some(record);
            }
            // `nearest` found no later record: walk.
            Ok(_) => {
                let next = low.and_then(|low| {
                    let end = cursor.read(low).ok()??.end;
                    cursor.next(end).ok()?
                });
                match next.filter(|next| next.0 < high && cursor.read(*next).is_ok()) {
                    Some(next) => low = Some(next),
                    None => return low,
                }
            }
            Err(_) => high = middle,
        }
    }
    low
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
