//! Payloads that are sent again and again, against plain sockets.

use crate::support::*;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};
use wirelab::engine::{Message, Repeat};
use wirelab::model::{
    Direction, FailureKind, OutgoingId, OutgoingState, OutgoingStatus, Progress, ReconnectPolicy,
    RepeatProgress, SessionState, Spacing, Status, Target,
};

/// Long enough that no second send comes while a test runs.
const HOUR: Duration = Duration::from_secs(3600);

const MS: Duration = Duration::from_millis(1);

fn message(bytes: &[u8]) -> Message {
    Message::raw(bytes)
}

fn repeat(target: Target, bytes: &[u8], interval: Duration) -> Repeat {
    Repeat::new(target, message(bytes), interval)
}

fn start(session: &Session, repeat: Repeat) -> OutgoingId {
    session.handle.start_outgoing("test", repeat).unwrap()
}

fn find(status: &Status, id: OutgoingId) -> Option<&OutgoingStatus> {
    status.outgoing.iter().find(|outgoing| outgoing.id == id)
}

fn progress(status: &OutgoingStatus) -> RepeatProgress {
    match &status.progress {
        Progress::Repeat(progress) => progress.clone(),
        other => panic!("{other:?}"),
    }
}

/// Waits until `done` holds for a repeat.
#[track_caller]
fn wait(session: &Session, id: OutgoingId, done: impl Fn(&OutgoingStatus) -> bool) -> OutgoingStatus {
    let status = session.wait("the repeat", |status| find(status, id).is_some_and(&done));
    find(&status, id).unwrap().clone()
}

fn is_ended(status: &OutgoingStatus) -> bool {
    status.state.has_ended()
}

/// A server session, and a plain client of it.
fn with_client() -> (Session, SocketAddr, TcpStream) {
    let (session, address) = Session::server();
    let peer = connect(address);
    session.wait("a client", |status| status.connections.len() == 1);
    (session, address, peer)
}

#[test]
fn it_is_sent_so_many_times_and_no_more() {
    let (session, _, mut peer) = with_client();
    let id = start(&session, repeat(Target::All, b"ab", MS).times(Some(20)));
    assert_eq!(read_exactly(&mut peer, 40), b"ab".repeat(20));
    let status = wait(&session, id, is_ended);
    let progress = progress(&status);
    assert_eq!((&status.state, progress.sent, progress.failed), (&OutgoingState::Done, 20, 0));
    assert_eq!((progress.times, progress.interval), (Some(20), MS));
    let lateness = progress.lateness.unwrap();
    assert!(lateness.median <= lateness.p99 && lateness.p99 <= lateness.worst, "{lateness:?}");
    assert_eq!(session.bytes(Direction::Outbound).len(), 40, "each is recorded");
    // It stays until its result was seen.
    session.handle.stop_outgoing(id).unwrap();
    session.wait("its removal", |status| status.outgoing.is_empty());
}

#[test]
fn a_stop_ends_it_at_once_also_between_two_sends_an_hour_apart() {
    let (session, _, mut peer) = with_client();
    // 100 ms are promised; a busy machine may now and then take longer to run the threads.
    for interval in [HOUR, MS] {
        let shortest = (0..10).map(|_| {
            let id = start(&session, repeat(Target::All, b"a", interval));
            read_exactly(&mut peer, 1);
            wait(&session, id, |status| progress(status).sent > 0);
            let asked = Instant::now();
            session.handle.stop_outgoing(id).unwrap();
            let status = wait(&session, id, is_ended);
            assert_eq!(status.state, OutgoingState::Stopped);
            assert!(progress(&status).sent == 1 || interval == MS);
            asked.elapsed()
        });
        let shortest = shortest.min().unwrap();
        assert!(shortest < Duration::from_millis(100), "{interval:?}: {shortest:?}");
    }
}

