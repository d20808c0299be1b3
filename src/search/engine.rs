//! The ways of searching: one for each encoding, and each one of two by what is searched for.

use super::byte_search::ByteSearch;
use super::extents::Output;
use super::probe::{Probe, Probes};
use super::query::{Matcher, Method};
use super::stretch::{Head, Stretch, StretchStream};
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
        if let Some(engine) = self.of(scanned.entry.record.half()) {
            engine.record(chunk, scanned, passes, cursor, out);
        }
    }

    /// Tells records that need not be searched, if it is known for each encoding what a match needs: after the first
    /// chunk at the earliest.
    pub fn probes(&self) -> Option<Probes> {
        let probes = self.engines.iter().map(|(encoding, engine)| Some((*encoding, engine.probe()?)));
        Some(Probes { encodings: self.encodings.clone(), probes: probes.collect::<Option<_>>()? })
    }

    /// Passes over the records of a stretch, as if each had been given to [`Self::record`]. `false`: because of what
    /// came before, they have to be; nothing has changed.
    pub fn pass_over(&mut self, stretch: Stretch, out: &mut dyn Output) -> bool {
        let Stretch { ended, streams, .. } = stretch;
        let heads = ended.iter().map(|(half, head)| (*half, head.as_ref()));
        let mut heads = heads.chain(streams.iter().map(|(half, stream)| (*half, Some(&stream.head))));
        if !heads.all(|(half, head)| self.of(half).is_none_or(|engine| engine.can_pass_over(half, head))) {
            return false;
        }
        let cut = streams.iter().filter(|(_, stream)| stream.is_cut).map(|(half, _)| *half);
        for half in ended.into_iter().map(|(half, _)| half).chain(cut) {
            if let Some(engine) = self.of(half) {
                engine.end_stream(half, out);
            }
        }
        for (half, stream) in streams {
            if let Some(engine) = self.of(half) {
                engine.pass_over(half, stream, out);
            }
        }
        true
    }

    fn of(&mut self, half: HalfId) -> Option<&mut Engine> {
        let wanted = self.encodings.of(half.connection);
        self.engines.iter_mut().find(|(encoding, _)| *encoding == wanted).map(|(_, engine)| engine)
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
                    self.end_stream(half, out);
                }
            }
            RecordKind::Error | RecordKind::Note => {}
        }
    }

    fn end_stream(&mut self, half: HalfId, out: &mut dyn Output) {
        match self {
            Self::Bytes(search) => search.end_stream(half),
            Self::Text(search) => search.end_stream(half, out),
        }
    }

    fn probe(&self) -> Option<Probe> {
        match self {
            Self::Bytes(search) => search.probe(),
            Self::Text(search) => search.probe(),
        }
    }

    fn can_pass_over(&mut self, half: HalfId, head: Option<&Head>) -> bool {
        match self {
            Self::Bytes(search) => search.can_pass_over(half, head),
            Self::Text(search) => search.can_pass_over(half, head),
        }
    }

    fn pass_over(&mut self, half: HalfId, stream: StretchStream, out: &mut dyn Output) {
        match self {
            Self::Bytes(search) => search.pass_over(half, stream),
            Self::Text(search) => search.pass_over(half, stream, out),
        }
    }

    fn pause(&mut self, out: &mut dyn Output) {
        if let Self::Text(search) = self {
            search.pause(out);
        }
    }
}
