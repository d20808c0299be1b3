//! The worker during look-ups that never end, fail or panic.

use super::explaining::Explaining;
use super::*;
use crate::engine::message::Message;
use crate::engine::outgoing::Repeat;
use crate::lang::Language;
use crate::model::{
    Failure, FailureKind, Holder, Operation, OutgoingState, ReconnectPolicy, SessionState, Target,
    TcpClientConfig, UdpConfig,
};
use crate::net::{Lookup, Resolver};
use crossbeam_channel::Sender;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);

/// A worker on the thread of the test, turned step by step.
pub(super) struct Bench {
    pub worker: Worker,
    pub commands: Sender<Command>,
    pub pipe: Sender<Item>,
}

impl Bench {
    pub fn new() -> Self {
        let (commands, receiver) = crossbeam_channel::bounded(256);
        let (pipe, piped) = crossbeam_channel::bounded(256);
        let shared = Arc::new(Shared::new(Arc::new(|| {})));
        let recorder = Recorder::new(None, None, Language::English);
        let driver = Driver::new().unwrap();
        let worker = Worker::new(driver, recorder, (receiver, piped), Arc::default(), shared);
        Self { worker, commands, pipe }
    }

    pub fn start(&mut self, config: SessionConfig) {
        let queue = |generation| self.commands.send(Command::Start(Box::new(config), generation, None));
        self.worker.requests.start(queue).unwrap();
    }

    /// One turn, which waits for nothing.
    pub fn step(&mut self) {
        self.worker.driver.waker().wake().unwrap();
        self.worker.step(false);
    }

    #[track_caller]
    pub fn step_until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !done(self) {
            assert!(Instant::now() < deadline, "timed out waiting for {what}");
            self.step();
            thread::yield_now();
        }
    }

    pub fn send(&mut self, target: Target, bytes: &[u8]) {
        let id = self.worker.requests.next_send();
        self.commands.send(Command::Send(id, target, bytes.into())).unwrap();
    }

    /// A UDP session on loopback whose names are looked up by `resolver`.
    fn udp(resolver: Resolver) -> Self {
        let mut bench = Self::new();
        bench.worker.hosts.resolver = resolver;
        bench.start(SessionConfig::Udp(UdpConfig::new(([127, 0, 0, 1], 0).into())));
        bench.step_until("the socket", |bench| bench.worker.state() == SessionState::Listening);
        bench
    }

    fn failures(&self) -> Vec<Option<FailureKind>> {
        let results = self.worker.shared.take_results();
        results.into_iter().map(|result| result.failure.map(|failure| failure.kind)).collect()
    }
}

fn name() -> Target {
    Target::Host("name:9".parse().unwrap())
}

/// A look-up that never ends, or a search for the holder of a port that does not.
enum Open {
    Name,
    Owner,
}

#[test]
fn a_stop_and_a_close_do_not_wait_for_look_ups() {
    for (what, stops_first) in
        [(Open::Name, true), (Open::Name, false), (Open::Owner, true), (Open::Owner, false)]
    {
        let requests = Arc::new(Requests::default());
        let (sender, news) = crossbeam_channel::bounded(1);
        let shared = Arc::new(Shared::new(Arc::new(move || {
            let _ = sender.try_send(());
        })));
        let wait_for = |state: SessionState| {
            let deadline = Instant::now() + DEADLINE;
            while shared.status().state != state {
                news.recv_deadline(deadline).expect("the state comes without an answer");
            }
        };
        let driver = Driver::new().unwrap();
        let waker = driver.waker();
        let (_commands, receiver) = crossbeam_channel::bounded(4);
        let (_pipe, piped) = crossbeam_channel::bounded(4);
        let recorder = Recorder::new(None, None, Language::English);
        let mut worker = Worker::new(driver, recorder, (receiver, piped), requests.clone(), shared.clone());
        let (_name, addresses) = crossbeam_channel::bounded(1);
        let (_nobody, owner) = crossbeam_channel::bounded(1);
        let waits = match what {
            Open::Name => {
                let config = TcpClientConfig::new("name:1".parse().unwrap());
                let lookup = Lookup::pending(&config.remote, addresses);
                worker.phase = Phase::Resolving(config, lookup);
                SessionState::Resolving
            }
            Open::Owner => {
                let failure = Failure::new(Operation::Listen, "", FailureKind::PermissionDenied);
                worker.timers.set(Timer::Explain, Instant::now() + 10 * DEADLINE);
                worker.explaining = Some(Explaining { failure, owner, next_free_port: None });
                SessionState::Closing
            }
        };
        let thread = thread::Builder::new().spawn(move || worker.run()).unwrap();
        wait_for(waits);
        if stops_first {
            requests.stop();
            waker.wake().unwrap();
            wait_for(SessionState::Closed(CloseReason::Local));
        }
        requests.close();
        waker.wake().unwrap();
        thread.join().unwrap();
        assert_eq!(shared.status().state, SessionState::Closed(CloseReason::Local));
    }
}

