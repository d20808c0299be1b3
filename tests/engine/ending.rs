//! Stopping and closing, in every state of a session.
//!
//! Whatever could delay a stop goes on for ever here: a stop that waited for it would never end.
//! `benches/latency.rs` measures how long a stop takes.

use crate::support::*;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
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
    // A stop does not cancel later starts.
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
fn stop_ends_the_wait_for_the_next_attempt() {
    let nobody = TcpListener::bind(loopback()).unwrap().local_addr().unwrap();
    let reconnect = ReconnectPolicy::Growing { first: 10 * DEADLINE, longest: 10 * DEADLINE };
    let session = Session::client(TcpClientConfig { reconnect, ..client(&nobody.to_string()) });
    let status = session.wait("waiting", |status| status.state == SessionState::Waiting);
    assert!(status.retry_at.is_some());
    assert_eq!(session.stop().state, SessionState::Closed(CloseReason::Local));
}

#[test]
fn stopping_an_idle_or_a_stopped_session_does_nothing() {
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
fn every_payload_of_the_pipe_is_sent_or_counted_as_unsent() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let session = Session::client(client(&listener.local_addr().unwrap().to_string()));
    let _deaf = accept(&listener);
    // More than the kernel, the connection's queue and the pipe's channel take: the rest waits for room.
    let session = std::sync::Arc::new(session);
    let block: std::sync::Arc<[u8]> = vec![7; 65_536].into();
    let pipe = {
        let (session, block) = (session.clone(), block.clone());
        let is_queued = move |_: &u64| session.handle.send_blocking(Target::All, block.clone());
        std::thread::spawn(move || (0..1000).take_while(is_queued).count() as u64)
    };
    session.wait("a full queue", |status| status.queued_bytes > 3 << 20);
    session.stop();
    let handed_over = pipe.join().unwrap();
    assert!(handed_over < 1000, "the pipe was held up");
    let status = session.wait("all of them", |status| status.piped.sends == handed_over);
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
    assert!(!session.handle.send_blocking(Target::All, block), "it was stopped");
}

#[test]
fn a_full_command_queue_is_reported_as_a_busy_session() {
    let (gate, reached, let_go) = Gate::at(RecordKind::Note, "");
    let session = Session::start_with(server(), |options| options.observer = Some(Box::new(gate)));
    reached.recv_timeout(DEADLINE).unwrap();
    let asked = (0..).find_map(|_| session.handle.stop_listening().err()).unwrap();
    assert_eq!((asked.operation, &asked.kind), (Operation::Ask, &FailureKind::SessionBusy));
    let sent = session.handle.send(Target::All, b"x"[..].into()).unwrap_err();
    assert_eq!((sent.operation, &sent.kind), (Operation::Send, &FailureKind::SessionBusy));
    let words = Language::English.words();
    assert!(explain(words, &asked).starts_with("Could not do that: the session is still busy"));
    assert!(explain(words, &sent).starts_with("Could not send: the session is still busy"));
    let_go.send(()).unwrap();
}
