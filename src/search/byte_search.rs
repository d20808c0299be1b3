//! Finding bytes at memory speed: whole chunks are searched at once, block headers included, and the borders
//! between records apart from that. A match is found whole in however many records it lies.

use super::extents::{Extent, Extents, Hit, Output, incomplete_after, pending_of};
use super::matches::Part;
use super::pattern::Pattern;
use super::probe::{Probe, is_across};
use super::stretch::{Head, StretchStream};
use crate::capture::{Cursor, Scanned};
use crate::codec::{Encoding, MappedText};
use crate::model::{HalfId, Transport};
use crate::streams::{Join, Streams};
use std::ops::Range;
use std::sync::Arc;

/// Looks for a pattern in the streams of a recording.
#[derive(Debug)]
pub(super) struct ByteSearch {
    streams: Streams<Tail>,
    finder: Finder,
}

/// The state that all streams share.
#[derive(Debug)]
struct Finder {
    pattern: Arc<Pattern>,
    /// A match must begin where a character of this encoding begins.
    aligned: Option<Encoding>,
    /// The next occurrence in the chunk, headers included; behind the place being asked for it is not known yet.
    /// `None`: there are no more.
    next: Option<usize>,
    joined: Vec<u8>,
    hits: Vec<Hit>,
    mapped: MappedText,
}

/// The end of a stream, in which a match may begin that the next record completes.
#[derive(Debug, Default)]
struct Tail {
    /// How many bytes of the stream came so far.
    position: u64,
    /// The last bytes: one less than the pattern's length.
    carry: Vec<u8>,
    extents: Extents,
    /// The bytes of an incomplete character before `carry`.
    incomplete: Vec<u8>,
    /// Where the last match ended; the next one begins no earlier.
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

    pub fn end_stream(&mut self, half: HalfId) {
        self.streams.end(half);
    }

    /// Tells records that need not be searched. Where characters count, each record is needed to know where they begin.
    pub fn probe(&self) -> Option<Probe> {
        self.finder.aligned.is_none().then(|| Probe::pattern(&self.finder.pattern))
    }

    /// Whether records without a match change nothing in a stream but its end. `head` is what they begin with.
    pub fn can_pass_over(&mut self, half: HalfId, head: Option<&Head>) -> bool {
        let Some(head) = head else { return true };
        let Finder { pattern, joined, .. } = &mut self.finder;
        match self.streams.at(half, head.offset) {
            Some((tail, Join::Continues)) => !is_across(pattern, joined, &tail.carry, &head.bytes),
            _ => true,
        }
    }

    /// Does what [`Self::record`] does for each of the records.
    pub fn pass_over(&mut self, half: HalfId, passed: StretchStream) {
        let (tail, join) = self.streams.advance_by(half, passed.offset, passed.length);
        if join != Join::Continues {
            *tail = Tail::default();
        }
        if self.finder.pattern.len() > 1 {
            tail.extents.append(tail.position, passed.extents);
        }
        tail.position += passed.length;
        self.finder.keep_end(tail, &passed.tail);
    }

    /// Looks at a record with data. `cursor` reads what comes before the first one of a stream.
    pub fn record(
        &mut self,
        chunk: &[u8],
        scanned: &Scanned<'_>,
        passes: bool,
        cursor: &mut Cursor,
        out: &mut dyn Output,
    ) {
        let record = &scanned.entry.record;
        let payload = &chunk[scanned.payload.clone()];
        let length = payload.len() as u32;
        let mut extent = Extent { at: 0, length, record: scanned.entry.position, passes };
        let finder = &mut self.finder;
        if record.transport == Transport::Udp {
            finder.inside(chunk, scanned.payload.clone(), 0, &extent, &Start::default(), out);
            return;
        }
        let (tail, join) = self.streams.advance(&scanned.entry);
        if join != Join::Continues {
            let pending = |encoding| pending_of(cursor, &scanned.entry, encoding);
            *tail = Tail { incomplete: finder.aligned.map_or_else(Vec::new, pending), ..Tail::default() };
        }
        extent.at = tail.position;
        if finder.pattern.len() > 1 {
            tail.extents.push(extent);
            if finder.pattern.may_cross(&tail.carry, payload) {
                finder.across(tail, payload, out);
            }
        }
        let start = Start { before: &tail.incomplete, carry: &tail.carry };
        tail.matched = finder.inside(chunk, scanned.payload.clone(), tail.matched, &extent, &start, out);
        tail.position += u64::from(length);
        finder.keep_end(tail, payload);
    }
}

