//! Connecting and accepting: the addresses of a name, the last connection ids, the backlog, and ports in use.

use super::*;

/// A loopback address that refuses connections. The socket is bound and does not listen; it keeps the port from
/// other tests until it is dropped.
fn refusing() -> (socket2::Socket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

fn any_remote() -> TcpClientConfig {
    TcpClientConfig::new("name:1".parse().unwrap())
}

#[test]
fn the_addresses_of_a_name_are_tried_in_order() {
    let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let last = listener.local_addr().unwrap();
    let [(_first, first), (_second, second)] = [refusing(), refusing()];
    driver.connect(&[first, "[::1]:1".parse().unwrap(), second, last], "name:1", &any_remote()).unwrap();
    turn_until(&mut driver, &mut log, "the last address", |log| log.opened == 1);
    assert_eq!((listener.accept().unwrap().1.ip(), log.failures.len()), (last.ip(), 0));
    assert_eq!(driver.activity(), Activity::Open);
}

#[test]
fn when_every_address_refuses_the_failure_names_the_host_and_the_first_address() {
    let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
    let [(_first, first), (_second, second)] = [refusing(), refusing()];
    let addresses = [first, second];
    // A non-blocking connect over loopback can fail at once.
    let mut outcome = driver.connect(&addresses, "name:1", &any_remote());
    let deadline = Instant::now() + DEADLINE;
    while outcome.is_ok() {
        assert!(Instant::now() < deadline, "timed out waiting for the failure");
        outcome = driver.turn(within(DEADLINE), &mut log);
    }
    let failure = outcome.unwrap_err();
    assert_eq!((failure.operation, failure.kind), (Operation::Connect, FailureKind::Refused));
    assert_eq!(failure.endpoint, format!("name:1 ({})", addresses[0]));
    assert_eq!(driver.activity(), Activity::Idle);
}

#[test]
fn a_connection_beyond_the_last_id_is_closed_and_the_others_stay() {
    let (mut driver, address) = server(on_loopback());
    driver.ids = Ids::after(u32::MAX - 2);
    let mut log = Log::default();
    let mut peers = [connect(address), connect(address)];
    turn_until(&mut driver, &mut log, "the last two", |log| log.opened == 2);
    for _ in 0..2 {
        let mut refused = connect(address);
        let reader = std::thread::spawn(move || refused.read(&mut [0]).is_ok_and(|count| count > 0));
        while !reader.is_finished() {
            driver.turn(within(Duration::from_millis(5)), &mut log).unwrap();
        }
        assert!(!reader.join().unwrap(), "it must be closed without any data");
    }
    let kinds: Vec<_> = log.failures.iter().map(|failure| (failure.operation, &failure.kind)).collect();
    assert_eq!(
        kinds,
        [(Operation::Accept, &FailureKind::OutOfIds)],
        "reported once, not once per connection"
    );
    // Connections with an id keep it and still work.
    for (peer, id) in peers.iter_mut().zip([u32::MAX - 1, u32::MAX]) {
        driver.send(SEND, &Target::Connections(vec![ConnectionId(id)]), &Arc::from(&b"x"[..]), &mut log);
        peer.read_exact(&mut [0]).unwrap();
    }
    assert_eq!(log.opened, 2);
}

#[test]
fn a_client_beyond_the_last_id_fails_to_connect() {
    let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
    driver.ids = Ids::after(u32::MAX);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    driver.connect(&[listener.local_addr().unwrap()], "name:1", &any_remote()).unwrap();
    let deadline = Instant::now() + DEADLINE;
    let failure = loop {
        assert!(Instant::now() < deadline, "timed out waiting for the failure");
        if let Err(failure) = driver.turn(within(DEADLINE), &mut log) {
            break failure;
        }
    };
    assert_eq!((failure.operation, failure.kind), (Operation::Connect, FailureKind::OutOfIds));
    assert_eq!((log.opened, driver.activity()), (0, Activity::Idle));
}

// Not on Windows: only Linux leaves a connection pending that the backlog has no room for.
#[cfg(target_os = "linux")]
#[test]
fn an_address_that_does_not_answer_is_given_up_for_the_next_one() {
    assert_eq!(on_loopback().backlog, 128);
    let (_deaf, address) = server(TcpServerConfig { backlog: 3, ..on_loopback() });
    // Linux queues one connection more than the backlog.
    let _waiting = [(); 4].map(|()| connect(address));
    let short = Duration::from_secs(1);
    assert!(TcpStream::connect_timeout(&address, short).is_err(), "the queue must be full");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = TcpClientConfig { connect_timeout: short, ..any_remote() };
    let (mut driver, mut log) = (Driver::new().unwrap(), Log::default());
    driver.connect(&[address, listener.local_addr().unwrap()], "name:1", &config).unwrap();
    assert_eq!(driver.remote(), Some(address));
    turn_until(&mut driver, &mut log, "the second address", |log| log.opened == 1);
}

// Not on Windows: only on Linux does the driver set SO_REUSEADDR.
#[cfg(target_os = "linux")]
#[test]
fn a_local_port_with_a_connection_to_the_same_remote_is_in_use() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let remote = listener.local_addr().unwrap();
    let local = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config =
        TcpClientConfig { local: Some(local), ..TcpClientConfig::new(remote.to_string().parse().unwrap()) };
    let mut first = Driver::new().unwrap();
    let mut log = Log::default();
    first.connect(&[remote], "there", &config).unwrap();
    turn_until(&mut first, &mut log, "the connection", |log| log.opened == 1);
    // SO_REUSEADDR lets the second socket bind, so that the conflict appears only when it connects.
    let failure = Driver::new().unwrap().connect(&[remote], "there", &config).unwrap_err();
    assert!(matches!(failure.kind, FailureKind::AddressInUse { .. }), "{failure:?}");
    assert_eq!((failure.operation, failure.endpoint), (Operation::Bind, local.to_string()));
}

