//! What is sent over time: calls it when it is due, and is its port to the session.

use super::{Phase, Timer, Worker};
use crate::engine::hosts::Sought;
use crate::engine::message::{Counts, Message, Moment, Recipient};
use crate::engine::outgoing::{Job, Outgoing, Part, Port, Reach, Standing, Stream, Takers};
use crate::engine::sends::Origin;
use crate::lang::{Words, explain_payload, fill};
use crate::model::{
    ConnectionId, Endpoint, Failure, FailureKind, Operation, OutgoingId, PeerKey, SendId, Target,
};
use crate::net::{Activity, Addressee};
use crate::payload;
use crate::sequence::Recipients;
use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// How many are called before sockets and commands have their turn.
pub(super) const TURN_CALLS: usize = 64;

/// What decides whether there is anybody to send to: the changes of connections so far, the sockets, and the phase.
pub(super) type Situation = (u64, Activity, Discriminant<Phase>, bool);

/// The session, as one of what it sends over time sees it.
struct SessionPort<'a> {
    worker: &'a mut Worker,
    id: OutgoingId,
}

impl Port for SessionPort<'_> {
    fn reach(&mut self, target: &Target) -> Reach {
        self.worker.reach(target)
    }

    fn takers(&self, target: &Target, limit_bytes: usize, behind: &mut BTreeSet<ConnectionId>) -> Takers {
        let driver = &self.worker.driver;
        let may_be_gone = matches!(target, Target::Connections(_));
        if !may_be_gone && behind.is_empty() && driver.queued_bytes().1 == 0 {
            return Takers::All;
        }
        let all = driver.addressees(target);
        behind.retain(|id| {
            all.iter().any(|one| one.id == Some(*id) && one.peer.is_some() && one.queued_bytes > 0)
        });
        let takes = |one: &&Addressee| {
            let is_behind = one.id.is_some_and(|id| behind.contains(&id));
            one.peer.is_some() && one.queued_bytes <= limit_bytes && !is_behind
        };
        let taking: Vec<_> = all.iter().filter(takes).collect();
        match taking.len() {
            count if count == all.len() => Takers::All,
            0 => Takers::Nobody,
            _ => Takers::Some(Target::Connections(taking.into_iter().filter_map(|one| one.id).collect())),
        }
    }

    fn standings(&self, target: &Target) -> Vec<Standing> {
        if matches!(self.worker.phase, Phase::Udp(_)) {
            return Vec::new();
        }
        let connections = &self.worker.events.recorder.status.connections;
        let standing = |one: Addressee| {
            let id = one.id.filter(|_| one.peer.is_some())?;
            let taken_bytes = connections.get(id)?.traffic.totals().bytes_out;
            Some(Standing { id, queued_bytes: one.queued_bytes, taken_bytes })
        };
        self.worker.driver.addressees(target).into_iter().filter_map(standing).collect()
    }

    fn send(&mut self, target: &Target, message: &Message, counts: &mut Counts) -> Result<SendId, Failure> {
        self.worker.note_between(Some(self.id), target);
        let id = self.worker.requests.next_send();
        self.worker.send_message(id, Origin::Outgoing(self.id), target, message, counts)?;
        Ok(id)
    }

    fn send_bytes(&mut self, target: &Target, bytes: Arc<[u8]>) -> (SendId, Vec<ConnectionId>) {
        self.worker.note_between(Some(self.id), target);
        let id = self.worker.requests.next_send();
        self.worker.events.sends.begin(id, Origin::Outgoing(self.id), bytes.len());
        self.worker.send(id, target, &bytes);
        (id, self.worker.events.sends.missed(id).to_vec())
    }

    fn recipients(&self, target: &Target) -> Target {
        self.worker.recipients(target)
    }

    fn build(
        &mut self,
        target: &Target,
        message: &Message,
        counts: &mut Counts,
    ) -> Result<Vec<Part>, Failure> {
        let id = self.worker.requests.next_send();
        self.worker.build_message(id, target, message, counts)
    }

    fn not_built(&self, error: &payload::Error) -> Failure {
        self.worker.not_built(error)
    }

    fn answerers(&self, target: &Target) -> Recipients {
        if matches!(
            (target, &self.worker.phase),
            (Target::All | Target::LastPeer, Phase::Client(_) | Phase::Server(_))
        ) {
            return Recipients::All;
        }
        let addressees = self.worker.known_addressees(target);
        match addressees.iter().map(|addressee| addressee.id).collect() {
            // A name that is still being looked up.
            _ if addressees.is_empty() => Recipients::All,
            Some(ids) => Recipients::Connections(ids),
            None => {
                addressees.first().and_then(|first| first.peer).map_or(Recipients::All, Recipients::Address)
            }
        }
    }

    fn target_at(&self, peer: PeerKey) -> Target {
        let is_udp = matches!(self.worker.phase, Phase::Udp(_));
        if let (true, PeerKey::Socket(address)) = (is_udp, peer) {
            return Target::Address(address);
        }
        let connections = self.worker.events.recorder.status.connections.iter();
        Target::Connections(connections.filter(|info| peer.covers(info.peer)).map(|info| info.id).collect())
    }

    fn words(&self) -> &'static Words {
        self.worker.events.recorder.language.words()
    }

    fn note(&mut self, text: &str) {
        self.worker.events.recorder.note(text);
    }

    fn note_of(&mut self, connection: ConnectionId, text: &str) {
        self.worker.events.recorder.note_of(connection, text);
    }

    fn waker(&mut self) -> Box<dyn Fn() + Send + Sync> {
        let flag = self.worker.events.outgoing.waker(self.id);
        let waker = self.worker.driver.waker();
        Box::new(move || {
            flag.store(true, Ordering::Release);
            // It fails only if the poll is closed, and then nobody waits.
            let _ = waker.wake();
        })
    }
}

