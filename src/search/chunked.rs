//! A long list whose copies share what did not change, so that results can be published without copying them and
//! without a lock.

use std::ops::Range;
use std::sync::Arc;

/// Items of a full chunk. A chunk is copied when it changes while a reader holds it.
const CHUNK_ITEMS: usize = 512;

/// A list of shared chunks. A clone costs a reference count per chunk; a change copies at most its chunk.
#[derive(Clone, Debug)]
pub(crate) struct ChunkedVec<T> {
    /// No chunk is empty.
    chunks: Vec<Chunk<T>>,
}

#[derive(Clone, Debug)]
struct Chunk<T> {
    /// The index of the first item.
    start: usize,
    items: Arc<Vec<T>>,
}

impl<T> Chunk<T> {
    fn end(&self) -> usize {
        self.start + self.items.len()
    }
}

impl<T> Default for ChunkedVec<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: Clone> ChunkedVec<T> {
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, Chunk::end)
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        let chunk = self.chunks.get(self.chunk_of(index))?;
        chunk.items.get(index - chunk.start)
    }

    pub fn first(&self) -> Option<&T> {
        self.chunks.first().and_then(|chunk| chunk.items.first())
    }

    pub fn last(&self) -> Option<&T> {
        self.chunks.last().and_then(|chunk| chunk.items.last())
    }

    pub fn last_mut(&mut self) -> Option<&mut T> {
        Arc::make_mut(&mut self.chunks.last_mut()?.items).last_mut()
    }

    pub fn push(&mut self, item: T) {
        match self.chunks.last_mut() {
            Some(last) if last.items.len() < CHUNK_ITEMS => Arc::make_mut(&mut last.items).push(item),
            _ => self.chunks.push(Chunk { start: self.len(), items: Arc::new(vec![item]) }),
        }
    }

    /// Number of items at the front that meet a condition, which no item behind them meets.
    pub fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let chunk = self.chunks.partition_point(|chunk| chunk.items.last().is_some_and(&is_before));
        let Some(chunk) = self.chunks.get(chunk) else { return self.len() };
        chunk.start + chunk.items.partition_point(is_before)
    }

    /// The items from an index on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = &T> {
        let first = self.chunk_of(index);
        let skipped = self.chunks.get(first).map_or(0, |chunk| index - chunk.start);
        self.chunks.iter().skip(first).flat_map(|chunk| chunk.items.iter()).skip(skipped)
    }

    /// Replaces the items of `range`, which lies within the list.
    pub fn replace(&mut self, range: Range<usize>, new: impl IntoIterator<Item = T>) {
        if range.start == self.len() {
            new.into_iter().for_each(|item| self.push(item));
            return;
        }
        let first = self.chunk_of(range.start);
        let behind = self.chunks.partition_point(|chunk| chunk.start < range.end).max(first + 1);
        let start = self.chunks[first].start;
        if behind == first + 1 {
            let items = Arc::make_mut(&mut self.chunks[first].items);
            items.splice(range.start - start..range.end - start, new);
            if items.is_empty() || items.len() > 2 * CHUNK_ITEMS {
                let items = std::mem::take(items);
                self.rechunk(first..behind, items);
            }
        } else {
            let mut items: Vec<T> =
                self.chunks[first..behind].iter().flat_map(|chunk| chunk.items.iter()).cloned().collect();
            items.splice(range.start - start..range.end - start, new);
            self.rechunk(first..behind, items);
        }
        self.renumber(first);
    }

    fn rechunk(&mut self, range: Range<usize>, items: Vec<T>) {
        let mut items = items.into_iter().peekable();
        let mut chunks = Vec::new();
        while items.peek().is_some() {
            let items = Arc::new(items.by_ref().take(CHUNK_ITEMS).collect());
            chunks.push(Chunk { start: 0, items });
        }
        self.chunks.splice(range, chunks);
    }

    fn renumber(&mut self, first: usize) {
        let mut start = first.checked_sub(1).map_or(0, |before| self.chunks[before].end());
        for chunk in &mut self.chunks[first..] {
            chunk.start = start;
            start = chunk.end();
        }
    }

    /// The chunk that has the item at an index; behind the last one beyond the end.
    fn chunk_of(&self, index: usize) -> usize {
        self.chunks.partition_point(|chunk| chunk.end() <= index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_behaves_as_a_list_and_copies_do_not_change(
            steps in prop::collection::vec((0usize..4, any::<prop::sample::Index>(), 0usize..40, 0usize..1500), 0..40),
        ) {
            let (mut list, mut expected) = (ChunkedVec::default(), Vec::new());
            let mut copies = Vec::new();
            let mut number = 0;
            for (step, place, old, new) in steps {
                let mut fresh = |count: usize| {
                    number += count;
                    (number - count..number).collect::<Vec<_>>()
                };
                match step {
                    0 => fresh(new).into_iter().for_each(|item| {
                        list.push(item);
                        expected.push(item);
                    }),
                    1 if !expected.is_empty() => {
                        number += 1;
                        *list.last_mut().unwrap() = number;
                        *expected.last_mut().unwrap() = number;
                    }
                    2 => {
                        // From the front, as expired items are removed.
                        let end = place.index(expected.len() + 1);
                        list.replace(0..end, []);
                        expected.drain(..end);
                    }
                    _ => {
                        let start = place.index(expected.len() + 1);
                        let end = (start + old).min(expected.len());
                        let items = fresh(new % 50);
                        list.replace(start..end, items.clone());
                        expected.splice(start..end, items);
                    }
                }
                copies.push((list.clone(), expected.clone()));
            }
            for (list, expected) in copies {
                prop_assert_eq!(list.len(), expected.len());
                prop_assert_eq!((list.first(), list.last()), (expected.first(), expected.last()));
                prop_assert!(list.chunks.iter().all(|chunk| !chunk.items.is_empty()));
                prop_assert!(list.iter_from(0).eq(&expected));
                for index in (0..expected.len() + 2).step_by(97) {
                    prop_assert_eq!(list.get(index), expected.get(index));
                    prop_assert!(list.iter_from(index).take(3).eq(expected.iter().skip(index).take(3)));
                }
            }
        }

        #[test]
        fn a_sorted_list_is_searched(count in 0usize..3000, asked in 0usize..3100) {
            let mut list = ChunkedVec::default();
            (0..count).for_each(|item| list.push(item));
            prop_assert_eq!(list.partition_point(|item| *item < asked), asked.min(count));
        }
    }
}
