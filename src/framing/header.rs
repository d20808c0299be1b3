//! Protocols whose frames begin with a header that says how long they are, and that can be told from other bytes.

use super::found::SkipReason;
use super::step::{MOST_KEPT, Step};

/// A protocol with such headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    ModbusTcp,
    Mqtt,
    Tls,
    Tpkt,
    Dns,
    Hj212,
    Dlt645,
    Gbt32960,
    Iec104,
}

/// No header begins with this byte.
const NONE_HERE: Step = Step::Skip(1, SkipReason::NoHeader);

impl Header {
    /// What it says of the bytes before a frame.
    pub fn step(self, window: &[u8]) -> Step {
        match self {
            Self::ModbusTcp => modbus_tcp(window),
            Self::Mqtt => mqtt(window),
            Self::Tls => tls(window),
            Self::Tpkt => tpkt(window),
            Self::Dns => dns(window),
            Self::Hj212 => hj212(window),
            Self::Dlt645 => dlt645(window),
            Self::Gbt32960 => gbt32960(window),
            Self::Iec104 => iec104(window),
        }
    }

    /// Whether a frame is one only if its last bytes fit.
    pub fn is_confirmed(self) -> bool {
        matches!(self, Self::Hj212 | Self::Dlt645)
    }
}

/// "MODBUS Messaging on TCP/IP Implementation Guide" V1.0b, 3.1.3: transaction, protocol 0, length of unit and PDU, which
/// has at most 253 bytes.
fn modbus_tcp(window: &[u8]) -> Step {
    match window {
        [_, _, 0, 0, 0, length @ 2..=254, ..] => Step::Ends(6 + u64::from(*length)),
        [_, _, _, _, _, _, ..] => NONE_HERE,
        _ => Step::need(6),
    }
}

/// MQTT 3.1.1 and 5.0, 2.1: type and flags, then the remaining length. The least lengths are those of the packets' fixed
/// fields.
fn mqtt(window: &[u8]) -> Step {
    let (kind, flags) = (window[0] >> 4, window[0] & 0x0F);
    let are_flags_right = match kind {
        3 => flags & 0x06 != 0x06,
        6 | 8 | 10 => flags == 2,
        0 => false,
        _ => flags == 0,
    };
    if !are_flags_right {
        return NONE_HERE;
    }
    let mut length = 0;
    for index in 0..4 {
        let Some(byte) = window.get(1 + index) else { return Step::need(2 + index) };
        length |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            let possible = match kind {
                1 => 10..=u64::MAX,
                2 | 4..=7 | 11 => 2..=u64::MAX,
                3 if flags & 0x06 != 0 => 4..=u64::MAX,
                3 => 2..=u64::MAX,
                8 => 5..=u64::MAX,
                9 => 3..=u64::MAX,
                10 => 4..=u64::MAX,
                12 | 13 => 0..=0,
                _ => 0..=u64::MAX,
            };
            return if possible.contains(&length) {
                Step::Ends(2 + index as u64 + length)
            } else {
                NONE_HERE
            };
        }
    }
    NONE_HERE
}

/// RFC 8446, 5.1 and 5.2, and RFC 5246, 6.2.3: type, version, and a length of at most 2^14 + 2048. Only application data may
/// be empty.
fn tls(window: &[u8]) -> Step {
    let [kind, major, minor, high, low, ..] = *window else { return Step::need(5) };
    let length = u16::from_be_bytes([high, low]);
    let is_header = matches!(kind, 20..=24) && major == 3 && minor <= 4 && length <= (1 << 14) + 2048;
    if is_header && (length > 0 || kind == 23) { Step::Ends(5 + u64::from(length)) } else { NONE_HERE }
}

/// RFC 1006, 6: version 3, reserved 0, and the length of all, at least 7.
fn tpkt(window: &[u8]) -> Step {
    let [version, reserved, high, low, ..] = *window else { return Step::need(4) };
    let length = u16::from_be_bytes([high, low]);
    if version == 3 && reserved == 0 && length >= 7 { Step::Ends(u64::from(length)) } else { NONE_HERE }
}

