//! Stretches of a recording without anything that a match needs, and what a search has to know of one to pass over it:
//! of each stream the first bytes, where a match that begins before may end, and the last ones, where one may begin.

use super::extents::{Extent, Extents, keep_end};
use super::filter::CompiledFilter;
use super::probe::Probes;
use crate::capture::{Position, Scanned};
use crate::model::{HalfId, RecordKind, Transport};
use crate::streams::{Join, Streams};
use std::ops::Range;

/// Bound on the streams of a stretch. With more of them, passing over it takes as long as going through its records.
pub(super) const MAX_STREAMS: usize = 64;

/// Successive records with nothing in them that a match needs.
#[derive(Debug)]
pub(super) struct Stretch {
    /// The border before the first record, and the one behind the last.
    pub range: Range<Position>,
    /// Streams that have ended in it, in order, with their first bytes if there are any in it.
    pub ended: Vec<(HalfId, Option<Head>)>,
    /// Streams that have not ended since their last bytes in it.
    pub streams: Vec<(HalfId, StretchStream)>,
}

/// The first bytes of a stretch in a stream.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Offset in the stream, modulo 2^32.
    pub offset: u32,
    /// As many as can belong to what begins before the stretch, or fewer if there are fewer up to the next gap.
    pub bytes: Vec<u8>,
}

/// What a stretch has of a stream.
#[derive(Debug, Default)]
pub(super) struct StretchStream {
    pub head: Head,
    /// There is a gap, or the stream begins anew. Everything but `head` is about what follows that.
    pub is_cut: bool,
    /// Offset of the first byte in the stream, modulo 2^32.
    pub offset: u32,
    /// Number of bytes.
    pub length: u64,
    /// The last bytes, which may begin what a match needs.
    pub tail: Vec<u8>,
    /// The last records, with offsets from the first byte.
    pub extents: Extents,
}

/// Collects a stretch, record by record.
#[derive(Debug, Default)]
pub(super) struct StretchBuilder {
    ended: Vec<(HalfId, Option<Head>)>,
    streams: Streams<StretchStream>,
    /// How many streams have begun.
    begun: usize,
}

impl StretchBuilder {
    /// Adds the next record. `false`: it may have to do with a match, or is one of too many streams, and does not belong
    /// to the stretch.
    #[inline]
    pub fn add(
        &mut self,
        filter: Option<&CompiledFilter>,
        probes: &mut Probes,
        chunk: &[u8],
        scanned: &Scanned<'_>,
    ) -> bool {
        let record = &scanned.entry.record;
        match record.kind {
            RecordKind::Data => {}
            RecordKind::Opened | RecordKind::Closed => {
                for half in HalfId::both(record.connection) {
                    self.ended.push((half, self.streams.end(half).map(|stream| stream.head)));
                }
                return true;
            }
            RecordKind::Error | RecordKind::Note => return true,
        }
        if filter.is_some_and(|filter| !filter.passes_stream(record)) {
            return true;
        }
        let Some(probe) = probes.of(record.connection) else { return true };
        if probe.is_in(chunk, scanned.payload.clone()) {
            return false;
        }
        if record.transport == Transport::Udp {
            return true;
        }
        let payload = &chunk[scanned.payload.clone()];
        let (stream, join) = self.streams.advance(&scanned.entry);
        match join {
            Join::Continues if probe.is_across(&stream.tail, payload) => return false,
            Join::Continues => {}
            Join::First if self.begun == MAX_STREAMS => {
                self.streams.end(record.half());
                return false;
            }
            Join::First => {
                self.begun += 1;
                stream.offset = scanned.entry.stream_offset;
                stream.head.offset = stream.offset;
            }
            Join::Gap => {
                let head = std::mem::take(&mut stream.head);
                let offset = scanned.entry.stream_offset;
                *stream = StretchStream { head, is_cut: true, offset, ..StretchStream::default() };
            }
        }
        let carried = probe.carried_bytes();
        if !stream.is_cut && stream.head.bytes.len() < carried {
            let wanted = payload.len().min(carried - stream.head.bytes.len());
            stream.head.bytes.extend_from_slice(&payload[..wanted]);
        }
        let extent = Extent {
            at: stream.length,
            length: payload.len() as u32,
            record: scanned.entry.position,
            passes: filter.is_none_or(|filter| filter.passes(record)),
        };
        stream.extents.push(extent);
        stream.length += payload.len() as u64;
        stream.extents.forget_before(stream.length.saturating_sub(probe.kept_bytes));
        keep_end(&mut stream.tail, payload, carried);
        true
    }

    /// The stretch over the records added, which are those of `range`.
    pub fn build(self, range: Range<Position>) -> Stretch {
        Stretch { range, ended: self.ended, streams: self.streams.into_streams().collect() }
    }
}
