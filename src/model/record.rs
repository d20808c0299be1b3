//! A record: one read, write, datagram or change of a connection.

use super::{ConnectionId, Timestamp};
use std::net::SocketAddr;

/// The direction of bytes, seen from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Received.
    Inbound,
    /// Sent, and accepted by the kernel.
    Outbound,
}

/// The protocol that carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A byte stream: the borders of records have no meaning for the protocols above.
    Tcp,
    /// Datagrams: each record is one.
    Udp,
}

/// The kind of a record.
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
    /// The time of the event.
    pub time: Timestamp,
    /// What kind of event.
    pub kind: RecordKind,
    /// The direction of its bytes; for changes, the side that caused them.
    pub direction: Direction,
    /// The protocol below.
    pub transport: Transport,
    /// The connection that it belongs to.
    pub connection: ConnectionId,
    /// This machine's side.
    pub local: SocketAddr,
    /// The other side; the unspecified address where there is none.
    pub peer: SocketAddr,
    /// The bytes, for [`RecordKind::Data`]; empty otherwise.
    pub payload: &'a [u8],
    /// The datagram was longer than the receive buffer.
    pub is_cut: bool,
    /// The words of an error, a note or a close; empty for data.
    pub text: &'a str,
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
