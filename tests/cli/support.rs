//! The program as a process, with deadlines on everything that is waited for.

use crossbeam_channel::Receiver;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub const DEADLINE: Duration = Duration::from_secs(20);

/// A running program, ended when the test is over.
pub struct Program {
    child: Child,
    pub stdin: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    lines: Receiver<String>,
    stdout: Vec<u8>,
    stderr: Vec<String>,
}

/// What is left of a program that has ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<String>,
}

impl Ended {
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub fn text_lossy(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "standard error: {:#?}", self.stderr);
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) {
        assert!(self.stderr.iter().any(|line| line.contains(words)), "no {words:?} in {:#?}", self.stderr);
    }

    /// The JSON objects on standard output.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// The program under test. The settings and the display of whoever runs the tests are theirs.
    pub fn wirelab(arguments: &[impl AsRef<OsStr>]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(arguments);
        Self::start(command)
    }

    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let name = command.get_program().to_owned();
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{} is needed for this test and does not start: {error}. `make test` installs it",
                name.display()
            )
        });
        let mut stdout = child.stdout.take().unwrap();
        let (sender, output) = crossbeam_channel::bounded(1024);
        spawn("stdout", move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = crossbeam_channel::bounded(1024);
        spawn("stderr", move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, output, lines, stdout: Vec::new(), stderr: Vec::new() }
    }

    /// Writes all of it to standard input, and ends it.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut stdin = self.stdin.take().unwrap();
        let bytes = bytes.to_vec();
        // A pipe holds little; the program may answer before it has read everything.
        spawn("feed", move || {
            let _ = stdin.write_all(&bytes);
        });
    }

    /// Writes to standard input, which stays open.
    pub fn type_in(&mut self, text: &str) {
        self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The first line on standard error from now on that starts like this, without that start.
    #[track_caller]
    pub fn line(&mut self, start: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_deadline(deadline) {
                Ok(line) => {
                    self.stderr.push(line.clone());
                    if let Some(rest) = line.strip_prefix(start) {
                        return rest.into();
                    }
                }
                Err(_) => panic!("waited in vain for {start:?} after {:#?}", self.stderr),
            }
        }
    }

    #[track_caller]
    pub fn address(&mut self) -> SocketAddr {
        self.line("listening on ").parse().unwrap()
    }

    /// Waits until standard output contains this.
    #[track_caller]
    pub fn output(&mut self, part: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !self.stdout.windows(part.len()).any(|window| window == part.as_bytes()) {
            match self.output.recv_deadline(deadline) {
                Ok(bytes) => self.stdout.extend(bytes),
                Err(_) => {
                    panic!("waited in vain for {part:?} after {}", String::from_utf8_lossy(&self.stdout))
                }
            }
        }
    }

    /// Closes the pipe from standard output.
    pub fn close_output(&mut self) {
        let (_, closed) = crossbeam_channel::bounded(0);
        self.output = closed;
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.output.recv_deadline(deadline) {
                Ok(bytes) => self.stdout.extend(bytes),
                Err(error) if error.is_timeout() => panic!("it does not end; it said {:#?}", self.stderr),
                Err(_) => break,
            }
        }
        loop {
            match self.lines.recv_deadline(deadline) {
                Ok(line) => self.stderr.push(line),
                Err(error) if error.is_timeout() => panic!("it does not end; it said {:#?}", self.stderr),
                Err(_) => break,
            }
        }
        let code = self.child.wait().unwrap().code();
        Ended { code, stdout: std::mem::take(&mut self.stdout), stderr: std::mem::take(&mut self.stderr) }
    }
}

/// A program whose standard output is a pipe that nobody reads; what it says is read to its end.
#[cfg(target_os = "linux")]
pub struct Unread {
    pub child: Child,
    output: std::process::ChildStdout,
    pub stderr: BufReader<std::process::ChildStderr>,
}

#[cfg(target_os = "linux")]
impl Unread {
    pub fn start(command: &mut Command) -> Self {
        Self::of(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// A program that was started with pipes for its output.
    pub fn of(mut child: Child) -> Self {
        let output = child.stdout.take().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, output, stderr }
    }

    /// Waits until it has begun to print and its main thread is blocked, because nobody reads.
    #[track_caller]
    pub fn has_printed(&mut self) {
        self.output.read_exact(&mut [0]).unwrap();
        let deadline = Instant::now() + DEADLINE;
        while !is_blocked(self.child.id()) {
            assert!(Instant::now() < deadline, "its output does not fill the pipe");
            thread::yield_now();
        }
    }

    pub fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status().is_ok());
    }

    /// The rest of its output, read to its end.
    pub fn read_output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        self.output.read_to_end(&mut output).unwrap();
        output
    }

    /// Waits until the program has taken a signal: until it has started the thread that ends it after a while.
    #[track_caller]
    pub fn has_taken_signal(&self) {
        let deadline = Instant::now() + DEADLINE;
        while !has_thread(self.child.id(), "grace") {
            assert!(Instant::now() < deadline, "the signal is not taken");
            thread::yield_now();
        }
    }

    /// Waits for its end, to which nobody helps.
    pub fn end(self) -> (Option<i32>, String) {
        let Self { mut child, output: _unread, mut stderr } = self;
        let id = child.id();
        let (sender, ended) = crossbeam_channel::bounded(1);
        spawn("wait", move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).unwrap();
            let _ = sender.send((child.wait().unwrap().code(), said));
        });
        ended.recv_timeout(DEADLINE).unwrap_or_else(|_| {
            let _ = Command::new("sh").args(["-c", &format!("kill -KILL {id}")]).status();
            panic!("it does not end")
        })
    }
}

/// Whether the main thread of a process sleeps (proc(5), state S).
#[cfg(target_os = "linux")]
fn is_blocked(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// Whether a process has a thread of this name.
#[cfg(target_os = "linux")]
pub fn has_thread(process: u32, name: &str) -> bool {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return false };
    tasks.flatten().any(|task| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    })
}

/// Runs the program without anything on standard input.
#[track_caller]
pub fn run(arguments: &[impl AsRef<OsStr>]) -> Ended {
    let mut program = Program::wirelab(arguments);
    program.stdin = None;
    program.end()
}

pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(name.into()).spawn(work).unwrap();
}

pub fn connect(address: SocketAddr) -> TcpStream {
    with_deadlines(TcpStream::connect_timeout(&address, DEADLINE).unwrap())
}

pub fn with_deadlines(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// A listener on loopback, and its address as an argument.
pub fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

pub fn accept(listener: &TcpListener) -> TcpStream {
    let (sender, accepted) = crossbeam_channel::bounded(1);
    let listener = listener.try_clone().unwrap();
    spawn("accept", move || {
        let _ = sender.send(listener.accept());
    });
    with_deadlines(accepted.recv_timeout(DEADLINE).expect("nobody connects").unwrap().0)
}

pub fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

pub fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

pub fn udp() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket
}

pub fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 1 << 16];
    let (count, peer) = socket.recv_from(&mut buffer).unwrap();
    buffer.truncate(count);
    (buffer, peer)
}

/// All byte values, many times, in an order that does not repeat with a power of two.
pub fn all_bytes(length: usize) -> Vec<u8> {
    (0u32..).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).take(length).collect()
}
