//! Rules: what is done when a connection opens or closes, or when something is received. What they are, their file, and
//! which of them apply.
//!
//! No I/O, no threads, no clock: a [`Run`] is told what happens and when, and says what is to be done. `docs/rules.md`
//! describes the file.

mod condition;
mod file;
mod guard;
mod held;
mod run;
mod selection;
#[cfg(test)]
mod tests;

pub use condition::Condition;
pub use file::{MAX_RULES, read};
pub use run::{Reaction, Run};

use self::selection::Selection;
use crate::codec::Encoding;
use crate::model::PeerKey;
use crate::payload::Payload;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

/// How many answers a connection gets in a second if nothing else is said.
pub const DEFAULT_LIMIT: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// Rules in the order in which they are tried.
#[derive(Debug)]
pub struct RuleSet {
    /// What it is called.
    pub name: String,
    /// What there is to know about it.
    pub note: String,
    /// How many answers a connection gets in a second; `None`: as many as there are.
    pub limit: Option<NonZeroU32>,
    /// The rules; at least one.
    pub rules: Vec<Rule>,
    selection: Selection,
}

/// One rule: when it applies, and what is done then.
#[derive(Debug)]
pub struct Rule {
    /// What it is called; may be empty.
    pub name: String,
    /// What there is to know about it.
    pub note: String,
    /// It is tried; it can be switched while it runs.
    pub is_on: bool,
    /// When it applies.
    pub when: When,
    /// To whom; `None`: to everyone.
    pub from: Option<PeerKey>,
    /// The encoding of what is received and of the answers; `None`: that of each connection.
    pub encoding: Option<Encoding>,
    /// What is sent.
    pub answers: Vec<Answer>,
    /// Each time the next of the answers is sent, and not all of them.
    pub is_in_turn: bool,
    /// How often it applies; `None`: always.
    pub times: Option<NonZeroU64>,
    /// The next rules are tried as well.
    pub goes_on: bool,
    /// What becomes of the connection, after the answers.
    pub end: Option<End>,
    /// The record is bookmarked with this text, which may be empty.
    pub bookmark: Option<String>,
    /// This is written into the recording.
    pub remark: Option<String>,
    /// What is repeated is stopped.
    pub stop_repeat: Option<Repeats>,
    /// The user is asked for attention.
    pub is_alarm: bool,
    /// An answer has parts of what it answers.
    uses_captures: bool,
}

/// When a rule applies.
#[derive(Debug)]
pub enum When {
    /// A connection was opened, or a UDP peer is new.
    Opened,
    /// A connection was closed.
    Closed,
    /// Something was received, of which this is true; `None`: anything.
    Received(Option<Condition>),
}

/// Something that is sent in answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What is sent.
    pub payload: Payload,
    /// How long after what it answers, or after the answer before it.
    pub delay: Duration,
}

/// How a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is closed once everything is sent.
    Close,
    /// It is reset at once.
    Reset,
}

/// Which repeats are stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// All of them.
    All,
    /// The one with this name.
    Named(String),
}
