//! A sorted set of positions that stays small: about two bytes for each of 10^7. Knows nothing of the records
//! there.

use super::chunked::ChunkedVec;
use crate::capture::Position;

/// Entries of a block. An insertion out of order re-encodes one block; a look-up decodes one.
const BLOCK_ENTRIES: usize = 256;

/// A sorted set of positions, made for being filled mostly in order. A look-up costs a binary search over the
/// blocks and a walk through one. Copies share their blocks.
#[derive(Clone, Debug, Default)]
pub struct PositionSet {
    /// Ascending, none empty.
    blocks: ChunkedVec<Block>,
    length: usize,
}

#[derive(Clone, Debug)]
struct Block {
    first: u64,
    last: u64,
    entries: usize,
    /// The distances between entries, as [`write_distance`] writes them.
    distances: Vec<u8>,
}

impl PositionSet {
    /// Adds a position. Returns whether it is new.
    pub fn insert(&mut self, position: Position) -> bool {
        let position = position.0;
        let Some(last) = self.blocks.last_mut() else {
            self.blocks.push(Block::new(position));
            self.length = 1;
            return true;
        };
        if position > last.last {
            if last.entries < BLOCK_ENTRIES {
                last.append(position);
            } else {
                last.distances.shrink_to_fit();
                self.blocks.push(Block::new(position));
            }
            self.length += 1;
            return true;
        }
        let index = self.block_at(position).unwrap_or(0);
        let mut entries = self.entries(index);
        let Err(place) = entries.binary_search(&position) else { return false };
        entries.insert(place, position);
        // A block of twice the usual length becomes two.
        let (left, right) =
            entries.split_at(if entries.len() > 2 * BLOCK_ENTRIES { BLOCK_ENTRIES } else { entries.len() });
        self.blocks.replace(index..index + 1, [left, right].into_iter().filter_map(Block::of));
        self.length += 1;
        true
    }

    /// Removes a position. Returns whether it was there.
    pub fn remove(&mut self, position: Position) -> bool {
        let Some(index) = self.block_at(position.0) else { return false };
        let mut entries = self.entries(index);
        let Ok(place) = entries.binary_search(&position.0) else { return false };
        entries.remove(place);
        self.blocks.replace(index..index + 1, Block::of(&entries));
        self.length -= 1;
        true
    }

    /// Removes all positions before `position`.
    pub fn remove_before(&mut self, position: Position) {
        let gone = self.blocks.partition_point(|block| block.last < position.0);
        self.length -= self.blocks.iter_from(0).take(gone).map(|block| block.entries).sum::<usize>();
        if gone > 0 {
            self.blocks.replace(0..gone, []);
        }
        if self.first().is_some_and(|first| first < position) {
            let entries = self.entries(0);
            let kept = &entries[entries.partition_point(|entry| *entry < position.0)..];
            self.length -= entries.len() - kept.len();
            self.blocks.replace(0..1, Block::of(kept));
        }
    }

    /// Number of positions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether `position` is in the set.
    #[must_use]
    pub fn contains(&self, position: Position) -> bool {
        self.at_or_after(position) == Some(position)
    }

    /// The first position at or after `position`.
    #[must_use]
    pub fn at_or_after(&self, position: Position) -> Option<Position> {
        let index = self.blocks.partition_point(|block| block.last < position.0);
        self.blocks.get(index)?.iter().find(|entry| *entry >= position.0).map(Position)
    }

    /// The last position before `position`, exclusive.
    #[must_use]
    pub fn before(&self, position: Position) -> Option<Position> {
        let block = self.blocks.partition_point(|block| block.first < position.0).checked_sub(1)?;
        let block = self.blocks.get(block)?;
        if block.last < position.0 {
            return Some(Position(block.last));
        }
        block.iter().take_while(|entry| *entry < position.0).last().map(Position)
    }

    /// The last position at or before `position`, or the first of all.
    #[must_use]
    pub fn nearest(&self, position: Position) -> Option<Position> {
        if self.contains(position) {
            return Some(position);
        }
        self.before(position).or_else(|| self.first())
    }

    /// The lowest position.
    #[must_use]
    pub fn first(&self) -> Option<Position> {
        self.blocks.first().map(|block| Position(block.first))
    }

    /// The highest position.
    #[must_use]
    pub fn last(&self) -> Option<Position> {
        self.blocks.last().map(|block| Position(block.last))
    }

