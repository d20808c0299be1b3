//! Shared by the tests of sessions: a recorded session, plain sockets, and waiting with a deadline.
//!
//! Nothing here measures time: a wait ends as soon as its condition holds, and the deadline only ends a test that
//! would otherwise hang.

#![allow(dead_code, reason = "each test program uses a part of it")]

use crossbeam_channel::{Receiver, Sender};
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wirelab::capture::{Cursor, Destination, Limits, Snapshot};
use wirelab::engine::{Observer, SessionHandle, SessionOptions};
use wirelab::model::{
    Direction, Record, RecordKind, SendId, SendResult, SessionConfig, SessionState, Status, Target,
    TcpClientConfig, TcpServerConfig, UdpConfig,
};

/// Longer than any step of a test takes, also on a busy machine and in wine.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A session recorded into a temporary folder, with a channel that is signalled when its status changes.
pub struct Session {
    pub handle: SessionHandle,
    news: Receiver<()>,
    pub folder: tempfile::TempDir,
}

impl Session {
    /// A session that is not started.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A session that is not started, with changed options.
    pub fn with(change: impl FnOnce(&mut SessionOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sender, news) = crossbeam_channel::bounded(1);
        let mut options = SessionOptions {
            recording: Some((Destination::Folder(folder.path().join("recording")), Limits::default())),
            notify: Arc::new(move || {
                let _ = sender.try_send(());
            }),
            ..SessionOptions::default()
        };
        change(&mut options);
        Self { handle: SessionHandle::open("test", options).unwrap(), news, folder }
    }

    pub fn start(config: SessionConfig) -> Self {
        Self::start_with(config, |_| {})
    }

    pub fn start_with(config: SessionConfig, change: impl FnOnce(&mut SessionOptions)) -> Self {
        let session = Self::with(change);
        session.handle.start(config).unwrap();
        session
    }

    /// A session whose recording has these limits.
    pub fn start_limited(config: SessionConfig, limits: Limits) -> Self {
        Self::start_with(config, |options| options.recording.as_mut().unwrap().1 = limits)
    }

    /// A server on loopback, and its address.
    pub fn server() -> (Self, SocketAddr) {
        Self::server_with(TcpServerConfig::new(loopback()))
    }

    pub fn server_with(config: TcpServerConfig) -> (Self, SocketAddr) {
        Self::with_address(SessionConfig::TcpServer(config))
    }

    /// A UDP socket on loopback, and its address.
    pub fn udp() -> (Self, SocketAddr) {
        Self::with_address(udp())
    }

    fn with_address(config: SessionConfig) -> (Self, SocketAddr) {
        let session = Self::start(config);
        let address = session.wait_for_address();
        (session, address)
    }

    pub fn client(config: TcpClientConfig) -> Self {
        Self::start(SessionConfig::TcpClient(config))
    }

    /// Waits until `done` holds for the session's status, and returns that status.
    #[track_caller]
    pub fn wait(&self, what: &str, mut done: impl FnMut(&Status) -> bool) -> Status {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = self.handle.status();
            if done(&status) {
                return status;
            }
            // Under load there is always a change pending, and `recv_deadline` alone would never time out.
            let is_told = self.news.recv_deadline(deadline).is_ok() && Instant::now() < deadline;
            assert!(is_told, "timed out waiting for {what}: {status:#?}");
        }
    }

    /// Waits until the session listens or is bound, and returns its address.
    #[track_caller]
    pub fn wait_for_address(&self) -> SocketAddr {
        self.wait("an address", |status| status.state == SessionState::Listening).local.unwrap()
    }

    /// Waits until the session is closed.
    #[track_caller]
    pub fn wait_for_end(&self) -> Status {
        self.wait("the end", |status| matches!(status.state, SessionState::Closed(_)))
    }

    /// Stops the session and waits until it is no longer active, also if the stop overtakes the start.
    /// `benches/latency.rs` measures how long a stop takes.
    #[track_caller]
    pub fn stop(&self) -> Status {
        self.handle.stop();
        self.wait("the stop", |status| !status.state.is_active())
    }

    #[track_caller]
    pub fn send(&self, target: Target, bytes: &[u8]) -> SendId {
        self.handle.send(target, bytes.into()).unwrap()
    }

    /// Sends and waits for the result. Results of earlier sends are dropped.
    #[track_caller]
    pub fn send_and_wait(&self, target: Target, bytes: &[u8]) -> SendResult {
        let id = self.send(target, bytes);
        let mut result = None;
        self.wait("the result", |_| {
            let results = self.handle.take_send_results();
            result = result.take().or(results.into_iter().find(|result| result.id == id));
            result.is_some()
        });
        result.unwrap()
    }

    /// All records so far.
    pub fn records(&self) -> Vec<Kept> {
        records_of(self.handle.reader().snapshot())
    }

    /// The payload of all records of one direction, concatenated.
    pub fn bytes(&self, direction: Direction) -> Vec<u8> {
        let records = self.records().into_iter().filter(|record| record.direction == direction);
        records.flat_map(|record| record.payload).collect()
    }

    /// Closes the session and returns its files, oldest first, with the folder that deletes them when dropped.
    pub fn finish(self) -> (Vec<PathBuf>, tempfile::TempDir) {
        self.stop();
        let files = self.handle.reader().snapshot().files();
        self.handle.close();
        (files, self.folder)
    }
}

