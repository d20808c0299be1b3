//! How a number is written: as bytes of a type (`u16be`), or as digits (`%05d`).

use super::Value;
use crate::payload::checksum::ByteOrder;
use crate::payload::error::TemplateError;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payload) enum Number {
    /// As 1, 2, 3, 4 or 8 bytes; negative ones in two's complement.
    Bytes { count: u8, is_signed: bool, order: ByteOrder },
    /// As digits, with zeros before them up to `width`.
    Digits { width: u8, base: Base },
}

/// The digits in which a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payload) enum Base {
    Binary,
    Octal,
    Decimal,
    LowerHex,
    UpperHex,
}

/// The largest width, in digits.
const MAX_DIGITS: u8 = 64;

impl Number {
    /// As few decimal digits as it takes.
    pub const DECIMAL: Self = Self::Digits { width: 0, base: Base::Decimal };

    /// Reads `u8`, `u16be`, `i32le` and so on, or `%d`, `%05d`, `%04X` and so on.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let wrong = || TemplateError::Argument(text.to_owned());
        if let Some(digits) = text.strip_prefix('%') {
            let base = match digits.chars().last() {
                Some('b') => Base::Binary,
                Some('o') => Base::Octal,
                Some('d') => Base::Decimal,
                Some('x') => Base::LowerHex,
                Some('X') => Base::UpperHex,
                _ => return Err(wrong()),
            };
            let width = &digits[..digits.len() - 1];
            let width = match width.strip_prefix('0') {
                _ if width.is_empty() => Some(0),
                Some(width) if width.bytes().all(|digit| digit.is_ascii_digit()) => width.parse().ok(),
                _ => None,
            };
            let width = width.filter(|width| *width <= MAX_DIGITS).ok_or_else(wrong)?;
            return Ok(Self::Digits { width, base });
        }
        let is_signed = text.starts_with('i');
        let rest = text.strip_prefix(['u', 'i']).ok_or_else(wrong)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let count = match &rest[..end] {
            "8" => 1,
            "16" => 2,
            "24" => 3,
            "32" => 4,
            "64" => 8,
            _ => return Err(wrong()),
        };
        let order = match &rest[end..] {
            "" if count == 1 => ByteOrder::Big,
            "" => return Err(TemplateError::ByteOrder(text.to_owned())),
            "be" if count > 1 => ByteOrder::Big,
            "le" if count > 1 => ByteOrder::Little,
            _ => return Err(wrong()),
        };
        Ok(Self::Bytes { count, is_signed, order })
    }

    /// Whether it gives bytes.
    pub fn is_bytes(self) -> bool {
        matches!(self, Self::Bytes { .. })
    }

    /// The least and the greatest number that it can write.
    pub fn limits(self) -> (i128, i128) {
        match self {
            Self::Bytes { count, is_signed: false, .. } => (0, (1 << (8 * count)) - 1),
            Self::Bytes { count, .. } => (-(1 << (8 * count - 1)), (1 << (8 * count - 1)) - 1),
            Self::Digits { .. } => (i64::MIN.into(), u64::MAX.into()),
        }
    }

    /// How much it writes, if that is the same for each number: bytes, or digits.
    pub fn fixed_length(self) -> Option<usize> {
        match self {
            Self::Bytes { count, .. } => Some(count.into()),
            Self::Digits { width: 0, .. } => None,
            Self::Digits { width, .. } => Some(width.into()),
        }
    }

    /// The number of the same lowest bytes that it can write. Digits take any.
    pub fn wrapped(self, value: i128) -> i128 {
        let Self::Bytes { count, .. } = self else { return value };
        let (least, most) = self.limits();
        let value = value.rem_euclid(1 << (8 * count));
        if value > most { value + 2 * least } else { value }
    }

    /// Writes a number.
    ///
    /// # Errors
    /// The number does not fit.
    pub fn write(self, value: i128) -> Result<Value, TemplateError> {
        let (least, most) = self.limits();
        match self {
            Self::Bytes { .. } if !(least..=most).contains(&value) => {
                Err(TemplateError::TooLarge { value, least, most })
            }
            Self::Bytes { count, order, .. } => {
                let mut bytes = value.to_be_bytes()[size_of::<i128>() - usize::from(count)..].to_vec();
                if order == ByteOrder::Little {
                    bytes.reverse();
                }
                Ok(Value::Bytes(bytes))
            }
            Self::Digits { width, base } => {
                let sign = if value < 0 { "-" } else { "" };
                let value = value.unsigned_abs();
                let digits = match base {
                    Base::Binary => format!("{value:b}"),
                    Base::Octal => format!("{value:o}"),
                    Base::Decimal => value.to_string(),
                    Base::LowerHex => format!("{value:x}"),
                    Base::UpperHex => format!("{value:X}"),
                };
                let width = usize::from(width).saturating_sub(sign.len());
                Ok(Value::Text(format!("{sign}{digits:0>width$}")))
            }
        }
    }
}