    /// The entries of a block; none beyond the last one.
    fn entries(&self, index: usize) -> Vec<u64> {
        self.blocks.get(index).map_or_else(Vec::new, |block| block.iter().collect())
    }

    /// The last block that begins at or before `position`.
    fn block_at(&self, position: u64) -> Option<usize> {
        self.blocks.partition_point(|block| block.first <= position).checked_sub(1)
    }
}

impl Block {
    fn new(first: u64) -> Self {
        Self { first, last: first, entries: 1, distances: Vec::new() }
    }

    fn of(entries: &[u64]) -> Option<Self> {
        let (first, rest) = entries.split_first()?;
        let mut block = Self::new(*first);
        for entry in rest {
            block.append(*entry);
        }
        block.distances.shrink_to_fit();
        Some(block)
    }

    fn append(&mut self, position: u64) {
        write_distance(&mut self.distances, position - self.last);
        self.last = position;
        self.entries += 1;
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        let mut rest = self.distances.as_slice();
        let mut next = Some(self.first);
        std::iter::from_fn(move || {
            let entry = next?;
            next = read_distance(&mut rest).map(|distance| entry + distance);
            Some(entry)
        })
    }
}

/// LEB128: seven bits a byte, the lowest first. Blocks of pcapng are multiples of four bytes long, so that the two
/// lowest bits are mostly 0: they are rotated to the top, where they cost nothing.
fn write_distance(out: &mut Vec<u8>, distance: u64) {
    let mut left = distance.rotate_right(2);
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

fn read_distance(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7F) << shift;
        if *byte < 0x80 {
            break;
        }
    }
    Some(value.rotate_left(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[derive(Clone, Debug)]
    enum Step {
        Append(u64),
        Insert(u64),
        Remove(u64),
        RemoveBefore(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            40 => (1u64..400).prop_map(|distance| Step::Append(distance * 4)),
            20 => (0u64..400_000).prop_map(|at| Step::Insert(at * 4)),
            1 => any::<u64>().prop_map(Step::Insert),
            8 => (0u64..400_000).prop_map(|at| Step::Remove(at * 4)),
            1 => (0u64..100_000).prop_map(|at| Step::RemoveBefore(at * 4)),
        ];
        prop::collection::vec(step, 0..3000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn it_behaves_as_a_sorted_set(steps in steps(), asked in prop::collection::vec(0u64..1_700_000, 100)) {
            let mut set = PositionSet::default();
            let mut expected = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Append(distance) => {
                        let at = expected.last().copied().unwrap_or(0u64).saturating_add(distance);
                        prop_assert_eq!(set.insert(Position(at)), expected.insert(at));
                    }
                    Step::Insert(at) => prop_assert_eq!(set.insert(Position(at)), expected.insert(at)),
                    Step::Remove(at) => prop_assert_eq!(set.remove(Position(at)), expected.remove(&at)),
                    Step::RemoveBefore(at) => {
                        set.remove_before(Position(at));
                        expected = expected.split_off(&at);
                    }
                }
                prop_assert_eq!(set.len(), expected.len());
            }
            prop_assert_eq!(set.is_empty(), expected.is_empty());
            prop_assert_eq!(set.first().map(|at| at.0), expected.first().copied());
            prop_assert_eq!(set.last().map(|at| at.0), expected.last().copied());
            let members: Vec<u64> = expected.iter().copied().step_by(7).collect();
            for at in asked.into_iter().chain(members).flat_map(|at| [at, at.saturating_add(1)]) {
                let position = Position(at);
                let before = expected.range(..at).next_back().copied();
                prop_assert_eq!(set.contains(position), expected.contains(&at));
                prop_assert_eq!(set.at_or_after(position).map(|at| at.0), expected.range(at..).next().copied());
                prop_assert_eq!(set.before(position).map(|at| at.0), before);
                let nearest = expected.range(..=at).next_back().or(expected.first()).copied();
                prop_assert_eq!(set.nearest(position).map(|at| at.0), nearest);
            }
        }
    }

    #[test]
    fn a_million_positions_take_less_than_three_bytes_each() {
        let mut set = PositionSet::default();
        for index in 0..1_000_000u64 {
            set.insert(Position(index * 1600 + index % 7 * 4));
        }
        assert_eq!(set.len(), 1_000_000);
        let blocks = set.blocks.iter_from(0);
        let heap_bytes: usize = blocks.map(|block| size_of::<Block>() + block.distances.capacity()).sum();
        assert!(heap_bytes < 2_800_000, "{heap_bytes}");
    }
}
