//! Runs the program as a process. Every wait has a deadline.

use crossbeam_channel::Receiver;
#[cfg(target_os = "linux")]
pub use nix::sys::signal::Signal;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any step of a test takes, also on a busy machine and in wine.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A running program, killed when dropped.
pub struct Program {
    child: Child,
    pub stdin: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    lines: Receiver<String>,
    stdout: Vec<u8>,
    stderr: Vec<String>,
}

/// The exit code and the output of a program that has ended.
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
        assert!(
            self.stderr.iter().any(|line| line.contains(words)),
            "{words:?} is not in {:#?}",
            self.stderr
        );
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

/// Wine now and then fails to start one of several programs at once, before its first instruction: its server
/// then says that the new process has ended already.
#[cfg(windows)]
fn spawn_program(command: &mut Command) -> std::io::Result<Child> {
    use windows_sys::Win32::Foundation::ERROR_INTERNAL_ERROR;
    let deadline = Instant::now() + DEADLINE;
    loop {
        match command.spawn() {
            Err(error)
                if error.raw_os_error() == Some(ERROR_INTERNAL_ERROR as i32) && Instant::now() < deadline =>
            {
                thread::park_timeout(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

#[cfg(not(windows))]
fn spawn_program(command: &mut Command) -> std::io::Result<Child> {
    command.spawn()
}

impl Program {
    /// Starts the program under test, in the environment of the tests.
    pub fn wirelab(arguments: &[impl AsRef<OsStr>]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(arguments);
        Self::start(command)
    }

    pub fn start(command: Command) -> Self {
        Self::reading(command, Stdio::piped())
    }

    /// Starts a program with this standard input.
    pub fn reading(mut command: Command, stdin: Stdio) -> Self {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let name = command.get_program().to_owned();
        let mut child = spawn_program(&mut command).unwrap_or_else(|error| {
            panic!(
                "{} is needed by this test and does not start: {error}. `make test` installs it",
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

    /// Writes to standard input and closes it, on a thread of its own: a pipe holds little, and the program may
    /// print before it has read everything.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut stdin = self.stdin.take().unwrap();
        let bytes = bytes.to_vec();
        spawn("feed", move || {
            let _ = stdin.write_all(&bytes);
        });
    }

    /// Writes to standard input, which stays open.
    pub fn type_in(&mut self, text: &str) {
        self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Waits for a line on standard error that starts with `start`, and returns the rest of the line.
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
                Err(_) => panic!("timed out waiting for {start:?} after {:#?}", self.stderr),
            }
        }
    }

    /// Waits for the address that the program listens on or is bound to.
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
                    panic!("timed out waiting for {part:?} after {}", String::from_utf8_lossy(&self.stdout))
                }
            }
        }
    }

    /// Closes the read end of the pipe of standard output, once the next piece arrives.
    pub fn close_output(&mut self) {
        let (_, closed) = crossbeam_channel::bounded(0);
        self.output = closed;
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program has ended.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.output.recv_deadline(deadline) {
                Ok(bytes) => self.stdout.extend(bytes),
                Err(error) if error.is_timeout() => {
                    panic!("the program does not end; standard error: {:#?}", self.stderr)
                }
                Err(_) => break,
            }
        }
        loop {
            match self.lines.recv_deadline(deadline) {
                Ok(line) => self.stderr.push(line),
                Err(error) if error.is_timeout() => {
                    panic!("the program does not end; standard error: {:#?}", self.stderr)
                }
                Err(_) => break,
            }
        }
        let code = self.child.wait().unwrap().code();
        Ended { code, stdout: std::mem::take(&mut self.stdout), stderr: std::mem::take(&mut self.stderr) }
    }
}

/// A program whose standard output is a pipe that is not read.
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

    /// A program that was started with pipes as standard output and standard error.
    pub fn of(mut child: Child) -> Self {
        let output = child.stdout.take().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, output, stderr }
    }

    /// Waits until the program has begun to print and its main thread sleeps, because the pipe is full.
    #[track_caller]
    pub fn has_printed(&mut self) {
        self.output.read_exact(&mut [0]).unwrap();
        let deadline = Instant::now() + DEADLINE;
        while !is_blocked(self.child.id()) {
            assert!(Instant::now() < deadline, "the output does not fill the pipe");
            thread::yield_now();
        }
    }

    /// Waits for the line "listening on", which must be the first one, and returns its address.
    #[track_caller]
    pub fn address(&mut self) -> SocketAddr {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ");
        address.unwrap_or_else(|| panic!("{line:?} instead of an address")).parse().unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        send_signal(self.child.id(), signal);
    }

    /// Reads the rest of standard output.
    pub fn read_output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        self.output.read_to_end(&mut output).unwrap();
        output
    }

    /// Waits until the program has its handler of signals, which has a thread.
    #[track_caller]
    pub fn handles_signals(&self) {
        let deadline = Instant::now() + DEADLINE;
        while !has_thread(self.child.id(), "ctrl-c") {
            assert!(Instant::now() < deadline, "signals are not handled");
            thread::yield_now();
        }
    }

    /// Waits until the program has handled a signal: it then starts the thread that ends it after a grace period.
    #[track_caller]
    pub fn has_taken_signal(&self) {
        let deadline = Instant::now() + DEADLINE;
        while !has_thread(self.child.id(), "grace") {
            assert!(Instant::now() < deadline, "the signal is not handled");
            thread::yield_now();
        }
    }

    /// Waits until the program has ended, with its output still unread; returns the exit code and standard error.
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
            send_signal(id, Signal::SIGKILL);
            panic!("the program does not end")
        })
    }
}

