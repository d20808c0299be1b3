//! Tests of exports from which something is missing: what is left says what it says in the view, and nothing
//! is put together that was not together.

use super::tests::exported;
use super::*;
use crate::capture::{CaptureWriter, Destination, Limits, open, open_folder};
use crate::codec::{Encoding, StreamDecoder};
use crate::model::{ConnectionId, Direction, PeerNames, Timestamp, Transport};
use crate::streams::{gone_before, pending_before};
use proptest::prelude::*;
use std::collections::HashMap;
use std::fs;

const NO_LIMIT: Limits = Limits { segment_bytes: 1 << 30, total_bytes: None };

fn record(connection: u32, payload: &[u8]) -> Record<'_> {
    Record {
        time: Timestamp(1_795_168_800_123_456_789),
        connection: ConnectionId(connection),
        ..Record::received(payload)
    }
}

fn export<T>(
    snapshot: &Snapshot,
    format: Format,
    encoding: Encoding,
    selection: Selection<'_>,
    run: impl FnOnce(Export<'_, '_>) -> T,
) -> T {
    run(Export {
        snapshot: snapshot.clone(),
        selection,
        format,
        encodings: encoding.into(),
        names: PeerNames::default(),
        language: Language::English,
        frames: None,
        progress: &mut |_, _| ControlFlow::Continue(()),
    })
}

/// The texts of the data records, as JSON lines have them; other forms are the same whole and in part.
fn texts(snapshot: &Snapshot, encoding: Encoding) -> Vec<String> {
    for format in [Format::Text(Content::Both), Format::JsonLines, Format::Csv] {
        let whole = exported(snapshot, format, encoding, Selection::All);
        let mut every = |_: &Record<'_>| true;
        assert_eq!(whole, exported(snapshot, format, encoding, Selection::Where(&mut every)), "{format:?}");
    }
    let lines = exported(snapshot, Format::JsonLines, encoding, Selection::All);
    let objects = String::from_utf8(lines).unwrap();
    let objects = objects.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let data = objects.filter(|object| object["kind"] == "data");
    data.map(|object| object["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_character_is_put_together_over_a_damaged_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), NO_LIMIT);
    // In GBK the first ends with half a character, of which the second has the rest.
    for payload in [&b"a\xC4"[..], b"\xE3b", b"x1", b"\xC4", b"\xE3"] {
        writer.append(&record(1, payload));
    }
    writer.publish();
    let damaged = writer.reader().snapshot().positions()[1].0 as usize;
    drop(writer);
    let path = folder.path().join("000001.pcapng");
    let mut bytes = fs::read(&path).unwrap();
    bytes[damaged + 20..damaged + 24].copy_from_slice(&0xFFFF_0000u32.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let mut opened = open_folder(folder.path()).unwrap();
    assert!(opened.indexing.wait().failure.is_some());
    assert_eq!(texts(&opened.reader.snapshot(), Encoding::Gbk), ["a", "x1", "", "你"]);
}

#[test]
fn no_character_is_put_together_over_bytes_that_were_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), NO_LIMIT);
    writer.append(&record(1, b"a\xC4"));
    writer.skip(ConnectionId(1), Direction::Inbound, 7);
    writer.append(&record(1, b"x1"));
    // What is missing of one stream is not missing of another.
    writer.append(&record(3, b"\xC4"));
    writer.append(&Record { direction: Direction::Outbound, ..record(1, b"\xC4") });
    writer.append(&record(3, b"\xE3"));
    writer.append(&Record { direction: Direction::Outbound, ..record(1, b"\xE3") });
    writer.publish();
    let snapshot = writer.reader().snapshot();
    assert_eq!(texts(&snapshot, Encoding::Gbk), ["a", "x1", "", "", "你", "你"]);
    // Which character the odd byte belongs to is known by its place.
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), NO_LIMIT);
    writer.append(&record(1, b"a\0"));
    writer.skip(ConnectionId(1), Direction::Inbound, 7);
    writer.append(&record(1, b"\x4Ex\x001\0"));
    writer.publish();
    // Also where a note stands between.
    writer.skip(ConnectionId(1), Direction::Inbound, 3);
    writer.append(&Record { kind: RecordKind::Note, text: "a note", ..record(1, b"") });
    writer.append(&record(1, b"\x4Ey\x002\0"));
    writer.publish();
    let found = texts(&writer.reader().snapshot(), Encoding::Utf16Le);
    let ends: Vec<_> = found.iter().map(|text| &text[text.len() - text.len().min(2)..]).collect();
    assert_eq!(ends, ["a", "x1", "y2"]);
}

