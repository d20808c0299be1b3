//! What holds for every framing and every stream.

use super::{assert_whole, found, framing};
use crate::framing::{Found, Framer, Framing};
use crate::model::{Direction, Timestamp};
use proptest::prelude::*;

/// Any framing: a preset, or a kind with any fields.
fn framings() -> impl Strategy<Value = Framing> {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let mark = move |most| proptest::collection::vec(byte(), 1..=most).prop_map(hex);
    let width = prop_oneof![
        (0..5usize).prop_map(|at| ["1", "2", "3", "4", "8"][at].to_owned()),
        Just("leb128".into()),
        Just("mqtt".into()),
        (1..=10u8).prop_map(|count| format!("dec{count}")),
        (1..=10u8).prop_map(|count| format!("hex{count}")),
    ];
    let order = prop_oneof![Just(""), Just(",big"), Just(",little")];
    let effect = prop_oneof![
        Just(String::new()),
        byte().prop_map(|byte| format!(",escape={byte:02X}")),
        (byte(), any::<u8>()).prop_map(|(byte, xor)| format!(",escape={byte:02X},xor={xor:02X}")),
        (byte(), mark(1), mark(1)).prop_map(|(byte, from, to)| format!(",escape={byte:02X},map={from}{to}")),
    ];
    let switch = |text: &'static str| any::<bool>().prop_map(move |is_on| if is_on { text } else { "" });
    let text = prop_oneof![
        (0..Framing::PRESETS.len()).prop_map(|at| Framing::PRESETS[at].name().to_owned()),
        (proptest::collection::vec(mark(5), 1..=3), switch(",keep"))
            .prop_map(|(marks, keep)| format!("delimiter={}{keep}", marks.join("/"))),
        (1..40u64).prop_map(|bytes| format!("fixed={bytes}")),
        (0..8u16, width, order, -20..20i64).prop_map(|(at, width, order, adjust)| format!(
            "length,at={at},width={width}{order},adjust={adjust}"
        )),
        (proptest::option::of(mark(3)), mark(3), effect, switch(",restart"), 0..3u8).prop_map(
            |(start, end, effect, restart, trailer)| {
                let start = start.map_or(String::new(), |start| format!(",start={start}"));
                format!("marks{start},end={end}{effect}{restart},trailer={trailer}")
            }
        ),
        (1..60u64).prop_map(|ms| format!("gap={ms}ms")),
    ];
    text.prop_filter_map("fields that contradict each other", |text| text.parse().ok())
}

/// Bytes of which few are frequent, so that marks are found.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![3 => 0..4u8, 1 => any::<u8>()]
}

/// A stream in which headers and marks of presets are frequent, too.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => proptest::collection::vec(byte(), 0..20),
        1 => proptest::collection::vec(any::<u8>(), 0..300),
        2 => (0..SAMPLES.len()).prop_map(|at| SAMPLES[at].to_vec()),
        1 => (0..SAMPLES.len(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, index, byte)| {
            let mut sample = SAMPLES[at].to_vec();
            let index = index.index(sample.len());
            sample[index] = byte;
            sample
        }),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Frames of presets.
const SAMPLES: &[&[u8]] = &[
    b"line\r\n",
    b"\n",
    b"{\"a\": 1}\n",
    b"a;",
    b"\x00\x03abc",
    b"\x03\x00\x00\x00abc",
    b"\x7Eab\x7D\x5E\x7E",
    b"\xC0ab\xDB\xDC\xC0",
    b"\x02ab\x03",
    b"\x10\x02a\x10\x10\x10\x03",
    b":010300000001FB\r\n",
    b"\x15\x01\x00\x00\x00\x06\xFF\x03\x00\x04\x00\x01",
    b"\x11\x03\x00\x6B\x00\x03\x76\x87",
    b"\x11\x17\x02\x00\xFE\xAC\xB7",
    b"\x82\x0E\x00\x0A\x00\x03a/b\x01\x00\x03c/d\x02",
    b"\x15\x03\x03\x00\x02\x01\x00",
    b"\x03\x00\x00\x07\x02\xF0\x80",
    b"\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58",
    b"GET / HTTP/1.1\r\nA: b\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"##0005QN=1;0000\r\n",
    b"\xFE\xFEh\xAA\xAA\xAA\xAA\xAA\xAAh\x11\x04\x33\x33\x34\x33\xAE\x16",
    b"##\x07\xFELSVAU2180N2183294\x01\x00\x00\x55",
    b"h\x04\x07\x00\x00\x00",
    b"h\x0E\x00\x00\x00\x00\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14",
    b"\x03\x11\x22\x02\x33\x00",
];

