//! UDP sessions against plain sockets.

use crate::support::*;
use std::net::{SocketAddr, UdpSocket};
use wirelab::model::{
    ConnectionId, FailureKind, RecordKind, ResponderConfig, SessionConfig, SessionState, Target, UdpConfig,
};

#[test]
fn datagrams_stay_whole_in_both_directions() {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let session = Session::start(SessionConfig::Udp(UdpConfig::new(local.parse().unwrap())));
        let status = session.wait("bound", |status| status.state == SessionState::Listening);
        let address = status.local.unwrap();
        let peer = UdpSocket::bind(local).unwrap();
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        let longest: Vec<u8> = (0..65_507u32).map(|i| (i * 13) as u8).collect();
        for datagram in [&b"first"[..], &[], &longest] {
            peer.send_to(datagram, address).unwrap();
        }
        let status = session.wait("three", |status| status.traffic.records_in == 3);
        assert_eq!(status.connections.len(), 1);
        assert_eq!(status.connections[0].peer, peer.local_addr().unwrap());
        session.handle.send(Target::LastPeer, longest.clone().into()).unwrap();
        session.send(Target::Address(peer.local_addr().unwrap()), b"");
        let mut buffer = vec![0; 70_000];
        assert_eq!(peer.recv(&mut buffer).unwrap(), longest.len());
        assert!(buffer[..longest.len()] == longest);
        assert_eq!(peer.recv(&mut buffer).unwrap(), 0);
        let expected = [b"first".to_vec(), vec![], longest.clone(), longest, vec![]];
        session.wait("two", |status| status.traffic.records_out == 2);
        let data: Vec<_> = session
            .records()
            .into_iter()
            .filter(|record| record.kind == RecordKind::Data)
            .map(|record| record.payload)
            .collect();
        assert!(data == expected);
    }
}

#[test]
fn a_datagram_that_is_too_long_is_not_sent() {
    let session = Session::start(SessionConfig::Udp(UdpConfig::new(loopback())));
    session.wait("bound", |status| status.state == SessionState::Listening);
    let to = Target::Address("127.0.0.1:9".parse().unwrap());
    let result = session.send_and_wait(to, &[0; 65_508]);
    let kind = FailureKind::MessageTooLong { bytes: 65_508, limit: 65_507 };
    assert_eq!((result.failure.unwrap().kind, result.sent, result.unsent_bytes), (kind, 0, 65_508));
    assert_eq!(session.handle.status().traffic.records_out, 0);
}

#[test]
fn broadcast_must_be_allowed() {
    let broadcast = Target::Address("255.255.255.255:9".parse().unwrap());
    let session = Session::start(SessionConfig::Udp(UdpConfig::new(([0, 0, 0, 0], 0).into())));
    session.wait("bound", |status| status.state == SessionState::Listening);
    let result = session.send_and_wait(broadcast, b"x");
    assert_eq!(result.failure.unwrap().kind, FailureKind::BroadcastNotAllowed);
    // It can be allowed while the socket is open. Nobody receives on the broadcast address of loopback.
    session.handle.set_broadcast(true).unwrap();
    let broadcast = Target::Address("127.255.255.255:9".parse().unwrap());
    assert_eq!(session.send_and_wait(broadcast, b"x").failure, None);
    assert_eq!(session.handle.status().traffic.records_out, 1);
}

#[test]
fn udp_listens_on_both_families_and_shows_true_addresses() {
    let session = Session::start(SessionConfig::Udp(UdpConfig::new("[::]:0".parse().unwrap())));
    let port = session.wait("bound", |status| status.state == SessionState::Listening).local.unwrap().port();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.send_to(b"v4", ("127.0.0.1", port)).unwrap();
    let status = session.wait("one", |status| status.traffic.records_in == 1);
    assert_eq!(status.connections[0].peer, peer.local_addr().unwrap());
    if cfg!(target_os = "linux") {
        assert_eq!(status.connections[0].local, SocketAddr::from(([127, 0, 0, 1], port)));
    }
    session.send(Target::All, b"answer");
    let mut buffer = [0; 16];
    assert_eq!(peer.recv(&mut buffer).unwrap(), 6);
}

// Not on Windows: only Linux counts dropped datagrams.
#[cfg(target_os = "linux")]
#[test]
fn datagrams_dropped_by_the_kernel_are_counted() {
    use wirelab::model::KernelDrops;

    let (gate, reached, go_on) = Gate::at(RecordKind::Data, "");
    let session = Session::start_with(udp(), |options| options.observer = Some(Box::new(gate)));
    let address = session.wait_for_address();
    assert_eq!(session.handle.status().kernel_drops, KernelDrops::Counted(0));
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    // The session does not read meanwhile, and the datagrams exceed the receive buffer.
    peer.send_to(&[7; 1000], address).unwrap();
    reached.recv_timeout(DEADLINE).unwrap();
    let sent = 50_000;
    for _ in 1..sent {
        peer.send_to(&[7; 1000], address).unwrap();
    }
    go_on.send(()).unwrap();
    let status = session.wait("all accounted for", |status| {
        let KernelDrops::Counted(drops) = status.kernel_drops else { panic!("{:?}", status.kernel_drops) };
        status.traffic.records_in + drops == sent
    });
    assert_ne!(status.kernel_drops, KernelDrops::Counted(0));
}

