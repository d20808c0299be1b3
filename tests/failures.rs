//! The failures that system errors are mapped to: `errno` on Linux, Winsock and Win32 codes on Windows.
//!
//! Most of these errors cannot be caused over loopback. Missing routes are tested in a network namespace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(target_os = "linux")]
#[path = "support/skip.rs"]
mod skip;

use std::io;
use wirelab::lang::{Language, explain};
use wirelab::model::{Failure, FailureKind, Operation};

fn in_use() -> FailureKind {
    FailureKind::AddressInUse { owner: None, next_free_port: None }
}

#[cfg(target_os = "linux")]
fn codes() -> Vec<(i32, FailureKind)> {
    use FailureKind::*;
    use nix::libc::*;
    vec![
        (EPERM, PermissionDenied),
        (EACCES, PermissionDenied),
        (ENFILE, TooManyOpenFiles),
        (EMFILE, TooManyOpenFiles),
        (EFBIG, FileTooLarge),
        (ENOSPC, DiskFull),
        (EDQUOT, DiskFull),
        (EPIPE, Reset),
        (EADDRINUSE, in_use()),
        (EADDRNOTAVAIL, AddressNotAvailable),
        (ENETDOWN, Unreachable),
        (ENETUNREACH, Unreachable),
        (ECONNABORTED, Reset),
        (ECONNRESET, Reset),
        (ETIMEDOUT, TimedOut),
        (ECONNREFUSED, Refused),
        (EHOSTUNREACH, Unreachable),
    ]
}

#[cfg(windows)]
fn codes() -> Vec<(i32, FailureKind)> {
    use FailureKind::*;
    use windows_sys::Win32::Foundation::{
        ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL, ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES,
    };
    use windows_sys::Win32::Networking::WinSock::*;
    vec![
        (ERROR_TOO_MANY_OPEN_FILES.cast_signed(), TooManyOpenFiles),
        (ERROR_SHARING_VIOLATION.cast_signed(), FileInUse { holder: None }),
        (ERROR_HANDLE_DISK_FULL.cast_signed(), DiskFull),
        (ERROR_DISK_FULL.cast_signed(), DiskFull),
        (WSAEACCES, PermissionDenied),
        (WSAEMFILE, TooManyOpenFiles),
        (WSAENOBUFS, TooManyOpenFiles),
        (WSAEADDRINUSE, in_use()),
        (WSAEADDRNOTAVAIL, AddressNotAvailable),
        (WSAENETDOWN, Unreachable),
        (WSAENETUNREACH, Unreachable),
        (WSAECONNABORTED, Reset),
        (WSAECONNRESET, Reset),
        (WSAETIMEDOUT, TimedOut),
        (WSAECONNREFUSED, Refused),
        (WSAEHOSTUNREACH, Unreachable),
        (WSAHOST_NOT_FOUND, NameNotFound),
        (WSANO_DATA, NameNotFound),
    ]
}

#[cfg(any(target_os = "linux", windows))]
#[test]
fn each_error_number_is_mapped_to_its_failure() {
    for (code, kind) in codes() {
        let failure =
            Failure::from_io(Operation::Connect, "203.0.113.1:80", &io::Error::from_raw_os_error(code));
        assert_eq!((failure.kind, failure.os_code), (kind, Some(code)), "{code}");
    }
}

#[test]
fn each_error_kind_is_mapped_to_its_failure() {
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
fn an_unknown_error_keeps_the_system_s_text() {
    let failure =
        Failure::from_io(Operation::Receive, "10.0.0.7:502", &io::Error::other("the line is on fire"));
    assert_eq!(failure.kind, FailureKind::Other { detail: "the line is on fire".into() });
    let text = explain(Language::English.words(), &failure);
    assert!(text.contains("10.0.0.7:502") && text.contains("the line is on fire"), "{text}");
}

// Not on Windows: network namespaces are a feature of Linux.
#[cfg(target_os = "linux")]
mod unreachable {
    use crate::skip::skip;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    const CAUSE: &str =
        "there is no route to the host. Check the address, the cable or Wi-Fi, and the gateway.";

    /// Runs `connect`, which must end with "no route".
    fn assert_no_route(mut command: Command, to: &str) {
        let output = command.args(["connect", to]).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("Could not connect to {to}: {CAUSE}\n"));
        assert_eq!(output.status.code(), Some(4));
    }

    /// The program in a network namespace that a shell command sets up. `None`: namespaces are not permitted, and the
    /// test is skipped.
    fn in_a_network_with(made_by: &str) -> Option<Command> {
        let mut errors = String::new();
        for namespaces in ["-n", "-rn"] {
            let inside = |command: &str| {
                let mut unshare = Command::new("unshare");
                unshare.args([namespaces, "sh", "-c", command, env!("CARGO_BIN_EXE_wirelab")]);
                unshare
            };
            match inside(made_by).output() {
                Ok(output) if output.status.success() => {
                    return Some(inside(&format!("{made_by} && exec \"$0\" \"$@\"")));
                }
                Ok(output) => errors += &String::from_utf8_lossy(&output.stderr),
                Err(error) => errors += &error.to_string(),
            }
        }
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test of network namespaces");
        skip(test, &format!("{made_by:?} sets up no network namespace: {errors}"));
        None
    }

    #[test]
    fn there_is_no_route_to_the_broadcast_address_of_loopback() {
        assert_no_route(Command::new(env!("CARGO_BIN_EXE_wirelab")), "127.255.255.255:9");
    }

    #[test]
    fn without_an_interface_there_is_no_route() {
        for (to, address) in [("192.0.2.1:9", "0.0.0.0:0"), ("[2001:db8::1]:9", "[::]:0")] {
            // No interface is up in a new namespace, not even loopback.
            let Some(command) = in_a_network_with("true") else { return };
            assert_no_route(command, to);
            let Some(command) = in_a_network_with("true") else { return };
            assert_cannot_send(command, address, to);
        }
    }

    #[test]
    fn with_loopback_only_there_is_no_route_to_other_hosts() {
        for (to, address) in [("192.0.2.1:9", "0.0.0.0:0"), ("[2001:db8::1]:9", "[::]:0")] {
            let Some(command) = in_a_network_with("ip link set lo up") else { return };
            assert_no_route(command, to);
            let Some(command) = in_a_network_with("ip link set lo up") else { return };
            assert_cannot_send(command, address, to);
        }
    }

    /// Fails with EHOSTUNREACH, as after an ICMP "host unreachable".
    #[test]
    fn an_unreachable_host_is_reported_like_a_missing_route() {
        let made_by = "ip link set lo up && ip route add unreachable 198.51.100.0/24";
        let Some(command) = in_a_network_with(made_by) else { return };
        assert_no_route(command, "198.51.100.7:9");
        let Some(command) = in_a_network_with(made_by) else { return };
        assert_cannot_send(command, "0.0.0.0:0", "198.51.100.7:9");
    }

    /// Runs `udp` and kills it once it has reported that its datagram has no route.
    fn assert_cannot_send(mut command: Command, local: &str, to: &str) {
        let mut child = command
            .args(["udp", local, "--to", to, "--send", "text", "--for", "20"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let said = lines.take(5).find(|line| line.starts_with("Could not"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(said, Some(format!("Could not send to {to}: {CAUSE}")));
    }
}
