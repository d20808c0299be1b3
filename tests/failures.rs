//! What the systems' own error numbers are told as: `errno` of Linux, Winsock's codes of Windows.
//!
//! Most of them no test can bring about on loopback, and none may by sending something out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
use wirelab::lang::{Language, explain};
use wirelab::model::{Failure, FailureKind, Operation};

fn in_use() -> FailureKind {
    FailureKind::AddressInUse { owner: None, next_free_port: None }
}

#[cfg(target_os = "linux")]
fn codes() -> Vec<(i32, FailureKind)> {
    use FailureKind::*;
    vec![
        (1, PermissionDenied),  // EPERM
        (13, PermissionDenied), // EACCES
        (23, TooManyOpenFiles), // ENFILE
        (24, TooManyOpenFiles), // EMFILE
        (27, DiskFull),         // EFBIG
        (28, DiskFull),         // ENOSPC
        (122, DiskFull),        // EDQUOT
        (32, Reset),            // EPIPE
        (98, in_use()),         // EADDRINUSE
        (99, AddressNotAvailable),
        (100, Unreachable), // ENETDOWN
        (101, Unreachable), // ENETUNREACH
        (103, Reset),       // ECONNABORTED
        (104, Reset),       // ECONNRESET
        (110, TimedOut),
        (111, Refused),
        (113, Unreachable), // EHOSTUNREACH
    ]
}

#[cfg(windows)]
fn codes() -> Vec<(i32, FailureKind)> {
    use FailureKind::*;
    vec![
        (4, TooManyOpenFiles),
        (39, DiskFull),            // ERROR_HANDLE_DISK_FULL
        (112, DiskFull),           // ERROR_DISK_FULL
        (10013, PermissionDenied), // WSAEACCES
        (10024, TooManyOpenFiles), // WSAEMFILE
        (10055, TooManyOpenFiles), // WSAENOBUFS
        (10048, in_use()),         // WSAEADDRINUSE
        (10049, AddressNotAvailable),
        (10050, Unreachable), // WSAENETDOWN
        (10051, Unreachable), // WSAENETUNREACH
        (10053, Reset),       // WSAECONNABORTED
        (10054, Reset),       // WSAECONNRESET
        (10060, TimedOut),
        (10061, Refused),
        (10065, Unreachable), // WSAEHOSTUNREACH
        (11001, NameNotFound),
        (11004, NameNotFound),
    ]
}

#[cfg(any(target_os = "linux", windows))]
#[test]
fn each_number_has_its_cause() {
    for (code, kind) in codes() {
        let failure =
            Failure::from_io(Operation::Connect, "203.0.113.1:80", &io::Error::from_raw_os_error(code));
        assert_eq!((failure.kind, failure.os_code), (kind, Some(code)), "{code}");
    }
}

#[test]
fn each_kind_of_the_standard_library_has_its_cause() {
    use io::ErrorKind as Kind;
    let kinds = [
        (Kind::AddrInUse, in_use()),
        (Kind::AddrNotAvailable, FailureKind::AddressNotAvailable),
        (Kind::PermissionDenied, FailureKind::PermissionDenied),
        (Kind::ConnectionRefused, FailureKind::Refused),
        (Kind::TimedOut, FailureKind::TimedOut),
        (Kind::HostUnreachable, FailureKind::Unreachable),
        (Kind::NetworkUnreachable, FailureKind::Unreachable),
        (Kind::NetworkDown, FailureKind::Unreachable),
        (Kind::ConnectionReset, FailureKind::Reset),
        (Kind::ConnectionAborted, FailureKind::Reset),
        (Kind::BrokenPipe, FailureKind::Reset),
        (Kind::StorageFull, FailureKind::DiskFull),
    ];
    for (error, kind) in kinds {
        let failure = Failure::from_io(Operation::Send, "[::1]:9", &error.into());
        assert_eq!((failure.kind, failure.os_code), (kind, None), "{error:?}");
    }
}

#[test]
fn what_is_not_known_keeps_the_system_s_words() {
    let failure =
        Failure::from_io(Operation::Receive, "10.0.0.7:502", &io::Error::other("the line is on fire"));
    assert_eq!(failure.kind, FailureKind::Other { detail: "the line is on fire".into() });
    let text = explain(Language::English.words(), &failure);
    assert!(text.contains("10.0.0.7:502") && text.contains("the line is on fire"), "{text}");
}
