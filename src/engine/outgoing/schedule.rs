//! The deadlines of a repeat: absolute, never caught up. Pure: the clock is an argument.

use super::histogram::Histogram;
use crate::model::{Lateness, Spacing};
use std::time::{Duration, Instant};

/// When a repeat sends next, and how punctual it was.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Duration,
    spacing: Spacing,
    /// The next deadline; `None` while it is held, and until the end of a send that the next one is measured from.
    next: Option<Instant>,
    sent: u64,
    missed: u64,
    lateness: Histogram,
}

impl Schedule {
    /// One that is held.
    pub fn new(interval: Duration, spacing: Spacing) -> Self {
        Self { interval, spacing, next: None, sent: 0, missed: 0, lateness: Histogram::default() }
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    pub fn spacing(&self) -> Spacing {
        self.spacing
    }

    /// Deadlines at which it was sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Deadlines at which it was not.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    pub fn lateness(&self) -> Option<Lateness> {
        self.lateness.summary()
    }

    /// The next deadline.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Begins, or goes on after [`hold`](Self::hold): with a first deadline at once.
    pub fn start(&mut self, now: Instant) {
        self.next = Some(now);
    }

    /// There are no deadlines for now.
    pub fn hold(&mut self) {
        self.next = None;
    }

    /// Takes the deadlines that have passed. The newest one is returned, and has to be answered by
    /// [`begun`](Self::begun) or [`miss`](Self::miss); those before it are missed, since the next one has passed.
    pub fn take_due(&mut self, now: Instant) -> Option<Instant> {
        let first = self.next.filter(|next| *next <= now)?;
        if self.spacing == Spacing::AfterEnd {
            self.next = None;
            return Some(first);
        }
        let newest = self.miss_passed(first, now);
        self.next = newest.checked_add(self.interval);
        Some(newest)
    }

    /// It is over: counts the deadlines that the next one has passed.
    pub fn pass(&mut self, now: Instant) {
        if let Some(first) = self.next.filter(|next| *next <= now && self.spacing == Spacing::StartToStart) {
            self.next = Some(self.miss_passed(first, now));
        }
    }

    /// Counts the deadlines from `first` on that the next one has passed, and returns the newest, which it has not.
    fn miss_passed(&mut self, first: Instant, now: Instant) -> Instant {
        let passed = now.duration_since(first).as_nanos() / self.interval.as_nanos().max(1);
        // Both fit: `passed` times the interval is not after now.
        let passed_nanos = passed * self.interval.as_nanos();
        self.missed += u64::try_from(passed).unwrap_or(u64::MAX);
        first + Duration::from_nanos(u64::try_from(passed_nanos).unwrap_or(u64::MAX))
    }

    /// The send for `deadline` begins now.
    pub fn begun(&mut self, deadline: Instant, now: Instant) {
        self.sent += 1;
        self.lateness.add(now.saturating_duration_since(deadline));
    }

    /// Nothing can be sent for the deadline that was taken.
    pub fn miss(&mut self, now: Instant) {
        self.missed += 1;
        if self.spacing == Spacing::AfterEnd {
            self.next = now.checked_add(self.interval);
        }
    }

