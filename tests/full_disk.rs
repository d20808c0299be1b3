//! A full disk: recording on a small file system, and saving, exporting and importing to it.
//!
//! Each test runs again in a mount namespace with the small file system. That needs root or a user namespace; where
//! neither is permitted, the tests are skipped.

// Not on Windows: the full disk is a small file system that Linux mounts.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/skip.rs"]
mod skip;
mod support;

use skip::skip;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::*;
use wirelab::capture::{
    CaptureWriter, Cursor, Destination, Limits, RecordingFolder, Snapshot, open, open_folder, save,
};
use wirelab::codec::Encoding;
use wirelab::export::{Content, Export, Format, Selection};
use wirelab::import::import;
use wirelab::lang::{Language, explain};
use wirelab::model::{
    AnswerNote, ConnectionId, Count, Direction, Failure, FailureKind, Operation, PeerNames, Record,
    RecordKind, SessionState, Target, Timestamp, Transport,
};

/// Set in the child process: the path of the small file system.
const SMALL: &str = "WIRELAB_TEST_SMALL_DISK";
const SMALL_BYTES: usize = 4 << 20;

/// The small file system. `None`: the test ran in a child process or was skipped.
fn small_disk(test: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(SMALL) {
        return Some(path.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let mut errors = String::new();
    for namespaces in ["-m", "-rm"] {
        let output = Command::new("unshare")
            .args([namespaces, "sh", "-c"])
            .arg("mount -t tmpfs -o size=4m small \"$0\" && echo mounted && exec \"$@\"")
            .arg(folder.path())
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(SMALL, folder.path())
            .output();
        let Ok(output) = output else { continue };
        let said = String::from_utf8_lossy(&output.stdout);
        errors = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.starts_with("mounted") {
            assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
            return None;
        }
    }
    skip(test, &format!("no file system can be mounted: {errors}"));
    None
}

/// Fills a file system with a file.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 20, 4096, 1] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Pseudo-random bytes.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// The number of data records and bytes of a recording. Received payloads must be in the order sent; some may be
/// missing.
#[track_caller]
fn received_in_order(snapshot: Snapshot, sent: &[u8]) -> Count {
    let mut count = Count::default();
    let mut at = 0;
    for record in records_of(snapshot).iter().filter(|record| record.kind == RecordKind::Data) {
        if record.direction == Direction::Inbound {
            let payload = &record.payload[..];
            if !sent[at..].starts_with(payload) {
                at += memchr::memmem::find(&sent[at..], payload)
                    .expect("each payload must follow the one before it in what was sent");
            }
            at += payload.len();
        }
        count.records += 1;
        count.bytes += record.payload.len() as u64;
    }
    count
}

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_session_continues_on_a_full_disk_and_records_again_when_there_is_room() {
    let Some(small) = small_disk("a_session_continues_on_a_full_disk_and_records_again_when_there_is_room")
    else {
        return;
    };
    let (ballast, rest) = (small.join("ballast"), small.join("rest"));
    fs::write(&ballast, vec![7; 3 << 19]).unwrap();
    let recording = small.join("recording");
    let session = Session::start_with(server(), |options| {
        let limits = Limits { segment_bytes: 1 << 20, total_bytes: None };
        options.recording = Some((Destination::Folder(recording.clone()), limits));
    });
    let mut peer = connect(session.wait_for_address());
    let all = pattern(24 << 20);
    let mut sent = 0;
    // Waits for each piece before it sends the next.
    let mut send = |bytes: usize| {
        for _ in 0..bytes / 50_000 {
            peer.write_all(&all[sent..sent + 50_000]).unwrap();
            sent += 50_000;
            session.wait("the bytes", |status| status.traffic.bytes_in == sent as u64);
        }
        sent
    };
    let mut lost_in_notes = 0;
    for round in 1..=2 {
        // The recording fills the disk, which can end within a block; then the rest is filled.
        while session.handle.status().recording.failure.is_none() {
            assert!(send(50_000) < 8 << 20, "the disk has only 4 MiB");
        }
        fill(&rest);
        let lost_before = session.handle.status().recording.bytes_lost;
        send(1_000_000);
        let status = session.wait("the failure", |status| status.recording.failure.is_some());
        let failure = status.recording.failure.clone().unwrap();
        assert_eq!((failure.operation, failure.kind.clone()), (Operation::Record, FailureKind::DiskFull));
        let words = explain(Language::English.words(), &failure);
        assert!(
            words.contains(recording.to_str().unwrap()) && words.contains("recording resumes"),
            "{words}"
        );
        assert_eq!((status.state.clone(), status.connections.len()), (SessionState::Listening, 1));
        assert!(status.accounting().adds_up() && status.accounting().has_losses());
        assert!(status.recording.bytes_lost >= lost_before + 900_000, "{:?}", status.recording);
        // Published records stay readable.
        let kept = status.accounting().recorded.unwrap().kept;
        assert_eq!(received_in_order(session.handle.reader().snapshot(), &all), kept);

        // First there is room for a part of the next round, then for all of it.
        fs::remove_file(&rest).unwrap();
        if round == 1 {
            fs::write(&ballast, vec![7; 1 << 19]).unwrap();
        } else {
            fs::remove_file(&ballast).unwrap();
        }
        send(100_000);
        let status = session.wait("the recording", |status| status.recording.failure.is_none());
        let since = status.recording.bytes_lost - lost_in_notes;
        lost_in_notes += since;
        session.wait("the note", |_| {
            let all = records_of(session.handle.reader().snapshot());
            let notes: Vec<_> = all.iter().filter(|record| record.text.contains("not recorded")).collect();
            notes.len() == round && notes[round - 1].text.contains(&format!(" {since} bytes"))
        });
    }
    let total = send(100_000) as u64;
    session.send(Target::All, b"still here");
    assert_eq!(read_exactly(&mut peer, 10), b"still here");
    drop(peer);
    let status = session.stop();
    let recorded = status.accounting().recorded.unwrap();
    assert_eq!((status.traffic.bytes_in, status.traffic.bytes_out), (total, 10));
    assert_eq!(recorded.kept.bytes + recorded.not_recorded.bytes, total + 10);
    let live = session.handle.reader().snapshot();
    assert_eq!(received_in_order(live.clone(), &all), recorded.kept);
    let before = records_of(live);
    session.handle.close();

    // Opened again from the files: no damage, and the counts add up.
    let mut opened = open_folder(&recording).unwrap();
    assert_eq!((opened.indexing.wait().failure, opened.ignored_bytes), (None, 0));
    assert!(records_of(opened.reader.snapshot()) == before);
    let elsewhere = tempfile::tempdir().unwrap();
    let saved = elsewhere.path().join("saved.pcapng");
    save(&opened.reader.snapshot(), &saved, &mut go_on).unwrap().unwrap();
    assert!(records_of(open(&saved).unwrap().reader.snapshot()) == before);
}

/// Runs `listen` by `command`, sends it more bytes than it can record to `file`, and returns the summary. Checks the
/// exit code, the reported `words`, the sums of the summary, and the recording.
#[track_caller]
fn recorded_with_losses(
    mut command: Command,
    file: &Path,
    bytes: usize,
    words: &[&str],
) -> serde_json::Value {
    command.args(["listen", "127.0.0.1:0", "--once", "--quiet", "--json", "--record"]).arg(file);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address: SocketAddr = line.trim().strip_prefix("listening on ").unwrap().parse().unwrap();
    let all = pattern(bytes);
    connect(address).write_all(&all).unwrap();
    let output = child.wait_with_output().unwrap();
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(output.status.code(), Some(1), "{:?} {said}", output.status);
    for words in words.iter().chain(&["are not in the recording"]) {
        assert!(said.contains(words), "{said}");
    }

    let last = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_string();
    let summary: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(summary["kind"], "summary");
    assert_eq!(bytes_of(&summary, "received"), all.len() as u64);
    assert_eq!(bytes_of(&summary, "recorded") + bytes_of(&summary, "not_recorded"), all.len() as u64);
    let mut opened = open(file).unwrap();
    assert_eq!((opened.indexing.wait().failure, opened.ignored_bytes), (None, 0));
    let received = received_in_order(opened.reader.snapshot(), &all);
    assert_eq!(received.bytes, bytes_of(&summary, "recorded"));
    summary
}

fn bytes_of(summary: &serde_json::Value, what: &str) -> u64 {
    summary[what]["bytes"].as_u64().unwrap()
}

#[test]
fn the_command_line_reports_the_losses_of_a_full_disk() {
    let Some(small) = small_disk("the_command_line_reports_the_losses_of_a_full_disk") else { return };
    let command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    let words = ["run.pcapng: the disk is full"];
    let summary = recorded_with_losses(command, &small.join("run.pcapng"), 2 * SMALL_BYTES, &words);
    let (recorded, lost) = (bytes_of(&summary, "recorded"), bytes_of(&summary, "not_recorded"));
    assert!(recorded > 2 << 20 && lost >= 4 << 20, "{summary}");
}

#[test]
fn a_file_size_limit_is_reported_like_a_full_disk_and_does_not_end_the_session() {
    let folder = tempfile::tempdir().unwrap();
    // The limit is 1 MiB, in blocks of 512 bytes. The shell leaves SIGXFSZ at its default, which ends a process.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 2048; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wirelab")]);
    let words = ["run.pcapng: the file has reached the largest size", "ulimit -f"];
    recorded_with_losses(command, &folder.path().join("run.pcapng"), 3 << 20, &words);
    let failure = Failure::new(Operation::Record, "FILE", FailureKind::FileTooLarge);
    assert!(explain(Language::Chinese.words(), &failure).contains("ulimit -f"));
}

/// A recording on another disk, which does not fit on the small one.
fn large(folder: &Path) -> Snapshot {
    let limits = Limits { segment_bytes: 1 << 20, total_bytes: None };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.join("recording")), limits);
    let payload = pattern(50_000);
    for number in 0..2 * SMALL_BYTES / payload.len() {
        writer.append(&Record {
            time: Timestamp(number as u64),
            kind: RecordKind::Data,
            direction: Direction::Inbound,
            transport: Transport::Tcp,
            connection: ConnectionId(1 + number as u32 % 3),
            local: "127.0.0.1:7788".parse().unwrap(),
            peer: "127.0.0.1:50122".parse().unwrap(),
            payload: &payload,
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        });
    }
    writer.publish();
    writer.reader().snapshot()
}

