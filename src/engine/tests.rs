//! Sessions against plain sockets of the standard library, on loopback and port 0, with deadlines.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no names")]

use super::*;
use crate::capture::{Cursor, Destination, Limits};
use crate::model::{
    CloseReason, Direction, Failure, FailureKind, KernelDrops, ReconnectPolicy, RecordKind, SessionConfig,
    SessionState, Status, Target, TcpClientConfig, TcpServerConfig, UdpConfig,
};
use crossbeam_channel::Receiver;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(10);
/// What happens at once happens within this, also where other tests have the processors. How fast it
/// really is, `benches/latency.rs` measures.
const SOON: Duration = Duration::from_secs(2);

/// A session with a recording, and the means to wait for what it does.
struct Fixture {
    session: SessionHandle,
    news: Receiver<()>,
    _folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sender, news) = crossbeam_channel::bounded(1);
        let options = SessionOptions {
            recording: Some((Destination::Folder(folder.path().join("recording")), Limits::default())),
            notify: Arc::new(move || {
                let _ = sender.try_send(());
            }),
            ..SessionOptions::default()
        };
        Self { session: SessionHandle::open("test", options).unwrap(), news, _folder: folder }
    }

    fn started(config: SessionConfig) -> Self {
        let fixture = Self::new();
        fixture.session.start(config).unwrap();
        fixture
    }

    fn server() -> (Self, SocketAddr) {
        Self::server_with(TcpServerConfig::new(loopback()))
    }

    fn server_with(config: TcpServerConfig) -> (Self, SocketAddr) {
        let fixture = Self::started(SessionConfig::TcpServer(config));
        let status = fixture.wait("listening", |status| status.state == SessionState::Listening);
        (fixture, status.local.unwrap())
    }

    #[track_caller]
    fn wait(&self, what: &str, mut done: impl FnMut(&Status) -> bool) -> Status {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = self.session.status();
            if done(&status) {
                return status;
            }
            assert!(self.news.recv_deadline(deadline).is_ok(), "waited in vain for {what}: {status:#?}");
        }
    }

    /// All records as (connection, kind, direction, payload, text).
    fn records(&self) -> Vec<(u32, RecordKind, Direction, Vec<u8>, String)> {
        let mut cursor = Cursor::new(self.session.reader().snapshot());
        let mut all = Vec::new();
        let mut at = cursor.snapshot().start();
        while let Some(position) = cursor.next(at).unwrap() {
            let entry = cursor.read(position).unwrap().unwrap();
            let record = entry.record;
            all.push((
                record.connection.0,
                record.kind,
                record.direction,
                record.payload.to_vec(),
                record.text.into(),
            ));
            at = entry.end;
        }
        all
    }

    fn bytes(&self, direction: Direction) -> Vec<u8> {
        let of_direction = |record: &(u32, RecordKind, Direction, Vec<u8>, String)| record.2 == direction;
        self.records().into_iter().filter(of_direction).flat_map(|record| record.3).collect()
    }
}

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn client(remote: &str) -> TcpClientConfig {
    TcpClientConfig {
        connect_timeout: Duration::from_secs(5),
        ..TcpClientConfig::new(remote.parse().unwrap())
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_server_receives_answers_and_records() {
    let (server, address) = Fixture::server();
    let mut peer = connect(address);
    peer.write_all(b"hello").unwrap();
    server.wait("5 bytes", |status| status.traffic.bytes_in == 5);
    server.session.send(Target::All, Arc::from(&b"world!"[..])).unwrap();
    assert_eq!(read_exactly(&mut peer, 6), b"world!");
    let status = server.wait("6 bytes", |status| status.traffic.bytes_out == 6);
    assert_eq!(status.connections.len(), 1);
    assert_eq!(status.connections[0].peer, peer.local_addr().unwrap());
    assert_eq!(status.connections[0].traffic.totals(), status.traffic);
    drop(peer);
    server.wait("the end", |status| status.connections.is_empty());
    let kinds: Vec<_> = server.records().into_iter().map(|record| (record.0, record.1, record.2)).collect();
    use {Direction::*, RecordKind::*};
    assert_eq!(
        kinds,
        [
            (0, Note, Outbound),
            (1, Opened, Inbound),
            (1, Data, Inbound),
            (1, Data, Outbound),
            (1, Note, Inbound),
            (1, Closed, Inbound)
        ]
    );
    assert_eq!(server.session.status().recording.records_recorded, 6);
}

#[test]
fn payload_goes_to_one_to_several_or_to_all_and_one_can_be_disconnected() {
    let (server, address) = Fixture::server();
    let mut peers: Vec<_> = (0..3).map(|_| connect(address)).collect();
    let status = server.wait("three", |status| status.connections.len() == 3);
    let id = |peer: &TcpStream| {
        let address = peer.local_addr().unwrap();
        status.connections.iter().find(|connection| connection.peer == address).unwrap().id
    };
    let ids: Vec<_> = peers.iter().map(id).collect();
    server.session.send(Target::Connections(vec![ids[1]]), Arc::from(&b"one"[..])).unwrap();
    server.session.send(Target::Connections(vec![ids[0], ids[2]]), Arc::from(&b"two"[..])).unwrap();
    server.session.send(Target::All, Arc::from(&b"all"[..])).unwrap();
    assert_eq!(read_exactly(&mut peers[0], 6), b"twoall");
    assert_eq!(read_exactly(&mut peers[1], 6), b"oneall");
    assert_eq!(read_exactly(&mut peers[2], 6), b"twoall");

    server.session.disconnect(ids[1]).unwrap();
    assert_eq!(peers[1].read(&mut [0; 1]).unwrap(), 0, "an orderly end");
    let left = server.wait("two", |status| status.connections.len() == 2);
    assert!(left.connections.iter().all(|connection| connection.id != ids[1]));
    server.session.send(Target::Connections(vec![ids[1]]), Arc::from(&b"gone"[..])).unwrap();
    let status = server.wait("failure", |status| status.failures == 1);
    assert_eq!(status.failure.unwrap().kind, FailureKind::NoRecipient);
}

#[test]
fn stop_frees_the_port_at_once_and_start_takes_it_again() {
    let (server, address) = Fixture::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    server.session.stop();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    server.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Local));
    server.session.start(SessionConfig::TcpServer(TcpServerConfig::new(address))).unwrap();
    server.wait("listening", |status| status.state == SessionState::Listening);
    assert_eq!(server.session.status().local, Some(address));
    connect(address);
}

