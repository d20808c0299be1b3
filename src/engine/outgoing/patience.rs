//! Finds the recipients that take nothing, so that they do not hold up what the others wait for. Pure: the clock and
//! what the connections have taken are arguments.

use crate::model::ConnectionId;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Who has data queued and takes none of it for so long holds the others up no longer. Longer than a program that is
/// busy or stopped for a moment.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How a TCP connection stands that something is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Standing {
    pub id: ConnectionId,
    /// Bytes that wait to be sent.
    pub queued_bytes: usize,
    /// All bytes that the kernel has taken for it.
    pub taken_bytes: u64,
}

/// Watches who takes something while a send waits.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// Since when, and what each had taken then.
    watched: Option<(Instant, BTreeMap<ConnectionId, u64>)>,
}

impl Patience {
    /// Nothing waits.
    pub fn rest(&mut self) {
        self.watched = None;
    }

    /// Something waits. Returns those that have taken nothing for [`PATIENCE`], of which each is returned once in that
    /// time, and when to ask again.
    pub fn watch(&mut self, now: Instant, all: &[Standing]) -> (Vec<ConnectionId>, Instant) {
        let mut stuck = Vec::new();
        if let Some((since, taken)) = &self.watched {
            if now < *since + PATIENCE {
                return (stuck, *since + PATIENCE);
            }
            let is_stuck =
                |one: &&Standing| one.queued_bytes > 0 && taken.get(&one.id) == Some(&one.taken_bytes);
            stuck = all.iter().filter(is_stuck).map(|one| one.id).collect();
        }
        self.watched = Some((now, all.iter().map(|one| (one.id, one.taken_bytes)).collect()));
        (stuck, now + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(id: u32, queued_bytes: usize, taken_bytes: u64) -> Standing {
        Standing { id: ConnectionId(id), queued_bytes, taken_bytes }
    }

    #[test]
    fn who_takes_nothing_for_so_long_is_stuck_and_who_takes_little_is_not() {
        let mut patience = Patience::default();
        let start = Instant::now();
        let (stuck, next) = patience.watch(start, &[standing(1, 9, 5), standing(2, 9, 5), standing(3, 0, 5)]);
        assert_eq!((stuck, next), (vec![], start + PATIENCE));
        let later = start + PATIENCE / 2;
        assert_eq!(patience.watch(later, &[standing(1, 9, 5)]), (vec![], start + PATIENCE), "too early");
        let now = start + PATIENCE;
        let all = [standing(1, 9, 5), standing(2, 8, 6), standing(3, 0, 5), standing(4, 9, 5)];
        assert_eq!(patience.watch(now, &all), (vec![ConnectionId(1)], now + PATIENCE), "4 is new");
        patience.rest();
        let after = now + 2 * PATIENCE;
        assert_eq!(patience.watch(after, &all), (vec![], after + PATIENCE), "it begins anew");
    }
}
