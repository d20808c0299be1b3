//! Sending a file, alternating with `socat -u -b 262144 FILE TCP:…` to the same receiver: `wirelab connect --send-file`
//! without a recording. The file is sparse, so that neither the disk nor the memory holds it. Prints the medians, their
//! ratio, and Wirelab's peak memory.
//!
//! `WIRELAB_BENCH_MIB`: size of the file (4096). `WIRELAB_BENCH_ROUNDS`: rounds (5).

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
    use super::support::{anonymous_mib, median, promise, rounds, size};
    use std::fs::File;
    use std::io::{self, Read};
    use std::net::TcpListener;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::Instant;

    pub fn run() -> io::Result<()> {
        let bytes = size("WIRELAB_BENCH_MIB", 4096) << 20;
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("sparse.bin");
        File::create(&path)?.set_len(bytes)?;
        // The first reader would wait for the system to make its empty pages.
        io::copy(&mut File::open(&path)?, &mut io::sink())?;
        let rounds = rounds(5);
        println!("a sparse file of {} MiB over loopback, {rounds} rounds", bytes >> 20);
        let mut taken: [Vec<f64>; 2] = Default::default();
        let mut most_mib = 0.0_f64;
        for round in 0..rounds {
            for index in 0..2 {
                // The order rotates.
                let which = ((index + round) % 2) as usize;
                let (seconds, mib) = send(which == 1, &path, bytes)?;
                println!("  {:<30}{seconds:>8.2} s", ["socat -u -b 262144", "wirelab --send-file"][which]);
                taken[which].push(seconds);
                most_mib = most_mib.max(mib);
            }
        }
        let [socat, wirelab] = taken.map(median);
        let ratio = socat / wirelab;
        let what = format!("{} MiB sent from a file: speed / socat", bytes >> 20);
        promise(&what, &format!("{ratio:.2} times"), "at least 0.9 times", ratio >= 0.9);
        let what = "most RssAnon of wirelab --send-file";
        promise(what, &format!("{most_mib:.1} MiB"), "below 32 MiB", most_mib < 32.0);
        Ok(())
    }

    /// Seconds until the receiver has everything, and the most anonymous memory of Wirelab meanwhile.
    fn send(is_wirelab: bool, path: &Path, bytes: u64) -> io::Result<(f64, f64)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let mut command = if is_wirelab {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
            command.args(["connect", &address.to_string(), "--quiet", "--send-file"]).arg(path);
            command
        } else {
            let mut command = Command::new("socat");
            command.args(["-u", "-b", "262144"]).arg(path).arg(format!("TCP:{address}"));
            command
        };
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let (mut stream, _) = listener.accept()?;
        let began = Instant::now();
        let mut buffer = vec![0; 256 << 10];
        let (mut total, mut next_look, mut most_mib) = (0, 0, 0.0_f64);
        loop {
            match stream.read(&mut buffer)? {
                0 => break,
                count => total += count as u64,
            }
            if is_wirelab && total >= next_look {
                most_mib = most_mib.max(anonymous_mib(child.id()));
                next_look += 256 << 20;
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        drop(stream);
        if total != bytes || !child.wait()?.success() {
            return Err(io::Error::other(format!("{total} of {bytes} bytes arrived")));
        }
        Ok((seconds, most_mib))
    }
}
