//! One frame of the whole window with a small, a large and a very large recording: following, in the middle, and
//! scrolling a page per frame; in all views; with and without a filter. A frame is `Context::run_ui` and
//! the tessellation, without a display. Also the memory kept, and the cost of very many different characters.
//!
//! `WIRELAB_BENCH_RECORDS`: records of the largest recording (10,000,000). `WIRELAB_BENCH_FRAMES`: frames per median
//! (200). The records are received over loopback.

mod support;

use eframe::egui::{Key, Modifiers, Role};
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};
use support::headless::Headless;
use support::{Scratch, anonymous_mib, at_most, median, size};
use wirelab::capture::{CaptureWriter, Destination, Limits};
use wirelab::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

/// Connections that take turns, one line each, so that each line is received as one record.
const PEERS: usize = 256;
const BAR_MILLIS: f64 = 2.0;
const STATES: [&str; 3] = ["following", "in the middle", "a page per frame"];

fn main() -> io::Result<()> {
    let most = size("WIRELAB_BENCH_RECORDS", 10_000_000);
    let frames = size("WIRELAB_BENCH_FRAMES", 200).max(1);
    let mut sizes = [10_000, 1_000_000, most];
    sizes.sort_unstable();
    let folder = support::folder(most * 400);
    let mut windows = Vec::new();
    for records in sizes.into_iter().filter(|&records| records <= most) {
        windows.push(open(&folder, records)?);
    }
    println!("milliseconds per frame, medians of {frames}");
    let (mut slowest, mut growth) = (0.0_f64, 0.0_f64);
    for filter in [false, true] {
        if filter {
            for (window, _) in &mut windows {
                set_filter(window)?;
            }
        }
        for look in ["Auto", "Text", "Hex", "Both"] {
            for (window, _) in &mut windows {
                window.choose(look)?;
            }
            for state in STATES {
                let name = format!("{look}, {state}{}", if filter { ", filtered" } else { "" });
                let times = measure(&mut windows, state, frames)?;
                let row: String = times.iter().map(|time| format!("{time:>9.3}")).collect();
                println!("  {name:<42}{row}");
                slowest = times.iter().copied().fold(slowest, f64::max);
                growth = growth.max(times[times.len() - 1] / times[0]);
            }
        }
    }
    for (window, _) in windows {
        window.close();
    }
    at_most("slowest frame of all sizes, states, looks and filters", slowest, BAR_MILLIS, " ms");
    at_most(&format!("a frame with {most} records against one with {}", sizes[0]), growth, 1.3, " times");
    ideographs(&folder)
}

/// The longest frame while paging through 1,000,000 ideographs, all of Unicode in turn: no frame may stall because
/// of glyphs that are drawn for the first time.
fn ideographs(folder: &Path) -> io::Result<()> {
    const CHARACTERS: usize = 1_000_000;
    const PER_RECORD: usize = 1000;
    let blocks = [
        '\u{3400}'..='\u{4DBF}',
        '\u{4E00}'..='\u{9FFF}',
        '\u{20000}'..='\u{2A6DF}',
        '\u{2A700}'..='\u{2EBE0}',
    ];
    let text: Vec<char> = blocks.into_iter().flatten().cycle().take(CHARACTERS).collect();
    let file = Scratch(folder.join(format!("wirelab-ideographs-{}.pcapng", std::process::id())));
    let mut writer = CaptureWriter::new(
        Destination::file(file.0.clone()).map_err(|failure| io::Error::other(format!("{failure:?}")))?,
        Limits::default(),
    );
    for (number, part) in text.chunks(PER_RECORD).enumerate() {
        let payload: String = part.iter().collect();
        writer.append(&Record {
            time: Timestamp(1_700_000_000_000_000_000 + number as u64),
            kind: RecordKind::Data,
            direction: Direction::Inbound,
            transport: Transport::Tcp,
            connection: ConnectionId(1),
            local: ([127, 0, 0, 1], 7788).into(),
            peer: ([127, 0, 0, 1], 50_000).into(),
            payload: payload.as_bytes(),
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        });
    }
    writer.publish();
    let mut window = Headless::open(folder, Vec::new())?;
    window.app.open_files(std::slice::from_ref(&file.0));
    window.until("the records", |window| window.labels(Role::Row).count() > 1)?;
    window.settle();
    window.focus(Role::Table)?;
    window.press(Key::Home, Modifiers::COMMAND);
    window.settle();
    let mut times = Vec::new();
    // On the last page nothing changes any more.
    let mut last = Vec::new();
    loop {
        window.press(Key::PageDown, Modifiers::NONE);
        times.push(window.frame().as_secs_f64() * 1e3);
        // The accessibility tree lags by one frame.
        times.push(window.frame().as_secs_f64() * 1e3);
        let rows: Vec<String> = window.texts().map(Into::into).collect();
        if rows == last {
            break;
        }
        last = rows;
    }
    window.close();
    let pages = times.len() / 2;
    let longest = times.iter().copied().fold(0.0, f64::max);
    println!("{CHARACTERS} ideographs on {pages} pages, a frame {:.2} ms in the median", median(times));
    if pages < 100 {
        return Err(support::failed(format!("{pages} pages are not all of it")));
    }
    at_most(&format!("the longest frame of {CHARACTERS} ideographs, page by page"), longest, 50.0, " ms");
    Ok(())
}

