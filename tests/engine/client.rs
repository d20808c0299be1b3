//! TCP clients against plain sockets.

use crate::support::*;
use std::io::{Read, Write};
#[cfg(target_os = "linux")]
use std::net::TcpStream;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Duration;
use std::time::SystemTime;
use wirelab::model::{
    CloseReason, FailureKind, ReconnectPolicy, RecordKind, SessionState, Status, Target, TcpClientConfig,
    Timestamp,
};

#[test]
fn a_client_connects_by_name_and_falls_back_to_the_next_address() {
    // The first address of "localhost" may be ::1, where nothing listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let session = Session::client(client(&format!("localhost:{port}")));
    let mut peer = accept(&listener);
    let status = session.wait("open", |status| status.state == SessionState::Open);
    assert_eq!(status.remote, Some(listener.local_addr().unwrap()));
    peer.write_all(b"from the server").unwrap();
    session.wait("15 bytes", |status| status.traffic.bytes_in == 15);
    drop(peer);
    session.wait("closed", |status| status.state == SessionState::Closed(CloseReason::Peer));
}

#[test]
fn a_client_binds_the_configured_local_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = TcpClientConfig { local: Some(free), ..client(&listener.local_addr().unwrap().to_string()) };
    let session = Session::client(config);
    let peer = accept(&listener);
    assert_eq!(peer.peer_addr().unwrap(), free);
    session.wait("open", |status| status.connections.first().is_some_and(|c| c.local == free));
}

#[test]
fn a_refused_connection_is_a_failure_with_its_endpoint() {
    let (_socket, address) = refusing();
    let session = Session::client(client(&address.to_string()));
    let status = session.wait_for_end();
    let failure = status.failure.unwrap();
    let endpoint = address.to_string();
    assert_eq!((failure.kind.clone(), failure.endpoint.clone()), (FailureKind::Refused, endpoint));
    assert_eq!(status.state, SessionState::Closed(CloseReason::Failed(failure)));
}

#[test]
fn an_unknown_name_is_a_failure() {
    let session = Session::client(client("no-such-host.invalid:80"));
    let status = session.wait_for_end();
    assert_eq!(status.failure.unwrap().kind, FailureKind::NameNotFound);
}

/// A listener whose backlog is full: Linux neither accepts nor refuses the next connection.
#[cfg(target_os = "linux")]
fn deaf_listener() -> (TcpListener, Vec<TcpStream>) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&loopback().into()).unwrap();
    socket.listen(0).unwrap();
    let listener: TcpListener = socket.into();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
        waiting.push(stream);
    }
    (listener, waiting)
}

// Not on Windows: only Linux leaves a connection pending that the backlog has no room for.
#[cfg(target_os = "linux")]
#[test]
fn connecting_times_out_without_an_answer_and_stop_cancels_it() {
    use wirelab::model::SessionConfig;

    let (listener, _waiting) = deaf_listener();
    let address = listener.local_addr().unwrap().to_string();
    let config = TcpClientConfig { connect_timeout: Duration::from_millis(50), ..client(&address) };
    let session = Session::client(config);
    let status = session.wait_for_end();
    assert_eq!(status.failure.unwrap().kind, FailureKind::TimedOut);

    session.handle.start(SessionConfig::TcpClient(client(&address))).unwrap();
    session.wait("connecting", |status| status.state == SessionState::Connecting);
    assert_eq!(session.stop().state, SessionState::Closed(CloseReason::Local));
}

#[test]
fn a_connection_ends_when_both_sides_have_finished_sending() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let config =
        TcpClientConfig { keep_half_open: true, ..client(&listener.local_addr().unwrap().to_string()) };
    let session = Session::client(config);
    let mut peer = accept(&listener);
    peer.shutdown(Shutdown::Write).unwrap();
    session
        .wait("the peer's end", |status| status.connections.first().is_some_and(|info| info.is_half_closed));
    session.handle.finish_sending();
    session.wait("the end", |status| status.state == SessionState::Closed(CloseReason::Peer));
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_client_reconnects_if_configured() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let session = Session::client(reconnecting(listener.local_addr().unwrap(), Duration::from_millis(5)));
    for round in 1..=3 {
        let peer = accept(&listener);
        session.wait("open", |status| is_open(status, round));
        drop(peer);
    }
    assert_eq!(session.stop().state, SessionState::Closed(CloseReason::Local));
}

/// A client of `remote` that reconnects after `delay`.
fn reconnecting(remote: SocketAddr, delay: Duration) -> TcpClientConfig {
    TcpClientConfig {
        reconnect: ReconnectPolicy::Growing { first: delay, longest: delay },
        ..client(&remote.to_string())
    }
}

