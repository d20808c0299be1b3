//! Which frames are shown.

use super::shown::ShownKind;
use crate::model::{Record, RecordKind};
use crate::payload::checksum::Verdict;
use crate::search::{CompiledFilter, Filter, QueryError};
use crate::streams::Encodings;

/// Conditions that a frame must meet to be shown. A condition that is not given is met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameFilter {
    /// Connection, direction and kind of its record, its size and its content. Content is looked for in each frame by itself.
    pub base: Filter,
    /// It is one of these; empty: any.
    pub marks: Vec<FrameMark>,
}

/// What a frame can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameMark {
    /// A frame with a right check.
    Right,
    /// A frame with a wrong check, or without room for one.
    Wrong,
    /// Bytes in no frame.
    Skipped,
    /// A frame of which the rest never came, or has not come yet, or that is too long.
    Incomplete,
}

impl FrameFilter {
    /// Whether every frame passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.base.is_empty() && self.marks.is_empty()
    }

    /// Compiles it for connections in these encodings.
    ///
    /// # Errors
    /// Those of [`Filter::compile_for`].
    pub fn compile_for(&self, encodings: &Encodings) -> Result<CompiledFrameFilter, QueryError> {
        Ok(CompiledFrameFilter { base: self.base.compile_for(encodings)?, marks: self.marks.clone() })
    }
}

/// A compiled filter.
#[derive(Clone, Debug)]
pub struct CompiledFrameFilter {
    base: CompiledFilter,
    marks: Vec<FrameMark>,
}

impl CompiledFrameFilter {
    /// Whether the bytes of frames are needed to tell.
    pub(super) fn needs_bytes(&self) -> bool {
        self.base.needs_content()
    }

    /// Whether an event passes, or a read without a framing.
    #[must_use]
    pub fn passes_record(&self, record: &Record<'_>) -> bool {
        (self.marks.is_empty() || record.kind == RecordKind::Data) && self.base.passes_alone(record)
    }

    /// Whether a frame passes. `record` is the one that completes it, with the frame's bytes as its payload, or those that are
    /// known of its `length`: what is not known passes.
    #[must_use]
    pub fn passes_frame(
        &self,
        record: &Record<'_>,
        length: u64,
        kind: ShownKind,
        verdict: Option<&Verdict>,
    ) -> bool {
        let mark = match (kind, verdict) {
            (ShownKind::Frame, Some(Verdict::Right)) => Some(FrameMark::Right),
            (ShownKind::Frame, Some(_)) => Some(FrameMark::Wrong),
            (ShownKind::Frame, None) => None,
            (ShownKind::Skipped(_), _) => Some(FrameMark::Skipped),
            _ => Some(FrameMark::Incomplete),
        };
        (self.marks.is_empty() || mark.is_some_and(|mark| self.marks.contains(&mark)))
            && self.base.passes_part(record, length)
    }
}
