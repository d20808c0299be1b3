//! A payload that is sent again and again.

use super::phase::Phase;
use super::schedule::Schedule;
use super::{Next, Outgoing, Port, Reach};
use crate::engine::message::{Counts, Message};
use crate::model::{
    Failure, FailureKind, Operation, Progress, RepeatProgress, SHORTEST_INTERVAL, SendId, SendResult,
    Spacing, Target,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A recipient on which more than this waits is left out, so that one that does not read neither fills its queue nor
/// keeps the others from their sends.
const LIMIT_BYTES: usize = 1 << 20;

/// A repeat: sends a message to its recipients at each deadline, until it was sent so often or is stopped.
///
/// Deadlines are absolute and never caught up: one that the next has passed is missed, and counted. While nobody is
/// connected it has none; it begins again, at once, when somebody is.
#[derive(Debug)]
pub struct Repeat {
    target: Target,
    message: Message,
    counts: Counts,
    times: Option<u64>,
    schedule: Schedule,
    /// Sends without a result so far, and whether a recipient was left out.
    running: BTreeMap<SendId, bool>,
    failed: u64,
    phase: Phase,
}

impl Repeat {
    /// A repeat of `message` to `target`, every `interval`, from when it is started until it is stopped.
    #[must_use]
    pub fn new(target: Target, message: Message, interval: Duration) -> Self {
        Self {
            target,
            message,
            counts: Counts::default(),
            times: None,
            schedule: Schedule::new(interval.max(SHORTEST_INTERVAL), Spacing::StartToStart),
            running: BTreeMap::new(),
            failed: 0,
            phase: Phase::Waiting,
        }
    }

    /// What the interval is measured from.
    #[must_use]
    pub fn spaced(mut self, spacing: Spacing) -> Self {
        self.schedule = Schedule::new(self.schedule.interval(), spacing);
        self
    }

    /// Ends it after so many sends; `None`: it runs until it is stopped.
    #[must_use]
    pub fn times(mut self, times: Option<u64>) -> Self {
        self.times = times;
        self
    }

    fn is_complete(&self) -> bool {
        self.times.is_some_and(|times| self.schedule.sent() >= times)
    }

    /// Waits for a recipient, goes on, or fails, as there is somebody to send to.
    fn follow(&mut self, reach: Reach, now: Instant) {
        match (reach, &self.phase) {
            (_, Phase::Ended(_)) => {}
            // The last send decides.
            (Reach::Gone, _) if self.is_complete() => {}
            (Reach::Gone, _) => {
                self.schedule.hold();
                let failure = Failure::new(Operation::Send, "", FailureKind::NoRecipient);
                self.phase = Phase::Ended(Err(failure));
            }
            (Reach::NotYet, Phase::Running) => {
                self.schedule.hold();
                self.phase = Phase::Waiting;
            }
            (Reach::Ready, Phase::Waiting) => {
                self.schedule.start(now);
                self.phase = Phase::Running;
            }
            (Reach::NotYet | Reach::Ready, _) => {}
        }
    }
}

impl Outgoing for Repeat {
    fn target(&self) -> &Target {
        &self.target
    }

    fn next(&self) -> Next {
        match &self.phase {
            Phase::Waiting | Phase::Running | Phase::Paused if self.is_complete() => {
                match self.running.is_empty() {
                    true => Next::Ended(Ok(())),
                    false => Next::Event,
                }
            }
            phase => phase.next(self.schedule.next()),
        }
    }

    fn due(&mut self, now: Instant, port: &mut dyn Port) {
        if !matches!(self.phase, Phase::Running) || self.is_complete() {
            return;
        }
        let Some(deadline) = self.schedule.take_due(now) else { return };
        match port.send(&self.target, &self.message, &mut self.counts, LIMIT_BYTES) {
            Ok(Some(sent)) => {
                self.schedule.begun(deadline, now);
                self.running.insert(sent.id, sent.has_left_out);
            }
            // Nobody takes more at the moment.
            Ok(None) => self.schedule.miss(now),
            Err(failure) => self.phase = Phase::Ended(Err(failure)),
        }
    }

    fn recipients_changed(&mut self, now: Instant, port: &mut dyn Port) {
        self.follow(port.reach(&self.target), now);
    }

    fn sent(&mut self, result: &SendResult, now: Instant) {
        let has_left_out = self.running.remove(&result.id).unwrap_or(false);
        self.failed += u64::from(has_left_out || result.failure.is_some());
        if matches!(self.phase, Phase::Running) && self.running.is_empty() {
            self.schedule.ended(now);
        }
    }

    fn pause(&mut self, _now: Instant) {
        self.schedule.hold();
        self.phase = Phase::Paused;
    }

    fn resume(&mut self, _now: Instant) {
        self.phase = Phase::Waiting;
    }

    fn progress(&self) -> Progress {
        Progress::Repeat(RepeatProgress {
            interval: self.schedule.interval(),
            spacing: self.schedule.spacing(),
            times: self.times,
            sent: self.schedule.sent(),
            missed: self.schedule.missed(),
            failed: self.failed,
            lateness: self.schedule.lateness(),
        })
    }
}
