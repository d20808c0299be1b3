//! `wirelab export`: its formats as other programs read them, exit codes, and files that remain.

use crate::captures::{Order, datagram, pcap, ping};
use crate::support::*;
#[cfg(target_os = "linux")]
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::Command;
use wirelab::capture::{CaptureWriter, Destination, Limits};
use wirelab::codec::Encoding;
#[cfg(target_os = "linux")]
use wirelab::codec::parse_hex;
use wirelab::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

/// A Python script that reads CSV and prints the rows as JSON.
#[cfg(target_os = "linux")]
const READ_CSV: &str = "\
import csv, io, json, sys
csv.field_size_limit(1 << 20)
table = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8-sig', newline='')
rows = list(csv.DictReader(table, strict=True))
json.dump([dict(row, text=row['text'].removeprefix(\"'\")) for row in rows], sys.stdout)";

/// A Python script that reads JSON lines and prints them as one JSON array.
#[cfg(target_os = "linux")]
const READ_JSONL: &str = "\
import json, sys
json.dump([json.loads(line) for line in sys.stdin.buffer.read().split(b'\\n') if line], sys.stdout)";

const ALL: &str = "Ω=1,\"quoted\"\r\n-end 世界 ";

/// A recording of two connections: the first with a text in GB18030, one record per byte, the second with all byte
/// values in both directions.
fn record(folder: &Path) -> PathBuf {
    let file = folder.join("run.pcapng");
    let mut writer = CaptureWriter::new(Destination::file(file.clone()).unwrap(), Limits::default());
    let base = Record {
        time: Timestamp(1_795_168_800_123_456_789),
        kind: RecordKind::Opened,
        direction: Direction::Inbound,
        transport: Transport::Tcp,
        connection: ConnectionId(1),
        local: "127.0.0.1:7788".parse().unwrap(),
        peer: "127.0.0.1:50122".parse().unwrap(),
        payload: &[],
        is_cut: false,
        text: "",
        answer: AnswerNote::default(),
    };
    writer.append(&base);
    let mut text = Vec::new();
    Encoding::Gb18030.encode(ALL, &mut text).unwrap();
    for byte in text.chunks(1) {
        writer.append(&Record { kind: RecordKind::Data, payload: byte, ..base });
    }
    let bytes = all_bytes(100_000);
    for direction in [Direction::Outbound, Direction::Inbound] {
        let connection = ConnectionId(2);
        writer.append(&Record { kind: RecordKind::Data, connection, direction, payload: &bytes, ..base });
    }
    writer.append(&Record { kind: RecordKind::Closed, text: "closed by the peer", ..base });
    writer.publish();
    file
}

fn export(file: &Path, options: &[&str]) -> Ended {
    let mut arguments = vec![OsStr::new("export"), file.as_os_str()];
    arguments.extend(options.iter().map(OsStr::new));
    run(&arguments)
}

/// The bytes and the text of each half, keyed by connection and direction, as Python reads them.
#[cfg(target_os = "linux")]
fn read_by_python(script: &str, exported: &[u8]) -> BTreeMap<String, (Vec<u8>, String)> {
    let mut command = Command::new("python3");
    command.args(["-X", "utf8", "-c", script]);
    let mut python = Program::start(command);
    python.feed(exported);
    let rows: serde_json::Value = serde_json::from_slice(&python.end().expect(0).stdout).unwrap();
    let mut streams: BTreeMap<String, (Vec<u8>, String)> = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        assert_eq!(row["time"], "2026-11-20T10:00:00.123456789Z");
        if row["kind"] == "data" {
            let connection = row["connection"].to_string().replace('"', "");
            let stream = format!("{connection} {}", row["direction"].as_str().unwrap());
            let (bytes, text) = streams.entry(stream).or_default();
            let payload = parse_hex(row["hex"].as_str().unwrap()).unwrap();
            assert_eq!(row["bytes"].to_string().replace('"', ""), payload.len().to_string());
            bytes.extend(payload);
            text.push_str(row["text"].as_str().unwrap());
        }
    }
    streams
}

// Not on Windows: wine has no Python.
#[cfg(target_os = "linux")]
#[test]
fn python_reads_the_same_bytes_and_texts_from_csv_and_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    for (format, script) in [("csv", READ_CSV), ("jsonl", READ_JSONL)] {
        let exported = export(&file, &["--format", format, "--encoding", "gb18030"]).expect(0);
        let streams = read_by_python(script, &exported.stdout);
        assert_eq!(streams.keys().collect::<Vec<_>>(), ["1 in", "2 in", "2 out"]);
        assert_eq!(streams["1 in"].1, ALL, "{format}");
        let bytes = all_bytes(100_000);
        assert!(streams["2 in"].0 == bytes && streams["2 out"].0 == bytes, "{format}");
        assert_eq!(streams["2 in"].1, streams["2 out"].1, "{format}");
        // A file gets the same, and standard output stays empty.
        let target = folder.path().join(format);
        let path = target.to_str().unwrap();
        let silent =
            export(&file, &["--format", format, "--encoding", "gb18030", "--output", path]).expect(0);
        assert!(silent.stdout.is_empty() && silent.stderr.is_empty());
        assert!(fs::read(&target).unwrap() == exported.stdout, "{format}");
    }
}

#[test]
fn json_lines_equal_the_output_of_show() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    let shown = run(&[OsStr::new("show"), file.as_os_str(), "--json".as_ref()]).expect(0);
    assert!(shown.stdout == export(&file, &["--format", "jsonl"]).expect(0).stdout);
}

#[test]
fn raw_exports_one_stream_or_a_folder_of_streams() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    let one = ["--format", "raw", "--connection", "2", "--direction", "out"];
    assert!(export(&file, &one).expect(0).stdout == all_bytes(100_000));
    export(&file, &["--format", "raw"]).expect(2).says("name it with --connection and --direction");

    let target = folder.path().join("raw");
    let all = ["--format", "raw", "--output", target.to_str().unwrap()];
    export(&file, &all).expect(0);
    assert_eq!(entries(&target), ["run.c1.in.bin", "run.c2.in.bin", "run.c2.out.bin"]);
    let mut text = Vec::new();
    Encoding::Gb18030.encode(ALL, &mut text).unwrap();
    assert_eq!(fs::read(target.join("run.c1.in.bin")).unwrap(), text);
    assert!(fs::read(target.join("run.c2.in.bin")).unwrap() == all_bytes(100_000));
}