/// The size limit has dropped the record that has the first half of a character.
#[test]
fn what_is_left_behind_an_expired_record_reads_as_before() {
    let text: String = (0..3000).map(|number| format!("温度{number}。")).collect();
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
        let mut stream = Vec::new();
        encoding.encode(&text, &mut stream).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 3000, total_bytes: Some(9000) };
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        let mut payloads = stream.chunks(333);
        let (offset, snapshot) = loop {
            writer.append(&record(1, payloads.next().unwrap()));
            writer.publish();
            let snapshot = writer.reader().snapshot();
            let mut cursor = Cursor::new(snapshot.clone());
            let first = cursor.next(snapshot.start()).unwrap().unwrap();
            let offset = cursor.read(first).unwrap().unwrap().stream_offset as usize;
            if offset % 2 == 1 {
                break (offset, snapshot);
            }
        };
        let found = texts(&snapshot, encoding).concat();
        let mut expected = String::new();
        let read = snapshot.positions().len() * 333;
        StreamDecoder::new(encoding).decode(&stream[offset + 1..offset + read], &mut expected);
        // But for one character, of which half is gone.
        assert_eq!(found.chars().skip(1).collect::<String>(), expected, "{encoding}");
    }
}

/// What a test records.
#[derive(Clone, Debug)]
struct Made {
    kind: RecordKind,
    connection: u32,
    direction: Direction,
    payload: Vec<u8>,
    text: String,
}

impl Made {
    fn record(&self) -> Record<'_> {
        Record {
            time: Timestamp(1_795_168_800_000_000_000 + self.payload.len() as u64),
            kind: self.kind,
            direction: self.direction,
            // One of three is UDP.
            transport: if self.connection % 3 == 2 { Transport::Udp } else { Transport::Tcp },
            text: &self.text,
            is_cut: self.connection % 3 == 2 && self.payload.len() % 2 == 1,
            ..record(self.connection, &self.payload)
        }
    }
}

/// Records of three connections at a time; a new one comes after each that closes.
fn any_records() -> impl Strategy<Value = Vec<Made>> {
    let kind = prop_oneof![
        12 => Just(RecordKind::Data),
        1 => Just(RecordKind::Closed),
        1 => Just(RecordKind::Note),
        1 => Just(RecordKind::Error),
    ];
    let payload = prop_oneof![
        3 => "[世界你好温度a-z あ한]{0,5}".prop_map(String::into_bytes),
        3 => prop::collection::vec(0x80u8..=0xFE, 0..6),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        1 => Just(vec![0xC4; 4000]),
    ];
    prop::collection::vec((kind, 0usize..3, any::<bool>(), payload), 1..80).prop_map(|steps| {
        let mut next = 3;
        let mut open = [0, 1, 2];
        let mut made = Vec::new();
        for (kind, slot, is_inbound, payload) in steps {
            let direction = if is_inbound { Direction::Inbound } else { Direction::Outbound };
            let is_data = kind == RecordKind::Data;
            let text = if is_data { String::new() } else { format!("words 词 {}", made.len()) };
            let payload = if is_data { payload } else { Vec::new() };
            made.push(Made { kind, connection: 1 + open[slot], direction, payload, text });
            if kind == RecordKind::Closed {
                open[slot] = next;
                let payload = Vec::new();
                let (kind, text) = (RecordKind::Opened, String::new());
                made.push(Made { kind, connection: 1 + next, direction, payload, text });
                next += 1;
            }
        }
        made
    })
}

/// Everything that is in a recording, but for where it is.
fn contents(snapshot: &Snapshot) -> Vec<String> {
    let mut cursor = Cursor::new(snapshot.clone());
    let found = snapshot.positions().into_iter().map(|position| {
        let entry = cursor.read(position).unwrap().unwrap();
        format!("{:?} {} {:?}", entry.record, entry.stream_offset, snapshot.bookmarks().get(position))
    });
    found.collect()
}

