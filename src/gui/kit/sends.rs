//! What becomes of sends: those whose results are awaited, and why something was not sent.

use crate::gui::kit::ctx::TabCtx;
use crate::model::{Failure, SendId, SendResult};
use std::collections::VecDeque;

/// Bound on sends whose results are awaited: as many as a session keeps results of.
const MOST: usize = 256;

/// Why something was not sent.
#[derive(Clone, Debug, PartialEq)]
pub enum SendError {
    /// It was not handed to the session; in the language of the window.
    Refused(String),
    /// The session could not send it.
    Failed(Failure),
}

impl SendError {
    /// The error in words.
    #[must_use]
    pub fn explain(&self, ctx: TabCtx<'_>) -> String {
        match self {
            Self::Refused(text) => text.clone(),
            Self::Failed(failure) => ctx.explain(failure),
        }
    }
}

/// Sends that have not ended, each with what was sent: results of others are not taken.
#[derive(Clone, Debug)]
pub struct Awaited<T>(VecDeque<(SendId, T)>);

impl<T> Default for Awaited<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Awaited<T> {
    /// Awaits the result of a send.
    pub fn push(&mut self, id: SendId, what: T) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((id, what));
    }

    /// What was sent, and why it was not, if this is the result of a send that is awaited.
    pub fn take(&mut self, result: &SendResult) -> Option<(T, Option<SendError>)> {
        let place = self.0.iter().position(|(id, _)| *id == result.id)?;
        let (_, what) = self.0.remove(place)?;
        Some((what, result.failure.clone().map(SendError::Failed)))
    }
}
