//! A sequence: steps that are sent one after the other, and the answers that are waited for.
//!
//! [`Run`] decides; here are the recipients, the messages and the notes. A run begins when somebody is there to send to,
//! or sends something.

use super::{Next, Outgoing, Port, Reach};
use crate::engine::message::{Counts, Message};
use crate::lang::{Words, explain, fill, step_name};
use crate::model::{
    ConnectionId, Failure, FailureKind, Operation, Progress, SendId, SendResult, StepFailure, Target,
};
use crate::net::ConnectionEnds;
use crate::sequence::{self, From, Recipients, Run, Sequence, Step, StepResult, StepTarget};
use crate::streams::Encodings;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Is told of a run, on the session's thread.
pub trait StepObserver: Send {
    /// A step has ended.
    fn step(&mut self, step: &Step, result: &StepResult);
    /// The run has ended: the last call.
    fn ended(&mut self, summary: &RunSummary);
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// How many steps have ended.
    pub steps: u64,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub end: RunEnd,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// All steps have passed.
    Passed,
    /// A step failed: the first one.
    Failed(StepFailure),
    /// It was stopped, or the session was.
    Stopped,
}

/// A run of a sequence, for [`SessionHandle::start_outgoing`](crate::engine::SessionHandle::start_outgoing).
pub struct Steps {
    sequence: Arc<Sequence>,
    /// Whom steps are sent to that name nobody else.
    target: Target,
    encodings: Encodings,
    /// The messages of the steps; `None` for those that send nothing.
    messages: Vec<Option<(Message, Counts)>>,
    observer: Option<Box<dyn StepObserver>>,
    /// `None` before somebody is there.
    run: Option<Run>,
    began: Option<Instant>,
    ended: Option<Instant>,
    /// The newest send, until its result.
    pending: Option<SendId>,
    steps: u64,
    is_paused: bool,
}

impl Steps {
    /// A run of `sequence` to `target`. `None`: it has no steps.
    #[must_use]
    pub fn new(sequence: Arc<Sequence>, target: Target, encodings: Encodings) -> Option<Self> {
        let message = |step: &Step| {
            let encodings = step.encoding.map_or_else(|| encodings.clone(), Encodings::from);
            Some((Message::new(step.payload.clone()?, encodings), Counts::default()))
        };
        if sequence.steps.is_empty() {
            return None;
        }
        Some(Self {
            messages: sequence.steps.iter().map(message).collect(),
            sequence,
            target,
            encodings,
            observer: None,
            run: None,
            began: None,
            ended: None,
            pending: None,
            steps: 0,
            is_paused: false,
        })
    }

    /// Lets the counters of each step go on from a number.
    #[must_use]
    pub fn counting_from(mut self, counts: &[u64]) -> Self {
        for (message, count) in self.messages.iter_mut().zip(counts) {
            if let Some((message, _)) = message {
                message.count = *count;
            }
        }
        self
    }

    /// Tells `observer` of each step and of the end.
    #[must_use]
    pub fn observed(mut self, observer: Box<dyn StepObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    fn begin(&mut self, now: Instant) {
        if self.run.is_none() {
            self.began = Some(now);
            self.run = Run::new(self.sequence.clone(), now);
            if self.is_paused {
                self.pause(now);
            }
        }
    }

    /// Sends the payload of the running step.
    fn send(&mut self, now: Instant, port: &mut dyn Port) {
        let Some(run) = &mut self.run else { return };
        let target = match &run.step().target {
            StepTarget::Chosen => self.target.clone(),
            StepTarget::To(target) => target.clone(),
            StepTarget::Peer(peer) => port.target_at(*peer),
        };
        let Some((message, counts)) = self.messages.get_mut(run.cursor().step()).and_then(Option::as_mut)
        else {
            return;
        };
        let recipients = match &target {
            Target::All => Recipients::All,
            Target::Connections(ids) => Recipients::Connections(ids.clone()),
            Target::Address(address) => Recipients::Address(*address),
            Target::Host(_) | Target::LastPeer => port.answerers(&target),
        };
        match port.send(&target, message, counts) {
            Ok(id) => {
                self.pending = Some(id);
                run.sending(recipients, now);
            }
            Err(failure) => run.sent(Err(failure), now),
        }
    }

    /// Tells the observer what has ended.
    fn tell(&mut self, now: Instant) {
        let Some(run) = &mut self.run else { return };
        for result in run.take_results() {
            self.steps += 1;
            if let Some(observer) = &mut self.observer {
                observer.step(&self.sequence.steps[result.step], &result);
            }
        }
        if !run.is_running() {
            self.ended.get_or_insert(now);
        }
    }

    /// Notes the end, and tells it the observer.
    fn finish(&mut self, end: RunEnd, port: &mut dyn Port) {
        let now = Instant::now();
        self.tell(now);
        let ended = self.ended.unwrap_or(now);
        let took = self.began.map_or(Duration::ZERO, |began| ended.saturating_duration_since(began));
        let summary = RunSummary { steps: self.steps, took, end };
        port.note(&self.last_note(port.words(), &summary));
        if let Some(mut observer) = self.observer.take() {
            observer.ended(&summary);
        }
    }

    fn first_note(&self, words: &Words) -> String {
        let (name, steps) = (&self.sequence.name, self.sequence.steps.len());
        match name.as_str() {
            "" => fill(&words.record_sequence_started_unnamed, &[("steps", &steps)]),
            _ => fill(&words.record_sequence_started, &[("name", name), ("steps", &steps)]),
        }
    }

    fn last_note(&self, words: &Words, summary: &RunSummary) -> String {
        let name = &self.sequence.name;
        match &summary.end {
            RunEnd::Passed => {
                let time = format!("{:.3} s", summary.took.as_secs_f64());
                let values: [(&str, &dyn fmt::Display); 2] = [("count", &summary.steps), ("time", &time)];
                match name.as_str() {
                    "" => fill(&words.record_sequence_passed_unnamed, &values),
                    _ => fill(
                        &words.record_sequence_passed,
                        &[("name", name), ("count", &summary.steps), ("time", &time)],
                    ),
                }
            }
            RunEnd::Failed(failure) => explain(words, &self.failure(failure.clone())),
            RunEnd::Stopped => {
                let step = self.run.as_ref().map_or(0, |run| run.cursor().step());
                let own = self.sequence.steps.get(step).map_or("", |step| &step.name);
                let step = step_name(words, step + 1, own);
                match name.as_str() {
                    "" => fill(&words.record_sequence_stopped_unnamed, &[("step", &step)]),
                    _ => fill(&words.record_sequence_stopped, &[("name", name), ("step", &step)]),
                }
            }
        }
    }

    fn failure(&self, failure: StepFailure) -> Failure {
        Failure::new(Operation::Run, &self.sequence.name, FailureKind::Step(Box::new(failure)))
    }
}

impl Outgoing for Steps {
    fn target(&self) -> &Target {
        &self.target
    }

