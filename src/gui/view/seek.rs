//! Finds the record at a time: parses what the user typed, and searches the recording by bisection.
//!
//! Times usually ascend; where a clock was set back, the result is near.

use crate::capture::{Cursor, Position};
use crate::model::{Failure, Timestamp, half_width};
use chrono::{DateTime, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _};

/// A time as the user typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A time without a date.
    OfDay(NaiveTime),
    /// A date and time in the local time zone.
    At(NaiveDateTime),
    /// Nanoseconds since the first record.
    SinceStart(u64),
}

/// Parses `10:00`, `10:00:05.250`, either after a date such as `2026-11-20`, a date alone, and `+12.5`: seconds,
/// or hours, minutes and seconds.
#[must_use]
pub fn parse(text: &str) -> Option<When> {
    let text: String = text.trim().chars().map(half_width).collect();
    if let Some(span) = text.strip_prefix('+') {
        return span_nanos(span.trim_end_matches('s').trim()).map(When::SinceStart);
    }
    match text.split_once([' ', 'T']) {
        Some((day, time)) => Some(When::At(date(day)?.and_time(time_of_day(time.trim_start())?))),
        None if text.contains('-') => Some(When::At(date(&text)?.and_time(NaiveTime::MIN))),
        None => time_of_day(&text).map(When::OfDay),
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let year = i32::try_from(whole(parts.next()?)?).ok()?;
    let (month, day) = (small(parts.next()?)?, small(parts.next()?)?);
    if parts.next().is_some() { None } else { NaiveDate::from_ymd_opt(year, month, day) }
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    let mut parts = text.split(':');
    let (hours, minutes) = (small(parts.next()?)?, small(parts.next()?)?);
    let (seconds, nanos) = parts.next().map_or(Some((0, 0)), with_fraction)?;
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_nano_opt(hours, minutes, u32::try_from(seconds).ok()?, nanos)
}

/// Parses `12.5`, `1:02.5` or `1:01:02.5` as nanoseconds.
fn span_nanos(text: &str) -> Option<u64> {
    let mut parts: Vec<&str> = text.split(':').collect();
    let (mut seconds, nanos) = with_fraction(parts.pop()?)?;
    let mut unit = 60;
    for part in parts.into_iter().rev() {
        if unit > 3600 {
            return None;
        }
        seconds = seconds.checked_add(whole(part)?.checked_mul(unit)?)?;
        unit *= 60;
    }
    seconds.checked_mul(1_000_000_000)?.checked_add(u64::from(nanos))
}

/// Parses seconds with a fraction as seconds and nanoseconds.
fn with_fraction(text: &str) -> Option<(u64, u32)> {
    let Some((seconds, fraction)) = text.split_once('.') else { return Some((whole(text)?, 0)) };
    let digits = fraction.len();
    if digits == 0 || digits > 9 {
        return None;
    }
    let nanos = small(fraction)? * 10u32.pow(9 - digits as u32);
    Some((whole(seconds)?, nanos))
}

/// Parses digits only: `str::parse` would accept a sign.
fn whole(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn small(text: &str) -> Option<u32> {
    whole(text).and_then(|number| u32::try_from(number).ok())
}

/// A time in the local time zone. When the clock is set forward, a skipped time is an hour later; when it is set
/// back, an ambiguous time is the first one.
fn local(at: NaiveDateTime) -> Timestamp {
    let of_zone = |at: NaiveDateTime| Local.from_local_datetime(&at).earliest();
    let later = || at.checked_add_signed(TimeDelta::hours(1)).and_then(of_zone);
    let known = of_zone(at).or_else(later).map_or(at.and_utc(), |known| known.to_utc());
    let nanos = i128::from(known.timestamp()) * 1_000_000_000 + i128::from(known.timestamp_subsec_nanos());
    Timestamp(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

/// The point in time that `when` means in a recording from `first` to `last`. A time without a date is on the day
/// of `near`, or on the next or the previous day if the recording has it only there.
#[must_use]
pub fn resolve(when: When, first: Timestamp, last: Timestamp, near: Timestamp) -> Timestamp {
    match when {
        When::SinceStart(nanos) => Timestamp(first.0.saturating_add(nanos)),
        When::At(at) => local(at),
        When::OfDay(time) => {
            let day = DateTime::<Local>::from(near.to_system()).date_naive();
            let days = [Some(day), day.checked_add_days(Days::new(1)), day.checked_sub_days(Days::new(1))];
            let times = days.map(|day| local(day.unwrap_or_default().and_time(time)));
            times.into_iter().find(|time| (first..=last).contains(time)).unwrap_or(times[0])
        }
    }
}

/// Below this distance, in bytes, records are read one by one.
const NEAR_BYTES: u64 = 256 * 1024;

/// The most records that are read one by one.
const NEAR_RECORDS: usize = 10_000;

/// The first record from `start` on that is not before `time`, or the last one if there is none.
///
/// Reads few records, whatever the size of the recording. Where times go back, or where the file is not indexed
/// yet, the result is near the exact one.
///
/// # Errors
/// The recording could not be read.
pub fn first_at_or_after(
    cursor: &mut Cursor,
    start: Position,
    time: Timestamp,
) -> Result<Option<Position>, Failure> {
    search(cursor, start, time, NEAR_BYTES)
}

fn search(
    cursor: &mut Cursor,
    start: Position,
    time: Timestamp,
    near_bytes: u64,
) -> Result<Option<Position>, Failure> {
    let end = cursor.snapshot().end();
    // Invariant: records before `low` are earlier than `time`; `high` is not.
    let (mut low, mut high) = (start.max(cursor.snapshot().start()), end);
    while high.0.saturating_sub(low.0) > near_bytes {
        let middle = Position(low.0 + (high.0 - low.0) / 2);
        // Without a record between them the rest is walked.
        let Some(record) = cursor.nearest(middle)?.filter(|record| low < *record && *record < high) else {
            break;
        };
        let Some(entry) = cursor.read(record)? else { break };
        if entry.record.time < time {
            low = record;
        } else {
            high = record;
        }
    }
    let mut at = low;
    for _ in 0..NEAR_RECORDS {
        let Some(record) = cursor.next(at)?.filter(|record| *record < high) else { break };
        let Some(entry) = cursor.read(record)? else { break };
        if entry.record.time >= time {
            return Ok(Some(record));
        }
        at = entry.end;
    }
    if high < end { Ok(Some(high)) } else { cursor.previous(end) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureWriter, Destination, Limits};
    use crate::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Transport};
    use proptest::prelude::*;

    fn moment(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn typed_times_are_parsed() {
        let of_day = |text: &str| Some(When::OfDay(text.parse().unwrap()));
        let at = |text: &str| Some(When::At(moment(text)));
        for (text, expected) in [
            ("10:00", of_day("10:00:00")),
            (" 9:05 ", of_day("09:05:00")),
            ("10:00:05", of_day("10:00:05")),
            ("10:00:05.250", of_day("10:00:05.250")),
            ("10：00：05．25", of_day("10:00:05.250")),
            ("23:59:59.999999999", of_day("23:59:59.999999999")),
            ("2026-11-20 10:00:05", at("2026-11-20T10:00:05")),
            ("2026-11-20  10:00", at("2026-11-20T10:00:00")),
            ("2026-11-20T10:00:05.5", at("2026-11-20T10:00:05.5")),
            ("2026-11-20", at("2026-11-20T00:00:00")),
            ("+12.5", Some(When::SinceStart(12_500_000_000))),
            ("+0.001234 s", Some(When::SinceStart(1_234_000))),
            ("+1:02:03.000001", Some(When::SinceStart(3_723_000_001_000))),
            ("+90:00", Some(When::SinceStart(5_400_000_000_000))),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in [
            "",
            "+",
            "10",
            "24:00",
            "10:60",
            "10:00:61",
            "10:00:05.",
            "10:00:05.1234567890",
            "10:00:00:00",
            "-1:00",
            "10:-5",
            "+-5",
            "++5",
            "+1:1:1:1",
            "+99999999999999999999",
            "+18446744073709551615",
            "2026-13-01 10:00",
            "2026-02-30",
            "2026-11-20-1 10:00",
            "99999999999-01-01",
            "noon",
            "十点",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_without_a_date_is_on_a_day_of_the_recording() {
        let at = |text| local(moment(text));
        let (first, last) = (at("2026-11-19T23:50:00"), at("2026-11-20T01:00:00"));
        let time = |text| parse(text).unwrap();
        for (text, near, expected) in [
            ("23:55", first, "2026-11-19T23:55:00"),
            ("00:10", first, "2026-11-20T00:10:00"),
            ("23:55", last, "2026-11-19T23:55:00"),
            ("12:00", first, "2026-11-19T12:00:00"),
            ("2026-11-20 00:30", first, "2026-11-20T00:30:00"),
            ("+60", last, "2026-11-19T23:51:00"),
        ] {
            assert_eq!(resolve(time(text), first, last, near), at(expected), "{text}");
        }
        assert_eq!(resolve(time("1960-01-01"), first, last, first), Timestamp(0));
        assert_eq!(resolve(time("9999-01-01"), first, last, first), Timestamp(u64::MAX));
    }

    /// A recording of records with these times and payload lengths, and their positions.
    fn recording(records: &[(u64, usize)]) -> (tempfile::TempDir, Cursor, Vec<Position>) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        let payload = vec![b'x'; 70_000];
        for &(time, length) in records {
            writer.append(&Record {
                time: Timestamp(time),
                kind: RecordKind::Data,
                direction: Direction::Inbound,
                transport: Transport::Udp,
                connection: ConnectionId(1),
                local: "127.0.0.1:7788".parse().unwrap(),
                peer: "127.0.0.1:50000".parse().unwrap(),
                payload: &payload[..length],
                is_cut: false,
                text: "",
                answer: AnswerNote::default(),
            });
        }
        writer.publish();
        let mut cursor = Cursor::new(writer.reader().snapshot());
        let mut positions = Vec::new();
        let mut at = Position::default();
        while let Some(position) = cursor.next(at).unwrap() {
            positions.push(position);
            at = cursor.read(position).unwrap().unwrap().end;
        }
        (folder, cursor, positions)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_text_is_accepted_or_refused_without_a_panic(text in "[0-9:.+ T：-]{0,24}|.{0,12}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_shown_time_is_parsed_to_itself(nanos in 0u64..4_000_000_000_000_000_000) {
            let time = DateTime::<Local>::from(Timestamp(nanos).to_system()).naive_local();
            let shown = time.format("%Y-%m-%d %H:%M:%S%.9f").to_string();
            prop_assert_eq!(parse(&shown), Some(When::At(time)));
        }

        #[test]
        fn the_first_record_at_or_after_the_time_is_found(
            steps in prop::collection::vec((0u64..4, 0usize..900), 1..400),
            wanted in 0u64..1300,
            from in any::<prop::sample::Index>(),
        ) {
            let mut time = 0;
            let records: Vec<_> = steps.iter().map(|&(step, length)| { time += step; (time, length) }).collect();
            let (_folder, mut cursor, positions) = recording(&records);
            prop_assert_eq!(positions.len(), records.len());
            let from = from.index(positions.len());
            let first = records[from..].iter().position(|&(time, _)| time >= wanted);
            let expected = first.map_or(positions[positions.len() - 1], |index| positions[from + index]);
            let found = search(&mut cursor, positions[from], Timestamp(wanted), 1024).unwrap();
            prop_assert_eq!(found, Some(expected));
        }

        #[test]
        fn a_clock_that_was_set_back_still_gives_a_record(
            records in prop::collection::vec((0u64..50, 0usize..900), 1..200),
            wanted in 0u64..60,
        ) {
            let (_folder, mut cursor, positions) = recording(&records);
            let found = search(&mut cursor, Position::default(), Timestamp(wanted), 1024).unwrap().unwrap();
            let index = positions.binary_search(&found);
            prop_assert!(index.is_ok(), "a record");
            let has_any = records.iter().any(|&(time, _)| time >= wanted);
            // Perhaps not the first such record, but one not earlier than the time.
            let (time, _) = records[index.unwrap()];
            prop_assert!(time >= wanted || !has_any || found == positions[positions.len() - 1]);
        }
    }

    #[test]
    fn a_large_recording_is_searched_exactly() {
        let records: Vec<_> = (0..2000u64).map(|number| (number * 10, 10_000)).collect();
        let (_folder, mut cursor, positions) = recording(&records);
        for (time, index) in [(0, 0), (1, 1), (9_995, 1000), (19_990, 1999), (30_000, 1999)] {
            let found = first_at_or_after(&mut cursor, Position::default(), Timestamp(time)).unwrap();
            assert_eq!(found, Some(positions[index]), "{time}");
        }
        let mut nothing = Cursor::default();
        assert_eq!(first_at_or_after(&mut nothing, Position::default(), Timestamp(5)), Ok(None));
    }
}
