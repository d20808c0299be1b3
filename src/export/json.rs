//! A record as one line of JSON, with exactly the documented keys.
//!
//! JSON lets U+2028 and the like stand in a string as they are, but line readers of several languages break
//! a line there, and terminals reorder it: they are escaped, see [`LineFormatter`].

use super::clock::rfc3339;
use super::frame_words::{check_name, is_complete, skipped_name};
use crate::codec::write_hex;
use crate::frames::StreamFrame;
use crate::model::{ConnectionId, Direction, Record, RecordKind};
use memchr::memchr3;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};
use std::net::SocketAddr;

/// The object; fields are written in this order.
#[derive(Serialize)]
struct Object<'a> {
    /// RFC 3339, UTC, nanoseconds.
    time: &'a str,
    kind: &'static str,
    direction: &'static str,
    /// 0: the session as a whole.
    connection: u32,
    /// `null` for records of the session as a whole.
    peer: Option<SocketAddr>,
    bytes: usize,
    /// Two upper-case digits a byte, without separators.
    hex: &'a str,
    text: &'a str,
    /// The peer's name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The datagram was longer; or the connection was reset or lost.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// The number of the rule, from 1, if it is the answer of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<u32>,
    /// The name of the rule, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_name: Option<&'a str>,
    /// The time of the record that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<&'a str>,
}

/// Writes one object and a line break. `text` is the decoded payload, or the words of an event. `hex` is a reused
/// buffer.
///
/// # Errors
/// `out` cannot be written.
pub(super) fn write(
    record: &Record<'_>,
    name: Option<&str>,
    time: &str,
    text: &str,
    hex: &mut String,
    out: &mut impl Write,
) -> io::Result<()> {
    let answer = record.answer.read();
    let answered = answer.map(|answer| rfc3339(answer.time));
    hex.clear();
    write_hex(record.payload, hex, "");
    let object = Object {
        time,
        kind: kind_name(record.kind),
        direction: direction_name(record.direction),
        connection: record.connection.0,
        peer: (record.connection != ConnectionId::SESSION).then_some(record.peer),
        bytes: record.payload.len(),
        hex,
        text,
        name,
        cut: record.is_cut,
        rule: answer.map(|answer| answer.rule),
        rule_name: answer.map(|answer| answer.name).filter(|name| !name.is_empty()),
        answers: answered.as_deref(),
    };
    object.serialize(&mut Serializer::with_formatter(&mut *out, LineFormatter))?;
    out.write_all(b"\n")
}

/// The object of a frame, or of bytes in none; fields are written in this order.
#[derive(Serialize)]
struct FrameObject<'a> {
    time: &'a str,
    kind: &'static str,
    direction: &'static str,
    connection: u32,
    peer: SocketAddr,
    /// In its half, from 1; `null`: in no frame.
    number: Option<u64>,
    bytes: usize,
    hex: &'a str,
    text: &'a str,
    complete: bool,
    /// `right`, `wrong`, or `null` for what is not checked.
    check: Option<&'static str>,
    /// Why the bytes are in no frame.
    skipped: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

/// Writes one object of a frame and a line break. The rest is as for [`write`].
///
/// # Errors
/// `out` cannot be written.
pub(super) fn write_frame(
    frame: &StreamFrame<'_>,
    name: Option<&str>,
    time: &str,
    text: &str,
    hex: &mut String,
    out: &mut impl Write,
) -> io::Result<()> {
    let record = &frame.record;
    hex.clear();
    write_hex(record.payload, hex, "");
    let object = FrameObject {
        time,
        kind: "frame",
        direction: direction_name(record.direction),
        connection: record.connection.0,
        peer: record.peer,
        number: frame.number,
        bytes: record.payload.len(),
        hex,
        text,
        complete: is_complete(frame),
        check: check_name(frame),
        skipped: skipped_name(frame),
        name,
    };
    object.serialize(&mut Serializer::with_formatter(&mut *out, LineFormatter))?;
    out.write_all(b"\n")
}

/// Compact JSON that is one line for every reader: besides what JSON requires, C1 control characters (among
/// them U+0085), the line and paragraph separators and the bidirectional controls are written as `\uXXXX`.
struct LineFormatter;

