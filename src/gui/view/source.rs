//! What the view shows of a recording: which positions, in which order, and the bytes at each of them. The view, copying
//! and the inspector all read here, so that they agree.

use crate::capture::{Cursor, Entry, Position, Snapshot};
use crate::model::Failure;
use crate::search::Scan;
use std::ops::Range;
use std::sync::Arc;

/// What is shown at a position.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The record, with the payload that is shown. One that has several parts is given as a datagram, since each part
    /// is decoded alone.
    pub entry: Entry<'a>,
    /// The offsets in the payload at which parts begin, ascending, without that of the first one.
    pub borders: &'a [usize],
}

impl<'a> Shown<'a> {
    /// The bytes of each part: parts have heads of their own. An empty payload is one part.
    pub fn parts(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let starts = std::iter::once(0).chain(self.borders.iter().copied());
        let ends = self.borders.iter().copied().chain([self.entry.record.payload.len()]);
        starts.zip(ends).map(|(start, end)| start..end)
    }

    /// The record with the bytes of one part as its payload.
    #[must_use]
    pub fn part(&self, bytes: Range<usize>) -> Entry<'a> {
        let mut entry = self.entry;
        entry.stream_offset = entry.stream_offset.wrapping_add(bytes.start as u32);
        entry.record.payload = &entry.record.payload[bytes];
        entry
    }
}

/// Walks and reads what is shown.
#[derive(Default)]
pub struct Source {
    cursor: Cursor,
    /// Show only the records of this filter.
    pub filter: Option<Arc<Scan>>,
    /// Records before this are not shown.
    pub floor: Position,
}

impl Source {
    /// What is shown of `snapshot` with a filter.
    #[must_use]
    pub fn new(snapshot: Snapshot, filter: Option<Arc<Scan>>) -> Self {
        Self { cursor: Cursor::new(snapshot), filter, floor: Position::default() }
    }

    /// Another reader of the same.
    #[must_use]
    pub fn reopened(&self) -> Self {
        Self { floor: self.floor, ..Self::new(self.snapshot().clone(), self.filter.clone()) }
    }

    /// Takes a newer snapshot.
    pub fn update(&mut self, snapshot: &Snapshot) {
        self.cursor.update(snapshot.clone());
    }

    /// The snapshot that is shown.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        self.cursor.snapshot()
    }

    /// The position at which what is shown begins.
    #[must_use]
    pub fn start(&self) -> Position {
        self.floor.max(self.snapshot().start())
    }

    /// What is shown at a position: of a record that is not hidden by the filter.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn read(&mut self, position: Position) -> Result<Option<Shown<'_>>, Failure> {
        Ok(self.cursor.read(position)?.map(|entry| Shown { entry, borders: &[] }))
    }

    /// The first shown record at or after a record boundary.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn next(&mut self, border: Position) -> Result<Option<Position>, Failure> {
        let from = border.max(self.start());
        match &self.filter {
            Some(filter) => {
                let end = self.snapshot().end();
                Ok(filter.results().positions.at_or_after(from).filter(|&position| position < end))
            }
            None => self.cursor.next(from),
        }
    }

    /// The last shown record before a record boundary.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn previous(&mut self, border: Position) -> Result<Option<Position>, Failure> {
        let start = self.start();
        if border <= start {
            return Ok(None);
        }
        let found = match &self.filter {
            Some(filter) => filter.results().positions.before(border),
            None => self.cursor.previous(border)?,
        };
        Ok(found.filter(|&position| position >= start))
    }

    /// The shown record near a position, which need not be a record boundary.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn nearest(&mut self, position: Position) -> Result<Option<Position>, Failure> {
        let position = position.max(self.start());
        let found = match &self.filter {
            Some(filter) => {
                let end = self.snapshot().end();
                filter.results().positions.nearest(position).filter(|&found| found < end)
            }
            None => self.cursor.nearest(position)?,
        };
        match found {
            Some(found) if found < self.start() => self.next(self.start()),
            found => Ok(found),
        }
    }

    /// Whether a record is shown.
    #[must_use]
    pub fn shows(&self, record: Position) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.results().positions.contains(record))
    }

    /// Whether it is known if a record is shown.
    #[must_use]
    pub fn is_looked_at(&self, record: Position) -> bool {
        self.filter.as_ref().is_none_or(|filter| {
            let progress = filter.progress();
            progress.is_caught_up || progress.position > record
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Record;

    #[test]
    fn parts_are_the_payload_in_order() {
        let shown = |payload, borders| {
            let (position, end) = (Position(0), Position(100));
            let record = Record::received(payload);
            Shown {
                entry: Entry { position, end, previous: None, stream_offset: 7, answered: None, record },
                borders,
            }
        };
        let parts = |payload, borders| -> Vec<_> {
            let shown = shown(payload, borders);
            let of_part = |bytes| {
                let part = shown.part(bytes);
                (part.stream_offset, part.record.payload)
            };
            shown.parts().map(of_part).collect()
        };
        assert_eq!(parts(b"", &[]), [(7, &b""[..])]);
        assert_eq!(parts(b"abc", &[]), [(7, &b"abc"[..])]);
        assert_eq!(parts(b"abcde", &[1, 3]), [(7, &b"a"[..]), (8, b"bc"), (10, b"de")]);
    }
}
