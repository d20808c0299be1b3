//! Tests of `pieces`: every byte and every character is covered once, and texts cut into records
//! come back whole.

use proptest::prelude::*;

use super::*;
use crate::codec::resync_point;
use crate::codec::samples::{decoded, encoded, streams, texts};

/// Checks what holds for every record: the spans follow each other without gaps, and their units are
/// whole.
fn check(encoding: Encoding, before: &[u8], payload: &[u8]) -> RecordText {
    let record = RecordText::decode(encoding, before, payload);
    let (mut byte, mut char_index, mut text) = (0, 0, 0);
    for span in record.spans() {
        assert_eq!((span.bytes.start, span.chars.start, span.text.start), (byte, char_index, text));
        assert!(!span.bytes.is_empty() && !span.chars.is_empty());
        assert_eq!(span.bytes.len() % span.bytes_per_unit, 0);
        assert_eq!(span.bytes.len() / span.bytes_per_unit * span.chars_per_unit, span.chars.len());
        assert_eq!(record.text()[span.text.clone()].chars().count(), span.chars.len());
        (byte, char_index, text) = (span.bytes.end, span.chars.end, span.text.end);
    }
    assert_eq!((byte, char_index, text), (payload.len(), record.char_count(), record.text().len()));
    assert!(record.text().chars().all(|shown| !is_control(shown)), "{:?}", record.text());
    record
}

/// The records of a stream cut after each of `cuts`, each decoded from its own point.
fn records(encoding: Encoding, stream: &[u8], cuts: &[usize]) -> Vec<RecordText> {
    let mut records = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([stream.len()]) {
        let end = end.clamp(start, stream.len());
        let point = resync_point(encoding, &stream[..start], 0).unwrap();
        records.push(check(encoding, &stream[point..start], &stream[start..end]));
        start = end;
    }
    records
}

/// The characters that a record stands for: control characters themselves instead of their names, nothing
/// for an incomplete one.
fn received(record: &RecordText) -> String {
    let of_span = |span: Span| match span.kind {
        SpanKind::Plain => record.text()[span.text].to_owned(),
        SpanKind::Control(character) => character.to_string().repeat(span.bytes.len() / span.bytes_per_unit),
        SpanKind::Invalid => "\u{FFFD}".repeat(span.chars.len()),
        SpanKind::Pending => String::new(),
    };
    record.spans().map(of_span).collect()
}

fn all_received(records: &[RecordText]) -> String {
    records.iter().map(received).collect()
}

#[test]
fn a_text_cut_anywhere_comes_back_whole() {
    for encoding in Encoding::ALL {
        for text in texts(encoding) {
            let stream = encoded(encoding, text);
            for at in 0..=stream.len() {
                assert_eq!(all_received(&records(encoding, &stream, &[at])), *text, "{encoding} at {at}");
            }
            let each: Vec<usize> = (1..stream.len()).collect();
            assert_eq!(all_received(&records(encoding, &stream, &each)), *text, "{encoding} by bytes");
        }
    }
}

#[test]
fn a_character_cut_by_a_border_belongs_to_the_second_record() {
    let stream = b"ok\xD6\xD0\xCE\xC4\n";
    let first = check(Encoding::Gbk, b"", &stream[..3]);
    assert_eq!(first.text(), "ok…");
    let pieces: Vec<_> = first.pieces(&stream[..3]).collect();
    assert_eq!(pieces, [Piece::Text("ok"), Piece::Pending(b"\xD6")]);

    let second = check(Encoding::Gbk, &stream[2..3], &stream[3..]);
    assert_eq!(second.text(), "中文␊");
    let pieces: Vec<_> = second.pieces(&stream[3..]).collect();
    assert_eq!(pieces, [Piece::Text("中"), Piece::Text("文"), Piece::Control('\n')]);
    let ranges: Vec<_> = second.spans().map(|span| (span.bytes, span.chars)).collect();
    assert_eq!(ranges, [(0..1, 0..1), (1..3, 1..2), (3..4, 2..3)]);
}

