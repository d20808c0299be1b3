//! TCP servers against plain sockets.

use crate::support::*;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use wirelab::model::{
    CloseReason, ConnectionId, Direction, Failure, FailureKind, RecordKind, ResponderConfig, SessionConfig,
    SessionState, Status, Target, TcpServerConfig, Timestamp,
};

#[test]
fn a_server_receives_sends_and_records() {
    let before = Timestamp::from_system(SystemTime::now());
    let (server, address) = Session::server();
    let mut peer = connect(address);
    peer.write_all(b"hello").unwrap();
    server.wait("5 bytes", |status| status.traffic.bytes_in == 5);
    server.send(Target::All, b"world!");
    assert_eq!(read_exactly(&mut peer, 6), b"world!");
    let status = server.wait("6 bytes", |status| status.traffic.bytes_out == 6);
    assert_eq!(status.connections.len(), 1);
    assert_eq!(status.connections[0].peer, peer.local_addr().unwrap());
    assert_eq!(status.connections[0].local, address);
    assert_eq!(status.connections[0].traffic.totals(), status.traffic);
    assert_eq!((status.traffic.records_in, status.traffic.records_out), (1, 1));
    let since = status.connections[0].since;
    assert!(before <= since && since <= Timestamp::from_system(SystemTime::now()), "{since:?}");
    drop(peer);
    server.wait("the end", |status| status.connections.is_empty());
    let kinds: Vec<_> = server
        .records()
        .into_iter()
        .map(|record| (record.connection, record.kind, record.direction))
        .collect();
    use {Direction::*, RecordKind::*};
    assert_eq!(
        kinds,
        [
            (0, Note, Outbound),
            (1, Opened, Inbound),
            (1, Data, Inbound),
            (1, Data, Outbound),
            (1, Closed, Inbound)
        ]
    );
    assert_eq!(server.handle.status().recording.records_recorded, 5);
}

#[test]
fn a_payload_goes_to_one_to_several_or_to_all_connections() {
    let (server, address) = Session::server();
    let mut peers: Vec<_> = (0..3).map(|_| connect(address)).collect();
    let status = server.wait("three", |status| status.connections.len() == 3);
    let id = |peer: &TcpStream| {
        let address = peer.local_addr().unwrap();
        status.connections.iter().find(|connection| connection.peer == address).unwrap().id
    };
    let ids: Vec<_> = peers.iter().map(id).collect();
    server.send(Target::Connections(vec![ids[1]]), b"one");
    server.send(Target::Connections(vec![ids[0], ids[2]]), b"two");
    server.send(Target::All, b"all");
    assert_eq!(read_exactly(&mut peers[0], 6), b"twoall");
    assert_eq!(read_exactly(&mut peers[1], 6), b"oneall");
    assert_eq!(read_exactly(&mut peers[2], 6), b"twoall");

    server.handle.disconnect(vec![ids[1]]).unwrap();
    assert_eq!(peers[1].read(&mut [0; 1]).unwrap(), 0, "an orderly end");
    let left = server.wait("two", |status| status.connections.len() == 2);
    assert!(left.connections.iter().all(|connection| connection.id != ids[1]));
    // One of two recipients is gone: the result says so, and it is not a failure of the session.
    let result = server.send_and_wait(Target::Connections(vec![ids[1], ids[0]]), b"gone");
    assert_eq!((result.recipients, result.sent, result.unsent_bytes), (2, 1, 4));
    assert_eq!(result.failure.unwrap().kind, FailureKind::NoRecipient);
    assert_eq!(read_exactly(&mut peers[0], 4), b"gone");
    assert_eq!(server.handle.status().failures, 0);
    let last = server.records().pop().unwrap();
    assert_eq!((last.kind, last.text.as_str()), (RecordKind::Note, "Sent to 1 of 2 recipients"));
}

