//! Tests of the file of a sequence.

use super::*;
use crate::model::{Endpoint, PeerKey, Target};
use crate::pattern::Pattern;
use crate::payload;
use crate::sequence::{Source, StepTarget};
use std::time::Duration;

const EVERYTHING: &str = r#"
version = 1
name = "Pump"
note = "Reads and starts it"
times = 2

[[steps]]
name = "Read"
note = "Register 10"
format = "hex"
payload = "01 03 00 0A 00 01"
checksum = "CRC-16/MODBUS"
target = "all"
delay = "10ms"
wait = { hex = "01 03 02 ?? ??", within = "500ms", retries = 3, otherwise = "go-on", from = "anyone" }

[[steps]]
times = "forever"
[[steps.steps]]
payload = "开始${counter}"
template = true
encoding = "GBK"
line_ending = "crlf"
target = "10.0.0.7:502"
wait.regex = "^OK"
[[steps.steps]]
times = 3
delay = 1.5
wait = { text = "ready", from = "10.0.0.7" }

[[steps]]
payload = 'a\x00'
format = "escaped"
target = "plc.local:502"
"#;

#[test]
fn every_key_is_read() {
    let sequence = read(EVERYTHING).unwrap();
    assert_eq!((&*sequence.name, &*sequence.note), ("Pump", "Reads and starts it"));
    let times = |number| NonZeroU64::new(number);
    let looped = |steps, times| Loop { steps, times };
    assert_eq!(sequence.loops, [looped(0..4, times(2)), looped(1..3, None), looped(2..3, times(3))]);
    let [read, start, ready, last] = &sequence.steps[..] else { panic!("{sequence:?}") };
    assert_eq!((&*read.name, &*read.note, read.delay), ("Read", "Register 10", Duration::from_millis(10)));
    let bytes = |step: &Step, encoding| {
        step.payload.as_ref().unwrap().build(&payload::Context::of(encoding)).unwrap().bytes
    };
    assert_eq!(bytes(read, Encoding::Utf8), b"\x01\x03\x00\x0A\x00\x01\xA4\x08");
    assert_eq!(read.target, StepTarget::To(Target::All));
    let wait = read.wait.as_ref().unwrap();
    assert_eq!(wait.pattern, Pattern::Hex("01 03 02 ?? ??".into()));
    assert_eq!((wait.from, wait.within), (Source::Anyone, Duration::from_millis(500)));
    assert_eq!((wait.retries, wait.otherwise), (3, Otherwise::GoOn));
    assert_eq!(start.encoding, Some(Encoding::Gbk));
    let peer: PeerKey = "10.0.0.7:502".parse().unwrap();
    assert_eq!(start.target, StepTarget::Peer(peer));
    let wait = start.wait.as_ref().unwrap();
    assert_eq!(wait.pattern, Pattern::Regex("^OK".into()));
    assert_eq!((wait.from, wait.within), (Source::Target, Duration::from_secs(1)));
    assert_eq!((wait.retries, wait.otherwise), (0, Otherwise::Stop));
    assert!(ready.payload.is_none());
    assert_eq!(ready.delay, Duration::from_millis(1500));
    let wait = ready.wait.as_ref().unwrap();
    assert_eq!(wait.from, Source::Peer("10.0.0.7".parse().unwrap()));
    assert_eq!(bytes(last, Encoding::Utf8), b"a\0");
    let endpoint: Endpoint = "plc.local:502".parse().unwrap();
    assert_eq!(last.target, StepTarget::To(Target::Host(endpoint)));
    // In a template the line ending stands behind what the variables give.
    let sent = bytes(start, Encoding::Gbk);
    assert!(sent.starts_with(b"\xBF\xAA\xCA\xBC") && sent.ends_with(b"\r\n"), "{sent:02X?}");
}

#[test]
fn what_is_missing_is_as_usual() {
    let sequence = read("[[steps]]\npayload = \"${x}\"\n").unwrap();
    assert_eq!((&*sequence.name, &*sequence.loops), ("", &[][..]));
    let step = &sequence.steps[0];
    assert_eq!((step.encoding, &step.target, step.delay), (None, &StepTarget::Chosen, Duration::ZERO));
    assert!(step.wait.is_none());
    // Not a template unless it says so.
    let built = step.payload.as_ref().unwrap().build(&payload::Context::of(Encoding::Utf8)).unwrap();
    assert_eq!(built.bytes, b"${x}");
}

