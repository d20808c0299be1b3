//! Rates of received and sent bytes: over the last second for the status line, per second for the plot.

use crate::model::Traffic;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The interval over which a rate is measured.
const RATE_INTERVAL: Duration = Duration::from_secs(1);

/// Rates in bytes per second, over the last second.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// Received.
    pub bytes_in: u64,
    /// Sent.
    pub bytes_out: u64,
    since: Option<(Instant, Traffic)>,
    /// The bytes of each second.
    pub history: History,
}

impl Rates {
    /// Takes the totals and returns when to measure again; `None` while nothing flows.
    pub fn update(&mut self, totals: Traffic, now: Instant) -> Option<Duration> {
        self.history.add(totals, now);
        let (began, known) = *self.since.get_or_insert((now, totals));
        let elapsed = now.saturating_duration_since(began);
        if elapsed > 2 * RATE_INTERVAL && totals != known {
            // After a pause a new interval begins now, including the bytes that ended the pause.
            self.since = Some((now, known));
            return Some(RATE_INTERVAL);
        }
        if elapsed >= RATE_INTERVAL {
            let per_second = |bytes: u64| (bytes as f64 / elapsed.as_secs_f64()).round() as u64;
            self.bytes_in = per_second(totals.bytes_in.saturating_sub(known.bytes_in));
            self.bytes_out = per_second(totals.bytes_out.saturating_sub(known.bytes_out));
            self.since = Some((now, totals));
            return (self.bytes_in + self.bytes_out > 0).then_some(RATE_INTERVAL);
        }
        (totals != known || self.bytes_in + self.bytes_out > 0).then(|| RATE_INTERVAL - elapsed)
    }
}

/// The length of the history, in seconds.
pub const HISTORY_SECONDS: usize = 300;

/// The bytes received and sent in each second.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The beginning of second 0.
    epoch: Option<Instant>,
    known: Traffic,
    /// The seconds with traffic: number, bytes in, bytes out; ascending by number.
    seconds: VecDeque<(u64, u64, u64)>,
}

impl History {
    fn add(&mut self, totals: Traffic, now: Instant) {
        let epoch = *self.epoch.get_or_insert(now);
        let bytes_in = totals.bytes_in.saturating_sub(self.known.bytes_in);
        let bytes_out = totals.bytes_out.saturating_sub(self.known.bytes_out);
        self.known = totals;
        if bytes_in + bytes_out == 0 {
            return;
        }
        let second = now.saturating_duration_since(epoch).as_secs();
        match self.seconds.back_mut() {
            Some((last, total_in, total_out)) if *last == second => {
                *total_in += bytes_in;
                *total_out += bytes_out;
            }
            _ => self.seconds.push_back((second, bytes_in, bytes_out)),
        }
        while self.seconds.len() > HISTORY_SECONDS {
            self.seconds.pop_front();
        }
    }

    /// Bytes in and out of the last [`HISTORY_SECONDS`] whole seconds before `now`, oldest first.
    #[must_use]
    pub fn at(&self, now: Instant) -> Vec<(u64, u64)> {
        let mut history = vec![(0, 0); HISTORY_SECONDS];
        let Some(epoch) = self.epoch else { return history };
        let current = now.saturating_duration_since(epoch).as_secs();
        for &(second, bytes_in, bytes_out) in &self.seconds {
            // The current second is not complete.
            let ago = current.saturating_sub(second) as usize;
            if (1..=HISTORY_SECONDS).contains(&ago) {
                history[HISTORY_SECONDS - ago] = (bytes_in, bytes_out);
            }
        }
        history
    }

    /// Whether the history changes with time: it has traffic, or the current second has.
    #[must_use]
    pub fn moves(&self, now: Instant) -> bool {
        let Some(epoch) = self.epoch else { return false };
        let current = now.saturating_duration_since(epoch).as_secs();
        self.seconds.back().is_some_and(|&(second, ..)| current - second <= HISTORY_SECONDS as u64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_per_second_and_fall_to_zero() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let bytes = |bytes_in| Traffic { bytes_in, ..Traffic::default() };
        let mut rates = Rates::default();
        assert_eq!(rates.update(bytes(0), at(0)), None);
        assert_eq!(rates.update(bytes(500), at(400)), Some(Duration::from_millis(600)));
        assert_eq!(rates.update(bytes(2000), at(2000)), Some(RATE_INTERVAL));
        assert_eq!(rates.bytes_in, 1000);
        assert_eq!(rates.update(bytes(2000), at(3000)), None);
        assert_eq!(rates.bytes_in, 0);
        // After a pause the bytes count for the second in which they arrived.
        assert_eq!(rates.update(bytes(3000), at(600_000)), Some(RATE_INTERVAL));
        assert_eq!(rates.update(bytes(3000), at(601_000)), Some(RATE_INTERVAL));
        assert_eq!(rates.bytes_in, 1000);
    }

    #[test]
    fn the_history_has_each_second_and_drops_old_ones() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let totals = |bytes_in, bytes_out| Traffic { bytes_in, bytes_out, ..Traffic::default() };
        let mut history = History::default();
        history.add(totals(0, 0), at(0));
        assert!(!history.moves(at(0)));
        history.add(totals(10, 0), at(100));
        history.add(totals(30, 5), at(900));
        history.add(totals(31, 5), at(2500));
        let seconds = history.at(at(3000));
        assert_eq!(seconds.len(), HISTORY_SECONDS);
        assert_eq!(seconds[HISTORY_SECONDS - 4..], [(0, 0), (30, 5), (0, 0), (1, 0)]);
        assert_eq!(history.at(at(2600))[HISTORY_SECONDS - 1], (0, 0), "the current second is not shown");
        assert!(history.moves(at(3000)));
        let later = at(1000 * (HISTORY_SECONDS as u64 + 4));
        assert!(history.at(later).iter().all(|second| *second == (0, 0)));
        assert!(!history.moves(later), "nothing is left to move");
    }
}
