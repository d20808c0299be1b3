//! Sessions under load: neither a fast peer nor a fast sender delays others.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and its threads need no names"
)]

mod support;

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use support::*;
use wirelab::model::{KernelDrops, RecordKind, SessionState, Status, Target};

#[test]
fn a_fast_peer_does_not_starve_others() {
    let (session, address) = Session::server();
    // One peer writes large blocks at full speed, another one single bytes.
    let floods = [vec![5; 1 << 20], vec![5]].map(|piece| {
        let mut fast = connect(address);
        fast.set_nodelay(true).unwrap();
        thread::spawn(move || while fast.write_all(&piece).is_ok() {})
    });
    session.wait("the flood", |status| status.traffic.bytes_in > 20_000_000);
    let mut slow = connect(address);
    let own = slow.local_addr().unwrap();
    let status = session.wait("the slow peer", |status| status.connections.iter().any(|c| c.peer == own));
    let connection = status.connections.iter().find(|connection| connection.peer == own).unwrap();
    for round in 1..=20 {
        slow.write_all(b"request").unwrap();
        session.wait("the request", |_| connection.traffic.totals().bytes_in == round * 7);
        session.send(Target::Connections(vec![connection.id]), b"answer");
        slow.read_exact(&mut [0; 6]).unwrap();
    }
    session.stop();
    for flood in floods {
        flood.join().unwrap();
    }
}

#[test]
fn a_flood_of_datagrams_does_not_delay_a_stop() {
    let (session, address) = Session::udp();
    let is_over = Arc::new(AtomicBool::new(false));
    let flood = {
        let is_over = is_over.clone();
        thread::spawn(move || {
            let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
            while !is_over.load(Ordering::Relaxed) {
                // Fails once the socket is closed.
                let _ = peer.send_to(b"x", address);
            }
        })
    };
    session.wait("the flood", |status| status.traffic.records_in > 10_000);
    session.stop();
    is_over.store(true, Ordering::Relaxed);
    flood.join().unwrap();
}

#[test]
fn continuous_sending_does_not_block_the_session() {
    let (session, address) = Session::udp();
    let session = Arc::new(session);
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = peer.local_addr().unwrap();
    let sender = {
        let session = session.clone();
        let payload: Arc<[u8]> = vec![7; 60_000].into();
        // More than the session sends during this test.
        let is_sent = move |_| {
            let handle = &session.handle;
            handle.status().state.is_active() && handle.send_blocking(Target::Address(to), payload.clone())
        };
        thread::spawn(move || (0..1_000_000).all(is_sent))
    };
    session.wait("sent datagrams", |status| status.traffic.records_out > 100);
    // The session still receives, records and stops.
    peer.send_to(b"hello", address).unwrap();
    session.wait("the datagram", |status| status.traffic.bytes_in == 5);
    let before = session.handle.reader().snapshot().records();
    session.wait("more records", |_| session.handle.reader().snapshot().records() > before);
    session.stop();
    assert!(!sender.join().unwrap());
}

#[test]
fn a_stop_does_not_cancel_a_start_after_it() {
    let (gate, reached, go_on) = Gate::at(RecordKind::Note, "topped listening");
    let session = Session::start_with(server(), |options| options.observer = Some(Box::new(gate)));
    session.wait_for_address();
    // Both arrive while the thread handles a command.
    session.handle.stop_listening().unwrap();
    reached.recv_timeout(DEADLINE).unwrap();
    session.handle.stop();
    session.handle.start(udp()).unwrap();
    go_on.send(()).unwrap();
    let is_udp = |status: &Status| status.kernel_drops == expected_drops();
    session.wait("the UDP socket", |status| is_udp(status) && status.state == SessionState::Listening);
    // A stop after the start stops it.
    session.stop();
}

/// The drops of a UDP socket without losses; only Linux counts them.
fn expected_drops() -> KernelDrops {
    if cfg!(target_os = "linux") { KernelDrops::Counted(0) } else { KernelDrops::Unknown }
}

#[test]
fn a_stop_removes_udp_peers_and_a_start_does_not_bring_them_back() {
    let (session, address) = Session::udp();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.send_to(b"hello", address).unwrap();
    session.wait("the peer", |status| status.connections.len() == 1);
    let status = session.stop();
    assert!(status.connections.is_empty());
    session.handle.start(udp()).unwrap();
    let address = session.wait_for_address();
    peer.send_to(b"again", address).unwrap();
    let status = session.wait("the peer", |status| status.traffic.bytes_in == 10);
    assert_eq!(status.connections.len(), 1);
}
