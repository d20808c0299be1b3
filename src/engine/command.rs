//! What is asked of a session: commands, which wait in order, and requests, which do not.

use super::handle::WhenFull;
use crate::capture::Position;
use crate::lang::Language;
use crate::model::{ConnectionId, SessionConfig, Target};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a front end may ask of a session, in order.
pub(super) enum Command {
    Start(Box<SessionConfig>, u64),
    StopListening,
    ListenAgain,
    SetBroadcast(bool),
    Disconnect(Vec<ConnectionId>),
    Send(Target, Arc<[u8]>, WhenFull),
    FinishSending,
    Mark(Position, Option<String>),
    SetLanguage(Language),
}

/// What must not wait behind commands. Starts are numbered, so that a stop cancels those before it
/// and none after it.
#[derive(Debug, Default)]
pub(super) struct Requests {
    starts: AtomicU64,
    stopped: AtomicU64,
    is_stop_new: AtomicBool,
    is_closed: AtomicBool,
}

impl Requests {
    pub fn next_generation(&self) -> u64 {
        self.starts.fetch_add(1, Ordering::AcqRel) + 1
    }

    pub fn stop(&self) {
        self.stopped.fetch_max(self.starts.load(Ordering::Acquire), Ordering::AcqRel);
        self.is_stop_new.store(true, Ordering::Release);
    }

    /// Whether a stop was asked for since the last call.
    pub fn take_stop(&self) -> bool {
        self.is_stop_new.swap(false, Ordering::AcqRel)
    }

    /// Whether a stop came after the start of that number.
    pub fn has_stopped(&self, generation: u64) -> bool {
        generation <= self.stopped.load(Ordering::Acquire)
    }

    /// Whether nothing was started since the newest stop.
    pub fn is_stopped(&self) -> bool {
        self.has_stopped(self.starts.load(Ordering::Acquire))
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }
}
