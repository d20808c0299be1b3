//! `wirelab find-checksum`.

use crate::captures::{Order, datagram, pcap};
use crate::support::{Ended, Program, run};
use serde_json::Value;
use std::io::Write;

/// Requests of Modbus RTU, each with its checksum.
const MODBUS: [&str; 3] = ["01 03 00 00 00 01 84 0A", "11 03 00 6B 00 03 76 87", "01 03 00 0A 00 01 A4 08"];

fn find(arguments: &[&str]) -> Ended {
    run(&[&["find-checksum"], arguments].concat())
}

#[test]
fn the_checksum_of_three_frames_is_claimed() {
    let ended = find(&["--hex", MODBUS[0], "--hex", MODBUS[1], "--hex", MODBUS[2]]).expect(0);
    let text = ended.text();
    assert!(text.starts_with("3 different frames, 8 bytes\nChecksum: CRC-16/MODBUS\n  claimed: "), "{text}");
    assert!(
        text.contains("\nLength: all frames have 8 bytes; frames of different lengths are wanted\n"),
        "{text}"
    );
}

#[test]
fn with_fewer_frames_it_asks_for_more() {
    let ended = find(&["--hex", MODBUS[0], "--hex", MODBUS[1]]).expect(1);
    let text = ended.text();
    assert!(text.contains("\nChecksum: not sure, 1 more different frame is wanted\n"), "{text}");
    assert!(text.contains(" expected by chance): CRC-16/MODBUS\n"), "{text}");
    let nothing = find(&["--hex", "01 02 03 04 05", "--hex", "01 02 03 04 06", "--hex", "99 88 77 12"]);
    assert!(nothing.expect(1).text().contains("\nChecksum: none of "));
    let tiny = find(&["--hex", "01"]).expect(1).text();
    assert!(tiny.contains("Checksum: a frame of 1 byte has no room for a checksum and data"), "{tiny}");
}

#[test]
fn objects_have_what_was_found() {
    // The length counts itself, and the sum ends before the end mark.
    let frame = |data: &str| {
        let mut bytes = vec![0x02, data.len() as u8 + 4];
        bytes.extend(data.as_bytes());
        let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        bytes.extend([sum, 0x03]);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let frames =
        ["T=23.5;H=41", "alarm 7", "T=-4", "q", "battery low: 2.91 V", "ok; uptime 120033 s"].map(frame);
    let mut arguments = vec!["--json"];
    frames.iter().for_each(|frame| arguments.extend(["--hex", frame]));
    let objects = find(&arguments).expect(0).objects();
    let result = objects.last().unwrap();
    assert_eq!(result["kind"], "result");
    assert_eq!(
        (&result["frames"], &result["shortest"], &result["longest"]),
        (&6.into(), &5.into(), &23.into())
    );
    assert_eq!(result["checksum"], "SUM-8,to=-1,at=-1");
    assert_eq!(result["length"], "length,at=1,width=1,adjust=-2");
    assert_eq!((&result["checksum_missing"], &result["length_missing"]), (&Value::Null, &Value::Null));
    let first = |kind: &str| objects.iter().find(|object| object["kind"] == kind).unwrap();
    let checksum = first("checksum");
    assert_eq!((&checksum["checksum"], &checksum["group"]), (&result["checksum"], &1.into()));
    assert_eq!((&checksum["claimed"], &checksum["frames_wanted"]), (&true.into(), &0.into()));
    assert!(checksum["false_expected"].as_f64().unwrap() < 1e-6);
    assert_eq!(first("length")["framing"], result["length"]);
    assert_eq!(first("length")["counts"], "counts the whole frame");
}

#[test]
fn frames_come_from_recordings_captures_and_text() {
    let folder = tempfile::tempdir().unwrap();
    let frames = MODBUS
        .map(|text| text.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect::<Vec<u8>>());
    let capture = folder.path().join("modbus.pcap");
    std::fs::write(&capture, pcap(Order::Little, &frames.each_ref().map(|frame| datagram(frame)))).unwrap();
    let recording = folder.path().join("modbus.pcapng");
    let (capture, recording) = (capture.to_str().unwrap(), recording.to_str().unwrap());
    run(&["export", capture, "--format", "pcapng", "--output", recording]).expect(0);
    let lines = folder.path().join("frames.txt");
    // Lines may end in either way, and be empty; a frame that comes twice counts once.
    std::fs::write(&lines, [MODBUS[0], "", MODBUS[1], MODBUS[2], MODBUS[2]].join("\r\n")).unwrap();
    for file in [capture, recording, lines.to_str().unwrap()] {
        let text = find(&[file]).expect(0).text();
        assert!(text.starts_with("3 different frames, 8 bytes\nChecksum: CRC-16/MODBUS\n"), "{file}: {text}");
    }
    let mut program = Program::wirelab(&["find-checksum", "-"]);
    program.stdin.take().unwrap().write_all(MODBUS.join("\n").as_bytes()).unwrap();
    assert!(program.end().expect(0).text().contains("Checksum: CRC-16/MODBUS\n"));
    // Several sources together.
    let one = folder.path().join("one.txt");
    std::fs::write(&one, MODBUS[0]).unwrap();
    let ended = find(&[one.to_str().unwrap(), "--hex", MODBUS[1], "--hex", MODBUS[2]]);
    assert!(ended.expect(0).text().contains("Checksum: CRC-16/MODBUS\n"));
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let text = file("frames.txt", b"01 02\n\n01 0x\n");
    let binary = file("frames.bin", &[0xFF, 0xFE, 0x80]);
    let missing = folder.path().join("none").to_str().unwrap().to_owned();
    for (arguments, words) in [
        (&[][..], "<FILE>"),
        (&["--hex", "01 02", "--hex", "0"], "--hex number 2: '0' (line 1, column 1)"),
        (&[text.as_str()], "frames.txt: The prefix (line 3, column 4)"),
        (
            &[binary.as_str()],
            "is neither a recording, nor a capture, nor text with a line of hex for each frame",
        ),
        (&[missing.as_str()], "there is no file with that name"),
    ] {
        find(arguments).expect(2).says(words);
    }
}

/// The examples of `docs/find-checksum.md`: a command, and what it prints.
#[test]
fn the_examples_of_the_documentation_print_what_they_say() {
    let page = include_str!("../../docs/find-checksum.md");
    let examples: Vec<_> =
        page.split("```console\n$ wirelab ").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(examples.len() >= 3);
    for example in examples {
        let (command, printed) = example.split_once('\n').unwrap();
        // Quotes hold a word with spaces together.
        let parts = command.split('"').enumerate();
        let words = parts.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        let ended = run(&words.collect::<Vec<_>>());
        assert_eq!(ended.text(), printed, "{command}: {:?}", ended.stderr);
    }
}
