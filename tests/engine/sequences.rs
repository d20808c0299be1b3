//! Sequences against plain sockets: what is sent when, whose answers count, and what the recording has of it.

use crate::support::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wirelab::codec::Encoding;
use wirelab::engine::{RunEnd, RunSummary, StepObserver, Steps};
use wirelab::model::{
    FailureKind, OutgoingId, OutgoingState, OutgoingStatus, Progress, ReconnectPolicy, RecordKind,
    StepProblem, Target, TcpClientConfig, UdpConfig,
};
use wirelab::sequence::{Step, StepEnd, StepResult, read};
use wirelab::streams::Encodings;

/// What an observer was told: a line for each step, and the end.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<(Vec<String>, Option<RunSummary>)>>);

impl StepObserver for Told {
    fn step(&mut self, step: &Step, result: &StepResult) {
        let end = if result.end == StepEnd::Passed { "passed" } else { "failed" };
        self.0.lock().unwrap().0.push(format!("{} {end} {}", step.name, result.attempts));
    }

    fn ended(&mut self, summary: &RunSummary) {
        self.0.lock().unwrap().1 = Some(summary.clone());
    }
}

impl Told {
    fn steps(&self) -> Vec<String> {
        self.0.lock().unwrap().0.clone()
    }

    fn end(&self) -> RunEnd {
        self.0.lock().unwrap().1.clone().expect("the run has ended").end
    }
}

fn start_for(session: &Session, target: Target, text: &str) -> (OutgoingId, Told) {
    let told = Told::default();
    let sequence = Arc::new(read(text).unwrap());
    let steps = Steps::new(sequence, target, Encodings::from(Encoding::Utf8)).unwrap();
    let id = session.handle.start_outgoing("test", steps.observed(Box::new(told.clone()))).unwrap();
    (id, told)
}

fn start(session: &Session, text: &str) -> (OutgoingId, Told) {
    start_for(session, Target::All, text)
}

#[track_caller]
fn wait(session: &Session, id: OutgoingId, done: impl Fn(&OutgoingStatus) -> bool) -> OutgoingStatus {
    let find = |outgoing: &&OutgoingStatus| outgoing.id == id;
    let status = session.wait("the sequence", |status| status.outgoing.iter().find(find).is_some_and(&done));
    status.outgoing.iter().find(find).unwrap().clone()
}

#[track_caller]
fn wait_for_end(session: &Session, id: OutgoingId) -> OutgoingState {
    wait(session, id, |status| status.state.has_ended()).state
}

