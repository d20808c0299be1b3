//! `--frame` and `--check`: frames in place of reads, live, from recordings and captures, in every form.

use crate::captures::{Order, datagram, pcap};
use crate::support::*;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

/// What an object of a frame says, without the place and time.
fn said(object: &Value) -> Value {
    json!([object["number"], object["text"], object["complete"], object["check"], object["skipped"]])
}

fn frames(objects: &[Value]) -> Vec<Value> {
    objects.iter().filter(|object| object["kind"] == "frame").map(said).collect()
}

/// Records what a peer writes in these pieces, each of which is a read, and returns what the session printed.
fn session(file: &Path, options: &[&str], pieces: &[(&[u8], &str)]) -> Ended {
    let mut arguments: Vec<&OsStr> = ["listen", "127.0.0.1:0", "--once", "--record"].map(OsStr::new).into();
    arguments.push(file.as_os_str());
    arguments.extend(options.iter().map(OsStr::new));
    let mut server = Program::wirelab(&arguments);
    let mut peer = connect(server.address());
    for (piece, expected) in pieces {
        peer.write_all(piece).unwrap();
        if !expected.is_empty() {
            server.output(expected);
        }
    }
    drop(peer);
    server.end().expect(0)
}

fn with_file(command: &str, file: &Path, options: &[&str]) -> Ended {
    let mut arguments = vec![OsStr::new(command), file.as_os_str()];
    arguments.extend(options.iter().map(OsStr::new));
    run(&arguments)
}

const LINES: [(&[u8], &str); 3] =
    [(b"one\ntwo\nth", "\"number\":2"), (b"ree\n", "\"number\":3"), (b"four\nfi", "\"number\":4")];

#[test]
fn frames_are_printed_as_they_complete_and_the_rest_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let live = session(&file, &["--frame", "lines", "--json"], &LINES);
    let objects = live.objects();
    let expected = [
        json!([1, "one\n", true, null, null]),
        json!([2, "two\n", true, null, null]),
        json!([3, "three\n", true, null, null]),
        json!([4, "four\n", true, null, null]),
        json!([5, "fi", false, null, null]),
    ];
    assert_eq!(frames(&objects), expected);
    assert!(objects.iter().all(|object| object["kind"] != "data"), "{objects:#?}");
    let third = objects.iter().find(|object| object["number"] == 3).unwrap();
    assert_eq!(
        (&third["bytes"], &third["hex"], &third["direction"], &third["connection"]),
        (&json!(6), &json!("74687265650A"), &json!("in"), &json!(1))
    );
    let totals = &objects.last().unwrap()["frames"]["received"];
    let names = ["frames", "whole", "glued", "cut", "incomplete", "reads", "glued_reads", "bytes"];
    assert_eq!(names.map(|name| totals[name].as_u64().unwrap()), [4, 0, 3, 1, 1, 3, 2, 19]);
    live.says("Frames received: 4 in 3 reads; 0 whole, 3 glued, 1 cut; 1 incomplete.");
    // A recording prints what its session printed, but for the summary.
    let shown = with_file("show", &file, &["--frame", "lines", "--json"]).expect(0);
    let summary = |line: &&str| !line.contains("\"kind\":\"summary\"");
    assert_eq!(
        shown.text().lines().collect::<Vec<_>>(),
        live.text().lines().filter(summary).collect::<Vec<_>>()
    );
    shown.says("Frames received: 4 in 3 reads");
    let exported = with_file("export", &file, &["--format", "jsonl", "--frame", "lines"]).expect(0);
    assert_eq!(exported.text(), shown.text());
}

#[test]
fn checks_are_told_with_what_was_expected() {
    let right = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08];
    let mut wrong = right;
    wrong[7] = 9;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let options = ["--frame", "fixed=8", "--check", "CRC-16/MODBUS", "--view", "hex"];
    let live = session(&file, &options, &[(&[right, wrong].concat(), "expected A4 08"), (b"\x01\x02", "")]);
    let text = live.text();
    let heads: Vec<&str> = text
        .lines()
        .filter_map(|line| Some(line.split_once(" <- 127.0.0.1:")?.1.split_once("  ")?.1))
        .collect();
    let expected = ["#1  8 B, check right", "#2  8 B, check wrong: expected A4 08", "#3  2 of 8 B"];
    assert_eq!(heads, expected, "{text}");
    live.says("check right 1, wrong 1; 1 incomplete.");
    let shown =
        with_file("show", &file, &["--frame", "fixed=8", "--check", "CRC-16/MODBUS", "--json"]).expect(0);
    let checks: Vec<Value> = frames(&shown.objects()).into_iter().map(|said| said[3].clone()).collect();
    assert_eq!(checks, [json!("right"), json!("wrong"), json!(null)]);
    // The preset has a check of its own.
    let preset = with_file("show", &file, &["--frame", "modbus-rtu", "--json"]).expect(0);
    assert_eq!(frames(&preset.objects())[0][3], "right");
}

#[test]
fn skipped_bytes_are_printed_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    session(&file, &["--quiet"], &[(b"ab\x02cd\x03", "")]);
    let framing = ["--frame", "marks,start=02,end=03"];
    let objects = with_file("show", &file, &[&framing[..], &["--json"]].concat()).expect(0).objects();
    let expected =
        [json!([null, "ab", false, null, "no-start"]), json!([1, "\u{2}cd\u{3}", true, null, null])];
    assert_eq!(frames(&objects), expected);
    let text = with_file("show", &file, &framing).expect(0);
    assert!(text.text().contains("  2 B in no frame\n"), "{}", text.text());
    text.says("2 B in no frame.");
}

