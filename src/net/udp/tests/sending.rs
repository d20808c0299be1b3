//! Sending: what the kernel refuses, the bounds of the queue, and the budget of a turn.

use super::*;
use crate::model::Target;
use crate::net::outbox::OUTBOX_BYTES;

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
    let everybody = fixture.udp.peers.addresses();
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

/// Datagrams to the same peers share their list of addresses, whoever made it.
#[test]
fn many_short_datagrams_to_very_many_peers_are_queued_and_closing_reports_each_datagram_once() {
    const DATAGRAMS: u64 = 300;
    let mut fixture = Fixture::new(receiving((0..MAX_PEERS as u32).map(|number| from(number, b"x"))));
    while fixture.read() {}
    fixture.udp.socket.always = Some(ErrorKind::WouldBlock);
    let ids: Vec<_> = fixture.udp.peers.ids().collect();
    let payload: Arc<[u8]> = vec![7].into();
    for send in 1..=DATAGRAMS {
        let target = if send % 2 == 0 { Target::All } else { Target::Connections(ids.clone()) };
        assert_eq!(fixture.udp.send(SendId(send), &target, &payload, &mut fixture.log), MAX_PEERS);
    }
    assert_eq!(fixture.log.refused, []);
    assert_eq!(fixture.udp.queued_bytes(), DATAGRAMS as usize * MAX_PEERS);
    let Fixture { udp, mut log, mut ids, .. } = fixture;
    udp.close(&mut ids, &mut log);
    let expected: Vec<_> = (1..=DATAGRAMS).map(|send| (SendId(send), MAX_PEERS)).collect();
    assert_eq!(log.cut_off, expected);
    assert_eq!(log.closed.len(), MAX_PEERS);
    assert!(log.closed.iter().all(|(_, unsent_bytes)| *unsent_bytes == DATAGRAMS as usize));
}
