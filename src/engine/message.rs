//! What is sent, before it is known to whom: evaluated on the session's thread for each recipient.

use crate::codec::Encoding;
use crate::model::Failure;
use crate::streams::Encodings;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// A payload, and what its bytes depend on.
#[derive(Clone, Debug)]
pub struct Message {
    /// The payload.
    pub payload: Arc<[u8]>,
    /// The encoding of each recipient.
    pub encodings: Encodings,
    /// How often it was sent before.
    pub count: u64,
}

/// What a message is evaluated for.
#[expect(dead_code, reason = "for the evaluation of payloads")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipient {
    pub encoding: Encoding,
    /// `None` while its name is being looked up.
    pub peer: Option<SocketAddr>,
    /// How often the message was sent to it before.
    pub count: u64,
}

impl Message {
    /// Whether it has the same bytes for all recipients of one encoding, each time.
    pub(super) fn is_fixed(&self) -> bool {
        true
    }

    /// How many bytes it has for a recipient without an encoding of its own; 0 where it has none.
    pub(super) fn length(&self) -> usize {
        let recipient = Recipient { encoding: self.encodings.of_rest(), peer: None, count: self.count };
        self.build(recipient).map_or(0, |bytes| bytes.len())
    }

    /// Its bytes for one recipient.
    ///
    /// # Errors
    /// There are none for this one: its encoding lacks a character.
    pub(super) fn build(&self, _recipient: Recipient) -> Result<Arc<[u8]>, Failure> {
        Ok(self.payload.clone())
    }
}

/// How often a message was sent to each recipient. A client that connects again has the same address, and goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(HashMap<Option<SocketAddr>, u64>);

impl Counts {
    /// Counts a send to this recipient, and returns the number of those before.
    pub fn next(&mut self, peer: Option<SocketAddr>) -> u64 {
        let count = self.0.entry(peer).or_default();
        *count += 1;
        *count - 1
    }
}
