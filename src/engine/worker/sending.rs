//! Sending: payloads of commands, of the pipe, of the responder, and those that waited for a look-up.

use super::{Phase, Worker};
use crate::engine::hosts::{Found, Resolved};
use crate::engine::outgoing::{Cut, Item};
use crate::engine::responder::{Answer, Way};
use crate::engine::sends::Origin;
use crate::lang::fill;
use crate::model::{ConnectionId, Endpoint, SendId, Target};
use crate::net::Activity;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// While more than this is queued on one connection, nothing is taken from the pipe.
const WAIT_ABOVE_BYTES: usize = 4 << 20;

/// How many items of the pipe are taken before the sockets have their turn.
const TURN_ITEMS: usize = 64;

/// The next piece of a payload that may be cut, and how the rest is written; whether there is one.
fn next_piece(bytes: &Arc<[u8]>, cut: Option<Cut>) -> (Arc<[u8]>, Option<(Cut, bool)>) {
    let Some(mut cut) = cut else { return (bytes.clone(), None) };
    // An empty payload has no pieces, and is sent as it is.
    let piece = cut.pieces.next().map_or_else(|| bytes.clone(), |piece| bytes[piece].into());
    let has_more = cut.pieces.clone().next().is_some();
    (piece, Some((cut, has_more)))
}

impl Worker {
    /// Sends a payload whose send has begun, or lets it wait for a look-up. Returns the number of recipients.
    pub(super) fn send(&mut self, id: SendId, target: &Target, bytes: &Arc<[u8]>) -> usize {
        let Target::Host(endpoint) = target else {
            let recipients = self.driver.send(id, target, bytes, &mut self.events);
            self.events.addressed(id, recipients);
            return recipients;
        };
        // Only UDP sends to host names.
        if !matches!(self.phase, Phase::Udp(_)) {
            self.events.addressed(id, 0);
            return 0;
        }
        match self.hosts.send(endpoint, (id, bytes.clone()), self.wake()) {
            Ok(Found::Addresses(addresses)) => return self.send_to_first(id, &addresses, bytes),
            Ok(Found::Waits) => {}
            Err(failure) => self.events.refuse(id, failure),
        }
        0
    }

    /// Those that a target means now, as one that means no others later.
    pub(super) fn recipients(&self, target: &Target) -> Target {
        match target {
            Target::Host(_) | Target::Address(_) => target.clone(),
            Target::All | Target::LastPeer | Target::Connections(_) => {
                let addressees = self.driver.addressees(target).into_iter();
                // Those that are gone have no address.
                let ids = addressees.filter_map(|addressee| addressee.peer.and(addressee.id));
                Target::Connections(ids.collect())
            }
        }
    }

    fn send_to_first(&mut self, id: SendId, addresses: &[SocketAddr], bytes: &Arc<[u8]>) -> usize {
        match self.fitting(addresses) {
            Some(address) => self.send(id, &Target::Address(address), bytes),
            None => {
                self.events.addressed(id, 0);
                0
            }
        }
    }

    /// Sends what waited for look-ups that have ended.
    pub(super) fn send_resolved(&mut self) {
        for resolved in self.hosts.poll() {
            match resolved {
                Resolved::Addresses(addresses, waiting) => {
                    self.events.changes += 1;
                    for (id, bytes) in waiting {
                        self.send_to_first(id, &addresses, &bytes);
                    }
                }
                Resolved::Failed(failure, waiting) => {
                    self.events.changes += 1;
                    if waiting.is_empty() {
                        // Nobody else tells it.
                        self.events.recorder.fail(&failure);
                    }
                    waiting.into_iter().for_each(|(id, _)| self.events.refuse(id, failure.clone()));
                }
                Resolved::Kept(endpoint, addresses) => self.note_kept(&endpoint, &addresses),
            }
        }
    }

    fn note_kept(&mut self, endpoint: &Endpoint, addresses: &[SocketAddr]) {
        let Some(address) = self.fitting(addresses) else { return };
        let recorder = &mut self.events.recorder;
        let values: [(&str, &dyn std::fmt::Display); 2] = [("host", endpoint), ("address", &address)];
        recorder.note(&fill(&recorder.language.words().record_lookup_kept, &values));
    }

    /// The first address that the bound socket can send to.
    pub(super) fn fitting(&self, addresses: &[SocketAddr]) -> Option<SocketAddr> {
        let local_is_v4 = self.events.recorder.status.local.is_some_and(|local| local.is_ipv4());
        let fits = |address: &&SocketAddr| address.is_ipv4() || !local_is_v4;
        addresses.iter().find(fits).or(addresses.first()).copied()
    }

    /// Sends the answers that the responder has decided on.
    pub(super) fn send_answers(&mut self) {
        let answers = std::mem::take(&mut self.events.answers);
        for Answer { from, way, payload } in answers.payloads {
            match way {
                Way::Back => self.send_back(from, payload),
                Way::Others => self.forward(from, &payload),
            }
        }
        if answers.unsent_bytes > 0 {
            self.events.recorder.drop_payload(answers.unsent_bytes);
        }
        for (ends, way) in answers.loops {
            match way {
                Way::Back => self.events.recorder.note_loop(ends.peer),
                Way::Others => self.events.recorder.note_forward_loop(ends.peer),
            }
        }
        self.do_rules();
    }

