//! How often the window draws frames that only news ask for: so often that they take less than a quarter of one core.
//!
//! Where the processor paints, a frame can cost a hundred times what it costs with a graphics card. What counts is the
//! processor time between two frames, which includes painting the first of them.

use std::time::{Duration, Instant};

/// The shortest interval.
pub const SHORTEST: Duration = Duration::from_millis(25);
/// The longest interval: five frames a second.
const LONGEST: Duration = Duration::from_millis(200);
/// The interval in tenths of what a frame costs: two ninths of a core, since costs vary.
const TENTHS_OF_COST: u32 = 45;
/// For how long after an input of the user its effects are shown at the shortest interval.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// The interval between frames, from what the last ones have cost.
#[derive(Debug)]
pub struct Pace {
    /// The beginning of the last frame.
    begun: Instant,
    /// The processor time at the beginning of the last frame.
    used: Duration,
    /// A moving average of what a frame costs, in processor time.
    cost: Duration,
    /// The last input of the user.
    input: Option<Instant>,
}

impl Pace {
    /// Before the first frame. `used`: the processor time so far.
    #[must_use]
    pub fn new(now: Instant, used: Duration) -> Self {
        Self { begun: now, used, cost: Duration::ZERO, input: None }
    }

    /// A frame begins. `used`: the processor time of the window and its painter so far.
    pub fn frame(&mut self, now: Instant, used: Duration, has_input: bool) {
        // One slow frame, such as one with many new glyphs, is not to count for long.
        let last = used.saturating_sub(self.used).min(LONGEST);
        self.cost = (self.cost * 3 + last) / 4;
        (self.begun, self.used) = (now, used);
        if has_input {
            self.input = Some(now);
        }
    }

    /// How long to wait for the next frame when there is something new to show.
    #[must_use]
    pub fn delay(&self, now: Instant) -> Duration {
        let is_answer = self.input.is_some_and(|input| now.saturating_duration_since(input) < ANSWER_TIME);
        let interval =
            if is_answer { SHORTEST } else { (self.cost * TENTHS_OF_COST / 10).clamp(SHORTEST, LONGEST) };
        (self.begun + interval).saturating_duration_since(now).max(SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws `count` frames that cost `cost`, each when it is due while there is always news. Returns the time of the
    /// last one.
    fn frames(pace: &mut Pace, mut now: Instant, count: u32, cost: Duration) -> Instant {
        for _ in 0..count {
            let used = pace.used + cost;
            now += pace.delay(now);
            pace.frame(now, used, false);
        }
        now
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn frames_take_less_than_a_quarter_of_a_core_and_come_at_least_five_times_a_second() {
        for (cost, interval) in [(MS, 25 * MS), (10 * MS, 45 * MS), (30 * MS, 135 * MS), (90 * MS, 200 * MS)]
        {
            let start = Instant::now();
            let mut pace = Pace::new(start, Duration::ZERO);
            let now = frames(&mut pace, start, 40, cost);
            let took = (frames(&mut pace, now, 10, cost) - now) / 10;
            let differs = took.abs_diff(interval);
            assert!(differs < MS, "{cost:?} a frame: {took:?} instead of {interval:?}");
        }
    }

    #[test]
    fn one_slow_frame_is_soon_forgotten() {
        let start = Instant::now();
        let mut pace = Pace::new(start, Duration::ZERO);
        let now = frames(&mut pace, start, 40, MS);
        pace.frame(now, pace.used + Duration::from_secs(3), false);
        assert_eq!(pace.delay(now), LONGEST);
        let now = frames(&mut pace, now, 10, MS);
        assert_eq!(pace.delay(now), SHORTEST);
    }

    #[test]
    fn the_effects_of_an_input_are_shown_at_once() {
        let start = Instant::now();
        let mut pace = Pace::new(start, Duration::ZERO);
        let now = frames(&mut pace, start, 40, 50 * MS);
        assert_eq!(pace.delay(now), LONGEST);
        pace.frame(now, pace.used + 50 * MS, true);
        assert_eq!(pace.delay(now), SHORTEST);
        assert_eq!(pace.delay(now + ANSWER_TIME - MS), SHORTEST);
        // The time since the last frame counts.
        pace.frame(now + ANSWER_TIME, pace.used + 50 * MS, false);
        assert_eq!(pace.delay(now + ANSWER_TIME + 80 * MS), 120 * MS);
    }
}
