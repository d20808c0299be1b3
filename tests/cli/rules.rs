//! `--rules` and `wirelab rules check`: against plain sockets, their output and exit codes.

use crate::support::*;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};

/// A file with rules, which lives as long as its folder.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

const PUMP: &str = "name = 'Pump'\nframe = 'lines'\n\
    [[rules]]\nname = 'Identity'\nwhen.equals = 'ID?'\npayload = 'PUMP-7'\nline_ending = 'lf'\n\
    [[rules]]\nwhen.regex = '^SET (\\w+)=(\\d+)$'\npayload = 'OK ${1}=${2}'\nline_ending = 'lf'\n\
    [[rules]]\nwhen.equals = 'BYE'\nend = 'close'\n";

/// The objects on standard output of one kind and direction.
fn data(objects: &[Value], direction: &str) -> Vec<Value> {
    let is_one = |object: &&Value| object["kind"] == "data" && object["direction"] == direction;
    objects.iter().filter(is_one).cloned().collect()
}

#[test]
fn a_server_answers_by_its_rules_and_names_them_in_the_output_and_in_the_recording() {
    let (folder, file) = file(PUMP);
    let recording = folder.path().join("run.pcapng");
    let recording = recording.to_str().unwrap();
    let mut program = Program::wirelab(&[
        "listen",
        "127.0.0.1:0",
        "--rules",
        &file,
        "--json",
        "--once",
        "--record",
        recording,
    ]);
    let mut peer = connect(program.address());
    peer.write_all(b"ID?\nSET ra").unwrap();
    assert_eq!(read_exactly(&mut peer, 7), b"PUMP-7\n");
    peer.write_all(b"te=20\n").unwrap();
    assert_eq!(read_exactly(&mut peer, 11), b"OK rate=20\n");
    peer.write_all(b"BYE\n").unwrap();
    assert_eq!(read_all(&mut peer), b"");
    let ended = program.end().expect(0);
    ended.says("Rules have applied: rule 1 (Identity): 1, rule 2: 1, rule 3: 1.");
    let objects = ended.objects();
    let (received, sent) = (data(&objects, "in"), data(&objects, "out"));
    let [first, second] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((&first["rule"], &first["rule_name"]), (&1.into(), &"Identity".into()));
    assert_eq!(first["answers"], received[0]["time"]);
    assert_eq!((&second["rule"], second.get("rule_name")), (&2.into(), None));
    // The record that completes the frame.
    assert_eq!(second["answers"], received[1]["time"]);
    assert!(received.iter().all(|object| object.get("rule").is_none()));
    let summary = objects.last().unwrap();
    let fired: Vec<_> =
        summary["rules"].as_array().unwrap().iter().map(|rule| rule["fired"].clone()).collect();
    assert_eq!(fired, [1, 1, 1]);
    assert_eq!((&summary["rules"][0]["rule"], &summary["rules"][0]["name"]), (&1.into(), &"Identity".into()));

    let shown = Program::wirelab(&["show", recording, "--json"]).end().expect(0).objects();
    assert_eq!(data(&shown, "out"), sent);
    let lines = Program::wirelab(&["export", recording, "--format", "jsonl"]).end().expect(0).objects();
    assert_eq!(data(&lines, "out"), sent);
}

