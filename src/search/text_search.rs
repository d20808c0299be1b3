//! Finding what a regular expression says in decoded text: each stream is gathered, decoded in
//! batches and searched; what was found is led back to its bytes.
//!
//! A match of up to 8 KiB of text is found whole and once wherever records and batches are cut, as
//! long as fewer than 2,000 streams have text waiting; one of up to 64 KiB is mostly. Longer ones are
//! found in several parts. What may still change with the next bytes is given at once and taken back
//! when it does change.

use super::streams::{Hit, Output, Piece, Pieces, Streams};
use crate::capture::{Position, Scanned};
use crate::codec::{Encoding, MappedText};
use crate::model::{ConnectionId, Direction, Transport};
use regex::Regex;

/// How many new bytes of a stream are gathered before they are searched.
const BATCH_BYTES: usize = 64 * 1024;
/// What begins so near the end is not settled before more has come, in bytes of text.
const OVERLAP_BYTES: usize = 8 * 1024;
/// A match that touches the end waits for more, up to this length.
const HELD_BYTES: usize = 64 * 1024;
/// What all streams may keep together before the largest is searched early.
const WAITING_BYTES: usize = 16 << 20;

/// Searches the streams of a recording for a regular expression.
#[derive(Debug)]
pub(super) struct TextSearch {
    regex: Regex,
    encoding: Encoding,
    streams: Streams<Stream>,
    /// What all streams keep together.
    waiting_bytes: usize,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    text: MappedText,
    hits: Vec<Hit>,
}

#[derive(Debug, Default)]
struct Stream {
    /// See [`super::byte_search`].
    next_offset: Option<u32>,
    /// What is not settled yet, and the character before it: beginnings of lines and words depend on
    /// that. Begins with a character.
    bytes: Vec<u8>,
    /// The place of the first byte in the stream.
    base: u64,
    /// Where in `bytes` the next match may begin.
    from: usize,
    pieces: Pieces,
    /// How many of the bytes were searched before.
    searched: usize,
    /// What was found and may still change.
    provisional: Vec<Vec<Hit>>,
    /// The record where the last settled match ends.
    settled: Option<Position>,
}

impl Stream {
    fn cost(&self) -> usize {
        self.bytes.len() + self.pieces.len() * size_of::<Piece>()
    }
}

impl TextSearch {
    pub fn new(regex: Regex, encoding: Encoding) -> Self {
        Self { regex, encoding, streams: Streams::default(), waiting_bytes: 0, scratch: Scratch::default() }
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
        let mut piece = Piece { at: 0, length: payload.len() as u32, record: scanned.entry.position, passes };
        if record.transport == Transport::Udp {
            self.datagram(payload, &piece, out);
            return;
        }
        let key = (record.connection, record.direction);
        let stream = self.streams.get(key);
        if stream.next_offset != Some(scanned.entry.stream_offset) {
            if stream.next_offset.is_some() {
                self.end_stream(key, out);
            }
            self.streams.get(key).bytes = lead(self.encoding);
        }
        let stream = self.streams.get(key);
        stream.next_offset = Some(scanned.entry.stream_offset.wrapping_add(payload.len() as u32));
        piece.at = stream.base + stream.bytes.len() as u64;
        let before = stream.cost();
        stream.bytes.extend_from_slice(payload);
        stream.pieces.push(piece);
        let is_due = stream.cost() >= BATCH_BYTES && stream.bytes.len() >= stream.searched + BATCH_BYTES
            || stream.pieces.len() >= BATCH_BYTES / 8
                && stream.bytes.len() >= stream.searched + OVERLAP_BYTES;
        if is_due {
            self.scratch.search(&self.regex, self.encoding, stream, OVERLAP_BYTES, false, out);
        }
        self.waiting_bytes = (self.waiting_bytes + stream.cost()).saturating_sub(before);
        if self.waiting_bytes > WAITING_BYTES {
            self.search_largest(out);
        }
    }

    /// Ends a stream, where what touches the end is as it is.
    pub fn end_stream(&mut self, key: (ConnectionId, Direction), out: &mut dyn Output) {
        if let Some(mut stream) = self.streams.remove(key) {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(stream.cost());
            self.scratch.search(&self.regex, self.encoding, &mut stream, 0, true, out);
        }
    }

