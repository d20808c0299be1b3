//! The window receiving at full speed, visible and minimised, alternating with `socat -u TCP-LISTEN:… OPEN:file` and
//! the same sender. Then the memory it keeps.
//!
//! `WIRELAB_BENCH_MIB`: amount sent (8192). `WIRELAB_BENCH_ROUNDS`: rounds (3). `WIRELAB_BENCH_MEMORY_MIB`: amount sent
//! for the memory (10240). Needs a display.

mod support;

use std::io;
use std::path::Path;
use std::time::Instant;
use support::window::{RealWindow, has_display};
use support::{
    Scratch, anonymous_mib, at_most, connect, failed, free_port, median, promise, rounds, send, size,
};

const KINDS: [&str; 3] = ["socat", "in sight", "minimised"];

fn main() -> io::Result<()> {
    if !has_display() {
        return Ok(());
    }
    let bytes = size("WIRELAB_BENCH_MIB", 8192) << 20;
    let count = rounds(3);
    let folder = support::folder(bytes);
    println!("{} MiB over loopback, {count} rounds, files in {}", bytes >> 20, folder.display());
    let mut taken: [Vec<f64>; 3] = Default::default();
    for round in 0..count {
        // The order rotates.
        for index in 0..KINDS.len() as u64 {
            let which = ((index + round) % KINDS.len() as u64) as usize;
            let seconds = match which {
                0 => socat(&folder, bytes)?,
                1 => window(&folder, bytes, false)?,
                _ => window(&folder, bytes, true)?,
            };
            println!("  {:<12}{seconds:>9.2} s", KINDS[which]);
            taken[which].push(seconds);
        }
    }
    let [socat, shown, hidden] = taken.map(median);
    let gib = bytes as f64 / f64::from(1 << 30);
    println!("  socat {socat:.2} s, in sight {shown:.2} s, minimised {hidden:.2} s");
    at_most(&format!("{gib} GiB into the window in sight, following / socat"), shown / socat, 1.5, " times");
    at_most(&format!("{gib} GiB into the minimised window / socat"), hidden / socat, 1.1, " times");
    memory(size("WIRELAB_BENCH_MEMORY_MIB", 10_240) << 20)
}

fn socat(folder: &Path, bytes: u64) -> io::Result<f64> {
    let file = Scratch(folder.join(format!("wirelab-socat-{}.bin", std::process::id())));
    let (mut child, mut stream) = support::socat(&file.0)?;
    let began = Instant::now();
    send(&mut stream, bytes)?;
    let status = child.0.wait()?;
    let seconds = began.elapsed().as_secs_f64();
    let written = std::fs::metadata(&file.0)?.len();
    if status.success() && written == bytes { Ok(seconds) } else { Err(failed((status, written))) }
}

fn window(folder: &Path, bytes: u64, is_hidden: bool) -> io::Result<f64> {
    let port = free_port()?;
    let window = RealWindow::open(folder, &listen(port))?;
    if is_hidden {
        window.minimise()?;
    }
    let mut stream = connect(port)?;
    let began = Instant::now();
    // The server closes after reading everything, and publishes in the same turn.
    send(&mut stream, bytes)?;
    support::wait_for("the recording", || Ok((window.recorded_bytes()? >= bytes).then_some(())))?;
    let seconds = began.elapsed().as_secs_f64();
    let recorded = window.data()?.1;
    window.close()?;
    if recorded == bytes { Ok(seconds) } else { Err(failed((recorded, bytes))) }
}

fn listen(port: u16) -> [String; 2] {
    ["--listen".into(), format!("127.0.0.1:{port}")]
}

/// The memory that the window keeps after much traffic, and whether it grows further.
fn memory(bytes: u64) -> io::Result<()> {
    // A quarter more is sent afterwards; beyond 16 GiB the oldest segments are deleted.
    let folder = support::folder(bytes + bytes / 4);
    let port = free_port()?;
    let window = RealWindow::open(&folder, &listen(port))?;
    let mut stream = connect(port)?;
    support::send_open(&mut stream, 64 << 20)?;
    support::wait_for("the recording", || Ok((window.recorded_bytes()? >= 64 << 20).then_some(())))?;
    let early = anonymous_mib(window.process());
    support::send_open(&mut stream, bytes - (64 << 20))?;
    support::wait_for("the recording", || Ok((window.recorded_bytes()? >= bytes).then_some(())))?;
    let full = anonymous_mib(window.process());
    send(&mut stream, bytes / 4)?;
    support::wait_for("the recording", || Ok((window.recorded_bytes()? >= bytes + bytes / 4).then_some(())))?;
    let later = anonymous_mib(window.process());
    window.close()?;
    let gib = bytes as f64 / f64::from(1 << 30);
    println!(
        "  RssAnon {early:.1} MiB after 64 MiB, {full:.1} MiB after {gib} GiB, {later:.1} MiB after a quarter more"
    );
    let megabytes = full.max(later) * 1.048_576;
    promise(
        &format!("RssAnon of the window after {gib} GiB, software renderer included"),
        &format!("{megabytes:.1} MB"),
        "below 100 MB",
        megabytes < 100.0,
    );
    // The recording costs one index entry per 256 KiB.
    let allowed = (bytes / 4) as f64 / f64::from(256 << 10) * 64.0 / f64::from(1 << 20) + 1.0;
    promise(
        "what a quarter more adds to it",
        &format!("{:.2} MiB", later - full),
        &format!("at most {allowed:.1} MiB (its index, and noise)"),
        later - full <= allowed,
    );
    Ok(())
}
