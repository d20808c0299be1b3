//! Datagrams at a steady rate: sent, recorded, and dropped by the kernel, in numbers that must add up. The command
//! line and the window, beside `socat`, `ncat` and Packet Sender.
//!
//! `WIRELAB_BENCH_RATE`: datagrams of 64 bytes a second (100,000). `WIRELAB_BENCH_SECONDS`: duration (10). Drops are
//! read from /proc/net/udp. The window needs a display.

mod support;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use support::window::{RealWindow, has_display, program, window_of};
use support::{Running, Scratch, failed, free_udp_port, kernel_drops, promise, size, told, wait_for};

const PAYLOAD_BYTES: usize = 64;

/// Counts of datagrams.
struct Fate {
    sent: u64,
    recorded: u64,
    dropped: u64,
}

fn main() -> io::Result<()> {
    let rate = size("WIRELAB_BENCH_RATE", 100_000);
    let count = rate * size("WIRELAB_BENCH_SECONDS", 10);
    let folder = support::folder(count * 1024);
    println!("{count} datagrams of {PAYLOAD_BYTES} bytes, {rate} a second");
    tell("wirelab udp --record --json --quiet", &command_line(&folder, count, rate)?);
    if has_display() {
        tell("the window, in sight and following", &window(&folder, count, rate)?);
    }
    others(&folder, count, rate)
}

fn tell(who: &str, fate: &Fate) {
    let Fate { sent, recorded, dropped } = fate;
    let percent = *dropped as f64 / *sent as f64 * 100.0;
    let figure = format!("{sent} = {recorded} + {dropped} ({percent:.3} % lost)");
    promise(&format!("UDP: {who}"), &figure, "sent = recorded + dropped", recorded + dropped == *sent);
}

/// Sends `count` datagrams at a rate: those that are due, then a short pause.
fn pace(to: SocketAddr, count: u64, rate: u64) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(to)?;
    let payload = [b'x'; PAYLOAD_BYTES];
    let began = Instant::now();
    let mut sent = 0;
    while sent < count {
        let due = (began.elapsed().as_nanos() * u128::from(rate) / 1_000_000_000) as u64;
        while sent < due.min(count) {
            socket.send(&payload)?;
            sent += 1;
        }
        thread::sleep(Duration::from_micros(100));
    }
    println!("  sent in {:.2?}", began.elapsed());
    Ok(())
}

/// Waits until a number no longer grows, so until everything is read.
fn until_quiet(mut number: impl FnMut() -> io::Result<u64>) -> io::Result<()> {
    let mut last = (number()?, Instant::now());
    wait_for("quiet", || {
        let now = number()?;
        if now != last.0 {
            last = (now, Instant::now());
        }
        Ok((last.1.elapsed() > Duration::from_secs(1)).then_some(()))
    })
}

fn command_line(folder: &Path, count: u64, rate: u64) -> io::Result<Fate> {
    let file = Scratch(folder.join(format!("wirelab-udp-{}.pcapng", std::process::id())));
    let mut command = program(folder);
    command.args(["udp", "127.0.0.1:0", "--json", "--quiet", "--record"]).arg(&file.0);
    let mut child = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?);
    let mut stderr = BufReader::new(child.0.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?);
    let mut line = String::new();
    stderr.read_line(&mut line)?;
    let address = line.split_whitespace().last().and_then(|word| word.parse().ok());
    let address: SocketAddr = address.ok_or_else(|| failed(format!("wirelab said: {line}")))?;
    pace(address, count, rate)?;
    until_quiet(|| Ok(fs::metadata(&file.0)?.len()))?;
    let dropped = kernel_drops(address);
    child.end()?;
    let mut said = String::new();
    child.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?.read_to_string(&mut said)?;
    let summary: serde_json::Value =
        said.lines().last().map(serde_json::from_str).ok_or(io::ErrorKind::UnexpectedEof)??;
    let own =
        [&summary["received"]["records"], &summary["recorded"]["records"], &summary["dropped_by_kernel"]];
    let [Some(received), Some(recorded), Some(own_dropped)] = own.map(serde_json::Value::as_u64) else {
        return Err(failed(summary));
    };
    if received != recorded || own_dropped != dropped {
        return Err(failed(format!("{summary}, and the kernel says {dropped} were dropped")));
    }
    // The file is read as well as the summary.
    let in_file = support::data(&file.0)?.0;
    if in_file != recorded {
        return Err(failed(format!("{in_file} records in the file, {recorded} in the summary")));
    }
    Ok(Fate { sent: count, recorded, dropped: own_dropped })
}

