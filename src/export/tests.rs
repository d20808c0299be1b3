//! Tests of exports: what is written gives back the recording's bytes and texts, whole or in part.

use super::*;
use crate::capture::{CaptureWriter, Destination, Limits, open};
use crate::codec::{StreamDecoder, parse_hex};
use crate::model::{ConnectionId, Direction, Timestamp, Transport};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What a test records: its kind, connection, direction and bytes.
#[derive(Clone, Debug)]
struct Made {
    kind: RecordKind,
    connection: u32,
    direction: Direction,
    payload: Vec<u8>,
}

impl Made {
    fn data(connection: u32, direction: Direction, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind: RecordKind::Data, connection, direction, payload: payload.into() }
    }

    fn change(kind: RecordKind, connection: u32) -> Self {
        Self { kind, ..Self::data(connection, Direction::Inbound, []) }
    }

    fn record(&self) -> Record<'_> {
        Record {
            time: Timestamp(1_795_168_800_123_456_789),
            kind: self.kind,
            direction: self.direction,
            // Connections from 100 on are peers that send datagrams.
            transport: if self.connection >= 100 && self.connection < 200 {
                Transport::Udp
            } else {
                Transport::Tcp
            },
            connection: ConnectionId(self.connection),
            local: "[::1]:7788".parse().unwrap(),
            peer: "[::1]:50122".parse().unwrap(),
            payload: &self.payload,
            is_cut: false,
            text: if self.kind == RecordKind::Data || self.kind == RecordKind::Opened {
                ""
            } else {
                "=words, \"quoted\""
            },
        }
    }
}

fn recorded(records: &[Made]) -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::Folder(folder.path().join("recording"));
    let limits = Limits { segment_bytes: 20_000, total_bytes: None };
    let mut writer = CaptureWriter::new(destination, limits);
    for made in records {
        writer.append(&made.record());
    }
    writer.publish();
    let snapshot = writer.reader().snapshot();
    (folder, snapshot)
}

/// Exports everything, in English if it is text.
fn of_all<T>(snapshot: &Snapshot, format: Format, run: impl FnOnce(Export<'_, '_>) -> T) -> T {
    run(Export {
        snapshot: snapshot.clone(),
        selection: Selection::All,
        format,
        encoding: Encoding::Utf8,
        language: Language::English,
        progress: &mut |_, _| ControlFlow::Continue(()),
    })
}

fn exported(snapshot: &Snapshot, format: Format, encoding: Encoding, selection: Selection<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let export = Export {
        snapshot: snapshot.clone(),
        selection,
        format,
        encoding,
        language: Language::English,
        progress: &mut |_, _| ControlFlow::Continue(()),
    };
    export.to_writer(&mut out).unwrap().unwrap();
    out
}

fn whole(snapshot: &Snapshot, format: Format, encoding: Encoding) -> String {
    String::from_utf8(exported(snapshot, format, encoding, Selection::All)).unwrap()
}

/// What each stream says: its bytes, and its text if the end of the connection is recorded.
fn streams(records: &[Made], encoding: Encoding) -> BTreeMap<String, (Vec<u8>, String)> {
    let mut streams: BTreeMap<String, (Vec<u8>, String)> = BTreeMap::new();
    let mut decoders: BTreeMap<String, StreamDecoder> = BTreeMap::new();
    for made in records {
        let key = key(made.connection, json::direction_name(made.direction));
        match made.kind {
            RecordKind::Data => {
                let (bytes, text) = streams.entry(key.clone()).or_default();
                bytes.extend(&made.payload);
                if made.record().transport == Transport::Udp {
                    let mut decoder = StreamDecoder::new(encoding);
                    decoder.decode(&made.payload, text);
                    decoder.finish(text);
                } else {
                    let decoder = decoders.entry(key).or_insert_with(|| StreamDecoder::new(encoding));
                    decoder.decode(&made.payload, text);
                }
            }
            RecordKind::Closed => {
                for direction in ["in", "out"] {
                    let key = super::tests::key(made.connection, direction);
                    if let Some(decoder) = decoders.remove(&key) {
                        decoder.finish(&mut streams.get_mut(&key).unwrap().1);
                    }
                }
            }
            _ => {}
        }
    }
    streams
}

