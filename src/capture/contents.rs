//! What a recording contains, without indexing it: whether there is data, and about how many records.

use super::pcapng::{self, Annotation, BOOKMARK, Block, PacketBlock};
use super::position::Position;
use super::segment::Snapshot;
use super::walk;
use crate::model::RecordKind;
use std::ops::ControlFlow;

/// How much of a recording is counted, in bytes: a moment's reading.
const COUNTED_BYTES: u64 = 32 << 20;

/// What a recording contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// The first record with data.
    pub first_data: Option<Position>,
    /// The number of records, as far as they were counted.
    pub records: u64,
    /// All records were counted.
    pub is_counted: bool,
    /// Every block that was looked at could be read.
    pub is_whole: bool,
}

/// Looks through a recording until the first data and for a bounded time.
pub(super) fn contents(snapshot: &Snapshot) -> Contents {
    let start = snapshot.start();
    let mut found = Contents::default();
    let end = walk(snapshot, start, |position, annotation| {
        let kind = pcapng::record_kind(annotation.kind);
        found.records += u64::from(kind.is_some());
        if kind == Some(RecordKind::Data) && found.first_data.is_none() {
            found.first_data = Some(position);
        }
        let is_enough = found.first_data.is_some() && position.0 - start.0 >= COUNTED_BYTES;
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found.is_counted = end == End::OfRecording;
    found.is_whole = end != End::Unreadable;
    found
}

/// Whether there is data or a bookmark from `from` on, a border between blocks; also where that cannot be read.
pub(super) fn has_news(snapshot: &Snapshot, from: Position) -> bool {
    let end = walk(snapshot, from, |_, annotation| {
        let is_data = pcapng::record_kind(annotation.kind) == Some(RecordKind::Data);
        if is_data || annotation.kind == BOOKMARK {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    end != End::OfRecording
}

/// Where a walk has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// At the end of the recording.
    OfRecording,
    /// Where it was broken off.
    Broken,
    /// At damage, or where the system does not let the file be read.
    Unreadable,
}

/// Calls `each` with the position and annotation of every packet from `from` on.
fn walk(
    snapshot: &Snapshot,
    from: Position,
    mut each: impl FnMut(Position, Annotation) -> ControlFlow<()>,
) -> End {
    for (number, segment) in snapshot.segments.iter().enumerate() {
        let end = snapshot.segments.get(number + 1).map_or(snapshot.end().0, |next| next.base);
        let (from, length) = (from.0.saturating_sub(segment.base), end - segment.base);
        let mut is_broken = false;
        let stop = walk::forward(segment, from.min(length), length, |offset, block| {
            let Some(block) = pcapng::read_block(block) else { return ControlFlow::Break(()) };
            let Block::Packet(PacketBlock { annotation: Some(annotation), .. }) = block else {
                return ControlFlow::Continue(());
            };
            let flow = each(Position(segment.base + offset), annotation);
            is_broken = flow.is_break();
            flow
        });
        match stop {
            _ if is_broken => return End::Broken,
            Ok(stop) if stop >= length => {}
            _ => return End::Unreadable,
        }
    }
    End::OfRecording
}
