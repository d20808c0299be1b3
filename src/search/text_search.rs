//! Searching decoded text for a regular expression.
//!
//! Where every match contains a rare fragment ([`super::fragments`]), streams are only watched for fragments, and the
//! data around one is read again. There, and in all other cases, the bytes of a stream are gathered, decoded in batches
//! and searched; matches are mapped back to bytes.
//!
//! A match of up to 8 KiB of text is found whole and once wherever records and batches end, as long as fewer than
//! 2,000 streams have text waiting. A longer match that grows with the next bytes, such as that of `a+`, is held up to
//! 64 KiB; one that is decided only by its end may be missed. A match that the next bytes may change is reported at
//! once, and withdrawn if they do.

use super::decoded::Decoded;
use super::extents::{Extent, Extents, Hit, Output, keep_end, pending_of};
use super::fragments::{FragmentFinder, Fragments};
use super::probe::Probe;
use super::stretch::{Head, StretchStream};
use crate::capture::{Cursor, Entry, Position, Scanned};
use crate::codec::{Encoding, MappedText};
use crate::model::{HalfId, Transport};
use crate::streams::{Join, Streams};
use regex::Regex;
use std::ops::Range;

/// New bytes of a stream that are gathered before they are searched.
const BATCH_BYTES: usize = 128 * 1024;
/// Matches that begin this near the end of what is gathered are not settled yet, in bytes of text.
const OVERLAP_BYTES: usize = 8 * 1024;
/// The same in bytes of a stream: UTF-16 has two for one of UTF-8.
const WATCHED_BYTES: u64 = 2 * OVERLAP_BYTES as u64;
/// A match that touches the end is not settled up to this length, in bytes of text.
const HELD_BYTES: usize = 64 * 1024;
/// Bound on the memory of all streams together, beyond which the largest are searched early.
const WAITING_BYTES: usize = 16 << 20;
/// Bound on the records of a stream that are remembered before they are searched.
const MAX_EXTENTS: usize = 8192;
/// Offset of a stream's first record, so that bytes pending before it have offsets too.
const FIRST: u64 = 4;

/// Searches the streams of a recording for a regular expression.
#[derive(Debug)]
pub(super) struct TextSearch {
    scratch: Scratch,
    watch: Watch,
    streams: Streams<Stream>,
    /// What all streams keep together.
    waiting_bytes: usize,
}

/// What streams are watched for.
#[derive(Debug)]
enum Watch {
    /// Fragments of which the first chunk decides which are the rarest.
    Unknown(Fragments),
    For(FragmentFinder),
    /// Nothing: everything is decoded.
    Off,
}

#[derive(Debug)]
struct Scratch {
    regex: Regex,
    encoding: Encoding,
    text: MappedText,
    hits: Vec<Hit>,
}

#[derive(Debug, Default)]
struct Stream {
    /// The bytes that are not settled, and the character before them, on which `^` and `\b` depend. Begins at a
    /// character. Empty while `is_watched`.
    bytes: Vec<u8>,
    /// Offset of the first of `bytes` in the stream.
    base: u64,
    /// Offset of the next record.
    end: u64,
    /// Offset from which the next match may begin, at the first character there.
    from: u64,
    /// The records of `bytes`, or those to read again when a fragment comes.
    extents: Extents,
    /// How many of the bytes were searched.
    searched: usize,
    /// Matches that may still change.
    provisional: Vec<Vec<Hit>>,
    /// The record where the last settled match ends.
    settled: Option<Position>,
    /// Nothing is gathered until a fragment comes.
    is_watched: bool,
    /// Offset of the end of the last record with a fragment.
    fragment_end: u64,
    /// The last bytes, which may begin a fragment.
    carry: Vec<u8>,
}

impl Stream {
    fn begin(watch: &Watch) -> Self {
        let is_watched = matches!(watch, Watch::For(_));
        Self { base: FIRST, end: FIRST, is_watched, ..Self::default() }
    }

    fn cost(&self) -> usize {
        self.bytes.len() + self.extents.len() * size_of::<Extent>()
    }

