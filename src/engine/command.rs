//! The messages from a handle to its session's thread: commands, which are queued, and requests (stop, close), which
//! are flags and take effect before queued commands.

use super::generation::Generation;
use super::message::Message;
use super::outgoing::Job;
use crate::capture::Position;
use crate::lang::Language;
use crate::model::{ConnectionId, OutgoingId, ResponderConfig, SendId, SessionConfig, Target};
use crate::rules::RuleSet;
use crate::streams::Encodings;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A queued command. Commands are handled in order.
pub(super) enum Command {
    /// With what is sent over time from the start on.
    Start(Box<SessionConfig>, Generation, Option<(OutgoingId, Arc<str>, Job)>),
    StopListening,
    ListenAgain,
    SetBroadcast(bool),
    SetResponder(ResponderConfig),
    SetRules(Option<(Arc<RuleSet>, Encodings)>),
    /// The number of a rule, from 0.
    SwitchRule(usize, bool),
    SetNoDelay(bool),
    Disconnect(Vec<ConnectionId>),
    Send(SendId, Target, Arc<[u8]>),
    SendMessage(SendId, Target, Box<Message>),
    StartOutgoing(OutgoingId, Arc<str>, Job),
    PauseOutgoing(OutgoingId),
    ResumeOutgoing(OutgoingId),
    StopOutgoing(OutgoingId),
    /// A note, which may be empty; `None` removes the bookmark.
    SetBookmark(Position, Option<String>),
    SetLanguage(Language),
}

/// Flags that must not wait behind commands, and the counters that both sides use.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// Held while a start is queued.
    starting: Mutex<()>,
    starts: AtomicU64,
    stopped: AtomicU64,
    sends: AtomicU64,
    outgoing: AtomicU64,
    is_stop_new: AtomicBool,
    is_closed: AtomicBool,
}

impl Requests {
    /// Queues a new start under its number, which counts only where that succeeds: payloads would wait for one that
    /// never comes.
    ///
    /// # Errors
    /// Those of `queue`.
    pub fn start<E>(&self, queue: impl FnOnce(Generation) -> Result<(), E>) -> Result<(), E> {
        let _one_at_a_time = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = Generation(self.starts.load(Ordering::Acquire) + 1);
        queue(generation)?;
        self.starts.store(generation.0, Ordering::Release);
        Ok(())
    }

    /// The number of the newest start, whether or not the session's thread has seen it.
    pub fn generation(&self) -> Generation {
        Generation(self.starts.load(Ordering::Acquire))
    }

    /// The id for a new send.
    pub fn next_send(&self) -> SendId {
        SendId(self.sends.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The id for something new that is sent over time.
    pub fn next_outgoing(&self) -> OutgoingId {
        OutgoingId(self.outgoing.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Stops everything that was started so far.
    pub fn stop(&self) {
        self.stopped.fetch_max(self.starts.load(Ordering::Acquire), Ordering::AcqRel);
        self.is_stop_new.store(true, Ordering::Release);
    }

    /// Whether a stop was requested since the last call.
    pub fn take_stop(&self) -> bool {
        self.is_stop_new.swap(false, Ordering::AcqRel)
    }

    /// Whether a stop came after this start.
    pub fn has_stopped(&self, generation: Generation) -> bool {
        generation.0 <= self.stopped.load(Ordering::Acquire)
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_is_refused_has_no_number() {
        let requests = Requests::default();
        assert_eq!(requests.start(|_| Ok::<_, ()>(())), Ok(()));
        let running = requests.generation();
        assert_eq!(requests.start(|_| Err("the queue is full")), Err("the queue is full"));
        assert_eq!(requests.generation(), running, "payloads are still meant for what runs");
        requests
            .start(|generation| if generation > running { Ok(()) } else { Err("not a new one") })
            .unwrap();
    }
}
