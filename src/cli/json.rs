//! A record as one line of JSON, with exactly the documented keys.

use super::output::utc;
use crate::codec::write_hex;
use crate::model::{ConnectionId, Direction, Record, RecordKind};
use chrono::SecondsFormat;
use serde::Serialize;
use std::io::{self, Write};
use std::net::SocketAddr;

/// Writes lines, and keeps its scratch between them.
#[derive(Default)]
pub(super) struct Line {
    hex: String,
}

/// The object, with its keys in the order in which they are written.
#[derive(Serialize)]
struct Object<'a> {
    /// RFC 3339, UTC, nanoseconds.
    time: &'a str,
    kind: &'static str,
    direction: &'static str,
    /// 0 is the session as a whole.
    connection: u32,
    /// `null` for the session as a whole.
    peer: Option<SocketAddr>,
    bytes: usize,
    /// Two upper-case digits a byte, without separators.
    hex: &'a str,
    text: &'a str,
}

impl Line {
    /// Writes one object and a line break; `text` is what the record's bytes say, or its words.
    pub fn write(&mut self, record: &Record<'_>, text: &str, out: &mut impl Write) -> io::Result<()> {
        self.hex.clear();
        write_hex(record.payload, &mut self.hex, "");
        let object = Object {
            time: &utc(record.time).to_rfc3339_opts(SecondsFormat::Nanos, true),
            kind: match record.kind {
                RecordKind::Opened => "opened",
                RecordKind::Data => "data",
                RecordKind::Closed => "closed",
                RecordKind::Error => "error",
                RecordKind::Note => "note",
            },
            direction: match record.direction {
                Direction::Inbound => "in",
                Direction::Outbound => "out",
            },
            connection: record.connection.0,
            peer: (record.connection != ConnectionId::SESSION).then_some(record.peer),
            bytes: record.payload.len(),
            hex: &self.hex,
            text,
        };
        serde_json::to_writer(&mut *out, &object)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Timestamp, Transport};

    #[test]
    fn an_object_has_the_documented_keys_in_order() {
        let mut record = Record {
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
        };
        let mut line = Line::default();
        let mut out = Vec::new();
        line.write(&record, "\"\n\u{FFFD}", &mut out).unwrap();
        record.kind = RecordKind::Error;
        record.connection = ConnectionId::SESSION;
        record.direction = Direction::Outbound;
        record.payload = &[];
        line.write(&record, "why", &mut out).unwrap();
        let expected = "{\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"data\",\"direction\":\"in\",\"connection\":3,\
                        \"peer\":\"[::1]:50122\",\"bytes\":3,\"hex\":\"220AFF\",\"text\":\"\\\"\\n\u{FFFD}\"}\n\
                        {\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"error\",\"direction\":\"out\",\"connection\":0,\
                        \"peer\":null,\"bytes\":0,\"hex\":\"\",\"text\":\"why\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
