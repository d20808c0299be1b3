//! The driver against real sockets. Here: the event sink that keeps what the tests check, and sockets on loopback.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no names")]

mod closing;
mod connecting;
mod forwarding;
mod receiving;
mod sending;

use super::driver::{Driver, ReadPause};
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

/// Counts and keeps the events that the tests check.
#[derive(Default)]
struct Log {
    opened: usize,
    bytes_in: usize,
    bytes_out: usize,
    half_closed: usize,
    closed: Vec<(ConnectionId, CloseReason)>,
    failures: Vec<Failure>,
    /// Sends that were complete.
    sent: usize,
    refused: Vec<FailureKind>,
    /// Unsent bytes of sends whose connection was closed.
    cut_bytes: usize,
    /// With the bytes that were received until then.
    left_behind: Vec<(ConnectionId, usize)>,
    caught_up: Vec<(ConnectionId, u64)>,
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
    fn send_ended(&mut self, _: SendId, end: SendEnd<'_>, _: usize) {
        match end {
            SendEnd::Sent => self.sent += 1,
            SendEnd::Refused { failure, .. } => self.refused.push(failure.kind.clone()),
            SendEnd::Closed { unsent_bytes, .. } => self.cut_bytes += unsent_bytes,
        }
    }
    fn forgotten(&mut self, id: ConnectionId) {
        panic!("{id} is not a UDP peer");
    }
    fn left_behind(&mut self, ends: &ConnectionEnds) {
        self.left_behind.push((ends.id, self.bytes_in));
    }
    fn caught_up(&mut self, ends: &ConnectionEnds, missed_bytes: u64) {
        self.caught_up.push((ends.id, missed_bytes));
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

/// The id of sends in tests that do not distinguish them.
const SEND: SendId = SendId(1);

/// Runs turns until `done`. A turn without events ends at the deadline.
#[track_caller]
fn turn_until(driver: &mut Driver, log: &mut Log, what: &str, done: impl Fn(&Log) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done(log) {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        driver.turn(Some(deadline), log).unwrap();
    }
}
