//! The pipe: payloads of [`send_blocking`](crate::engine::SessionHandle::send_blocking), in order, in a queue beside that
//! of the commands.
//!
//! One payload is held here until there is room and a recipient for it; the others are in a bounded channel, which blocks
//! the sender when it is full. A payload may leave in pieces, with a pause after each write, counted from when the kernel
//! has taken it. Knows nothing of sockets: the worker decides what can be sent.

use crate::engine::generation::Generation;
use crate::model::Target;
use crate::payload::Pieces;
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many items may wait in the channel of the pipe.
pub(in crate::engine) const PIPE_ITEMS: usize = 128;

/// An item of the pipe.
#[derive(Debug)]
pub(in crate::engine) enum Item {
    /// A payload for the session of one start.
    Payload { generation: Generation, target: Target, bytes: Arc<[u8]>, cut: Option<Cut> },
    /// The end of the input.
    Finish(Generation),
}

/// How a payload of the pipe is written.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Cut {
    /// The pieces that were not sent.
    pub pieces: Pieces,
    /// The pause after each write.
    pub pause: Duration,
}

impl Item {
    pub fn generation(&self) -> Generation {
        match self {
            Self::Payload { generation, .. } | Self::Finish(generation) => *generation,
        }
    }
}

/// The items that are to be sent, in order.
#[derive(Debug)]
pub(in crate::engine) struct Pipe {
    items: Receiver<Item>,
    held: Option<Item>,
    /// The pause after the last write, until it was taken.
    pause: Option<Duration>,
    /// Nothing is sent before this.
    not_before: Option<Instant>,
}

impl Pipe {
    pub fn new(items: Receiver<Item>) -> Self {
        Self { items, held: None, pause: None, not_before: None }
    }

    /// Takes the next item.
    pub fn next(&mut self) -> Option<Item> {
        self.held.take().or_else(|| self.items.try_recv().ok())
    }

    /// Puts an item back that cannot be sent yet. It is the next one again.
    pub fn hold(&mut self, item: Item) {
        debug_assert!(self.held.is_none(), "only the item that was taken is put back");
        self.held = Some(item);
    }

    /// The item that was put back.
    pub fn held(&self) -> Option<&Item> {
        self.held.as_ref()
    }

    /// Something was written, after which there is this pause.
    pub fn written(&mut self, pause: Duration) {
        self.pause = Some(pause).filter(|pause| !pause.is_zero());
    }

    /// Everything that was written was taken by the kernel.
    pub fn taken(&mut self, now: Instant) {
        if let Some(pause) = self.pause.take() {
            self.not_before = Some(now + pause);
        }
    }

    /// When the pause is over, if it has begun.
    pub fn deadline(&self) -> Option<Instant> {
        self.not_before
    }

    /// Whether there is a pause.
    pub fn is_pausing(&mut self, now: Instant) -> bool {
        self.not_before = self.not_before.filter(|moment| *moment > now);
        self.pause.is_some() || self.not_before.is_some()
    }

    /// How many items there are at the moment.
    pub fn len(&self) -> usize {
        self.items.len() + usize::from(self.held.is_some())
    }
}