// Not on Windows: wine does not report the owner of a TCP port, and has no socat.
#[cfg(target_os = "linux")]
mod owners {
    use super::*;
    use crate::model::Transport;
    use crate::net::{find_port_owner, next_free_port};
    use std::io::{BufRead, BufReader};
    use std::net::UdpSocket;
    use std::process::{Child, Command, Stdio};

    /// A socat process, killed when dropped.
    struct Socat(Child);

    impl Drop for Socat {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// A socat that holds `port` on all IPv4 addresses; `None` if the port is taken there.
    fn socat(kind: &str, port: u16) -> Option<Socat> {
        let child = Command::new("socat")
            .args(["-dd", &format!("{kind}:{port},bind=0.0.0.0"), "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("socat is needed by this test, see `make test`");
        let mut socat = Socat(child);
        let mut lines = BufReader::new(socat.0.stderr.take().unwrap()).lines();
        lines.any(|line| line.unwrap().contains("listening on")).then_some(socat)
    }

    /// A socket on a free port of [::1], which is closed when dropped, and its address.
    fn own_port(transport: Transport) -> (Box<dyn std::any::Any>, SocketAddr) {
        match transport {
            Transport::Tcp => {
                let socket = TcpListener::bind("[::1]:0").unwrap();
                let address = socket.local_addr().unwrap();
                (Box::new(socket), address)
            }
            Transport::Udp => {
                let socket = UdpSocket::bind("[::1]:0").unwrap();
                let address = socket.local_addr().unwrap();
                (Box::new(socket), address)
            }
        }
    }

    /// A port can have several holders, on different addresses.
    #[test]
    fn the_owner_of_a_port_is_the_program_with_a_conflicting_address() {
        for (transport, kind) in [(Transport::Tcp, "TCP4-LISTEN"), (Transport::Udp, "UDP4-LISTEN")] {
            // A port that is free on [::1] can be taken on IPv4 by a test that runs at the same time.
            let ((_own, ours), socat) = (0..20)
                .find_map(|_| {
                    let own = own_port(transport);
                    let port = own.1.port();
                    Some((own, socat(kind, port)?))
                })
                .expect("socat does not start");
            let theirs = SocketAddr::from(([127, 0, 0, 1], ours.port()));
            let owner = |local: SocketAddr| {
                assert!(next_free_port(local, transport).unwrap() > local.port());
                let (told, when_told) = crossbeam_channel::bounded(1);
                let owner = find_port_owner(local, transport, move || told.send(()).unwrap());
                when_told.recv_timeout(DEADLINE).unwrap();
                let owner = owner.try_recv().unwrap().expect("the port has an owner");
                (owner.pid, owner.name)
            };
            assert_eq!(owner(ours).0, std::process::id());
            assert_eq!(owner(theirs), (socat.0.id(), "socat".into()));
        }
    }
}