#[test]
fn a_frame_never_spans_datagrams() {
    let mut program = Program::wirelab(&["udp", "127.0.0.1:0", "--frame", "lines", "--json", "--count", "2"]);
    let address = program.address();
    let peer = udp();
    peer.send_to(b"one\ntw", address).unwrap();
    program.output("\"text\":\"tw\"");
    peer.send_to(b"o\n", address).unwrap();
    let objects = program.end().expect(0).objects();
    let expected = [
        json!([1, "one\n", true, null, null]),
        json!([2, "tw", false, null, null]),
        json!([3, "o\n", true, null, null]),
    ];
    assert_eq!(frames(&objects), expected);
}

#[test]
fn frames_are_counted_also_where_no_data_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let quiet = session(&file, &["--frame", "lines", "--quiet"], &[(b"one\ntwo\n", "")]);
    assert_eq!(quiet.text(), "");
    quiet.says("Frames received: 2 in 1 read; 0 whole, 2 glued, 0 cut.");
    let quiet = session(&file, &["--frame", "lines", "--quiet", "--json"], &[(b"one\ntwo\n", "")]);
    assert!(frames(&quiet.objects()).is_empty());
    assert_eq!(quiet.objects().last().unwrap()["frames"]["received"]["frames"], 2);
}

#[test]
fn a_table_has_a_row_for_each_frame() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    session(&file, &["--quiet"], &[(b"ab\ncd", "")]);
    let options = ["--format", "csv", "--frame", "lines", "--check", "sum8", "--direction", "in"];
    let table = with_file("export", &file, &options).expect(0).text();
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].ends_with(",bytes,hex,text,name,number,complete,check,skipped"), "{table}");
    let frames: Vec<&str> = rows.iter().filter(|row| row.contains(",frame,in,1,")).copied().collect();
    assert!(frames[0].contains(",3,61 62 0A,"), "{table}");
    assert!(table.contains(",1,true,wrong,\r\n"), "{table}");
    assert!(table.contains(",63 64,cd,,2,false,,\r\n"), "{table}");
    assert!(table.contains(",opened,in,") && table.contains(",,,,\r\n"), "{table}");
}

#[test]
fn captures_of_other_programs_have_frames() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.pcap");
    let packets = [datagram(b"one\ntwo\n"), datagram(b"three")];
    std::fs::write(&file, pcap(Order::Little, &packets)).unwrap();
    let objects = with_file("show", &file, &["--frame", "lines", "--json"]).expect(0).objects();
    let expected = [
        json!([1, "one\n", true, null, null]),
        json!([2, "two\n", true, null, null]),
        json!([3, "three", false, null, null]),
    ];
    assert_eq!(frames(&objects), expected);
}

#[test]
fn what_cannot_be_is_refused_with_the_way_out() {
    for (arguments, words) in [
        (&["show", "x", "--frame", "lines", "--view", "raw"][..], "--view raw has no borders between frames"),
        (&["listen", "0", "--frame", "lines", "--view", "raw"], "--view raw has no borders between frames"),
        (&["export", "x", "--format", "pcapng", "--frame", "lines"], "--format text, jsonl and csv"),
        (
            &["export", "x", "--format", "raw", "--output", "y", "--frame", "lines"],
            "--format text, jsonl and csv",
        ),
        (&["show", "x", "--frame", "modbus-tpc"], "\"modbus-tpc\" is no framing"),
        (&["show", "x", "--frame", "fixed=0"], "fixed=0"),
        (&["show", "x", "--check", "sum8"], "--frame"),
        (&["show", "x", "--frame", "lines", "--check", "crc16mosbus"], "crc16mosbus"),
    ] {
        run(arguments).expect(2).says(words);
    }
}

#[test]
fn the_checksum_of_frames_that_came_glued_is_found() {
    let requests: [&[u8]; 3] = [
        &[0x01, 0x03, 0x00, 0x00, 0x00, 0x01, 0x84, 0x0A],
        &[0x11, 0x03, 0x00, 0x6B, 0x00, 0x03, 0x76, 0x87],
        &[0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08],
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    session(&file, &["--quiet"], &[(&requests.concat(), "")]);
    with_file("find-checksum", &file, &[]).expect(1);
    let found = with_file("find-checksum", &file, &["--frame", "fixed=8"]).expect(0);
    assert!(found.text().contains("Checksum: CRC-16/MODBUS"), "{}", found.text());
    run(&["find-checksum", "--hex", "01 02 03", "--frame", "lines"]).expect(2).says("<FILE>");
}

#[test]
fn the_help_names_framings_and_what_the_counts_mean() {
    for command in ["show", "listen", "connect", "udp"] {
        let help = run(&[command, "--help"]).expect(0).text();
        for words in ["--frame", "--check", "modbus-rtu", "delimiter=0D0A", "glued", "kind frame"] {
            assert!(help.contains(words), "{command}: {words}");
        }
    }
    assert!(run(&["export", "--help"]).expect(0).text().contains("--frame"));
}
