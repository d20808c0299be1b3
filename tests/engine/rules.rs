//! Rules in sessions: a TCP server, a TCP client and a UDP socket that answer by them.

use crate::support::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wirelab::capture::Cursor;
use wirelab::codec::Encoding;
use wirelab::engine::{Message, Repeat};
use wirelab::model::{
    Direction, Endpoint, OutgoingState, RecordKind, ResponderConfig, SessionConfig, SessionState, Target,
    TcpClientConfig, TcpServerConfig, UdpConfig,
};
use wirelab::rules::{RuleSet, read};
use wirelab::streams::Encodings;

fn rules(text: &str) -> Option<(Arc<RuleSet>, Encodings)> {
    Some((Arc::new(read(text).unwrap()), Encoding::Utf8.into()))
}

/// A server that answers by rules.
fn server(text: &str) -> (Session, SocketAddr) {
    let session = Session::new();
    session.handle.set_rules(rules(text)).unwrap();
    session.handle.start(SessionConfig::TcpServer(TcpServerConfig::new(loopback()))).unwrap();
    let address = session.wait_for_address();
    (session, address)
}

fn says(stream: &mut TcpStream, bytes: &[u8], answer: &[u8]) {
    stream.write_all(bytes).unwrap();
    assert_eq!(String::from_utf8_lossy(&read_exactly(stream, answer.len())), String::from_utf8_lossy(answer));
}

#[test]
fn an_answer_s_record_leads_to_its_rule_and_to_what_it_answers() {
    let (session, address) = server(
        "frame = 'lines'\n[[rules]]\nname = 'Echo'\nwhen.starts_with = 'e'\npayload = '${counter}'\ndelay = '1ms'\n",
    );
    let mut peer = connect(address);
    says(&mut peer, b"e1\nnot\n", b"0");
    says(&mut peer, b"e2", b"");
    says(&mut peer, b"\ne", b"1");
    session.wait("both", |status| status.traffic.records_out == 2);
    session.stop();
    let mut cursor = Cursor::new(session.handle.reader().snapshot());
    let mut answers = Vec::new();
    let mut at = cursor.snapshot().start();
    let mut positions = Vec::new();
    while let Some(position) = cursor.next(at).unwrap() {
        positions.push(position);
        at = cursor.read(position).unwrap().unwrap().end;
    }
    for position in positions {
        let entry = cursor.read(position).unwrap().unwrap();
        let (record, answered) = (entry.record, entry.answered);
        let Some(answer) = record.answer.read() else {
            assert!(
                answered.is_none() && record.direction == Direction::Inbound || record.payload.is_empty()
            );
            continue;
        };
        assert_eq!((answer.rule, answer.name, record.kind), (1, "Echo", RecordKind::Data));
        let time = answer.time;
        let answered = cursor.read(answered.unwrap()).unwrap().unwrap().record;
        assert_eq!((answered.time, answered.direction), (time, Direction::Inbound));
        answers.push(String::from_utf8(answered.payload.to_vec()).unwrap());
    }
    // Each time the record that completed the line.
    assert!(answers[0].starts_with("e1\n") && answers[1].contains('\n') && !answers[1].starts_with("e1"));
    assert_eq!(session.handle.status().rules.unwrap().all().collect::<Vec<_>>(), [2]);
}

#[test]
fn rules_are_switched_and_replaced_while_the_session_runs() {
    let (session, address) = server("[[rules]]\npayload = 'a'\n[[rules]]\npayload = 'b'\n");
    let mut peer = connect(address);
    says(&mut peer, b".", b"a");
    session.handle.switch_rule(0, false).unwrap();
    // Once this arrives, the command before it was taken.
    session.send(Target::All, b",");
    assert_eq!(read_exactly(&mut peer, 1), b",");
    says(&mut peer, b".", b"b");
    session.handle.set_rules(rules("[[rules]]\npayload = 'c'\n")).unwrap();
    session.send(Target::All, b",");
    assert_eq!(read_exactly(&mut peer, 1), b",");
    says(&mut peer, b".", b"c");
    assert_eq!(session.handle.status().rules.unwrap().all().collect::<Vec<_>>(), [1]);
    // Echo goes on beside rules, and alone after them.
    session.handle.set_responder(ResponderConfig::Echo).unwrap();
    session.handle.set_rules(None).unwrap();
    session.send(Target::All, b",");
    assert_eq!(read_exactly(&mut peer, 1), b",");
    says(&mut peer, b"x", b"x");
    assert!(session.handle.status().rules.is_none());
}

