//! The driver against real sockets: its budgets, and ends that no front end sees from outside.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no names")]

use super::driver::Driver;
use super::ids::Ids;
use super::{Activity, ConnectionEnds, EventSink, SendEnd};
use crate::model::{
    CloseReason, ConnectionId, Direction, Failure, FailureKind, KernelDrops, Operation, SendId, Target,
    TcpClientConfig, TcpServerConfig,
};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(30);

/// Counts and keeps what a test asks about.
#[derive(Default)]
struct Log {
    opened: usize,
    bytes_in: usize,
    bytes_out: usize,
    half_closed: usize,
    closed: Vec<(ConnectionId, CloseReason)>,
    failures: Vec<Failure>,
    /// Ends of sends: how many were complete, and the failures of the others.
    sent: usize,
    refused: Vec<FailureKind>,
    cut_bytes: usize,
}

impl EventSink for Log {
    fn opened(&mut self, _: &ConnectionEnds, _: Direction) {
        self.opened += 1;
    }
    fn data(&mut self, _: &ConnectionEnds, direction: Direction, payload: &[u8], _: bool) {
        match direction {
            Direction::Inbound => self.bytes_in += payload.len(),
            Direction::Outbound => self.bytes_out += payload.len(),
        }
    }
    fn half_closed(&mut self, _: &ConnectionEnds) {
        self.half_closed += 1;
    }
    fn closed(&mut self, ends: &ConnectionEnds, reason: &CloseReason, _: usize) {
        self.closed.push((ends.id, reason.clone()));
    }
    fn send_ended(&mut self, _: SendId, end: SendEnd<'_>) {
        match end {
            SendEnd::Sent => self.sent += 1,
            SendEnd::Refused(failure) => self.refused.push(failure.kind.clone()),
            SendEnd::Closed { unsent_bytes, .. } => self.cut_bytes += unsent_bytes,
        }
    }
    fn forgotten(&mut self, id: ConnectionId) {
        panic!("{id} is no UDP peer");
    }
    fn failed(&mut self, failure: &Failure) {
        self.failures.push(failure.clone());
    }
    fn kernel_drops(&mut self, _: KernelDrops) {}
}

fn server(config: TcpServerConfig) -> (Driver, SocketAddr) {
    let mut driver = Driver::new().unwrap();
    let address = driver.listen(&config).unwrap();
    (driver, address)
}

fn on_loopback() -> TcpServerConfig {
    TcpServerConfig::new(([127, 0, 0, 1], 0).into())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn within(time: Duration) -> Option<Instant> {
    Some(Instant::now() + time)
}

/// The send of a test that has only one, or does not tell them apart.
const SEND: SendId = SendId(1);

/// Turns the driver until `done`; each turn ends at the latest when the deadline comes.
#[track_caller]
fn turn_until(driver: &mut Driver, log: &mut Log, what: &str, done: impl Fn(&Log) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done(log) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        driver.turn(Some(deadline), log).unwrap();
    }
}

#[test]
fn a_long_queue_is_written_in_shares() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let readers: Vec<_> = (0..12)
        .map(|_| {
            let mut peer = connect(address);
            std::thread::spawn(move || {
                let mut received = 0;
                let mut buffer = vec![0; 1 << 20];
                while received < 8 << 20 {
                    received += peer.read(&mut buffer).unwrap();
                }
                received
            })
        })
        .collect();
    turn_until(&mut driver, &mut log, "all", |log| log.opened == 12);

    let payload: Arc<[u8]> = vec![3; 8 << 20].into();
    driver.send(SEND, &Target::All, &payload, &mut log);
    // Commands and reading wait for what is written; so that is not more than a turn's worth.
    let most = (8 << 20) + (256 << 10);
    assert!(log.bytes_out <= most, "{} bytes in one command", log.bytes_out);
    while driver.queued_bytes().0 > 0 {
        let before = log.bytes_out;
        driver.turn(within(DEADLINE), &mut log).unwrap();
        assert!(log.bytes_out - before <= most, "{} bytes in one turn", log.bytes_out - before);
    }
    assert_eq!(log.bytes_out, 12 * payload.len());
    for reader in readers {
        assert_eq!(reader.join().unwrap(), payload.len());
    }
}