#[test]
fn connections_stay_when_listening_stops() {
    let (server, address) = Session::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    server.handle.stop_listening().unwrap();
    server.wait("open", |status| status.state == SessionState::Open);
    let other = TcpListener::bind(address).expect("the port is free");
    server.send(Target::All, b"still here");
    assert_eq!(read_exactly(&mut peer, 10), b"still here");
    // The port is taken: the connections stay open.
    server.handle.listen_again().unwrap();
    let status = server.wait("the failure", |status| status.failures == 1);
    assert_eq!(server.handle.status().state, SessionState::Open);
    // No other port is proposed, since a restart there would close the connections.
    let kind = status.failure.unwrap().kind;
    assert!(matches!(kind, FailureKind::AddressInUse { next_free_port: None, .. }), "{kind:?}");
    drop(other);
    server.handle.listen_again().unwrap();
    server.wait("listening again", |status| status.state == SessionState::Listening);
    drop(connect(address));
    server.handle.stop_listening().unwrap();
    drop(peer);
    server.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Local));
}

#[test]
fn queued_data_reaches_a_half_closed_peer_before_the_end() {
    let (server, address) = Session::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    let payload: Arc<[u8]> = (0..8_000_000u32).map(|i| (i * 31) as u8).collect();
    server.handle.send(Target::All, payload.clone()).unwrap();
    server.wait("sending", |status| status.queued_bytes > 0);
    peer.shutdown(Shutdown::Write).unwrap();
    server.wait("half-closed", |status| status.connections.first().is_none_or(|c| c.is_half_closed));
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert!(received == payload[..], "{} of {} bytes", received.len(), payload.len());
    server.wait("closed", |status| status.connections.is_empty());
    assert!(server.bytes(Direction::Outbound) == payload[..]);
}

#[test]
fn a_half_closed_connection_is_kept_if_configured() {
    let config = TcpServerConfig { keep_half_open: true, ..TcpServerConfig::new(loopback()) };
    let (server, address) = Session::server_with(config);
    let mut peer = connect(address);
    peer.shutdown(Shutdown::Write).unwrap();
    server.wait("half-closed", |status| status.connections.first().is_some_and(|c| c.is_half_closed));
    server.send(Target::All, b"late");
    assert_eq!(read_exactly(&mut peer, 4), b"late");
    assert_eq!(server.handle.status().connections.len(), 1);
}

#[test]
fn a_taken_port_names_its_owner_and_a_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = taken.local_addr().unwrap();
    let session = Session::start(SessionConfig::TcpServer(TcpServerConfig::new(local)));
    let status = session.wait("failure", |status| status.failure.is_some());
    let Some(Failure { kind: FailureKind::AddressInUse { owner, next_free_port }, .. }) = status.failure
    else {
        panic!("{status:?}")
    };
    // wine does not report the owner.
    let pid = owner.map(|owner| owner.pid);
    assert!(pid == Some(std::process::id()) || pid.is_none() && cfg!(windows), "{pid:?}");
    assert!(next_free_port.unwrap() > local.port());
}

#[test]
fn an_address_of_another_machine_is_a_failure() {
    let config = TcpServerConfig::new("203.0.113.1:0".parse().unwrap());
    let session = Session::start(SessionConfig::TcpServer(config));
    let status = session.wait("failure", |status| status.failure.is_some());
    assert_eq!(status.failure.unwrap().kind, FailureKind::AddressNotAvailable);
}

#[test]
fn a_reset_is_one_record_that_says_so() {
    let (server, address) = Session::server();
    let peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    reset(peer);
    server.wait("end", |status| status.connections.is_empty());
    // wine reads a reset as an orderly end.
    if cfg!(target_os = "linux") {
        let records = server.records();
        let ends: Vec<_> = records.iter().filter(|record| record.is_cut).collect();
        assert_eq!(ends.len(), 1);
        assert_eq!(ends[0].kind, RecordKind::Closed);
        assert!(records.iter().all(|record| record.kind != RecordKind::Error));
        assert!(ends[0].text.starts_with("reset by the peer, "), "{}", ends[0].text);
    }
}

/// The kinds and texts of a connection's records that are no data, without how long it was open.
fn course(server: &Session, connection: u32) -> Vec<(RecordKind, String)> {
    let records = server.records().into_iter();
    let of_connection =
        records.filter(|record| record.connection == connection && record.kind != RecordKind::Data);
    of_connection
        .map(|record| {
            let parts: Vec<_> = record.text.split(", ").collect();
            let text = if parts.len() == 3 { format!("{}, {}", parts[0], parts[2]) } else { record.text };
            (record.kind, text)
        })
        .collect()
}

