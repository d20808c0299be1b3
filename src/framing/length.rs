//! Reads length fields.

use super::kind::{LengthField, Width};
use super::step::Step;
use super::{LIMIT, SkipReason};

impl LengthField {
    /// How long the frame is whose header begins here.
    pub fn step(&self, window: &[u8]) -> Step {
        let at = usize::from(self.at);
        let read = match self.width.read(window.get(at..).unwrap_or_default()) {
            Ok(read) => read,
            Err(Unread::Short(more)) => return Step::need(at + more),
            Err(Unread::Wrong) => return Step::Skip(1, SkipReason::NoHeader),
            Err(Unread::TooLarge) => return Step::Skip(1, SkipReason::Length),
        };
        let header = (at + read.width) as i128;
        let total = header + i128::from(read.value) + i128::from(self.adjust);
        match u64::try_from(total) {
            Ok(total) if i128::from(total) >= header && total <= LIMIT => Step::Ends(total),
            _ => Step::Skip(1, SkipReason::Length),
        }
    }
}

/// A length that was read.
struct Read {
    /// The bytes of the field.
    width: usize,
    value: u64,
}

/// Why there is no length.
enum Unread {
    /// The field needs at least so many bytes.
    Short(usize),
    /// There is none.
    Wrong,
    /// It is larger than any that is possible.
    TooLarge,
}

impl Width {
    fn read(self, field: &[u8]) -> Result<Read, Unread> {
        match self {
            Self::Bytes { count, is_little } => {
                let count = usize::from(count);
                let bytes = field.get(..count).ok_or(Unread::Short(count))?;
                let mut whole = [0; 8];
                let value = if is_little {
                    whole[..count].copy_from_slice(bytes);
                    u64::from_le_bytes(whole)
                } else {
                    whole[8 - count..].copy_from_slice(bytes);
                    u64::from_be_bytes(whole)
                };
                Ok(Read { width: count, value })
            }
            Self::Leb128 => varint(field, 10),
            Self::Mqtt => varint(field, 4),
            Self::Decimal(count) => digits(field, count, 10),
            Self::Hex(count) => digits(field, count, 16),
        }
    }
}

/// Groups of seven bits, the lowest first, of at most so many bytes.
fn varint(field: &[u8], most: usize) -> Result<Read, Unread> {
    let mut value = 0_u128;
    for (index, byte) in field.iter().take(most).enumerate() {
        value |= u128::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            let value = u64::try_from(value).map_err(|_| Unread::TooLarge)?;
            return Ok(Read { width: index + 1, value });
        }
    }
    if field.len() < most { Err(Unread::Short(field.len() + 1)) } else { Err(Unread::Wrong) }
}

/// ASCII digits. At most ten, so that the value fits.
fn digits(field: &[u8], count: u8, base: u32) -> Result<Read, Unread> {
    let count = usize::from(count);
    let field = field.get(..count).ok_or(Unread::Short(count))?;
    let add = |value: u64, digit: &u8| {
        char::from(*digit).to_digit(base).map(|digit| value * u64::from(base) + u64::from(digit))
    };
    let value = field.iter().try_fold(0, add).ok_or(Unread::Wrong)?;
    Ok(Read { width: count, value })
}
