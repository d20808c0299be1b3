//! A run of a sequence: what is to be sent when, which answers count, and what came of each step.
//!
//! Knows nothing of sockets, timers or the recording: the session's thread tells it of time, results and received data.

use super::came::Came;
use super::cursor::Cursor;
use super::source::{From, Source};
use super::{Otherwise, Sequence, Step};
use crate::codec::{Encoding, StreamDecoder};
use crate::model::{
    ConnectionId, Failure, FailureKind, Instead, Operation, PeerKey, StepFailure, StepProblem, Transport,
};
use crate::pattern::Progress;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A run of a sequence.
#[derive(Debug)]
pub struct Run {
    sequence: Arc<Sequence>,
    cursor: Cursor,
    phase: Phase,
    /// How often the step was sent, or began to wait.
    attempts: u32,
    /// When the step began, without its delay.
    began: Instant,
    /// Who was sent to.
    recipients: Recipients,
    /// Whether answers of the running step are looked for.
    is_listening: bool,
    /// How much of the answer each connection has given.
    streams: BTreeMap<ConnectionId, Progress>,
    /// Each connection's text, whose characters may be split over steps as well.
    decoders: BTreeMap<ConnectionId, (Encoding, StreamDecoder)>,
    came: Came,
    /// The first failed step.
    failure: Option<StepFailure>,
    results: Vec<StepResult>,
    clock: Clock,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// The delay before the step.
    Delay {
        until: Instant,
    },
    /// What is sent has no result yet, and no answer is waited for.
    Sending,
    Waiting {
        until: Instant,
    },
    Ended,
}

/// Who was sent to, and whose answers count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Recipients {
    /// Everyone.
    #[default]
    All,
    /// These connections.
    Connections(Vec<ConnectionId>),
    /// This address.
    Address(SocketAddr),
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// [`Run::due`] at this moment.
    At(Instant),
    /// A result of a send.
    Result,
    /// The user: the run is paused.
    Resume,
    /// Nothing. It passed, or a step failed: the first one.
    Ended(Result<(), StepFailure>),
}

/// What came of a step, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// The index of the step.
    pub step: usize,
    /// The rounds of the loops around it, from 1, the outermost first.
    pub rounds: Vec<u64>,
    /// How often it was sent, or waited.
    pub attempts: u32,
    /// The time from its first send to its end.
    pub took: Duration,
    /// What was received since the last send, from whom an answer was waited for.
    pub came: Came,
    /// How it ended.
    pub end: StepEnd,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepEnd {
    /// It was sent, and answered if it waits.
    Passed,
    /// It failed.
    Failed(StepProblem),
}

/// The time of a run, which stands still while it is paused.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    since: Option<Instant>,
    paused: Duration,
}

impl Clock {
    fn of(&self, now: Instant) -> Instant {
        let now = self.since.unwrap_or(now);
        now.checked_sub(self.paused).unwrap_or(now)
    }
}

impl Run {
    /// Begins with the first step. `None`: the sequence has no steps.
    #[must_use]
    pub fn new(sequence: Arc<Sequence>, now: Instant) -> Option<Self> {
        let cursor = Cursor::new(&sequence)?;
        let mut run = Self {
            sequence,
            cursor,
            phase: Phase::Ended,
            attempts: 0,
            began: now,
            recipients: Recipients::All,
            is_listening: false,
            streams: BTreeMap::new(),
            decoders: BTreeMap::new(),
            came: Came::default(),
            failure: None,
            results: Vec::new(),
            clock: Clock::default(),
        };
        run.enter(now);
        Some(run)
    }

