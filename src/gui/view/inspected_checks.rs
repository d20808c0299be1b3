//! The common checksums of the selected bytes, and where one of them stands: right behind them, or at their end.

use crate::payload::checksum::{Algorithm, Spec};

/// The checksums that are computed, those that are wider first: where one stands by chance, another is seldom meant.
const COMMON: [&str; 10] = [
    "CRC-32/ISO-HDLC",
    "CRC-16/MODBUS",
    "CRC-16/XMODEM",
    "CRC-16/IBM-3740",
    "CRC-16/KERMIT",
    "INTERNET",
    "CRC-8/SMBUS",
    "SUM-8",
    "NEG-8",
    "XOR-8",
];

/// So many bytes behind the selection are enough for the widest as hex digits.
pub const BEHIND_BYTES: usize = 8;

/// A checksum of the selected bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Its bytes in their usual order.
    pub bytes: Vec<u8>,
}

/// A checksum that stands where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As the composer takes it.
    pub spec: String,
    /// What is on the wire.
    pub bytes: Vec<u8>,
    /// It ends the selection, of the bytes before it; else it is behind the selection.
    pub is_within: bool,
}

/// The checksums of the selected bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// All of them.
    pub all: Vec<Check>,
    /// The widest that stands where it belongs.
    pub standing: Option<Standing>,
}

impl Checks {
    /// `behind`: the first bytes behind the selected ones, [`BEHIND_BYTES`] at most.
    pub fn of(bytes: &[u8], behind: &[u8]) -> Self {
        let mut checks = Self::default();
        for spec in COMMON.iter().filter_map(|name| name.parse::<Spec>().ok()) {
            let Ok(written) = spec.of(bytes) else { continue };
            if checks.standing.is_none() {
                checks.standing = standing(&spec, bytes, behind);
            }
            checks.all.push(Check { name: spec.name.into_owned(), bytes: written });
        }
        checks
    }
}

/// Where a checksum stands, in either order and form.
fn standing(spec: &Spec, bytes: &[u8], behind: &[u8]) -> Option<Standing> {
    if let Some(spec) = spec.standing(bytes, behind) {
        let found = &behind[..spec.written_bytes()];
        if is_telling(&spec, bytes, found) {
            return Some(Standing { spec: spec.to_string(), bytes: found.to_vec(), is_within: false });
        }
    }
    let count = spec.algorithm.bytes();
    [count, 2 * count].into_iter().find_map(|count| {
        let (data, end) = bytes.split_at(bytes.len().checked_sub(count)?);
        let spec = spec.standing(data, end).filter(|spec| spec.written_bytes() == count)?;
        is_telling(&spec, data, end).then(|| Standing {
            spec: spec.to_string(),
            bytes: end.to_vec(),
            is_within: true,
        })
    })
}

/// Whether it says something that a checksum stands there: not of a single byte or of zeros, and a sum not if it is
/// zero, or of one byte among zeros, which is that byte.
fn is_telling(spec: &Spec, data: &[u8], found: &[u8]) -> bool {
    let is_sum = !matches!(spec.algorithm, Algorithm::Crc(_));
    let telling = data.iter().filter(|byte| **byte != 0).take(2).count();
    data.len() >= 2
        && telling >= if is_sum { 2 } else { 1 }
        && !(is_sum && found.iter().all(|byte| *byte == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(bytes: &[u8], behind: &[u8]) -> Option<(String, bool)> {
        Checks::of(bytes, behind).standing.map(|standing| (standing.spec, standing.is_within))
    }

    #[test]
    fn all_common_checksums_are_computed() {
        let checks = Checks::of(b"123456789", b"");
        let of = |name: &str| {
            let check = checks.all.iter().find(|check| check.name == name);
            check.unwrap_or_else(|| panic!("no {name}")).bytes.clone()
        };
        assert_eq!(checks.all.len(), COMMON.len());
        assert_eq!(of("CRC-16/MODBUS"), [0x37, 0x4B], "the lowest byte first, as it is sent");
        assert_eq!(of("CRC-16/XMODEM"), [0x31, 0xC3]);
        assert_eq!(of("CRC-32/ISO-HDLC"), [0xCB, 0xF4, 0x39, 0x26]);
        assert_eq!(of("SUM-8"), [0xDD]);
        assert_eq!(of("XOR-8"), [0x31]);
    }

    #[test]
    fn a_checksum_stands_behind_the_selection_or_at_its_end() {
        let modbus = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08];
        assert_eq!(stands(&modbus[..6], &modbus[6..]), Some(("CRC-16/MODBUS".into(), false)));
        assert_eq!(stands(&modbus, &[]), Some(("CRC-16/MODBUS".into(), true)));
        assert_eq!(stands(&modbus[..6], &[]), None);
        assert_eq!(stands(b"123456789", b"cbf43926\r\n"), Some(("CRC-32/ISO-HDLC,hex".into(), false)));
        assert_eq!(stands(b"123456789CBF43926", b""), Some(("CRC-32/ISO-HDLC,hex".into(), true)));
        assert_eq!(stands(b"12\x63", b""), Some(("SUM-8".into(), true)));
    }

    #[test]
    fn what_stands_everywhere_is_not_told() {
        for bytes in [&b"\0\0\0\0"[..], b"aa", b"\0a\0a", b"a", b""] {
            assert_eq!(stands(bytes, b"\0\0\0\0"), None, "{bytes:?}");
        }
    }
}
