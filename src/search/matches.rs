//! What a search has found, in the order of the recording: for going from one match to the next, and
//! for highlighting those of a record. Does not know how they are found.

use crate::capture::Position;
use std::collections::BTreeMap;
use std::ops::Range;

/// The bytes that a match has in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The record.
    pub record: Position,
    /// The first byte, in the record's payload.
    pub start: u32,
    /// How many bytes.
    pub length: u32,
}

/// A place to go on from: a byte of a record's payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The record.
    pub record: Position,
    /// The byte in its payload.
    pub byte: u32,
}

/// The matches, sorted by where their last parts begin: a match belongs to the record that completes
/// it. The first ones are kept, the others are counted.
#[derive(Clone, Debug)]
pub struct Matches {
    ends: Vec<End>,
    /// What matches have in the records before their last, by those records. A record ends in at most
    /// one match that goes on.
    heads: BTreeMap<Position, Head>,
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
    start: u32,
    length: u32,
    before: Option<Position>,
}

/// A match on its way here: its last part, and those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub end: Part,
    pub heads: Vec<Part>,
}

impl Matches {
    /// Keeps matches of up to `limit` parts in all.
    pub(super) fn new(limit: usize) -> Self {
        Self { ends: Vec::new(), heads: BTreeMap::new(), limit, is_full: false, count: 0 }
    }

    /// How many there are, also beyond those that are kept. Those that the recording's limit has
    /// dropped are not in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.ends.len()
    }

    /// Whether some were found that are not kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Where the last part of match number `index`, counted from 0, begins.
    #[must_use]
    pub fn place(&self, index: usize) -> Option<Place> {
        self.ends.get(index).map(End::place)
    }

    /// The first match behind a place.
    #[must_use]
    pub fn next_after(&self, place: Place) -> Option<usize> {
        let index = self.ends.partition_point(|end| end.place() <= place);
        (index < self.ends.len()).then_some(index)
    }

    /// The last match before a place.
    #[must_use]
    pub fn previous_before(&self, place: Place) -> Option<usize> {
        self.ends.partition_point(|end| end.place() < place).checked_sub(1)
    }

    /// The match whose last part begins at a place.
    #[must_use]
    pub fn index_at(&self, place: Place) -> Option<usize> {
        self.ends.binary_search_by_key(&place, End::place).ok()
    }

    /// All parts of a match, in order.
    #[must_use]
    pub fn parts(&self, index: usize) -> Vec<Part> {
        let Some(end) = self.ends.get(index) else { return Vec::new() };
        let mut parts = vec![end.part];
        let mut before = end.before;
        while let Some((record, head)) = before.and_then(|record| Some((record, self.heads.get(&record)?))) {
            parts.push(head.part(record));
            before = head.before;
        }
        parts.reverse();
        parts
    }

    /// The parts that matches have in these bytes of a record, in order.
    pub fn parts_within(&self, record: Position, bytes: Range<u32>) -> impl Iterator<Item = Part> {
        let is_before = |part: &Part| (part.record, part.start + part.length) <= (record, bytes.start);
        let is_within = move |part: &Part| part.record == record && part.start < bytes.end;
        let first = self.ends.partition_point(|end| is_before(&end.part));
        let ends = self.ends[first..].iter().map(|end| end.part).take_while(is_within);
        let head = self.heads.get(&record).map(|head| head.part(record));
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
        let Some(first) = found.first().map(|found| found.end) else { return };
        let mut later =
            self.ends.split_off(self.ends.partition_point(|end| end.part < first)).into_iter().peekable();
        for Found { end, heads } in found.drain(..) {
            while let Some(earlier) = later.next_if(|later| later.part < end) {
                self.ends.push(earlier);
            }
            let mut before = None;
            for head in heads {
                self.heads.insert(head.record, Head { start: head.start, length: head.length, before });
                before = Some(head.record);
            }
            self.ends.push(End { part: end, before });
        }
        self.ends.extend(later);
    }

    /// Counts matches that are not kept anyway.
    pub(super) fn count_more(&mut self, count: u64) {
        self.count += count;
    }

    /// Takes a match back.
    pub(super) fn withdraw(&mut self, found: &Found) {
        self.count = self.count.saturating_sub(1);
        if let Ok(index) = self.ends.binary_search_by_key(&found.end, |end| end.part) {
            self.ends.remove(index);
            for head in &found.heads {
                self.heads.remove(&head.record);
            }
        }
    }

    /// Takes those out that end before a position.
    pub(super) fn remove_before(&mut self, position: Position) {
        let gone = self.ends.partition_point(|end| end.part.record < position);
        self.ends.drain(..gone);
        self.count = self.count.saturating_sub(gone as u64);
        if self.heads.first_key_value().is_some_and(|(record, _)| *record < position) {
            self.heads = self.heads.split_off(&position);
        }
    }
}

impl End {
    fn place(&self) -> Place {
        Place { record: self.part.record, byte: self.part.start }
    }
}

impl Head {
    fn part(&self, record: Position) -> Part {
        Part { record, start: self.start, length: self.length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(record: u64, start: u32, length: u32) -> Part {
        Part { record: Position(record), start, length }
    }

    fn place(record: u64, byte: u32) -> Place {
        Place { record: Position(record), byte }
    }

    fn alone(record: u64, start: u32) -> Found {
        Found { end: part(record, start, 2), heads: Vec::new() }
    }

    #[test]
    fn one_goes_from_match_to_match_and_sees_all_parts() {
        let mut matches = Matches::new(100);
        let crossing = Found { end: part(300, 0, 1), heads: vec![part(100, 8, 2), part(200, 0, 3)] };
        matches.add(&mut vec![alone(300, 4), alone(100, 0)]);
        matches.add(&mut vec![crossing.clone(), alone(250, 0)]);
        let places: Vec<_> = (0..4).map(|index| matches.place(index).unwrap()).collect();
        assert_eq!(places, [place(100, 0), place(250, 0), place(300, 0), place(300, 4)]);
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
        assert_eq!(matches.next_after(Place::default()), Some(0));
        assert_eq!(matches.next_after(place(300, 0)), Some(3));
        assert_eq!(matches.next_after(place(300, 4)), None);
        assert_eq!(matches.previous_before(place(300, 0)), Some(1));
        assert_eq!(matches.previous_before(place(100, 0)), None);
        assert_eq!((matches.index_at(place(250, 0)), matches.index_at(place(250, 1))), (Some(1), None));

        matches.withdraw(&crossing);
        assert_eq!((matches.count(), matches.parts_within(Position(200), 0..u32::MAX).count()), (3, 0));
        matches.remove_before(Position(260));
        assert_eq!((matches.count(), matches.kept(), matches.place(0)), (1, 1, Some(place(300, 4))));
    }

    #[test]
    fn the_first_ones_are_kept_and_all_are_counted() {
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

    /// A match may have a part in each of very many records.
    #[test]
    fn all_parts_count_for_the_limit() {
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