/// Asserts a failure that names the file and a full disk.
#[track_caller]
fn assert_full(failure: &Failure, operation: Operation, path: &Path) {
    assert_eq!((failure.operation, failure.kind.clone()), (operation, FailureKind::DiskFull));
    let words = explain(Language::English.words(), failure);
    assert!(words.contains(path.to_str().unwrap()) && words.contains("Nothing was saved"), "{words}");
}

#[test]
fn a_save_or_export_that_does_not_fit_leaves_no_file_behind() {
    let Some(small) = small_disk("a_save_or_export_that_does_not_fit_leaves_no_file_behind") else {
        return;
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let snapshot = large(elsewhere.path());
    let (new, old) = (small.join("new"), small.join("old"));
    fs::write(&old, "what was there before").unwrap();
    let unchanged = || {
        assert_eq!(names_in(&small), BTreeSet::from(["old".to_string()]));
        assert_eq!(fs::read(&old).unwrap(), b"what was there before");
    };
    for target in [&new, &old] {
        let mut steps = 0;
        let failure = save(&snapshot, target, &mut |_, _| {
            steps += 1;
            ControlFlow::Continue(())
        });
        assert_full(&failure.unwrap_err(), Operation::Save, target);
        assert!(steps > 1, "a part must have been written");
        unchanged();
        for format in [Format::Text(Content::Both), Format::JsonLines, Format::Csv, Format::Raw] {
            let failure = export(&snapshot, format, |export| export.to_file(target)).unwrap_err();
            assert_full(&failure, Operation::Export, target);
            unchanged();
        }
    }
    let failure = export(&snapshot, Format::Raw, |export| export.streams_to_folder(&new, "run")).unwrap_err();
    assert_full(&failure, Operation::Export, &new);
    unchanged();
    // Without room for even a directory entry.
    fill(&small.join("rest"));
    fs::remove_file(&old).unwrap();
    let failure = save(&snapshot, &new, &mut go_on).unwrap_err();
    assert_full(&failure, Operation::Save, &new);
    assert_eq!(names_in(&small), BTreeSet::from(["rest".to_string()]));

    // The same by the command line.
    let saved = elsewhere.path().join("run.pcapng");
    save(&snapshot, &saved, &mut go_on).unwrap().unwrap();
    for format in ["text", "jsonl", "csv", "raw"] {
        let output = Command::new(env!("CARGO_BIN_EXE_wirelab"))
            .arg("export")
            .arg(&saved)
            .args(["--format", format, "--connection", "1", "--direction", "in", "--output"])
            .arg(&new)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}: {said}");
        assert!(said.contains(&format!("Could not export to {}: the disk is full", new.display())), "{said}");
        assert_eq!(names_in(&small), BTreeSet::from(["rest".to_string()]), "{format}");
    }
}

