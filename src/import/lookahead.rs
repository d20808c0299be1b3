//! Packets that were read from the capture and are still to be taken in: a bounded part of what comes next.
//!
//! What is missing from a stream may come later in the capture, captured late or sent again. By looking into
//! what comes next, a reader knows at once whether to wait for it, and the records keep their true times. Owns
//! the queue and an index of the TCP data in it; knows nothing of connections.

use super::packet::{Content, Packet, Segment};
use super::reassembly::Gap;
use crate::model::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

/// What the queue may take in memory, in bytes.
const MAX_BYTES: usize = 32 << 20;
/// What a packet takes besides its payload, in the queue and in the index.
const PACKET_BYTES: usize = 256;
/// No TCP segment is longer.
const MAX_SEGMENT_BYTES: u32 = 65_535;
/// How far before the first packet of a stream that was captured its data may begin.
const MAX_DISORDER_BYTES: u32 = 1 << 20;

/// The two ends of one direction: source and destination.
pub(super) type Flow = (SocketAddr, SocketAddr);

/// A packet in the queue.
pub(super) struct Queued {
    pub time: Timestamp,
    pub packet: Packet<'static>,
}

/// The queue.
#[derive(Default)]
pub(super) struct Lookahead {
    queue: VecDeque<Queued>,
    bytes: usize,
    /// The number of the first packet in the queue, counted from the start of the capture.
    first: u64,
    flows: HashMap<Flow, Coming>,
    /// Nothing comes behind the queue.
    has_all: bool,
}

/// What comes in one direction between two addresses.
#[derive(Default)]
struct Coming {
    /// Lengths of segments with data, by sequence number and number of the packet.
    data: BTreeMap<(u32, u64), u32>,
    syns: VecDeque<Syn>,
}

/// A SYN that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syn {
    pub sequence: u32,
    /// It answers the other side's.
    pub is_answer: bool,
    /// The number of the packet.
    number: u64,
}

impl Syn {
    /// Whether a stream that has data at `sequence` may begin with it.
    fn is_before(&self, sequence: u32) -> bool {
        sequence.wrapping_sub(self.sequence.wrapping_add(1)) < MAX_DISORDER_BYTES
    }
}

impl Lookahead {
    /// Puts a packet at the end of the queue.
    pub fn push(&mut self, time: Timestamp, packet: Packet<'_>) {
        let packet = packet.into_owned();
        let number = self.first + self.queue.len() as u64;
        if let Content::Tcp(segment) = &packet.content
            && is_indexed(segment)
        {
            let flow = self.flows.entry((packet.source, packet.destination)).or_default();
            if segment.is_syn {
                let (sequence, is_answer) = (segment.sequence, segment.acknowledged.is_some());
                flow.syns.push_back(Syn { sequence, is_answer, number });
            }
            if !segment.payload.is_empty() {
                flow.data.insert((first_byte(segment), number), segment.payload.len() as u32);
            }
        }
        self.bytes += cost(&packet);
        self.queue.push_back(Queued { time, packet });
    }

    /// Whether the queue is as long as it may be.
    pub fn is_full(&self) -> bool {
        self.bytes >= MAX_BYTES
    }

    /// Notes that the capture has ended: nothing comes but what is in the queue.
    pub fn end(&mut self) {
        self.has_all = true;
    }

    /// Whether nothing comes but what is in the queue.
    pub fn has_all(&self) -> bool {
        self.has_all
    }

    /// Takes the next packet.
    pub fn pop(&mut self) -> Option<Queued> {
        let queued = self.queue.pop_front()?;
        let number = self.first;
        self.first += 1;
        let packet = &queued.packet;
        self.bytes -= cost(packet);
        if let Content::Tcp(segment) = &packet.content
            && is_indexed(segment)
        {
            let flow = (packet.source, packet.destination);
            if let Some(coming) = self.flows.get_mut(&flow) {
                coming.data.remove(&(first_byte(segment), number));
                if segment.is_syn {
                    coming.syns.pop_front();
                }
                if coming.data.is_empty() && coming.syns.is_empty() {
                    self.flows.remove(&flow);
                }
            }
        }
        Some(queued)
    }

    /// Whether any bytes of a gap come, before a SYN begins another connection: one with another number than
    /// `own_syn`.
    pub fn has_gap(&self, flow: &Flow, own_syn: Option<u32>, gap: &Gap) -> bool {
        let Some(coming) = self.flows.get(flow) else { return false };
        let Gap { sequence, length, .. } = *gap;
        let end = coming.end(own_syn, sequence);
        let before = MAX_SEGMENT_BYTES.min(u32::MAX - length);
        coming
            .between(sequence.wrapping_sub(before), before + length)
            .any(|(offset, number, bytes)| number < end && offset + u64::from(bytes) > u64::from(before))
    }

    /// The SYN that comes and begins the stream with data at `sequence`.
    pub fn syn_of(&self, flow: &Flow, sequence: u32) -> Option<Syn> {
        self.flows.get(flow)?.syns.front().filter(|syn| syn.is_before(sequence)).copied()
    }

    /// The lowest sequence number of data that comes, shortly before `sequence`.
    pub fn lowest(&self, flow: &Flow, sequence: u32) -> u32 {
        let Some(coming) = self.flows.get(flow) else { return sequence };
        let end = coming.end(None, sequence);
        let start = sequence.wrapping_sub(MAX_DISORDER_BYTES);
        let first = coming.between(start, MAX_DISORDER_BYTES).find(|(_, number, _)| *number < end);
        first.map_or(sequence, |(offset, ..)| start.wrapping_add(offset as u32))
    }
}

impl Coming {
    /// The number of the packet that begins another connection than the one with data at `sequence`.
    fn end(&self, own_syn: Option<u32>, sequence: u32) -> u64 {
        let is_other = |syn: &&Syn| match own_syn {
            Some(own) => syn.sequence != own,
            None => !syn.is_before(sequence),
        };
        self.syns.iter().find(is_other).map_or(u64::MAX, |syn| syn.number)
    }

    /// Segments whose sequence numbers are among the `length` from `start` on, which may wrap: how far behind
    /// `start` they begin, their packets' numbers, and their lengths.
    fn between(&self, start: u32, length: u32) -> impl Iterator<Item = (u64, u64, u32)> {
        let end = u64::from(start) + u64::from(length);
        let wrapped = u32::try_from(end.saturating_sub(1 << 32)).unwrap_or(u32::MAX);
        let upper = u32::try_from(end).map_or((u32::MAX, u64::MAX), |end| (end, 0));
        let high = self.data.range((start, 0)..upper);
        let low = self.data.range(..(wrapped, 0));
        high.chain(low).map(move |((sequence, number), bytes)| {
            (u64::from(sequence.wrapping_sub(start)), *number, *bytes)
        })
    }
}

/// Whether a reader may ask for it.
fn is_indexed(segment: &Segment<'_>) -> bool {
    segment.is_syn || (!segment.payload.is_empty() && !segment.is_reset)
}

/// The sequence number of the first byte of data: a SYN takes one before it (RFC 9293, 3.4).
fn first_byte(segment: &Segment<'_>) -> u32 {
    segment.sequence.wrapping_add(u32::from(segment.is_syn))
}

fn cost(packet: &Packet<'_>) -> usize {
    let (Content::Tcp(Segment { payload, .. }) | Content::Udp { payload, .. }) = &packet.content;
    payload.len() + PACKET_BYTES
}
