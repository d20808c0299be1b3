//! A record: one read, one write, one datagram or one event of a connection or session.

use super::{AnswerNote, ConnectionId, Direction, HalfId, Timestamp};
use std::net::SocketAddr;

/// The protocol that carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A byte stream: the borders of records have no meaning for the protocol above.
    Tcp,
    /// Datagrams: each record is one datagram.
    Udp,
}

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// Bytes: one read, one completed write, or one datagram.
    Data,
    /// A connection was established.
    Opened,
    /// A connection was closed.
    Closed,
    /// Something failed; the text says what.
    Error,
    /// Information that is not a failure.
    Note,
}

/// One record, when it happens and as it is read back from a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// Its kind.
    pub kind: RecordKind,
    /// The direction; for events, the side that caused them.
    pub direction: Direction,
    /// TCP or UDP.
    pub transport: Transport,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// The local address.
    pub local: SocketAddr,
    /// The peer's address; unspecified if there is none.
    pub peer: SocketAddr,
    /// The bytes, for [`RecordKind::Data`]; empty otherwise.
    pub payload: &'a [u8],
    /// Data: the datagram was longer than the receive buffer, and `payload` is its beginning. Closed: the connection
    /// was reset or lost, so that the stream may lack its end.
    pub is_cut: bool,
    /// The text of an error, a note or a close; empty for data.
    pub text: &'a str,
    /// The rule that sent it, if it is the answer of one.
    pub answer: AnswerNote<'a>,
}

impl Record<'_> {
    /// Whether something failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.kind == RecordKind::Error || self.is_broken_end()
    }

    /// Whether a connection was reset or lost.
    #[must_use]
    pub fn is_broken_end(&self) -> bool {
        self.kind == RecordKind::Closed && self.is_cut
    }

    /// The half of the connection that the record belongs to.
    #[must_use]
    pub fn half(&self) -> HalfId {
        HalfId { connection: self.connection, direction: self.direction }
    }
}

#[cfg(test)]
impl<'a> Record<'a> {
    /// For tests: bytes received on the first TCP connection.
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
            answer: AnswerNote::default(),
        }
    }
}
