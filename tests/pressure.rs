//! Sessions under pressure: whoever is loud, on the wire or at the handle, keeps nobody else waiting.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and its threads need no names"
)]

use crossbeam_channel::{Receiver, Sender};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use wirelab::capture::{Destination, Limits};
use wirelab::engine::{SessionHandle, SessionOptions, Tap};
use wirelab::model::{
    KernelDrops, Record, RecordKind, SessionConfig, SessionState, Status, Target, TcpServerConfig, UdpConfig,
};

/// Whatever holds something up here lasts longer than this. How soon things happen is measured by
/// `benches/latency.rs`.
const DEADLINE: Duration = Duration::from_secs(20);

struct Session {
    handle: SessionHandle,
    news: Receiver<()>,
    _folder: tempfile::TempDir,
}

impl Session {
    fn start(config: SessionConfig) -> Self {
        Self::with_tap(config, None)
    }

    fn with_tap(config: SessionConfig, tap: Option<Box<dyn Tap>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sender, news) = crossbeam_channel::bounded(1);
        let options = SessionOptions {
            recording: Some((Destination::Folder(folder.path().join("recording")), Limits::default())),
            tap,
            notify: Arc::new(move || {
                let _ = sender.try_send(());
            }),
            ..SessionOptions::default()
        };
        let handle = SessionHandle::open("pressure test", options).unwrap();
        handle.start(config).unwrap();
        Self { handle, news, _folder: folder }
    }

    #[track_caller]
    fn wait(&self, what: &str, mut done: impl FnMut(&Status) -> bool) -> Status {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = self.handle.status();
            if done(&status) {
                return status;
            }
            // There is always news under pressure, so that its deadline alone would never come.
            let is_told = self.news.recv_deadline(deadline).is_ok() && Instant::now() < deadline;
            assert!(is_told, "waited in vain for {what}: {status:#?}");
        }
    }

    #[track_caller]
    fn wait_for_address(&self) -> SocketAddr {
        self.wait("an address", |status| status.state == SessionState::Listening).local.unwrap()
    }

    /// Stops the session, whatever else it has to do.
    #[track_caller]
    fn stop(&self) {
        self.handle.stop();
        self.wait("the end", |status| !status.state.is_active());
    }
}

fn server() -> SessionConfig {
    SessionConfig::TcpServer(TcpServerConfig::new(([127, 0, 0, 1], 0).into()))
}

fn udp() -> SessionConfig {
    SessionConfig::Udp(UdpConfig::new(([127, 0, 0, 1], 0).into()))
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

#[test]
fn a_loud_peer_starves_nobody() {
    let session = Session::start(server());
    let address = session.wait_for_address();
    // One sends as much as it can, one as often as it can.
    let floods = [vec![5; 1 << 20], vec![5]].map(|piece| {
        let mut loud = connect(address);
        loud.set_nodelay(true).unwrap();
        thread::spawn(move || while loud.write_all(&piece).is_ok() {})
    });
    session.wait("the flood", |status| status.traffic.bytes_in > 20_000_000);
    let mut quiet = connect(address);
    let own = quiet.local_addr().unwrap();
    let status = session.wait("the quiet one", |status| status.connections.iter().any(|c| c.peer == own));
    let connection = status.connections.iter().find(|connection| connection.peer == own).unwrap();
    for round in 1..=20 {
        quiet.write_all(b"request").unwrap();
        session.wait("the request", |_| connection.traffic.totals().bytes_in == round * 7);
        session.handle.send(Target::Connections(vec![connection.id]), Arc::from(&b"answer"[..])).unwrap();
        quiet.read_exact(&mut [0; 6]).unwrap();
    }
    session.stop();
    for flood in floods {
        flood.join().unwrap();
    }
}

#[test]
fn very_many_datagrams_do_not_hold_up_a_stop() {
    let session = Session::start(udp());
    let address = session.wait_for_address();
    let is_over = Arc::new(AtomicBool::new(false));
    let flood = {
        let is_over = is_over.clone();
        thread::spawn(move || {
            let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
            while !is_over.load(Ordering::Relaxed) {
                // Nobody may listen any more.
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
fn sending_without_a_pause_does_not_keep_the_session_from_anything_else() {
    let session = Arc::new(Session::start(udp()));
    let address = session.wait_for_address();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = peer.local_addr().unwrap();
    let sender = {
        let session = session.clone();
        let payload: Arc<[u8]> = vec![7; 60_000].into();
        // More than the thread of the session sends in the time of this test.
        let is_sent = move |_| {
            let handle = &session.handle;
            handle.status().state.is_active() && handle.send_blocking(Target::Address(to), payload.clone())
        };
        thread::spawn(move || (0..1_000_000).all(is_sent))
    };
    session.wait("what is sent", |status| status.traffic.records_out > 100);
    // It receives meanwhile,
    peer.send_to(b"hello", address).unwrap();
    session.wait("what is received", |status| status.traffic.bytes_in == 5);
    // it records meanwhile,
    let before = session.handle.reader().snapshot().records();
    session.wait("what is recorded", |_| session.handle.reader().snapshot().records() > before);
    // and it stops.
    session.stop();
    assert!(!sender.join().unwrap());
}

/// Holds the session's thread where it records the words given, until it is let go.
struct Gate {
    words: &'static str,
    reached: Sender<()>,
    go_on: Receiver<()>,
}

impl Tap for Gate {
    fn record(&mut self, record: &Record<'_>) {
        if record.kind == RecordKind::Note && record.text.contains(self.words) {
            self.reached.send(()).unwrap();
            let _ = self.go_on.recv_timeout(DEADLINE);
        }
    }

    fn flush(&mut self) {}
}

#[test]
fn a_start_right_after_a_stop_is_not_stopped_by_it() {
    let (reached, when_reached) = crossbeam_channel::bounded(1);
    let (go_on, when_let_go) = crossbeam_channel::bounded(1);
    let gate = Gate { words: "topped listening", reached, go_on: when_let_go };
    let session = Session::with_tap(server(), Some(Box::new(gate)));
    session.wait_for_address();
    // The thread is among its commands when both come.
    session.handle.stop_listening().unwrap();
    when_reached.recv_timeout(DEADLINE).unwrap();
    session.handle.stop();
    session.handle.start(udp()).unwrap();
    go_on.send(()).unwrap();
    let is_udp = |status: &Status| status.kernel_drops == expected_drops();
    session.wait("the UDP socket", |status| is_udp(status) && status.state == SessionState::Listening);
    // And a stop after it does stop it.
    session.stop();
}

fn expected_drops() -> KernelDrops {
    if cfg!(target_os = "linux") { KernelDrops::Counted(0) } else { KernelDrops::Unknown }
}

#[test]
fn udp_peers_are_gone_after_a_stop_and_do_not_come_back() {
    let session = Session::start(udp());
    let address = session.wait_for_address();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.send_to(b"hello", address).unwrap();
    session.wait("the peer", |status| status.connections.len() == 1);
    session.handle.stop();
    let status = session.wait("the end", |status| !status.state.is_active());
    assert!(status.connections.is_empty());
    session.handle.start(udp()).unwrap();
    let address = session.wait_for_address();
    peer.send_to(b"again", address).unwrap();
    let status = session.wait("the peer", |status| status.traffic.bytes_in == 10);
    assert_eq!(status.connections.len(), 1);
}
