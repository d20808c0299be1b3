//! What something that is sent over time is doing.

use super::Next;
use crate::model::Failure;
use std::time::Instant;

/// Whether it sends.
#[derive(Debug)]
pub(super) enum Phase {
    /// There is nobody to send to, or it was resumed and is about to go on.
    Waiting,
    /// It sends.
    Running,
    /// The user holds it.
    Paused,
    /// It is over.
    Ended(Result<(), Failure>),
}

impl Phase {
    /// What is waited for, where `call_at` is the moment at which there is something to do.
    pub fn next(&self, call_at: Option<Instant>) -> Next {
        match self {
            Self::Ended(result) => Next::Ended(result.clone()),
            Self::Waiting => Next::Recipient,
            Self::Running | Self::Paused => call_at.map_or(Next::Event, Next::At),
        }
    }
}
