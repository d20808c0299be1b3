//! Answering by rules: the time of a round trip beside that of a bare threaded echo in the same run, a hundred regular
//! expressions at 50,000 frames a second, and 5,000 clients that are answered.
//!
//! `WIRELAB_BENCH_ROUNDS`: thousands of round trips (20). Loopback only; everything is recorded.

mod support;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use support::session::Session;
use support::{at_most, failed, promise, rounds, told};
use wirelab::codec::Encoding;
use wirelab::model::{SessionConfig, SessionState, TcpServerConfig};
use wirelab::rules::read;

/// The round trip may take so many times as long as with a bare echo.
const BAR_ROUND_TRIP: f64 = 1.3;
const FRAMES_A_SECOND: u64 = 50_000;
const SECONDS: u64 = 4;
const EXPRESSIONS: usize = 100;
const CLIENTS: usize = 5_000;
const MESSAGE: &[u8; 64] = b"GET /sensors/temperature/17?unit=celsius&digits=2&station=north\n";

fn main() -> io::Result<()> {
    let trips = rounds(20) as usize * 1000;
    round_trips(trips)?;
    expressions()?;
    clients()
}

/// A server that answers by rules.
fn server(rules: &str) -> io::Result<(Session, SocketAddr)> {
    let config =
        SessionConfig::TcpServer(TcpServerConfig { backlog: 4096, ..TcpServerConfig::new(loopback()) });
    let session = Session::start(&std::env::temp_dir(), config);
    let set = Arc::new(read(rules).map_err(failed)?);
    session.handle.set_rules(Some((set, Encoding::Utf8.into()))).map_err(failed)?;
    let status = session.wait(|status| status.state == SessionState::Listening && status.rules.is_some());
    Ok((session, status.local.ok_or(io::ErrorKind::AddrNotAvailable)?))
}

/// A program of the standard library that returns what it reads.
fn bare_echo() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(loopback())?;
    let address = listener.local_addr()?;
    thread::Builder::new().name("echo".into()).spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let _ = stream.set_nodelay(true);
        let mut buffer = [0; 65_536];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            if stream.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
    })?;
    Ok(address)
}

fn round_trips(trips: usize) -> io::Result<()> {
    let (session, address) =
        server("limit = 0\n[[rules]]\nwhen.regex = '^GET (.*)$'\npayload = '${0}'\nline_ending = 'lf'\n")?;
    let mut bare = client(bare_echo()?)?;
    let mut by_rule = client(address)?;
    // In turns, so that what else the machine does meets both.
    let (mut of_bare, mut of_rule) = (Vec::new(), Vec::new());
    for part in 0..20 {
        let count = trips / 20;
        // The first part warms up.
        let skip = if part == 0 { count } else { 0 };
        of_bare.extend(trip(&mut bare, count)?.into_iter().skip(skip));
        of_rule.extend(trip(&mut by_rule, count)?.into_iter().skip(skip));
    }
    let (bare, rule) = (middle(of_bare), middle(of_rule));
    told("Round trip of 64 bytes with a bare threaded echo, p50", &format!("{:.1} µs", bare * 1e6));
    told("Round trip of 64 bytes answered by a rule, p50", &format!("{:.1} µs", rule * 1e6));
    at_most("Round trip by a rule beside a bare echo, p50", rule / bare, BAR_ROUND_TRIP, " times");
    session.close();
    Ok(())
}

fn trip(stream: &mut TcpStream, count: usize) -> io::Result<Vec<f64>> {
    let mut answer = [0; MESSAGE.len()];
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        stream.write_all(MESSAGE)?;
        stream.read_exact(&mut answer)?;
        times.push(begun.elapsed().as_secs_f64());
    }
    Ok(times)
}

fn middle(times: Vec<f64>) -> f64 {
    support::median(times)
}

/// Frames come at their rate, many in a write as from many devices; each is answered by the last of the expressions.
fn expressions() -> io::Result<()> {
    let mut rules = String::from("limit = 0\nframe = 'lines'\n");
    for number in 0..EXPRESSIONS - 1 {
        rules +=
            &format!("[[rules]]\nwhen.regex = '^(SET|PUT) /device{number}/(\\w+)=(\\d+)$'\npayload = 'no'\n");
    }
    rules +=
        "[[rules]]\nwhen.regex = '^GET /sensors/(\\w+)/(\\d+)'\npayload = '${1} ${2}'\nline_ending = 'lf'\n";
    let (session, address) = server(&rules)?;
    let mut stream = client(address)?;
    let mut answers = stream.try_clone()?;
    let all = FRAMES_A_SECOND * SECONDS;
    let begun = Instant::now();
    let reader = thread::Builder::new().name("answers".into()).spawn(move || {
        let mut buffer = vec![0; 65_536];
        let mut lines = 0;
        while lines < all {
            match answers.read(&mut buffer) {
                Ok(count @ 1..) => {
                    lines += buffer[..count].iter().filter(|byte| **byte == b'\n').count() as u64
                }
                _ => break,
            }
        }
        lines
    })?;
    let per_write = 50;
    let batch = MESSAGE.repeat(per_write);
    for number in 0..all / per_write as u64 {
        let due = begun + Duration::from_nanos(number * per_write as u64 * 1_000_000_000 / FRAMES_A_SECOND);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(&batch)?;
    }
    let answered = reader.join().unwrap_or_default();
    let took = begun.elapsed().as_secs_f64();
    let rate = answered as f64 / took;
    let holds = answered == all && took < SECONDS as f64 + 0.2;
    let figure = format!("{rate:.0} a second");
    promise("Frames answered with 100 regular expressions", &figure, "keeps up with 50,000 a second", holds);
    session.close();
    Ok(())
}

fn clients() -> io::Result<()> {
    wirelab::net::raise_handle_limit();
    let (session, address) = server("[[rules]]\npayload = '${0}'\n")?;
    let mut streams = Vec::with_capacity(CLIENTS);
    for _ in 0..CLIENTS {
        streams.push(client(address)?);
    }
    let begun = Instant::now();
    for stream in &mut streams {
        stream.write_all(MESSAGE)?;
    }
    let mut answered = 0;
    for stream in &mut streams {
        let mut answer = [0; MESSAGE.len()];
        stream.read_exact(&mut answer)?;
        answered += usize::from(answer == *MESSAGE);
    }
    let figure = format!("{answered} in {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    promise("Clients answered by a rule", &figure, "5,000", answered == CLIENTS);
    drop(streams);
    session.close();
    Ok(())
}

fn client(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(support::DEADLINE))?;
    Ok(stream)
}

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}
