//! Tests of `sync`: what it takes for granted about the decoders is proved by them.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::codec::StreamDecoder;
use crate::codec::samples::{encoded, streams, texts};

fn state_after(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let mut decoder = StreamDecoder::new(encoding);
    decoder.decode(bytes, &mut String::new());
    decoder.pending().to_vec()
}

/// Every state that a decoder can be in, by the bytes it holds back. GB18030 has 160,000 and UTF-8
/// 20,000: there, bytes are taken only at the borders of what the decoders tell apart.
fn states(encoding: Encoding) -> HashSet<Vec<u8>> {
    const GB_LEADS: [u8; 10] = [0x81, 0x84, 0x85, 0x8F, 0x90, 0xA1, 0xA8, 0xE3, 0xE4, 0xFE];
    const CONTINUATIONS: [u8; 6] = [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF];
    let kept = |byte: &u8| match (encoding, byte) {
        (Encoding::Gbk | Encoding::Gb18030, 0x81..=0xFE) => GB_LEADS.contains(byte),
        (Encoding::Utf8, 0x80..=0xBF) => CONTINUATIONS.contains(byte),
        _ => true,
    };
    let mut states = HashSet::from([Vec::new()]);
    let mut newest = vec![Vec::new()];
    while !newest.is_empty() {
        let mut next = Vec::new();
        for state in newest {
            for byte in 0..=0xFF {
                let mut bytes = state.clone();
                bytes.push(byte);
                let state = state_after(encoding, &bytes);
                if state.iter().all(kept) && states.insert(state.clone()) {
                    next.push(state);
                }
            }
        }
        newest = next;
    }
    states
}

/// Asserts that after `bytes` the decoder holds nothing back, whatever state it was in.
fn assert_ends_all(encoding: Encoding, states: &HashSet<Vec<u8>>, bytes: &[u8]) {
    for state in states {
        let after = state_after(encoding, &[state, bytes].concat());
        assert!(after.is_empty(), "{encoding}: {bytes:02X?} in {state:02X?}");
    }
}

#[test]
fn a_byte_that_is_no_lead_byte_ends_all() {
    for encoding in [Encoding::Big5, Encoding::ShiftJis, Encoding::EucKr] {
        let states = states(encoding);
        assert!(states.len() > 50 && states.iter().all(|state| state.len() <= 1), "{encoding}");
        for byte in (0..=0xFF).filter(|byte| !is_lead(encoding, *byte)) {
            assert_ends_all(encoding, &states, &[byte]);
        }
        // And lead bytes go in pairs.
        for first in (0..=0xFF).filter(|byte| is_lead(encoding, *byte)) {
            assert_eq!(state_after(encoding, &[first]), [first]);
            for second in (0..=0xFF).filter(|byte| is_lead(encoding, *byte)) {
                assert!(state_after(encoding, &[first, second]).is_empty(), "{encoding}");
            }
        }
    }
}

#[test]
fn in_gb18030_other_bytes_and_two_digits_end_all() {
    for encoding in [Encoding::Gbk, Encoding::Gb18030] {
        let states = states(encoding);
        assert_eq!(states.len(), 1 + 10 + 10 * 10 + 10 * 10 * 10, "{encoding}");
        for byte in (0..=0xFF).filter(|byte| GbByte::of(*byte) == GbByte::Other) {
            assert_ends_all(encoding, &states, &[byte]);
        }
        assert_ends_all(encoding, &states, b"00");
        assert_ends_all(encoding, &states, b"93");
        // Neither kind of byte does so alone.
        assert_eq!(state_after(encoding, b"\x810"), b"\x810");
        assert_eq!(state_after(encoding, b"\x81"), b"\x81");
    }
}

#[test]
fn three_continuation_bytes_end_all_in_utf8() {
    let states = states(Encoding::Utf8);
    for bytes in [[0x80, 0x80, 0x80], [0xBF, 0xBF, 0xBF], [0x90, 0x80, 0xBF], [0xA0, 0x9F, 0x80]] {
        assert_ends_all(Encoding::Utf8, &states, &bytes);
    }
    for byte in 0..0x80 {
        assert_ends_all(Encoding::Utf8, &states, &[byte]);
    }
    for lead in (0xC0..=0xFF).filter(|lead| !state_after(Encoding::Utf8, &[*lead]).is_empty()) {
        for state in &states {
            assert_eq!(state_after(Encoding::Utf8, &[&state[..], &[lead]].concat()), [lead]);
        }
    }
}

