//! Durations, sizes and rates with units, as they are typed in fields, files and on the command line.

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

/// Why a text is no number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// It is no size.
    #[error("type a whole number of bytes, such as 1024, 64KiB or 1.5MB")]
    Size,
    /// It is no rate.
    #[error("type a number of bytes for each second, such as 1MB/s or 64KiB/s")]
    Rate,
}

/// The units of sizes with their bytes.
const SIZES: [(&str, f64); 8] = [
    ("", 1.0),
    ("b", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
];

/// Reads a number of bytes: a number, with a fraction if need be, and a unit in any case (`kB`, `MB`, `GB` by powers of
/// 1000, `KiB`, `MiB`, `GiB` by powers of 1024); without a unit, bytes.
///
/// # Errors
/// [`SizeError::Size`] for any other text, a part of a byte, and more than 2^53 bytes.
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = &text[digits.len()..];
    let (_, bytes) = SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or(SizeError::Size)?;
    let digits = digits.trim_end();
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: Option<f64> = if is_number { digits.parse().ok() } else { None };
    let bytes = number.ok_or(SizeError::Size)? * bytes;
    // Larger numbers would lose digits.
    let is_exact = bytes.fract() == 0.0 && bytes <= (1u64 << 53) as f64;
    if is_exact { Ok(bytes as u64) } else { Err(SizeError::Size) }
}

/// Reads a number of bytes for each second: a size, with or without `/s`.
///
/// # Errors
/// [`SizeError::Rate`] for any other text.
pub fn parse_rate(text: &str) -> Result<u64, SizeError> {
    let text = text.trim();
    parse_size(text.strip_suffix("/s").unwrap_or(text)).map_err(|_| SizeError::Rate)
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

    #[test]
    fn sizes_and_rates_have_units() {
        for (text, bytes) in [
            ("1024", 1024),
            ("1024B", 1024),
            ("64KiB", 65_536),
            ("1.5MB", 1_500_000),
            ("1 kb", 1000),
            ("4GiB", 1 << 32),
            ("0", 0),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
            assert_eq!(parse_rate(text), Ok(bytes), "{text}");
            assert_eq!(parse_rate(&format!("{text}/s")), Ok(bytes), "{text}/s");
        }
        for wrong in ["", "MB", "1.5", "-1", "1K", "9999999999GB", "1/s", "0.0001kB", "1.2.3", "inf"] {
            assert_eq!(parse_size(wrong), Err(SizeError::Size), "{wrong}");
        }
        assert_eq!(parse_rate("1MB/min"), Err(SizeError::Rate));
    }

    proptest! {
        #[test]
        fn a_written_duration_is_read_back_exactly(nanoseconds in 0..1_000_000_000_000_000_000u64, unit in 0..6usize) {
            let duration = Duration::from_nanos(nanoseconds / UNITS[unit].1 * UNITS[unit].1);
            prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.a-zµ 中-]{0,12}") {
            let _ = parse_rate(&text);
            if let Ok(duration) = parse_duration(&text) {
                prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
            }
        }
    }
}
