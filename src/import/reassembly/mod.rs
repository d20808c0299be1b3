//! One direction of a TCP connection put together: in order, each byte once, with what is missing.
//!
//! Positions count the bytes of the direction from its first one, so that sequence numbers may wrap (RFC 9293,
//! 3.4). Of bytes that were captured twice, those that came first count, as for a receiver (RFC 9293, 3.10.7.4);
//! others at the same place are counted. Bytes that come after they were given up as missing are handed on as
//! late. Knows nothing of time: when to give up is its user's decision.

mod ending;
mod given_up;
mod history;
mod pending;

pub(super) use ending::ResetState;

use given_up::GivenUp;
use history::{Comparison, History};
use pending::Pending;

/// Retransmissions do not come from further back than this, nor bytes from further ahead than the largest
/// window of RFC 7323: they belong to another connection.
const MAX_BEHIND: i64 = 64 << 20;
const MAX_AHEAD: i64 = 1 << 30;

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

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// The sequence number of position 0; `None`: nothing was seen yet.
    base: Option<u32>,
    /// The number of its SYN, where that was seen.
    syn: Option<u32>,
    /// The position of the next byte that is handed on.
    next: i64,
    /// What waits for the bytes before it.
    pending: Pending,
    /// What was handed on last.
    history: History,
    /// Parts that were given up, or lie before the first byte that was seen.
    given_up: GivenUp,
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
        self.given_up.add(-2 * MAX_BEHIND, known_from);
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
        end > self.next.max(start) || self.given_up.first_within(start, end).is_some()
    }

    /// How far `sequence` is beyond the next byte; negative: before it. `None`: nothing was seen yet.
    pub fn distance(&self, sequence: u32) -> Option<i64> {
        let next = self.base?.wrapping_add(self.next as u32);
        Some(i64::from(sequence.wrapping_sub(next) as i32))
    }

    /// How far the last byte that is known of is beyond the next one.
    pub fn known_ahead(&self) -> i64 {
        (self.pending.end() - self.next).max(0)
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
        let is_next = start <= self.next && !self.pending.has_bytes();
        if !is_next {
            differing += self.pending.insert(start + repeated.len() as i64, new);
        }
        if differing > 0 && !is_keep_alive {
            deliver(Chunk::Differing(differing as u64));
        }
        if !is_next {
            self.deliver_pending(deliver);
        } else if !new.is_empty() {
            self.hand_on(new, deliver);
        }
        let cut_end = end + cut_bytes as i64;
        if cut_bytes > 0 && cut_end > self.next {
            self.pending.add_cut(end.max(self.next), cut_end);
        }
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
        while let Some((from, to)) = self.given_up.take_within(start, end) {
            let bytes = &bytes[(from - start) as usize..(to - start) as usize];
            deliver(Chunk::Late { bytes, back: (self.next - from) as u64, was_missing: from >= 0 });
            self.history.keep(from, bytes);
            late += bytes.len();
        }
        late
    }

    fn deliver_pending(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        while let Some(bytes) = self.pending.take_up_to(self.next) {
            self.hand_on(&bytes, deliver);
        }
    }

    /// Hands on what comes next.
    fn hand_on(&mut self, bytes: &[u8], deliver: &mut dyn FnMut(Chunk<'_>)) {
        deliver(Chunk::Data(bytes));
        let start = self.next;
        self.advance(bytes.len() as i64);
        self.history.keep(start, bytes);
    }

    fn advance(&mut self, bytes: i64) {
        self.next += bytes;
        self.pending.drop_cuts_before(self.next);
    }

    /// What waits for bytes before it, in memory.
    pub fn pending_bytes(&self) -> usize {
        self.pending.bytes()
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
        self.pending.gap_end(self.next, self.reset.filter(|reset| *reset > self.next))
    }

    /// Gives up what is missing before the next bytes that are there.
    pub fn skip_gap(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        if let Some((end, _)) = self.gap_end() {
            self.skip_to(end, deliver);
        }
    }

    fn skip_to(&mut self, end: i64, deliver: &mut dyn FnMut(Chunk<'_>)) {
        let missing = end - self.next;
        self.given_up.add(self.next, end);
        self.advance(missing);
        deliver(Chunk::Missing(missing as u64));
        self.deliver_pending(deliver);
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
}
