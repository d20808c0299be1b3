//! What the window costs where the processor paints: short datagrams at a steady rate, in sight and followed.
//!
//! `WIRELAB_BENCH_SECONDS`: duration (10). `WIRELAB_BENCH_RECORDS`: records a second (3,000). Needs a display.

mod support;

use std::io;
use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};
use support::window::{RealWindow, has_display};
use support::{free_udp_port, promise, size};

/// How often the sender wakes up.
const STEP: Duration = Duration::from_millis(5);
/// Before the measurement: the start, the glyphs of the first frames, and finding the pace.
const WARM_UP: Duration = Duration::from_secs(3);

fn main() -> io::Result<()> {
    if !has_display() {
        return Ok(());
    }
    let time = Duration::from_secs(size("WIRELAB_BENCH_SECONDS", 10).max(1));
    let records = size("WIRELAB_BENCH_RECORDS", 3_000).max(1);
    let port = free_udp_port()?;
    let window = RealWindow::open(&std::env::temp_dir(), &["--udp".into(), format!("127.0.0.1:{port}")])?;
    support::wait_for("the socket", || Ok(UdpSocket::bind(("127.0.0.1", port)).err().map(drop)))?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(("127.0.0.1", port))?;
    let sender = thread::Builder::new().name("sender".into());
    let sender = sender.spawn(move || lines(&socket, records, WARM_UP + time))?;
    thread::sleep(WARM_UP);
    let (began, before) = (Instant::now(), support::thread_ticks(window.process())?);
    thread::sleep(time);
    let (elapsed, after) = (began.elapsed(), support::thread_ticks(window.process())?);
    let (mut painting, mut session) = (0, 0);
    for (id, (name, ticks)) in &after {
        // A new thread may have the id of one that has ended.
        let used = ticks.saturating_sub(before.get(id).map_or(0, |(_, ticks)| *ticks));
        if name == "session" { session += used } else { painting += used }
    }
    sender.join().map_err(support::failed)??;
    let percent = |ticks: u64| ticks as f64 / elapsed.as_secs_f64();
    println!("  the window {:.1} % of a core, its session {:.1} %", percent(painting), percent(session));
    let shown = window.data()?.0;
    window.close()?;
    if shown < records {
        return Err(support::failed(format!("{shown} records")));
    }
    promise(
        &format!("{records} records a second in sight, painted by the processor"),
        &format!("{:.0} % of a core", percent(painting)),
        "at most 25 %",
        percent(painting) <= 25.0,
    );
    Ok(())
}

/// Sends numbered lines at a steady rate.
fn lines(socket: &UdpSocket, records: u64, time: Duration) -> io::Result<()> {
    let began = Instant::now();
    let mut sent = 0;
    while began.elapsed() < time {
        let due = (began.elapsed().as_secs_f64() * records as f64) as u64;
        while sent < due {
            socket.send(format!("{sent}: temperature 21.5 °C, pressure 1013 hPa").as_bytes())?;
            sent += 1;
        }
        thread::sleep(STEP);
    }
    Ok(())
}
