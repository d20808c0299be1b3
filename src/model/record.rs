//! What a recording consists of: one record per read, write, datagram or change.

use super::{ConnectionId, HalfId, Timestamp};
use std::net::SocketAddr;

/// Which way bytes went, seen from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Received.
    Inbound,
    /// Sent, and accepted by the kernel.
    Outbound,
}

/// The protocol that carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A stream: record borders mean nothing to the protocols above.
    Tcp,
    /// Datagrams: each record is whole in itself.
    Udp,
}

/// What a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// Bytes: one read, one completed write, or one datagram.
    Data,
    /// A connection was established.
    Opened,
    /// A connection is over.
    Closed,
    /// Something failed; the text says what.
    Error,
    /// Something worth knowing that is not a failure.
    Note,
}

/// One record, as it is handed on when it happens and as it is read back from a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// What it tells.
    pub kind: RecordKind,
    /// Which way; for changes, the side that caused them.
    pub direction: Direction,
    /// The protocol below.
    pub transport: Transport,
    /// To which connection it belongs.
    pub connection: ConnectionId,
    /// This machine's side.
    pub local: SocketAddr,
    /// The other side; the unspecified address where there is none.
    pub peer: SocketAddr,
    /// The bytes, for [`RecordKind::Data`]; empty otherwise.
    pub payload: &'a [u8],
    /// A datagram was longer than what could be received of it.
    pub is_cut: bool,
    /// The words of an error, a note or a close; empty for data.
    pub text: &'a str,
}

impl Record<'_> {
    /// The half of the connection that the record belongs to.
    #[must_use]
    pub fn half(&self) -> HalfId {
        HalfId { connection: self.connection, direction: self.direction }
    }
}

#[cfg(test)]
impl<'a> Record<'a> {
    /// What tests record: bytes that were received on the first TCP connection.
    pub(crate) fn received(payload: &'a [u8]) -> Self {
        Self {
            time: Timestamp(1),
            kind: RecordKind::Data,
            direction: Direction::Inbound,
            transport: Transport::Tcp,
            connection: ConnectionId(1),
            local: ([127, 0, 0, 1], 7788).into(),
            peer: ([127, 0, 0, 1], 50_000).into(),
            payload,
            is_cut: false,
            text: "",
        }
    }
}
