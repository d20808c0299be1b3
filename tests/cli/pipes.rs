//! Reading recordings and captures from pipes, and recording to a FIFO.

use crate::captures::capture;
use crate::support::*;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A recording of one connection, written by a session.
fn recording(folder: &Path) -> PathBuf {
    let file = folder.join("session.pcapng");
    let arguments = ["listen", "127.0.0.1:0", "--once", "--quiet", "--record"].map(OsStr::new);
    let mut server = Program::wirelab(&[&arguments[..], &[file.as_os_str()]].concat());
    let mut peer = connect(server.address());
    peer.write_all("你好".as_bytes()).unwrap();
    drop(peer);
    server.end().expect(0);
    file
}

fn fifo(folder: &Path) -> PathBuf {
    let path = folder.join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Runs a command that reads `input` from standard input, or from `fifo`. It must leave no temporary file behind.
fn piped(arguments: &[&OsStr], input: Vec<u8>, fifo: Option<&Path>) -> Ended {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(arguments).env("TMPDIR", temporary.path());
    let mut program = Program::start(command);
    match fifo {
        Some(fifo) => {
            program.stdin = None;
            let fifo = fifo.to_path_buf();
            spawn("writer", move || fs::write(fifo, input).unwrap());
        }
        None => program.feed(&input),
    }
    let ended = program.end();
    assert!(entries(temporary.path()).is_empty(), "a temporary copy is left behind");
    ended
}

#[test]
fn a_pipe_and_a_fifo_give_the_same_output_as_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    for file in [recording(folder.path()), capture(folder.path(), "查询".as_bytes(), 1)] {
        for command in [&["show", "--json"][..], &["export", "--format", "csv"]] {
            let command: Vec<_> = command.iter().map(OsStr::new).collect();
            let from = |path: &Path, fifo: Option<&Path>| {
                let arguments = [&command[..], &[path.as_os_str()]].concat();
                piped(&arguments, fs::read(&file).unwrap(), fifo).expect(0).text()
            };
            let expected = from(&file, None);
            assert!(expected.contains("你好") || expected.contains("查询"), "{expected}");
            assert_eq!(from("-".as_ref(), None), expected);
            assert_eq!(from("/dev/stdin".as_ref(), None), expected);
            assert_eq!(from(&fifo, Some(&fifo)), expected);
        }
    }
}

#[test]
fn a_pipe_without_a_capture_is_reported_as_standard_input() {
    let arguments = ["show", "-"].map(OsStr::new);
    let ended = piped(&arguments, b"these are no packets, but notes".to_vec(), None).expect(2);
    ended.says("Could not read standard input: it is neither a recording nor a capture");
    let ended = piped(&arguments, Vec::new(), None).expect(2);
    ended.says("Could not read standard input: it is neither a recording nor a capture");
}

#[test]
fn a_damaged_recording_in_a_pipe_is_reported_and_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(recording(folder.path())).unwrap();
    let length = bytes.len();
    bytes[length / 2..length / 2 + 4].fill(0xFF);
    let whole = folder.path().join("damaged.pcapng");
    fs::write(&whole, &bytes).unwrap();
    let shown = run(&["show".as_ref(), whole.as_os_str()]);
    let piped = piped(&["show", "-"].map(OsStr::new), bytes, None);
    assert_eq!((piped.code, piped.text()), (shown.code, shown.text()));
    let as_file = |line: &String| line.replace("standard input", &whole.display().to_string());
    assert_eq!(piped.stderr.iter().map(as_file).collect::<Vec<_>>(), shown.stderr);
}

/// A session that records to a FIFO, with one connection.
struct Feeding {
    folder: TempDir,
    fifo: PathBuf,
    /// The folder of its temporary files.
    temporary: TempDir,
    server: Program,
    peer: TcpStream,
}

impl Feeding {
    fn start(options: &[&str]) -> Self {
        let [folder, temporary] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let fifo = fifo(folder.path());
        let mut server = feeding(&fifo, temporary.path(), options);
        let peer = connect(server.address());
        Self { folder, fifo, temporary, server, peer }
    }
}

/// What `show` prints of a recording that was read from the FIFO.
fn show(folder: &TempDir, recording: &[u8]) -> Ended {
    let copy = folder.path().join("copy.pcapng");
    fs::write(&copy, recording).unwrap();
    run(&["show".as_ref(), "--view".as_ref(), "raw".as_ref(), copy.as_os_str()]).expect(0)
}

/// Starts a session that records to `fifo`, and has its temporary files in `temporary`.
fn feeding(fifo: &Path, temporary: &Path, options: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["listen", "127.0.0.1:0", "--view", "raw"]).args(options).arg("--record").arg(fifo);
    command.env("TMPDIR", temporary);
    Program::start(command)
}

