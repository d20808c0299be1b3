//! `--json`: keys, numbers, and texts that join to the whole text.

use crate::support::*;
use serde_json::Value;
use std::io::Write;

/// The texts of the data records of one half, joined.
fn texts(objects: &[Value], connection: u64, direction: &str) -> String {
    let is_wanted = |object: &&Value| {
        object["kind"] == "data" && object["connection"] == connection && object["direction"] == direction
    };
    objects.iter().filter(is_wanted).map(|object| object["text"].as_str().unwrap()).collect()
}

#[test]
fn each_line_is_an_object_with_exactly_the_documented_keys() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--json", "--send", "text"]);
    server.feed("ok\n".as_bytes());
    let mut peer = connect(server.address());
    let name = peer.local_addr().unwrap().to_string();
    assert_eq!(read_all(&mut peer), b"ok\n");
    peer.write_all(b"a\"\n\xFF\x00").unwrap();
    drop(peer);
    let ended = server.end().expect(0);
    let mut objects = ended.objects();
    let summary = objects.pop().unwrap();
    for object in &objects {
        let keys: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
        let mut sorted = ["time", "kind", "direction", "connection", "peer", "bytes", "hex", "text"];
        sorted.sort_unstable();
        assert_eq!(keys, sorted);
        let time = object["time"].as_str().unwrap();
        assert!(time.len() == "2026-11-20T10:00:00.123456789Z".len() && time.ends_with('Z'), "{time}");
        chrono::DateTime::parse_from_rfc3339(time).unwrap();
    }
    let line = ended.text().lines().next().unwrap().to_string();
    let order = [
        "\"time\":",
        "\"kind\":",
        "\"direction\":",
        "\"connection\":",
        "\"peer\":",
        "\"bytes\":",
        "\"hex\":",
        "\"text\":",
    ];
    let places: Vec<_> = order.iter().map(|key| line.find(key).unwrap()).collect();
    assert!(places.is_sorted(), "{line}");

    let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"note"));
    // The session may still note afterwards that it has stopped listening.
    assert_eq!(kinds.iter().rfind(|kind| **kind != "note"), Some(&"closed"));
    let opened = objects.iter().find(|object| object["kind"] == "opened").unwrap();
    assert_eq!(
        (&opened["connection"], &opened["direction"], &opened["peer"]),
        (&1.into(), &"in".into(), &name.clone().into())
    );
    let received =
        objects.iter().find(|object| object["kind"] == "data" && object["direction"] == "in").unwrap();
    assert_eq!((&received["bytes"], &received["hex"]), (&5.into(), &"61220AFF00".into()));
    assert_eq!(received["text"], "a\"\n\u{FFFD}\0");
    assert_eq!(texts(&objects, 1, "out"), "ok\n");
    assert_eq!(objects[0]["peer"], Value::Null);

    assert_eq!(summary["kind"], "summary");
    assert_eq!(summary["received"]["bytes"], 5);
    assert_eq!(summary["sent"], serde_json::json!({"records": 1, "bytes": 3}));
    assert_eq!((&summary["recorded"], &summary["dropped_by_kernel"]), (&Value::Null, &0.into()));
    assert!(ended.stderr.iter().all(|line| line.starts_with("listening on ")), "{:?}", ended.stderr);
}

#[test]
fn the_summary_accounts_for_every_byte() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let arguments = ["listen", "127.0.0.1:0", "--once", "--json", "--quiet", "--echo", "--record"];
    let mut server =
        Program::wirelab(&[arguments.map(std::ffi::OsStr::new).as_slice(), &[file.as_os_str()]].concat());
    let mut peer = connect(server.address());
    // More than one packet of the recording holds.
    let bytes = all_bytes(200_000);
    peer.write_all(&bytes[..100]).unwrap();
    assert_eq!(read_exactly(&mut peer, 100), bytes[..100]);
    let mut sender = peer.try_clone().unwrap();
    let rest = bytes[100..].to_vec();
    spawn("sender", move || {
        sender.write_all(&rest).unwrap();
        sender.shutdown(std::net::Shutdown::Write).unwrap();
    });
    assert_eq!(read_all(&mut peer), bytes[100..]);
    let objects = server.end().expect(0).objects();
    let summary = objects.last().unwrap();
    assert_eq!(summary["kind"], "summary");
    let number = |what: &str, unit: &str| summary[what][unit].as_u64().unwrap();
    assert_eq!((number("received", "bytes"), number("sent", "bytes")), (200_000, 200_000));
    assert_eq!((number("recorded", "bytes"), number("not_recorded", "records")), (400_000, 0));
    let records = number("received", "records") + number("sent", "records");
    assert_eq!((number("recorded", "records"), number("expired", "bytes")), (records, 0));
    assert_eq!(summary["cut_off"], serde_json::json!({"records": 0, "bytes": 0}));
    // The recording has them.
    let shown = run(&[std::ffi::OsStr::new("show"), "--json".as_ref(), file.as_os_str()]).expect(0);
    let data = shown.objects().iter().filter(|object| object["kind"] == "data").count();
    assert_eq!(data as u64, records);
}

