//! Recordings whose process was killed: everything published is kept and offered for recovery.
//!
//! The killed process is this program, started again by the test.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, LazyLock};
use wirelab::capture::{
    CaptureWriter, Cursor, Limits, Opened, Position, RecordingFolder, Scanner, unfinished,
};
use wirelab::engine::{SessionHandle, SessionOptions};
use wirelab::model::{
    AnswerNote, ConnectionId, Direction, Record, RecordKind, SessionConfig, SessionState, TcpServerConfig,
    Timestamp, Transport,
};

/// Set in the process that records until it is killed: the parent of its folder.
const PARENT: &str = "WIRELAB_TEST_RECORD_BELOW";

/// The same for the process that runs a session.
const SESSION: &str = "WIRELAB_TEST_SESSION_BELOW";

/// The same for the process whose files cannot grow.
#[cfg(target_os = "linux")]
const FULL: &str = "WIRELAB_TEST_FULL_BELOW";

/// Kills per test. wine takes far longer to start a process.
const ROUNDS: u64 = if cfg!(windows) { 10 } else { 50 };

/// The pseudo-random payload of record `number`, of up to 65,000 bytes.
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

/// Records at full speed, and prints the number of records after each publish.
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
                answer: AnswerNote::default(),
            });
            number += 1;
        }
        writer.publish();
        assert_eq!(writer.reader().snapshot().records(), number);
        writeln!(out, "published {number}").unwrap();
    }
}

/// The bytes sent to a session, which repeat after a prime number of bytes.
static STREAM: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..1_000_003u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect());

/// Runs a session, and prints how many received bytes a reader of the recording has seen.
fn record_a_session_until_killed(parent: &Path) {
    let folder = RecordingFolder::create(parent, "TCP server :7788", Timestamp(5)).unwrap();
    let (sender, news) = crossbeam_channel::bounded(1);
    let session = SessionHandle::open(
        "to be killed",
        SessionOptions {
            recording: Some((folder.destination(), Limits { segment_bytes: 4 << 20, total_bytes: None })),
            notify: Arc::new(move || {
                let _ = sender.try_send(());
            }),
            ..SessionOptions::default()
        },
    )
    .unwrap();
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    session.start(SessionConfig::TcpServer(TcpServerConfig::new(any_port))).unwrap();
    while session.status().state != SessionState::Listening {
        news.recv().unwrap();
    }
    let mut out = std::io::stdout();
    writeln!(out, "listening on {}", session.status().local.unwrap()).unwrap();
    let mut scanner = Scanner::new(Position(0));
    let mut bytes = 0;
    loop {
        // Reading the status makes the session notify again.
        assert_eq!(session.status().recording.failure, None);
        let snapshot = session.reader().snapshot();
        while let Some(chunk) = scanner.read(&snapshot).unwrap() {
            bytes += chunk.records().map(|scanned| scanned.unwrap().payload.len()).sum::<usize>();
            // The first chunk can have only the note about listening.
            if bytes > 0 {
                writeln!(out, "published {bytes}").unwrap();
            }
        }
        news.recv().unwrap();
    }
}

/// A child process that is killed when this is dropped.
struct Recording(Child);

impl Recording {
    fn start(test: &str, variable: &str, parent: &Path) -> (Self, BufReader<ChildStdout>) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(variable, parent)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        (Self(child), lines)
    }

    /// Kills the process at an arbitrary moment.
    fn kill_after(&mut self, spins: u64) {
        for _ in 0..spins {
            std::hint::spin_loop();
        }
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

/// The number in a line.
fn published(line: &str) -> Option<u64> {
    // A line that the kill has cut has no line break.
    line.strip_suffix('\n')?.split("published ").nth(1)?.parse().ok()
}

/// Reads until `count` numbers were printed, or to the end; returns the last number.
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

/// A pseudo-random number.
fn mixed(number: u64) -> u64 {
    number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
}

/// Asserts that a recording has whole records in order, at least as many as were published.
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
    assert!(number >= at_least, "{number} of {at_least} published records");
    assert_eq!(cursor.snapshot().records(), number);
}

