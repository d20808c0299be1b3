//! What one more UDP peer costs where there are 20,000 already, beside where there are 200.
//!
//! Each peer is a socket of its own that says one word, and the next one comes when it is listed, so
//! that every one of them is a turn of the session's thread. Loopback only.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wirelab::capture::{Destination, Limits};
use wirelab::engine::{SessionHandle, SessionOptions};
use wirelab::model::{SessionConfig, SessionState, Status, UdpConfig};

const DEADLINE: Duration = Duration::from_secs(60);
const FEW: usize = 200;
const MANY: usize = 20_000;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (news, told) = crossbeam_channel::bounded(1);
    let options = SessionOptions {
        recording: Some((Destination::Folder(folder.path().join("recording")), Limits::default())),
        notify: Arc::new(move || {
            let _ = news.try_send(());
        }),
        ..SessionOptions::default()
    };
    let session = SessionHandle::open("bench", options).expect("a session");
    let wait = |done: &dyn Fn(&Status) -> bool| {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = session.status();
            if done(&status) {
                return status;
            }
            told.recv_deadline(deadline).expect("the session does what it is asked for");
        }
    };
    session.start(SessionConfig::Udp(UdpConfig::new(([127, 0, 0, 1], 0).into()))).expect("a start");
    let address = wait(&|status| status.state == SessionState::Listening).local.expect("an address");
    // Addresses of 127.0.0.0/8 are all this machine's, so that ports do not run out.
    let mut times = Vec::with_capacity(MANY);
    for number in 1..=MANY {
        let [_, _, high, low] = (number as u32).to_be_bytes();
        let from = SocketAddr::from(([127, 1, high, low], 0));
        let peer = UdpSocket::bind(from).expect("a socket");
        let began = Instant::now();
        peer.send_to(b"hello", address).expect("a datagram");
        wait(&|status| status.connections.len() == number);
        times.push(began.elapsed());
    }
    let few = median(&mut times[..FEW]);
    let many = median(&mut times[MANY - FEW..]);
    println!("one more peer: {few:.2?} among the first {FEW}, {many:.2?} among the last of {MANY}");
    println!("ratio {:.2}", many.as_secs_f64() / few.as_secs_f64());
    session.close();
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
