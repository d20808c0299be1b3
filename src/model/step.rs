//! Why a step of a sequence failed.

use super::Failure;
use std::time::Duration;

/// A step of a sequence that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFailure {
    /// Its number in the sequence, from 1.
    pub step: usize,
    /// What it is called; may be empty.
    pub name: String,
    /// Why it failed.
    pub problem: StepProblem,
}

/// Why a step of a sequence failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepProblem {
    /// It was not sent, or not to everybody.
    NotSent(Box<Failure>),
    /// There was no answer that matches within the time.
    NoAnswer {
        /// The time.
        within: Duration,
        /// What came instead.
        instead: Instead,
    },
    /// Whoever was to answer is gone.
    Closed {
        /// What came before.
        instead: Instead,
    },
}

/// What came instead of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instead {
    /// How many bytes.
    pub bytes: u64,
    /// The beginning of them, as text in quotes or in hex.
    pub shown: String,
}
