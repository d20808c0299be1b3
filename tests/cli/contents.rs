//! `wirelab show` of unusual payloads: no byte is lost, and no control character reaches the terminal.

use crate::support::*;
use std::ffi::OsStr;
use std::path::Path;
use wirelab::capture::{CaptureWriter, Destination, Limits};
use wirelab::codec::{is_control, parse_hex};
use wirelab::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

/// Writes a recording of received payloads, one read or datagram each.
fn record(file: &Path, transport: Transport, received: &[&[u8]]) {
    let mut writer = CaptureWriter::new(Destination::file(file).unwrap(), Limits::default());
    for (number, payload) in received.iter().enumerate() {
        let records = writer.append(&Record {
            time: Timestamp(1_795_168_800_000_000_000 + number as u64),
            kind: RecordKind::Data,
            direction: Direction::Inbound,
            transport,
            connection: ConnectionId(1),
            local: "127.0.0.1:7788".parse().unwrap(),
            peer: "127.0.0.1:50122".parse().unwrap(),
            payload,
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        });
        assert!(transport == Transport::Tcp || records == 1, "a datagram is one record");
    }
    writer.publish();
    assert_eq!(writer.status().failure, None);
}

fn show(file: &Path, options: &[&str]) -> Ended {
    let mut arguments = vec![OsStr::new("show"), file.as_os_str()];
    arguments.extend(options.iter().map(OsStr::new));
    run(&arguments).expect(0)
}

/// The lines of content of a text view, which are indented by two blanks; head lines are not.
fn content(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("  "))
}

/// The text view of received payloads. Checks that the raw view has every byte and the text view no control
/// characters.
fn shown(transport: Transport, received: &[&[u8]]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    record(&file, transport, received);
    assert!(show(&file, &["--view", "raw"]).stdout == received.concat());
    let text = show(&file, &["--view", "text"]).text();
    let harmful = text.chars().find(|c| is_control(*c) && !matches!(c, '\n' | '\t'));
    assert_eq!(harmful, None);
    text
}

/// The payloads of the data records, as `--json` prints them.
fn payloads(file: &Path) -> Vec<Vec<u8>> {
    let objects = show(file, &["--json"]).objects();
    let payload = |object: &serde_json::Value| {
        let payload = parse_hex(object["hex"].as_str().unwrap()).unwrap();
        assert_eq!(
            (object["kind"].as_str(), object["bytes"].as_u64()),
            (Some("data"), Some(payload.len() as u64))
        );
        payload
    };
    objects.iter().map(payload).collect()
}

#[test]
fn empty_datagrams_and_the_longest_ones_are_shown() {
    let longest = all_bytes(65_507);
    let received = [&b""[..], b"x", b"", b"", &longest, b""];
    let text = shown(Transport::Udp, &received);
    let heads = text.lines().filter(|line| !line.starts_with("  ") && line.contains("<- ")).count();
    assert_eq!(heads, received.len(), "every datagram has a head line");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    record(&file, Transport::Udp, &received);
    assert!(payloads(&file) == received);
}

#[test]
fn a_read_of_64_kib_is_shown_whole() {
    let read = all_bytes(64 << 10);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    record(&file, Transport::Tcp, &[&read, b"after"]);
    let payloads = payloads(&file);
    assert!(payloads.concat() == [&read[..], b"after"].concat());
    assert_eq!(payloads.last().unwrap(), b"after", "the next read is a record of its own");
}

#[test]
fn a_hundred_thousand_short_lines_are_shown_from_one_read_or_as_many() {
    let lines = "x\n".repeat(100_000);
    let text = shown(Transport::Tcp, &[lines.as_bytes()]);
    assert_eq!(content(&text).filter(|line| *line == "x").count(), 100_000);
    let text = shown(Transport::Tcp, &vec![&b"x\n"[..]; 100_000]);
    assert_eq!(content(&text).filter(|line| *line == "x").count(), 100_000);
    assert_eq!(text.lines().count(), 200_000, "every record has a head line");
}

#[test]
fn a_line_of_ten_megabytes_is_shown_whole() {
    let line = "0123456789".repeat(1_000_000);
    let text = shown(Transport::Tcp, &[line.as_bytes()]);
    assert!(content(&text).collect::<String>() == line);
}

#[test]
fn nul_bytes_are_shown_as_control_pictures() {
    let text = shown(Transport::Tcp, &[&[0; 100_000]]);
    assert_eq!(text.matches('␀').count(), 100_000);
}

#[test]
fn invalid_utf_8_is_replaced_without_losing_its_neighbours() {
    let invalid = b"a\xFFb\xC0\x80c\xED\xA0\x80d\xF4\x90\x80\x80e\xE4\xBD";
    // In one read, and in two that are cut at every place.
    let text = shown(Transport::Tcp, &[invalid]);
    let replaced: String = content(&text).collect();
    let letters: String = replaced.chars().filter(char::is_ascii_lowercase).collect();
    assert!(letters.starts_with("abcde") && replaced.contains('\u{FFFD}'), "{replaced}");
    for cut in 1..invalid.len() {
        let text = shown(Transport::Tcp, &[&invalid[..cut], &invalid[cut..]]);
        assert!(content(&text).collect::<String>() == replaced, "cut at {cut}: {text}");
    }
}

#[test]
fn control_and_bidirectional_characters_are_shown_as_visible_text() {
    let controls: String =
        (0..0x20u8).chain([0x7F]).map(char::from).filter(|c| !"\n\r\t".contains(*c)).collect();
    let bidi =
        "\u{061C}\u{200E}\u{200F}\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}";
    let written =
        format!("שלום مرحبا {controls}{bidi}\u{85}\u{9B}31m\u{2028}\u{2029}end\x1B[2J\x1B]0;title\x07");
    let text = shown(Transport::Tcp, &[written.as_bytes()]);
    for words in ["שלום مرحبا ", "<RLO>", "<CSI>31m", "␛[2J", "end"] {
        assert!(text.contains(words), "{words:?} in {text}");
    }
    for code in (0..0x20u32).filter(|code| ![9, 10, 13].contains(code)) {
        let picture = char::from_u32(0x2400 + code).unwrap();
        assert!(text.contains(picture), "{picture} in {text}");
    }
}
