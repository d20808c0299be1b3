//! What is exported gives back the bytes and texts of the recording.

use super::*;

const HEADER_NAMES: &str = "time,kind,direction,connection,local,peer,bytes,hex,text";

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
    let (_folder, snapshot) = recorded(&records);
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
    for cut in [0, 100, 256] {
        let mut of_one = |record: &Record<'_>| record.connection == ConnectionId(1000 + cut);
        let raw = exported(&snapshot, Format::Raw, Encoding::Utf8, Selection::Where(&mut of_one));
        assert_eq!(raw, all);
    }
}