/// The address that the resolvers of these tests find.
fn loopback(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

#[test]
fn a_resolver_that_panics_is_a_failure_and_the_next_attempt_works() {
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let remote = format!("name:{}", listener.local_addr().unwrap().port());
    let mut bench = Bench::new();
    bench.worker.hosts.resolver = |_, _| panic!("the resolver");
    bench.start(SessionConfig::TcpClient(TcpClientConfig::new(remote.parse().unwrap())));
    let ended = |bench: &mut Bench| match bench.worker.state() {
        SessionState::Closed(CloseReason::Failed(failure)) => Some(failure),
        _ => None,
    };
    bench.step_until("the end", |bench| ended(bench).is_some());
    let failure = ended(&mut bench).unwrap();
    assert_eq!((failure.operation, &failure.kind), (Operation::Resolve, &FailureKind::ResolverEnded));
    assert_eq!(bench.worker.events.recorder.status.failure, Some(failure));

    // One that reconnects tries again by itself.
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    bench.worker.hosts.resolver = |_, port| match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("the resolver"),
        _ => Ok(vec![loopback(port)]),
    };
    let reconnect = ReconnectPolicy::Growing { first: Duration::ZERO, longest: Duration::ZERO };
    let config = TcpClientConfig { reconnect, ..TcpClientConfig::new(remote.parse().unwrap()) };
    bench.start(SessionConfig::TcpClient(config));
    bench.step_until("the connection", |bench| bench.worker.state() == SessionState::Open);
    assert_eq!(CALLS.load(Ordering::Relaxed), 2);
}

#[test]
fn a_default_recipient_whose_resolver_panics_is_a_failure_and_the_socket_stays() {
    let mut bench = Bench::new();
    bench.worker.hosts.resolver = |_, _| panic!("the resolver");
    let config = UdpConfig { remote: Some("name:9".parse().unwrap()), ..UdpConfig::new(loopback(0)) };
    bench.start(SessionConfig::Udp(config));
    bench.step_until("the failure", |bench| bench.worker.events.recorder.status.failure.is_some());
    assert_eq!(
        bench.worker.events.recorder.status.failure.as_ref().unwrap().kind,
        FailureKind::ResolverEnded
    );
    assert!(
        bench.worker.state() == SessionState::Listening && matches!(bench.worker.phase, Phase::Udp(None))
    );
}

#[test]
fn a_name_is_looked_up_once_for_many_datagrams_and_again_after_a_failure() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let mut bench = Bench::udp(|_, port| match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 => Err(std::io::ErrorKind::NotFound.into()),
        _ => Ok(vec![loopback(port)]),
    });
    bench.send(name(), b"lost");
    bench.step_until("the failure", |bench| {
        let failures = bench.failures();
        assert!(failures.is_empty() || failures == [Some(FailureKind::NameNotFound)]);
        !failures.is_empty()
    });
    assert_eq!(bench.worker.events.recorder.status.unsent_bytes, 4);
    let peer = UdpSocket::bind(loopback(0)).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let target = Target::Host(format!("name:{}", peer.local_addr().unwrap().port()).parse().unwrap());
    for number in 0..100u8 {
        bench.send(target.clone(), &[number]);
    }
    let mut ended = Vec::new();
    bench.step_until("all", |bench| {
        ended.extend(bench.failures());
        ended.len() == 100
    });
    assert_eq!((ended, CALLS.load(Ordering::Relaxed)), (vec![None; 100], 2));
    let received: Vec<_> = (0..100)
        .map(|_| {
            let mut buffer = [0; 8];
            assert_eq!(peer.recv(&mut buffer).unwrap(), 1);
            buffer[0]
        })
        .collect();
    assert!(received.into_iter().eq(0..100), "in order");
}