/// Why a run failed.
#[track_caller]
fn problem(state: OutgoingState) -> (usize, StepProblem) {
    match state {
        OutgoingState::Failed(failure) => match failure.kind {
            FailureKind::Step(failure) => (failure.step, failure.problem),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn notes(session: &Session) -> Vec<String> {
    let notes = session.records().into_iter().filter(|record| record.kind == RecordKind::Note);
    notes.map(|record| record.text).filter(|text| text.contains("equence")).collect()
}

/// A device, and a session that is its client.
fn with_device() -> (Session, TcpStream) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let session = Session::client(client(&listener.local_addr().unwrap().to_string()));
    let device = accept(&listener);
    session.wait("the connection", |status| status.connections.len() == 1);
    (session, device)
}

fn with_client() -> (Session, SocketAddr, TcpStream) {
    let (session, address) = Session::server();
    let peer = connect(address);
    session.wait("a client", |status| status.connections.len() == 1);
    (session, address, peer)
}

const TWO: &str = "name = \"Pump\"\n[[steps]]\nname = \"read\"\nformat = \"hex\"\npayload = \"01 03\"\n\
                   wait = { hex = \"01 8? 02\", within = \"1h\" }\n[[steps]]\nname = \"go\"\npayload = \"GO\"\n\
                   wait = { text = \"你好\", within = \"1h\" }\n";

#[test]
fn a_client_s_run_passes_and_is_in_the_recording() {
    let (session, mut device) = with_device();
    let (id, told) = start(&session, TWO);
    assert_eq!(read_exactly(&mut device, 2), b"\x01\x03");
    let status = wait(&session, id, |status| matches!(status.progress, Progress::Steps { step: 1, .. }));
    assert_eq!(status.progress, Progress::Steps { step: 1, steps: 2, round: 1, rounds: Some(1) });
    assert_eq!(status.state, OutgoingState::Running);
    device.write_all(b"..\x01").unwrap();
    session.wait("the first part", |status| status.traffic.bytes_in == 3);
    device.write_all(b"\x83\x02").unwrap();
    assert_eq!(read_exactly(&mut device, 2), b"GO");
    for byte in "你好".as_bytes() {
        device.write_all(&[*byte]).unwrap();
    }
    assert_eq!(wait_for_end(&session, id), OutgoingState::Done);
    assert_eq!(told.steps(), ["read passed 1", "go passed 1"]);
    assert_eq!(told.end(), RunEnd::Passed);
    let notes = notes(&session);
    assert_eq!(notes[0], "Sequence Pump started, with 2 steps");
    assert!(notes[1].starts_with("Sequence Pump passed: 2 steps in 0."), "{notes:?}");
    assert_eq!(notes.len(), 2);
}

#[test]
fn a_failed_run_says_which_step_and_what_came_instead() {
    let (session, mut device) = with_device();
    let text = "[[steps]]\nname = \"ask\"\npayload = \"ID?\"\nwait = { text = \"PUMP\", within = \"200ms\" }\n\
                [[steps]]\npayload = \"never\"\n";
    let (id, told) = start(&session, text);
    assert_eq!(read_exactly(&mut device, 3), b"ID?");
    device.write_all(b"ERROR 5\r\n").unwrap();
    let (step, failed) = problem(wait_for_end(&session, id));
    let StepProblem::NoAnswer { within, instead } = failed else { panic!("{failed:?}") };
    assert_eq!((step, within, instead.bytes), (1, Duration::from_millis(200), 9));
    assert_eq!(instead.shown, "\"ERROR 5\\r\\n\"");
    assert_eq!(told.steps(), ["ask failed 1"]);
    let last = notes(&session).pop().unwrap();
    assert_eq!(
        last,
        "The sequence failed: step 1 (ask) had no matching answer within 200ms; what came instead, 9 bytes: \
         \"ERROR 5\\r\\n\". Check the answer that it waits for."
    );
    session.stop();
    let mut rest = Vec::new();
    device.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"", "the next step was not sent");
}

#[test]
fn a_server_s_steps_go_to_whom_they_name_and_only_these_answer() {
    let (session, address, mut first) = with_client();
    let mut second = connect(address);
    let status = session.wait("both", |status| status.connections.len() == 2);
    let of_first =
        status.connections.iter().find(|info| info.peer == first.local_addr().unwrap()).unwrap().id;
    let text = format!(
        "[[steps]]\nname = \"one\"\npayload = \"1\"\nwait = {{ text = \"OK\", within = \"1h\" }}\n\
         [[steps]]\nname = \"other\"\npayload = \"2\"\ntarget = \"{}\"\nwait = {{ text = \"OK\", within = \"1h\" }}\n\
         [[steps]]\nname = \"all\"\npayload = \"3\"\ntarget = \"all\"\nwait = {{ text = \"OK\", from = \"anyone\", within = \"1h\" }}\n",
        second.local_addr().unwrap()
    );
    let (id, told) = start_for(&session, Target::Connections(vec![of_first]), &text);
    assert_eq!(read_exactly(&mut first, 1), b"1");
    second.write_all(b"OK").unwrap();
    session.wait("the other one", |status| status.traffic.bytes_in == 2);
    assert_eq!(told.steps(), [""; 0]);
    first.write_all(b"OK").unwrap();
    assert_eq!(read_exactly(&mut second, 1), b"2");
    second.write_all(b"OK").unwrap();
    assert_eq!((read_exactly(&mut first, 1), read_exactly(&mut second, 1)), (b"3".to_vec(), b"3".to_vec()));
    second.write_all(b"OK").unwrap();
    assert_eq!(wait_for_end(&session, id), OutgoingState::Done);
    assert_eq!(told.steps(), ["one passed 1", "other passed 1", "all passed 1"]);
}

#[test]
fn a_udp_run_waits_for_a_whole_datagram_of_its_target() {
    let device = UdpSocket::bind(loopback()).unwrap();
    device.set_read_timeout(Some(DEADLINE)).unwrap();
    let stranger = UdpSocket::bind(loopback()).unwrap();
    let (session, address) = Session::udp();
    let text = "[[steps]]\nname = \"ask\"\npayload = \"?\"\nwait = { regex = \"^OK$\", within = \"1h\" }\n";
    let target = Target::Address(device.local_addr().unwrap());
    let (id, told) = start_for(&session, target, text);
    let mut buffer = [0; 10];
    let (length, from) = device.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"?"[..], address));
    stranger.send_to(b"OK", address).unwrap();
    device.send_to(b"O", address).unwrap();
    device.send_to(b"K", address).unwrap();
    session.wait("what is no answer", |status| status.traffic.records_in == 3);
    assert_eq!(told.steps(), [""; 0]);
    device.send_to(b"OK", address).unwrap();
    assert_eq!(wait_for_end(&session, id), OutgoingState::Done);
}