#[test]
fn every_published_byte_survives_a_kill() {
    if let Some(parent) = std::env::var_os(PARENT) {
        record_until_killed(Path::new(&parent));
    }
    let parent = tempfile::tempdir().unwrap();
    let mut was_cut = 0;
    for round in 0..ROUNDS {
        let (mut recording, mut lines) =
            Recording::start("every_published_byte_survives_a_kill", PARENT, parent.path());
        let seen = read_until(&mut lines, 1 + (mixed(round) % 64) as usize);
        if round == 0 {
            assert!(unfinished(parent.path()).is_empty(), "a recording in use is not offered");
        }
        recording.kill_after(mixed(round + 1000) % 100_000);
        let last = read_until(&mut lines, usize::MAX).max(seen);
        assert!(seen > 0, "round {round}: nothing was recorded");
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
    println!("{was_cut} of {ROUNDS} recordings ended with a cut record");
}

#[test]
fn every_byte_seen_by_a_reader_survives_a_kill() {
    if let Some(parent) = std::env::var_os(SESSION) {
        record_a_session_until_killed(Path::new(&parent));
    }
    let parent = tempfile::tempdir().unwrap();
    let test = "every_byte_seen_by_a_reader_survives_a_kill";
    for round in 0..ROUNDS {
        let (mut recording, mut lines) = Recording::start(test, SESSION, parent.path());
        let mut line = String::new();
        while !line.contains("listening on ") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "round {round}: the process has ended");
        }
        let address: SocketAddr = line.trim().split("listening on ").nth(1).unwrap().parse().unwrap();
        let mut peer = TcpStream::connect(address).unwrap();
        let sending = std::thread::Builder::new().name("sender".into()).spawn(move || {
            // Until the kill; bounded, should it not come.
            for _ in 0..1000 {
                if peer.write_all(&STREAM).is_err() {
                    return;
                }
            }
        });
        let seen = read_until(&mut lines, 1 + (mixed(round) % 40) as usize);
        recording.kill_after(mixed(round + 1000) % 100_000);
        sending.unwrap().join().unwrap();
        let last = read_until(&mut lines, usize::MAX).max(seen);
        assert!(seen > 0, "round {round}: nothing was recorded");
        let mut found = unfinished(parent.path());
        let [left] = &found[..] else { panic!("round {round}: {found:?}") };
        let mut opened = left.open().unwrap();
        assert_eq!(opened.indexing.wait().failure, None);
        let snapshot = opened.reader.snapshot();
        let mut cursor = Cursor::new(snapshot.clone());
        let (mut at, mut bytes) = (Position(0), 0);
        while let Some(position) = cursor.next(at).unwrap() {
            let entry = cursor.read(position).unwrap().unwrap();
            at = entry.end;
            let mut payload = entry.record.payload;
            while !payload.is_empty() {
                let place = bytes % STREAM.len();
                let length = payload.len().min(STREAM.len() - place);
                assert!(payload[..length] == STREAM[place..place + length], "round {round}, byte {bytes}");
                bytes += length;
                payload = &payload[length..];
            }
        }
        assert!(bytes as u64 >= last, "round {round}: {bytes} of {last} published bytes");
        drop((opened, cursor, snapshot));
        found.remove(0).delete().unwrap();
    }
}

// Not on Windows: `ulimit -f` simulates the full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_recording_can_be_created_on_a_full_disk() {
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
            answer: AnswerNote::default(),
        });
        writer.publish();
        assert_eq!(writer.status().failure.as_ref().unwrap().kind, wirelab::model::FailureKind::FileTooLarge);
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    // With SIGXFSZ ignored, a write beyond `ulimit -f` fails, as on a full disk.
    let ended = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_recording_can_be_created_on_a_full_disk"])
        .env(FULL, parent.path())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}
