//! The direction of data.

/// The direction of data, seen from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Received.
    Inbound,
    /// Sent, and accepted by the kernel.
    Outbound,
}
