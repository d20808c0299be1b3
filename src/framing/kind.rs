//! The kinds of framing with their settings.

use std::fmt;
use std::time::Duration;

/// How frames are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A delimiter ends a frame.
    Delimiter(Delimiters),
    /// Each frame has so many bytes.
    Fixed(u64),
    /// A field says how long the frame is.
    Length(LengthField),
    /// Marks at the start and at the end, with escapes between them.
    Marks(Marks),
    /// So long nothing arrives between two frames.
    Gap(Duration),
}

/// The default of [`Kind::Gap`].
pub(super) const DEFAULT_GAP: Duration = Duration::from_millis(20);

/// From 1 to 16 bytes that stand at a border of frames.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    length: u8,
    bytes: [u8; Self::MOST],
}

impl Mark {
    /// The most bytes of a mark.
    pub const MOST: usize = 16;

    /// A mark of these bytes; `None` if there are none or too many.
    pub fn new(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MOST];
        bytes.get_mut(..from.len()).filter(|_| !from.is_empty())?.copy_from_slice(from);
        Some(Self { length: from.len() as u8, bytes })
    }

    /// A mark of one byte.
    pub const fn of(byte: u8) -> Self {
        let mut bytes = [0; Self::MOST];
        bytes[0] = byte;
        Self { length: 1, bytes }
    }

    /// A mark of two bytes.
    pub const fn two(first: u8, second: u8) -> Self {
        let mut bytes = [0; Self::MOST];
        bytes[0] = first;
        bytes[1] = second;
        Self { length: 2, bytes }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Their number.
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// Its first byte.
    pub fn first(&self) -> u8 {
        self.bytes[0]
    }

    /// Its last byte.
    pub fn last(&self) -> u8 {
        self.bytes[self.len() - 1]
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02X?}", self.bytes())
    }
}

/// Delimiters of which any ends a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiters {
    /// The first one.
    pub first: Mark,
    /// Others.
    pub others: [Option<Mark>; Delimiters::MOST - 1],
    /// Whether the delimiter counts as content.
    pub is_kept: bool,
}

impl Delimiters {
    /// The most alternatives.
    pub const MOST: usize = 3;

    /// All alternatives.
    pub fn all(&self) -> impl Iterator<Item = &Mark> {
        std::iter::once(&self.first).chain(self.others.iter().flatten())
    }
}

/// Where the length stands, and what it counts: a frame has `at` + the bytes of the field + its value + `adjust` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LengthField {
    /// The bytes before the field.
    pub at: u16,
    /// Its form.
    pub width: Width,
    /// What is added to the value; negative if the value counts bytes up to the end of the field, too.
    pub adjust: i64,
}

impl LengthField {
    /// The most bytes before a field.
    pub const MOST_AT: u16 = 1000;
}

/// The form of a length field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// So many bytes: 1, 2, 3, 4 or 8.
    Bytes {
        /// Their number.
        count: u8,
        /// The lowest one first.
        is_little: bool,
    },
    /// Groups of seven bits, the lowest first, at most ten; the highest bit of each byte says that another one follows.
    Leb128,
    /// The same with at most four bytes.
    Mqtt,
    /// So many decimal digits in ASCII.
    Decimal(u8),
    /// So many hex digits in ASCII.
    Hex(u8),
}

impl Width {
    /// The most digits of a field.
    pub const MOST_DIGITS: u8 = 10;
}

/// Marks around a frame. Where the start mark is the end mark, or there is none, end marks before the first byte of a
/// frame belong to it: one mark may end a frame and begin the next one, or each frame has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// What a frame begins with; `None`: with anything.
    pub start: Option<Mark>,
    /// What it ends with.
    pub end: Mark,
    /// How bytes that look like marks are written between them.
    pub escape: Option<Escape>,
    /// A start mark within a frame begins a new one.
    pub restarts: bool,
    /// Bytes of the frame behind its end mark.
    pub trailer: u8,
}

impl Marks {
    /// The most bytes behind the end mark.
    pub const MOST_TRAILER: u8 = 16;

    /// Whether the same mark is at the start and at the end.
    pub fn is_flag(&self) -> bool {
        self.start.is_none_or(|start| start == self.end)
    }
}

/// A byte before others between two marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Escape {
    /// The byte.
    pub byte: u8,
    /// What it does.
    pub effect: Effect,
}

/// What an escape does to the byte behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The byte is content, whatever it is, unless both together are a mark.
    Hide,
    /// The byte is combined with this by exclusive or. An escape before the end mark aborts the frame.
    Xor(u8),
    /// Each pair: the byte that is written, and the one that is meant. Unused pairs are `None`.
    Map([Option<(u8, u8)>; Self::MOST_PAIRS]),
}

impl Effect {
    /// The most pairs of a map.
    pub const MOST_PAIRS: usize = 4;
}
