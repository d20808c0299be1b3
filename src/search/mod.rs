//! Searching and filtering a whole recording while it grows.
//!
//! Works on streams, so that a match may lie in several records; it belongs to the record that completes it. Knows
//! the recording and the encodings, and nothing of sessions or the view. Start with [`Query`], [`Filter`] and
//! [`Scan`].

mod ahead;
mod byte_search;
mod chunked;
mod decoded;
mod engine;
mod extents;
mod filter;
mod fragments;
mod matches;
mod pairs;
mod pattern;
mod positions;
mod priority;
mod probe;
mod query;
mod received;
mod results;
mod scan;
mod stretch;
mod text_search;
mod within;
mod worker;

pub(crate) use chunked::ChunkedVec;
pub use filter::{CompiledFilter, Filter};
pub use matches::{Location, Matches, Part};
pub use positions::PositionSet;
pub use query::{MAX_PATTERN_BYTES, Matcher, Query, QueryError, QueryErrorKind, RegexProblem};
pub use results::{HasProgress, Job, Latest, Progress, Results};
pub use scan::Scan;

#[cfg(test)]
mod tests;
