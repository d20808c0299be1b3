//! Shared by the benchmarks: sizes from the environment, medians, the table of results, the kernel's figures for
//! a process, and transfers over loopback. Measures nothing itself.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

#[cfg(feature = "gui")]
pub mod headless;
pub mod session;
#[cfg(feature = "gui")]
pub mod window;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use wirelab::capture::{Cursor, open};
use wirelab::model::RecordKind;

/// Longer than any step of a benchmark takes, also on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// A size from the environment variable `name`, or the one that the bar is stated for.
pub fn size(name: &str, promised: u64) -> u64 {
    let given = std::env::var(name).ok().and_then(|text| text.parse().ok());
    given.unwrap_or(promised)
}

/// The number of measurements of each figure, at least 1.
pub fn rounds(usual: u64) -> u64 {
    size("WIRELAB_BENCH_ROUNDS", usual).max(1)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A row of the table: the figure, its bar, and whether it holds. Printed, and appended to the file that
/// `WIRELAB_BENCH_TABLE` names.
pub fn promise(what: &str, figure: &str, bar: &str, holds: bool) {
    line(what, figure, bar, if holds { "holds" } else { "MISSED" });
}

/// A row for a figure that may be at most `bar`.
pub fn at_most(what: &str, figure: f64, bar: f64, unit: &str) {
    promise(what, &format!("{figure:.2}{unit}"), &format!("at most {bar}{unit}"), figure <= bar);
}

/// A row for a figure without a bar.
pub fn told(what: &str, figure: &str) {
    line(what, figure, "", "");
}

fn line(what: &str, figure: &str, bar: &str, verdict: &str) {
    let text = format!("| {what} | {figure} | {bar} | {verdict} |");
    println!("{text}");
    let Some(path) = std::env::var_os("WIRELAB_BENCH_TABLE") else { return };
    let file = OpenOptions::new().create(true).append(true).open(path);
    // The printed row counts; a file that cannot be written is no error.
    if let Ok(mut file) = file {
        let _ = writeln!(file, "{text}");
    }
}

/// An error with a debug representation as its text.
pub fn failed(what: impl std::fmt::Debug) -> io::Error {
    io::Error::other(format!("{what:?}"))
}

/// The folder for files of `bytes` in total: the one that `WIRELAB_BENCH_DIR` names, else /dev/shm if it has room,
/// so that no disk is measured.
pub fn folder(bytes: u64) -> PathBuf {
    if let Some(folder) = std::env::var_os("WIRELAB_BENCH_DIR") {
        return folder.into();
    }
    let kib = kib_of("/proc/meminfo", "MemAvailable:");
    let shared = Path::new("/dev/shm");
    let has_room = kib << 10 > bytes + bytes / 8 + (2 << 30);
    if has_room && shared.is_dir() { shared.into() } else { std::env::temp_dir() }
}

/// A file that is deleted when this is dropped.
pub struct Scratch(pub PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The anonymous resident memory of a process in MiB, so without mapped files.
pub fn anonymous_mib(process: u32) -> f64 {
    kib_of(&format!("/proc/{process}/status"), "RssAnon:") as f64 / 1024.0
}

fn kib_of(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The processor time of all threads of a process, in ticks (usually 10 ms).
pub fn ticks(process: u32) -> io::Result<u64> {
    Ok(stat(Path::new(&format!("/proc/{process}")))?.1)
}

/// The name of each thread of a process and the processor time that it has used, by its id.
pub fn thread_ticks(process: u32) -> io::Result<BTreeMap<String, (String, u64)>> {
    /// "No such process": how Linux refuses to read of a thread that has ended since its file was opened.
    const ESRCH: i32 = 3;
    let mut found = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let thread = thread?;
        match stat(&thread.path()) {
            Ok(stat) => {
                found.insert(thread.file_name().display().to_string(), stat);
            }
            // It has ended since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The name and the ticks of a process or a thread.
fn stat(folder: &Path) -> io::Result<(String, u64)> {
    let text = fs::read_to_string(folder.join("stat"))?;
    let name = text.split(['(', ')']).nth(1).unwrap_or_default().to_owned();
    // The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
    let fields: Vec<_> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    let ticks = number(11).zip(number(12)).map(|(user, system)| user + system);
    Ok((name, ticks.ok_or_else(|| failed(fields))?))
}

/// Datagrams that the kernel dropped at a UDP socket, by its own count.
pub fn kernel_drops(address: SocketAddr) -> u64 {
    let text = fs::read_to_string("/proc/net/udp").unwrap_or_default();
    let port = format!(":{:04X}", address.port());
    let of_socket = text.lines().skip(1).filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields.get(1)?.ends_with(&port).then(|| fields.last()?.parse::<u64>().ok()).flatten()
    });
    of_socket.sum()
}

/// A child process that is killed when this is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Sends SIGTERM and waits for the end.
    pub fn end(&mut self) -> io::Result<()> {
        Command::new("kill").arg(self.0.id().to_string()).status()?;
        wait_for("the end of a program", || Ok(self.0.try_wait()?.map(drop)))
    }
}

/// Calls `look` every 2 ms until it returns something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("timed out waiting for {what}")));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A free TCP port of loopback.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A free UDP port of loopback.
pub fn free_udp_port() -> io::Result<u16> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Connects to a port of loopback as soon as something listens there.
pub fn connect(port: u16) -> io::Result<TcpStream> {
    wait_for("a listener", || Ok(TcpStream::connect(("127.0.0.1", port)).ok()))
}

/// `socat` writing what it receives into a file, and a connection to it.
pub fn socat(file: &Path) -> io::Result<(Running, TcpStream)> {
    let port = free_port()?;
    let child = Command::new("socat")
        .args(["-u", &format!("TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr")])
        .arg(format!("OPEN:{},creat,trunc", file.display()))
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::other(format!("socat is needed for comparison: {error}")))?;
    let child = Running(child);
    // socat accepts one connection only, so the one that probes the port is the one that is used.
    Ok((child, connect(port)?))
}

/// Sends `bytes` bytes, and returns when the peer has read them and closed.
pub fn send(stream: &mut TcpStream, bytes: u64) -> io::Result<()> {
    send_open(stream, bytes)?;
    stream.shutdown(Shutdown::Write)?;
    stream.read(&mut [0]).map(drop).or(Ok(()))
}

/// Sends `bytes` bytes and leaves the connection open.
pub fn send_open(stream: &mut TcpStream, bytes: u64) -> io::Result<()> {
    let block = vec![0x5A; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(block.len() as u64) as usize;
        stream.write_all(&block[..count])?;
        left -= count as u64;
    }
    Ok(())
}

/// The duration of `work` in seconds.
pub fn timed(work: impl FnOnce() -> io::Result<()>) -> io::Result<f64> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed().as_secs_f64())
}

/// The number of data records in a recording, and their bytes.
pub fn data(file: &Path) -> io::Result<(u64, u64)> {
    let mut opened = open(file).map_err(failed)?;
    opened.indexing.wait();
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let (mut records, mut bytes) = (0, 0);
    let mut at = cursor.snapshot().start();
    while let Some(position) = cursor.next(at).map_err(failed)? {
        let entry = cursor.read(position).map_err(failed)?;
        let entry = entry.ok_or_else(|| failed("a record that is not there"))?;
        if entry.record.kind == RecordKind::Data {
            records += 1;
            bytes += entry.record.payload.len() as u64;
        }
        at = entry.end;
    }
    Ok((records, bytes))
}
