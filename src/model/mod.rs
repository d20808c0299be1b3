//! The shared data types: ids, addresses, configurations, records, status, failures.
//!
//! Plain data. No I/O, no threads, no clock.

mod accounting;
mod address;
mod config;
mod connections;
mod datagram;
mod direction;
mod failure;
mod ids;
mod outgoing;
mod peer;
mod record;
mod rules;
mod send;
mod status;
mod time;
mod traffic;
pub mod units;

pub use accounting::{Accounting, Count, Recorded};
pub use address::{AddressError, Endpoint, Host, half_width, parse_ip, parse_listen_address, parse_port};
pub use config::{
    ReconnectPolicy, ResponderConfig, SessionConfig, TcpClientConfig, TcpServerConfig, UdpConfig,
};
pub use connections::{ConnectionInfo, Connections};
pub use datagram::longest_datagram;
pub use direction::Direction;
pub use failure::{
    Damage, Failure, FailureKind, FileInUse, Holder, Instead, Operation, StepFailure, StepProblem,
};
pub use ids::{ConnectionId, HalfId, SendId, Target};
pub use outgoing::{
    Lateness, OutgoingId, OutgoingState, OutgoingStatus, Progress, RepeatProgress, SHORTEST_INTERVAL, Spacing,
};
pub use peer::{MAX_NAME_CHARACTERS, PeerKey, PeerNames};
pub use record::{Record, RecordKind, Transport};
pub use rules::{AnswerNote, AnswerOf, Answered, RecordMark, RuleCounts};
pub use send::{SendResult, SendTotals};
pub use status::{CloseReason, KernelDrops, RecordingStatus, SessionState, Status};
pub use time::Timestamp;
pub use traffic::{Traffic, TrafficCounter};