#[test]
fn the_end_of_a_connection_is_one_record_that_says_who_closed_it() {
    use RecordKind::{Closed, Note, Opened};
    let opened = || (Opened, String::new());
    let (server, address) = Session::server();
    let mut first = connect(address);
    first.write_all(b"five!").unwrap();
    server.wait("its data", |status| status.traffic.bytes_in == 5);
    drop(first);
    server.wait("its end", |status| status.connections.is_empty());
    let mut second = connect(address);
    server.wait("another", |status| status.connections.len() == 1);
    server.handle.disconnect(vec![ConnectionId(2)]).unwrap();
    assert_eq!(second.read(&mut [0]).unwrap(), 0);
    // Its peer finishes only now, which says nothing of who closed it.
    drop(second);
    server.wait("the end", |status| status.connections.is_empty());
    assert_eq!(course(&server, 1), [opened(), (Closed, "closed by the peer, 5 B".into())]);
    assert_eq!(course(&server, 2), [opened(), (Closed, "closed locally, 0 B".into())]);

    // A half-close that is kept open is a record of its own.
    let config = TcpServerConfig { keep_half_open: true, ..TcpServerConfig::new(loopback()) };
    let (server, address) = Session::server_with(config);
    let half = connect(address);
    half.shutdown(Shutdown::Write).unwrap();
    server.wait("half-closed", |status| status.connections.first().is_some_and(|c| c.is_half_closed));
    server.handle.disconnect(vec![ConnectionId(1)]).unwrap();
    server.wait("the end", |status| status.connections.is_empty());
    let note = (Note, "the peer has finished sending".into());
    assert_eq!(course(&server, 1), [opened(), note, (Closed, "closed locally, 0 B".into())]);
}

#[test]
fn a_broken_connection_is_not_a_failure_of_the_server() {
    let (server, address) = Session::server();
    let peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    reset(peer);
    let status = server.wait("end", |status| status.connections.is_empty());
    assert_eq!((status.failure, status.failures), (None, 0));
}

#[test]
fn echo_returns_every_byte() {
    let (server, address) = Session::server_with(TcpServerConfig {
        responder: ResponderConfig::Echo,
        ..TcpServerConfig::new(loopback())
    });
    let mut peer = connect(address);
    let mut reader = peer.try_clone().unwrap();
    let payload: Vec<u8> = (0..20_000_000u32).map(|i| (i * 17) as u8).collect();
    let expected = payload.clone();
    let check = std::thread::spawn(move || read_exactly(&mut reader, expected.len()) == expected);
    peer.write_all(&payload).unwrap();
    assert!(check.join().unwrap());
    server.wait("all", |status| status.traffic.bytes_out == 20_000_000);
}

/// Each peer sends its bytes and half-closes at once.
#[test]
fn echo_can_be_switched_and_returns_the_last_bytes_before_the_close() {
    let (server, address) = Session::server();
    for (responder, expected) in [
        (ResponderConfig::None, &b""[..]),
        (ResponderConfig::Echo, b"last words"),
        (ResponderConfig::None, b""),
    ] {
        server.handle.set_responder(responder).unwrap();
        let mut peer = connect(address);
        peer.write_all(b"last words").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        let mut received = Vec::new();
        peer.read_to_end(&mut received).unwrap();
        assert_eq!(received, expected, "{responder:?}");
    }
}

