//! Damaged captures: the checks of the fuzz target on a bounded number of changed files.

use super::{CLIENT, SERVER, pcap, segment};
use std::ffi::OsStr;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use wirelab::capture::{Cursor, Destination, open_folder};
use wirelab::import::{FileKind, import, sniff};
use wirelab::lang::Language;

/// Imports a file, and checks that the recording is whole.
fn check(path: &Path, into: &Path) {
    let go_on = &mut |_| ControlFlow::Continue(());
    let result = import(path, Destination::Folder(into.into()), Language::English, go_on);
    if sniff(path) != Ok(FileKind::Capture) {
        return;
    }
    let Ok(Some(imported)) = result else { return };
    if imported.records == 0 {
        return;
    }
    let mut opened = open_folder(into).unwrap();
    assert_eq!(opened.indexing.wait().failure, None);
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut at = cursor.snapshot().start();
    let mut records = 0;
    while let Some(position) = cursor.next(at).unwrap() {
        at = cursor.read(position).unwrap().unwrap().end;
        records += 1;
    }
    assert_eq!(records, imported.records);
}

#[test]
fn changed_captures_give_whole_recordings() {
    let mut frames = vec![segment(CLIENT, SERVER, "S", 0, 0, b""), segment(SERVER, CLIENT, "SA", 0, 1, b"")];
    for number in 0..12 {
        frames.push(segment(CLIENT, SERVER, "A", 1 + number * 50, 1, &[b'q'; 50]));
        frames.push(segment(SERVER, CLIENT, "A", 1 + number * 30, 51 + number * 50, &[b'a'; 30]));
    }
    frames.push(segment(CLIENT, SERVER, "FA", 601, 361, b""));
    let whole = pcap(&frames);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.pcap");
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..200 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random(8) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes[at] ^= 1 << random(8),
                2 => drop(bytes.drain(at..(at + random(40)).min(bytes.len()))),
                _ => drop(bytes.splice(at..at, vec![random(256) as u8; random(40)])),
            }
        }
        fs::write(&path, bytes).unwrap();
        let into = folder.path().join(round.to_string());
        check(&path, &into);
        let _ = fs::remove_dir_all(into);
    }
}

/// A capture of four texts, the second of which has an impossible captured length.
fn damaged_capture(folder: &Path) -> PathBuf {
    let mut frames = vec![segment(CLIENT, SERVER, "S", 0, 0, b""), segment(SERVER, CLIENT, "SA", 0, 1, b"")];
    for (number, text) in [b"one ", b"two ", b"thr ", b"four"].iter().enumerate() {
        frames.push(segment(CLIENT, SERVER, "A", 1 + number as u32 * 4, 1, *text));
    }
    let mut bytes = pcap(&frames);
    let at = pcap(&frames[..3]).len() + 8;
    bytes[at..at + 4].copy_from_slice(&5_000_000u32.to_le_bytes());
    let path = folder.join("damaged.pcap");
    fs::write(&path, bytes).unwrap();
    path
}

/// Runs a command, which must report the damage and exit with 2; returns standard output.
fn run_past_damage(arguments: &[&OsStr]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wirelab")).args(arguments).output().unwrap();
    let (shown, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{shown}{told}");
    assert!(told.contains("invalid length"), "{told}");
    shown.into_owned()
}

#[test]
fn show_reads_past_damage_and_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let capture = damaged_capture(folder.path());
    let shown = run_past_damage(&["show".as_ref(), capture.as_os_str()]);
    assert!(shown.contains("one ") && shown.contains("four"), "{shown}");
}

#[test]
fn export_reads_past_damage_and_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let capture = damaged_capture(folder.path());
    let export = ["export".as_ref(), capture.as_os_str(), "--format".as_ref(), "jsonl".as_ref()];
    let printed = run_past_damage(&export);
    assert!(printed.contains("\"text\":\"one \"") && printed.contains("\"text\":\"four\""), "{printed}");
    let file = folder.path().join("damaged.jsonl");
    let nothing = run_past_damage(&[&export[..], &["--output".as_ref(), file.as_os_str()]].concat());
    assert_eq!(nothing, "");
    assert_eq!(fs::read_to_string(file).unwrap(), printed);
}
