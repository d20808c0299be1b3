//! The ways of searching: one for each encoding, and each one of two by what is searched for.

use super::byte_search::ByteSearch;
use super::extents::Output;
use super::query::{Matcher, Method};
use super::text_search::TextSearch;
use crate::capture::{Cursor, Scanned};
use crate::codec::Encoding;
use crate::model::{HalfId, RecordKind};
use crate::streams::Encodings;

/// Searches the streams of a recording, each in the encoding of its connection.
#[derive(Debug)]
pub(super) struct Engines {
    encodings: Encodings,
    /// An encoding without one can have no match.
    engines: Vec<(Encoding, Engine)>,
}

impl Engines {
    pub fn new(matcher: &Matcher) -> Self {
        let engines = matcher.methods.iter().map(|(encoding, method)| (*encoding, Engine::new(method)));
        Self { encodings: matcher.encodings.clone(), engines: engines.collect() }
    }

    /// Prepares for the records of a chunk.
    pub fn begin_chunk(&mut self, chunk: &[u8]) {
        self.engines.iter_mut().for_each(|(_, engine)| engine.begin_chunk(chunk));
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
        let wanted = self.encodings.of(scanned.entry.record.connection);
        if let Some((_, engine)) = self.engines.iter_mut().find(|(encoding, _)| *encoding == wanted) {
            engine.record(chunk, scanned, passes, cursor, out);
        }
    }

    /// Everything recorded so far was looked at.
    pub fn pause(&mut self, out: &mut dyn Output) {
        self.engines.iter_mut().for_each(|(_, engine)| engine.pause(out));
    }
}

/// Searches the streams in one encoding.
#[derive(Debug)]
enum Engine {
    Bytes(ByteSearch),
    Text(TextSearch),
}

impl Engine {
    fn new(method: &Method) -> Self {
        match method {
            Method::Bytes { pattern, aligned } => Self::Bytes(ByteSearch::new(pattern.clone(), *aligned)),
            Method::Decoded { regex, encoding, fragments } => {
                Self::Text(TextSearch::new(regex.clone(), *encoding, fragments.clone()))
            }
        }
    }

    fn begin_chunk(&mut self, chunk: &[u8]) {
        match self {
            Self::Bytes(search) => search.begin_chunk(),
            Self::Text(search) => search.begin_chunk(chunk),
        }
    }

    fn record(
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

    fn pause(&mut self, out: &mut dyn Output) {
        if let Self::Text(search) = self {
            search.pause(out);
        }
    }
}
