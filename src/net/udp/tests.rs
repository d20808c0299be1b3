//! UDP over a scripted socket, which returns errors that loopback does not give.

mod peers;
mod receiving;
mod sending;

use super::peers::MAX_PEERS;
use super::socket::{DatagramSocket, Received};
use super::{Recipients, Udp};
use crate::model::{
    CloseReason, ConnectionId, Direction, Failure, FailureKind, KernelDrops, Operation, SendId,
};
use crate::net::ids::Ids;
use crate::net::{ConnectionEnds, EventSink, SendEnd};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

/// A socket whose results are given. After them there is nothing to receive, and everything can be sent.
#[derive(Debug, Default)]
struct Script {
    receive: VecDeque<Result<Incoming, ErrorKind>>,
    /// The errors of the next calls of `send`; later calls succeed.
    send: VecDeque<io::Error>,
    /// The error of every call, while it is set.
    always: Option<ErrorKind>,
    sent: Vec<(SocketAddr, Vec<u8>)>,
    calls: usize,
    /// `None`: the system does not count them.
    drops: Option<u64>,
    /// Recipients that a datagram did not reach.
    undelivered: VecDeque<(SocketAddr, ErrorKind)>,
}

#[derive(Debug)]
struct Incoming {
    peer: SocketAddr,
    bytes: Vec<u8>,
    is_cut: bool,
    drops: Option<u32>,
}

impl DatagramSocket for Script {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        self.calls += 1;
        if let Some(kind) = self.always {
            return Err(kind.into());
        }
        let incoming = self.receive.pop_front().unwrap_or(Err(ErrorKind::WouldBlock))?;
        buffer[..incoming.bytes.len()].copy_from_slice(&incoming.bytes);
        let Incoming { peer, bytes, is_cut, drops } = incoming;
        Ok(Received { bytes: bytes.len(), peer, local: None, is_cut, drops })
    }

    fn send(&mut self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.calls += 1;
        if let Some(kind) = self.always {
            return Err(kind.into());
        }
        if let Some(error) = self.send.pop_front() {
            return Err(error);
        }
        self.sent.push((to, bytes.to_vec()));
        Ok(bytes.len())
    }

    fn drops(&self) -> KernelDrops {
        self.drops.map_or(KernelDrops::Unknown, KernelDrops::Counted)
    }

    fn undelivered(&mut self) -> Option<(SocketAddr, io::Error)> {
        self.undelivered.pop_front().map(|(to, kind)| (to, kind.into()))
    }
}

/// A sink that keeps the events.
#[derive(Debug, Default)]
struct Log {
    /// Connection id, direction, payload, and whether it was cut.
    data: Vec<(u32, Direction, Vec<u8>, bool)>,
    failures: Vec<Failure>,
    opened: Vec<SocketAddr>,
    forgotten: Vec<ConnectionId>,
    closed: Vec<(SocketAddr, usize)>,
    drops: Vec<KernelDrops>,
    /// Sends that ended, each by its end; with the unsent bytes of those that were cut off.
    sent: Vec<SendId>,
    refused: Vec<(SendId, Failure)>,
    cut_off: Vec<(SendId, usize)>,
}

impl Log {
    fn kinds(&self) -> Vec<(Operation, FailureKind)> {
        self.failures.iter().map(|failure| (failure.operation, failure.kind.clone())).collect()
    }

    fn payloads(&self, direction: Direction) -> Vec<&[u8]> {
        self.data.iter().filter(|data| data.1 == direction).map(|data| &data.2[..]).collect()
    }
}

impl EventSink for Log {
    fn opened(&mut self, ends: &ConnectionEnds, _: Direction) {
        self.opened.push(ends.peer);
    }
    fn data(&mut self, ends: &ConnectionEnds, direction: Direction, payload: &[u8], is_cut: bool) {
        self.data.push((ends.id.0, direction, payload.to_vec(), is_cut));
    }
    fn half_closed(&mut self, ends: &ConnectionEnds) {
        panic!("{ends:?} is not a stream");
    }
    fn closed(&mut self, ends: &ConnectionEnds, _: &CloseReason, unsent_bytes: usize) {
        self.closed.push((ends.peer, unsent_bytes));
    }
    fn send_ended(&mut self, id: SendId, end: SendEnd<'_>, recipients: usize) {
        match end {
            SendEnd::Sent => self.sent.extend(std::iter::repeat_n(id, recipients)),
            SendEnd::Refused { failure, .. } => self.refused.push((id, failure.clone())),
            SendEnd::Closed { unsent_bytes, .. } => self.cut_off.push((id, unsent_bytes)),
        }
    }
    fn forgotten(&mut self, id: ConnectionId) {
        self.forgotten.push(id);
    }
    fn left_behind(&mut self, ends: &ConnectionEnds) {
        panic!("{ends:?} is not a stream");
    }
    fn caught_up(&mut self, ends: &ConnectionEnds, _: u64) {
        panic!("{ends:?} is not a stream");
    }
    fn failed(&mut self, failure: &Failure) {
        self.failures.push(failure.clone());
    }
    fn kernel_drops(&mut self, drops: KernelDrops) {
        self.drops.push(drops);
    }
}

/// A socket under test, with what the driver passes to it.
struct Fixture {
    udp: Udp<Script>,
    log: Log,
    ids: Ids,
    buffer: Vec<u8>,
}

impl Fixture {
    fn new(script: Script) -> Self {
        let mut log = Log::default();
        let udp = Udp::new(script, "127.0.0.1:7788".parse().unwrap(), &mut log);
        Self { udp, log, ids: Ids::default(), buffer: vec![0; 65_535] }
    }

    /// Reads once with the budget of a turn; returns whether there may be more.
    fn read(&mut self) -> bool {
        let mut budget = 8 << 20;
        self.udp.read(&mut self.buffer, &mut budget, &mut self.ids, &mut self.log)
    }

    /// Queues a datagram and sends what the socket takes.
    fn send(&mut self, to: SocketAddr, bytes: &[u8]) -> Result<(), Failure> {
        self.udp.queue(Some(SEND), Arc::from(bytes), Recipients::One(to))?;
        self.flush();
        Ok(())
    }

    fn flush(&mut self) {
        let mut budget = 8 << 20;
        self.udp.flush(&mut budget, &mut self.ids, &mut self.log);
    }
}

/// The id of the send in tests that need only one.
const SEND: SendId = SendId(1);

fn peer(number: u32) -> SocketAddr {
    let [_, a, b, c] = number.to_be_bytes();
    ([10, a, b, c], 9000).into()
}

fn from(number: u32, bytes: &[u8]) -> Result<Incoming, ErrorKind> {
    Ok(Incoming { peer: peer(number), bytes: bytes.into(), is_cut: false, drops: None })
}

fn receiving(incoming: impl IntoIterator<Item = Result<Incoming, ErrorKind>>) -> Script {
    Script { receive: incoming.into_iter().collect(), ..Script::default() }
}
