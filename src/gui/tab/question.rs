//! The state of the question over the data: a note on a record, a time to go to, or a name for a server.

use crate::capture::Position;
use std::net::SocketAddr;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A note on a record.
    Note(Position),
    /// A time.
    Time,
    /// A name for a server.
    Name(SocketAddr),
}

/// A question and the answer as typed so far.
#[derive(Debug)]
pub struct Question {
    /// What is asked for.
    pub asked: Asked,
    /// The question, in the language of the window.
    pub caption: String,
    /// The answer as typed.
    pub text: String,
    /// The text that the field was filled with.
    filled: String,
    /// The error in the answer, in the language of the window.
    pub error: Option<String>,
    /// The field takes the keyboard focus in the next frame.
    pub wants_focus: bool,
}

impl Question {
    /// A question whose field is filled with `text`.
    #[must_use]
    pub fn new(asked: Asked, caption: String, text: String) -> Self {
        Self { asked, caption, filled: text.clone(), text, error: None, wants_focus: true }
    }

    /// Whether something was typed that would be lost with the question.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        !self.text.trim().is_empty() && self.text != self.filled
    }
}