#[test]
fn listening_stops_and_connections_stay() {
    let (server, address) = Fixture::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    server.session.stop_listening().unwrap();
    server.wait("open", |status| status.state == SessionState::Open);
    let other = TcpListener::bind(address).expect("the port is free");
    server.session.send(Target::All, Arc::from(&b"still here"[..])).unwrap();
    assert_eq!(read_exactly(&mut peer, 10), b"still here");
    // Somebody else has the port: the connections stay all the same.
    server.session.listen_again().unwrap();
    server.wait("the failure", |status| status.failures == 1);
    assert_eq!(server.session.status().state, SessionState::Open);
    drop(other);
    server.session.listen_again().unwrap();
    server.wait("listening again", |status| status.state == SessionState::Listening);
    drop(connect(address));
    server.session.stop_listening().unwrap();
    drop(peer);
    server.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Local));
}

#[test]
fn what_is_queued_reaches_a_half_closed_peer_before_the_end() {
    let (server, address) = Fixture::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    let payload: Arc<[u8]> = (0..8_000_000u32).map(|i| (i * 31) as u8).collect();
    server.session.send(Target::All, payload.clone()).unwrap();
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
fn a_switch_keeps_a_half_closed_connection() {
    let config = TcpServerConfig { keep_half_open: true, ..TcpServerConfig::new(loopback()) };
    let (server, address) = Fixture::server_with(config);
    let mut peer = connect(address);
    peer.shutdown(Shutdown::Write).unwrap();
    server.wait("half-closed", |status| status.connections.first().is_some_and(|c| c.is_half_closed));
    server.session.send(Target::All, Arc::from(&b"late"[..])).unwrap();
    assert_eq!(read_exactly(&mut peer, 4), b"late");
    assert_eq!(server.session.status().connections.len(), 1);
}

#[test]
fn a_client_connects_by_name_and_falls_back_to_the_next_address() {
    // "localhost" may be ::1 first, where nothing listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let session = Fixture::started(SessionConfig::TcpClient(client(&format!("localhost:{port}"))));
    let (mut peer, _) = listener.accept().unwrap();
    let status = session.wait("open", |status| status.state == SessionState::Open);
    assert_eq!(status.remote, Some(listener.local_addr().unwrap()));
    peer.write_all(b"from the server").unwrap();
    session.wait("15 bytes", |status| status.traffic.bytes_in == 15);
    drop(peer);
    session.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Peer));
}

#[test]
fn a_client_binds_the_local_port_it_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = TcpClientConfig { local: Some(free), ..client(&listener.local_addr().unwrap().to_string()) };
    let session = Fixture::started(SessionConfig::TcpClient(config));
    let (_peer, from) = listener.accept().unwrap();
    assert_eq!(from, free);
    session.wait("open", |status| status.connections.first().is_some_and(|c| c.local == free));
}

