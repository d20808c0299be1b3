//! How long Stop takes under full load, beside how long the system takes to hand a word from one thread
//! to another under the same load.
//!
//! `WIRELAB_BENCH_ROUNDS` (20) rounds. Loopback only; four senders as fast as they can.

mod support;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{DEADLINE, at_most, median, rounds};
use wirelab::capture::{Destination, Limits};
use wirelab::engine::{SessionHandle, SessionOptions};
use wirelab::model::{SessionConfig, SessionState, Status, TcpServerConfig};

const LOAD_BYTES: u64 = 50 << 20;

fn main() {
    let count = rounds(20, 50);
    let mut stops = Vec::new();
    let mut words = Vec::new();
    for _ in 0..count {
        let (stop, word) = round();
        stops.push(stop.as_secs_f64() * 1e3);
        words.push(word.as_secs_f64() * 1e3);
    }
    let longest = stops.iter().copied().fold(0.0, f64::max);
    print("Stop under four senders", stops);
    print("a word between two threads, same load", words);
    at_most(
        &format!("Stop of a session without a window, four senders, the longest of {count}"),
        longest,
        100.0,
        " ms",
    );
}

fn print(what: &str, times: Vec<f64>) {
    let longest = times.iter().copied().fold(0.0, f64::max);
    println!("{what}: median {:.2} ms, longest {longest:.2} ms", median(times));
}

/// One server under load: how long Stop takes, and before it how long a word does.
fn round() -> (Duration, Duration) {
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
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    session.start(SessionConfig::TcpServer(TcpServerConfig::new(local))).expect("a start");
    let address = wait(&|status| status.state == SessionState::Listening).local.expect("an address");
    let is_over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let (mut peer, is_over) = (TcpStream::connect(address).expect("a connection"), is_over.clone());
            let send =
                move || while !is_over.load(Ordering::Relaxed) && peer.write_all(&[7; 65_536]).is_ok() {};
            thread::Builder::new().name("sender".into()).spawn(send).expect("a thread")
        })
        .collect();
    wait(&|status| status.traffic.bytes_in > LOAD_BYTES);
    let word = one_word();
    let asked = Instant::now();
    session.stop();
    wait(&|status| !status.state.is_active());
    let stop = asked.elapsed();
    is_over.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().expect("a sender that ends");
    }
    session.close();
    (stop, word)
}

/// There and back between this thread and a new one that waits.
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
