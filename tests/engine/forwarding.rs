//! What one peer of a session says goes to all others.

use crate::support::*;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use wirelab::model::{
    Direction, RecordKind, ResponderConfig, SessionConfig, Target, TcpServerConfig, UdpConfig,
};

fn room() -> TcpServerConfig {
    TcpServerConfig { responder: ResponderConfig::Forward, ..TcpServerConfig::new(loopback()) }
}

/// A forwarding server with so many clients.
fn clients(count: usize) -> (Session, Vec<TcpStream>) {
    let (server, address) = Session::server_with(room());
    let peers = (0..count).map(|_| connect(address)).collect();
    server.wait("all", |status| status.connections.len() == count);
    (server, peers)
}

#[test]
fn what_a_client_says_goes_to_all_others_and_its_last_words_too() {
    let (server, mut peers) = clients(3);
    peers[0].write_all(b"hello").unwrap();
    for peer in &mut peers[1..] {
        assert_eq!(read_exactly(peer, 5), b"hello");
    }
    peers[1].write_all(b"bye").unwrap();
    drop(peers.remove(1));
    for peer in &mut peers {
        assert_eq!(read_exactly(peer, 3), b"bye");
    }
    // The one that said it got nothing back, and neither did one that has finished.
    server.send(Target::All, b"!");
    for peer in &mut peers {
        assert_eq!(read_exactly(peer, 1), b"!");
    }
    assert_eq!(server.handle.status().unsent_bytes, 0);
}

#[test]
fn forwarding_is_switched_at_once() {
    let (server, mut peers) = clients(2);
    for (responder, expected) in [
        (ResponderConfig::None, [&b"."[..], b"."]),
        (ResponderConfig::Echo, [b"a.", b"."]),
        (ResponderConfig::Forward, [b".", b"a."]),
    ] {
        server.handle.set_responder(responder).unwrap();
        // Once this arrives, the command before it was taken.
        server.send(Target::All, b",");
        for peer in &mut peers {
            assert_eq!(read_exactly(peer, 1), b",");
        }
        let before = server.handle.status().traffic.bytes_in;
        peers[0].write_all(b"a").unwrap();
        server.wait("it", |status| status.traffic.bytes_in == before + 1);
        server.send(Target::All, b".");
        for (peer, expected) in peers.iter_mut().zip(expected) {
            assert_eq!(read_exactly(peer, expected.len()), expected, "{responder:?}");
        }
    }
}

/// Several at once, each more than all queues hold: each of the others gets all of it, in order.
#[test]
fn nothing_is_lost_between_clients_that_read() {
    const BYTES: usize = 12_000_000;
    let (server, peers) = clients(3);
    let content = |from: usize| (0..BYTES).map(move |at| (at as u32 * 31 + from as u32) as u8);
    let readers: Vec<_> = (1..3)
        .map(|number| {
            let mut peer = peers[number].try_clone().unwrap();
            std::thread::spawn(move || read_exactly(&mut peer, BYTES))
        })
        .collect();
    let mut first = peers[0].try_clone().unwrap();
    first.write_all(&content(0).collect::<Vec<_>>()).unwrap();
    for reader in readers {
        assert!(reader.join().unwrap().into_iter().eq(content(0)));
    }
    let status = server.wait("all", |status| status.traffic.bytes_out == 2 * BYTES as u64);
    assert_eq!((status.unsent_bytes, status.failures), (0, 0));
}

