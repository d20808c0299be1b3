//! The duration of Stop in each state of a session and under full load of each kind, beside the time of a message
//! between two threads under the same load.
//!
//! `WIRELAB_BENCH_ROUNDS`: rounds (20). Loopback only; the senders are not throttled.

mod support;

use socket2::{Domain, Socket, Type};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use support::session::Session;
use support::{at_most, median, rounds, told};
use wirelab::model::{
    Endpoint, ReconnectPolicy, SessionConfig, SessionState, Target, TcpClientConfig, TcpServerConfig,
    UdpConfig,
};

const LOAD_BYTES: u64 = 50 << 20;
const BAR_MILLIS: f64 = 100.0;
/// The peers of a session, and the sends to all of them that are queued.
const PEERS: u32 = 20_000;
const SENDS: usize = 64;

/// A session in some state, with what keeps it in that state.
struct Scene {
    session: Session,
    sockets: Sockets,
    load: Load,
}

/// Kept open, not used.
type Sockets = (Vec<TcpListener>, Vec<TcpStream>, Vec<UdpSocket>);

type Prepare = fn() -> io::Result<Scene>;

const SCENES: [(&str, Prepare); 7] = [
    ("a server under four senders", server_under_load),
    ("a client whose server sends as fast as it can", client_under_load),
    ("a UDP session under four senders", udp_under_load),
    ("a UDP session with 64 sends to 20,000 peers", many_datagrams),
    ("a client that waits for an answer", connecting),
    ("a client that waits to try again", waiting),
    ("a client whose peer does not read, with 32 MiB to send", unread),
];

fn main() -> io::Result<()> {
    let count = rounds(20);
    for (what, prepare) in SCENES {
        let (mut stops, mut words) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let scene = prepare()?;
            words.push(one_word().as_secs_f64() * 1e3);
            stops.push(stop(&scene.session));
            // The load ends first: its senders would block for ever.
            drop(scene.load);
            drop(scene.sockets);
            scene.session.close();
        }
        report(what, stops, words);
    }
    resolving(count)
}

fn report(what: &str, stops: Vec<f64>, words: Vec<f64>) {
    let longest = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    let (most, word) = (longest(&stops), longest(&words));
    let count = stops.len();
    println!(
        "{what}: median {:.2} ms; a word between two threads {:.2} ms, at most {word:.2} ms",
        median(stops),
        median(words)
    );
    at_most(&format!("Stop of {what}, the longest of {count}"), most, BAR_MILLIS, " ms");
}

/// Milliseconds.
fn stop(session: &Session) -> f64 {
    let asked = Instant::now();
    session.handle.stop();
    session.wait(|status| !status.state.is_active());
    asked.elapsed().as_secs_f64() * 1e3
}

fn server_under_load() -> io::Result<Scene> {
    let config = SessionConfig::TcpServer(TcpServerConfig::new(loopback()));
    let session = Session::start(&std::env::temp_dir(), config);
    let address = listening(&session);
    let mut load = Load::default();
    for _ in 0..4 {
        let mut peer = TcpStream::connect(address)?;
        load.run(move || peer.write_all(&[7; 65_536]).is_ok());
    }
    session.wait(|status| status.traffic.bytes_in > LOAD_BYTES);
    Ok(Scene { session, sockets: Sockets::default(), load })
}

fn client_under_load() -> io::Result<Scene> {
    let listener = TcpListener::bind(loopback())?;
    let session = client(listener.local_addr()?, ReconnectPolicy::Never);
    let (mut peer, _) = listener.accept()?;
    let mut load = Load::default();
    load.run(move || peer.write_all(&[7; 65_536]).is_ok());
    session.wait(|status| status.traffic.bytes_in > LOAD_BYTES);
    Ok(Scene { session, sockets: (vec![listener], Vec::new(), Vec::new()), load })
}

fn udp_under_load() -> io::Result<Scene> {
    let config = SessionConfig::Udp(UdpConfig::new(loopback()));
    let session = Session::start(&std::env::temp_dir(), config);
    let address = listening(&session);
    let mut load = Load::default();
    for _ in 0..4 {
        let socket = UdpSocket::bind(loopback())?;
        load.run(move || socket.send_to(&[7; 512], address).is_ok());
    }
    session.wait(|status| status.traffic.records_in > 20_000);
    Ok(Scene { session, sockets: Sockets::default(), load })
}