#[test]
fn several_run_at_once_and_each_is_stopped_alone() {
    let (session, _, mut peer) = with_client();
    let first = start(&session, repeat(Target::All, b"a", MS));
    let second = start(&session, repeat(Target::All, b"b", 2 * MS));
    let third = start(&session, repeat(Target::All, b"c", HOUR));
    let mut seen = Vec::new();
    while seen.iter().filter(|byte| **byte == b'b').count() < 5 {
        seen.extend(read_exactly(&mut peer, 1));
    }
    assert!(seen.contains(&b'a') && seen.contains(&b'c'));
    session.handle.stop_outgoing(first).unwrap();
    let sent = progress(&wait(&session, first, is_ended)).sent;
    let before = progress(find(&session.handle.status(), second).unwrap()).sent;
    let status = session.wait("more of the second", |status| {
        find(status, second).is_some_and(|second| progress(second).sent > before + 5)
    });
    assert_eq!(progress(find(&status, first).unwrap()).sent, sent, "the first has stopped");
    assert_eq!(find(&status, third).unwrap().state, OutgoingState::Running);
    assert_eq!(
        status.outgoing.iter().map(|outgoing| outgoing.id).collect::<Vec<_>>(),
        [first, second, third]
    );
}

#[test]
fn what_is_paused_sends_nothing_and_goes_on_at_once() {
    let (session, _, mut peer) = with_client();
    let id = start(&session, repeat(Target::All, b"a", HOUR));
    read_exactly(&mut peer, 1);
    session.handle.pause_outgoing(id).unwrap();
    wait(&session, id, |status| status.state == OutgoingState::Paused);
    session.handle.resume_outgoing(id).unwrap();
    assert_eq!(read_exactly(&mut peer, 1), b"a", "not after an hour");
    let status = wait(&session, id, |status| progress(status).sent == 2);
    assert_eq!((status.state.clone(), progress(&status).missed), (OutgoingState::Running, 0));
    // Paused, it can be stopped.
    session.handle.pause_outgoing(id).unwrap();
    session.handle.stop_outgoing(id).unwrap();
    assert_eq!(wait(&session, id, is_ended).state, OutgoingState::Stopped);
}

#[test]
fn a_fast_one_that_is_paused_stays_so() {
    let (session, _, mut peer) = with_client();
    let id = start(&session, repeat(Target::All, b"a", MS));
    read_exactly(&mut peer, 3);
    session.handle.pause_outgoing(id).unwrap();
    let sent = progress(&wait(&session, id, |status| status.state == OutgoingState::Paused)).sent;
    let mut rest = Vec::new();
    peer.set_read_timeout(Some(100 * MS)).unwrap();
    let error = peer.read_to_end(&mut rest).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    assert_eq!(rest.len() as u64 + 3, sent);
}

#[test]
fn the_pause_after_the_end_is_kept() {
    let (session, _, mut peer) = with_client();
    let spaced = repeat(Target::All, b"a", 20 * MS).spaced(Spacing::AfterEnd).times(Some(4));
    let begun = Instant::now();
    let id = start(&session, spaced);
    read_exactly(&mut peer, 4);
    assert!(begun.elapsed() >= 60 * MS, "{:?}", begun.elapsed());
    let progress = progress(&wait(&session, id, is_ended));
    assert_eq!((progress.spacing, progress.sent, progress.missed), (Spacing::AfterEnd, 4, 0));
}

/// A session's thread that is held up passes deadlines, as a slow machine does.
#[test]
fn deadlines_that_pass_are_missed_and_not_caught_up() {
    use wirelab::model::RecordKind;
    let (gate, held, go_on) = Gate::at(RecordKind::Opened, "");
    let session = Session::start_with(server(), |options| options.observer = Some(Box::new(gate)));
    let address = session.wait_for_address();
    let mut first = connect(address);
    held.recv_timeout(DEADLINE).unwrap();
    go_on.send(()).unwrap();
    let id = start(&session, repeat(Target::All, b"a", 10 * MS).times(Some(10)));
    read_exactly(&mut first, 10);
    let done = wait(&session, id, is_ended);
    let progress = progress(&done);
    assert_eq!((progress.sent, &done.state), (10, &OutgoingState::Done), "missed ones do not count as sent");
}

#[test]
fn a_connection_that_is_gone_ends_its_repeat_and_says_so() {
    let (session, address, first) = with_client();
    let mut second = connect(address);
    let status = session.wait("both", |status| status.connections.len() == 2);
    let ids: Vec<_> = status.connections.iter().map(|info| info.id).collect();
    let alone = start(&session, repeat(Target::Connections(vec![ids[0]]), b"a", HOUR));
    let both = start(&session, repeat(Target::Connections(ids), b"b", HOUR));
    wait(&session, both, |status| progress(status).sent == 1);
    drop(first);
    let ended = wait(&session, alone, is_ended);
    let OutgoingState::Failed(failure) = ended.state else { panic!("{ended:?}") };
    assert_eq!(failure.kind, FailureKind::NoRecipient);
    assert_eq!(find(&session.handle.status(), both).unwrap().state, OutgoingState::Running);
    assert_eq!(read_exactly(&mut second, 1), b"b");
    drop(second);
    assert!(matches!(wait(&session, both, is_ended).state, OutgoingState::Failed(_)));
}