    fn send_back(&mut self, to: ConnectionId, bytes: Arc<[u8]>) {
        let length = bytes.len();
        match self.driver.answer(to, bytes, &mut self.events) {
            Ok(true) => {}
            Ok(false) => self.events.recorder.drop_payload(length),
            Err(failure) => self.events.recorder.fail(&failure),
        }
    }

    fn forward(&mut self, from: ConnectionId, bytes: &Arc<[u8]>) {
        let forwarded = self.driver.forward(from, bytes, &mut self.events);
        self.events.recorder.miss(forwarded.missed_bytes);
        if forwarded.unsent_bytes > 0 {
            self.events.recorder.drop_payload(forwarded.unsent_bytes);
        }
        if let Some(failure) = forwarded.failure {
            self.events.recorder.fail(&failure);
        }
    }

    /// Sends items of the pipe while there is room and a recipient.
    pub(super) fn send_piped(&mut self) {
        // At rest nothing is sent: the payloads are only counted as unsent.
        let most = if self.is_at_rest() { self.pipe.len() } else { TURN_ITEMS };
        for _ in 0..most {
            if self.events.sends.piped_pending == 0 {
                self.pipe.taken(Instant::now());
            }
            let Some(item) = self.pipe.next() else { return };
            if !self.is_meant(&item) {
                self.drop_item(item);
            } else if self.pauses(&item) || !self.can_send(&item) {
                return self.pipe.hold(item);
            } else {
                match item {
                    Item::Payload { generation, mut target, bytes, cut } => {
                        // Nobody gets the middle of a payload.
                        if cut.is_some() && matches!(target, Target::All | Target::LastPeer) {
                            target = self.recipients(&target);
                        }
                        let (piece, rest) = next_piece(&bytes, cut);
                        let id = self.requests.next_send();
                        self.events.sends.begin(id, Origin::Pipe, piece.len());
                        self.send(id, &target, &piece);
                        if let Some((cut, has_more)) = rest {
                            self.pipe.written(cut.pause);
                            if has_more {
                                self.pipe.hold(Item::Payload { generation, target, bytes, cut: Some(cut) });
                            }
                        }
                    }
                    Item::Finish(_) => {
                        self.driver.finish_sending(&mut self.events);
                        self.events.changes += 1;
                    }
                }
            }
        }
    }

    /// Whether [`send_piped`](Self::send_piped) has something to do without waiting for an event.
    pub(super) fn can_send_piped(&mut self) -> bool {
        let is_pausing = self.pipe.is_pausing(Instant::now());
        match self.pipe.held() {
            Some(item @ Item::Payload { .. }) if is_pausing && self.is_meant(item) => false,
            Some(item) => !self.is_meant(item) || self.can_send(item),
            None => self.pipe.len() > 0,
        }
    }

    /// Whether an item has to wait for the pause after the last one.
    fn pauses(&mut self, item: &Item) -> bool {
        matches!(item, Item::Payload { .. }) && self.pipe.is_pausing(Instant::now())
    }

    /// Whether an item belongs to the current start or to one that is still queued as a command.
    fn is_meant(&self, item: &Item) -> bool {
        let generation = item.generation();
        let is_running = generation == self.generation && !self.is_at_rest();
        // Its start is still among the queued commands.
        let is_to_come = generation > self.generation && !self.requests.is_closed();
        (is_running || is_to_come) && !self.requests.has_stopped(generation)
    }

    /// Whether an item of the current start can be sent now.
    fn can_send(&self, item: &Item) -> bool {
        if item.generation() != self.generation {
            return false;
        }
        match item {
            Item::Payload { target, .. } => {
                // A datagram for a given address needs no peer that is known.
                let is_addressed = match target {
                    Target::Address(_) => matches!(self.phase, Phase::Udp(_)),
                    // The rest of a payload, for which nobody else can come.
                    Target::Connections(_) => true,
                    _ => false,
                };
                self.driver.queued_bytes().1 <= WAIT_ABOVE_BYTES && (is_addressed || !self.lacks_recipient())
            }
            Item::Finish(_) => !self.lacks_recipient(),
        }
    }

    fn drop_item(&mut self, item: Item) {
        if let Item::Payload { bytes, cut, .. } = item {
            let next = cut.and_then(|cut| cut.pieces.clone().next());
            let sent = next.map_or(0, |piece| piece.start);
            self.events.drop_payload(self.requests.next_send(), Origin::Pipe, bytes.len() - sent);
        }
    }

    /// Whether there is nobody to send to yet, but somebody may come.
    pub(super) fn lacks_recipient(&self) -> bool {
        match &self.phase {
            Phase::Resolving(..) | Phase::Waiting(_) | Phase::Udp(Some(_)) => true,
            Phase::Client(_) => self.driver.activity() == Activity::Connecting,
            Phase::Server(_) | Phase::Udp(None) => {
                self.driver.activity() == Activity::Listening && !self.driver.has_recipient()
            }
            Phase::Rest => self.next.is_some(),
        }
    }
}