impl Finder {
    /// Finds matches that begin in earlier records and end in this one.
    fn across(&mut self, tail: &mut Tail, payload: &[u8], out: &mut dyn Output) {
        let length = self.pattern.len();
        self.joined.clear();
        self.joined.extend_from_slice(&tail.carry);
        self.joined.extend_from_slice(&payload[..payload.len().min(length - 1)]);
        let base = tail.position - tail.carry.len() as u64;
        let mut from = tail.matched.saturating_sub(base) as usize;
        let mut borders = Borders::new(&tail.incomplete);
        while let Some(at) = self.pattern.find(&self.joined, from).filter(|at| *at < tail.carry.len()) {
            if borders.is_one(self.aligned, &self.joined, at, length, &mut self.mapped) {
                let range = base + at as u64..base + (at + length) as u64;
                tail.extents.hits(&range, &mut self.hits);
                out.found(&self.hits);
                tail.matched = range.end;
                from = at + length;
            } else {
                from = at + 1;
            }
        }
    }

    /// Finds matches within this record that begin at `from` in the stream or later. Returns where the last one
    /// ends.
    fn inside(
        &mut self,
        chunk: &[u8],
        payload: Range<usize>,
        from: u64,
        extent: &Extent,
        start: &Start<'_>,
        out: &mut dyn Output,
    ) -> u64 {
        let length = self.pattern.len();
        let mut matched = from;
        let mut from = payload.start + from.saturating_sub(extent.at) as usize;
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
                let part = Part { record: extent.record, start: at as u32, length: length as u32 };
                out.found(&[Hit { part, passes: extent.passes }]);
                matched = extent.at + (at + length) as u64;
                from = next + length;
            } else {
                from = next + 1;
            }
            self.next = self.pattern.find(chunk, from);
        }
        matched
    }

    /// Keeps the last bytes, in which a match may begin that the next record completes.
    fn keep_end(&self, tail: &mut Tail, payload: &[u8]) {
        let wanted = self.pattern.len() - 1;
        if wanted == 0 && self.aligned.is_none() {
            return;
        }
        if self.aligned.is_none() && payload.len() >= wanted {
            tail.carry.clear();
            tail.carry.extend_from_slice(&payload[payload.len() - wanted..]);
            tail.extents.forget_before(tail.position - wanted as u64);
            return;
        }
        let dropped = (tail.carry.len() + payload.len()).saturating_sub(wanted);
        let of_carry = dropped.min(tail.carry.len());
        let of_payload = dropped - of_carry;
        if let Some(encoding) = self.aligned {
            let incomplete = incomplete_after(encoding, &tail.incomplete, &tail.carry[..of_carry]);
            tail.incomplete = incomplete_after(encoding, &incomplete, &payload[..of_payload]);
        }
        tail.carry.drain(..of_carry);
        tail.carry.extend_from_slice(&payload[of_payload..]);
        tail.extents.forget_before(tail.position - tail.carry.len() as u64);
    }
}

/// The bytes before a record.
#[derive(Default)]
struct Start<'a> {
    /// The bytes of an incomplete character before `carry`.
    before: &'a [u8],
    carry: &'a [u8],
}

/// Walks through the bytes of a record and tells where characters begin.
struct Borders {
    /// How far it has walked, and the incomplete character there.
    at: usize,
    incomplete: Vec<u8>,
}

impl Borders {
    fn new(incomplete: &[u8]) -> Self {
        Self { at: 0, incomplete: incomplete.to_vec() }
    }

    /// Whether a character begins at `at`, where a match of `length` bytes is. Asked in ascending order.
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
        // The incomplete bytes may turn out to be malformed; then a character begins here after all.
        let from_there = [&self.incomplete, &bytes[at..at + length]].concat();
        mapped.decode(encoding, &from_there);
        mapped.text_at(self.incomplete.len()).is_some()
    }
}
