//! Payloads that are cut into pieces, and several glued into one write.

use crate::support::*;
use std::net::UdpSocket;
use std::time::{Duration, Instant};
use wirelab::engine::{Message, Pieces};
use wirelab::model::{Direction, FailureKind, OutgoingId, OutgoingState, Target};
use wirelab::payload::{Cuts, Delivery};

/// Waits until it has ended.
#[track_caller]
fn end(session: &Session, id: OutgoingId) -> OutgoingState {
    let mut state = None;
    session.wait("its end", |status| {
        let found = status.outgoing.iter().find(|outgoing| outgoing.id == id);
        state = found.map(|outgoing| outgoing.state.clone()).filter(OutgoingState::has_ended);
        state.is_some()
    });
    state.unwrap()
}

#[track_caller]
fn deliver(session: &Session, payload: &[u8], delivery: Delivery) -> OutgoingState {
    let pieces = Pieces::new(Target::All, Message::raw(payload), delivery);
    let id = session.handle.start_outgoing("pieces", pieces).unwrap();
    end(session, id)
}

/// A UDP session, and a socket that it sends to: each piece is a datagram there.
fn with_receiver() -> (Session, UdpSocket) {
    let (session, address) = Session::udp();
    let receiver = UdpSocket::bind(loopback()).unwrap();
    receiver.set_read_timeout(Some(DEADLINE)).unwrap();
    receiver.send_to(b"x", address).unwrap();
    session.wait("the peer", |status| status.connections.len() == 1);
    (session, receiver)
}

fn receive(socket: &UdpSocket, count: usize) -> Vec<Vec<u8>> {
    let mut buffer = vec![0; 65_536];
    (0..count)
        .map(|_| {
            let length = socket.recv(&mut buffer).unwrap();
            buffer[..length].to_vec()
        })
        .collect()
}

#[test]
fn each_piece_is_a_write_of_its_own() {
    let payload = b"0123456789";
    for cuts in
        [Cuts::None, Cuts::at([1, 3, 99]), Cuts::Every, Cuts::Random { seed: 5 }, Cuts::Random { seed: 6 }]
    {
        for gap in [Duration::ZERO, Duration::from_millis(1)] {
            let (session, receiver) = with_receiver();
            let delivery = Delivery { cuts: cuts.clone(), gap: Some(gap), ..Delivery::default() };
            let expected: Vec<_> =
                cuts.pieces(payload.len(), 0).map(|piece| payload[piece].to_vec()).collect();
            assert_eq!(deliver(&session, payload, delivery), OutgoingState::Done);
            assert_eq!(receive(&receiver, expected.len()), expected, "{cuts}");
        }
    }
}

#[test]
fn glued_payloads_are_one_write_and_may_be_cut_in_turn() {
    for (cuts, expected) in [(Cuts::None, vec!["abcabc"]), (Cuts::at([4]), vec!["abca", "bc"])] {
        let (session, receiver) = with_receiver();
        deliver(&session, b"abc", Delivery { cuts, glue: 2, gap: None });
        assert_eq!(
            receive(&receiver, expected.len()),
            expected.iter().map(|text| text.as_bytes()).collect::<Vec<_>>()
        );
    }
}

#[test]
fn pieces_have_at_least_the_gap_between_them() {
    let (session, address) = Session::server();
    let mut peer = connect(address);
    session.wait("the peer", |status| status.connections.len() == 1);
    let gap = Duration::from_millis(20);
    let began = Instant::now();
    let delivery = Delivery { cuts: Cuts::at([1, 3]), gap: Some(gap), ..Delivery::default() };
    let id =
        session.handle.start_outgoing("gaps", Pieces::new(Target::All, Message::raw(*b"abcd"), delivery));
    // The first piece does not wait.
    assert_eq!(read_exactly(&mut peer, 4), b"abcd");
    assert!(began.elapsed() >= 2 * gap, "{:?}", began.elapsed());
    assert_eq!(end(&session, id.unwrap()), OutgoingState::Done);
    let records = session.records();
    let sent: Vec<_> = records
        .iter()
        .filter(|record| !record.payload.is_empty())
        .map(|record| &record.payload[..])
        .collect();
    assert_eq!(sent, [&b"a"[..], b"bc", b"d"], "three writes");
}

#[test]
fn very_many_pieces_leave_time_for_other_commands_and_a_stop() {
    let (session, address) = Session::server();
    let _peer = connect(address);
    session.wait("the peer", |status| status.connections.len() == 1);
    let delivery = Delivery { cuts: Cuts::Every, gap: Some(Duration::ZERO), ..Delivery::default() };
    let message = Message::raw(vec![7; 50_000_000]);
    let id = session.handle.start_outgoing("many", Pieces::new(Target::All, message, delivery)).unwrap();
    session.wait("some", |status| status.traffic.bytes_out > 1000);
    // Its note stands where the payload is in the middle.
    session.send(Target::All, b"between");
    session.wait("it", |_| {
        session.records().iter().any(|record| record.text.starts_with("Sent between two parts of many"))
    });
    session.handle.stop_outgoing(id).unwrap();
    assert_eq!(end(&session, id), OutgoingState::Stopped);
    assert!(session.bytes(Direction::Outbound).len() < 50_000_000);
}

#[test]
fn pieces_for_a_connection_that_ends_fail_and_those_for_the_others_go_on() {
    let (session, address) = Session::server();
    let [mut first, second] = [(); 2].map(|()| connect(address));
    let status = session.wait("both", |status| status.connections.len() == 2);
    let second_id = status
        .connections
        .iter()
        .find(|info| info.peer == second.local_addr().unwrap())
        .map(|info| info.id)
        .unwrap();
    let delivery =
        Delivery { cuts: Cuts::Every, gap: Some(Duration::from_millis(20)), ..Delivery::default() };
    let pieces = Pieces::new(Target::All, Message::raw(*b"abcdefgh"), delivery);
    let id = session.handle.start_outgoing("pieces", pieces).unwrap();
    assert_eq!(read_exactly(&mut first, 2), b"ab");
    session.handle.disconnect(vec![second_id]).unwrap();
    assert_eq!(read_exactly(&mut first, 6), b"cdefgh");
    assert_eq!(end(&session, id), OutgoingState::Done, "somebody has all of it");
    drop((first, second));
    session.wait("nobody", |status| status.connections.is_empty());
    session.handle.stop_listening().unwrap();
    let delivery = Delivery { cuts: Cuts::Every, ..Delivery::default() };
    let pieces = Pieces::new(Target::All, Message::raw(*b"abc"), delivery);
    let id = session.handle.start_outgoing("pieces", pieces);
    if let Ok(id) = id {
        let OutgoingState::Failed(failure) = end(&session, id) else { panic!() };
        assert_eq!(failure.kind, FailureKind::NoRecipient);
    }
}
