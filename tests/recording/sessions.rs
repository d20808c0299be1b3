//! Recordings of whole sessions, read by Wireshark.

use super::support::*;
use super::tshark::{Conversation, assert_sound, dissect, follow, run};
use super::{LOOPBACKS, any_port, pattern};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use wirelab::capture::{CaptureWriter, Cursor, Destination, Limits, open, save};
use wirelab::model::{
    AnswerNote, ConnectionId, Direction, Record, RecordKind, SessionConfig, SessionState, Status, Target,
    TcpClientConfig, TcpServerConfig, Timestamp, Transport, UdpConfig,
};

/// Runs a server whose connections end in every way, recorded in segments of `segment_bytes`. Returns its files, the
/// folder that deletes them, and what each peer sent and received.
pub fn serve(
    ip: &str,
    segment_bytes: u64,
) -> (Vec<PathBuf>, tempfile::TempDir, BTreeMap<SocketAddr, Conversation>) {
    let config = TcpServerConfig { keep_half_open: true, ..TcpServerConfig::new(any_port(ip)) };
    let limits = Limits { segment_bytes, total_bytes: None };
    let session = Session::start_limited(SessionConfig::TcpServer(config), limits);
    let address = session.wait_for_address();
    let mut expected = BTreeMap::new();

    // Sends in both directions, more than one packet each; closed by the server at the end.
    let mut talking = connect(address);
    let (question, answer) = (pattern(200_000, 1), pattern(150_000, 2));
    talking.write_all(&question).unwrap();
    session.wait("the question", |status| status.traffic.bytes_in == 200_000);
    session.send(Target::All, &answer);
    assert!(read_exactly(&mut talking, answer.len()) == answer);
    // A send without a recipient.
    assert!(
        session.send_and_wait(Target::Connections(vec![ConnectionId(99)]), b"to nobody").failure.is_some()
    );
    expected.insert(talking.local_addr().unwrap(), (question, answer));

    // Half-closed by the peer, answered, and closed by the server.
    let mut half = connect(address);
    half.write_all("半关闭".as_bytes()).unwrap();
    half.shutdown(Shutdown::Write).unwrap();
    let is_half = |status: &Status| status.connections.iter().find(|c| c.is_half_closed).map(|c| c.id);
    let status = session.wait("half-close", |status| is_half(status).is_some());
    let id = is_half(&status).unwrap();
    session.send(Target::Connections(vec![id]), b"late");
    assert_eq!(read_exactly(&mut half, 4), b"late");
    expected.insert(half.local_addr().unwrap(), ("半关闭".into(), b"late".to_vec()));
    session.handle.disconnect(vec![id]).unwrap();
    assert_eq!(half.read(&mut [0]).unwrap(), 0);

    // Reset by the peer.
    let mut resetting = connect(address);
    resetting.write_all(b"bye").unwrap();
    session.wait("its bytes", |status| status.traffic.bytes_in == 200_012);
    expected.insert(resetting.local_addr().unwrap(), (b"bye".to_vec(), Vec::new()));
    reset(resetting);
    session.wait("the reset", |status| status.connections.len() == 1);

    // Without data, closed by the stop.
    let silent = connect(address);
    session.wait("the silent peer", |status| status.connections.len() == 2);
    expected.insert(silent.local_addr().unwrap(), Conversation::default());
    drop(talking);
    session.handle.disconnect(vec![ConnectionId(1)]).unwrap();
    session.wait("the close of the first connection", |status| status.connections.len() == 1);
    let (files, folder) = session.finish();
    (files, folder, expected)
}

#[test]
fn wireshark_reads_a_server_s_recording_and_follows_its_streams() {
    for ip in LOOPBACKS {
        let (files, _folder, expected) = serve(ip, 256 << 20);
        assert_eq!(files.len(), 1);
        assert_sound(&files[0]);
        assert!(follow(&files[0], "tcp") == expected, "{ip}");
    }
}

