//! Which connection a segment belongs to: the one that is known between its addresses, or another.

use super::{Connection, State};
use crate::import::packet::Segment;
use std::net::SocketAddr;

/// How a segment relates to the connection between its addresses that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Relation {
    /// A part of it.
    Part,
    /// It comes behind the connection's end, and has bytes that were not seen yet.
    BehindEnd,
    /// It begins another one.
    Other,
    /// It belongs to another one whose SYN was taken for a stray packet.
    OtherSince {
        /// The address that sent the SYN.
        client: SocketAddr,
        syn: u32,
    },
}

impl Connection {
    /// How a segment from `source` relates to it.
    pub fn relation(&mut self, source: SocketAddr, segment: &Segment<'_>) -> Relation {
        let side = self.link.side(source);
        let half = &self.halves[side];
        let carries = segment.carried_bytes() > 0;
        if segment.is_reset {
            let is_shown = !carries || self.outside.has(side, segment);
            return if self.state == State::Closed && !is_shown {
                Relation::BehindEnd
            } else {
                Relation::Part
            };
        }
        if let Some((asking, syn)) = self.stray_syn {
            let first = syn.wrapping_add(1);
            let is_answer = side != asking && segment.is_syn && segment.acknowledged == Some(first);
            let is_next = side == asking && !segment.is_syn && segment.sequence == first;
            if is_answer || is_next {
                return Relation::OtherSince { client: self.link.address(asking), syn };
            }
        }
        if segment.is_syn {
            let is_repeated = half.began_with(segment.sequence);
            return match self.state {
                State::Closed if !is_repeated && (half.is_begun() || segment.acknowledged.is_some()) => {
                    Relation::Other
                }
                // An answer to no SYN of this connection.
                State::Open if !is_repeated && half.is_begun() && segment.acknowledged.is_some() => {
                    Relation::Part
                }
                State::Asked | State::Open
                    if !is_repeated && half.is_begun() && (carries || segment.acknowledged.is_none()) =>
                {
                    if carries || self.state == State::Asked {
                        return Relation::Other;
                    }
                    self.stray_syn = Some((side, segment.sequence));
                    Relation::Part
                }
                _ => Relation::Part,
            };
        }
        if carries && !half.is_near(segment.sequence) {
            return Relation::Other;
        }
        let bytes = segment.carried_bytes();
        if carries && self.state == State::Closed && half.has_new(segment.sequence, bytes) {
            return Relation::BehindEnd;
        }
        Relation::Part
    }
}
