//! Finding bytes at memory speed: whole chunks are looked through at once, headers and all, and the
//! borders of records are looked at apart.
//!
//! A match is found whole however many records it is in.

use super::matches::Part;
use super::pattern::Pattern;
use super::streams::{Hit, Output, Piece, Pieces, Streams, incomplete_after};
use crate::capture::Scanned;
use crate::codec::{Encoding, MappedText};
use crate::model::{ConnectionId, Direction, Transport};
use std::ops::Range;
use std::sync::Arc;

/// Looks for a pattern in the streams of a recording.
#[derive(Debug)]
pub(super) struct ByteSearch {
    streams: Streams<Stream>,
    finder: Finder,
}

/// What finding needs, whatever the stream.
#[derive(Debug)]
struct Finder {
    pattern: Arc<Pattern>,
    /// Where a match begins, one of this encoding's characters must.
    aligned: Option<Encoding>,
    /// Where in the chunk the pattern is next, headers included; below the place in question: not
    /// looked for yet.
    next: Option<usize>,
    joined: Vec<u8>,
    hits: Vec<Hit>,
    mapped: MappedText,
}

/// What came of one connection and direction so far.
#[derive(Debug, Default)]
struct Stream {
    /// How many bytes came.
    position: u64,
    /// What the next record's offset is if nothing is missing between. `None`: nothing came yet.
    next_offset: Option<u32>,
    /// The last bytes, one less than the pattern has.
    carry: Vec<u8>,
    pieces: Pieces,
    /// The incomplete character before `carry`.
    incomplete: Vec<u8>,
    /// Where the last match ended: the next one begins no earlier.
    matched: u64,
}

impl ByteSearch {
    pub fn new(pattern: Arc<Pattern>, aligned: Option<Encoding>) -> Self {
        let finder = Finder {
            pattern,
            aligned,
            next: Some(0),
            joined: Vec::new(),
            hits: Vec::new(),
            mapped: MappedText::default(),
        };
        Self { streams: Streams::default(), finder }
    }

    pub fn begin_chunk(&mut self) {
        self.finder.next = Some(0);
    }

    pub fn end_stream(&mut self, key: (ConnectionId, Direction)) {
        self.streams.remove(key);
    }

    /// Looks at a record with data. `lead` gives the incomplete character before it, for one whose
    /// predecessors were not looked at.
    pub fn record(
        &mut self,
        chunk: &[u8],
        scanned: &Scanned<'_>,
        passes: bool,
        lead: &mut dyn FnMut(Encoding) -> Vec<u8>,
        out: &mut dyn Output,
    ) {
        let record = &scanned.entry.record;
        let payload = &chunk[scanned.payload.clone()];
        let length = payload.len() as u32;
        let mut piece = Piece { at: 0, length, record: scanned.entry.position, passes };
        let finder = &mut self.finder;
        if record.transport == Transport::Udp {
            finder.inside(chunk, scanned.payload.clone(), 0, &piece, &Start::default(), out);
            return;
        }
        let stream = self.streams.get((record.connection, record.direction));
        if stream.next_offset != Some(scanned.entry.stream_offset) {
            *stream = Stream { incomplete: finder.aligned.map_or_else(Vec::new, lead), ..Stream::default() };
        }
        stream.next_offset = Some(scanned.entry.stream_offset.wrapping_add(length));
        piece.at = stream.position;
        if finder.pattern.len() > 1 {
            stream.pieces.push(piece);
            if !stream.carry.is_empty() {
                finder.across(stream, payload, out);
            }
        }
        let start = Start { before: &stream.incomplete, carry: &stream.carry };
        stream.matched = finder.inside(chunk, scanned.payload.clone(), stream.matched, &piece, &start, out);
        stream.position += u64::from(length);
        finder.keep_end(stream, payload);
    }
}

