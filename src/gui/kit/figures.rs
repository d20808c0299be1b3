//! Numbers, sizes and times as text.

pub use crate::lang::figures::bytes;
use crate::model::Timestamp;
use chrono::{DateTime, Local};

/// `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `10:00:00.123`, in the time zone of this machine.
#[must_use]
pub fn time_of_day(time: Timestamp) -> String {
    DateTime::<Local>::from(time.to_system()).format("%H:%M:%S%.3f").to_string()
}

/// `2026-11-20 10:00:00`, in the time zone of this machine.
pub fn date_and_time(time: Timestamp) -> String {
    DateTime::<Local>::from(time.to_system()).format("%Y-%m-%d %H:%M:%S").to_string()
}
