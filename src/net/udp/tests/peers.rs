//! Peers: their ids, their limit, and closing the socket.

use super::*;

#[test]
fn the_oldest_peer_is_forgotten_when_there_are_too_many() {
    let extra = 100;
    let count = (MAX_PEERS + extra) as u32;
    let mut fixture = Fixture::new(receiving((0..count).map(|number| from(number, b"x"))));
    while fixture.read() {}
    assert_eq!(fixture.log.data.len(), MAX_PEERS + extra, "every datagram is recorded");
    assert_eq!(fixture.log.opened.len(), MAX_PEERS + extra);
    assert_eq!(fixture.udp.peers.addresses().len(), MAX_PEERS);
    let oldest: Vec<_> = (1..=extra as u32).map(ConnectionId).collect();
    assert_eq!(fixture.log.forgotten, oldest);
    // A peer that returns gets a new id.
    fixture.udp.socket.receive.push_back(from(0, b"again"));
    fixture.read();
    assert_eq!(fixture.log.data.last().unwrap().0, count + 1);
    assert_eq!(fixture.udp.peers.addresses().len(), MAX_PEERS);
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
    assert_eq!(fixture.udp.last_peer, Some(peer(1)));
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