#[test]
fn a_client_and_a_udp_socket_answer_as_well() {
    let (_folder, rules) = file("[[rules]]\nwhen.starts_with = 'hello'\npayload = 'hi ${peer:ip}'\n");
    let (listener, address) = listener();
    let program = Program::wirelab(&["connect", &address, "--rules", &rules, "--quiet"]);
    let mut server = accept(&listener);
    server.write_all(b"hello you").unwrap();
    assert_eq!(read_exactly(&mut server, 12), b"hi 127.0.0.1");
    drop(server);
    program.end().expect(0);

    let mut program = Program::wirelab(&["udp", "127.0.0.1:0", "--rules", &rules, "--quiet", "--count", "2"]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket.connect(program.address()).unwrap();
    socket.send(b"nothing").unwrap();
    socket.send(b"hello").unwrap();
    let mut buffer = [0; 100];
    assert_eq!(socket.recv(&mut buffer).unwrap(), 12);
    program.end().expect(0);
}

#[test]
fn text_is_in_the_encoding_of_the_session() {
    let (_folder, rules) = file("[[rules]]\nwhen.equals = '温度'\npayload = '度'\n");
    let mut program = Program::wirelab(&["listen", "127.0.0.1:0", "--rules", &rules, "--encoding", "GBK"]);
    let mut peer = connect(program.address());
    peer.write_all(b"\xCE\xC2\xB6\xC8").unwrap();
    assert_eq!(read_exactly(&mut peer, 2), b"\xB6\xC8");
}

#[test]
fn two_wirelabs_that_answer_each_other_are_stopped() {
    let (_folder, rules) = file("limit = 100\n[[rules]]\npayload = '${0}'\n");
    let (_other, greets) = file("[[rules]]\npayload = '${0}'\n[[rules]]\nwhen = 'opened'\npayload = 'x'\n");
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--rules", &rules, "--json", "--quiet", "--once"]);
    let address = server.address().to_string();
    let client = Program::wirelab(&["connect", &address, "--rules", &greets, "--quiet"]);
    server.output("got 100 answers within a second, which is the limit");
    drop(client);
    let objects = server.end().objects();
    let summary = objects.last().unwrap();
    assert_eq!((&summary["sent"]["records"], &summary["rules"][0]["fired"]), (&100.into(), &100.into()));
}

#[test]
fn check_says_what_would_be_done() {
    let (_folder, rules) = file(
        "[[rules]]\nname = 'Read'\nwhen.hex = '01 03'\nfrom = '10.0.0.7'\n\
         answers = [{ format = 'hex', payload = '01 83 02' }, { payload = 'late', delay = '1.5s' }]\n\
         end = 'reset'\nbookmark = 'b'\nwrite_note = 'n'\nstop_repeat = 'poll'\nalarm = true\n\
         [[rules]]\nwhen.equals = '温度'\npayload = '${0}'\n",
    );
    let from = ["--from", "10.0.0.7"];
    let check = |more: &[&str]| Program::wirelab(&[&["rules", "check", &rules][..], more].concat()).end();
    let ended = check(&[&["--hex", "01 03 00"][..], &from].concat()).expect(0);
    assert_eq!(
        ended.text().lines().collect::<Vec<_>>(),
        [
            "rule 1 (Read): bookmark: b",
            "rule 1 (Read): note: n",
            "rule 1 (Read): stop repeat: poll",
            "rule 1 (Read): alarm",
            "rule 1 (Read): answer, 3 B: 01 83 02  \u{2401}\u{FFFD}\u{2402}",
            "rule 1 (Read): answer after 1500ms, 4 B: 6C 61 74 65  late",
            "rule 1 (Read): reset after 1500ms",
        ]
    );
    let objects = check(&[&["--hex", "0103", "--json"][..], &from].concat()).expect(0).objects();
    let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["bookmark", "note", "stop_repeat", "alarm", "answer", "answer", "reset"]);
    let answer = &objects[5];
    assert_eq!((&answer["rule"], &answer["name"], &answer["bytes"]), (&1.into(), &"Read".into(), &4.into()));
    assert_eq!(
        (&answer["hex"], &answer["text"], &answer["after"]),
        (&"6C617465".into(), &"late".into(), &1.5.into())
    );
    // Text, in its encoding.
    let objects = check(&["--text", "温度", "--encoding", "GBK", "--json"]).expect(0).objects();
    assert_eq!(objects[0]["hex"], "CEC2B6C8");
    // Nobody from elsewhere, and nothing else, is answered.
    let ended = check(&["--hex", "0103"]).expect(1);
    assert_eq!(ended.text(), "No rule applies.\n");
    assert_eq!(check(&["--hex", "0103", "--json"]).expect(1).text(), "");
    // The file alone.
    let ended = check(&[]).expect(0);
    assert!(ended.text().ends_with("rules.toml: 2 rules.\n"), "{}", ended.text());
    check(&["--hex", "0G"]).expect(2);
}

#[test]
fn a_file_without_rules_is_no_session() {
    let (_folder, rules) = file("[[rules]]\nwhen.regex = 'a(b)'\npayload = '${2}'\n");
    for arguments in [
        &["listen", "127.0.0.1:0", "--rules", &rules][..],
        &["udp", "127.0.0.1:0", "--rules", &rules],
        &["rules", "check", &rules],
    ] {
        let ended = Program::wirelab(arguments).end().expect(2);
        ended.says("rules.toml: Line 3, column 11: There is no capture 2 here");
    }
    Program::wirelab(&["listen", "127.0.0.1:0", "--rules", "/no/such/file"])
        .end()
        .expect(2)
        .says("/no/such/file");
    for other in ["--echo", "--forward"] {
        Program::wirelab(&["listen", "127.0.0.1:0", "--rules", &rules, other]).end().expect(2);
    }
}

#[test]
fn a_repeat_is_stopped_and_attention_is_asked_for() {
    let (_folder, rules) =
        file("[[rules]]\nname = 'Stop'\nwhen.contains = 'enough'\nstop_repeat = true\nalarm = true\n");
    let (listener, address) = listener();
    let mut program = Program::wirelab(&[
        "connect",
        &address,
        "--rules",
        &rules,
        "--payload",
        "x",
        "--repeat",
        "10ms",
        "--for",
        "60",
    ]);
    let mut device: TcpStream = accept(&listener);
    read_exactly(&mut device, 3);
    device.write_all(b"enough").unwrap();
    program.line(&format!("{address}: Attention: rule 1 (Stop), {address}"));
    // The bytes that were on the way, and then nothing: the next read ends with the connection.
    device.write_all(b"other").unwrap();
    let mut rest = Vec::new();
    device.set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
    let _ = device.read_to_end(&mut rest);
    assert!(rest.len() < 20, "{}", rest.len());
}
