//! What a framer finds: frames, and bytes that are in none.

/// A part of the stream. Offsets count from the first byte that the framer ever saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last one; more than `start`.
    pub end: u64,
    /// What it is.
    pub kind: FoundKind,
}

/// What a part of the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundKind {
    /// A whole frame, with its marks, delimiter and check.
    Frame,
    /// Bytes that are in no frame.
    Skipped(SkipReason),
    /// The beginning of a frame, of which the rest never came.
    Incomplete {
        /// How many bytes it would have, if that is known.
        expected: Option<u64>,
    },
    /// A part of a frame that is longer than [`LIMIT`](super::LIMIT); the frame is this part and those of this kind
    /// next to it.
    TooLong,
}

/// Why bytes are in no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// No header is possible here.
    NoHeader,
    /// The length is impossible: negative, or more than a frame may have.
    Length,
    /// There is no start mark.
    NoStart,
    /// There is no end mark where it should be.
    NoEnd,
    /// No check fits.
    NoCheck,
    /// The sender gave up the frame.
    Aborted,
    /// What is sent between frames: flags, wake-up bytes, empty lines.
    Fill,
    /// The stream has gone over to another protocol.
    Upgraded,
}

/// What is in no [`Found`] yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its first byte.
    pub start: u64,
    /// Its bytes so far, at least one.
    pub length: u64,
    /// How many of them, from the first one, are in no frame; the frame begins behind them.
    pub skipped: u64,
    /// Why they are in none, if there are any.
    pub reason: Option<SkipReason>,
    /// How many bytes the frame will have, if that is known.
    pub expected: Option<u64>,
}