/// Blocks the session's thread at the first record of a kind whose text contains `words`, until released.
pub struct Gate {
    kind: RecordKind,
    words: &'static str,
    reached: Sender<()>,
    go_on: Receiver<()>,
    has_held: bool,
}

impl Gate {
    /// The gate, the channel that signals when it blocks, and the channel that releases it.
    pub fn at(kind: RecordKind, words: &'static str) -> (Self, Receiver<()>, Sender<()>) {
        let (reached, when_reached) = crossbeam_channel::bounded(1);
        let (let_go, go_on) = crossbeam_channel::bounded(1);
        (Self { kind, words, reached, go_on, has_held: false }, when_reached, let_go)
    }
}

impl Observer for Gate {
    fn record(&mut self, record: &Record<'_>) {
        if !self.has_held && record.kind == self.kind && record.text.contains(self.words) {
            self.has_held = true;
            self.reached.send(()).unwrap();
            let _ = self.go_on.recv_timeout(DEADLINE);
        }
    }

    fn flush(&mut self) {}
}

/// A record read back from a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub connection: u32,
    pub kind: RecordKind,
    pub direction: Direction,
    pub payload: Vec<u8>,
    pub is_cut: bool,
    pub text: String,
}

/// All records of a snapshot.
pub fn records_of(snapshot: Snapshot) -> Vec<Kept> {
    let mut cursor = Cursor::new(snapshot);
    let mut all = Vec::new();
    let mut at = cursor.snapshot().start();
    while let Some(position) = cursor.next(at).unwrap() {
        let entry = cursor.read(position).unwrap().unwrap();
        let record = entry.record;
        all.push(Kept {
            connection: record.connection.0,
            kind: record.kind,
            direction: record.direction,
            payload: record.payload.to_vec(),
            is_cut: record.is_cut,
            text: record.text.into(),
        });
        at = entry.end;
    }
    all
}

/// IPv4 loopback with port 0.
pub fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

pub fn server() -> SessionConfig {
    SessionConfig::TcpServer(TcpServerConfig::new(loopback()))
}

pub fn udp() -> SessionConfig {
    SessionConfig::Udp(UdpConfig::new(loopback()))
}

/// A client for `remote` whose timeout is longer than [`DEADLINE`].
pub fn client(remote: &str) -> TcpClientConfig {
    TcpClientConfig { connect_timeout: 2 * DEADLINE, ..TcpClientConfig::new(remote.parse().unwrap()) }
}

/// A loopback address that refuses connections. The socket is bound and does not listen; it keeps the port from
/// other tests until it is dropped.
pub fn refusing() -> (socket2::Socket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&loopback().into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// A plain client socket with [`DEADLINE`] as its timeouts.
#[track_caller]
pub fn connect(address: SocketAddr) -> TcpStream {
    with_deadline(TcpStream::connect_timeout(&address, DEADLINE).unwrap())
}

/// Accepts a connection. The timeout has an effect on Linux only.
#[track_caller]
pub fn accept(listener: &TcpListener) -> TcpStream {
    socket2::SockRef::from(listener).set_read_timeout(Some(DEADLINE)).unwrap();
    with_deadline(listener.accept().unwrap().0)
}

fn with_deadline(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Closes a connection with a RST instead of a FIN.
pub fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[track_caller]
pub fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}