impl Formatter for LineFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // The first bytes of all these characters in UTF-8; no other byte of a character has their values.
        let mut rest = fragment;
        let mut searched = 0;
        while let Some(found) = memchr3(0xC2, 0xD8, 0xE2, &rest.as_bytes()[searched..]) {
            let at = searched + found;
            let Some(character) = rest[at..].chars().next() else { break };
            searched = at + character.len_utf8();
            if is_escaped(character) {
                out.write_all(&rest.as_bytes()[..at])?;
                write!(out, "\\u{:04x}", u32::from(character))?;
                rest = &rest[searched..];
                searched = 0;
            }
        }
        out.write_all(rest.as_bytes())
    }
}

fn is_escaped(character: char) -> bool {
    matches!(
        character,
        '\u{80}'..='\u{9F}'
            | '\u{61C}'
            | '\u{200E}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
    )
}

pub(super) fn kind_name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Opened => "opened",
        RecordKind::Data => "data",
        RecordKind::Closed => "closed",
        RecordKind::Error => "error",
        RecordKind::Note => "note",
    }
}

pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "in",
        Direction::Outbound => "out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AnswerNote, Timestamp, Transport};
    use proptest::prelude::*;

    fn record() -> Record<'static> {
        Record {
            time: Timestamp(1_795_168_800_123_456_789),
            kind: RecordKind::Data,
            direction: Direction::Inbound,
            transport: Transport::Tcp,
            connection: ConnectionId(3),
            local: "[::1]:7788".parse().unwrap(),
            peer: "[::1]:50122".parse().unwrap(),
            payload: b"\"\n\xFF",
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        }
    }

    fn line(text: &str) -> String {
        let mut out = Vec::new();
        write(&record(), None, "", text, &mut String::new(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn line_breaks_and_bidirectional_controls_are_escaped() {
        let text =
            "a\u{85}b\u{2028}\u{2029}c\u{61C}\u{200E}\u{200F}\u{202A}\u{202E}\u{2066}\u{2069}\u{9B}é‰۰";
        let expected = r"a\u0085b\u2028\u2029c\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u009bé‰۰";
        let line = line(text);
        assert!(line.ends_with(&format!("\"text\":\"{expected}\"}}\n")), "{line}");
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_and_parses_back(
            text in proptest::string::string_regex("(?s)([\u{0}-\u{9F}]|[\u{600}-\u{620}]|[\u{2000}-\u{2070}]|.){0,40}").unwrap(),
        ) {
            let line = line(&text);
            let object: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(object["text"].as_str(), Some(&*text));
            let content = line.strip_suffix('\n').unwrap();
            prop_assert!(!content.chars().any(|c| c < ' ' || is_escaped(c)), "{}", content);
        }
    }

    #[test]
    fn an_object_has_the_documented_keys_in_order() {
        let mut record = record();
        let time = "2026-11-20T10:00:00.123456789Z";
        let mut out = Vec::new();
        write(&record, None, time, "\"\n\u{FFFD}", &mut "old".into(), &mut out).unwrap();
        record.kind = RecordKind::Error;
        record.connection = ConnectionId::SESSION;
        record.direction = Direction::Outbound;
        record.payload = &[];
        write(&record, None, time, "why", &mut String::new(), &mut out).unwrap();
        let closed = Record { kind: RecordKind::Closed, is_cut: true, ..self::record() };
        write(&closed, Some("PLC-1"), time, "reset", &mut String::new(), &mut out).unwrap();
        let expected = "{\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"data\",\"direction\":\"in\",\"connection\":3,\
                        \"peer\":\"[::1]:50122\",\"bytes\":3,\"hex\":\"220AFF\",\"text\":\"\\\"\\n\u{FFFD}\"}\n\
                        {\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"error\",\"direction\":\"out\",\"connection\":0,\
                        \"peer\":null,\"bytes\":0,\"hex\":\"\",\"text\":\"why\"}\n\
                        {\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"closed\",\"direction\":\"in\",\"connection\":3,\
                        \"peer\":\"[::1]:50122\",\"bytes\":3,\"hex\":\"220AFF\",\"text\":\"reset\",\"name\":\"PLC-1\",\"cut\":true}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
