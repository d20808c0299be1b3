//! Receiving and recording against `socat -u TCP-LISTEN:… OPEN:file`: the same sender, in turns, in
//! one run. Prints the medians and their ratio, the time of a loop that only reads, and how much
//! memory Wirelab used at most.
//!
//! `WIRELAB_BENCH_MIB` is how much is sent (8192), `WIRELAB_BENCH_ROUNDS` how often (5), and
//! `WIRELAB_BENCH_DIR` where the files go. That is /dev/shm if it has room, because a disk would be
//! measured otherwise.

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
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    use std::fs;
    use std::io::{self, BufRead, BufReader, Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    /// What one transfer took, in seconds.
    #[derive(Clone, Copy)]
    struct Took {
        wall: f64,
        user: f64,
        system: f64,
    }

    /// Ends a child that a failure left running.
    struct Running(Child);

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    pub fn run() -> io::Result<()> {
        let bytes = number("WIRELAB_BENCH_MIB", 8192) << 20;
        let rounds = number("WIRELAB_BENCH_ROUNDS", 5).max(1);
        let folder = folder(bytes);
        println!("{} MiB over loopback, {rounds} rounds, files in {}", bytes >> 20, folder.display());
        println!("{:<28}{:>9}{:>9}{:>9}", "", "wall s", "user s", "sys s");
        let mut taken: [Vec<Took>; 4] = Default::default();
        let mut anonymous_kib = 0;
        for round in 0..rounds {
            // Each goes first in turn.
            for index in 0..taken.len() as u64 {
                let which = ((index + round) % taken.len() as u64) as usize;
                let took = match which {
                    0 => discard(bytes)?,
                    1 => socat(&folder, bytes)?,
                    2 => {
                        let (took, kib) = wirelab(&["--quiet", "--record"], &folder, bytes)?;
                        anonymous_kib = anonymous_kib.max(kib);
                        took
                    }
                    _ => wirelab(&["--view", "raw"], &folder, bytes)?.0,
                };
                print_row(NAMES[which], took);
                taken[which].push(took);
            }
        }
        println!("medians");
        let medians = taken.map(|all| median(&all));
        for (name, took) in NAMES.iter().zip(medians) {
            print_row(name, took);
        }
        let ratio = |index: usize| medians[index].wall / medians[1].wall;
        println!("discard / socat              {:.2}", ratio(0));
        println!("wirelab --record / socat     {:.2}  (at most 1.00)", ratio(2));
        println!("wirelab --view raw / socat   {:.2}", ratio(3));
        println!("peak RssAnon with --record   {:.1} MB  (below 64)", anonymous_kib as f64 / 1024.0);
        Ok(())
    }

    const NAMES: [&str; 4] =
        ["read and discard", "socat OPEN:file", "wirelab --record file", "wirelab --view raw >file"];

    /// The least that receiving costs: a read loop, in a thread of this process.
    fn discard(bytes: u64) -> io::Result<Took> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let reader = thread::Builder::new().name("discard".into()).spawn(move || -> io::Result<u64> {
            let (mut stream, _) = listener.accept()?;
            let mut buffer = vec![0; 64 << 10];
            let mut total = 0;
            loop {
                match stream.read(&mut buffer)? {
                    0 => return Ok(total),
                    count => total += count as u64,
                }
            }
        })?;
        let started = Instant::now();
        send(TcpStream::connect(address)?, bytes)?;
        let total = reader.join().map_err(|_| io::Error::other("the reader failed"))??;
        if total != bytes {
            return Err(io::Error::other(format!("{total} bytes arrived instead of {bytes}")));
        }
        Ok(Took { wall: started.elapsed().as_secs_f64(), user: f64::NAN, system: f64::NAN })
    }

    fn socat(folder: &Path, bytes: u64) -> io::Result<Took> {
        let file = folder.join("socat.bin");
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new("socat")
            .args(["-u", &format!("TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr")])
            .arg(format!("OPEN:{},creat,trunc", file.display()))
            .spawn()
            .map_err(|error| io::Error::other(format!("socat is needed for comparison: {error}")))?;
        // Its first connection is its only one, so that this one cannot only look.
        let deadline = Instant::now() + Duration::from_secs(10);
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        };
        measure(Running(child), stream, bytes, &file).map(|(took, _)| took)
    }

    fn wirelab(options: &[&str], folder: &Path, bytes: u64) -> io::Result<(Took, u64)> {
        let file = folder.join("wirelab.pcapng");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command
            .args(["listen", "127.0.0.1:0", "--once"])
            .args(options)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        if options.contains(&"--record") {
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

    /// Sends everything, waits for the child's end, and looks at its file. Also gives the most
    /// anonymous memory that the child was seen to use, in KiB.
    fn measure(mut child: Running, stream: TcpStream, bytes: u64, file: &Path) -> io::Result<(Took, u64)> {
        let before = usage();
        let status_file = format!("/proc/{}/status", child.0.id());
        let is_done = AtomicBool::new(false);
        let started = Instant::now();
        let (wall, kib, status) = thread::scope(|scope| -> io::Result<_> {
            let sampler = thread::Builder::new().name("memory".into()).spawn_scoped(scope, || {
                let mut most = 0;
                while !is_done.load(Ordering::Acquire) {
                    most = most.max(anonymous_kib(&status_file));
                    thread::park_timeout(Duration::from_millis(20));
                }
                most
            })?;
            let sent = send(stream, bytes);
            let status = child.0.wait();
            let wall = started.elapsed().as_secs_f64();
            is_done.store(true, Ordering::Release);
            sampler.thread().unpark();
            let kib = sampler.join().unwrap_or(0);
            sent?;
            Ok((wall, kib, status?))
        })?;
        let after = usage();
        let written = fs::metadata(file)?.len();
        fs::remove_file(file)?;
        if !status.success() || written < bytes {
            return Err(io::Error::other(format!("{status}, {written} bytes written of {bytes}")));
        }
        Ok((Took { wall, user: after.0 - before.0, system: after.1 - before.1 }, kib))
    }

    fn send(mut stream: TcpStream, bytes: u64) -> io::Result<()> {
        let block = vec![0x5A; 1 << 20];
        let mut left = bytes;
        while left > 0 {
            let count = left.min(block.len() as u64) as usize;
            stream.write_all(&block[..count])?;
            left -= count as u64;
        }
        stream.shutdown(std::net::Shutdown::Write)?;
        // The other side closes as well once it has everything.
        stream.read(&mut [0]).map(drop).or(Ok(()))
    }

    /// Seconds in user and system mode of all children that have ended.
    fn usage() -> (f64, f64) {
        let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
        getrusage(UsageWho::RUSAGE_CHILDREN)
            .map_or((f64::NAN, f64::NAN), |usage| (seconds(usage.user_time()), seconds(usage.system_time())))
    }

    fn anonymous_kib(status_file: &str) -> u64 {
        let text = fs::read_to_string(status_file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }

    fn folder(bytes: u64) -> PathBuf {
        if let Some(folder) = std::env::var_os("WIRELAB_BENCH_DIR") {
            return folder.into();
        }
        let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
        let kib: u64 = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
        let shared = Path::new("/dev/shm");
        let has_room = kib << 10 > bytes + bytes / 8 + (1 << 30);
        if has_room && shared.is_dir() { shared.into() } else { std::env::temp_dir() }
    }

    fn number(name: &str, otherwise: u64) -> u64 {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }

    fn median(all: &[Took]) -> Took {
        let of = |part: fn(&Took) -> f64| {
            let mut values: Vec<f64> = all.iter().map(part).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Took { wall: of(|took| took.wall), user: of(|took| took.user), system: of(|took| took.system) }
    }

    fn print_row(name: &str, took: Took) {
        println!("{name:<28}{:>9.2}{:>9.2}{:>9.2}", took.wall, took.user, took.system);
    }
}
