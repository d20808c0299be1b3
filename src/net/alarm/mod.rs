//! Wakes the poll at a moment, far more precisely than its timeout, which is in whole milliseconds, rounded up.
//!
//! On Linux by a timer in the poll; on Windows, where a poll cannot wait for a timer, by a thread that waits for one
//! and wakes the poll. Neither exists before the first deadline, and without one nothing runs.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux::{Timer, resolution};
#[cfg(windows)]
use windows::{Timer, resolution};

use mio::{Registry, Token, Waker};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The shortest interval that deadlines are kept for.
const LEAST_INTERVAL: Duration = Duration::from_micros(100);

/// The shortest time between two deadlines that this system can keep.
#[must_use]
pub fn least_interval() -> Duration {
    resolution().max(LEAST_INTERVAL)
}

/// A deadline of a poll.
#[derive(Debug)]
pub(super) struct Alarm {
    token: Token,
    deadline: Option<Instant>,
    /// What the timer is set to.
    armed: Option<Instant>,
    timer: Option<Timer>,
    /// The system has no timer for it: the timeout of the poll has to do.
    has_none: bool,
}

impl Alarm {
    /// An alarm whose events have this token, where it has events.
    pub fn new(token: Token) -> Self {
        Self { token, deadline: None, armed: None, timer: None, has_none: false }
    }

    /// Sets the deadline, in place of an earlier one.
    pub fn set(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// The poll was woken, perhaps by the timer, and perhaps before the deadline: timers of Windows are coarse.
    pub fn woken(&mut self) {
        self.armed = None;
    }

    /// Prepares for a poll that begins now. Returns its timeout, which is none where the timer wakes it.
    pub fn arm(&mut self, registry: &Registry, waker: &Arc<Waker>, now: Instant) -> Option<Duration> {
        let Some(deadline) = self.deadline else {
            // Otherwise the poll would be woken for nothing.
            if self.armed.take().is_some()
                && let Some(timer) = &self.timer
            {
                timer.unset();
            }
            return None;
        };
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() || self.armed == Some(deadline) {
            return left.is_zero().then_some(left);
        }
        let is_set = self.timer(registry, waker).is_some_and(|timer| timer.set(left));
        self.armed = is_set.then_some(deadline);
        (!is_set).then_some(left)
    }

    fn timer(&mut self, registry: &Registry, waker: &Arc<Waker>) -> Option<&Timer> {
        if self.timer.is_none() && !self.has_none {
            self.timer = Timer::new(registry, waker, self.token).ok();
            self.has_none = self.timer.is_none();
        }
        self.timer.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Events, Poll};

    const DEADLINE: Duration = Duration::from_secs(30);

    struct Bench {
        poll: Poll,
        waker: Arc<Waker>,
        alarm: Alarm,
    }

    impl Bench {
        fn new() -> Self {
            let poll = Poll::new().unwrap();
            let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
            Self { poll, waker, alarm: Alarm::new(Token(1)) }
        }

        /// Waits as a driver does, and returns for how long, and whether an event ended the wait.
        fn wait(&mut self, at_most: Duration) -> (Duration, bool) {
            let start = Instant::now();
            let timeout = self.alarm.arm(self.poll.registry(), &self.waker, start);
            let mut events = Events::with_capacity(8);
            self.poll
                .poll(&mut events, Some(timeout.map_or(at_most, |timeout| timeout.min(at_most))))
                .unwrap();
            if !events.is_empty() {
                self.alarm.woken();
            }
            (start.elapsed(), !events.is_empty())
        }
    }

    #[test]
    fn it_wakes_the_poll_at_its_deadline_each_time_and_never_before() {
        let mut bench = Bench::new();
        for micros in [100, 300, 1_500, 20_000, 250] {
            let deadline = Instant::now() + Duration::from_micros(micros);
            bench.alarm.set(Some(deadline));
            // Woken a little early by a coarse timer, it is armed again.
            while Instant::now() < deadline {
                let (waited, _) = bench.wait(DEADLINE);
                assert!(waited < DEADLINE / 2, "{micros} µs");
            }
        }
    }

    // Not on Windows: a thread wakes the poll there, and its timers are coarser.
    #[cfg(target_os = "linux")]
    #[test]
    fn deadlines_of_a_tenth_of_a_millisecond_are_not_rounded_to_whole_ones() {
        let mut bench = Bench::new();
        let shortest = (0..200).map(|_| {
            let start = Instant::now();
            bench.alarm.set(Some(start + Duration::from_micros(100)));
            let (_, is_woken) = bench.wait(DEADLINE);
            assert!(is_woken);
            start.elapsed()
        });
        let shortest = shortest.min().unwrap();
        assert!(
            shortest >= Duration::from_micros(100) && shortest < Duration::from_millis(1),
            "{shortest:?}"
        );
    }

    #[test]
    fn without_a_deadline_nothing_wakes_it_and_one_that_has_passed_does_not_wait() {
        let mut bench = Bench::new();
        assert!(!bench.wait(Duration::from_millis(5)).1);
        assert!(bench.alarm.timer.is_none(), "no timer before it is needed");
        // One that was armed and then removed.
        bench.alarm.set(Some(Instant::now() + Duration::from_millis(20)));
        assert_eq!(bench.alarm.arm(bench.poll.registry(), &bench.waker, Instant::now()), None);
        bench.alarm.set(None);
        assert!(!bench.wait(Duration::from_millis(60)).1, "it was unset");
        bench.alarm.set(Some(Instant::now()));
        let now = Instant::now();
        assert_eq!(bench.alarm.arm(bench.poll.registry(), &bench.waker, now), Some(Duration::ZERO));
        // The earlier of two deadlines that was set later.
        bench.alarm.set(Some(Instant::now() + DEADLINE * 100));
        bench.alarm.arm(bench.poll.registry(), &bench.waker, Instant::now());
        bench.alarm.set(Some(Instant::now() + Duration::from_millis(1)));
        assert!(bench.wait(DEADLINE).1);
    }
}