impl Worker {
    pub(super) fn start_outgoing(&mut self, id: OutgoingId, label: Arc<str>, job: Job) {
        self.events.outgoing.insert(id, label, job);
        self.call(id, |outgoing, port| outgoing.started(port));
        self.tell_recipients(id);
    }

    pub(super) fn stop_outgoing(&mut self, id: OutgoingId) {
        if let Some(mut outgoing) = self.events.outgoing.stop(id) {
            outgoing.stop(Instant::now(), &mut SessionPort { worker: self, id });
            self.events.outgoing.keep(id, outgoing);
        }
        self.end_outgoing();
    }

    /// Tells those that have ended by themselves.
    fn end_outgoing(&mut self) {
        for (id, mut outgoing) in self.events.outgoing.take_over() {
            outgoing.ended(&mut SessionPort { worker: self, id });
        }
    }

    pub(super) fn resume_outgoing(&mut self, id: OutgoingId) {
        self.events.outgoing.resume(id, Instant::now());
        self.tell_recipients(id);
    }

    /// Stops everything: the session ends.
    pub(super) fn stop_all_outgoing(&mut self) {
        for id in self.events.outgoing.running() {
            self.stop_outgoing(id);
        }
    }

    /// Calls one whose moment has come.
    pub(super) fn outgoing_due(&mut self, id: OutgoingId) {
        self.call(id, |outgoing, port| outgoing.due(Instant::now(), port));
    }

    fn tell_recipients(&mut self, id: OutgoingId) {
        self.call(id, |outgoing, port| outgoing.recipients_changed(Instant::now(), port));
    }

    fn call(&mut self, id: OutgoingId, what: impl FnOnce(&mut dyn Outgoing, &mut dyn Port)) {
        let Some(mut outgoing) = self.events.outgoing.take(id) else { return };
        what(&mut *outgoing, &mut SessionPort { worker: self, id });
        self.events.outgoing.put_back(id, outgoing);
    }

    /// Passes on wake-ups, changes of the recipients and results, and sets the deadlines. Before the status is published.
    pub(super) fn settle_outgoing(&mut self) {
        for id in self.events.outgoing.take_woken() {
            self.outgoing_due(id);
        }
        if self.events.outgoing.is_running() {
            let situation = self.situation();
            if self.situation.replace(situation) != Some(situation) {
                for id in self.events.outgoing.running() {
                    self.tell_recipients(id);
                }
            }
        }
        let results = std::mem::take(&mut self.events.sends.outgoing);
        let now = Instant::now();
        for (id, delivered) in results {
            self.events.outgoing.sent(id, &delivered, now);
        }
        for (id, deadline) in self.events.outgoing.settle() {
            self.timers.set_or_cancel(Timer::Outgoing(id), deadline);
        }
        self.end_outgoing();
        if let Some(status) = self.events.outgoing.status(now) {
            self.events.recorder.status.outgoing = status;
            self.events.recorder.status.outgoing_short = self.events.outgoing.short();
            self.events.recorder.touch();
        }
        self.timers.set_or_cancel(Timer::OutgoingStatus, self.events.outgoing.status_due());
    }

    fn situation(&self) -> Situation {
        (self.events.changes, self.driver.activity(), discriminant(&self.phase), self.next.is_some())
    }

    /// Whether there is anybody to send to. Has the address of a host looked up.
    fn reach(&mut self, target: &Target) -> Reach {
        let is_udp = matches!(self.phase, Phase::Udp(_));
        match target {
            _ if self.is_at_rest() => Reach::Gone,
            Target::Host(_) if self.next.is_some() => Reach::NotYet,
            Target::Host(endpoint) if is_udp => self.reach_host(endpoint),
            _ if self.next.is_none() && self.driver.reaches(target) => Reach::Ready,
            Target::Connections(_) | Target::Host(_) => Reach::Gone,
            // Nobody can connect any more.
            _ if matches!(self.phase, Phase::Server(_)) && self.driver.activity() != Activity::Listening => {
                Reach::Gone
            }
            Target::All | Target::LastPeer | Target::Address(_) => Reach::NotYet,
        }
    }

