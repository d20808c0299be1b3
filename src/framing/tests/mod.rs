//! Tests of framings: their text, and what is found, whatever the borders of the reads.

mod documented;
mod kinds;
mod presets;
mod properties;
mod text;

use super::{Found, FoundKind, Framer, Framing};
use crate::codec::parse_hex;
use crate::model::{Direction, Timestamp};

pub(super) fn framing(text: &str) -> Framing {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// All that is found in a stream, with what is found when it is cut at the end.
pub(super) fn found(framing: &Framing, stream: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut framer = Framer::new(framing, Direction::Inbound);
    framer.push(stream, Timestamp(0), |part| found.push(part));
    framer.cut(|part| found.push(part));
    found
}

/// The same in words, with the bytes of each part: `frame`, `skipped NoHeader`, `17 of 42`, `17`.
#[track_caller]
pub(super) fn told(framing: &Framing, stream: &[u8]) -> Vec<(String, Vec<u8>)> {
    let parts = found(framing, stream);
    assert_whole(&parts, stream.len() as u64);
    let told = parts.iter().map(|part| {
        let bytes = stream[part.start as usize..part.end as usize].to_vec();
        let what = match part.kind {
            FoundKind::Frame => "frame".into(),
            FoundKind::Skipped(reason) => format!("skipped {reason:?}"),
            FoundKind::Incomplete { expected: Some(expected) } => format!("{} of {expected}", bytes.len()),
            FoundKind::Incomplete { expected: None } => format!("{}", bytes.len()),
            FoundKind::TooLong => "too long".into(),
        };
        (what, bytes)
    });
    let told: Vec<_> = told.collect();
    // Byte by byte, the same is found.
    let mut single = Vec::new();
    let mut framer = Framer::new(framing, Direction::Inbound);
    for byte in stream {
        framer.push(&[*byte], Timestamp(0), |part| single.push(part));
    }
    framer.cut(|part| single.push(part));
    assert_eq!(single, parts, "byte by byte");
    told
}

/// Compares what is found in hex with lines as `frame: 01 02`.
#[track_caller]
pub(super) fn assert_told(framing: &Framing, stream: &str, expected: &[&str]) {
    let stream = parse_hex(stream).unwrap();
    let shown = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    let told: Vec<_> =
        told(framing, &stream).iter().map(|(what, bytes)| format!("{what}: {}", shown(bytes))).collect();
    assert_eq!(told, expected, "{framing}");
}

/// Parts are next to each other and none is empty, up to the end.
#[track_caller]
pub(super) fn assert_whole(parts: &[Found], length: u64) {
    let mut at = 0;
    for part in parts {
        assert!(part.start == at && part.end > part.start, "{parts:?}");
        at = part.end;
    }
    assert_eq!(at, length, "{parts:?}");
}
