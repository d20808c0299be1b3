//! What the systems' own error numbers are told as: `errno` of Linux, Winsock's codes of Windows.
//!
//! Most of them no test can bring about on loopback, and none may by sending something out. That nothing
//! leads to an address, the kernel says in a network of its own, which leads nowhere.

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

// Not on Windows: the networks are namespaces of Linux.
#[cfg(target_os = "linux")]
mod unreachable {
    use crate::skip::skip;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    const CAUSE: &str = "there is no route to it. Check the address, the cable or Wi-Fi, and the gateway.";

    /// A connection to there, tried by a command that ends by itself.
    fn assert_no_route(mut command: Command, to: &str) {
        let output = command.args(["connect", to]).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("Could not connect to {to}: {CAUSE}\n"));
        assert_eq!(output.status.code(), Some(4));
    }

    /// The program in a network of its own, made by a line of shell. `None`: the system permits none.
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
        let test = thread.name().unwrap_or("a test of networks");
        skip(test, &format!("no network namespace by {made_by:?}: {errors}"));
        None
    }

    #[test]
    fn nothing_leads_to_the_broadcast_address_of_loopback() {
        assert_no_route(Command::new(env!("CARGO_BIN_EXE_wirelab")), "127.255.255.255:9");
    }

    #[test]
    fn without_a_network_nothing_leads_anywhere() {
        for (to, address) in [("192.0.2.1:9", "0.0.0.0:0"), ("[2001:db8::1]:9", "[::]:0")] {
            // With no interface up: not even an address of this machine's that could be sent from.
            let Some(command) = in_a_network_with("true") else { return };
            assert_no_route(command, to);
            let Some(command) = in_a_network_with("true") else { return };
            assert_cannot_send(command, address, to);
        }
    }

    #[test]
    fn with_loopback_alone_nothing_leads_further() {
        for (to, address) in [("192.0.2.1:9", "0.0.0.0:0"), ("[2001:db8::1]:9", "[::]:0")] {
            let Some(command) = in_a_network_with("ip link set lo up") else { return };
            assert_no_route(command, to);
            let Some(command) = in_a_network_with("ip link set lo up") else { return };
            assert_cannot_send(command, address, to);
        }
    }

    /// EHOSTUNREACH, as a router's answer makes it.
    #[test]
    fn a_host_that_cannot_be_reached_is_told_in_the_same_words() {
        let made_by = "ip link set lo up && ip route add unreachable 198.51.100.0/24";
        let Some(command) = in_a_network_with(made_by) else { return };
        assert_no_route(command, "198.51.100.7:9");
        let Some(command) = in_a_network_with(made_by) else { return };
        assert_cannot_send(command, "0.0.0.0:0", "198.51.100.7:9");
    }

    /// A datagram to there, by a command that goes on and is ended.
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
        let told = lines.take(5).find(|line| line.starts_with("Could not"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(told, Some(format!("Could not send to {to}: {CAUSE}")));
    }
}
