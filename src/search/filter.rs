//! Which records are shown. A filter is a set of positions; it removes nothing from the recording.

use super::query::{Matcher, Query, QueryError};
use crate::model::{ConnectionId, Direction, Record, RecordKind};
use crate::streams::Encodings;
use std::collections::BTreeSet;

/// Conditions that a record must meet to be shown. A condition that is not given is met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// It belongs to one of these connections.
    pub connections: Option<BTreeSet<ConnectionId>>,
    /// It was received, or sent.
    pub direction: Option<Direction>,
    /// It is of one of these kinds; empty: of any.
    pub kinds: Vec<RecordKind>,
    /// Least payload, in bytes.
    pub min_bytes: Option<u64>,
    /// Most payload, in bytes.
    pub max_bytes: Option<u64>,
    /// A match of this query lies in it, in whole or in part.
    pub content: Option<Query>,
}

/// A compiled filter.
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

    /// Compiles it.
    ///
    /// # Errors
    /// Those of [`Query::compile`] for `content`.
    pub fn compile(&self) -> Result<CompiledFilter, QueryError> {
        let content = self.content.as_ref().map(Query::compile).transpose()?;
        Ok(CompiledFilter { filter: self.clone(), content })
    }

    /// Compiles it for connections in these encodings, in place of that of `content`.
    ///
    /// # Errors
    /// Those of [`Query::compile_for`] for `content`.
    pub fn compile_for(&self, encodings: &Encodings) -> Result<CompiledFilter, QueryError> {
        let content = self.content.as_ref().map(|query| query.compile_for(encodings)).transpose()?;
        Ok(CompiledFilter { filter: self.clone(), content })
    }
}

impl CompiledFilter {
    /// Whether a record meets all conditions but `content`.
    #[must_use]
    pub fn passes(&self, record: &Record<'_>) -> bool {
        self.passes_sized(record, record.payload.len() as u64)
    }

    /// The same for a payload of another length.
    pub(super) fn passes_sized(&self, record: &Record<'_>, bytes: u64) -> bool {
        let filter = &self.filter;
        self.passes_stream(record)
            && (filter.kinds.is_empty() || filter.kinds.contains(&record.kind))
            && filter.min_bytes.is_none_or(|min| bytes >= min)
            && filter.max_bytes.is_none_or(|max| bytes <= max)
    }

    /// Whether any record of the same half of a connection may pass.
    pub(super) fn passes_stream(&self, record: &Record<'_>) -> bool {
        let filter = &self.filter;
        filter.connections.as_ref().is_none_or(|connections| connections.contains(&record.connection))
            && filter.direction.is_none_or(|direction| direction == record.direction)
    }
}
