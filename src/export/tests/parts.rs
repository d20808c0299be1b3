//! Text of parts of a recording, and in both languages.

use super::*;
use crate::model::HalfId;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn each_record_of_a_part_has_the_text_it_has_in_the_whole(
        records in prop::collection::vec(any_made(), 1..60).prop_map(in_order),
        encoding in any_encoding(),
        chosen in prop::collection::vec(any::<bool>(), 60),
        by_position in any::<bool>(),
        content in prop::sample::select(vec![Content::Text, Content::Hex, Content::Both]),
        is_json in any::<bool>(),
    ) {
        let (_folder, snapshot) = recorded(&records);
        let format = if is_json { Format::JsonLines } else { Format::Text(content) };
        // The whole, record by record.
        let mut expected = Vec::new();
        let mut decoders: BTreeMap<String, (StreamDecoder, bool)> = BTreeMap::new();
        for (made, &is_chosen) in records.iter().zip(&chosen) {
            let mut part = Vec::new();
            let mut printer = Printer::document(&mut part, format, encoding, Language::English);
            let record = made.record();
            if made.kind == RecordKind::Data && record.transport == Transport::Tcp {
                let stream = decoders.entry(key(made.connection, json::direction_name(made.direction)));
                let (decoder, is_last_chosen) =
                    stream.or_insert_with(|| (StreamDecoder::new(encoding), false));
                printer.resume(record.half(), decoder.pending());
                decoder.decode(&made.payload, &mut String::new());
                *is_last_chosen = is_chosen;
            }
            if made.kind == RecordKind::Closed && format != Format::Text(Content::Hex) {
                for half in HalfId::both(record.connection) {
                    // What is not completed is only told where its beginning is.
                    if let Some((decoder, true)) = decoders.get(&key(made.connection, json::direction_name(half.direction))) {
                        printer.resume(half, decoder.pending());
                    }
                }
            }
            printer.print(&record).unwrap();
            printer.flush().unwrap();
            drop(printer);
            if is_chosen {
                expected.extend(part);
            }
        }
        let mut number = 0;
        let mut by_number = |_: &Record<'_>| {
            number += 1;
            chosen[number - 1]
        };
        let mut positions = Vec::new();
        let mut cursor = Cursor::new(snapshot.clone());
        let mut at = snapshot.start();
        while let Some(position) = cursor.next(at).unwrap() {
            at = cursor.read(position).unwrap().unwrap().end;
            positions.push(position);
        }
        prop_assert_eq!(positions.len(), records.len());
        let mut kept = chosen.iter();
        positions.retain(|_| *kept.next().unwrap());
        let mut found = |_: &mut Cursor, border| {
            let after = positions.partition_point(|position| *position < border);
            Ok(positions.get(after).copied())
        };
        let selection =
            if by_position { Selection::Found(&mut found) } else { Selection::Where(&mut by_number) };
        let part = exported(&snapshot, format, encoding, selection);
        prop_assert_eq!(String::from_utf8(part).unwrap(), String::from_utf8(expected).unwrap());
    }
}

/// The link of a record may lead to one that cannot be read; that costs a character at most.
#[test]
fn a_part_of_a_damaged_recording_is_exported_but_for_the_damage() {
    let records: Vec<_> = (0..64).map(|i| Made::data(1, Direction::Inbound, format!("line {i}\n"))).collect();
    let (folder, snapshot) = recorded(&records);
    let mut cursor = Cursor::new(snapshot.clone());
    let mut at = snapshot.start();
    for _ in 0..6 {
        let position = cursor.next(at).unwrap().unwrap();
        at = cursor.read(position).unwrap().unwrap().end;
    }
    let damaged = cursor.next(at).unwrap().unwrap().0 as usize;
    let path = &snapshot.files()[0];
    let mut bytes = fs::read(path).unwrap();
    bytes[damaged + 20..damaged + 24].copy_from_slice(&0xFFFF_0000u32.to_le_bytes());
    fs::write(path, &bytes).unwrap();
    let mut opened = crate::capture::open_folder(&folder.path().join("recording")).unwrap();
    assert!(opened.indexing.wait().failure.is_some());
    let snapshot = opened.reader.snapshot();
    let all = whole(&snapshot, Format::JsonLines, Encoding::Utf8);
    assert_eq!(all.lines().count(), 63);
    let mut every = |_: &Record<'_>| true;
    let part = exported(&snapshot, Format::JsonLines, Encoding::Utf8, Selection::Where(&mut every));
    assert_eq!(String::from_utf8(part).unwrap(), all);
}

#[test]
fn text_tells_of_everything_in_the_language_asked_for() {
    let records = [
        Made::change(RecordKind::Note, 0),
        Made::change(RecordKind::Opened, 1),
        Made::data(1, Direction::Inbound, "温度\r\n\x1B[2J".as_bytes()),
        Made::data(1, Direction::Outbound, b"\xE4\xBD"),
        Made::change(RecordKind::Closed, 1),
    ];
    let (_folder, snapshot) = recorded(&records);
    let text = |language| {
        let mut out = Vec::new();
        let format = Format::Text(Content::Both);
        let done = of_all(&snapshot, format, |export| Export { language, ..export }.to_writer(&mut out));
        done.unwrap().unwrap();
        let text = String::from_utf8(out).unwrap();
        // The hour depends on the machine's time zone.
        let without_time = |line: &str| match line.split_once(":00.123 ") {
            Some((time, rest)) => {
                assert!(time.len() == "2026-11-20 10:00".len() && time.starts_with("2026-11-"), "{line}");
                rest.to_string()
            }
            None => line.to_string(),
        };
        text.lines().map(without_time).collect::<Vec<_>>()
    };
    let expected = [
        "-- =words, \"quoted\"",
        "<- [::1]:50122  connected, [::1]:50122 → [::1]:7788",
        "<- [::1]:50122  12 B",
        "  温度",
        "  ␛[2J",
        "  00000000  E6 B8 A9 E5 BA A6 0D 0A  1B 5B 32 4A              |.........[2J|",
        "-> [::1]:50122  2 B",
        "  00000000  E4 BD                                             |..|",
        "-> [::1]:50122  ended inside a character",
        "  \u{FFFD}",
        "<- [::1]:50122  =words, \"quoted\"",
    ];
    assert_eq!(text(Language::English), expected);
    assert_eq!(text(Language::Chinese)[1], "<- [::1]:50122  已连接，[::1]:50122 → [::1]:7788");
}
