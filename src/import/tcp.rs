//! One direction of a TCP connection put together: in order, each byte once, with what is missing.
//!
//! Positions count the bytes of the direction from where it was first seen, so that sequence numbers may
//! wrap (RFC 9293, 3.4). Of bytes that were captured twice the first ones count. Knows nothing of time: when
//! to give up what is missing is its user's decision.

use std::collections::BTreeMap;

/// What a piece costs besides its bytes, so that many tiny ones are bounded as well.
const PIECE_BYTES: usize = 64;

/// Further back than this no retransmission comes from, nor further ahead than the largest window of
/// RFC 7323: it is another connection.
const MAX_BEHIND: i64 = 64 << 20;
const MAX_AHEAD: i64 = 1 << 30;

/// What comes next in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk<'a> {
    Data(&'a [u8]),
    /// So many bytes were not captured.
    Missing(u64),
}

/// What is waiting for what comes before it.
#[derive(Debug)]
enum Piece {
    Data(Vec<u8>),
    /// Sent, but cut off when it was captured.
    Cut(u64),
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Data(bytes) => bytes.len() as u64,
            Self::Cut(length) => *length,
        }
    }

    fn cost(&self) -> usize {
        match self {
            Self::Data(bytes) => bytes.len() + PIECE_BYTES,
            Self::Cut(_) => PIECE_BYTES,
        }
    }
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// The sequence number of the next byte; `None`: nothing was seen yet.
    next: Option<u32>,
    /// The position of that byte.
    position: u64,
    /// By position, apart from each other.
    pending: BTreeMap<u64, Piece>,
    pending_bytes: usize,
    /// Where the sender has finished.
    fin: Option<u64>,
}

impl Way {
    pub fn is_begun(&self) -> bool {
        self.next.is_some()
    }

    /// The next byte is the one with this sequence number, unless that is known already.
    pub fn begin(&mut self, next: u32) {
        self.next.get_or_insert(next);
    }

    /// Whether bytes from `sequence` on can belong to it.
    pub fn is_near(&self, sequence: u32) -> bool {
        self.distance(sequence).is_none_or(|distance| (-MAX_BEHIND..=MAX_AHEAD).contains(&distance))
    }

    /// Whether this is the number of the byte before the first one.
    pub fn began_with(&self, sequence: u32) -> bool {
        self.next.is_some_and(|next| next.wrapping_sub(self.position as u32) == sequence.wrapping_add(1))
    }

    /// Whether `sequence` comes after all that is known.
    pub fn is_behind(&self, sequence: u32) -> bool {
        self.distance(sequence).is_some_and(|distance| distance > 0)
    }

    /// Whether bytes up to `end` have some that are not known yet.
    pub fn is_new(&self, end: u32) -> bool {
        self.distance(end).is_none_or(|distance| distance > 0)
    }

    fn distance(&self, sequence: u32) -> Option<i64> {
        Some(i64::from(sequence.wrapping_sub(self.next?) as i32))
    }

    /// Takes bytes in, of which `cut_bytes` more were not captured, and hands on what is in order now.
    pub fn add(
        &mut self,
        sequence: u32,
        bytes: &[u8],
        cut_bytes: usize,
        is_fin: bool,
        deliver: &mut dyn FnMut(Chunk<'_>),
    ) {
        self.begin(sequence);
        let Some(distance) = self.distance(sequence) else { return };
        let start = self.position as i64 + distance;
        let end = start + (bytes.len() + cut_bytes) as i64;
        if is_fin {
            self.fin.get_or_insert(end.max(0) as u64);
        }
        let known = (self.position as i64 - start).max(0) as usize;
        if self.pending.is_empty() && start <= self.position as i64 && cut_bytes == 0 {
            // Nearly always: it continues what is there, and nothing waits.
            if let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) {
                self.advance(new.len() as u64);
                deliver(Chunk::Data(new));
            }
            return;
        }
        if let Some(new) = bytes.get(known..) {
            self.insert(start.max(self.position as i64) as u64, new);
        }
        let cut_from = (start + bytes.len() as i64).max(self.position as i64) as u64;
        if end > cut_from as i64 {
            self.insert_cut(cut_from, end as u64);
        }
        self.deliver_pending(deliver);
    }

    /// Keeps those of `bytes` that are not there yet.
    fn insert(&mut self, mut start: u64, mut bytes: &[u8]) {
        if let Some((before, piece)) = self.pending.range(..start).next_back() {
            let covered = (before + piece.length()).saturating_sub(start);
            let covered = covered.min(bytes.len() as u64);
            start += covered;
            bytes = &bytes[covered as usize..];
        }
        while !bytes.is_empty() {
            let next = self.pending.range(start..).next().map(|(at, piece)| (*at, piece.length()));
            let free = next.map_or(bytes.len() as u64, |(at, _)| (at - start).min(bytes.len() as u64));
            if free > 0 {
                self.keep(start, Piece::Data(bytes[..free as usize].to_vec()));
            }
            let covered = next.map_or(0, |(_, length)| length).min(bytes.len() as u64 - free);
            start += free + covered;
            bytes = &bytes[(free + covered) as usize..];
        }
    }

    /// Keeps that nothing will come from `start` to `end`, as far as nothing is there.
    fn insert_cut(&mut self, mut start: u64, end: u64) {
        if let Some((before, piece)) = self.pending.range(..start).next_back() {
            start = start.max(before + piece.length());
        }
        let end = self.pending.range(start..).next().map_or(end, |(at, _)| end.min(*at));
        if start < end {
            self.keep(start, Piece::Cut(end - start));
        }
    }

    fn keep(&mut self, at: u64, piece: Piece) {
        self.pending_bytes += piece.cost();
        self.pending.insert(at, piece);
    }

    fn deliver_pending(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        while let Some(first) = self.pending.first_entry() {
            if *first.key() > self.position {
                return;
            }
            let piece = first.remove();
            self.pending_bytes -= piece.cost();
            self.advance(piece.length());
            match &piece {
                Piece::Data(bytes) => deliver(Chunk::Data(bytes)),
                Piece::Cut(length) => deliver(Chunk::Missing(*length)),
            }
        }
    }

    fn advance(&mut self, bytes: u64) {
        self.position += bytes;
        self.next = self.next.map(|next| next.wrapping_add(bytes as u32));
    }

    /// What waits for bytes before it, in memory.
    pub fn pending_bytes(&self) -> usize {
        self.pending_bytes
    }

    /// Whether the other side has received the bytes that are missing here.
    pub fn lacks(&self, acknowledged: u32) -> bool {
        !self.pending.is_empty() && self.is_behind(acknowledged)
    }

    /// Gives up the bytes before what waits first.
    pub fn skip_gap(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        let Some((&first, _)) = self.pending.first_key_value() else { return };
        let missing = first - self.position;
        self.advance(missing);
        deliver(Chunk::Missing(missing));
        self.deliver_pending(deliver);
    }

    /// Gives up all that is missing.
    pub fn finish(&mut self, deliver: &mut dyn FnMut(Chunk<'_>)) {
        while !self.pending.is_empty() {
            self.skip_gap(deliver);
        }
        if let Some(missing) = self.fin.and_then(|fin| fin.checked_sub(self.position))
            && missing > 0
        {
            self.advance(missing);
            deliver(Chunk::Missing(missing));
        }
    }

    /// Whether all up to the sender's end was handed on.
    pub fn is_finished(&self) -> bool {
        self.fin.is_some_and(|fin| self.position >= fin)
    }
}
