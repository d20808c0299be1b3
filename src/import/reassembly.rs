//! One direction of a TCP connection put together: in order, each byte once, with what is missing.
//!
//! Positions count the bytes of the direction from its first one, so that sequence numbers may wrap (RFC 9293,
//! 3.4). Of bytes that were captured twice, those that came first count, as for a receiver (RFC 9293, 3.10.7.4);
//! others at the same place are counted. Bytes that come after they were given up as missing are handed on as
//! late. Knows nothing of time: when to give up is its user's decision.

use super::history::{Comparison, History, differing};
use std::collections::BTreeMap;

/// What a piece costs besides its bytes, so that many tiny ones are bounded as well.
const PIECE_BYTES: usize = 64;

/// Retransmissions do not come from further back than this, nor bytes from further ahead than the largest
/// window of RFC 7323: they belong to another connection.
const MAX_BEHIND: i64 = 64 << 20;
const MAX_AHEAD: i64 = 1 << 30;

/// Gaps that are remembered after they were given up. Of more, neighbours become one: a repetition of what lies
/// between them is then taken for late, and shown a second time rather than never.
const MAX_GIVEN_UP: usize = 64;

/// What comes next in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk<'a> {
    Data(&'a [u8]),
    /// So many bytes are not in the capture, as far as is known.
    Missing(u64),
    /// Bytes of an earlier part of the stream that was handed on without them.
    Late {
        bytes: &'a [u8],
        /// How far before the next byte of the stream they belong.
        back: u64,
        /// They were counted as missing.
        was_missing: bool,
    },
    /// So many bytes came again, with other content than the first time.
    Differing(u64),
    /// So many bytes came again when their first content was not kept any more.
    Uncompared(u64),
}

/// Bytes that are missing before others that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The sequence number of its first byte.
    pub sequence: u32,
    pub length: u32,
    /// They were captured without their content: the packets were cut.
    pub is_cut: bool,
}

/// What has become of a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResetState {
    /// All bytes before it are there, or were given up: the stream ends here.
    Reached,
    /// Bytes before it are missing.
    Waiting,
    /// The stream went on past it.
    Passed,
    None,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// The sequence number of position 0; `None`: nothing was seen yet.
    base: Option<u32>,
    /// The number of its SYN, where that was seen.
    syn: Option<u32>,
    /// The position of the next byte that is handed on.
    next: i64,
    /// Bytes that wait for those before them, by position, apart from each other.
    pending: BTreeMap<i64, Vec<u8>>,
    /// What was captured without its content: ends by starts. They may overlap.
    cuts: BTreeMap<i64, i64>,
    pending_bytes: usize,
    /// What was handed on last.
    history: History,
    /// Parts that were given up, or lie before the first byte that was seen: ends by starts.
    given_up: BTreeMap<i64, i64>,
    /// Where the sender has finished.
    fin: Option<i64>,
    /// Where a FIN has taken a sequence number, unless bytes behind it have moved the base already.
    fin_number: Option<i64>,
    /// The end of what was sent before a FIN that bytes have followed: numbers before it count from one less.
    passed_fin: Option<i64>,
    /// Where the sender has reset the connection.
    reset: Option<i64>,
}

impl Half {
    /// The SYN was seen; the stream begins behind it, unless it has begun already.
    pub fn begin(&mut self, syn: u32) {
        if self.base.is_none() {
            self.syn = Some(syn);
            // Position -1 is the SYN's, with which a keep-alive probe may begin.
            self.begin_at(syn.wrapping_add(1), -1);
        } else if self.began_with(syn) {
            self.syn = Some(syn);
        }
    }

    /// The first byte that was sent has this number, as far as is known.
    pub fn begin_with(&mut self, sequence: u32) {
        self.begin_at(sequence, 0);
    }

    fn begin_at(&mut self, sequence: u32, known_from: i64) {
        self.base = Some(sequence);
        self.given_up.insert(-2 * MAX_BEHIND, known_from);
    }

    pub fn is_begun(&self) -> bool {
        self.base.is_some()
    }

    /// The number of its SYN, where that was seen.
    pub fn syn(&self) -> Option<u32> {
        self.syn
    }

    /// Whether this is the number before that of the first byte.
    pub fn began_with(&self, syn: u32) -> bool {
        self.base == Some(syn.wrapping_add(1))
    }

