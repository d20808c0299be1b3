//! Durations with units, as they are typed in fields, files and on the command line.

use std::time::Duration;

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// There is no number, or it is negative or not finite.
    #[error("type a number with a unit, such as 10ms, 1.5s, 5min or 2h")]
    Number,
    /// The unit is not known.
    #[error("the unit is none of ns, us, ms, s, min and h")]
    Unit,
    /// The system's clock does not reach so far.
    #[error("the longest duration is 277777h")]
    TooLong,
}

/// The longest duration that is accepted: more would overflow the system's clock.
const LONGEST: Duration = Duration::from_secs(1_000_000_000);

/// The units with their nanoseconds, the largest first.
const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Reads a duration: a number, with a fraction if need be, and a unit (`ns`, `us`, `ms`, `s`, `min`, `h`); without a
/// unit, seconds.
///
/// # Errors
/// See [`DurationError`].
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = match &text[digits.len()..] {
        "" => "s",
        "m" => "min",
        "µs" | "μs" => "us",
        unit => unit,
    };
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let digits = digits.trim_end();
    let number: f64 = Some(digits)
        .filter(|digits| is_number(digits))
        .and_then(|n| n.parse().ok())
        .ok_or(DurationError::Number)?;
    let (_, nanoseconds) =
        UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or(DurationError::Unit)?;
    let seconds = number * *nanoseconds as f64 / 1e9;
    // Whole numbers stay exact: a double has 53 bits.
    let exact = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*nanoseconds));
    let duration = match exact {
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        None => Duration::try_from_secs_f64(seconds).map_err(|_| DurationError::TooLong)?,
    };
    if duration <= LONGEST { Ok(duration) } else { Err(DurationError::TooLong) }
}

/// The duration in the largest unit in which it is a whole number, so that it is read back exactly.
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let fits = |unit: &&(&str, u64)| nanoseconds.is_multiple_of(u128::from(unit.1));
    match UNITS.iter().find(fits) {
        Some((unit, size)) if nanoseconds > 0 => format!("{}{unit}", nanoseconds / u128::from(*size)),
        _ => "0s".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_have_units_and_are_seconds_without_one() {
        for (text, nanoseconds) in [
            ("10ms", 10_000_000),
            ("0.1 ms", 100_000),
            ("1.5s", 1_500_000_000),
            ("2h", 7_200_000_000_000),
            ("5min", 300_000_000_000),
            ("5m", 300_000_000_000),
            ("250us", 250_000),
            ("250µs", 250_000),
            ("2.5", 2_500_000_000),
            (" 0 ", 0),
            ("7NS", 7),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
        for (text, error) in [
            ("", DurationError::Number),
            ("ms", DurationError::Number),
            ("-1s", DurationError::Number),
            ("1e3s", DurationError::Number),
            ("inf", DurationError::Number),
            ("1.2.3s", DurationError::Number),
            ("5 days", DurationError::Unit),
            ("400000h", DurationError::TooLong),
            ("99999999999999999999999999h", DurationError::TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_duration_is_read_back_exactly(nanoseconds in 0..1_000_000_000_000_000_000u64, unit in 0..6usize) {
            let duration = Duration::from_nanos(nanoseconds / UNITS[unit].1 * UNITS[unit].1);
            prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.a-zµ 中-]{0,12}") {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
            }
        }
    }
}
