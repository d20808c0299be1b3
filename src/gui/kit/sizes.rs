//! Sizes that several parts of the window agree on.

/// The height of a strip above the data, such as the search, in points.
pub const STRIP_HEIGHT: f32 = 34.0;
