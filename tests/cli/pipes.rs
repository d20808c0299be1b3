//! Recordings and captures that come from pipes, and recordings that go to a FIFO.

use crate::support::*;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A recording of one connection, made by a session.
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

/// A capture of one datagram.
fn capture(folder: &Path) -> PathBuf {
    let mut packet = Vec::new();
    let builder = etherparse::PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 0, 1], 64);
    builder.udp(50_000, 53).write(&mut packet, "查询".as_bytes()).unwrap();
    let mut bytes =
        [&[0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0][..], &[0; 8], &[0, 0, 1, 0, 101, 0, 0, 0]].concat();
    for value in [1_700_000_000, 0, packet.len() as u32, packet.len() as u32] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(&packet);
    let file = folder.join("other.pcap");
    fs::write(&file, bytes).unwrap();
    file
}

fn fifo(folder: &Path) -> PathBuf {
    let path = folder.join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Runs the command with its temporary files in a folder of their own, which is to be empty afterwards.
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
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "a copy is left");
    ended
}

#[test]
fn a_pipe_and_a_fifo_are_shown_and_exported_as_their_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    for file in [recording(folder.path()), capture(folder.path())] {
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
fn what_is_no_capture_in_a_pipe_is_named_as_standard_input() {
    let arguments = ["show", "-"].map(OsStr::new);
    let ended = piped(&arguments, b"these are no packets, but notes".to_vec(), None).expect(2);
    ended.says("Could not read standard input: it is neither a recording nor a capture");
    let ended = piped(&arguments, Vec::new(), None).expect(2);
    ended.says("Could not read standard input: it is neither a recording nor a capture");
}

#[test]
fn a_damaged_recording_in_a_pipe_says_so_and_exits_with_2() {
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

/// A session that records to a FIFO, and the folder of its temporary files.
fn feeding(fifo: &Path, options: &[&str]) -> (Program, tempfile::TempDir) {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["listen", "127.0.0.1:0", "--view", "raw"]).args(options).arg("--record").arg(fifo);
    command.env("TMPDIR", temporary.path());
    (Program::start(command), temporary)
}

/// Opens the FIFO and reads until the payload was read.
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
    opened.recv_timeout(DEADLINE).expect("the FIFO does not get the payload")
}

#[test]
fn a_session_runs_while_nobody_reads_the_fifo_that_it_records_to() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    let (mut server, temporary) = feeding(&fifo, &["--for", "0.5"]);
    let mut peer = connect(server.address());
    peer.write_all(b"unread").unwrap();
    server.output("unread");
    let ended = server.end().expect(1);
    ended.says("Nobody has opened ");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn a_reader_of_the_fifo_gets_the_recording_from_its_first_byte_while_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    let (mut server, temporary) = feeding(&fifo, &["--once"]);
    let mut peer = connect(server.address());
    peer.write_all(b"before").unwrap();
    server.output("before");
    // A reader that goes away costs nothing: the next one begins anew.
    drop(read_until(&fifo, b"before"));
    peer.write_all(b"between").unwrap();
    server.output("between");
    server.line("The reader of ");
    let (mut reader, mut read) = read_until(&fifo, b"between");
    peer.write_all(b"after").unwrap();
    drop(peer);
    reader.read_to_end(&mut read).unwrap();
    server.end().expect(0);
    let copy = folder.path().join("copy.pcapng");
    fs::write(&copy, read).unwrap();
    let shown = run(&["show".as_ref(), "--view".as_ref(), "raw".as_ref(), copy.as_os_str()]).expect(0);
    assert_eq!(shown.text(), "beforebetweenafter");
    shown.says("connection from 127.0.0.1:");
    shown.says("closed by the peer");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn a_reader_that_stops_reading_holds_the_end_of_the_session_up_only_for_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    let (mut server, _temporary) = feeding(&fifo, &["--once", "--quiet"]);
    let mut peer = connect(server.address());
    peer.write_all(b"begin").unwrap();
    let (reader, _) = read_until(&fifo, b"begin");
    // More than a pipe holds.
    peer.write_all(&all_bytes(500_000)).unwrap();
    drop(peer);
    server.end().expect(1).says("takes nothing more: the rest of the recording is left out.");
    drop(reader);
}
