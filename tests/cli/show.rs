//! `wirelab show`: a recording prints as its session printed it.

use crate::support::*;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Records a short session in GBK, and gives what it printed.
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
fn a_recording_prints_as_it_was_printed() {
    for view in
        [&["--view", "text"][..], &["--view", "hex"], &["--view", "both"], &["--view", "raw"], &["--json"]]
    {
        let folder = tempfile::tempdir().unwrap();
        let (file, live) = record(folder.path(), view);
        assert!(!live.stdout.is_empty());
        let shown = show(&file, &[view, &["--encoding", "gbk"]].concat()).expect(0);
        // The summary is of the session and not in its recording.
        let live: String = live.text_lossy().split_inclusive('\n').filter(|line| !is_summary(line)).collect();
        assert_eq!(shown.text_lossy(), live, "{view:?}");
    }
}

fn is_summary(line: &str) -> bool {
    line.contains("\"kind\":\"summary\"")
}

#[test]
fn the_encoding_is_a_view() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = record(folder.path(), &[]);
    assert!(show(&file, &["--encoding", "gbk"]).expect(0).text().contains("  哈\n"));
    assert!(show(&file, &["--encoding", "windows-1252"]).expect(0).text().contains("  ¹þ\n  Ä\n"));
    let told = show(&file, &[]).expect(0);
    told.says("connection from 127.0.0.1:");
    told.says("closed by the peer");
}

#[test]
fn a_cut_last_block_is_told_and_the_rest_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (file, live) = record(folder.path(), &["--view", "raw"]);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 5]).unwrap();
    let shown = show(&file, &["--view", "raw"]).expect(0);
    assert_eq!(shown.stdout, live.stdout);
    shown.says("The last block is cut: ");
}

#[test]
fn what_is_no_recording_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "these are no packets, but notes").unwrap();
    let ended = show(&file, &[]).expect(2);
    ended.says("notes.txt: it is no little-endian pcapng file");
    assert_eq!((ended.text().as_str(), ended.stderr.len()), ("", 1));
    let ended = show(&folder.path().join("missing.pcapng"), &[]).expect(2);
    ended.says("Could not read ");
    std::fs::write(&file, "").unwrap();
    show(&file, &[]).expect(2).says("too few for a pcapng file");
}