#[test]
fn each_segment_is_a_valid_file_and_their_concatenation_is_the_recording() {
    for ip in LOOPBACKS {
        let (files, folder, expected) = serve(ip, 50_000);
        assert!(files.len() > 3, "{files:?}");
        for file in &files {
            // A segment alone begins in the middle of streams, which tshark reports.
            dissect(file);
            open(file).unwrap();
        }
        let joined = joined(&files, folder.path());
        assert_sound(&joined);
        assert!(follow(&joined, "tcp") == expected, "{ip}");
    }
}

#[test]
fn wireshark_follows_a_client_that_reconnects_from_the_same_port() {
    for ip in LOOPBACKS {
        let listener = TcpListener::bind(any_port(ip)).unwrap();
        let remote = listener.local_addr().unwrap();
        let local = TcpListener::bind(any_port(ip)).unwrap().local_addr().unwrap();
        let config = TcpClientConfig {
            local: Some(local),
            ..TcpClientConfig::new(remote.to_string().parse().unwrap())
        };
        let session = Session::client(config.clone());
        for round in 0..2u32 {
            if round > 0 {
                session.handle.start(SessionConfig::TcpClient(config.clone())).unwrap();
            }
            let mut peer = accept(&listener);
            session.wait("open", |status| status.state == SessionState::Open);
            session.send(Target::All, format!("question {round}").as_bytes());
            assert_eq!(read_exactly(&mut peer, 10), format!("question {round}").as_bytes());
            peer.write_all(format!("answer {round}").as_bytes()).unwrap();
            // The side that closes first enters TIME-WAIT, so that the client's port stays free.
            drop(peer);
            session.wait_for_end();
        }
        let (files, _folder) = session.finish();
        let packets = dissect(&files[0]);
        let flagged = |field| packets.iter().filter(|packet| !packet.field(field).is_empty()).count();
        assert_eq!(flagged("tcp.analysis.reused_ports"), 1, "{ip}");
        assert_eq!(flagged("tcp.analysis.flags"), 1, "the reused port must be the only finding");
        assert_eq!(
            packets.iter().filter_map(|packet| packet.field("tcp.stream").parse::<u32>().ok()).max(),
            Some(1)
        );
    }
}

#[test]
fn wireshark_reads_datagrams_whole_and_follows_them() {
    for ip in LOOPBACKS {
        let session = Session::start(SessionConfig::Udp(UdpConfig::new(any_port(ip))));
        let address = session.wait_for_address();
        let mut expected = BTreeMap::new();
        for number in 0..3u32 {
            let peer = UdpSocket::bind(any_port(ip)).unwrap();
            peer.set_read_timeout(Some(DEADLINE)).unwrap();
            let longest = pattern(65_507, number);
            let before = session.handle.status().traffic.records_in;
            for datagram in [&b"first"[..], &[], &longest] {
                peer.send_to(datagram, address).unwrap();
            }
            session.wait("three more", |status| status.traffic.records_in == before + 3);
            session.send(Target::LastPeer, &longest);
            session.send(Target::Address(peer.local_addr().unwrap()), b"");
            let mut buffer = vec![0; 70_000];
            assert_eq!(peer.recv(&mut buffer).unwrap(), 65_507);
            assert_eq!(peer.recv(&mut buffer).unwrap(), 0);
            expected.insert(peer.local_addr().unwrap(), ([b"first", &longest[..]].concat(), longest));
        }
        let too_long = session.send_and_wait(Target::Address("127.0.0.1:9".parse().unwrap()), &[0; 70_000]);
        assert!(too_long.failure.is_some());
        let (files, _folder) = session.finish();
        let packets = assert_sound(&files[0]);
        let datagrams = packets.iter().filter(|packet| !packet.field("udp.stream").is_empty()).count();
        assert_eq!(datagrams, 15);
        assert!(follow(&files[0], "udp") == expected, "{ip}");
    }
}

