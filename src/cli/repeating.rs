//! `--repeat`: the repeat of the payload, and what its summary says.

use super::args::RepeatPlan;
use crate::engine::{Message, Repeat, SessionHandle};
use crate::lang::{Language, explain, outgoing_progress};
use crate::model::{
    Failure, FailureKind, Lateness, OutgoingId, OutgoingState, OutgoingStatus, Progress, RepeatProgress,
    Spacing, Status, Target,
};
use crate::payload::Delivery;
use serde::Serialize;
use std::io;

/// The repeat of a session.
#[derive(Debug)]
pub(super) struct Repeating {
    id: OutgoingId,
    /// Its end was seen.
    has_ended: bool,
}

/// How a repeat ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was sent as often as was asked for.
    Complete,
    /// It was stopped, or there is nobody left to send to.
    Early,
    /// It failed.
    Failed(Failure),
}

impl Repeating {
    /// Starts the repeat.
    ///
    /// # Errors
    /// The session does not take it; nothing is sent.
    pub fn start(
        session: &SessionHandle,
        target: Target,
        message: Message,
        delivery: Delivery,
        plan: RepeatPlan,
    ) -> io::Result<Self> {
        let repeat = Repeat::new(target, message, plan.interval).spaced(plan.spacing).times(plan.times);
        let repeat = repeat.delivered(delivery);
        let id = session.start_outgoing("--payload", repeat);
        let id = id.map_err(|failure| io::Error::other(explain(Language::English.words(), &failure)))?;
        Ok(Self { id, has_ended: false })
    }

    /// Whether its end was not seen yet.
    pub fn is_running(&self) -> bool {
        !self.has_ended
    }

    /// Looks at the status: returns its end once.
    pub fn look(&mut self, status: &Status) -> Option<End> {
        let state = &self.find(status)?.state;
        if !state.has_ended() || std::mem::replace(&mut self.has_ended, true) {
            return None;
        }
        Some(match state {
            OutgoingState::Done => End::Complete,
            OutgoingState::Failed(failure) if failure.kind != FailureKind::NoRecipient => {
                End::Failed(failure.clone())
            }
            _ => End::Early,
        })
    }

    /// How it went.
    pub fn progress<'a>(&self, status: &'a Status) -> Option<&'a RepeatProgress> {
        match &self.find(status)?.progress {
            Progress::Repeat(repeat) => Some(repeat),
            _ => None,
        }
    }

    /// Whether a send was left out that was asked for, or did not reach everybody.
    pub fn has_left_out(&self, status: &Status) -> bool {
        let is_short = |repeat: &RepeatProgress| repeat.times.is_some_and(|times| repeat.sent < times);
        self.progress(status).is_some_and(|repeat| is_short(repeat) || repeat.failed > 0)
    }

    fn find<'a>(&self, status: &'a Status) -> Option<&'a OutgoingStatus> {
        status.outgoing.iter().find(|outgoing| outgoing.id == self.id)
    }
}

/// The line at the end of a session: `Repeated every 10ms: 1000 sent, 0 missed, …`.
pub(super) fn line(repeat: &RepeatProgress) -> String {
    let parts = outgoing_progress(Language::English.words(), &Progress::Repeat(repeat.clone()));
    let (interval, numbers) =
        parts.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    format!("Repeated {interval}: {}.", numbers.join(", "))
}

/// A repeat in the last object of `--json`; times in microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Object {
    interval_us: f64,
    from: &'static str,
    times: Option<u64>,
    sent: u64,
    missed: u64,
    failed: u64,
    /// `null` if nothing was sent.
    lateness_us: Option<LatenessObject>,
}

#[derive(Debug, Serialize)]
struct LatenessObject {
    median: f64,
    p99: f64,
    worst: f64,
}

impl From<&RepeatProgress> for Object {
    fn from(repeat: &RepeatProgress) -> Self {
        let micros = |time: std::time::Duration| time.as_nanos() as f64 / 1e3;
        let of = |Lateness { median, p99, worst }| LatenessObject {
            median: micros(median),
            p99: micros(p99),
            worst: micros(worst),
        };
        Self {
            interval_us: micros(repeat.interval),
            from: match repeat.spacing {
                Spacing::StartToStart => "start",
                Spacing::AfterEnd => "end",
            },
            times: repeat.times,
            sent: repeat.sent,
            missed: repeat.missed,
            failed: repeat.failed,
            lateness_us: repeat.lateness.map(of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_line_and_the_object_have_every_number() {
        let micros = Duration::from_micros;
        let lateness = Lateness { median: micros(60), p99: micros(120), worst: micros(2_500) };
        let repeat = RepeatProgress {
            interval: Duration::from_millis(10),
            spacing: Spacing::StartToStart,
            times: Some(1000),
            sent: 998,
            missed: 2,
            failed: 1,
            lateness: Some(lateness),
        };
        assert_eq!(
            line(&repeat),
            "Repeated every 10ms: 998 of 1000 sent, 2 missed, 1 failed, \
             late by 60 µs (median), 120 µs (p99), 2.50 ms (worst)."
        );
        assert_eq!(
            serde_json::to_string(&Object::from(&repeat)).unwrap(),
            "{\"interval_us\":10000.0,\"from\":\"start\",\"times\":1000,\"sent\":998,\"missed\":2,\"failed\":1,\
             \"lateness_us\":{\"median\":60.0,\"p99\":120.0,\"worst\":2500.0}}"
        );
    }
}
