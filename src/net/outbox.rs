//! The payloads that wait to be sent on one TCP connection: bounded, in order, shared between recipients.

use crate::model::{Answered, SendId};
use std::collections::VecDeque;
use std::sync::Arc;

/// The most that may wait on one connection, in bytes.
pub const OUTBOX_BYTES: usize = 64 << 20;

/// The approximate memory of one entry besides its payload, so that very many short payloads are bounded too.
pub(super) const ENTRY_BYTES: usize = 128;

/// A queue of payloads, the first of which may be sent in part.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Payload>,
    /// How many bytes of the first payload are sent.
    sent: usize,
    bytes: usize,
}

/// A payload, and the send it belongs to; answers belong to none.
#[derive(Debug)]
struct Payload {
    send: Option<SendId>,
    /// The rule that it is an answer of.
    answered: Option<Answered>,
    bytes: Arc<[u8]>,
}

impl Outbox {
    /// Queues a payload that is not empty. `false`: it would exceed the bound, and nothing is queued.
    pub fn push(&mut self, send: Option<SendId>, answered: Option<Answered>, bytes: Arc<[u8]>) -> bool {
        debug_assert!(!bytes.is_empty(), "an empty payload has nothing to wait for");
        if self.memory() + bytes.len() > OUTBOX_BYTES {
            return false;
        }
        self.bytes += bytes.len();
        self.queue.push_back(Payload { send, answered, bytes });
        true
    }

    /// The unsent bytes of the first payload; empty when nothing waits.
    pub fn front(&self) -> &[u8] {
        self.queue.front().map_or(&[], |payload| &payload.bytes[self.sent..])
    }

    /// The rule that the first payload is an answer of.
    pub fn front_answered(&self) -> Option<&Answered> {
        self.queue.front()?.answered.as_ref()
    }

    /// Removes the first `count` bytes of [`front`](Self::front), which the kernel took. Returns the send
    /// that ends with them.
    pub fn advance(&mut self, count: usize) -> Option<SendId> {
        self.bytes -= count;
        self.sent += count;
        if self.queue.front().is_none_or(|payload| payload.bytes.len() > self.sent) {
            return None;
        }
        self.sent = 0;
        self.queue.pop_front().and_then(|payload| payload.send)
    }

    /// Empties it and returns the sends that had not ended, each with its number of unsent bytes.
    pub fn take_unsent(&mut self) -> Vec<(SendId, usize)> {
        let mut sent = std::mem::take(&mut self.sent);
        self.bytes = 0;
        let unsent = |payload: Payload| {
            let bytes = payload.bytes.len() - std::mem::take(&mut sent);
            payload.send.map(|send| (send, bytes))
        };
        self.queue.drain(..).filter_map(unsent).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// About how many bytes of memory wait.
    pub fn memory(&self) -> usize {
        self.bytes + self.queue.len() * ENTRY_BYTES
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_ends_with_its_last_byte_and_what_is_left_is_told_with_its_length() {
        let mut outbox = Outbox::default();
        for (send, bytes) in [(Some(SendId(1)), "abc"), (None, "answer"), (Some(SendId(2)), "defg")] {
            assert!(outbox.push(send, None, bytes.as_bytes().into()));
        }
        assert_eq!(outbox.advance(1), None);
        assert_eq!((outbox.front(), outbox.bytes()), (&b"bc"[..], 12));
        assert_eq!(outbox.advance(2), Some(SendId(1)));
        assert_eq!(outbox.advance(6), None, "an answer is no send");
        assert!(outbox.push(Some(SendId(3)), None, b"h"[..].into()));
        assert_eq!(outbox.advance(3), None);
        assert_eq!(outbox.take_unsent(), [(SendId(2), 1), (SendId(3), 1)]);
        assert_eq!((outbox.is_empty(), outbox.bytes(), outbox.front()), (true, 0, &[][..]));
    }
}