    /// Searches everything that has come, since nothing more is there at the moment.
    pub fn pause(&mut self, out: &mut dyn Output) {
        let mut waiting_bytes = 0;
        for stream in self.streams.all() {
            if stream.bytes.len() > stream.searched {
                self.scratch.search(&self.regex, self.encoding, stream, OVERLAP_BYTES, false, out);
            }
            waiting_bytes += stream.cost();
        }
        self.waiting_bytes = waiting_bytes;
    }

    /// Makes room, with less overlap if there is no other way.
    fn search_largest(&mut self, out: &mut dyn Output) {
        let most = self.streams.all().map(|stream| stream.cost()).max().unwrap_or(0);
        let mut waiting_bytes = 0;
        for stream in self.streams.all() {
            // Those that are about as large go with it, so that this need not be done for each.
            if stream.cost() > most / 2 {
                let overlap = OVERLAP_BYTES.min(stream.bytes.len() / 4);
                self.scratch.search(&self.regex, self.encoding, stream, overlap, false, out);
                stream.bytes.shrink_to_fit();
            }
            waiting_bytes += stream.cost();
        }
        self.waiting_bytes = waiting_bytes;
    }

    fn datagram(&mut self, payload: &[u8], piece: &Piece, out: &mut dyn Output) {
        let text = &mut self.scratch.text;
        let pending = text.decode(self.encoding, payload);
        text.finish(pending);
        let mut at = 0;
        while let Some((start, end)) = next_match(&self.regex, text.text(), at) {
            let range = text.byte_start(start) as u64..text.byte_end(end) as u64;
            if let Some(hit) = piece.hit(&range) {
                out.found(&[hit]);
            }
            at = end;
        }
    }
}

impl Scratch {
    /// Searches what a stream has, and keeps of it what is not settled: what begins in the last
    /// `overlap` bytes, and what touches the end.
    fn search(
        &mut self,
        regex: &Regex,
        encoding: Encoding,
        stream: &mut Stream,
        overlap: usize,
        is_end: bool,
        out: &mut dyn Output,
    ) {
        let pending = self.text.decode(encoding, &stream.bytes);
        let end = self.text.text().len();
        self.text.finish(pending);
        let text = self.text.text();
        let border = if is_end { text.len() } else { text.floor_char_boundary(end.saturating_sub(overlap)) };
        let first = self.text.text_at(stream.from).unwrap_or(0);
        let mut settled_end = first;
        let mut held = None;
        let mut at = first;
        let mut known = std::mem::take(&mut stream.provisional).into_iter().peekable();
        let mut last_record = stream.settled;
        let mut is_same = true;
        while let Some((start, stop)) = next_match(regex, text, at) {
            at = stop;
            let is_settled =
                held.is_none() && (is_end || start < border && (stop < end || stop - start >= HELD_BYTES));
            let bytes = self.text.byte_start(start) as u64..self.text.byte_end(stop) as u64;
            stream.pieces.hits(&(stream.base + bytes.start..stream.base + bytes.end), &mut self.hits);
            if is_settled {
                settled_end = stop;
            } else {
                held.get_or_insert(start);
            }
            let Some(last) = self.hits.last() else { continue };
            // Of what was given before, all is taken back from the first that is another now.
            is_same = is_same && known.peek().is_none_or(|known| *known == self.hits);
            if is_same && known.next().is_some() {
            } else {
                for gone in known.by_ref() {
                    out.withdrawn(&gone, last_record);
                }
                out.found(&self.hits);
            }
            last_record = Some(last.part.record);
            if is_settled {
                stream.settled = last_record;
            } else {
                stream.provisional.push(self.hits.clone());
            }
        }
        for gone in known {
            out.withdrawn(&gone, last_record);
        }
        let from = settled_end.max(held.map_or(border, |held| held.min(border)));
        let keep = text.floor_char_boundary(from.saturating_sub(1));
        let (from, keep) = (self.text.byte_start(from), self.text.byte_start(keep));
        stream.bytes.drain(..keep);
        stream.base += keep as u64;
        stream.from = from - keep;
        stream.pieces.forget_before(stream.base);
        stream.searched = stream.bytes.len();
    }
}

/// The next match with a character in it that begins at or after `at`.
fn next_match(regex: &Regex, text: &str, mut at: usize) -> Option<(usize, usize)> {
    loop {
        let found = regex.find_at(text, at)?;
        if !found.is_empty() {
            return Some((found.start(), found.end()));
        }
        at = found.end() + text[found.end()..].chars().next()?.len_utf8();
    }
}
