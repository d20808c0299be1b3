//! Accounting of losses: the counts add up and match the recording.
//!
//! RLIMIT_FSIZE simulates a full disk. It applies to a process, so that test runs itself in a child process.

// Not on Windows: RLIMIT_FSIZE simulates the full disk, and only Linux counts dropped datagrams.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::net::UdpSocket;
use std::process::Command;
use support::*;
use wirelab::capture::{CaptureWriter, Destination, Limits, Snapshot};
use wirelab::model::{
    AnswerNote, ConnectionId, Count, Direction, KernelDrops, Record, RecordKind, Status, Timestamp, Transport,
};

/// Set in the child process.
const LIMITED: &str = "WIRELAB_TEST_LIMITED";

#[derive(Clone, Debug)]
enum Step {
    Append {
        kind: RecordKind,
        connection: u32,
        is_udp: bool,
        bytes: usize,
    },
    Publish,
    /// Limits the size of files, in bytes.
    Limit(u64),
    Unlimit,
}

fn any_step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        6 => Just(RecordKind::Data),
        1 => Just(RecordKind::Opened),
        1 => Just(RecordKind::Closed),
        1 => Just(RecordKind::Note),
    ];
    let bytes = prop_oneof![8 => 0usize..2000, 1 => 60_000usize..70_000, 1 => 100_000usize..300_000];
    prop_oneof![
        12 => (kind, 1u32..5, any::<bool>(), bytes)
            .prop_map(|(kind, connection, is_udp, bytes)| Step::Append { kind, connection, is_udp, bytes }),
        4 => Just(Step::Publish),
        1 => (0u64..100_000).prop_map(Step::Limit),
        1 => Just(Step::Unlimit),
    ]
}

/// The number of data records of a snapshot, and their bytes.
fn readable(snapshot: Snapshot) -> Count {
    let data = records_of(snapshot).into_iter().filter(|record| record.kind == RecordKind::Data);
    data.fold(Count::default(), |count, record| Count {
        records: count.records + 1,
        bytes: count.bytes + record.payload.len() as u64,
    })
}

/// The status of a session that has received `appended`.
fn status_of(writer: &CaptureWriter, appended: Count) -> Status {
    let mut status = Status { recording: writer.status().clone(), ..Status::default() };
    status.traffic.records_in = appended.records;
    status.traffic.bytes_in = appended.bytes;
    status
}

/// Sets the soft limit of the size of files.
fn set_limit(bytes: u64) {
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, bytes, hard).unwrap();
}

/// Runs the steps, and returns the numbers of records that were not recorded and that expired.
fn records_add_up(steps: &[Step], limits: Limits) -> Result<(u64, u64), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().join("recording")), limits);
    let mut appended = Count::default();
    let payload = vec![7; 300_000];
    for step in steps {
        match *step {
            Step::Append { kind, connection, is_udp, bytes } => {
                let bytes = match (kind, is_udp) {
                    (RecordKind::Data, false) => bytes,
                    (RecordKind::Data, true) => bytes.min(65_507),
                    _ => 0,
                };
                let records = writer.append(&Record {
                    time: Timestamp(1),
                    kind,
                    direction: Direction::Inbound,
                    transport: if is_udp { Transport::Udp } else { Transport::Tcp },
                    connection: ConnectionId(connection),
                    local: "127.0.0.1:7788".parse().unwrap(),
                    peer: "127.0.0.1:50122".parse().unwrap(),
                    payload: &payload[..bytes],
                    is_cut: false,
                    text: "",
                    answer: AnswerNote::default(),
                });
                if kind == RecordKind::Data {
                    appended.records += records;
                    appended.bytes += bytes as u64;
                }
            }
            Step::Publish => {
                writer.publish();
                let status = status_of(&writer, appended);
                prop_assert!(status.accounting().adds_up(), "{:#?}", status.accounting());
                let kept = status.accounting().recorded.unwrap().kept;
                prop_assert_eq!(readable(writer.reader().snapshot()), kept, "{:?}", status.recording);
            }
            Step::Limit(bytes) => set_limit(bytes),
            Step::Unlimit => set_limit(RLIM_INFINITY),
        }
    }
    set_limit(RLIM_INFINITY);
    writer.publish();
    let status = status_of(&writer, appended);
    prop_assert!(status.accounting().adds_up(), "{:#?}", status.accounting());
    let recorded = status.accounting().recorded.unwrap();
    prop_assert_eq!(readable(writer.reader().snapshot()), recorded.kept);
    Ok((recorded.not_recorded.records, recorded.expired.records))
}

#[test]
fn the_counts_add_up_with_a_full_disk_and_a_size_limit() {
    if std::env::var_os(LIMITED).is_none() {
        // With SIGXFSZ ignored, a write beyond the limit fails with EFBIG.
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "the_counts_add_up_with_a_full_disk_and_a_size_limit", "--nocapture"])
            .env(LIMITED, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
        return;
    }
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) };
    let cases = (prop::collection::vec(any_step(), 1..80), 500u64..200_000, 1u64..6);
    let (lost, expired) = (Cell::new(0), Cell::new(0));
    TestRunner::new(config)
        .run(&cases, |(steps, segment_bytes, segments)| {
            let total_bytes = Some(segment_bytes * segments);
            let result = records_add_up(&steps, Limits { segment_bytes, total_bytes });
            // So that the report of a failed case can be written.
            set_limit(RLIM_INFINITY);
            let (of_disk, of_limit) = result?;
            lost.set(lost.get() + of_disk);
            expired.set(expired.get() + of_limit);
            Ok(())
        })
        .unwrap();
    let losses = (lost.get(), expired.get());
    assert!(losses.0 > 100 && losses.1 > 100, "too few records are lost: {losses:?}");
}

#[test]
fn every_datagram_is_recorded_or_counted_as_dropped() {
    let (gate, when_reached, go_on) = Gate::at(RecordKind::Data, "");
    let session = Session::start_with(udp(), |options| options.observer = Some(Box::new(gate)));
    let address = session.wait_for_address();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.send_to(b"first", address).unwrap();
    when_reached.recv_timeout(DEADLINE).unwrap();
    // Over loopback a datagram is in the receive buffer, or dropped, when `send_to` returns. These exceed the buffer.
    for number in 0..100_000u32 {
        peer.send_to(&[number as u8; 1000], address).unwrap();
    }
    go_on.send(()).unwrap();
    // The drops are reported with the next datagram received, or shortly after the last one.
    let status = session.wait("the last drops", |status| {
        let accounting = status.accounting();
        assert!(accounting.adds_up(), "{accounting:?}");
        let KernelDrops::Counted(dropped) = accounting.dropped_by_kernel else {
            panic!("Linux counts drops: {accounting:?}")
        };
        accounting.received.records + dropped == 100_001
    });
    let accounting = status.accounting();
    assert!(accounting.received.records < 100_001, "no datagram was dropped");
    let kept = accounting.recorded.unwrap().kept;
    assert_eq!(kept, accounting.received);
    assert_eq!(readable(session.handle.reader().snapshot()), kept);
    assert!(accounting.has_losses());
}
