//! The course of one TCP connection: handshake, data, gaps, FIN and reset (RFC 9293, RFC 5961).
//!
//! What comes behind an end is no part of the connection any more; `flows` goes on with it as another one.

mod outside;
mod relation;
mod resets;
mod window;

pub(super) use relation::Relation;

use outside::Outside;
use window::Receiver;

use super::lookahead::{Flow, Lookahead};
use super::output::{FROM_CLIENT, FROM_SERVER, Link, Output};
use super::packet::Segment;
use super::reassembly::{Chunk, Gap, Half, ResetState};
use crate::lang::fill;
use crate::model::Timestamp;
use std::net::SocketAddr;

/// What waits for missing bytes of one direction: a large window.
const MAX_WAITING_BYTES: usize = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A SYN was sent, and nothing has come back.
    Asked,
    Open,
    Closed,
}

/// A TCP connection.
pub(super) struct Connection {
    link: Link,
    state: State,
    /// What came from the client, and what from the server.
    halves: [Half; 2],
    /// Who receives what came from the client, and what came from the server.
    receivers: [Receiver; 2],
    /// Who was first to finish.
    first_fin: Option<usize>,
    /// The sequence numbers of resets that ended it, or what it goes on from.
    resets: [Option<u32>; 2],
    outside: Outside,
    /// A reset that does not count was told.
    has_told_reset: bool,
    /// A SYN with another number, from this side. A server with the connection open does not believe it.
    stray_syn: Option<(usize, u32)>,
    /// The number of its last packet.
    pub last_packet: u64,
}

/// What a segment is taken in with.
pub(super) struct Context<'a> {
    pub time: Timestamp,
    pub ahead: &'a Lookahead,
    pub output: &'a mut Output,
}

impl Connection {
    /// A connection that begins with a SYN of the client or the server.
    pub fn asked(link: Link) -> Self {
        Self::new(link, State::Asked, Default::default())
    }

    /// A connection that was open before the capture began.
    pub fn open(link: Link, context: &mut Context<'_>) -> Self {
        let text = &context.output.words.import_midstream;
        context.output.note(&link, FROM_CLIENT, context.time, text);
        Self::new(link, State::Open, Default::default())
    }

    /// A connection in which `side` has sent this SYN.
    pub fn asked_by(link: Link, side: usize, syn: u32) -> Self {
        let mut connection = Self::asked(link);
        connection.halves[side].begin(syn);
        connection
    }

    /// What goes on with the streams of this connection behind its end.
    pub fn behind_end(self, id: Link, context: &mut Context<'_>) -> Self {
        let text = &context.output.words.import_behind_end;
        context.output.note(&id, FROM_CLIENT, context.time, text);
        let mut halves = self.halves;
        halves.iter_mut().for_each(Half::go_on);
        let (receivers, resets, outside) = (self.receivers, self.resets, self.outside);
        Self { receivers, resets, outside, ..Self::new(id, State::Open, halves) }
    }

    fn new(link: Link, state: State, halves: [Half; 2]) -> Self {
        Self {
            link,
            state,
            halves,
            receivers: Default::default(),
            first_fin: None,
            resets: [None; 2],
            outside: Outside::default(),
            has_told_reset: false,
            stray_syn: None,
            last_packet: 0,
        }
    }

    pub fn link(&self) -> &Link {
        &self.link
    }

    /// What waits for missing bytes, in memory.
    pub fn waiting_bytes(&self) -> usize {
        self.halves.iter().map(Half::pending_bytes).sum()
    }

    /// Takes a segment in.
    pub fn segment(&mut self, source: SocketAddr, segment: &Segment<'_>, context: &mut Context<'_>) {
        let side = self.link.side(source);
        let mut sequence = segment.sequence;
        if segment.is_reset {
            let text = &context.output.words.import_reset_text;
            self.outside.show(&self.link, side, segment, text, context);
            self.reset(side, segment, context);
            return;
        }
        if segment.is_syn {
            let is_new = !self.halves[side].is_begun() || self.halves[side].began_with(sequence);
            if !is_new {
                let text = &context.output.words.import_syn_data;
                self.outside.show(&self.link, side, segment, text, context);
                return;
            }
            self.halves[side].begin(sequence);
            let receiver = &mut self.receivers[1 - side];
            (receiver.scale, receiver.has_syn) = (segment.window_scale, true);
            sequence = sequence.wrapping_add(1);
        }
        // A SYN may carry data already (RFC 7413).
        let is_answered = side == FROM_SERVER || !segment.is_syn || !segment.payload.is_empty();
        if self.state == State::Asked && is_answered {
            self.state = State::Open;
            context.output.opened(&self.link, context.time);
        }
        if let Some(acknowledged) = segment.acknowledged {
            // It has received those before it sent this.
            let receiver = &mut self.receivers[1 - side];
            (receiver.acknowledged, receiver.window) = (Some(acknowledged), segment.window);
            self.settle(1 - side, context);
        }
        if segment.carried_bytes() > 0 {
            self.data(side, sequence, segment, context);
        }
        if segment.is_fin {
            let end = sequence.wrapping_add(segment.carried_bytes() as u32);
            if self.is_in_window(side, end) {
                self.halves[side].finish_at(end);
                self.first_fin.get_or_insert(side);
            }
        }
        self.settle(side, context);
    }

