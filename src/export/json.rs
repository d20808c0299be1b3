//! A record as one line of JSON, with exactly the documented keys.

use crate::codec::write_hex;
use crate::model::{ConnectionId, Direction, Record, RecordKind};
use serde::Serialize;
use std::io::{self, Write};
use std::net::SocketAddr;

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

/// Writes one object and a line break; `text` is what the record's bytes say, or its words. `hex` is
/// scratch.
pub(super) fn write(
    record: &Record<'_>,
    time: &str,
    text: &str,
    hex: &mut String,
    out: &mut impl Write,
) -> io::Result<()> {
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
    };
    serde_json::to_writer(&mut *out, &object)?;
    out.write_all(b"\n")
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
        let time = "2026-11-20T10:00:00.123456789Z";
        let mut out = Vec::new();
        write(&record, time, "\"\n\u{FFFD}", &mut "old".into(), &mut out).unwrap();
        record.kind = RecordKind::Error;
        record.connection = ConnectionId::SESSION;
        record.direction = Direction::Outbound;
        record.payload = &[];
        write(&record, time, "why", &mut String::new(), &mut out).unwrap();
        let expected = "{\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"data\",\"direction\":\"in\",\"connection\":3,\
                        \"peer\":\"[::1]:50122\",\"bytes\":3,\"hex\":\"220AFF\",\"text\":\"\\\"\\n\u{FFFD}\"}\n\
                        {\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"error\",\"direction\":\"out\",\"connection\":0,\
                        \"peer\":null,\"bytes\":0,\"hex\":\"\",\"text\":\"why\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
