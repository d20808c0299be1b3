//! Where frames say how long they are.

use super::evidence::{expected_false, wanted};
use super::{Group, Missing, Part};
use crate::payload::checksum::ByteOrder;
use std::fmt;

/// A length is looked for in so many bytes from the start of a frame.
const LAST_OFFSET: usize = 16;

/// A length may count so many bytes more or less than what follows it, besides the whole frame.
const MOST_ADJUST: i64 = 16;

/// The bits of evidence of each frame with a length of its own: the high bytes of lengths are zero, as much else is.
const BITS: u32 = 8;

/// The same for digits, of which two vary.
const BITS_OF_DIGITS: u32 = 6;

/// The most candidates that a group lists.
const LISTED: usize = 64;

/// How a length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    /// As so many bytes.
    Bytes {
        /// 1, 2, 3, 4 or 8.
        count: u8,
        /// The order of them. One byte has none: big.
        order: ByteOrder,
    },
    /// Seven bits a byte, the lowest first; all bytes but the last have their highest bit set. At most four, as in MQTT.
    Varint,
    /// As so many decimal digits in ASCII.
    Decimal {
        /// From 2 to 8.
        digits: u8,
    },
    /// As so many hex digits in ASCII.
    Hex {
        /// From 2 to 8.
        digits: u8,
    },
}

/// A field with the length of its frame: frame = offset + width + value + adjust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthField {
    /// The bytes before it.
    pub at: usize,
    /// How it is written.
    pub form: LengthForm,
    /// What is added to its value to get the number of the bytes behind it.
    pub adjust: i64,
}

/// What a length field counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// The whole frame.
    Whole,
    /// What follows the field.
    Rest,
    /// What follows it and so many bytes more.
    More(i64),
    /// What follows it but for so many bytes.
    Less(i64),
}

impl LengthField {
    /// The value and the width of the field in a frame, if there is one.
    fn read(self, frame: &[u8]) -> Option<(u64, usize)> {
        let rest = frame.get(self.at..)?;
        match self.form {
            LengthForm::Bytes { count, order } => {
                let bytes = rest.get(..count.into())?;
                let add = |value, byte: &u8| value << 8 | u64::from(*byte);
                let value = match order {
                    ByteOrder::Big => bytes.iter().fold(0, add),
                    ByteOrder::Little => bytes.iter().rev().fold(0, add),
                };
                Some((value, count.into()))
            }
            LengthForm::Varint => {
                let width = rest.iter().take(4).position(|byte| byte & 0x80 == 0)? + 1;
                let value =
                    rest[..width].iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7F));
                Some((value, width))
            }
            LengthForm::Decimal { digits } => Some((number(rest, digits, 10)?, digits.into())),
            LengthForm::Hex { digits } => Some((number(rest, digits, 16)?, digits.into())),
        }
    }

    /// The adjust with which the field is right in a frame.
    fn adjust_of(self, frame: &[u8]) -> Option<i64> {
        let (value, width) = self.read(frame)?;
        let behind = i64::try_from(frame.len() - self.at - width).ok()?;
        behind.checked_sub(i64::try_from(value).ok()?)
    }

    /// Its width, if that is the same in all frames.
    fn width(self) -> Option<usize> {
        match self.form {
            LengthForm::Bytes { count, .. } => Some(count.into()),
            LengthForm::Varint => None,
            LengthForm::Decimal { digits } | LengthForm::Hex { digits } => Some(digits.into()),
        }
    }

    /// What it counts.
    #[must_use]
    pub fn counts(self) -> Counts {
        match self.adjust {
            0 => Counts::Rest,
            adjust if self.width().is_some_and(|width| adjust == -((self.at + width) as i64)) => {
                Counts::Whole
            }
            adjust if adjust < 0 => Counts::More(-adjust),
            adjust => Counts::Less(adjust),
        }
    }
}

fn number(rest: &[u8], digits: u8, radix: u32) -> Option<u64> {
    let digits = rest.get(..digits.into())?;
    digits.iter().try_fold(0, |value, digit| {
        Some(value * u64::from(radix) + u64::from(char::from(*digit).to_digit(radix)?))
    })
}

