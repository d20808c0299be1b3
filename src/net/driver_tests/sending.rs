//! Sending: shares of a turn, the bytes that are queued, and who is a recipient.

use super::*;

#[test]
fn a_long_queue_is_written_over_several_turns() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let readers: Vec<_> = (0..12)
        .map(|_| {
            let mut peer = connect(address);
            std::thread::spawn(move || {
                let mut received = 0;
                let mut buffer = vec![0; 1 << 20];
                while received < 8 << 20 {
                    received += peer.read(&mut buffer).unwrap();
                }
                received
            })
        })
        .collect();
    turn_until(&mut driver, &mut log, "all", |log| log.opened == 12);

    let payload: Arc<[u8]> = vec![3; 8 << 20].into();
    driver.send(SEND, &Target::All, &payload, &mut log);
    // Commands and reading wait while a turn writes, so a command writes no more than the budget of a turn.
    let most = (8 << 20) + (256 << 10);
    assert!(log.bytes_out <= most, "{} bytes in one command", log.bytes_out);
    while driver.queued_bytes().0 > 0 {
        let before = log.bytes_out;
        driver.turn(within(DEADLINE), &mut log).unwrap();
        assert!(log.bytes_out - before <= most, "{} bytes in one turn", log.bytes_out - before);
    }
    assert_eq!(log.bytes_out, 12 * payload.len());
    for reader in readers {
        assert_eq!(reader.join().unwrap(), payload.len());
    }
}

#[test]
fn one_connection_writes_no_more_than_its_share_of_a_turn() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let mut peer = connect(address);
    turn_until(&mut driver, &mut log, "the peer", |log| log.opened == 1);
    driver.send(SEND, &Target::All, &vec![3; 16 << 20].into(), &mut log);
    assert!(log.bytes_out <= (1 << 20) + (256 << 10), "{} bytes at once", log.bytes_out);
    let reader = std::thread::spawn(move || {
        let mut all = vec![0; 16 << 20];
        peer.read_exact(&mut all).unwrap();
    });
    turn_until(&mut driver, &mut log, "everything", |log| log.bytes_out == 16 << 20);
    reader.join().unwrap();
}

#[test]
fn queued_bytes_are_counted_and_sends_end() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let (mut first, second) = (connect(address), connect(address));
    turn_until(&mut driver, &mut log, "both", |log| log.opened == 2);
    assert_eq!(driver.queued_bytes(), (0, 0));
    // Nobody reads, so most of it stays queued.
    let payload: Arc<[u8]> = vec![3; 32 << 20].into();
    driver.send(SEND, &Target::All, &payload, &mut log);
    driver.send(SEND, &Target::Connections(vec![ConnectionId(2)]), &payload, &mut log);
    while log.bytes_out == 0 {
        driver.turn(within(DEADLINE), &mut log).unwrap();
    }
    let (sum, most) = driver.queued_bytes();
    assert_eq!(sum, 3 * payload.len() - log.bytes_out);
    assert!(most > sum / 2 && most < sum, "{most} of {sum}");
    drop(second);
    turn_until(&mut driver, &mut log, "the close of the second", |log| log.closed.len() == 1);
    let reader = std::thread::spawn(move || {
        first.read_exact(&mut vec![0; 32 << 20]).unwrap();
        first
    });
    while driver.queued_bytes().0 > 0 {
        driver.turn(within(DEADLINE), &mut log).unwrap();
    }
    assert_eq!(driver.queued_bytes(), (0, 0));
    // An answer counts as queued bytes but has no send id.
    let mut first = reader.join().unwrap();
    let (before, sent) = (log.bytes_out, log.sent);
    driver.answer(ConnectionId(1), Arc::from(&b"answer"[..]), &mut log).unwrap();
    turn_until(&mut driver, &mut log, "the answer", |log| log.bytes_out == before + 6);
    first.read_exact(&mut [0; 6]).unwrap();
    assert_eq!((driver.queued_bytes(), log.sent), ((0, 0), sent));
    // All three sends have ended: the first peer got its payload, the other two were cut off by the close.
    assert_eq!((log.sent, log.refused.len()), (1, 0));
    assert_eq!(log.cut_bytes + log.bytes_out, 3 * payload.len() + 6);
    driver.answer(ConnectionId(99), Arc::from(&b"nobody"[..]), &mut log).unwrap();
}

#[test]
fn a_connection_that_is_being_closed_is_not_a_recipient() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let (_first, mut second) = (connect(address), connect(address));
    turn_until(&mut driver, &mut log, "both", |log| log.opened == 2);
    driver.disconnect(ConnectionId(1), &mut log);
    driver.send(SEND, &Target::All, &Arc::from(&b"all"[..]), &mut log);
    let mut received = [0; 3];
    second.read_exact(&mut received).unwrap();
    assert_eq!((&received, log.bytes_out), (b"all", 3));
    driver.disconnect(ConnectionId(2), &mut log);
    assert!(!driver.has_recipient());
    assert_eq!(driver.send(SEND, &Target::All, &Arc::from(&b"nobody"[..]), &mut log), 0);
}