#[test]
fn refusal_names_the_endpoint_and_the_cause() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let session = Fixture::started(SessionConfig::TcpClient(client(&port.to_string())));
    let status = session.wait("failure", |status| matches!(status.state, SessionState::Closed(_)));
    let failure = status.failure.unwrap();
    assert_eq!((failure.kind.clone(), failure.endpoint.clone()), (FailureKind::Refused, port.to_string()));
    assert_eq!(status.state, SessionState::Closed(CloseReason::Failed(failure)));
}

#[test]
fn a_name_that_is_unknown_is_told() {
    let session = Fixture::started(SessionConfig::TcpClient(client("no-such-host.invalid:80")));
    let status = session.wait("failure", |status| matches!(status.state, SessionState::Closed(_)));
    assert_eq!(status.failure.unwrap().kind, FailureKind::NameNotFound);
}

/// A listener whose queue is full, so that the next connection is neither accepted nor refused.
/// Only Linux leaves it waiting.
#[cfg(target_os = "linux")]
fn deaf_listener() -> (TcpListener, Vec<TcpStream>) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&loopback().into()).unwrap();
    socket.listen(0).unwrap();
    let listener: TcpListener = socket.into();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        waiting.push(stream);
    }
    (listener, waiting)
}

#[cfg(target_os = "linux")]
#[test]
fn no_answer_is_a_timeout_and_stop_cancels_at_once() {
    let (listener, _waiting) = deaf_listener();
    let address = listener.local_addr().unwrap().to_string();
    let config = TcpClientConfig { connect_timeout: Duration::from_millis(50), ..client(&address) };
    let session = Fixture::started(SessionConfig::TcpClient(config));
    let status = session.wait("timeout", |status| matches!(status.state, SessionState::Closed(_)));
    assert_eq!(status.failure.unwrap().kind, FailureKind::TimedOut);

    session.session.start(SessionConfig::TcpClient(client(&address))).unwrap();
    session.wait("connecting", |status| status.state == SessionState::Connecting);
    let asked = Instant::now();
    session.session.stop();
    session.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Local));
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
}

#[test]
fn stop_while_resolving_takes_effect_at_once() {
    let session = Fixture::started(SessionConfig::TcpClient(client("no-such-host.invalid:80")));
    let asked = Instant::now();
    session.session.stop();
    session.wait("closed", |status| !status.state.is_active());
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
}

#[test]
fn finishing_after_the_peer_has_is_the_end() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let config =
        TcpClientConfig { keep_half_open: true, ..client(&listener.local_addr().unwrap().to_string()) };
    let fixture = Fixture::started(SessionConfig::TcpClient(config));
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    fixture
        .wait("the peer's end", |status| status.connections.first().is_some_and(|info| info.is_half_closed));
    fixture.session.finish_sending();
    fixture.wait("the end", |status| status.state == SessionState::Closed(CloseReason::Peer));
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_client_reconnects_by_itself_when_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let policy =
        ReconnectPolicy::Growing { first: Duration::from_millis(5), longest: Duration::from_millis(20) };
    let config = TcpClientConfig { reconnect: policy, ..client(&listener.local_addr().unwrap().to_string()) };
    let session = Fixture::started(SessionConfig::TcpClient(config));
    for round in 1..=3 {
        let (peer, _) = listener.accept().unwrap();
        session.wait("open", |status| status.state == SessionState::Open);
        drop(peer);
        session.wait("lost", |status| status.connections.is_empty());
        assert_eq!(session.records().iter().filter(|record| record.1 == RecordKind::Opened).count(), round);
    }
    session.session.stop();
    session.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Local));
}

#[test]
fn a_taken_port_names_its_owner_and_a_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = taken.local_addr().unwrap();
    let session = Fixture::started(SessionConfig::TcpServer(TcpServerConfig::new(local)));
    let status = session.wait("failure", |status| status.failure.is_some());
    let Some(Failure { kind: FailureKind::AddressInUse { owner, next_free_port }, .. }) = status.failure
    else {
        panic!("{status:?}")
    };
    // Where the system does not tell the owner (wine), nothing false is told.
    assert!(owner.as_ref().is_none_or(|owner| owner.pid == std::process::id()), "{owner:?}");
    if cfg!(target_os = "linux") {
        assert!(owner.is_some());
    }
    assert!(next_free_port.unwrap() > local.port());
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_of_another_machine_is_told() {
    let config = TcpServerConfig::new("203.0.113.1:0".parse().unwrap());
    let session = Fixture::started(SessionConfig::TcpServer(config));
    let status = session.wait("failure", |status| status.failure.is_some());
    assert_eq!(status.failure.unwrap().kind, FailureKind::AddressNotAvailable);
}

