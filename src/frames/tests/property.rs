//! Whatever the reads, the frames are those of the stream; from any record and any checkpoint, they are those from the start.

use super::*;
use crate::framing::{Found, Framer};
use proptest::prelude::*;

/// The reads of a half with their times; `None` ends what came before.
type Reads = Vec<Option<(u64, Vec<u8>)>>;
/// The bytes of frames, and what they are.
type Named = Vec<(Vec<u8>, String)>;

/// What happens in a recording.
#[derive(Clone, Debug)]
enum Step {
    Data(u32, Direction, Vec<u8>),
    Missing(u32, Direction),
    Close(u32),
    Pause,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let byte = prop::sample::select(vec![b'\n', 0, 1, 2, 3, 5, b'a', b'b', 0xC0]);
    let direction = prop::sample::select(vec![IN, OUT]);
    let data = (1_u32..5, direction.clone(), prop::collection::vec(byte, 1..20));
    prop::collection::vec(
        prop_oneof![
            30 => data.prop_map(|(connection, direction, bytes)| Step::Data(connection, direction, bytes)),
            1 => (1_u32..4, direction).prop_map(|(half, direction)| Step::Missing(half | 1, direction)),
            1 => (1_u32..5).prop_map(Step::Close),
            1 => Just(Step::Pause),
        ],
        1..120,
    )
}

fn settings() -> impl Strategy<Value = FramedSettings> {
    prop::sample::select(vec![
        "lines",
        "u16be",
        "fixed=8",
        "gap=20ms",
        "marks,start=02,end=03",
        "marks,end=C0",
        "delimiter=0A00",
        "length,at=1,width=1",
        "modbus-rtu",
        "slip",
        "cobs",
        "http",
    ])
    .prop_map(|text| checked(text, "sum8"))
}

/// Frames of a half, by pushing its bytes: number, bytes, kind. `None` ends what came before.
fn reference(settings: &FramedSettings, half: HalfId, reads: &[Option<(u64, Vec<u8>)>]) -> Named {
    let framing = settings.of(half.direction).unwrap();
    let mut framer = Framer::new(framing, half.direction);
    let mut found: Vec<Found> = Vec::new();
    let mut bytes = Vec::new();
    for read in reads {
        match read {
            Some((time, read)) => {
                framer.push(read, Timestamp(*time), |one| found.push(one));
                bytes.extend_from_slice(read);
            }
            None => framer.cut(|one| found.push(one)),
        }
    }
    if let Some(unfinished) = framer.unfinished() {
        let end = unfinished.start + unfinished.length;
        let mut all = named(&bytes, &found);
        let kind = ShownKind::Unfinished { expected: unfinished.expected };
        all.push((bytes[unfinished.start as usize..end as usize].to_vec(), format!("{kind:?}")));
        return all;
    }
    named(&bytes, &found)
}

fn named(bytes: &[u8], found: &[Found]) -> Named {
    let one = |found: &Found| {
        let bytes = bytes[found.start as usize..found.end as usize].to_vec();
        (bytes, format!("{:?}", ShownKind::from(found.kind)))
    };
    found.iter().map(one).collect()
}

struct Recorded {
    fixture: Fixture,
    /// Halves in order, with their reads; a connection that comes again after its end has another half.
    halves: Vec<(HalfId, Reads)>,
}

fn recorded(steps: &[Step]) -> Recorded {
    let mut fixture = Fixture::new();
    let mut halves: Vec<(HalfId, Reads)> = Vec::new();
    let mut gone: Vec<u32> = Vec::new();
    for step in steps {
        match step {
            Step::Data(connection, direction, bytes) if !gone.contains(connection) => {
                fixture.data(*connection, *direction, bytes);
                let half = HalfId { connection: ConnectionId(*connection), direction: *direction };
                let index = halves.iter().position(|(known, _)| *known == half).unwrap_or_else(|| {
                    halves.push((half, Vec::new()));
                    halves.len() - 1
                });
                halves[index].1.push(Some((fixture.time, bytes.clone())));
                if connection % 2 == 0 {
                    halves[index].1.push(None);
                }
            }
            Step::Missing(connection, direction) if !gone.contains(connection) => {
                let half = HalfId { connection: ConnectionId(*connection), direction: *direction };
                if let Some((_, reads)) = halves.iter_mut().find(|(known, _)| *known == half) {
                    fixture.writer.skip(half.connection, half.direction, 3);
                    reads.push(None);
                }
            }
            Step::Close(connection) if connection % 2 == 1 && !gone.contains(connection) => {
                gone.push(*connection);
                fixture.close(*connection);
                for (half, reads) in &mut halves {
                    if half.connection.0 == *connection {
                        reads.push(None);
                    }
                }
            }
            Step::Pause => fixture.time += 30_000_000,
            _ => {}
        }
    }
    Recorded { fixture, halves }
}

