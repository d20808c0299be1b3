//! `wirelab run`: sequences against plain sockets, their results and exit codes, and the examples of the documentation.

use crate::support::*;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

/// A file with a sequence, which lives as long as its folder.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("sequence.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

const ASK: &str = "name = \"Pump\"\n[[steps]]\nname = \"ask\"\npayload = \"ID?\"\nwait = { text = \"PUMP\", within = \"20s\" }\n\
                   [[steps]]\nname = \"bye\"\npayload = \"BYE\"\n";
const IMPATIENT: &str = "name = \"Pump\"\n[[steps]]\nname = \"ask\"\npayload = \"ID?\"\nwait = { text = \"PUMP\", within = \"50ms\", retries = 1 }\n";

#[test]
fn a_run_that_passes_prints_its_steps_and_ends_with_0() {
    let (_folder, file) = file(ASK);
    let (listener, address) = listener();
    let program = Program::wirelab(&["run", &file, "--connect", &address]);
    let mut device = accept(&listener);
    assert_eq!(read_exactly(&mut device, 3), b"ID?");
    device.write_all(b"I am PUMP-7").unwrap();
    assert_eq!(read_exactly(&mut device, 3), b"BYE");
    assert_eq!(read_all(&mut device), b"", "the program closes the connection");
    let ended = program.end().expect(0);
    let text = ended.text();
    let lines: Vec<&str> = text.lines().collect();
    // Data and results are in the order in which they came.
    let position = |start: &str| {
        lines.iter().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"))
    };
    assert!(position("  I am PUMP-7") < position("step 1 (ask): passed in 0."), "{text}");
    assert!(lines[position("step 1 (ask)")].ends_with(" s, 11 B: \"I am PUMP-7\""), "{text}");
    assert!(position("step 1 (ask)") < position("  BYE"), "{text}");
    assert!(lines[position("step 2 (bye): passed in ")..].len() <= 2, "{text}");
    assert!(lines.last().unwrap().starts_with("passed: 2 steps in "), "{text}");
    ended.says("Sequence Pump started, with 2 steps");
}

#[test]
fn a_run_with_a_failed_step_ends_with_1_and_says_what_came_instead() {
    let (_folder, file) = file(IMPATIENT);
    let (listener, address) = listener();
    let program = Program::wirelab(&["run", &file, "--connect", &address, "--quiet"]);
    let mut device = accept(&listener);
    assert_eq!(read_exactly(&mut device, 6), b"ID?ID?", "it is sent again");
    device.write_all(b"ERROR").unwrap();
    let ended = program.end().expect(1);
    let text = ended.text();
    let lines: Vec<&str> = text.lines().collect();
    let [step, result] = &lines[..] else { panic!("only results: {text}") };
    assert!(step.starts_with("step 1 (ask), sent 2 times: failed after 0.1"), "{text}");
    assert!(result.starts_with("failed: 1 step in 0.1"), "{text}");
    assert!(
        result.contains("The sequence Pump failed: step 1 (ask) had no matching answer within 50ms"),
        "{text}"
    );
}

#[test]
fn json_has_an_object_for_each_step_and_the_result() {
    let looped = format!("times = 2\n{ASK}");
    for (text, code, passed) in [(&*looped, 0, true), (IMPATIENT, 1, false)] {
        let (_folder, file) = file(text);
        let (listener, address) = listener();
        let program = Program::wirelab(&["run", &file, "--connect", &address, "--json", "--quiet"]);
        let mut device = accept(&listener);
        if passed {
            for _ in 0..2 {
                read_exactly(&mut device, 3);
                device.write_all(b"PUMP").unwrap();
                read_exactly(&mut device, 3);
            }
        }
        let objects = program.end().expect(code).objects();
        let of_kind =
            |kind: &str| objects.iter().filter(|o| o["kind"] == kind).cloned().collect::<Vec<Value>>();
        let steps = of_kind("step");
        let keys: Vec<&str> = steps[0].as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected =
            vec!["attempts", "bytes", "hex", "kind", "name", "passed", "rounds", "seconds", "step", "time"];
        if !passed {
            expected.insert(6, "problem");
        }
        assert_eq!(keys, expected);
        let [result] = &of_kind("result")[..] else { panic!("{objects:?}") };
        assert_eq!((&result["passed"], &result["name"]), (&passed.into(), &"Pump".into()));
        assert!(result["seconds"].as_f64().unwrap() > 0.0);
        assert_eq!(result["steps"], steps.len());
        if passed {
            let short = |step: &Value| format!("{} {} {}", step["step"], step["rounds"], step["passed"]);
            let short: Vec<_> = steps.iter().map(short).collect();
            assert_eq!(short, ["1 [1] true", "2 [1] true", "1 [2] true", "2 [2] true"]);
            assert_eq!((&steps[0]["hex"], &steps[0]["bytes"]), (&"50554D50".into(), &4.into()));
            assert_eq!(result.get("problem"), None);
        } else {
            assert_eq!((&steps[0]["attempts"], &steps[0]["passed"]), (&2.into(), &false.into()));
            assert!(result["problem"].as_str().unwrap().contains("step 1 (ask)"), "{result}");
        }
        // The summary of the session is the last object, as in every session.
        assert_eq!(objects.last().unwrap()["kind"], "summary");
    }
}

