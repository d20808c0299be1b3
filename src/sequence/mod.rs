//! Sequences: payloads with delays, loops, and answers that are waited for. What they are, their file, and how one runs.
//!
//! No I/O, no threads, no clock: a [`Run`] is told what happens and when, and says what is to be sent. A [`Sequence`] is
//! flat: its steps in order, and loops over ranges of them. `docs/sequences.md` describes the file.

mod came;
mod cursor;
mod file;
mod run;
mod source;

pub use came::Came;
pub use cursor::Cursor;
pub use file::{MAX_DEPTH, MAX_STEPS, read};
pub use run::{Next, Recipients, Run, StepEnd, StepResult};
pub use source::{From, Source, StepTarget, UnknownPeer};

use crate::codec::Encoding;
use crate::pattern::{Matcher, Pattern, PatternError};
use crate::payload::Payload;
use std::num::NonZeroU64;
use std::ops::Range;
use std::time::Duration;

/// How long an answer may take if nothing else is said.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(1);

/// Steps in order, and which of them are repeated.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// What it is called.
    pub name: String,
    /// What there is to know about it.
    pub note: String,
    /// The steps, in order; at least one.
    pub steps: Vec<Step>,
    /// Loops, each before the loops inside of it. Two of them are nested, or have no step in common.
    pub loops: Vec<Loop>,
}

/// Steps that are repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// Which steps.
    pub steps: Range<usize>,
    /// How often they run; `None`: until the run is stopped.
    pub times: Option<NonZeroU64>,
}

/// One step: a pause, then a payload, then an answer. Each may be missing.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What it is called; may be empty.
    pub name: String,
    /// What there is to know about it.
    pub note: String,
    /// How long after the step before it begins.
    pub delay: Duration,
    /// What is sent; `None`: nothing.
    pub payload: Option<Payload>,
    /// The encoding of what is sent and of the answer; `None`: that of each connection.
    pub encoding: Option<Encoding>,
    /// To whom.
    pub target: StepTarget,
    /// What is waited for, after it was sent.
    pub wait: Option<Wait>,
}

/// An answer that is waited for.
#[derive(Clone, Debug)]
pub struct Wait {
    /// What it contains.
    pub pattern: Pattern,
    /// The compiled pattern.
    pub matcher: Matcher,
    /// Who gives it.
    pub from: Source,
    /// How long it may take.
    pub within: Duration,
    /// How often the step is sent again when there is no answer.
    pub retries: u32,
    /// What is done when there is still none.
    pub otherwise: Otherwise,
}

/// What is done when there is no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// The run ends.
    #[default]
    Stop,
    /// The run goes on with the next step. It has failed all the same.
    GoOn,
}

impl Wait {
    /// Waits for a pattern from who was sent to, for the usual time, and stops without it.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn new(pattern: Pattern) -> Result<Self, PatternError> {
        let matcher = Matcher::new(&pattern)?;
        Ok(Self {
            pattern,
            matcher,
            from: Source::Target,
            within: DEFAULT_PATIENCE,
            retries: 0,
            otherwise: Otherwise::Stop,
        })
    }
}

impl Sequence {
    /// How often all of it runs: the loop around all steps; `Some(1)` without one, and `None` for no end.
    #[must_use]
    pub fn times(&self) -> Option<u64> {
        match self.loops.first() {
            Some(whole) if whole.steps == (0..self.steps.len()) => whole.times.map(NonZeroU64::get),
            _ => Some(1),
        }
    }
}
