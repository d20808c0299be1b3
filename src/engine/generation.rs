//! Which start something belongs to.

/// The number of a start, counted from 1; 0 is before the first. A stop applies to all starts up to a number, and
/// each payload from a pipe belongs to one start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Generation(pub(super) u64);
