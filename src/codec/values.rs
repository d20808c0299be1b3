//! Bytes as numbers: integers, floats and times, for the inspector.

use chrono::{DateTime, SecondsFormat};

/// One interpretation of bytes. `None`: too few bytes, or no valid value of this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The name of the type, such as `u16`.
    pub name: &'static str,
    /// Size of the type, in bytes.
    pub bytes: usize,
    /// Little endian.
    pub little_endian: Option<String>,
    /// Big endian.
    pub big_endian: Option<String>,
}

/// The bytes at the start of `bytes` in every common type: integers of 8 to 64 bits, floats (IEEE 754),
/// and Unix times in seconds and milliseconds, as UTC.
#[must_use]
pub fn values(bytes: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    let mut add = |name, length: usize, read: &dyn Fn(u64) -> Option<String>| {
        let taken = bytes.get(..length);
        let fold = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        values.push(Value {
            name,
            bytes: length,
            little_endian: taken.and_then(|bytes| read(bytes.iter().rev().fold(0, fold))),
            big_endian: taken.and_then(|bytes| read(bytes.iter().fold(0, fold))),
        });
    };
    add("uint8", 1, &|bits| Some(bits.to_string()));
    add("int8", 1, &|bits| Some((bits as i8).to_string()));
    add("uint16", 2, &|bits| Some(bits.to_string()));
    add("int16", 2, &|bits| Some((bits as i16).to_string()));
    add("uint32", 4, &|bits| Some(bits.to_string()));
    add("int32", 4, &|bits| Some((bits as i32).to_string()));
    add("float32", 4, &|bits| Some(float32(f32::from_bits(bits as u32))));
    add("uint64", 8, &|bits| Some(bits.to_string()));
    add("int64", 8, &|bits| Some((bits as i64).to_string()));
    add("float64", 8, &|bits| Some(float64(f64::from_bits(bits))));
    add("unix32", 4, &|bits| time(DateTime::from_timestamp(bits as i64, 0)));
    add("unix64", 8, &|bits| time(DateTime::from_timestamp(bits as i64, 0)));
    add("unix64 ms", 8, &|bits| time(DateTime::from_timestamp_millis(bits as i64)));
    values
}

fn time(time: Option<DateTime<chrono::Utc>>) -> Option<String> {
    // Larger numbers are hardly meant as times.
    let text = time?.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    text.starts_with(|first: char| first.is_ascii_digit()).then_some(text)
}

/// The shortest decimal digits that parse back to the same number, with an exponent for very large and small ones.
fn float32(value: f32) -> String {
    if is_handy(value.into()) { value.to_string() } else { format!("{value:e}") }
}

fn float64(value: f64) -> String {
    if is_handy(value) { value.to_string() } else { format!("{value:e}") }
}

fn is_handy(value: f64) -> bool {
    value == 0.0 || !value.is_finite() || (1e-5..1e16).contains(&value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8], name: &str) -> (Option<String>, Option<String>) {
        let value = values(bytes).into_iter().find(|value| value.name == name).unwrap();
        (value.little_endian, value.big_endian)
    }

    #[test]
    fn numbers_are_read_from_both_ends() {
        let both = |little: &str, big: &str| (Some(little.to_string()), Some(big.to_string()));
        assert_eq!(value(&[0xFE], "uint8"), both("254", "254"));
        assert_eq!(value(&[0xFE], "int8"), both("-2", "-2"));
        assert_eq!(value(&[0x01, 0xFF], "uint16"), both("65281", "511"));
        assert_eq!(value(&[0x01, 0xFF], "int16"), both("-255", "511"));
        assert_eq!(value(&[0, 0, 0, 0x80], "int32"), both("-2147483648", "128"));
        assert_eq!(value(&[0, 0, 0x80, 0x3F], "float32").0.as_deref(), Some("1"));
        assert_eq!(value(&[0x42, 0xF6, 0xE9, 0x79], "float32").1.as_deref(), Some("123.456"));
        assert_eq!(value(&[0xFF; 8], "uint64"), both("18446744073709551615", "18446744073709551615"));
        assert_eq!(value(&[0xFF; 8], "int64"), both("-1", "-1"));
        assert_eq!(value(&1e300f64.to_be_bytes(), "float64").1.as_deref(), Some("1e300"));
        assert_eq!(value(&f64::NAN.to_le_bytes(), "float64").0.as_deref(), Some("NaN"));
    }

    #[test]
    fn times_are_utc() {
        let seconds = 1_763_640_000u32;
        assert_eq!(value(&seconds.to_be_bytes(), "unix32").1.as_deref(), Some("2025-11-20T12:00:00Z"));
        let millis = 1_763_640_000_123u64.to_le_bytes();
        assert_eq!(value(&millis, "unix64 ms").0.as_deref(), Some("2025-11-20T12:00:00.123Z"));
        assert_eq!(value(&[0xFF; 8], "unix64").0.as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!(value(&i64::MAX.to_be_bytes(), "unix64").1, None, "no time at all");
    }

    #[test]
    fn what_is_too_short_has_no_value() {
        assert_eq!(value(&[1, 2, 3], "uint32"), (None, None));
        assert_eq!(value(&[], "uint8"), (None, None));
    }
}
