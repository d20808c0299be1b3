//! What is exported gives back the bytes and texts of the recording.

use super::*;
use crate::capture::{Scanner, open_folder, save};
use crate::import::{FileKind, import, sniff};

const HEADER_NAMES: &str = "time,kind,direction,connection,local,peer,bytes,hex,text,name";

fn json_streams(lines: &str) -> BTreeMap<String, (Vec<u8>, String)> {
    let mut streams: BTreeMap<String, (Vec<u8>, String)> = BTreeMap::new();
    for line in lines.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        if object["kind"] != "data" {
            continue;
        }
        let connection = object["connection"].as_u64().unwrap() as u32;
        let key = key(connection, object["direction"].as_str().unwrap());
        let (bytes, text) = streams.entry(key).or_default();
        let payload = parse_hex(object["hex"].as_str().unwrap()).unwrap();
        assert_eq!(object["bytes"], payload.len());
        bytes.extend(payload);
        text.push_str(object["text"].as_str().unwrap());
    }
    streams
}

fn csv_streams(table: &str) -> BTreeMap<String, (Vec<u8>, String)> {
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let header: Vec<_> = reader.headers().unwrap().iter().map(str::to_string).collect();
    assert_eq!(header.join(","), HEADER_NAMES);
    let mut streams: BTreeMap<String, (Vec<u8>, String)> = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        assert_eq!((&row[4], &row[5]), ("[::1]:7788", "[::1]:50122"));
        let text = row[8].strip_prefix('\'').unwrap_or(&row[8]);
        if &row[1] != "data" {
            assert!(text == "=words, \"quoted\"" || text.is_empty());
            continue;
        }
        let (bytes, texts) = streams.entry(key(row[3].parse().unwrap(), &row[2])).or_default();
        let payload = parse_hex(&row[7]).unwrap();
        assert_eq!(row[6].parse::<usize>().unwrap(), payload.len());
        bytes.extend(payload);
        texts.push_str(text);
    }
    streams
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_exported_gives_back_bytes_and_texts(
        records in prop::collection::vec(any_made(), 0..60).prop_map(in_order),
        encoding in any_encoding(),
    ) {
        let (folder, snapshot) = recorded(&records);
        let expected = streams(&records, encoding);
        prop_assert_eq!(&json_streams(&whole(&snapshot, Format::JsonLines, encoding)), &expected);
        prop_assert_eq!(&csv_streams(&whole(&snapshot, Format::Csv, encoding)), &expected);

        let target = folder.path().join("raw");
        let summary = of_all(&snapshot, Format::Raw, |export| export.streams_to_folder(&target, "run"));
        let summary = summary.unwrap().unwrap();
        prop_assert_eq!(summary.files.len(), expected.len());
        for (key, (bytes, _)) in &expected {
            let (connection, direction) = key.split_once(' ').unwrap();
            let file = target.join(format!("run.c{connection}.{direction}.bin"));
            prop_assert_eq!(&fs::read(&file).unwrap(), bytes);
            prop_assert!(summary.files.contains(&file));
        }
        prop_assert_eq!(names_in(&target).len(), expected.len());
    }
}

#[test]
fn all_values_in_every_encoding_cut_at_every_place_come_back() {
    let all: Vec<u8> = (0..=255).collect();
    let mut records = Vec::new();
    for cut in 0..=all.len() {
        let connection = 1000 + cut as u32;
        records.push(Made::data(connection, Direction::Outbound, &all[..cut]));
        records.push(Made::data(connection, Direction::Outbound, &all[cut..]));
        records.push(Made::change(RecordKind::Closed, connection));
    }
    let (folder, snapshot) = recorded(&records);
    for encoding in Encoding::ALL {
        let expected = streams(&records, encoding);
        let mut text = String::new();
        let mut decoder = StreamDecoder::new(encoding);
        decoder.decode(&all, &mut text);
        decoder.finish(&mut text);
        assert!(expected.values().all(|stream| *stream == (all.clone(), text.clone())), "{encoding}");
        assert_eq!(json_streams(&whole(&snapshot, Format::JsonLines, encoding)), expected, "{encoding}");
        assert_eq!(csv_streams(&whole(&snapshot, Format::Csv, encoding)), expected, "{encoding}");
    }
    // Rows of hex are the same in any encoding, and each record's follow those of the one before.
    let dump = whole(&snapshot, Format::Text(Content::Hex), Encoding::Utf8);
    let rows = dump.lines().filter_map(|line| line.strip_prefix("  ")?.split('|').next()?.split_once("  "));
    let bytes: Vec<u8> = rows.flat_map(|(_, row)| parse_hex(row).unwrap()).collect();
    assert!(bytes == all.repeat(257));
    let target = folder.path().join("raw");
    let summary = of_all(&snapshot, Format::Raw, |export| export.streams_to_folder(&target, "run"));
    let files = summary.unwrap().unwrap().files;
    assert!(files.len() == 257 && files.iter().all(|file| fs::read(file).unwrap() == all));
    for cut in [0, 100, 256] {
        let mut of_one = |record: &Record<'_>| record.connection == ConnectionId(1000 + cut);
        let raw = exported(&snapshot, Format::Raw, Encoding::Utf8, Selection::Where(&mut of_one));
        assert_eq!(raw, all);
    }
    let saved = folder.path().join("saved.pcapng");
    save(&snapshot, &saved, &mut |_, _| ControlFlow::Continue(())).unwrap().unwrap();
    let found = data_of(open(&saved).unwrap().reader.snapshot());
    let data = records.iter().filter(|made| made.kind == RecordKind::Data);
    let expected: Vec<_> = data.map(|made| (made.connection, made.direction, made.payload.clone())).collect();
    assert!(found == expected);
}