#[test]
fn a_step_for_the_last_udp_peer_takes_the_answer_of_that_one() {
    let (session, address) = Session::udp();
    let [device, stranger] = [(); 2].map(|()| UdpSocket::bind(loopback()).unwrap());
    device.set_read_timeout(Some(DEADLINE)).unwrap();
    let text = "[[steps]]\nname = \"hello\"\nwait.text = \"hello\"\n\
                [[steps]]\nname = \"ask\"\npayload = \"?\"\nwait = { text = \"OK\", within = \"1h\" }\n";
    let (id, told) = start_for(&session, Target::LastPeer, text);
    wait(&session, id, |status| status.state == OutgoingState::Waiting);
    device.send_to(b"hello", address).unwrap();
    assert_eq!(device.recv_from(&mut [0; 10]).unwrap().0, 1);
    stranger.send_to(b"OK", address).unwrap();
    session.wait("the stranger", |status| status.traffic.records_in == 2);
    assert_eq!(told.steps(), ["hello passed 1"]);
    device.send_to(b"OK", address).unwrap();
    assert_eq!(wait_for_end(&session, id), OutgoingState::Done);
}

#[test]
fn a_run_waits_for_the_first_client_and_takes_what_it_says_at_once() {
    let (session, address) = Session::server();
    let text = "[[steps]]\nname = \"greeting\"\nwait.text = \"hello\"\n[[steps]]\nname = \"reply\"\npayload = \"hi\"\n";
    let (id, told) = start(&session, text);
    assert_eq!(
        wait(&session, id, |status| status.state == OutgoingState::Waiting).state,
        OutgoingState::Waiting
    );
    let mut peer = connect(address);
    peer.write_all(b"hello").unwrap();
    assert_eq!(read_exactly(&mut peer, 2), b"hi");
    assert_eq!(wait_for_end(&session, id), OutgoingState::Done);
    assert_eq!(told.steps(), ["greeting passed 1", "reply passed 1"]);
}

#[test]
fn a_stop_ends_it_at_once_also_within_an_hour_s_wait() {
    let (session, mut device) = with_device();
    let (id, told) = start(&session, TWO);
    read_exactly(&mut device, 2);
    let asked = Instant::now();
    session.handle.stop_outgoing(id).unwrap();
    assert_eq!(wait_for_end(&session, id), OutgoingState::Stopped);
    // 100 ms are promised; a busy machine may take longer to run the threads.
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(told.end(), RunEnd::Stopped);
    assert_eq!(notes(&session).last().unwrap(), "Sequence Pump stopped at step 1 (read)");
    // The end of the session stops a run, too.
    let (id, told) = start(&session, TWO);
    read_exactly(&mut device, 2);
    session.stop();
    assert_eq!(wait_for_end(&session, id), OutgoingState::Stopped);
    assert_eq!(told.end(), RunEnd::Stopped);
}

#[test]
fn a_connection_that_closes_while_its_answer_is_waited_for_fails_the_step() {
    let (session, mut device) = with_device();
    let (id, told) = start(&session, TWO);
    read_exactly(&mut device, 2);
    device.write_all(b"\x01").unwrap();
    drop(device);
    let (step, failed) = problem(wait_for_end(&session, id));
    let StepProblem::Closed { instead } = failed else { panic!("{failed:?}") };
    assert_eq!((step, instead.bytes, &*instead.shown), (1, 1, "01"));
    assert!(matches!(told.end(), RunEnd::Failed(_)));
    assert!(notes(&session).last().unwrap().contains("the connection closed while step 1 (read) waited"));
    // Nobody is there any more.
    let (id, _) = start(&session, TWO);
    let (step, failed) = problem(wait_for_end(&session, id));
    assert!(matches!(failed, StepProblem::NotSent(_)) && step == 1, "{failed:?}");
}