    fn is_due(&self) -> bool {
        let is_long = self.cost() >= BATCH_BYTES && self.bytes.len() >= self.searched + BATCH_BYTES;
        let is_in_pieces =
            self.extents.len() >= MAX_EXTENTS && self.bytes.len() >= self.searched + OVERLAP_BYTES;
        !self.is_watched && (is_long || is_in_pieces)
    }

    /// Forgets the records that are not read again.
    fn forget(&mut self) {
        self.extents.forget_before(self.end.saturating_sub(WATCHED_BYTES));
        self.extents.keep_last(MAX_EXTENTS);
    }

    /// Reads the data before `record` again, which has a fragment, and gathers from now on.
    fn gather(&mut self, record: &Entry<'_>, cursor: &mut Cursor, encoding: Encoding) {
        self.is_watched = false;
        self.searched = 0;
        self.bytes.clear();
        self.base = self.end;
        for extent in self.extents.iter() {
            match cursor.read(extent.record) {
                Ok(Some(entry)) if entry.record.payload.len() == extent.length as usize => {
                    if self.bytes.is_empty() {
                        self.base = extent.at;
                    }
                    self.bytes.extend_from_slice(entry.record.payload);
                }
                // Expired meanwhile, or damaged: only what follows is searched.
                _ => {
                    self.bytes.clear();
                    self.base = extent.end();
                }
            }
        }
        self.extents.forget_before(self.base);
        let pending = match self.extents.first() {
            None => pending_of(cursor, record, encoding),
            Some(first) => {
                let mut back = Cursor::new(cursor.snapshot().clone());
                let first = cursor.read(first.record).ok().flatten();
                first.map_or_else(Vec::new, |first| pending_of(&mut back, &first, encoding))
            }
        };
        let is_whole = self.base == FIRST;
        self.put_before(&pending);
        if !is_whole {
            // The first character only serves `^` and `\b` behind it.
            self.from = self.from.max(self.base + 1);
        }
    }

    /// Prepends the bytes that begin the first character.
    fn put_before(&mut self, pending: &[u8]) {
        self.base -= pending.len() as u64;
        self.bytes.splice(0..0, pending.iter().copied());
    }
}

/// What follows the bytes that are searched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// More, at once.
    More,
    /// Nothing at the moment.
    Pause,
    /// Nothing.
    End,
}

impl TextSearch {
    pub fn new(regex: Regex, encoding: Encoding, fragments: Option<Fragments>) -> Self {
        Self {
            scratch: Scratch { regex, encoding, text: MappedText::default(), hits: Vec::new() },
            watch: fragments.map_or(Watch::Off, Watch::Unknown),
            streams: Streams::default(),
            waiting_bytes: 0,
        }
    }

    pub fn begin_chunk(&mut self, chunk: &[u8]) {
        if let Watch::Unknown(fragments) = &self.watch {
            self.watch = fragments.rarest(chunk).map_or(Watch::Off, Watch::For);
        }
        if let Watch::For(finder) = &mut self.watch {
            finder.begin_chunk();
        }
    }