/// RFC 1035, 4.2.2: the length of the message, whose header has 12 bytes.
fn dns(window: &[u8]) -> Step {
    let [high, low, ..] = *window else { return Step::need(2) };
    let length = u16::from_be_bytes([high, low]);
    if length >= 12 { Step::Ends(2 + u64::from(length)) } else { Step::Skip(1, SkipReason::Length) }
}

/// HJ 212-2017, 6.3: `##`, the length of the data in four decimal digits, the data, its check in four hex digits, CRLF.
fn hj212(window: &[u8]) -> Step {
    if window[0] != b'#' {
        return Step::Skip(memchr::memchr(b'#', window).unwrap_or(window.len()), SkipReason::NoHeader);
    }
    let Some(header) = window.first_chunk::<6>() else { return Step::need(6) };
    let digit = |value: Option<usize>, digit: &u8| {
        digit.is_ascii_digit().then(|| value.map(|value| value * 10 + usize::from(digit - b'0'))).flatten()
    };
    match header[2..].iter().fold(Some(0), digit) {
        Some(length) if header[1] == b'#' => confirmed(window, 12 + length, |frame| frame.ends_with(b"\r\n")),
        _ => NONE_HERE,
    }
}

/// DL/T 645-2007, 5.2: 68, six bytes of address, 68, control, length, data, sum, 16. Bytes FE before it wake the meter up.
fn dlt645(window: &[u8]) -> Step {
    match window[0] {
        0x68 => {}
        0xFE => {
            let count = window.iter().take_while(|byte| **byte == 0xFE).count();
            return Step::Skip(count, SkipReason::Fill);
        }
        _ => {
            let next = memchr::memchr2(0x68, 0xFE, window).unwrap_or(window.len());
            return Step::Skip(next, SkipReason::NoHeader);
        }
    }
    let Some(header) = window.first_chunk::<10>() else { return Step::need(10) };
    if header[7] != 0x68 {
        return NONE_HERE;
    }
    confirmed(window, 12 + usize::from(header[9]), |frame| frame.ends_with(&[0x16]))
}

/// GB/T 32960.3-2016, 6.2: `##`, command, answer, 17 bytes of identification, encryption, length of the data, which has at
/// most 65,531 bytes, data, check.
fn gbt32960(window: &[u8]) -> Step {
    if window[0] != b'#' {
        return Step::Skip(memchr::memchr(b'#', window).unwrap_or(window.len()), SkipReason::NoHeader);
    }
    let Some(header) = window.first_chunk::<24>() else { return Step::need(24) };
    let length = u16::from_be_bytes([header[22], header[23]]);
    if header[1] == b'#' && length <= 65_531 { Step::Ends(25 + u64::from(length)) } else { NONE_HERE }
}

/// IEC 60870-5-104, 5: 68, the length of what follows, from 4 to 253, and four control fields in one of three formats.
fn iec104(window: &[u8]) -> Step {
    if window[0] != 0x68 {
        return Step::Skip(memchr::memchr(0x68, window).unwrap_or(window.len()), SkipReason::NoHeader);
    }
    let Some(&[_, length, one, two, three, four]) = window.first_chunk() else { return Step::need(6) };
    let is_header = match length {
        // Information: both counters end with 0.
        5..=253 => one & 1 == 0 && three & 1 == 0,
        // Supervisory, and the six unnumbered ones.
        4 if one == 1 => two == 0 && three & 1 == 0,
        4 => matches!(one, 0x07 | 0x0B | 0x13 | 0x23 | 0x43 | 0x83) && [two, three, four] == [0; 3],
        _ => false,
    };
    if is_header { Step::Ends(2 + u64::from(length)) } else { NONE_HERE }
}

/// A frame of `length` bytes if its end fits. One that is too long to be kept is not asked.
fn confirmed(window: &[u8], length: usize, is_right: impl Fn(&[u8]) -> bool) -> Step {
    match window.get(..length) {
        None if length <= MOST_KEPT => Step::Need { bytes: length, expected: Some(length as u64) },
        Some(frame) if length <= MOST_KEPT && !is_right(frame) => Step::Skip(1, SkipReason::NoEnd),
        _ => Step::Ends(length as u64),
    }
}