/// Sends a signal to a child process that was not waited for.
#[cfg(target_os = "linux")]
pub fn send_signal(process: u32, signal: Signal) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(process.cast_signed()), signal).unwrap();
}

/// Stops a child process, and waits until its threads have stopped or it has ended.
#[cfg(target_os = "linux")]
#[track_caller]
pub fn stop(process: u32) {
    send_signal(process, Signal::SIGSTOP);
    let deadline = Instant::now() + DEADLINE;
    let threads = format!("/proc/{process}/task");
    // A thread that cannot be read of has ended meanwhile.
    let runs = |thread: std::io::Result<std::fs::DirEntry>| {
        thread
            .is_ok_and(|thread| state(&thread.path()).is_some_and(|state| !matches!(state, 'T' | 'Z' | 'X')))
    };
    while std::fs::read_dir(&threads).unwrap().any(runs) {
        assert!(Instant::now() < deadline, "process {process} does not stop");
        thread::yield_now();
    }
}

/// Waits until a folder has an entry.
#[cfg(target_os = "linux")]
#[track_caller]
pub fn wait_for_entry(folder: &Path) {
    let deadline = Instant::now() + DEADLINE;
    while entries(folder).is_empty() {
        assert!(Instant::now() < deadline, "nothing is written to {}", folder.display());
        thread::yield_now();
    }
}

/// Whether the main thread of a process sleeps.
#[cfg(target_os = "linux")]
fn is_blocked(process: u32) -> bool {
    state(Path::new(&format!("/proc/{process}"))) == Some('S')
}

/// The state of a process or a thread by its folder in /proc: S sleeps, T is stopped, Z has ended, see proc(5). `None`:
/// it is gone.
#[cfg(target_os = "linux")]
fn state(folder: &Path) -> Option<char> {
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Whether a process has a thread of this name.
#[cfg(target_os = "linux")]
pub fn has_thread(process: u32, name: &str) -> bool {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return false };
    tasks.flatten().any(|task| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    })
}

/// The names of the entries of a folder, sorted.
pub fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Runs the program with an empty standard input until it ends.
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

/// A listener on loopback, and its address.
pub fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// A loopback address that refuses connections. The socket is bound and does not listen; it keeps the port from
/// other tests until it is dropped.
pub fn refusing() -> (socket2::Socket, String) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address.to_string())
}

pub fn accept(listener: &TcpListener) -> TcpStream {
    let (sender, accepted) = crossbeam_channel::bounded(1);
    let listener = listener.try_clone().unwrap();
    spawn("accept", move || {
        let _ = sender.send(listener.accept());
    });
    with_deadlines(accepted.recv_timeout(DEADLINE).expect("no connection arrives").unwrap().0)
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

/// A sequence of all byte values whose period is not a power of two.
pub fn all_bytes(length: usize) -> Vec<u8> {
    (0u32..).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).take(length).collect()
}
