//! The cost of one more UDP peer with 20,000 peers, compared with a few hundred.
//!
//! Each peer is a socket that sends one datagram, and the next one sends when it is listed, so that each takes a turn
//! of the session's thread. Loopback only.

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;
use support::session::Session;
use support::{median, told};
use wirelab::model::{SessionConfig, SessionState, UdpConfig};

/// The number of new peers in each of the two medians; the first follows as many others.
const FEW: usize = 200;
const MANY: usize = 20_000;

fn main() {
    let config = SessionConfig::Udp(UdpConfig::new(([127, 0, 0, 1], 0).into()));
    let session = Session::start(&std::env::temp_dir(), config);
    let address = session.wait(|status| status.state == SessionState::Listening).local.expect("an address");
    // All of 127.0.0.0/8 is local, so ports do not run out.
    let mut times = Vec::with_capacity(MANY);
    for number in 1..=MANY {
        let [_, _, high, low] = (number as u32).to_be_bytes();
        let from = SocketAddr::from(([127, 1, high, low], 0));
        let peer = UdpSocket::bind(from).expect("a socket");
        let began = Instant::now();
        peer.send_to(b"hello", address).expect("a datagram");
        session.wait(|status| status.connections.len() == number);
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let few = median(times[FEW..2 * FEW].to_vec());
    let many = median(times[MANY - FEW..].to_vec());
    println!("one more peer: {few:.1} µs after the first {FEW}, {many:.1} µs among the last of {MANY}");
    told(&format!("one more UDP peer among {MANY} / among {FEW}"), &format!("{:.2} times", many / few));
    session.close();
}
