//! A million records: in order, and found by number and by time.

use super::*;

const COUNT: u64 = 1_000_000;
/// The time of the first record, in nanoseconds since 1970; records are 1 µs apart.
const FIRST: u64 = 1_795_168_800_000_000_000;

fn time(number: u64) -> Timestamp {
    Timestamp(FIRST + number * 1000)
}

/// The number in a record's payload, which must agree with its time.
fn number(entry: &Entry<'_>) -> u64 {
    let number = u64::from_le_bytes(entry.record.payload.try_into().unwrap());
    assert_eq!(entry.record.time, time(number));
    number
}

/// Finds the record with this number by the index; returns the number it has.
fn by_number(snapshot: &Snapshot, wanted: u64) -> u64 {
    let mut cursor = Cursor::new(snapshot.clone());
    let (mut low, mut high) = (snapshot.start().0, snapshot.end().0);
    // Find the last indexed border that is not after the record.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let (segment, _) = snapshot.segment(middle).unwrap();
        let is_after = segment.border_before(middle).is_some_and(|border| border.record > wanted);
        if is_after { high = middle } else { low = middle }
    }
    let (segment, _) = snapshot.segment(low).unwrap();
    let border = segment.border_before(low).unwrap();
    let mut at = Position(border.position);
    for _ in border.record..wanted {
        let position = cursor.next(at).unwrap().unwrap();
        at = cursor.read(position).unwrap().unwrap().end;
    }
    let position = cursor.next(at).unwrap().unwrap();
    number(&cursor.read(position).unwrap().unwrap())
}

/// Finds the last record that is not later than this by binary search; returns its number.
fn by_time(snapshot: &Snapshot, wanted: Timestamp) -> u64 {
    let mut cursor = Cursor::new(snapshot.clone());
    let (mut low, mut high) = (snapshot.start().0, snapshot.end().0);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let position = cursor.nearest(Position(middle)).unwrap().unwrap();
        let is_later = cursor.read(position).unwrap().unwrap().record.time > wanted;
        if is_later { high = middle } else { low = middle }
    }
    let position = cursor.nearest(Position(low)).unwrap().unwrap();
    number(&cursor.read(position).unwrap().unwrap())
}

#[test]
fn a_million_records_of_one_second_are_found_by_number_and_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 30 << 20, total_bytes: None };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    for number in 0..COUNT {
        writer.append(&Record {
            time: time(number),
            kind: RecordKind::Data,
            direction: if number.is_multiple_of(2) { Direction::Inbound } else { Direction::Outbound },
            transport: Transport::Udp,
            connection: ConnectionId(1 + (number % 3) as u32),
            local: "127.0.0.1:7788".parse().unwrap(),
            peer: "127.0.0.1:50000".parse().unwrap(),
            payload: &number.to_le_bytes(),
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        });
        if number % 1000 == 0 {
            writer.publish();
        }
    }
    writer.publish();
    assert_eq!((writer.status().data_recorded, writer.status().records_lost), (COUNT, 0));
    let live = writer.reader().snapshot();
    let opened = whole(folder.path());
    assert!(live.files().len() > 2);
    for snapshot in [&live, &opened] {
        assert_eq!(snapshot.records(), COUNT);
        for wanted in [0, 1, 2, 999, 123_456, 500_000, 777_777, COUNT - 2, COUNT - 1] {
            assert_eq!(by_number(snapshot, wanted), wanted);
        }
        for wanted in [1, 654_321, COUNT - 1] {
            assert_eq!(by_time(snapshot, Timestamp(time(wanted).0 + 999)), wanted);
        }
    }
    // A scan gives all of them in order.
    let mut scanner = Scanner::new(Position(0));
    let mut expected = 0;
    while let Some(chunk) = scanner.read(&opened).unwrap() {
        for scanned in chunk.records() {
            assert_eq!(number(&scanned.unwrap().entry), expected);
            expected += 1;
        }
    }
    assert_eq!(expected, COUNT);
}
