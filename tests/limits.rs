//! Sessions at the limits of the system: no file handles left, and privileged ports.
//!
//! Limits apply to a process, so these tests are a program of their own and run one at a time.

// Not on Windows: the limits are those of Linux (RLIMIT_NOFILE, ports below 1024).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/skip.rs"]
mod skip;
mod support;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use skip::skip;
use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use support::*;
use wirelab::capture::Limits;
use wirelab::model::{FailureKind, Operation, SessionConfig, SessionState, Target, TcpServerConfig};

/// Keeps the other test from running until dropped.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens files until no handle is left.
fn take_all_handles() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

#[test]
fn without_file_handles_accepting_pauses_and_open_connections_continue() {
    let _alone = alone();
    let limit = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 200.min(limit.0), limit.1).unwrap();

    // With segments this small, the recording needs new files all the time.
    let session = Session::start_limited(server(), Limits { segment_bytes: 1000, total_bytes: None });
    let address = session.wait_for_address();
    let mut first = connect(address);
    session.wait("the first", |status| status.connections.len() == 1);
    let mut handles = take_all_handles();
    // One handle for the client's socket, none for the accepted one.
    drop(handles.pop());
    let mut second = connect(address);
    second.write_all(b"waiting").unwrap();
    let status = session.wait("the failure", |status| status.failures > 0);
    let failure = status.failure.unwrap();
    assert_eq!((failure.operation, failure.kind), (Operation::Accept, FailureKind::TooManyOpenFiles));

    // At least a second: several attempts to accept, which are 200 ms apart, and many new files.
    let until = Instant::now() + Duration::from_millis(1200);
    let mut rounds = 0;
    while Instant::now() < until || rounds < 60 {
        first.write_all(b"ping").unwrap();
        rounds += 1;
        session.wait("ping", |status| status.traffic.bytes_in == rounds * 4);
        session.send(Target::All, b"pong");
        first.read_exact(&mut [0; 4]).unwrap();
    }
    let status = session.handle.status();
    assert_eq!(status.state, SessionState::Listening);
    assert_eq!(
        (status.failures, status.connections.len()),
        (1, 1),
        "reported once, and the connection stays"
    );
    assert!(status.recording.records_recorded > 100);

    drop(handles);
    session.wait("the second", |status| status.connections.len() == 2);
    session.wait("its bytes", |status| status.traffic.bytes_in == rounds * 4 + 7);
    let status = session.handle.status();
    assert_eq!((status.failures, status.recording.records_lost, status.recording.failure), (1, 0, None));
    // Failed attempts to open a file left none behind, and the recording is complete.
    let snapshot = session.handle.reader().snapshot();
    let files = std::fs::read_dir(session.folder.path().join("recording")).unwrap().count();
    assert_eq!(files, snapshot.files().len());
    let records = snapshot.records();
    assert_eq!(records_of(snapshot).len() as u64, records);
    drop(session);
    setrlimit(Resource::RLIMIT_NOFILE, limit.0, limit.1).unwrap();
}

/// Set in the child process without privileges.
const UNPRIVILEGED: &str = "WIRELAB_TEST_UNPRIVILEGED";

#[test]
fn a_privileged_port_is_reported_as_not_permitted() {
    let _alone = alone();
    if std::env::var_os(UNPRIVILEGED).is_some() || !is_root() {
        return assert_not_permitted();
    }
    // Root may bind any port, so the test runs itself as the user nobody, who may not have access to its folder.
    let program = File::open(std::env::current_exe().unwrap()).unwrap();
    let output = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()))
        .args(["--exact", "a_privileged_port_is_reported_as_not_permitted", "--nocapture"])
        .env(UNPRIVILEGED, "1")
        .current_dir("/")
        .uid(65_534)
        .gid(65_534)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).unwrap() == 0
}

/// Listens on a privileged port, which must fail.
fn assert_not_permitted() {
    let first: u16 = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let local = SocketAddr::from(([127, 0, 0, 1], 1));
    if first <= local.port() {
        // Some containers permit it.
        return skip("a_privileged_port_is_reported_as_not_permitted", "ports below 1024 are not privileged");
    }
    let session = Session::start(SessionConfig::TcpServer(TcpServerConfig::new(local)));
    let status = session.wait("the failure", |status| status.failure.is_some());
    let failure = status.failure.unwrap();
    assert_eq!((failure.operation, failure.kind), (Operation::Listen, FailureKind::PermissionDenied));
    assert_eq!((failure.endpoint, failure.os_code), (local.to_string(), Some(nix::libc::EACCES)));
}
