//! How punctual repeats are: one of a millisecond beside a bare loop with the same deadlines at the same time, and one of
//! a second on each of very many connections.
//!
//! `WIRELAB_BENCH_SECONDS`: how long each is measured (60). `WIRELAB_BENCH_PEERS`: connections (5,000). Loopback only.

mod support;

use std::collections::BTreeMap;
use std::io;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};
use support::session::Session;
use support::{DEADLINE, at_most, failed, promise, size, told};
use wirelab::capture::Cursor;
use wirelab::engine::{Message, Repeat};
use wirelab::model::{
    ConnectionId, FailureKind, Lateness, OutgoingStatus, Progress, RecordKind, RepeatProgress, SessionConfig,
    SessionState, Target, TcpServerConfig,
};
use wirelab::net::raise_handle_limit;

const MILLISECOND: Duration = Duration::from_millis(1);
/// How much later than the bare loop 99 of 100 sends may be.
const BAR_TIMES: f64 = 2.0;
const BAR_MILLIS: f64 = 5.0;

fn main() -> io::Result<()> {
    let time = Duration::from_secs(size("WIRELAB_BENCH_SECONDS", 60).max(1));
    fast(time)?;
    many(time.min(Duration::from_secs(20)), size("WIRELAB_BENCH_PEERS", 5_000) as usize)
}

