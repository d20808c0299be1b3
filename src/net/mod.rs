//! Sockets and the poll loop: one [`Driver`] owns all sockets of a session.
//!
//! Moves bytes between the kernel and a [`Sink`], within budgets, and never blocks but in
//! [`Driver::turn`]. Knows nothing of recordings, text or windows, and has no thread of its own.

mod connecting;
mod driver;
mod ids;
mod interfaces;
mod limit;
mod outbox;
mod port;
mod resolve;
mod socket;
mod stream;
mod udp;
// Not on Windows: recvmmsg is of Linux.
#[cfg(target_os = "linux")]
mod udp_linux;
#[cfg(not(target_os = "linux"))]
mod udp_portable;

#[cfg(test)]
mod driver_tests;
#[cfg(test)]
mod udp_tests;

pub use driver::Driver;
pub use interfaces::{LocalAddress, local_addresses};
pub use limit::raise_handle_limit;
pub use port::{find_port_owner, next_free_port};
pub use resolve::resolve;

use crate::model::{CloseReason, ConnectionId, Direction, Failure, KernelDrops, Transport};
use std::net::SocketAddr;

/// The two ends of a connection, or of the exchange with a UDP peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: ConnectionId,
    /// The protocol.
    pub transport: Transport,
    /// This machine's end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
}

/// Receives everything that happens on the sockets of a [`Driver`], in order, on its thread.
pub trait Sink {
    /// A connection was established (by the peer: inbound), or a UDP peer seen for the first time.
    fn opened(&mut self, link: &Link, direction: Direction);
    /// Bytes were read, or accepted by the kernel. `is_cut`: the datagram was longer.
    fn data(&mut self, link: &Link, direction: Direction, payload: &[u8], is_cut: bool);
    /// The peer has finished sending.
    fn half_closed(&mut self, link: &Link);
    /// A connection is over. `unsent_bytes` were queued and will never be sent.
    fn closed(&mut self, link: &Link, reason: &CloseReason, unsent_bytes: usize);
    /// A UDP peer was dropped from the list of those known, to make room.
    fn forgotten(&mut self, id: ConnectionId);
    /// Something failed that ends no connection by itself.
    fn failed(&mut self, failure: &Failure);
    /// How many datagrams the kernel has dropped so far.
    fn kernel_drops(&mut self, drops: KernelDrops);
}

/// A driver's summary after a [`Driver::turn`], for its owner to tell the state of the session.
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
    /// The last of what was asked to close.
    Closing,
}
