//! One of the two ways of searching, by what is searched for.

use super::byte_search::ByteSearch;
use super::query::{Matcher, Method};
use super::streams::Output;
use super::text_search::TextSearch;
use crate::capture::{Cursor, Scanned};
use crate::lead::pending_before;
use crate::model::{Direction, RecordKind};
use std::collections::HashMap;

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
            Method::Decoded { regex, encoding } => Self::Text(TextSearch::new(regex.clone(), *encoding)),
        }
    }

    pub fn begin_chunk(&mut self) {
        if let Self::Bytes(search) = self {
            search.begin_chunk();
        }
    }

    /// Looks at the next record. `passes` goes into the hits it has; `cursor` reads what comes before
    /// the first record of a stream.
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
            RecordKind::Data => {
                // A failure to read it costs that character and nothing else.
                let mut lead = |encoding| {
                    pending_before(cursor, &scanned.entry, encoding, &mut HashMap::new()).unwrap_or_default()
                };
                match self {
                    Self::Bytes(search) => search.record(chunk, scanned, passes, &mut lead, out),
                    Self::Text(search) => search.record(chunk, scanned, passes, &mut lead, out),
                }
            }
            RecordKind::Opened | RecordKind::Closed => {
                for direction in [Direction::Inbound, Direction::Outbound] {
                    let key = (record.connection, direction);
                    match self {
                        Self::Bytes(search) => search.end_stream(key),
                        Self::Text(search) => search.end_stream(key, out),
                    }
                }
            }
            RecordKind::Error | RecordKind::Note => {}
        }
    }

    /// Nothing more is there at the moment.
    pub fn pause(&mut self, out: &mut dyn Output) {
        if let Self::Text(search) = self {
            search.pause(out);
        }
    }
}
