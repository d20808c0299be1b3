//! The records that a recording consists of: one per read, write, datagram or event.

use super::{ConnectionId, Timestamp};
use std::net::SocketAddr;

/// The direction of data, as seen from this machine.
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
    /// A byte stream: record borders have no meaning for the protocols above.
    Tcp,
    /// Datagrams: each record is one message.
    Udp,
}

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// Bytes: one read, one completed write, or one datagram.
    Data,
    /// A connection was established.
    Opened,
    /// A connection was closed; the text says how.
    Closed,
    /// Something failed; the text says what.
    Error,
    /// Information that is neither data nor a failure, such as the address listened on.
    Note,
}

/// One record, live or read back from a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// What it records.
    pub kind: RecordKind,
    /// The direction of data; for events, the side that caused them.
    pub direction: Direction,
    /// The transport protocol.
    pub transport: Transport,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// This machine's side.
    pub local: SocketAddr,
    /// The peer's address; the unspecified address for records of the session.
    pub peer: SocketAddr,
    /// The bytes, for [`RecordKind::Data`]; empty otherwise.
    pub payload: &'a [u8],
    /// The datagram was truncated on receipt.
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
