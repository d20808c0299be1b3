//! How connections end: answers to the last bytes, and resets.

use super::*;

/// The answer is given after the turn that reads the last bytes and before the turn that closes the connection.
#[test]
fn an_answer_to_a_peer_s_last_bytes_reaches_it() {
    let (mut driver, address) = server(on_loopback());
    let mut log = Log::default();
    let mut peer = connect(address);
    peer.write_all(b"last").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    turn_until(&mut driver, &mut log, "the last bytes", |log| log.bytes_in == 4);
    driver.answer(ConnectionId(1), Arc::from(&b"answer"[..]), &mut log).unwrap();
    turn_until(&mut driver, &mut log, "the end", |log| log.closed.len() == 1);
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_eq!((&received[..], &log.closed[0].1), (&b"answer"[..], &CloseReason::Peer));
}

// Not on Windows: wine reads a reset as an orderly end.
#[cfg(target_os = "linux")]
#[test]
fn a_reset_after_the_peer_s_half_close_ends_a_connection_that_is_kept_half_open() {
    for waits_for_half_close in [true, false] {
        let (mut driver, address) = server(TcpServerConfig { keep_half_open: true, ..on_loopback() });
        let mut log = Log::default();
        let peer = connect(address);
        turn_until(&mut driver, &mut log, "the peer", |log| log.opened == 1);
        peer.shutdown(Shutdown::Write).unwrap();
        if waits_for_half_close {
            turn_until(&mut driver, &mut log, "the half-close", |log| log.half_closed == 1);
        }
        socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        drop(peer);
        turn_until(&mut driver, &mut log, "the reset", |log| !log.closed.is_empty());
        assert!(
            matches!(&log.closed[0].1, CloseReason::Failed(failure) if failure.kind == FailureKind::Reset)
        );
    }
}
