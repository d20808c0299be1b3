//! Tests of patterns, in all encodings and over all cuts.

use super::*;
use crate::codec::Encoding;
use proptest::prelude::*;

fn text(text: &str) -> Pattern {
    Pattern::Text(text.into())
}

fn hex(hex: &str) -> Pattern {
    Pattern::Hex(hex.into())
}

fn regex(regex: &str) -> Pattern {
    Pattern::Regex(regex.into())
}

/// After how many bytes of a stream that is cut in this way there is a match.
fn found(pattern: &Pattern, encoding: Encoding, pieces: &[&[u8]]) -> Option<usize> {
    let matcher = Matcher::new(pattern).unwrap();
    let mut progress = matcher.begin();
    let mut decoder = StreamDecoder::new(encoding);
    let mut before = 0;
    for piece in pieces {
        if let Some(end) = matcher.feed(&mut progress, &mut decoder, piece) {
            return Some(before + end);
        }
        before += piece.len();
    }
    None
}

#[test]
fn text_is_found_in_the_encoding_of_the_stream() {
    for encoding in [Encoding::Utf8, Encoding::Gbk, Encoding::Utf16Le, Encoding::Big5] {
        let mut bytes = Vec::new();
        encoding.encode("ok 你好!", &mut bytes).unwrap();
        let cut: Vec<&[u8]> = bytes.chunks(1).collect();
        let mut end = Vec::new();
        encoding.encode("ok 你好", &mut end).unwrap();
        assert_eq!(found(&text("你好"), encoding, &cut), Some(end.len()), "{encoding}");
        assert_eq!(found(&regex("你.!"), encoding, &cut), Some(bytes.len()), "{encoding}");
        assert_eq!(found(&text("好你"), encoding, &cut), None, "{encoding}");
    }
    // The trail byte of a character is not the letter with the same byte.
    assert_eq!(found(&text("|"), Encoding::Gbk, &[b"\x81|"]), None);
    assert_eq!(found(&text("|"), Encoding::Gbk, &[b"\x81", b"||"]), Some(3));
}

#[test]
fn hex_has_wildcards_for_bytes_and_for_digits() {
    let answer: &[&[u8]] = &[b"\x01", b"\x03\x02\x12", b"\x34"];
    for (pattern, expected) in [
        ("01 03 02 ?? ??", Some(5)),
        ("01 03 ?2", Some(3)),
        ("1? 34", Some(5)),
        ("?? ??", Some(2)),
        ("2? 34", None),
        ("01 03 02 ?? ?? ??", None),
    ] {
        assert_eq!(found(&hex(pattern), Encoding::Utf8, answer), expected, "{pattern}");
    }
}

#[test]
fn what_follows_a_match_is_left_to_the_next_one() {
    let matcher = Matcher::new(&text("你")).unwrap();
    let mut decoder = StreamDecoder::new(Encoding::Gbk);
    let bytes = b"\xC4\xE3\xBA\xC3";
    let end = matcher.feed(&mut matcher.begin(), &mut decoder, bytes).unwrap();
    assert_eq!((end, decoder.pending()), (2, &b""[..]));
    let next = Matcher::new(&text("好")).unwrap();
    assert_eq!(next.feed(&mut next.begin(), &mut decoder, &bytes[end..]), Some(2));
}

#[test]
fn the_end_of_a_datagram_ends_a_line() {
    for (pattern, bytes, expected) in [
        (regex("OK$"), &b"OK"[..], true),
        (regex("OK$"), b"OKAY", false),
        (regex("\u{FFFD}$"), b"a\xE4", true),
        (text("\u{FFFD}"), b"\xE4\xBD", true),
        (hex("01 02"), b"\x01", false),
    ] {
        let matcher = Matcher::new(&pattern).unwrap();
        let (mut progress, mut decoder) = (matcher.begin(), StreamDecoder::new(Encoding::Utf8));
        assert_eq!(matcher.feed(&mut progress, &mut decoder, bytes), None, "{pattern:?}");
        assert_eq!(matcher.ends(progress, decoder), expected, "{pattern:?}");
    }
}

