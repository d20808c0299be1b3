//! Recordings after `kill -9`: what was published is there, and it is offered for recovery.
//!
//! This program starts itself again as the one that is killed.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use wirelab::capture::{CaptureWriter, Cursor, Limits, Opened, Position, RecordingFolder, unfinished};
use wirelab::model::{ConnectionId, Direction, FailureKind, Record, RecordKind, Timestamp, Transport};

/// Where the process that is killed records; it is that process if this is set.
const PARENT: &str = "WIRELAB_TEST_RECORD_BELOW";

/// Where the process makes a folder that may write nothing into any file.
const FULL: &str = "WIRELAB_TEST_FULL_BELOW";

/// The payload of a record: of any length there is, and told by its number.
fn payload(number: u64) -> &'static [u8] {
    static PATTERN: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..80_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect());
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let length = match mixed % 8 {
        0..4 => mixed % 200,
        4..7 => mixed % 9_000,
        _ => mixed % 65_000,
    };
    &PATTERN[(mixed % 10_007) as usize..][..length as usize]
}

/// Records as fast as it can, and tells after each publishing how many records there are.
fn record_until_killed(parent: &Path) {
    let folder = RecordingFolder::create(parent, "TCP server :7788", Timestamp(5)).unwrap();
    let limits = Limits { segment_bytes: 4 << 20, total_bytes: None };
    let mut writer = CaptureWriter::new(folder.destination(), limits);
    let mut out = std::io::stdout();
    let mut number = 0u64;
    loop {
        for _ in 0..1 + number % 40 {
            writer.append(&Record {
                time: Timestamp(number),
                kind: RecordKind::Data,
                direction: if number.is_multiple_of(3) { Direction::Outbound } else { Direction::Inbound },
                transport: Transport::Tcp,
                connection: ConnectionId(1 + (number % 5) as u32),
                local: "127.0.0.1:7788".parse().unwrap(),
                peer: "127.0.0.1:50000".parse().unwrap(),
                payload: payload(number),
                is_cut: false,
                text: "",
            });
            number += 1;
        }
        writer.publish();
        assert_eq!(writer.reader().snapshot().records(), number);
        writeln!(out, "published {number}").unwrap();
    }
}

/// Kills its process at the end.
struct Recording(Child);

impl Recording {
    fn start(parent: &Path) -> (Self, BufReader<std::process::ChildStdout>) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "every_published_byte_survives_a_kill", "--nocapture"])
            .env(PARENT, parent)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        (Self(child), lines)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn published(line: &str) -> Option<u64> {
    // A line that the kill has cut may lack digits; it is one that has no end.
    line.strip_suffix('\n')?.split("published ").nth(1)?.parse().ok()
}

/// Reads lines until `count` of them told how much was published, and returns the last.
fn read_until(lines: &mut impl BufRead, count: usize) -> u64 {
    let mut last = 0;
    let mut line = String::new();
    let mut seen = 0;
    while seen < count && lines.read_line(&mut line).unwrap() > 0 {
        if let Some(number) = published(&line) {
            last = number;
            seen += 1;
        }
        line.clear();
    }
    last
}

fn assert_holds(opened: &mut Opened, at_least: u64) {
    let progress = opened.indexing.wait();
    assert_eq!(progress.failure, None);
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut at = Position(0);
    let mut number = 0;
    while let Some(position) = cursor.next(at).unwrap() {
        let entry = cursor.read(position).unwrap().unwrap();
        assert!(entry.record.payload == payload(number) && entry.record.time.0 == number, "record {number}");
        at = entry.end;
        number += 1;
    }
    assert!(number >= at_least, "{number} records of {at_least} that were published");
    assert_eq!(cursor.snapshot().records(), number);
}

#[test]
fn every_published_byte_survives_a_kill() {
    if let Some(parent) = std::env::var_os(PARENT) {
        record_until_killed(Path::new(&parent));
    }
    let parent = tempfile::tempdir().unwrap();
    let mut was_cut = 0;
    for round in 0..50u64 {
        let (mut recording, mut lines) = Recording::start(parent.path());
        let moment = round.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58;
        let seen = read_until(&mut lines, 1 + moment as usize);
        if round == 0 {
            assert!(unfinished(parent.path()).is_empty(), "it is being recorded");
        }
        recording.kill();
        let last = read_until(&mut lines, usize::MAX).max(seen);
        assert!(seen > 0, "round {round} has recorded nothing");
        let mut found = unfinished(parent.path());
        let [left] = &found[..] else { panic!("round {round}: {found:?}") };
        assert_eq!((&*left.title, left.began), ("TCP server :7788", Some(Timestamp(5))));
        assert_eq!(left.endpoint, Some("127.0.0.1:7788".parse().unwrap()));
        let mut opened = left.open().unwrap();
        was_cut += u64::from(opened.ignored_bytes > 0);
        assert_holds(&mut opened, last);
        drop(opened);
        found.remove(0).delete().unwrap();
    }
    println!("{was_cut} of 50 had a cut record at their end");
}

#[test]
fn a_session_can_begin_while_the_disk_is_full() {
    if let Some(parent) = std::env::var_os(FULL) {
        let folder = RecordingFolder::create(Path::new(&parent), "full", Timestamp(5)).unwrap();
        let mut writer = CaptureWriter::new(folder.destination(), Limits::default());
        writer.append(&Record {
            time: Timestamp(5),
            kind: RecordKind::Note,
            direction: Direction::Inbound,
            transport: Transport::Tcp,
            connection: ConnectionId(1),
            local: "127.0.0.1:7788".parse().unwrap(),
            peer: "127.0.0.1:50000".parse().unwrap(),
            payload: b"",
            is_cut: false,
            text: "lost",
        });
        writer.publish();
        assert_eq!(writer.status().failure.as_ref().unwrap().kind, FailureKind::DiskFull);
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    // The limit of a file's length is answered as a full disk is, once its signal is ignored.
    let ended = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_session_can_begin_while_the_disk_is_full"])
        .env(FULL, parent.path())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}