#[test]
fn a_payload_for_another_target_does_not_wait_for_a_look_up() {
    static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    let mut bench = Bench::udp(|_, port| {
        let _open = GATE.1.wait_while(GATE.0.lock().unwrap(), |is_open| !*is_open).unwrap();
        Ok(vec![loopback(port)])
    });
    let peer = UdpSocket::bind(loopback(0)).unwrap();
    let address = peer.local_addr().unwrap();
    let host = Target::Host(format!("name:{}", address.port()).parse().unwrap());
    bench.send(host.clone(), b"1");
    bench.send(Target::Address(address), b"2");
    bench.send(host, b"3");
    let sent = |bench: &mut Bench| bench.failures().len();
    let mut ends = 0;
    bench.step_until("the one with an address", |bench| {
        ends += sent(bench);
        ends == 1
    });
    bench.step();
    assert_eq!(sent(&mut bench), 0, "the others wait");
    *GATE.0.lock().unwrap() = true;
    GATE.1.notify_all();
    bench.step_until("the others", |bench| {
        ends += sent(bench);
        ends == 3
    });
    let mut buffer = [0; 8];
    let received: Vec<_> = (0..3)
        .map(|_| {
            peer.recv(&mut buffer).unwrap();
            buffer[0]
        })
        .collect();
    assert_eq!(received, b"213");
}

#[test]
fn an_old_answer_is_used_while_it_is_refreshed_and_kept_when_that_fails() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let mut bench = Bench::udp(|_, port| match CALLS.fetch_add(1, Ordering::SeqCst) {
        1 | 2 => Err(std::io::ErrorKind::NotFound.into()),
        3 => panic!("the resolver"),
        _ => Ok(vec![loopback(port)]),
    });
    let notes = Arc::new(Mutex::new(Vec::new()));
    bench.worker.events.recorder =
        Recorder::new(None, Some(Box::new(Notes(notes.clone()))), Language::English);
    bench.worker.events.recorder.status.local = Some(loopback(1));
    bench.worker.hosts.refresh = Duration::ZERO;
    // The first look-up, two that fail, one that panics, one that succeeds.
    for calls in 1..=5 {
        bench.send(name(), b"x");
        let mut ended = Vec::new();
        bench.step_until("the send and its look-up", |bench| {
            ended.extend(bench.failures());
            ended.len() == 1 && CALLS.load(Ordering::SeqCst) == calls && !bench.worker.hosts.is_looking_up()
        });
        assert_eq!(ended, [None], "sent, whatever the look-up says");
    }
    assert_eq!(
        notes.lock().unwrap()[..],
        ["Could not resolve name:9 again; 127.0.0.1:9 stays in use"],
        "told once, until it succeeds"
    );
    bench.worker.hosts.refresh = DEADLINE;
    bench.send(name(), b"x");
    bench.step_until("the send", |bench| !bench.failures().is_empty());
    assert_eq!(CALLS.load(Ordering::SeqCst), 5, "a new answer is not looked up again");
}