#[test]
fn a_payload_goes_to_chosen_peers_and_an_unknown_one_is_a_failure() {
    let (session, address) = Session::udp();
    let peers: Vec<_> = (1..=3)
        .map(|number| {
            let peer = UdpSocket::bind(loopback()).unwrap();
            peer.set_read_timeout(Some(DEADLINE)).unwrap();
            peer.send_to(b"hello", address).unwrap();
            session.wait("the peer", |status| status.connections.len() == number);
            peer
        })
        .collect();
    let status = session.handle.status();
    for (peer, info) in peers.iter().zip(status.connections.iter()) {
        assert_eq!(info.peer, peer.local_addr().unwrap(), "peers are listed in order of appearance");
    }
    let ids = [2, 0].map(|at: usize| status.connections[at].id);
    let gone = ConnectionId(99);
    let result = session.send_and_wait(Target::Connections(vec![ids[0], gone, ids[1]]), b"chosen");
    assert_eq!((result.recipients, result.sent), (3, 2));
    let failure = result.failure.unwrap();
    assert_eq!((failure.endpoint.as_str(), failure.kind), ("#99", FailureKind::NoRecipient));
    session.send(Target::All, b"everybody");
    session.send(Target::LastPeer, b"the last");
    let received = |peer: &UdpSocket| {
        let mut buffer = [0; 100];
        let length = peer.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    assert_eq!([received(&peers[0]), received(&peers[0])], ["chosen", "everybody"]);
    assert_eq!(received(&peers[1]), "everybody");
    assert_eq!([(); 3].map(|()| received(&peers[2])), ["chosen", "everybody", "the last"]);
}

fn echo() -> SessionConfig {
    SessionConfig::Udp(UdpConfig { responder: ResponderConfig::Echo, ..UdpConfig::new(loopback()) })
}

#[test]
fn two_echoes_answer_each_other_ever_more_slowly_and_record_a_note() {
    let sessions = [Session::start(echo()), Session::start(echo())];
    let addresses = [sessions[0].wait_for_address(), sessions[1].wait_for_address()];
    sessions[0].send(Target::Address(addresses[1]), b"to and fro");
    let notes = |session: &Session| {
        let is_note = |record: &Kept| record.text.starts_with("Echo to 127.0.0.1:");
        session.records().iter().filter(|record| is_note(record)).count()
    };
    // Either of them may be the first to notice.
    let deadline = std::time::Instant::now() + DEADLINE;
    while sessions.iter().map(notes).sum::<usize>() == 0 {
        assert!(std::time::Instant::now() < deadline, "they go on");
        std::thread::yield_now();
    }
    let sent = || sessions.iter().map(|session| session.handle.status().traffic.records_out).sum::<u64>();
    assert!(sent() < 10_000, "{} datagrams", sent());
    assert!(sessions.iter().all(|session| notes(session) <= 1), "told once for each peer");
    // Something else is answered.
    let peer = UdpSocket::bind(loopback()).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.send_to(b"hello", addresses[0]).unwrap();
    assert_eq!(peer.recv(&mut [0; 16]).unwrap(), 5);
}

#[test]
fn an_echo_slows_down_answering_itself() {
    let session = Session::start(echo());
    let own = session.wait_for_address();
    session.send(Target::Address(own), b"myself");
    let is_note = |record: &Kept| record.text.starts_with("Echo to 127.0.0.1:");
    session.wait("the note", |_| session.records().iter().any(is_note));
    assert!(session.handle.status().traffic.records_out < 10_000);
}

/// A client that waits for each answer before it sends the same datagram again looks like another echo: beyond some
/// number of answers they may come late, but all of them come.
#[test]
fn each_datagram_of_a_client_that_waits_for_its_answer_is_echoed() {
    let session = Session::start(echo());
    let address = session.wait_for_address();
    let peer = UdpSocket::bind(loopback()).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.connect(address).unwrap();
    for number in 1..=4_100 {
        peer.send(b"ping").unwrap();
        assert_eq!(peer.recv(&mut [0; 16]).ok(), Some(4), "the answer to datagram {number}");
    }
    let status = session.wait("all", |status| status.traffic.records_out == 4_100);
    assert_eq!((status.unsent_bytes, status.traffic.records_in), (0, 4_100));
}

/// A load generator sends the same datagram again and again, several at a time.
#[test]
fn all_equal_datagrams_of_a_load_test_are_echoed() {
    const ALL: u32 = 100_000;
    let session = Session::start(echo());
    let address = session.wait_for_address();
    let peer = UdpSocket::bind(loopback()).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.connect(address).unwrap();
    let mut buffer = [0; 64];
    for _ in 0..ALL / 8 {
        for _ in 0..8 {
            peer.send(b"the same").unwrap();
        }
        for _ in 0..8 {
            assert_eq!(peer.recv(&mut buffer).unwrap(), 8);
        }
    }
    let status = session.wait("all", |status| status.traffic.records_out == u64::from(ALL));
    assert_eq!((status.unsent_bytes, status.traffic.records_in), (0, u64::from(ALL)));
}
