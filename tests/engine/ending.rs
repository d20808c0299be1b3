//! Stopping and closing, in every state of a session.
//!
//! What could delay a stop never ends in these tests, so that a stop that waited for it would time out.
//! `benches/latency.rs` measures how long a stop takes.

use crate::support::*;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use wirelab::lang::{Language, explain};
use wirelab::model::{
    CloseReason, FailureKind, Operation, ReconnectPolicy, RecordKind, SessionConfig, SessionState, Target,
    TcpClientConfig, TcpServerConfig,
};

#[test]
fn stop_frees_the_port_at_once_and_start_takes_it_again() {
    let (server, address) = Session::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    server.handle.stop();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    server.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Local));
    server.handle.start(SessionConfig::TcpServer(TcpServerConfig::new(address))).unwrap();
    server.wait("listening", |status| status.state == SessionState::Listening);
    assert_eq!(server.handle.status().local, Some(address));
    connect(address);
}

#[test]
fn a_stop_right_after_a_start_cancels_it() {
    let session = Session::client(client("no-such-host.invalid:80"));
    session.stop();
    // A stop does not cancel a later start.
    session.handle.start(server()).unwrap();
    session.wait_for_address();
}

#[test]
fn stop_takes_effect_under_full_load() {
    let (server, address) = Session::server();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let mut peer = connect(address);
            std::thread::spawn(move || while peer.write_all(&[5; 65536]).is_ok() {})
        })
        .collect();
    server.wait("load", |status| status.traffic.bytes_in > 20_000_000);
    server.stop();
    for writer in writers {
        writer.join().unwrap();
    }
}

#[test]
fn stop_cancels_a_pending_reconnect() {
    let (_socket, address) = refusing();
    let reconnect = ReconnectPolicy::Growing { first: 10 * DEADLINE, longest: 10 * DEADLINE };
    let session = Session::client(TcpClientConfig { reconnect, ..client(&address.to_string()) });
    let status = session.wait("waiting", |status| status.state == SessionState::Waiting);
    assert!(status.retry_at.is_some());
    assert_eq!(session.stop().state, SessionState::Closed(CloseReason::Local));
}

#[test]
fn stopping_an_idle_or_stopped_session_has_no_effect() {
    let session = Session::new();
    session.handle.stop();
    assert_eq!(session.handle.status().state, SessionState::Idle);
    session.handle.start(server()).unwrap();
    session.wait_for_address();
    session.stop();
    session.handle.stop();
    session.handle.start(udp()).unwrap();
    session.wait_for_address();
    assert_eq!(session.stop().state, SessionState::Closed(CloseReason::Local));
}

#[test]
fn closing_the_handle_ends_the_thread_and_the_connections() {
    let (server, address) = Session::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    server.handle.close();
    match peer.read(&mut [0; 1]) {
        Ok(count) => assert_eq!(count, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    TcpListener::bind(address).expect("the port is free");
}

#[test]
fn every_payload_from_the_pipe_is_sent_or_counted_as_unsent() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let session = Session::client(client(&listener.local_addr().unwrap().to_string()));
    let _deaf = accept(&listener);
    // More than the buffers of the kernel, the connection's queue and the pipe's channel hold together.
    let session = Arc::new(session);
    let block: Arc<[u8]> = vec![7; 65_536].into();
    let queued = Arc::new(AtomicU64::new(0));
    let pipe = {
        let (session, block, queued) = (session.clone(), block.clone(), queued.clone());
        std::thread::spawn(move || {
            while queued.load(Ordering::Relaxed) < 1000
                && session.handle.send_blocking(Target::All, block.clone())
            {
                queued.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    // 12 MiB and a little more fit into the queue (4 MiB) and the channel (128 payloads). Beyond 10 MiB, at least
    // 4 MiB stay unsent, whatever the kernel still takes before the stop.
    let deadline = Instant::now() + DEADLINE;
    while queued.load(Ordering::Relaxed) * 65_536 < session.handle.status().traffic.bytes_out + (10 << 20) {
        assert!(Instant::now() < deadline, "the queue does not fill: {:#?}", session.handle.status());
        std::thread::yield_now();
    }
    session.stop();
    pipe.join().unwrap();
    let handed_over = queued.load(Ordering::Relaxed);
    assert!(handed_over < 1000, "the pipe must have been blocked");
    let status = session.wait("all payloads", |status| status.piped.sends == handed_over);
    assert!(status.unsent_bytes > 4 << 20, "{}", status.unsent_bytes);
    assert_eq!(status.unsent_bytes + status.traffic.bytes_out, handed_over * 65_536);
    assert_eq!(status.piped.unsent_bytes, status.unsent_bytes);
    let notes = session.records().into_iter().filter(|record| record.text.contains("not sent"));
    let told = notes.map(|note| {
        let words: Vec<_> = note.text.split(' ').collect();
        let unit = words.iter().position(|word| word.starts_with("byte")).unwrap();
        words[unit - 1].parse::<u64>().unwrap()
    });
    assert_eq!(told.sum::<u64>(), status.unsent_bytes);
    assert!(!session.handle.send_blocking(Target::All, block), "the session is stopped");
}

#[test]
fn a_full_command_queue_is_reported_as_a_busy_session() {
    let (gate, reached, let_go) = Gate::at(RecordKind::Note, "");
    let session = Session::start_with(server(), |options| options.observer = Some(Box::new(gate)));
    reached.recv_timeout(DEADLINE).unwrap();
    let refused = (0..).find_map(|_| session.handle.stop_listening().err()).unwrap();
    assert_eq!((refused.operation, &refused.kind), (Operation::Ask, &FailureKind::SessionBusy));
    let sent = session.handle.send(Target::All, b"x"[..].into()).unwrap_err();
    assert_eq!((sent.operation, &sent.kind), (Operation::Send, &FailureKind::SessionBusy));
    let words = Language::English.words();
    assert!(explain(words, &refused).starts_with("Could not do that: the session is still busy"));
    assert!(explain(words, &sent).starts_with("Could not send: the session is still busy"));
    let_go.send(()).unwrap();
}