fn key(connection: u32, direction: &str) -> String {
    format!("{connection} {direction}")
}

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

const HEADER_NAMES: &str = "time,kind,direction,connection,local,peer,bytes,hex,text";

fn any_encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(Encoding::ALL.to_vec())
}

/// Bytes that are text in many encodings, bytes that are none, and what CSV and spreadsheets take amiss.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        "[世界你好温度a-z .\u{1F600}あ한]{0,5}".prop_map(String::into_bytes),
        "[-=+@'\"\t\r\n,a]{0,5}".prop_map(String::into_bytes),
        prop::collection::vec(0x80u8..=0xFE, 1..4),
    ]
}

fn any_made() -> impl Strategy<Value = Made> {
    let kind = prop_oneof![
        12 => Just(RecordKind::Data),
        1 => Just(RecordKind::Opened),
        1 => Just(RecordKind::Closed),
        1 => Just(RecordKind::Note),
    ];
    (kind, prop_oneof![1u32..4, 100u32..102], any::<bool>(), any_payload()).prop_map(
        |(kind, connection, is_inbound, payload)| Made {
            kind,
            connection,
            direction: if is_inbound { Direction::Inbound } else { Direction::Outbound },
            payload: if kind == RecordKind::Data { payload } else { Vec::new() },
        },
    )
}