/// It neither stops the others for ever nor loses anything without a word.
#[test]
fn a_client_that_reads_nothing_is_left_behind_with_a_note_and_what_it_misses_is_counted() {
    let (server, mut peers) = clients(3);
    let mut reader = peers[1].try_clone().unwrap();
    let total = 40_000_000;
    let received = std::thread::spawn(move || read_exactly(&mut reader, total).len());
    let block = vec![5; 1_000_000];
    for _ in 0..40 {
        peers[0].write_all(&block).unwrap();
    }
    assert_eq!(received.join().unwrap(), total, "the one that reads has it all");
    let status = server.wait("all of it", |status| status.traffic.bytes_in == total as u64);
    let missed = status.unsent_bytes;
    assert!(missed > 0);
    let third = status.connections[2].id.0;
    // It reads again, and gets what comes next.
    let mut rest = peers.remove(2);
    let all = std::thread::spawn(move || {
        let mut all = Vec::new();
        rest.read_to_end(&mut all).unwrap();
        all
    });
    let notes = || -> Vec<_> {
        let records = server.records().into_iter();
        let of_third = records.filter(|record| record.kind == RecordKind::Note && record.connection == third);
        of_third.map(|record| record.text).collect()
    };
    server.wait("that it has caught up", |_| notes().len() == 2);
    peers[0].write_all(b"next").unwrap();
    server.wait("all", |status| status.queued_bytes == 0 && status.traffic.bytes_in == total as u64 + 4);
    server.handle.disconnect(vec![status.connections[2].id]).unwrap();
    let all = all.join().unwrap();
    assert!(all.ends_with(b"next"));
    assert_eq!(all.len() as u64 + missed, total as u64 + 4, "each byte is sent or counted");
    let notes = notes();
    assert!(notes[0].starts_with("takes too little"), "{notes:?}");
    assert_eq!(notes[1], format!("{missed} bytes were not forwarded to it"));
}

#[test]
fn peers_of_a_udp_socket_hear_each_other() {
    let config = UdpConfig { responder: ResponderConfig::Forward, ..UdpConfig::new(loopback()) };
    let session = Session::start(SessionConfig::Udp(config));
    let address = session.wait_for_address();
    let peers: Vec<_> = (0..3)
        .map(|_| {
            let peer = UdpSocket::bind(loopback()).unwrap();
            peer.set_read_timeout(Some(DEADLINE)).unwrap();
            peer
        })
        .collect();
    let mut buffer = [0; 16];
    for (number, peer) in peers.iter().enumerate() {
        peer.send_to(&[number as u8], address).unwrap();
        session.wait("it", |status| status.connections.len() == number + 1);
        for other in &peers[..number] {
            assert_eq!(other.recv(&mut buffer).unwrap(), 1);
            assert_eq!(buffer[0], number as u8);
        }
    }
    session.send(Target::All, b"!");
    for peer in &peers {
        assert_eq!(peer.recv(&mut buffer).unwrap(), 1);
        assert_eq!(buffer[0], b'!', "nobody hears itself");
    }
}

/// Two echoes behind a forwarding socket would return a datagram to each other at full speed.
#[test]
fn a_datagram_that_only_goes_around_is_slowed_down() {
    let config = UdpConfig { responder: ResponderConfig::Forward, ..UdpConfig::new(loopback()) };
    let session = Session::start(SessionConfig::Udp(config));
    let address = session.wait_for_address();
    for number in 0..2 {
        let echo = UdpSocket::bind(loopback()).unwrap();
        echo.set_read_timeout(Some(DEADLINE)).unwrap();
        echo.send_to(&[number; 3], address).unwrap();
        session.wait("it", |status| status.connections.len() > usize::from(number));
        std::thread::spawn(move || {
            let mut buffer = [0; 16];
            while let Ok((count, from)) = echo.recv_from(&mut buffer) {
                let _ = echo.send_to(&buffer[..count], from);
            }
        });
    }
    let is_note = |record: &Kept| record.text.starts_with("Forwarding from 127.0.0.1:");
    session.wait("the note", |_| session.records().iter().any(is_note));
    let before = session.bytes(Direction::Outbound).len();
    assert!(before > 1000, "it was forwarded until then");
    session.stop();
}

#[test]
fn a_half_closed_client_still_hears_the_others() {
    let (server, address) = Session::server_with(TcpServerConfig { keep_half_open: true, ..room() });
    let [mut first, mut second] = [(); 2].map(|()| connect(address));
    server.wait("both", |status| status.connections.len() == 2);
    second.shutdown(Shutdown::Write).unwrap();
    server.wait("half-closed", |status| status.connections.iter().any(|info| info.is_half_closed));
    first.write_all(b"news").unwrap();
    assert_eq!(read_exactly(&mut second, 4), b"news");
}
