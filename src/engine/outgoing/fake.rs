//! A session for tests of what is sent over time: nothing is sent, and the clock is the test's.

use super::{Outgoing, Part, Port, Reach, Standing, Takers};
use crate::engine::message::{Counts, Message};
use crate::lang::{Language, Words};
use crate::model::{ConnectionId, Failure, FailureKind, Operation, PeerKey, SendId, SendResult, Target};
use crate::payload;
use crate::sequence::Recipients;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// What was sent, and how the connections stand.
pub(super) struct FakePort {
    pub sent: Vec<(SendId, Target, Vec<u8>)>,
    pub standings: Vec<Standing>,
    /// Those that refuse the next send.
    pub refuse: Vec<ConnectionId>,
    pub notes: Vec<ConnectionId>,
    pub reach: Reach,
    pub woken: Arc<(Mutex<bool>, Condvar)>,
}

impl FakePort {
    /// Connections with these ids, on which nothing waits.
    pub fn with(ids: &[u32]) -> Self {
        let standing = |id: &u32| Standing { id: ConnectionId(*id), queued_bytes: 0, taken_bytes: 0 };
        let standings = ids.iter().map(standing).collect();
        Self {
            sent: Vec::new(),
            standings,
            refuse: Vec::new(),
            notes: Vec::new(),
            reach: Reach::Ready,
            woken: Arc::default(),
        }
    }

    /// Data waits on a connection, or not.
    pub fn queue(&mut self, id: u32, queued_bytes: usize) {
        let one = self.standings.iter_mut().find(|one| one.id == ConnectionId(id)).unwrap();
        one.queued_bytes = queued_bytes;
    }

    /// Waits until the waker was used.
    pub fn wait_for_waker(&self) {
        let woken = self.woken.0.lock().unwrap();
        let within = std::time::Duration::from_secs(30);
        let (mut woken, waited) = self.woken.1.wait_timeout_while(woken, within, |woken| !*woken).unwrap();
        assert!(!waited.timed_out());
        *woken = false;
    }

    /// Tells all results that were not told: everybody has everything.
    pub fn land_all(&mut self, outgoing: &mut dyn Outgoing, now: Instant) {
        for (id, _, _) in std::mem::take(&mut self.sent) {
            outgoing.sent(&landed(id), &[], now);
        }
    }
}

/// The result of a send that everybody has.
pub(super) fn landed(id: SendId) -> SendResult {
    SendResult { id, recipients: 1, sent: 1, unsent_bytes: 0, failure: None }
}

/// The result of a send that was refused by some.
pub(super) fn missed(id: SendId, sent: usize) -> SendResult {
    let failure = Failure::new(Operation::Send, "x", FailureKind::QueueFull { limit_bytes: 1 });
    SendResult { id, recipients: sent + 1, sent, unsent_bytes: 1, failure: Some(failure) }
}

impl Port for FakePort {
    fn reach(&mut self, _: &Target) -> Reach {
        self.reach
    }

    fn recipients(&self, target: &Target) -> Target {
        match target {
            Target::All => Target::Connections(self.standings.iter().map(|one| one.id).collect()),
            other => other.clone(),
        }
    }

    fn build(&mut self, target: &Target, message: &Message, _: &mut Counts) -> Result<Vec<Part>, Failure> {
        Ok(vec![(target.clone(), message.fixed().unwrap().unwrap())])
    }

    fn not_built(&self, error: &payload::Error) -> Failure {
        Failure::new(Operation::Send, "", FailureKind::NotBuilt { detail: format!("{error:?}") })
    }

    fn takers(&self, _: &Target, limit_bytes: usize, behind: &mut BTreeSet<ConnectionId>) -> Takers {
        let takes = |one: &&Standing| one.queued_bytes <= limit_bytes && !behind.contains(&one.id);
        let ids: Vec<_> = self.standings.iter().filter(takes).map(|one| one.id).collect();
        match ids.len() {
            0 => Takers::Nobody,
            count if count == self.standings.len() => Takers::All,
            _ => Takers::Some(Target::Connections(ids)),
        }
    }

    fn standings(&self, target: &Target) -> Vec<Standing> {
        let is_meant = |one: &&Standing| match target {
            Target::Connections(ids) => ids.contains(&one.id),
            _ => true,
        };
        self.standings.iter().filter(is_meant).copied().collect()
    }

    fn send(&mut self, target: &Target, message: &Message, _: &mut Counts) -> Result<SendId, Failure> {
        Ok(self.send_bytes(target, message.fixed().unwrap().unwrap()).0)
    }

    fn send_bytes(&mut self, target: &Target, bytes: Arc<[u8]>) -> (SendId, Vec<ConnectionId>) {
        let id = SendId(self.sent.last().map_or(1, |(id, _, _)| id.0 + 1));
        self.sent.push((id, target.clone(), bytes.to_vec()));
        (id, std::mem::take(&mut self.refuse))
    }

    fn answerers(&self, _: &Target) -> Recipients {
        Recipients::All
    }

    fn target_at(&self, _: PeerKey) -> Target {
        Target::All
    }

    fn words(&self) -> &'static Words {
        Language::English.words()
    }

    fn note(&mut self, _: &str) {}

    fn note_of(&mut self, connection: ConnectionId, _: &str) {
        self.notes.push(connection);
    }

    fn waker(&mut self) -> Box<dyn Fn() + Send + Sync> {
        let woken = self.woken.clone();
        Box::new(move || {
            *woken.0.lock().unwrap() = true;
            woken.1.notify_one();
        })
    }
}