#[test]
fn a_device_that_restarts_between_two_steps_is_connected_again() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    let pause = Duration::from_millis(5);
    let reconnect = ReconnectPolicy::Growing { first: pause, longest: pause };
    let session = Session::client(TcpClientConfig { reconnect, ..client(&address.to_string()) });
    let mut device = accept(&listener);
    let text = "[[steps]]\nname = \"restart\"\npayload = \"R\"\n[[steps]]\nname = \"again\"\nwait = { text = \"up\", from = \"anyone\", within = \"1h\" }\n\
                [[steps]]\nname = \"go\"\npayload = \"G\"\n";
    let (id, told) = start(&session, text);
    assert_eq!(read_exactly(&mut device, 1), b"R");
    drop(device);
    let mut device = accept(&listener);
    device.write_all(b"up").unwrap();
    assert_eq!(read_exactly(&mut device, 1), b"G");
    assert_eq!(wait_for_end(&session, id), OutgoingState::Done);
    assert_eq!(told.steps(), ["restart passed 1", "again passed 1", "go passed 1"]);
}

#[test]
fn a_send_while_nobody_is_connected_fails_the_step() {
    let (session, _, mut peer) = with_client();
    let text = "[[steps]]\nname = \"one\"\npayload = \"1\"\n[[steps]]\nname = \"two\"\nwait = { text = \"x\", within = \"1h\", from = \"anyone\" }\n\
                [[steps]]\nname = \"three\"\npayload = \"3\"\ntarget = \"127.0.0.2\"\n";
    let (id, told) = start(&session, text);
    read_exactly(&mut peer, 1);
    peer.write_all(b"x").unwrap();
    let (step, failed) = problem(wait_for_end(&session, id));
    let StepProblem::NotSent(failure) = failed else { panic!("{failed:?}") };
    assert_eq!((step, failure.kind), (3, FailureKind::NoRecipient));
    assert_eq!(told.steps(), ["one passed 1", "two passed 1", "three failed 1"]);
}

#[test]
fn while_it_is_paused_nothing_is_sent_and_answers_still_count() {
    let (session, _, mut peer) = with_client();
    let (id, told) = start(&session, TWO);
    read_exactly(&mut peer, 2);
    session.handle.pause_outgoing(id).unwrap();
    wait(&session, id, |status| status.state == OutgoingState::Paused);
    peer.write_all(b"\x01\x83\x02").unwrap();
    session.wait("the answer", |_| told.steps() == ["read passed 1"]);
    session.handle.resume_outgoing(id).unwrap();
    assert_eq!(read_exactly(&mut peer, 2), b"GO");
    wait(&session, id, |status| matches!(status.progress, Progress::Steps { step: 2, .. }));
}

#[test]
fn each_step_has_its_encoding_and_loops_their_rounds() {
    let (session, _, mut peer) = with_client();
    let text = "times = \"forever\"\n[[steps]]\nname = \"gbk\"\npayload = \"你\"\nencoding = \"GBK\"\nwait = { text = \"好\", within = \"1h\" }\n\
                [[steps]]\nname = \"own\"\npayload = \"你\"\n";
    let (id, _) = start(&session, text);
    for round in 1..4 {
        assert_eq!(read_exactly(&mut peer, 2), b"\xC4\xE3");
        let status = wait(
            &session,
            id,
            |status| matches!(status.progress, Progress::Steps { step: 1, round: r, .. } if r == round),
        );
        assert_eq!(status.progress, Progress::Steps { step: 1, steps: 2, round, rounds: None });
        peer.write_all(b"\xBA\xC3").unwrap();
        assert_eq!(read_exactly(&mut peer, 3), "你".as_bytes());
    }
}

#[test]
fn a_host_name_is_a_target_of_udp_from_the_start_of_the_session() {
    let device = UdpSocket::bind(loopback()).unwrap();
    device.set_read_timeout(Some(DEADLINE)).unwrap();
    let remote: wirelab::model::Endpoint =
        format!("localhost:{}", device.local_addr().unwrap().port()).parse().unwrap();
    let session = Session::new();
    let config = UdpConfig { remote: Some(remote.clone()), ..UdpConfig::new(loopback()) };
    session.handle.start(wirelab::model::SessionConfig::Udp(config)).unwrap();
    let text = "[[steps]]\nname = \"ask\"\npayload = \"?\"\nwait = { text = \"OK\", within = \"1h\" }\n";
    let (id, _) = start_for(&session, Target::Host(remote), text);
    let (_, from) = device.recv_from(&mut [0; 10]).unwrap();
    device.send_to(b"OK", from).unwrap();
    assert_eq!(wait_for_end(&session, id), OutgoingState::Done);
    assert_eq!(session.records()[0].kind, RecordKind::Note);
}
