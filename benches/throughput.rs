//! Receiving and recording, alternating with `socat -u TCP-LISTEN:… OPEN:file`, `ncat` and a bare loop that reads and
//! writes 256 KiB, and the same sender. Prints the medians and their ratio, the time of a loop that only reads, and
//! Wirelab's peak memory.
//!
//! `WIRELAB_BENCH_MIB`: amount sent (8192). `WIRELAB_BENCH_ROUNDS`: rounds (5). `WIRELAB_BENCH_DIR`: folder of the
//! files; /dev/shm if it has room, so that no disk is measured.

#[cfg(target_os = "linux")]
mod support;

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    linux::run()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("This comparison needs socat and /proc, and runs on Linux only.");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::support::{self, Running, anonymous_mib, at_most, median, promise, rounds, send, size, told};
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    use std::fs;
    use std::io::{self, BufRead, BufReader, Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Seconds per transfer.
    #[derive(Clone, Copy)]
    struct Took {
        wall: f64,
        user: f64,
        system: f64,
    }

    pub fn run() -> io::Result<()> {
        let bytes = size("WIRELAB_BENCH_MIB", 8192) << 20;
        let rounds = rounds(5);
        let folder = support::folder(bytes);
        println!("{} MiB over loopback, {rounds} rounds, files in {}", bytes >> 20, folder.display());
        println!("{:<28}{:>9}{:>9}{:>9}", "", "wall s", "user s", "sys s");
        let mut taken: [Vec<Took>; 6] = Default::default();
        let mut most_mib = 0.0_f64;
        for round in 0..rounds {
            // The order rotates.
            for index in 0..taken.len() as u64 {
                let which = ((index + round) % taken.len() as u64) as usize;
                let took = match which {
                    0 => bare_loop(bytes, None)?,
                    1 => socat(&folder, bytes)?,
                    2 => {
                        let (took, mib) = wirelab(&["--quiet", "--record"], &folder, bytes)?;
                        most_mib = most_mib.max(mib);
                        took
                    }
                    3 => wirelab(&["--view", "raw"], &folder, bytes)?.0,
                    4 => ncat(&folder, bytes)?,
                    _ => bare_loop(bytes, Some(&folder))?,
                };
                print_row(NAMES[which], took);
                taken[which].push(took);
            }
        }
        println!("medians");
        let medians = taken.map(|all| median_of(&all));
        for (name, took) in NAMES.iter().zip(medians) {
            print_row(name, took);
        }
        let ratio = |index: usize| medians[index].wall / medians[1].wall;
        let gib = bytes as f64 / f64::from(1 << 30);
        told(&format!("{gib} GiB: read and discarded / socat"), &format!("{:.2} times", ratio(0)));
        at_most(&format!("{gib} GiB: wirelab --record / socat"), ratio(2), 1.0, " times");
        told(&format!("{gib} GiB: wirelab --view raw / socat"), &format!("{:.2} times", ratio(3)));
        told(&format!("{gib} GiB: ncat / socat"), &format!("{:.2} times", ratio(4)));
        let to_loop = medians[2].wall / medians[5].wall;
        at_most(&format!("{gib} GiB: wirelab --record / a loop of read and write"), to_loop, 1.2, " times");
        let megabytes = most_mib * 1.048_576;
        let what = "most RssAnon of wirelab --record";
        promise(what, &format!("{megabytes:.1} MB"), "below 64 MB", megabytes < 64.0);
        Ok(())
    }

    const NAMES: [&str; 6] = [
        "read and discard",
        "socat OPEN:file",
        "wirelab --record file",
        "wirelab --view raw >file",
        "ncat >file",
        "read and write 256 KiB",
    ];

    /// A loop in a thread of this process that reads up to 256 KiB, and writes them into a file in `folder`, or discards
    /// them: the lower bounds.
    fn bare_loop(bytes: u64, folder: Option<&Path>) -> io::Result<Took> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let path = folder.map(|folder| folder.join("loop.bin"));
        let mut file = path.as_ref().map(fs::File::create).transpose()?;
        let reader = thread::Builder::new().name("loop".into()).spawn(move || -> io::Result<u64> {
            let (mut stream, _) = listener.accept()?;
            let mut buffer = vec![0; 256 << 10];
            let mut total = 0;
            loop {
                let count = stream.read(&mut buffer)?;
                if count == 0 {
                    return Ok(total);
                }
                if let Some(file) = &mut file {
                    file.write_all(&buffer[..count])?;
                }
                total += count as u64;
            }
        })?;
        let started = Instant::now();
        send(&mut TcpStream::connect(address)?, bytes)?;
        let total = reader.join().map_err(|_| io::Error::other("the reader failed"))??;
        let wall = started.elapsed().as_secs_f64();
        if let Some(path) = path {
            fs::remove_file(path)?;
        }
        if total != bytes {
            return Err(io::Error::other(format!("{total} bytes arrived instead of {bytes}")));
        }
        Ok(Took { wall, user: f64::NAN, system: f64::NAN })
    }

    fn socat(folder: &Path, bytes: u64) -> io::Result<Took> {
        let file = folder.join("socat.bin");
        let (child, stream) = support::socat(&file)?;
        measure(child, stream, bytes, &file).map(|(took, _)| took)
    }

    fn ncat(folder: &Path, bytes: u64) -> io::Result<Took> {
        let file = folder.join("ncat.bin");
        let port = support::free_port()?;
        let child = Command::new("ncat")
            .args(["--listen", "--recv-only", "127.0.0.1", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(fs::File::create(&file)?)
            .spawn()
            .map_err(|error| io::Error::other(format!("ncat is needed for comparison: {error}")))?;
        let child = Running(child);
        // It accepts one connection only.
        measure(child, support::connect(port)?, bytes, &file).map(|(took, _)| took)
    }

    fn wirelab(options: &[&str], folder: &Path, bytes: u64) -> io::Result<(Took, f64)> {
        let is_recorded = options.contains(&"--record");
        let file = folder.join(if is_recorded { "wirelab.pcapng" } else { "wirelab.bin" });
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command
            .args(["listen", "127.0.0.1:0", "--once"])
            .args(options)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        if is_recorded {
            command.arg(&file);
        } else {
            command.stdout(fs::File::create(&file)?);
        }
        let mut child = Running(command.spawn()?);
        let mut stderr = BufReader::new(child.0.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut line = String::new();
        stderr.read_line(&mut line)?;
        let address =
            line.trim().strip_prefix("listening on ").and_then(|address| address.parse::<SocketAddr>().ok());
        let address = address.ok_or_else(|| io::Error::other(format!("wirelab said: {line}")))?;
        measure(child, TcpStream::connect(address)?, bytes, &file)
    }

    /// Sends everything, waits for the end of the child, and checks its file. Also returns the peak of the child's
    /// anonymous memory in MiB, as sampled.
    fn measure(
        mut child: Running,
        mut stream: TcpStream,
        bytes: u64,
        file: &Path,
    ) -> io::Result<(Took, f64)> {
        let before = usage();
        let process = child.0.id();
        let is_done = AtomicBool::new(false);
        let started = Instant::now();
        let (wall, mib, status) = thread::scope(|scope| -> io::Result<_> {
            let sampler = thread::Builder::new().name("memory".into()).spawn_scoped(scope, || {
                let mut most = 0.0_f64;
                while !is_done.load(Ordering::Acquire) {
                    most = most.max(anonymous_mib(process));
                    thread::park_timeout(Duration::from_millis(20));
                }
                most
            })?;
            let sent = send(&mut stream, bytes);
            let status = child.0.wait();
            let wall = started.elapsed().as_secs_f64();
            is_done.store(true, Ordering::Release);
            sampler.thread().unpark();
            let mib = sampler.join().unwrap_or(f64::NAN);
            sent?;
            Ok((wall, mib, status?))
        })?;
        let after = usage();
        let is_recording = file.extension().is_some_and(|extension| extension == "pcapng");
        let written = if is_recording { support::data(file)?.1 } else { fs::metadata(file)?.len() };
        fs::remove_file(file)?;
        if !status.success() || written != bytes {
            return Err(io::Error::other(format!("{status}, {written} bytes written of {bytes}")));
        }
        Ok((Took { wall, user: after.0 - before.0, system: after.1 - before.1 }, mib))
    }

    /// User and system time of all children that have ended, in seconds.
    fn usage() -> (f64, f64) {
        let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
        getrusage(UsageWho::RUSAGE_CHILDREN)
            .map_or((f64::NAN, f64::NAN), |usage| (seconds(usage.user_time()), seconds(usage.system_time())))
    }

    fn median_of(all: &[Took]) -> Took {
        let of = |part: fn(&Took) -> f64| median(all.iter().map(part).collect());
        Took { wall: of(|took| took.wall), user: of(|took| took.user), system: of(|took| took.system) }
    }

    fn print_row(name: &str, took: Took) {
        println!("{name:<28}{:>9.2}{:>9.2}{:>9.2}", took.wall, took.user, took.system);
    }
}
