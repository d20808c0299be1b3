//! Resets (RFC 9293, RFC 5961).
//!
//! A reset counts only where the receiver would believe it: at the next expected sequence number, or within
//! the window where bytes before it are missing from the capture.

use super::{Connection, Context, State};
use crate::import::output::{FROM_CLIENT, FROM_SERVER};
use crate::import::packet::Segment;
use crate::lang::fill;
use crate::model::RecordKind;

impl Connection {
    /// Takes a reset in.
    pub(super) fn reset(&mut self, side: usize, segment: &Segment<'_>, context: &mut Context<'_>) {
        match self.state {
            State::Closed => {}
            // The answer to what was still under way.
            _ if self.resets[side] == Some(segment.sequence) => {}
            State::Asked if side == FROM_SERVER => {
                let is_answer = segment.acknowledged.is_some_and(|acknowledged| {
                    self.halves[FROM_CLIENT].syn().is_none_or(|syn| syn.wrapping_add(1) == acknowledged)
                });
                if !is_answer {
                    return self.tell_stray_reset(side, context);
                }
                let address = self.link.address(side);
                let text = fill(&context.output.words.import_refused, &[("address", &address)]);
                context.output.change(&self.link, RecordKind::Error, side, context.time, &text);
                context.output.forget(&self.link);
                self.state = State::Closed;
            }
            State::Asked | State::Open => {
                if !self.is_believable(side, segment.sequence) {
                    return self.tell_stray_reset(side, context);
                }
                self.halves[side].reset_at(segment.sequence);
                self.settle(side, context);
            }
        }
    }

    /// Whether the receiver would believe a reset with this number, as far as the capture shows what it has.
    fn is_believable(&self, side: usize, sequence: u32) -> bool {
        let half = &self.halves[side];
        let acknowledged = self.receivers[side].acknowledged;
        let Some(distance) = half.distance(sequence) else {
            return acknowledged.is_none_or(|acknowledged| acknowledged == sequence);
        };
        let is_next = distance == 0 || (half.is_finished() && distance == 1);
        let has_more = |acknowledged| half.distance(acknowledged).is_some_and(|ahead| ahead > 0);
        let is_missing = half.known_ahead() > 0 || acknowledged.is_some_and(has_more);
        is_next || (distance > 0 && is_missing && self.is_in_window(side, sequence))
    }

    /// Tells of a reset that does not end the connection, once.
    pub(super) fn tell_stray_reset(&mut self, side: usize, context: &mut Context<'_>) {
        if !self.has_told_reset {
            self.has_told_reset = true;
            let address = self.link.address(side);
            let text = fill(&context.output.words.import_stray_reset, &[("address", &address)]);
            context.output.note(&self.link, side, context.time, &text);
        }
    }

    /// Ends the connection at a reset that was reached.
    pub(super) fn end_by_reset(&mut self, side: usize, context: &mut Context<'_>) {
        if self.state == State::Closed {
            return;
        }
        self.resets[side] = self.halves[side].next_sequence();
        let (link, time) = (self.link, context.time);
        // What the other side has sent so far was before the end. Nothing is sent again.
        let flow = self.flow(1 - side);
        let half = &mut self.halves[1 - side];
        while half.gap().is_some_and(|gap| !context.ahead.has_gap(&flow, half.syn(), &gap)) {
            half.skip_gap(&mut |chunk| context.output.chunk(&link, 1 - side, time, chunk));
        }
        self.state = State::Closed;
        let address = self.link.address(side);
        let text = fill(&context.output.words.import_reset, &[("address", &address)]);
        context.output.closed(&self.link, side, context.time, &text, true);
    }
}