#[test]
fn errors_have_their_line_and_column() {
    let wait = |key| FileErrorKind::NotA { key, expected: Expected::Duration };
    let not = |key, expected| FileErrorKind::NotA { key, expected };
    for (text, line, column, kind) in [
        ("", 1, 1, FileErrorKind::NoSteps),
        ("name = 1\n", 1, 8, not("name", Expected::Text)),
        ("version = 2\n[[steps]]\nnew = 1\n", 1, 11, FileErrorKind::Newer { version: 2 }),
        ("version = \"1\"\n", 1, 11, not("version", Expected::Number)),
        ("steps = []\n", 1, 9, FileErrorKind::NoSteps),
        ("steps = 1\n", 1, 9, not("steps", Expected::Tables)),
        ("steps = [1]\n", 1, 10, not("steps", Expected::Tables)),
        ("times = 0\n[[steps]]\npayload = \"a\"\n", 1, 9, not("times", Expected::Times)),
        ("times = -1\n[[steps]]\npayload = \"a\"\n", 1, 9, not("times", Expected::Times)),
        ("times = \"often\"\n[[steps]]\npayload = \"a\"\n", 1, 9, not("times", Expected::Times)),
        ("[[steps]]\nname = \"nothing\"\n", 1, 1, FileErrorKind::NothingToDo),
        ("[[steps]]\nformat = \"hex\"\n", 1, 1, FileErrorKind::Needs { key: "format", other: "payload" }),
        (
            "[[steps]]\npayload = \"a\"\n[[steps.steps]]\npayload = \"b\"\n",
            1,
            1,
            FileErrorKind::Conflict { key: "payload", other: "steps" },
        ),
        ("[[steps]]\npayload = \"a\"\ntemplate = 1\n", 3, 12, not("template", Expected::Switch)),
        ("[[steps]]\npayload = \"a\"\ndelay = \"5 days\"\n", 3, 9, wait("delay")),
        ("[[steps]]\npayload = \"a\"\ndelay = -1\n", 3, 9, wait("delay")),
        ("[[steps]]\npayload = \"a\"\nwait = \"b\"\n", 3, 8, not("wait", Expected::Table)),
        ("[[steps]]\npayload = \"a\"\nwait = { within = 1 }\n", 3, 8, FileErrorKind::NotOnePattern),
        (
            "[[steps]]\npayload = \"a\"\nwait = { text = \"a\", hex = \"00\" }\n",
            3,
            28,
            FileErrorKind::NotOnePattern,
        ),
        ("[[steps]]\nwait = { text = \"a\", retries = 1.5 }\n", 2, 32, not("retries", Expected::Number)),
        ("[[steps]]\nwait = { text = \"a\", within = \"soon\" }\n", 2, 31, wait("within")),
    ] {
        assert_eq!(read(text).unwrap_err(), FileError { kind, line, column }, "{text}");
    }
}

#[test]
fn values_that_are_not_known_are_named_with_those_that_are() {
    for (text, line, found) in [
        ("[[steps]]\npayload = \"a\"\nformat = \"base64\"\n", 3, "base64"),
        ("[[steps]]\npayload = \"a\"\nencoding = \"ebcdic\"\n", 3, "ebcdic"),
        ("[[steps]]\npayload = \"a\"\nline_ending = \"crcr\"\n", 3, "crcr"),
        ("[[steps]]\npayload = \"a\"\ntarget = \"nobody\"\n", 3, "nobody"),
        ("[[steps]]\nwait.text = \"a\"\nwait.from = \"somebody\"\n", 3, "somebody"),
        ("[[steps]]\nwait.text = \"a\"\nwait.otherwise = \"retry\"\n", 3, "retry"),
        ("[[steps]]\npayload = \"${ask:N:u8:1..9}\"\ntemplate = true\n", 2, "Asks"),
        ("[[steps]]\npayload = \"a\"\n\nchecksum = \"crc99\"\n", 4, "crc99"),
        ("[[steps]]\npayload = \"0G\"\nformat = \"hex\"\n", 2, "NotHex"),
        ("[[steps]]\nformat = \"escaped\"\npayload = 'a\\q'\n", 3, "Escape"),
        ("[[steps]]\nencoding = \"GBK\"\npayload = \"한\"\n", 3, "NotInEncoding"),
        ("[[steps]]\nencoding = \"GBK\"\nwait.text = \"한\"\n", 3, "NotInEncoding"),
        ("[[steps]]\nwait.hex = \"0G\"\n", 2, "NotHex"),
        ("[[steps]]\nwait.regex = \"(\"\n", 2, "unclosed group"),
        ("[[steps]]\nwait.text = \"\"\n", 2, "Empty"),
        ("colour = 1\n[[steps]]\npayload = \"a\"\n", 1, "colour"),
        ("[[steps]]\npayload = \"a\"\nkey = \"F5\"\n", 3, "key"),
        ("[[steps]]\nwait = { text = \"a\",\ntimeout = 1 }\n", 3, "timeout"),
        ("[[steps]]\npayload = \"a\n", 2, "NotToml"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error:?}");
        assert!(format!("{error:?}").contains(found), "{text}: {error:?}");
    }
}

#[test]
fn loops_in_each_other_and_steps_are_bounded() {
    let nested = |depth: usize| {
        let mut text = String::new();
        for level in 0..=depth {
            text += &format!("[[{}]]\n", vec!["steps"; level + 1].join("."));
        }
        text + "payload = \"a\"\n"
    };
    assert_eq!(read(&nested(MAX_DEPTH)).unwrap().steps.len(), 1);
    assert_eq!(read(&nested(MAX_DEPTH + 1)).unwrap_err().kind, FileErrorKind::TooMany);
    let many = "[[steps]]\npayload = \"a\"\n".repeat(MAX_STEPS + 1);
    assert_eq!(read(&many).unwrap_err().kind, FileErrorKind::TooMany);
}
