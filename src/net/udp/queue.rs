//! The datagrams that wait to be sent on a UDP socket: bounded, in order, shared between their recipients.

use crate::model::SendId;
use crate::net::outbox::{ENTRY_BYTES, OUTBOX_BYTES};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

/// To whom a datagram goes.
#[derive(Clone, Debug)]
pub(in crate::net) enum Recipients {
    One(SocketAddr),
    /// In order; shared by the datagrams that go to all peers.
    Many(Arc<[SocketAddr]>),
}

impl Recipients {
    pub fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(all) => all.len(),
        }
    }

    pub fn first(&self) -> Option<SocketAddr> {
        self.get(0)
    }

    fn get(&self, at: usize) -> Option<SocketAddr> {
        match self {
            Self::One(peer) => (at == 0).then_some(*peer),
            Self::Many(all) => all.get(at).copied(),
        }
    }

    /// The bytes of memory that its addresses take.
    fn memory(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Many(all) => size_of_val(&all[..]),
        }
    }
}

/// A datagram that waits for the kernel, or for the budget of the next turn.
#[derive(Debug)]
struct Queued {
    send: Option<SendId>,
    bytes: Arc<[u8]>,
    recipients: Recipients,
    /// How many of the recipients are done.
    done: usize,
}

impl Queued {
    /// The bytes of memory that it takes.
    fn memory(&self) -> usize {
        self.bytes.len() + self.recipients.memory() + ENTRY_BYTES
    }

    /// The bytes that are still to be sent, over all recipients.
    fn bytes_left(&self) -> usize {
        self.bytes.len().saturating_mul(self.recipients.len() - self.done)
    }

    /// The recipient that is next; `None` once all are done.
    fn next(&self) -> Option<Outgoing> {
        let to = self.recipients.get(self.done)?;
        Some(Outgoing { send: self.send, to, bytes: self.bytes.clone() })
    }
}

/// A datagram for one of its recipients.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    /// `None` for an answer.
    pub send: Option<SendId>,
    pub to: SocketAddr,
    pub bytes: Arc<[u8]>,
}

/// Datagrams in the order in which they are sent.
#[derive(Debug, Default)]
pub(super) struct Queue {
    queue: VecDeque<Queued>,
    bytes: usize,
    memory: usize,
}

impl Queue {
    /// The bytes that are still to be sent, over all recipients.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Queues a datagram. `false`: its memory would exceed [`OUTBOX_BYTES`], and nothing is queued.
    pub fn push(&mut self, send: Option<SendId>, bytes: Arc<[u8]>, recipients: Recipients) -> bool {
        let queued = Queued { send, bytes, recipients, done: 0 };
        if self.memory + queued.memory() > OUTBOX_BYTES {
            return false;
        }
        self.memory += queued.memory();
        self.bytes = self.bytes.saturating_add(queued.bytes_left());
        self.queue.push_back(queued);
        true
    }

    /// What is sent next. It stays queued until [`advance`](Self::advance).
    pub fn front(&mut self) -> Option<Outgoing> {
        loop {
            let queued = self.queue.front()?;
            if let Some(outgoing) = queued.next() {
                return Some(outgoing);
            }
            self.memory -= queued.memory();
            self.queue.pop_front();
        }
    }

    /// Goes on behind what [`front`](Self::front) returns.
    pub fn advance(&mut self) {
        if let Some(queued) = self.queue.front_mut() {
            queued.done += 1;
            self.bytes -= queued.bytes.len();
        }
    }

    /// Everything that is still to be sent, in order.
    pub fn unsent(&self) -> impl Iterator<Item = Outgoing> {
        self.queue.iter().flat_map(|queued| {
            let rest = (queued.done..).map_while(|at| queued.recipients.get(at));
            rest.map(|to| Outgoing { send: queued.send, to, bytes: queued.bytes.clone() })
        })
    }
}
