//! What tests of sessions share: a recorded session, plain sockets, and waiting with a deadline.
//!
//! Nothing here measures time: a wait ends when what is waited for has happened, and the deadline only
//! ends a test that would wait for ever.

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

/// Far more than anything takes, also where other programs have the processors, or in wine.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A session that is recorded into a folder of its own, and the means to wait for what it does.
pub struct Session {
    pub handle: SessionHandle,
    news: Receiver<()>,
    pub folder: tempfile::TempDir,
}

impl Session {
    /// One that does nothing yet.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// One that does nothing yet, with options other than the usual ones.
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

    /// One whose recording has other limits than the usual ones.
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

    /// Waits until the session's status is as `done` wants it.
    #[track_caller]
    pub fn wait(&self, what: &str, mut done: impl FnMut(&Status) -> bool) -> Status {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = self.handle.status();
            if done(&status) {
                return status;
            }
            // Under pressure there is always news, and its deadline alone would never come.
            let is_told = self.news.recv_deadline(deadline).is_ok() && Instant::now() < deadline;
            assert!(is_told, "waited in vain for {what}: {status:#?}");
        }
    }

    /// Waits until it listens or is bound.
    #[track_caller]
    pub fn wait_for_address(&self) -> SocketAddr {
        self.wait("an address", |status| status.state == SessionState::Listening).local.unwrap()
    }

    /// Waits until it is over.
    #[track_caller]
    pub fn wait_for_end(&self) -> Status {
        self.wait("the end", |status| matches!(status.state, SessionState::Closed(_)))
    }

    /// Stops it and waits for that, also where the stop came before the start had begun. What may not hold it up goes on meanwhile; how soon it is over,
    /// `benches/latency.rs` measures.
    #[track_caller]
    pub fn stop(&self) -> Status {
        self.handle.stop();
        self.wait("the stop", |status| !status.state.is_active())
    }

    #[track_caller]
    pub fn send(&self, target: Target, bytes: &[u8]) -> SendId {
        self.handle.send(target, bytes.into()).unwrap()
    }

    /// Sends and waits for the end of that. Results of earlier sends are lost.
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

    /// All of its records.
    pub fn records(&self) -> Vec<Kept> {
        records_of(self.handle.reader().snapshot())
    }

    /// The payload of all records of a direction.
    pub fn bytes(&self, direction: Direction) -> Vec<u8> {
        let records = self.records().into_iter().filter(|record| record.direction == direction);
        records.flat_map(|record| record.payload).collect()
    }

    /// Ends the session and returns its files, oldest first, and what keeps them.
    pub fn finish(self) -> (Vec<PathBuf>, tempfile::TempDir) {
        self.stop();
        let files = self.handle.reader().snapshot().files();
        self.handle.close();
        (files, self.folder)
    }
}

/// Holds the session's thread at the first record of a kind that has some words, until it is let go.
pub struct Gate {
    kind: RecordKind,
    words: &'static str,
    reached: Sender<()>,
    go_on: Receiver<()>,
    has_held: bool,
}

impl Gate {
    /// The gate, what tells that it holds, and what lets go.
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

/// A record as it was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub connection: u32,
    pub kind: RecordKind,
    pub direction: Direction,
    pub payload: Vec<u8>,
    pub is_cut: bool,
    pub text: String,
}

/// All records of a recording.
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

/// Any port on loopback.
pub fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

pub fn server() -> SessionConfig {
    SessionConfig::TcpServer(TcpServerConfig::new(loopback()))
}

pub fn udp() -> SessionConfig {
    SessionConfig::Udp(UdpConfig::new(loopback()))
}

/// A client for `remote` that gives up only after the deadline of the tests.
pub fn client(remote: &str) -> TcpClientConfig {
    TcpClientConfig { connect_timeout: 2 * DEADLINE, ..TcpClientConfig::new(remote.parse().unwrap()) }
}

/// A plain client that waits for nothing longer than the deadline.
#[track_caller]
pub fn connect(address: SocketAddr) -> TcpStream {
    with_deadline(TcpStream::connect_timeout(&address, DEADLINE).unwrap())
}

/// Takes a connection in. Only Linux ends this wait at the deadline.
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

/// Ends a connection with a reset instead of in an orderly way.
pub fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[track_caller]
pub fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}
