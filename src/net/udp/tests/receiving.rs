//! Receiving: errors between datagrams, cut datagrams, and those that the kernel dropped.

use super::*;
use std::time::Instant;

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
fn a_cut_datagram_is_reported_as_cut() {
    let cut = Ok(Incoming { peer: peer(1), bytes: vec![7; 100], is_cut: true, drops: None });
    let mut fixture = Fixture::new(receiving([from(1, b"whole"), cut]));
    fixture.read();
    let cuts: Vec<_> = fixture.log.data.iter().map(|data| (data.2.len(), data.3)).collect();
    assert_eq!(cuts, [(5, false), (100, true)]);
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
fn a_turn_reads_a_bounded_number_of_empty_datagrams() {
    let mut fixture = Fixture::new(receiving((0..100_000).map(|_| from(1, b""))));
    assert!(fixture.read(), "there is more");
    assert!(fixture.log.data.len() < 10_000, "{} in one turn", fixture.log.data.len());
    while fixture.read() {}
    assert_eq!(fixture.log.data.len(), 100_000);
}

#[test]
fn each_peer_that_is_not_reached_is_told_once_in_a_while_and_again_after_it_was_heard() {
    let mut fixture = Fixture::new(Script::default());
    let refused = |number| (peer(number), ErrorKind::ConnectionRefused);
    fixture.udp.socket.undelivered.extend([refused(1), refused(2), refused(1)]);
    fixture.udp.socket.undelivered.push_back((peer(3), ErrorKind::HostUnreachable));
    fixture.read();
    let told = |log: &Log| {
        let told = log.failures.iter().map(|failure| (failure.endpoint.clone(), failure.kind.clone()));
        told.collect::<Vec<_>>()
    };
    let expected = [
        (peer(1).to_string(), FailureKind::PortUnreachable),
        (peer(2).to_string(), FailureKind::PortUnreachable),
        (peer(3).to_string(), FailureKind::Unreachable),
    ];
    assert_eq!(told(&fixture.log), expected);
    fixture.log.failures.clear();
    fixture.udp.socket.receive.push_back(from(1, b"here"));
    fixture.udp.socket.undelivered.extend([refused(1), refused(2)]);
    fixture.read();
    assert_eq!(told(&fixture.log), expected[..1]);
}
