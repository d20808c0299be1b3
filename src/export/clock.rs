//! Formats times, with the part down to the second cached: an export has millions of records, many of them in
//! the same second.

use crate::model::Timestamp;
use chrono::{DateTime, Local, Utc};
use std::fmt::Write as _;

/// The format of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// RFC 3339, UTC, nanoseconds.
    Rfc3339,
    /// The local time of day, milliseconds.
    TimeOfDay,
    /// The local date and time, milliseconds.
    DateAndTime,
}

pub(super) struct Clock {
    form: Form,
    /// The second that `text` is for, up to the decimal point.
    second: Option<i64>,
    text: String,
    whole: usize,
}

impl Clock {
    pub fn new(form: Form) -> Self {
        Self { form, second: None, text: String::new(), whole: 0 }
    }

    pub fn text(&mut self, time: Timestamp) -> &str {
        let (second, nanos) = time.split();
        if self.second != Some(second) {
            self.second = Some(second);
            let utc: DateTime<Utc> = DateTime::from_timestamp(second, 0).unwrap_or_default();
            self.text = match self.form {
                Form::Rfc3339 => utc.format("%Y-%m-%dT%H:%M:%S.").to_string(),
                Form::TimeOfDay => utc.with_timezone(&Local).format("%H:%M:%S.").to_string(),
                Form::DateAndTime => utc.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S.").to_string(),
            };
            self.whole = self.text.len();
        }
        self.text.truncate(self.whole);
        // Writing to a string cannot fail.
        let _ = match self.form {
            Form::Rfc3339 => write!(self.text, "{nanos:09}Z"),
            Form::TimeOfDay | Form::DateAndTime => write!(self.text, "{:03}", nanos / 1_000_000),
        };
        &self.text
    }
}

/// A time in RFC 3339, UTC, with nanoseconds, as in JSON lines.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    Clock::new(Form::Rfc3339).text(time).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_that_of_its_second_whatever_came_before() {
        let mut clock = Clock::new(Form::Rfc3339);
        for (nanos, expected) in [
            (1_795_168_800_123_456_789, "2026-11-20T10:00:00.123456789Z"),
            (1_795_168_800_000_000_007, "2026-11-20T10:00:00.000000007Z"),
            (1_795_168_861_999_999_999, "2026-11-20T10:01:01.999999999Z"),
            (0, "1970-01-01T00:00:00.000000000Z"),
        ] {
            assert_eq!(clock.text(Timestamp(nanos)), expected);
        }
        // The hour depends on the machine's time zone.
        let mut clock = Clock::new(Form::DateAndTime);
        let text = clock.text(Timestamp(1_795_168_861_999_999_999)).to_string();
        assert!(text.len() == 23 && text.ends_with(":01.999"), "{text}");
        assert_eq!(Clock::new(Form::TimeOfDay).text(Timestamp(1_795_168_861_999_999_999)), &text[11..]);
    }
}
