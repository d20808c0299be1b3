//! Which records are shown. A filter takes nothing out of the recording.

use super::query::{Matcher, Query, QueryError};
use crate::model::{ConnectionId, Direction, Record, RecordKind};
use std::collections::BTreeSet;

/// What a record must be to be shown; what is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these connections.
    pub connections: Option<BTreeSet<ConnectionId>>,
    /// Received, or sent.
    pub direction: Option<Direction>,
    /// One of these kinds; none: any.
    pub kinds: Vec<RecordKind>,
    /// It has so many bytes of payload or more.
    pub min_bytes: Option<u64>,
    /// It has so many bytes of payload or fewer.
    pub max_bytes: Option<u64>,
    /// A match ends in it or touches it, over the borders of records as in a search.
    pub content: Option<Query>,
}

/// A filter ready for use.
#[derive(Clone, Debug)]
pub struct CompiledFilter {
    filter: Filter,
    pub(super) content: Option<Matcher>,
}

impl Filter {
    /// Whether every record passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Makes it ready for use.
    ///
    /// # Errors
    /// What is wrong with the content that is asked for.
    pub fn compile(&self) -> Result<CompiledFilter, QueryError> {
        let content = self.content.as_ref().map(Query::compile).transpose()?;
        Ok(CompiledFilter { filter: self.clone(), content })
    }
}

impl CompiledFilter {
    /// Whether a record passes, its content left out.
    #[must_use]
    pub fn passes(&self, record: &Record<'_>) -> bool {
        let filter = &self.filter;
        let bytes = record.payload.len() as u64;
        self.passes_stream(record)
            && (filter.kinds.is_empty() || filter.kinds.contains(&record.kind))
            && filter.min_bytes.is_none_or(|min| bytes >= min)
            && filter.max_bytes.is_none_or(|max| bytes <= max)
    }

    /// Whether any record of the same connection and direction may pass.
    pub(super) fn passes_stream(&self, record: &Record<'_>) -> bool {
        let filter = &self.filter;
        filter.connections.as_ref().is_none_or(|connections| connections.contains(&record.connection))
            && filter.direction.is_none_or(|direction| direction == record.direction)
    }
}
