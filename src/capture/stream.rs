//! What is remembered of a connection to make its next packet: numbers, and where the last one is.
//!
//! Makes up what the kernel does not tell of a TCP connection: where its sequence numbers start, and
//! the acknowledgements of the side that only receives.

use super::packet::{Segment, Shape, initial_sequence};
use crate::model::{ConnectionId, Direction};

/// After so many packets in one direction, an acknowledgement of the other side stands among them.
/// Without any, readers would take all of a long transfer to be in flight.
const PACKETS_UNANSWERED: u32 = 64;

#[derive(Debug)]
pub(super) struct Stream {
    /// The section that describes its interface.
    pub section: u32,
    pub interface: u32,
    /// An error was recorded; its end is a reset then.
    pub has_failed: bool,
    inbound: Way,
    outbound: Way,
}

/// One direction of it.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// The number of the next byte.
    sequence: u32,
    /// The position of the last record.
    last: Option<u64>,
    /// Packets with data that the other side has not acknowledged.
    unanswered: u32,
}

impl Stream {
    pub fn new(connection: ConnectionId) -> Self {
        let way = Way {
            // The SYN has taken the first number, whether or not it is recorded.
            sequence: initial_sequence(connection).wrapping_add(1),
            last: None,
            // The first one is answered at once: only then the true window is known, since that of
            // a SYN is not shifted.
            unanswered: PACKETS_UNANSWERED - 1,
        };
        Self { section: 0, interface: 0, has_failed: false, inbound: way, outbound: way }
    }

    fn ways(&mut self, direction: Direction) -> (&mut Way, &mut Way) {
        match direction {
            Direction::Inbound => (&mut self.inbound, &mut self.outbound),
            Direction::Outbound => (&mut self.outbound, &mut self.inbound),
        }
    }

    /// The next TCP segment in a direction; `advance` is what it takes of the sequence numbers.
    pub fn next_segment(&mut self, direction: Direction, segment: Segment, advance: u32) -> Shape {
        let (way, other) = self.ways(direction);
        let shape = Shape::Tcp { segment, sequence: way.sequence, acknowledged: other.sequence };
        way.sequence = way.sequence.wrapping_add(advance);
        shape
    }

    /// Notes a packet with data. `true`: the other side is to acknowledge it now.
    pub fn wants_answer(&mut self, direction: Direction) -> bool {
        let (way, other) = self.ways(direction);
        // What carries data acknowledges all that came the other way.
        other.unanswered = 0;
        way.unanswered += 1;
        let is_due = way.unanswered == PACKETS_UNANSWERED;
        if is_due {
            way.unanswered = 0;
        }
        is_due
    }

    /// How many bytes before `position` the last record of a direction starts; 0: there is none.
    pub fn distance(&mut self, direction: Direction, position: u64) -> u64 {
        self.ways(direction).0.last.map_or(0, |last| position - last)
    }

    /// Notes that a record of a direction starts at `position`.
    pub fn set_last(&mut self, direction: Direction, position: u64) {
        self.ways(direction).0.last = Some(position);
    }

    /// Leaves out `bytes` of the sequence numbers of a direction, whose next record follows no other.
    pub fn skip(&mut self, direction: Direction, bytes: u32) {
        let way = self.ways(direction).0;
        way.sequence = way.sequence.wrapping_add(bytes);
        way.last = None;
    }

    /// Forgets records from `end` on, which are lost.
    pub fn forget_from(&mut self, end: u64) {
        for way in [&mut self.inbound, &mut self.outbound] {
            way.last = way.last.filter(|&position| position < end);
        }
    }
}