/// All peers are one socket that reads nothing, under many addresses.
fn many_datagrams() -> io::Result<Scene> {
    let config = SessionConfig::Udp(UdpConfig::new(loopback()));
    let session = Session::start(&std::env::temp_dir(), config);
    let address = listening(&session);
    let peers = shared_port(([0, 0, 0, 0], 0).into())?;
    let port = peers.local_addr()?.port();
    for number in 0..PEERS {
        let [_, _, a, b] = number.to_be_bytes();
        shared_port(([127, 1, a, b], port).into())?.send_to(b"x", address)?;
        if number % 100 == 99 {
            // Less than the receive buffer holds.
            session.wait(|status| status.traffic.records_in > u64::from(number));
        }
    }
    let payload: Arc<[u8]> = vec![7; 100].into();
    for _ in 0..SENDS {
        session.handle.send(Target::All, payload.clone()).map_err(support::failed)?;
    }
    session.wait(|status| status.traffic.records_out > 0);
    let sockets = (Vec::new(), Vec::new(), vec![peers]);
    Ok(Scene { session, sockets, load: Load::default() })
}

/// A socket whose port others can have as well.
fn shared_port(local: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&local.into())?;
    Ok(socket.into())
}

/// A listener whose queue is full, so that connecting gets no answer.
fn connecting() -> io::Result<Scene> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&loopback().into())?;
    socket.listen(0)?;
    let listener: TcpListener = socket.into();
    let address = listener.local_addr()?;
    let mut streams = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        streams.push(stream);
    }
    let session = client(address, ReconnectPolicy::Never);
    session.wait(|status| status.state == SessionState::Connecting);
    let sockets = (vec![listener], streams, Vec::new());
    Ok(Scene { session, sockets, load: Load::default() })
}

fn waiting() -> io::Result<Scene> {
    let first = Duration::from_secs(60);
    let nobody = ([127, 0, 0, 1], support::free_port()?).into();
    let session = client(nobody, ReconnectPolicy::Growing { first, longest: first });
    session.wait(|status| status.state == SessionState::Waiting);
    Ok(Scene { session, sockets: Sockets::default(), load: Load::default() })
}

fn unread() -> io::Result<Scene> {
    let listener = TcpListener::bind(loopback())?;
    let session = client(listener.local_addr()?, ReconnectPolicy::Never);
    let (peer, _) = listener.accept()?;
    session.wait(|status| status.state == SessionState::Open);
    let payload: Arc<[u8]> = vec![7; 1 << 20].into();
    for _ in 0..32 {
        session.handle.send(Target::All, payload.clone()).map_err(support::failed)?;
    }
    session.wait(|status| status.queued_bytes > 16 << 20);
    let sockets = (vec![listener], vec![peer], Vec::new());
    Ok(Scene { session, sockets, load: Load::default() })
}

/// A name that does not resolve. If the resolver answers at once, there is nothing to stop.
fn resolving(count: u64) -> io::Result<()> {
    let mut stops = Vec::new();
    for round in 0..count {
        let remote: Endpoint = format!("nobody-{round}.invalid:7788").parse().map_err(support::failed)?;
        let config = SessionConfig::TcpClient(TcpClientConfig::new(remote));
        let session = Session::start(&std::env::temp_dir(), config);
        let status = session.wait(|status| status.state != SessionState::Idle);
        if status.state == SessionState::Resolving {
            stops.push(stop(&session));
        }
        session.close();
    }
    if stops.is_empty() {
        told("Stop of a client that looks up a name", "not measured: the system answers at once");
    } else {
        report("a client that looks up a name", stops, vec![one_word().as_secs_f64() * 1e3]);
    }
    Ok(())
}

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn listening(session: &Session) -> SocketAddr {
    session.wait(|status| status.state == SessionState::Listening).local.expect("an address")
}

fn client(address: SocketAddr, reconnect: ReconnectPolicy) -> Session {
    let remote = address.to_string().parse().expect("an address is an endpoint");
    let config = TcpClientConfig { reconnect, ..TcpClientConfig::new(remote) };
    Session::start(&std::env::temp_dir(), SessionConfig::TcpClient(config))
}

/// Threads that repeat their work until it ends or this is dropped.
#[derive(Default)]
struct Load {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn run(&mut self, mut work: impl FnMut() -> bool + Send + 'static) {
        let is_over = self.is_over.clone();
        let repeat = move || while !is_over.load(Ordering::Relaxed) && work() {};
        self.threads.push(thread::Builder::new().name("load".into()).spawn(repeat).expect("a thread"));
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// A round trip between this thread and another one that waits.
fn one_word() -> Duration {
    let (there, here) = crossbeam_channel::bounded(1);
    let (back, answer) = crossbeam_channel::bounded(1);
    let echo = move || here.recv().map(|()| back.send(()));
    let thread = thread::Builder::new().name("echo".into()).spawn(echo).expect("a thread");
    let asked = Instant::now();
    let _ = there.send(());
    let _ = answer.recv();
    let took = asked.elapsed();
    let _ = thread.join();
    took
}
