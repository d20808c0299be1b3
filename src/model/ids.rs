//! Identities: which connection, which send, and whom a payload is meant for.

use super::{Direction, Endpoint};
use std::fmt;
use std::net::SocketAddr;

/// One TCP stream or one UDP peer of a session. Counted from 1 in the order of appearance and
/// never reused within a session, so an old id can never mean a newer connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

impl ConnectionId {
    /// The session as a whole, for records such as a failed bind.
    pub const SESSION: Self = Self(0);
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HalfId {
    /// The connection.
    pub connection: ConnectionId,
    /// The direction.
    pub direction: Direction,
}

impl HalfId {
    /// Both halves of a connection.
    #[must_use]
    pub fn both(connection: ConnectionId) -> [Self; 2] {
        [Direction::Inbound, Direction::Outbound].map(|direction| Self { connection, direction })
    }
}

/// One request to send a payload. Counted from 1 in a session, and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SendId(pub u64);

/// The recipients of a payload.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Target {
    /// Every open connection; for UDP every peer seen so far.
    #[default]
    All,
    /// These connections, each once. Those that are gone are skipped and reported.
    Connections(Vec<ConnectionId>),
    /// A UDP address, known as a peer or not.
    Address(SocketAddr),
    /// A UDP peer by name. It is looked up once per session, and again in the background when the answer
    /// has become old.
    Host(Endpoint),
    /// The UDP peer that sent the most recent datagram; for TCP, all connections.
    LastPeer,
}