#[test]
fn connections_are_greeted_and_ended() {
    let (session, address) = server(
        "[[rules]]\nwhen = 'opened'\npayload = 'hello'\n\
         [[rules]]\nwhen.equals = 'bye'\npayload = 'bye'\nend = 'close'\n\
         [[rules]]\nwhen.equals = 'reset'\nend = 'reset'\n\
         [[rules]]\nwhen.equals = 'later'\npayload = 'soon'\ndelay = '20ms'\nend = 'close'\n\
         [[rules]]\nwhen = 'closed'\nwrite_note = 'it is gone'\n",
    );
    for (said, answer) in [("bye", "bye"), ("later", "soon")] {
        let mut peer = connect(address);
        assert_eq!(read_exactly(&mut peer, 5), b"hello");
        let begun = Instant::now();
        says(&mut peer, said.as_bytes(), answer.as_bytes());
        assert!(said == "bye" || begun.elapsed() >= Duration::from_millis(20));
        assert_eq!(peer.read(&mut [0; 10]).unwrap(), 0, "an orderly end");
    }
    let mut peer = connect(address);
    assert_eq!(read_exactly(&mut peer, 5), b"hello");
    peer.write_all(b"reset").unwrap();
    let error = peer.read(&mut [0; 10]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    // The reset, which a rule has asked for, is answered by a rule at once, and not with the next event.
    let notes = || session.records().into_iter().filter(|record| record.text == "it is gone").count();
    session.wait("a note on each end", |status| status.connections.is_empty() && notes() == 3);
    session.stop();
    assert_eq!(notes(), 3);
}

#[test]
fn records_are_bookmarked_and_notes_written() {
    let (session, address) = server(
        "[[rules]]\nwhen.contains = 'fault'\nbookmark = 'here'\nwrite_note = 'a fault'\nalarm = true\npayload = '!'\n",
    );
    let mut peer = connect(address);
    peer.write_all(b"fine").unwrap();
    session.wait("it", |status| status.traffic.bytes_in == 4);
    says(&mut peer, b"fault", b"!");
    let status = session.wait("the alarm", |status| status.alarms == 1);
    assert_eq!(status.rules.unwrap().of(0), 1);
    session.stop();
    let reader = session.handle.reader();
    let bookmarks = reader.bookmarks();
    let [(position, text)] = bookmarks.iter().collect::<Vec<_>>()[..] else { panic!("{bookmarks:?}") };
    assert_eq!(text, "here");
    let mut cursor = Cursor::new(reader.snapshot());
    assert_eq!(cursor.read(position).unwrap().unwrap().record.payload, b"fault");
    let texts: Vec<_> = session.records().into_iter().map(|record| record.text).collect();
    assert!(texts.iter().any(|text| text == "a fault"), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("Attention: rule 1, 127.0.0.1:")), "{texts:?}");
}

#[test]
fn a_repeat_is_stopped_by_its_name() {
    for (stop, is_stopped) in [("true", true), ("'poll'", true), ("'other'", false)] {
        let (session, address) = server(&format!("[[rules]]\nstop_repeat = {stop}\npayload = 'ok'\n"));
        let mut peer = connect(address);
        let repeat = Repeat::new(Target::All, Message::raw(*b"."), Duration::from_millis(5));
        let id = session.handle.start_outgoing("poll", repeat).unwrap();
        read_exactly(&mut peer, 2);
        peer.write_all(b"x").unwrap();
        let mut got = Vec::new();
        while !got.ends_with(b"ok") {
            let mut byte = [0];
            peer.read_exact(&mut byte).unwrap();
            got.push(byte[0]);
        }
        let status = session.wait("the state", |status| {
            let of = status.outgoing.iter().find(|outgoing| outgoing.id == id);
            of.is_some_and(|outgoing| (outgoing.state == OutgoingState::Running) != is_stopped)
        });
        assert_eq!(status.outgoing.len(), 1, "{stop}");
    }
}

