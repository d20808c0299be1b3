//! What is copied: characters over records, and lines with the heads of records.

use super::*;
use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits, Position};
use crate::codec::Encoding;
use crate::lang::Language;
use crate::model::{ConnectionId, Direction, PeerNames, Record, Timestamp};
use crate::search::{Filter, Job, Scan};
use crate::settings::ViewMode;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn record(connection: u32, payload: &[u8]) -> Record<'_> {
    Record { connection: ConnectionId(connection), ..Record::received(payload) }
}

fn recorded(records: &[Record<'_>]) -> (tempfile::TempDir, CaptureReader) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
    for record in records {
        writer.append(record);
    }
    writer.publish();
    (folder, writer.reader())
}

fn all_text(reader: &CaptureReader, filter: Option<Filter>, encoding: Encoding) -> String {
    all(reader, filter, encoding, CopyFormat::Text)
}

fn all(reader: &CaptureReader, filter: Option<Filter>, encoding: Encoding, format: CopyFormat) -> String {
    let filter = filter.map(|filter| {
        let job = Job::Filter(filter.compile().unwrap());
        let scan = Scan::start(job, reader.clone(), Position(0), Arc::new(|| {}));
        let until = Instant::now() + Duration::from_secs(20);
        while !scan.progress().is_caught_up {
            assert!(Instant::now() < until);
            std::thread::yield_now();
        }
        Arc::new(scan)
    });
    let snapshot = reader.snapshot();
    let selection = Selection::all(snapshot.start(), snapshot.end());
    let (encodings, names, words) = (encoding.into(), PeerNames::default(), Language::English.words());
    let request = CopyRequest { snapshot, filter, selection, format, encodings, names, words };
    let copied = request.run(&mut |_, _| ControlFlow::Continue(())).unwrap().unwrap();
    assert_eq!(copied.cut_after, None);
    copied.text
}

/// Only what is shown is copied, not characters that hidden records begin or complete.
#[test]
fn characters_are_not_joined_across_hidden_records() {
    let short = || Some(Filter { max_bytes: Some(4), ..Filter::default() });
    for (encoding, payloads, all, shown) in [
        (Encoding::Gbk, [&b"a\xC4"[..], b"\xE3hidden", b"x1"], "a你hiddenx1", "ax1"),
        (Encoding::Utf8, [&b"a\xE4\xB8"[..], b"\xADhidden", b"x1"], "a中hiddenx1", "ax1"),
        // A character is shown in the record that completes it, even if its beginning is hidden.
        (Encoding::Gbk, [&b"a"[..], b"hidden\xC4", b"\xE3x1"], "ahidden你x1", "a你x1"),
        (Encoding::Utf8, [&b"a\xE4"[..], b"hidden", b"\xADx1"], "a\u{FFFD}hidden\u{FFFD}x1", "a\u{FFFD}x1"),
    ] {
        let (_folder, reader) = recorded(&payloads.map(|payload| record(1, payload)));
        assert_eq!(all_text(&reader, None, encoding), all, "{encoding}");
        assert_eq!(all_text(&reader, short(), encoding), shown, "{encoding}");
    }
}

#[test]
fn copying_many_connections_keeps_their_texts_apart() {
    const CONNECTIONS: usize = 20_000;
    let (first, second) = "世界".as_bytes().split_at(4);
    let of_all = |payload| (1..=CONNECTIONS as u32).map(move |connection| record(connection, payload));
    let records: Vec<_> = of_all(first).chain(of_all(second)).collect();
    let (_folder, reader) = recorded(&records);
    let expected = [vec!["世"; CONNECTIONS], vec!["界"; CONNECTIONS]].concat().join("\n");
    assert!(all_text(&reader, None, Encoding::Utf8) == expected);
}

#[test]
fn auto_copies_text_as_text_and_other_records_as_hex() {
    let records = [
        record(1, "温".as_bytes()),
        record(1, &"度\n".as_bytes()[..2]),
        record(1, &"度\n".as_bytes()[2..]),
        record(1, &[1, 3, 0xFF]),
        record(2, b"a"),
        record(2, b"b"),
    ];
    let (_folder, reader) = recorded(&records);
    assert_eq!(all(&reader, None, Encoding::Utf8, CopyFormat::Auto), "温度\n01 03 FF\nab");
}

#[test]
fn lines_have_time_direction_peer_size_and_content() {
    let at = |record| Record { time: Timestamp(1_700_000_000_123_000_000), ..record };
    let peer = Record::received(b"").peer;
    let note = |kind, text| Record { kind, text, ..record(1, b"") };
    let records = [
        at(note(RecordKind::Opened, "")),
        at(Record { direction: Direction::Outbound, ..record(1, &[0, 1, 255]) }),
        at(record(1, b"OK\r\nnext \xC3")),
        at(record(1, b"")),
        at(note(RecordKind::Closed, "closed locally")),
        at(Record { connection: ConnectionId::SESSION, ..note(RecordKind::Note, "two\nlines") }),
    ];
    let (_folder, reader) = recorded(&records);
    let time = chrono::DateTime::<chrono::Local>::from(records[0].time.to_system());
    let time = time.format("%Y-%m-%d %H:%M:%S%.3f");
    let lines = |mode| all(&reader, None, Encoding::Utf8, CopyFormat::Lines(mode));
    let expected = [
        format!("{time} ● {peer} connected, {peer} → {}", records[0].local),
        format!("{time} → {peer} 3 B 00 01 FF"),
        format!("{time} ← {peer} 10 B OK␍␊next <C3>"),
        format!("{time} ← {peer} 0 B"),
        format!("{time} ○ {peer} closed locally"),
        format!("{time} · two␊lines"),
    ];
    assert_eq!(lines(ViewMode::Auto).lines().collect::<Vec<_>>(), expected);
    let data = |mode| lines(mode).lines().nth(1).unwrap().split_once("B ").unwrap().1.to_owned();
    assert_eq!(data(ViewMode::Text), "␀␁<FF>");
    assert_eq!(data(ViewMode::Hex), "00 01 FF");
    assert_eq!(data(ViewMode::Both), "␀␁<FF>  00 01 FF");
}