    /// The sequence.
    #[must_use]
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// The running step, and its rounds.
    #[must_use]
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The running step.
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.sequence.steps[self.cursor.step().min(self.sequence.steps.len() - 1)]
    }

    /// What it waits for.
    #[must_use]
    pub fn next(&self) -> Next {
        match self.phase {
            Phase::Ended => Next::Ended(self.failure.clone().map_or(Ok(()), Err)),
            Phase::Sending => Next::Result,
            _ if self.clock.since.is_some() => Next::Resume,
            Phase::Delay { until } | Phase::Waiting { until } => Next::At(until + self.clock.paused),
        }
    }

    /// The steps that have ended since the last call.
    pub fn take_results(&mut self) -> Vec<StepResult> {
        std::mem::take(&mut self.results)
    }

    /// The moment of [`Next::At`] has passed. `true`: the payload of the running [`step`](Self::step) is to be sent now;
    /// then [`sending`](Self::sending) or [`sent`](Self::sent) is called.
    #[must_use]
    pub fn due(&mut self, now: Instant) -> bool {
        let now = self.clock.of(now);
        match self.phase {
            _ if self.clock.since.is_some() => false,
            Phase::Delay { until } if until <= now => {
                self.began = now;
                self.attempt(now)
            }
            Phase::Waiting { until } if until <= now => self.unanswered(now),
            _ => false,
        }
    }

    /// The step's payload is on its way to these.
    pub fn sending(&mut self, recipients: Recipients, now: Instant) {
        self.recipients = recipients;
        self.listen();
        if let Some(wait) = &self.step().wait {
            self.phase = Phase::Waiting { until: self.clock.of(now) + wait.within };
        }
    }

    /// The step's payload was sent to everybody, or why not.
    pub fn sent(&mut self, result: Result<(), Failure>, now: Instant) {
        let now = self.clock.of(now);
        match (result, &self.phase) {
            (_, Phase::Ended | Phase::Delay { .. }) => {}
            (Ok(()), Phase::Sending) => self.end_step(StepEnd::Passed, true, now),
            // The answer is still to come.
            (Ok(()), Phase::Waiting { .. }) => {}
            // What follows would be sent to nobody: the run does not go on.
            (Err(failure), _) => {
                let problem = StepProblem::NotSent(Box::new(failure));
                self.end_step(StepEnd::Failed(problem), false, now);
            }
        }
    }

    /// Whether [`received`](Self::received) matters.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.phase != Phase::Ended
    }

    /// Something was received. `encoding`: that of the connection.
    pub fn received(&mut self, from: From, encoding: Encoding, bytes: &[u8], now: Instant) {
        let now = self.clock.of(now);
        if from.transport == Transport::Udp {
            return self.received_datagram(from, encoding, bytes, now);
        }
        let mut rest = bytes;
        while self.is_running() {
            let encoding = self.step().encoding.unwrap_or(encoding);
            let wait = self.sequence.steps[self.cursor.step()].wait.as_ref();
            let wait = wait.filter(|wait| self.is_listening && self.is_source(wait.from, &from));
            let decoder =
                self.decoders.entry(from.id).or_insert_with(|| (encoding, StreamDecoder::new(encoding)));
            if decoder.0 != encoding {
                *decoder = (encoding, StreamDecoder::new(encoding));
            }
            let Some(wait) = wait else {
                decoder.1.decode(rest, &mut String::new());
                return;
            };
            self.came.push(rest, encoding);
            let progress = self.streams.entry(from.id).or_insert_with(|| wait.matcher.begin());
            let Some(end) = wait.matcher.feed(progress, &mut decoder.1, rest) else { return };
            rest = &rest[end..];
            self.end_step(StepEnd::Passed, true, now);
            if rest.is_empty() {
                return;
            }
        }
    }

    /// A datagram is a stream of its own, and what follows the answer in it is no other answer.
    fn received_datagram(&mut self, from: From, encoding: Encoding, bytes: &[u8], now: Instant) {
        let encoding = self.step().encoding.unwrap_or(encoding);
        let wait =
            self.step().wait.clone().filter(|wait| self.is_listening && self.is_source(wait.from, &from));
        let Some(wait) = wait.filter(|_| self.is_running()) else { return };
        self.came.push(bytes, encoding);
        let (mut progress, mut decoder) = (wait.matcher.begin(), StreamDecoder::new(encoding));
        if wait.matcher.feed(&mut progress, &mut decoder, bytes).is_some()
            || wait.matcher.ends(progress, decoder)
        {
            self.end_step(StepEnd::Passed, true, now);
        }
    }

    /// Nobody is left, and nobody will come.
    pub fn left_alone(&mut self, now: Instant) {
        if self.is_running() {
            let now = self.clock.of(now);
            let problem = match self.phase {
                Phase::Delay { .. } => StepProblem::NotSent(Box::new(Failure::new(
                    Operation::Send,
                    "",
                    FailureKind::NoRecipient,
                ))),
                _ => StepProblem::Closed { instead: self.instead() },
            };
            self.end_step(StepEnd::Failed(problem), false, now);
        }
    }

    /// A connection has ended. `is_alone`: nobody is left to send to, or to answer.
    pub fn closed(&mut self, id: ConnectionId, is_alone: bool, now: Instant) {
        let now = self.clock.of(now);
        let progress = self.streams.remove(&id);
        let decoder = self.decoders.remove(&id);
        let is_gone = match &mut self.recipients {
            Recipients::All => is_alone,
            Recipients::Connections(ids) => {
                ids.retain(|recipient| *recipient != id);
                ids.is_empty()
            }
            Recipients::Address(_) => false,
        };
        let Some(wait) = self.step().wait.as_ref().filter(|_| matches!(self.phase, Phase::Waiting { .. }))
        else {
            return;
        };
        let ends = |(progress, (_, decoder))| wait.matcher.ends(progress, decoder);
        if progress.zip(decoder).is_some_and(ends) {
            self.end_step(StepEnd::Passed, true, now);
        } else if is_gone && wait.from == Source::Target {
            let instead = self.instead();
            self.fail(StepProblem::Closed { instead }, now);
        }
    }

    /// Time stands still, and nothing is sent, until [`resume`](Self::resume).
    pub fn pause(&mut self, now: Instant) {
        self.clock.since.get_or_insert(now);
    }

    /// Goes on.
    pub fn resume(&mut self, now: Instant) {
        if let Some(since) = self.clock.since.take() {
            self.clock.paused += now.saturating_duration_since(since);
        }
    }

    /// Prepares the step of the cursor.
    fn enter(&mut self, now: Instant) {
        self.attempts = 0;
        self.began = now;
        self.is_listening = false;
        self.came = Came::default();
        self.phase = Phase::Delay { until: now + self.step().delay };
        if self.step().payload.is_none() {
            // What it waits for may come before its delay is over, and directly after the answer before.
            self.recipients = Recipients::All;
            self.listen();
        }
    }

    /// Looks for the answer from now on.
    fn listen(&mut self) {
        self.streams.clear();
        self.came = Came::default();
        self.is_listening = self.step().wait.is_some();
    }

    /// Sends, or waits without sending. `true`: the payload is to be sent.
    fn attempt(&mut self, now: Instant) -> bool {
        self.attempts += 1;
        match (&self.step().payload, &self.step().wait) {
            (Some(_), _) => {
                self.phase = Phase::Sending;
                return true;
            }
            (None, Some(wait)) => self.phase = Phase::Waiting { until: now + wait.within },
            (None, None) => self.end_step(StepEnd::Passed, true, now),
        }
        false
    }

    /// The time of an answer is over. `true`: the payload is to be sent again.
    fn unanswered(&mut self, now: Instant) -> bool {
        let Some(wait) = &self.step().wait else { return false };
        if self.attempts <= wait.retries {
            return self.attempt(now);
        }
        let within = wait.within;
        let instead = self.instead();
        self.fail(StepProblem::NoAnswer { within, instead }, now);
        false
    }

    fn instead(&self) -> Instead {
        Instead { bytes: self.came.bytes, shown: self.came.shown() }
    }

    /// There is no answer.
    fn fail(&mut self, problem: StepProblem, now: Instant) {
        let goes_on = self.step().wait.as_ref().is_some_and(|wait| wait.otherwise == Otherwise::GoOn);
        self.end_step(StepEnd::Failed(problem), goes_on, now);
    }

    fn end_step(&mut self, end: StepEnd, goes_on: bool, now: Instant) {
        let step = self.cursor.step();
        if let StepEnd::Failed(problem) = &end {
            let name = self.step().name.clone();
            self.failure.get_or_insert_with(|| StepFailure {
                step: step + 1,
                name,
                problem: problem.clone(),
            });
        }
        self.results.push(StepResult {
            step,
            rounds: self.cursor.rounds(&self.sequence),
            // An answer may come before the delay of a step is over that sends nothing.
            attempts: if end == StepEnd::Passed { self.attempts.max(1) } else { self.attempts },
            took: now.saturating_duration_since(self.began),
            came: std::mem::take(&mut self.came),
            end,
        });
        if goes_on && self.cursor.advance(&self.sequence) {
            self.enter(now);
        } else {
            self.phase = Phase::Ended;
        }
    }

    /// Whether the answer of the running step may come from this peer.
    fn is_source(&self, source: Source, from: &From) -> bool {
        match (source, &self.recipients) {
            (Source::Peer(key), _) => key.covers(from.peer),
            (Source::Anyone, _) | (Source::Target, Recipients::All) => true,
            (Source::Target, Recipients::Connections(ids)) => ids.contains(&from.id),
            (Source::Target, Recipients::Address(address)) => PeerKey::Socket(*address).covers(from.peer),
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