#[test]
fn each_kind_of_byte_has_its_piece() {
    for (encoding, before, payload, text, pieces) in [
        (
            Encoding::Utf8,
            &b""[..],
            &b"a\t\t\xFF\xFE\xE4\xB8\xE4\xB8\xAD\xE2\x80\xAE\xF0\x9F"[..],
            "a␉␉\u{FFFD}\u{FFFD}\u{FFFD}中RLO…",
            vec![
                Piece::Text("a"),
                Piece::Control('\t'),
                Piece::Control('\t'),
                Piece::Invalid(b"\xFF\xFE"),
                Piece::Invalid(b"\xE4\xB8"),
                Piece::Text("中"),
                Piece::Control('\u{202E}'),
                Piece::Pending(b"\xF0\x9F"),
            ],
        ),
        // Held back, and malformed by what comes: it was shown as pending where it is.
        (Encoding::Utf8, b"\xE4\xB8", b"a", "a", vec![Piece::Text("a")]),
        // Malformed across the border: the part that is here counts.
        (Encoding::ShiftJis, b"\x81", b"\xFFa", "\u{FFFD}a", vec![Piece::Invalid(b"\xFF"), Piece::Text("a")]),
        (Encoding::Gb18030, b"\x94\x39", b"\xFC\x36", "😀", vec![Piece::Text("😀")]),
        (Encoding::Gb18030, b"\x94", b"\x39\xFC", "…", vec![Piece::Pending(b"\x39\xFC")]),
        (Encoding::Gb18030, b"\x94\x39", b"", "", vec![]),
        (Encoding::Gbk, b"\x81\x30\x81", b"A", "丄", vec![Piece::Text("丄")]),
        (
            Encoding::Big5,
            b"",
            b"a\x88\x62\xA4\xA4",
            "aÊ\u{304}中",
            vec![Piece::Text("a"), Piece::Text("Ê\u{304}"), Piece::Text("中")],
        ),
        (
            Encoding::Utf16Le,
            b"\x3D\xD8\x00",
            b"\xDEa\0\xDE\xDE",
            "😀a\u{FFFD}",
            vec![Piece::Text("😀"), Piece::Text("a"), Piece::Invalid(b"\xDE\xDE")],
        ),
        (Encoding::Ascii, b"\xD6", b"a\x80", "a\u{FFFD}", vec![Piece::Text("a"), Piece::Invalid(b"\x80")]),
        (
            Encoding::Windows1252,
            b"",
            b"\xE9\x85\x90",
            "é…DCS",
            vec![Piece::Text("é…"), Piece::Control('\u{90}')],
        ),
    ] {
        let record = check(encoding, before, payload);
        assert_eq!(record.text(), text, "{encoding} {payload:02X?}");
        assert_eq!(record.pieces(payload).collect::<Vec<_>>(), pieces, "{encoding} {payload:02X?}");
    }
}

#[test]
fn control_names_stand_for_what_was_received() {
    let record = check(Encoding::Utf8, b"", b"a\r\n\xE2\x80\xAE\xE2\x80\xAE\xE4\xB8\xAD\xFFb\xE4");
    assert_eq!(record.text(), "a␍␊RLORLO中\u{FFFD}b…");
    assert_eq!(received(&record), "a\r\n\u{202E}\u{202E}中\u{FFFD}b");
}

#[test]
fn equal_units_share_a_span() {
    for (encoding, payload, spans) in [
        (Encoding::Utf8, vec![b'x'; 70_000], 1),
        (Encoding::Utf8, vec![0; 70_000], 1),
        (Encoding::Utf8, vec![0xFF; 70_000], 1),
        (
            Encoding::Gbk,
            "世界".repeat(5_000).chars().flat_map(|c| encoded(Encoding::Gbk, &c.to_string())).collect(),
            1,
        ),
        (Encoding::Utf16Be, encoded(Encoding::Utf16Be, "a世b界"), 1),
        (Encoding::Utf8, "a世界b".into(), 3),
    ] {
        let record = RecordText::decode(encoding, b"", &payload);
        assert_eq!(record.spans().len(), spans, "{encoding}");
        assert_eq!(record.spans().last().map(|span| span.bytes.end), Some(payload.len()));
    }
    let empty = check(Encoding::Gbk, b"", b"");
    assert_eq!((empty.text(), empty.char_count(), empty.spans().len()), ("", 0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_byte_of_any_record_is_covered_once(
        (encoding, stream) in streams(),
        cuts in proptest::collection::vec(0_usize..40, 0..4),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        records(encoding, &stream, &cuts);
        // A record that is the whole stream has its text, but for what is incomplete at the end.
        let whole = check(encoding, b"", &stream);
        let mut received = received(&whole);
        if whole.spans().last().is_some_and(|span| span.kind == SpanKind::Pending) {
            received.push(char::REPLACEMENT_CHARACTER);
        }
        prop_assert_eq!(received, decoded(encoding, [&stream[..]]));
    }

    #[test]
    fn plain_characters_are_made_of_their_bytes((encoding, payload) in streams()) {
        let record = check(encoding, b"", &payload);
        for span in record.spans().filter(|span| span.kind == SpanKind::Plain) {
            let text = &record.text()[span.text.clone()];
            prop_assert_eq!(&decoded(encoding, [&payload[span.bytes.clone()]]), text);
            for (index, character) in text.chars().enumerate() {
                let start = span.bytes.start + index / span.chars_per_unit * span.bytes_per_unit;
                let bytes = start..start + span.bytes_per_unit;
                prop_assert!(decoded(encoding, [&payload[bytes]]).contains(character));
            }
        }
    }
}