#[test]
fn a_client_answers_its_server_and_ends_its_connection_for_good() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let remote: Endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
    let session = Session::new();
    let text = "[[rules]]\nwhen.equals = 'end'\nend = 'close'\n[[rules]]\npayload = '<${0}>'\n";
    session.handle.set_rules(rules(text)).unwrap();
    let reconnect = wirelab::model::ReconnectPolicy::DEFAULT_GROWING;
    let config = TcpClientConfig { reconnect, ..TcpClientConfig::new(remote) };
    session.handle.start(SessionConfig::TcpClient(config)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    says(&mut peer, b"it", b"<it>");
    peer.write_all(b"end").unwrap();
    assert_eq!(peer.read(&mut [0; 10]).unwrap(), 0);
    session.wait("the end", |status| matches!(status.state, SessionState::Closed(_)));
}

#[test]
fn a_udp_socket_answers_each_peer_and_has_no_connection_to_end() {
    let session = Session::new();
    let text = "limit = 0\n[[rules]]\nwhen = 'opened'\npayload = 'new'\n\
                [[rules]]\nwhen.starts_with = 'n'\npayload = '${peer:port} ${counter}'\nend = 'close'\n";
    session.handle.set_rules(rules(text)).unwrap();
    session.handle.start(SessionConfig::Udp(UdpConfig::new(loopback()))).unwrap();
    let address = session.wait_for_address();
    for _ in 0..2 {
        let socket = UdpSocket::bind(loopback()).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.connect(address).unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut buffer = [0; 100];
        let mut receive = || {
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        socket.send(b"n").unwrap();
        assert_eq!(receive(), "new");
        assert_eq!(receive(), format!("{port} 0"));
        socket.send(b"x").unwrap();
        socket.send(b"n").unwrap();
        assert_eq!(receive(), format!("{port} 1"));
    }
    let status = session.handle.status();
    assert_eq!((status.connections.len(), status.failures), (2, 0));
}

#[test]
fn the_limit_is_told_beside_the_connection() {
    let (session, address) = server("frame = 'lines'\nlimit = 3\n[[rules]]\npayload = 'x'\n");
    let mut peer = connect(address);
    peer.write_all(&b"\na".repeat(10)).unwrap();
    session.wait("all", |status| status.traffic.bytes_in == 20);
    assert_eq!(read_exactly(&mut peer, 3), b"xxx");
    session.stop();
    let told: Vec<_> =
        session.records().into_iter().filter(|record| record.text.contains("got 3 answers")).collect();
    let [note] = &told[..] else { panic!("{told:?}") };
    assert_eq!(note.connection, 1);
}

#[test]
fn an_answer_that_the_encoding_lacks_is_told() {
    let session = Session::new();
    let set = Arc::new(read("[[rules]]\npayload = '温'\n").unwrap());
    session.handle.set_rules(Some((set, Encoding::Windows1252.into()))).unwrap();
    session.handle.start(SessionConfig::TcpServer(TcpServerConfig::new(loopback()))).unwrap();
    let mut peer = connect(session.wait_for_address());
    peer.write_all(b"x").unwrap();
    let is_told = |record: &Kept| record.kind == RecordKind::Error && record.text.contains('温');
    session.wait("the error", |_| session.records().iter().any(is_told));
}

/// A client that does not read its answers is not read from: neither its requests nor its answers pile up.
#[test]
fn a_client_that_does_not_read_its_answers_is_stopped_by_flow_control() {
    let big = "x".repeat(60_000);
    let (session, address) = server(&format!("limit = 0\n[[rules]]\npayload = '{big}'\n"));
    let mut peer = connect(address);
    peer.set_nonblocking(true).unwrap();
    let deadline = Instant::now() + DEADLINE;
    let mut blocked = 0;
    let mut written = 0;
    while blocked < 50 {
        assert!(Instant::now() < deadline, "{written} bytes were taken");
        match peer.write(&[b'.'; 1000]) {
            Ok(count) => (written, blocked) = (written + count, 0),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                blocked += 1;
                std::thread::park_timeout(Duration::from_millis(2));
            }
            Err(error) => panic!("{error}"),
        }
    }
    let status = session.handle.status();
    assert!(status.queued_bytes < 80 << 20, "{}", status.queued_bytes);
    assert_eq!((status.unsent_bytes, status.failures), (0, 0));
}