/// TCP's flow control stops the peer, and the queue stays bounded.
#[test]
fn the_server_stops_reading_from_a_peer_that_does_not_read_its_echo() {
    let (server, address) = Session::server_with(TcpServerConfig {
        responder: ResponderConfig::Echo,
        ..TcpServerConfig::new(loopback())
    });
    let mut peer = connect(address);
    peer.set_nonblocking(true).unwrap();
    let block = [7; 65_536];
    let (mut written, mut queued) = (0u64, 0);
    let deadline = Instant::now() + DEADLINE;
    // Until all buffers between the two are full and the server has stopped reading.
    while written - server.handle.status().traffic.bytes_in < 1 << 20 || queued < 1 << 20 {
        match peer.write(&block) {
            Ok(count) => written += count as u64,
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
        queued = server.handle.status().queued_bytes;
        assert!(queued < 4 << 20, "{queued} bytes are queued");
        assert!(written < 1 << 30 && Instant::now() < deadline, "{written} bytes written, {queued} queued");
        std::thread::yield_now();
    }
    peer.set_nonblocking(false).unwrap();
    let mut reader = peer.try_clone().unwrap();
    let all = std::thread::spawn(move || {
        let mut received = Vec::new();
        reader.read_to_end(&mut received).unwrap();
        received
    });
    peer.shutdown(Shutdown::Write).unwrap();
    let received = all.join().unwrap();
    assert!(received.len() as u64 == written && received.iter().all(|byte| *byte == 7));
}

#[test]
fn payloads_that_exceed_the_queue_are_refused() {
    let (server, address) = Session::server();
    let _peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    let block: Arc<[u8]> = vec![1; 16 << 20].into();
    let sends: Vec<_> = (0..8).map(|_| server.handle.send(Target::All, block.clone()).unwrap()).collect();
    let mut results = Vec::new();
    server.wait("the refused payloads", |_| {
        results.extend(server.handle.take_send_results());
        results.len() >= 3
    });
    for result in &results {
        let failure = result.failure.as_ref().unwrap();
        assert!(matches!(failure.kind, FailureKind::QueueFull { .. }), "{failure:?}");
        assert_eq!((result.recipients, result.sent, result.unsent_bytes), (1, 0, block.len() as u64));
    }
    server.stop();
    assert!(
        server
            .records()
            .iter()
            .any(|record| record.kind == RecordKind::Closed && record.text.contains("were not sent"))
    );
    // Each send has exactly one result: the stop ends those that were queued.
    server.wait("the other results", |_| {
        results.extend(server.handle.take_send_results());
        results.len() >= 8
    });
    let mut ids: Vec<_> = results.iter().map(|result| result.id).collect();
    ids.sort();
    assert_eq!(ids, sends);
    assert!(results.iter().all(|result| result.failure.is_some() && result.sent == 0));
    let unsent: u64 = results.iter().map(|result| result.unsent_bytes).sum();
    assert_eq!(unsent, server.handle.status().unsent_bytes);
}

#[test]
fn a_send_without_recipients_fails() {
    let (server, _) = Session::server();
    let result = server.send_and_wait(Target::All, b"x");
    assert_eq!(result.failure.unwrap().kind, FailureKind::NoRecipient);
    assert_eq!((result.recipients, result.unsent_bytes), (0, 1));
    let told = server.records().into_iter().filter(|record| record.kind == RecordKind::Error).count();
    assert_eq!(told, 1);
}

/// The pipe waits for a peer that does not read; commands are handled meanwhile.
#[test]
fn commands_do_not_wait_behind_the_pipe() {
    let (server, address) = Session::server();
    let server = Arc::new(server);
    let deaf = connect(address);
    let mut other = connect(address);
    let status = server.wait("both", |status| status.connections.len() == 2);
    let id_of = |peer: &TcpStream| {
        let own = peer.local_addr().unwrap();
        status.connections.iter().find(|info| info.peer == own).unwrap().id
    };
    let (to, bystander) = (Target::Connections(vec![id_of(&deaf)]), id_of(&other));
    let block: Arc<[u8]> = vec![7; 1 << 20].into();
    let pipe = {
        let (server, to) = (server.clone(), to.clone());
        // Far more than all queues hold, so that the pipe is blocked.
        std::thread::spawn(move || {
            (0..1000).take_while(|_| server.handle.send_blocking(to.clone(), block.clone())).count()
        })
    };
    server.wait("a full queue", |status| status.queued_bytes > 4 << 20);
    server.handle.stop_listening().unwrap();
    server.wait("not listening", |status| status.state == SessionState::Open);
    server.send(Target::Connections(vec![bystander]), b"hello");
    assert_eq!(read_exactly(&mut other, 5), b"hello");
    let snapshot = server.handle.reader().snapshot();
    let start = snapshot.start();
    let first = wirelab::capture::Cursor::new(snapshot).next(start).unwrap().unwrap();
    server.handle.set_bookmark(first, Some("note".into())).unwrap();
    server.wait("the bookmark", |_| !server.handle.reader().bookmarks().is_empty());
    server.handle.disconnect(vec![bystander]).unwrap();
    assert_eq!(other.read(&mut [0]).unwrap(), 0);
    let status = server.wait("one", |status| status.connections.len() == 1);
    assert!(status.queued_bytes > 0 && status.queued_bytes < 8 << 20, "{}", status.queued_bytes);
    let status = server.stop();
    let handed_over = pipe.join().unwrap() as u64;
    assert!(handed_over < 1000, "the pipe must have been blocked");
    let has_all = |status: &Status| status.piped.sends == handed_over;
    let status = if has_all(&status) { status } else { server.wait("the other payloads", has_all) };
    assert_eq!(status.piped.unsent_bytes, status.unsent_bytes);
    assert!(status.piped.failed > 0 && status.piped.failed <= handed_over);
    drop(deaf);
}

#[test]
fn the_pipe_waits_for_the_first_peer_and_then_finishes_sending() {
    let (server, address) = Session::server();
    assert!(server.handle.send_blocking(Target::All, b"early"[..].into()));
    assert!(server.handle.finish_sending());
    let mut peer = connect(address);
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_eq!(received, b"early");
    peer.write_all(b"and back").unwrap();
    drop(peer);
    server.wait("closed", |status| status.traffic.bytes_in == 8 && status.connections.is_empty());
    assert_eq!(server.bytes(Direction::Inbound), b"and back");
}

/// "::" accepts both families on Linux and Windows, and IPv4 peers are shown with their IPv4 address.
#[test]
fn a_server_on_every_address_accepts_both_families() {
    let (server, address) = Session::server_with(TcpServerConfig::new("[::]:0".parse().unwrap()));
    let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), address.port());
    let mut peers = ["127.0.0.1", "::1"].map(|ip| connect(at(ip)));
    let status = server.wait("both", |status| status.connections.len() == 2);
    for peer in &mut peers {
        let own = peer.local_addr().unwrap();
        let info = status.connections.iter().find(|info| info.peer == own).expect("the peer's own address");
        assert_eq!(info.local, peer.peer_addr().unwrap());
        server.send(Target::Connections(vec![info.id]), own.to_string().as_bytes());
        assert_eq!(read_exactly(peer, own.to_string().len()), own.to_string().as_bytes());
    }
}