/// As connections are: they open first, close last, and their ids are never used again.
fn in_order(records: Vec<Made>) -> Vec<Made> {
    let mut seen = BTreeSet::new();
    let mut closed = BTreeSet::new();
    let is_possible = |made: &Made| {
        let is_first = seen.insert(made.connection);
        match made.kind {
            _ if closed.contains(&made.connection) => false,
            RecordKind::Closed => closed.insert(made.connection),
            RecordKind::Opened => is_first,
            _ => true,
        }
    };
    records.into_iter().filter(is_possible).collect()
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

    /// A part of a recording, found by any filter: each record says what it says in the whole.
    #[test]
    fn a_part_says_what_the_whole_says(
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
                printer.resume(record.connection, record.direction, decoder.pending());
                decoder.decode(&made.payload, &mut String::new());
                *is_last_chosen = is_chosen;
            }
            if made.kind == RecordKind::Closed && format != Format::Text(Content::Hex) {
                for direction in [Direction::Inbound, Direction::Outbound] {
                    // What is not completed is only told where its beginning is.
                    if let Some((decoder, true)) = decoders.get(&key(made.connection, json::direction_name(direction))) {
                        printer.resume(record.connection, direction, decoder.pending());
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
        "<- [::1]:50122  connected to this machine",
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
    assert_eq!(text(Language::Chinese)[1], "<- [::1]:50122  已连接到本机");
}

#[test]
fn a_file_is_replaced_when_all_is_written_and_not_before() {
    let (folder, snapshot) = recorded(&[Made::data(1, Direction::Inbound, vec![7; 60_000])]);
    let target = folder.path().join("out.bin");
    fs::write(&target, "before").unwrap();
    let to_file = |path: &Path, is_cancelled: bool| {
        let export = Export {
            snapshot: snapshot.clone(),
            selection: Selection::All,
            format: Format::Raw,
            encoding: Encoding::Utf8,
            language: Language::English,
            // At the end: everything has been written already.
            progress: &mut |done, total| match is_cancelled && done == total {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            },
        };
        export.to_file(path)
    };
    assert_eq!(to_file(&target, true), Ok(None));
    assert_eq!(fs::read(&target).unwrap(), b"before");
    assert_eq!(names_in(folder.path()), ["out.bin", "recording"]);

    let summary = to_file(&target, false).unwrap().unwrap();
    assert_eq!((summary.records, summary.payload_bytes), (1, 60_000));
    assert_eq!(summary.files, [target.as_path()]);
    assert_eq!(fs::read(&target).unwrap(), [7; 60_000]);
    assert_eq!(names_in(folder.path()), ["out.bin", "recording"]);

    let failure = to_file(&folder.path().join("missing/out.bin"), false).unwrap_err();
    assert_eq!(failure.operation, Operation::Export);
    assert!(failure.endpoint.ends_with("out.bin"), "{failure:?}");
    let failure = to_file(&folder.path().join("recording"), false).unwrap_err();
    assert!(failure.endpoint.ends_with("recording"), "{failure:?}");
    assert_eq!(names_in(folder.path()), ["out.bin", "recording"]);
}

#[test]
fn a_recording_is_not_replaced_by_an_export_of_it() {
    let (folder, snapshot) = recorded(&[Made::data(1, Direction::Inbound, "kept")]);
    let file = snapshot.files()[0].clone();
    let before = fs::read(&file).unwrap();
    // Also under another name of it.
    for path in [file.clone(), folder.path().join("recording/../recording").join(file.file_name().unwrap())] {
        let failure = of_all(&snapshot, Format::Csv, |export| export.to_file(&path)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::SameFile);
    }
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_and_a_device_or_a_link_is_not_replaced() {
    let (folder, snapshot) = recorded(&[Made::data(1, Direction::Inbound, vec![7; 60_000])]);
    let to_file = |path: &Path| of_all(&snapshot, Format::Raw, |export| export.to_file(path));
    // Every write to this device fails with ENOSPC.
    let full = folder.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let failure = to_file(&full).unwrap_err();
    assert_eq!(failure.kind, FailureKind::DiskFull);
    assert!(failure.endpoint.ends_with("full") && full.is_symlink());

    let (link, real) = (folder.path().join("link"), folder.path().join("real"));
    fs::write(&real, "before").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    to_file(&link).unwrap().unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read(&real).unwrap().len(), 60_000);
}

#[test]
fn a_recording_that_cannot_be_read_to_its_end_leaves_no_half_export() {
    let records: Vec<_> = (0..4).map(|_| Made::data(1, Direction::Inbound, vec![7; 60_000])).collect();
    let (folder, snapshot) = recorded(&records);
    let last = snapshot.files().pop().unwrap();
    fs::OpenOptions::new().write(true).open(&last).unwrap().set_len(1000).unwrap();
    for is_folder in [false, true] {
        let target = folder.path().join("out");
        let result = of_all(&snapshot, Format::Raw, |export| match is_folder {
            true => export.streams_to_folder(&target, "run"),
            false => export.to_file(&target),
        });
        assert_eq!(result.unwrap_err().operation, Operation::Read);
        assert_eq!(names_in(folder.path()), ["recording"]);
    }
}

#[test]
fn more_streams_than_files_can_be_open() {
    let streams = 3000;
    let mut records = Vec::new();
    // More than gathers in memory, with every stream in each part of it.
    for round in 0..2u8 {
        let made = |id| Made::data(1000 + id, Direction::Inbound, vec![round.wrapping_add(id as u8); 2000]);
        records.extend((0..streams).map(made));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut writer = CaptureWriter::new(Destination::File(file.clone()), Limits::default());
    for made in &records {
        writer.append(&made.record());
    }
    writer.publish();
    drop(writer);
    let mut told = Vec::new();
    let export = Export {
        snapshot: open(&file).unwrap().reader.snapshot(),
        selection: Selection::All,
        format: Format::Raw,
        encoding: Encoding::Utf8,
        language: Language::English,
        progress: &mut |done, total| {
            told.push((done, total));
            ControlFlow::Continue(())
        },
    };
    let target = folder.path().join("raw");
    let summary = export.streams_to_folder(&target, "run").unwrap().unwrap();
    assert_eq!(summary.files.len(), streams as usize);
    for id in [0, 1, 1234, streams - 1] {
        let name = stream_file_name("run", ConnectionId(1000 + id), Direction::Inbound);
        let expected = [[id as u8; 2000], [1u8.wrapping_add(id as u8); 2000]].concat();
        assert_eq!(fs::read(target.join(name)).unwrap(), expected, "{id}");
    }
    assert!(told.is_sorted() && told.len() > 10, "{told:?}");
    assert!(told[0].0 == 0 && told.last().is_some_and(|(done, total)| done == total), "{told:?}");
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
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
