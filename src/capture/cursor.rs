//! Reading records from a snapshot: one at a position, and the next or previous one.
//!
//! A cursor keeps one window of a file in memory and moves it on demand; walking in either direction costs one read
//! per window. The content is not trusted: an inconsistent block, or a file that became shorter, is a [`Failure`]
//! that names the byte.

use super::packet::{self, Addresses};
use super::pcapng::{self, Block, IS_CUT, IS_UDP, MIN_BLOCK_BYTES, PacketBlock};
use super::position::Position;
use super::segment::Snapshot;
use crate::model::{
    ConnectionId, Damage, Direction, Failure, FailureKind, Operation, Record, Timestamp, Transport,
};

const WINDOW_BYTES: u64 = 128 * 1024;

/// How far [`Cursor::nearest`] walks at most, which takes some milliseconds.
const WALK_BYTES: u64 = 4 << 20;

/// A record and its position in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Position where its block starts.
    pub position: Position,
    /// Position where its block ends.
    pub end: Position,
    /// The record before it in the same half, if the snapshot contains it.
    pub previous: Option<Position>,
    /// Number of bytes before it in its stream, modulo 2^32; 0 for datagrams.
    pub stream_offset: u32,
    /// The record that it answers, if it is the answer of a rule; it may be gone.
    pub answered: Option<Position>,
    /// The record.
    pub record: Record<'a>,
}

/// A block that was found.
#[derive(Clone, Copy)]
struct Loaded {
    length: usize,
    /// A long filler, which is not loaded into the window.
    is_passed_over: bool,
}

/// Reads the records of a snapshot one by one, in either direction.
#[derive(Debug, Default)]
pub struct Cursor {
    snapshot: Snapshot,
    /// Position of the window's first byte.
    window_start: u64,
    window: Vec<u8>,
}

