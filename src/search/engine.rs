//! One of the two ways of searching, by what is searched for.

use super::byte_search::ByteSearch;
use super::extents::Output;
use super::query::{Matcher, Method};
use super::text_search::TextSearch;
use crate::capture::{Cursor, Scanned};
use crate::model::{HalfId, RecordKind};

/// Searches the streams of a recording.
#[derive(Debug)]
pub(super) enum Engine {
    Bytes(ByteSearch),
    Text(TextSearch),
}

impl Engine {
    pub fn new(matcher: &Matcher) -> Self {
        match &matcher.0 {
            Method::Bytes { pattern, aligned } => Self::Bytes(ByteSearch::new(pattern.clone(), *aligned)),
            Method::Decoded { regex, encoding, fragments } => {
                Self::Text(TextSearch::new(regex.clone(), *encoding, fragments.clone()))
            }
        }
    }

    /// Prepares for the records of a chunk.
    pub fn begin_chunk(&mut self, chunk: &[u8]) {
        match self {
            Self::Bytes(search) => search.begin_chunk(),
            Self::Text(search) => search.begin_chunk(chunk),
        }
    }

    /// Looks at the next record. `passes` goes into the hits it has; `cursor` reads what comes before it.
    pub fn record(
        &mut self,
        chunk: &[u8],
        scanned: &Scanned<'_>,
        passes: bool,
        cursor: &mut Cursor,
        out: &mut dyn Output,
    ) {
        let record = &scanned.entry.record;
        match record.kind {
            RecordKind::Data => match self {
                Self::Bytes(search) => search.record(chunk, scanned, passes, cursor, out),
                Self::Text(search) => search.record(chunk, scanned, passes, cursor, out),
            },
            RecordKind::Opened | RecordKind::Closed => {
                for half in HalfId::both(record.connection) {
                    match self {
                        Self::Bytes(search) => search.end_stream(half),
                        Self::Text(search) => search.end_stream(half, out),
                    }
                }
            }
            RecordKind::Error | RecordKind::Note => {}
        }
    }

    /// Everything recorded so far was looked at.
    pub fn pause(&mut self, out: &mut dyn Output) {
        if let Self::Text(search) = self {
            search.pause(out);
        }
    }
}
