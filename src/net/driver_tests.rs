//! The driver against real sockets: its budgets, and ends that no front end sees from outside.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no names")]

use super::driver::Driver;
use super::{Link, Sink};
use crate::model::{CloseReason, ConnectionId, Direction, Failure, KernelDrops, Target, TcpServerConfig};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(10);

/// Counts and keeps what a test asks about.
#[derive(Default)]
struct Log {
    opened: usize,
    bytes_in: usize,
    bytes_out: usize,
    half_closed: usize,
    closed: Vec<(ConnectionId, CloseReason)>,
    failures: Vec<Failure>,
}

impl Sink for Log {
    fn opened(&mut self, _: &Link, _: Direction) {
        self.opened += 1;
    }
    fn data(&mut self, _: &Link, direction: Direction, payload: &[u8], _: bool) {
        match direction {
            Direction::Inbound => self.bytes_in += payload.len(),
            Direction::Outbound => self.bytes_out += payload.len(),
        }
    }
    fn half_closed(&mut self, _: &Link) {
        self.half_closed += 1;
    }
    fn closed(&mut self, link: &Link, reason: &CloseReason, _: usize) {
        self.closed.push((link.id, reason.clone()));
    }
    fn forgotten(&mut self, id: ConnectionId) {
        panic!("{id} is no UDP peer");
    }
    fn failed(&mut self, _: Option<&Link>, failure: &Failure) {
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

/// Turns the driver until `done`; each turn ends at the latest when the deadline comes.
#[track_caller]
fn turn_until(driver: &mut Driver, log: &mut Log, what: &str, done: impl Fn(&Log) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done(log) {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "waited in vain for {what}");
        driver.turn(Some(left), log).unwrap();
    }
}

#[test]
fn a_long_queue_is_written_in_shares_and_all_of_it_arrives() {
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
    driver.send(&Target::All, &payload, &mut log).unwrap();
    // Commands and reading wait for what is written; so that is not more than a turn's worth.
    let most = (8 << 20) + (256 << 10);
    assert!(log.bytes_out <= most, "{} bytes in one command", log.bytes_out);
    while driver.queued_bytes().0 > 0 {
        let before = log.bytes_out;
        driver.turn(Some(DEADLINE), &mut log).unwrap();
        assert!(log.bytes_out - before <= most, "{} bytes in one turn", log.bytes_out - before);
    }
    assert_eq!(log.bytes_out, 12 * payload.len());
    for reader in readers {
        assert_eq!(reader.join().unwrap(), payload.len());
    }
}

#[test]
fn one_peer_gets_no_more_than_its_share_of_a_turn() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let mut peer = connect(address);
    turn_until(&mut driver, &mut log, "the peer", |log| log.opened == 1);
    driver.send(&Target::All, &vec![3; 16 << 20].into(), &mut log).unwrap();
    assert!(log.bytes_out <= (1 << 20) + (256 << 10), "{} bytes at once", log.bytes_out);
    let reader = std::thread::spawn(move || {
        let mut all = vec![0; 16 << 20];
        peer.read_exact(&mut all).unwrap();
    });
    turn_until(&mut driver, &mut log, "everything", |log| log.bytes_out == 16 << 20);
    reader.join().unwrap();
}

#[test]
fn a_driver_with_nothing_to_do_waits() {
    let (mut driver, address) = server(TcpServerConfig { keep_half_open: true, echo: true, ..on_loopback() });
    let mut log = Log::default();
    let mut peer = connect(address);
    let half_closed = connect(address);
    half_closed.shutdown(Shutdown::Write).unwrap();
    let gone = connect(address);
    drop(gone);
    peer.write_all(b"echo").unwrap();
    turn_until(&mut driver, &mut log, "all", |log| {
        log.opened == 3 && log.bytes_out == 4 && log.half_closed == 2
    });
    // What the last events still bring is done after a few turns; then nothing comes any more.
    let wait = Duration::from_millis(50);
    let waited = (0..10).filter(|_| {
        let began = Instant::now();
        driver.turn(Some(wait), &mut log).unwrap();
        began.elapsed() >= wait
    });
    assert!(waited.count() >= 5, "the driver spins");
}

/// What other systems do not do, or wine does not.
#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::model::{FailureKind, Operation, TcpClientConfig, Transport};
    use crate::net::explain_port_in_use;
    use std::io::{BufRead, BufReader};
    use std::net::{TcpListener, UdpSocket};
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

    // The option that lets a port be bound again lets this come as far as connecting.
    #[test]
    fn a_local_port_whose_connection_to_there_is_not_over_is_told_as_in_use() {
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
    fn the_owner_of_a_port_is_the_one_that_is_in_the_way() {
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
            let owner = |local| {
                let kind = FailureKind::AddressInUse { owner: None, next_free_port: None };
                let failure = Failure::new(Operation::Bind, local, kind);
                match explain_port_in_use(failure, local, transport).kind {
                    FailureKind::AddressInUse { owner: Some(owner), next_free_port } => {
                        assert!(next_free_port.unwrap() > local.port());
                        (owner.pid, owner.name)
                    }
                    kind => panic!("{kind:?}"),
                }
            };
            assert_eq!(owner(ours).0, std::process::id());
            assert_eq!(owner(theirs), (socat.id(), "socat".into()));
            socat.kill().unwrap();
            socat.wait().unwrap();
        }
    }
}