type Filled = (Headless, Vec<TcpStream>);

/// A window with `records` records, and the peers that sent them.
fn open(folder: &Path, records: u64) -> io::Result<Filled> {
    let before = anonymous_mib(std::process::id());
    let mut window = Headless::with_servers(folder, 1)?;
    let peers = receive(&mut window, records)?;
    let megabytes = (anonymous_mib(std::process::id()) - before) * 1.048_576;
    let what = format!("RssAnon that {records} records add, no display");
    support::promise(&what, &format!("{megabytes:.0} MB"), "below 100 MB", megabytes < 100.0);
    Ok((window, peers))
}

/// Lets a server receive `records` records without drawing.
fn receive(window: &mut Headless, records: u64) -> io::Result<Vec<TcpStream>> {
    let port = window.port(0);
    let mut peers =
        (0..PEERS).map(|_| TcpStream::connect(("127.0.0.1", port))).collect::<Result<Vec<_>, _>>()?;
    for peer in &peers {
        peer.set_nodelay(true)?;
    }
    let (mut number, mut sent) = (0_u64, 0_u64);
    let began = Instant::now();
    let ctx = window.ctx.clone();
    let mut looked = Instant::now();
    while window.status(0).traffic.records_in < records {
        // One half of the connections is written while the other one is read.
        let before = sent;
        for _ in 0..PEERS / 2 {
            sent += say(&mut peers, number)?;
            number += 1;
        }
        while window.status(0).traffic.bytes_in < before {
            std::thread::yield_now();
            // The most often that a hidden window does.
            if looked.elapsed() >= Duration::from_millis(1) {
                looked = Instant::now();
                window.app.logic(&ctx);
            }
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

/// A line of varying length, with multi-byte characters.
fn say(peers: &mut [TcpStream], number: u64) -> io::Result<u64> {
    let extra = if number.is_multiple_of(2) { "" } else { ", 状态正常 and nothing else to tell" };
    let line = format!("sensor {}: 温度 {}.{} ℃{extra}\r\n", number % 32, number % 90, number % 10);
    let peer = number as usize % peers.len();
    peers[peer].write_all(line.as_bytes())?;
    Ok(line.len() as u64)
}

/// Sets a filter that hides every other record.
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

/// The median of each window in milliseconds. The windows draw alternately, so that other load on the machine
/// affects all of them.
fn measure(windows: &mut [Filled], state: &str, frames: u64) -> io::Result<Vec<f64>> {
    for (window, _) in &mut *windows {
        go_to(window, state)?;
    }
    let mut times = vec![Vec::new(); windows.len()];
    for count in 0..frames {
        for ((window, peers), times) in windows.iter_mut().zip(&mut times) {
            if state == "following" {
                // A new record for each frame.
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
            times.push(window.frame().as_secs_f64() * 1e3);
        }
    }
    for (window, _) in windows {
        window.ctx.enable_accesskit();
        window.frame();
        window.settle();
        // A frame without data would be fast.
        let rows = window.labels(Role::Row).filter(|row| row.contains("sensor")).count();
        let is_at_end = !window.has("Jump to newest");
        if rows < 3 || is_at_end != (state == "following") {
            return Err(support::failed(format!(
                "{state}: {rows} records in sight, at the end: {is_at_end}"
            )));
        }
    }
    Ok(times.into_iter().map(median).collect())
}

fn go_to(window: &mut Headless, state: &str) -> io::Result<()> {
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
    // No screen reader, so no accessibility tree in the measured frames.
    window.ctx.disable_accesskit();
    window.frame();
    Ok(())
}
