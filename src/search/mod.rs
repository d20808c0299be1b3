//! Searching and filtering a whole recording while it grows.
//!
//! Runs over the streams of the connections, so that the borders of records do not matter; a match
//! belongs to the record that completes it. Knows the recording and the encodings, and nothing of
//! sessions or of what is shown. Start with [`Query`], [`Filter`] and [`Scan`].

mod byte_search;
mod engine;
mod filter;
mod matches;
mod pattern;
mod positions;
mod query;
mod scan;
mod streams;
mod text_search;
mod worker;

pub use filter::{CompiledFilter, Filter};
pub use matches::{Matches, Part, Place};
pub use positions::PositionSet;
pub use query::{MAX_PATTERN_BYTES, Matcher, Query, QueryError, QueryErrorKind, RegexProblem};
pub use scan::{Job, Progress, Scan};

#[cfg(test)]
mod tests;