fn progress(status: &OutgoingStatus) -> RepeatProgress {
    match &status.progress {
        Progress::Repeat(repeat) => repeat.clone(),
        other => panic!("{other:?}"),
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A server, and its address.
fn server() -> (Session, std::net::SocketAddr) {
    let config = TcpServerConfig { backlog: 4096, ..TcpServerConfig::new(([127, 0, 0, 1], 0).into()) };
    let session = Session::start(&std::env::temp_dir(), SessionConfig::TcpServer(config));
    let address = session.wait(|status| status.state == SessionState::Listening).local.expect("an address");
    (session, address)
}

/// One repeat of a millisecond.
fn fast(time: Duration) -> io::Result<()> {
    let (session, address) = server();
    let mut peer = TcpStream::connect(address)?;
    session.wait(|status| status.connections.len() == 1);
    let reader = thread::Builder::new().name("reader".into());
    let reader = reader.spawn(move || io::copy(&mut peer, &mut io::sink()))?;
    let bare = thread::Builder::new().name("bare".into()).spawn(move || bare_loop(time))?;
    let outer = Instant::now();
    let repeat = Repeat::new(Target::All, Message::raw(*b"0123456789abcdef"), MILLISECOND);
    let id = session.handle.start_outgoing("bench", repeat).map_err(failed)?;
    session.wait(|status| status.outgoing.first().is_some_and(|first| progress(first).sent > 0));
    let inner = Instant::now();
    thread::sleep(time);
    let inner = inner.elapsed();
    session.handle.stop_outgoing(id).map_err(failed)?;
    let status = session.wait(|status| status.outgoing.iter().all(|one| one.state.has_ended()));
    let outer = outer.elapsed();
    let repeat = progress(&status.outgoing[0]);
    let bare = bare.join().map_err(failed)??;
    session.close();
    let _ = reader.join();

    let deadlines = repeat.sent + repeat.missed;
    // It began between the two starts and ended between the two ends; the first deadline is its beginning.
    let (least, most) = (inner.as_millis() as u64, outer.as_millis() as u64 + 1);
    promise(
        &format!("a repeat of 1 ms for {time:?}: sent and missed deadlines"),
        &format!("{deadlines}, of them {} missed", repeat.missed),
        &format!("{least} to {most}"),
        (least..=most).contains(&deadlines),
    );
    let lateness = repeat.lateness.ok_or_else(|| failed("nothing was sent"))?;
    for (name, Lateness { median, p99, worst }) in [("repeat", lateness), ("bare loop", bare)] {
        told(
            &format!("lateness of a {name} of 1 ms: median, p99, worst"),
            &format!("{:.0} µs, {:.0} µs, {:.0} µs", micros(median), micros(p99), micros(worst)),
        );
    }
    let times = micros(lateness.p99) / micros(bare.p99).max(1.0);
    at_most("p99 lateness of a repeat of 1 ms / of a bare loop", times, BAR_TIMES, " times");
    Ok(())
}

/// Waits for absolute deadlines and does nothing else.
#[cfg(target_os = "linux")]
fn bare_loop(time: Duration) -> io::Result<Lateness> {
    use nix::sys::time::TimeSpec;
    use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};
    let clock = ClockId::CLOCK_MONOTONIC;
    let now = || clock.now().map(Duration::from);
    let start = now()?;
    let mut late = Vec::new();
    let mut deadline = start;
    while deadline < start + time {
        deadline += MILLISECOND;
        let until = TimeSpec::from_duration(deadline);
        clock_nanosleep(clock, ClockNanosleepFlags::TIMER_ABSTIME, &until)?;
        // As a repeat: what has passed is not caught up, and it is late for the newest deadline.
        let woken = now()?;
        while deadline + MILLISECOND <= woken {
            deadline += MILLISECOND;
        }
        late.push(woken.saturating_sub(deadline));
    }
    late.sort_unstable();
    let at = |percent: usize| late[(late.len() * percent).div_ceil(100) - 1];
    Ok(Lateness { median: at(50), p99: at(99), worst: at(100) })
}

#[cfg(not(target_os = "linux"))]
fn bare_loop(_time: Duration) -> io::Result<Lateness> {
    Err(failed("the bare loop needs Linux"))
}

/// One repeat of a second on each of many connections, begun one after the other over a second.
fn many(time: Duration, count: usize) -> io::Result<()> {
    raise_handle_limit();
    let (session, address) = server();
    let peers = (0..count).map(|_| TcpStream::connect(address)).collect::<io::Result<Vec<_>>>()?;
    let status = session.wait(|status| status.connections.len() == count);
    let begun = Instant::now();
    for (number, connection) in status.connections.iter().enumerate() {
        let target = Target::Connections(vec![connection.id]);
        let at = begun + Duration::from_secs(1).mul_f64(number as f64 / count as f64);
        thread::sleep(at.saturating_duration_since(Instant::now()));
        let deadline = Instant::now() + DEADLINE;
        loop {
            let message = Message::raw(*b"0123456789abcdef");
            let repeat = Repeat::new(target.clone(), message, Duration::from_secs(1));
            match session.handle.start_outgoing("bench", repeat) {
                Ok(_) => break,
                Err(failure) if failure.kind == FailureKind::SessionBusy && Instant::now() < deadline => {
                    thread::sleep(MILLISECOND);
                }
                Err(failure) => return Err(failed(failure)),
            }
        }
    }
    thread::sleep(time);
    let status = session.handle.status();
    let all: Vec<_> = status.outgoing.iter().map(progress).collect();
    let (sent, missed) = all.iter().fold((0, 0), |sum, one| (sum.0 + one.sent, sum.1 + one.missed));
    let p99 = recorded_p99(&session)?;
    told(
        &format!("{count} repeats of 1 s, each on its connection, for {time:?}"),
        &format!("{sent} sent, {missed} missed"),
    );
    at_most(&format!("p99 lateness of {count} repeats of 1 s"), micros(p99) / 1e3, BAR_MILLIS, " ms");
    session.close();
    drop(peers);
    Ok(())
}

/// The p99 over all sends, from the times in the recording: how long each came after a whole number of seconds from the
/// most punctual one of its connection.
fn recorded_p99(session: &Session) -> io::Result<Duration> {
    const SECOND: u64 = 1_000_000_000;
    let mut cursor = Cursor::new(session.handle.reader().snapshot());
    let mut at = cursor.snapshot().start();
    let mut times: BTreeMap<ConnectionId, Vec<u64>> = BTreeMap::new();
    while let Some(position) = cursor.next(at).map_err(failed)? {
        let entry = cursor.read(position).map_err(failed)?.ok_or_else(|| failed("no record"))?;
        if entry.record.kind == RecordKind::Data {
            times.entry(entry.record.connection).or_default().push(entry.record.time.0);
        }
        at = entry.end;
    }
    let mut late = Vec::new();
    for times in times.values() {
        let first = times.first().copied().unwrap_or_default();
        // Half a second is added, so that one that was more punctual than the first has a phase below it.
        let phases: Vec<_> = times.iter().map(|time| (time - first + SECOND / 2) % SECOND).collect();
        let least = phases.iter().min().copied().unwrap_or_default();
        late.extend(phases.iter().map(|phase| phase - least));
    }
    late.sort_unstable();
    let p99 = late.get((late.len() * 99).div_ceil(100).saturating_sub(1));
    p99.map(|nanos| Duration::from_nanos(*nanos)).ok_or_else(|| failed("nothing was recorded"))
}
