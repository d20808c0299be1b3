//! Files that are sent, against plain sockets.

use crate::support::*;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};
use wirelab::capture::Cursor;
use wirelab::engine::{FileForm, FileOptions, SendFile};
use wirelab::model::{
    Direction, FailureKind, OutgoingId, OutgoingState, OutgoingStatus, Progress, RecordKind, Status, Target,
};

fn content(length: usize) -> Vec<u8> {
    (0u32..).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).take(length).collect()
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn with_client() -> (Session, TcpStream) {
    let (session, address) = Session::server();
    let peer = connect(address);
    session.wait("a client", |status| status.connections.len() == 1);
    (session, peer)
}

fn start(session: &Session, path: &Path, options: FileOptions) -> OutgoingId {
    session.handle.start_outgoing("a file", SendFile::new(path, Target::All, options)).unwrap()
}

fn find(status: &Status, id: OutgoingId) -> &OutgoingStatus {
    status.outgoing.iter().find(|outgoing| outgoing.id == id).unwrap()
}

#[track_caller]
fn end(session: &Session, id: OutgoingId) -> OutgoingStatus {
    let status = session.wait("its end", |status| {
        status.outgoing.iter().any(|outgoing| outgoing.id == id && outgoing.state.has_ended())
    });
    find(&status, id).clone()
}

fn done(status: &OutgoingStatus) -> (u64, Option<u64>) {
    match status.progress {
        Progress::Bytes { done, total, .. } => (done, total),
        ref other => panic!("{other:?}"),
    }
}

fn lines(form: FileForm) -> FileOptions {
    FileOptions { form, ..FileOptions::default() }
}

#[test]
fn a_file_arrives_as_it_is() {
    for length in [0, 1, 255 << 10, 30_000_001] {
        let (session, mut peer) = with_client();
        let all = content(length);
        let source = file(&all);
        let id = start(&session, source.path(), FileOptions::default());
        assert!(read_exactly(&mut peer, length) == all, "{length} bytes");
        let status = end(&session, id);
        assert_eq!(status.state, OutgoingState::Done);
        assert_eq!(done(&status), (length as u64, Some(length as u64)));
        assert!(session.bytes(Direction::Outbound) == all, "and is recorded");
    }
}