impl Cursor {
    /// A cursor over `snapshot`.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, ..Self::default() }
    }

    /// Continues with a newer snapshot of the same recording. The window stays valid, since published bytes never
    /// change.
    pub fn update(&mut self, snapshot: Snapshot) {
        self.snapshot = snapshot;
    }

    /// The snapshot being read.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The record at `position`, which must be a border between blocks. `None` if it was dropped by the size limit, is
    /// at or after the end, or is no record.
    ///
    /// # Errors
    /// The block is damaged, or the file cannot be read. The cursor can still be used.
    pub fn read(&mut self, position: Position) -> Result<Option<Entry<'_>>, Failure> {
        let start_of_all = self.snapshot.start();
        let Some((block, end)) = self.packet(position)? else { return Ok(None) };
        Ok(entry(position, end, &block).map(|entry| Entry {
            previous: entry.previous.filter(|previous| *previous >= start_of_all),
            ..entry
        }))
    }

    /// The packet at `position`, whether or not it is a record, and the position where its block ends. `None` for a
    /// block of another kind, and at the end.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub(super) fn packet(
        &mut self,
        position: Position,
    ) -> Result<Option<(PacketBlock<'_>, Position)>, Failure> {
        let Some(Loaded { length, is_passed_over: false }) = self.load_forward(position.0)? else {
            return Ok(None);
        };
        let start = (position.0 - self.window_start) as usize;
        match pcapng::read_block(&self.window[start..start + length]) {
            Some(Block::Packet(block)) => Ok(Some((block, Position(position.0 + length as u64)))),
            Some(Block::Other) => Ok(None),
            None => Err(damaged(&self.snapshot, position.0, Damage::Contradiction)),
        }
    }

    /// The first record at or after `position`, which must be a border between blocks. Known gaps are skipped.
    ///
    /// # Errors
    /// Those of [`Self::read`], for damage that is not known yet.
    pub fn next(&mut self, position: Position) -> Result<Option<Position>, Failure> {
        let mut at = position.0.max(self.snapshot.start().0);
        loop {
            at = self.snapshot.gap(at).map_or(at, |gap| gap.end);
            let Some(loaded) = self.load_forward(at)? else { return Ok(None) };
            if self.is_record(at, loaded)? {
                return Ok(Some(Position(at)));
            }
            at += loaded.length as u64;
        }
    }

    /// The last record that ends at or before `position`, which must be a border between blocks. Known gaps are
    /// skipped.
    ///
    /// # Errors
    /// Those of [`Self::next`].
    pub fn previous(&mut self, position: Position) -> Result<Option<Position>, Failure> {
        let mut at = position.0.min(self.snapshot.end().0);
        loop {
            at = at.checked_sub(1).and_then(|before| self.snapshot.gap(before)).map_or(at, |gap| gap.start);
            let Some(loaded) = self.load_backward(at)? else { return Ok(None) };
            at -= loaded.length as u64;
            if self.is_record(at, loaded)? {
                return Ok(Some(Position(at)));
            }
        }
    }

    /// The last record that starts at or before any byte position, otherwise the first one: for scroll bars. In a part
    /// of a file that is not indexed yet, a record further away that can be found without a long walk.
    ///
    /// # Errors
    /// Those of [`Self::next`].
    pub fn nearest(&mut self, position: Position) -> Result<Option<Position>, Failure> {
        let last = self.snapshot.end().0.saturating_sub(1);
        let target = position.0.clamp(self.snapshot.start().0, last.max(self.snapshot.start().0));
        let Some((segment, segment_end)) = self.snapshot.segment(target) else { return Ok(None) };
        let border = segment.border_before(target).map_or(segment.base, |entry| entry.position);
        let after = segment_end - target;
        let found = if target - border <= WALK_BYTES {
            self.last_before(border, target)?
        } else if after <= WALK_BYTES {
            let mut found = self.previous(Position(segment_end))?;
            while let Some(later) = found.filter(|found| found.0 > target) {
                found = self.previous(later)?;
            }
            found
        } else if target - border <= after {
            self.next(Position(border))?
        } else {
            self.previous(Position(segment_end))?
        };
        match found {
            Some(found) => Ok(Some(found)),
            None => match self.previous(Position(border))? {
                Some(previous) => Ok(Some(previous)),
                None => self.next(Position(border)),
            },
        }
    }

    /// The last record that starts between `border` and `target`, both included.
    fn last_before(&mut self, border: u64, target: u64) -> Result<Option<Position>, Failure> {
        let mut at = border;
        let mut found = None;
        loop {
            at = self.snapshot.gap(at).map_or(at, |gap| gap.end);
            if at > target {
                return Ok(found);
            }
            let Some(loaded) = self.load_forward(at)? else { return Ok(found) };
            if self.is_record(at, loaded)? {
                found = Some(Position(at));
            }
            at += loaded.length as u64;
        }
    }

    fn is_record(&self, at: u64, Loaded { length, is_passed_over }: Loaded) -> Result<bool, Failure> {
        if is_passed_over {
            return Ok(false);
        }
        let start = (at - self.window_start) as usize;
        match pcapng::read_block(&self.window[start..start + length]) {
            Some(Block::Packet(block)) => {
                Ok(entry(Position(at), Position(at + length as u64), &block).is_some())
            }
            Some(Block::Other) => Ok(false),
            None => Err(self.damaged(at, Damage::Contradiction)),
        }
    }

    /// Loads the block that starts at `at` into the window, unless it is a long filler; `None` at the end.
    fn load_forward(&mut self, at: u64) -> Result<Option<Loaded>, Failure> {
        if self.snapshot.segment(at).is_none() {
            return Ok(None);
        }
        let header: [u8; MIN_BLOCK_BYTES as usize] = self.peek(at)?;
        let Some(length) = pcapng::block_length(&header) else {
            return Err(self.damaged(at, Damage::BlockLength));
        };
        if pcapng::is_filler(&header) && u64::from(length) >= WINDOW_BYTES {
            let trailer = self.peek::<4>(at + u64::from(length) - 4)?;
            if pcapng::block_length_before(&trailer) != Some(length) {
                return Err(self.damaged(at, Damage::Contradiction));
            }
            return Ok(Some(Loaded { length: length as usize, is_passed_over: true }));
        }
        self.view(at, u64::from(length), at)?;
        Ok(Some(Loaded { length: length as usize, is_passed_over: false }))
    }

    /// Loads the block that ends at `end` into the window, unless it is a long filler; `None` at the start.
    fn load_backward(&mut self, end: u64) -> Result<Option<Loaded>, Failure> {
        if end <= self.snapshot.start().0 {
            return Ok(None);
        }
        let trailer = self.peek::<4>(end - 4)?;
        let Some(length) = pcapng::block_length_before(&trailer) else {
            return Err(self.damaged(end, Damage::BlockEnd));
        };
        let Some(at) = end.checked_sub(u64::from(length)) else {
            return Err(self.damaged(end, Damage::BlockEnd));
        };
        let header: [u8; MIN_BLOCK_BYTES as usize] = self.peek(at)?;
        let is_passed_over = pcapng::is_filler(&header)
            && u64::from(length) >= WINDOW_BYTES
            && pcapng::block_length(&header) == Some(length);
        if !is_passed_over {
            // The window ends here, since the next block that is asked for is the one before.
            self.view(at, u64::from(length), end.saturating_sub(WINDOW_BYTES).min(at))?;
        }
        Ok(Some(Loaded { length: length as usize, is_passed_over }))
    }

    /// A few bytes, from the window if possible. A gap of gigabytes, which consists of long fillers, is walked over
    /// with these alone.
    fn peek<const LENGTH: usize>(&self, at: u64) -> Result<[u8; LENGTH], Failure> {
        let in_window = at.checked_sub(self.window_start).and_then(|start| {
            let start = usize::try_from(start).ok()?;
            self.window.get(start..start.checked_add(LENGTH)?)?.try_into().ok()
        });
        if let Some(bytes) = in_window {
            return Ok(bytes);
        }
        let Some((segment, segment_end)) = self.snapshot.segment(at) else {
            return Err(self.damaged(at, Damage::Outside));
        };
        if at + LENGTH as u64 > segment_end {
            return Err(self.damaged(at, Damage::BlockTooLong));
        }
        let mut bytes = [0; LENGTH];
        segment.read(&mut bytes, at - segment.base)?;
        Ok(bytes)
    }

    /// `length` bytes from `at` on. If they are not in the window, it moves to start at `placed`, but not before the
    /// start of the segment.
    fn view(&mut self, at: u64, length: u64, placed: u64) -> Result<&[u8], Failure> {
        let in_window = |start: u64, window: &[u8]| at >= start && at + length <= start + window.len() as u64;
        if !in_window(self.window_start, &self.window) {
            let Some((segment, segment_end)) = self.snapshot.segment(at) else {
                return Err(self.damaged(at, Damage::Outside));
            };
            let segment = segment.clone();
            let mut start = placed.max(segment.base).min(at);
            let end = (start + WINDOW_BYTES.max(at - start + length)).min(segment_end);
            if at + length > end {
                return Err(self.damaged(at, Damage::BlockTooLong));
            }
            self.window.resize((end - start) as usize, 0);
            if segment.read(&mut self.window, start - segment.base).is_err() {
                // The file became shorter, but may still contain the bytes that are asked for.
                start = at;
                self.window.resize(length as usize, 0);
                if let Err(failure) = segment.read(&mut self.window, start - segment.base) {
                    self.window.clear();
                    return Err(failure);
                }
            }
            self.window_start = start;
        }
        let start = (at - self.window_start) as usize;
        Ok(&self.window[start..start + length as usize])
    }

    fn damaged(&self, at: u64, what: Damage) -> Failure {
        damaged(&self.snapshot, at, what)
    }
}

