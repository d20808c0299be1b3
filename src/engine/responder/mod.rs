//! What answers received data: echo, forwarding to the others, and rules. Each decides and queues answers; the worker
//! sends them.

mod guard;
mod relay;
mod rules;

pub(super) use self::rules::{Deed, MOST_BOOKMARKS, Rules};

use self::relay::Relay;
use crate::model::{ConnectionId, ResponderConfig};
use crate::net::{ConnectionEnds, ReadPause};
use std::sync::Arc;
use std::time::Instant;

/// While more bytes than this wait to be sent on a connection, a responder has less read.
pub(super) const QUEUE_LIMIT_BYTES: usize = 1 << 20;

/// Answers what a session receives, on its thread.
pub(super) trait Responder: Send {
    /// When nothing is read, because too much waits to be sent.
    fn read_pause(&self) -> ReadPause;
    /// Data was received and recorded.
    fn received(&mut self, from: &ConnectionEnds, payload: &[u8], answers: &mut Answers);
    /// Data was sent: an answer, or a payload of the user.
    fn sent(&mut self, to: &ConnectionEnds, payload: &[u8]);
    /// A connection has ended, or a UDP peer was dropped from the list. Nothing more comes from it under this id.
    fn forgotten(&mut self, id: ConnectionId, answers: &mut Answers);
    /// When [`due`](Self::due) is to be called.
    fn deadline(&self) -> Option<Instant>;
    /// Something may be due.
    fn due(&mut self, now: Instant, answers: &mut Answers);
    /// Another responder, or none, takes its place: what it holds is answered now.
    fn end(&mut self, answers: &mut Answers);
}

/// The decisions of a responder in one turn. The amount of data received in a turn bounds their size.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Payloads to send, in order.
    pub payloads: Vec<Answer>,
    /// Peers whose data is passed on late because they only return what they are sent; each is told once.
    pub loops: Vec<(ConnectionEnds, Way)>,
    /// Bytes of answers whose recipient was gone before they were sent.
    pub unsent_bytes: usize,
}

/// A payload in answer to what was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The connection on which it was received.
    pub from: ConnectionId,
    pub way: Way,
    pub payload: Arc<[u8]>,
}

/// Whom an answer goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The one that it answers.
    Back,
    /// Everybody else.
    Others,
}

/// The responder of a configuration.
pub(super) fn responder(config: ResponderConfig) -> Option<Box<dyn Responder>> {
    match config {
        ResponderConfig::None => None,
        ResponderConfig::Echo => Some(Box::new(Relay::new(Way::Back))),
        ResponderConfig::Forward => Some(Box::new(Relay::new(Way::Others))),
    }
}