/// Writes a TCP connection of records with these sizes, all received or in alternating directions.
fn transfer(path: &Path, sizes: impl Iterator<Item = usize>, is_alternating: bool) {
    let mut writer = CaptureWriter::new(Destination::file(path).unwrap(), Limits::default());
    let bytes = pattern(1 << 20, 3);
    let mut record = Record {
        time: Timestamp(1_700_000_000_000_000_000),
        kind: RecordKind::Opened,
        direction: Direction::Inbound,
        transport: Transport::Tcp,
        connection: ConnectionId(1),
        local: "127.0.0.1:7788".parse().unwrap(),
        peer: "127.0.0.1:50000".parse().unwrap(),
        payload: &[],
        is_cut: false,
        text: "",
        answer: AnswerNote::default(),
    };
    writer.append(&record);
    record.kind = RecordKind::Data;
    for size in sizes {
        record.time.0 += 1000;
        record.payload = &bytes[..size];
        if is_alternating {
            record.direction = match record.direction {
                Direction::Inbound => Direction::Outbound,
                Direction::Outbound => Direction::Inbound,
            };
        }
        writer.append(&record);
    }
    writer.append(&Record {
        kind: RecordKind::Closed,
        direction: Direction::Inbound,
        payload: &[],
        ..record
    });
    writer.publish();
    assert_eq!(writer.status().failure, None);
}

#[test]
fn wireshark_finds_no_error_in_long_transfers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.pcapng");
    // 300 MB from a fast peer, and small records that exceed a window of 64 KiB.
    transfer(&path, std::iter::repeat_n(65_535, 4600), false);
    assert_sound(&path);
    transfer(&path, std::iter::repeat_n(1, 70_000), false);
    assert_sound(&path);
    transfer(&path, (0..5000).map(|i| 1 + i * 37 % 9000), true);
    assert_sound(&path);
}

/// Concatenates segments: pcapng allows several sections in a file.
fn joined(files: &[PathBuf], folder: &Path) -> PathBuf {
    let path = folder.join("joined.pcapng");
    let bytes: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn bookmarks_are_comments_and_a_saved_recording_has_no_errors() {
    let config = SessionConfig::TcpServer(TcpServerConfig::new(any_port("127.0.0.1")));
    let session = Session::start_limited(config, Limits { segment_bytes: 2000, total_bytes: None });
    let mut peer = connect(session.wait_for_address());
    for number in 1..=20u64 {
        peer.write_all(&pattern(500, number as u32)).unwrap();
        session.wait("the bytes", |status| status.traffic.bytes_in == number * 500);
    }
    let reader = session.handle.reader().clone();
    let snapshot = reader.snapshot();
    let mut cursor = Cursor::new(snapshot.clone());
    let first = cursor.next(snapshot.start()).unwrap().unwrap();
    let last = cursor.previous(snapshot.end()).unwrap().unwrap();
    session.handle.set_bookmark(first, Some("it begins 开始".into())).unwrap();
    session.handle.set_bookmark(last, Some(String::new())).unwrap();
    session.wait("the bookmarks", |_| reader.bookmarks().len() == 2);
    session.handle.set_bookmark(last, None).unwrap();
    session.wait("the removal of one", |_| reader.bookmarks().len() == 1);
    assert_eq!(reader.bookmarks().get(first), Some("it begins 开始"));
    let (files, folder) = session.finish();
    assert!(files.len() > 4);

    let path = folder.path().join("saved.pcapng");
    let go_on = &mut |_, _| std::ops::ControlFlow::Continue(());
    save(&reader.snapshot(), &path, go_on).unwrap();
    assert_sound(&path);
    let comments = run("tshark", &["-n", "-T", "fields", "-e", "frame.comment", "-r"], &path).stdout;
    let comments = String::from_utf8(comments).unwrap();
    assert_eq!(comments.lines().filter(|line| *line == "it begins 开始").count(), 1);
    assert_eq!(follow(&path, "tcp").len(), 1);
    let mut opened = open(&path).unwrap();
    assert_eq!(opened.indexing.wait().failure, None);
    let bookmarks = opened.reader.bookmarks();
    assert_eq!(bookmarks.iter().collect::<Vec<_>>(), [(first, "it begins 开始")]);
    assert!(records_of(opened.reader.snapshot()) == records_of(reader.snapshot()));
}
