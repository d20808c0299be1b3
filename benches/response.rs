//! The window's response times: a stream of 1 MB/s until it is on the screen, and Stop, Disconnect, another tab and
//! another encoding under full load.
//!
//! Without a display, with the real engine, and with frames when eframe would run them.
//! `WIRELAB_BENCH_SECONDS`: duration of the stream (10). `WIRELAB_BENCH_ROUNDS`: measurements of each answer (9).

mod support;

use eframe::egui::{Key, Modifiers, Role};
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::headless::Headless;
use support::{at_most, failed, median, rounds, size, told};

const BAR_MILLIS: f64 = 100.0;
/// Block size and interval, together 1 MB/s.
const BLOCK_BYTES: usize = 1000;
const BLOCK_INTERVAL: Duration = Duration::from_millis(1);
const SENDERS: usize = 4;

fn main() -> io::Result<()> {
    stream(size("WIRELAB_BENCH_SECONDS", 10).max(1))?;
    let count = rounds(21);
    for (what, answer) in ANSWERS {
        let mut times = Vec::new();
        let mut longest_frame = 0.0_f64;
        for _ in 0..count {
            let (time, frame) = under_load(answer)?;
            times.push(time * 1e3);
            longest_frame = longest_frame.max(frame * 1e3);
        }
        let longest = times.iter().copied().fold(0.0, f64::max);
        println!("{what}: median {:.1} ms, longest frame {longest_frame:.1} ms", median(times));
        at_most(
            &format!("{what}, under {SENDERS} senders, the longest of {count}"),
            longest,
            BAR_MILLIS,
            " ms",
        );
    }
    Ok(())
}

/// A stream whose blocks begin with their number: the time from the send of each until a frame shows it or a later
/// one.
fn stream(seconds: u64) -> io::Result<()> {
    let blocks = (Duration::from_secs(seconds).as_micros() / BLOCK_INTERVAL.as_micros()) as usize;
    let mut window = Headless::with_servers(&std::env::temp_dir(), 1)?;
    let mut peer = TcpStream::connect(("127.0.0.1", window.port(0)))?;
    peer.set_nodelay(true)?;
    window.settle();
    let sender = move || -> io::Result<Vec<Instant>> {
        let began = Instant::now();
        let mut sent = Vec::with_capacity(blocks);
        for number in 0..blocks {
            let due = began + BLOCK_INTERVAL * number as u32;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let text = format!("<{number}>");
            sent.push(Instant::now());
            peer.write_all(format!("{text:.<width$}\n", width = BLOCK_BYTES - 1).as_bytes())?;
        }
        Ok(sent)
    };
    let sender = thread::Builder::new().name("sender".into()).spawn(sender)?;
    // The newest block that a frame shows, and when.
    let mut shown = Vec::new();
    let frames = window.frames;
    window.until("the last block", |window| {
        let newest = window.labels(Role::Row).filter_map(newest_block).max();
        if let Some(newest) = newest {
            shown.push((newest, Instant::now()));
        }
        newest == Some(blocks - 1)
    })?;
    let frames = window.frames - frames;
    let sent = sender.join().map_err(failed)??;
    let mut times = Vec::new();
    let mut seen = shown.into_iter().peekable();
    for (number, sent) in sent.into_iter().enumerate() {
        while seen.next_if(|(newest, _)| *newest < number).is_some() {}
        let at = seen.peek().ok_or_else(|| failed("a block was never shown"))?.1;
        times.push(at.duration_since(sent).as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let part = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    told("a stream of 1 MB/s until it is on screen, median", &format!("{:.1} ms", part(0.5)));
    at_most("a stream of 1 MB/s until it is on screen, 99 of 100 blocks", part(0.99), BAR_MILLIS, " ms");
    at_most("a stream of 1 MB/s until it is on screen, the slowest block", part(1.0), BAR_MILLIS, " ms");
    println!("{frames} frames in {seconds} s");
    window.close();
    Ok(())
}

/// The number of the last block in a row.
fn newest_block(row: &str) -> Option<usize> {
    row.rsplit_once('<')?.1.split_once('>')?.0.parse().ok()
}

type Answer = fn(&mut Headless) -> io::Result<Duration>;

const ANSWERS: [(&str, Answer); 4] = [
    ("Stop", stop),
    ("Disconnect", disconnect),
    ("another tab", switch_tab),
    ("another encoding", switch_encoding),
];

/// Saturates a server and measures one answer; also the longest frame before it. Both in seconds.
fn under_load(answer: Answer) -> io::Result<(f64, f64)> {
    let folder = support::folder(4 << 30);
    let mut window = Headless::with_servers(&folder, 2)?;
    window.choose(&tab_of(&window, 0)?)?;
    let is_over = AtomicBool::new(false);
    let port = window.port(0);
    let (time, frame) = thread::scope(|scope| -> io::Result<_> {
        for _ in 0..SENDERS {
            let mut peer = TcpStream::connect(("127.0.0.1", port))?;
            let is_over = &is_over;
            let send = move || {
                let line = "a line of some length that is sent as fast as it goes\r\n".repeat(1000);
                while !is_over.load(Ordering::Relaxed) && peer.write_all(line.as_bytes()).is_ok() {}
            };
            thread::Builder::new().name("sender".into()).spawn_scoped(scope, send)?;
        }
        let loaded = window.until("load", |window| window.status(0).traffic.bytes_in > 50 << 20);
        let mut longest = 0.0_f64;
        for _ in 0..5 {
            let until = Instant::now() + Duration::from_secs(1);
            window.next_frame(until);
            longest = longest.max(window.frame().as_secs_f64());
        }
        let time = loaded.and_then(|_| answer(&mut window));
        is_over.store(true, Ordering::Relaxed);
        // Senders that are still connected would block for ever.
        window.app.close();
        Ok((time?.as_secs_f64(), longest))
    })?;
    window.close();
    Ok((time, frame))
}

/// The accessible name of the tab of a server. The order of the names is not that of the tabs.
fn tab_of(window: &Headless, server: usize) -> io::Result<String> {
    let port = format!(":{}", window.port(server));
    let found = window.labels(Role::Tab).find(|label| label.ends_with(&port)).map(str::to_owned);
    found.ok_or_else(|| failed(format!("no tab of {port}")))
}

fn stop(window: &mut Headless) -> io::Result<Duration> {
    window.click("Stop")?;
    window.until("the end", |window| !window.status(0).state.is_active() && window.has("Start"))
}

/// Selects all connections and disconnects them.
fn disconnect(window: &mut Headless) -> io::Result<Duration> {
    window.focus_now(Role::ListBox)?;
    window.press(Key::A, Modifiers::COMMAND);
    window.frame();
    window.frame();
    window.click("Connection actions")?;
    for _ in 0..3 {
        window.frame();
    }
    window.click("Disconnect")?;
    window.until("no connection", |window| {
        window.status(0).connections.is_empty()
            && window.labels(Role::ListBoxOption).all(|name| name.starts_with("All"))
    })
}

fn switch_tab(window: &mut Headless) -> io::Result<Duration> {
    let tab = tab_of(window, 1)?;
    window.click(&tab)?;
    // The other server has no connections.
    window.until("the other tab", |window| {
        window.labels(Role::Row).count() == 1 && window.labels(Role::Row).all(|row| row.contains("Listening"))
    })
}

fn switch_encoding(window: &mut Headless) -> io::Result<Duration> {
    window.click("Encoding")?;
    for _ in 0..3 {
        window.frame();
    }
    window.click("GBK")?;
    window.until("the encoding", |window| window.value("Encoding") == Some("GBK"))
}