fn opened(path: &Path) -> Snapshot {
    let mut opened = open(path).unwrap();
    assert_eq!((opened.indexing.wait().failure, opened.ignored_bytes), (None, 0));
    opened.reader.snapshot()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A recording of chosen records has them as they are, and puts no others together.
    #[test]
    fn a_recording_of_a_part_has_the_same_records_and_joins_no_others(
        records in any_records(),
        chosen in prop::collection::vec(prop::bool::weighted(0.7), 160),
        marks in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        encoding in prop::sample::select(Encoding::ALL.to_vec()),
        is_whole in prop::bool::weighted(0.2),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 3000, total_bytes: None };
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().join("recording")), limits);
        for made in &records {
            writer.append(&made.record());
        }
        writer.publish();
        let all = writer.reader().snapshot().positions();
        for (number, mark) in marks.into_iter().enumerate() {
            let text = if number % 2 == 0 { "" } else { "a note 备注" };
            prop_assert!(writer.set_bookmark(Timestamp(9), all[mark.index(all.len())], Some(text)));
        }
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let is_chosen = |index: usize| is_whole || chosen[index];
        let whole = contents(&snapshot);
        let expected: Vec<_> =
            whole.iter().enumerate().filter(|(index, _)| is_chosen(*index)).map(|(_, told)| told.clone()).collect();
        let kept: Vec<_> =
            all.iter().enumerate().filter(|(index, _)| is_chosen(*index)).map(|(_, position)| *position).collect();

        let path = folder.path().join("part.pcapng");
        let mut next = |_: &mut Cursor, border| Ok(kept.iter().copied().find(|position| *position >= border));
        let selection = Selection::Found(&mut next);
        let summary = export(&snapshot, Format::Pcapng, encoding, selection, |export| export.to_file(&path));
        let summary = summary.unwrap().unwrap();
        prop_assert_eq!((summary.records, summary.files), (kept.len() as u64, vec![path.clone()]));
        let part = opened(&path);
        prop_assert_eq!(part.records(), kept.len() as u64);
        prop_assert_eq!(&contents(&part), &expected);

        // What each record says, alone: what its stream says, begun anew wherever bytes are left out.
        let mut cursor = Cursor::new(part.clone());
        let mut before = Cursor::new(part.clone());
        let mut streams: HashMap<(ConnectionId, Direction), (StreamDecoder, u32)> = HashMap::new();
        for position in part.positions() {
            let entry = cursor.read(position).unwrap().unwrap();
            let record = &entry.record;
            if record.kind != RecordKind::Data || record.transport == Transport::Udp {
                continue;
            }
            let begin = |pending: &[u8]| {
                let mut decoder = StreamDecoder::new(encoding);
                decoder.decode(pending, &mut String::new());
                decoder
            };
            let offset = entry.stream_offset;
            let stream = streams.entry((record.connection, record.direction));
            let stream = stream.or_insert_with(|| (begin(gone_before(encoding, offset)), offset));
            if stream.1 != offset {
                *stream = (begin(gone_before(encoding, offset)), offset);
            }
            let mut expected = String::new();
            stream.0.decode(record.payload, &mut expected);
            stream.1 = offset + record.payload.len() as u32;
            let mut found = String::new();
            let pending = pending_before(&mut before, &entry, encoding, &mut HashMap::new()).unwrap();
            begin(&pending).decode(record.payload, &mut found);
            prop_assert_eq!(found, expected);
        }
        if is_whole {
            let json = |snapshot| exported(snapshot, Format::JsonLines, encoding, Selection::All);
            prop_assert_eq!(json(&part), json(&snapshot));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever has happened to a recording, what can be read of it becomes one that is whole.
    #[test]
    fn what_is_left_of_a_damaged_recording_is_a_sound_one(
        records in any_records(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pcapng");
        let mut writer = CaptureWriter::new(Destination::file(path.clone()).unwrap(), NO_LIMIT);
        for made in &records {
            writer.append(&made.record());
        }
        // A recording that has only notes is not put in place by itself.
        writer.put_in_place();
        writer.publish();
        drop(writer);
        let mut bytes = fs::read(&path).unwrap();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        fs::write(&path, bytes).unwrap();
        if let Ok(mut damaged) = open(&path) {
            damaged.indexing.wait();
            let snapshot = damaged.reader.snapshot();
            let part = folder.path().join("part.pcapng");
            let run = |export: Export<'_, '_>| export.to_file(&part);
            let summary = export(&snapshot, Format::Pcapng, Encoding::Utf8, Selection::All, run);
            prop_assert_eq!(opened(&part).records(), summary.unwrap().unwrap().records);
        }
    }
}

#[test]
fn a_recording_of_a_part_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().join("recording")), NO_LIMIT);
    let payload = vec![7; 60_000];
    for connection in (1..=2).cycle().take(100) {
        writer.append(&record(connection, &payload));
    }
    writer.publish();
    let path = folder.path().join("part.pcapng");
    fs::write(&path, "before").unwrap();
    let write = |is_cancelled: bool| {
        let mut of_one = |record: &Record<'_>| record.connection == ConnectionId(2);
        let mut told = Vec::new();
        let export = Export {
            snapshot: writer.reader().snapshot(),
            selection: Selection::Where(&mut of_one),
            format: Format::Pcapng,
            encodings: Encoding::Utf8.into(),
            names: PeerNames::default(),
            language: Language::English,
            frames: None,
            progress: &mut |done, total| {
                told.push(done);
                if is_cancelled && done > total / 2 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        };
        (export.to_file(&path).unwrap(), told)
    };
    let (summary, told) = write(true);
    assert!(summary.is_none() && told.len() > 2 && told.is_sorted(), "{told:?}");
    assert_eq!(fs::read(&path).unwrap(), b"before");
    let summary = write(false).0.unwrap();
    assert_eq!((summary.records, summary.payload_bytes), (50, 3_000_000));
    let part = opened(&path);
    assert_eq!(part.records(), 50);
    let raw = exported(&part, Format::Raw, Encoding::Utf8, Selection::All);
    assert!(raw == vec![7; 3_000_000]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    // Nothing at all is a recording as well.
    let mut none = |_: &Record<'_>| false;
    let empty = exported(&part, Format::Pcapng, Encoding::Utf8, Selection::Where(&mut none));
    fs::write(&path, empty).unwrap();
    assert_eq!(opened(&path).records(), 0);
}