#[test]
fn one_connection_writes_no_more_than_its_share_of_a_turn() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let mut peer = connect(address);
    turn_until(&mut driver, &mut log, "the peer", |log| log.opened == 1);
    driver.send(SEND, &Target::All, &vec![3; 16 << 20].into(), &mut log);
    assert!(log.bytes_out <= (1 << 20) + (256 << 10), "{} bytes at once", log.bytes_out);
    let reader = std::thread::spawn(move || {
        let mut all = vec![0; 16 << 20];
        peer.read_exact(&mut all).unwrap();
    });
    turn_until(&mut driver, &mut log, "everything", |log| log.bytes_out == 16 << 20);
    reader.join().unwrap();
}

#[test]
fn an_idle_driver_waits() {
    let (mut driver, address) = server(TcpServerConfig { keep_half_open: true, ..on_loopback() });
    driver.pause_reading_above(Some(1 << 20));
    let mut log = Log::default();
    let mut peer = connect(address);
    let half_closed = connect(address);
    half_closed.shutdown(Shutdown::Write).unwrap();
    let gone = connect(address);
    drop(gone);
    peer.write_all(b"text").unwrap();
    turn_until(&mut driver, &mut log, "all", |log| {
        log.opened == 3 && log.bytes_in == 4 && log.half_closed == 2
    });
    // What the last events still bring is done after a few turns; then nothing comes any more.
    let wait = Duration::from_millis(50);
    let waited = (0..10).filter(|_| {
        let began = Instant::now();
        driver.turn(within(wait), &mut log).unwrap();
        began.elapsed() >= wait / 2
    });
    assert!(waited.count() >= 5, "the driver spins");
}

/// An address of loopback where nothing listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn any_remote() -> TcpClientConfig {
    TcpClientConfig::new("name:1".parse().unwrap())
}

#[test]
fn every_address_of_a_name_is_tried_in_turn() {
    let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let last = listener.local_addr().unwrap();
    driver.connect(&[nobody(), "[::1]:1".parse().unwrap(), nobody(), last], "name:1", &any_remote()).unwrap();
    turn_until(&mut driver, &mut log, "the last of them", |log| log.opened == 1);
    assert_eq!((listener.accept().unwrap().1.ip(), log.failures.len()), (last.ip(), 0));
    assert_eq!(driver.activity(), Activity::Open);
}

#[test]
fn when_no_address_answers_the_failure_names_the_host_and_one_of_them() {
    let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
    let addresses = [nobody(), nobody()];
    // What connects without waiting may fail without waiting as well.
    let mut outcome = driver.connect(&addresses, "name:1", &any_remote());
    let deadline = Instant::now() + DEADLINE;
    while outcome.is_ok() {
        assert!(Instant::now() < deadline, "waited in vain for the failure");
        outcome = driver.turn(within(DEADLINE), &mut log);
    }
    let failure = outcome.unwrap_err();
    assert_eq!((failure.operation, failure.kind), (Operation::Connect, FailureKind::Refused));
    assert_eq!(failure.endpoint, format!("name:1 ({})", addresses[0]));
    assert_eq!(driver.activity(), Activity::Idle);
}

#[test]
fn a_connection_beyond_the_last_id_is_refused_and_the_others_stay() {
    let (mut driver, address) = server(on_loopback());
    driver.ids = Ids::after(u32::MAX - 2);
    let mut log = Log::default();
    let mut peers = [connect(address), connect(address)];
    turn_until(&mut driver, &mut log, "the last two", |log| log.opened == 2);
    for _ in 0..2 {
        let mut refused = connect(address);
        let reader = std::thread::spawn(move || refused.read(&mut [0]).is_ok_and(|count| count > 0));
        while !reader.is_finished() {
            driver.turn(within(Duration::from_millis(5)), &mut log).unwrap();
        }
        assert!(!reader.join().unwrap(), "it is closed, and told nothing");
    }
    let kinds: Vec<_> = log.failures.iter().map(|failure| (failure.operation, &failure.kind)).collect();
    assert_eq!(kinds, [(Operation::Accept, &FailureKind::OutOfIds)], "told once, not once a connection");
    // Those that have an id keep it, and are served.
    for (peer, id) in peers.iter_mut().zip([u32::MAX - 1, u32::MAX]) {
        driver.send(SEND, &Target::Connections(vec![ConnectionId(id)]), &Arc::from(&b"x"[..]), &mut log);
        peer.read_exact(&mut [0]).unwrap();
    }
    assert_eq!(log.opened, 2);
}