    fn data(&mut self, side: usize, sequence: u32, segment: &Segment<'_>, context: &mut Context<'_>) {
        let (link, time) = (self.link, context.time);
        let flow = self.flow(side);
        let half = &mut self.halves[side];
        if !half.is_begun() {
            // What was sent before it may have been captured behind it.
            match context.ahead.syn_of(&flow, sequence) {
                Some(syn) => half.begin(syn.sequence),
                None => half.begin_with(context.ahead.lowest(&flow, sequence)),
            }
        }
        if half.is_behind_fin(sequence, segment.payload.len()) {
            let address = link.address(side);
            let text = fill(&context.output.words.import_behind_fin, &[("address", &address)]);
            context.output.note(&link, side, time, &text);
        }
        let deliver = &mut |chunk: Chunk<'_>| context.output.chunk(&link, side, time, chunk);
        half.add(sequence, &segment.payload, segment.cut_bytes, deliver);
    }

    fn flow(&self, side: usize) -> Flow {
        (self.link.address(side), self.link.address(1 - side))
    }

    /// Gives up bytes that do not come any more, and ends the connection where its end is reached.
    fn settle(&mut self, side: usize, context: &mut Context<'_>) {
        let (link, time) = (self.link, context.time);
        loop {
            match self.halves[side].take_reset() {
                ResetState::Reached => self.end_by_reset(side, context),
                ResetState::Passed => self.tell_stray_reset(side, context),
                ResetState::Waiting | ResetState::None => {}
            }
            let Some(gap) = self.halves[side].gap() else { break };
            if self.waits_for(side, &gap, context.ahead) {
                break;
            }
            if self.state == State::Closed {
                // It is behind the end.
                break;
            }
            self.halves[side].skip_gap(&mut |chunk| context.output.chunk(&link, side, time, chunk));
        }
        if self.state == State::Open && self.halves.iter().all(Half::is_finished) {
            self.close(context);
        }
    }

    /// Whether missing bytes may still come.
    fn waits_for(&self, side: usize, gap: &Gap, ahead: &Lookahead) -> bool {
        let half = &self.halves[side];
        if half.pending_bytes() > MAX_WAITING_BYTES {
            return false;
        }
        if ahead.has_gap(&self.flow(side), half.syn(), gap) {
            return true;
        }
        // Otherwise they come only if they are sent again: because the receiver lacks them, too.
        let is_lacking = |acknowledged| half.distance(acknowledged).is_some_and(|distance| distance <= 0);
        let receiver_lacks = self.receivers[side].acknowledged.is_some_and(is_lacking);
        receiver_lacks && !gap.is_cut && !half.awaits_reset() && !ahead.has_all()
    }

    fn close(&mut self, context: &mut Context<'_>) {
        let side = self.first_fin.unwrap_or(FROM_CLIENT);
        let address = self.link.address(side);
        let text = fill(&context.output.words.import_closed, &[("address", &address)]);
        context.output.closed(&self.link, side, context.time, &text, false);
        // Both sides go on behind their FINs.
        let behind_fin = |half: &Half| half.next_sequence().map(|next| next.wrapping_add(1));
        self.resets = [behind_fin(&self.halves[0]), behind_fin(&self.halves[1])];
        self.state = State::Closed;
    }

    /// Whether its end was told while bytes still waited.
    pub fn has_bytes_behind_end(&self) -> bool {
        self.state == State::Closed && self.waiting_bytes() > 0
    }

    /// Hands on what waits, with notes for what is missing: nothing more is waited for.
    pub fn give_up(&mut self, context: &mut Context<'_>) {
        if self.state == State::Closed {
            return;
        }
        let (link, time) = (self.link, context.time);
        for side in [FROM_CLIENT, FROM_SERVER] {
            self.halves[side].finish(&mut |chunk| context.output.chunk(&link, side, time, chunk));
            self.settle(side, context);
        }
    }

    /// What is kept to compare repetitions with, in memory.
    pub fn history_bytes(&self) -> usize {
        self.halves.iter().map(Half::history_bytes).sum()
    }

    /// Forgets what repetitions are compared with, in favour of the memory of others.
    pub fn forget_history(&mut self) {
        self.halves.iter_mut().for_each(Half::forget_history);
    }

    /// Hands on the bytes that wait, in favour of the memory of others.
    pub fn release(&mut self, context: &mut Context<'_>) {
        let (link, time) = (self.link, context.time);
        for side in [FROM_CLIENT, FROM_SERVER] {
            while self.halves[side].pending_bytes() > 0 && self.halves[side].gap().is_some() {
                self.halves[side].skip_gap(&mut |chunk| context.output.chunk(&link, side, time, chunk));
            }
            self.settle(side, context);
        }
    }
}