    /// Whether bytes from `sequence` on can belong to it.
    pub fn is_near(&self, sequence: u32) -> bool {
        let distance = |position| position - self.next;
        self.position(sequence).map(distance).is_none_or(|far| (-MAX_BEHIND..=MAX_AHEAD).contains(&far))
    }

    /// Whether any of `length` bytes from `sequence` on were not handed on yet.
    pub fn has_new(&self, sequence: u32, length: usize) -> bool {
        let Some(start) = self.position(sequence) else { return length > 0 };
        let end = start + length as i64;
        end > self.next.max(start) || self.first_given_up(start, end).is_some()
    }

    /// How far `sequence` is beyond the next byte; negative: before it. `None`: nothing was seen yet.
    pub fn distance(&self, sequence: u32) -> Option<i64> {
        let next = self.base?.wrapping_add(self.next as u32);
        Some(i64::from(sequence.wrapping_sub(next) as i32))
    }

    /// How far the last byte that is known of is beyond the next one.
    pub fn known_ahead(&self) -> i64 {
        let pending = self.pending.last_key_value().map_or(0, |(start, bytes)| start + bytes.len() as i64);
        let cut = self.cuts.last_key_value().map_or(0, |(_, end)| *end);
        (pending.max(cut) - self.next).max(0)
    }

    /// The position of a sequence number: the one that is nearest to the next byte.
    fn position(&self, sequence: u32) -> Option<i64> {
        let position = self.next + self.distance(sequence)?;
        // The FIN's own number is the one before `fin` here.
        Some(position + i64::from(self.passed_fin.is_some_and(|fin| position < fin - 1)))
    }

    /// The number of the byte that is handed on next.
    pub fn next_sequence(&self) -> Option<u32> {
        let is_before_fin = self.passed_fin.is_some_and(|fin| self.next < fin);
        Some(self.base?.wrapping_add(self.next as u32).wrapping_sub(is_before_fin.into()))
    }

