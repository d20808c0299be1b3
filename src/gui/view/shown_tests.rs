//! Decoding each record alone, reply times, and the bounds of the caches.

use super::*;
use crate::capture::{CaptureWriter, Destination, Limits};
use crate::codec::{Encoding, StreamDecoder};
use crate::gui::view::columns::Columns;
use crate::gui::view::flow::Class;
use crate::gui::view::pendings::PENDING_RECORDS;
use crate::model::{Direction, Record, Transport};
use crate::settings::{BytesPerRow, ViewMode};
use proptest::prelude::*;

fn record(connection: u32, direction: Direction, payload: &[u8]) -> Record<'_> {
    Record { direction, connection: ConnectionId(connection), ..Record::received(payload) }
}

fn text_shape(encoding: Encoding, end: u16) -> Shape {
    Shape {
        mode: ViewMode::Text,
        encoding,
        columns: Columns { time: 12, peer: 0, end },
        bytes_per_row: BytesPerRow::Automatic,
        control_pictures: true,
        font_generation: 0,
    }
}

/// A run of bytes without a resync point, one byte per record.
#[test]
fn decoding_is_the_same_from_every_record_of_a_long_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
    for _ in 0..100_000 {
        writer.append(&record(1, Direction::Inbound, b"\xAA"));
    }
    writer.publish();
    let snapshot = writer.reader().snapshot();
    let shape = text_shape(Encoding::Gbk, 80);
    let mut cursor = Cursor::new(snapshot.clone());
    let mut at = snapshot.end();
    let mut positions = Vec::new();
    while positions.len() < 50_000 {
        at = cursor.previous(at).unwrap().unwrap();
        positions.push(at);
    }
    for (back, &position) in positions.iter().enumerate().step_by(4_999) {
        // With empty caches each time.
        let mut records = ShownRecords::default();
        records.begin_frame(&snapshot, shape);
        let layout = records.layout(position, &mut |_| 2).unwrap();
        let completes = back % 2 == 0;
        assert_eq!(layout.cells[0].class == Class::Plain, completes, "{back} records before the end");
        assert_eq!(layout.pending.is_empty(), completes);
    }
}

/// One record of the other direction; cached results must not change later ones.
#[test]
fn reply_times_do_not_depend_on_the_order_of_queries() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
    writer.append(&record(1, Direction::Outbound, b"?"));
    for number in 0..1500u32 {
        writer.append(&record(1 + number % 2, Direction::Inbound, b"x"));
    }
    writer.publish();
    let snapshot = writer.reader().snapshot();
    let mut cursor = Cursor::new(snapshot.clone());
    let mut positions = Vec::new();
    let mut at = snapshot.start();
    while let Some(position) = cursor.next(at).unwrap() {
        positions.push(position);
        at = cursor.read(position).unwrap().unwrap().end;
    }
    assert_eq!(positions.len(), 1501);
    let records = || {
        let mut records = ShownRecords::default();
        records.update(&snapshot);
        records
    };
    let mut in_order = records();
    for (index, &position) in positions.iter().enumerate() {
        let known = in_order.last_other_way(position);
        let is_answer = index > 0 && index <= OTHER_RECORDS && index % 2 == 1;
        assert_eq!(known.is_some(), is_answer, "record {index}");
        if index % 97 < 2 {
            assert_eq!(records().last_other_way(position), known, "record {index} alone");
        }
    }
}

/// The characters of a record, without control pictures and digits.
fn plain_text(layout: &RecordLayout) -> String {
    let plain = layout.cells.iter().filter(|cell| cell.class == Class::Plain);
    plain.map(|cell| cell.character).collect()
}

#[test]
fn the_cache_of_pending_bytes_is_bounded_and_per_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
    writer.append(&Record { transport: Transport::Udp, ..record(1, Direction::Inbound, b"\xE4\xB8") });
    for _ in 0..3 {
        writer.append(&record(2, Direction::Inbound, b"\xD6\xD0\xE4"));
    }
    writer.publish();
    let snapshot = writer.reader().snapshot();
    let positions = snapshot.positions();
    let shape = |encoding| text_shape(encoding, 80);
    let mut records = ShownRecords::default();
    records.begin_frame(&snapshot, shape(Encoding::Utf8));
    records.layout(positions[0], &mut |_| 1).unwrap();
    assert!(records.pendings.known.is_empty(), "a datagram has no pending bytes");
    records.layout(positions[1], &mut |_| 1).unwrap();
    assert_eq!(records.pendings.known.len(), 1);

    // As if many records had been laid out whose successors were not.
    records.pendings.known.extend((1..=PENDING_RECORDS as u64).map(|far| (Position(far << 40), Vec::new())));
    records.layout(positions[2], &mut |_| 1).unwrap();
    assert!(records.pendings.known.len() < 5, "{} are cached", records.pendings.known.len());
    // The cache of one encoding is not used for another.
    records.begin_frame(&snapshot, shape(Encoding::Gbk));
    for &position in &positions[1..] {
        let layout = records.layout(position, &mut |_| 1).unwrap();
        let mut fresh = ShownRecords::default();
        fresh.begin_frame(&snapshot, shape(Encoding::Gbk));
        assert_eq!(layout.cells, fresh.layout(position, &mut |_| 1).unwrap().cells);
    }
}