#[test]
fn a_server_s_run_begins_with_the_first_client() {
    let (_folder, file) = file(ASK);
    let mut program = Program::wirelab(&["run", &file, "--listen", "127.0.0.1:0"]);
    let mut peer = connect(program.address());
    assert_eq!(read_exactly(&mut peer, 3), b"ID?");
    peer.write_all(b"PUMP").unwrap();
    assert_eq!(read_all(&mut peer), b"BYE");
    program.end().expect(0);
}

#[test]
fn datagrams_go_to_the_given_peer_or_to_the_first_that_comes() {
    let (_folder, path) = file(ASK);
    let device = udp();
    for to in ["127.0.0.1", "localhost"] {
        let to = format!("{to}:{}", device.local_addr().unwrap().port());
        let program = Program::wirelab(&["run", &path, "--udp", "127.0.0.1:0", "--to", &to]);
        let (bytes, from) = receive(&device);
        assert_eq!(bytes, b"ID?");
        device.send_to(b"PUMP", from).unwrap();
        assert_eq!(receive(&device).0, b"BYE");
        program.end().expect(0);
    }
    let (_folder, path) = file("[[steps]]\nwait = { text = \"hello\" }\n[[steps]]\npayload = \"hi\"\n");
    let mut program = Program::wirelab(&["run", &path, "--udp", "127.0.0.1:0"]);
    device.send_to(b"hello", program.address()).unwrap();
    assert_eq!(receive(&device).0, b"hi");
    program.end().expect(0);
}

#[test]
fn what_is_no_sequence_ends_with_2_and_its_place() {
    let (_folder, path) = file("[[steps]]\npayload = \"a\"\n\nfromat = \"hex\"\n");
    let ended = run(&["run", &path, "--connect", "127.0.0.1:9"]).expect(2);
    ended
        .says("sequence.toml: Line 4, column 1: 'fromat' is not a key here. Use one of: name, note, format,");
    let (_folder, path) = file("");
    run(&["run", &path, "--udp", "0"]).expect(2).says("there are no steps");
    run(&["run", "no-such-file.toml", "--listen", "0"]).expect(2).says("no-such-file.toml");
    let (_folder, path) = file(ASK);
    for (arguments, words) in [
        (&["run", &path][..], "<--connect <HOST:PORT>|--listen <ADDR>|--udp <ADDR>>"),
        (&["run", &path, "--connect", "127.0.0.1:9", "--listen", "0"], "cannot be used with"),
        (&["run", &path, "--connect", "127.0.0.1:9", "--to", "127.0.0.1:9"], "cannot be used with"),
        (&["run", &path, "--connect", "127.0.0.1:9", "--view", "raw"], "--view raw"),
        (&["run", &path, "--listen", "0", "--for", "soon"], "--for"),
    ] {
        run(arguments).expect(2).says(words);
    }
}

#[test]
fn standard_input_can_have_the_sequence() {
    let (listener, address) = listener();
    let mut program = Program::wirelab(&["run", "-", "--connect", &address]);
    program.feed(b"[[steps]]\npayload = \"x\"\n");
    assert_eq!(read_all(&mut accept(&listener)), b"x");
    program.end().expect(0);
}

#[test]
fn a_peer_that_is_not_there_is_4_and_one_that_closes_without_an_answer_is_1() {
    let (_folder, path) = file(ASK);
    let (_socket, address) = refusing();
    run(&["run", &path, "--connect", &address]).expect(4);
    let (listener, address) = listener();
    let program = Program::wirelab(&["run", &path, "--connect", &address]);
    let mut device = accept(&listener);
    read_exactly(&mut device, 3);
    drop(device);
    program.end().expect(1);
}

#[cfg_attr(windows, ignore = "wine reads a reset as an orderly end")]
#[test]
fn a_connection_that_breaks_is_5() {
    let (_folder, path) = file(ASK);
    let (listener, address) = listener();
    let program = Program::wirelab(&["run", &path, "--connect", &address]);
    let mut device = accept(&listener);
    read_exactly(&mut device, 3);
    socket2::SockRef::from(&device).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(device);
    let ended = program.end().expect(5);
    assert!(ended.text().contains("the connection closed while step 1 (ask) waited"), "{}", ended.text());
}

#[test]
fn a_run_that_takes_longer_than_for_is_stopped() {
    let (_folder, path) = file("times = \"forever\"\n[[steps]]\npayload = \"x\"\ndelay = \"1ms\"\n");
    let (listener, address) = listener();
    let program = Program::wirelab(&["run", &path, "--connect", &address, "--for", "300ms", "--quiet"]);
    let sent = read_all(&mut accept(&listener));
    assert!(sent.len() > 1 && sent.iter().all(|byte| *byte == b'x'), "{}", sent.len());
    let ended = program.end().expect(1);
    assert!(ended.text().lines().last().unwrap().ends_with("The run was stopped before its end."));
}