/// The window's counts are on its screen only, so its recording and the kernel are read.
fn window(folder: &Path, count: u64, rate: u64) -> io::Result<Fate> {
    let port = free_udp_port()?;
    let window = RealWindow::open(folder, &["--udp".into(), format!("127.0.0.1:{port}")])?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait_for("the socket", || Ok(UdpSocket::bind(address).is_err().then_some(())))?;
    until_quiet(|| window.recorded_bytes())?;
    pace(address, count, rate)?;
    until_quiet(|| window.recorded_bytes())?;
    let dropped = kernel_drops(address);
    let recorded = window.data()?.0;
    window.close()?;
    Ok(Fate { sent: count, recorded, dropped })
}

/// Starts a program that receives on a port.
type Make<'a> = dyn Fn(u16) -> io::Result<Command> + 'a;

/// Programs that write what they receive into a file: how much of it is there.
fn others(folder: &Path, count: u64, rate: u64) -> io::Result<()> {
    let file = Scratch(folder.join(format!("wirelab-other-{}.bin", std::process::id())));
    let socat = |port: u16| {
        let mut command = Command::new("socat");
        command.args(["-u", &format!("UDP-RECV:{port},bind=127.0.0.1")]);
        command.arg(format!("OPEN:{},creat,trunc", file.0.display()));
        Ok(command)
    };
    let ncat = |port: u16| {
        let mut command = Command::new("ncat");
        command.args(["-u", "-l", "--recv-only", "127.0.0.1", &port.to_string()]);
        command.stdout(File::create(&file.0)?);
        Ok(command)
    };
    let programs: [(&str, &Make<'_>); 2] = [("socat", &socat), ("ncat", &ncat)];
    for (name, command) in programs {
        let port = free_udp_port()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut child = match command(port)?.stdin(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => Running(child),
            Err(error) => {
                told(&format!("UDP: {name}"), &format!("not measured: {error}"));
                continue;
            }
        };
        wait_for("the socket", || Ok(UdpSocket::bind(address).is_err().then_some(())))?;
        pace(address, count, rate)?;
        until_quiet(|| Ok(fs::metadata(&file.0)?.len()))?;
        let dropped = kernel_drops(address);
        child.end()?;
        let written = fs::metadata(&file.0)?.len() / PAYLOAD_BYTES as u64;
        let lost = count.saturating_sub(written);
        let percent = lost as f64 / count as f64 * 100.0;
        told(
            &format!("UDP: {name}"),
            &format!(
                "{written} written, {lost} lost ({percent:.3} %), {dropped} dropped by the kernel; it says nothing of them"
            ),
        );
    }
    if has_display() { packet_sender(folder, count, rate) } else { Ok(()) }
}

/// Packet Sender receives in its window only, on ports of its choice, and keeps a list; the kernel counts what did
/// not reach it.
fn packet_sender(folder: &Path, count: u64, rate: u64) -> io::Result<()> {
    let home = tempfile::tempdir_in(folder)?;
    let known: Vec<_> = udp_ports();
    let mut command = Command::new("packetsender");
    command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path().join("config"));
    command.env("XDG_RUNTIME_DIR", home.path()).env("QT_QPA_PLATFORM", "xcb");
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = match child {
        Ok(child) => Running(child),
        Err(error) => {
            told("UDP: Packet Sender", &format!("not measured: {error}"));
            return Ok(());
        }
    };
    window_of(&child)?;
    let port = wait_for("its socket", || Ok(udp_ports().into_iter().find(|port| !known.contains(port))))?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    pace(address, count, rate)?;
    let dropped = kernel_drops(address);
    let percent = dropped as f64 / count as f64 * 100.0;
    let memory = support::anonymous_mib(child.0.id());
    told(
        "UDP: Packet Sender's window",
        &format!(
            "{dropped} lost ({percent:.3} %) by the end of sending; it says nothing of them; RssAnon {memory:.0} MiB"
        ),
    );
    Ok(())
}

/// The ports of all UDP sockets, IPv4 and IPv6.
fn udp_ports() -> Vec<u16> {
    let tables =
        ["/proc/net/udp", "/proc/net/udp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let port = |line: &str| {
        let local = line.split_whitespace().nth(1)?;
        u16::from_str_radix(local.rsplit(':').next()?, 16).ok()
    };
    tables.iter().flat_map(|table| table.lines().skip(1).filter_map(port)).collect()
}