#[test]
fn payloads_of_the_pipe_go_to_the_new_address_of_a_name_once_it_is_refreshed() {
    static ADDRESSES: Mutex<Vec<SocketAddr>> = Mutex::new(Vec::new());
    let [old, new] = [(); 2].map(|()| UdpSocket::bind(loopback(0)).unwrap());
    // The last one is taken first.
    *ADDRESSES.lock().unwrap() = vec![new.local_addr().unwrap(), old.local_addr().unwrap()];
    new.set_nonblocking(true).unwrap();
    let mut bench = Bench::new();
    bench.worker.hosts.resolver = |_, _| {
        let mut addresses = ADDRESSES.lock().unwrap();
        let last = addresses.len() - 1;
        Ok(vec![if last > 0 { addresses.remove(last) } else { addresses[0] }])
    };
    bench.worker.hosts.refresh = Duration::ZERO;
    bench.start(SessionConfig::Udp(UdpConfig {
        remote: Some("name:9".parse().unwrap()),
        ..UdpConfig::new(loopback(0))
    }));
    bench.step_until("the first look-up", |bench| bench.worker.events.recorder.status.remote.is_some());
    let generation = bench.worker.generation;
    bench.step_until("a payload at the new address", |bench| {
        let item = Item::Payload { generation, target: name(), bytes: (*b"x").into(), cut: None };
        let _ = bench.pipe.try_send(item);
        new.recv(&mut [0]).is_ok()
    });
    old.set_read_timeout(Some(DEADLINE)).unwrap();
    assert_eq!(old.recv(&mut [0]).unwrap(), 1, "the old one is used until then");
}

fn start_repeat(bench: &mut Bench, target: Target, payload: &str, interval: Duration) -> OutgoingId {
    let options = crate::payload::Options { is_template: true, ..crate::payload::Options::default() };
    let payload = crate::payload::Payload::parse(payload, &options).unwrap();
    let repeat = Repeat::new(target, Message::new(payload, crate::streams::Encodings::default()), interval);
    let id = bench.worker.requests.next_outgoing();
    bench.commands.send(Command::StartOutgoing(id, "repeat".into(), repeat.into())).unwrap();
    id
}

fn state(bench: &Bench, id: OutgoingId) -> OutgoingState {
    let status = &bench.worker.events.recorder.status.outgoing;
    status.iter().find(|outgoing| outgoing.id == id).unwrap().state.clone()
}

#[test]
fn what_is_sent_over_time_to_a_name_waits_for_its_address() {
    static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let mut bench = Bench::udp(|_, port| {
        CALLS.fetch_add(1, Ordering::SeqCst);
        let _open = GATE.1.wait_while(GATE.0.lock().unwrap(), |is_open| !*is_open).unwrap();
        Ok(vec![loopback(port)])
    });
    let peer = UdpSocket::bind(loopback(0)).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let host = Target::Host(format!("name:{}", peer.local_addr().unwrap().port()).parse().unwrap());
    let id = start_repeat(&mut bench, host, "${counter} ${peer:port}", Duration::from_millis(1));
    for _ in 0..50 {
        bench.step();
    }
    assert_eq!(state(&bench, id), OutgoingState::Waiting);
    *GATE.0.lock().unwrap() = true;
    GATE.1.notify_all();
    bench.step_until("sends", |bench| bench.worker.events.recorder.traffic().records_out >= 3);
    let mut buffer = [0; 64];
    for number in 0..3 {
        let length = peer.recv(&mut buffer).unwrap();
        let expected = format!("{number} {}", peer.local_addr().unwrap().port());
        assert_eq!(std::str::from_utf8(&buffer[..length]), Ok(expected.as_str()));
    }
    assert_eq!(CALLS.load(Ordering::SeqCst), 1, "one look-up");
}

#[test]
fn what_is_sent_over_time_to_a_name_that_does_not_exist_ends_and_the_reason_is_told() {
    let mut bench = Bench::udp(|_, _| Err(std::io::ErrorKind::NotFound.into()));
    let id = start_repeat(&mut bench, name(), "a", Duration::from_millis(1));
    bench.step();
    bench.step_until("its end", |bench| state(bench, id).has_ended());
    assert!(matches!(state(&bench, id), OutgoingState::Failed(_)));
    let failure = bench.worker.events.recorder.status.failure.clone().unwrap();
    assert_eq!((failure.operation, failure.kind), (Operation::Resolve, FailureKind::NameNotFound));
    assert_eq!(bench.worker.events.recorder.status.outgoing_short, 1);
}