    /// Takes bytes in, behind which `cut_bytes` more were sent, and hands on what is in order now. Without a
    /// SYN the stream begins with `sequence`.
    pub fn add(&mut self, sequence: u32, bytes: &[u8], cut_bytes: usize, deliver: &mut dyn FnMut(Chunk<'_>)) {
        if self.base.is_none() {
            self.begin_at(sequence, 0);
        }
        let Some(mut start) = self.position(sequence) else { return };
        if self.fin_number.is_some_and(|fin| start > fin) {
            // More comes behind the FIN, which took a number: from here on the numbers are one further.
            self.base = self.base.map(|base| base.wrapping_add(1));
            self.passed_fin = self.fin_number;
            start -= 1;
        }
        let end = start + bytes.len() as i64;
        if self.fin_number.is_some_and(|fin| end > fin) {
            (self.fin, self.fin_number) = (None, None);
        }
        // Up to one byte of garbage before the next one (RFC 1122, 4.2.3.6).
        let is_keep_alive = bytes.len() == 1 && end == self.next + self.known_ahead();
        let (repeated, new) = bytes.split_at((self.next - start).clamp(0, bytes.len() as i64) as usize);
        let mut differing = 0;
        if !repeated.is_empty() {
            differing += self.repeat(start, repeated, deliver);
        }
        // Nearly always: it continues what is there, and nothing waits.
        let is_next = start <= self.next && self.pending.is_empty();
        if !is_next {
            differing += self.insert(start + repeated.len() as i64, new);
        }
        if differing > 0 && !is_keep_alive {
            deliver(Chunk::Differing(differing as u64));
        }
        if !is_next {
            self.deliver_pending(deliver);
        } else if !new.is_empty() {
            self.hand_on(new.to_vec(), deliver);
        }
        let cut_end = end + cut_bytes as i64;
        if cut_bytes > 0 && cut_end > self.next {
            self.add_cut(end.max(self.next), cut_end);
        }
    }

    fn add_cut(&mut self, start: i64, end: i64) {
        match self.cuts.get_mut(&start) {
            Some(known) => *known = end.max(*known),
            None => {
                self.cuts.insert(start, end);
                self.pending_bytes += PIECE_BYTES;
            }
        }
    }

    /// Keeps those of `bytes` that are not there yet. Returns how many of the others differ from what is there.
    fn insert(&mut self, mut start: i64, mut bytes: &[u8]) -> usize {
        let mut differing_bytes = 0;
        if let Some((before, piece)) = self.pending.range(..start).next_back() {
            let known = piece.get((start - before) as usize..).unwrap_or_default();
            let covered = known.len().min(bytes.len());
            differing_bytes += differing(known, bytes);
            start += covered as i64;
            bytes = &bytes[covered..];
        }
        while !bytes.is_empty() {
            let next = self.pending.range(start..).next();
            let free = next.map_or(bytes.len(), |(at, _)| ((at - start) as usize).min(bytes.len()));
            let (new, rest) = bytes.split_at(free);
            let known = next.map_or(&[][..], |(_, piece)| piece);
            let covered = known.len().min(rest.len());
            differing_bytes += differing(known, rest);
            if free > 0 {
                self.pending_bytes += free + PIECE_BYTES;
                self.pending.insert(start, new.to_vec());
            }
            start += (free + covered) as i64;
            bytes = &rest[covered..];
        }
        differing_bytes
    }

    /// Takes bytes before the next one: hands on those that were given up, and compares the others with what
    /// was handed on. Returns how many differ.
    fn repeat(&mut self, start: i64, bytes: &[u8], deliver: &mut dyn FnMut(Chunk<'_>)) -> usize {
        let Comparison { known, differing } = self.history.compare(start, bytes);
        let late = self.deliver_late(start, bytes, deliver);
        // The number of the SYN has no byte.
        let has_syn = start < 0 && self.syn.is_some();
        let uncompared = bytes.len().saturating_sub(known + late + usize::from(has_syn));
        if uncompared > 0 {
            deliver(Chunk::Uncompared(uncompared as u64));
        }
        differing
    }

    /// Hands on those of `bytes`, all before the next one, that were given up, and returns how many.
    fn deliver_late(&mut self, start: i64, bytes: &[u8], deliver: &mut dyn FnMut(Chunk<'_>)) -> usize {
        let mut late = 0;
        let end = start + bytes.len() as i64;
        while let Some((gap_start, gap_end)) = self.first_given_up(start, end) {
            let (from, to) = (gap_start.max(start), gap_end.min(end));
            self.given_up.remove(&gap_start);
            for (start, end) in [(gap_start, from), (to, gap_end)] {
                if start < end {
                    self.given_up.insert(start, end);
                }
            }
            let bytes = &bytes[(from - start) as usize..(to - start) as usize];
            deliver(Chunk::Late { bytes, back: (self.next - from) as u64, was_missing: from >= 0 });
            self.history.keep(from, bytes.to_vec());
            late += bytes.len();
        }
        late
    }

    /// The first part that was given up and has bytes between `start` and `end`.
    fn first_given_up(&self, start: i64, end: i64) -> Option<(i64, i64)> {
        let before = self.given_up.range(..=start).next_back();
        let inside = || self.given_up.range(start..end).next();
        let gap = before.filter(|(_, gap_end)| **gap_end > start).or_else(inside);
        gap.filter(|_| start < end).map(|(start, end)| (*start, *end))
    }

    fn deliver_pending(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        while let Some(first) = self.pending.first_entry() {
            if *first.key() > self.next {
                return;
            }
            let bytes = first.remove();
            self.pending_bytes -= bytes.len() + PIECE_BYTES;
            self.hand_on(bytes, deliver);
        }
    }

    /// Hands on what comes next.
    fn hand_on(&mut self, bytes: Vec<u8>, deliver: &mut dyn FnMut(Chunk<'_>)) {
        deliver(Chunk::Data(&bytes));
        let start = self.next;
        self.advance(bytes.len() as i64);
        self.history.keep(start, bytes);
    }

    fn advance(&mut self, bytes: i64) {
        self.next += bytes;
        while let Some(first) = self.cuts.first_entry().filter(|first| *first.key() < self.next) {
            let end = first.remove();
            self.pending_bytes -= PIECE_BYTES;
            if end > self.next {
                self.add_cut(self.next, end);
            }
        }
    }

    /// What waits for bytes before it, in memory.
    pub fn pending_bytes(&self) -> usize {
        self.pending_bytes
    }

    /// What is kept to compare repetitions with, in memory.
    pub fn history_bytes(&self) -> usize {
        self.history.bytes()
    }

    /// Forgets what repetitions are compared with: they are counted as not compared.
    pub fn forget_history(&mut self) {
        self.history = History::default();
    }

    /// What is missing before the next bytes that are there, or before a reset.
    pub fn gap(&self) -> Option<Gap> {
        let (first, is_cut) = self.gap_end()?;
        let sequence = self.next_sequence()?;
        Some(Gap { sequence, length: u32::try_from(first - self.next).unwrap_or(u32::MAX), is_cut })
    }

    fn gap_end(&self) -> Option<(i64, bool)> {
        let pending = self.pending.first_key_value().map(|(start, _)| *start);
        let reset = self.reset.filter(|reset| *reset > self.next);
        let known = [pending, reset].into_iter().flatten().min();
        match self.cuts.first_key_value() {
            Some((&start, &end)) if start == self.next => {
                Some((known.map_or(end, |known| known.min(end)), true))
            }
            // A cut packet behind bytes that were not captured at all.
            Some((&start, _)) => Some((known.map_or(start, |known| known.min(start)), false)),
            None => known.map(|known| (known, false)),
        }
    }

    /// Gives up what is missing before the next bytes that are there.
    pub fn skip_gap(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        if let Some((end, _)) = self.gap_end() {
            self.skip_to(end, deliver);
        }
    }

    fn skip_to(&mut self, end: i64, deliver: &mut dyn FnMut(Chunk<'_>)) {
        let missing = end - self.next;
        self.give_up(self.next, end);
        self.advance(missing);
        deliver(Chunk::Missing(missing as u64));
        self.deliver_pending(deliver);
    }

    /// Remembers what was given up, within a bound.
    fn give_up(&mut self, start: i64, end: i64) {
        self.given_up.insert(start, end);
        if self.given_up.len() > MAX_GIVEN_UP {
            let mut inside = self.given_up.range(0..).map(|(start, end)| (*start, *end));
            if let (Some((first, _)), Some((second, end))) = (inside.next(), inside.next()) {
                self.given_up.remove(&second);
                self.given_up.insert(first, end);
            }
        }
    }

    /// Gives up all that is missing up to the last byte, the FIN and the reset.
    pub fn finish(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        while self.gap_end().is_some() {
            self.skip_gap(deliver);
        }
        if let Some(fin) = self.fin.filter(|fin| *fin > self.next) {
            self.skip_to(fin, deliver);
        }
    }

    /// Notes that the sender has finished before `sequence`, unless bytes are known behind it.
    pub fn finish_at(&mut self, sequence: u32) {
        if self.base.is_none() {
            self.begin_at(sequence, 0);
        }
        let Some(position) = self.position(sequence) else { return };
        if position >= self.next + self.known_ahead() {
            (self.fin, self.fin_number) = (Some(position), Some(position));
        }
    }

    /// Whether `length` bytes from `sequence` on go past the sender's end.
    pub fn is_behind_fin(&self, sequence: u32, length: usize) -> bool {
        let end = self.position(sequence).map(|start| start + length as i64);
        self.fin.zip(end).is_some_and(|(fin, end)| end > fin)
    }

    /// Whether all up to the sender's end was handed on.
    pub fn is_finished(&self) -> bool {
        self.fin.is_some_and(|fin| self.next >= fin)
    }

    /// Notes that the sender has reset the connection before `sequence`. The FIN takes a number, too.
    pub fn reset_at(&mut self, sequence: u32) {
        if self.base.is_none() {
            self.begin_at(sequence, 0);
        }
        let Some(position) = self.position(sequence) else { return };
        let is_behind_fin = self.fin.is_some_and(|fin| position == fin + 1);
        self.reset = Some(position - i64::from(is_behind_fin));
    }

    /// Whether the sender has reset the connection: it sends nothing again.
    pub fn awaits_reset(&self) -> bool {
        self.reset.is_some()
    }

    /// What has become of the reset. It is forgotten if the stream went on past it.
    pub fn take_reset(&mut self) -> ResetState {
        match self.reset {
            None => ResetState::None,
            Some(reset) if reset > self.next => ResetState::Waiting,
            Some(reset) => {
                self.reset = None;
                if reset == self.next { ResetState::Reached } else { ResetState::Passed }
            }
        }
    }

    /// Goes on as if there had been no end.
    pub fn go_on(&mut self) {
        self.fin = None;
        self.reset = None;
    }
}
