//! What is sent over time, in words: how far it is, and how it stands.

use super::figures::{bytes, precise};
use super::{Words, explain, fill};
use crate::model::units::duration_text;
use crate::model::{Lateness, OutgoingState, Progress, RepeatProgress, Spacing};
use std::fmt::Display;

/// How it stands, besides that it runs: waiting, paused, or how it ended. `None` while it runs.
#[must_use]
pub fn outgoing_state(words: &Words, state: &OutgoingState) -> Option<String> {
    Some(match state {
        OutgoingState::Running => return None,
        OutgoingState::Waiting => words.outgoing_waiting.clone(),
        OutgoingState::Paused => words.outgoing_paused.clone(),
        OutgoingState::Done => words.outgoing_done.clone(),
        OutgoingState::Stopped => words.outgoing_stopped.clone(),
        OutgoingState::Failed(failure) => explain(words, failure),
    })
}

/// How far it is, in parts: the most important first.
#[must_use]
pub fn outgoing_progress(words: &Words, progress: &Progress) -> Vec<String> {
    match progress {
        Progress::Repeat(repeat) => repeat_progress(words, repeat),
        Progress::Bytes { done, total, rate, left } => {
            let rate = bytes(*rate);
            let text = match total {
                Some(total) => fill(
                    &words.outgoing_bytes_of,
                    &[("done", &bytes(*done)), ("total", &bytes(*total)), ("rate", &rate)],
                ),
                None => fill(&words.outgoing_bytes, &[("done", &bytes(*done)), ("rate", &rate)]),
            };
            let mut parts = vec![text];
            if *left > 0 {
                parts.push(fill(&words.outgoing_left, &[("count", left)]));
            }
            parts
        }
        Progress::Steps { step, steps, round, rounds } => {
            let mut parts = vec![fill(&words.outgoing_step, &[("step", step), ("steps", steps)])];
            match rounds {
                Some(1) => {}
                Some(rounds) => {
                    parts.push(fill(&words.outgoing_round_of, &[("round", round), ("rounds", rounds)]))
                }
                None => parts.push(fill(&words.outgoing_round, &[("round", round)])),
            }
            parts
        }
    }
}

fn repeat_progress(words: &Words, repeat: &RepeatProgress) -> Vec<String> {
    let interval = duration_text(repeat.interval);
    let every = match repeat.spacing {
        Spacing::StartToStart => &words.repeat_every,
        Spacing::AfterEnd => &words.repeat_after,
    };
    let number = |template: &str, count: u64| fill(template, &[("count", &count as &dyn Display)]);
    let mut parts = vec![fill(every, &[("interval", &interval)])];
    parts.push(match repeat.times {
        Some(times) => fill(&words.repeat_sent_of, &[("count", &repeat.sent), ("times", &times)]),
        None => number(&words.repeat_sent, repeat.sent),
    });
    parts.push(number(&words.repeat_missed, repeat.missed));
    if repeat.failed > 0 {
        parts.push(number(&words.repeat_failed, repeat.failed));
    }
    if let Some(Lateness { median, p99, worst }) = repeat.lateness {
        let values: [(&str, &dyn Display); 3] =
            [("median", &precise(median)), ("p99", &precise(p99)), ("worst", &precise(worst))];
        parts.push(fill(&words.repeat_lateness, &values));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::model::{Failure, FailureKind, Operation};
    use std::time::Duration;

    fn repeat() -> RepeatProgress {
        RepeatProgress {
            interval: Duration::from_millis(10),
            spacing: Spacing::StartToStart,
            times: None,
            sent: 1234,
            missed: 1,
            failed: 0,
            lateness: None,
        }
    }

    #[test]
    fn a_repeat_says_its_interval_numbers_and_lateness() {
        let english = Language::English.words();
        let text = |repeat| outgoing_progress(english, &Progress::Repeat(repeat)).join(" · ");
        assert_eq!(text(repeat()), "every 10ms · 1234 sent · 1 missed");
        let lateness = Lateness {
            median: Duration::from_micros(61),
            p99: Duration::from_micros(1_234),
            worst: Duration::from_millis(45),
        };
        let all = RepeatProgress {
            spacing: Spacing::AfterEnd,
            times: Some(5000),
            failed: 2,
            lateness: Some(lateness),
            ..repeat()
        };
        assert_eq!(
            text(all.clone()),
            "10ms after each · 1234 of 5000 sent · 1 missed · 2 failed · \
             late by 61 µs (median), 1.23 ms (p99), 45.0 ms (worst)"
        );
        let chinese = outgoing_progress(Language::Chinese.words(), &Progress::Repeat(all)).join(" · ");
        assert!(chinese.contains("1234/5000") && chinese.contains("61 µs"), "{chinese}");
    }

    #[test]
    fn every_state_but_running_has_words_in_every_language() {
        let failure = Failure::new(Operation::Send, "#3", FailureKind::NoRecipient);
        for language in Language::ALL {
            let words = language.words();
            let states = [
                OutgoingState::Waiting,
                OutgoingState::Paused,
                OutgoingState::Done,
                OutgoingState::Stopped,
                OutgoingState::Failed(failure.clone()),
            ];
            let texts: std::collections::BTreeSet<_> =
                states.iter().map(|state| outgoing_state(words, state).unwrap()).collect();
            assert_eq!(texts.len(), states.len());
            assert_eq!(outgoing_state(words, &OutgoingState::Running), None);
        }
    }

    #[test]
    fn files_and_sequences_say_how_far_they_are() {
        let english = Language::English.words();
        let text = |progress| outgoing_progress(english, &progress).join(" · ");
        let bytes = Progress::Bytes { done: 1_500_000, total: Some(4_000_000_000), rate: 12_000, left: 0 };
        assert_eq!(text(bytes), "1.50 MB of 4.00 GB (12.0 kB/s)");
        assert_eq!(text(Progress::Bytes { done: 10, total: None, rate: 0, left: 0 }), "10 B (0 B/s)");
        let left = Progress::Bytes { done: 10, total: None, rate: 0, left: 2 };
        assert_eq!(text(left), "10 B (0 B/s) · 2 recipients left on the way");
        let steps = |round, rounds| Progress::Steps { step: 2, steps: 5, round, rounds };
        assert_eq!(text(steps(1, Some(1))), "step 2 of 5");
        assert_eq!(text(steps(3, Some(10))), "step 2 of 5 · round 3 of 10");
        assert_eq!(text(steps(3, None)), "step 2 of 5 · round 3");
    }
}
