//! The state of a session, for any front end to show.

use super::{ConnectionId, Connections, Failure, OutgoingStatus, RuleCounts, SendTotals, Timestamp, Traffic};
use std::net::SocketAddr;
use std::sync::Arc;

/// The phase of a session's life.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum SessionState {
    /// Not started yet.
    #[default]
    Idle,
    /// A host name is being looked up.
    Resolving,
    /// A TCP client waits for its connection.
    Connecting,
    /// A connection failed or was lost; the session connects again by itself.
    Waiting,
    /// A TCP server accepts connections, a UDP socket is bound.
    Listening,
    /// A TCP client is connected, or a server keeps its connections but no longer listens.
    Open,
    /// Being closed.
    Closing,
    /// Over, and why.
    Closed(CloseReason),
}

impl SessionState {
    /// Whether sockets are open or being opened.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !matches!(self, Self::Idle | Self::Closed(_))
    }
}

/// Why a connection or a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Closed on this side.
    Local,
    /// The peer closed in an orderly way.
    Peer,
    /// It failed.
    Failed(Failure),
}

/// Datagrams the kernel dropped because they came faster than they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelDrops {
    /// The protocol does not drop received data (TCP).
    #[default]
    Impossible,
    /// This system does not count them.
    Unknown,
    /// The system's count.
    Counted(u64),
}

/// The state of a session's recording. Records are counted twice: all of them, and only those with
/// data, which is what [`Traffic`] counts. [`Status::accounting`] says how they add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingStatus {
    /// There is a recording; without one all numbers are 0.
    pub is_on: bool,
    /// Payload bytes that were written, those dropped by the size limit since included.
    pub bytes_recorded: u64,
    /// Records that were written, those dropped since included.
    pub records_recorded: u64,
    /// The data records among them.
    pub data_recorded: u64,
    /// Payload bytes that could not be recorded.
    pub bytes_lost: u64,
    /// Records that could not be recorded.
    pub records_lost: u64,
    /// The data records among them.
    pub data_lost: u64,
    /// Those of them that are lost because their file was deleted, those dropped by the size limit since included: the
    /// others can be read until the session ends.
    pub data_deleted: u64,
    /// Payload bytes whose segments were dropped because of the size limit.
    pub bytes_expired: u64,
    /// Records dropped with them.
    pub records_expired: u64,
    /// The data records among them.
    pub data_expired: u64,
    /// Why the last write failed, while it is failing.
    pub failure: Option<Failure>,
}

impl RecordingStatus {
    /// The data records that were written, whether or not their file has been deleted or dropped since.
    #[must_use]
    pub fn data_readable(&self) -> u64 {
        self.data_recorded + self.data_deleted
    }
}

/// Everything a front end shows of a session besides its records.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// The phase of its life.
    pub state: SessionState,
    /// The bound address, with the port that the system chose for port 0.
    pub local: Option<SocketAddr>,
    /// The address a TCP client is connected or connecting to.
    pub remote: Option<SocketAddr>,
    /// Open connections in the order of their ids.
    pub connections: Connections,
    /// The UDP peer that sent the most recent datagram.
    pub last_peer: Option<ConnectionId>,
    /// Totals of the session, including connections that are gone.
    pub traffic: Traffic,
    /// Bytes waiting to be sent, over all connections.
    pub queued_bytes: u64,
    /// Datagrams lost before they could be read.
    pub kernel_drops: KernelDrops,
    /// Datagrams that were longer than the receive buffer.
    pub records_cut: u64,
    /// The recording.
    pub recording: RecordingStatus,
    /// Payload bytes that were to be sent and never will be, over all recipients.
    pub unsent_bytes: u64,
    /// The results of the payloads from the pipe.
    pub piped: SendTotals,
    /// What is sent over time, in the order of the starts: what runs, and what has ended until it is stopped again.
    pub outgoing: Arc<[OutgoingStatus]>,
    /// How much of what was sent over time has ended without all of it being sent to everybody it was for. What was
    /// stopped does not count.
    pub outgoing_short: u64,
    /// How often each of the rules has applied; `None` without rules.
    pub rules: Option<Arc<RuleCounts>>,
    /// How often rules have asked for the attention of the user.
    pub alarms: u64,
    /// The newest failure of the session as a whole. Failures of one of many connections are only in the
    /// recording, and those of a send are in its [`SendResult`](super::SendResult) or in `piped`.
    pub failure: Option<Failure>,
    /// How many such failures there have been since the session was opened.
    pub failures: u64,
    /// The time of the next attempt to connect, while [`SessionState::Waiting`].
    pub retry_at: Option<Timestamp>,
}
