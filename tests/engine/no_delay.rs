//! Nagle's algorithm, as a peer that acknowledges late sees it.

use crate::support::*;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use wirelab::model::{Target, TcpServerConfig};

/// The least that Linux waits before it acknowledges data to which nothing is answered, less a margin.
const LATE: Duration = Duration::from_millis(20);

/// The median time that two small payloads, written one after the other, need to arrive. The peer answers each pair,
/// so that its kernel waits with acknowledgements for the answer.
fn exchange(server: &Session, peer: &mut TcpStream) -> Duration {
    let mut times: Vec<_> = (0..15)
        .map(|_| {
            let began = Instant::now();
            server.send(Target::All, b"first");
            server.send(Target::All, b"second");
            assert_eq!(read_exactly(peer, 11), b"firstsecond");
            let time = began.elapsed();
            let before = server.handle.status().traffic.bytes_in;
            peer.write_all(b"answer").unwrap();
            server.wait("the answer", |status| status.traffic.bytes_in == before + 6);
            time
        })
        .collect();
    times.sort();
    times[7]
}

#[test]
fn small_payloads_wait_for_acknowledgements_only_without_no_delay_also_on_open_connections() {
    let (server, address) =
        Session::server_with(TcpServerConfig { no_delay: false, ..TcpServerConfig::new(loopback()) });
    let mut peer = connect(address);
    server.wait("the peer", |status| status.connections.len() == 1);
    let slow = exchange(&server, &mut peer);
    assert!(slow >= LATE, "the second payload waits for the acknowledgement of the first: {slow:?}");
    server.handle.set_no_delay(true).unwrap();
    let fast = exchange(&server, &mut peer);
    assert!(fast < LATE, "it does not wait: {fast:?}");
    server.handle.set_no_delay(false).unwrap();
    let slow = exchange(&server, &mut peer);
    assert!(slow >= LATE, "it waits again: {slow:?}");
    let texts: Vec<_> = server.records().into_iter().map(|record| record.text).collect();
    assert!(texts.iter().any(|text| text.contains("TCP_NODELAY on")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("TCP_NODELAY off")), "{texts:?}");
}
