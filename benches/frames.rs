//! One frame of the whole window with a small, a large and a very large recording: following, in the
//! middle, and scrolling a page per frame; as text, hex and both; with and without a filter. A frame
//! is `Context::run_ui` and the tessellation, without a display. Then how much memory is kept.
//!
//! `WIRELAB_BENCH_RECORDS` is how many records the largest has (10,000,000), `WIRELAB_BENCH_FRAMES`
//! how many frames each median is of (200). The records are received over loopback.

mod support;

use eframe::egui::{Key, Modifiers, Role};
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use support::headless::Headless;
use support::{anonymous_mib, at_most, median, size};

/// So many connections get a line each and then wait for the others, so that what is sent apart is
/// received apart.
const PEERS: usize = 256;
const BAR_MILLIS: f64 = 2.0;
const STATES: [&str; 3] = ["following", "in the middle", "a page per frame"];

fn main() -> io::Result<()> {
    let most = size("WIRELAB_BENCH_RECORDS", 10_000_000, 10_000_000);
    let frames = size("WIRELAB_BENCH_FRAMES", 200, 200).max(1);
    let mut sizes = [10_000, 1_000_000, most];
    sizes.sort_unstable();
    let folder = support::folder(most * 400);
    let mut all = Vec::new();
    for records in sizes.into_iter().filter(|&records| records <= most) {
        all.push((records, measure(&folder, records, frames)?));
    }
    let mut slowest = 0.0_f64;
    let mut growth = 0.0_f64;
    let (Some((few, base)), Some((many, last))) = (all.first(), all.last()) else { return Ok(()) };
    println!("milliseconds per frame, medians of {frames}");
    for (index, (name, _)) in base.iter().enumerate() {
        let times: Vec<_> = all.iter().map(|(_, times)| times[index].1 * 1e3).collect();
        println!("  {name:<42}{}", times.iter().map(|time| format!("{time:>9.3}")).collect::<String>());
        slowest = times.into_iter().fold(slowest, f64::max);
        growth = growth.max(last[index].1 / base[index].1);
    }
    at_most("slowest frame of all sizes, states, looks and filters", slowest, BAR_MILLIS, " ms");
    at_most(&format!("a frame with {many} records against one with {few}"), growth, 1.3, " times");
    Ok(())
}

/// The medians in seconds, by name.
fn measure(folder: &Path, records: u64, frames: u64) -> io::Result<Vec<(String, f64)>> {
    let mut window = Headless::with_servers(folder, 1)?;
    let before = anonymous_mib(std::process::id());
    let mut peers = receive(&mut window, records)?;
    let received = anonymous_mib(std::process::id());
    let mut times = Vec::new();
    for filter in [false, true] {
        if filter {
            set_filter(&mut window)?;
        }
        for look in ["Text", "Hex", "Both"] {
            window.choose(look)?;
            for state in STATES {
                let name = format!("{look}, {state}{}", if filter { ", filtered" } else { "" });
                times.push((name, frame(&mut window, &mut peers, state, frames)?));
            }
        }
    }
    let after = anonymous_mib(std::process::id());
    let figure =
        format!("{received:.0} MiB, {after:.0} MiB after showing all of it ({before:.0} MiB before)");
    let what = format!("RssAnon with {records} records, no display");
    support::promise(&what, &figure, "below 100 MB", received.max(after) * 1.048_576 < 100.0);
    window.close();
    Ok(times)
}

/// Lets a server receive so many records. The window does not draw meanwhile.
fn receive(window: &mut Headless, records: u64) -> io::Result<Vec<TcpStream>> {
    let port = window.port(0);
    let mut peers =
        (0..PEERS).map(|_| TcpStream::connect(("127.0.0.1", port))).collect::<Result<Vec<_>, _>>()?;
    for peer in &peers {
        peer.set_nodelay(true)?;
    }
    let (mut number, mut sent) = (0_u64, 0_u64);
    let began = std::time::Instant::now();
    let ctx = window.ctx.clone();
    while window.status(0).traffic.records_in < records {
        // One half is written while the other one is read.
        let before = sent;
        for _ in 0..PEERS / 2 {
            sent += say(&mut peers, number)?;
            number += 1;
        }
        while window.status(0).traffic.bytes_in < before {
            std::thread::yield_now();
            window.app.logic(&ctx);
        }
    }
    println!(
        "{number} lines became {} records in {:.1?}",
        window.status(0).traffic.records_in,
        began.elapsed()
    );
    window.settle();
    Ok(peers)
}

/// One line, of different lengths and with characters of several bytes.
fn say(peers: &mut [TcpStream], number: u64) -> io::Result<u64> {
    let extra = if number.is_multiple_of(2) { "" } else { ", 状态正常 and nothing else to tell" };
    let line = format!("sensor {}: 温度 {}.{} ℃{extra}\r\n", number % 32, number % 90, number % 10);
    let peer = number as usize % peers.len();
    peers[peer].write_all(line.as_bytes())?;
    Ok(line.len() as u64)
}

/// Hides every other record.
fn set_filter(window: &mut Headless) -> io::Result<()> {
    window.choose("Search")?;
    window.choose("Filter")?;
    window.fill("Least bytes", "50")?;
    window.until("the filter", |window| {
        window.texts().any(|text| text.ends_with(" records") && !text.contains('·'))
    })?;
    window.settle();
    Ok(())
}

fn frame(window: &mut Headless, peers: &mut [TcpStream], state: &str, frames: u64) -> io::Result<f64> {
    match state {
        "following" => {
            if window.has("Jump to newest") {
                window.choose("Jump to newest")?;
            }
        }
        "in the middle" => window.press_middle("Scroll bar")?,
        _ => {
            window.focus(Role::Table)?;
            window.press(Key::End, Modifiers::NONE);
            window.frame();
        }
    }
    // Frames are not to be told to a screen reader that is not there.
    window.ctx.disable_accesskit();
    window.frame();
    let mut times = Vec::new();
    for count in 0..frames {
        if state == "following" {
            // Each frame has something new to show.
            let known = window.status(0).traffic.records_in;
            say(peers, count * 2 + 1)?;
            let ctx = window.ctx.clone();
            support::wait_for("a record", || {
                window.app.logic(&ctx);
                Ok((window.status(0).traffic.records_in > known).then_some(()))
            })?;
        } else if state != "in the middle" {
            window.press(Key::PageUp, Modifiers::NONE);
        }
        times.push(window.frame().as_secs_f64());
    }
    window.ctx.enable_accesskit();
    window.frame();
    window.settle();
    // A frame without data would be a fast one.
    let rows = window.labels(Role::Row).filter(|row| row.contains("sensor")).count();
    let is_at_end = !window.has("Jump to newest");
    if rows < 3 || is_at_end != (state == "following") {
        return Err(support::failed(format!("{state}: {rows} records in sight, at the end: {is_at_end}")));
    }
    Ok(median(times))
}