#[test]
fn a_client_beyond_the_last_id_fails_to_connect() {
    let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
    driver.ids = Ids::after(u32::MAX);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    driver.connect(&[listener.local_addr().unwrap()], "name:1", &any_remote()).unwrap();
    let deadline = Instant::now() + DEADLINE;
    let failure = loop {
        assert!(Instant::now() < deadline, "waited in vain for the failure");
        if let Err(failure) = driver.turn(within(DEADLINE), &mut log) {
            break failure;
        }
    };
    assert_eq!((failure.operation, failure.kind), (Operation::Connect, FailureKind::OutOfIds));
    assert_eq!((log.opened, driver.activity()), (0, Activity::Idle));
}

/// What one turn takes at most bounds how late the next command is seen.
#[test]
fn a_turn_reads_no_more_than_its_budget_and_less_while_closing() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let writers: Vec<_> = (0..12)
        .map(|_| {
            let mut peer = connect(address);
            std::thread::spawn(move || while peer.write_all(&[5; 1 << 20]).is_ok() {})
        })
        .collect();
    turn_until(&mut driver, &mut log, "all", |log| log.opened == 12);
    // The last read of each may go beyond.
    let one_read = 65_535;
    while log.bytes_in < 100 << 20 {
        let before = log.bytes_in;
        driver.turn(within(DEADLINE), &mut log).unwrap();
        assert!(log.bytes_in - before <= (8 << 20) + 12 * one_read, "{} bytes", log.bytes_in - before);
    }
    driver.close_all(&mut log);
    assert_eq!(driver.activity(), Activity::Closing);
    while driver.activity() != Activity::Idle {
        let before = log.bytes_in;
        // No timeout: the driver itself knows when closing has had its time.
        driver.turn(None, &mut log).unwrap();
        assert!(log.bytes_in - before <= (1 << 20) + 12 * one_read, "{} bytes", log.bytes_in - before);
    }
    assert!(log.closed.iter().all(|(_, reason)| *reason == CloseReason::Local));
    assert_eq!(log.closed.len(), 12);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
}

#[test]
fn queued_bytes_are_counted_and_sends_end() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let (mut first, second) = (connect(address), connect(address));
    turn_until(&mut driver, &mut log, "both", |log| log.opened == 2);
    assert_eq!(driver.queued_bytes(), (0, 0));
    // Nobody reads, so that most of it stays.
    let payload: Arc<[u8]> = vec![3; 32 << 20].into();
    driver.send(SEND, &Target::All, &payload, &mut log);
    driver.send(SEND, &Target::Connections(vec![ConnectionId(2)]), &payload, &mut log);
    while log.bytes_out == 0 {
        driver.turn(within(DEADLINE), &mut log).unwrap();
    }
    let (sum, most) = driver.queued_bytes();
    assert_eq!(sum, 3 * payload.len() - log.bytes_out);
    assert!(most > sum / 2 && most < sum, "{most} of {sum}");
    drop(second);
    turn_until(&mut driver, &mut log, "its end", |log| log.closed.len() == 1);
    let reader = std::thread::spawn(move || {
        first.read_exact(&mut vec![0; 32 << 20]).unwrap();
        first
    });
    while driver.queued_bytes().0 > 0 {
        driver.turn(within(DEADLINE), &mut log).unwrap();
    }
    assert_eq!(driver.queued_bytes(), (0, 0));
    // An answer is counted as well, and is no send.
    let mut first = reader.join().unwrap();
    let (before, sent) = (log.bytes_out, log.sent);
    driver.answer(ConnectionId(1), Arc::from(&b"answer"[..]), &mut log).unwrap();
    turn_until(&mut driver, &mut log, "the answer", |log| log.bytes_out == before + 6);
    first.read_exact(&mut [0; 6]).unwrap();
    assert_eq!((driver.queued_bytes(), log.sent), ((0, 0), sent));
    // Each of the three payloads has ended: one was cut off with its connection.
    assert_eq!((log.sent, log.refused.len()), (1, 0));
    assert_eq!(log.cut_bytes + log.bytes_out, 3 * payload.len() + 6);
    driver.answer(ConnectionId(99), Arc::from(&b"nobody"[..]), &mut log).unwrap();
}