/// Frames of a half in what is shown.
fn shown_of(half: HalfId, shown: &[Arc<FramedRecord>]) -> (Named, Vec<Option<u64>>) {
    let records = shown.iter().filter(|record| record.half() == half && record.kind == RecordKind::Data);
    let frames = records.flat_map(|record| record.frames.iter().map(move |frame| (record, frame)));
    frames
        .map(|(record, frame)| {
            let bytes = record.bytes[frame.range.clone()].to_vec();
            ((bytes, format!("{:?}", frame.kind)), frame.number)
        })
        .unzip()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(windows) { 40 } else { 200 }))]

    #[test]
    fn what_is_shown_are_the_frames_of_each_stream(
        steps in steps(),
        settings in settings(),
        order in any::<prop::sample::Index>(),
    ) {
        let Recorded { fixture, halves } = recorded(&steps);
        let results = fixture.scanned(&settings);
        let shown = fixture.shown(&settings, &results);
        let mut counted = FrameTotals::default();
        for (half, reads) in &halves {
            let (frames, numbers) = shown_of(*half, &shown);
            // What is missing before a gap at the very end is not known to be missing.
            let until = reads.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            let expected = reference(&settings, *half, &reads[..until]);
            let closed = reference(&settings, *half, reads);
            prop_assert!(frames == expected || frames == closed, "{:?} {:?}\n{:?}\n{:?}", settings, half, frames, closed);
            let mut next = 1;
            for ((_, kind), number) in frames.iter().zip(&numbers) {
                if kind.starts_with("Skipped") {
                    prop_assert_eq!(*number, None);
                } else {
                    prop_assert_eq!(*number, Some(next));
                    next += 1;
                }
                counted.frames += u64::from(kind == "Frame");
            }
        }
        let totals = results.totals();
        prop_assert_eq!(totals.frames, counted.frames);
        prop_assert_eq!(totals.whole + totals.glued + totals.cut, totals.frames);
        prop_assert_eq!(totals.right + totals.wrong, totals.frames);
        // One record alone, read by a reader that has read nothing else.
        if !shown.is_empty() {
            let record = order.get(&shown);
            let mut fresh = FramedReader::new(fixture.reader().snapshot(), settings.clone(), None);
            let alone = fresh.at(record.position, &results.checkpoints).unwrap();
            prop_assert_eq!(alone.as_ref(), Some(record));
        }
    }

    #[test]
    fn each_byte_is_shown_once_with_the_read_that_brought_it(steps in steps(), settings in settings()) {
        let Recorded { fixture, .. } = recorded(&steps);
        let results = fixture.scanned(&settings);
        let snapshot = fixture.reader().snapshot();
        let mut cursor = crate::capture::Cursor::new(snapshot.clone());
        let mut seen = std::collections::BTreeMap::new();
        for record in fixture.shown(&settings, &results) {
            prop_assert!(record.kind != RecordKind::Data || !record.frames.is_empty());
            let length: usize = record.reads.iter().map(|read| read.bytes.len()).sum();
            prop_assert_eq!(length, record.bytes.len());
            for read in &record.reads {
                let entry = cursor.read(read.record).unwrap().unwrap();
                let shown = &record.bytes[read.at..read.at + read.bytes.len()];
                prop_assert_eq!(&entry.record.payload[read.bytes.clone()], shown);
                prop_assert_eq!(entry.record.time, read.time);
                for byte in read.bytes.clone() {
                    *seen.entry((read.record, byte)).or_insert(0) += 1;
                }
            }
        }
        prop_assert!(seen.values().all(|count| *count == 1));
        let mut recorded = 0;
        for at in fixture.positions() {
            let record = cursor.read(at).unwrap().unwrap().record;
            recorded += record.payload.len();
        }
        prop_assert_eq!(seen.len(), recorded);
    }
}