/// The data records: connection, direction and bytes.
fn data_of(snapshot: Snapshot) -> Vec<(u32, Direction, Vec<u8>)> {
    let mut data = Vec::new();
    let mut scanner = Scanner::new(snapshot.start());
    while let Some(chunk) = scanner.read(&snapshot).unwrap() {
        let records = chunk.records().map(|scanned| scanned.unwrap().entry.record);
        data.extend(
            records
                .filter(|record| record.kind == RecordKind::Data)
                .map(|record| (record.connection.0, record.direction, record.payload.to_vec())),
        );
    }
    data
}

/// Text is what was sent where all of it is text, however the reads have cut it.
#[test]
fn text_cut_at_every_place_comes_back_in_every_encoding() {
    for encoding in Encoding::ALL {
        let encoded = |text: &str| {
            let mut bytes = Vec::new();
            encoding.encode(text, &mut bytes).ok().map(|()| bytes)
        };
        let has = |character: &char| encoded(&character.to_string()).is_some();
        let text: String = "hello é世界，한글 あｱ я€😀 end".chars().filter(has).collect();
        let bytes = encoded(&text).unwrap();
        let mut records = Vec::new();
        for cut in 0..=bytes.len() {
            let connection = 1000 + cut as u32;
            records.push(Made::data(connection, Direction::Inbound, &bytes[..cut]));
            records.push(Made::data(connection, Direction::Inbound, &bytes[cut..]));
            records.push(Made::change(RecordKind::Closed, connection));
        }
        let (_folder, snapshot) = recorded(&records);
        let shown = whole(&snapshot, Format::Text(Content::Text), encoding);
        let shown: String = shown.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert_eq!(shown, text.repeat(bytes.len() + 1), "{encoding}");
        assert_eq!(encoded(&shown), Some(bytes.repeat(bytes.len() + 1)), "{encoding}");
    }
}

/// A saved recording as other programs write it, without what only this one knows of.
#[test]
fn what_is_saved_and_imported_as_a_capture_has_the_same_bytes() {
    let all: Vec<u8> = (0..=255).collect();
    let mut records = Vec::new();
    for cut in 0..=all.len() {
        let connection = 1000 + cut as u32;
        records.push(Made::change(RecordKind::Opened, connection));
        for part in [&all[..cut], &all[cut..]] {
            records.push(Made::data(connection, Direction::Inbound, part));
            records.push(Made::data(connection, Direction::Outbound, part));
        }
        records.push(Made::change(RecordKind::Closed, connection));
        records.push(Made::data(100, Direction::Inbound, &all[..cut]));
        records.push(Made::data(100, Direction::Outbound, &all[cut..]));
    }
    let (folder, snapshot) = recorded(&records);
    let capture = folder.path().join("capture.pcapng");
    save(&snapshot, &capture, &mut |_, _| ControlFlow::Continue(())).unwrap().unwrap();
    let mut bytes = fs::read(&capture).unwrap();
    let names: Vec<_> = memchr::memmem::find_iter(&bytes, b"Wirelab ").collect();
    assert!(names.len() > 3, "one in each segment");
    for name in names {
        bytes[name..name + 8].copy_from_slice(b"Somebody");
    }
    fs::write(&capture, bytes).unwrap();
    assert_eq!(sniff(&capture), Ok(FileKind::Capture));
    let into = folder.path().join("imported");
    let go_on = &mut |_| ControlFlow::Continue(());
    let imported =
        import(&capture, Destination::Folder(into.clone()), Language::English, go_on).unwrap().unwrap();
    assert_eq!((imported.connections, imported.missing_bytes, imported.failure), (258, 0, None));
    let mut opened = open_folder(&into).unwrap();
    assert_eq!(opened.indexing.wait().failure, None);

    let expected = streams(&records, Encoding::Utf8);
    let mut found: BTreeMap<(u32, bool), Vec<Vec<u8>>> = BTreeMap::new();
    for (connection, direction, payload) in data_of(opened.reader.snapshot()) {
        found.entry((connection, direction == Direction::Inbound)).or_default().push(payload);
    }
    assert_eq!(found.len(), expected.len());
    let mut datagrams = 0;
    for ((connection, is_inbound), payloads) in found {
        if payloads.len() == 257 {
            let parts = (0..=256).map(|cut| if is_inbound { &all[..cut] } else { &all[cut..] });
            assert!(payloads.iter().eq(parts), "each datagram is one, also without bytes");
            datagrams += 1;
        } else {
            assert!(payloads.concat() == all, "connection {connection}, received: {is_inbound}");
        }
    }
    assert_eq!(datagrams, 2);
}
