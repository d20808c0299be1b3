//! Receiving: budgets of a turn, pausing, and turns without anything to do.

use super::*;

#[test]
fn an_idle_driver_waits() {
    let (mut driver, address) = server(TcpServerConfig { keep_half_open: true, ..on_loopback() });
    driver.pause_reading(ReadPause::OwnQueued(1 << 20), &mut Log::default());
    let mut log = Log::default();
    let mut peer = connect(address);
    let half_closed = connect(address);
    half_closed.shutdown(Shutdown::Write).unwrap();
    let gone = connect(address);
    drop(gone);
    peer.write_all(b"text").unwrap();
    turn_until(&mut driver, &mut log, "all", |log| {
        log.opened == 3 && log.bytes_in == 4 && log.half_closed == 2
    });
    // The last events may end a few turns early. After that no turn ends before its timeout.
    let wait = Duration::from_millis(50);
    let waited = (0..10).filter(|_| {
        let began = Instant::now();
        driver.turn(within(wait), &mut log).unwrap();
        began.elapsed() >= wait / 2
    });
    assert!(waited.count() >= 5, "the driver spins");
}

/// The budget of a turn bounds the delay until the next command is handled.
#[test]
fn a_turn_reads_no_more_than_its_budget_and_less_while_closing() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let writers: Vec<_> = (0..12)
        .map(|_| {
            let mut peer = connect(address);
            std::thread::spawn(move || while peer.write_all(&[5; 1 << 20]).is_ok() {})
        })
        .collect();
    turn_until(&mut driver, &mut log, "all", |log| log.opened == 12);
    // The last read of each connection may exceed the budget.
    let one_read = 65_535;
    while log.bytes_in < 100 << 20 {
        let before = log.bytes_in;
        driver.turn(within(DEADLINE), &mut log).unwrap();
        assert!(log.bytes_in - before <= (8 << 20) + 12 * one_read, "{} bytes", log.bytes_in - before);
    }
    driver.close_all(&mut log);
    assert_eq!(driver.activity(), Activity::Closing);
    while driver.activity() != Activity::Idle {
        let before = log.bytes_in;
        // No timeout: the driver itself limits the time for closing.
        driver.turn(None, &mut log).unwrap();
        assert!(log.bytes_in - before <= (1 << 20) + 12 * one_read, "{} bytes", log.bytes_in - before);
    }
    assert!(log.closed.iter().all(|(_, reason)| *reason == CloseReason::Local));
    assert_eq!(log.closed.len(), 12);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
}

#[test]
fn reading_pauses_while_too_much_is_queued() {
    let (mut driver, address) = server(on_loopback());
    let limit = 1 << 20;
    driver.pause_reading(ReadPause::OwnQueued(limit), &mut Log::default());
    let mut log = Log::default();
    let mut peer = connect(address);
    turn_until(&mut driver, &mut log, "the peer", |log| log.opened == 1);
    let payload: Arc<[u8]> = vec![3; 32 << 20].into();
    driver.send(SEND, &Target::All, &payload, &mut log);
    peer.write_all(b"text").unwrap();
    // Once the kernel's buffers are full, there are no events that end a turn early.
    let wait = Duration::from_millis(50);
    let is_quiet = |driver: &mut Driver, log: &mut Log| {
        let before = (log.bytes_out, Instant::now());
        driver.turn(within(wait), log).unwrap();
        log.bytes_out == before.0 && before.1.elapsed() >= wait
    };
    while !is_quiet(&mut driver, &mut log) {}
    assert!(driver.queued_bytes().0 > limit, "the kernel's buffers took everything");
    assert_eq!(log.bytes_in, 0, "the peer's data must not be read yet");
    let reader = std::thread::spawn(move || {
        peer.read_exact(&mut vec![0; 32 << 20]).unwrap();
        peer
    });
    turn_until(&mut driver, &mut log, "the peer's data", |log| log.bytes_in == 4);
    assert!(driver.queued_bytes().0 <= limit);
    turn_until(&mut driver, &mut log, "the rest", |log| log.bytes_out == 32 << 20);
    reader.join().unwrap();
}