#[test]
fn the_run_is_recorded_in_the_given_encoding() {
    let (folder, path) = file("name = \"泵\"\n[[steps]]\npayload = \"你\"\nwait.text = \"好\"\n");
    let recording = folder.path().join("run.pcapng");
    let recording = recording.to_str().unwrap();
    let (listener, address) = listener();
    let program =
        Program::wirelab(&["run", &path, "--connect", &address, "--encoding", "GBK", "--record", recording]);
    let mut device = accept(&listener);
    assert_eq!(read_exactly(&mut device, 2), b"\xC4\xE3");
    device.write_all(b"\xBA\xC3").unwrap();
    program.end().expect(0);
    let shown = run(&["show", recording, "--json"]).expect(0).objects();
    let notes: Vec<&str> = shown
        .iter()
        .filter(|object| object["kind"] == "note")
        .map(|object| object["text"].as_str().unwrap())
        .collect();
    assert!(notes.contains(&"Sequence 泵 started, with 1 step"), "{notes:?}");
    assert!(notes.iter().any(|note| note.starts_with("Sequence 泵 passed: 1 step in ")), "{notes:?}");
}

/// The device of the documentation: what it answers to what.
const ANSWERS: [(&[u8], &[u8]); 9] = [
    (b"\x01\x03\x00\x0A\x00\x01\xA4\x08", b"\x01\x03\x02\x00\x2A\x39\x9B"),
    (b"START\r\n", b"OK\r\n"),
    (b"STOP\r\n", b"OK\r\n"),
    // GBK: 你好, 温度.
    (b"\xC4\xE3\xBA\xC3\n", b"\xCE\xC2\xB6\xC8 23\n"),
    (b"ID?\r\n", b"PUMP-7 v1.2\r\n"),
    (b"COUNT 0\r\n", b"OK\r\n"),
    (b"COUNT 1\r\n", b"OK\r\n"),
    (b"NOISE\r\n", b"####\r\nOk\r\n"),
    (b"LOG\r\n", b"log line 1\r\nlog line 2\r\nend\r\n"),
];

fn answer(device: TcpStream) {
    let mut out = device.try_clone().unwrap();
    let mut input = BufReader::new(device);
    loop {
        let Ok([first, ..]) = input.fill_buf() else { return };
        let mut asked = Vec::new();
        match first {
            1 => {
                let mut frame = [0; 8];
                input.read_exact(&mut frame).unwrap();
                asked.extend(frame);
            }
            _ => {
                input.read_until(b'\n', &mut asked).unwrap();
            }
        }
        let known = ANSWERS.iter().find(|(question, _)| *question == asked);
        let answer = known.map(|(_, answer)| *answer).or(asked.starts_with(b"COUNT").then_some(b"OK\r\n"));
        let Some(answer) = answer else {
            panic!("nothing is known of {:?}", String::from_utf8_lossy(&asked))
        };
        for byte in answer {
            out.write_all(&[*byte]).unwrap();
        }
    }
}

/// The examples of `docs/sequences.md`.
fn examples() -> Vec<&'static str> {
    let page = include_str!("../../docs/sequences.md");
    page.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

#[test]
fn the_examples_of_the_documentation_pass() {
    let examples = examples();
    assert!(examples.len() >= 4);
    for example in examples {
        let (_folder, path) = file(example);
        let (listener, address) = listener();
        let program = Program::wirelab(&["run", &path, "--connect", &address]);
        let device = accept(&listener);
        spawn("device", move || answer(device));
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{example}\n{}\n{:#?}", ended.text_lossy(), ended.stderr);
    }
}

#[test]
fn the_documentation_has_an_example_and_a_row_for_each_key() {
    let all = examples().concat();
    let page = include_str!("../../docs/sequences.md");
    for key in [
        "version",
        "name",
        "note",
        "times",
        "steps",
        "payload",
        "format",
        "encoding",
        "template",
        "line_ending",
        "checksum",
        "target",
        "delay",
        "wait",
        "text",
        "hex",
        "regex",
        "from",
        "within",
        "retries",
        "otherwise",
    ] {
        let is_shown = all.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == key);
        assert!(is_shown, "no example has {key}");
        assert!(
            page.contains(&format!("| `{key}`"))
                || page.contains(&format!("`{key}`, `"))
                || page.contains(&format!(", `{key}` |")),
            "no row for {key}"
        );
    }
}

#[test]
fn help_documents_the_exit_codes_and_a_sequence_that_is_one() {
    let help = run(&["run", "--help"]).expect(0).text();
    for code in [0, 1, 2, 4, 5] {
        assert!(help.contains(&format!("\n  {code}  ")), "nothing of {code}: {help}");
    }
    let example: Vec<&str> =
        help.lines().skip_while(|line| line.trim() != "[[steps]]").take(6).map(str::trim).collect();
    let (_folder, path) = file(&example.join("\n"));
    let (listener, address) = listener();
    let program = Program::wirelab(&["run", &path, "--connect", &address]);
    let device = accept(&listener);
    spawn("device", move || answer(device));
    program.end().expect(0);
}
