//! The datagrams that wait to be sent on a UDP socket: bounded, in order, shared between their recipients.

use crate::model::{Answered, SendId};
use crate::net::outbox::{ENTRY_BYTES, OUTBOX_BYTES};
use std::collections::{BTreeMap, VecDeque};
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
        self.addresses().first().copied()
    }

    fn addresses(&self) -> &[SocketAddr] {
        match self {
            Self::One(peer) => std::slice::from_ref(peer),
            Self::Many(all) => all,
        }
    }

    /// The bytes of memory that its list of addresses takes; none where it shares the list of `neighbour`.
    fn memory_beside(&self, neighbour: Option<&Queued>) -> usize {
        match (self, neighbour.map(|neighbour| &neighbour.recipients)) {
            (Self::One(_), _) => 0,
            (Self::Many(all), Some(Self::Many(other))) if Arc::ptr_eq(all, other) => 0,
            (Self::Many(all), _) => size_of_val(&all[..]),
        }
    }
}

/// A datagram that waits for the kernel, or for the budget of the next turn.
#[derive(Debug)]
struct Queued {
    send: Option<SendId>,
    /// The rule that it is an answer of.
    answered: Option<Answered>,
    bytes: Arc<[u8]>,
    recipients: Recipients,
    /// How many of the recipients are done.
    done: usize,
}

impl Queued {
    /// The bytes of memory that it takes beside the datagram before or behind it.
    fn memory_beside(&self, neighbour: Option<&Queued>) -> usize {
        self.bytes.len() + self.recipients.memory_beside(neighbour) + ENTRY_BYTES
    }

    /// The recipients that are not done.
    fn unsent(&self) -> &[SocketAddr] {
        &self.recipients.addresses()[self.done..]
    }

    /// The bytes that are still to be sent, over all recipients.
    fn bytes_left(&self) -> usize {
        self.bytes.len().saturating_mul(self.recipients.len() - self.done)
    }

    /// The recipient that is next; `None` once all are done.
    fn next(&self) -> Option<Outgoing> {
        let to = *self.unsent().first()?;
        Some(Outgoing { send: self.send, answered: self.answered.clone(), to, bytes: self.bytes.clone() })
    }
}

/// A datagram for one of its recipients.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    /// `None` for an answer.
    pub send: Option<SendId>,
    /// The rule that it is an answer of.
    pub answered: Option<Answered>,
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
    pub fn push(
        &mut self,
        send: Option<SendId>,
        answered: Option<Answered>,
        bytes: Arc<[u8]>,
        mut recipients: Recipients,
    ) -> bool {
        let last = self.queue.back();
        if let (Recipients::Many(all), Some(Recipients::Many(shared))) =
            (&mut recipients, last.map(|last| &last.recipients))
            && all == shared
        {
            *all = shared.clone();
        }
        let queued = Queued { send, answered, bytes, recipients, done: 0 };
        let memory = queued.memory_beside(last);
        if self.memory + memory > OUTBOX_BYTES {
            return false;
        }
        self.memory += memory;
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
            self.memory -= queued.memory_beside(self.queue.get(1));
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

    /// The datagrams that are still to be sent, in order: the send, the size, and the recipients that are left.
    pub fn unsent(&self) -> impl Iterator<Item = (Option<SendId>, usize, &[SocketAddr])> {
        self.queue.iter().map(|queued| (queued.send, queued.bytes.len(), queued.unsent()))
    }

    /// The number of bytes that are still to be sent to each recipient.
    pub fn unsent_bytes(&self) -> BTreeMap<SocketAddr, usize> {
        // Datagrams to very many recipients share their list: each list is walked once.
        let mut lists: Vec<(&[SocketAddr], usize)> = Vec::new();
        for (_, bytes, recipients) in self.unsent() {
            match lists.last_mut() {
                Some((last, sum)) if std::ptr::eq(*last, recipients) => *sum += bytes,
                _ => lists.push((recipients, bytes)),
            }
        }
        let mut unsent = BTreeMap::new();
        for (recipients, bytes) in lists {
            for recipient in recipients {
                *unsent.entry(*recipient).or_default() += bytes;
            }
        }
        unsent
    }
}
