//! The worker under more sends than a turn takes, counted in turns and not in time.

use super::tests::Bench;
use super::*;
use crate::model::{SendId, SessionState, Target, TcpServerConfig, UdpConfig};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};

const PEERS: u32 = 20_000;

/// Counts the datagrams that were sent.
fn sent(bench: &Bench) -> u64 {
    bench.worker.events.recorder.traffic().records_out
}

/// Very many peers, all of them one socket that reads nothing.
fn with_peers(local: SocketAddr) -> (Bench, UdpSocket) {
    let peer = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = peer.local_addr().unwrap().port();
    let mut bench = Bench::new();
    bench.start(SessionConfig::Udp(UdpConfig::new(local)));
    bench.step_until("the socket", |bench| bench.worker.state() == SessionState::Listening);
    for number in 0..PEERS {
        let [_, _, a, b] = number.to_be_bytes();
        let address = ([127, 1, a, b], port).into();
        bench.worker.driver.add_peer(address, &mut bench.worker.events);
    }
    (bench, peer)
}

#[test]
fn a_stop_is_seen_within_one_turn_under_very_many_sends_to_very_many_peers() {
    let (mut bench, _peer) = with_peers(([0, 0, 0, 0], 0).into());
    for _ in 0..64 {
        bench.send(Target::All, &[7; 100]);
    }
    // A turn's worth: the budget is 8 MiB, and a datagram costs its bytes and 1 KiB.
    let most = 2 * (8 << 20) / (1024 + 100) + 2;
    for _ in 0..3 {
        let before = sent(&bench);
        bench.step();
        assert!(sent(&bench) - before <= most, "{} datagrams in one turn", sent(&bench) - before);
    }
    assert!(sent(&bench) > 0 && !bench.commands.is_empty());
    // Other commands are taken while the datagrams wait for their turns.
    bench.commands.send(Command::SetLanguage(crate::lang::Language::Chinese)).unwrap();
    let mut turns = 0;
    while bench.worker.events.recorder.language == crate::lang::Language::English {
        bench.step();
        turns += 1;
        assert!(turns <= 64, "a turn takes a command of each kind");
    }
    let before = sent(&bench);
    assert!(before < u64::from(PEERS) * 64, "the sends are not over");
    bench.worker.requests.stop();
    bench.step();
    assert_eq!(bench.worker.state(), SessionState::Closed(CloseReason::Local));
    assert_eq!(sent(&bench), before, "nothing is sent after the stop");
    let status = &bench.worker.events.recorder.status;
    assert_eq!(status.unsent_bytes, (u64::from(PEERS) * 64 - before) * 100, "and all of it is counted");
}

#[test]
fn the_result_of_a_send_to_very_many_peers_comes_when_the_last_is_done() {
    let (mut bench, _peer) = with_peers(([0, 0, 0, 0], 0).into());
    bench.send(Target::All, b"x");
    let mut results = Vec::new();
    let mut turns = 0;
    while results.is_empty() {
        bench.step();
        turns += 1;
        results = bench.worker.shared.take_results();
    }
    assert!(turns > 1, "more than one turn's worth");
    let [result] = &results[..] else { panic!("{results:?}") };
    assert_eq!((result.id, result.recipients, result.sent), (SendId(1), PEERS as usize, PEERS as usize));
    assert_eq!((&result.failure, sent(&bench)), (&None, u64::from(PEERS)));
}

/// The pipe's thread may be ahead of the command that starts the session.
#[test]
fn a_payload_from_the_pipe_waits_for_its_start_and_not_for_another() {
    let mut bench = Bench::new();
    let server = || SessionConfig::TcpServer(TcpServerConfig::new(([127, 0, 0, 1], 0).into()));
    let payload = |bench: &Bench, bytes: &'static [u8]| {
        let generation = bench.worker.requests.generation();
        bench
            .pipe
            .send(Item::Payload { generation, target: Target::All, bytes: bytes.into(), cut: None })
            .unwrap();
    };
    let mut generation = Generation::default();
    let keep = |number| {
        generation = number;
        Ok::<_, ()>(())
    };
    bench.worker.requests.start(keep).unwrap();
    payload(&bench, b"first");
    bench.step();
    assert_eq!(bench.worker.pipe.len(), 1, "it is not dropped before its start was taken");
    bench.commands.send(Command::Start(Box::new(server()), generation, None)).unwrap();
    bench.step_until("listening", |bench| bench.worker.state() == SessionState::Listening);
    bench.start(server());
    bench.step_until("the second start", |bench| {
        bench.worker.generation > generation && bench.worker.state() == SessionState::Listening
    });
    payload(&bench, b"2nd");
    let address = bench.worker.events.recorder.status.local.unwrap();
    let mut peer = TcpStream::connect(address).unwrap();
    bench.step_until("the payload", |bench| bench.worker.events.sends.piped.sends == 2);
    let mut received = [0; 3];
    std::io::Read::read_exact(&mut peer, &mut received).unwrap();
    assert_eq!(&received, b"2nd");
    let piped = &bench.worker.events.sends.piped;
    assert_eq!((piped.failed, piped.unsent_bytes), (1, 5), "the payload of the first start");
    assert_eq!(sent(&bench), 1);
}

#[test]
fn an_answer_leaves_in_the_turn_in_which_its_question_was_read() {
    let mut bench = Bench::new();
    let config = UdpConfig {
        responder: crate::model::ResponderConfig::Echo,
        ..UdpConfig::new(([127, 0, 0, 1], 0).into())
    };
    bench.start(SessionConfig::Udp(config));
    bench.step_until("the socket", |bench| bench.worker.state() == SessionState::Listening);
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.send_to(b"question", bench.worker.events.recorder.status.local.unwrap()).unwrap();
    bench.step_until("the question", |bench| bench.worker.events.recorder.traffic().records_in == 1);
    assert_eq!(sent(&bench), 1);
}
