//! The times before records: of the day, or since another record.

use crate::capture::Position;
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::shown::ShownRecords;
use crate::model::{RecordKind, Timestamp};
use crate::settings::TimeMode;
use chrono::{DateTime, Local, NaiveDate};

/// Formats the times of the records of one frame, from top to bottom.
pub struct Clock {
    mode: TimeMode,
    today: NaiveDate,
    /// The time of the record above.
    above: Option<Timestamp>,
}

impl Clock {
    /// A clock for one frame.
    #[must_use]
    pub fn new(mode: TimeMode) -> Self {
        Self { mode, today: Local::now().date_naive(), above: None }
    }

    /// The text before a part of a record. `is_shown`: its head line is in view; otherwise the text is not needed.
    pub fn label(
        &mut self,
        records: &mut ShownRecords,
        layout: &RecordLayout,
        part_index: usize,
        is_shown: bool,
    ) -> String {
        let time = layout.head.time;
        // All parts of a record are of its time.
        let above = self.above.replace(time).or((part_index > 0).then_some(time));
        if !is_shown && self.mode != TimeMode::Clock {
            return String::new();
        }
        let position = Position(layout.span.0);
        let since = match self.mode {
            TimeMode::Clock => return clock(time, self.today),
            TimeMode::SincePrevious => above.or_else(|| {
                let previous = records.previous(position)?;
                records.time_of(previous)
            }),
            TimeMode::SinceOther if layout.head.kind == RecordKind::Data => records.last_other_way(position),
            TimeMode::SinceOther => None,
            TimeMode::SinceStart => records.began(),
        };
        since.map_or_else(|| NOTHING.into(), |since| elapsed(since, time))
    }
}

/// The text without a record to count from.
const NOTHING: &str = "           -";

/// The width of the times of a view in cells. `has_other_days`: the recording began on another day, so that times have
/// dates.
#[must_use]
pub fn time_cells(mode: TimeMode, has_other_days: bool) -> u16 {
    match mode {
        TimeMode::Clock if has_other_days => 23,
        TimeMode::Clock => 12,
        TimeMode::SincePrevious | TimeMode::SinceOther | TimeMode::SinceStart => 15,
    }
}

/// Whether a time is of another day than today.
#[must_use]
pub fn is_other_day(time: Timestamp) -> bool {
    DateTime::<Local>::from(time.to_system()).date_naive() != Local::now().date_naive()
}

/// The time of day, with the date if it is not `today`.
pub fn clock(time: Timestamp, today: NaiveDate) -> String {
    let local = DateTime::<Local>::from(time.to_system());
    let format = if local.date_naive() == today { "%H:%M:%S%.3f" } else { "%Y-%m-%d %H:%M:%S%.3f" };
    local.format(format).to_string()
}

/// `+0.001234 s`, in microseconds; negative if the clock was set back.
fn elapsed(since: Timestamp, time: Timestamp) -> String {
    let (sign, nanos) = if time >= since { ('+', time.0 - since.0) } else { ('-', since.0 - time.0) };
    let micros = nanos / 1000;
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let number = match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{sign}{seconds}.{fraction:06} s"),
        (0, minutes, seconds) => format!("{sign}{minutes}:{seconds:02}.{fraction:06}"),
        (hours @ 1..10, minutes, seconds) => format!("{sign}{hours}:{minutes:02}:{seconds:02}.{fraction:06}"),
        // No wider than the column.
        (hours, minutes, seconds) => {
            format!("{sign}{hours}:{minutes:02}:{seconds:02}.{:03}", fraction / 1000)
        }
    };
    format!("{number:>width$}", width = NOTHING.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::kit::figures::time_of_day;

    #[test]
    fn elapsed_times_are_formatted_by_their_size() {
        let at = |micros: u64| Timestamp(1_700_000_000_000_000_000 + micros * 1000);
        let cases = [
            (0, "+0.000000 s"),
            (1_234, "+0.001234 s"),
            (59_999_999, "+59.999999 s"),
            (61_000_000, "+1:01.000000"),
            (3_723_000_001, "+1:02:03.000001"),
            (9 * 3_600_000_000, "+9:00:00.000000"),
            (10 * 3_600_000_000, "+10:00:00.000"),
            (100 * 3_600_000_000, "+100:00:00.000"),
        ];
        for (micros, text) in cases {
            assert_eq!(elapsed(at(0), at(micros)).trim(), text);
        }
        assert_eq!(elapsed(at(5), at(0)).trim(), "-0.000005 s");
    }

    #[test]
    fn times_of_other_days_have_a_date() {
        let time = Timestamp(1_700_000_000_123_000_000);
        let day = DateTime::<Local>::from(time.to_system()).date_naive();
        assert_eq!(clock(time, day), time_of_day(time));
        let other = clock(time, day.succ_opt().unwrap());
        assert_eq!(other, format!("{} {}", day.format("%Y-%m-%d"), time_of_day(time)));
    }
}