#[test]
fn a_reset_is_told_and_recorded_as_one() {
    let (server, address) = Fixture::server();
    let peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    let status = server.wait("end", |status| status.connections.is_empty());
    // wine reads a reset as an orderly end.
    if cfg!(target_os = "linux") {
        assert_eq!(status.failure.unwrap().kind, FailureKind::Reset);
        assert!(
            server
                .records()
                .iter()
                .any(|record| record.1 == RecordKind::Error && record.4.contains("cut the connection"))
        );
    }
}

#[test]
fn udp_keeps_datagrams_whole_in_both_directions() {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let session = Fixture::started(SessionConfig::Udp(UdpConfig::new(local.parse().unwrap())));
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
        session.session.send(Target::LastPeer, longest.clone().into()).unwrap();
        session.session.send(Target::Address(peer.local_addr().unwrap()), Arc::from(&[][..])).unwrap();
        let mut buffer = vec![0; 70_000];
        assert_eq!(peer.recv(&mut buffer).unwrap(), longest.len());
        assert!(buffer[..longest.len()] == longest);
        assert_eq!(peer.recv(&mut buffer).unwrap(), 0);
        let expected = [b"first".to_vec(), vec![], longest.clone(), longest, vec![]];
        session.wait("two", |status| status.traffic.records_out == 2);
        let data: Vec<_> = session
            .records()
            .into_iter()
            .filter(|record| record.1 == RecordKind::Data)
            .map(|r| r.3)
            .collect();
        assert!(data == expected);
    }
}

#[test]
fn a_datagram_that_is_too_long_is_not_sent() {
    let session = Fixture::started(SessionConfig::Udp(UdpConfig::new(loopback())));
    session.wait("bound", |status| status.state == SessionState::Listening);
    let to = Target::Address("127.0.0.1:9".parse().unwrap());
    session.session.send(to, vec![0; 65_508].into()).unwrap();
    let status = session.wait("failure", |status| status.failures == 1);
    let kind = FailureKind::MessageTooLong { bytes: 65_508, limit: 65_507 };
    assert_eq!((status.failure.unwrap().kind, status.traffic.records_out), (kind, 0));
}

#[test]
fn broadcast_needs_its_switch() {
    let broadcast = Target::Address("255.255.255.255:9".parse().unwrap());
    let session = Fixture::started(SessionConfig::Udp(UdpConfig::new(([0, 0, 0, 0], 0).into())));
    session.wait("bound", |status| status.state == SessionState::Listening);
    session.session.send(broadcast, Arc::from(&b"x"[..])).unwrap();
    let status = session.wait("failure", |status| status.failures == 1);
    assert_eq!(status.failure.unwrap().kind, FailureKind::BroadcastNotAllowed);
    // It can be switched while the socket is open. Loopback's own broadcast address goes nowhere.
    session.session.set_broadcast(true).unwrap();
    let broadcast = Target::Address("127.255.255.255:9".parse().unwrap());
    session.session.send(broadcast, Arc::from(&b"x"[..])).unwrap();
    let status = session.wait("sent", |status| status.traffic.records_out == 1);
    assert_eq!(status.failures, 1);
}

