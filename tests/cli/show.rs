//! `wirelab show`: a recording prints what its session printed.

use crate::captures::{Order, datagram, pcap, ping};
use crate::support::*;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Records a short session in GBK; returns the file and what the session printed.
fn record(folder: &Path, view: &[&str]) -> (PathBuf, Ended) {
    let file = folder.join("session.pcapng");
    let mut arguments: Vec<&OsStr> =
        ["listen", "127.0.0.1:0", "--once", "--send", "text", "--encoding", "gbk", "--record"]
            .map(OsStr::new)
            .into();
    arguments.push(file.as_os_str());
    arguments.extend(view.iter().map(OsStr::new));
    let mut server = Program::wirelab(&arguments);
    server.feed("你好\n".as_bytes());
    let mut peer = connect(server.address());
    assert_eq!(read_all(&mut peer), b"\xC4\xE3\xBA\xC3\n");
    peer.write_all(b"\xB9\xFE\n\xC4").unwrap();
    drop(peer);
    let ended = server.end().expect(0);
    (file, ended)
}

fn show(file: &Path, options: &[&str]) -> Ended {
    let mut arguments = vec![OsStr::new("show"), file.as_os_str()];
    arguments.extend(options.iter().map(OsStr::new));
    run(&arguments)
}

#[test]
fn a_recording_prints_what_its_session_printed() {
    for view in
        [&["--view", "text"][..], &["--view", "hex"], &["--view", "both"], &["--view", "raw"], &["--json"]]
    {
        let folder = tempfile::tempdir().unwrap();
        let (file, live) = record(folder.path(), view);
        assert!(!live.stdout.is_empty());
        let shown = show(&file, &[view, &["--encoding", "gbk"]].concat()).expect(0);
        // The summary is not in the recording.
        let live: String = live.text_lossy().split_inclusive('\n').filter(|line| !is_summary(line)).collect();
        assert_eq!(shown.text_lossy(), live, "{view:?}");
    }
}

fn is_summary(line: &str) -> bool {
    line.contains("\"kind\":\"summary\"")
}

#[test]
fn a_recording_can_be_shown_in_any_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = record(folder.path(), &[]);
    assert!(show(&file, &["--encoding", "gbk"]).expect(0).text().contains("  哈\n"));
    assert!(show(&file, &["--encoding", "windows-1252"]).expect(0).text().contains("  ¹þ\n  Ä\n"));
    let shown = show(&file, &[]).expect(0);
    shown.says("connection from 127.0.0.1:");
    shown.says("closed by the peer");
}

#[test]
fn a_cut_last_block_is_reported_and_the_rest_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (file, live) = record(folder.path(), &["--view", "raw"]);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 5]).unwrap();
    let shown = show(&file, &["--view", "raw"]).expect(0);
    assert_eq!(shown.stdout, live.stdout);
    shown.says("The last block is truncated: ");
}

/// Runs `show -` with a file as standard input, of which `skipped` bytes were read before. `temporary` is the folder
/// for temporary files.
fn show_standard_input(file: &Path, skipped: u64, temporary: &Path) -> Ended {
    let mut input = File::open(file).unwrap();
    input.seek(SeekFrom::Start(skipped)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["show", "-", "--encoding", "gbk"]);
    for name in ["TMPDIR", "TMP", "TEMP"] {
        command.env(name, temporary);
    }
    Program::reading(command, input.into()).end()
}

#[test]
fn a_file_as_standard_input_is_read_without_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let (file, live) = record(folder.path(), &[]);
    let missing = folder.path().join("missing");
    assert_eq!(show_standard_input(&file, 0, &missing).expect(0).text(), live.text());
    // What was read before is left out; the rest is copied.
    let later = folder.path().join("later");
    std::fs::write(&later, [&b"read before"[..], &std::fs::read(&file).unwrap()].concat()).unwrap();
    assert_eq!(show_standard_input(&later, 11, folder.path()).expect(0).text(), live.text());
    show_standard_input(&later, 11, &missing).expect(1).says("missing");
}

#[test]
fn a_file_that_is_not_a_recording_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "these are no packets, but notes").unwrap();
    let ended = show(&file, &[]).expect(2);
    ended.says("notes.txt: it is neither a recording nor a capture");
    assert_eq!((ended.text().as_str(), ended.stderr.len()), ("", 1));
    let ended = show(&folder.path().join("missing.pcapng"), &[]).expect(2);
    ended.says("Could not read ");
    std::fs::write(&file, "").unwrap();
    show(&file, &[]).expect(2).says("it is neither a recording nor a capture");
}

#[test]
fn a_capture_of_another_program_is_shown_as_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.pcap");
    let packets = [datagram("查询".as_bytes()), ping()];
    let bytes = pcap(Order::Big, &packets);
    std::fs::write(&file, &bytes).unwrap();
    let shown = show(&file, &["--view", "raw"]).expect(0);
    assert_eq!(shown.text(), "查询");
    shown.says("Packets left out: 1, neither TCP nor UDP");
    std::fs::write(&file, &bytes[..bytes.len() - 3]).unwrap();
    show(&file, &["--view", "raw"]).expect(0).says("The last packet is truncated: ");
}
