//! The matches of a search in the order of the recording, for stepping from one to the next and for highlighting
//! those of a record. Does not know how they are found.

use super::chunked::ChunkedVec;
use crate::capture::Position;
use std::ops::Range;

/// The bytes of a match that lie in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The record.
    pub record: Position,
    /// Offset of the first byte in the record's payload.
    pub start: u32,
    /// Length in bytes, at least 1.
    pub length: u32,
}

/// A byte of a record's payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The record.
    pub record: Position,
    /// Offset in its payload.
    pub byte: u32,
}

/// The matches, sorted by where their last parts begin: a match belongs to the record that completes it. The
/// first ones are kept, the others are counted. Copies share what they have in common.
#[derive(Clone, Debug)]
pub struct Matches {
    ends: ChunkedVec<End>,
    /// The parts of matches in the records before their last one, sorted by those records: a record ends in at
    /// most one match that goes on.
    heads: ChunkedVec<Head>,
    limit: usize,
    is_full: bool,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct End {
    part: Part,
    /// The record of the part before this one.
    before: Option<Position>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    part: Part,
    /// The record of the part before this one.
    before: Option<Position>,
}

/// A match: its last part, and those before it in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub end: Part,
    pub heads: Vec<Part>,
}

impl Matches {
    /// Keeps matches of up to `limit` parts in all.
    pub(super) fn new(limit: usize) -> Self {
        Self { ends: ChunkedVec::default(), heads: ChunkedVec::default(), limit, is_full: false, count: 0 }
    }

    /// All matches, kept or not, except those in expired records.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Number of matches kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.ends.len()
    }

    /// Whether matches were found that are not kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Where the last part of match number `index`, counted from 0, begins.
    #[must_use]
    pub fn location(&self, index: usize) -> Option<Location> {
        self.ends.get(index).map(End::location)
    }

    /// The first match behind a location.
    #[must_use]
    pub fn next_after(&self, location: Location) -> Option<usize> {
        let index = self.ends.partition_point(|end| end.location() <= location);
        (index < self.ends.len()).then_some(index)
    }

    /// The last match before a location.
    #[must_use]
    pub fn previous_before(&self, location: Location) -> Option<usize> {
        self.ends.partition_point(|end| end.location() < location).checked_sub(1)
    }

    /// The match whose last part begins at a location.
    #[must_use]
    pub fn index_at(&self, location: Location) -> Option<usize> {
        let index = self.ends.partition_point(|end| end.location() < location);
        self.ends.get(index).is_some_and(|end| end.location() == location).then_some(index)
    }

    /// All parts of a match, in order; none beyond the last match.
    #[must_use]
    pub fn parts(&self, index: usize) -> Vec<Part> {
        let Some(end) = self.ends.get(index) else { return Vec::new() };
        let mut parts = vec![end.part];
        let mut before = end.before;
        while let Some(head) = before.and_then(|record| self.head(record)) {
            parts.push(head.part);
            before = head.before;
        }
        parts.reverse();
        parts
    }

    /// The parts of matches within a range of a record's payload, in order.
    pub fn parts_within(&self, record: Position, bytes: Range<u32>) -> impl Iterator<Item = Part> {
        let is_before = |part: &Part| (part.record, part.start + part.length) <= (record, bytes.start);
        let is_within = move |part: &Part| part.record == record && part.start < bytes.end;
        let first = self.ends.partition_point(|end| is_before(&end.part));
        let ends = self.ends.iter_from(first).map(|end| end.part).take_while(is_within);
        let head = self.head(record).map(|head| head.part);
        ends.chain(head.filter(|head| !is_before(head) && is_within(head)))
    }

    fn parts_kept(&self) -> usize {
        self.ends.len() + self.heads.len()
    }

    /// Adds matches, in any order, and empties `found`.
    pub(super) fn add(&mut self, found: &mut Vec<Found>) {
        self.count += found.len() as u64;
        let mut room = if self.is_full { 0 } else { self.limit.saturating_sub(self.parts_kept()) };
        let fits = |found: &&Found| room.checked_sub(1 + found.heads.len()).map(|left| room = left).is_some();
        let kept = found.iter().take_while(fits).count();
        self.is_full |= found.len() > kept;
        found.truncate(kept);
        found.sort_unstable_by_key(|found| found.end);
        let mut ends = Vec::with_capacity(found.len());
        let mut all_heads = Vec::new();
        for Found { end, heads } in found.drain(..) {
            let mut before = None;
            for part in heads {
                all_heads.push(Head { part, before });
                before = Some(part.record);
            }
            ends.push(End { part: end, before });
        }
        all_heads.sort_unstable_by_key(|head| head.part);
        merge(&mut self.ends, ends, |end| end.part);
        merge(&mut self.heads, all_heads, |head| head.part);
    }

    /// What a match that goes on has in a record.
    fn head(&self, record: Position) -> Option<&Head> {
        let index = self.heads.partition_point(|head| head.part.record < record);
        self.heads.get(index).filter(|head| head.part.record == record)
    }

    /// Counts matches that are not kept.
    pub(super) fn count_more(&mut self, count: u64) {
        self.count += count;
    }

    /// Removes a match.
    pub(super) fn withdraw(&mut self, found: &Found) {
        self.count = self.count.saturating_sub(1);
        if remove(&mut self.ends, found.end, |end| end.part) {
            for head in &found.heads {
                remove(&mut self.heads, *head, |head| head.part);
            }
        }
    }

    /// Removes those that end before a position.
    pub(super) fn remove_before(&mut self, position: Position) {
        let gone = self.ends.partition_point(|end| end.part.record < position);
        if gone > 0 {
            self.ends.replace(0..gone, []);
            self.count = self.count.saturating_sub(gone as u64);
        }
        let gone = self.heads.partition_point(|head| head.part.record < position);
        if gone > 0 {
            self.heads.replace(0..gone, []);
        }
    }
}