    /// Searches a record with data. `cursor` reads records before it.
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
        let mut extent =
            Extent { at: 0, length: payload.len() as u32, record: scanned.entry.position, passes };
        let mut has_fragment = match &mut self.watch {
            Watch::For(finder) => finder.is_in(chunk, scanned.payload.clone()),
            Watch::Unknown(_) | Watch::Off => true,
        };
        if record.transport == Transport::Udp {
            if has_fragment {
                self.scratch.datagram(payload, &extent, out);
            }
            return;
        }
        let (stream, join) = self.streams.advance(&scanned.entry);
        let before = stream.cost();
        if join == Join::Gap && !stream.is_watched {
            self.scratch.search(stream, 0, Next::End, out);
        }
        let encoding = self.scratch.encoding;
        if join != Join::Continues {
            *stream = Stream::begin(&self.watch);
            if !stream.is_watched {
                stream.put_before(&pending_of(cursor, &scanned.entry, encoding));
            }
        }
        if let Watch::For(finder) = &mut self.watch {
            has_fragment = has_fragment || finder.is_across(&stream.carry, payload);
            keep_end(&mut stream.carry, payload, finder.carried_bytes());
        }
        if has_fragment && stream.is_watched {
            stream.gather(&scanned.entry, cursor, encoding);
        }
        extent.at = stream.end;
        stream.end += u64::from(extent.length);
        stream.extents.push(extent);
        if has_fragment {
            stream.fragment_end = stream.end;
        }
        if stream.is_watched {
            stream.forget();
        } else {
            stream.bytes.extend_from_slice(payload);
        }
        if stream.is_due() {
            self.scratch.search(stream, OVERLAP_BYTES, Next::More, out);
            watch_again(&self.watch, stream);
        }
        self.waiting_bytes = (self.waiting_bytes + stream.cost()).saturating_sub(before);
        if self.waiting_bytes > WAITING_BYTES {
            self.search_largest(out);
        }
    }

    /// Ends a stream: matches that touch the end are final.
    pub fn end_stream(&mut self, half: HalfId, out: &mut dyn Output) {
        if let Some(mut stream) = self.streams.end(half) {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(stream.cost());
            if !stream.is_watched {
                self.scratch.search(&mut stream, 0, Next::End, out);
            }
        }
    }

    /// Tells records that need not be searched.
    pub fn probe(&self) -> Option<Probe> {
        match &self.watch {
            Watch::For(finder) => Some(Probe::fragments(finder, WATCHED_BYTES)),
            Watch::Unknown(_) | Watch::Off => None,
        }
    }

    /// Whether records without a fragment change nothing in a stream but its end. `head` is what they begin with.
    pub fn can_pass_over(&mut self, half: HalfId, head: Option<&Head>) -> bool {
        let Watch::For(finder) = &mut self.watch else { return false };
        let Some((stream, join)) = self.streams.at(half, head.map_or(0, |head| head.offset)) else {
            return true;
        };
        let continues = |head: &&Head| join == Join::Continues && !head.bytes.is_empty();
        let head = head.filter(continues);
        stream.is_watched && !head.is_some_and(|head| finder.is_across(&stream.carry, &head.bytes))
    }

    /// Does what [`Self::record`] does for each of the records.
    pub fn pass_over(&mut self, half: HalfId, passed: StretchStream, out: &mut dyn Output) {
        let Watch::For(finder) = &self.watch else { return };
        let (stream, join) = self.streams.advance_by(half, passed.offset, passed.length);
        let before = stream.cost();
        if join != Join::Continues {
            *stream = Stream::begin(&self.watch);
        }
        keep_end(&mut stream.carry, &passed.tail, finder.carried_bytes());
        stream.extents.append(stream.end, passed.extents);
        stream.end += passed.length;
        stream.forget();
        self.waiting_bytes = (self.waiting_bytes + stream.cost()).saturating_sub(before);
        if self.waiting_bytes > WAITING_BYTES {
            self.search_largest(out);
        }
    }

    /// Searches everything gathered: there is nothing more at the moment.
    pub fn pause(&mut self, out: &mut dyn Output) {
        let mut waiting_bytes = 0;
        for stream in self.streams.states_mut() {
            if stream.bytes.len() > stream.searched {
                self.scratch.search(stream, OVERLAP_BYTES, Next::Pause, out);
                watch_again(&self.watch, stream);
            }
            waiting_bytes += stream.cost();
        }
        self.waiting_bytes = waiting_bytes;
    }

    /// Frees memory, with less overlap if necessary.
    fn search_largest(&mut self, out: &mut dyn Output) {
        let most = self.streams.states_mut().map(|stream| stream.cost()).max().unwrap_or(0);
        let mut waiting_bytes = 0;
        for stream in self.streams.states_mut() {
            // Streams of about the same size are searched as well, so that this is not repeated for each.
            if stream.cost() > most / 2 {
                if stream.is_watched {
                    stream.extents.keep_last(stream.extents.len() / 4);
                } else {
                    let overlap = OVERLAP_BYTES.min(stream.bytes.len() / 4);
                    self.scratch.search(stream, overlap, Next::More, out);
                    stream.bytes.shrink_to_fit();
                }
            }
            waiting_bytes += stream.cost();
        }
        self.waiting_bytes = waiting_bytes;
    }
}

