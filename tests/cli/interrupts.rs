//! Ctrl+C and SIGTERM while `show` and `export` work.

use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const DATAGRAM_BYTES: usize = 1400;

/// A capture as tcpdump writes it, of that many datagrams.
fn capture(folder: &Path, datagrams: usize) -> PathBuf {
    let mut packet = Vec::new();
    let builder = etherparse::PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 0, 1], 64);
    builder.udp(50_000, 53).write(&mut packet, &all_bytes(DATAGRAM_BYTES)).unwrap();
    let mut bytes =
        [&[0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0][..], &[0; 8], &[0, 0, 1, 0, 101, 0, 0, 0]].concat();
    for _ in 0..datagrams {
        for value in [1_700_000_000, 0, packet.len() as u32, packet.len() as u32] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(&packet);
    }
    let file = folder.join("long.pcap");
    fs::write(&file, bytes).unwrap();
    file
}

/// The same as a recording.
fn recording(folder: &Path, datagrams: usize) -> PathBuf {
    let (capture, file) = (capture(folder, datagrams), folder.join("long.pcapng"));
    let arguments = ["export", "--format", "pcapng", "--output"].map(std::ffi::OsStr::new);
    run(&[&arguments[..], &[file.as_os_str(), capture.as_os_str()]].concat()).expect(0);
    file
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn an_interrupt_ends_after_a_whole_record_with_1_for_recordings_and_captures_alike() {
    let folder = tempfile::tempdir().unwrap();
    for file in [recording(folder.path(), 2000), capture(folder.path(), 2000)] {
        for (signal, arguments) in [
            ("INT", &["show", "--json"][..]),
            ("TERM", &["show", "--json"]),
            ("TERM", &["export", "--format", "jsonl"]),
        ] {
            let temporary = tempfile::tempdir().unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
            command.args(arguments).arg(&file).env("TMPDIR", temporary.path());
            let mut program = Unread::start(&mut command);
            program.has_printed();
            program.signal(signal);
            program.has_taken_signal();
            let output = program.read_output();
            let (code, said) = program.end();
            let case = format!("{signal} {arguments:?} {}", file.display());
            assert_eq!(code, Some(1), "{case}: {said}");
            assert!(said.contains("Interrupted: the rest is not "), "{case}: {said}");
            // The first byte was read before.
            let text = format!("{{{}", String::from_utf8(output).unwrap());
            assert!(text.ends_with('\n') && text.lines().count() < 2000, "{case}");
            for line in text.lines().filter(|line| line.contains("\"kind\":\"data\"")) {
                let object: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(object["bytes"], DATAGRAM_BYTES, "{case}");
            }
            assert_eq!(entries(temporary.path()), 0, "{case}");
        }
    }
}

#[test]
fn a_command_whose_output_nobody_reads_ends_after_an_interrupt() {
    let folder = tempfile::tempdir().unwrap();
    let file = capture(folder.path(), 1000);
    for (arguments, signals) in [
        (&["show", "--view", "both"][..], 1),
        (&["export", "--format", "csv"], 1),
        (&["export", "--format", "csv"], 2),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(arguments).arg(&file).env("TMPDIR", temporary.path());
        let mut program = Unread::start(&mut command);
        program.has_printed();
        assert_eq!(entries(temporary.path()), 1, "the copy");
        program.signal("INT");
        program.has_taken_signal();
        if signals == 2 {
            program.signal("INT");
        }
        let (code, said) = program.end();
        assert_eq!(code, Some(1), "{arguments:?}");
        assert!(said.contains("Interrupted while nobody took the output"), "{said}");
        assert_eq!(entries(temporary.path()), 0, "{arguments:?}");
    }
}

#[test]
fn an_interrupted_export_to_a_file_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = recording(folder.path(), 14_000);
    for format in [&["text", "--view", "both"][..], &["raw"]] {
        let target = tempfile::tempdir().unwrap();
        let output = target.path().join("output");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(["export", "--format"]).args(format).arg("--output").arg(&output).arg(&file);
        let program = Unread::start(&mut command);
        let deadline = Instant::now() + DEADLINE;
        while entries(target.path()) == 0 {
            assert!(Instant::now() < deadline, "it writes nothing");
            std::thread::yield_now();
        }
        program.signal("TERM");
        let (code, said) = program.end();
        assert_eq!(code, Some(1), "{format:?}: {said}");
        assert!(said.contains("Interrupted: nothing was exported."), "{said}");
        assert_eq!(entries(target.path()), 0, "{format:?}");
    }
}

#[test]
fn an_interrupt_while_standard_input_is_read_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["show", "-"]).env("TMPDIR", temporary.path());
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Unread::of(pipes.spawn().unwrap());
    let stdin = program.child.stdin.take().unwrap();
    let deadline = Instant::now() + DEADLINE;
    while entries(temporary.path()) == 0 {
        assert!(Instant::now() < deadline, "it makes no copy");
        std::thread::yield_now();
    }
    program.signal("INT");
    program.has_taken_signal();
    drop(stdin);
    let (code, said) = program.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Interrupted: the rest is not printed."), "{said}");
    assert_eq!(entries(temporary.path()), 0);
}
