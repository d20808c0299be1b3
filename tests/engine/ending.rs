//! Stopping and closing, in whatever state a session is.
//!
//! What would hold a stop up goes on for ever here, so that one which waited for it would never be
//! over. How soon it is over, `benches/latency.rs` measures.

use crate::support::*;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use wirelab::model::{
    CloseReason, ReconnectPolicy, SessionConfig, SessionState, TcpClientConfig, TcpServerConfig,
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
fn stop_right_after_a_start_is_the_end_of_it() {
    let session = Session::client(client("no-such-host.invalid:80"));
    session.stop();
    // A stop cancels what was asked for before it, and nothing that comes later.
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
fn stop_ends_the_wait_for_the_next_try() {
    let nobody = TcpListener::bind(loopback()).unwrap().local_addr().unwrap();
    let reconnect = ReconnectPolicy::Growing { first: 10 * DEADLINE, longest: 10 * DEADLINE };
    let session = Session::client(TcpClientConfig { reconnect, ..client(&nobody.to_string()) });
    let status = session.wait("waiting", |status| status.state == SessionState::Waiting);
    assert!(status.retry_at.is_some());
    assert_eq!(session.stop().state, SessionState::Closed(CloseReason::Local));
}

#[test]
fn stop_before_anything_and_after_everything_does_no_harm() {
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
