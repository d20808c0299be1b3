//! The pipe: payloads of [`send_blocking`](crate::engine::SessionHandle::send_blocking), in order, in a queue beside that
//! of the commands.
//!
//! One payload is held here until there is room and a recipient for it; the others are in a bounded channel, which blocks
//! the sender when it is full. Knows nothing of sockets: the worker decides what can be sent.

use crate::engine::generation::Generation;
use crate::model::Target;
use crossbeam_channel::Receiver;
use std::sync::Arc;

/// How many items may wait in the channel of the pipe.
pub(in crate::engine) const PIPE_ITEMS: usize = 128;

/// An item of the pipe.
#[derive(Debug)]
pub(in crate::engine) enum Item {
    /// A payload for the session of one start.
    Payload { generation: Generation, target: Target, bytes: Arc<[u8]> },
    /// The end of the input.
    Finish(Generation),
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
}

impl Pipe {
    pub fn new(items: Receiver<Item>) -> Self {
        Self { items, held: None }
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

    /// How many items there are at the moment.
    pub fn len(&self) -> usize {
        self.items.len() + usize::from(self.held.is_some())
    }
}