/// Watches a stream again in which no match is open and no fragment is near the end.
fn watch_again(watch: &Watch, stream: &mut Stream) {
    if matches!(watch, Watch::For(_)) && stream.provisional.is_empty() && stream.fragment_end <= stream.base {
        stream.is_watched = true;
        stream.bytes = Vec::new();
        stream.searched = 0;
    }
}

impl Scratch {
    fn datagram(&mut self, payload: &[u8], extent: &Extent, out: &mut dyn Output) {
        let (decoded, _) = Decoded::new(&mut self.text, self.encoding, payload, false);
        let mut at = 0;
        while let Some(found) = next_match(&self.regex, decoded.text(), at) {
            let range = decoded.byte_start(found.start) as u64..decoded.byte_end(found.end) as u64;
            if let Some(hit) = extent.hit(&range) {
                out.found(&[hit]);
            }
            at = found.end;
        }
    }

    /// Searches the gathered bytes of a stream, and keeps those that are not settled: the last `overlap` bytes of text,
    /// and matches that touch the end.
    fn search(&mut self, stream: &mut Stream, overlap: usize, next: Next, out: &mut dyn Output) {
        let Self { regex, encoding, text: mapped, hits } = self;
        let Stream { bytes, base, extents, provisional, settled, .. } = stream;
        let (is_end, more_follows) = (next == Next::End, next == Next::More);
        let (decoded, end) = Decoded::new(mapped, *encoding, bytes, more_follows);
        let text = decoded.text();
        let border = if is_end { text.len() } else { text.floor_char_boundary(end.saturating_sub(overlap)) };
        let first = decoded.text_from(stream.from.saturating_sub(*base) as usize);
        let mut settled_end = first;
        let mut held = None;
        let mut at = first;
        let mut known = std::mem::take(provisional).into_iter().peekable();
        let mut last_record = *settled;
        let mut is_same = true;
        while let Some(found) = next_match(regex, text, at) {
            at = found.end;
            let is_held =
                held.is_some() || found.start >= border || (found.end >= end && found.len() < HELD_BYTES);
            let is_settled = is_end || !is_held;
            let range = decoded.byte_start(found.start) as u64..decoded.byte_end(found.end) as u64;
            extents.hits(&(*base + range.start..*base + range.end), hits);
            if is_settled {
                settled_end = found.end;
            } else {
                held.get_or_insert(found.start);
            }
            let Some(last) = hits.last() else { continue };
            // Of the matches reported before, all from the first that differs are withdrawn.
            is_same = is_same && known.peek().is_none_or(|known| known == hits);
            if is_same && known.next().is_some() {
            } else {
                for gone in known.by_ref() {
                    out.withdrawn(&gone, last_record);
                }
                out.found(hits);
            }
            last_record = Some(last.part.record);
            if is_settled {
                *settled = last_record;
            } else {
                provisional.push(hits.clone());
            }
        }
        for gone in known {
            out.withdrawn(&gone, last_record);
        }
        let from = settled_end.max(held.map_or(border, |held| held.min(border)));
        let keep = text.floor_char_boundary(from.saturating_sub(1));
        let (from, keep) = (decoded.byte_start(from), decoded.byte_start(keep));
        // An incomplete character that was left out is searched when nothing follows.
        let searched = if more_follows { decoded.byte_end(end) } else { bytes.len() };
        stream.from = *base + from as u64;
        *base += keep as u64;
        bytes.drain(..keep);
        extents.forget_before(*base);
        stream.searched = searched - keep;
    }
}

/// The next match that is not empty and begins at or after `at`.
fn next_match(regex: &Regex, text: &str, mut at: usize) -> Option<Range<usize>> {
    loop {
        let found = regex.find_at(text, at)?;
        if !found.is_empty() {
            return Some(found.range());
        }
        at = found.end() + text[found.end()..].chars().next()?.len_utf8();
    }
}