impl Finder {
    /// Finds what begins in earlier records and ends in this one.
    fn across(&mut self, stream: &mut Stream, payload: &[u8], out: &mut dyn Output) {
        let length = self.pattern.len();
        self.joined.clear();
        self.joined.extend_from_slice(&stream.carry);
        self.joined.extend_from_slice(&payload[..payload.len().min(length - 1)]);
        let base = stream.position - stream.carry.len() as u64;
        let mut from = stream.matched.saturating_sub(base) as usize;
        let mut borders = Borders::new(&stream.incomplete);
        while let Some(at) = self.pattern.find(&self.joined, from).filter(|at| *at < stream.carry.len()) {
            if borders.is_one(self.aligned, &self.joined, at, length, &mut self.mapped) {
                let range = base + at as u64..base + (at + length) as u64;
                stream.pieces.hits(&range, &mut self.hits);
                out.found(&self.hits);
                stream.matched = range.end;
                from = at + length;
            } else {
                from = at + 1;
            }
        }
    }

    /// Finds what is in this record alone, from the place `from` of the stream on; returns where the
    /// last one ends.
    fn inside(
        &mut self,
        chunk: &[u8],
        payload: Range<usize>,
        from: u64,
        piece: &Piece,
        start: &Start<'_>,
        out: &mut dyn Output,
    ) -> u64 {
        let length = self.pattern.len();
        let mut matched = from;
        let mut from = payload.start + from.saturating_sub(piece.at) as usize;
        if self.next.is_some_and(|next| next < from) {
            self.next = self.pattern.find(chunk, from);
        }
        let mut borders = None;
        while let Some(next) = self.next.filter(|next| next + length <= payload.end) {
            let at = next - payload.start;
            let is_border = self.aligned.is_none_or(|encoding| {
                let borders = borders.get_or_insert_with(|| {
                    Borders::new(&incomplete_after(encoding, start.before, start.carry))
                });
                borders.is_one(self.aligned, &chunk[payload.clone()], at, length, &mut self.mapped)
            });
            if is_border {
                let part = Part { record: piece.record, start: at as u32, length: length as u32 };
                out.found(&[Hit { part, passes: piece.passes }]);
                matched = piece.at + (at + length) as u64;
                from = next + length;
            } else {
                from = next + 1;
            }
            self.next = self.pattern.find(chunk, from);
        }
        matched
    }

    /// Keeps what a match may begin with that the next record completes.
    fn keep_end(&self, stream: &mut Stream, payload: &[u8]) {
        let wanted = self.pattern.len() - 1;
        if wanted == 0 && self.aligned.is_none() {
            return;
        }
        let dropped = (stream.carry.len() + payload.len()).saturating_sub(wanted);
        let of_carry = dropped.min(stream.carry.len());
        let of_payload = dropped - of_carry;
        if let Some(encoding) = self.aligned {
            let incomplete = incomplete_after(encoding, &stream.incomplete, &stream.carry[..of_carry]);
            stream.incomplete = incomplete_after(encoding, &incomplete, &payload[..of_payload]);
        }
        stream.carry.drain(..of_carry);
        stream.carry.extend_from_slice(&payload[of_payload..]);
        stream.pieces.forget_before(stream.position - stream.carry.len() as u64);
    }
}

/// What came before a record.
#[derive(Default)]
struct Start<'a> {
    /// The incomplete character before `carry`.
    before: &'a [u8],
    carry: &'a [u8],
}

/// Walks through the bytes of a record and tells where a character begins.
struct Borders {
    /// Up to where it has walked, and what is incomplete there.
    at: usize,
    incomplete: Vec<u8>,
}

impl Borders {
    fn new(incomplete: &[u8]) -> Self {
        Self { at: 0, incomplete: incomplete.to_vec() }
    }

    /// Whether a character begins at `at`, where the `length` bytes that were looked for are. Asked
    /// in ascending order.
    fn is_one(
        &mut self,
        encoding: Option<Encoding>,
        bytes: &[u8],
        at: usize,
        length: usize,
        mapped: &mut MappedText,
    ) -> bool {
        let Some(encoding) = encoding else { return true };
        self.incomplete = incomplete_after(encoding, &self.incomplete, &bytes[self.at..at]);
        self.at = at;
        if self.incomplete.is_empty() {
            return true;
        }
        // What was begun may turn out to be no character, and another one begins here then.
        let from_there = [&self.incomplete, &bytes[at..at + length]].concat();
        mapped.decode(encoding, &from_there);
        mapped.text_at(self.incomplete.len()).is_some()
    }
}