#[test]
fn only_the_records_selected_by_the_options_are_exported() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    let objects = export(&file, &["--format", "jsonl", "--connection", "2", "--direction", "in"]).expect(0);
    for object in objects.objects() {
        assert_eq!((&object["connection"], &object["direction"]), (&2.into(), &"in".into()));
    }
    let text = export(&file, &["--format", "text", "--connection", "1", "--encoding", "gb18030"]).expect(0);
    let text = text.text();
    assert!(text.contains("127.0.0.1:50122  connected, 127.0.0.1:50122 → 127.0.0.1:7788\n"), "{text}");
    assert!(text.contains("<- 127.0.0.1:50122  1 B\n  世\n"), "{text}");
    assert!(text.ends_with("<- 127.0.0.1:50122  closed by the peer\n"), "{text}");
    let hex = export(&file, &["--format", "text", "--view", "hex", "--connection", "2"]).expect(0).text();
    assert!(hex.contains("\n  00000010  ") && !hex.contains('Ω'));
    let nothing = export(&file, &["--format", "csv", "--connection", "9"]).expect(0);
    assert_eq!(nothing.text(), "\u{FEFF}time,kind,direction,connection,local,peer,bytes,hex,text,name\r\n");
    nothing.says("Nothing in ");
}

#[test]
fn failures_to_read_or_write_have_exit_codes_and_leave_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    export(&folder.path().join("missing.pcapng"), &["--format", "csv"]).expect(2).says("Could not read ");
    let target = folder.path().join("missing").join("out.csv");
    let ended = export(&file, &["--format", "csv", "--output", target.to_str().unwrap()]).expect(1);
    ended.says("Could not export to ");
    let own = export(&file, &["--format", "csv", "--output", file.to_str().unwrap()]).expect(1);
    own.says("the file belongs to the recording itself");
    export(&file, &["--format", "jsonl"]).expect(0);
    assert_eq!(entries(folder.path()), ["run.pcapng"]);
    // A cut last block is reported, and the rest is exported.
    let bytes = fs::read(&file).unwrap();
    fs::File::create(&file).unwrap().write_all(&bytes[..bytes.len() - 5]).unwrap();
    export(&file, &["--format", "jsonl"]).expect(0).says("The last block is truncated: ");
}

#[test]
fn damage_is_reported_and_readable_records_are_exported() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    let all = export(&file, &["--format", "jsonl"]).expect(0).objects();
    let mut bytes = fs::read(&file).unwrap();
    // The first data record follows the handshake: the packet length in it exceeds its block.
    let (mut at, mut packets) = (0, 0);
    while packets < 4 {
        packets += usize::from(bytes[at..at + 4] == 6u32.to_le_bytes());
        if packets < 4 {
            at += u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        }
    }
    bytes[at + 20..at + 24].fill(0xFF);
    fs::write(&file, &bytes).unwrap();
    let target = folder.path().join("out.jsonl");
    for options in [&["--format", "jsonl"][..], &["--format", "jsonl", "--direction", "in"]] {
        export(&file, options).expect(2).says("is inconsistent");
    }
    let ended = export(&file, &["--format", "jsonl", "--output", target.to_str().unwrap()]).expect(2);
    ended.says("is inconsistent");
    assert_eq!(fs::read_to_string(&target).unwrap().lines().count(), all.len() - 1);
}

#[test]
fn a_capture_of_another_program_is_exported_as_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.pcap");
    let packets = [datagram("查询".as_bytes()), ping()];
    fs::write(&file, pcap(Order::Little, &packets)).unwrap();
    let exported = export(&file, &["--format", "jsonl"]).expect(0);
    assert_eq!(exported.objects().iter().map(|object| &object["text"]).collect::<Vec<_>>(), ["查询"]);
    exported.says("Packets left out: 1, neither TCP nor UDP");
    fs::write(&file, pcap(Order::Little, [])).unwrap();
    let nothing = export(&file, &["--format", "csv"]).expect(0);
    assert_eq!(nothing.text(), "\u{FEFF}time,kind,direction,connection,local,peer,bytes,hex,text,name\r\n");
    nothing.says("Nothing in ");
    fs::write(&file, "these are no packets, but notes").unwrap();
    export(&file, &["--format", "csv"]).expect(2).says("neither a recording nor a capture");
}

/// A shell passes `>(gzip >file)` as such a path.
// Not on Windows: there are no FIFOs.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_behind_a_symbolic_link_is_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    let expected = export(&file, &["--format", "csv"]).expect(0).stdout;
    let piped = export(&file, &["--format", "csv", "--output", "/dev/stdout"]).expect(0);
    assert!(piped.stdout == expected);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let file = record(folder.path());
    let mut program = Program::wirelab(&[
        OsStr::new("export"),
        file.as_os_str(),
        "--format".as_ref(),
        "text".as_ref(),
        "--view".as_ref(),
        "both".as_ref(),
    ]);
    program.stdin = None;
    program.output(" <- ");
    program.close_output();
    let ended = program.end().expect(0);
    assert!(ended.stderr.is_empty(), "{:?}", ended.stderr);
}
