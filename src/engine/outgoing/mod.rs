//! What is sent over time: repeats, files, pieces with gaps, and sequences. And the pipe.
//!
//! An [`Outgoing`] decides *when* something is sent, on the session's thread, as a
//! [`Responder`](super::responder::Responder) decides what is answered. It has no thread, socket or timer of its own:
//!
//! * After each call the worker asks [`Outgoing::next`], and puts the deadline into the session's one queue of timers.
//!   When it has passed, [`Outgoing::due`] is called once; what sends more than a moment's worth there sends a part, and
//!   asks to be called again at once, so that sockets and commands have their turns in between.
//! * It sends through its [`Port`], which returns the send's id. Each send has one result, which comes by
//!   [`Outgoing::sent`] when the kernel has taken or refused it, at the earliest after `due` has returned.
//! * One that sends much waits for results before it sends more, so that a peer that reads slowly does not fill the
//!   queue.
//! * What only notes something (`sent`, `received`) has no port: what follows from it is done in `due`, for which `next`
//!   then returns a moment that has passed.
//!
//! Front ends start one with [`SessionHandle::start_outgoing`](super::SessionHandle::start_outgoing) as a [`Job`], see
//! it in `Status::outgoing`, and pause, resume and stop it by its id. The [`OutgoingSet`] has all of a session. The end
//! of the session stops them all; a client that connects again keeps them, and they wait for the connection.
//!
//! To add a kind: a file here with a type that implements [`Outgoing`], `impl From<Type> for Job`, and a variant of
//! [`Progress`](crate::model::Progress).

mod delivering;
#[cfg(test)]
mod fake;
mod file;
mod file_options;
mod file_reader;
mod flight;
mod histogram;
mod patience;
mod phase;
mod pieces;
mod pipe;
mod rate;
mod repeat;
mod schedule;
mod set;
mod steps;

pub use file::SendFile;
pub use file_options::{FileForm, FileOptions};
pub(super) use patience::Standing;
pub use pieces::Pieces;
pub(super) use pipe::{Cut, Item, PIPE_ITEMS, Pipe};
pub use repeat::Repeat;
pub(super) use set::{OutgoingSet, Stream};
pub use steps::{RunEnd, RunSummary, StepObserver, Steps};

use super::message::{Counts, Message};
use crate::lang::Words;
use crate::model::{ConnectionId, Failure, PeerKey, Progress, SendId, SendResult, Target};
use crate::net::ConnectionEnds;
use crate::payload;
use crate::sequence::Recipients;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// Sends over time, on the session's thread.
pub(super) trait Outgoing: Send {
    /// The recipients, for the status.
    fn target(&self) -> &Target;
    /// What it waits for. Asked after each call.
    fn next(&self) -> Next;
    /// The moment that [`next`](Self::next) returned has passed.
    fn due(&mut self, now: Instant, port: &mut dyn Port);
    /// It was just started, somebody has connected or is gone, or the session's phase has changed.
    fn recipients_changed(&mut self, now: Instant, port: &mut dyn Port);
    /// It is started: the first call.
    fn started(&mut self, _port: &mut dyn Port) {}
    /// One of its sends has ended for all of its recipients. `missed`: the connections that do not have all of it.
    /// After [`stop`](Self::stop), too: what was queued then is still sent, and counts.
    fn sent(&mut self, _result: &SendResult, _missed: &[ConnectionId], _now: Instant) {}
    /// Whether [`received`](Self::received) is called. Asked after each call.
    fn is_listening(&self) -> bool {
        false
    }
    /// Data was received and recorded, on any connection of the session.
    fn received(&mut self, _from: &ConnectionEnds, _payload: &[u8], _now: Instant) {}
    /// A connection has ended. `is_alone`: no other one is left. Only where [`is_listening`](Self::is_listening).
    fn closed(&mut self, _id: ConnectionId, _is_alone: bool, _now: Instant) {}
    /// Nothing is due until [`resume`](Self::resume); results still come.
    fn pause(&mut self, now: Instant);
    /// It goes on; [`recipients_changed`](Self::recipients_changed) is called next.
    fn resume(&mut self, now: Instant);
    /// The user, or the end of the session, stops it: only results come from now on. Not called for what has ended by
    /// itself.
    fn stop(&mut self, _now: Instant, _port: &mut dyn Port) {}
    /// It has ended by itself: the last call.
    fn ended(&mut self, _port: &mut dyn Port) {}
    /// Whether results of what it has queued are still to come.
    fn has_pending(&self) -> bool {
        false
    }
    /// Whether it may be a [`stream`](Self::stream), now or later.
    fn is_stream(&self) -> bool {
        false
    }
    /// Its recipients and the bytes of it so far, where it is one stream that a send in between would be a part of.
    fn stream(&self) -> Option<(Target, u64)> {
        None
    }
    /// How far it is.
    fn progress(&self) -> Progress;
}