/// Set in the child process that runs one test alone.
#[cfg(target_os = "linux")]
const ALONE: &str = "WIRELAB_TEST_ALONE";

// Not on Windows: threads are counted in /proc, and wine holds fewer sockets.
#[cfg(target_os = "linux")]
#[test]
fn one_thread_serves_thousands_of_clients() {
    const CLIENTS: usize = 5_000;
    // Threads and file handles are counted per process, and other tests run in this one.
    if std::env::var_os(ALONE).is_none() {
        let name = "server::one_thread_serves_thousands_of_clients";
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let failed = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}{failed}");
        return;
    }
    assert_handles(2 * CLIENTS + 100);
    let (server, address) =
        Session::server_with(TcpServerConfig { backlog: 4096, ..TcpServerConfig::new(loopback()) });
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let mut peers: Vec<_> = (0..CLIENTS).map(|_| connect(address)).collect();
    server.wait("all connected", |status| status.connections.len() == CLIENTS);
    for (number, peer) in peers.iter_mut().enumerate() {
        peer.write_all(&(number as u32).to_le_bytes()).unwrap();
    }
    server.wait("all data", |status| status.traffic.bytes_in == 4 * CLIENTS as u64);
    server.send(Target::All, b"to each");
    for peer in &mut peers {
        assert_eq!(read_exactly(peer, 7), b"to each");
    }
    assert_eq!(threads(), before, "clients must not need threads");
    // One command for more connections than the command queue has room for.
    let ids: Vec<_> = server.handle.status().connections.iter().map(|info| info.id).collect();
    let (selected, kept) = ids.split_at(CLIENTS / 2);
    server.handle.disconnect(selected.to_vec()).unwrap();
    let status = server.wait("half of them", |status| status.connections.len() == kept.len());
    assert!(status.connections.iter().map(|info| info.id).eq(kept.iter().copied()));
    drop(peers);
    server.wait("all gone", |status| status.connections.is_empty());
}

/// Raises the limit of open files, as the program does, and checks that it suffices.
#[cfg(target_os = "linux")]
fn assert_handles(needed: usize) {
    use nix::sys::resource::{Resource, getrlimit};
    wirelab::net::raise_handle_limit();
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    assert!(
        soft >= needed as u64,
        "this test needs {needed} open files; the limit is {soft} (hard limit {hard}). Raise it with ulimit -Hn"
    );
}
