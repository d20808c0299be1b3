//! Forwarding to a connection that takes nothing, one that is slow, and Nagle's algorithm.

use super::*;

const LIMIT: usize = 256 << 10;

/// A forwarding server with three peers, in the order of their ids.
fn room() -> (Driver, Log, [TcpStream; 3]) {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    driver.pause_reading(ReadPause::AnyQueued(LIMIT), &mut log);
    let peers = std::array::from_fn(|number| {
        let peer = connect(address);
        turn_until(&mut driver, &mut log, "a peer", |log| log.opened == number + 1);
        peer
    });
    (driver, log, peers)
}

/// Forwards blocks of the first peer until the kernel takes no more for one of the others.
fn fill(driver: &mut Driver, log: &mut Log, block: &Arc<[u8]>) {
    while !driver.is_held_up() {
        while driver.queued_bytes().1 <= LIMIT {
            let forwarded = driver.forward(ConnectionId(1), block, log);
            assert_eq!((forwarded.missed_bytes, forwarded.unsent_bytes), (0, 0));
        }
        // The kernel takes what the budget of a turn left over.
        driver.turn(within(Duration::from_millis(20)), log).unwrap();
    }
}

#[test]
fn who_takes_nothing_stops_the_others_for_a_moment_and_is_then_left_behind_until_it_has_caught_up() {
    let (mut driver, mut log, [mut first, mut second, mut third]) = room();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        second.read_to_end(&mut all).unwrap();
        all.len()
    });
    let block: Arc<[u8]> = vec![7; 64 << 10].into();
    fill(&mut driver, &mut log, &block);
    first.write_all(b"words").unwrap();
    turn_until(&mut driver, &mut log, "that it is left behind", |log| !log.left_behind.is_empty());
    assert_eq!(log.left_behind, [(ConnectionId(3), 0)], "until then nobody was read from");
    turn_until(&mut driver, &mut log, "the words of the first", |log| log.bytes_in == 5);
    let forwarded = driver.forward(ConnectionId(1), &b"words"[..].into(), &mut log);
    assert_eq!((forwarded.missed_bytes, forwarded.unsent_bytes), (5, 0));
    // It reads again: what it missed is told, and it gets what comes next.
    assert_eq!(log.caught_up, []);
    let all = std::thread::spawn(move || {
        let mut all = Vec::new();
        third.read_to_end(&mut all).unwrap();
        all
    });
    turn_until(&mut driver, &mut log, "that it has caught up", |log| !log.caught_up.is_empty());
    assert_eq!(log.caught_up, [(ConnectionId(3), 5)]);
    driver.forward(ConnectionId(1), &b"next"[..].into(), &mut log);
    first.shutdown(Shutdown::Both).unwrap();
    driver.finish_sending(&mut log);
    while !(reader.is_finished() && all.is_finished()) {
        driver.turn(within(Duration::from_millis(20)), &mut log).unwrap();
    }
    let (third, second) = (all.join().unwrap(), reader.join().unwrap());
    assert!(third.ends_with(b"\x07next"), "{:?}", &third[third.len() - 12..]);
    assert_eq!(second, third.len() + 5);
}

#[test]
fn a_connection_that_is_left_behind_and_ends_has_what_it_missed_told() {
    let (mut driver, mut log, [_first, _second, third]) = room();
    fill(&mut driver, &mut log, &vec![7; 64 << 10].into());
    turn_until(&mut driver, &mut log, "that it is left behind", |log| log.left_behind.len() == 2);
    driver.forward(ConnectionId(1), &b"words"[..].into(), &mut log);
    drop(third);
    turn_until(&mut driver, &mut log, "its end", |log| !log.closed.is_empty());
    assert_eq!(log.caught_up, [(ConnectionId(3), 5)]);
    // Without forwarding nobody is behind any more.
    driver.pause_reading(ReadPause::Never, &mut log);
    assert_eq!(log.caught_up, [(ConnectionId(3), 5), (ConnectionId(2), 5)]);
}

#[test]
fn nothing_is_forwarded_where_sending_was_finished() {
    let (mut driver, mut log, _peers) = room();
    driver.finish_sending(&mut log);
    let forwarded = driver.forward(ConnectionId(1), &b"words"[..].into(), &mut log);
    assert_eq!((forwarded.missed_bytes, forwarded.unsent_bytes, log.bytes_out), (0, 10, 0));
}

#[test]
fn the_more_recipients_the_less_is_read_in_a_turn() {
    let (mut driver, address) = server(TcpServerConfig { backlog: 200, ..on_loopback() });
    let mut log = Log::default();
    driver.pause_reading(ReadPause::AnyQueued(LIMIT), &mut log);
    let mut peers: Vec<_> = (0..200).map(|_| connect(address)).collect();
    turn_until(&mut driver, &mut log, "all", |log| log.opened == 200);
    for peer in &mut peers {
        peer.write_all(&[5; 1000]).unwrap();
    }
    let mut turns = 0;
    while log.bytes_in < 200_000 {
        let before = log.bytes_in;
        driver.turn(within(DEADLINE), &mut log).unwrap();
        // 20,000 payloads for 200 recipients, each of which counts 1,024 bytes besides its own.
        assert!(log.bytes_in - before <= 51_000, "{} bytes in one turn", log.bytes_in - before);
        turns += 1;
    }
    assert!(turns >= 4, "{turns}");
}

#[test]
fn nagle_s_algorithm_is_switched_for_open_connections_and_for_later_ones() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let _first = connect(address);
    turn_until(&mut driver, &mut log, "a peer", |log| log.opened == 1);
    assert_eq!(driver.no_delays(), [true]);
    driver.set_no_delay(false).unwrap();
    assert_eq!(driver.no_delays(), [false]);
    let _second = connect(address);
    turn_until(&mut driver, &mut log, "another", |log| log.opened == 2);
    assert_eq!(driver.no_delays(), [false, false]);
    driver.set_no_delay(true).unwrap();
    assert_eq!(driver.no_delays(), [true, true]);
}