#[test]
fn reading_pauses_while_too_much_is_queued() {
    let (mut driver, address) = server(on_loopback());
    let limit = 1 << 20;
    driver.pause_reading_above(Some(limit));
    let mut log = Log::default();
    let mut peer = connect(address);
    turn_until(&mut driver, &mut log, "the peer", |log| log.opened == 1);
    let payload: Arc<[u8]> = vec![3; 32 << 20].into();
    driver.send(SEND, &Target::All, &payload, &mut log);
    peer.write_all(b"text").unwrap();
    // The kernel takes what it has room for; after that there are no events that would end a turn.
    let wait = Duration::from_millis(50);
    let is_quiet = |driver: &mut Driver, log: &mut Log| {
        let before = (log.bytes_out, Instant::now());
        driver.turn(within(wait), log).unwrap();
        log.bytes_out == before.0 && before.1.elapsed() >= wait
    };
    while !is_quiet(&mut driver, &mut log) {}
    assert!(driver.queued_bytes().0 > limit, "the kernel took all of it");
    assert_eq!(log.bytes_in, 0, "what it sent is not read");
    let reader = std::thread::spawn(move || {
        peer.read_exact(&mut vec![0; 32 << 20]).unwrap();
        peer
    });
    turn_until(&mut driver, &mut log, "what it sent", |log| log.bytes_in == 4);
    assert!(driver.queued_bytes().0 <= limit);
    turn_until(&mut driver, &mut log, "the rest", |log| log.bytes_out == 32 << 20);
    reader.join().unwrap();
}

/// Between the turn that reads the last bytes and the one that ends the connection.
#[test]
fn an_answer_to_a_peer_s_last_bytes_reaches_it() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let mut peer = connect(address);
    peer.write_all(b"last").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    turn_until(&mut driver, &mut log, "the last bytes", |log| log.bytes_in == 4);
    driver.answer(ConnectionId(1), Arc::from(&b"answer"[..]), &mut log).unwrap();
    turn_until(&mut driver, &mut log, "the end", |log| log.closed.len() == 1);
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_eq!((&received[..], &log.closed[0].1), (&b"answer"[..], &CloseReason::Peer));
}

#[test]
fn a_connection_that_is_being_closed_is_no_recipient() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let (_first, mut second) = (connect(address), connect(address));
    turn_until(&mut driver, &mut log, "both", |log| log.opened == 2);
    driver.disconnect(ConnectionId(1), &mut log);
    driver.send(SEND, &Target::All, &Arc::from(&b"all"[..]), &mut log);
    let mut received = [0; 3];
    second.read_exact(&mut received).unwrap();
    assert_eq!((&received, log.bytes_out), (b"all", 3));
    driver.disconnect(ConnectionId(2), &mut log);
    assert!(!driver.has_recipient());
    assert_eq!(driver.send(SEND, &Target::All, &Arc::from(&b"nobody"[..]), &mut log), 0);
}

