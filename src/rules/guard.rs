//! The guard of a connection: so many answers in a second, so that two programs that answer each other cannot run away.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// The time in which answers are counted.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts the answers on one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    /// When the first of the counted answers was given.
    since: Option<Instant>,
    answers: u32,
    /// It has refused an answer since `since`.
    has_refused: bool,
    /// It has refused an answer in the time before that, too.
    refused_before: bool,
}

/// What the guard says of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is given.
    Answer,
    /// It is not given, and this is to be told.
    Tell,
    /// It is not given, which was told.
    Refuse,
}

impl Guard {
    /// Asks for `count` answers, of which all are given or none.
    pub fn ask(&mut self, count: u32, limit: NonZeroU32, now: Instant) -> Verdict {
        let passed = self.since.map(|since| now.saturating_duration_since(since));
        if passed.is_none_or(|passed| passed >= WINDOW) {
            // A second without answers between the two ends what was told.
            let is_next = passed.is_some_and(|passed| passed < 2 * WINDOW);
            self.refused_before = is_next && self.has_refused;
            self.has_refused = false;
            self.since = Some(now);
            self.answers = 0;
        }
        // More answers to one message than the limit are given once in a second.
        if self.answers == 0 || self.answers.saturating_add(count) <= limit.get() {
            self.answers = self.answers.saturating_add(count);
            return Verdict::Answer;
        }
        let is_told = std::mem::replace(&mut self.has_refused, true) || self.refused_before;
        if is_told { Verdict::Refuse } else { Verdict::Tell }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_answers_are_given_in_a_second_and_the_rest_is_told_once() {
        let limit = NonZeroU32::new(3).unwrap();
        let start = Instant::now();
        let mut guard = Guard::default();
        let mut ask = |millis| guard.ask(1, limit, start + Duration::from_millis(millis));
        let said: Vec<_> = (0..5).map(|number| ask(number * 10)).collect();
        assert_eq!(said, [Verdict::Answer, Verdict::Answer, Verdict::Answer, Verdict::Tell, Verdict::Refuse]);
        let said: Vec<_> = (0..4).map(|number| ask(1000 + number)).collect();
        assert_eq!(said, [Verdict::Answer, Verdict::Answer, Verdict::Answer, Verdict::Refuse], "told before");
        // After a pause it is told again.
        let said: Vec<_> = (0..4).map(|number| ask(9000 + number)).collect();
        assert_eq!(said, [Verdict::Answer, Verdict::Answer, Verdict::Answer, Verdict::Tell]);
    }

    #[test]
    fn more_answers_at_once_than_the_limit_are_given_once_in_a_second() {
        let limit = NonZeroU32::new(2).unwrap();
        let start = Instant::now();
        let mut guard = Guard::default();
        assert_eq!(guard.ask(5, limit, start), Verdict::Answer);
        assert_eq!(guard.ask(1, limit, start), Verdict::Tell);
        assert_eq!(guard.ask(5, limit, start + WINDOW), Verdict::Answer);
    }
}