#[test]
fn known_points() {
    for (encoding, tail, offset, expected) in [
        (Encoding::Utf8, &b"abc"[..], 9, Some(3)),
        (Encoding::Utf8, b"ab\xE4\xB8", 9, Some(2)),
        (Encoding::Utf8, b"ab\xE4\xB8\xAD", 9, Some(5)),
        (Encoding::Utf8, b"\xF0\x9F\x98", 9, Some(0)),
        (Encoding::Utf8, b"\x9F\x98\x80", 9, Some(3)),
        (Encoding::Utf8, b"\x9F\x98", 9, None),
        (Encoding::Utf8, b"\x9F\x98", 0, Some(2)),
        (Encoding::Utf8, b"", 9, None),
        (Encoding::Gbk, b"\xD6\xD0\xD6", 9, None),
        (Encoding::Gbk, b"\xD6\xD0\xD6", 0, Some(2)),
        (Encoding::Gbk, b"\n\xD6\xD0\xD6", 9, Some(3)),
        (Encoding::Gbk, b"00\x810\x81", 9, Some(2)),
        (Encoding::Gbk, b"\n0\x810\x81", 9, Some(2)),
        (Encoding::Gbk, b"\x810", 9, None),
        (Encoding::ShiftJis, b"\x83\x5C\x83", 9, Some(2)),
        (Encoding::EucKr, b"\xC7\xD1 \xC7\xD1", 9, Some(5)),
        (Encoding::Utf16Le, b"a\0b\0", 2, Some(4)),
        (Encoding::Utf16Le, b"\0b\0", 1, Some(3)),
        (Encoding::Utf16Le, b"\0b\0c", 1, Some(3)),
        (Encoding::Utf16Le, b"\0\x3D\xD8\x00", 1, Some(1)),
        (Encoding::Utf16Be, b"\xD8\x3D\xDE", 4, Some(0)),
        (Encoding::Utf16Be, b"\xD8\x3D", 5, None),
        (Encoding::Utf16Be, b"", 5, None),
        (Encoding::Windows1252, b"", 5, Some(0)),
        (Encoding::Ascii, b"\xFF\xFF", 5, Some(2)),
    ] {
        assert_eq!(resync_point(encoding, tail, offset), expected, "{encoding} {tail:02X?} at {offset}");
    }
}

#[test]
fn texts_with_a_line_break_have_a_point_near_their_end() {
    for encoding in Encoding::ALL {
        for text in texts(encoding) {
            let bytes = [encoded(encoding, "\n"), encoded(encoding, text)].concat();
            for end in encoded(encoding, "\n").len()..=bytes.len() {
                let start = resync_point(encoding, &bytes[..end], 2).unwrap();
                assert_eq!(state_after(encoding, &bytes[..end]), bytes[start..end], "{encoding}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn decoding_from_the_point_is_in_step((encoding, stream) in streams()) {
        for cut in 0..=stream.len() {
            let mut whole = StreamDecoder::new(encoding);
            whole.decode(&stream[..cut], &mut String::new());
            for begin in 0..=cut {
                let tail = &stream[begin..cut];
                let Some(start) = resync_point(encoding, tail, begin as u64) else {
                    prop_assert!(begin > 0, "the start of the stream is a point");
                    continue;
                };
                let mut joined = StreamDecoder::new(encoding);
                joined.decode(&tail[start..], &mut String::new());
                // Equal decoders make the same of all that follows.
                prop_assert_eq!(&whole, &joined, "tail from {} to {}", begin, cut);
                prop_assert_eq!(joined.pending(), &tail[start..], "no byte too many");
            }
            let point = resync_point(encoding, &stream[..cut], 0).unwrap();
            let (mut after, mut expected) = (String::new(), String::new());
            let mut joined = StreamDecoder::new(encoding);
            joined.decode(&stream[point..cut], &mut String::new());
            for (decoder, text) in [(joined, &mut after), (whole, &mut expected)] {
                let mut decoder = decoder;
                decoder.decode(&stream[cut..], text);
                decoder.finish(text);
            }
            prop_assert_eq!(after, expected);
        }
    }
}