    /// Whether the address of a host is known; if not, it is looked up.
    fn reach_host(&mut self, endpoint: &Endpoint) -> Reach {
        if let Phase::Udp(Some((of_session, _))) = &self.phase
            && of_session == endpoint
        {
            return Reach::NotYet;
        }
        let wake = self.wake();
        match self.hosts.seek(endpoint, wake) {
            Sought::Known => Reach::Ready,
            Sought::LookedUp => Reach::NotYet,
            Sought::Failed => Reach::Gone,
        }
    }

    /// Evaluates a message for each recipient, and sends it. Returns the number of recipients.
    ///
    /// # Errors
    /// It has no bytes for one of them. Nothing is sent, and no send has begun.
    pub(super) fn send_message(
        &mut self,
        id: SendId,
        origin: Origin,
        target: &Target,
        message: &Message,
        counts: &mut Counts,
    ) -> Result<usize, Failure> {
        let parts = self.build_message(id, target, message, counts)?;
        if let [(target, bytes)] = &parts[..] {
            self.events.sends.begin(id, origin, bytes.len());
            return Ok(self.send(id, target, bytes));
        }
        self.events.sends.begin(id, origin, 0);
        let count = parts.len();
        for (target, bytes) in parts {
            let part = self.requests.next_send();
            self.events.sends.begin(part, Origin::Part(id), bytes.len());
            self.send(part, &target, &bytes);
        }
        self.events.addressed(id, count);
        Ok(count)
    }

    /// The bytes of a message for each recipient: one part for all of them where these are the same.
    ///
    /// # Errors
    /// It has no bytes for one of them.
    fn build_message(
        &mut self,
        id: SendId,
        target: &Target,
        message: &Message,
        counts: &mut Counts,
    ) -> Result<Vec<Part>, Failure> {
        if let Some(bytes) = message.fixed() {
            return Ok(vec![(target.clone(), bytes.map_err(|error| self.not_built(&error))?)]);
        }
        let (rest, moment) = (message.encodings.of_rest(), Moment::of(id));
        let addressees = self.known_addressees(target);
        counts.prune(addressees.iter().map(|addressee| addressee.peer));
        let mut build = |addressee: Option<&Addressee>| {
            let peer = addressee.and_then(|addressee| addressee.peer);
            let own =
                addressee.and_then(|addressee| addressee.id).and_then(|id| message.encodings.own_of(id));
            let count = message.count + counts.next(peer);
            message.build(Recipient { encoding: own.unwrap_or(rest), peer, count }, &moment)
        };
        if addressees.len() <= 1 {
            let bytes = build(addressees.first()).map_err(|error| self.not_built(&error))?;
            return Ok(vec![(target.clone(), bytes)]);
        }
        let parts: Result<Vec<_>, _> = addressees
            .iter()
            .map(|addressee| {
                let bytes = build(Some(addressee))?;
                Ok((Target::Connections(addressee.id.into_iter().collect()), bytes))
            })
            .collect();
        parts.map_err(|error| self.not_built(&error))
    }

    fn not_built(&self, error: &payload::Error) -> Failure {
        let detail = explain_payload(self.events.recorder.language.words(), error);
        Failure::new(Operation::Send, "", FailureKind::NotBuilt { detail })
    }

    /// Notes that something is sent in the middle of a file, or of a payload that leaves in pieces: each time for the
    /// user, once for a `sender` that is sent over time.
    pub(super) fn note_between(&mut self, sender: Option<OutgoingId>, target: &Target) {
        let streams = self.events.outgoing.streams(sender);
        if streams.is_empty() {
            return;
        }
        let ids = |worker: &Self, target: &Target| -> BTreeSet<_> {
            worker.known_addressees(target).into_iter().filter_map(|addressee| addressee.id).collect()
        };
        let recipients = ids(self, target);
        for Stream { id, target, label, bytes } in streams {
            if recipients.is_disjoint(&ids(self, &target)) {
                continue;
            }
            let recorder = &mut self.events.recorder;
            let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &label), ("bytes", &bytes)];
            recorder.note(&fill(&recorder.language.words().record_between, &values));
            if let Some(sender) = sender {
                self.events.outgoing.noted(sender, id);
            }
        }
    }

    /// Whom a payload for `target` goes to; for a host name, its address, if it is known.
    fn known_addressees(&self, target: &Target) -> Vec<Addressee> {
        let Target::Host(endpoint) = target else { return self.driver.addressees(target) };
        let address = self.fitting(&self.hosts.known(endpoint));
        address.map_or_else(Vec::new, |address| self.driver.addressees(&Target::Address(address)))
    }
}