/// Opens the FIFO and reads until the payload has arrived; returns the open FIFO and what was read.
fn read_until(fifo: &Path, payload: &[u8]) -> (File, Vec<u8>) {
    let (sender, opened) = crossbeam_channel::bounded(1);
    let (fifo, payload) = (fifo.to_path_buf(), payload.to_vec());
    spawn("reader", move || {
        let mut file = File::open(fifo).unwrap();
        let mut read = Vec::new();
        let mut block = [0; 4096];
        while !read.windows(payload.len()).any(|window| window == payload) {
            let count = file.read(&mut block).unwrap();
            assert!(count > 0, "the recording ends before the payload");
            read.extend(&block[..count]);
        }
        let _ = sender.send((file, read));
    });
    opened.recv_timeout(DEADLINE).expect("timed out waiting for the payload in the FIFO")
}

#[test]
fn a_session_runs_while_nobody_reads_its_fifo() {
    let Feeding { mut server, mut peer, temporary, folder: _folder, .. } = Feeding::start(&[]);
    peer.write_all(b"unread").unwrap();
    server.output("unread");
    send_signal(server.id(), Signal::SIGTERM);
    let ended = server.end().expect(1);
    ended.says("Nobody has opened ");
    assert!(entries(temporary.path()).is_empty());
}

#[test]
fn each_reader_of_the_fifo_gets_the_recording_from_its_first_byte() {
    let Feeding { mut server, mut peer, fifo, temporary, folder } = Feeding::start(&["--once"]);
    peer.write_all(b"before").unwrap();
    server.output("before");
    // After a reader closes the FIFO, the next one reads from the beginning.
    drop(read_until(&fifo, b"before"));
    peer.write_all(b"between").unwrap();
    server.output("between");
    server.line("The reader of ");
    let (mut reader, mut read) = read_until(&fifo, b"between");
    peer.write_all(b"after").unwrap();
    drop(peer);
    reader.read_to_end(&mut read).unwrap();
    server.end().expect(0);
    let shown = show(&folder, &read);
    assert_eq!(shown.text(), "beforebetweenafter");
    shown.says("connection from 127.0.0.1:");
    shown.says("closed by the peer");
    assert!(entries(temporary.path()).is_empty());
}

#[test]
fn a_reader_that_stops_reading_does_not_keep_the_session_from_ending() {
    let Feeding { server, mut peer, fifo, folder: _folder, temporary: _temporary } =
        Feeding::start(&["--once", "--quiet"]);
    peer.write_all(b"begin").unwrap();
    let (reader, _) = read_until(&fifo, b"begin");
    // More than the pipe holds.
    peer.write_all(&all_bytes(500_000)).unwrap();
    drop(peer);
    server.end().expect(1).says("takes nothing more: the rest of the recording is left out.");
    drop(reader);
}

#[test]
fn a_fifo_that_a_session_records_to_is_refused_to_others() {
    let Feeding { server, mut peer, fifo, folder, temporary } = Feeding::start(&["--once", "--quiet"]);
    let other = feeding(&fifo, temporary.path(), &[]);
    other.end().expect(2).says(&format!("(process {}) is using the file", server.id()));
    peer.write_all(b"of the first").unwrap();
    let reader = read_until(&fifo, b"of the first");
    drop(peer);
    drop(reader);
    server.end();
    assert_eq!(entries(folder.path()), ["fifo"], "no lock file is left");
}

/// A reader of about 50 KiB a second, as over a slow network. The whole takes longer than the session waits for a reader
/// that takes nothing; each pause is far shorter than that, also on a busy machine.
#[test]
fn a_slow_reader_of_the_fifo_gets_all_of_the_recording() {
    let Feeding { server, mut peer, fifo, folder, temporary: _temporary } =
        Feeding::start(&["--once", "--quiet"]);
    let all = all_bytes(200_000);
    peer.write_all(&all).unwrap();
    let (mut reader, mut read) = read_until(&fifo, &all[..1000]);
    drop(peer);
    let (_never, pause) = crossbeam_channel::bounded::<()>(0);
    let mut block = [0; 4096];
    while let count @ 1.. = reader.read(&mut block).unwrap() {
        read.extend(&block[..count]);
        let _ = pause.recv_timeout(Duration::from_millis(75));
    }
    server.end().expect(0);
    assert!(show(&folder, &read).stdout == all);
}

#[test]
fn a_temporary_copy_that_cannot_be_written_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path(), &all_bytes(1000), 200);
    for command in [&["show"][..], &["export", "--format", "csv"]] {
        for file in ["-".as_ref(), &*capture] {
            let mut sh = Command::new("sh");
            // 20 KiB, in blocks of 512 bytes.
            sh.args(["-c", "ulimit -f 40; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wirelab")])
                .args(command)
                .arg(file);
            let mut program = Program::start(sh);
            program.feed(&fs::read(&capture).unwrap());
            program.end().expect(1).says("(ulimit -f, or the file system's own limit)");
        }
    }
}
