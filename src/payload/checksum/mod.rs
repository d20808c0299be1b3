//! Checksums: how they are computed, over which bytes, and how they are written.
//!
//! No I/O, no clock, no words: `lang::explain_checksum` puts a [`SpecError`] or a [`RangeError`] into sentences. Start
//! with [`Spec`], which is read from text such as `CRC-16/MODBUS,big,hex`, and [`Spec::of`].

mod crc;
mod named;
mod spec;
mod sums;
mod verify;

pub use crc::{Crc, MAX_WIDTH, Table};
pub use named::{Named, find, named};
pub use spec::{SpecError, SpecErrorKind};
pub use sums::Sum;
pub use verify::Verdict;

use std::borrow::Cow;
use std::ops::Range;

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// A cyclic redundancy check.
    Crc(Crc),
    /// Any other.
    Sum(Sum),
}

impl Algorithm {
    /// The checksum of `bytes`, in its lowest [`width`](Self::width) bits.
    #[must_use]
    pub fn of(&self, bytes: &[u8]) -> u128 {
        match self {
            Self::Crc(crc) => crc.of(bytes),
            Self::Sum(sum) => u128::from(sum.of(bytes)),
        }
    }

    /// The checksum of bytes that stand in two places.
    fn of_parts(&self, [first, second]: [&[u8]; 2]) -> u128 {
        match self {
            Self::Crc(crc) => crc.of_parts([first, second]),
            // One slice is summed much faster than a chain of two.
            Self::Sum(sum) if second.is_empty() => u128::from(sum.of(first)),
            Self::Sum(sum) => u128::from(sum.of_each(first.iter().chain(second).copied())),
        }
    }

    /// Its bits, from 1 to [`MAX_WIDTH`].
    #[must_use]
    pub fn width(&self) -> u8 {
        match self {
            Self::Crc(crc) => crc.width,
            Self::Sum(sum) => sum.width(),
        }
    }

    /// Its bytes on the wire: one that is no whole number of bytes has zeros at its high end.
    #[must_use]
    pub fn bytes(&self) -> usize {
        usize::from(self.width().div_ceil(8))
    }
}

/// The order of the bytes of a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The highest byte first.
    Big,
    /// The lowest byte first.
    Little,
}

/// How a checksum is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As bytes.
    Bytes,
    /// As two capital hex digits in ASCII for each byte.
    HexDigits,
}

/// A checksum: how it is computed, over what, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The name by which it is known, or the text of a custom model.
    pub name: Cow<'static, str>,
    /// How it is computed.
    pub algorithm: Algorithm,
    /// The order of its bytes.
    pub order: ByteOrder,
    /// How it is written.
    pub form: Form,
    /// The first byte that counts, from 0; negative: from the end, where -1 is the last one.
    pub from: i64,
    /// The first byte after those that count, with the same meaning; `None`: all to the end.
    pub to: Option<i64>,
    /// The byte before which it is inserted, with the same meaning; `None`: it is appended.
    pub at: Option<i64>,
}

/// The range or the place of a [`Spec`] does not fit data of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeError {
    /// The range as it was chosen.
    pub from: i64,
    /// See [`Spec::to`].
    pub to: Option<i64>,
    /// The place, if it is this that does not fit.
    pub at: Option<i64>,
    /// The number of bytes of the data.
    pub length: usize,
}

impl Spec {
    /// The part of data of `length` bytes over which it is computed. It may be empty.
    ///
    /// # Errors
    /// An end is outside of the data, or the first one is behind the second.
    pub fn range(&self, length: usize) -> Result<Range<usize>, RangeError> {
        let error = RangeError { from: self.from, to: self.to, at: None, length };
        let from = place(self.from, length).ok_or(error)?;
        let to = self.to.map_or(Some(length), |to| place(to, length)).ok_or(error)?;
        if from <= to { Ok(from..to) } else { Err(error) }
    }

    /// The byte of data of `length` bytes before which the checksum is put; `length` if it is appended.
    ///
    /// # Errors
    /// The place is outside of the data.
    pub fn place(&self, length: usize) -> Result<usize, RangeError> {
        let error = RangeError { from: self.from, to: self.to, at: self.at, length };
        self.at.map_or(Some(length), |at| place(at, length)).ok_or(error)
    }

    /// The bytes to be written for `data`.
    ///
    /// # Errors
    /// Those of [`range`](Self::range).
    pub fn of(&self, data: &[u8]) -> Result<Vec<u8>, RangeError> {
        let value = self.algorithm.of(&data[self.range(data.len())?]);
        Ok(self.written(value).as_slice().to_vec())
    }
}

/// A place in data of `length` bytes, from the end if it is negative; `None` if it is outside.
fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let place = if index < 0 { length.checked_add(index)? } else { index };
    usize::try_from(place).ok().filter(|place| *place as u64 <= length as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Spec {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn a_checksum_is_written_as_the_wire_has_it() {
        let modbus = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01];
        assert_eq!(spec("CRC-16/MODBUS").of(&modbus).unwrap(), [0xA4, 0x08]);
        assert_eq!(spec("crc-16/modbus, big").of(&modbus).unwrap(), [0x08, 0xA4]);
        assert_eq!(spec("MODBUS,hex").of(&modbus).unwrap(), b"A408");
        // HJ 212-2017: the digits of the value, highest first.
        assert_eq!(spec("HJ 212").of(b"123456789").unwrap(), b"2F80");
        // A check of 12 bits takes two bytes.
        assert_eq!(spec("CRC-12/UMTS").of(b"123456789").unwrap(), [0x0D, 0xAF]);
        assert_eq!(spec("CRC-3/GSM").of(b"123456789").unwrap(), [0x04]);
    }

    #[test]
    fn ranges_count_from_both_ends() {
        let data = [2, 10, 20, 3];
        assert_eq!(spec("sum8,from=1,to=-1").of(&data).unwrap(), [30]);
        assert_eq!(spec("sum8,from=-1").of(&data).unwrap(), [3]);
        assert_eq!(spec("sum8,to=0").of(&data).unwrap(), [0], "over nothing");
        assert_eq!(spec("sum8,from=4").of(&data).unwrap(), [0]);
        for wrong in ["sum8,from=5", "sum8,to=-5", "sum8,from=3,to=2", "sum8,from=-1,to=1"] {
            let spec = spec(wrong);
            let error = RangeError { from: spec.from, to: spec.to, at: None, length: 4 };
            assert_eq!(spec.of(&data), Err(error), "{wrong}");
        }
        for (text, place) in
            [("sum8", Some(4)), ("sum8,at=0", Some(0)), ("sum8,at=-1", Some(3)), ("sum8,at=5", None)]
        {
            assert_eq!(spec(text).place(4).ok(), place, "{text}");
        }
        for extreme in [i64::MIN, i64::MAX] {
            let spec = Spec { from: extreme, at: Some(extreme), ..spec("sum8") };
            assert!(spec.of(&data).is_err() && spec.place(4).is_err());
        }
    }
}