/// Reads a whole number, decimal or, with `0x` before it, in hex.
pub(super) fn whole(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (digits, radix) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    // Reading a number would also take a sign.
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let number = is_number.then(|| i128::from_str_radix(digits, radix).ok()).flatten()?;
    Some(sign * number).filter(|number| (i64::MIN.into()..=u64::MAX.into()).contains(number))
}

/// Reads `MIN..MAX`, both included.
pub(super) fn range(text: &str) -> Option<(i128, i128)> {
    let (least, most) = text.split_once("..")?;
    let (least, most) = (whole(least.trim())?, whole(most.trim())?);
    (least <= most).then_some((least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: &str, value: i128) -> Result<Value, TemplateError> {
        Number::parse(form).unwrap().write(value)
    }

    #[test]
    fn numbers_are_written_as_bytes_or_digits() {
        for (form, value, bytes) in [
            ("u8", 255, &[0xFF][..]),
            ("u16be", 0x0102, &[1, 2]),
            ("u16le", 0x0102, &[2, 1]),
            ("u24be", 0x01_0203, &[1, 2, 3]),
            ("i16be", -2, &[0xFF, 0xFE]),
            ("u32le", 1, &[1, 0, 0, 0]),
            ("u64be", u64::MAX.into(), &[0xFF; 8]),
            ("i64le", i64::MIN.into(), &[0, 0, 0, 0, 0, 0, 0, 0x80]),
        ] {
            assert_eq!(written(form, value), Ok(Value::Bytes(bytes.to_vec())), "{form}");
        }
        for (form, value, text) in [
            ("%d", 7, "7"),
            ("%05d", 7, "00007"),
            ("%05d", -7, "-0007"),
            ("%02d", 1234, "1234"),
            ("%04X", 0xABC, "0ABC"),
            ("%x", 0xABC, "abc"),
            ("%08b", 5, "00000101"),
            ("%o", 8, "10"),
        ] {
            assert_eq!(written(form, value), Ok(Value::Text(text.into())), "{form}");
        }
        for (form, value) in
            [("u8", 256), ("u8", -1), ("i8", 128), ("i8", -129), ("u64le", u64::MAX as i128 + 1)]
        {
            assert!(matches!(written(form, value), Err(TemplateError::TooLarge { .. })), "{form}");
        }
        assert_eq!(Number::parse("u16"), Err(TemplateError::ByteOrder("u16".into())));
        for wrong in [
            "", "u", "u7", "u8be", "u16xe", "U8", "f32be", "%", "%5d", "%0d5", "%065d", "%0256d", "%s",
            "%-05d", "你",
        ] {
            assert_eq!(Number::parse(wrong), Err(TemplateError::Argument(wrong.into())), "{wrong}");
        }
    }

    #[test]
    fn what_is_too_large_wraps_around() {
        for (form, value, wrapped) in [
            ("u8", 256, 0),
            ("u8", -1, 255),
            ("i8", 128, -128),
            ("i8", -129, 127),
            ("u64be", 1 << 64, 0),
            ("%02d", 100, 100),
        ] {
            assert_eq!(Number::parse(form).unwrap().wrapped(value), wrapped, "{form} {value}");
        }
    }

    #[test]
    fn whole_numbers_and_ranges_are_read() {
        assert_eq!((whole("-5"), whole("0xff"), whole("-0x10")), (Some(-5), Some(255), Some(-16)));
        for wrong in ["", "-", "+1", "1.5", "0x", "--1", "1e3", "99999999999999999999", "１"] {
            assert_eq!(whole(wrong), None, "{wrong}");
        }
        assert_eq!(
            (range("1..5"), range("-1 .. 0x10"), range("3..3")),
            (Some((1, 5)), Some((-1, 16)), Some((3, 3)))
        );
        for wrong in ["5..1", "1", "..", "1...5", "1-5"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