#[test]
fn on_a_server_without_clients_it_waits_and_begins_with_the_first_one() {
    let (session, address) = Session::server();
    let id = start(&session, repeat(Target::All, b"hello", HOUR));
    wait(&session, id, |status| status.state == OutgoingState::Waiting);
    let mut peer = connect(address);
    assert_eq!(read_exactly(&mut peer, 5), b"hello");
    let status = wait(&session, id, |status| progress(status).sent == 1);
    assert_eq!((status.state.clone(), progress(&status).missed), (OutgoingState::Running, 0));
    drop(peer);
    wait(&session, id, |status| status.state == OutgoingState::Waiting);
    session.handle.stop_listening().unwrap();
    assert!(matches!(wait(&session, id, is_ended).state, OutgoingState::Failed(_)), "nobody can come");
}

#[test]
fn a_client_that_connects_again_goes_on_at_once() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let mut config = client(&listener.local_addr().unwrap().to_string());
    config.reconnect = ReconnectPolicy::Growing { first: MS, longest: MS };
    let session = Session::client(config);
    let id = start(&session, repeat(Target::All, b"a", HOUR));
    let mut first = accept(&listener);
    assert_eq!(read_exactly(&mut first, 1), b"a");
    drop(first);
    let mut second = accept(&listener);
    assert_eq!(read_exactly(&mut second, 1), b"a");
    let status = wait(&session, id, |status| progress(status).sent == 2);
    assert_eq!((status.state.clone(), progress(&status).missed), (OutgoingState::Running, 0));
    session.handle.stop();
    let stopped = wait(&session, id, is_ended);
    assert_eq!(stopped.state, OutgoingState::Stopped, "the end of the session stops it");
}

#[test]
fn a_client_that_does_not_connect_again_ends_it() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let session = Session::client(client(&listener.local_addr().unwrap().to_string()));
    let mut peer = accept(&listener);
    let id = start(&session, repeat(Target::All, b"a", HOUR));
    read_exactly(&mut peer, 1);
    drop(peer);
    assert!(matches!(wait(&session, id, is_ended).state, OutgoingState::Failed(_)));
    session.wait("the end", |status| matches!(status.state, SessionState::Closed(_)));
    let late = start(&session, repeat(Target::All, b"a", HOUR));
    assert!(matches!(wait(&session, late, is_ended).state, OutgoingState::Failed(_)), "nothing runs");
}

#[test]
fn datagrams_are_repeated_to_an_address() {
    let (session, _) = Session::udp();
    let peer = UdpSocket::bind(loopback()).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let target = Target::Address(peer.local_addr().unwrap());
    let id = start(&session, repeat(target, b"hi", MS).times(Some(3)));
    for _ in 0..3 {
        let mut bytes = [0; 8];
        assert_eq!(peer.recv(&mut bytes).unwrap(), 2);
    }
    assert_eq!(wait(&session, id, is_ended).state, OutgoingState::Done);
}

/// Also in a session that reads a lot: what is received does not keep a repeat from its deadlines.
#[test]
fn a_peer_that_does_not_read_is_left_out_and_the_others_are_not() {
    let (session, address, stuck) = with_client();
    let mut reading = connect(address);
    session.wait("both", |status| status.connections.len() == 2);
    let payload = vec![7; 256 << 10];
    let id = start(&session, repeat(Target::All, &payload, MS));
    let mut bytes = vec![0; 64 << 10];
    let deadline = Instant::now() + DEADLINE;
    loop {
        let _ = reading.read(&mut bytes).unwrap();
        let status = session.handle.status();
        let shown = find(&status, id).map(progress);
        if shown.is_some_and(|progress| progress.failed > 5) {
            assert!(status.queued_bytes < 8 << 20, "{} queued", status.queued_bytes);
            break;
        }
        assert!(Instant::now() < deadline);
    }
    session.handle.stop_outgoing(id).unwrap();
    drop(stuck);
}
