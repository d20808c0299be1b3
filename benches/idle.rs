//! Five sessions that listen while nothing happens: the processor time of the visible window, and the frames that
//! it requests.
//!
//! `WIRELAB_BENCH_SECONDS`: duration (10). The processor time needs a display.

mod support;

use std::io;
use std::thread;
use std::time::{Duration, Instant};
use support::headless::Headless;
use support::window::{RealWindow, has_display};
use support::{failed, free_port, free_udp_port, promise, size, ticks};
use wirelab::model::{SessionConfig, SessionState, TcpServerConfig, UdpConfig};

fn main() -> io::Result<()> {
    let time = Duration::from_secs(size("WIRELAB_BENCH_SECONDS", 10).max(1));
    let servers = [free_port()?, free_port()?, free_port()?];
    let sockets = [free_udp_port()?, free_udp_port()?];
    let frames = frames(&servers, &sockets, time)?;
    promise(
        &format!("idle, 5 sessions: frames asked for in {time:?}"),
        &frames.to_string(),
        "0",
        frames == 0,
    );
    if has_display() {
        let used = processor(&servers, &sockets, time)?;
        promise(
            &format!("idle, 5 sessions, window in sight: CPU ticks in {time:?}"),
            &used.to_string(),
            "0",
            used == 0,
        );
    }
    Ok(())
}

fn frames(servers: &[u16], sockets: &[u16], time: Duration) -> io::Result<u64> {
    let local = |port: u16| ([127, 0, 0, 1], port).into();
    let servers = servers.iter().map(|&port| SessionConfig::TcpServer(TcpServerConfig::new(local(port))));
    let sockets = sockets.iter().map(|&port| SessionConfig::Udp(UdpConfig::new(local(port))));
    let mut window = Headless::open(&std::env::temp_dir(), servers.chain(sockets).collect())?;
    window.until("listening", |window| {
        window.app.statuses().all(|status| status.state == SessionState::Listening)
    })?;
    // The settings are saved with a delay after the last change.
    quiet_frames(&mut window)?;
    let before = window.frames;
    let until = Instant::now() + time;
    while window.next_frame(until) {}
    let frames = window.frames - before;
    window.close();
    Ok(frames)
}

fn quiet_frames(window: &mut Headless) -> io::Result<()> {
    let deadline = Instant::now() + support::DEADLINE;
    while window.next_frame(Instant::now() + Duration::from_secs(3)) {
        if Instant::now() > deadline {
            return Err(failed("frames are asked for all the time"));
        }
    }
    Ok(())
}

fn processor(servers: &[u16], sockets: &[u16], time: Duration) -> io::Result<u64> {
    let address = |port: &u16| format!("127.0.0.1:{port}");
    let mut arguments = Vec::new();
    for port in servers {
        arguments.extend(["--listen".into(), address(port)]);
    }
    for port in sockets {
        arguments.extend(["--udp".into(), address(port)]);
    }
    let window = RealWindow::open(&std::env::temp_dir(), &arguments)?;
    // The start is over after a pause without processor time. Without such a pause the measurement shows it.
    let mut quiet = (ticks(window.process())?, Instant::now());
    let deadline = Instant::now() + Duration::from_secs(30);
    while quiet.1.elapsed() < Duration::from_secs(3) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(100));
        let now = ticks(window.process())?;
        if now != quiet.0 {
            quiet = (now, Instant::now());
        }
    }
    let before = ticks(window.process())?;
    thread::sleep(time);
    let used = ticks(window.process())? - before;
    window.close()?;
    Ok(used)
}