/// The record with the first half of a character has expired.
#[test]
fn characters_after_an_expired_record_are_decoded() {
    let words: String = (0..3000).map(|number| format!("温度{number}。")).collect();
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
        let mut stream = Vec::new();
        encoding.encode(&words, &mut stream).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 3000, total_bytes: Some(9000) };
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
        let mut payloads = stream.chunks(333);
        let (first, offset) = loop {
            writer.append(&record(1, Direction::Inbound, payloads.next().unwrap()));
            writer.publish();
            let first = writer.reader().snapshot().positions()[0];
            let mut cursor = Cursor::new(writer.reader().snapshot());
            let offset = cursor.read(first).unwrap().unwrap().stream_offset as usize;
            if offset % 2 == 1 {
                break (first, offset);
            }
        };
        let mut records = ShownRecords::default();
        let shape = text_shape(encoding, 2000);
        records.begin_frame(&writer.reader().snapshot(), shape);
        let shown = plain_text(&records.layout(first, &mut |_| 1).unwrap());
        let mut expected = String::new();
        StreamDecoder::new(encoding).decode(&stream[offset + 1..offset + 333], &mut expected);
        assert!(shown.ends_with(&expected) && expected.chars().count() == 166, "{shown} in {encoding}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Two connections, both directions, cut anywhere: each record, laid out alone and in any order, shows
    /// the characters that decoding its stream from the beginning completes in it.
    #[test]
    fn each_record_alone_shows_the_characters_of_its_whole_stream(
        texts in prop::array::uniform4("[世界你好温度a-z .\u{1F600}あ한]{1,40}"),
        cuts in prop::collection::vec((0usize..4, 1usize..6), 1..120),
        encoding in prop::sample::select(Encoding::ALL.to_vec()),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..60),
    ) {
        let mut streams: Vec<Vec<u8>> = Vec::new();
        for text in &texts {
            let kept: String = text.chars().filter(|c| encoding.encode(&c.to_string(), &mut Vec::new()).is_ok()).collect();
            let mut bytes = Vec::new();
            encoding.encode(&kept, &mut bytes).unwrap();
            streams.push(bytes);
        }
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        let mut decoders: Vec<_> = (0..4).map(|_| StreamDecoder::new(encoding)).collect();
        let mut expected = Vec::new();
        for (stream, length) in cuts {
            let length = length.min(streams[stream].len());
            let payload: Vec<u8> = streams[stream].drain(..length).collect();
            let direction = if stream % 2 == 0 { Direction::Inbound } else { Direction::Outbound };
            writer.append(&record(1 + stream as u32 / 2, direction, &payload));
            let mut text = String::new();
            decoders[stream].decode(&payload, &mut text);
            expected.push(text);
        }
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let mut positions = Vec::new();
        let mut cursor = Cursor::new(snapshot.clone());
        let mut at = snapshot.start();
        while let Some(position) = cursor.next(at).unwrap() {
            positions.push(position);
            at = cursor.read(position).unwrap().unwrap().end;
        }
        prop_assert_eq!(positions.len(), expected.len());
        let shape = text_shape(encoding, 2000);
        let mut records = ShownRecords::default();
        records.begin_frame(&snapshot, shape);
        for (count, index) in order.into_iter().enumerate() {
            if count % 7 == 6 {
                // The result does not depend on the caches.
                records = ShownRecords::default();
                records.begin_frame(&snapshot, shape);
            }
            let index = index.index(positions.len());
            let layout = records.layout(positions[index], &mut |_| 1).unwrap();
            let plain = |cell: &&crate::gui::view::flow::Cell| cell.class == Class::Plain;
            let shown: String = layout.cells.iter().filter(plain).map(|cell| cell.character).collect();
            prop_assert_eq!(&shown, &expected[index], "record {} in {}", index, encoding);
        }
        prop_assert_eq!(&records.failure, &None);
    }
}
