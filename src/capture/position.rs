//! A place in a recording.

/// A byte offset in the recording over all its segments, including dropped ones. Positions are never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub u64);
