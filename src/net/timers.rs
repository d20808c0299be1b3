//! A queue of deadlines by key.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// A queue of absolute deadlines with at most one for each key.
#[derive(Debug)]
pub struct Timers<K> {
    queue: BTreeSet<(Instant, K)>,
    deadlines: BTreeMap<K, Instant>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self { queue: BTreeSet::new(), deadlines: BTreeMap::new() }
    }
}

impl<K: Copy + Ord> Timers<K> {
    /// Sets the deadline of `key`, in place of an earlier one.
    pub fn set(&mut self, key: K, deadline: Instant) {
        self.cancel(key);
        self.deadlines.insert(key, deadline);
        self.queue.insert((deadline, key));
    }

    /// Sets the deadline of `key`, or removes it (`None`).
    pub fn set_or_cancel(&mut self, key: K, deadline: Option<Instant>) {
        match deadline {
            Some(deadline) => self.set(key, deadline),
            None => self.cancel(key),
        }
    }

    /// Removes the deadline of `key`, if it has one.
    pub fn cancel(&mut self, key: K) {
        if let Some(deadline) = self.deadlines.remove(&key) {
            self.queue.remove(&(deadline, key));
        }
    }

    /// Whether `key` has a deadline.
    #[must_use]
    pub fn is_set(&self, key: K) -> bool {
        self.deadlines.contains_key(&key)
    }

    /// The earliest deadline.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(deadline, _)| *deadline)
    }

    /// Removes the earliest key whose deadline is not after `now`.
    pub fn pop_due(&mut self, now: Instant) -> Option<K> {
        let (deadline, key) = *self.queue.first()?;
        if deadline > now {
            return None;
        }
        self.cancel(key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn keys_come_due_in_the_order_of_their_newest_deadlines() {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut timers = Timers::default();
        assert_eq!((timers.next(), timers.pop_due(at(100))), (None, None));
        for (key, millis) in [('a', 30), ('b', 10), ('c', 20), ('d', 20), ('a', 5), ('b', 40)] {
            timers.set(key, at(millis));
        }
        timers.cancel('c');
        timers.cancel('z');
        assert_eq!(timers.next(), Some(at(5)));
        assert_eq!(timers.pop_due(at(4)), None);
        assert_eq!(timers.pop_due(at(5)), Some('a'), "a deadline is due at its moment");
        assert!(!timers.is_set('a') && timers.is_set('d'));
        let rest: Vec<_> = std::iter::from_fn(|| timers.pop_due(at(50))).collect();
        assert_eq!(rest, ['d', 'b']);
        timers.set('e', at(1));
        timers.set_or_cancel('e', None);
        assert_eq!(timers.next(), None);
    }
}
