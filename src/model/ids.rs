//! Connection ids, and the recipients of a payload.

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
    /// A UDP peer by name; looked up before each send.
    Host(Endpoint),
    /// The UDP peer that sent the most recent datagram.
    LastPeer,
}