#[test]
fn each_chunk_is_a_write_and_each_line_in_its_form() {
    let (session, address) = Session::udp();
    let receiver = UdpSocket::bind(loopback()).unwrap();
    receiver.set_read_timeout(Some(DEADLINE)).unwrap();
    receiver.send_to(b"x", address).unwrap();
    session.wait("the peer", |status| status.connections.len() == 1);
    let chunks = |chunk_bytes| FileOptions { chunk_bytes, ..FileOptions::default() };
    let hex = FileOptions { chunk_bytes: 4, ..lines(FileForm::Hex) };
    for (content, options, expected) in [
        ("abcdefgh", chunks(3), vec!["abc", "def", "gh"]),
        ("one\r\ntwo\n\nlast", lines(FileForm::Lines), vec!["one\r\n", "two\n", "\n", "last"]),
        ("41 42\n43,0x44 45\n\n46", hex.clone(), vec!["ABCD", "EF"]),
        ("00000000  41 42 43  |ABC|\n00000003\n", hex, vec!["ABC"]),
    ] {
        let source = file(content.as_bytes());
        let id = start(&session, source.path(), options);
        let mut buffer = [0; 64];
        for expected in expected {
            let length = receiver.recv(&mut buffer).unwrap();
            assert_eq!(String::from_utf8_lossy(&buffer[..length]), expected, "{content:?}");
        }
        let status = end(&session, id);
        assert_eq!(status.state, OutgoingState::Done);
        assert_eq!(done(&status), (content.len() as u64, Some(content.len() as u64)), "{content:?}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let (session, mut peer) = with_client();
    let source = file(b"41\n42\nxx\n43");
    let id = start(&session, source.path(), FileOptions { chunk_bytes: 1, ..lines(FileForm::Hex) });
    let OutgoingState::Failed(failure) = end(&session, id).state else { panic!() };
    let FailureKind::NotBuilt { detail } = &failure.kind else { panic!("{failure:?}") };
    assert!(detail.contains("line 3, column 1"), "{detail}");
    assert_eq!(failure.endpoint, source.path().display().to_string());
    assert_eq!(read_exactly(&mut peer, 2), b"AB", "what was before it");
    let missing = source.path().with_extension("missing");
    let id = start(&session, &missing, FileOptions::default());
    let OutgoingState::Failed(failure) = end(&session, id).state else { panic!() };
    assert_eq!((failure.kind, failure.endpoint), (FailureKind::FileNotFound, missing.display().to_string()));
    let folder = tempfile::tempdir().unwrap();
    let id = start(&session, folder.path(), FileOptions::default());
    assert!(matches!(end(&session, id).state, OutgoingState::Failed(_)));
}

#[test]
fn a_rate_and_a_gap_are_kept() {
    let source = file(&content(300_000));
    let rate = FileOptions { rate: Some(1_000_000), chunk_bytes: 10_000, ..FileOptions::default() };
    let gap = FileOptions { gap: Duration::from_millis(10), chunk_bytes: 10_000, ..FileOptions::default() };
    // What may be caught up at once belongs to 50 ms.
    for (options, least) in [(rate, Duration::from_millis(230)), (gap, Duration::from_millis(290))] {
        let (session, mut peer) = with_client();
        let began = Instant::now();
        let id = start(&session, source.path(), options);
        read_exactly(&mut peer, 300_000);
        assert!(began.elapsed() >= least, "{:?}", began.elapsed());
        assert_eq!(end(&session, id).state, OutgoingState::Done);
    }
}

#[test]
fn it_is_paused_goes_on_and_is_stopped() {
    let (session, mut peer) = with_client();
    let all = content(400_000);
    let source = file(&all);
    let options = FileOptions { rate: Some(400_000), chunk_bytes: 1_000, ..FileOptions::default() };
    let id = start(&session, source.path(), options);
    let mut received = read_exactly(&mut peer, 10_000);
    session.handle.pause_outgoing(id).unwrap();
    let status = session.wait("the pause", |status| find(status, id).state == OutgoingState::Paused);
    let at = status.traffic.bytes_out;
    // A bookmark and a send are taken meanwhile.
    session.send(Target::All, b"");
    let snapshot = session.handle.reader().snapshot();
    let first = Cursor::new(snapshot.clone()).next(snapshot.start()).unwrap().unwrap();
    session.handle.set_bookmark(first, Some("here".into())).unwrap();
    session.wait("the bookmark", |_| !session.handle.reader().snapshot().bookmarks().is_empty());
    assert_eq!(session.handle.status().traffic.bytes_out, at, "nothing is sent");
    session.handle.resume_outgoing(id).unwrap();
    received.extend(read_exactly(&mut peer, 10_000 + at as usize - received.len()));
    session.handle.stop_outgoing(id).unwrap();
    let status = end(&session, id);
    assert_eq!(status.state, OutgoingState::Stopped);
    let sent = session.handle.status().traffic.bytes_out as usize;
    received.extend(read_exactly(&mut peer, sent - received.len()));
    assert!(received[..] == all[..sent] && sent < all.len());
}

#[test]
fn a_send_meanwhile_goes_between_two_chunks_and_says_so() {
    let (session, mut peer) = with_client();
    let source = file(&[b'.'; 100_000]);
    let options = FileOptions { rate: Some(500_000), chunk_bytes: 1_000, ..FileOptions::default() };
    let id = start(&session, source.path(), options);
    let mut received = read_exactly(&mut peer, 5_000);
    session.send(Target::All, b"HELLO");
    received.extend(read_exactly(&mut peer, 95_005));
    let place = received.iter().position(|byte| *byte == b'H').unwrap();
    assert_eq!(&received[place..place + 5], b"HELLO");
    assert!(place.is_multiple_of(1_000), "between two chunks: {place}");
    let note = session.records().into_iter().find(|record| {
        record.kind == RecordKind::Note && record.text.starts_with("Sent between two parts of a file")
    });
    assert!(note.unwrap().text.ends_with(&format!("after its first {place} bytes")));
    assert_eq!(end(&session, id).state, OutgoingState::Done);
    // Behind the file nothing is in between.
    session.send(Target::All, b"END");
    read_exactly(&mut peer, 3);
    let notes =
        session.records().into_iter().filter(|record| record.text.starts_with("Sent between")).count();
    assert_eq!(notes, 1);
}

/// A peer that reads nothing blocks a file, and nothing else.
#[test]
fn a_disconnect_and_the_end_of_the_session_do_not_wait_for_a_file() {
    let (session, _peer) = with_client();
    let source = file(&content(50_000_000));
    let id = start(&session, source.path(), FileOptions::default());
    session.wait("that it is blocked", |status| status.queued_bytes > 0);
    let asked = Instant::now();
    let connection = session.handle.status().connections[0].id;
    session.handle.disconnect(vec![connection]).unwrap();
    let status = end(&session, id);
    assert!(matches!(status.state, OutgoingState::Failed(_)), "{:?}", status.state);
    assert!(done(&status).0 < 50_000_000);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let (session, _peer) = with_client();
    let id = start(&session, source.path(), FileOptions::default());
    session.wait("that it is blocked", |status| status.queued_bytes > 0);
    session.stop();
    assert_eq!(end(&session, id).state, OutgoingState::Stopped);
}

#[test]
fn nobody_gets_the_middle_of_a_file_and_who_stays_gets_all_of_it() {
    let (session, address) = Session::server();
    let [mut first, second] = [(); 2].map(|()| connect(address));
    session.wait("both", |status| status.connections.len() == 2);
    let all = content(100_000);
    let source = file(&all);
    let options = FileOptions { rate: Some(500_000), chunk_bytes: 1_000, ..FileOptions::default() };
    let id = start(&session, source.path(), options);
    let mut received = read_exactly(&mut first, 5_000);
    let mut late = connect(address);
    session.wait("a third", |status| status.connections.len() == 3);
    drop(second);
    received.extend(read_exactly(&mut first, 95_000));
    assert!(received == all);
    assert_eq!(end(&session, id).state, OutgoingState::Done);
    session.send(Target::All, b"later");
    assert_eq!(read_exactly(&mut late, 5), b"later");
}

#[test]
fn a_file_waits_for_its_first_recipient() {
    let (session, address) = Session::server();
    let source = file(b"content");
    let id = start(&session, source.path(), FileOptions::default());
    session.wait("that it waits", |status| {
        status.outgoing.iter().any(|outgoing| outgoing.state == OutgoingState::Waiting)
    });
    let mut peer = connect(address);
    assert_eq!(read_exactly(&mut peer, 7), b"content");
    assert_eq!(end(&session, id).state, OutgoingState::Done);
    drop(peer);
    session.wait("nobody", |status| status.connections.is_empty());
}

#[test]
fn a_reset_in_the_middle_fails_with_its_reason() {
    let (session, mut peer) = with_client();
    let source = file(&content(50_000_000));
    let id = start(&session, source.path(), FileOptions::default());
    peer.read_exact(&mut [0; 1000]).unwrap();
    reset(peer);
    let OutgoingState::Failed(failure) = end(&session, id).state else { panic!() };
    // wine reads a reset as an orderly end.
    if cfg!(target_os = "linux") {
        // Between two chunks, the connection's record alone has the reason.
        assert!(matches!(failure.kind, FailureKind::Reset | FailureKind::EndedBeforeSent), "{failure:?}");
    }
}

/// A hole in what somebody gets would be worse than its end.
#[test]
fn who_misses_a_chunk_gets_no_more_of_the_file_and_is_counted() {
    let (session, address) = Session::server();
    let [mut first, mut full] = [(); 2].map(|()| connect(address));
    let status = session.wait("both", |status| status.connections.len() == 2);
    let full_address = full.local_addr().unwrap();
    let full_id = status.connections.iter().find(|info| info.peer == full_address).unwrap().id;
    // The user fills its queue, but for less than a chunk.
    for _ in 0..100 {
        session.send(Target::Connections(vec![full_id]), &vec![b'u'; 1 << 20]);
    }
    session.wait("that it is full", |_| {
        session.handle.take_send_results().iter().any(|result| result.failure.is_some())
    });
    let all = content(20_000_000);
    let source = file(&all);
    let id = start(&session, source.path(), FileOptions { chunk_bytes: 8 << 20, ..FileOptions::default() });
    assert!(read_exactly(&mut first, all.len()) == all);
    let status = end(&session, id);
    assert_eq!(status.state, OutgoingState::Done);
    assert!(matches!(status.progress, Progress::Bytes { left: 1, .. }), "{:?}", status.progress);
    assert_eq!(session.handle.status().outgoing_short, 1);
    let mut received = vec![0; 1 << 20];
    session.handle.stop();
    while let Ok(count @ 1..) = full.read(&mut received) {
        assert!(received[..count].iter().all(|byte| *byte == b'u'), "nothing of the file");
    }
}

#[test]
fn what_was_queued_when_a_file_is_cancelled_is_counted() {
    let (session, mut peer) = with_client();
    let source = file(&content(50_000_000));
    let id = start(&session, source.path(), FileOptions::default());
    session.wait("that it is blocked", |status| status.queued_bytes > 0);
    session.handle.stop_outgoing(id).unwrap();
    assert_eq!(end(&session, id).state, OutgoingState::Stopped);
    // The peer reads again: what is queued leaves.
    let reader = std::thread::spawn(move || {
        let mut sink = Vec::new();
        let _ = peer.read_to_end(&mut sink);
        sink.len()
    });
    let status = session.wait("what is queued", |status| {
        status.queued_bytes == 0 && done(find(status, id)).0 == status.traffic.bytes_out
    });
    let sent = done(find(&status, id)).0;
    session.stop();
    assert_eq!(reader.join().unwrap() as u64, sent);
}

/// What is sent over time in the middle of a file is noted once.
#[test]
fn a_repeat_and_pieces_in_the_middle_of_a_file_are_noted_for_its_recipients_alone() {
    let (session, mut peer) = with_client();
    let source = file(&[b'.'; 100_000]);
    let options = FileOptions { rate: Some(200_000), chunk_bytes: 1_000, ..FileOptions::default() };
    let id = start(&session, source.path(), options);
    let mut received = read_exactly(&mut peer, 5_000);
    // A client that came later gets nothing of the file, which a send to it does not interrupt.
    let late = connect(session.handle.status().local.unwrap());
    let status = session.wait("another", |status| status.connections.len() == 2);
    let late_address = late.local_addr().unwrap();
    let late_id = status.connections.iter().find(|info| info.peer == late_address).unwrap().id;
    session.send(Target::Connections(vec![late_id]), b"for the other one");
    let message = wirelab::engine::Message::raw(*b"r");
    let repeat = wirelab::engine::Repeat::new(Target::All, message, Duration::from_millis(1)).times(Some(5));
    session.handle.start_outgoing("a repeat", repeat).unwrap();
    let delivery = wirelab::payload::Delivery { glue: 2, ..wirelab::payload::Delivery::default() };
    let pieces = wirelab::engine::Pieces::new(Target::All, wirelab::engine::Message::raw(*b"p"), delivery);
    session.handle.start_outgoing("pieces", pieces).unwrap();
    received.extend(read_exactly(&mut peer, 95_007));
    assert_eq!(end(&session, id).state, OutgoingState::Done);
    let notes = session.records().into_iter().filter(|record| {
        record.kind == RecordKind::Note && record.text.starts_with("Sent between two parts of a file")
    });
    assert_eq!(notes.count(), 2, "one for the repeat, one for the pieces");
}
