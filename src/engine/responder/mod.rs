//! What answers received data: echo, or forwarding to the others. A responder decides and queues answers; the worker
//! sends them.

mod echo;
mod forward;
mod guard;

use self::echo::Echo;
use self::forward::Forward;
use crate::model::{ConnectionId, ResponderConfig};
use crate::net::{ConnectionEnds, ReadPause};
use std::sync::Arc;
use std::time::Instant;

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
    pub payloads: Vec<(ConnectionId, Arc<[u8]>)>,
    /// Payloads to send to all but their sender, in order, after those above.
    pub forwards: Vec<(ConnectionId, Arc<[u8]>)>,
    /// Peers that are answered late because they only return what they are sent; each is told once.
    pub loops: Vec<ConnectionEnds>,
    /// Peers of which what they send is forwarded late for the same reason; each is told once.
    pub forward_loops: Vec<ConnectionEnds>,
    /// Bytes of answers whose recipient was gone before they were sent.
    pub unsent_bytes: usize,
}

/// The responder of a configuration.
pub(super) fn responder(config: ResponderConfig) -> Option<Box<dyn Responder>> {
    match config {
        ResponderConfig::None => None,
        ResponderConfig::Echo => Some(Box::new(Echo::default())),
        ResponderConfig::Forward => Some(Box::new(Forward::default())),
    }
}