/// Merges sorted items into a sorted list; mostly they belong near its end.
fn merge<T: Clone>(list: &mut ChunkedVec<T>, new: Vec<T>, part: impl Fn(&T) -> Part) {
    let Some(first) = new.first().map(&part) else { return };
    let start = list.partition_point(|item| part(item) < first);
    let mut later = list.iter_from(start).cloned().collect::<Vec<_>>().into_iter().peekable();
    let mut merged = Vec::with_capacity(later.len() + new.len());
    for item in new {
        while let Some(earlier) = later.next_if(|later| part(later) < part(&item)) {
            merged.push(earlier);
        }
        merged.push(item);
    }
    merged.extend(later);
    list.replace(start..list.len(), merged);
}

/// Removes an item from a sorted list. `false`: it is not there.
fn remove<T: Clone>(list: &mut ChunkedVec<T>, wanted: Part, part: impl Fn(&T) -> Part) -> bool {
    let index = list.partition_point(|item| part(item) < wanted);
    let is_there = list.get(index).is_some_and(|item| part(item) == wanted);
    if is_there {
        list.replace(index..index + 1, []);
    }
    is_there
}

impl End {
    fn location(&self) -> Location {
        Location { record: self.part.record, byte: self.part.start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(record: u64, start: u32, length: u32) -> Part {
        Part { record: Position(record), start, length }
    }

    fn location(record: u64, byte: u32) -> Location {
        Location { record: Position(record), byte }
    }

    fn alone(record: u64, start: u32) -> Found {
        Found { end: part(record, start, 2), heads: Vec::new() }
    }

    #[test]
    fn matches_are_stepped_through_and_highlighted_in_order() {
        let mut matches = Matches::new(100);
        let crossing = Found { end: part(300, 0, 1), heads: vec![part(100, 8, 2), part(200, 0, 3)] };
        matches.add(&mut vec![alone(300, 4), alone(100, 0)]);
        matches.add(&mut vec![crossing.clone(), alone(250, 0)]);
        let locations: Vec<_> = (0..4).map(|index| matches.location(index).unwrap()).collect();
        assert_eq!(locations, [location(100, 0), location(250, 0), location(300, 0), location(300, 4)]);
        assert_eq!(matches.parts(2), [part(100, 8, 2), part(200, 0, 3), part(300, 0, 1)]);
        let within = |record, bytes| matches.parts_within(Position(record), bytes).collect::<Vec<_>>();
        assert_eq!(within(100, 0..u32::MAX), [part(100, 0, 2), part(100, 8, 2)]);
        assert_eq!(within(200, 0..u32::MAX), [part(200, 0, 3)]);
        assert_eq!(within(300, 0..u32::MAX), [part(300, 0, 1), part(300, 4, 2)]);
        assert_eq!(within(260, 0..u32::MAX), []);
        assert_eq!(within(100, 1..8), [part(100, 0, 2)]);
        assert_eq!(within(100, 2..9), [part(100, 8, 2)]);
        assert_eq!(within(300, 1..4), []);
        assert_eq!(within(300, 5..6), [part(300, 4, 2)]);
        assert_eq!(matches.next_after(Location::default()), Some(0));
        assert_eq!(matches.next_after(location(300, 0)), Some(3));
        assert_eq!(matches.next_after(location(300, 4)), None);
        assert_eq!(matches.previous_before(location(300, 0)), Some(1));
        assert_eq!(matches.previous_before(location(100, 0)), None);
        assert_eq!((matches.index_at(location(250, 0)), matches.index_at(location(250, 1))), (Some(1), None));

        matches.withdraw(&crossing);
        assert_eq!((matches.count(), matches.parts_within(Position(200), 0..u32::MAX).count()), (3, 0));
        matches.remove_before(Position(260));
        assert_eq!((matches.count(), matches.kept(), matches.location(0)), (1, 1, Some(location(300, 4))));
    }

    #[test]
    fn the_first_matches_are_kept_and_all_are_counted() {
        let mut matches = Matches::new(3);
        matches.add(&mut vec![alone(8, 0), alone(4, 0)]);
        assert!(!matches.is_full());
        matches.add(&mut vec![alone(12, 0), alone(16, 0)]);
        matches.add(&mut vec![alone(20, 0)]);
        assert_eq!((matches.count(), matches.kept(), matches.is_full()), (5, 3, true));
        matches.remove_before(Position(8));
        matches.add(&mut vec![alone(24, 0)]);
        assert_eq!((matches.count(), matches.kept()), (5, 2));
    }

    #[test]
    fn every_part_of_a_match_counts_towards_the_limit() {
        let mut matches = Matches::new(10);
        let long = |at: u64| Found {
            end: part(at + 3, 0, 1),
            heads: vec![part(at, 0, 1), part(at + 1, 0, 1), part(at + 2, 0, 1)],
        };
        for at in 0..5 {
            matches.add(&mut vec![long(at * 10)]);
        }
        assert_eq!((matches.count(), matches.kept(), matches.is_full()), (5, 2, true));
        assert_eq!(matches.parts_kept(), 8);
        assert_eq!(matches.parts(1).len(), 4);
    }
}
