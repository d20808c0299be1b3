//! What is found in frames with every checksum, and that nothing is found in frames without one.

use super::shape::TRIM;
use super::*;
use crate::framing::{Framer, Framing};
use crate::model::{Direction, Timestamp};
use crate::payload::checksum::{Algorithm, ByteOrder, Form, Named, Sum, named};
use proptest::prelude::*;

/// Numbers that only look random, the same in each run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

fn found(frames: &[Vec<u8>]) -> Findings {
    find(&frames.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn with_check(spec: &Spec, data: &[u8]) -> Vec<u8> {
    let place = spec.place(data.len()).unwrap();
    let mut frame = data.to_vec();
    frame.splice(place..place, spec.of(data).unwrap());
    frame
}

/// Whether two checksums are the same but for their names.
fn is_same(one: &Spec, other: &Spec) -> bool {
    Spec { name: "".into(), ..one.clone() } == Spec { name: "".into(), ..other.clone() }
}

/// So many frames leave no others with as much evidence: fewer than one in a million.
fn enough(algorithm: &Algorithm) -> u64 {
    (44 / u64::from(evidence::bits(algorithm))) + 2
}

/// The true checksum is among the first ones, which these frames cannot tell apart, and claimed.
#[track_caller]
fn assert_found(spec: &Spec, frames: &[Vec<u8>]) {
    let findings = found(frames);
    let first = findings.checksums.groups.first();
    let first = first.unwrap_or_else(|| panic!("{spec} is not found in {frames:02X?}"));
    let listed: Vec<_> = first.candidates.iter().map(ToString::to_string).collect();
    // Wherever it stands within its range, such a sum is zero with all bytes together.
    let is_symmetric = matches!(spec.algorithm, Algorithm::Sum(Sum::Xor | Sum::Complement(_)))
        && spec.algorithm.width() == 8
        && spec.form == Form::Bytes;
    let behind_its_range = Spec { at: spec.to, ..spec.clone() };
    assert!(
        first.candidates.iter().any(|candidate| {
            is_same(candidate, spec) || is_symmetric && is_same(candidate, &behind_its_range)
        }),
        "{spec} is not among {listed:?} of {frames:02X?}"
    );
    assert!(first.is_claimed && first.frames_wanted == 0, "{spec}: {first:?}");
    for candidate in &first.candidates {
        assert!(frames.iter().all(|frame| candidate.is_right(frame)), "{candidate} is not right");
    }
}

fn spec(named: &'static Named, order: ByteOrder, form: Form, from: u8, trimmed: u8, at: Option<i64>) -> Spec {
    Spec {
        name: named.name.as_str().into(),
        algorithm: named.algorithm,
        order,
        form,
        from: from.into(),
        to: Some(-i64::from(trimmed)).filter(|to| *to < 0),
        at,
    }
}

/// Frames of random data with a checksum, of one length or of several.
fn frames(spec: &Spec, noise: &mut Noise, shortest: u64, spread: u64) -> Vec<Vec<u8>> {
    (0..enough(&spec.algorithm))
        .map(|_| {
            let length = shortest + noise.below(spread + 1);
            with_check(spec, &noise.bytes(length))
        })
        .collect()
}

#[test]
fn every_checksum_is_found_behind_its_data() {
    let mut noise = Noise(1);
    for named in named() {
        let spec = spec(named, named.order, named.form, 0, 0, None);
        for spread in [0, 9] {
            let frames = frames(&spec, &mut noise, 10, spread);
            assert_found(&spec, &frames);
            let findings = found(&frames);
            // What is appended to all of the data is the first that one thinks of.
            let first = &findings.checksums.groups[0].candidates[0];
            assert!(is_same(first, &spec), "{spec}: {first}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_checksum_is_found_over_each_range_and_at_each_place(
        index in 0..named().len(),
        is_little in any::<bool>(),
        is_hex in any::<bool>(),
        from in 0..=TRIM,
        trimmed in 0..=TRIM,
        at in prop::option::of(-i64::from(TRIM)..=i64::from(TRIM)),
        spread in 0_u64..4,
        seed in any::<u64>(),
    ) {
        let named = &named()[index];
        let order = if is_little && named.algorithm.width() > 8 { ByteOrder::Little } else { ByteOrder::Big };
        let form = if is_hex { Form::HexDigits } else { Form::Bytes };
        let spec = spec(named, order, form, from, trimmed, at);
        let frames = frames(&spec, &mut Noise(seed), 24, spread);
        assert_found(&spec, &frames);
    }
}

#[test]
fn nothing_is_claimed_in_random_frames() {
    let mut noise = Noise(2);
    for set in 0..10_000 {
        let count = 2 + noise.below(7);
        // Long ones cost more, and say the same.
        let (most, most_spread) = if set % 20 == 0 { (24, 8) } else { (6, 3) };
        let spread = if set % 2 == 0 { 0 } else { noise.below(most_spread) };
        let shortest = 2 + noise.below(most);
        let frames: Vec<_> = (0..count)
            .map(|_| {
                let length = shortest + noise.below(spread + 1);
                noise.bytes(length)
            })
            .collect();
        let findings = found(&frames);
        assert_eq!(findings.checksums.claimed(), None, "{frames:02X?}");
        assert_eq!(findings.lengths.claimed(), None, "{frames:02X?}");
    }
}

#[test]
fn nothing_is_claimed_in_frames_that_only_count_or_repeat() {
    let counted = |make: &dyn Fn(u8) -> Vec<u8>| -> Vec<Vec<u8>> { (1..=40).map(make).collect() };
    for (what, frames) in [
        ("zeros", counted(&|n| vec![0; n.into()])),
        ("the same byte", counted(&|n| vec![0x55; n.into()])),
        ("a counter", counted(&|n| vec![1, n, 0, 0, 0, 6])),
        ("two counters", counted(&|n| vec![1, n, 0, n, 0, 6])),
        ("a counter down", counted(&|n| vec![n, 0, 0, 0xFF - n, 0])),
        ("requests without a check", counted(&|n| vec![0, n, 0, 0, 0, 6, 1, 3, 0, 10, 0, 1])),
        ("lines of numbers", counted(&|n| format!("T={:02}.5 C\r\n", 20 + n / 8).into_bytes())),
        ("a ramp", counted(&|n| (0..n).collect())),
    ] {
        let findings = found(&frames);
        assert_eq!(findings.checksums.claimed().map(ToString::to_string), None, "{what}");
    }
}

#[test]
fn long_frames_are_searched_as_short_ones() {
    let mut noise = Noise(3);
    for (text, length) in [
        ("CRC-16/MODBUS", 3000),
        ("CRC-32/ISO-HDLC,little,from=3,at=-2", 5000),
        ("CRC-16/XMODEM,from=4,at=2", 2000),
        ("CRC-82/DARC,hex,from=2,at=1", 700),
    ] {
        let spec: Spec = text.parse().unwrap();
        let frames = (0..3).map(|n| with_check(&spec, &noise.bytes(length + n / 2))).collect::<Vec<_>>();
        assert_found(&spec, &frames);
    }
}

#[test]
fn known_protocols_are_recognised() {
    let check: Spec = "CRC-16/MODBUS".parse().unwrap();
    let modbus: [&[u8]; 3] = [&[1, 3, 0, 0x0A, 0, 1], &[1, 3, 2, 0, 0xE6], &[0x11, 3, 0, 0x6B, 0, 3]];
    let modbus = modbus.map(|data| with_check(&check, data));
    assert_eq!(modbus[2][6..], [0x76, 0x87]);
    let findings = found(&modbus);
    assert_eq!(findings.checksums.claimed().unwrap().to_string(), "CRC-16/MODBUS");
    assert_eq!((findings.frames, findings.shortest, findings.longest), (3, 7, 8));

    // HJ 212: digits behind the data that `##` and four digits precede.
    let hj = |data: &str| {
        let check: Spec = "HJ-212".parse().unwrap();
        let check = String::from_utf8(check.of(data.as_bytes()).unwrap()).unwrap();
        format!("##{:04}{data}{check}\r\n", data.len()).into_bytes()
    };
    let frames =
        ["QN=20160801085857223;ST=32;CN=1062", "ST=91;CN=9014;PW=123456;Flag=8", "CP=&&RtdInterval=30&&"];
    let findings = found(&frames.map(hj));
    assert_eq!(findings.checksums.claimed().unwrap().to_string(), "HJ-212,from=6,to=-2,at=-2");
    let length = &findings.lengths.groups[0];
    let digits: Vec<_> = length.candidates.iter().map(ToString::to_string).collect();
    assert!(digits.contains(&"length,at=2,width=dec4,adjust=6".to_owned()), "{digits:?}");
    assert!(!length.is_claimed && length.frames_wanted > 0, "three lengths are not enough");
}

#[test]
fn more_frames_are_wanted_until_one_is_claimed() {
    let mut noise = Noise(4);
    let spec: Spec = "XOR-8".parse().unwrap();
    let all: Vec<_> = (0..6).map(|_| with_check(&spec, &noise.bytes(12))).collect();
    let mut wanted = Vec::new();
    for count in 1..=6 {
        let findings = found(&all[..count]);
        let group = findings.checksums.groups.iter().find(|group| {
            group.left_out > 0 || group.candidates.iter().any(|candidate| is_same(candidate, &spec))
        });
        let group = group.unwrap();
        assert_eq!(group.is_claimed, group.frames_wanted == 0);
        wanted.push(group.frames_wanted);
    }
    assert_eq!(wanted, [4, 3, 2, 1, 0, 0], "with 8 bits each");
    let last = found(&all);
    assert_eq!(last.checksums.groups[0].candidates.len(), 1, "one place stands for all that mean the same");
    // The same frame again says nothing.
    let mut again = all[..3].to_vec();
    again.extend_from_slice(&all[..3]);
    assert_eq!(found(&again), found(&all[..3]));
}

#[test]
fn what_frames_cannot_tell_apart_is_listed_together() {
    let mut noise = Noise(5);
    // A zero before all data: from its second byte on, a check that begins with zero is the same.
    let spec: Spec = "CRC-16/XMODEM".parse().unwrap();
    let frames: Vec<_> = (0..4).map(|_| with_check(&spec, &[&[0][..], &noise.bytes(9)].concat())).collect();
    let findings = found(&frames);
    let listed: Vec<_> = findings.checksums.groups[0].candidates.iter().map(ToString::to_string).collect();
    for text in ["CRC-16/XMODEM", "CRC-16/XMODEM,from=1"] {
        assert!(listed.contains(&text.to_owned()), "{listed:?}");
    }
    assert_eq!(listed[0], "CRC-16/XMODEM");
    assert!(findings.checksums.groups.iter().all(|group| group.expected_false < 1.0), "no noise beside it");
}

#[test]
fn length_fields_are_found_with_what_they_count() {
    let mut noise = Noise(6);
    let sizes = [9_u64, 30, 12, 77, 41, 260];
    let mut frames_of = |header: &dyn Fn(u64) -> Vec<u8>| -> Vec<Vec<u8>> {
        sizes.map(|size| [header(size), noise.bytes(size)].concat()).into()
    };
    for (frames, text, counts) in [
        (
            frames_of(&|size| [&[0, size as u8 ^ 0x5A, 0, 0][..], &(size as u16).to_be_bytes()].concat()),
            "length,at=4,width=2,big",
            Counts::Rest,
        ),
        (
            frames_of(&|size| [&[3, 0x80][..], &(size as u16 + 4).to_be_bytes()].concat()),
            "length,at=2,width=2,big,adjust=-4",
            Counts::Whole,
        ),
        (
            frames_of(&|size| [&[0x68][..], &(size as u32 - 2).to_le_bytes()].concat()),
            "length,at=1,width=4,little,adjust=2",
            Counts::Less(2),
        ),
        (
            frames_of(&|size| [&[9, 9][..], &(size as u16 + 3).to_le_bytes()].concat()),
            "length,at=2,width=2,little,adjust=-3",
            Counts::More(3),
        ),
        (
            frames_of(&|size| {
                let (low, high) = (size as u8 & 0x7F, (size >> 7) as u8);
                if high == 0 { vec![0x30, low] } else { vec![0x30, low | 0x80, high] }
            }),
            "length,at=1,width=mqtt",
            Counts::Rest,
        ),
        (frames_of(&|size| format!("<{size:06}").into_bytes()), "length,at=1,width=dec6", Counts::Rest),
        (frames_of(&|size| format!("#{size:04x}").into_bytes()), "length,at=1,width=hex4", Counts::Rest),
    ] {
        let findings = found(&frames);
        let first = &findings.lengths.groups[0];
        let listed: Vec<_> = first.candidates.iter().map(ToString::to_string).collect();
        assert_eq!(listed[0], text, "{listed:?}");
        assert_eq!(first.candidates[0].counts(), counts);
        for text in listed {
            let framing: Framing = text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(framing.to_string(), text);
            let mut framer = Framer::new(&framing, Direction::Inbound);
            let mut ends = Vec::new();
            framer.push(&frames.concat(), Timestamp::default(), |found| ends.push(found.end - found.start));
            assert_eq!(ends, frames.iter().map(|frame| frame.len() as u64).collect::<Vec<_>>(), "{text}");
        }
        assert!(first.is_claimed, "{text}: {first:?}");
    }
}

#[test]
fn what_is_missing_is_told() {
    let nothing = find(&[]);
    assert_eq!(nothing.checksums.missing, Some(Missing::Frames));
    assert_eq!(nothing.lengths.missing, Some(Missing::Frames));
    assert_eq!(find(&[b"", b""]), nothing);
    let tiny = find(&[b"a", b"b"]);
    assert_eq!(tiny.checksums.missing, Some(Missing::Longer { shortest: 1 }));
    assert_eq!(tiny.lengths.missing, Some(Missing::Lengths { length: 1 }));
    let equal = find(&[b"abcdefgh", b"12345678"]);
    assert_eq!(equal.checksums.missing, None);
    assert_eq!(equal.lengths.missing, Some(Missing::Lengths { length: 8 }));
    // Lengths that grow by one follow every counter.
    let counted: Vec<_> = (1..30_u8).map(|n| vec![n; usize::from(n) + 4]).collect();
    let findings = found(&counted);
    assert!(!findings.lengths.groups.is_empty());
    assert_eq!(findings.lengths.claimed(), None);
}

#[test]
fn what_is_left_out_is_counted() {
    let long = vec![1; LONGEST_FRAME + 1];
    let findings = find(&[&long, b"abc", b"abc"]);
    assert_eq!((findings.frames, findings.left_out), (1, 1));
    let many: Vec<_> = (0..MOST_FRAMES as u64 + 5).map(|n| n.to_be_bytes().to_vec()).collect();
    let findings = found(&many);
    assert_eq!((findings.frames, findings.left_out), (MOST_FRAMES, 5));
}