#[test]
fn joined_texts_are_the_whole_text_when_characters_are_split() {
    let text = "你好，世界！😀 done";
    for (encoding, name) in
        [(wirelab::codec::Encoding::Gb18030, "gb18030"), (wirelab::codec::Encoding::Utf16Le, "utf-16le")]
    {
        let mut bytes = Vec::new();
        encoding.encode(text, &mut bytes).unwrap();
        let parts: Vec<_> = bytes.chunks(3).collect();
        let count = (parts.len() + 1).to_string();
        let mut server =
            Program::wirelab(&["listen", "127.0.0.1:0", "--json", "--encoding", name, "--count", &count]);
        let address = server.address();
        let mut first = connect(address);
        let mut second = connect(address);
        // The parts split characters, and another connection sends between them.
        for (number, part) in parts.iter().enumerate() {
            first.write_all(part).unwrap();
            let hex: String = part.iter().map(|byte| format!("{byte:02X}")).collect();
            server.output(&format!("\"hex\":\"{hex}\""));
            if number == 0 {
                second.write_all(b"\xA1").unwrap();
                server.output("\"hex\":\"A1\"");
            }
        }
        let objects = server.end().expect(0).objects();
        assert_eq!(texts(&objects, 1, "in"), text, "{name}");
        // The count is reached and the session closes: the unfinished character is malformed.
        assert_eq!(texts(&objects, 2, "in"), "\u{FFFD}", "{name}");
    }
}

#[test]
fn line_separators_and_bidirectional_controls_are_escaped() {
    let text = "a\u{85}b\u{2028}c\u{2029}d\u{202E}e\u{200F}f\u{61C}g\u{2066}h";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let arguments = ["listen", "127.0.0.1:0", "--once", "--json", "--record"].map(std::ffi::OsStr::new);
    let mut server = Program::wirelab(&[&arguments[..], &[file.as_os_str()]].concat());
    let mut peer = connect(server.address());
    peer.write_all(text.as_bytes()).unwrap();
    drop(peer);
    let live = server.end().expect(0);
    let of_recording = |arguments: &[&str]| {
        let arguments: Vec<_> = arguments.iter().map(std::ffi::OsStr::new).collect();
        run(&[&arguments[..], &[file.as_os_str()]].concat()).expect(0)
    };
    for ended in [live, of_recording(&["show", "--json"]), of_recording(&["export", "--format", "jsonl"])] {
        assert_eq!(texts(&ended.objects(), 1, "in"), text);
        let lines = ended.text();
        assert!(lines.contains(r"a\u0085b\u2028c\u2029d\u202ee\u200ff\u061cg\u2066h"), "{lines}");
        let is_wrong = |c: char| c != '\n' && wirelab::codec::is_control(c);
        assert!(!lines.contains(is_wrong), "{lines}");
    }
}

#[test]
fn connection_numbers_are_not_reused() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--json", "--count", "3"]);
    let address = server.address();
    for number in 1..=3 {
        let mut peer = connect(address);
        peer.write_all(b"x").unwrap();
        server.output(&format!("\"kind\":\"data\",\"direction\":\"in\",\"connection\":{number}"));
        drop(peer);
    }
    server.end().expect(0);
}

#[test]
fn quiet_json_has_everything_except_data() {
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--json", "--quiet"]);
    let mut peer = connect(server.address());
    peer.write_all(b"x").unwrap();
    drop(peer);
    let objects = server.end().expect(0).objects();
    let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"opened") && kinds.contains(&"closed") && !kinds.contains(&"data"), "{kinds:?}");
}

#[test]
fn a_failure_is_printed_as_json_and_on_standard_error() {
    let (_socket, address) = refusing();
    let ended = run(&["connect", &address, "--json"]).expect(4);
    let objects = ended.objects();
    assert_eq!(objects.last().unwrap()["received"]["bytes"], 0);
    assert_eq!((&objects[0]["kind"], &objects[0]["connection"]), (&"error".into(), &0.into()));
    ended.says(objects[0]["text"].as_str().unwrap());
}