#[test]
fn udp_listens_on_both_families_and_shows_true_addresses() {
    let session = Fixture::started(SessionConfig::Udp(UdpConfig::new("[::]:0".parse().unwrap())));
    let port = session.wait("bound", |status| status.state == SessionState::Listening).local.unwrap().port();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.send_to(b"v4", ("127.0.0.1", port)).unwrap();
    let status = session.wait("one", |status| status.traffic.records_in == 1);
    assert_eq!(status.connections[0].peer, peer.local_addr().unwrap());
    if cfg!(target_os = "linux") {
        assert_eq!(status.connections[0].local, SocketAddr::from(([127, 0, 0, 1], port)));
    }
    session.session.send(Target::All, Arc::from(&b"answer"[..])).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(peer.recv(&mut buffer).unwrap(), 6);
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_kernel_drops_is_counted() {
    let session = Fixture::started(SessionConfig::Udp(UdpConfig::new(loopback())));
    let address = session.wait("bound", |status| status.state == SessionState::Listening).local.unwrap();
    assert_eq!(session.session.status().kernel_drops, KernelDrops::Counted(0));
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    // As fast as one thread can: whether any is dropped is up to the machine, the sum is not.
    let sent = 100_000;
    for _ in 0..sent {
        peer.send_to(&[7; 64], address).unwrap();
    }
    session.wait("all accounted for", |status| {
        let KernelDrops::Counted(drops) = status.kernel_drops else { panic!("{:?}", status.kernel_drops) };
        status.traffic.records_in + drops == sent
    });
}

#[test]
fn echo_returns_every_byte() {
    let (server, address) =
        Fixture::server_with(TcpServerConfig { echo: true, ..TcpServerConfig::new(loopback()) });
    let mut peer = connect(address);
    let mut reader = peer.try_clone().unwrap();
    let payload: Vec<u8> = (0..20_000_000u32).map(|i| (i * 17) as u8).collect();
    let expected = payload.clone();
    let check = std::thread::spawn(move || read_exactly(&mut reader, expected.len()) == expected);
    peer.write_all(&payload).unwrap();
    assert!(check.join().unwrap());
    server.wait("all", |status| status.traffic.bytes_out == 20_000_000);
}

#[test]
fn a_peer_that_does_not_read_fills_the_queue_and_that_is_told() {
    let (server, address) = Fixture::server();
    let _peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    let block: Arc<[u8]> = vec![1; 16 << 20].into();
    for _ in 0..8 {
        server.session.send(Target::All, block.clone()).unwrap();
    }
    let status = server.wait("failure", |status| status.failures > 0);
    assert!(matches!(status.failure.unwrap().kind, FailureKind::QueueFull { .. }));
    let asked = Instant::now();
    server.session.stop();
    server.wait("closed", |status| !status.state.is_active());
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    assert!(
        server
            .records()
            .iter()
            .any(|record| record.1 == RecordKind::Note && record.4.contains("were not sent"))
    );
}

#[test]
fn stop_takes_effect_soon_under_full_load() {
    let (server, address) = Fixture::server();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let mut peer = connect(address);
            std::thread::spawn(move || while peer.write_all(&[5; 65536]).is_ok() {})
        })
        .collect();
    server.wait("load", |status| status.traffic.bytes_in > 20_000_000);
    let asked = Instant::now();
    server.session.stop();
    server.wait("closed", |status| !status.state.is_active());
    let took = asked.elapsed();
    for writer in writers {
        writer.join().unwrap();
    }
    assert!(took < SOON, "{took:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn thousands_of_clients_are_held_and_answered() {
    let clients = 5_000.min(file_handles() / 2 - 100);
    let (server, address) =
        Fixture::server_with(TcpServerConfig { backlog: 4096, ..TcpServerConfig::new(loopback()) });
    let mut peers: Vec<_> = (0..clients).map(|_| connect(address)).collect();
    server.wait("all connected", |status| status.connections.len() == clients);
    for (number, peer) in peers.iter_mut().enumerate() {
        peer.write_all(&(number as u32).to_le_bytes()).unwrap();
    }
    server.wait("all heard", |status| status.traffic.bytes_in == 4 * clients as u64);
    server.session.send(Target::All, Arc::from(&b"to each"[..])).unwrap();
    for peer in &mut peers {
        assert_eq!(read_exactly(peer, 7), b"to each");
    }
    drop(peers);
    server.wait("all gone", |status| status.connections.is_empty());
}

/// How many files this process may open, raised as far as it is allowed to.
#[cfg(target_os = "linux")]
fn file_handles() -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    usize::try_from(hard).unwrap().min(1 << 20)
}

#[test]
fn a_send_with_nobody_there_says_so() {
    let (server, _) = Fixture::server();
    server.session.send(Target::All, Arc::from(&b"x"[..])).unwrap();
    let status = server.wait("failure", |status| status.failures == 1);
    assert_eq!(status.failure.unwrap().kind, FailureKind::NoRecipient);
}

#[test]
fn sending_that_waits_reaches_the_first_that_comes_and_then_finishes() {
    let (server, address) = Fixture::server();
    assert!(server.session.send_blocking(Target::All, Arc::from(&b"early"[..])));
    assert!(server.session.finish_sending());
    let mut peer = connect(address);
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_eq!(received, b"early");
    peer.write_all(b"and back").unwrap();
    drop(peer);
    server.wait("closed", |status| status.traffic.bytes_in == 8 && status.connections.is_empty());
    assert_eq!(server.bytes(Direction::Inbound), b"and back");
}

#[test]
fn closing_the_handle_ends_the_thread_and_the_connections() {
    let (server, address) = Fixture::server();
    let mut peer = connect(address);
    server.wait("peer", |status| status.connections.len() == 1);
    server.session.close();
    match peer.read(&mut [0; 1]) {
        Ok(count) => assert_eq!(count, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    TcpListener::bind(address).expect("the port is free");
}