/// Whatever the interval: the session does not wait for the next deadline.
#[test]
fn a_stop_ends_a_repeat_in_the_turn_in_which_it_is_seen() {
    let peer = UdpSocket::bind(loopback(0)).unwrap();
    let mut bench = Bench::udp(|_, port| Ok(vec![loopback(port)]));
    let address = Target::Address(peer.local_addr().unwrap());
    for interval in [Duration::from_micros(100), Duration::from_secs(3600)] {
        let id = start_repeat(&mut bench, address.clone(), "a", interval);
        let before = bench.worker.events.recorder.traffic().records_out;
        bench.step_until("a send", |bench| bench.worker.events.recorder.traffic().records_out > before);
        assert_eq!(state(&bench, id), OutgoingState::Running);
        bench.commands.send(Command::StopOutgoing(id)).unwrap();
        bench.step();
        assert_eq!(state(&bench, id), OutgoingState::Stopped, "{interval:?}");
        let sent = bench.worker.events.recorder.traffic().records_out;
        (0..5).for_each(|_| bench.step());
        assert_eq!(bench.worker.events.recorder.traffic().records_out, sent);
    }
}

/// Keeps the notes of a session.
struct Notes(Arc<Mutex<Vec<String>>>);

impl crate::engine::Observer for Notes {
    fn record(&mut self, record: &crate::model::Record<'_>) {
        if record.kind == crate::model::RecordKind::Note {
            self.0.lock().unwrap().push(record.text.into());
        }
    }

    fn flush(&mut self) {}
}

#[test]
fn payloads_that_wait_for_look_ups_are_bounded_and_end_with_a_stop() {
    static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    let mut bench = Bench::udp(|_, _| {
        let _open = GATE.1.wait_while(GATE.0.lock().unwrap(), |is_open| !*is_open).unwrap();
        Ok(Vec::new())
    });
    for _ in 0..257 {
        bench.send(name(), b"12345");
        bench.step();
    }
    assert_eq!(bench.failures(), [Some(FailureKind::SessionBusy)]);
    assert_eq!(bench.worker.events.recorder.status.unsent_bytes, 5);
    bench.worker.stop();
    bench.step();
    assert_eq!(bench.failures(), vec![Some(FailureKind::EndedBeforeSent); 256]);
    assert_eq!(bench.worker.events.recorder.status.unsent_bytes, 257 * 5);
    *GATE.0.lock().unwrap() = true;
    GATE.1.notify_all();
}

/// Windows refuses a port that another program uses exclusively with WSAEACCES.
#[test]
fn a_port_with_a_holder_is_in_use_whatever_the_system_calls_it() {
    let holder = Holder { name: "other".into(), pid: 7 };
    let in_use = FailureKind::AddressInUse { owner: Some(holder.clone()), next_free_port: Some(7789) };
    for (found, kind) in [(Some(holder), in_use), (None, FailureKind::PermissionDenied)] {
        let mut worker = Bench::new().worker;
        let failure = Failure::new(Operation::Listen, "0.0.0.0:7788", FailureKind::PermissionDenied);
        let (sender, owner) = crossbeam_channel::bounded(1);
        sender.send(found).unwrap();
        worker.explaining = Some(Explaining { failure, owner, next_free_port: Some(7789) });
        worker.explain();
        assert_eq!(worker.events.recorder.status.failure.unwrap().kind, kind);
    }
}

/// The search or its thread has ended without an answer, or it takes too long.
#[test]
fn a_failure_to_bind_is_reported_without_an_answer_as_well() {
    for is_disconnected in [true, false] {
        let mut bench = Bench::new();
        let failure = Failure::new(Operation::Listen, "0.0.0.0:7788", FailureKind::PermissionDenied);
        let (sender, owner) = crossbeam_channel::bounded(1);
        bench.worker.explaining = Some(Explaining { failure: failure.clone(), owner, next_free_port: None });
        let waits = (!is_disconnected).then_some(sender);
        if waits.is_some() {
            bench.worker.timers.set(Timer::Explain, Instant::now());
        }
        bench.step();
        assert_eq!(bench.worker.state(), SessionState::Closed(CloseReason::Failed(failure)));
    }
}