/// The failure for damage at position `at`.
pub(super) fn damaged(snapshot: &Snapshot, at: u64, what: Damage) -> Failure {
    match snapshot.segment(at).or_else(|| snapshot.segment(at.saturating_sub(1))) {
        Some((segment, _)) => segment.damaged(at - segment.base, what),
        None => Failure::new(Operation::Read, "", FailureKind::Damaged { what, offset: at }),
    }
}

/// The record in the packet block from `position` to `end`; `None` if the packet is no record, or no IP packet.
///
/// Inlined with all that it calls: a search reads millions of records, and moving one costs as much as reading it.
#[inline(always)]
pub(super) fn entry<'a>(position: Position, end: Position, block: &PacketBlock<'a>) -> Option<Entry<'a>> {
    let annotation = block.annotation?;
    let before = |back: u64| position.0.checked_sub(back).filter(|_| back > 0).map(Position);
    let kind = pcapng::record_kind(annotation.kind)?;
    let packet = packet::read(block.packet)?;
    let first = packet::initial_sequence(ConnectionId(annotation.connection));
    let direction = pcapng::direction(block.direction);
    let (local, peer) = match direction {
        Direction::Inbound => (Addresses::DESTINATION, Addresses::SOURCE),
        Direction::Outbound => (Addresses::SOURCE, Addresses::DESTINATION),
    };
    Some(Entry {
        position,
        end,
        previous: before(annotation.back),
        answered: before(annotation.answered),
        // The SYN takes the first sequence number.
        stream_offset: packet.sequence.map_or(0, |sequence| sequence.wrapping_sub(first).wrapping_sub(1)),
        record: Record {
            time: Timestamp(block.nanos),
            kind,
            direction,
            transport: if annotation.flags & IS_UDP != 0 { Transport::Udp } else { Transport::Tcp },
            connection: ConnectionId(annotation.connection),
            local: packet.addresses.with_port(local, annotation.local_port),
            peer: packet.addresses.with_port(peer, annotation.peer_port),
            payload: packet.payload,
            is_cut: annotation.flags & IS_CUT != 0,
            text: block.comment,
            answer: block.answer,
        },
    })
}

#[cfg(test)]
impl Snapshot {
    /// The positions of all records.
    pub(crate) fn positions(&self) -> Vec<Position> {
        let mut cursor = Cursor::new(self.clone());
        let mut at = self.start();
        let mut found = Vec::new();
        while let Some(position) = cursor.next(at).unwrap() {
            found.push(position);
            at = cursor.read(position).unwrap().unwrap().end;
        }
        found
    }
}