fn export<T>(snapshot: &Snapshot, format: Format, run: impl FnOnce(Export<'_, '_>) -> T) -> T {
    run(Export {
        snapshot: snapshot.clone(),
        selection: Selection::All,
        format,
        encodings: Encoding::Utf8.into(),
        names: PeerNames::default(),
        language: Language::English,
        frames: None,
        progress: &mut go_on,
    })
}

#[test]
fn importing_a_capture_that_does_not_fit_fails_and_a_session_still_starts() {
    let Some(small) = small_disk("importing_a_capture_that_does_not_fit_fails_and_a_session_still_starts")
    else {
        return;
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let capture = elsewhere.path().join("capture.pcap");
    let mut bytes =
        [&0xA1B2_C3D4u32.to_le_bytes()[..], &[2, 0, 4, 0], &[0; 8], &[0xFF, 0xFF, 0, 0, 101, 0, 0, 0]]
            .concat();
    let mut packet = Vec::new();
    let builder = etherparse::PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 0, 1], 64).udp(50_000, 53);
    builder.write(&mut packet, &[7; 60_000]).unwrap();
    for number in 0..2 * SMALL_BYTES / packet.len() {
        for value in [1_700_000_000, number as u32, packet.len() as u32, packet.len() as u32] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(&packet);
    }
    fs::write(&capture, bytes).unwrap();
    let into = Destination::Folder(small.join("imported"));
    let failure = import(&capture, into, Language::English, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(failure.kind, FailureKind::DiskFull);
    let words = explain(Language::English.words(), &failure);
    assert!(words.contains("imported") && !words.contains("session"), "{words}");

    // Without any room, a session still receives and sends.
    fill(&small.join("rest"));
    let folder = RecordingFolder::create(&small, "full", Timestamp(5)).unwrap();
    let session = Session::start_with(server(), |options| {
        options.recording = Some((folder.destination(), Limits::default()));
    });
    let mut peer = connect(session.wait_for_address());
    peer.write_all(b"question").unwrap();
    session.wait("the question", |status| status.recording.bytes_lost == 8);
    session.send(Target::All, b"answer");
    assert_eq!(read_exactly(&mut peer, 6), b"answer");
    let status = session.wait("the answer", |status| status.recording.bytes_lost == 14);
    assert!(status.accounting().adds_up());
    assert_eq!(Cursor::new(session.handle.reader().snapshot()).next(Default::default()), Ok(None));
    fs::remove_file(small.join("rest")).unwrap();
    fs::remove_dir_all(small.join("imported")).unwrap();
    peer.write_all(b"again").unwrap();
    session.wait("the recording", |status| status.recording.bytes_recorded == 5);
    assert_eq!(session.bytes(Direction::Inbound), b"again");
}