#[test]
fn patterns_that_cannot_be_waited_for_are_refused_with_their_place() {
    let long = "a".repeat(MAX_PATTERN_BYTES + 1);
    for (pattern, kind, range) in [
        (text(""), PatternErrorKind::Empty, 0..0),
        (hex(" "), PatternErrorKind::Empty, 0..1),
        (regex(""), PatternErrorKind::Empty, 0..0),
        (text(&long), PatternErrorKind::TooLong, 0..long.len()),
        (hex(&"00".repeat(MAX_PATTERN_BYTES + 1)), PatternErrorKind::TooLong, 0..2 * (MAX_PATTERN_BYTES + 1)),
        (regex(&long), PatternErrorKind::TooLong, 0..long.len()),
        (hex("01 0G"), PatternErrorKind::Hex(HexErrorKind::NotHex('G')), 4..5),
        (regex("a*"), PatternErrorKind::MatchesNothing, 0..2),
        (regex("("), PatternErrorKind::Regex("unclosed group".into()), 0..1),
    ] {
        assert_eq!(Matcher::new(&pattern).unwrap_err(), PatternError { kind, range }, "{pattern:?}");
    }
    assert!(Matcher::new(&text(&long[1..])).is_ok(), "the longest that is allowed");
}

proptest! {
    #[test]
    fn a_match_does_not_depend_on_where_reads_are_cut(
        kind in 0usize..12,
        words in prop::collection::vec(
            prop::sample::select(vec!["a", "b", "1", "\r", "\n", "你", "好", "ab", "OK", " "]), 0..30),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        encoding in prop::sample::select(&Encoding::ALL[..]),
        cuts in prop::collection::vec(1usize..7, 1..10),
    ) {
        let pattern = match kind {
            0 => text("ab"),
            1 => text("你好"),
            2 => text("\u{FFFD}"),
            3 => hex("61 62"),
            4 => hex("?1 ?? 6?"),
            5 => regex("a+b"),
            6 => regex("^a.*b$"),
            7 => regex(r"\bOK\b"),
            8 => regex(r"(?s)1.{3,}1"),
            9 => regex("[^a]$"),
            10 => regex(r"\d\r$"),
            _ => regex("你|好 "),
        };
        let mut bytes = Vec::new();
        for word in words {
            // Encodings lack some of the words.
            let _ = encoding.encode(word, &mut bytes);
        }
        for (at, byte) in noise {
            bytes.insert(at.index(bytes.len() + 1), byte);
        }
        let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
        let mut cut: Vec<&[u8]> = Vec::new();
        let mut rest = &bytes[..];
        for length in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*length).min(rest.len()));
            cut.push(piece);
            rest = after;
        }
        let expected = found(&pattern, encoding, &[&bytes]);
        prop_assert_eq!(found(&pattern, encoding, &bytewise), expected);
        prop_assert_eq!(found(&pattern, encoding, &cut), expected);
        // An independent engine over the whole decoded text agrees.
        let mut decoder = StreamDecoder::new(encoding);
        let mut decoded = String::new();
        decoder.decode(&bytes, &mut decoded);
        match &pattern {
            Pattern::Text(text) => prop_assert_eq!(expected.is_some(), decoded.contains(text.as_str())),
            Pattern::Regex(expression) => {
                let reference = regex::RegexBuilder::new(expression).multi_line(true).crlf(true).build().unwrap();
                let matcher = Matcher::new(&pattern).unwrap();
                let (mut progress, mut decoder) = (matcher.begin(), StreamDecoder::new(encoding));
                let is_found = matcher.feed(&mut progress, &mut decoder, &bytes).is_some()
                    || matcher.ends(progress, decoder.clone());
                if decoder.pending().is_empty() && expression != r"\bOK\b" {
                    prop_assert_eq!(is_found, reference.is_match(&decoded));
                }
            }
            Pattern::Hex(_) => {}
        }
    }
}