    fn next(&self) -> Next {
        match self.run.as_ref().map(Run::next) {
            None => Next::Recipient,
            Some(sequence::Next::At(at)) => Next::At(at),
            Some(sequence::Next::Result | sequence::Next::Resume) => Next::Event,
            Some(sequence::Next::Ended(end)) => Next::Ended(end.map_err(|failure| self.failure(failure))),
        }
    }

    fn due(&mut self, now: Instant, port: &mut dyn Port) {
        let is_due = self.run.as_mut().is_some_and(|run| run.due(now));
        if is_due {
            self.send(now, port);
        }
        self.tell(now);
    }

    fn started(&mut self, port: &mut dyn Port) {
        port.note(&self.first_note(port.words()));
    }

    fn recipients_changed(&mut self, now: Instant, port: &mut dyn Port) {
        match (port.reach(&self.target), &mut self.run) {
            (Reach::Ready, None) => self.begin(now),
            (Reach::Gone, _) => {
                self.begin(now);
                if let Some(run) = &mut self.run {
                    run.left_alone(now);
                }
            }
            (Reach::NotYet | Reach::Ready, _) => {}
        }
        self.tell(now);
    }

    fn sent(&mut self, result: &SendResult, _missed: &[ConnectionId], now: Instant) {
        // The answer may have come first, and the next step be on its way.
        if self.pending == Some(result.id)
            && let Some(run) = &mut self.run
        {
            self.pending = None;
            run.sent(result.failure.clone().map_or(Ok(()), Err), now);
            self.tell(now);
        }
    }

    fn is_listening(&self) -> bool {
        self.run.as_ref().is_none_or(Run::is_running)
    }

    fn received(&mut self, from: &ConnectionEnds, payload: &[u8], now: Instant) {
        // What a server says at once is an answer, too.
        self.begin(now);
        let ConnectionEnds { id, transport, peer, .. } = *from;
        let encoding = self.encodings.of(id);
        if let Some(run) = &mut self.run {
            run.received(From { id, transport, peer }, encoding, payload, now);
            self.tell(now);
        }
    }

    fn closed(&mut self, id: ConnectionId, is_alone: bool, now: Instant) {
        if let Some(run) = &mut self.run {
            run.closed(id, is_alone, now);
            self.tell(now);
        }
    }

    fn pause(&mut self, now: Instant) {
        self.is_paused = true;
        if let Some(run) = &mut self.run {
            run.pause(now);
        }
    }

    fn resume(&mut self, now: Instant) {
        self.is_paused = false;
        if let Some(run) = &mut self.run {
            run.resume(now);
        }
    }

    fn stop(&mut self, _now: Instant, port: &mut dyn Port) {
        self.finish(RunEnd::Stopped, port);
    }

    fn ended(&mut self, port: &mut dyn Port) {
        let failure = match self.run.as_ref().map(Run::next) {
            Some(sequence::Next::Ended(Err(failure))) => Some(failure),
            _ => None,
        };
        self.finish(failure.map_or(RunEnd::Passed, RunEnd::Failed), port);
    }

    fn progress(&self) -> Progress {
        let steps = self.sequence.steps.len();
        let (step, rounds) = match &self.run {
            Some(run) => (run.cursor().step(), run.cursor().rounds(&self.sequence)),
            None => (0, Vec::new()),
        };
        let all = self.sequence.times();
        Progress::Steps {
            step: (step + 1).min(steps),
            steps,
            round: rounds.first().copied().filter(|_| all != Some(1)).unwrap_or(1),
            rounds: all,
        }
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps").field("run", &self.run).finish_non_exhaustive()
    }
}
