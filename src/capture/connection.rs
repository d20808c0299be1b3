//! Per-connection state of the writer: TCP sequence numbers, and the position of the last record of each half.
//!
//! Synthesises what the kernel does not report about a TCP connection: its initial sequence numbers and the
//! acknowledgements of the side that only receives.

use super::packet::{Headers, TcpFlags, initial_sequence};
use crate::model::{ConnectionId, Direction};

/// After this many data packets in one direction, an acknowledgement from the other side is written.
/// Without any, Wireshark would report all of a long transfer as in flight.
const PACKETS_UNANSWERED: u32 = 64;

#[derive(Debug)]
pub(super) struct ConnectionState {
    /// Number of the section that holds this connection's interface description.
    pub section: u32,
    /// Index of the interface within that section.
    pub interface: u32,
    inbound: Half,
    outbound: Half,
}

/// One direction of a connection.
#[derive(Clone, Copy, Debug)]
struct Half {
    /// Sequence number of the next byte.
    sequence: u32,
    /// Position of the last record.
    last: Option<u64>,
    /// Data packets since the other side's last acknowledgement.
    unanswered: u32,
}

impl ConnectionState {
    pub fn new(connection: ConnectionId) -> Self {
        let half = Half {
            // The SYN takes the first number, whether or not it is recorded.
            sequence: initial_sequence(connection).wrapping_add(1),
            last: None,
            // Acknowledge the first data packet at once: a reader knows the real window only from then on,
            // since the window field of a SYN is not scaled (RFC 7323).
            unanswered: PACKETS_UNANSWERED - 1,
        };
        Self { section: 0, interface: 0, inbound: half, outbound: half }
    }

    /// The half of `direction`, and the other one.
    fn halves(&mut self, direction: Direction) -> (&mut Half, &mut Half) {
        match direction {
            Direction::Inbound => (&mut self.inbound, &mut self.outbound),
            Direction::Outbound => (&mut self.outbound, &mut self.inbound),
        }
    }

    /// Headers of the next TCP packet of a direction, which takes `advance` sequence numbers.
    pub fn next_tcp(&mut self, direction: Direction, flags: TcpFlags, advance: u32) -> Headers {
        let (half, other) = self.halves(direction);
        let headers = Headers::Tcp { flags, sequence: half.sequence, acknowledged: other.sequence };
        half.sequence = half.sequence.wrapping_add(advance);
        headers
    }

    /// Counts a data packet. Returns whether the other side has to acknowledge now.
    pub fn wants_answer(&mut self, direction: Direction) -> bool {
        let (half, other) = self.halves(direction);
        // A data packet acknowledges everything received before it.
        other.unanswered = 0;
        half.unanswered += 1;
        let is_due = half.unanswered == PACKETS_UNANSWERED;
        if is_due {
            half.unanswered = 0;
        }
        is_due
    }

    /// Bytes from the start of the last record of a direction to `position`; 0 if there is none.
    pub fn distance(&mut self, direction: Direction, position: u64) -> u64 {
        self.halves(direction).0.last.map_or(0, |last| position - last)
    }

    /// Sets the position of the last record of a direction.
    pub fn set_last(&mut self, direction: Direction, position: u64) {
        self.halves(direction).0.last = Some(position);
    }

    /// Skips `bytes` sequence numbers of a direction. Its next record links to no earlier one.
    pub fn skip(&mut self, direction: Direction, bytes: u32) {
        let half = self.halves(direction).0;
        half.sequence = half.sequence.wrapping_add(bytes);
        half.last = None;
    }

    /// Drops links to records at or after `end`, which could not be written.
    pub fn forget_from(&mut self, end: u64) {
        for half in [&mut self.inbound, &mut self.outbound] {
            half.last = half.last.filter(|&position| position < end);
        }
    }
}