    /// The send has ended.
    pub fn ended(&mut self, now: Instant) {
        if self.spacing == Spacing::AfterEnd {
            self.next = now.checked_add(self.interval);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    /// Runs it for `length` with a clock that wakes so late after each deadline, and returns the moments of the sends.
    fn run(
        schedule: &mut Schedule,
        length: Duration,
        mut late: impl FnMut() -> Duration,
    ) -> (Instant, Vec<Duration>) {
        let start = Instant::now();
        schedule.start(start);
        let mut moments = Vec::new();
        while let Some(next) = schedule.next().filter(|next| *next < start + length) {
            let now = next + late();
            if now >= start + length {
                break;
            }
            let deadline = schedule.take_due(now).unwrap();
            schedule.begun(deadline, now);
            moments.push(now - start);
            schedule.ended(now);
        }
        (start, moments)
    }

    #[test]
    fn a_minute_of_milliseconds_has_sixty_thousand_deadlines_each_sent_or_missed() {
        for worst in [0, 100, 999, 1_000, 1_001, 5_500, 300_000] {
            let mut schedule = Schedule::new(MS, Spacing::StartToStart);
            let mut number = 0u64;
            // Mostly punctual; each 37th wake-up is late by up to `worst` microseconds.
            let late = || {
                number += 1;
                Duration::from_micros(if number.is_multiple_of(37) {
                    number * 7919 % (worst + 1)
                } else {
                    20
                })
            };
            let length = Duration::from_secs(60);
            let (start, _) = run(&mut schedule, length, late);
            // The last wake-up may come after the minute.
            schedule.pass(start + length);
            let all = schedule.sent() + schedule.missed();
            assert!((59_999..=60_001).contains(&all), "{all} with {worst} µs");
            assert!(schedule.missed() > 0 || worst <= 1_000, "{worst}");
            assert!(schedule.missed() == 0 || worst >= 1_000, "{worst}");
        }
    }

    #[test]
    fn what_is_missed_is_counted_and_not_caught_up() {
        let mut schedule = Schedule::new(10 * MS, Spacing::StartToStart);
        let start = Instant::now();
        schedule.start(start);
        assert_eq!(schedule.take_due(start), Some(start));
        schedule.begun(start, start);
        assert_eq!(schedule.take_due(start + 9 * MS), None);
        // 10 and 20 have been passed by the next; 30 has not, and is sent 5 ms late.
        let now = start + 35 * MS;
        let deadline = schedule.take_due(now).unwrap();
        assert_eq!((deadline, schedule.missed()), (start + 30 * MS, 2));
        schedule.begun(deadline, now);
        assert_eq!(schedule.lateness().unwrap().worst, 5 * MS);
        assert_eq!((schedule.take_due(now), schedule.next()), (None, Some(start + 40 * MS)));
        // A deadline exactly at the next one is missed.
        assert_eq!(schedule.take_due(start + 50 * MS), Some(start + 50 * MS));
        assert_eq!((schedule.sent(), schedule.missed()), (2, 3));
    }

    #[test]
    fn a_pause_is_measured_from_the_end_of_the_send() {
        let mut schedule = Schedule::new(10 * MS, Spacing::AfterEnd);
        let start = Instant::now();
        schedule.start(start);
        let deadline = schedule.take_due(start + MS).unwrap();
        schedule.begun(deadline, start + MS);
        assert_eq!(schedule.next(), None, "the send has not ended");
        schedule.ended(start + 30 * MS);
        assert_eq!(schedule.next(), Some(start + 40 * MS));
        schedule.take_due(start + 95 * MS).unwrap();
        schedule.miss(start + 95 * MS);
        assert_eq!((schedule.missed(), schedule.next()), (1, Some(start + 105 * MS)));
    }

    #[test]
    fn what_is_held_has_no_deadlines_and_begins_anew() {
        let mut schedule = Schedule::new(MS, Spacing::StartToStart);
        let start = Instant::now();
        schedule.start(start);
        schedule.hold();
        assert_eq!((schedule.next(), schedule.take_due(start + 50 * MS)), (None, None));
        schedule.start(start + 60 * MS);
        assert_eq!(schedule.take_due(start + 60 * MS), Some(start + 60 * MS));
        assert_eq!(schedule.missed(), 0);
    }

    #[test]
    fn intervals_of_hours_and_centuries_do_not_overflow() {
        let start = Instant::now();
        let mut schedule = Schedule::new(Duration::MAX, Spacing::StartToStart);
        schedule.start(start);
        assert_eq!(schedule.take_due(start + MS), Some(start));
        assert_eq!(schedule.next(), None, "it never comes");
    }

    proptest! {
        #[test]
        fn each_deadline_is_sent_or_missed_once_and_none_early(
            interval in 100..50_000u64,
            lates in proptest::collection::vec(0..200_000u64, 1..100),
        ) {
            let mut schedule = Schedule::new(Duration::from_micros(interval), Spacing::StartToStart);
            let mut times = lates.iter().cycle();
            let length = Duration::from_secs(1);
            let late = || Duration::from_micros(*times.next().unwrap_or(&0));
            let (start, moments) = run(&mut schedule, length, late);
            // So many deadlines are before the next one.
            let next = schedule.next().unwrap();
            let passed = (next - start).as_micros() as u64 / interval;
            prop_assert_eq!(schedule.sent() + schedule.missed(), passed);
            prop_assert_eq!(moments.len() as u64, schedule.sent());
            // At most one send between two deadlines: no burst.
            for pair in moments.windows(2) {
                let slot = |moment: Duration| moment.as_micros() as u64 / interval;
                prop_assert!(slot(pair[0]) < slot(pair[1]), "{:?}", pair);
            }
        }
    }
}
