//! UDP with a scripted socket: errors that loopback does not cause.

use super::ids::Ids;
use super::outbox::OUTBOX_BYTES;
use super::udp::{DatagramSocket, MAX_PEERS, Received, Recipients, Udp};
use super::{ConnectionEnds, EventSink, SendEnd};
use crate::model::{
    CloseReason, ConnectionId, Direction, Failure, FailureKind, KernelDrops, Operation, SendId,
};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// A socket with scripted results. After them nothing is received, and every send succeeds.
#[derive(Debug, Default)]
struct Script {
    receive: VecDeque<Result<Incoming, ErrorKind>>,
    /// Errors of the next sends, in order.
    send: VecDeque<io::Error>,
    /// The error of every call, until it is reset.
    always: Option<ErrorKind>,
    sent: Vec<(SocketAddr, Vec<u8>)>,
    calls: usize,
    /// Datagrams dropped by the kernel; `None`: unknown.
    drops: Option<u64>,
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
}

/// Keeps the events.
#[derive(Debug, Default)]
struct Log {
    /// Connection id, direction, payload, and whether it was cut.
    data: Vec<(u32, Direction, Vec<u8>, bool)>,
    failures: Vec<Failure>,
    opened: Vec<SocketAddr>,
    forgotten: Vec<ConnectionId>,
    closed: Vec<(SocketAddr, usize)>,
    drops: Vec<KernelDrops>,
    /// Complete sends.
    sent: Vec<SendId>,
    refused: Vec<(SendId, Failure)>,
    /// Sends that ended with the socket, and their unsent bytes.
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
    fn send_ended(&mut self, id: SendId, end: SendEnd<'_>) {
        match end {
            SendEnd::Sent => self.sent.push(id),
            SendEnd::Refused(failure) => self.refused.push((id, failure.clone())),
            SendEnd::Closed { unsent_bytes, .. } => self.cut_off.push((id, unsent_bytes)),
        }
    }
    fn forgotten(&mut self, id: ConnectionId) {
        self.forgotten.push(id);
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

/// The id of sends in tests that do not distinguish them.
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

#[test]
fn a_port_unreachable_error_never_ends_receiving() {
    // Windows reports an ICMP port unreachable as WSAECONNRESET (10054), which is ConnectionReset.
    let reset = || Err(ErrorKind::ConnectionReset);
    let mut script =
        receiving([from(1, b"one"), reset(), from(1, b"two"), reset(), reset(), from(2, b"three")]);
    script.receive.extend((0..100).map(|_| reset()));
    script.receive.push_back(from(1, b"four"));
    let mut fixture = Fixture::new(script);
    assert!(!fixture.read(), "nothing is left");
    assert_eq!(fixture.log.payloads(Direction::Inbound), [&b"one"[..], b"two", b"three", b"four"]);
    assert_eq!(fixture.log.kinds(), [(Operation::Receive, FailureKind::PortUnreachable)]);
    // A later error is reported again.
    fixture.udp.socket.receive.extend([reset(), from(1, b"five")]);
    assert!(!fixture.read());
    assert_eq!((fixture.log.data.len(), fixture.log.failures.len()), (5, 2));
}

#[test]
fn no_datagram_after_an_error_is_lost() {
    let script = receiving([
        Err(ErrorKind::NetworkUnreachable),
        from(1, b"after"),
        Err(ErrorKind::Interrupted),
        from(1, b"all"),
    ]);
    let mut fixture = Fixture::new(script);
    fixture.read();
    assert_eq!(fixture.log.payloads(Direction::Inbound), [&b"after"[..], b"all"]);
    assert_eq!(fixture.log.kinds(), [(Operation::Receive, FailureKind::Unreachable)]);
}

#[test]
fn a_socket_that_always_fails_is_paused_and_tried_again() {
    for kind in [ErrorKind::ConnectionReset, ErrorKind::NetworkDown, ErrorKind::OutOfMemory] {
        let mut fixture = Fixture::new(Script { always: Some(kind), ..receiving([from(1, b"late")]) });
        assert!(!fixture.read(), "reading again at once would keep a processor busy");
        assert!(fixture.udp.socket.calls <= 1000, "{} calls", fixture.udp.socket.calls);
        assert_eq!(fixture.log.failures.len(), 1, "reported once, not once per call");
        assert!(fixture.udp.deadline().unwrap() > Instant::now());
        assert!(!fixture.udp.is_ready);
        fixture.udp.socket.always = None;
        fixture.udp.check(&mut fixture.log);
        assert!(fixture.udp.is_ready);
        fixture.read();
        assert_eq!(fixture.log.payloads(Direction::Inbound), [b"late"]);
        // Once the socket works, the timer is cancelled.
        fixture.udp.is_ready = false;
        fixture.udp.check(&mut fixture.log);
        assert_eq!((fixture.udp.is_ready, fixture.udp.deadline()), (false, None));
    }
}

#[test]
fn a_truncated_datagram_is_recorded_as_cut() {
    let cut = Ok(Incoming { peer: peer(1), bytes: vec![7; 100], is_cut: true, drops: None });
    let mut fixture = Fixture::new(receiving([from(1, b"whole"), cut]));
    fixture.read();
    let is_cut: Vec<_> = fixture.log.data.iter().map(|data| (data.2.len(), data.3)).collect();
    assert_eq!(is_cut, [(5, false), (100, true)]);
}

#[test]
fn an_increase_of_drops_is_reported_from_either_source() {
    let with_drops = |drops| Ok(Incoming { peer: peer(1), bytes: vec![1], is_cut: false, drops });
    let script =
        receiving([with_drops(None), with_drops(Some(3)), with_drops(Some(3)), with_drops(Some(10))]);
    let mut fixture = Fixture::new(Script { drops: Some(0), ..script });
    fixture.read();
    let counted = |numbers: &[u64]| numbers.iter().map(|n| KernelDrops::Counted(*n)).collect::<Vec<_>>();
    assert_eq!(fixture.log.drops, counted(&[0, 3, 10]));
    // Drops after the last received datagram are read from the socket.
    fixture.udp.socket.drops = Some(12);
    assert!(fixture.udp.deadline().is_some());
    fixture.udp.check(&mut fixture.log);
    assert_eq!(fixture.log.drops, counted(&[0, 3, 10, 12]));
    // A lower count of the other source changes nothing.
    fixture.udp.socket.drops = Some(11);
    fixture.udp.check(&mut fixture.log);
    assert_eq!(fixture.log.drops.len(), 4);
}

#[test]
fn unknown_drops_are_not_reported_as_zero() {
    let with_drops = |drops| Ok(Incoming { peer: peer(1), bytes: vec![1], is_cut: false, drops });
    let mut fixture = Fixture::new(receiving([with_drops(None)]));
    fixture.read();
    fixture.udp.check(&mut fixture.log);
    assert_eq!(fixture.log.drops, [KernelDrops::Unknown]);
    // A count that came with a datagram stays valid although the socket's own count is unknown.
    fixture.udp.socket.receive.push_back(with_drops(Some(3)));
    fixture.read();
    fixture.udp.check(&mut fixture.log);
    assert_eq!(fixture.log.drops, [KernelDrops::Unknown, KernelDrops::Counted(3)]);
}

#[test]
fn datagrams_that_would_block_are_sent_later_in_order() {
    let mut fixture = Fixture::new(Script::default());
    for number in 0..10u8 {
        fixture.udp.socket.send.push_back(ErrorKind::WouldBlock.into());
        fixture.send(peer(number.into()), &[number]).unwrap();
    }
    assert_eq!((fixture.udp.queued_bytes(), fixture.log.data.len()), (10, 0));
    fixture.udp.socket.send.clear();
    fixture.flush();
    let expected: Vec<_> = (0..10u8).map(|number| (peer(number.into()), vec![number])).collect();
    assert_eq!(fixture.udp.socket.sent, expected);
    assert_eq!((fixture.udp.queued_bytes(), fixture.log.data.len()), (0, 10));
}

#[test]
fn the_queue_is_bounded_for_datagrams_of_any_size() {
    for size in [60_000, 1, 0] {
        let mut fixture = Fixture::new(Script { always: Some(ErrorKind::WouldBlock), ..Script::default() });
        let mut queued = 0usize;
        let failure = loop {
            match fixture.send(peer(1), &vec![0; size]) {
                Ok(()) => queued += 1,
                Err(failure) => break failure,
            }
            assert!(queued < 2_000_000, "the queue of datagrams of {size} bytes is not bounded");
        };
        assert_eq!(failure.kind, FailureKind::QueueFull { limit_bytes: OUTBOX_BYTES });
        assert!(queued * size <= OUTBOX_BYTES && queued > 500, "{queued}");
    }
}

#[test]
fn an_error_of_an_earlier_datagram_does_not_lose_the_next_one() {
    let send = [ErrorKind::ConnectionReset, ErrorKind::ConnectionReset, ErrorKind::Interrupted]
        .map(Into::into)
        .into();
    let mut fixture = Fixture::new(Script { send, ..Script::default() });
    fixture.send(peer(1), b"sent").unwrap();
    assert_eq!(fixture.udp.socket.sent, [(peer(1), b"sent".to_vec())]);
    assert_eq!(fixture.log.kinds(), [(Operation::Receive, FailureKind::PortUnreachable)]);
}

#[test]
fn a_datagram_that_cannot_be_sent_does_not_block_the_queue() {
    for kind in [ErrorKind::ConnectionReset, ErrorKind::NetworkUnreachable, ErrorKind::InvalidInput] {
        let mut fixture = Fixture::new(Script { always: Some(kind), ..Script::default() });
        fixture.send(peer(1), b"lost").unwrap();
        assert!(fixture.udp.socket.calls < 100, "{kind:?}: {} calls", fixture.udp.socket.calls);
        assert_eq!(fixture.udp.queued_bytes(), 0);
        let (_, last) = fixture.log.refused.last().unwrap();
        assert_eq!((last.operation, last.endpoint.as_str()), (Operation::Send, "10.0.0.1:9000"));
        assert!(fixture.log.data.is_empty());
        fixture.udp.socket.always = None;
        fixture.send(peer(2), b"next").unwrap();
        assert_eq!(fixture.udp.socket.sent, [(peer(2), b"next".to_vec())]);
    }
}

#[test]
fn an_error_of_a_firewall_is_not_reported_as_forbidden_broadcast() {
    let mut fixture = Fixture::new(Script::default());
    // A firewall on Linux fails a send with EPERM, whose ErrorKind is that of EACCES.
    #[cfg(target_os = "linux")]
    let errors = [nix::libc::EACCES, nix::libc::EPERM].map(io::Error::from_raw_os_error);
    #[cfg(not(target_os = "linux"))]
    let errors = [io::Error::from(ErrorKind::PermissionDenied)];
    for (error, kind) in
        errors.into_iter().zip([FailureKind::BroadcastNotAllowed, FailureKind::PermissionDenied])
    {
        fixture.udp.socket.send.push_back(error);
        fixture.send("255.255.255.255:9".parse().unwrap(), b"x").unwrap();
        assert_eq!(fixture.log.refused.last().map(|(_, failure)| &failure.kind), Some(&kind));
    }
}

#[test]
fn the_oldest_peer_is_forgotten_when_there_are_too_many() {
    let extra = 100;
    let count = (MAX_PEERS + extra) as u32;
    let mut fixture = Fixture::new(receiving((0..count).map(|number| from(number, b"x"))));
    while fixture.read() {}
    assert_eq!(fixture.log.data.len(), MAX_PEERS + extra, "every datagram is recorded");
    assert_eq!(fixture.log.opened.len(), MAX_PEERS + extra);
    assert_eq!(fixture.udp.all_peers().len(), MAX_PEERS);
    let oldest: Vec<_> = (1..=extra as u32).map(ConnectionId).collect();
    assert_eq!(fixture.log.forgotten, oldest);
    // A peer that returns gets a new id.
    fixture.udp.socket.receive.push_back(from(0, b"again"));
    fixture.read();
    assert_eq!(fixture.log.data.last().unwrap().0, count + 1);
    assert_eq!(fixture.udp.all_peers().len(), MAX_PEERS);
}

#[test]
fn a_peer_beyond_the_last_id_is_reported_and_the_others_stay() {
    let script = receiving([from(1, b"a"), from(2, b"lost"), from(1, b"b"), from(3, b"lost")]);
    let mut fixture = Fixture::new(script);
    fixture.ids = Ids::after(u32::MAX - 1);
    fixture.read();
    assert_eq!(fixture.log.payloads(Direction::Inbound), [b"a", b"b"]);
    assert!(fixture.log.data.iter().all(|data| data.0 == u32::MAX));
    assert_eq!(fixture.log.kinds(), [(Operation::Receive, FailureKind::OutOfIds)]);
    assert_eq!(fixture.udp.last_peer(), Some(peer(1)));
    // Nothing is sent that could not be recorded.
    fixture.send(peer(2), b"lost").unwrap();
    fixture.send(peer(1), b"answer").unwrap();
    fixture.udp.add(peer(3), &mut fixture.ids, &mut fixture.log);
    assert_eq!(fixture.udp.socket.sent, [(peer(1), b"answer".to_vec())]);
    assert_eq!(fixture.log.refused[0].1.kind, FailureKind::OutOfIds);
    assert_eq!(fixture.log.kinds()[1..], [(Operation::Send, FailureKind::OutOfIds)]);
    assert_eq!(fixture.udp.queued_bytes(), 0);
}

#[test]
fn a_turn_reads_a_bounded_number_of_empty_datagrams() {
    let mut fixture = Fixture::new(receiving((0..100_000).map(|_| from(1, b""))));
    assert!(fixture.read(), "there is more");
    assert!(fixture.log.data.len() < 10_000, "{} in one turn", fixture.log.data.len());
    while fixture.read() {}
    assert_eq!(fixture.log.data.len(), 100_000);
}

#[test]
fn closing_forgets_the_peers_and_reports_unsent_bytes() {
    let mut fixture = Fixture::new(receiving([from(1, b"a"), from(2, b"b")]));
    fixture.read();
    fixture.udp.socket.always = Some(ErrorKind::WouldBlock);
    fixture.send(peer(2), b"12345").unwrap();
    fixture.send(peer(2), b"678").unwrap();
    fixture.send(peer(3), b"9").unwrap();
    let Fixture { udp, mut log, mut ids, .. } = fixture;
    udp.close(&mut ids, &mut log);
    assert_eq!(log.closed, [(peer(2), 8), (peer(3), 1)]);
    assert_eq!(log.cut_off, [(SEND, 5), (SEND, 3), (SEND, 1)], "each send ends");
    assert_eq!(log.forgotten, [ConnectionId(1)]);
}

#[test]
fn the_longest_datagram_depends_on_the_address_family() {
    let mut fixture = Fixture::new(Script::default());
    for (to, limit) in [("127.0.0.1:9", 65_507), ("[::1]:9", 65_527)] {
        let to = to.parse().unwrap();
        fixture.send(to, &vec![0; limit]).unwrap();
        fixture.send(to, &vec![0; limit + 1]).unwrap();
        let (_, failure) = fixture.log.refused.pop().unwrap();
        assert_eq!(failure.kind, FailureKind::MessageTooLong { bytes: limit + 1, limit });
    }
    assert_eq!(fixture.udp.socket.sent.len(), 2);
}

#[test]
fn a_datagram_to_very_many_peers_is_sent_over_several_turns_and_each_peer_gets_it_once() {
    let mut fixture = Fixture::new(receiving((0..MAX_PEERS as u32).map(|number| from(number, b"x"))));
    while fixture.read() {}
    let everybody = fixture.udp.all_peers();
    let payload: Arc<[u8]> = vec![7; 1000].into();
    for send in 1..=3 {
        fixture.udp.queue(Some(SendId(send)), payload.clone(), Recipients::Many(everybody.clone())).unwrap();
    }
    assert_eq!(fixture.udp.queued_bytes(), 3 * MAX_PEERS * payload.len());
    let mut turns = 0;
    let mut last = 0;
    loop {
        fixture.flush();
        turns += 1;
        let sent = fixture.udp.socket.sent.len();
        assert!(sent - last <= (8 << 20) / (1000 + 1024) + 1, "{} in one turn", sent - last);
        last = sent;
        if !fixture.udp.wants_write() {
            break;
        }
    }
    assert!(turns >= 3 * MAX_PEERS * 2024 / (8 << 20), "{turns} turns");
    assert_eq!(fixture.udp.queued_bytes(), 0);
    let to: Vec<_> = fixture.udp.socket.sent.iter().map(|(to, _)| *to).collect();
    assert!(to.chunks(MAX_PEERS).all(|to| *to == everybody[..]), "in order");
    let ends: Vec<_> =
        (1..=3).map(|send| fixture.log.sent.iter().filter(|id| id.0 == send).count()).collect();
    assert_eq!(ends, [MAX_PEERS; 3]);
    // Afterwards the queue has room for its full size again.
    for _ in 0..10 {
        fixture.udp.queue(None, vec![0; 6 << 20].into(), Recipients::One(peer(1))).unwrap();
    }
    assert!(fixture.udp.queue(None, vec![0; 6 << 20].into(), Recipients::One(peer(1))).is_err());
}
