//! What waits to be sent on one connection: bounded, in order, shared between recipients.

use std::collections::VecDeque;
use std::sync::Arc;

/// The most that may wait on one connection, in bytes.
pub const OUTBOX_BYTES: usize = 64 << 20;

/// What one entry costs beside its bytes, about: very many short ones must not fill the memory either.
pub(super) const ENTRY_BYTES: usize = 128;

/// A queue of byte strings of which the first may be sent in part.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Arc<[u8]>>,
    /// How much of the first is sent.
    sent: usize,
    bytes: usize,
}

impl Outbox {
    /// Queues `bytes`; `false` if they would exceed the bound, and then nothing is queued.
    pub fn push(&mut self, bytes: Arc<[u8]>) -> bool {
        if self.bytes + bytes.len() + self.queue.len() * ENTRY_BYTES > OUTBOX_BYTES {
            return false;
        }
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.queue.push_back(bytes);
        }
        true
    }

    /// What is to be sent next; empty when nothing waits.
    pub fn front(&self) -> &[u8] {
        self.queue.front().map_or(&[], |bytes| &bytes[self.sent..])
    }

    /// Notes that the kernel took the first `count` bytes of [`front`](Self::front).
    pub fn advance(&mut self, count: usize) {
        self.bytes -= count;
        self.sent += count;
        if self.queue.front().is_some_and(|bytes| bytes.len() == self.sent) {
            self.queue.pop_front();
            self.sent = 0;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