/// All that is found in reads of these lengths, the last one with what remains. Each read comes `pause` later.
fn in_reads(framing: &Framing, stream: &[u8], reads: &[usize], pause: u64) -> Vec<Found> {
    let mut parts = Vec::new();
    let mut framer = Framer::new(framing, Direction::Outbound);
    let (mut rest, mut time) = (stream, 0);
    for length in reads.iter().copied().chain([usize::MAX]) {
        let (read, after) = rest.split_at(length.min(rest.len()));
        framer.push(read, Timestamp(time), |part| parts.push(part));
        rest = after;
        time += pause;
        let unfinished = framer.unfinished();
        let end = parts.last().map_or(0, |part: &Found| part.end);
        let seen = (stream.len() - rest.len()) as u64;
        assert_eq!(unfinished.map(|unfinished| unfinished.start), (end < seen).then_some(end));
        assert!(unfinished.is_none_or(|unfinished| {
            unfinished.length == seen - end
                && unfinished.skipped <= unfinished.length
                && unfinished
                    .expected
                    .is_none_or(|expected| expected > unfinished.length - unfinished.skipped)
        }));
    }
    framer.cut(|part| parts.push(part));
    parts
}

proptest! {
    #[test]
    fn the_parts_joined_are_the_stream_whatever_the_borders_of_the_reads(
        framing in framings(),
        stream in streams(),
        reads in proptest::collection::vec(0..30usize, 0..60),
    ) {
        let parts = in_reads(&framing, &stream, &reads, 0);
        assert_whole(&parts, stream.len() as u64);
        prop_assert_eq!(&parts, &in_reads(&framing, &stream, &[], 0), "in one read");
        prop_assert_eq!(&parts, &in_reads(&framing, &stream, &vec![1; stream.len()], 0), "byte by byte");
    }

    #[test]
    fn from_a_checkpoint_the_same_is_found_as_from_the_start(
        framing in framings(),
        stream in streams(),
        at in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let (first, second) = stream.split_at(at.index(stream.len() + 1));
        let mut framer = Framer::new(&framing, Direction::Inbound);
        framer.push(first, Timestamp(5), |_| {});
        if cut {
            framer.cut(|_| {});
        }
        let mut checkpoint = framer.clone();
        let (mut gone_on, mut resumed) = (Vec::new(), Vec::new());
        framer.push(second, Timestamp(9), |part| gone_on.push(part));
        framer.cut(|part| gone_on.push(part));
        checkpoint.push(second, Timestamp(9), |part| resumed.push(part));
        checkpoint.cut(|part| resumed.push(part));
        prop_assert_eq!(framer, checkpoint);
        prop_assert_eq!(&gone_on, &resumed);
        if cut {
            // Behind a cut, all is as at the start.
            let shifted: Vec<_> = found(&framing, second)
                .into_iter()
                .map(|part| Found {
                    start: part.start + first.len() as u64,
                    end: part.end + first.len() as u64,
                    ..part
                })
                .collect();
            prop_assert_eq!(gone_on, shifted);
        }
    }

    #[test]
    fn what_is_printed_is_read_as_the_same(framing in framings()) {
        prop_assert_eq!(super::framing(&framing.to_string()), framing);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in "[a-z0-9=,/ ，.-]{0,40}|(length|marks|delimiter)[a-z0-9=,]{0,40}") {
        match text.parse::<Framing>() {
            Ok(read) => prop_assert_eq!(framing(&read.to_string()), read),
            Err(error) => prop_assert!(text.get(error.range).is_some()),
        }
    }

    #[test]
    fn the_content_of_any_bytes_is_no_longer_than_they_are(framing in framings(), stream in streams()) {
        prop_assert!(framing.content(&stream).len() <= stream.len());
        prop_assert!(framing.checked(&stream).len() <= stream.len());
    }

    #[test]
    fn pauses_change_nothing_unless_the_framing_goes_by_them(
        framing in framings(),
        stream in streams(),
        reads in proptest::collection::vec(0..30usize, 0..60),
    ) {
        let parts = in_reads(&framing, &stream, &reads, 30_000_000);
        assert_whole(&parts, stream.len() as u64);
        if !framing.to_string().starts_with("gap") {
            prop_assert_eq!(parts, in_reads(&framing, &stream, &reads, 0));
        }
    }
}
