//! One step of a rule: what it says of the bytes from where it stands.

use super::SkipReason;

/// The most bytes that a rule may ask for before it decides, and so the most that a framer keeps.
pub(super) const MOST_KEPT: usize = 1100;

/// What a rule says of the bytes from where it stands. It may depend on what the rule has seen, and on these bytes, but not on
/// how many more there are: a rule that cannot decide says [`Step::Need`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes, at least one, belong to the frame, which goes on.
    Inside(usize),
    /// The frame ends behind so many bytes from here: 0 if it ends before them, and then it has some already. They may be
    /// more than there are.
    Ends(u64),
    /// So many bytes, at least one, are in no frame. Only before a frame.
    Skip(usize, SkipReason),
    /// The frame, with so many bytes from here, is none.
    Abandon(usize, SkipReason),
    /// So many bytes are needed, more than there are, at most [`MOST_KEPT`].
    Need {
        /// How many, from here.
        bytes: usize,
        /// How many the frame will have, if that is known and it begins here.
        expected: Option<u64>,
    },
}

impl Step {
    /// Needs so many bytes of a header.
    pub fn need(bytes: usize) -> Self {
        Self::Need { bytes, expected: None }
    }
}
