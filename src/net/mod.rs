//! Sockets and the poll loop: one [`Driver`] owns all sockets of a session.
//!
//! Moves bytes between the kernel and an [`EventSink`], within budgets, and blocks only in [`Driver::turn`].
//! Knows nothing of recordings, text or windows; its only threads are those of blocking look-ups.

mod alarm;
mod connecting;
mod driver;
mod ids;
mod interfaces;
mod limit;
mod outbox;
mod port;
mod resolve;
mod socket;
mod tcp;
mod timers;
mod udp;

#[cfg(test)]
mod driver_tests;

pub use alarm::least_interval;
pub use driver::{Addressee, Driver, Forwarded, ReadPause};
pub use interfaces::{LocalAddress, local_addresses};
pub use limit::raise_handle_limit;
pub use outbox::OUTBOX_BYTES;
pub use port::{find_port_owner, next_free_port};
pub use resolve::{Lookup, Resolver, system_resolver};
pub use timers::Timers;

use crate::model::{Answered, CloseReason, ConnectionId, Direction, Failure, KernelDrops, SendId, Transport};
use std::net::SocketAddr;

/// The id of a TCP connection, or of the exchange with a UDP peer, and its two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionEnds {
    /// Its id in the session.
    pub id: ConnectionId,
    /// The protocol.
    pub transport: Transport,
    /// This machine's end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
}

/// What became of a payload for some of its recipients.
#[derive(Clone, Copy, Debug)]
pub enum SendEnd<'a> {
    /// The kernel took all of it.
    Sent,
    /// It was not sent. The failure is reported only here.
    Refused {
        /// The connection; `None` for several, and for an address that nothing was exchanged with.
        id: Option<ConnectionId>,
        /// Why not.
        failure: &'a Failure,
    },
    /// The connection ended before all of it was sent. [`EventSink::closed`] was called before.
    Closed {
        /// The connection, or the first of several.
        ends: &'a ConnectionEnds,
        /// Why it ended.
        reason: &'a CloseReason,
        /// How many bytes were not sent, over all of them.
        unsent_bytes: usize,
    },
}

/// Receives everything that happens on the sockets of a [`Driver`], in order, on its thread.
pub trait EventSink {
    /// A connection was established (by the peer: inbound), or a UDP peer seen for the first time.
    fn opened(&mut self, ends: &ConnectionEnds, direction: Direction);
    /// Bytes were read, or accepted by the kernel. `is_cut`: the datagram was longer.
    fn data(&mut self, ends: &ConnectionEnds, direction: Direction, payload: &[u8], is_cut: bool);
    /// Bytes were accepted by the kernel. `answered`: the rule that they are an answer of.
    fn sent(&mut self, ends: &ConnectionEnds, payload: &[u8], answered: Option<&Answered>) {
        let _ = answered;
        self.data(ends, Direction::Outbound, payload, false);
    }
    /// The peer has finished sending, and the connection goes on: it is kept, or the queue is sent first.
    fn half_closed(&mut self, ends: &ConnectionEnds);
    /// A connection is over. `unsent_bytes` were queued and will never be sent.
    fn closed(&mut self, ends: &ConnectionEnds, reason: &CloseReason, unsent_bytes: usize);
    /// A send is over for that many of its recipients, for each of them in the same way.
    fn send_ended(&mut self, id: SendId, end: SendEnd<'_>, recipients: usize);
    /// A UDP peer was dropped from the list, to make room for others or because the socket is closed.
    fn forgotten(&mut self, id: ConnectionId);
    /// A connection takes so little that nothing is forwarded to it for now.
    fn left_behind(&mut self, ends: &ConnectionEnds);
    /// A connection that was [left behind](Self::left_behind) takes data again, or is over; so many bytes were not
    /// forwarded to it.
    fn caught_up(&mut self, ends: &ConnectionEnds, missed_bytes: u64);
    /// Something failed that ends no connection and belongs to no send.
    fn failed(&mut self, failure: &Failure);
    /// How many datagrams the kernel has dropped so far.
    fn kernel_drops(&mut self, drops: KernelDrops);
}

/// What the sockets of a [`Driver`] are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// No socket is open.
    Idle,
    /// A TCP connection is being established.
    Connecting,
    /// A server listens or a UDP socket is bound.
    Listening,
    /// Only established connections.
    Open,
    /// Only connections that are being closed.
    Closing,
}
