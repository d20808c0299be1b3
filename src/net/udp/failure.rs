//! What the errors of a UDP socket mean.

use crate::model::{Failure, FailureKind, Operation};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

/// Whether the error is the answer to an earlier datagram that reached nobody (ICMP port unreachable; on Windows
/// WSAECONNRESET).
pub(super) fn is_answer(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

/// The failure of receiving at, or sending to, `endpoint`.
pub(super) fn failure(operation: Operation, endpoint: SocketAddr, error: &io::Error) -> Failure {
    let mut failure = Failure::from_io(operation, endpoint, error);
    if is_answer(error) {
        failure.kind = FailureKind::PortUnreachable;
    }
    // The user picked only the destination: report it as unreachable.
    if operation == Operation::Send && failure.kind == FailureKind::AddressNotAvailable {
        failure.kind = FailureKind::Unreachable;
    }
    if operation == Operation::Send
        && failure.kind == FailureKind::PermissionDenied
        && !is_refused_by_firewall(error)
    {
        failure.kind = FailureKind::BroadcastNotAllowed;
    }
    failure
}

/// On Linux a firewall's refusal is EPERM, and sending to a broadcast address without the option is EACCES;
/// the standard library has one kind for both.
#[cfg(target_os = "linux")]
fn is_refused_by_firewall(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::EPERM)
}

#[cfg(not(target_os = "linux"))]
fn is_refused_by_firewall(_: &io::Error) -> bool {
    false
}