/// What an [`Outgoing`] waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// `due` is called at this moment, or at once if it has passed.
    At(Instant),
    /// The next thing to happen is a result, received data, or [`Port::waker`].
    Event,
    /// It waits for a recipient.
    Recipient,
    /// It is over: all was sent, or why not. It is not called again.
    Ended(Result<(), Failure>),
}

/// Whether there is anybody to send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Somebody.
    Ready,
    /// Nobody yet, but somebody may come.
    NotYet,
    /// Nobody, and nobody will come.
    Gone,
}

/// What an [`Outgoing`] can do with its session.
pub(super) trait Port {
    /// Whether there is anybody to send to. Has the address of a host looked up.
    fn reach(&mut self, target: &Target) -> Reach;
    /// The recipients of this moment, so that nobody who comes later is sent the rest of something. A target that names
    /// an address or a host stays as it is.
    fn recipients(&self, target: &Target) -> Target;
    /// The bytes of the message for each recipient, without sending them. `counts` as in [`send`](Self::send).
    ///
    /// # Errors
    /// The message has no bytes for one of the recipients.
    fn build(
        &mut self,
        target: &Target,
        message: &Message,
        counts: &mut Counts,
    ) -> Result<Vec<Part>, Failure>;
    /// A failure that says what is wrong with typed input.
    fn not_built(&self, error: &payload::Error) -> Failure;
    /// Who of a target takes more: those on which at most `limit_bytes` wait. Of those that are `behind`, only those on
    /// which nothing waits, and they are behind no longer.
    fn takers(&self, target: &Target, limit_bytes: usize, behind: &mut BTreeSet<ConnectionId>) -> Takers;
    /// How the TCP connections of a target stand.
    fn standings(&self, target: &Target) -> Vec<Standing>;
    /// Evaluates the message for each recipient, and sends it. `counts` has how often each of them was sent to.
    ///
    /// # Errors
    /// The message has no bytes for one of the recipients; nothing is sent to anybody.
    fn send(&mut self, target: &Target, message: &Message, counts: &mut Counts) -> Result<SendId, Failure>;
    /// Sends bytes as they are. Returns the connections that refuse them at once.
    fn send_bytes(&mut self, target: &Target, bytes: Arc<[u8]>) -> (SendId, Vec<ConnectionId>);
    /// Those of a target whose answers count.
    fn answerers(&self, target: &Target) -> Recipients;
    /// The target for the peer at an address: all connections with it, or a UDP address.
    fn target_at(&self, peer: PeerKey) -> Target;
    /// The phrases of the recording's language.
    fn words(&self) -> &'static Words;
    /// Makes a note in the recording.
    fn note(&mut self, text: &str);
    /// Makes a note of a connection in the recording.
    fn note_of(&mut self, connection: ConnectionId, text: &str);
    /// Has [`Outgoing::due`] called soon, from any thread: of a helper that reads a file.
    fn waker(&mut self) -> Box<dyn Fn() + Send + Sync>;
}

/// The bytes of a message for some of its recipients.
pub(super) type Part = (Target, Arc<[u8]>);

/// Who of a target takes more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Takers {
    /// Everybody, or nobody is there at all.
    All,
    /// These; the others have too much queued already.
    Some(Target),
    /// Everybody has too much queued.
    Nobody,
}

/// Something to be sent over time: for [`SessionHandle::start_outgoing`](super::SessionHandle::start_outgoing).
pub struct Job(Box<dyn Outgoing>);

impl Job {
    pub(super) fn into_inner(self) -> Box<dyn Outgoing> {
        self.0
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.0.progress()).finish()
    }
}

impl From<Repeat> for Job {
    fn from(repeat: Repeat) -> Self {
        Self(Box::new(repeat))
    }
}

impl From<SendFile> for Job {
    fn from(file: SendFile) -> Self {
        Self(Box::new(file))
    }
}

impl From<Pieces> for Job {
    fn from(pieces: Pieces) -> Self {
        Self(Box::new(pieces))
    }
}

impl From<Steps> for Job {
    fn from(steps: Steps) -> Self {
        Self(Box::new(steps))
    }
}
