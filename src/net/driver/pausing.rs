//! When reading pauses, so that what is received and sent on does not pile up.
//!
//! With [`ReadPause::AnyQueued`] nothing is read while a connection has too much queued. One that takes almost nothing
//! for [`PATIENCE`] is left behind until it has caught up: nothing is forwarded to it, and it stops nobody.

use super::{Driver, TURN_BYTES, Timer};
use crate::model::ConnectionId;
use crate::net::EventSink;
use crate::net::tcp::CALL_BYTES;
use crate::net::udp::Udp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long a connection with too much queued may take less than [`PROGRESS_BYTES`]. Longer than a program that is
/// busy or stopped for a moment.
const PATIENCE: Duration = Duration::from_secs(2);

/// As much as this within [`PATIENCE`] is a slow connection, which slows the others down; less is none.
const PROGRESS_BYTES: usize = 64 << 10;

/// How many payloads are forwarded in one turn at most, over all recipients.
const TURN_FORWARDS: usize = 20_000;

/// When reading pauses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadPause {
    /// Never.
    #[default]
    Never,
    /// On a connection, while more than so many bytes wait to be sent there.
    OwnQueued(usize),
    /// On all connections, while more than so many bytes wait to be sent on any that was not left behind.
    AnyQueued(usize),
}

impl ReadPause {
    /// The limit of the bytes that wait on one connection, or on a UDP socket.
    pub(super) fn limit(self) -> Option<usize> {
        match self {
            Self::Never => None,
            Self::OwnQueued(limit) | Self::AnyQueued(limit) => Some(limit),
        }
    }
}

/// Which connections reading waits for, and which it does not wait for any more.
#[derive(Debug, Default)]
pub(super) struct Pausing {
    pub rule: ReadPause,
    /// Connections with too much queued, and what they have taken since their timer was set.
    full: BTreeMap<ConnectionId, usize>,
    /// Connections that are left behind, and how much was not forwarded to them.
    behind: BTreeMap<ConnectionId, u64>,
    /// Connections that would be read from now.
    paused: BTreeSet<ConnectionId>,
}

impl Pausing {
    /// Whether nothing is read from any connection.
    pub fn is_any_full(&self) -> bool {
        !self.full.is_empty()
    }

    /// Reads from a connection later.
    pub fn pause(&mut self, id: ConnectionId) {
        self.paused.insert(id);
    }

    /// Counts bytes that a connection misses. `false`: it is not left behind.
    pub fn miss(&mut self, id: ConnectionId, bytes: usize) -> bool {
        let missed = self.behind.get_mut(&id);
        let is_behind = missed.is_some();
        if let Some(missed) = missed {
            *missed += bytes as u64;
        }
        is_behind
    }
}

impl Driver {
    /// Sets when reading pauses: flow control then slows TCP peers down.
    pub fn pause_reading(&mut self, rule: ReadPause, sink: &mut dyn EventSink) {
        self.pausing.rule = rule;
        for (id, missed) in std::mem::take(&mut self.pausing.behind) {
            if let Some(connection) = self.connections.get(&id) {
                sink.caught_up(&connection.ends, missed);
            }
        }
        for (id, _) in std::mem::take(&mut self.pausing.full) {
            self.timers.cancel(Timer::LeaveBehind(id));
        }
        // The earlier rule may have paused some of them. For the others one read too many is harmless.
        let waiting: Vec<_> = self.waiting.ids().collect();
        waiting.into_iter().for_each(|id| self.make_ready(id));
        self.resume();
    }

    /// What one turn may read. Less where each payload goes to many, so that a turn ends soon.
    pub(super) fn read_budget(&self) -> usize {
        match self.pausing.rule {
            ReadPause::AnyQueued(_) => {
                let recipients = self.connections.len() + self.udp.as_ref().map_or(0, Udp::peer_count);
                let payloads = (TURN_FORWARDS / recipients.max(1)).max(1);
                payloads.saturating_mul(CALL_BYTES).min(TURN_BYTES)
            }
            _ => TURN_BYTES,
        }
    }

    /// Notes how many bytes wait on a connection, after it has taken `taken`.
    pub(super) fn note_full(
        &mut self,
        id: ConnectionId,
        queued: usize,
        taken: usize,
        sink: &mut dyn EventSink,
    ) {
        let ReadPause::AnyQueued(limit) = self.pausing.rule else { return };
        if queued <= limit {
            self.no_longer_full(id, sink);
        } else if !self.pausing.behind.contains_key(&id) {
            let is_new = !self.pausing.full.contains_key(&id);
            let progress = self.pausing.full.entry(id).or_default();
            *progress += taken;
            if is_new || *progress >= PROGRESS_BYTES {
                *progress = 0;
                self.timers.set(Timer::LeaveBehind(id), Instant::now() + PATIENCE);
            }
        }
    }

    /// A connection has little queued, or is over.
    pub(super) fn no_longer_full(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        if let Some(missed) = self.pausing.behind.remove(&id)
            && let Some(connection) = self.connections.get(&id)
        {
            sink.caught_up(&connection.ends, missed);
        }
        if self.pausing.full.remove(&id).is_some() {
            self.timers.cancel(Timer::LeaveBehind(id));
            self.resume();
        }
    }

    /// Forwards nothing to a connection until it has caught up, and reads from the others.
    pub(super) fn leave_behind(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        self.timers.cancel(Timer::LeaveBehind(id));
        self.pausing.full.remove(&id);
        if let Some(connection) = self.connections.get(&id)
            && self.pausing.behind.insert(id, 0).is_none()
        {
            sink.left_behind(&connection.ends);
        }
        self.resume();
    }

    /// Whether nothing is read from any connection because one has too much queued.
    #[cfg(test)]
    pub fn is_held_up(&self) -> bool {
        self.pausing.is_any_full()
    }

    fn resume(&mut self) {
        if !self.pausing.is_any_full() {
            std::mem::take(&mut self.pausing.paused).into_iter().for_each(|id| self.make_ready(id));
        }
    }
}