/// Whether the connection with this id is open.
fn is_open(status: &Status, number: u32) -> bool {
    status.connections.first().is_some_and(|info| info.id.0 == number)
}

#[test]
fn a_client_reconnects_until_a_server_listens() {
    let (socket, address) = refusing();
    let session = Session::client(reconnecting(address, Duration::from_millis(5)));
    let status = session.wait("some refusals", |status| status.failures >= 3);
    assert_eq!(status.failure.unwrap().kind, FailureKind::Refused);
    socket.listen(16).unwrap();
    let listener = TcpListener::from(socket);
    let mut peer = accept(&listener);
    session.wait("the connection", |status| status.state == SessionState::Open);
    session.send(Target::All, b"here");
    assert_eq!(read_exactly(&mut peer, 4), b"here");
}

#[test]
fn a_client_does_not_reconnect_after_the_user_disconnects() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let session = Session::client(reconnecting(listener.local_addr().unwrap(), Duration::ZERO));
    let first = accept(&listener);
    session.wait("open", |status| is_open(status, 1));
    // After the peer closes, it reconnects.
    drop(first);
    let mut second = accept(&listener);
    let status = session.wait("open again", |status| is_open(status, 2));
    // The id of an earlier connection is ignored.
    let old = wirelab::model::ConnectionId(1);
    session.handle.disconnect(vec![old]).unwrap();
    session.send(Target::All, b"still here");
    assert_eq!(read_exactly(&mut second, 10), b"still here");
    // After a disconnect it does not reconnect.
    session.handle.disconnect(vec![status.connections[0].id]).unwrap();
    assert_eq!(second.read(&mut [0]).unwrap(), 0, "an orderly end");
    assert_eq!(session.wait_for_end().state, SessionState::Closed(CloseReason::Local));
    session.handle.close();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn disconnecting_ends_a_client_that_waits_to_reconnect() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let session = Session::client(reconnecting(listener.local_addr().unwrap(), 10 * DEADLINE));
    let peer = accept(&listener);
    let status = session.wait("open", |status| is_open(status, 1));
    drop(peer);
    session.wait("waiting", |status| status.state == SessionState::Waiting);
    session.handle.disconnect(vec![status.connections[0].id]).unwrap();
    assert_eq!(session.wait_for_end().state, SessionState::Closed(CloseReason::Local));
}

/// A proxy whose server is down accepts each connection and closes it at once, which must not reset the delay.
#[test]
fn the_reconnect_delay_is_reset_only_after_data_was_received() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let first = Duration::from_millis(20);
    let reconnect = ReconnectPolicy::Growing { first, longest: 10 * DEADLINE };
    let remote = listener.local_addr().unwrap().to_string();
    let session = Session::client(TcpClientConfig { reconnect, ..client(&remote) });
    let now = || Timestamp::from_system(SystemTime::now());
    let mut last = None;
    for round in 1..=5 {
        let mut peer = accept(&listener);
        session.wait("open", |status| is_open(status, round));
        if round == 5 {
            peer.write_all(b"x").unwrap();
        }
        let before = now();
        drop(peer);
        let status = session.wait("the next try", |status| status.retry_at != last);
        last = status.retry_at;
        if round == 5 {
            assert!(last <= Some(after(now(), first)), "the delay is the first one again");
        } else {
            assert!(last >= Some(after(before, first * 2u32.pow(round - 1))), "round {round}");
        }
    }
}

fn after(time: Timestamp, delay: Duration) -> Timestamp {
    Timestamp(time.0 + u64::try_from(delay.as_nanos()).unwrap())
}

#[cfg_attr(windows, ignore = "wine reads a reset as an orderly end")]
#[test]
fn a_broken_connection_is_reported_once_as_the_client_s_failure() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let session = Session::client(client(&listener.local_addr().unwrap().to_string()));
    let peer = accept(&listener);
    session.wait("open", |status| is_open(status, 1));
    reset(peer);
    let status = session.wait_for_end();
    let failure = status.failure.unwrap();
    assert_eq!((failure.kind.clone(), status.failures), (FailureKind::Reset, 1));
    assert_eq!(status.state, SessionState::Closed(CloseReason::Failed(failure)));
    let is_failure = |record: &&Kept| record.kind == RecordKind::Error || record.is_cut;
    let errors = session.records().iter().filter(is_failure).count();
    assert_eq!(errors, 1);
}
