//! The order of candidates for which frames say as much: what is usual first.

use super::shape::{Place, Shape, TRIM, Writing};
use crate::payload::checksum::Named;

/// Checksums that many devices have. All others are as likely as each other.
const USUAL: &[&str] = &[
    "CRC-16/MODBUS",
    "CRC-32/ISO-HDLC",
    "CRC-16/IBM-3740",
    "CRC-16/XMODEM",
    "CRC-16/KERMIT",
    "CRC-16/IBM-SDLC",
    "CRC-16/ARC",
    "CRC-8/SMBUS",
    "CRC-8/MAXIM-DOW",
    "CRC-32/ISCSI",
    "CRC-32/MPEG-2",
    "SUM-8",
    "XOR-8",
    "NEG-8",
    "SUM-16",
    "HJ-212",
    "INTERNET",
    "ADLER-32",
    "FLETCHER-16",
];

/// How unusual a candidate is, without a unit.
pub(super) fn rank(frames: &[&[u8]], named: &Named, writing: Writing, shape: Shape) -> u32 {
    let (from, trimmed) = (u32::from(shape.from), u32::from(shape.trimmed));
    let (place, range) = match shape.place {
        // Up to the checksum, or to the end of the data.
        Place::End(behind) => {
            let behind = u32::from(behind);
            (behind, from + if trimmed == behind { 0 } else { 2 + trimmed.abs_diff(behind).min(trimmed + 1) })
        }
        // From the checksum on, or from the start of the data.
        Place::Start(before) => {
            let before = u32::from(before);
            (
                2 * u32::from(TRIM) + before,
                trimmed + if from == before { 0 } else { 2 + from.abs_diff(before).min(from + 1) },
            )
        }
    };
    let order = 2 * u32::from(shape.order != named.order);
    let form = 2 * u32::from(writing.form != named.form);
    let name = match USUAL.iter().position(|usual| named.name == *usual) {
        Some(position) => position as u32,
        None => USUAL.len() as u32,
    };
    // What is wider says more of the frame: SUM-16 behind short frames is also SUM-8 behind a zero.
    let narrow = 64 - u32::from(writing.width.min(64)) / 2;
    let read = |frame: &&[u8]| writing.read(frame, shape.place, shape.order);
    let mut values = frames.iter().map(read);
    let first = values.next();
    let is_constant = frames.len() > 1 && values.all(|value| Some(value) == first);
    1000 * u32::from(is_constant) + 8 * (place + range) + 4 * order + 4 * form + name + narrow
}
