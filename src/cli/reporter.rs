//! The results of a run on standard output, in the order of everything else that is printed.

use super::args::Plan;
use super::news::News;
use super::observer::Console;
use super::process::stdout;
use crate::codec::write_hex;
use crate::engine::{Observer, RunEnd, RunSummary, StepObserver, Steps};
use crate::export::{push_visible, rfc3339};
use crate::lang::{Language, explain, step_name};
use crate::model::{
    Failure, FailureKind, Operation, Record, SessionConfig, StepFailure, Target, Timestamp, UdpConfig,
};
use crate::sequence::{Sequence, Step, StepEnd, StepResult};
use crate::streams::Encodings;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// The observer of the session, and the run of the plan's sequence with its name.
pub(super) fn observer(plan: &Plan, console: Console) -> (Box<dyn Observer>, Option<(String, Steps)>) {
    let Some(sequence) = &plan.sequence else { return (Box::new(console), None) };
    let reporter = Reporter::new(console, sequence);
    let steps = steps(plan, sequence, reporter.clone());
    (Box::new(reporter), steps.map(|steps| (sequence.name.clone(), steps)))
}

/// The run of a plan's sequence.
fn steps(plan: &Plan, sequence: &Arc<Sequence>, reporter: Reporter) -> Option<Steps> {
    let target = match &plan.config {
        SessionConfig::Udp(UdpConfig { remote: Some(remote), .. }) => Target::Host(remote.clone()),
        SessionConfig::Udp(_) => Target::LastPeer,
        _ => Target::All,
    };
    let steps = Steps::new(sequence.clone(), target, Encodings::from(plan.encoding))?;
    Some(steps.observed(Box::new(reporter)))
}

/// The observer of a session and of its run: the same thread calls both, and their output keeps its order.
#[derive(Clone)]
pub(super) struct Reporter {
    console: Arc<Mutex<Console>>,
    name: String,
    is_json: bool,
}

/// An object of `--json` for a step, with its keys in the order in which they are written.
#[derive(Serialize)]
struct StepObject<'a> {
    time: String,
    kind: &'static str,
    step: usize,
    name: &'a str,
    rounds: &'a [u64],
    attempts: u32,
    passed: bool,
    seconds: f64,
    /// How much was received; `hex` has the beginning of it.
    bytes: u64,
    hex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The object for the run as a whole.
#[derive(Serialize)]
struct ResultObject<'a> {
    time: String,
    kind: &'static str,
    name: &'a str,
    passed: bool,
    steps: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Reporter {
    pub fn new(console: Console, sequence: &Sequence) -> Self {
        let is_json = console.is_json;
        Self { console: Arc::new(Mutex::new(console)), name: sequence.name.clone(), is_json }
    }

    fn console(&self) -> MutexGuard<'_, Console> {
        self.console.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a run failed, with its name.
    fn problem(&self, failure: StepFailure) -> String {
        let failure = Failure::new(Operation::Run, &self.name, FailureKind::Step(Box::new(failure)));
        explain(Language::English.words(), &failure)
    }

    /// Writes a line behind everything that was printed so far.
    fn print(&self, line: &str) {
        let mut console = self.console();
        console.flush();
        let mut text = String::new();
        // The names are from a file, and what came is from a peer.
        push_visible(line, &mut text);
        text.push('\n');
        let written = stdout().and_then(|mut out| out.write_all(text.as_bytes()));
        console.check(written);
    }

    fn print_object(&self, object: &impl Serialize) {
        // The objects have only texts and numbers.
        if let Ok(line) = serde_json::to_string(object) {
            self.print(&line);
        }
    }
}

impl Observer for Reporter {
    fn record(&mut self, record: &Record<'_>) {
        self.console().record(record);
    }

    fn flush(&mut self) {
        self.console().flush();
    }
}

impl StepObserver for Reporter {
    fn step(&mut self, step: &Step, result: &StepResult) {
        let passed = result.end == StepEnd::Passed;
        let number = result.step + 1;
        let problem = match &result.end {
            StepEnd::Passed => None,
            StepEnd::Failed(problem) => {
                Some(StepFailure { step: number, name: step.name.clone(), problem: problem.clone() })
            }
        };
        if !self.is_json {
            return self.print(&step_line(step, result));
        }
        let mut hex = String::new();
        write_hex(&result.came.start, &mut hex, "");
        self.print_object(&StepObject {
            time: now(),
            kind: "step",
            step: number,
            name: &step.name,
            rounds: &result.rounds,
            attempts: result.attempts,
            passed,
            seconds: result.took.as_secs_f64(),
            bytes: result.came.bytes,
            hex,
            problem: problem.map(|failure| self.problem(failure)),
        });
    }

    fn ended(&mut self, summary: &RunSummary) {
        let RunSummary { steps, took, end } = summary;
        let problem = match end {
            RunEnd::Passed => None,
            RunEnd::Failed(failure) => Some(self.problem(failure.clone())),
            RunEnd::Stopped => Some("The run was stopped before its end.".into()),
        };
        if self.is_json {
            self.print_object(&ResultObject {
                time: now(),
                kind: "result",
                name: &self.name,
                passed: problem.is_none(),
                steps: *steps,
                seconds: took.as_secs_f64(),
                problem,
            });
        } else {
            let counted =
                format!("{steps} {} in {}", if *steps == 1 { "step" } else { "steps" }, seconds(*took));
            self.print(&match problem {
                None => format!("passed: {counted}"),
                Some(problem) => format!("failed: {counted}. {problem}"),
            });
        }
        self.console().news.send(News::RunEnded { has_passed: *end == RunEnd::Passed });
    }
}

/// `step 2 (Read), round 3: passed in 0.012 s`
fn step_line(step: &Step, result: &StepResult) -> String {
    let mut line = step_name(Language::English.words(), result.step + 1, &step.name);
    if !result.rounds.is_empty() {
        let rounds: Vec<_> = result.rounds.iter().map(u64::to_string).collect();
        let _ = write!(line, ", round {}", rounds.join("."));
    }
    if result.attempts > 1 {
        let what = if step.payload.is_some() { "sent" } else { "waited" };
        let _ = write!(line, ", {what} {} times", result.attempts);
    }
    let end = if result.end == StepEnd::Passed { "passed in" } else { "failed after" };
    let _ = write!(line, ": {end} {}", seconds(result.took));
    if result.came.bytes > 0 {
        let _ = write!(line, ", {} B: {}", result.came.bytes, result.came.shown());
    }
    line
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

fn now() -> String {
    rfc3339(Timestamp::from_system(SystemTime::now()))
}
