//! Forwarding: what one peer sent goes to all others.

use super::Driver;
use crate::model::{ConnectionId, Failure};
use crate::net::EventSink;
use crate::net::tcp::{Ending, TcpConnection};
use std::sync::Arc;

impl Driver {
    /// Queues `bytes` for everybody but `from`, and sends what the kernel and the budget of the turn allow. Nothing
    /// goes to connections that are being closed, or that were left behind and miss it.
    pub fn forward(&mut self, from: ConnectionId, bytes: &Arc<[u8]>, sink: &mut dyn EventSink) -> Forwarded {
        let mut forwarded = Forwarded::default();
        if let Some(udp) = &mut self.udp {
            let Some(recipients) = udp.others(from) else { return forwarded };
            let count = recipients.len();
            match udp.queue(None, bytes.clone(), recipients) {
                Ok(()) => udp.flush(&mut self.write_budget, &mut self.ids, sink),
                Err(failure) => {
                    forwarded.unsent_bytes = bytes.len() * count;
                    forwarded.failure = Some(failure);
                }
            }
            return forwarded;
        }
        let takes = |connection: &&TcpConnection| {
            connection.ends.id != from
                && (connection.can_send() || connection.ending == Ending::FinishSending)
        };
        let recipients: Vec<_> =
            self.connections.values().filter(takes).map(|connection| connection.ends.id).collect();
        for id in recipients {
            if !self.connections.get(&id).is_some_and(TcpConnection::can_send) {
                forwarded.unsent_bytes += bytes.len();
            } else if self.pausing.miss(id, bytes.len()) {
                forwarded.missed_bytes += bytes.len();
            } else if self.queue(id, None, bytes, sink).is_err() {
                // Its queue is full of payloads of the user.
                self.leave_behind(id, sink);
                self.pausing.miss(id, bytes.len());
                forwarded.missed_bytes += bytes.len();
            }
        }
        forwarded
    }
}

/// What became of a payload that was to be forwarded.
#[derive(Debug, Default)]
pub struct Forwarded {
    /// Bytes that connections missed because they were left behind; [`EventSink::caught_up`] tells them.
    pub missed_bytes: usize,
    /// Bytes that will not be sent for another reason: sending on a connection was finished, or nobody gets them.
    pub unsent_bytes: usize,
    /// Why nobody gets it.
    pub failure: Option<Failure>,
}
