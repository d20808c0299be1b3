//! What a session sends over time: repeats, files, sequences. Their identities, and their state for front ends.

use super::{Failure, Target};
use std::sync::Arc;
use std::time::Duration;

/// The shortest interval of a repeat, whatever the timers of the system can do: below it a repeat would be due always.
pub const SHORTEST_INTERVAL: Duration = Duration::from_micros(100);

/// One thing that is sent over time. Counted from 1 in a session, and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutgoingId(pub u64);

/// One thing that is sent over time, as front ends show it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingStatus {
    /// Which one.
    pub id: OutgoingId,
    /// Its name for people, as whoever started it chose it.
    pub label: Arc<str>,
    /// The recipients.
    pub target: Arc<Target>,
    /// Whether it runs, and how it ended.
    pub state: OutgoingState,
    /// How far it is.
    pub progress: Progress,
}

/// Whether something runs that is sent over time, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingState {
    /// It sends, or waits for its next moment.
    Running,
    /// It waits for a recipient: a client connects again, or nobody has connected to a server.
    Waiting,
    /// The user holds it.
    Paused,
    /// All was sent.
    Done,
    /// The user, or the end of the session, stopped it.
    Stopped,
    /// It failed: its connection is gone, its file cannot be read, a step had the wrong answer.
    Failed(Failure),
}

impl OutgoingState {
    /// Whether it is over.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Done | Self::Stopped | Self::Failed(_))
    }
}

/// How far something is that is sent over time, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A payload that is sent again and again.
    Repeat(RepeatProgress),
    /// Bytes of a file, or of a payload that leaves in pieces.
    Bytes {
        /// Bytes that were sent.
        done: u64,
        /// All of them, where that is known.
        total: Option<u64>,
        /// Bytes per second at the moment.
        rate: u64,
        /// Recipients that were left on the way: they do not have all of it, while others go on.
        left: u64,
    },
    /// The steps of a sequence.
    Steps {
        /// The number of the running step, from 1.
        step: usize,
        /// How many steps a round has.
        steps: usize,
        /// The number of the running round, from 1.
        round: u64,
        /// How many rounds there are; `None` for no end.
        rounds: Option<u64>,
    },
}

/// How a payload is repeated, and how that goes. While nobody is connected and while it is paused, it has no deadlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatProgress {
    /// The time between two sends.
    pub interval: Duration,
    /// What the interval is measured from.
    pub spacing: Spacing,
    /// After how many sends it ends; `None` for no end.
    pub times: Option<u64>,
    /// Deadlines at which it was sent.
    pub sent: u64,
    /// Deadlines that had passed the next one before anything could be sent, or at which no recipient took more.
    pub missed: u64,
    /// Sends that did not reach all of their recipients.
    pub failed: u64,
    /// How long after their deadlines the sends began; `None` before the first.
    pub lateness: Option<Lateness>,
}

/// What the interval of a repeat is measured from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Spacing {
    /// From the start of one send to the start of the next, on absolute deadlines: late sends do not delay later ones.
    #[default]
    StartToStart,
    /// From the end of a send, when the kernel has all of it.
    AfterEnd,
}

/// How late sends were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// Half of them were at most so late.
    pub median: Duration,
    /// 99 of 100 were at most so late.
    pub p99: Duration,
    /// The latest.
    pub worst: Duration,
}