/// What other systems do not do, or wine does not.
// Not on Windows: resets, full queues and owners of ports differ in wine; socat is missing there.
#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::model::Transport;
    use crate::net::{find_port_owner, next_free_port};
    use std::io::{BufRead, BufReader};
    use std::net::UdpSocket;
    use std::process::{Command, Stdio};

    // wine reads a reset as an orderly end.
    #[test]
    fn a_reset_after_the_peer_s_half_close_ends_a_connection_that_is_kept_half_open() {
        for waits_for_half_close in [true, false] {
            let (mut driver, address) = server(TcpServerConfig { keep_half_open: true, ..on_loopback() });
            let mut log = Log::default();
            let peer = connect(address);
            turn_until(&mut driver, &mut log, "the peer", |log| log.opened == 1);
            peer.shutdown(Shutdown::Write).unwrap();
            if waits_for_half_close {
                turn_until(&mut driver, &mut log, "its end", |log| log.half_closed == 1);
            }
            socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
            drop(peer);
            turn_until(&mut driver, &mut log, "the reset", |log| !log.closed.is_empty());
            assert!(
                matches!(&log.closed[0].1, CloseReason::Failed(failure) if failure.kind == FailureKind::Reset)
            );
        }
    }

    // Only Linux leaves a connection waiting that the queue has no room for.
    #[test]
    fn the_backlog_is_what_was_asked_for_and_an_address_that_does_not_answer_is_left_for_the_next() {
        assert_eq!(on_loopback().backlog, 128);
        let (_deaf, address) = server(TcpServerConfig { backlog: 3, ..on_loopback() });
        // The kernel lets one more wait than it is told.
        let _waiting = [(); 4].map(|()| connect(address));
        let short = Duration::from_secs(1);
        assert!(TcpStream::connect_timeout(&address, short).is_err(), "the queue is full");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = TcpClientConfig { connect_timeout: short, ..any_remote() };
        let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
        driver.connect(&[address, listener.local_addr().unwrap()], "name:1", &config).unwrap();
        assert_eq!(driver.remote(), Some(address));
        turn_until(&mut driver, &mut log, "the second", |log| log.opened == 1);
    }

    // The option that lets a port be bound again lets this come as far as connecting.
    #[test]
    fn a_local_port_with_a_connection_to_the_same_remote_is_in_use() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let remote = listener.local_addr().unwrap();
        let local = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = TcpClientConfig {
            local: Some(local),
            ..TcpClientConfig::new(remote.to_string().parse().unwrap())
        };
        let mut first = Driver::new().unwrap();
        let mut log = Log::default();
        first.connect(&[remote], "there", &config).unwrap();
        turn_until(&mut first, &mut log, "the connection", |log| log.opened == 1);
        let failure = Driver::new().unwrap().connect(&[remote], "there", &config).unwrap_err();
        assert!(matches!(failure.kind, FailureKind::AddressInUse { .. }), "{failure:?}");
        assert_eq!((failure.operation, failure.endpoint), (Operation::Bind, local.to_string()));
    }

    /// Every port there may have several holders, on different addresses; the one in the way is named.
    #[test]
    fn the_owner_of_a_port_is_the_program_with_a_conflicting_address() {
        for (transport, kind) in [(Transport::Tcp, "TCP4-LISTEN"), (Transport::Udp, "UDP4-LISTEN")] {
            let any = "[::1]:0";
            let (_tcp, _udp, ours) = match transport {
                Transport::Tcp => {
                    let socket = TcpListener::bind(any).unwrap();
                    let address = socket.local_addr().unwrap();
                    (Some(socket), None, address)
                }
                Transport::Udp => {
                    let socket = UdpSocket::bind(any).unwrap();
                    let address = socket.local_addr().unwrap();
                    (None, Some(socket), address)
                }
            };
            let mut socat = Command::new("socat")
                .args(["-dd", &format!("{kind}:{},bind=0.0.0.0", ours.port()), "-"])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("socat is needed by this test, see `make test`");
            let mut lines = BufReader::new(socat.stderr.take().unwrap()).lines();
            assert!(lines.any(|line| line.unwrap().contains("listening on")), "socat did not start");
            let theirs = SocketAddr::from(([127, 0, 0, 1], ours.port()));
            let owner = |local: SocketAddr| {
                assert!(next_free_port(local, transport).unwrap() > local.port());
                let (told, when_told) = crossbeam_channel::bounded(1);
                let owner = find_port_owner(local, transport, move || told.send(()).unwrap());
                when_told.recv_timeout(DEADLINE).unwrap();
                let owner = owner.try_recv().unwrap().expect("somebody has it");
                (owner.pid, owner.name)
            };
            assert_eq!(owner(ours).0, std::process::id());
            assert_eq!(owner(theirs), (socat.id(), "socat".into()));
            socat.kill().unwrap();
            socat.wait().unwrap();
        }
    }
}
