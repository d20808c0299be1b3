//! The published status of a session: state, connections, totals, recording.

use super::{ConnectionId, Connections, Failure, Timestamp};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The state of a session.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum SessionState {
    /// Not started yet.
    #[default]
    Idle,
    /// A host name is being looked up.
    Resolving,
    /// A TCP client waits for its connection.
    Connecting,
    /// The connection failed or was lost; waiting to reconnect.
    Waiting,
    /// A TCP server accepts connections, a UDP socket is bound.
    Listening,
    /// A TCP client is connected, or a server keeps its connections but no longer listens.
    Open,
    /// Being closed.
    Closing,
    /// Ended, and why.
    Closed(CloseReason),
}

impl SessionState {
    /// Whether sockets are open or being opened, so that the session can be stopped.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !matches!(self, Self::Idle | Self::Closed(_))
    }
}

/// Why a connection or a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The user asked for it.
    Local,
    /// The peer closed the connection (FIN).
    Peer,
    /// A failure ended it.
    Failed(Failure),
}

/// Totals of bytes and records, in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Payload bytes the kernel accepted.
    pub bytes_out: u64,
    /// Data records received.
    pub records_in: u64,
    /// Data records sent.
    pub records_out: u64,
}

/// The counters behind a [`Traffic`], written by one thread and read by any.
#[derive(Debug, Default)]
pub struct TrafficCounter {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    records_in: AtomicU64,
    records_out: AtomicU64,
}

impl TrafficCounter {
    /// Adds received data.
    pub fn add_in(&self, records: u64, bytes: u64) {
        self.records_in.fetch_add(records, Ordering::Relaxed);
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds sent data.
    pub fn add_out(&self, records: u64, bytes: u64) {
        self.records_out.fetch_add(records, Ordering::Relaxed);
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The current totals. The four counters are read one after the other, not atomically together.
    #[must_use]
    pub fn totals(&self) -> Traffic {
        Traffic {
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            records_in: self.records_in.load(Ordering::Relaxed),
            records_out: self.records_out.load(Ordering::Relaxed),
        }
    }
}

/// One open connection or known UDP peer.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// Its id in the session.
    pub id: ConnectionId,
    /// The other side.
    pub peer: SocketAddr,
    /// This machine's side.
    pub local: SocketAddr,
    /// When it was established, or the UDP peer was first heard from.
    pub since: Timestamp,
    /// The peer has finished sending; it may still receive.
    pub is_half_closed: bool,
    /// Bytes and records of this connection alone.
    pub traffic: Arc<TrafficCounter>,
}

/// Datagrams the kernel dropped because they came faster than they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelDrops {
    /// The protocol drops nothing at this place (TCP).
    #[default]
    Impossible,
    /// The system does not count them.
    Unknown,
    /// The number that the system counted.
    Counted(u64),
}

/// How the recording of a session is doing. Records are counted twice: all of them, and those with
/// data alone, which is what [`Traffic`] counts. [`Status::accounting`] says how they add up.
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
    /// Payload bytes whose segments were dropped because of the size limit.
    pub bytes_expired: u64,
    /// Records dropped with them.
    pub records_expired: u64,
    /// The data records among them.
    pub data_expired: u64,
    /// Why the last write failed, while it is failing.
    pub failure: Option<Failure>,
}

/// The status of a session: everything that a front end shows besides the records.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// The state.
    pub state: SessionState,
    /// The bound address, with the port that the system chose for port 0.
    pub local: Option<SocketAddr>,
    /// The address a TCP client is connected or connecting to.
    pub remote: Option<SocketAddr>,
    /// Open connections in the order of their ids.
    pub connections: Connections,
    /// Totals of the session, including connections that are gone.
    pub traffic: Traffic,
    /// Bytes queued for sending, over all connections.
    pub queued_bytes: u64,
    /// Datagrams lost before they could be read.
    pub kernel_drops: KernelDrops,
    /// Datagrams received only in part.
    pub records_cut: u64,
    /// The recording.
    pub recording: RecordingStatus,
    /// Bytes of payload that were accepted for sending and then dropped.
    pub unsent_bytes: u64,
    /// The most recent failure of the session as a whole. Failures of single connections are only in the recording.
    pub failure: Option<Failure>,
    /// Number of such failures since the session was opened.
    pub failures: u64,
    /// Time of the next connection attempt, while [`SessionState::Waiting`].
    pub retry_at: Option<Timestamp>,
}