/// As the [`Framing`](crate::framing::Framing) that it is.
impl fmt::Display for LengthField {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "length,at={},width=", self.at)?;
        match self.form {
            LengthForm::Bytes { count: 1, .. } => out.write_str("1")?,
            LengthForm::Bytes { count, order: ByteOrder::Big } => write!(out, "{count},big")?,
            LengthForm::Bytes { count, order: ByteOrder::Little } => write!(out, "{count},little")?,
            LengthForm::Varint => out.write_str("mqtt")?,
            LengthForm::Decimal { digits } => write!(out, "dec{digits}")?,
            LengthForm::Hex { digits } => write!(out, "hex{digits}")?,
        }
        if self.adjust != 0 { write!(out, ",adjust={}", self.adjust) } else { Ok(()) }
    }
}

/// All forms, those that are usual first.
fn forms() -> impl Iterator<Item = LengthForm> {
    let bytes = |count| {
        [ByteOrder::Big, ByteOrder::Little]
            .into_iter()
            .take(if count == 1 { 1 } else { 2 })
            .map(move |order| LengthForm::Bytes { count, order })
    };
    // More digits first: some of them are zeros.
    let digits =
        (2..=8).rev().flat_map(|digits| [LengthForm::Decimal { digits }, LengthForm::Hex { digits }]);
    [2, 1, 4, 3, 8].into_iter().flat_map(bytes).chain([LengthForm::Varint]).chain(digits)
}

/// Finds the fields that have the length of all frames. `frames`: in the order in which they came.
pub(super) fn find(frames: &[&[u8]]) -> Part<LengthField> {
    let mut lengths: Vec<_> = frames.iter().map(|frame| frame.len()).collect();
    // Lengths that grow by as much each time follow any counter.
    let is_counter =
        lengths.windows(3).all(|three| three[1].wrapping_sub(three[0]) == three[2].wrapping_sub(three[1]));
    lengths.sort_unstable();
    lengths.dedup();
    let missing = match lengths[..] {
        [] => Some(Missing::Frames),
        [length] => Some(Missing::Lengths { length }),
        _ => None,
    };
    let count = if is_counter { lengths.len().min(2) } else { lengths.len() };
    let mut tried = 0;
    let mut found: Vec<(u32, u32, LengthField)> = Vec::new();
    for at in 0..=LAST_OFFSET {
        for (place, form) in forms().enumerate() {
            let field = LengthField { at, form, adjust: 0 };
            if missing.is_some() || frames.iter().any(|frame| frame.len() <= at) {
                continue;
            }
            tried += 2 * MOST_ADJUST as u64 + 2;
            let mut adjusts = frames.iter().map(|frame| field.adjust_of(frame));
            let Some(Some(adjust)) = adjusts.next() else { continue };
            let field = LengthField { adjust, ..field };
            if adjusts.all(|other| other == Some(adjust))
                && (adjust.abs() <= MOST_ADJUST || field.counts() == Counts::Whole)
            {
                let each = match form {
                    LengthForm::Decimal { .. } | LengthForm::Hex { .. } => BITS_OF_DIGITS,
                    _ => BITS,
                };
                let unusual = match field.counts() {
                    Counts::Rest => 0,
                    Counts::Whole => 1,
                    Counts::More(bytes) | Counts::Less(bytes) => 2 + bytes as u32,
                };
                found.push((each, 1000 * unusual + 20 * place as u32 + at as u32, field));
            }
        }
    }
    found.sort_by_key(|(each, unusual, _)| (std::cmp::Reverse(*each), *unusual));
    let groups = found.chunk_by(|one, other| one.0 == other.0).map(|group| {
        let each = group[0].0;
        let evidence = each * count as u32;
        let expected_false = expected_false(tried as f64, evidence);
        Group {
            candidates: group.iter().take(LISTED).map(|(_, _, field)| *field).collect(),
            left_out: group.len().saturating_sub(LISTED),
            expected_false,
            is_claimed: expected_false < super::CLAIMED_BELOW,
            frames_wanted: wanted(tried as f64, evidence, each),
        }
    });
    Part { groups: groups.collect(), tried, missing }
}
