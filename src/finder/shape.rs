//! Where a checksum may stand in a frame, and over which bytes it may be: what is tried for each algorithm.

use crate::payload::checksum::{Algorithm, ByteOrder, Form, Spec};
use std::borrow::Cow;

/// Ranges are tried without so many bytes at either end, and checksums with so many bytes before or behind them.
pub(super) const TRIM: u8 = 8;

/// Where a checksum stands among the data of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// With so many bytes of data behind it.
    End(u8),
    /// With so many bytes of data before it.
    Start(u8),
}

impl Place {
    fn all() -> impl Iterator<Item = Self> {
        (0..=TRIM).map(Self::End).chain((0..=TRIM).map(Self::Start))
    }

    /// The byte of data of `length` bytes before which it stands.
    pub fn within(self, length: usize) -> Option<usize> {
        match self {
            Self::End(behind) => length.checked_sub(behind.into()),
            Self::Start(before) => Some(before.into()).filter(|before| *before <= length),
        }
    }

    /// The same for [`Spec::at`].
    fn at(self) -> Option<i64> {
        match self {
            Self::End(0) => None,
            Self::End(behind) => Some(-i64::from(behind)),
            Self::Start(before) => Some(before.into()),
        }
    }
}

/// How the bytes of a checksum are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Writing {
    /// The bits of the checksum.
    pub width: u8,
    pub form: Form,
}

impl Writing {
    /// The bytes that it takes in the frame.
    pub fn length(self) -> usize {
        let bytes = usize::from(self.width.div_ceil(8));
        if self.form == Form::HexDigits { 2 * bytes } else { bytes }
    }

    /// The orders that can be told apart.
    fn orders(self) -> &'static [ByteOrder] {
        if self.width <= 8 { &[ByteOrder::Big] } else { &[ByteOrder::Big, ByteOrder::Little] }
    }

    /// The checksum in these bytes, if they can be one: they are digits, and above its bits there is nothing.
    fn value(self, written: &[u8], order: ByteOrder) -> Option<u128> {
        let digits = |pair: &[u8]| {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            Some((digit(0)? << 4 | digit(1)?) as u8)
        };
        let step = if self.form == Form::HexDigits { 2 } else { 1 };
        let mut value = 0_u128;
        for index in 0..written.len() / step {
            let index = match order {
                ByteOrder::Big => index,
                ByteOrder::Little => written.len() / step - 1 - index,
            };
            let bytes = &written[index * step..(index + 1) * step];
            let byte = if step == 2 { digits(bytes)? } else { bytes[0] };
            value = value << 8 | u128::from(byte);
        }
        (self.width >= 128 || value >> self.width == 0).then_some(value)
    }

    /// The checksum at a place of a frame.
    pub fn read(self, frame: &[u8], place: Place, order: ByteOrder) -> Option<u128> {
        let length = self.length();
        let at = place.within(frame.len().checked_sub(length)?)?;
        self.value(&frame[at..at + length], order)
    }
}

/// A place, a range and an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub place: Place,
    /// The first byte of data that counts.
    pub from: u8,
    /// The bytes at the end of the data that do not count.
    pub trimmed: u8,
    pub order: ByteOrder,
}

impl Shape {
    /// The checksum that this is with an algorithm.
    pub fn spec(self, name: &'static str, algorithm: Algorithm, form: Form) -> Spec {
        Spec {
            name: Cow::Borrowed(name),
            algorithm,
            order: self.order,
            form,
            from: self.from.into(),
            to: Some(-i64::from(self.trimmed)).filter(|to| *to != 0),
            at: self.place.at(),
        }
    }
}

/// The orders, as [`Block::ends`] counts them.
const ORDERS: [ByteOrder; 2] = [ByteOrder::Big, ByteOrder::Little];

/// Shapes with the same place and the same start.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub place: Place,
    /// See [`Shape::from`].
    pub from: u8,
    /// For each order the ends that are left: a bit for each number of trimmed bytes.
    ends: [u16; 2],
}

impl Block {
    /// Leaves the shapes whose checksum is the one that stands at the place. `found`: that, for an order; `of`: the
    /// checksum without so many bytes at the end.
    pub fn keep(&mut self, found: impl Fn(ByteOrder) -> Option<u128>, mut of: impl FnMut(u8) -> u128) {
        let found = ORDERS.map(found);
        let mut left = [0; 2];
        let ends = self.ends[0] | self.ends[1];
        for trimmed in 0..=TRIM {
            let bit = 1 << trimmed;
            if ends & bit != 0 {
                let value = Some(of(trimmed));
                for (order, found) in found.iter().enumerate() {
                    if *found == value {
                        left[order] |= bit & self.ends[order];
                    }
                }
            }
        }
        self.ends = left;
    }

    pub fn is_empty(&self) -> bool {
        self.ends == [0; 2]
    }

    fn count(&self) -> usize {
        self.ends.iter().map(|ends| ends.count_ones() as usize).sum()
    }

    pub fn shapes(&self) -> impl Iterator<Item = Shape> {
        let Self { place, from, ends } = self.clone();
        let has = move |order: usize, trimmed: u8| ends[order] & 1 << trimmed != 0;
        (0..2).flat_map(move |order| {
            (0..=TRIM).filter(move |trimmed| has(order, *trimmed)).map(move |trimmed| Shape {
                place,
                from,
                trimmed,
                order: ORDERS[order],
            })
        })
    }
}

/// The number of shapes.
pub(super) fn count(blocks: &[Block]) -> usize {
    blocks.iter().map(Block::count).sum()
}

/// The number of shapes that frames allow, over `least` bytes of data or more; and those at which each of the frames has
/// something that can be a checksum. Blocks of one place follow each other.
pub(super) fn shapes(frames: &[&[u8]], writing: Writing, least: usize) -> (u64, Vec<Block>) {
    let shortest = frames.iter().map(|frame| frame.len()).min().unwrap_or_default();
    let Some(data) = shortest.checked_sub(writing.length()) else { return (0, Vec::new()) };
    // By start.
    let ends: [u16; TRIM as usize + 1] = std::array::from_fn(|from| {
        let fits = |trimmed: &u8| from + usize::from(*trimmed) + least <= data;
        (0..=TRIM).filter(fits).fold(0, |ends, trimmed| ends | 1 << trimmed)
    });
    let ranges: u32 = ends.iter().map(|ends| ends.count_ones()).sum();
    let mut tried = 0;
    let mut blocks = Vec::new();
    for place in Place::all().filter(|place| place.within(data).is_some()) {
        tried += u64::from(ranges) * writing.orders().len() as u64;
        let is_possible = ORDERS.map(|order| {
            writing.orders().contains(&order)
                && frames.iter().all(|frame| writing.read(frame, place, order).is_some())
        });
        if is_possible != [false; 2] {
            let all = (0..=TRIM).zip(ends).filter(|(_, ends)| *ends != 0);
            blocks.extend(all.map(|(from, ends)| {
                let ends = is_possible.map(|is_possible| if is_possible { ends } else { 0 });
                Block { place, from, ends }
            }));
        }
    }
    (tried, blocks)
}
